"""Angles of a leg test over time, as joints make them: corrected, without spikes, with what is known of their error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from neckrom.body import Body, Side
from neckrom.body.smoothing import smoothed
from neckrom.nerve.corrections import (
    Corrections,
    LegTest,
    Rest,
    Which,
    ankle_features,
    knee_features,
    load_corrections,
    neck_moved,
    raise_features,
    rest_of,
)
from neckrom.nerve.raw_angles import LegAngles, RawAngles, raw_angles
from neckrom.types import FloatArray


@dataclass(frozen=True, slots=True)
class LegSeries:
    """One leg over time, each shape (N,), degrees; NaN where not measured.

    Attributes
    ----------
    which : {"near", "far"}
        As the camera sees it.
    raise_deg : ndarray
        Thigh against the trunk's line, 0 lying straight, + to the front.
    knee_deg : ndarray
        0 = straight.
    ankle_deg : ndarray
        + toes to the shin, 0 at a right angle.
    turn_deg : ndarray
        Turn in the picture of what is held in the test: the whole leg (straight leg raise), the shank (slump). Only
        differences mean anything; the trunk has no part in them.
    """

    which: Which
    raise_deg: FloatArray
    knee_deg: FloatArray
    ankle_deg: FloatArray
    turn_deg: FloatArray


@dataclass(frozen=True, slots=True)
class LegTestAngles:
    """Angles of a leg test.

    Attributes
    ----------
    test : {"slr", "slump"}
    time_s : ndarray, shape (N,)
    near : {"left", "right"}
        The side that is seen.
    legs : dict
        By side.
    neck_flexion_deg : ndarray, shape (N,)
        Head against the upper trunk, + chin to chest; at the beginning of the recording it is taken to be at rest.
    trunk_lean_deg : ndarray, shape (N,)
        Line from the hips up to the shoulders against the picture's vertical, + to the front; lying, -90.
    corrections : Corrections
        The fitted numbers that were used.
    """

    test: LegTest
    time_s: FloatArray
    near: Side
    legs: dict[Side, LegSeries]
    neck_flexion_deg: FloatArray
    trunk_lean_deg: FloatArray
    corrections: Corrections

    def without(self, spans: Sequence[tuple[float, float]]) -> LegTestAngles:
        """The same with no angle of either leg in some stretches, from start to end in seconds.

        Parameters
        ----------
        spans : sequence of (float, float)
            Seconds; both ends belong to the stretch.

        Returns
        -------
        LegTestAngles
            Raise, knee, ankle and turn of both legs are NaN there; neck and trunk are kept.
        """
        if not spans:
            return self
        away = np.any([(self.time_s >= start) & (self.time_s <= end) for start, end in spans], axis=0)

        def kept(angle: FloatArray) -> FloatArray:
            return np.where(away, np.nan, angle)

        legs = {
            side: LegSeries(
                leg.which, kept(leg.raise_deg), kept(leg.knee_deg), kept(leg.ankle_deg), kept(leg.turn_deg)
            )
            for side, leg in self.legs.items()
        }
        return replace(self, legs=legs)


def measure_angles(body: Body, near: Side, test: LegTest, *, rest: Rest | None = None) -> LegTestAngles:
    """Angles of a leg test over time.

    Parameters
    ----------
    body : Body
        Each leg with its own points.
    near : {"left", "right"}
        The side that is seen.
    test : {"slr", "slump"}
    rest : Rest, optional
        The person at rest (:func:`neckrom.nerve.corrections.rest_of`), for a part of a recording that does not show
        that; else it is read from the recording itself.

    Returns
    -------
    LegTestAngles
    """
    corrections = load_corrections()
    raw = raw_angles(body, near)
    at_rest = rest_of(raw) if rest is None else rest
    legs = {
        side: _leg(
            leg,
            "near" if side == near else "far",
            test,
            corrections,
            raw.time_s,
            thigh_rest_deg=at_rest.thigh_deg[side],
        )
        for side, leg in raw.legs.items()
    }
    return LegTestAngles(
        test=test,
        time_s=raw.time_s,
        near=near,
        legs=legs,
        neck_flexion_deg=smoothed(raw.time_s, _neck(raw, test, corrections, at_rest)),
        trunk_lean_deg=smoothed(raw.time_s, _wrapped(90.0 - raw.trunk_deg)),
        corrections=corrections,
    )


def _leg(
    raw: LegAngles,
    which: Which,
    test: LegTest,
    corrections: Corrections,
    time_s: FloatArray,
    *,
    thigh_rest_deg: float,
) -> LegSeries:
    def corrected(angle: str, main: FloatArray, features: FloatArray) -> FloatArray:
        weights = np.array(corrections.coefficients[f"{test}.{angle}.{which}"])
        return smoothed(time_s, main + features @ weights)

    return LegSeries(
        which=which,
        raise_deg=corrected("raise", raw.raise_deg, raise_features(raw)),
        knee_deg=corrected("knee", raw.knee_deg, knee_features(raw, test, thigh_rest_deg)),
        ankle_deg=corrected("ankle", raw.sole_deg, ankle_features(raw)),
        turn_deg=smoothed(time_s, raw.leg_turn_deg if test == "slr" else raw.shank_turn_deg),
    )


def _neck(raw: RawAngles, test: LegTest, corrections: Corrections, rest: Rest) -> FloatArray:
    moved = neck_moved(raw, rest.neck)
    return np.asarray(
        corrections.neck_rest_deg[test] + moved @ np.array(corrections.coefficients[f"{test}.neck"])
    )


def _wrapped(angle_deg: FloatArray) -> FloatArray:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)
