"""``overlay.mp4``: the clip with what was measured drawn in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image, ImageDraw
from scipy.spatial.transform import Rotation

from neckrom.errors import OutputError
from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report import marks, wording
from neckrom.report.files import replacing
from neckrom.report.tables import movement_column
from neckrom.saying import figures
from neckrom.types import (
    AngleSeries,
    BoolArray,
    CameraModel,
    FloatArray,
    Frame,
    ImageArray,
    LandmarkSeries,
    Movement,
    OrientationSeries,
    RangeOfMotion,
)

_COLUMNS = (0.0, 0.28, 0.66)
"""Where the three angles begin, in shares of the width: side-bend has the longest words."""

Progress = Callable[[int, int], None]
"""Called with frames done and frames in all."""

_CLOCK = Fraction(1, 90_000)
_SMALLEST_WIDTH = 480
"""Narrower pictures are enlarged, so that the words can be read."""
_AXES: tuple[tuple[tuple[float, float, float], tuple[int, int, int]], ...] = (
    ((0.0, 0.0, 1.0), (255, 130, 190)),
    ((0.0, 1.0, 0.0), marks.CYAN),
    ((1.0, 0.0, 0.0), marks.YELLOW),
)
"""To the person's right, to the crown, to the nose: body frame and colour."""


def write_overlay(  # noqa: PLR0917  (the service calls it so)
    path: Path,
    frames: Iterable[Frame],
    landmarks: LandmarkSeries,
    orientations: OrientationSeries,
    angles: AngleSeries,
    rom: RangeOfMotion,
    progress: Progress | None = None,
    *,
    camera: CameraModel | None = None,
    mirrored: bool = False,
    texts: Messages | None = None,
) -> None:
    """Write the clip as H.264 with landmarks, head axes, angles and the movement's name.

    The words stand in a strip below the picture, so that nothing of it is hidden.
    Each frame keeps its own time, so a variable frame rate stays one. Sizes are
    padded to even numbers, as H.264 wants them.

    Parameters
    ----------
    path : Path
    frames : iterable of Frame
        The clip again, in time order.
    landmarks : LandmarkSeries
    orientations : OrientationSeries
    angles : AngleSeries
        All with the same rows; a frame shows the row nearest in time.
    rom : RangeOfMotion
        For the movement's name.
    progress : callable, optional
    camera : CameraModel, optional
        For the perspective of the axes.
    mirrored : bool
        The landmarks were put right from a mirrored recording: the frames are flipped to fit.
    texts : Messages, optional
        English if not given.

    Raises
    ------
    OutputError
        If the file cannot be written; nothing is left behind then.
    """
    artist = _Artist(
        landmarks,
        orientations,
        angles,
        movement_column(angles, rom),
        camera or marks.drawing_camera(landmarks),
        texts or load_messages(FALLBACK),
    )
    drawn = (
        (artist.draw(frame.image[:, ::-1] if mirrored else frame.image, frame.time_ns), frame.time_ns)
        for frame in frames
    )
    write_drawn(path, drawn, len(landmarks), progress)


def write_drawn(
    path: Path, pictures: Iterable[tuple[ImageArray, int]], total: int, progress: Progress | None = None
) -> None:
    """Write finished pictures as H.264, each at its own time.

    Parameters
    ----------
    path : Path
    pictures : iterable of (ndarray, int)
        RGB pictures of one size, both even, with their times in nanoseconds.
    total : int
        About how many there will be, for the progress.
    progress : callable, optional

    Raises
    ------
    OutputError
        If the file cannot be written; nothing is left behind then.
    """
    clock = {"movie_timescale": str(_CLOCK.denominator)}  # else the first time is cut to milliseconds
    with replacing(path) as part, _writing(path), av.open(str(part), "w", "mp4", clock) as container:
        stream: VideoStream | None = None
        last = -1
        for done, (picture, time_ns) in enumerate(pictures, start=1):
            if stream is None:
                stream = _stream(container, picture.shape[1], picture.shape[0])
            last = max(last + 1, round(time_ns * 1e-9 / _CLOCK))
            _encode(container, stream, picture, last)
            if progress is not None:
                progress(done, max(total, done))
        if stream is not None:
            container.mux(stream.encode(None))


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except av.FFmpegError as error:
        raise OutputError(
            f"Cannot write {path}: {error.strerror or error}. Free some space there, or leave --overlay out."
        ) from error


def _stream(container: OutputContainer, width: int, height: int) -> VideoStream:
    stream = container.add_stream("libx264", rate=30)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.time_base = stream.codec_context.time_base = _CLOCK
    stream.options = {"crf": "21", "preset": "veryfast", "bf": "0"}
    return stream


def _encode(container: OutputContainer, stream: VideoStream, picture: ImageArray, pts: int) -> None:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts, frame.time_base = pts, _CLOCK
    container.mux(stream.encode(frame))


