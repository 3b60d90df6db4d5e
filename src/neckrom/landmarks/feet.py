"""How each foot turned and moved since the previous frame, read from the picture itself.

The pose model draws the line from heel to toe towards flat: a foot that lands on its forefoot comes out level. What
a shoe does from one picture to the next can be seen much more exactly: marks on it (laces, sole, folds) are followed
between the two pictures, and the similarity that carries them over says by how much the shoe turned. Positions and
angles only, no picture of the person.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from neckrom.types import POSE_ANKLES, POSE_HEELS, POSE_TOES, Float32Array, FloatArray, ImageArray

Grey = NDArray[np.uint8]

_FOOT_PX = 70.0
"""Length of the foot on the working picture; smaller ones are enlarged up to three times, larger ones made smaller."""
_LARGEST_SCALE = 3.0
_SMALLEST_PX = 12.0
"""A foot shorter than this in the picture holds too few marks."""
_MARGIN = 0.16
"""Shares of the foot's length: how far beyond heel, toe and ankle the shoe reaches."""
_AROUND = 0.8
"""Half the side of the picture around a foot, in lengths of the foot."""
_WINDOW_PX = 17
"""Side of the patch that is followed, working pixels."""
_MOST_POINTS = 80
"""Marks on a shoe."""
_FEWEST = 6
"""Marks with which a similarity is believed."""
_PLENTY = 0.5
"""With this share of the marks carried over there is no need to look where the other foot was."""
_QUALITY = 0.006
"""Of a corner, as a share of the best one (Shi and Tomasi's measure)."""
_SPACING_PX = 3.0
"""Between two marks, working pixels."""
_BACK_PX = 0.8
"""A mark that followed back does not return within this is let go, working pixels."""
_FIT_PX = 1.3
"""A mark belongs to the similarity if it takes it this near, working pixels."""
_STILL_PX = 1.5
"""Where the foot moved by twice this, a mark that moved by less is of the background, working pixels."""
_ALIKE = (0.8, 1.25)
"""Sizes of a shoe from one frame to the next, as a share: beyond, it is something else that was followed."""
_CRITERIA = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 0.003)
"""Flow ends after so many rounds, or when a round moves by less."""


class FeetFollower:
    """Follows both feet; frames must come in time order."""

    def __init__(self) -> None:
        self._image: Grey | None = None
        self._pose: FloatArray | None = None

    def follow(self, image: ImageArray, pose: Float32Array) -> Float32Array:
        """What each foot did since the previous frame.

        Parameters
        ----------
        image : ndarray, shape (height, width, 3), uint8, RGB
        pose : ndarray, shape (33, 3), float32
            Pose points in this frame, pixels; NaN where nobody was found.

        Returns
        -------
        ndarray, shape (2, 4), float32
            The person's left foot, then the right one, as the pose model calls them in this frame: by how many
            degrees it turned (+ clockwise in the picture), how far it moved to the right and down (pixels), and on how
            many marks that rests. NaN where it could not be followed.
        """
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        now = pose[:, :2].astype(np.float64)
        motion = np.full((2, 4), np.nan, dtype=np.float32)
        if self._image is not None and self._pose is not None and self._image.shape == grey.shape:
            for side in range(2):
                motion[side] = _foot_motion(self._image, grey, self._pose, now, side)
        self._image = grey
        self._pose = now if np.isfinite(now[0, 0]) else None
        return motion


def _foot_motion(
    before: Grey, grey: Grey, pose_before: FloatArray, pose: FloatArray, side: int
) -> FloatArray:
    """Turn, movement and number of marks of one foot, shape (4,)."""
    nothing = np.full(4, np.nan)
    foot = _foot(pose, side)
    if not np.isfinite(foot).all():
        return nothing
    middle = foot.mean(axis=0)
    length = float(max(np.linalg.norm(foot[1] - foot[0]), 0.7 * np.linalg.norm(foot[2] - foot.mean(axis=0))))
    if length < _SMALLEST_PX:
        return nothing
    scale = float(min(_FOOT_PX / length, _LARGEST_SCALE))
    half = _AROUND * length * scale
    patch, at = _patch(grey, middle, half, scale)
    corners = _marks(patch, (foot - at) * scale, length * scale)
    if len(corners) < _FEWEST:
        return nothing
    best = nothing
    for name in (
        side,
        1 - side,
    ):  # the pose model may have changed the feet's names from one frame to the next
        there = _foot(pose_before, name).mean(axis=0)
        if not np.isfinite(there).all():
            continue
        found = _carried(before, patch, corners, there, _Place(middle, half, scale, at))
        if found is not None and not found[3] <= best[3]:
            best = found
        if best[3] >= _PLENTY * len(corners):
            break
    return best


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a foot is in this frame: its middle, half side of the working picture, scale, and that picture's corner."""

    middle: FloatArray
    half: float
    scale: float
    at: FloatArray


