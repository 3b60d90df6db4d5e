"""Motion of the head's picture from one frame to the next.

Where face and pose points fail at the end of range, the skin and hair that the camera
sees still move: a grid over the head is followed by sparse optical flow. It says how far
the head went on turning since it was last measured, and holds no picture of the person.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from neckrom.types import N_MOTION, POSE_EARS, POSE_HEAD, POSE_SHOULDERS, Float32Array, ImageArray

_HALF_SIDE = 0.42
"""Half side of the grid as a share of the distance between the shoulders: about the head."""
_CHEST_BELOW = 0.32
"""Middle of the chest below the shoulders, as a share of the distance between them."""
_NARROW = 1.2
"""Shoulders narrower than this many lengths of the neck are seen from the side: the neck measures the grid."""
_POSE_LASTS_S = 0.25
"""An older pose says no longer where the head is."""
_MARGIN = 1.6
"""Of the picture around the grid, in half sides: flow needs to see where points go."""
_LEVELS = 3
"""Of the pyramid: each halves the picture."""
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 12, 0.02)
"""Flow ends after so many rounds, or when a round moves by less."""


class MotionFollower:
    """Follows a grid over the head; frames must come in time order."""

    def __init__(self) -> None:
        self._grey: NDArray[np.uint8] | None = None
        self._pose: Float32Array | None = None
        self._pose_ns = 0

    def follow(
        self, time_ns: int, image: ImageArray, pose: Float32Array
    ) -> tuple[Float32Array, Float32Array]:
        """Motion from the previous frame to this one.

        Parameters
        ----------
        time_ns : int
        image : ndarray, shape (height, width, 3), uint8, RGB
        pose : ndarray, shape (33, 3)
            Pose points of this frame, NaN where not found or not looked for; they place the grid
            for the next frame.

        Returns
        -------
        motion : ndarray, shape (14, 14, 2), float32
            Displacement in pixels, NaN where it was not followed.
        box : ndarray, shape (3,), float32
            Centre x, y and half side of the grid in the previous frame; NaN where there was none.
        """
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        motion = np.full((N_MOTION, N_MOTION, 2), np.nan, dtype=np.float32)
        box = np.full(3, np.nan, dtype=np.float32)
        previous = self._grey
        if previous is not None and previous.shape == grey.shape:
            grid = self._grid(time_ns)
            if grid is not None:
                box = grid
                motion = _flow(previous, grey, grid)
        self._grey = grey
        if np.isfinite(pose[0, 0]):
            self._pose, self._pose_ns = pose, time_ns
        return motion, box

    def head_box(self, time_ns: int) -> Float32Array | None:
        """Middle x, y and half size of the head in the frame that was followed last; None where not known.

        Parameters
        ----------
        time_ns : int
            Of the frame that was followed last.

        Returns
        -------
        ndarray, shape (3,), float32, pixels, or None
            None also where the last pose is older than a quarter of a second, or the head smaller than 16 pixels.
        """
        return self._grid(time_ns)

    def chest_box(self, time_ns: int) -> Float32Array | None:
        """Middle x, y and half size of the chest below the shoulders; None where not known.

        Parameters
        ----------
        time_ns : int
            Of the frame that was followed last.

        Returns
        -------
        ndarray, shape (3,), float32, pixels, or None
            None also where the last pose is older than a quarter of a second, or the shoulders are within 16 pixels.
        """
        if self._pose is None or (time_ns - self._pose_ns) * 1e-9 > _POSE_LASTS_S:
            return None
        shoulders = self._pose[POSE_SHOULDERS, :2]
        width = np.linalg.norm(shoulders[0] - shoulders[1])
        if width < 16:
            return None
        x, y = shoulders.mean(axis=0)
        return np.array([x, y + _CHEST_BELOW * width, width / 2], dtype=np.float32)

    def _grid(self, time_ns: int) -> Float32Array | None:
        """Centre and half side from the last pose, unless it is too old."""
        if self._pose is None or (time_ns - self._pose_ns) * 1e-9 > _POSE_LASTS_S:
            return None
        centre = self._pose[POSE_HEAD, :2].mean(axis=0)
        shoulders, ears = (
            self._pose[POSE_SHOULDERS, :2],
            self._pose[POSE_EARS, :2].mean(axis=0),
        )
        width = np.linalg.norm(shoulders[0] - shoulders[1])
        neck = np.linalg.norm(shoulders.mean(axis=0) - ears)
        half = _HALF_SIDE * width
        if width < _NARROW * neck:
            centre, half = (centre + ears) / 2, neck / 2
        if half < 8:
            return None
        return np.array([centre[0], centre[1], half], dtype=np.float32)


def _flow(previous: NDArray[np.uint8], grey: NDArray[np.uint8], box: Float32Array) -> Float32Array:
    x, y, half = (float(value) for value in box)
    height, width = grey.shape
    left, right = (int(np.clip(x + side * (1 + _MARGIN) * half, 0, width)) for side in (-1, 1))
    top, bottom = (int(np.clip(y + side * (1 + _MARGIN) * half, 0, height)) for side in (-1, 1))
    motion = np.full((N_MOTION, N_MOTION, 2), np.nan, dtype=np.float32)
    if right - left < 32 or bottom - top < 32:
        return motion
    steps = np.linspace(-1, 1, N_MOTION)
    points = np.stack(np.meshgrid(x + half * steps, y + half * steps), axis=-1).reshape(-1, 1, 2)
    start = (points - (left, top)).astype(np.float32)
    window = int(np.clip(half / 5, 9, 25)) | 1
    end, found, _ = cv2.calcOpticalFlowPyrLK(
        previous[top:bottom, left:right],
        grey[top:bottom, left:right],
        start,
        np.empty_like(start),
        winSize=(window, window),
        maxLevel=_LEVELS,
        criteria=_STOP,
    )
    followed = found.reshape(N_MOTION, N_MOTION) == 1
    motion[followed] = (end - start).reshape(N_MOTION, N_MOTION, 2)[followed]
    return motion
