"""Clips of any container that FFmpeg reads, by PyAV."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from neckrom.errors import InputError, NotAVideoError
from neckrom.frames.geometry import PictureMaker, Turn, fitted_size, turn_of, upright_size
from neckrom.frames.timing import TimeKeeper, picture_size_warnings
from neckrom.types import Frame, ImageArray, SourceInfo

_STILL_FORMATS = ("image2", "_pipe")
_TEXT_FORMATS = frozenset({"tty", "bin", "xbin", "adf", "idf", "vobsub", "concat", "lavfi", "hls", "dash"})
"""Formats that FFmpeg would make a picture of, or follow elsewhere, though nobody filmed it."""
_UNSEEKABLE_FORMATS = frozenset({"gif", "apng", "webp", "webp_anim"})
"""Animations: a frame builds on all earlier ones, whatever the container claims."""
_OPTIONS = {"protocol_whitelist": "file"}  # a clip can name other sources: never follow it to the network
_THREADS = max(1, min(4, os.cpu_count() or 1))
_SEEK_BACK_NS = 2_000_000_000
_CUT_SHORT_SHARE, _CUT_SHORT_S = 0.97, 0.5


@dataclass(frozen=True, slots=True)
class _Look:
    """What the first frame tells of the whole clip."""

    turn: Turn
    source_size: tuple[int, int]
    size: tuple[int, int]
    duration_ns: int | None
    stored_size: tuple[int, int]
    fps: float | None
    expected_frames: int | None
    format_name: str


class ClipSource:
    """Frames of a clip, streamed: memory does not grow with its length.

    Parameters
    ----------
    path : Path
    max_side : int
        Long side in pixels above which pictures are scaled down.

    Raises
    ------
    NotAVideoError
        No moving picture in the file, or no frame of it can be decoded.
    InputError
        The file cannot be read.
    """

    def __init__(self, path: Path, *, max_side: int) -> None:
        self._path = path
        self._look = _look_at(path, max_side)
        self._closing = contextlib.ExitStack()
        self._warnings: list[str] = []
        look = self._look
        self._size_warnings = picture_size_warnings(look.source_size, look.size)
        self._info = SourceInfo(
            name=path.stem,
            kind="clip",
            sha256=_sha256(path),
            width=look.size[0],
            height=look.size[1],
            source_width=look.source_size[0],
            source_height=look.source_size[1],
            expected_frames=look.expected_frames,
            nominal_fps=look.fps,
        )

    @property
    def info(self) -> SourceInfo:
        """What is known before the frames are read."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know, complete once all frames are read."""
        return (*self._size_warnings, *self._warnings)

    def frames(self) -> Iterator[Frame]:
        """Yield each frame once, in time order.

        Raises
        ------
        NotAVideoError
            No frame could be decoded after all.
        """
        self._warnings = []
        times = TimeKeeper()
        problems = _Problems()
        maker = PictureMaker(*self._look.size, self._look.turn)
        with contextlib.ExitStack() as closing:
            container, stream = _open(self._path)
            closing.callback(container.close)
            self._closing = closing
            for time_ns, decoded in _decode(container, stream, problems):
                if not _same_shape(decoded, self._look.stored_size):
                    problems.resized += 1
                elif times.accept(time_ns):
                    yield Frame(times.count - 1, time_ns, maker.make(decoded))
        if not times.count:
            raise NotAVideoError(
                f"No picture of {self._path} can be decoded: convert it, or record it again."
            )
        self._warnings = [
            *_cut_short(times.last_ns, self._look),
            *problems.in_words(),
            *times.warnings(),
        ]

    def close(self) -> None:
        """Let go of the file; frames that are still being read end."""
        self._closing.close()


