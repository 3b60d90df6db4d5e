"""Angles of an arm test over time, as joints make them: corrected, smoothed, with what is known of their error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Body, Side
from neckrom.body.smoothing import smoothed
from neckrom.nerve.arms.corrections import (
    ArmCorrections,
    corrected_abduction_deg,
    elbow_features,
    elbow_main_deg,
    elbow_seen_deg,
    forearm_seen,
    load_arm_corrections,
    neck_features,
    neck_rest,
)
from neckrom.nerve.arms.raw_angles import ArmAngles, RawArmAngles, raw_arm_angles
from neckrom.types import BoolArray, FloatArray

STRAIGHT_WITHIN_DEG = 40.0
"""An elbow that is bent by more is a bent one."""


@dataclass(frozen=True, slots=True)
class ArmSeries:
    """One arm over time, each shape (N,), degrees; NaN where not measured.

    Attributes
    ----------
    abduction_deg : ndarray
        Upper arm against the trunk's line, 0 hanging, 90 out to the side.
    elbow_deg : ndarray
        0 = straight. With the hand outside of the picture only enough to tell a bent elbow from a straight one:
        ``elbow_told_deg`` is without these frames.
    upper_turn_deg, reach_turn_deg : ndarray
        Upper arm, and shoulder to wrist, against the trunk in the picture: whether an arm is led or stands is seen
        there. Only differences mean anything.
    forearm_seen : ndarray
        Length of the forearm in the picture as a share of how long it is seen at most: small where it points at the
        camera or away from it.
    raw : ArmAngles, optional
        Frame by frame, before correction and smoothing: whether an arm is held from a moment on must not depend on how
        it moved before.
    """

    abduction_deg: FloatArray
    elbow_deg: FloatArray
    upper_turn_deg: FloatArray
    reach_turn_deg: FloatArray
    forearm_seen: FloatArray
    raw: ArmAngles | None = None

    @property
    def hand_outside(self) -> BoolArray:
        """Frames in which the hand does not fit into the picture, shape (N,)."""
        return np.zeros(len(self.elbow_deg), dtype=bool) if self.raw is None else self.raw.hand_outside

    @property
    def elbow_told_deg(self) -> FloatArray:
        """The elbow, shape (N,), degrees; NaN also where the hand is outside of the picture."""
        return np.where(self.hand_outside, np.nan, self.elbow_deg)


@dataclass(frozen=True, slots=True)
class ArmTestAngles:
    """Angles of an arm test.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    arms : dict
        By side.
    neck_side_bend_deg : ndarray, shape (N,)
        Head against trunk, + to the left; at the beginning of the recording it is taken to be straight.
    trunk_lean_deg : ndarray, shape (N,)
        Against the picture's vertical, + to the person's left.
    corrections : ArmCorrections
        The fitted numbers that were used.
    """

    time_s: FloatArray
    arms: dict[Side, ArmSeries]
    neck_side_bend_deg: FloatArray
    trunk_lean_deg: FloatArray
    corrections: ArmCorrections

    def sd_deg(self, name: str) -> float:
        """Standard deviation of an angle's bias from person to person.

        Parameters
        ----------
        name : str
            A position, of which the angle at the symptom is meant; with ``.sides``, left less right; or ``neck``.

        Returns
        -------
        float
            Degrees; of the reading on people left out of the fit.
        """
        return float(self.corrections.errors[name]["between_sd_deg"])


def measure_arm_angles(body: Body, *, rest: FloatArray | None = None) -> ArmTestAngles:
    """Angles of an arm test over time.

    Parameters
    ----------
    body : Body
        Seen from the front.
    rest : ndarray, shape (5,), optional
        The neck at rest (:func:`neckrom.nerve.arms.corrections.neck_rest`), for a part of a recording that does not
        begin with it; else the beginning is taken.

    Returns
    -------
    ArmTestAngles
    """
    corrections = load_arm_corrections()
    raw = raw_arm_angles(body)
    return ArmTestAngles(
        time_s=raw.time_s,
        arms={side: _arm(arm, raw, corrections) for side, arm in raw.arms.items()},
        neck_side_bend_deg=smoothed(raw.time_s, _neck(raw, corrections, rest)),
        trunk_lean_deg=smoothed(raw.time_s, raw.trunk_deg),
        corrections=corrections,
    )


def _arm(arm: ArmAngles, raw: RawArmAngles, corrections: ArmCorrections) -> ArmSeries:
    abduction = corrected_abduction_deg(arm, np.array(corrections.coefficients["abduction"]))
    seen = elbow_seen_deg(arm, abduction)
    elbow = elbow_main_deg(seen) + elbow_features(arm, seen) @ np.array(corrections.coefficients["elbow"])
    return ArmSeries(
        abduction_deg=smoothed(raw.time_s, np.clip(abduction, 0.0, 180.0)),
        elbow_deg=smoothed(raw.time_s, np.clip(elbow, 0.0, 180.0)),
        upper_turn_deg=smoothed(raw.time_s, arm.abduction_deg),
        reach_turn_deg=smoothed(raw.time_s, arm.reach_deg),
        forearm_seen=forearm_seen(arm),
        raw=arm,
    )


def _neck(raw: RawArmAngles, corrections: ArmCorrections, rest: FloatArray | None) -> FloatArray:
    moved = neck_features(raw) - (neck_rest(raw) if rest is None else rest)
    return np.asarray(moved @ np.array(corrections.coefficients["neck"]))
