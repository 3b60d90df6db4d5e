"""From the angles of the pose model's points to those of joints: fitted on rendered people.

The model's points lie off the joint centres, always to the same side: hips and shoulders by 2 to 3 % of the stature.
An offset that is fixed in one segment turns the next segment by a sine of the angle between both, so each angle is
corrected by a few sines and cosines, apart for the near and the far leg. Feet and head are read from several points
at once, because none of them says it well alone. All coefficients are in ``calibration/nerve.json``, made by
``calibration/fit_nerve.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from neckrom.body import Side
from neckrom.body.fitted import Fitted, read_fitted
from neckrom.nerve.raw_angles import LegAngles, RawAngles
from neckrom.resources import resource
from neckrom.types import FloatArray

LegTest = Literal["slr", "slump"]
Which = Literal["near", "far"]
REST_S = 0.7
"""A recording begins with the head at rest for this long."""
THIGH_TURN_DEG = 8.0
"""The thigh is taken to turn by no more than this while the knee is straightened on a bench: more is a lifted thigh."""
HANGS_WITHIN_DEG = 12.0
"""A leg hangs where its knee is bent by at most this much less than it is at most."""


class Corrections(Fitted):
    """Fitted numbers.

    Attributes
    ----------
    coefficients : dict
        By ``test.angle.which`` (``neck``: without ``which``), in the order of the features below.
    neck_rest_deg : dict
        Flexion of a neck at rest, by test: upright (slump), on a pillow (straight leg raise).
    errors : dict
        By the same names: ``between_sd_deg`` from person to person, ``within_sd_deg`` about it, on ``people``
        who were left out of the fit.
    calibration_id : str
    """

    coefficients: dict[str, tuple[float, ...]]
    neck_rest_deg: dict[str, float]
    errors: dict[str, dict[str, float]]
    calibration_id: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A person at rest, as it was read: what later angles are measured from.

    Attributes
    ----------
    neck : ndarray, shape (5,)
        From :func:`neck_rest`.
    thigh_deg : dict
        By side: direction of the thigh in the picture while the knee hangs; NaN where it was not seen.
    """

    neck: FloatArray
    thigh_deg: dict[Side, float]

    @property
    def known(self) -> bool:
        """Whether the neck was seen."""
        return bool(np.isfinite(self.neck).all())


def rest_of(raw: RawAngles) -> Rest:
    """A person at rest: the neck at the beginning of the recording, each thigh where its knee is bent most.

    Parameters
    ----------
    raw : RawAngles

    Returns
    -------
    Rest
    """
    return Rest(neck_rest(raw), {side: _thigh_rest(leg) for side, leg in raw.legs.items()})


def _thigh_rest(leg: LegAngles) -> float:
    seen = np.isfinite(leg.knee_deg) & np.isfinite(leg.thigh_deg)
    if not seen.any():
        return float("nan")
    hangs = seen & (leg.knee_deg > np.percentile(leg.knee_deg[seen], 90) - HANGS_WITHIN_DEG)
    return float(np.median(leg.thigh_deg[hangs]))


def _wrapped(angle_deg: FloatArray) -> FloatArray:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)


def _waves(angle_deg: FloatArray) -> list[FloatArray]:
    angle = np.radians(angle_deg)
    return [np.sin(angle), np.cos(angle)]


def raise_features(leg: LegAngles) -> FloatArray:
    """What the correction of the leg's raise is made of, shape (N, 4).

    Parameters
    ----------
    leg : LegAngles

    Returns
    -------
    ndarray, shape (N, 4)
        Without unit; NaN where the leg was not read.
    """
    one = np.ones_like(leg.raise_deg)
    return np.stack([one, *_waves(leg.raise_deg), (leg.resting_deg + 8.0) / 8.0], axis=1)