def grab_clip_frames(path: Path, times_ns: frozenset[int], max_side: int) -> dict[int, ImageArray]:
    """Pictures at the given times; times without a frame are left out.

    It jumps to the key frame before each time and decodes on from there; where a
    frame is not found so (containers without an index), it reads from the start.
    """
    look = _look_at(path, max_side)
    maker = PictureMaker(*look.size, look.turn)
    found: dict[int, ImageArray] = {}
    if look.format_name not in _UNSEEKABLE_FORMATS:
        found = _grab_by_seeking(path, sorted(times_ns), maker, look)
    if times_ns - found.keys():
        found |= _grab_in_sequence(path, times_ns - found.keys(), maker, look)
    return found


def _grab_by_seeking(
    path: Path, times_ns: list[int], maker: PictureMaker, look: _Look
) -> dict[int, ImageArray]:
    found: dict[int, ImageArray] = {}
    container, stream = _open(path)
    with contextlib.closing(container):
        for time_ns in times_ns:
            if not _seek(container, stream, time_ns - _SEEK_BACK_NS):
                return found
            for decoded_ns, decoded in _decode(container, stream, _Problems()):
                if decoded_ns == time_ns and _same_shape(decoded, look.stored_size):
                    found[time_ns] = maker.make(decoded)
                if decoded_ns >= time_ns:
                    break
    return found


def _seek(container: InputContainer, stream: VideoStream, time_ns: int) -> bool:
    """Jump to the key frame before the time; False where the container cannot."""
    assert stream.time_base is not None  # every stream that FFmpeg opens has one
    target = round(Fraction(max(0, time_ns), 10**9) / stream.time_base) + _start(container, stream)
    try:
        container.seek(target, stream=stream, backward=True)
    except FFmpegError:
        return False
    return True


def _grab_in_sequence(
    path: Path, times_ns: frozenset[int], maker: PictureMaker, look: _Look
) -> dict[int, ImageArray]:
    found: dict[int, ImageArray] = {}
    container, stream = _open(path)
    with contextlib.closing(container):
        for time_ns, decoded in _decode(container, stream, _Problems()):
            if time_ns in times_ns and time_ns not in found and _same_shape(decoded, look.stored_size):
                found[time_ns] = maker.make(decoded)
            if len(found) == len(times_ns):
                break
    return found


# ------------------------------------------------------------------ opening


def _open(path: Path) -> tuple[InputContainer, VideoStream]:
    """The container and its moving picture."""
    try:
        container = av.open(f"file:{path.absolute()}", options=_OPTIONS, metadata_errors="replace")
    except (FFmpegError, ValueError) as error:
        raise _cannot_open(path, error) from error
    try:
        stream = _video_stream(container, path)
    except NotAVideoError:
        container.close()
        raise
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = _THREADS
    return container, stream


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    names = set(container.format.name.split(","))
    if names & _TEXT_FORMATS:
        raise NotAVideoError(f"{path} is not a video ({container.format.long_name}): give a recorded clip.")
    if any(name == "image2" or name.endswith("_pipe") for name in names):
        raise NotAVideoError(
            f"{path} is a single still picture: give a clip, or a folder of images with timestamps."
        )
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if streams:
        return max(streams, key=lambda s: s.width * s.height)
    if container.streams.audio:
        raise NotAVideoError(
            f"{path} holds sound only, no moving picture: give the recording with its picture."
        )
    raise NotAVideoError(f"{path} holds no moving picture: give a recorded clip.")


def _cannot_open(path: Path, error: Exception) -> InputError:
    if isinstance(error, PermissionError):
        return InputError(f"{path} may not be read: check its permissions.")
    if path.stat().st_size == 0:
        return NotAVideoError(f"{path} is empty: copy or record it again.")
    if path.suffix.lower() in {".mp4", ".mov", ".m4v", ".3gp"}:
        return NotAVideoError(
            f"{path} cannot be read as a video: it is damaged, or the recording was cut off before "
            "its index was written. Copy it again from the camera, or record it again."
        )
    return NotAVideoError(
        f"{path} is not a video that FFmpeg reads: give a recorded clip (MP4, MOV, MKV, WebM, ...)."
    )


