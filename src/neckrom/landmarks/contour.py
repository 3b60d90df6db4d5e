"""The edge of a body near a point that somebody marked by hand."""

from __future__ import annotations

import cv2
import numpy as np

from neckrom.types import FloatArray, ImageArray

_ROWS = 1
"""Above and below the mark: a contour is smooth, noise is not."""
_CLEAR = 3.0
"""How many times the usual difference between neighbours the edge has to be."""
_BLUR_PX = 1.2


def nearest_edge(picture: ImageArray, point: FloatArray, reach_px: float) -> FloatArray | None:
    """The edge between body and background nearest to a mark at the back of the neck, on the mark's level.

    Parameters
    ----------
    picture : ndarray, shape (height, width, 3), uint8, RGB
    point : ndarray, shape (2,), pixels
    reach_px : float
        How far to either side it is looked for.

    Returns
    -------
    ndarray, shape (2,), or None
        None where no edge is clear: the mark stands as it is.
    """
    height, width = picture.shape[:2]
    x, y = float(point[0]), round(float(point[1]))
    first, last = int(np.floor(x - reach_px)) - 2, int(np.ceil(x + reach_px)) + 2
    if first < 0 or last >= width or y - _ROWS < 0 or y + _ROWS >= height:
        return None
    around = picture[max(0, y - 6) : y + 7, max(0, first - 6) : last + 7]
    smooth = cv2.GaussianBlur(around, (0, 0), _BLUR_PX).astype(np.float64)
    top, left = max(0, y - 6), max(0, first - 6)
    rows = smooth[y - _ROWS - top : y + _ROWS + 1 - top].mean(axis=0)
    steps = np.linalg.norm(np.diff(rows, axis=0), axis=1)  # between column i and i + 1
    places = left + np.arange(len(steps)) + 1.0
    near = np.abs(places - x) <= reach_px
    if not near.any():
        return None
    strongest = int(np.argmax(np.where(near, steps, -1.0)))
    if steps[strongest] < _CLEAR * float(np.median(steps)) or strongest in (0, len(steps) - 1):
        return None
    # the top of the parabola through three steps: to a fraction of a pixel
    before, here, after = steps[strongest - 1 : strongest + 2]
    curve = before - 2 * here + after
    shift = 0.5 * (before - after) / curve if curve < 0 else 0.0
    return np.array([places[strongest] + float(np.clip(shift, -0.5, 0.5)), float(point[1])])
