"""What initial contact and toe-off are told by on the mean course of a foot: numbers about one moment of it."""

from __future__ import annotations

import numpy as np

from neckrom.running.strides import Course, one_stride, wrapped
from neckrom.types import FloatArray

OFFSETS_S = np.arange(-0.08, 0.0801, 0.02)
"""Moments before and after the one in question that are looked at, seconds."""
_HEEL, _TOE, _ANKLE, _KNEE = 0, 2, 4, 6
"""Columns of the way forward in a course (see ``Course``); the height of each is the next one."""
_HIP = 8


def ground_speed(course: Course, period_s: float) -> float:
    """How fast the standing foot goes back under the hips, trunk lengths a second (positive).

    The middle of the fastest backward third of the ankle's course.

    Parameters
    ----------
    course : Course
        Of a foot's points.
    period_s : float
        Of a stride.

    Returns
    -------
    float
        Trunk lengths a second.
    """
    back = -course.slopes[one_stride(course, period_s), _ANKLE]
    return float(np.median(np.sort(back)[-len(back) // 4 :]))


def moment_features(course: Course, period_s: float, at_s: FloatArray, side_view: bool) -> FloatArray:
    """Numbers about moments of the mean course.

    Parameters
    ----------
    course : Course
    period_s : float
    at_s : ndarray, shape (M,)
        Moments within the stride.
    side_view : bool
        From behind and in front the movement to the side says nothing of contact and is left out.

    Returns
    -------
    ndarray, shape (M, F)
        Heights over the lowest place, vertical speed of foot and hips and, from the side, speed along the ground as
        a share of the belt's and the foot's pitch, at each of ``OFFSETS_S``.
    """
    heights = course.values[:, [_HEEL + 1, _TOE + 1, _ANKLE + 1]] + course.values[:, [_HIP]]
    lowest = np.percentile(heights[one_stride(course, period_s)], 5, axis=0)
    speed = ground_speed(course, period_s)
    columns = []
    for offset in OFFSETS_S:
        values, slopes = course.at(at_s + offset)
        hip = values[:, [_HIP]]
        columns += [values[:, [_HEEL + 1, _TOE + 1, _ANKLE + 1]] + hip - lowest]
        columns += [slopes[:, [_HIP]], slopes[:, [_ANKLE + 1]] + slopes[:, [_HIP]]]
        columns += [values[:, [_KNEE + 1]] - values[:, [_ANKLE + 1]]]
        if side_view:
            columns += [slopes[:, [_HEEL, _TOE, _ANKLE]] / speed]
            columns += [values[:, [_TOE]] - values[:, [_HEEL]], values[:, [_KNEE]] - values[:, [_ANKLE]]]
            columns += [values[:, [_ANKLE]]]
    return np.concatenate(columns, axis=1)


def shoe_features(shoe: Course, foot: Course, period_s: float, at_s: FloatArray) -> FloatArray:
    """Numbers about moments of a followed shoe's course.

    Parameters
    ----------
    shoe : Course
        Speed forward and up, turn.
    foot : Course
        Of the same foot's points: from it comes the belt's speed.
    period_s : float
    at_s : ndarray, shape (M,)
        Moments within the stride.

    Returns
    -------
    ndarray, shape (M, F)
        Speed forward and up as a share of the belt's, and turn, at each of ``OFFSETS_S``.
    """
    share = np.array([1.0, 1.0, 0.0]) / ground_speed(foot, period_s) + np.array([0.0, 0.0, 1.0])
    columns = [shoe.at(wrapped(at_s + offset, period_s))[0] * share for offset in OFFSETS_S]
    return np.concatenate(columns, axis=1)
