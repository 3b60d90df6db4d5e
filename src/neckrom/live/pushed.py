"""A camera whose pictures are brought: by a page of this machine's browser, or by a phone.

The page says when each picture was taken, by its own clock; :class:`PageClock` knows how that clock stands
to ours. Every picture is a whole JPEG, so one that is lost or left out harms no other. What comes is looked
at before it is decoded: nothing but a plain JPEG of a camera's size gets as far as the decoder.
"""

from __future__ import annotations

import io
import logging
import math
import queue
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Literal

import cv2
import numpy as np
from PIL.JpegImagePlugin import JpegImageFile

from neckrom.errors import EnvironmentProblemError
from neckrom.live.capture import fitted
from neckrom.live.sources import NewestFrame, Repeats, SourceState
from neckrom.types import Frame, ImageArray

log = logging.getLogger(__name__)

_MS = 1_000_000
LARGEST_PICTURE = 1024 * 1024
"""Bytes; a noisy picture of 1280 x 720 in good quality has 0.6 MB."""
SMALLEST_SIDE, LARGEST_SIDE = 96, 1920
LATE_S = 0.5
"""A picture that took so long is of no use to a person who moves."""
_LONGEST_S = 30.0
"""No line takes longer; what is older has a wrong time."""
_AHEAD_S = 0.05
"""A clock of a page that is compared with ours can be wrong by so much; what is taken later was not taken yet."""
_MOST_A_SECOND = 65
_LOST_S = 1.0
_FIRST_FRAME_S = 12.0
_ANSWERS = 8
"""Answers about the page's clock that are compared: as old as that, clocks have not gone apart by a millisecond."""

_MOST_LEFT_OUT = 300
_AGES = 4000
_DAMAGED = (OSError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError, struct.error)
"""What reading the head of a damaged JPEG raises."""

Kind = Literal["browser", "phone"]


class Refusal(StrEnum):
    """Why a picture was not taken; its words are in the message files under ``camera.refused.<value>``."""

    NOT_JPEG = "not_jpeg"
    """Another format, a JPEG that is drawn in several passes, or one that breaks off."""
    TOO_LARGE = "too_large"
    """In bytes."""
    SIZE = "size"
    """In points: smaller than a face needs, or larger than any camera's."""
    TIME = "time"
    """Taken in the future, at no time, or not after the one before."""
    LATE = "late"
    TOO_MANY = "too_many"
    OVER = "over"
    """Nothing is measured any more."""


class NoPicturesError(EnvironmentProblemError):
    """A page that brought pictures has stopped before the session began."""

    def __init__(self) -> None:
        super().__init__(
            "No picture came from the page's camera any more: leave the page open and in front, allow it the camera, "
            "and start again."
        )


class PageClock:
    """How a page's clock stands to ours, from questions and answers.

    An answer is given between question and arrival, so each one gives bounds for the difference of the
    clocks; the last few together give the closest. A difference that lies within stays as it is, so times do
    not jitter. Bounds that contradict each other mean that the page's clock jumped (a phone that slept).
    """

    def __init__(self) -> None:
        self._bounds: deque[tuple[int, int]] = deque(maxlen=_ANSWERS)
        self._offset_ns: int | None = None

    def answered(self, asked_ns: int, page_ms: float, now_ns: int) -> None:
        """Take an answer.

        Parameters
        ----------
        asked_ns, now_ns : int
            When we asked, and when the answer came, by our clock.
        page_ms : float
            The page's clock when it answered.
        """
        if not math.isfinite(page_ms) or abs(page_ms) > 1e12 or now_ns < asked_ns:
            return
        page_ns = round(page_ms * 1e6)
        self._bounds.append((asked_ns - page_ns, now_ns - page_ns))
        low, high = max(each[0] for each in self._bounds), min(each[1] for each in self._bounds)
        if low > high:
            newest = self._bounds[-1]
            self._bounds.clear()
            self._bounds.append(newest)
            self._offset_ns, (low, high) = None, newest
        if self._offset_ns is None:
            self._offset_ns = (low + high) // 2
        self._offset_ns = min(max(self._offset_ns, low), high)

    def ours_ns(self, page_ms: float) -> int | None:
        """A time of the page by our clock; None before the first answer, or where it is no time."""
        if self._offset_ns is None or not math.isfinite(page_ms) or abs(page_ms) > 1e12:
            return None
        return round(page_ms * 1e6) + self._offset_ns


