"""The picture of a session as H.264 in Matroska, readable up to where it was cut off.

x264 encodes it, where FFmpeg has it; PyAV's wheels do. A build of FFmpeg without the parts that are
under the GPL has its own MPEG-4 encoder, which is taken then: ``benchmarks/codecs.py`` compares them.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from fractions import Fraction
from pathlib import Path

import av
from av.codec.codec import Codec, UnknownCodecError
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from neckrom.types import Frame

log = logging.getLogger(__name__)

_CLOCK = Fraction(1, 1000)
"""Matroska counts milliseconds; so does a session."""
_WAITING = 30
_CONTAINER = {"cluster_time_limit": "1000", "flush_packets": "1"}
_ENCODERS = {
    "libx264": {"preset": "ultrafast", "tune": "zerolatency", "crf": "24", "g": "30"},
    "mpeg4": {"qmin": "2", "qmax": "2", "g": "30"},
}
"""The first that is there is taken."""


class VideoWriter:
    """Encodes in a thread of its own; pictures that it cannot keep up with are left out.

    Parameters
    ----------
    path : Path
        Readable by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting: queue.Queue[Frame | None] = queue.Queue(_WAITING)
        self._ended = threading.Event()
        self.dropped = 0
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        self._thread = threading.Thread(target=self._run, name="video", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether pictures are being stored."""
        return not self._ended.is_set()

    def put(self, frame: Frame) -> None:
        """Hand a picture over; never waits."""
        if self._ended.is_set():
            return
        try:
            self._waiting.put_nowait(frame)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what is waiting and end the file; a second call does nothing."""
        if self._ended.is_set():
            self._thread.join()
            return
        self._ended.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            with av.open(str(self._path), "w", "matroska", container_options=_CONTAINER) as container:
                self._encode(container)
        except (FFmpegError, OSError) as error:
            log.error("%s: the picture cannot be stored any more (%s)", self._path, error)
            self._ended.set()
            self._drain()

    def _encode(self, container: OutputContainer) -> None:
        stream: VideoStream | None = None
        last = -1
        while (frame := self._waiting.get()) is not None:
            if stream is None:
                stream = _stream(container, frame)
            height, width = stream.height, stream.width
            picture = av.VideoFrame.from_ndarray(frame.image[:height, :width], format="rgb24")
            last = max(last + 1, round(frame.time_ns * 1e-9 / _CLOCK))
            picture.pts, picture.time_base = last, _CLOCK
            container.mux(stream.encode(picture))
        if stream is not None:
            container.mux(stream.encode(None))

    def _drain(self) -> None:
        while True:
            try:
                self._waiting.get_nowait()
            except queue.Empty:
                return


def _stream(container: OutputContainer, frame: Frame) -> VideoStream:
    height, width = frame.image.shape[:2]
    name = next((each for each in _ENCODERS if _is_there(each)), "mpeg4")
    stream = container.add_stream(name, options=_ENCODERS[name])
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = width // 2 * 2, height // 2 * 2
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = _CLOCK
    stream.codec_context.thread_count = 1
    return stream


def _is_there(name: str) -> bool:
    try:
        Codec(name, "w")
    except UnknownCodecError:
        return False
    return True
