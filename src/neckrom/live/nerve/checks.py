"""The set-up check of a body: from head to feet and from the side, or from the front with room for the raised arm."""

from __future__ import annotations

from typing import Literal

import numpy as np

from neckrom.body import Body, Side
from neckrom.live.checks import SLOW_FPS
from neckrom.live.contract import Check, Text
from neckrom.live.keys import Key, text
from neckrom.live.nerve.protocols import TestName
from neckrom.live.nerve.words import said, said_in
from neckrom.live.pace import Pace
from neckrom.types import FloatArray, ImageArray

CheckName = Literal[
    "person", "posture", "view", "head_room", "feet", "distance", "light", "frame_rate", "hips", "front"
]

_OBLIQUE_DEG = 32.0
"""Off the side by more; a camera 12 deg off was read as up to 20."""
_LYING_DEG, _SITTING_DEG = 60.0, 50.0
"""The trunk against the vertical, from which on a person lies, and up to which they sit."""
_FAR_SHARE = 0.11
"""Length of the trunk as a share of the picture's height: half of what a person lying across it has."""
_DARK = 25.0
_EDGE_SHARE = 0.01
_LEG_ROOM = 0.75
"""Share of the leg's length that has to fit above the hip: a leg that is raised to 50 deg."""
_BESIDE_FRONT_DEG = 24.0
"""Off the front by more; a camera 12 deg off was read as up to 15."""
_LEANING_DEG = 20.0
_ARM_ROOM = 1.05
"""Share of the arm's length that has to fit above the shoulder and beside it: the hand is longer than the wrist."""
_ORDER: tuple[CheckName, ...] = (
    "person",
    "light",
    "feet",
    "head_room",
    "distance",
    "posture",
    "view",
    "frame_rate",
)
"""The gravest first."""
_ARM_ORDER: tuple[CheckName, ...] = (
    "person",
    "light",
    "hips",
    "head_room",
    "distance",
    "posture",
    "front",
    "frame_rate",
)


def check_body(
    body: Body | None, image: ImageArray, test: TestName, pace: Pace, *, person: bool = False
) -> tuple[Check, ...]:
    """Every point of the set-up, the gravest first.

    Parameters
    ----------
    body : Body or None
        The last seconds; None where nobody is seen, or too few frames came yet to read one.
    image : ndarray, shape (height, width, 3), uint8, RGB
    test : {"slump", "slr", "arms"}
    pace : Pace
        Frames a second.
    person : bool
        Whether somebody is in the newest picture: where too few come to read a body, it is not the person's fault.
    """
    speed = _speed(pace) if np.isfinite(pace.fps) else None
    seen = body is not None or (person and speed is not None)
    step = max(1, image.shape[1] // 160)
    found: dict[CheckName, Text | None] = {
        "person": None if seen else said_in(test, "advice.person"),
        "light": said("advice.dark") if float(image[::step, ::step, 1].mean()) < _DARK else None,
    }
    if body is not None:
        found.update(_place_for_arms(body) if test == "arms" else _place(body, test))
    if np.isfinite(pace.fps):
        found["frame_rate"] = speed
    return tuple(_check(name, found) for name in (_ARM_ORDER if test == "arms" else _ORDER))


def _check(name: CheckName, found: dict[CheckName, Text | None]) -> Check:
    if name not in found:
        return Check(name=name, status="unknown")
    advice = found[name]
    return Check(name=name, status="good" if advice is None else "bad", advice=advice)


def _speed(pace: Pace) -> Text | None:
    if pace.fps >= SLOW_FPS:
        return None
    if pace.cause == "computer":
        return text(Key.ADVICE_COMPUTER_SLOW, fps=round(pace.fps), camera_fps=round(pace.camera_fps))
    return text(Key.ADVICE_CAMERA_SLOW, fps=round(pace.fps))


def _place(body: Body, test: TestName) -> dict[CheckName, Text | None]:
    hip, shoulder = _now(body.middle("hip")), _now(body.middle("shoulder"))
    trunk = shoulder - hip
    from_vertical = float(np.degrees(np.arctan2(abs(trunk[0]), -trunk[1])))
    wrong = from_vertical < _LYING_DEG if test == "slr" else from_vertical > _SITTING_DEG
    view = body.view
    aside = view.near is None or not abs(view.oblique_deg) <= _OBLIQUE_DEG
    feet = [_now(body.point(name, side)) for name in ("ankle", "heel", "toe") for side in ("left", "right")]
    head = [_now(body.pose[:, index, :2]) for index in (0, 7, 8)]
    far = body.scale_px < _FAR_SHARE * body.height
    return {
        "posture": said("advice.lie" if test == "slr" else "advice.sit") if wrong else None,
        "view": said("advice.side") if aside else None,
        "head_room": None if all(_inside(point, body) for point in head) else said("advice.head"),
        "feet": None if all(_inside(point, body) for point in feet) else said("advice.feet"),
        "distance": said("advice.near") if _no_room(body, test, hip) else said("advice.far") if far else None,
    }


def _place_for_arms(body: Body) -> dict[CheckName, Text | None]:
    hip, shoulder = _now(body.middle("hip")), _now(body.middle("shoulder"))
    trunk = shoulder - hip
    leaning = float(np.degrees(np.arctan2(abs(trunk[0]), -trunk[1]))) > _LEANING_DEG
    view = body.view
    aside = view.name != "front" or not abs(view.oblique_deg) <= _BESIDE_FRONT_DEG
    hips = [_now(body.point("hip", side)) for side in ("left", "right")]
    head = [_now(body.pose[:, index, :2]) for index in (0, 7, 8)]
    far = body.scale_px < _FAR_SHARE * body.height
    near = not all(_arm_fits(body, side) for side in ("left", "right"))
    return {
        "posture": said_in("arms", "advice.posture") if leaning else None,
        "front": said_in("arms", "advice.front") if aside else None,
        "head_room": None if all(_inside(point, body) for point in head) else said("advice.head"),
        "hips": None if all(_inside(point, body) for point in hips) else said_in("arms", "advice.hips"),
        "distance": said_in("arms", "advice.near") if near else said("advice.far") if far else None,
    }


def _arm_fits(body: Body, side: Side) -> bool:
    """Whether a raised arm stays in the picture, overhead and out to the side."""
    shoulder, elbow, wrist = (_now(body.point(name, side)) for name in ("shoulder", "elbow", "wrist"))
    length = _ARM_ROOM * float(np.linalg.norm(elbow - shoulder) + np.linalg.norm(wrist - elbow))
    outwards = 1.0 if side == "left" else -1.0
    reach = shoulder[0] + outwards * length
    return bool(shoulder[1] - length >= 0 and 0 <= reach <= body.width)


def _no_room(body: Body, test: TestName, hip: FloatArray) -> bool:
    """Whether the raised leg would leave the picture."""
    if test != "slr" or body.view.near is None:
        return False
    knee, ankle = (_now(body.point(name, body.view.near)) for name in ("knee", "ankle"))
    length = float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))
    return bool(hip[1] - _LEG_ROOM * length < 0)


def _now(points: FloatArray) -> FloatArray:
    """Where a point was in the last half of the window, shape (2,)."""
    half = points[len(points) // 2 :]
    known = half[np.isfinite(half[:, 0])]
    return np.median(known, axis=0) if len(known) else np.array([np.nan, np.nan])


def _inside(point: FloatArray, body: Body) -> bool:
    """Whether a point lies in the picture; one that is not read is not."""
    edge = _EDGE_SHARE * body.height
    x, y = point
    return bool(edge <= x <= body.width - edge and edge <= y <= body.height - edge)