def _carried(
    before: Grey, patch: Grey, corners: Float32Array, there: FloatArray, place: _Place
) -> FloatArray | None:
    """The similarity from the picture before to this one, followed from this one back; None without one."""
    middle, half, scale, at = place.middle, place.half, place.scale, place.at
    other, other_at = _patch(before, there, half, scale)
    window = (_WINDOW_PX, _WINDOW_PX)
    start = corners.copy()
    back, found, _ = cv2.calcOpticalFlowPyrLK(
        patch, other, corners, start, winSize=window, maxLevel=2, criteria=_CRITERIA,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    again, found_again, _ = cv2.calcOpticalFlowPyrLK(
        other, patch, back, corners.copy(), winSize=window, maxLevel=1, criteria=_CRITERIA,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    good = (found[:, 0] == 1) & (found_again[:, 0] == 1)
    good &= np.linalg.norm(again - corners, axis=2)[:, 0] < _BACK_PX
    here = corners[good, 0].astype(np.float64) / scale + at
    was = back[good, 0].astype(np.float64) / scale + other_at
    moved = np.linalg.norm(here - was, axis=1)
    if np.linalg.norm(there - middle) > 2 * _STILL_PX / scale:  # the foot moves, the wall behind it does not
        here, was = here[moved > _STILL_PX / scale], was[moved > _STILL_PX / scale]
    if len(here) < _FEWEST:
        return None
    matrix, inside = cv2.estimateAffinePartial2D(
        was, here, method=cv2.RANSAC, ransacReprojThreshold=_FIT_PX / scale, maxIters=200
    )
    if matrix is None or inside.sum() < _FEWEST:
        return None
    if not _ALIKE[0] < np.hypot(matrix[0, 0], matrix[1, 0]) < _ALIKE[1]:
        return None
    turn = np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))
    # the movement of the foot's middle in this frame: where it was is where the inverse takes it
    old = np.linalg.solve(matrix[:, :2], middle - matrix[:, 2])
    return np.array([turn, *(middle - old), float(inside.sum())])


def _foot(pose: FloatArray, side: int) -> FloatArray:
    """Heel, toe and ankle, shape (3, 2)."""
    return pose[[POSE_HEELS[side], POSE_TOES[side], POSE_ANKLES[side]]]


def _patch(grey: Grey, middle: FloatArray, half: float, scale: float) -> tuple[Grey, FloatArray]:
    """The surroundings of a point on the working scale, and the picture's coordinates of its first pixel."""
    at = middle - half / scale
    side = int(np.ceil(2 * half))
    inverse = np.array([[1 / scale, 0, at[0]], [0, 1 / scale, at[1]]])
    flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR)
    patch = cv2.warpAffine(grey, inverse, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(patch, dtype=np.uint8), at


def _marks(patch: Grey, foot: FloatArray, length: float) -> Float32Array:
    """Corners on the shoe, shape (K, 1, 2), working pixels."""
    triangle = np.zeros_like(patch)
    hull = np.asarray(np.round(cv2.convexHull(foot.astype(np.float32))), dtype=np.int32)
    cv2.fillConvexPoly(triangle, hull, (255,))
    reach = int(_MARGIN * length) * 2 + 1
    shoe = cv2.dilate(triangle, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    found = cv2.goodFeaturesToTrack(patch, _MOST_POINTS, _QUALITY, _SPACING_PX, mask=shoe, blockSize=5)
    return np.empty((0, 1, 2), dtype=np.float32) if found is None else np.asarray(found, dtype=np.float32)
