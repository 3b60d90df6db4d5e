"""Which modules of the side view hold numbers that change what it measures."""

from __future__ import annotations

from functools import cache

from neckrom.kinematics import pose_points, smoothing
from neckrom.kinematics.constants import digest_of
from neckrom.kinematics.side import calibration, chain, features, readings

MODULES = (calibration, chain, features, pose_points, readings, smoothing)


@cache
def constants_id() -> str:
    """Changes with any number in these modules.

    Returns
    -------
    str
        Eight hexadecimal digits.
    """
    return digest_of(MODULES)
