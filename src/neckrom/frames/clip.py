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
from neckrom.frames.capture_rate import capture_fps_of_clip
from neckrom.frames.focal import focal_of_clip
from neckrom.frames.geometry import (
    MOST_CLIP_PIXELS,
    PictureMaker,
    Turn,
    UnreadablePictureError,
    check_size,
    fitted_size,
    turn_of,
    upright_size,
)
from neckrom.frames.names import readable_name
from neckrom.frames.timing import TimeKeeper, picture_size_warnings
from neckrom.types import Frame, ImageArray, Notice, SourceInfo

_STILL_FORMATS = ("image2", "_pipe")
_TEXT_FORMATS = frozenset({"tty", "bin", "xbin", "adf", "idf", "vobsub", "concat", "lavfi", "hls", "dash"})
"""Formats that FFmpeg would make a picture of, or follow elsewhere, though nobody filmed it."""
_UNSEEKABLE_FORMATS = frozenset({"gif", "apng", "webp", "webp_anim"})
"""Animations: a frame builds on all earlier ones, whatever the container claims."""
_PICTURE_CODECS = frozenset(
    {"mjpeg", "mjpegb", "png", "apng", "webp", "tiff", "jpegls", "jpeg2000", "jpegxl"}
)
"""Every frame is a picture of its own, and says itself how it is to be turned."""
_OPTIONS = {
    "protocol_whitelist": "file",  # a clip can name other sources: never follow it to the network
    "max_pixels": str(MOST_CLIP_PIXELS),
}
_DECODING_ERRORS = (FFmpegError, ValueError, OverflowError)
"""What PyAV raises on damaged content: FFmpeg's own errors, and those of turning its values into Python's."""
_THREADS = max(1, min(4, os.cpu_count() or 1))
_STILL_TRACKS = Disposition.attached_pic | Disposition.timed_thumbnails
_SPREAD_FROM_S = 4.0
_SAMPLE_STEP_NS = 300_000_000
_MOST_EXPECTED = 10**7
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
    own_turns: bool
    """Whether each frame says for itself how it is to be turned."""
    tracks: int
    """Tracks with a moving picture."""


