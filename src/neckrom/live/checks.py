"""The set-up check: what one frame says of seat, camera and light. The gravest problem stands first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from neckrom.live.contract import Check, Text
from neckrom.live.events import Angles
from neckrom.live.keys import Key, text
from neckrom.live.pace import Pace
from neckrom.types import FloatArray, ImageArray, LandmarkFrame

CheckName = Literal[
    "person",
    "alone",
    "head_room",
    "shoulders",
    "distance",
    "centred",
    "level",
    "height",
    "light",
    "contrast",
    "frame_rate",
]


SLOW_FPS = 14.5
"""Below this the camera, or the computer, is too slow."""


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """Limits; shares count of the picture's height or width."""

    head_room_share: float = 0.02
    shoulder_edge_share: float = -0.02
    near_share: float = 0.62
    """Height of the face above which a head that tips back leaves the picture."""
    far_share: float = 0.14
    off_centre_share: float = 0.2
    level_deg: float = 8.0
    camera_low_deg: float = 24.0
    """The face is seen from so far below, or above, that flexion or extension is lost."""
    dark: float = 30.0
    bright: float = 235.0
    """Mean brightness of the face, 0 to 255. Skin is dark or light: what counts is whether there is detail."""
    detail: float = 14.0
    """Standard deviation of the brightness over the face, from which a dark face or one before a bright
    background is seen well enough."""
    contrast: float = 7.0
    backlight: float = 2.2
    """How many times brighter than a face without detail the picture may be."""
    slow_fps: float = SLOW_FPS


@dataclass(frozen=True, slots=True)
class Light:
    """Brightness of the face and of the whole picture, 0 to 255; NaN unknown."""

    face_mean: float
    face_sd: float
    picture_mean: float


def light_of(image: ImageArray, frame: LandmarkFrame) -> Light:
    """Brightness of the green channel, coarsely: it is nearest to what the eye sees."""
    step = max(1, image.shape[1] // 160)
    picture = float(image[::step, ::step, 1].mean())
    if not np.isfinite(frame.face[0, 0]):
        return Light(float("nan"), float("nan"), picture)
    low, high = frame.face[:, :2].min(axis=0), frame.face[:, :2].max(axis=0)
    left, top = (max(0, int(value)) for value in low)
    face = image[top : int(high[1]) + 1 : 2, left : int(high[0]) + 1 : 2, 1]
    if not face.size:
        return Light(float("nan"), float("nan"), picture)
    return Light(float(face.mean()), float(face.std()), picture)


def check_setup(
    frame: LandmarkFrame,
    facing_deg: Angles,
    light: Light,
    *,
    size: tuple[int, int],
    pace: Pace,
    shoulders: FloatArray | None,
    settings: CheckSettings,
) -> tuple[Check, ...]:
    """Every point of the set-up, the gravest first.

    Parameters
    ----------
    frame : LandmarkFrame
    facing_deg : tuple of three float
        The head against the camera.
    light : Light
    size : tuple of two int
        Width and height of the picture.
    pace : Pace
        Frames a second.
    shoulders : ndarray, shape (2, 2), or None
        Left and right shoulder, pixels, as last seen: the pose is not looked for in every frame.
    settings : CheckSettings
    """
    found: dict[CheckName, Text | None] = {}
    face_seen = bool(np.isfinite(frame.face[0, 0]))
    found["person"] = None if face_seen else text(Key.ADVICE_PERSON)
    found["alone"] = text(Key.ADVICE_ALONE) if frame.faces > 1 else None
    if face_seen:
        found.update(_place(frame, facing_deg, size, settings))
        found.update(_light(light, settings))
        found["shoulders"] = _shoulders(shoulders, size, settings)
    if np.isfinite(pace.fps):
        found["frame_rate"] = _speed(pace, settings)
    return tuple(_check(name, found) for name in get_args(CheckName))


def _speed(pace: Pace, settings: CheckSettings) -> Text | None:
    if pace.fps >= settings.slow_fps:
        return None
    if pace.cause == "computer":
        return text(Key.ADVICE_COMPUTER_SLOW, fps=round(pace.fps), camera_fps=round(pace.camera_fps))
    return text(Key.ADVICE_CAMERA_SLOW, fps=round(pace.fps))


def _check(name: CheckName, found: dict[CheckName, Text | None]) -> Check:
    if name not in found:
        return Check(name=name, status="unknown")
    advice = found[name]
    return Check(name=name, status="good" if advice is None else "bad", advice=advice)


def _place(
    frame: LandmarkFrame, facing_deg: Angles, size: tuple[int, int], settings: CheckSettings
) -> dict[CheckName, Text | None]:
    width, height = size
    low, high = frame.face[:, :2].min(axis=0), frame.face[:, :2].max(axis=0)
    face_share = float(high[1] - low[1]) / height
    crown = float(low[1]) - 0.22 * float(high[1] - low[1])  # the mesh ends at the forehead
    off = float(low[0] + high[0]) / 2 / width - 0.5
    distance = centred = height_advice = None
    if face_share > settings.near_share:
        distance = text(Key.ADVICE_TOO_NEAR)
    elif face_share < settings.far_share:
        distance = text(Key.ADVICE_TOO_FAR)
    if abs(off) > settings.off_centre_share:  # picture right is the person's left
        centred = text(Key.ADVICE_MOVE_RIGHT if off > 0 else Key.ADVICE_MOVE_LEFT)
    flexion, lateral, _ = facing_deg
    if abs(flexion) > settings.camera_low_deg:  # seen as tipped back: from below
        height_advice = text(Key.ADVICE_CAMERA_UP if flexion < 0 else Key.ADVICE_CAMERA_DOWN)
    return {
        "head_room": text(Key.ADVICE_HEAD_ROOM) if crown < settings.head_room_share * height else None,
        "distance": distance,
        "centred": centred,
        "level": text(Key.ADVICE_LEVEL) if abs(lateral) > settings.level_deg else None,
        "height": height_advice,
    }


def _light(light: Light, settings: CheckSettings) -> dict[CheckName, Text | None]:
    flat = light.face_sd < settings.detail
    brightness = contrast = None
    if light.face_mean < settings.dark and flat:
        brightness = text(Key.ADVICE_DARK)
    elif light.face_mean > settings.bright:
        brightness = text(Key.ADVICE_BRIGHT)
    if flat and light.picture_mean > settings.backlight * max(light.face_mean, 1.0):
        contrast = text(Key.ADVICE_BACKLIGHT)
    elif light.face_sd < settings.contrast:
        contrast = text(Key.ADVICE_CONTRAST)
    return {"light": brightness, "contrast": contrast}


def _shoulders(shoulders: FloatArray | None, size: tuple[int, int], settings: CheckSettings) -> Text | None:
    advice = text(Key.ADVICE_SHOULDERS)
    if shoulders is None or not np.isfinite(shoulders).all():
        return advice
    width, height = size
    margin = settings.shoulder_edge_share
    inside = (
        (shoulders[:, 0] >= margin * width)
        & (shoulders[:, 0] <= (1 - margin) * width)
        & (shoulders[:, 1] <= (1 - margin) * height)
    )
    return None if bool(inside.all()) else advice
