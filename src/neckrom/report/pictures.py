"""The frame at end range with its angle drawn in."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from neckrom.errors import InputError
from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report import marks
from neckrom.saying import figures
from neckrom.types import (
    CameraModel,
    Frame,
    ImageArray,
    LandmarkSeries,
    Movement,
    OrientationSeries,
    Trial,
)

EDGE = 640
"""Width of a finished picture, pixels; below the square cut from the frame comes the panel."""
PANEL_HEIGHT = 190


@dataclass(frozen=True, slots=True)
class EndRangePicture:
    """A finished picture.

    Attributes
    ----------
    movement : Movement
    time_s : float
        Time of the frame in the clip.
    image : ndarray, shape (830, 640, 3), uint8, RGB
    """

    movement: Movement
    time_s: float
    image: ImageArray

    def jpeg(self) -> bytes:
        """The picture as a file, the same bytes each time."""
        buffer = io.BytesIO()
        Image.fromarray(self.image).save(buffer, format="JPEG", quality=86, optimize=True)
        return buffer.getvalue()


def draw_end_range(
    frame: Frame,
    trial: Trial,
    landmarks: LandmarkSeries,
    orientations: OrientationSeries,
    camera: CameraModel | None = None,
    *,
    mirrored: bool = False,
    texts: Messages | None = None,
) -> EndRangePicture:
    """Crop a frame to head and shoulders and draw the angle of its trial in.

    The white dashed line is where the head's axis was at neutral (it moves with
    the thorax), the yellow arrow where it is now; between them the way it took.
    The dial in the corner shows the same angle at its true size, which a picture
    from the front cannot do for flexion, extension and rotation.

    Parameters
    ----------
    frame : Frame
        The one at or next to ``trial.peak_s``.
    trial : Trial
        Gives movement and angle.
    landmarks : LandmarkSeries
        Of the clip; the row nearest in time is used.
    orientations : OrientationSeries
        Same rows as ``landmarks``. Where that row was not measured, no axes are drawn.
    camera : CameraModel, optional
        For the perspective of the lines.
    mirrored : bool
        The landmarks were put right from a mirrored recording: the frame is flipped to fit.
    texts : Messages, optional
        Of the words in the panel; English if not given.

    Returns
    -------
    EndRangePicture
    """
    row = marks.nearest_row(landmarks.time_ns, frame.time_ns)
    image = frame.image[:, ::-1] if mirrored else frame.image
    camera = camera or marks.drawing_camera(landmarks)
    head = marks.find_head(landmarks.face[row], landmarks.pose[row])
    corner, edge = _crop(head, landmarks.width, landmarks.height)
    to_image = image.shape[1] / landmarks.width
    picture = cut(image, corner[0] * to_image, corner[1] * to_image, edge * to_image)
    if head is not None and np.isfinite([orientations.head[row], orientations.thorax[row]]).all():
        way = marks.swept_axis(
            head, orientations.thorax[row], orientations.head[row], trial.movement, camera, length=1.0
        )
        zoom = EDGE / edge
        place = [((x - corner[0]) * zoom, (y - corner[1]) * zoom) for x, y in (head.centre, *way)]
        picture = _draw_axes(picture, place[0], place[1:])
    sheet = Image.new("RGB", (EDGE, EDGE + PANEL_HEIGHT), marks.PANEL)
    sheet.paste(picture, (0, 0))
    words = texts or load_messages(FALLBACK)
    _draw_panel(sheet, trial.movement, trial.peak_deg, words, bound=trial.lower_bound)
    return EndRangePicture(trial.movement, frame.time_ns * 1e-9, np.asarray(sheet, dtype=np.uint8))


def _crop(head: marks.Head | None, width: int, height: int) -> tuple[marks.Point, float]:
    """Left upper corner and edge of the square with head and shoulders."""
    if head is None:
        edge = float(min(width, height))
        return ((width - edge) / 2, (height - edge) / 2), edge
    x, y = head.centre
    if head.shoulders is not None:
        left, right = head.shoulders
        x = (x + left[0] + right[0]) / 3
        span = abs(left[0] - right[0])
    else:
        span = 0.0
    edge = float(np.clip(max(2.7 * head.height, 1.35 * span), 32, max(width, height)))
    return (_inside(x - edge / 2, edge, width), _inside(y - edge / 2, edge, height)), edge


def _inside(start: float, edge: float, size: int) -> float:
    """Move a stretch into the picture where it fits, else centre it as it is."""
    return float(np.clip(start, 0, size - edge)) if edge <= size else start


def cut(image: ImageArray, left: float, top: float, edge: float) -> Image.Image:
    """Cut a square that may reach past the picture (dark there), at the finished size."""
    box = (left, top, left + edge, top + edge)
    whole = Image.fromarray(np.ascontiguousarray(image))
    return whole.transform(
        (EDGE, EDGE), Image.Transform.EXTENT, box, Image.Resampling.BICUBIC, fillcolor=marks.PANEL
    )


def _draw_axes(picture: Image.Image, centre: marks.Point, way: list[marks.Point]) -> Image.Image:
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    ImageDraw.Draw(layer).polygon([centre, *way], fill=(*marks.YELLOW, 105))
    picture = Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")
    draw = ImageDraw.Draw(picture)
    draw.line(way, fill=marks.YELLOW, width=4, joint="curve")
    marks.dashed(draw, centre, way[0], 5, marks.WHITE)
    marks.arrow(draw, centre, way[-1], 7, marks.YELLOW)
    return picture


def _draw_panel(
    sheet: Image.Image, movement: Movement, angle_deg: float, texts: Messages, *, bound: bool
) -> None:
    """Name, big number and dial below the picture."""
    draw = ImageDraw.Draw(sheet)
    edge = PANEL_HEIGHT - 14
    room = EDGE - edge - 40
    name = texts.text(f"word.{movement.value}")  # as in the caption under it
    draw.text((20, EDGE + 20), name, font=_fitting(draw, name, 44, room, bold=False), fill=marks.WHITE)
    value = figures.angle(angle_deg, texts, bound=bound)
    font = _fitting(draw, value, 54 if bound else 84, room, bold=True)
    draw.text((20, EDGE + 128), value, font=font, fill=marks.YELLOW, anchor="lm")
    dial = marks.dial(edge, movement, angle_deg)
    sheet.paste(dial, (EDGE - edge - 10, EDGE + 7), dial)


def _fitting(
    draw: ImageDraw.ImageDraw, text: str, size: int, room: float, *, bold: bool
) -> ImageFont.FreeTypeFont:
    """The largest letters, up to a size, in which a text fits."""
    while size > 20 and draw.textlength(text, font=marks.font(size, bold=bold)) > room:
        size -= 2
    return marks.font(size, bold=bold)


_NO_PICTURE = (
    OSError,
    ValueError,
    SyntaxError,
    LookupError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
)
"""What Pillow raises of a file that is none, or claims more points than any picture of ours has."""


def in_language(
    data: bytes, movement: Movement, angle_deg: float, texts: Messages, *, time_s: float, bound: bool
) -> EndRangePicture:
    """A stored picture with the words of another language in its panel.

    Parameters
    ----------
    data : bytes
        As :meth:`EndRangePicture.jpeg` gave it.
    movement : Movement
    angle_deg : float
        Best end range of the movement.
    texts : Messages
    time_s : float
        Of the frame in the clip.
    bound : bool
        The angle is a lower bound.

    Raises
    ------
    InputError
        If it is no such picture.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as opened:
            if opened.size != (EDGE, EDGE + PANEL_HEIGHT):
                raise InputError(f"The stored picture of {movement.value} has another size: measure again.")
            sheet = opened.convert("RGB")
    except _NO_PICTURE as error:
        raise InputError(f"The stored picture of {movement.value} is damaged: measure again.") from error
    ImageDraw.Draw(sheet).rectangle((0, EDGE, EDGE, EDGE + PANEL_HEIGHT), fill=marks.PANEL)
    _draw_panel(sheet, movement, angle_deg, texts, bound=bound)
    return EndRangePicture(movement, time_s, np.asarray(sheet, dtype=np.uint8))
