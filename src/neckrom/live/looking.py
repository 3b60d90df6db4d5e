"""The eye of a session: landmarks of the newest frame, again and again, and what becomes of the camera.

A detector that works in stages may look at several frames at once: its first stage (the face) at the newest one while
the others (pose, followed points) are still at the one before. A frame goes through the same stages in the same
order as in a recording, so the same frames give the same numbers.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2

from neckrom.landmarks.pipeline import StagedDetector
from neckrom.landmarks.side_by_side import Line
from neckrom.live.capture import framed
from neckrom.live.events import Happening
from neckrom.live.sources import LiveSource, SourceState
from neckrom.live.timing import Stages
from neckrom.types import BodyDetector, BodyFrame, Frame, LandmarkDetector, LandmarkFrame

log = logging.getLogger(__name__)

CAMERA_LOST_S = 2.0
_AT_ONCE = 1
"""Frames that are looked at. Two (one in the first stage, one in the others) gave up to 2.5 pictures a second more on
two processors, and angles that came 25 to 60 ms later (docs/live.md)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A frame with its landmarks.

    Attributes
    ----------
    frame : Frame
    landmarks : LandmarkFrame or BodyFrame
    arrived_s : float
        When the frame was taken, by ``time.monotonic``.
    """

    frame: Frame
    landmarks: LandmarkFrame | BodyFrame
    arrived_s: float


@dataclass(frozen=True, slots=True)
class _Begun:
    """A frame after the detector's first stage."""

    frame: Frame
    seen: Any
    arrived_s: float


class Looker:
    """Looks for landmarks until it is told to end; the camera and the detector are let go of then.

    Parameters
    ----------
    source : LiveSource
        Opened.
    detector : LandmarkDetector or BodyDetector
    size : tuple of two int
        Width and height of the session's pictures.
    hand_on : callable
        Takes what was seen; may wait.
    stages : Stages
    """

    def __init__(
        self,
        source: LiveSource,
        detector: LandmarkDetector | BodyDetector,
        size: tuple[int, int],
        hand_on: Callable[[Measured | Happening], None],
        stages: Stages,
    ) -> None:
        self._source, self._detector, self._stages = source, detector, stages
        first, *others = detector.stages() if isinstance(detector, StagedDetector) else (detector.detect,)
        self._first: Callable[[Frame], Any] = first
        self._others: list[tuple[str, Callable[[Any], Any]]] = [(stage.__name__, stage) for stage in others]
        self._size = self.shown_size = size
        """Of the camera's pictures, as they come now."""
        self._hand_on = hand_on
        self._room = threading.Semaphore(_AT_ONCE)

    def run(self, ended: Callable[[], bool], resized: Callable[[float, int, int], None]) -> None:
        """Look until ``ended`` says so; ``resized`` hears of pictures of another size."""
        # OpenCV's other threads wait for the next picture by spinning, and win nothing on small ones
        cv2.setNumThreads(1)
        over = threading.Event()
        with Line(_AT_ONCE) as line:
            try:
                for item in line.stage(self._begun(lambda: over.is_set() or ended(), resized)):
                    self._hand_on(item if isinstance(item, Happening) else self._seen_through(item))
            finally:
                over.set()
        self._source.close()
        self._detector.close()

    def _begun(
        self, ended: Callable[[], bool], resized: Callable[[float, int, int], None]
    ) -> Iterator[_Begun | Happening]:
        """The newest frames, each through the first stage, and what becomes of the camera; in a thread of its own."""
        last_s = time.monotonic()
        lost = over = False
        while not ended():
            waited = time.perf_counter()
            if not self._room.acquire(timeout=0.1):
                continue
            frame = self._source.newest(0.1)
            self._stages.add("wait", time.perf_counter() - waited)
            now_s = time.monotonic()
            if frame is None:
                self._room.release()
                if self._source.state is SourceState.ENDED and not over:
                    over = True
                    yield Happening(0.0, "source_ended")
                elif not over and not lost and now_s - last_s >= CAMERA_LOST_S:
                    lost = True
                    yield Happening(0.0, "camera_lost")
                continue
            last_s, time_s = now_s, frame.time_ns * 1e-9
            frame, changed = self._framed(frame)
            if changed:
                resized(time_s, *self.shown_size)
            if changed and not lost:
                yield Happening(time_s, "camera_lost")
            if lost or changed:
                lost = False
                yield Happening(time_s, "camera_back")
            with self._stages.measure("look"):
                seen = self._first(frame)
            yield _Begun(frame, seen, now_s)

    def _seen_through(self, begun: _Begun) -> Measured:
        """The same frame through the stages that are left."""
        seen = begun.seen
        for name, stage in self._others:
            with self._stages.measure(name):
                seen = stage(seen)
        self._room.release()
        return Measured(begun.frame, seen, begun.arrived_s)

    def _framed(self, frame: Frame) -> tuple[Frame, bool]:
        """The picture in the size that the session began with, and whether the camera's size has just changed.

        Nobody can know whether the camera now shows more, less, or the same with more points. So the picture is
        shown whole and undistorted, as after a loss of the camera neutral is learned again, and it is said.
        """
        height, width = frame.image.shape[:2]
        changed = (width, height) != self.shown_size
        if changed:
            log.warning("the camera's picture is %d x %d now", width, height)
            self.shown_size = (width, height)
        if (width, height) == self._size:
            return frame, changed
        return replace(frame, image=framed(frame.image, *self._size)), changed
