"""From the angles of the pose model's points to those of joints: fitted on rendered people.

The model's points lie off the joint centres, always to the same side: hips and shoulders by 2 to 3 % of the stature.
An offset that is fixed in one segment turns the next segment by a sine of the angle between both, so each angle is
corrected by a few sines and cosines, apart for the near and the far leg. Feet and head are read from several points
at once, because none of them says it well alone. All coefficients are in ``calibration/nerve.json``, made by
``calibration/fit_nerve.py``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from neckrom.errors import EnvironmentProblemError
from neckrom.nerve.raw_angles import LegAngles, RawAngles
from neckrom.resources import resource
from neckrom.types import FloatArray

LegTest = Literal["slr", "slump"]
Which = Literal["near", "far"]
FILE = "nerve.json"


@dataclass(frozen=True, slots=True)
class Corrections:
    """Fitted numbers.

    Attributes
    ----------
    coefficients : dict
        By ``test.angle.which`` (``neck``: without ``which``), in the order of the features below.
    errors : dict
        By the same names: ``sd_deg`` between clips and within one, on people left out of the fit.
    calibration_id : str
    """

    coefficients: dict[str, tuple[float, ...]]
    errors: dict[str, dict[str, float]]
    calibration_id: str


def _waves(angle_deg: FloatArray) -> list[FloatArray]:
    angle = np.radians(angle_deg)
    return [np.sin(angle), np.cos(angle)]


def raise_features(leg: LegAngles) -> FloatArray:
    """What the correction of the leg's raise is made of, shape (N, 3)."""
    return np.stack([np.ones_like(leg.raise_deg), *_waves(leg.raise_deg)], axis=1)


def knee_features(leg: LegAngles) -> FloatArray:
    """What the correction of the knee is made of, shape (N, 5)."""
    return np.stack([np.ones_like(leg.knee_deg), *_waves(leg.raise_deg), *_waves(leg.knee_deg)], axis=1)


def ankle_features(leg: LegAngles) -> FloatArray:
    """What the ankle is made of beside the sole's own angle, shape (N, 7)."""
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
    """What the neck's flexion is made of, shape (N, 5)."""
    return np.stack(
        [
            np.ones_like(raw.face_deg),
            (raw.face_deg - 115.0) / 30.0,
            (raw.jaw_deg - 140.0) / 30.0,
            raw.ear_deg / 30.0,
            (raw.trunk_share - 0.7) / 0.1,
        ],
        axis=1,
    )


def load_corrections() -> Corrections:
    """The fitted numbers that travel with the package.

    Raises
    ------
    EnvironmentProblemError
        If they are missing or damaged.
    """
    return _loaded()


@cache
def _loaded() -> Corrections:
    path = resource("calibration", FILE)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Corrections(
            coefficients={name: tuple(map(float, row)) for name, row in content["coefficients"].items()},
            errors={name: dict(row) for name, row in content["errors"].items()},
            calibration_id=str(content["calibration_id"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentProblemError(f"{path} is damaged: install neckrom again.") from error
