"""Drawing on pictures of the person: text, lines in space, and the dial that shows an angle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.spatial.transform import Rotation, Slerp

from neckrom.types import (
    N_FACE,
    POSE_EARS,
    POSE_SHOULDERS,
    CameraModel,
    Float32Array,
    FloatArray,
    IntArray,
    LandmarkSeries,
    Movement,
)

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
YELLOW = (255, 221, 51)
CYAN = (86, 205, 255)
PANEL = (20, 24, 30)

Point = tuple[float, float]

_FOREHEAD, _CHIN, _CHEEK_R, _CHEEK_L = 10, 152, 234, 454
_HEAD_HEIGHT_OF_SHOULDERS = 0.55
"""Face height (chin to hair line) in shoulder widths: only a size for drawing, never measured with."""
_DRAWING_HFOV_DEG = 60.0


@cache
def font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans as it comes with matplotlib: the same letters on every machine."""
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / name, size)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the head is in a picture, for drawing.

    Attributes
    ----------
    centre : tuple of float
        Middle of the head, pixels.
    height : float
        Chin to hair line, pixels, as if seen from straight ahead.
    shoulders : tuple of two points or None
        The person's left and right shoulder.
    """

    centre: Point
    height: float
    shoulders: tuple[Point, Point] | None


def find_head(face: Float32Array, pose: Float32Array) -> Head | None:
    """Place and size of the head from what the models saw in one frame.

    Parameters
    ----------
    face : ndarray, shape (478, 3)
    pose : ndarray, shape (33, 3)
        Pixels; NaN where nothing was found.

    Returns
    -------
    Head or None
        None where neither model saw the person.
    """
    shoulders = pose[POSE_SHOULDERS, :2].astype(np.float64)
    has_shoulders = bool(np.isfinite(shoulders).all())
    ears = pose[POSE_EARS, :2].astype(np.float64)
    has_face = face.shape[0] == N_FACE and bool(np.isfinite(face[_FOREHEAD, 0]))
    sizes = []
    if has_shoulders:
        sizes.append(float(np.linalg.norm(shoulders[0] - shoulders[1])) * _HEAD_HEIGHT_OF_SHOULDERS)
    if has_face:
        points = face[[_FOREHEAD, _CHIN, _CHEEK_R, _CHEEK_L], :2].astype(np.float64)
        sizes.append(float(np.linalg.norm(points[0] - points[1])))
    if np.isfinite(ears).all():
        centre = ears.mean(axis=0)
    elif has_face:
        centre = face[[_CHEEK_R, _CHEEK_L], :2].astype(np.float64).mean(axis=0)
    else:
        return None
    if not sizes:
        return None
    where = (
        (float(shoulders[0, 0]), float(shoulders[0, 1])),
        (float(shoulders[1, 0]), float(shoulders[1, 1])),
    )
    return Head((float(centre[0]), float(centre[1])), max(sizes), where if has_shoulders else None)


def drawing_camera(landmarks: LandmarkSeries) -> CameraModel:
    """A camera for the perspective of drawn lines where none is given; nothing is measured with it."""
    width, height = landmarks.width, landmarks.height
    focal = width / 2 / float(np.tan(np.radians(_DRAWING_HFOV_DEG / 2)))
    return CameraModel(focal, focal, width / 2, height / 2, width, height, "for drawing", assumed=True)


def nearest_row(time_ns: IntArray, wanted_ns: int) -> int:
    """Row whose time is nearest; times rise."""
    after = int(np.clip(np.searchsorted(time_ns, wanted_ns), 1, max(len(time_ns) - 1, 1)))
    if after >= len(time_ns):
        return len(time_ns) - 1
    return after - 1 if wanted_ns - time_ns[after - 1] <= time_ns[after] - wanted_ns else after


def project_axis(head: Head, direction: FloatArray, length: float, camera: CameraModel) -> Point:
    """End of a line from the middle of the head, as the camera sees it.

    Parameters
    ----------
    head : Head
    direction : ndarray, shape (3,)
        Unit vector, camera frame (x right, y down, z forward).
    length : float
        In face heights.
    camera : CameraModel
        Gives the perspective.

    Returns
    -------
    tuple of float
        Pixels.
    """
    depth_share = length * head.height / camera.fx  # length over distance, both in metres
    x = head.centre[0] - camera.cx + length * head.height * direction[0]
    y = head.centre[1] - camera.cy + length * head.height * direction[1]
    depth = max(1 + depth_share * float(direction[2]), 0.2)
    return (float(camera.cx + x / depth), float(camera.cy + y / depth))


def swept_axis(
    head: Head,
    thorax_quat: FloatArray,
    head_quat: FloatArray,
    movement: Movement,
    camera: CameraModel,
    *,
    length: float,
) -> list[Point]:
    """Ends of the head's axis on its way from neutral to where it is.

    For side-bends the axis is the one through the crown, else the one through the
    nose. The first point is neutral (the thorax's axis), the last is the head's.
    """
    axis = np.array([0.0, 1.0, 0.0]) if movement.plane == 1 else np.array([1.0, 0.0, 0.0])
    ends = Rotation.from_quat(np.vstack([thorax_quat, head_quat]))
    way = Slerp([0.0, 1.0], ends)(np.linspace(0.0, 1.0, 25))
    return [project_axis(head, direction, length, camera) for direction in way.apply(axis)]


def dashed(
    draw: ImageDraw.ImageDraw, start: Point, end: Point, width: int, fill: tuple[int, int, int]
) -> None:
    """A dashed line with a dark rim, so that it shows on any ground."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    if length < 1:
        return
    dash = max(4.0, 4.0 * width)
    for ink, extra in ((BLACK, 2 * max(1, width // 3)), (fill, 0)):
        at = 0.0
        while at < length:
            a, b = at / length, min(at + dash, length) / length
            draw.line([_between(start, end, a), _between(start, end, b)], fill=ink, width=width + extra)
            at += 1.7 * dash


def arrow(
    draw: ImageDraw.ImageDraw, start: Point, end: Point, width: int, fill: tuple[int, int, int]
) -> None:
    """A solid arrow with a dark rim."""
    vector = np.subtract(end, start)
    length = float(np.hypot(*vector))
    if length < 1:
        return
    along = vector / length
    across = np.array([-along[1], along[0]])
    tip = 4.0 * width if length > 6 * width else 0.6 * length
    base = np.asarray(end) - along * tip
    for ink, rim in ((BLACK, max(1, width // 3)), (fill, 0)):
        draw.line([start, (float(base[0]), float(base[1]))], fill=ink, width=width + 2 * rim)
        corners = [
            np.asarray(end) + along * rim * 2,
            base + across * (0.45 * tip + rim * 1.5) - along * rim,
            base - across * (0.45 * tip + rim * 1.5) - along * rim,
        ]
        draw.polygon([(float(x), float(y)) for x, y in corners], fill=ink)


def _between(start: Point, end: Point, share: float) -> Point:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def dial(size: int, movement: Movement, angle_deg: float) -> Image.Image:
    """The angle at its true size, seen along its own axis, as on a goniometer.

    Flexion and extension are seen from the person's right side, rotation from
    above with the camera at the bottom, side-bend from the front as in the picture.

    Parameters
    ----------
    size : int
        Edge, pixels.
    movement : Movement
    angle_deg : float
        Positive in the movement's direction.

    Returns
    -------
    Image
        RGBA, transparent outside.
    """
    scale = 3
    edge = size * scale
    picture = Image.new("RGBA", (edge, edge), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    zero, turn = _dial_geometry(movement)
    now = zero + turn * angle_deg
    middle, radius = edge / 2, edge * 0.47
    box = (middle - radius, middle - radius, middle + radius, middle + radius)
    draw.ellipse(box, outline=(255, 255, 255, 150), width=scale)
    for at in range(0, 360, 15):
        inner = 0.88 if at % 45 == 0 else 0.94
        draw.line([_polar(middle, radius * inner, at), _polar(middle, radius, at)], fill=WHITE, width=scale)
    draw.pieslice(box, min(zero, now), max(zero, now), fill=(*YELLOW, 110))
    _dial_head(draw, movement, now, middle=middle, radius=radius)
    draw.line([(middle, middle), _polar(middle, radius, zero)], fill=WHITE, width=2 * scale)
    draw.line([(middle, middle), _polar(middle, radius, now)], fill=YELLOW, width=5 * scale)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def _dial_head(
    draw: ImageDraw.ImageDraw, movement: Movement, now: float, *, middle: float, radius: float
) -> None:
    """A head that turns with the needle: nose ahead, or crown ahead where it is seen from the front."""
    along, across = (0.5, 0.38) if movement.plane == 1 else (0.5, 0.42)
    angles = np.linspace(0, 2 * np.pi, 73)
    turn = np.radians(now)
    unit = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    parts = [np.vstack([along * np.cos(angles), across * np.sin(angles)])]
    if movement.plane != 1:
        parts.append(np.array([[0.93 * along, along + 0.2, 0.93 * along], [-0.13, 0.0, 0.13]]))
    for part in parts:
        outline = unit @ part * radius + middle
        draw.polygon([(float(x), float(y)) for x, y in outline.T], fill=(170, 180, 192))


def _dial_geometry(movement: Movement) -> tuple[float, float]:
    """Direction of zero, and of growing angles: degrees clockwise from the right."""
    if movement.plane == 0:
        return 0.0, float(movement.sign)
    if movement.plane == 1:
        return -90.0, -float(movement.sign)
    return 90.0, float(movement.sign)


def _polar(middle: float, radius: float, angle_deg: float) -> Point:
    angle = np.radians(angle_deg)
    return (float(middle + radius * np.cos(angle)), float(middle + radius * np.sin(angle)))
