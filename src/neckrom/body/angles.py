"""Angles of segments in the picture.

The picture has x to the right and y down. ``facing`` is +1 where the person looks to the right and -1 where to the
left: with it, signs are the person's and do not depend on the side from which the camera looks.
"""

from __future__ import annotations

import numpy as np

from neckrom.types import FloatArray


def elevation_deg(
    back: FloatArray, front: FloatArray, facing: int, roll_deg: float | FloatArray = 0.0
) -> FloatArray:
    """Angle of the line from a back point to a front point against the level, + front end up.

    Parameters
    ----------
    back, front : ndarray, shape (N, 2), pixels
        For a foot, heel and toe.
    facing : int
    roll_deg : float
        By how much the picture's horizontal is turned against the level, + clockwise in the picture.

    Returns
    -------
    ndarray, shape (N,), degrees, -180 to 180
    """
    step = front - back
    return _wrapped(
        np.degrees(np.arctan2(-step[..., 1], step[..., 0] * facing)) + facing * np.asarray(roll_deg)
    )


def lean_deg(
    low: FloatArray, high: FloatArray, facing: int, roll_deg: float | FloatArray = 0.0
) -> FloatArray:
    """Angle of the line from a low point to a high point against the vertical, + leaning forward.

    Parameters
    ----------
    low, high : ndarray, shape (N, 2), pixels
        For the trunk, the middle of the hips and of the shoulders.
    facing : int
        From behind and in front, with ``facing=1``, + is to the right in the picture.
    roll_deg : float
        As for ``elevation_deg``.

    Returns
    -------
    ndarray, shape (N,), degrees, -180 to 180
        NaN where a point is.
    """
    step = high - low
    return _wrapped(
        np.degrees(np.arctan2(step[..., 0] * facing, -step[..., 1])) - facing * np.asarray(roll_deg)
    )


def between_deg(first: FloatArray, second: FloatArray, facing: int) -> FloatArray:
    """Angle from one direction to another in the picture, + in the sense that tips a standing person forward.

    Parameters
    ----------
    first, second : ndarray, shape (N, 2)
        Directions, not points.
    facing : int

    Returns
    -------
    ndarray, shape (N,), degrees, -180 to 180
        NaN where a point is.
    """
    one = np.arctan2(first[..., 0] * facing, -first[..., 1])
    two = np.arctan2(second[..., 0] * facing, -second[..., 1])
    return _wrapped(np.degrees(two - one))


def bend_deg(above: FloatArray, joint: FloatArray, below: FloatArray) -> FloatArray:
    """By how much a joint is bent in the picture, 0 = straight, 0 to 180.

    Parameters
    ----------
    above, joint, below : ndarray, shape (N, D)
        For the knee, hip, knee and ankle.

    Returns
    -------
    ndarray, shape (N,), degrees
        The angle in the picture: of a joint that bends towards the camera it is smaller than the joint's own.
    """
    one, two = joint - above, below - joint
    cosine = np.sum(one * two, axis=-1) / (np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1))
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def _wrapped(angle_deg: FloatArray) -> FloatArray:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)
