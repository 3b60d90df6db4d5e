"""The frame at end range with its angle drawn in."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from neckrom.report import marks, wording
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
    picture = _cut(image, corner[0] * to_image, corner[1] * to_image, edge * to_image)
    if head is not None and np.isfinite([orientations.head[row], orientations.thorax[row]]).all():
        way = marks.swept_axis(
            head, orientations.thorax[row], orientations.head[row], trial.movement, camera, length=1.0
        )
        zoom = EDGE / edge
        place = [((x - corner[0]) * zoom, (y - corner[1]) * zoom) for x, y in (head.centre, *way)]
        picture = _draw_axes(picture, place[0], place[1:])
    sheet = Image.new("RGB", (EDGE, EDGE + PANEL_HEIGHT), marks.PANEL)
    sheet.paste(picture, (0, 0))
    _draw_panel(sheet, trial)
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


def _cut(image: ImageArray, left: float, top: float, edge: float) -> Image.Image:
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


def _draw_panel(sheet: Image.Image, trial: Trial) -> None:
    """Name, big number and dial below the picture."""
    draw = ImageDraw.Draw(sheet)
    draw.text((20, EDGE + 20), trial.movement.label, font=marks.font(44), fill=marks.WHITE)
    value = wording.angle_text(trial.peak_deg, lower_bound=trial.lower_bound)
    size = 54 if trial.lower_bound else 84
    draw.text((20, EDGE + 128), value, font=marks.font(size, bold=True), fill=marks.YELLOW, anchor="lm")
    edge = PANEL_HEIGHT - 14
    dial = marks.dial(edge, trial.movement, trial.peak_deg)
    sheet.paste(dial, (EDGE - edge - 10, EDGE + 7), dial)
