"""Where bodies are in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.types import Float32Array, ImageArray

_BLANK = 128
"""Grey: the middle of 0 to 255."""
_BESIDE, _ABOVE = 0.12, 0.1
"""What belongs to a body beyond its points, as shares of its height: arms and clothes, the top of the head."""


@dataclass(frozen=True, slots=True)
class BodyBox:
    """Where a body is, in pixels.

    Attributes
    ----------
    left, top, right, bottom : float
        Around the points of the pose, without hair, hands and clothes.
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        """Pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def body_box(pose: Float32Array) -> BodyBox | None:
    """The box around pose points, shape (33, 3); None where nobody was found.

    Parameters
    ----------
    pose : ndarray, shape (33, 3), pixels
        NaN where nobody was found.

    Returns
    -------
    BodyBox or None
    """
    if not np.isfinite(pose[0, 0]):
        return None
    (left, top), (right, bottom) = pose[:, :2].min(axis=0), pose[:, :2].max(axis=0)
    return BodyBox(float(left), float(top), float(right), float(bottom))


def without_body(image: ImageArray, box: BodyBox) -> ImageArray:
    """The picture with a body greyed out.

    Parameters
    ----------
    image : ndarray, shape (height, width, 3), uint8, RGB
        Left as it is.
    box : BodyBox
        In its pixels; arms, clothes and the top of the head are added.

    Returns
    -------
    ndarray, shape (height, width, 3), uint8, RGB
    """
    height, width = image.shape[:2]
    beside, above = _BESIDE * box.height, _ABOVE * box.height
    rows = slice(max(0, round(box.top - above)), max(0, min(height, round(box.bottom + above / 2))))
    columns = slice(max(0, round(box.left - beside)), max(0, min(width, round(box.right + beside))))
    blanked = image.copy()
    blanked[rows, columns] = _BLANK
    return blanked
