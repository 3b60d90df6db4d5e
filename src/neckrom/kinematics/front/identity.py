"""Which modules of the front view hold numbers that change what it measures."""

from __future__ import annotations

from functools import cache

from neckrom.kinematics import camera, pose_points, view
from neckrom.kinematics.constants import digest_of
from neckrom.kinematics.front import (
    bodies,
    bundle_adjustment,
    calibration,
    excursions,
    features,
    flow,
    followed_points,
    fusion,
    lens,
    networks,
    orientation,
    parameters,
    readings,
    reference,
    rigid_body,
    running,
    unknowns,
)
from neckrom.kinematics.front import filter as state_filter

MODULES = (
    bodies,
    bundle_adjustment,
    calibration,
    camera,
    excursions,
    features,
    flow,
    followed_points,
    fusion,
    lens,
    networks,
    orientation,
    parameters,
    pose_points,
    readings,
    reference,
    rigid_body,
    running,
    state_filter,
    unknowns,
    view,
)


@cache
def constants_id() -> str:
    """Changes with any number in these modules.

    Returns
    -------
    str
        Eight hexadecimal digits.
    """
    return digest_of(MODULES)
