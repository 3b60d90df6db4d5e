"""Sessions of nerve tests: measuring what was recorded, with what was said when.

A session of one test has its result in its own folder; one of several has a folder for each test in it, and each of
them is whole: ``landmarks.parquet``, ``marks.csv``, ``result.json`` and what else a measurement writes.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neckrom.errors import InputError, LandmarkFileError, NeckromError
from neckrom.messages import FALLBACK
from neckrom.private_files import whole_file
from neckrom.service.folders import LANDMARK_FILE
from neckrom.service.sessions import EVENT_FILE, STREAM_FILE, open_session, read_lines

if TYPE_CHECKING:
    from neckrom.nerve.marks import Mark

MARK_FILE = "marks.csv"
"""As ``neckrom measure --marks`` reads it."""

Progress = Callable[[float, float], None]


@dataclass(frozen=True, slots=True)
class TestPart:
    """One test of a session.

    Attributes
    ----------
    test : str
    folder : Path
        Where its result belongs.
    between_s : tuple of two float
    marks : tuple of Mark
    """

    test: str
    folder: Path
    between_s: tuple[float, float]
    marks: tuple[Mark, ...]


def nerve_parts(path: Path) -> tuple[TestPart, ...]:
    """The tests of a session in their order, from what was written while it ran.

    Raises
    ------
    InputError
        No test was begun.
    LandmarkFileError
        What was written is damaged.
    """
    from neckrom.nerve.marks import Mark  # noqa: PLC0415  (slow to load)

    begun: list[tuple[float, str]] = []
    said: list[dict[str, Any]] = []
    for record in read_lines(path / EVENT_FILE):
        if record.get("kind") == "test":
            begun.append((float(record["t"]), str(record["test"])))
        elif record.get("kind") == "marks":
            said = record["marks"]
    if not begun:
        raise InputError(f"{path} holds no test: the session ended before one was begun.")
    marks = tuple(Mark(float(mark["time_s"]), mark["kind"], mark["answer"] or None) for mark in said)
    ends = [*(start for start, _ in begun[1:]), float("inf")]
    return tuple(
        TestPart(
            test,
            path if len(begun) == 1 else path / test,
            (start, end),
            tuple(mark for mark in marks if start <= mark.time_s < end),
        )
        for (start, test), end in zip(begun, ends, strict=True)
    )


def finish_nerve_session(path: Path, language: str = FALLBACK, progress: Progress | None = None) -> None:
    """Measure a session that is over and write its report, in a language, into its own folder.

    ``progress`` hears how far it is. The stream is removed once all landmarks are there; nothing else is ever
    removed.

    Raises
    ------
    NeckromError
        None of its tests can be measured or written; everything recorded is still there.
    """
    from neckrom.service.nerve import measure_nerve_landmarks  # noqa: PLC0415

    open_session(path)
    parts = nerve_parts(path)
    failed: list[NeckromError] = []
    for number, part in enumerate(parts):
        if progress is not None:
            progress(number / len(parts), (number + 1) / len(parts))
        try:
            landmarks = _landmarks(path, part)
            write_marks(part.folder / MARK_FILE, part.marks)
            measure_nerve_landmarks(landmarks, part.test, part.marks, part.folder, language=language)
        except NeckromError as error:
            failed.append(error)
    if len(failed) == len(parts):
        raise failed[0]
    if all((part.folder / LANDMARK_FILE).is_file() for part in parts):
        (path / STREAM_FILE).unlink(missing_ok=True)


def write_marks(path: Path, marks: tuple[Mark, ...]) -> None:
    """Marks as CSV.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    with whole_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("time_s", "kind", "answer"))
        writer.writerows((f"{mark.time_s:.3f}", mark.kind, mark.answer or "") for mark in marks)


def _landmarks(path: Path, part: TestPart) -> Path:
    """The landmarks of a test, in its folder."""
    from neckrom.landmarks.stream import convert_body_stream  # noqa: PLC0415

    target = part.folder / LANDMARK_FILE
    if target.is_file():
        return target
    stream = path / STREAM_FILE
    if not stream.is_file():
        raise LandmarkFileError(f"{path} holds no landmarks: the session ended before anything was seen.")
    part.folder.mkdir(mode=0o700, exist_ok=True)
    convert_body_stream(stream, target, part.between_s)
    target.chmod(0o600)
    return target