class ClipSource:
    """Frames of a clip, streamed: memory does not grow with its length.

    Parameters
    ----------
    path : Path
    max_side : int
        Long side in pixels above which pictures are scaled down.
    turned_deg : int
        Degrees clockwise (0, 90, 180, 270) by which the picture is turned after what the file itself asks for.
    track : int, optional
        Which of several tracks with a moving picture, from 0; else the one with the largest picture.

    Raises
    ------
    NotAVideoError
        No moving picture in the file, or no frame of it can be decoded.
    InputError
        The file cannot be read.
    """

    def __init__(self, path: Path, *, max_side: int, turned_deg: int = 0, track: int | None = None) -> None:
        self._path = path
        self._track = track
        self._turned_deg = turned_deg
        self._look = _look_at(path, max_side, turned_deg, track)
        self._closing = contextlib.ExitStack()
        self._warnings: list[Notice] = []
        look = self._look
        self._size_warnings = picture_size_warnings(look.source_size, look.size)
        self._info = SourceInfo(
            name=readable_name(path.stem),
            kind="clip",
            sha256=_sha256(path),
            width=look.size[0],
            height=look.size[1],
            source_width=look.source_size[0],
            source_height=look.source_size[1],
            expected_frames=look.expected_frames,
            nominal_fps=look.fps,
            turned_deg=turned_deg,
            track=track,
            focal_35mm_mm=focal_of_clip(path),
            capture_fps=capture_fps_of_clip(path),
        )

    @property
    def tracks(self) -> int:
        """How many tracks with a moving picture the file has."""
        return self._look.tracks

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

        Yields
        ------
        Frame
            RGB, upright, in time order.

        Raises
        ------
        NotAVideoError
            No frame could be decoded after all.
        """
        self._warnings = []
        times = TimeKeeper()
        problems = _Problems()
        makers = _Makers(self._look, self._turned_deg)
        with contextlib.ExitStack() as closing:
            container, stream = _open(self._path, self._track)
            closing.callback(container.close)
            self._closing = closing
            for time_ns, decoded in _decode(container, stream, problems):
                picture = makers.make(decoded, problems)
                if picture is not None and times.accept(time_ns):
                    yield Frame(times.count - 1, time_ns, picture)
        if not times.count:
            raise NotAVideoError(
                f"No picture of {self._path} can be decoded: convert it, or record it again."
            )
        self._warnings = [
            *_cut_short(times.last_ns, self._look),
            *problems.notices(),
            *times.warnings(),
        ]

    def close(self) -> None:
        """Let go of the file; frames that are still being read end."""
        self._closing.close()


def grab_clip_frames(
    path: Path, times_ns: frozenset[int], max_side: int, turned_deg: int, track: int | None
) -> dict[int, ImageArray]:
    """Pictures at the given times; times without a frame are left out.

    It jumps to the key frame before each time and decodes on from there; where a
    frame is not found so (containers without an index), it reads from the start.

    Parameters
    ----------
    path : Path
    times_ns : frozenset of int
        Nanoseconds: the ``time_ns`` of :class:`~neckrom.types.Frame`.
    max_side : int
        Longest side of what comes out, pixels; never scaled up.
    turned_deg : int
        Degrees clockwise by which pictures are turned beyond what the file asks for, a multiple of 90.
    track : int or None
        Which of several tracks with a moving picture, from 0; None takes the one with the largest picture.

    Returns
    -------
    dict of int to array
        RGB, shape (height, width, 3), uint8, by its time.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    look = _look_at(path, max_side, turned_deg, track)
    makers = _Makers(look, turned_deg)
    found: dict[int, ImageArray] = {}
    if look.format_name not in _UNSEEKABLE_FORMATS:
        found = _grab_by_seeking(path, track, sorted(times_ns), makers)
    if times_ns - found.keys():
        found |= _grab_in_sequence(path, track, times_ns - found.keys(), makers)
    return found


def _grab_by_seeking(
    path: Path, track: int | None, times_ns: list[int], makers: _Makers
) -> dict[int, ImageArray]:
    found: dict[int, ImageArray] = {}
    container, stream = _open(path, track)
    with contextlib.closing(container):
        for time_ns in times_ns:
            if not _seek(container, stream, time_ns - _SEEK_BACK_NS):
                return found
            for decoded_ns, decoded in _decode(container, stream, _Problems()):
                if decoded_ns == time_ns:
                    picture = makers.make(decoded, _Problems())
                    if picture is not None:
                        found[time_ns] = picture
                if decoded_ns >= time_ns:
                    break
    return found


def _seek(container: InputContainer, stream: VideoStream, time_ns: int) -> bool:
    """Jump to the key frame before the time; False where the container cannot."""
    assert stream.time_base is not None  # every stream that FFmpeg opens has one
    target = round(Fraction(max(0, time_ns), 10**9) / stream.time_base) + _start(container, stream)
    try:
        container.seek(target, stream=stream, backward=True)
    except _DECODING_ERRORS:
        return False
    return True


def _grab_in_sequence(
    path: Path, track: int | None, times_ns: frozenset[int], makers: _Makers
) -> dict[int, ImageArray]:
    found: dict[int, ImageArray] = {}
    container, stream = _open(path, track)
    with contextlib.closing(container):
        for time_ns, decoded in _decode(container, stream, _Problems()):
            if time_ns in times_ns and time_ns not in found:
                picture = makers.make(decoded, _Problems())
                if picture is not None:
                    found[time_ns] = picture
            if len(found) == len(times_ns):
                break
    return found


def track_count(path: Path) -> int:
    """How many tracks with a moving picture a clip has.

    Parameters
    ----------
    path : Path

    Returns
    -------
    int

    Raises
    ------
    InputError
        It cannot be opened as a clip.
    """
    container, _ = _open(path)
    with contextlib.closing(container):
        return len(_tracks(container))