def knee_features(leg: LegAngles, test: LegTest, thigh_rest_deg: float) -> FloatArray:
    """What the correction of the knee is made of, shape (N, 5), of the slump test (N, 6).

    On a bench the thigh lies still while the knee is straightened. The model's knee does not: with the knee straight
    it lies on the kneecap, above the joint, by another amount in each person. By how much the thigh is read to have
    turned since the leg hung says how much that is; a thigh that really is lifted turns by more than is corrected.

    Parameters
    ----------
    leg : LegAngles
    test : {"slr", "slump"}
    thigh_rest_deg : float
        From :func:`rest_of`; NaN where it is not known.

    Returns
    -------
    ndarray, shape (N, 5) or (N, 6)
        Without unit; NaN where the leg was not read.
    """
    one = np.ones_like(leg.knee_deg)
    features = [one, *_waves(leg.raise_deg), *_waves(leg.knee_deg)]
    if test == "slump":
        turned = _wrapped(leg.thigh_deg - thigh_rest_deg) if np.isfinite(thigh_rest_deg) else 0.0 * one
        features.append(np.clip(turned / THIGH_TURN_DEG, -1.0, 1.0))
    return np.stack(features, axis=1)


def ankle_features(leg: LegAngles) -> FloatArray:
    """What the ankle is made of beside the sole's own angle, shape (N, 7).

    Parameters
    ----------
    leg : LegAngles

    Returns
    -------
    ndarray, shape (N, 7)
        Without unit; NaN where the leg was not read.
    """
    sole = leg.sole_deg
    return np.stack(
        [
            np.ones_like(sole),
            (sole + 10.0) / 30.0,
            (leg.instep_deg - sole + 20.0) / 30.0,
            leg.heel_deg / 30.0,
            *_waves(leg.knee_deg),
            np.sin(np.radians(leg.raise_deg)),
        ],
        axis=1,
    )


def neck_features(raw: RawAngles) -> FloatArray:
    """What the neck's flexion is made of, shape (N, 5): only differences from rest mean anything.

    Parameters
    ----------
    raw : RawAngles

    Returns
    -------
    ndarray, shape (N, 5)
        Without unit: angles in 20 degrees, lengths in a fifth of the trunk. NaN where not read.
    """
    return np.stack(
        [
            raw.profile_deg / 20.0,
            raw.jaw_deg / 20.0,
            (90.0 - raw.trunk_deg) / 20.0,
            raw.nose_reach / 0.2,
            raw.ear_reach / 0.2,
        ],
        axis=1,
    )


def neck_moved(raw: RawAngles, rest: FloatArray) -> FloatArray:
    """The features of the neck less those at rest, shape (N, 5); angles the short way round.

    Parameters
    ----------
    raw : RawAngles
    rest : ndarray, shape (5,)
        From :func:`neck_rest`.

    Returns
    -------
    ndarray, shape (N, 5)
        Without unit; NaN where not read.
    """
    moved = neck_features(raw) - rest
    turn = 360.0 / 20.0
    moved[:, :3] = (moved[:, :3] + turn / 2) % turn - turn / 2
    return moved


def at_rest(time_s: FloatArray, features: FloatArray) -> FloatArray:
    """Features as a recording begins.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    features : ndarray, shape (N, K)

    Returns
    -------
    ndarray, shape (K,)
        Median over the first ``REST_S``; NaN where nothing was seen whole.
    """
    begun = features[time_s <= time_s[0] + REST_S]
    begun = begun[np.isfinite(begun).all(axis=1)]
    return np.median(begun, axis=0) if len(begun) else np.full(features.shape[1], np.nan)


def neck_rest(raw: RawAngles) -> FloatArray:
    """The features of the neck at rest, shape (5,): the beginning of the recording; NaN where not seen.

    The zero of the neck differs between people by the reading more than a neck at rest does, so it is the person's
    own, as everywhere in neckrom.

    Parameters
    ----------
    raw : RawAngles

    Returns
    -------
    ndarray, shape (5,)
        Median over the first ``REST_S``.
    """
    return at_rest(raw.time_s, neck_features(raw))


@cache
def load_corrections() -> Corrections:
    """The fitted numbers that travel with the package.

    Returns
    -------
    Corrections

    Raises
    ------
    EnvironmentProblemError
        If they are missing or damaged.
    """
    return read_fitted(resource("calibration", "nerve.json"), Corrections)[0]
