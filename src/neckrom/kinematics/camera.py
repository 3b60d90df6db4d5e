"""The camera: a pinhole whose focal length is stated or assumed."""

from __future__ import annotations

import numpy as np

from neckrom.errors import ConfigurationError
from neckrom.types import CameraModel

DEFAULT_HFOV_DEG = 60.0
"""Field of view along the long side of the picture where the user states none: the middle of
webcams (55 to 78 deg) and of phone cameras filming video (55 to 70 deg)."""


def pinhole(width: int, height: int, hfov_deg: float | None = None) -> CameraModel:
    """Camera with its centre in the middle of the picture and square pixels.

    Parameters
    ----------
    width, height : int
        Pixels of the upright picture that the landmarks count in.
    hfov_deg : float, optional
        Field of view along the *width* of the upright picture. Without it the default of
        60 deg is taken along the longer side, so that portrait clips get the same lens.

    Raises
    ------
    ConfigurationError
        If the field of view is outside 20 to 150 deg.
    """
    if hfov_deg is None:
        f = max(width, height) / 2 / np.tan(np.radians(DEFAULT_HFOV_DEG) / 2)
        origin = f"assumed: {DEFAULT_HFOV_DEG:g} deg along the longer side of the picture"
    else:
        if not 20 <= hfov_deg <= 150:
            raise ConfigurationError(
                f"A horizontal field of view of {hfov_deg:g} deg is not a camera's: give --hfov a value "
                "between 20 and 150 (webcams 55 to 78, phones 55 to 70), or leave it out."
            )
        f = width / 2 / np.tan(np.radians(hfov_deg) / 2)
        origin = f"stated: horizontal field of view {hfov_deg:g} deg"
    return CameraModel(
        fx=float(f),
        fy=float(f),
        cx=width / 2,
        cy=height / 2,
        width=width,
        height=height,
        origin=origin,
        assumed=hfov_deg is None,
    )
