"""What the store answers: frozen values, as :class:`neckrom.records.api.Records` gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from neckrom.records.files import FileEntry
from neckrom.records.limits import Limits
from neckrom.records.people import PersonRow
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import Change, MeasuredValue
from neckrom.result import Result
from neckrom.types import Movement


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import.

    Attributes
    ----------
    session_id, person_id : str
    written : bool
        False where the database did not answer: the session is safe on this machine and is written
        when it answers again.
    files : tuple of FileEntry
    notes : tuple of str
    """

    session_id: str
    person_id: str
    written: bool
    files: tuple[FileEntry, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was removed.

    Attributes
    ----------
    sessions, screenings, files, bytes : int
    elsewhere : int
        Files that are not on this machine and remain where they are (PostgreSQL only).
    """

    label: str
    sessions: int
    screenings: int
    files: int
    bytes: int
    elsewhere: int
    look_into: tuple[str, ...] = ()
    """Places outside of the store that may still hold the person: earlier stores that a restore kept, ..."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with its figures and files.

    Attributes
    ----------
    folder : Path
        Where the files are; it may not be on this machine.
    files_here : bool
    result : Result
        With the pain that is on record now, and with what a guided session was told.
    """

    row: SessionRow
    person: PersonRow
    values: dict[Movement, MeasuredValue]
    files: tuple[FileEntry, ...]
    folder: Path
    files_here: bool
    result: Result


@dataclass(frozen=True, slots=True)
class ScreeningRow:
    """Answers of a neck screen, by question."""

    id: str
    person_id: str
    session_id: str | None
    answered: datetime
    questions_version: str
    answers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person with everything that is kept about them; sessions newest first."""

    row: PersonRow
    sessions: tuple[SessionRow, ...]
    screenings: tuple[ScreeningRow, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sessions of a person, the earlier one first.

    Attributes
    ----------
    changes : dict
        By movement, in their order.
    same_method : bool
        View, estimator and calibration agree.
    limits : Limits
        Beyond what a change is called one.
    """

    earlier: SessionView
    later: SessionView
    changes: dict[Movement, Change]
    same_method: bool
    limits: Limits
