"""From where the camera sees the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neckrom.body.points import NOSE, PAIRED_POINTS, Side
from neckrom.types import FloatArray

ViewName = Literal["side_left", "side_right", "back", "front"]

DEPTH_GAIN = 3.5
"""By how much the pose model's depth between the shoulders is larger than it would be on the scale of the picture:
the shoulders of rendered people lie 2.35 trunk lengths of it apart in exact side views, and 0.68 in the picture in
exact back views."""


@dataclass(frozen=True, slots=True)
class BodyView:
    """From where the camera sees the person.

    Attributes
    ----------
    name : {"side_left", "side_right", "back", "front"}
        The side that is seen.
    near : {"left", "right"} or None
        The side of the body that is nearer to the camera; None from behind and in front.
    facing : int
        +1 where the person looks to the right in the picture, -1 to the left, 0 from behind and in front.
    oblique_deg : float
        How far the camera is off that view, a rough figure from the shoulders' depth, -45 to 45. From the side,
        + where the camera sees the front, too, and - where it sees the back; from behind and in front, + where it
        sees the person's right side, too.
    """

    name: ViewName
    near: Side | None
    facing: int
    oblique_deg: float


def view_of(pose: FloatArray) -> BodyView:
    """The view that most frames agree on.

    Parameters
    ----------
    pose : ndarray, shape (N, 33, 3), pixels
        As the pose model gives it; NaN where nobody was found.

    Returns
    -------
    BodyView
    """
    left, right = PAIRED_POINTS["shoulder"]
    trunk = pose[:, [left, right], :2].mean(axis=1) - pose[:, [23, 24], :2].mean(axis=1)
    length = np.linalg.norm(trunk, axis=1, keepdims=True)
    up = trunk / np.where(length > 0, length, np.nan)
    # along the trunk the shoulders' distance says nothing of the view (a lying person's trunk is level)
    rightwards = np.stack([-up[:, 1], up[:, 0]], axis=1)
    between = pose[:, left] - pose[:, right]
    # shoulders turn with every step: the middle over the clip is the body's own
    width = float(np.nanmedian(np.sum(between[:, :2] * rightwards, axis=1)))
    depth = float(np.nanmedian(between[:, 2])) / DEPTH_GAIN
    if abs(depth) > abs(width):
        # seen from the left with the head up, the person looks to the left of the picture
        upright = 1 if float(np.nanmedian(-trunk[:, 1])) >= 0 else -1
        seen_front = float(np.degrees(np.arctan(width / abs(depth))))
        if depth < 0:
            return BodyView("side_left", "left", -upright, seen_front)
        return BodyView("side_right", "right", upright, seen_front)
    ears = pose[:, list(PAIRED_POINTS["ear"]), 2].mean(axis=1)
    behind = float(np.nanmedian(pose[:, NOSE, 2] - ears)) > 0
    return BodyView(
        "back" if behind else "front", None, 0, float(np.degrees(np.arctan(depth / max(abs(width), 1e-9))))
    )
