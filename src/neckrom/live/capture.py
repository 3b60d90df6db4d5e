"""The camera: read in a thread of its own, the newest frame wins, none is kept waiting to grow old.

Known weakness: the time of a frame is when it was handed over, not when the shutter was open; a camera
of this kind says nothing better. The delay is the same for all frames, so it does not touch the angles.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError

from neckrom.errors import EnvironmentProblemError
from neckrom.live.camera_names import camera_backend, candidate_cameras
from neckrom.live.sources import STILL_S, NewestFrame, Repeats, SourceState
from neckrom.types import Frame, ImageArray

log = logging.getLogger(__name__)

_MS = 1_000_000
_REOPEN_S = 1.0
_FIRST_FRAME_S = 12.0
_URL_TIMEOUT_S = (4.0, 4.0)
"""To open, and to the next picture."""
_STREAM_OPTIONS = {"rtsp_transport": "tcp", "fflags": "nobuffer", "analyzeduration": "1000000"}
_MAX_SIDE = 1280
_LONGEST_REOPEN_S = 8.0


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """Which camera, and what is asked of it; it gives what it can.

    Attributes
    ----------
    source : int or str
        Number of the camera, or an address (http, rtsp).
    width, height : int
    fps : float
    """

    source: int | str
    width: int = 640
    height: int = 480
    fps: float = 30.0


class CameraNotFoundError(EnvironmentProblemError):
    """No frame comes from a camera."""

    def __init__(self, source: int | str, answering: tuple[int, ...]) -> None:
        self.source, self.answering = source, answering
        others = [index for index in answering if index != source]
        if isinstance(source, str):
            way_out = "check the address, and that the camera sends its picture there"
        elif others:
            way_out = f"try --source {others[0]}"
        else:
            way_out = "plug one in, or allow this program to use it in the system's privacy settings"
        super().__init__(
            f"Camera {source} gives no picture. Close other programs that use it, {way_out}. The browser may see it "
            "all the same (--source browser), or use a phone (--source phone). Without a camera: play a clip as one "
            "(neckrom live --source CLIP), or measure a recording (neckrom measure CLIP)."
        )


class CameraSource:
    """A camera by OpenCV.

    Parameters
    ----------
    options : CameraOptions
    clock_ns : callable
        Rising time; ``time.monotonic_ns`` but in tests.
    """

    def __init__(self, options: CameraOptions, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._options = options
        self._clock_ns = clock_ns
        self._newest = NewestFrame()
        self._stop = threading.Event()
        self._state = SourceState.LOST
        self._index = 0
        self._start_ns = 0
        self._repeats = Repeats()
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    @property
    def name(self) -> str:
        """For headings and records; an address may hold a password, so only its kind is named."""
        source = self._options.source
        return f"camera {source}" if isinstance(source, int) else "network camera"

    @property
    def state(self) -> SourceState:
        """Whether frames come."""
        return self._state

    def open(self) -> Frame:
        """Begin, and wait for the first frame.

        Raises
        ------
        CameraNotFoundError
        """
        _silence()
        self._start_ns = self._clock_ns()
        self._thread.start()
        frame = self._newest.take(_FIRST_FRAME_S)
        if frame is None:
            self.close()
            source = self._options.source
            answering = answering_cameras() if isinstance(source, int) else ()
            raise CameraNotFoundError(source, answering)
        return frame

    def newest(self, timeout_s: float) -> Frame | None:
        """The newest frame that was not taken yet."""
        return self._newest.take(timeout_s)

    def ask(self, step: str | None) -> None:  # noqa: ARG002
        """A person does not play cues."""
        return

    def hurry(self, *, allowed: bool) -> None:  # noqa: ARG002
        """A person takes the time that it takes."""
        return

    def close(self) -> None:
        """Let go of the camera; one that hangs is left to the system."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=3.0)

    # ------------------------------------------------------------------ thread

    def _run(self) -> None:
        wait_s = _REOPEN_S
        while not self._stop.is_set():
            before = self._index
            capture = open_capture(self._options)
            if capture is not None:
                self._read(capture)
                capture.release()
            self._state = SourceState.LOST
            # one that only ever shows the same picture is not opened and closed without end
            wait_s = (
                _REOPEN_S if self._index > before or capture is None else min(2 * wait_s, _LONGEST_REOPEN_S)
            )
            self._stop.wait(wait_s)

    def _read(self, capture: Any) -> None:
        """Hand frames over until one fails, or the picture stands still."""
        changed_ns = self._clock_ns()
        while not self._stop.is_set():
            good, picture = capture.read()
            now_ns = self._clock_ns()
            if not good or picture is None:
                return
            if self._repeats.again(picture):
                if now_ns - changed_ns >= STILL_S * 1e9:
                    log.warning("%s: the picture stands still, so the camera is opened again", self.name)
                    return
                continue
            changed_ns = now_ns
            image = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
            if self._newest.put(Frame(self._index, (now_ns - self._start_ns) // _MS * _MS, fitted(image))):
                self._index += 1
                self._state = SourceState.RUNNING


class StreamCapture:
    """An address, read by PyAV; what :class:`cv2.VideoCapture` offers of it.

    OpenCV's own reader keeps the picture size that a stream began with. Where the size changes it hands out the
    last picture for ever, or a picture put together from old and new lines, and says that all is well.
    """

    def __init__(self, address: str) -> None:
        self._container = av.open(address, timeout=_URL_TIMEOUT_S, options=_STREAM_OPTIONS)
        try:
            self._frames = self._container.decode(self._container.streams.video[0])
        except IndexError:
            self._container.close()
            raise

    def read(self) -> tuple[bool, npt.NDArray[np.uint8] | None]:
        """Whether there is a next picture, and that (BGR) in its own size."""
        try:
            return True, np.asarray(next(self._frames).to_ndarray(format="bgr24"), dtype=np.uint8)
        except (StopIteration, FFmpegError, OSError, ValueError):
            return False, None

    def release(self) -> None:
        """Let go of it."""
        self._container.close()


def open_capture(options: CameraOptions) -> Any | None:
    """An open capture, or None."""
    source = options.source
    if isinstance(source, str):
        try:
            return StreamCapture(source)
        except (FFmpegError, OSError, ValueError, IndexError):
            return None
    capture = cv2.VideoCapture(source, getattr(cv2, camera_backend()))
    if not capture.isOpened():
        capture.release()
        return None
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, options.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, options.height)
    capture.set(cv2.CAP_PROP_FPS, options.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def answering_cameras() -> tuple[int, ...]:
    """Numbers of the cameras that can be opened."""
    _silence()
    found = []
    for index in candidate_cameras():
        capture = cv2.VideoCapture(index, getattr(cv2, camera_backend()))
        if capture.isOpened():
            found.append(index)
        capture.release()
    return tuple(found)


def fitted(image: ImageArray) -> ImageArray:
    """Scaled down where its long side is longer than the models need."""
    height, width = image.shape[:2]
    if max(height, width) <= _MAX_SIDE:
        return image
    scale = _MAX_SIDE / max(height, width)
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def framed(image: ImageArray, width: int, height: int) -> ImageArray:
    """Scaled into a picture of another size, as a whole and undistorted, black beside it."""
    rows, columns = image.shape[:2]
    if (rows, columns) == (height, width):
        return image
    scale = min(width / columns, height / rows)
    inner = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    scaled = cv2.resize(image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    whole = np.zeros((height, width, 3), dtype=np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    whole[top : top + inner[1], left : left + inner[0]] = scaled
    return whole


def _silence() -> None:
    """OpenCV writes to the terminal about every camera that does not answer: we say it ourselves."""
    cv2.setLogLevel(0)
