"""What is exported: sessions with their results and angles over time."""

from __future__ import annotations

import csv
import io
import math
import os
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from neckrom.errors import InputError
from neckrom.private_files import open_plain
from neckrom.records.api import Records
from neckrom.records.people import PersonRow
from neckrom.records.sessions import SessionRow
from neckrom.records.views import BodySession, PersonView, ScreeningRow, SessionView
from neckrom.report.tables import ANGLE_COLUMNS
from neckrom.result import Result
from neckrom.types import AngleSeries, FloatArray

ANGLES = "angles.csv"

_NUMBERS = ANGLE_COLUMNS[:10]
_MAX_BYTES = 1_000_000_000


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
class ExportBody:
    """A run or a posture to be exported.

    Attributes
    ----------
    raw : bytes
        ``result.json`` as it is.
    """

    view: BodySession
    raw: bytes


@dataclass(frozen=True, slots=True)
class Export:
    """Everything that goes into an export; sessions in time order.

    Attributes
    ----------
    sessions : tuple of ExportSession
        Of the neck.
    bodies : tuple of ExportBody
        Runs and postures.
    with_name : bool
        Whether name and birth date may leave; else only the pseudonym does.
    """

    store_id: str
    person: PersonRow
    sessions: tuple[ExportSession, ...]
    screenings: tuple[ScreeningRow, ...]
    with_name: bool
    bodies: tuple[ExportBody, ...] = ()

    @property
    def name(self) -> str:
        """For files: the pseudonym, or the session's id where there is one session."""
        return self.rows[0].id if len(self.rows) == 1 else self.person.id

    @property
    def rows(self) -> tuple[SessionRow, ...]:
        """Of all kinds."""
        return (*(item.view.row for item in self.sessions), *(item.view.row for item in self.bodies))


def collect(records: Records, session_ids: Sequence[str], view: PersonView, *, with_name: bool) -> Export:
    """Read what is to be exported.

    Raises
    ------
    InputError
        If there are no sessions.
    """
    if not session_ids:
        raise InputError(f"{view.row.label} has no sessions to export.")
    necks: list[ExportSession] = []
    bodies: list[ExportBody] = []
    for session_id in session_ids:
        raw = records.result_bytes(session_id)
        stored = records.any_session(session_id)
        if isinstance(stored, BodySession):
            bodies.append(ExportBody(stored, raw))
        else:
            necks.append(ExportSession(stored, stored.result, raw))
    necks.sort(key=lambda item: (item.view.row.measured, item.view.row.id))
    bodies.sort(key=lambda item: (item.view.row.measured, item.view.row.id))
    return Export(records.store_id, view.row, tuple(necks), view.screenings, with_name, tuple(bodies))


def read_series(path: Path) -> Series:
    """Read ``angles.csv`` back.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        with open_plain(path) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as file:
            if os.fstat(raw.fileno()).st_size > _MAX_BYTES:
                raise ValueError("it is larger than any measurement")
            numbers, quality, movement, source = _read_rows(file)
    except (ValueError, TypeError, KeyError, csv.Error, OSError) as error:
        raise InputError(
            f"{path} is damaged ({str(error)[:200]}): bring back a backup, or import the session again."
        ) from error
    return Series(numbers, movement, source, quality)


def _read_rows(file: TextIO) -> tuple[FloatArray, FloatArray, list[str], list[str]]:
    """Rows one by one, the same words kept once: a long recording stays small."""
    reader = csv.reader(file)
    if tuple(next(reader, ())) != ANGLE_COLUMNS:
        raise ValueError("its columns are not those of a measurement")
    places = [ANGLE_COLUMNS.index(name) for name in (*_NUMBERS, "quality")]
    figures = array("d")
    words: tuple[list[str], list[str]] = ([], [])
    columns = (ANGLE_COLUMNS.index("movement"), ANGLE_COLUMNS.index("source"))
    for row in reader:
        if len(row) != len(ANGLE_COLUMNS):
            raise ValueError(f"line {reader.line_num} has {len(row)} cells")
        figures.extend(_number(row[place]) for place in places)
        for kept, column in zip(words, columns, strict=True):
            kept.append(sys.intern(row[column][:100]))
    values = np.frombuffer(figures, dtype=np.float64).reshape(-1, len(places))
    _refuse_implausible(values)
    return values[:, :-1], values[:, -1], *words


def _refuse_implausible(values: FloatArray) -> None:
    """Times, angles, standard deviations and quality within what a measurement can give; NaN is "not measured"."""
    limits = np.array([1e11, *[360.0] * 3, *[1e5] * 3, *[360.0] * 3, 1.0])
    beyond = np.abs(values) > limits  # not where it is NaN
    if beyond.any():
        line = int(np.argmax(beyond.any(axis=1))) + 2
        raise ValueError(f"line {line} holds a value that no measurement gives")
    times = values[:, 0]
    if np.isnan(times).any() or (np.diff(times) < 0).any():
        raise ValueError("its times go back")


def _number(text: str) -> float:
    value = float(text) if text else math.nan
    if math.isinf(value):
        raise ValueError(f"{text[:20]!r} is no number that a measurement gives")
    return value


def angles_of(folder: Path) -> AngleSeries | None:
    """Angles over time of a session; None where they are not on this machine.

    Raises
    ------
    InputError
        If they are damaged.
    """
    path = folder / ANGLES
    if not path.is_file():
        return None
    series = read_series(path)
    if len(series.numbers) < 2:
        return None
    return AngleSeries(
        time_s=series.time_s,
        neck_deg=series.numbers[:, 1:4],
        sd_deg=series.numbers[:, 4:7],
        trunk_deg=series.numbers[:, 7:10],
        beyond=np.zeros(len(series.numbers), dtype=bool),
        source=np.asarray(series.source, dtype=str),
        quality=series.quality,
    )
