"""The set-up check before turning the trunk: what a clip of it would be refused for is said before anything moves."""

from __future__ import annotations

from typing import Literal

import numpy as np

from neckrom.body import Body
from neckrom.live.contract import Check, Text
from neckrom.live.keys import Key, text
from neckrom.live.nerve.words import said
from neckrom.live.pace import Pace
from neckrom.live.turning.words import turned
from neckrom.types import ImageArray
from neckrom.upper_back.suitable import (
    LEAST_FPS,
    LEAST_TRUNK_PX,
    MOST_OBLIQUE_DEG,
    all_inside,
    lies,
    past_camera_deg,
)
from neckrom.upper_back.turning import arms_crossed

CheckName = Literal["person", "light", "front", "knees", "distance", "posture", "arms", "frame_rate"]
_ORDER: tuple[CheckName, ...] = (
    "person",
    "light",
    "front",
    "knees",
    "distance",
    "posture",
    "arms",
    "frame_rate",
)
"""The gravest first."""
_DARK = 25.0


def check_turning(
    body: Body | None, image: ImageArray, pace: Pace, *, person: bool = False
) -> tuple[Check, ...]:
    """Every point of the set-up, the gravest first.

    Parameters
    ----------
    body : Body or None
        The last seconds; None where nobody is seen, or too few frames came yet to read one.
    image : ndarray, shape (height, width, 3), uint8, RGB
    pace : Pace
        Frames a second.
    person : bool
        Whether somebody is in the newest picture: where too few come to read a body, it is not the person's fault.
    """
    known = bool(np.isfinite(pace.fps))
    slow = known and pace.fps < LEAST_FPS
    step = max(1, image.shape[1] // 160)
    found: dict[CheckName, Text | None] = {
        "person": None if body is not None or (person and slow) else turned("advice.person"),
        "light": said("advice.dark") if float(image[::step, ::step, 1].mean()) < _DARK else None,
    }
    if body is not None:
        found.update(_place(body))
    if known:
        found["frame_rate"] = _slow(pace) if slow else None
    return tuple(_check(name, found) for name in _ORDER)


def _check(name: CheckName, found: dict[CheckName, Text | None]) -> Check:
    if name not in found:
        return Check(name=name, status="unknown")
    advice = found[name]
    return Check(name=name, status="good" if advice is None else "bad", advice=advice)


def _slow(pace: Pace) -> Text:
    if pace.cause == "computer":
        return text(Key.ADVICE_COMPUTER_SLOW, fps=round(pace.fps), camera_fps=round(pace.camera_fps))
    return text(Key.ADVICE_CAMERA_SLOW, fps=round(pace.fps))


def _place(body: Body) -> dict[CheckName, Text | None]:
    if body.view.name != "front":
        return {"front": turned("advice.front")}
    inside = all_inside(body)
    askew = inside and past_camera_deg(body) > MOST_OBLIQUE_DEG
    return {
        "front": turned("advice.square") if askew else None,
        "knees": None if inside else turned("advice.knees"),
        "distance": said("advice.far") if body.scale_px < LEAST_TRUNK_PX else None,
        "posture": turned("advice.sit") if lies(body) else None,
        "arms": None if arms_crossed(body) else turned("advice.arms"),
    }
