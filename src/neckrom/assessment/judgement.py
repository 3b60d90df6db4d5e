"""Judgement: what the measured range may be suggestive of, in the article's words."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

import numpy as np

from neckrom.assessment.norms import LoadedNorms, Norm
from neckrom.result import AsymmetryResult, Flag, MovementResult, SetAside, TrialResult
from neckrom.types import MOVEMENTS, PAIRS, Interval, Movement, RangeOfMotion, Trial, Untested

STATEMENT = (
    "This is a measurement with a reason beside every flag, not a diagnosis. A loss of half or more of the range, "
    "painful movement or a substantial difference between the sides may be suggestive of relevant cervical "
    "pathology; only a clinician who examines the person can tell. The angles are estimated from pictures, and the "
    "method was fitted and checked on rendered people whose angles are known exactly, not on real ones."
)


@dataclass(frozen=True, slots=True)
class JudgementSettings:
    """Limits that are our choice unless a source is named."""

    loss_share: float = 0.5
    """Significant is a loss of 50 % or more: the article."""
    asymmetry_percent: float = 20.0
    """Of the larger side; no source gives an agreed limit."""
    compensation_deg: float = 8.0
    compensation_share: float = 0.2
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
    """Judge the six directions and the two pairs."""
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
    if untested is not None:
        flag, reason = "could_not_judge", _not_tested(rom, movement, untested)
    elif not rom.neutral.sure:
        flag, reason = "could_not_judge", _NO_ZERO
    else:
        flag, reason = _loss(movement, best, norm, settings)
        if (
            best is not None
            and flag == "could_not_judge"
            and norm.reference_deg
            and _side_would_tell(rom, movement)
        ):
            reason += " A clip filmed from the person's side would settle it."
    pain_flag, pain_reason = _pain(pain)
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
        reason=reason,
        pain=pain.intensity,
        pain_onset_deg=_rounded(pain.onset_deg),
        pain_flag=pain_flag,
        pain_reason=pain_reason,
        compensation_deg=_rounded(compensation),
        compensation_flag=compensation_flag,
        compensation_reason=compensation_reason,
        trials=tuple(_trial(trial) for trial in trials),
        set_aside=tuple(
            SetAside(
                start_s=_time(trial.start_s),
                peak_s=_time(trial.peak_s),
                end_s=_time(trial.end_s),
                peak_deg=_number(trial.peak_deg),
                reason=trial.note,
                kind=trial.aside,
            )
            for trial in rom.set_aside
            if trial.movement is movement
        ),
    )


_NO_ZERO = "Where zero is could not be told from this recording (see the warnings), so no loss can be judged."


def _not_tested(rom: RangeOfMotion, movement: Movement, because: Untested) -> str:
    """That a direction was not tested, and why: never a loss."""
    if because == "out_of_view":
        return f"{movement.label} was not tested: it cannot be measured from the side. Film from the front."
    if because == "not_seen":
        return f"{movement.label} was not tested: it was not seen in this recording."
    if because == "not_named":
        return f"{movement.label} was not tested: no repetition of it is named."
    if because == "warm_up":
        return f"{movement.label} was not tested: only warm-ups were seen."
    aside = [trial for trial in rom.set_aside if trial.movement is movement and trial.aside is not None]
    largest = max(aside, key=lambda trial: trial.peak_deg)
    return f"{movement.label} was not tested: {largest.note}."


def _side_would_tell(rom: RangeOfMotion, movement: Movement) -> bool:
    """Seen from the front, flexion and extension turn the face out of sight; from the side they do not."""
    return all(rom.planes) and movement.plane == 0


def _loss(
    movement: Movement, best: Trial | None, norm: Norm, settings: JudgementSettings
) -> tuple[Flag, str]:
    if best is None:  # unreachable: then the direction was not tested
        return "could_not_judge", f"{movement.label} was not tested."
    if norm.reference_deg is None:
        return "could_not_judge", f"The norm set gives no reference for {movement.label.lower()}."
    limit = settings.loss_share * norm.reference_deg
    against = f"half of the reference ({limit:g} of {norm.reference_deg:g} deg)"
    judge_one = _loss_of_bound if best.lower_bound else _loss_of_value
    return judge_one(best, limit, against)


def _loss_of_bound(best: Trial, limit: float, against: str) -> tuple[Flag, str]:
    low = best.interval95.low if best.interval95 else best.peak_deg
    if low >= limit:
        return (
            "not_flagged",
            f"At least {math.floor(best.peak_deg)} deg, which is already more than {against}.",
        )
    return "could_not_judge", (
        f"At least {math.floor(best.peak_deg)} deg could be told ({best.note}); that does not reach {against}."
    )


def _loss_of_value(best: Trial, limit: float, against: str) -> tuple[Flag, str]:
    low, high = _ends(best)
    spoken = f"{best.peak_deg:.0f} deg" + (f" ({low:.0f} to {high:.0f})" if best.interval95 else "")
    if high <= limit:
        return "flagged", (
            f"{spoken} is not more than {against}: a loss of half or more, "
            "which may be suggestive of relevant cervical pathology."
        )
    if low > limit:
        return "not_flagged", f"{spoken} is more than {against}."
    return "could_not_judge", f"{spoken} lies too close to {against} to tell on which side of it."


def _ends(trial: Trial) -> tuple[float, float]:
    if trial.interval95 is None or trial.interval95.high is None:
        return trial.peak_deg, trial.peak_deg
    return trial.interval95.low, trial.interval95.high


def _pain(pain: PainReport) -> tuple[Flag, str]:
    onset = "" if pain.onset_deg is None else f", first at {pain.onset_deg:.0f} deg"
    if pain.intensity is None and pain.onset_deg is None:
        return "could_not_judge", "Pain was not asked."
    if pain.intensity == 0 and pain.onset_deg is None:
        return "not_flagged", "No pain reported."
    size = "Pain" if pain.intensity in (None, 0) else f"Pain {pain.intensity} of 10"
    return "flagged", f"{size}{onset}: painful motion may be suggestive of relevant cervical pathology."


def _compensation(trials: tuple[Trial, ...], settings: JudgementSettings) -> tuple[float | None, Flag, str]:
    known = [trial for trial in trials if np.isfinite(trial.compensation_deg)]
    if not trials:
        return None, "could_not_judge", "The movement was not tested."
    if not known:
        return None, "could_not_judge", "The shoulders were not measured at end range."
    worst = max(known, key=lambda trial: trial.compensation_deg)
    limit = max(settings.compensation_deg, settings.compensation_share * worst.peak_deg)
    size = f"the trunk moved along by {worst.compensation_deg:.0f} deg"
    if worst.compensation_deg > limit:
        return (
            worst.compensation_deg,
            "flagged",
            (
                f"At end range {size}; it is subtracted, but it stood in for neck movement: "
                "repeat with still shoulders."
            ),
        )
    if worst.compensation_deg > 0.5 * limit:
        return worst.compensation_deg, "not_flagged", f"At end range {size}, which is subtracted."
    return worst.compensation_deg, "not_flagged", "The trunk kept still."


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
        return AsymmetryResult(
            **base, **unknown, flag="could_not_judge", reason=_why_not_compared(left, right)
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
        reason=reason,
    )


def _asymmetry_verdict(
    difference: float,
    percent: float,
    error: float | None,
    smaller_side: str | None,
    settings: JudgementSettings,
) -> tuple[Flag, str]:
    numbers = f"the sides differ by {difference:.0f} deg, {percent:.0f} % of the larger side"
    if percent < settings.asymmetry_percent:
        return "not_flagged", f"{numbers.capitalize()} (limit {settings.asymmetry_percent:g} %)."
    if error is not None and difference <= error:
        return "could_not_judge", (
            f"{numbers.capitalize()}, but measurement error alone may make {error:.0f} deg."
        )
    beyond = f" and the measurement error of {error:.0f} deg" if error is not None else ""
    return "flagged", (
        f"{numbers.capitalize()}, less to the {smaller_side}: beyond the limit of "
        f"{settings.asymmetry_percent:g} %{beyond}. Substantial asymmetry may be suggestive of relevant "
        "cervical pathology."
    )


def _difference_limit(left: MovementResult, right: MovementResult) -> float | None:
    """Difference that measurement error alone may make, 95 %: errors of the two sides taken as independent."""
    halves = []
    for side in (left, right):
        if side.interval95_deg is None or side.interval95_deg[1] is None:
            return None
        halves.append((side.interval95_deg[1] - side.interval95_deg[0]) / 2)
    return math.hypot(*halves)


def _why_not_compared(left: MovementResult, right: MovementResult) -> str:
    for side in (left, right):
        if side.best_deg is None:
            return f"{side.movement.label} was not tested, so the sides cannot be compared."
    bounded = [side.movement.label for side in (left, right) if side.mean_deg is None]
    return (
        f"The end range of {' and '.join(name.lower() for name in bounded)} was not seen, only a lower bound."
    )


def _trial(trial: Trial) -> TrialResult:
    coupling = trial.coupling_deg
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
        source=trial.source,
        note=trial.note,
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
