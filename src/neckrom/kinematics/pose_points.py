"""The points of the pose model that the estimators use, for both views alike."""

from __future__ import annotations

import numpy as np

from neckrom.types import IntArray

POSE_POINTS: IntArray = np.array([*range(13), 23, 24])
"""Points of the pose model in use: head 0 to 10, shoulders 11 and 12, hips 23 and 24.

Rows of head and shoulders are the numbers of the pose model (``POSE_HEAD``, ``POSE_EARS``, ... in
:mod:`neckrom.types`); only the hips have rows of their own.
"""
HIP_ROWS = [13, 14]
"""Rows of the hips among ``POSE_POINTS``, the person's left first."""
OPPOSITE_ROWS: IntArray = np.array([0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13])
"""Row of each point's counterpart on the other side of the body."""
