"""How grave something is: one sign and one colour for each grade, on every page and in every figure.

The sign stands beside the colour always, so nothing is said by colour alone. The colours are dark
enough for words on white (contrast 4.5 and more) and differ in grey, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """From the gravest on."""

    STOP = "stop"
    """Ended for the person's safety, or gone on against it."""
    RAISED = "raised"
    """What the article calls suggestive: lost, painful, uneven."""
    CAUTION = "caution"
    """Read the figures with care: the trunk helped, an answer was unsure, a row of a run is marked."""
    OPEN = "open"
    """Not tested, or could not be judged."""
    CALM = "calm"
    NOTE = "note"
    """Neither good nor bad: what was told."""


@dataclass(frozen=True, slots=True)
class Look:
    """Of a grade.

    Attributes
    ----------
    sign : str
        In every font that we use.
    ink, tint : str
        For words and lines, and for a ground behind black words; ``#rrggbb``.
    terminal : str
        Style of ``rich``.
    """

    sign: str
    ink: str
    tint: str
    terminal: str


LOOKS: dict[Grade, Look] = {
    Grade.STOP: Look("■", "#7a0014", "#f7dfe2", "bold reverse red"),
    Grade.RAISED: Look("▲", "#a83f00", "#fdf1e9", "bold red"),
    Grade.CAUTION: Look("◆", "#6d5600", "#fbf5dd", "yellow"),
    Grade.OPEN: Look("?", "#4a4a4a", "#f0f0f0", "yellow"),
    Grade.CALM: Look("✓", "#005a8f", "#f3f6f9", "green"),
    Grade.NOTE: Look("•", "#1a1a1a", "#ffffff", ""),
}

GRADES = tuple(Grade)


def gravest(*grades: Grade) -> Grade:
    """The gravest of some grades; calm where there are none."""
    return min(grades, key=GRADES.index, default=Grade.CALM)


def css() -> str:
    """The colours as custom properties for a style sheet: ``--stop-ink``, ``--stop-tint``, ..."""
    return " ".join(
        f"--{grade.value}-ink: {look.ink}; --{grade.value}-tint: {look.tint};"
        for grade, look in LOOKS.items()
    )
