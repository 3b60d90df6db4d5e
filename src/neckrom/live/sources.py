"""Where live frames come from: what a camera and a clip that plays one have in common."""

from __future__ import annotations

import threading
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from neckrom.types import Frame

STILL_S = 1.0
"""The very same picture for so long is none: no sensor gives the same noise twice."""
_EVERY_ROW = 8


class SourceState(StrEnum):
    """What a source is doing."""

    RUNNING = "running"
    LOST = "lost"
    """No frames; it is tried again every second."""
    ENDED = "ended"
    """A clip is over; a camera never ends."""


class LiveSource(Protocol):
    """Frames as they are filmed, the newest first; camera and clip pass the same contract tests.

    Times count from the start of the session, in whole milliseconds, and rise strictly.
    """

    @property
    def name(self) -> str:
        """For headings and records."""
        ...

    @property
    def state(self) -> SourceState:
        """What it is doing now."""
        ...

    def open(self) -> Frame:
        """Begin, and wait for the first frame.

        Raises
        ------
        NeckromError
            Nothing comes; with what to do about it.
        """
        ...

    def newest(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not taken yet; None where none came in time. Older ones are gone."""
        ...

    def ask(self, step: str | None) -> None:
        """Which movement the session wants now; a camera does not listen."""
        ...

    def hurry(self, *, allowed: bool) -> None:
        """Whether a clip may play faster than it was filmed: not while a person is asked something."""
        ...

    def close(self) -> None:
        """Let go of the device; a second call does nothing."""
        ...


class NewestFrame:
    """A place for one frame: a newer one takes the place of one that nobody took.

    Frames that are not later than the last one are refused: a camera that hands them out of order
    must not turn time back.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._last_ns = -1
        self._refused = 0

    @property
    def refused(self) -> int:
        """Frames that came out of order."""
        return self._refused

    def put(self, frame: Frame) -> bool:
        """Offer a frame; False where it is not later than the last one."""
        with self._changed:
            if frame.time_ns <= self._last_ns:
                self._refused += 1
                return False
            self._last_ns, self._frame = frame.time_ns, frame
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> Frame | None:
        """The frame, once; waits for one."""
        with self._changed:
            if self._frame is None:
                self._changed.wait_for(lambda: self._frame is not None, timeout_s)
            frame, self._frame = self._frame, None
            if frame is not None:
                self._changed.notify_all()
            return frame

    def wait_taken(self, timeout_s: float) -> bool:
        """Wait until nobody has to take anything any more."""
        with self._changed:
            return self._changed.wait_for(lambda: self._frame is None, timeout_s)


class Repeats:
    """Whether a picture is the one before once more; some of its rows tell."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.uint8] | None = None

    def again(self, picture: npt.NDArray[np.uint8]) -> bool:
        """Look at the next picture of a camera."""
        rows = picture[::_EVERY_ROW]
        same = self._last is not None and np.array_equal(rows, self._last)
        if not same:
            self._last = rows.copy()
        return same
