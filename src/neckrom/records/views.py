"""What the store answers: frozen values, as :class:`neckrom.records.api.Records` gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from neckrom.nerve.result import NerveResult
from neckrom.plans.result import PlanResult
from neckrom.records.files import FileEntry
from neckrom.records.kinds import NECK, NERVE_TESTS, BodyResult
from neckrom.records.limits import Limits
from neckrom.records.people import PersonRow
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import Change, MeasuredValue
from neckrom.result import Result
from neckrom.running.result import RowName, RunResult
from neckrom.types import Movement
from neckrom.upper_back.result import UpperBackResult


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
class StoredSession:
    """A session of whichever kind, with its files.

    Attributes
    ----------
    folder : Path
        Where the files are; it may not be on this machine.
    files_here : bool
    """

    row: SessionRow
    person: PersonRow
    files: tuple[FileEntry, ...]
    folder: Path
    files_here: bool


@dataclass(frozen=True, slots=True)
class SessionView(StoredSession):
    """A session of the neck with its figures.

    Attributes
    ----------
    result : Result
        With the pain that is on record now, and with what a guided session was told.
    """

    values: dict[Movement, MeasuredValue]
    result: Result


@dataclass(frozen=True, slots=True)
class BodySession(StoredSession):
    """A session of a run, a posture or a nerve test.

    Attributes
    ----------
    earlier : RunSeen or None
        The person's run before this one; None for all others.
    """

    result: BodyResult
    earlier: RunSeen | None = None


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run with its day, for those who compare."""

    row: SessionRow
    result: RunResult


@dataclass(frozen=True, slots=True)
class NerveSeen:
    """A nerve test with its day, for those who show several."""

    row: SessionRow
    result: NerveResult


@dataclass(frozen=True, slots=True)
class PlanSeen:
    """A session of a plan with its day, for those who show several."""

    row: SessionRow
    result: PlanResult


@dataclass(frozen=True, slots=True)
class UpperBackSeen:
    """Turns of the trunk with their day, for those who show several."""

    row: SessionRow
    result: UpperBackResult


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

    @property
    def neck(self) -> tuple[SessionRow, ...]:
        """Those of the neck alone."""
        return self.of_kind(NECK)

    @property
    def nerve_tests(self) -> tuple[SessionRow, ...]:
        """Those of nerve tests of legs and arms."""
        return self.of_kind(*NERVE_TESTS)

    def of_kind(self, *kinds: str) -> tuple[SessionRow, ...]:
        """Those of some kinds, newest first."""
        return tuple(row for row in self.sessions if row.kind in kinds)


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


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs of a person, the earlier one first.

    Attributes
    ----------
    beyond_error : dict
        By row of the article, whether it changed by more than both measurements can be off together; None where
        that cannot be told.
    """

    earlier: BodySession
    later: BodySession
    beyond_error: dict[RowName, bool | None]
    same_method: bool
