"""How the surface of the upper trunk moved since the previous frame, read from the picture itself.

A trunk that turns about its length hardly changes its outline: by 5 % for 18 degrees to either side. But what is on it
(folds, seams, shading of the shirt) lies behind the axis, or in front of it, and goes to the side. Marks
between the shoulders are followed from picture to picture. Movements only, no picture of the person.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from neckrom.types import POSE_HIPS, POSE_SHOULDERS, TRUNK_SURFACE_AT, Float32Array, FloatArray, ImageArray

Grey = NDArray[np.uint8]

_DEPTH = 2 * TRUNK_SURFACE_AT
"""How far down from the shoulders marks are looked for, as a share of the trunk's length."""
_HALF_WIDTH = 0.55
"""How far to either side, as a share of half the distance between the shoulders: free of the arms and the edges."""
_NARROWEST = 0.35
"""Shoulders nearer to each other than this share of the trunk's length are seen from the side: nothing is followed."""
_TRUNK_PX = 170.0
"""Length of the trunk on the working picture; smaller ones are enlarged up to twice, larger ones made smaller."""
_LARGEST_SCALE = 2.0
_SHORTEST_PX = 40.0
_AROUND_PX = 30.0
_WINDOW_PX = 21
_MOST_POINTS, _FEWEST = 60, 6
_QUALITY = 0.004
_SPACING_PX = 4.0
_BACK_PX = 0.5
_CRITERIA = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.01)


class TrunkFollower:
    """Follows the trunk's surface; frames must come in time order."""

    def __init__(self) -> None:
        self._image: Grey | None = None

    def follow(self, image: ImageArray, pose: Float32Array) -> Float32Array:
        """What the surface between the shoulders did since the previous frame.

        Parameters
        ----------
        image : ndarray, shape (height, width, 3), uint8, RGB
        pose : ndarray, shape (33, 3), float32
            Pose points in this frame, pixels; NaN where nobody was found.

        Returns
        -------
        ndarray, shape (3,), float32
            Pixels to the right and down, and on how many marks that rests. NaN where it could not be followed, and
            where the person is seen from the side.
        """
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        motion = np.full(3, np.nan, dtype=np.float32)
        if self._image is not None and self._image.shape == grey.shape:
            motion[:] = _motion(self._image, grey, pose[:, :2].astype(np.float64))
        self._image = grey
        return motion


def _motion(before: Grey, grey: Grey, pose: FloatArray) -> FloatArray:
    nothing = np.full(3, np.nan)
    shoulders, hips = pose[POSE_SHOULDERS], pose[POSE_HIPS]
    if not np.isfinite([*shoulders, *hips]).all():
        return nothing
    top, down = shoulders.mean(axis=0), hips.mean(axis=0) - shoulders.mean(axis=0)
    length = float(np.linalg.norm(down))
    across = 0.5 * _HALF_WIDTH * (shoulders[0] - shoulders[1])
    if length < _SHORTEST_PX or np.linalg.norm(shoulders[0] - shoulders[1]) < _NARROWEST * length:
        return nothing
    corners = np.array(
        [top + across, top - across, top + _DEPTH * down - across, top + _DEPTH * down + across]
    )
    scale = min(_TRUNK_PX / length, _LARGEST_SCALE)
    at = corners.min(axis=0) - _AROUND_PX / scale
    size = np.ceil(np.ptp(corners, axis=0) * scale + 2 * _AROUND_PX).astype(int)
    now, then = (_patch(picture, at, (int(size[0]), int(size[1])), scale) for picture in (grey, before))
    mask = np.zeros_like(now)
    cv2.fillConvexPoly(mask, np.asarray(np.round((corners - at) * scale), dtype=np.int32), (255,))
    marks = cv2.goodFeaturesToTrack(now, _MOST_POINTS, _QUALITY, _SPACING_PX, mask=mask, blockSize=5)
    if marks is None or len(marks) < _FEWEST:
        return nothing
    moved = _followed(then, now, np.asarray(marks, dtype=np.float32)) / scale
    if len(moved) < _FEWEST:
        return nothing
    return np.array([*np.median(moved, axis=0), float(len(moved))])


def _followed(then: Grey, now: Grey, marks: Float32Array) -> FloatArray:
    """Way of each mark that is found in the picture before and, from there, again where it was; shape (K, 2)."""
    size = (_WINDOW_PX, _WINDOW_PX)
    back, found, _ = cv2.calcOpticalFlowPyrLK(
        now, then, marks, marks.copy(), winSize=size, maxLevel=2, criteria=_CRITERIA
    )
    again, found_again, _ = cv2.calcOpticalFlowPyrLK(
        then, now, back, back.copy(), winSize=size, maxLevel=2, criteria=_CRITERIA
    )
    good = (found[:, 0] == 1) & (found_again[:, 0] == 1)
    good &= np.linalg.norm(again - marks, axis=2)[:, 0] < _BACK_PX
    return np.asarray((marks - back)[good, 0], dtype=np.float64)


def _patch(grey: Grey, at: FloatArray, size: tuple[int, int], scale: float) -> Grey:
    """A part of a picture on the working scale."""
    inverse = np.array([[1 / scale, 0, at[0]], [0, 1 / scale, at[1]]])
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(
        cv2.warpAffine(grey, inverse, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8
    )
