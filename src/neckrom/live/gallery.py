"""What pages look at beside the state: the newest picture, the photos of the end range, the trace of the angles.

Pictures are made into JPEG when somebody asks for them, never by the thread that measures; so a page that
asks for one holds up nobody.
"""

from __future__ import annotations

import threading
from collections import deque

import cv2

from neckrom.live.api import Trace, TracePoint
from neckrom.live.events import Angles, BodySample, Sample
from neckrom.types import Frame, Movement

TRACE_S = 60.0
PREVIEW_WIDTH = 640

Repetition = tuple[Movement, int, bool]
"""Movement, number, whether it is a warm-up."""


class Gallery:
    """May be asked from any thread; what is asked for waits for no other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: Frame | None = None
        self._jpeg: tuple[int, bytes] | None = None
        self._photos: dict[Repetition, Frame | bytes] = {}
        self._trace: deque[TracePoint] = deque()

    def show(self, frame: Frame, sample: Sample | BodySample) -> None:
        """The newest frame and its angles."""
        if isinstance(sample, BodySample):  # its angles are no trace
            with self._lock:
                self._frame = frame
            return
        known = (*_known(sample.neck_deg), *_known(sample.trunk_deg))
        point = TracePoint(
            time_s=sample.time_s, neck_deg=known[:3], trunk_deg=known[3:], beyond=sample.beyond
        )
        with self._lock:
            self._frame = frame
            self._trace.append(point)
            while sample.time_s - self._trace[0].time_s > TRACE_S:
                self._trace.popleft()

    def preview(self) -> bytes | None:
        """The newest picture, not mirrored; None while there is none."""
        with self._lock:
            frame, cached = self._frame, self._jpeg
        if frame is None:
            return None
        if cached is not None and cached[0] == frame.index:
            return cached[1]
        encoded = as_jpeg(frame)
        with self._lock:
            self._jpeg = (frame.index, encoded)
        return encoded

    def keep_photo(self, repetition: Repetition) -> None:
        """The newest picture is one of an end range."""
        with self._lock:
            if self._frame is not None:
                self._photos[repetition] = self._frame

    def photo(self, repetition: Repetition) -> bytes | None:
        """An end range as it was held; None where there is no picture."""
        with self._lock:
            found = self._photos.get(repetition)
        if found is None or isinstance(found, bytes):
            return found
        encoded = as_jpeg(found)
        with self._lock:
            if self._photos.get(repetition) is found:
                self._photos[repetition] = encoded
        return encoded

    def press_photos(self) -> None:
        """Make those that nobody has asked for yet small; for a thread that has nothing else to do."""
        with self._lock:
            raw = [name for name, photo in self._photos.items() if isinstance(photo, Frame)]
        for name in raw:
            self.photo(name)

    def trace(self, since_s: float) -> Trace:
        """Angles of the frames after a time of the session."""
        with self._lock:
            return Trace(points=tuple(point for point in self._trace if point.time_s > since_s))


def as_jpeg(frame: Frame) -> bytes:
    """A frame as JPEG, at most 640 pixels wide."""
    height, width = frame.image.shape[:2]
    picture = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    if width > PREVIEW_WIDTH:
        picture = cv2.resize(picture, (PREVIEW_WIDTH, round(height * PREVIEW_WIDTH / width)))
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return encoded.tobytes()


def _known(angles: Angles) -> tuple[float | None, float | None, float | None]:
    first, second, third = (None if angle != angle else angle for angle in angles)  # noqa: PLR0124  (NaN)
    return first, second, third
