"""From the angles of the pose model's points to those of joints of the arm: fitted on rendered people.

The model's shoulder wanders with the arm: overhead an upper arm is read up to 20 degrees too high. Each angle is
corrected by a few sines and cosines, and by how long the segments are seen: an arm that leaves the picture's plane is
shortened. Neck and trunk are read against their own rest. All coefficients are in ``calibration/arms.json``, made by
``calibration/fit_arms.py``.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from neckrom.body.fitted import Fitted, read_fitted
from neckrom.nerve.arms.raw_angles import ArmAngles, RawArmAngles
from neckrom.nerve.corrections import at_rest
from neckrom.resources import resource
from neckrom.types import FloatArray

OVERHEAD_FROM_DEG, OVERHEAD_DEG = 90.0, 80.0
"""From the first on an arm counts as overhead, by its raw abduction; the second scales how far."""
UPPER_SHARE, FOREARM_SHARE = 0.5, 0.45
"""Of the trunk's length, about, in everybody."""


class ArmCorrections(Fitted):
    """Fitted numbers.

    Attributes
    ----------
    coefficients : dict
        Of ``abduction``, ``elbow`` and ``neck``, in the order of the features below.
    errors : dict
        By the same names, and ``abduction.sides``, ``elbow.sides`` (left less right): ``between_sd_deg`` from person
        to person, ``within_sd_deg`` about it, on people left out of the fit.
    calibration_id : str
    """

    coefficients: dict[str, tuple[float, ...]]
    errors: dict[str, dict[str, float]]
    calibration_id: str


def _overhead(arm: ArmAngles) -> FloatArray:
    return np.clip((arm.abduction_deg - OVERHEAD_FROM_DEG) / OVERHEAD_DEG, 0.0, None)


def abduction_features(arm: ArmAngles) -> FloatArray:
    """What the correction of the abduction is made of, shape (N, 13).

    Parameters
    ----------
    arm : ArmAngles

    Returns
    -------
    ndarray, shape (N, 13)
        Without unit; NaN where the arm was not read.
    """
    angle, up = np.radians(arm.abduction_deg), _overhead(arm)
    longer = 3.0 * (arm.upper_share - UPPER_SHARE)
    tilt = arm.shoulder_deg / 10.0
    return np.stack(
        [
            np.ones_like(up),
            np.sin(angle),
            np.cos(angle),
            np.sin(2 * angle),
            np.cos(2 * angle),
            up,
            up**2,
            up * arm.upper_depth,
            arm.upper_depth,
            up * longer,
            longer,
            tilt,
            up * tilt,
        ],
        axis=1,
    )


def elbow_features(arm: ArmAngles) -> FloatArray:
    """What the correction of the elbow is made of, shape (N, 13).

    Parameters
    ----------
    arm : ArmAngles

    Returns
    -------
    ndarray, shape (N, 13)
        Without unit; NaN where the arm was not read.
    """
    angle, bend, up = np.radians(arm.abduction_deg), np.radians(np.abs(arm.bend_deg)), _overhead(arm)
    signed = arm.bend_deg / 30.0
    longer = 4.0 * (arm.forearm_share - FOREARM_SHARE)
    return np.stack(
        [
            np.ones_like(up),
            np.sin(angle),
            np.cos(angle),
            up,
            signed,
            np.abs(signed),
            up * signed,
            np.sin(bend),
            np.cos(bend),
            up * longer,
            longer,
            arm.forearm_depth,
            up * arm.forearm_depth,
        ],
        axis=1,
    )


def neck_features(raw: RawArmAngles) -> FloatArray:
    """What the neck's side-bend is made of, shape (N, 5): only differences from rest mean anything.

    Parameters
    ----------
    raw : RawArmAngles

    Returns
    -------
    ndarray, shape (N, 5)
        Without unit, + as a head is bent to the left; the fourth is the trunk's lean, + to the person's left. NaN where
        not read.
    """
    return np.stack(
        [
            raw.eyes_deg / 20.0,
            raw.ears_deg / 20.0,
            raw.mouth_deg / 20.0,
            raw.trunk_deg / 20.0,
            raw.head_aside / 0.1,
        ],
        axis=1,
    )


def neck_rest(raw: RawArmAngles) -> FloatArray:
    """The features of the neck at rest, shape (5,): the beginning of the recording; NaN where not seen.

    Parameters
    ----------
    raw : RawArmAngles

    Returns
    -------
    ndarray, shape (5,)
        Median over the first ``REST_S`` of :mod:`neckrom.nerve.corrections`.
    """
    return at_rest(raw.time_s, neck_features(raw))


@cache
def load_arm_corrections() -> ArmCorrections:
    """The fitted numbers that travel with the package.

    Returns
    -------
    ArmCorrections

    Raises
    ------
    EnvironmentProblemError
        If they are missing or damaged.
    """
    return read_fitted(resource("calibration", "arms.json"), ArmCorrections)[0]
