"""Rough pitch of the head from the side, for finding the neutral stretch."""

from __future__ import annotations

import numpy as np

from neckrom.kinematics.side.features import SideView, direction_deg, side_points, wrapped
from neckrom.kinematics.smoothing import smooth_series
from neckrom.kinematics.view import detect_view
from neckrom.types import POSE_EARS, POSE_EYES, FloatArray, LandmarkSeries

_FACING_KERNEL_S = 0.2
"""Standard deviation of the kernel over time."""
_LEVEL_GAZE_DEG = -18.0
"""Direction from the ears to the eyes in a person who looks straight ahead: as the pose points have it,
degrees downwards from the horizontal (mean of the fitted people; sd 6)."""
_COMPRESSION = 0.75
"""What the directions between the head's pose points show of a turn of the head."""


def side_facing_angles(landmarks: LandmarkSeries, view: SideView | None = None) -> FloatArray:
    """Rough pitch of the head in a side view, for finding the neutral stretch.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    view : {"side_left", "side_right"}, optional
        Detected where not given (anything but a right side view counts as a left one).

    Returns
    -------
    ndarray, shape (N, 3), degrees
        Flexion, and zeros for lateral flexion and rotation; near zero for a person who looks straight
        ahead past a level camera; NaN where no pose was found. Already smooth.
    """
    side = view or ("side_right" if detect_view(landmarks) == "side_right" else "side_left")
    points = side_points(landmarks, side)
    pitch = wrapped(direction_deg(points, POSE_EARS, POSE_EYES) - _LEVEL_GAZE_DEG) / _COMPRESSION
    angles = np.zeros((len(landmarks), 3))
    angles[:, 0] = pitch
    angles[~np.isfinite(pitch)] = np.nan
    return smooth_series(landmarks.time_s, angles, _FACING_KERNEL_S)
