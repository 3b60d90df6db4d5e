"""Guided sessions of turning the trunk, finished or cut off: what was recorded, and which turn was led when."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neckrom.errors import InputError, LandmarkFileError
from neckrom.landmarks.stream import convert_body_stream
from neckrom.service.body_recordings import rows_of
from neckrom.service.folders import LANDMARK_FILE
from neckrom.service.sessions import (
    EVENT_FILE,
    STREAM_FILE,
    is_session,
    open_session,
    read_lines,
)
from neckrom.types import BodySeries
from neckrom.upper_back.measure import LedTurn

KIND = "upper_back"


@dataclass(frozen=True, slots=True)
class StretchLed:
    """A stretch of a session's recording, as it stands there, and the turns that were led in it."""

    series: BodySeries
    turns: tuple[LedTurn, ...]


def is_upper_back_session(path: Path) -> bool:
    """Whether a folder holds a guided session of turning the trunk."""
    return is_session(path) and open_session(path).info.kind == KIND


def put_session_landmarks(path: Path, target: Path) -> None:
    """Put the landmarks of a session where they are wanted.

    Raises
    ------
    LandmarkFileError
        There are none, or they are damaged.
    """
    there = path / LANDMARK_FILE
    if there.is_file():
        shutil.copyfile(there, target)
        return
    stream = path / STREAM_FILE
    if not stream.is_file():
        raise LandmarkFileError(f"{path} holds no landmarks: the session ended before anything was seen.")
    convert_body_stream(stream, target)


def led_stretches(path: Path, series: BodySeries) -> tuple[StretchLed, ...]:
    """From the rest of each stretch to the end of the last turn in it.

    Parameters
    ----------
    path : Path
        The session's folder.
    series : BodySeries
        Its recording.

    Raises
    ------
    InputError
        No turn was led to its end.
    LandmarkFileError
        The events are damaged.
    """
    found = tuple(_stretches(path, series))
    if not found:
        raise InputError(f"{path} holds no turn of the trunk: the session ended before one was over.")
    return found


def _stretches(path: Path, series: BodySeries) -> Iterator[StretchLed]:
    time_s = series.time_ns * 1e-9
    for start_s, turns in _told_so_far(path):
        rows = (time_s >= start_s) & (time_s <= max(turn.end_s for turn in turns))
        if rows.any():
            yield StretchLed(rows_of(series, rows), turns)


def _told_so_far(path: Path) -> list[tuple[float, tuple[LedTurn, ...]]]:
    """The beginning of each stretch and its turns, as far as the session had come by its events."""
    last: list[tuple[float, tuple[LedTurn, ...]]] = []
    for record in read_lines(path / EVENT_FILE):
        if record.get("kind") != "turns":
            continue
        try:
            last = [
                (float(each["start_s"]), tuple(_led(turn) for turn in each["turns"]))
                for each in record["stretches"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise LandmarkFileError(
                f"{path / EVENT_FILE} does not say which turns were led: it is damaged. What was recorded can still be "
                f"measured: neckrom measure {path / LANDMARK_FILE} --protocol upper_back"
            ) from error
    return [(start_s, turns) for start_s, turns in last if turns]


def _led(turn: dict[str, Any]) -> LedTurn:
    if turn["side"] not in ("left", "right"):
        raise ValueError(turn["side"])
    return LedTurn(turn["side"], float(turn["start_s"]), float(turn["end_s"]))