def sampled_pictures(path: Path, count: int, max_side: int, track: int | None) -> Iterator[ImageArray]:
    """Up to ``count`` pictures spread over the clip; from its first seconds where it cannot be jumped in.

    Parameters
    ----------
    path : Path
    count : int
    max_side : int
        Longest side of what comes out, pixels; never scaled up.
    track : int or None
        Which of several tracks with a moving picture, from 0; None takes the one with the largest picture.

    Yields
    ------
    array of shape (height, width, 3), uint8
        RGB.

    Raises
    ------
    InputError
        It cannot be opened as a clip.
    """
    look = _look_at(path, max_side, 0, track)
    makers = _Makers(look, 0)
    container, stream = _open(path, track)
    with contextlib.closing(container):
        seeks = look.format_name not in _UNSEEKABLE_FORMATS and look.duration_ns is not None
        if seeks and look.duration_ns is not None and look.duration_ns > _SPREAD_FROM_S * 1e9:
            for number in range(count):
                if not _seek(container, stream, look.duration_ns * number // count):
                    return
                first = next(_decode(container, stream, _Problems()), None)
                picture = None if first is None else makers.make(first[1], _Problems())
                if picture is not None:
                    yield picture
            return
        next_ns = -(10**18)
        given = 0
        for time_ns, decoded in _decode(container, stream, _Problems()):
            if time_ns < next_ns:
                continue
            picture = makers.make(decoded, _Problems())
            if picture is not None:
                yield picture
                given += 1
                next_ns = time_ns + _SAMPLE_STEP_NS
            if given == count:
                return


class _Makers:
    """Makes pictures of one upright size from frames that may each be turned in their own way."""

    def __init__(self, look: _Look, turned_deg: int) -> None:
        self._look = look
        self._turned_deg = turned_deg
        self._makers = {look.turn: PictureMaker(*look.size, look.turn)}

    def make(self, frame: VideoFrame, problems: _Problems) -> ImageArray | None:
        """The picture; None, with a note among the problems, where it cannot stand with the others."""
        look = self._look
        turn = turn_of(frame).turned_further(self._turned_deg) if look.own_turns else look.turn
        stored = look.stored_size
        if turn.swaps_sides != look.turn.swaps_sides:
            stored = (stored[1], stored[0])
        if not _same_shape(frame, stored):
            problems.resized += 1
            return None
        maker = self._makers.setdefault(turn, PictureMaker(*look.size, turn))
        try:
            return maker.make(frame)
        except UnreadablePictureError:
            problems.damaged += 1
            return None


# ------------------------------------------------------------------ opening


def _open(path: Path, track: int | None = None) -> tuple[InputContainer, VideoStream]:
    """The container and its moving picture."""
    try:
        container = av.open(f"file:{path.absolute()}", options=_OPTIONS, metadata_errors="replace")
    except _DECODING_ERRORS as error:
        raise _cannot_open(path, error) from error
    try:
        stream = _video_stream(container, path, track)
    except NotAVideoError:
        container.close()
        raise
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = _THREADS
    return container, stream


def _video_stream(container: InputContainer, path: Path, track: int | None) -> VideoStream:
    names = set(container.format.name.split(","))
    if names & _TEXT_FORMATS:
        raise NotAVideoError(f"{path} is not a video ({container.format.long_name}): give a recorded clip.")
    if any(name == "image2" or name.endswith("_pipe") for name in names):
        raise NotAVideoError(
            f"{path} is a single still picture: give a clip, or a folder of images with timestamps."
        )
    streams = _tracks(container)
    if streams:
        return _chosen(streams, path, track)
    if container.streams.video and not _moving(container):
        raise NotAVideoError(
            f"{path} holds {'sound and ' * bool(container.streams.audio)}a still cover picture only, no moving "
            "picture: give the recording with its picture."
        )
    if container.streams.video:
        raise NotAVideoError(
            f"The picture of {path} is stored in a way that this FFmpeg cannot decode: convert it with another "
            "program, such as to MP4 with H.264, or record it again."
        )
    if container.streams.audio:
        raise NotAVideoError(
            f"{path} holds sound only, no moving picture: give the recording with its picture."
        )
    raise NotAVideoError(f"{path} holds no moving picture: give a recorded clip.")


def _moving(container: InputContainer) -> list[VideoStream]:
    """Tracks that are no cover picture."""
    return [s for s in container.streams.video if not s.disposition & _STILL_TRACKS]


def _tracks(container: InputContainer) -> list[VideoStream]:
    """Tracks with a moving picture that can be decoded, in the order of the file.

    A cover that is not marked as one is a track of a single frame beside others with more.
    """
    known = [
        s
        for s in _moving(container)
        if getattr(s, "codec_context", None) is not None and s.time_base is not None
    ]
    longer = [s for s in known if s.frames != 1]
    return longer or known


def _chosen(streams: list[VideoStream], path: Path, track: int | None) -> VideoStream:
    if track is None:
        return max(streams, key=lambda s: s.width * s.height)
    if not 0 <= track < len(streams):
        raise NotAVideoError(f"{path} has {len(streams)} tracks with a moving picture, not {track + 1}.")
    return streams[track]


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


def _look_at(path: Path, max_side: int, turned_deg: int = 0, track: int | None = None) -> _Look:
    problems = _Problems()
    container, stream = _open(path, track)
    with contextlib.closing(container):
        if stream.width * stream.height > MOST_CLIP_PIXELS:
            raise NotAVideoError(
                f"The picture of {path} is {stream.width} x {stream.height} pixels, more than any camera films: "
                "it is damaged, or has to be scaled down first, such as with "
                f"ffmpeg -i {path.name} -vf scale=1280:-2 smaller.mp4"
            )
        for _, frame in _decode(container, stream, problems):
            turn = turn_of(frame).turned_further(turned_deg)
            aspect = stream.sample_aspect_ratio or Fraction(1)
            source_size = upright_size(frame, turn, aspect)
            check_size(*source_size, str(path))
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
                own_turns=stream.codec_context.name in _PICTURE_CODECS,
                tracks=len(_tracks(container)),
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
    expected = int(stream.frames)
    if expected <= 0 and stream.average_rate is not None and duration_us is not None and duration_us > 0:
        expected = max(1, round(stream.average_rate * duration_us / 1_000_000))
    return expected if 0 < expected <= _MOST_EXPECTED else None


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

    def notices(self) -> list[Notice]:
        notices = []
        if self.read_error:
            text = f"The clip cannot be read to its end ({self.read_error}): the rest is missing."
            notices.append(Notice(text, "clip_unreadable", error=self.read_error))
        if self.damaged:
            text = f"{self.damaged} damaged pieces of the clip were left out."
            notices.append(Notice(text, "clip_damaged", number=self.damaged))
        if self.timeless:
            text = f"{self.timeless} frames without a time were left out."
            notices.append(Notice(text, "clip_timeless", number=self.timeless))
        if self.resized:
            text = f"{self.resized} frames of another picture size than the first were left out."
            notices.append(Notice(text, "clip_resized", number=self.resized))
        return notices


def _decode(
    container: InputContainer, stream: VideoStream, problems: _Problems
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames with their times in ns since the start of the clip, as they come."""
    start = _start(container, stream)
    for packet in _packets(container, stream, problems):
        try:
            decoded = packet.decode()
        except _DECODING_ERRORS:
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
    except _DECODING_ERRORS as error:
        problems.read_error = getattr(error, "strerror", None) or type(error).__name__


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


def _cut_short(last_ns: int, look: _Look) -> list[Notice]:
    if look.duration_ns is None:
        return []
    missing_ns = look.duration_ns - last_ns
    if missing_ns < _CUT_SHORT_S * 1e9 or last_ns > _CUT_SHORT_SHARE * look.duration_ns:
        return []
    said_s, end_s = look.duration_ns * 1e-9, last_ns * 1e-9
    text = f"The clip is cut short: it says {said_s:.1f} s, but its picture ends at {end_s:.1f} s."
    return [Notice(text, "clip_cut_short", said_s=said_s, end_s=end_s)]
