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
from neckrom.nerve.arms.raw_angles import ArmAngles, RawArmAngles, wrapped
from neckrom.nerve.corrections import at_rest
from neckrom.resources import resource
from neckrom.types import FloatArray

OVERHEAD_FROM_DEG, OVERHEAD_DEG = 90.0, 80.0
"""From the first on an arm counts as overhead, by its raw abduction; the second scales how far."""
UPPER_SHARE = 0.5
"""Of the trunk's length, about, in everybody."""
FORWARD_DEG = 9.0
"""By so much, about, the elbow of an arm that is held straight is bent forwards: people used for fitting, 3 to 15. From
the front that cannot be seen; neither a segment's length nor the model's depth tells one person from another."""
BENT_DEG, BENT_WITHIN_DEG = 40.0, 8.0
"""An elbow goes over from straight to bent about the first, within some of the second."""
OVER_HEAD_SHARE = 0.5
"""Of the shoulder's way beside its joint, so much the elbow shares when it is bent with the hand over the head."""


class ArmCorrections(Fitted):
    """Fitted numbers.

    Attributes
    ----------
    coefficients : dict
        Of ``abduction``, ``elbow`` and ``neck``, in the order of the features below.
    errors : dict
        By position (of the angle at the symptom), the same with ``.sides`` (left less right), and ``neck``:
        ``between_sd_deg`` from person to person, ``within_sd_deg`` about it, on people left out of the fit.
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


def corrected_abduction_deg(arm: ArmAngles, coefficients: FloatArray) -> FloatArray:
    """The abduction as the joints make it, not yet smoothed.

    Parameters
    ----------
    arm : ArmAngles
    coefficients : ndarray, shape (13,)
        Of :func:`abduction_features`.

    Returns
    -------
    ndarray, shape (N,)
        Degrees; NaN where the arm was not read.
    """
    return np.asarray(arm.abduction_deg + abduction_features(arm) @ coefficients)


def elbow_seen_deg(arm: ArmAngles, abduction_deg: FloatArray) -> FloatArray:
    """The elbow's bend in the picture's plane, before what cannot be seen there.

    The forearm is looked at from the elbow to the hand. The upper arm's direction is the corrected one while the elbow
    is straight: overhead the model puts the shoulder beside the joint. A bent elbow it puts beside the joint, too, to
    the same side: with the hand outwards by as much as the shoulder, with the hand over the head by half.

    Parameters
    ----------
    arm : ArmAngles
    abduction_deg : ndarray, shape (N,)
        Corrected.

    Returns
    -------
    ndarray, shape (N,)
        Degrees, -180 to 180; overhead + with the hand outwards, - with the hand over the head.
    """
    bend = wrapped(arm.abduction_deg - arm.hand_deg)
    correction = abduction_deg - arm.abduction_deg
    counts = 1.0 - _bent(bend + correction) * np.where(bend < 0.0, OVER_HEAD_SHARE, 1.0)
    return np.asarray(bend + correction * counts)


def elbow_main_deg(seen_deg: FloatArray) -> FloatArray:
    """What the correction of the elbow is added to: the bend that is seen, and one at a right angle to it.

    Parameters
    ----------
    seen_deg : ndarray, shape (N,)
        From :func:`elbow_seen_deg`.

    Returns
    -------
    ndarray, shape (N,)
        Degrees, ``FORWARD_DEG`` at least.
    """
    return np.hypot(seen_deg, FORWARD_DEG)


def elbow_features(arm: ArmAngles, seen_deg: FloatArray) -> FloatArray:
    """What the correction of the elbow is made of, shape (N, 3).

    Parameters
    ----------
    arm : ArmAngles
    seen_deg : ndarray, shape (N,)
        From :func:`elbow_seen_deg`.

    Returns
    -------
    ndarray, shape (N, 3)
        Without unit; NaN where the arm was not read.
    """
    bent = _bent(seen_deg)
    return np.stack(
        [
            np.ones_like(bent),
            bent * (np.abs(seen_deg) - 70.0) / 30.0,
            4.0 * bent * (forearm_seen(arm) - 1.0),
        ],
        axis=1,
    )


def forearm_seen(arm: ArmAngles) -> FloatArray:
    """Length of the forearm in the picture as a share of how long it is seen at most.

    Parameters
    ----------
    arm : ArmAngles

    Returns
    -------
    ndarray, shape (N,)
        About 1; small where the forearm points at the camera or away from it.
    """
    share = arm.forearm_share
    if not np.isfinite(share).any():
        return np.full_like(share, np.nan)
    return share / float(np.nanpercentile(share, 80))


def _bent(bend_deg: FloatArray) -> FloatArray:
    """0 for a straight elbow, 1 for a bent one, without a step between them."""
    return np.asarray(1.0 / (1.0 + np.exp(-(np.abs(bend_deg) - BENT_DEG) / BENT_WITHIN_DEG)))


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
