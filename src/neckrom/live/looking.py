"""The eye of a session: landmarks of the newest frame, again and again, and what becomes of the camera."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2

from neckrom.live.capture import framed
from neckrom.live.events import Happening
from neckrom.live.sources import LiveSource, SourceState
from neckrom.live.timing import Stages
from neckrom.types import BodyDetector, BodyFrame, Frame, LandmarkDetector, LandmarkFrame

log = logging.getLogger(__name__)

CAMERA_LOST_S = 2.0


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
        self._size = self.shown_size = size
        """Of the camera's pictures, as they come now."""
        self._hand_on = hand_on

    def run(self, ended: Callable[[], bool], resized: Callable[[float, int, int], None]) -> None:
        """Look until ``ended`` says so; ``resized`` hears of pictures of another size."""
        cv2.setNumThreads(
            1
        )  # its other threads wait for the next picture by spinning, and win nothing on small ones
        last_s = time.monotonic()
        lost = over = False
        while not ended():
            waited = time.perf_counter()
            frame = self._source.newest(0.1)
            self._stages.add("wait", time.perf_counter() - waited)
            now_s = time.monotonic()
            if frame is None:
                if self._source.state is SourceState.ENDED and not over:
                    over = True
                    self._hand_on(Happening(0.0, "source_ended"))
                elif not over and not lost and now_s - last_s >= CAMERA_LOST_S:
                    lost = True
                    self._hand_on(Happening(0.0, "camera_lost"))
                continue
            last_s, time_s = now_s, frame.time_ns * 1e-9
            frame, changed = self._framed(frame)
            if changed:
                resized(time_s, *self.shown_size)
            if changed and not lost:
                self._hand_on(Happening(time_s, "camera_lost"))
            if lost or changed:
                lost = False
                self._hand_on(Happening(time_s, "camera_back"))
            with self._stages.measure("look"):
                landmarks = self._detector.detect(frame)
            self._hand_on(Measured(frame, landmarks, now_s))
        self._source.close()
        self._detector.close()

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