def _look_at(path: Path, max_side: int) -> _Look:
    problems = _Problems()
    container, stream = _open(path)
    with contextlib.closing(container):
        for _, frame in _decode(container, stream, problems):
            turn = turn_of(frame)
            aspect = stream.sample_aspect_ratio or Fraction(1)
            source_size = upright_size(frame, turn, aspect)
            duration = container.duration
            return _Look(
                turn=turn,
                source_size=source_size,
                size=fitted_size(*source_size, max_side),
                duration_ns=None if duration is None else duration * 1000,
                stored_size=(frame.width, frame.height),
                fps=None if stream.average_rate is None else float(stream.average_rate),
                expected_frames=_expected_frames(stream, duration),
                format_name=container.format.name,
            )
    if problems.timeless:
        raise NotAVideoError(
            f"{path} is a bare video stream without times: put it into a container that has them, "
            f"such as ffmpeg -r FRAMES_A_SECOND -i {path.name} -c copy {path.stem}.mp4"
        )
    raise NotAVideoError(
        f"{path} holds a video track without a single frame that can be decoded: record it again, "
        "or convert it with another program first."
    )


def _expected_frames(stream: VideoStream, duration_us: int | None) -> int | None:
    if stream.frames > 0:
        return int(stream.frames)
    if stream.average_rate is None or duration_us is None or duration_us <= 0:
        return None
    return max(1, round(stream.average_rate * duration_us / 1_000_000))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ----------------------------------------------------------------- decoding


@dataclass(slots=True)
class _Problems:
    """What went wrong while reading, counted."""

    damaged: int = 0
    timeless: int = 0
    resized: int = 0
    read_error: str = ""

    def in_words(self) -> list[str]:
        words = []
        if self.read_error:
            words.append(f"The clip cannot be read to its end ({self.read_error}): the rest is missing.")
        if self.damaged:
            words.append(f"{self.damaged} damaged pieces of the clip were left out.")
        if self.timeless:
            words.append(f"{self.timeless} frames without a time were left out.")
        if self.resized:
            words.append(f"{self.resized} frames of another picture size than the first were left out.")
        return words


def _decode(
    container: InputContainer, stream: VideoStream, problems: _Problems
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames with their times in ns since the start of the clip, as they come."""
    start = _start(container, stream)
    for packet in _packets(container, stream, problems):
        try:
            decoded = packet.decode()
        except FFmpegError:
            problems.damaged += 1
            continue
        for frame in decoded:
            if not isinstance(frame, VideoFrame):
                continue
            if frame.is_corrupt:
                problems.damaged += 1
            elif frame.pts is None or frame.time_base is None:
                problems.timeless += 1
            else:
                yield _nanoseconds(frame.pts - start, frame.time_base), frame


def _packets(
    container: InputContainer, stream: VideoStream, problems: _Problems
) -> Iterator[Packet[VideoStream]]:
    try:
        yield from container.demux(stream)
    except FFmpegError as error:
        problems.read_error = error.strerror or type(error).__name__


def _start(container: InputContainer, stream: VideoStream) -> int:
    """Time zero as a player shows it, in units of the stream."""
    assert stream.time_base is not None
    if container.start_time is None:
        return stream.start_time or 0
    return round(Fraction(container.start_time, av.time_base) / stream.time_base)


def _nanoseconds(ticks: int, time_base: Fraction) -> int:
    return round(ticks * time_base * 1_000_000_000)


def _same_shape(frame: VideoFrame, stored_size: tuple[int, int]) -> bool:
    """Whether the frame can stand for the announced size (some codecs change the scale, not the picture)."""
    width, height = stored_size
    return abs(frame.width * height - frame.height * width) <= 0.02 * width * frame.height


def _cut_short(last_ns: int, look: _Look) -> list[str]:
    if look.duration_ns is None:
        return []
    missing_ns = look.duration_ns - last_ns
    if missing_ns < _CUT_SHORT_S * 1e9 or last_ns > _CUT_SHORT_SHARE * look.duration_ns:
        return []
    return [
        f"The clip is cut short: it says {look.duration_ns * 1e-9:.1f} s, "
        f"but its picture ends at {last_ns * 1e-9:.1f} s."
    ]