@dataclass(frozen=True, slots=True)
class _Artist:
    """Draws one frame after the other."""

    landmarks: LandmarkSeries
    orientations: OrientationSeries
    angles: AngleSeries
    names: list[str]
    camera: CameraModel
    words: Messages

    def draw(self, image: ImageArray, time_ns: int) -> ImageArray:
        row = marks.nearest_row(self.landmarks.time_ns, time_ns)
        zoom = max(1.0, _SMALLEST_WIDTH / image.shape[1])
        width, height = round(image.shape[1] * zoom), round(image.shape[0] * zoom)
        scale = width / self.landmarks.width
        picture = Image.fromarray(np.ascontiguousarray(image))
        if zoom > 1:
            picture = picture.resize((width, height), Image.Resampling.BICUBIC)
        pixels = np.array(picture)
        _dots(pixels, self.landmarks.face[row, :, :2] * scale)
        text_px = max(14, round(min(width, 1.4 * height) / 28))
        strip = round(3.6 * text_px)
        sheet = Image.new("RGB", (width + width % 2, height + strip + (height + strip) % 2), marks.PANEL)
        sheet.paste(Image.fromarray(pixels), (0, 0))
        draw = ImageDraw.Draw(sheet)
        self._draw_person(draw, row, scale)
        self._draw_words(draw, row, time_ns * 1e-9, top=height, size=text_px)
        return np.asarray(sheet, dtype=np.uint8)

    def _draw_person(self, draw: ImageDraw.ImageDraw, row: int, scale: float) -> None:
        line = max(1, round(2 * scale))
        head = marks.find_head(self.landmarks.face[row], self.landmarks.pose[row])
        if head is None:
            return
        if head.shoulders is not None:
            left, right = ((x * scale, y * scale) for x, y in head.shoulders)
            draw.line([left, right], fill=marks.WHITE, width=line)
            for x, y in (left, right):
                draw.ellipse((x - 2 * line, y - 2 * line, x + 2 * line, y + 2 * line), fill=marks.WHITE)
        quaternion = self.orientations.head[row]
        if not np.isfinite(quaternion).all():
            return
        turn = Rotation.from_quat(quaternion)
        start = (head.centre[0] * scale, head.centre[1] * scale)
        for axis, color in _AXES:
            direction = turn.apply(np.array(axis))
            x, y = marks.project_axis(head, direction, 0.85, self.camera)
            marks.arrow(draw, start, (x * scale, y * scale), 2 * line, color)

    def _draw_words(self, draw: ImageDraw.ImageDraw, row: int, time_s: float, *, top: int, size: int) -> None:
        margin, width = size // 2, draw.im.size[0]
        first, second = top + round(0.4 * size), top + round(2.0 * size)
        draw.text(
            (margin, first),
            _title(self.names[row], self.words),
            font=marks.font(size, bold=True),
            fill=marks.WHITE,
        )
        clock = figures.seconds(time_s, self.words)
        draw.text((width - margin, first), clock, font=marks.font(size), fill=marks.WHITE, anchor="ra")
        beyond = bool(self.angles.beyond[row])
        texts = _angle_words(self.angles.neck_deg[row], self.words, beyond=beyond)
        sure = not beyond and np.isfinite(self.angles.neck_deg[row]).any()
        color = marks.YELLOW if sure else (190, 190, 190)
        for share, text in zip(_COLUMNS, texts, strict=False):
            left = margin + share * (width - 2 * margin)
            draw.text((left, second), text, font=marks.font(size), fill=color)


def _title(name: str, texts: Messages) -> str:
    if name == "":
        return figures.NONE
    if name == "neutral":
        return texts.text("report.overlay.neutral")
    return texts.text(f"clinician.movement.{Movement(name).value}")


def _angle_words(neck_deg: FloatArray, texts: Messages, *, beyond: bool) -> list[str]:
    if beyond:
        return [texts.text("report.overlay.beyond")]
    missing = texts.text("figure.not_measured")
    known: BoolArray = np.isfinite(neck_deg)
    if not known.any():
        return [missing]
    return [
        wording.signed_text(column, float(neck_deg[column]), texts) if known[column] else missing
        for column in (0, 1, 2)
    ]


def _dots(pixels: ImageArray, points: FloatArray) -> None:
    """Mark points lightly, in place."""
    height, width = pixels.shape[:2]
    seen = points[np.isfinite(points).all(axis=1)]
    places = np.round(seen).astype(np.int64)
    size = 1 if width < 1000 else 2
    for dx in range(size):
        for dy in range(size):
            x, y = places[:, 0] + dx, places[:, 1] + dy
            inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            x, y = x[inside], y[inside]
            pixels[y, x] = (0.35 * pixels[y, x] + 0.65 * np.array(marks.CYAN)).astype(np.uint8)
