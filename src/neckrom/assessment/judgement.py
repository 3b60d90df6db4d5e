"""Judgement: what the measured range may be suggestive of, in the article's words."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

import numpy as np

from neckrom.assessment.norms import LoadedNorms, Norm
from neckrom.assessment.trunk import TRUNK_LIMIT_DEG, TRUNK_LIMIT_SHARE, trunk_stood_in
from neckrom.result import AsymmetryResult, Flag, MovementResult, SetAside, TrialResult
from neckrom.saying.sentences import in_english, statement_of
from neckrom.statement import Statement, state
from neckrom.types import MOVEMENTS, PAIRS, Interval, Movement, RangeOfMotion, Trial

STATEMENT_KEY = "judged.statement"
STATEMENT = (
    "This is a measurement with a reason beside every flag, not a diagnosis. A loss of half or more of the range, "
    "painful movement or a substantial difference between the sides may be suggestive of relevant cervical "
    "pathology; only a clinician who examines the person can tell. The angles are estimated from pictures, and the "
    "method was fitted and checked on rendered people whose angles are known exactly, and tried on few real ones."
)
"""In English, as results keep it; the text of :data:`STATEMENT_KEY`, to which a test holds it."""

Judged = tuple[Flag, tuple[Statement, ...]]
"""A flag and its reason."""


@dataclass(frozen=True, slots=True)
class JudgementSettings:
    """Limits that are our choice unless a source is named."""

    loss_share: float = 0.5
    """Significant is a loss of 50 % or more: the article."""
    asymmetry_percent: float = 20.0
    """Of the larger side; no source gives an agreed limit."""
    compensation_deg: float = TRUNK_LIMIT_DEG
    compensation_share: float = TRUNK_LIMIT_SHARE
    """Thorax movement counts as standing in for the neck beyond both."""


@dataclass(frozen=True, slots=True)
class PainReport:
    """What the person said.

    Attributes
    ----------
    intensity : int or None
        0 to 10 (NPRS); None if not asked.
    onset_deg : float or None
        Angle at which pain first came.
    """

    intensity: int | None = None
    onset_deg: float | None = None


def judge(
    rom: RangeOfMotion,
    norms: LoadedNorms,
    pain: dict[Movement, PainReport],
    settings: JudgementSettings,
) -> tuple[tuple[MovementResult, ...], tuple[AsymmetryResult, ...]]:
    """Judge the six directions and the two pairs.

    Parameters
    ----------
    rom : RangeOfMotion
        Neutral and the counted repetitions; degrees, positive in each direction.
    norms : LoadedNorms
        What is judged by.
    pain : dict of Movement to PainReport
        What was said of pain; a direction that is not in it was not asked about.
    settings : JudgementSettings
        Shares and limits from which on something is flagged.

    Returns
    -------
    movements : tuple of MovementResult
        The six directions, in the order of ``MOVEMENTS``.
    pairs : tuple of AsymmetryResult
        Rotation and side-bend, left against right.
    """
    movements = tuple(
        _movement(rom, movement, norms.of(movement), pain.get(movement, PainReport()), settings)
        for movement in MOVEMENTS
    )
    by_name = {item.movement: item for item in movements}
    pairs = tuple(
        _asymmetry(by_name[left], by_name[right], settings, sure=rom.neutral.sure) for left, right in PAIRS
    )
    return movements, pairs


def _movement(
    rom: RangeOfMotion, movement: Movement, norm: Norm, pain: PainReport, settings: JudgementSettings
) -> MovementResult:
    trials = rom.of(movement)
    best = max(trials, key=lambda trial: trial.peak_deg, default=None)
    peaks = [trial.peak_deg for trial in trials]
    bounded = any(trial.lower_bound for trial in trials)
    mean = statistics.fmean(peaks) if peaks and not bounded else None
    cv = 100 * statistics.stdev(peaks) / mean if mean and len(peaks) > 1 else None
    untested = rom.untested(movement)
    flag, reason = _range(rom, movement, best, norm, settings)
    pain_flag, pain_reason = judge_pain(pain)
    compensation, compensation_flag, compensation_reason = _compensation(trials, settings)
    reference = norm.reference_deg
    return MovementResult(
        movement=movement,
        status="tested" if untested is None else "not_tested",
        not_tested_because=untested,
        best_deg=_rounded(best.peak_deg) if best else None,
        mean_deg=_rounded(mean),
        cv_percent=_rounded(cv),
        interval95_deg=_interval(best.interval95) if best else None,
        lower_bound=best.lower_bound if best else False,
        reference_deg=reference,
        reference_source=f"{norm.citation} ({norm.population})",
        percent_of_reference=_rounded(100 * best.peak_deg / reference) if best and reference else None,
        healthy_low_deg=norm.healthy_low_deg,
        healthy_high_deg=norm.healthy_high_deg,
        flag=flag,
        reason=in_english(*reason),
        reason_statements=reason,
        pain=pain.intensity,
        pain_onset_deg=_rounded(pain.onset_deg),
        pain_flag=pain_flag,
        pain_reason=in_english(*pain_reason),
        pain_statements=pain_reason,
        compensation_deg=_rounded(compensation),
        compensation_flag=compensation_flag,
        compensation_reason=in_english(*compensation_reason),
        compensation_statements=compensation_reason,
        trials=tuple(_trial(trial) for trial in trials),
        set_aside=tuple(
            SetAside(
                start_s=_time(trial.start_s),
                peak_s=_time(trial.peak_s),
                end_s=_time(trial.end_s),
                peak_deg=_number(trial.peak_deg),
                reason=trial.note,
                reason_statement=statement_of(trial.note),
                kind=trial.aside,
            )
            for trial in rom.set_aside
            if trial.movement is movement
        ),
    )


_NO_ZERO = state("judged.range.no_zero")


def _range(
    rom: RangeOfMotion, movement: Movement, best: Trial | None, norm: Norm, settings: JudgementSettings
) -> Judged:
    untested = rom.untested(movement)
    if untested is not None or best is None:  # never a loss
        return "could_not_judge", (
            state(f"judged.untested.{untested or 'not_seen'}", movement=_name(movement)),
        )
    if not rom.neutral.sure:
        return "could_not_judge", (_NO_ZERO,)
    flag, reason = _loss(movement, best, norm, settings)
    unsure = flag == "could_not_judge" and norm.reference_deg is not None
    if unsure and _side_would_tell(rom, movement):
        reason = (*reason, state("judged.range.side_would_tell"))
    return flag, reason


def _side_would_tell(rom: RangeOfMotion, movement: Movement) -> bool:
    """Seen from the front, flexion and extension turn the face out of sight; from the side they do not."""
    return all(rom.planes) and movement.plane == 0


def _name(movement: Movement) -> str:
    """Key of the name by which clinicians know a movement."""
    return f"clinician.movement.{movement.value}"


def _loss(movement: Movement, best: Trial, norm: Norm, settings: JudgementSettings) -> Judged:
    if norm.reference_deg is None:
        return "could_not_judge", (state("judged.range.no_reference", movement=_name(movement)),)
    limit = settings.loss_share * norm.reference_deg
    judge_one = _loss_of_bound if best.lower_bound else _loss_of_value
    flag, reason = judge_one(best, limit, norm.reference_deg)
    return flag, (reason,)


def _loss_of_bound(best: Trial, limit: float, reference: float) -> tuple[Flag, Statement]:
    low = best.interval95.low if best.interval95 else best.peak_deg
    told = {"angle": _number(best.peak_deg), "half": limit, "reference": reference}
    if low >= limit:
        return "not_flagged", state("judged.range.bound_past", **told)
    return "could_not_judge", state("judged.range.bound_below", **told)


def _loss_of_value(best: Trial, limit: float, reference: float) -> tuple[Flag, Statement]:
    low, high = _ends(best)
    flag: Flag = "could_not_judge"
    if high <= limit:
        flag = "flagged"
    elif low > limit:
        flag = "not_flagged"
    key = {"flagged": "lost", "not_flagged": "fine", "could_not_judge": "close"}[flag]
    told = {
        "angle": _number(best.peak_deg),
        "percent": _number(100 * best.peak_deg / reference),
        "reference": reference,
    }
    if best.interval95 is None:
        return flag, state(f"judged.range.{key}", **told)
    return flag, state(f"judged.range.{key}_interval", **told, low=_number(low), high=_number(high))


def _ends(trial: Trial) -> tuple[float, float]:
    if trial.interval95 is None or trial.interval95.high is None:
        return trial.peak_deg, trial.peak_deg
    return trial.interval95.low, trial.interval95.high


def judge_pain(pain: PainReport) -> Judged:
    """Whether a movement is painful, and why.

    Parameters
    ----------
    pain : PainReport
        Intensity from 0 to 10, and the angle from which on it hurt, degrees; None: not asked.

    Returns
    -------
    flag : {"flagged", "not_flagged", "could_not_judge"}
        Any pain above 0, or at an angle, is flagged.
    reason : tuple of Statement
    """
    if pain.intensity is None and pain.onset_deg is None:
        return "could_not_judge", (state("judged.pain.not_asked"),)
    if pain.intensity == 0 and pain.onset_deg is None:
        return "not_flagged", (state("judged.pain.none"),)
    if pain.onset_deg is None:
        return "flagged", (state("judged.pain.score", score=pain.intensity or 0),)
    onset = _number(pain.onset_deg)
    if not pain.intensity:
        return "flagged", (state("judged.pain.from", onset=onset),)
    return "flagged", (state("judged.pain.score_from", score=pain.intensity, onset=onset),)


def with_pain(item: MovementResult, intensity: int | None) -> MovementResult:
    """A movement with what was said of its pain afterwards: the flag and its reason follow.

    Parameters
    ----------
    item : MovementResult
    intensity : int or None
        0 to 10; None: not asked. 0 takes away the angle from which on it hurt, too.

    Returns
    -------
    MovementResult
    """
    if intensity == item.pain:
        return item
    onset = None if intensity == 0 else item.pain_onset_deg  # none at all is none at any angle
    flag, reason = judge_pain(PainReport(intensity, onset))
    return item.model_copy(
        update={
            "pain": intensity,
            "pain_onset_deg": onset,
            "pain_flag": flag,
            "pain_reason": in_english(*reason),
            "pain_statements": reason,
        }
    )


def _compensation(
    trials: tuple[Trial, ...], settings: JudgementSettings
) -> tuple[float | None, Flag, tuple[Statement, ...]]:
    known = [trial for trial in trials if np.isfinite(trial.compensation_deg)]
    if not trials:
        return None, "could_not_judge", (state("judged.trunk.not_seen"),)
    if not known:
        return None, "could_not_judge", (state("judged.trunk.not_measured"),)
    worst = max(known, key=lambda trial: trial.compensation_deg)
    limit = max(settings.compensation_deg, settings.compensation_share * worst.peak_deg)
    moved = worst.compensation_deg
    if trunk_stood_in(moved, worst.peak_deg, settings.compensation_deg, settings.compensation_share):
        return moved, "flagged", (state("judged.trunk.along", trunk=_number(moved)),)
    if moved > 0.5 * limit:
        return moved, "not_flagged", (state("judged.trunk.somewhat", trunk=_number(moved)),)
    return moved, "not_flagged", (state("judged.trunk.still"),)


def _asymmetry(
    left: MovementResult, right: MovementResult, settings: JudgementSettings, *, sure: bool
) -> AsymmetryResult:
    pair = left.movement.value.split("_")[0]
    base = {
        "pair": pair,
        "left_deg": left.mean_deg,
        "right_deg": right.mean_deg,
        "percent_limit": settings.asymmetry_percent,
    }
    unknown = {"difference_deg": None, "percent": None, "smaller_side": None, "error_limit_deg": None}
    if left.mean_deg is None or right.mean_deg is None:
        why = _why_not_compared(left, right)
        return AsymmetryResult(
            **base, **unknown, flag="could_not_judge", reason=in_english(why), reason_statements=(why,)
        )
    difference = abs(left.mean_deg - right.mean_deg)
    larger = max(left.mean_deg, right.mean_deg)
    percent = 100 * difference / larger
    smaller_side = None if difference == 0 else ("left" if left.mean_deg < right.mean_deg else "right")
    error = _difference_limit(left, right)
    flag, reason = _asymmetry_verdict(difference, percent, error, smaller_side, settings)
    if not sure:
        flag, reason = "could_not_judge", _NO_ZERO
    return AsymmetryResult(
        **base,
        difference_deg=_number(difference),
        percent=_number(percent),
        smaller_side=smaller_side,
        error_limit_deg=_rounded(error),
        flag=flag,
        reason=in_english(reason),
        reason_statements=(reason,),
    )


def _asymmetry_verdict(
    difference: float,
    percent: float,
    error: float | None,
    smaller_side: str | None,
    settings: JudgementSettings,
) -> tuple[Flag, Statement]:
    told = {"difference": _number(difference), "percent": _number(percent)}
    if percent < settings.asymmetry_percent:
        return "not_flagged", state("judged.sides.alike", **told, limit=settings.asymmetry_percent)
    if error is not None and difference <= error:
        return "could_not_judge", state("judged.sides.error", **told, error=_number(error))
    beyond: dict[str, str | float] = {"side": f"side.{smaller_side}", "limit": settings.asymmetry_percent}
    if error is None:
        return "flagged", state("judged.sides.uneven", **told, **beyond)
    return "flagged", state("judged.sides.uneven_error", **told, **beyond, error=_number(error))


def _difference_limit(left: MovementResult, right: MovementResult) -> float | None:
    """Difference that measurement error alone may make, 95 %: errors of the two sides taken as independent."""
    halves = []
    for side in (left, right):
        if side.interval95_deg is None or side.interval95_deg[1] is None:
            return None
        halves.append((side.interval95_deg[1] - side.interval95_deg[0]) / 2)
    return math.hypot(*halves)


def _why_not_compared(left: MovementResult, right: MovementResult) -> Statement:
    for side in (left, right):
        if side.best_deg is None:
            return state("judged.sides.not_seen", movement=_name(side.movement))
    bounded = tuple(_name(side.movement) for side in (left, right) if side.mean_deg is None)
    return state("judged.sides.bound", movements=bounded)


def _trial(trial: Trial) -> TrialResult:
    coupling, speed = trial.coupling_deg, trial.speed
    return TrialResult(
        start_s=_time(trial.start_s),
        peak_s=_time(trial.peak_s),
        end_s=_time(trial.end_s),
        hold_start_s=_time(trial.hold_start_s),
        hold_end_s=_time(trial.hold_end_s),
        peak_deg=_number(trial.peak_deg),
        sd_deg=_rounded(trial.sd_deg),
        interval95_deg=_interval(trial.interval95),
        lower_bound=trial.lower_bound,
        compensation_deg=_rounded(trial.compensation_deg),
        coupling_deg=(_number(coupling[0]), _number(coupling[1])) if np.isfinite(coupling).all() else None,
        peak_speed_deg_s=_rounded(speed.peak_deg_s) if speed else None,
        mean_speed_deg_s=_rounded(speed.mean_deg_s) if speed else None,
        speed_peaks=speed.peaks if speed else None,
        source=trial.source,
        note=trial.note,
        note_statement=statement_of(trial.note),
    )


def _interval(interval: Interval | None) -> tuple[float, float | None] | None:
    if interval is None:
        return None
    return _number(interval.low), _rounded(interval.high)


def _number(value: float) -> float:
    """Two decimals are kept: more would be noise, fewer would hide a change."""
    return round(float(value), 2) + 0.0


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else _number(value)


def _time(value: float) -> float:
    return round(float(value), 3)
