"""What is exported: sessions with their results and angles over time."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neckrom.errors import InputError
from neckrom.records.api import PersonView, Records, ScreeningRow, SessionView
from neckrom.records.people import PersonRow
from neckrom.report.tables import ANGLE_COLUMNS
from neckrom.result import Result
from neckrom.types import FloatArray

ANGLES = "angles.csv"
PDF = "report.pdf"

_NUMBERS = ANGLE_COLUMNS[:10]


@dataclass(frozen=True, slots=True)
class Series:
    """Angles over time, as they were measured; NaN is "not measured".

    Attributes
    ----------
    columns : tuple of str
        As in ``angles.csv``.
    numbers : ndarray, shape (N, 10)
        time_s, then neck angles (flexion + chin to chest, lateral + right, rotation + right), their
        standard deviations, and trunk angles; seconds and degrees.
    movement, source : list of str
    quality : ndarray, shape (N,)
    """

    numbers: FloatArray
    movement: Sequence[str]
    source: Sequence[str]
    quality: FloatArray

    @property
    def time_s(self) -> FloatArray:
        """Shape (N,)."""
        return self.numbers[:, 0]

    @property
    def neck_deg(self) -> FloatArray:
        """Flexion, lateral, rotation; shape (N, 3)."""
        return self.numbers[:, 1:4]


@dataclass(frozen=True, slots=True)
class ExportSession:
    """One session to be exported.

    Attributes
    ----------
    raw : bytes
        ``result.json`` as it is.
    """

    view: SessionView
    result: Result
    raw: bytes

    @property
    def pdf(self) -> bytes | None:
        """The report, where it is on this machine."""
        return _content(self.view.folder / PDF)

    def series(self) -> Series:
        """Angles over time.

        Raises
        ------
        InputError
            If they are not on this machine.
        """
        path = self.view.folder / ANGLES
        if not path.is_file():
            raise InputError(
                f"Session {self.view.row.id} has no angles over time on this machine ({path}). Export it where its "
                "files are, or choose --format json."
            )
        return read_series(path)


@dataclass(frozen=True, slots=True)
class Export:
    """Everything that goes into an export; sessions in time order.

    Attributes
    ----------
    with_name : bool
        Whether name and birth date may leave; else only the pseudonym does.
    """

    store_id: str
    person: PersonRow
    sessions: tuple[ExportSession, ...]
    screenings: tuple[ScreeningRow, ...]
    with_name: bool

    @property
    def name(self) -> str:
        """For files: the pseudonym, or the session's id where there is one session."""
        return self.sessions[0].view.row.id if len(self.sessions) == 1 else self.person.id


def collect(records: Records, session_ids: Sequence[str], view: PersonView, *, with_name: bool) -> Export:
    """Read what is to be exported.

    Raises
    ------
    InputError
        If there are no sessions.
    """
    if not session_ids:
        raise InputError(f"{view.row.label} has no sessions to export.")
    found = []
    for session_id in session_ids:
        raw = records.result_bytes(session_id)
        found.append(ExportSession(records.session(session_id), records.result(session_id), raw))
    found.sort(key=lambda item: (item.view.row.measured, item.view.row.id))
    return Export(records.store_id, view.row, tuple(found), view.screenings, with_name)


def read_series(path: Path) -> Series:
    """Read ``angles.csv`` back.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != ANGLE_COLUMNS:
                raise ValueError("its columns are not those of a measurement")
            rows = list(reader)
            numbers = np.array([[_number(row[name]) for name in _NUMBERS] for row in rows], dtype=np.float64)
            quality = np.array([_number(row["quality"]) for row in rows], dtype=np.float64)
    except (ValueError, TypeError, OSError) as error:
        raise InputError(
            f"{path} is damaged ({error}): bring back a backup, or import the session again."
        ) from error
    return Series(
        numbers.reshape(-1, len(_NUMBERS)),
        [row["movement"] for row in rows],
        [row["source"] for row in rows],
        quality,
    )


def _number(text: str) -> float:
    return float(text) if text else math.nan


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
