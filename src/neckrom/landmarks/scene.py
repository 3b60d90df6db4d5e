"""What the picture around a person shows: whether the camera stands still, whether it is dark, who else is there.

A few times a second corners of the background are followed from one look to the next (Shi and Tomasi's corners, Lucas
and Kanade's flow, a similarity by RANSAC). Of a camera on a stand they move by less than a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from neckrom.landmarks.boxes import BodyBox
from neckrom.types import FloatArray, ImageArray

LOOK_EVERY_S = 0.2
"""Between two looks at the background."""
_SIDE = 320
"""Long side of the picture in which corners are followed."""
_CORNERS = 120
"""Corners that are followed at most; with fewer than the next number nothing is said of a step."""
_LEAST = 12
_AROUND = 0.2
"""What is left out around the body, in its heights: arms and legs between two looks."""
_CLOSE_PX = 1.5
"""A corner moves along with the others if it ends this near to where they take it."""
_AGREE = 0.4
"""Share of the corners that has to move as one: a belt or people behind do not make the camera move."""


@dataclass(frozen=True, slots=True)
class CameraTravel:
    """How far the picture's background moved over a clip.

    Attributes
    ----------
    range_share : float
        Largest distance between two looks of the whole clip, as a share of the picture's long side.
    step_share : float
        Root mean square of the movement from one look to the next, the same share.
    roll_deg : float
        Between the most turned looks.
    looks : int
        How many steps could be read; with a plain background there are none.
    """

    range_share: float
    step_share: float
    roll_deg: float
    looks: int


class SceneWatch:
    """Looks at the picture around a body; looks must come in time order."""

    def __init__(self) -> None:
        self._last_ns = -(10**18)
        self._grey: NDArray[np.uint8] | None = None
        self._box: BodyBox | None = None
        self._steps: list[tuple[float, float, float]] = []
        self._brightness: list[float] = []

    def due(self, time_ns: int) -> bool:
        """Whether it is time for a look.

        Parameters
        ----------
        time_ns : int

        Returns
        -------
        bool
        """
        return (time_ns - self._last_ns) * 1e-9 >= LOOK_EVERY_S

    def look(self, time_ns: int, image: ImageArray, box: BodyBox | None) -> None:
        """Take a picture and where the body is in it.

        Parameters
        ----------
        time_ns : int
            Later than the one before.
        image : ndarray, shape (height, width, 3), uint8, RGB
        box : BodyBox or None
            In its pixels; None where nobody was found.
        """
        self._last_ns = time_ns
        height, width = image.shape[:2]
        scale = _SIDE / max(height, width)
        small = cv2.resize(
            image, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
        )
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        self._brightness.append(float(grey.mean()))
        scaled = None if box is None else _scaled(box, scale)
        if self._grey is not None and self._grey.shape == grey.shape:
            step = _step(self._grey, grey, [one for one in (self._box, scaled) if one is not None])
            if step is not None:
                self._steps.append(step)
        self._grey, self._box = grey, scaled

    @property
    def brightness(self) -> float:
        """Median over the looks of the picture's mean, 0 to 255."""
        return float(np.median(self._brightness)) if self._brightness else 255.0

    def travel(self) -> CameraTravel:
        """How far the camera moved, after the last look.

        Returns
        -------
        CameraTravel
            All 0 where no step could be read: that says nothing of the camera, and ``looks`` is 0.
        """
        if not self._steps:
            return CameraTravel(0.0, 0.0, 0.0, 0)
        steps: FloatArray = np.array(self._steps)
        path = np.vstack([np.zeros(3), np.cumsum(steps, axis=0)])
        return CameraTravel(
            range_share=float(np.hypot(*np.ptp(path[:, :2], axis=0))) / _SIDE,
            step_share=float(np.sqrt((steps[:, :2] ** 2).sum(axis=1).mean())) / _SIDE,
            roll_deg=float(np.ptp(path[:, 2])),
            looks=len(steps),
        )


def _scaled(box: BodyBox, scale: float) -> BodyBox:
    return BodyBox(box.left * scale, box.top * scale, box.right * scale, box.bottom * scale)


def _step(
    before: NDArray[np.uint8], after: NDArray[np.uint8], bodies: list[BodyBox]
) -> tuple[float, float, float] | None:
    """Movement of the background in pixels at the middle of the picture, and its turn in degrees; None if not seen."""
    mask = np.full(before.shape, 255, dtype=np.uint8)
    for body in bodies:
        around = _AROUND * body.height
        rows = slice(max(0, round(body.top - around)), max(0, round(body.bottom + around)))
        columns = slice(max(0, round(body.left - around)), max(0, round(body.right + around)))
        mask[rows, columns] = 0
    corners = cv2.goodFeaturesToTrack(
        before, maxCorners=_CORNERS, qualityLevel=0.02, minDistance=6, mask=mask, blockSize=5
    )
    if corners is None or len(corners) < _LEAST:
        return None
    moved, found, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, np.empty_like(corners))
    kept = found[:, 0] == 1
    if kept.sum() < _LEAST:
        return None
    start, end = corners[kept, 0], moved[kept, 0]
    turn, inliers = cv2.estimateAffinePartial2D(
        start, end, method=cv2.RANSAC, ransacReprojThreshold=_CLOSE_PX
    )
    if turn is None or inliers.mean() < _AGREE or inliers.sum() < _LEAST:
        return None
    height, width = before.shape
    middle = np.array([width / 2, height / 2])
    dx, dy = turn[:, :2] @ middle + turn[:, 2] - middle
    return float(dx), float(dy), float(np.degrees(np.arctan2(turn[1, 0], turn[0, 0])))
