"""What a check finds: by file and line, as a kind with words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is missing or inconsistent.

    Attributes
    ----------
    kind : str
        A key for programs.
    file : str
        Below the study's folder.
    line : int
        From 1; 0 where it is of the whole file.
    said : str
        What is wrong and what to do, for the person who keeps the data.
    grave : bool
        The analysis would be wrong. Otherwise: to be looked at, or said in the report.
    """

    kind: str
    file: str
    line: int
    said: str
    grave: bool = True

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}" if self.line else self.file
