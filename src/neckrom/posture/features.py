"""What the pose points of a standing person say, in numbers that depend neither on size nor on the side seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import BodyView, index_of, other
from neckrom.body.points import NOSE
from neckrom.types import FloatArray

NAMES = (
    "lean",
    "ear_shoulder",
    "eye_above_ear",
    "nose_above_ear",
    "nose_before_ear",
    "neck_length",
    "shoulders_apart",
    "shoulders_deep",
    "hips_apart",
    "hips_deep",
    "hip_before_ankle",
    "shoulder_below_other",
    "mouth_above_ear",
    "elbow_before_hip",
    "wrist_before_hip",
    "ear_above_middle",
    "ear_before_middle",
    "body_apart",
    "head_apart",
)
"""Angles in degrees; lengths in hundredths of the trunk's, to the front. ``ear_above_middle`` and ``ear_before_middle``
are hundredths of the picture's long side from its middle: what is nearer to the camera than the body's middle is seen
further out there. Arms hang from the shoulders, and so say where these are, which the pose model's own shoulder points
hardly do. ``body_apart`` and ``head_apart``, the middle over several pairs, say how far the camera is off the square
view, as a single pair is read too roughly for that."""
_BODY_PAIRS = ("shoulder", "hip", "knee", "ankle", "heel")
_HEAD_PAIRS = ("eye", "ear")


@dataclass(frozen=True, slots=True)
class StandingPoints:
    """Points of a standing person seen from the side, in pixels, x right and y down.

    Attributes
    ----------
    ear, nose, eye, mouth, knee : ndarray, shape (2,)
        Of the side that is seen.
    shoulder, hip, ankle : ndarray, shape (2,)
        Middle between left and right.
    trunk_px : float
        From the middle of the hips to that of the shoulders.
    facing : int
        +1 where the person looks to the right in the picture, else -1.
    """

    ear: FloatArray
    nose: FloatArray
    eye: FloatArray
    mouth: FloatArray
    shoulder: FloatArray
    hip: FloatArray
    knee: FloatArray
    ankle: FloatArray
    trunk_px: float
    facing: int


def standing_points(pose: FloatArray, view: BodyView) -> StandingPoints:
    """Points by name.

    Parameters
    ----------
    pose : ndarray, shape (33, 3), pixels
    view : BodyView
        From the side.

    Returns
    -------
    StandingPoints
    """
    assert view.near is not None
    near = view.near

    def at(name: str) -> FloatArray:
        return pose[index_of(name, near), :2]

    def middle(name: str) -> FloatArray:
        return 0.5 * (pose[index_of(name, "left"), :2] + pose[index_of(name, "right"), :2])

    shoulder, hip = middle("shoulder"), middle("hip")
    return StandingPoints(
        ear=at("ear"),
        nose=pose[NOSE, :2],
        eye=at("eye"),
        mouth=pose[9 if near == "left" else 10, :2],
        shoulder=shoulder,
        hip=hip,
        knee=at("knee"),
        ankle=middle("ankle"),
        trunk_px=float(np.linalg.norm(shoulder - hip)),
        facing=view.facing,
    )


def features(pose: FloatArray, view: BodyView, size: tuple[int, int]) -> FloatArray:
    """Features in the order of ``NAMES``.

    Parameters
    ----------
    pose : ndarray, shape (33, 3), pixels
        One pose, or the median over frames in which nothing moved.
    view : BodyView
        From the side.
    size : tuple of int
        Width and height of the picture.

    Returns
    -------
    ndarray, shape (19,)
    """
    points = standing_points(pose, view)
    near, far = view.near, other(view.near or "left")
    assert near is not None
    share = 100.0 / points.trunk_px

    def ahead(name: str, axis: int) -> float:
        """How far the near point of a pair is from the far one: to the front, down, or away from the camera."""
        step = float(pose[index_of(name, near), axis] - pose[index_of(name, far), axis])
        return share * step * (points.facing if axis == 0 else 1)

    lean = tilt_deg(points.hip, points.shoulder, points.facing)
    return np.array(
        [
            lean,
            tilt_deg(points.shoulder, points.ear, points.facing) - lean,
            rise_deg(points.ear, points.eye, points.facing),
            rise_deg(points.ear, points.nose, points.facing),
            share * points.facing * float(points.nose[0] - points.ear[0]),
            share * float(np.linalg.norm(points.ear - points.shoulder)),
            ahead("shoulder", 0),
            ahead("shoulder", 2),
            ahead("hip", 0),
            ahead("hip", 2),
            share * points.facing * float(points.hip[0] - points.ankle[0]),
            ahead("shoulder", 1),
            rise_deg(points.ear, points.mouth, points.facing),
            share * points.facing * float(pose[index_of("elbow", near), 0] - points.hip[0]),
            share * points.facing * float(pose[index_of("wrist", near), 0] - points.hip[0]),
            100.0 * (size[1] / 2 - float(points.ear[1])) / max(size),
            100.0 * points.facing * (float(points.ear[0]) - size[0] / 2) / max(size),
            float(np.mean([ahead(name, 0) for name in _BODY_PAIRS])),
            float(np.mean([ahead(name, 0) for name in _HEAD_PAIRS])),
        ]
    )


def tilt_deg(low: FloatArray, high: FloatArray, facing: int) -> float:
    """Angle of the line from a low to a high point against the vertical, + to the front.

    Parameters
    ----------
    low, high : ndarray, shape (2,), pixels
        x right, y down.
    facing : int
        +1 where the person looks to the right in the picture, else -1.

    Returns
    -------
    float
        Degrees, -180 to 180.
    """
    step = high - low
    return float(np.degrees(np.arctan2(step[0] * facing, -step[1])))


def rise_deg(back: FloatArray, front: FloatArray, facing: int) -> float:
    """Angle of the line from a point to one before it against the level, + front end up.

    Parameters
    ----------
    back, front : ndarray, shape (2,), pixels
        x right, y down.
    facing : int
        +1 where the person looks to the right in the picture, else -1.

    Returns
    -------
    float
        Degrees, -180 to 180.
    """
    step = front - back
    return float(np.degrees(np.arctan2(-step[1], step[0] * facing)))
