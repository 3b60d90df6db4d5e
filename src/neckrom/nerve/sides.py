"""Both legs of one person beside each other: by how much their angles differ, and how far off that can be.

The pose model reads a person's hips and knees beside the joints, by another amount in each person. Both legs of one
person are read off alike, so their difference is known better than either angle: its error comes from people of whom
both legs were read, not from the errors of two strangers. It is smallest where each leg was filmed from its own side,
in two recordings; in one recording the far leg is read otherwise than the near one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neckrom.body import Side
from neckrom.nerve.corrections import Corrections, LegTest, load_corrections
from neckrom.nerve.holding import READING_SD_DEG
from neckrom.nerve.limits import HEALTHY_SIDE_DIFFERENCE_DEG
from neckrom.nerve.result import NerveResult, NerveTrial

Interval = tuple[float, float]

SideDifference = Literal["unusual", "within_error", "usual", "one_side"]

Filmed = Literal["near_near", "near_far"]
"""Each leg from its own side, in two recordings; both in one, from the side of one of them."""


MAIN: dict[LegTest, str] = {"slr": "raise", "slump": "knee"}
"""The angle of a test that is compared."""


@dataclass(frozen=True, slots=True)
class SidesCompared:
    """Both sides against each other; degrees."""

    difference_deg: float
    interval95_deg: Interval
    smaller: Side
    verdict: SideDifference


@dataclass(frozen=True, slots=True)
class SideAngle:
    """The angle of one leg that is compared.

    Attributes
    ----------
    angle_deg : float
        Raise (straight leg raise) or knee (slump); NaN where not measured.
    wider_deg : float
        By how much the half of its interval is wider than that of an angle that was seen throughout: the leg was
        lost at the mark.
    """

    angle_deg: float
    wider_deg: float = 0.0


def angle_half_deg(corrections: Corrections, test: LegTest, which: Literal["near", "far"]) -> float:
    """Half of the 95 % interval of a leg's angle that was seen throughout, degrees.

    Parameters
    ----------
    corrections : Corrections
    test : {"slr", "slump"}
    which : {"near", "far"}

    Returns
    -------
    float
    """
    bias = corrections.errors[f"{test}.{MAIN[test]}.{which}"]["between_sd_deg"]
    return 1.96 * float(np.hypot(bias, READING_SD_DEG))


def difference_half_deg(corrections: Corrections, test: LegTest, filmed: Filmed) -> float:
    """Half of the 95 % interval of the difference between two angles that were seen throughout, degrees.

    Parameters
    ----------
    corrections : Corrections
    test : {"slr", "slump"}
    filmed : {"near_near", "near_far"}

    Returns
    -------
    float
    """
    own = corrections.errors[f"{test}.sides.{filmed}"]["between_sd_deg"]
    # each of both angles is read at one moment, and goes up and down about the person's own bias
    about = corrections.errors[f"{test}.{MAIN[test]}.near"]["within_sd_deg"]
    return 1.96 * float(np.hypot(own, np.sqrt(2.0) * about))


def compare_angles(
    corrections: Corrections, test: LegTest, filmed: Filmed, left: SideAngle, right: SideAngle
) -> SidesCompared | None:
    """Both legs of a person against each other.

    Parameters
    ----------
    corrections : Corrections
    test : {"slr", "slump"}
    filmed : {"near_near", "near_far"}
    left, right : SideAngle

    Returns
    -------
    SidesCompared or None
        None where an angle was not measured. The smaller side is the one that went less far.
    """
    if not (np.isfinite(left.angle_deg) and np.isfinite(right.angle_deg)):
        return None
    half = difference_half_deg(corrections, test, filmed) + left.wider_deg + right.wider_deg
    difference = abs(left.angle_deg - right.angle_deg)
    limit = HEALTHY_SIDE_DIFFERENCE_DEG.get(test)
    if difference < half:
        verdict: SideDifference = "within_error"
    else:
        verdict = "unusual" if limit is not None and difference >= limit else "usual"
    # a knee that stays bent went less far: there the larger angle is the smaller way
    straighter = left.angle_deg > right.angle_deg if test == "slr" else left.angle_deg < right.angle_deg
    return SidesCompared(
        difference_deg=difference,
        interval95_deg=(max(0.0, difference - half), difference + half),
        smaller="right" if straighter else "left",
        verdict=verdict,
    )


def compare_recordings(one: NerveResult, another: NerveResult) -> SidesCompared | None:
    """Two recordings of one person and test, each of the leg on the camera's side.

    Parameters
    ----------
    one, another : NerveResult
        In any order. That both show one person, on one day, is for the caller to know.

    Returns
    -------
    SidesCompared or None
        None where they are of different tests, of arms, of the same side, measured with different fitted numbers, or
        where the near leg of either has no angle. Compared are the first symptoms, or where not both have one, the
        ends of the ways.
    """
    test = one.kind
    if test == "arms" or another.kind != test or {one.side, another.side} != {"left", "right"}:
        return None
    corrections = load_corrections()
    if {one.tool.calibration_id, another.tool.calibration_id} != {corrections.calibration_id}:
        return None
    left, right = (one, another) if one.side == "left" else (another, one)
    trials = [[t for t in result.trials if t.leg == result.side] for result in (left, right)]
    felt = all(any(trial.symptom_s is not None for trial in own) for own in trials)
    angles = [_mean_of(test, own, corrections, felt=felt) for own in trials]
    return compare_angles(corrections, test, "near_near", angles[0], angles[1])


def mean_angle(angles: list[SideAngle]) -> SideAngle:
    """Mean of the repetitions of one leg, those without an angle left out.

    Parameters
    ----------
    angles : list of SideAngle

    Returns
    -------
    SideAngle
        NaN where none has an angle; as wide as the widest of them.
    """
    seen = [angle for angle in angles if np.isfinite(angle.angle_deg)]
    if not seen:
        return SideAngle(float("nan"))
    return SideAngle(
        float(np.mean([angle.angle_deg for angle in seen])), max(angle.wider_deg for angle in seen)
    )


def _mean_of(
    test: Literal["slr", "slump"], trials: list[NerveTrial], corrections: Corrections, *, felt: bool
) -> SideAngle:
    half = angle_half_deg(corrections, test, "near")

    def of(trial: NerveTrial) -> SideAngle:
        if not felt:
            end = trial.leg_raise_deg if test == "slr" else trial.knee_deg
            return SideAngle(float("nan") if end is None else end)
        if trial.symptom_angle_deg is None or trial.interval95_deg is None:
            return SideAngle(float("nan"))
        low, high = trial.interval95_deg
        # results are written with two decimals
        return SideAngle(trial.symptom_angle_deg, max(0.0, 0.5 * (high - low) - half - 0.01))

    return mean_angle([of(trial) for trial in trials])
