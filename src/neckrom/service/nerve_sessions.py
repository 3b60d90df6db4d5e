"""Sessions of nerve tests: what was recorded of each test, and what was said when.

A session of one test has its result in its own folder; one of several has a folder for each test in it, and each of
them is whole: ``landmarks.parquet``, ``marks.csv``, ``result.json`` and what else a measurement writes.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from neckrom.errors import InputError, LandmarkFileError
from neckrom.service.folders import LANDMARK_FILE
from neckrom.service.sessions import EVENT_FILE, STREAM_FILE, read_lines

if TYPE_CHECKING:
    from neckrom.nerve.marks import Mark

NerveTest = Literal["slr", "slump", "arms"]


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

    test: NerveTest
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

    begun: list[tuple[float, NerveTest]] = []
    said: list[dict[str, Any]] = []
    for record in read_lines(path / EVENT_FILE):
        if record.get("kind") == "test":
            if record["test"] not in get_args(NerveTest):
                raise LandmarkFileError(
                    f"{path / EVENT_FILE} names a test that does not exist: it is damaged."
                )
            begun.append((float(record["t"]), record["test"]))
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


def put_landmarks(path: Path, part: TestPart, target: Path) -> None:
    """Put a test's landmarks where they are wanted.

    Parameters
    ----------
    path : Path
        The session's folder.
    part : TestPart
    target : Path

    Raises
    ------
    LandmarkFileError
        There are none, or they are damaged.
    """
    from neckrom.landmarks.stream import convert_body_stream  # noqa: PLC0415

    there = part.folder / LANDMARK_FILE
    if there.is_file():
        shutil.copyfile(there, target)
        return
    stream = path / STREAM_FILE
    if not stream.is_file():
        raise LandmarkFileError(f"{path} holds no landmarks: the session ended before anything was seen.")
    convert_body_stream(stream, target, part.between_s)
