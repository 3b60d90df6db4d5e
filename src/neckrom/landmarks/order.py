"""Frames must come in time order: trackers and filters stand on it."""

from __future__ import annotations

from neckrom.errors import FrameMismatchError
from neckrom.types import Frame


class RisingTimes:
    """Checks that each frame is later than the one before."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._closed = False

    def check(self, frame: Frame) -> None:
        """Take note of the frame.

        Parameters
        ----------
        frame : Frame

        Raises
        ------
        FrameMismatchError
            It is not later than the last one, or the detector was closed.
        """
        if self._closed:
            raise FrameMismatchError("The detector is closed: make a new one for each clip.")
        if self._last_ns is not None and frame.time_ns <= self._last_ns:
            raise FrameMismatchError(
                f"Frame at {frame.time_ns * 1e-9:.3f} s comes after one at {self._last_ns * 1e-9:.3f} s: "
                "give frames in time order, and make a new detector for each clip."
            )
        self._last_ns = frame.time_ns

    def close(self) -> None:
        """No frame is accepted any more."""
        self._closed = True