def refusal_of(data: bytes) -> Refusal | None:
    """What speaks against decoding a picture; only its head is read.

    Parameters
    ----------
    data : bytes
        A JPEG, it is said.
    """
    if len(data) > LARGEST_PICTURE:
        return Refusal.TOO_LARGE
    try:
        with JpegImageFile(io.BytesIO(data)) as picture:
            width, height = picture.size
            plain = picture.mode in ("RGB", "L") and "progressive" not in picture.info
    except _DAMAGED:
        return Refusal.NOT_JPEG
    if min(width, height) < SMALLEST_SIDE or max(width, height) > LARGEST_SIDE:
        return Refusal.SIZE
    # a decoder draws what is there of a picture that breaks off, and grey where nothing is
    return None if plain and data.endswith(b"\xff\xd9") else Refusal.NOT_JPEG


def decoded(data: bytes) -> ImageArray | None:
    """The picture, RGB; None where it cannot be decoded after all.

    Parameters
    ----------
    data : bytes
        Against which :func:`refusal_of` had nothing.
    """
    try:
        image = cv2.imdecode(
            np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
        )
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, dtype=np.uint8)


class PushedSource:
    """A live source that others bring pictures to.

    Parameters
    ----------
    kind : "browser" or "phone"
    clock_ns : callable
        Rising time; ``time.monotonic_ns`` but in tests.
    """

    def __init__(self, kind: Kind, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.kind = kind
        self.label = ""
        """What the browser calls the camera."""
        self.ages_s: deque[float] = deque(maxlen=_AGES)
        """How old the last pictures were when they came; for benchmarks."""
        self._clock_ns = clock_ns
        self._newest = NewestFrame()
        self._repeats = Repeats()
        self._waiting: queue.Queue[tuple[int, int, bytes] | None] = queue.Queue(1)
        self._under_way: deque[tuple[int, Callable[[], None]]] = deque()
        self._under_way_lock = threading.Lock()
        self._arrived = threading.Event()
        self._closed = threading.Event()
        self._begin_ns: int | None = None
        self._last_ns = -1
        self._put_ns: int | None = None
        self._index = 0
        self._given: int | None = None
        self._from: PageClock | None = None
        self._undecoded = False
        self._second: deque[int] = deque(maxlen=_MOST_A_SECOND)
        self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)

    # -------------------------------------------------------------- LiveSource

    @property
    def name(self) -> str:
        """For headings and records."""
        name = "camera of the browser" if self.kind == "browser" else "camera of a phone"
        return f"{name} ({self.label})" if self.label else name

    @property
    def state(self) -> SourceState:
        """Whether pictures come."""
        if self._put_ns is None or self._clock_ns() - self._put_ns > _LOST_S * 1e9 or self.closed:
            return SourceState.LOST
        return SourceState.RUNNING

    def open(self) -> Frame:
        """Begin, and wait for the first frame.

        Raises
        ------
        NoPicturesError
        """
        self._begin_ns = self._clock_ns()
        self._thread.start()
        frame = self.newest(_FIRST_FRAME_S)
        if frame is None:
            self.close()
            raise NoPicturesError
        return frame

    def newest(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not taken yet; who brought it, and those before it, hears that it is taken."""
        frame = self._newest.take(timeout_s)
        if frame is not None:
            self._tell_done(frame.index)
        return frame

    def ask(self, step: str | None) -> None:  # noqa: ARG002
        """A person does not play cues."""
        return

    def hurry(self, *, allowed: bool) -> None:  # noqa: ARG002
        """A person takes the time that it takes."""
        return

    def close(self) -> None:
        """Take no more pictures; a second call does nothing."""
        self._closed.set()
        self._hand_on(None)
        self._tell_done(None)
        if self._thread.is_alive():
            self._thread.join(timeout=3.0)

    @property
    def closed(self) -> bool:
        """Whether pictures are of no use any more."""
        return self._closed.is_set()

    # ------------------------------------------------------------ what is brought

    @property
    def arrived(self) -> bool:
        """Whether a good picture ever came: then it can be opened."""
        return self._arrived.is_set()

    def offer(
        self,
        data: bytes,
        taken_ms: float,
        clock: PageClock,
        given: int | None = None,
        done: Callable[[], None] | None = None,
    ) -> Refusal | None:
        """Bring a picture; comes back at once. For one thread only.

        Parameters
        ----------
        data : bytes
            JPEG.
        taken_ms : float
            When, by the page's clock.
        clock : PageClock
            Of that page.
        given : int, optional
            How many pictures the camera gave so far, those among them that the page left out.
        done : callable, optional
            Called once, from any thread, when a picture that was not refused is out of the way: somebody looks at
            it or at a later one, or it turned out to be none. A page that waits for that sends as many pictures
            as are looked at, and none that grows old here.

        Returns
        -------
        Refusal or None
            None where it was taken. What turns out to be broken only when it is decoded is told with the next one.
        """
        now_ns = self._clock_ns()
        if self.closed:
            return Refusal.OVER
        if self._undecoded:
            self._undecoded = False
            return Refusal.NOT_JPEG
        if len(self._second) == _MOST_A_SECOND and now_ns - self._second[0] < 1e9:
            return Refusal.TOO_MANY
        self._second.append(now_ns)
        taken_ns = clock.ours_ns(taken_ms)
        refusal = self._refusal_of_time(taken_ns, now_ns) or refusal_of(data)
        if refusal is not None:
            return refusal
        assert taken_ns is not None
        self._last_ns = taken_ns
        self.ages_s.append((now_ns - taken_ns) * 1e-9)
        self._index += self._steps(clock, given)
        self._arrived.set()
        done = done or _nobody
        if self._begin_ns is not None and taken_ns >= self._begin_ns:
            with self._under_way_lock:
                self._under_way.append((self._index, done))
            self._hand_on((self._index, taken_ns - self._begin_ns, data))
            if self.closed:
                self._tell_done(None)
        else:
            done()
        return None

    def _tell_done(self, index: int | None) -> None:
        """Those up to this number are out of the way; None: all are."""
        told = []
        with self._under_way_lock:
            while self._under_way and (index is None or self._under_way[0][0] <= index):
                told.append(self._under_way.popleft()[1])
        for done in told:
            done()

    def _steps(self, clock: PageClock, given: int | None) -> int:
        """How many numbers further this picture is: those count that the camera gave and nobody sent."""
        before, same = self._given, clock is self._from
        self._given, self._from = given, clock
        if given is None or before is None or not same:
            return 1
        return min(max(given - before, 1), _MOST_LEFT_OUT)

    def _refusal_of_time(self, taken_ns: int | None, now_ns: int) -> Refusal | None:
        if taken_ns is None or taken_ns > now_ns + _AHEAD_S * 1e9:
            return Refusal.TIME
        age_ns = now_ns - taken_ns
        if age_ns > LATE_S * 1e9:
            return Refusal.LATE if age_ns < _LONGEST_S * 1e9 else Refusal.TIME
        return Refusal.TIME if taken_ns <= self._last_ns else None

    def _hand_on(self, item: tuple[int, int, bytes] | None) -> None:
        """To the decoder; a picture that still waits gives way."""
        with suppress(queue.Empty):
            self._waiting.get_nowait()
        with suppress(queue.Full):  # the end was put there meanwhile
            self._waiting.put_nowait(item)

    # ------------------------------------------------------------------- thread

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None and not self.closed:
            index, time_ns, data = item
            image = decoded(data)
            if image is None:
                self._undecoded = True
            elif not self._repeats.again(image) and self._newest.put(
                Frame(index, time_ns // _MS * _MS, fitted(image))
            ):
                self._put_ns = self._clock_ns()
                continue
            self._tell_done(index)


def _nobody() -> None:
    """Nobody waits for a picture to be out of the way."""
