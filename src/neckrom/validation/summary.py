"""The accuracy report as values: what ``validation.json`` holds, and how it is made from comparisons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from neckrom import __version__
from neckrom.result import Flag, Model
from neckrom.types import MOVEMENTS, FloatArray, Movement
from neckrom.validation import statistics
from neckrom.validation.compare import ClipComparison, ExtraTrial, TrialComparison

REPORT_VERSION = "1.0"
"""Raised in the first number when a name or meaning changes, in the second when something is added."""

MODERATE_DEG = {
    Movement.FLEXION: 35.0,
    Movement.EXTENSION: 50.0,
    Movement.ROTATION_LEFT: 50.0,
    Movement.ROTATION_RIGHT: 50.0,
    Movement.LATERAL_LEFT: 45.0,
    Movement.LATERAL_RIGHT: 45.0,
}
"""A clip is of moderate range when no true end range in it lies more than 0.5 deg (sway) past these."""

JUDGE_MARGIN_DEG = 8.0
"""Further than this from the 50 % line a movement should get an answer."""

BIN_DEG = 10.0
"""Width of the groups of true end range."""

STATEMENT = (
    "The people in these clips are rendered: exact truth is known for them, but soft tissue, hair, glasses, "
    "beards, expressions, lens distortion and rolling shutter are simplified or absent. Heads of real scans "
    "and real people read up to a tenth short of them, one a fifth: docs/accuracy.md."
)

AXES = ("flexion", "lateral", "rotation")
"""In the order of the angles in an ``AngleSeries``."""


class Accuracy(Model):
    """Agreement of end-range values with truth; null where there are too few values."""

    n: int = Field(description="End-range values; lower bounds are not among them.")
    bias_deg: float | None
    mae_deg: float | None
    p95_deg: float | None = Field(description="95th percentile of the errors' sizes.")
    worst_deg: float | None = Field(description="Largest error, with its sign.")
    sd_deg: float | None
    limits_of_agreement_deg: tuple[float, float] | None = Field(description="Bias -+ 1.96 sd.")
    icc_2_1: float | None
    sem_deg: float | None = Field(description="Standard deviation of the errors: the truth carries none.")
    mdc95_deg: float | None


class CoverageOf(Model):
    """How often the 95 % intervals held the truth, and how wide they are."""

    n: int
    hits: int
    percent: float | None
    low_percent: float | None = Field(
        description="Exact binomial 95 % interval; takes trials for independent."
    )
    high_percent: float | None
    median_half_width_deg: float | None


class TrialRow(Model):
    """One line of a table of repetitions."""

    group: str
    movement: Movement | None = Field(description="Null: all six.")
    trials: int = Field(description="True repetitions.")
    measured: int
    bounded: int = Field(description="Only a lower bound.")
    bounds_right: int = Field(description="Bounds that the truth reaches.")
    set_aside: int = Field(description="Seen, but not counted.")
    missed: int
    accuracy: Accuracy
    range_measured_percent: float | None = Field(
        description="Median share of the true range that was measured."
    )
    frames_measured_percent: float | None
    cross_talk_deg: float | None = Field(description="Largest false angle in the other planes, all frames.")
    cross_talk_end_deg: float | None = Field(description="The same at end range.")
    compensation_mae_deg: float | None = Field(description="Trunk excursion at end range.")
    coverage: CoverageOf


class FrameRow(Model):
    """One line of a table of frames."""

    group: str
    quantity: str = Field(
        description="An angle of the neck, of the trunk, or the geodesic angle between rotations."
    )
    frames: int
    measured_percent: float | None
    bias_deg: float | None
    median_deg: float | None = Field(description="Of the errors' sizes.")
    mae_deg: float | None
    p95_deg: float | None
    worst_deg: float | None


class TrialReport(Model):
    """One true repetition (``validation.csv`` has the same as rows)."""

    clip: str
    movement: Movement
    status: Literal["measured", "bounded", "set aside", "missed"]
    truth_deg: float
    measured_deg: float | None
    error_deg: float | None
    interval_low_deg: float | None
    interval_high_deg: float | None
    bound_holds: bool | None
    range_measured_percent: float
    frames_measured_percent: float | None
    truth_compensation_deg: float
    compensation_error_deg: float | None
    cross_talk_deg: float | None
    cross_talk_end_deg: float | None
    start_s: float
    hold_start_s: float
    hold_end_s: float
    end_s: float
    measured_peak_s: float | None
    source: str
    note: str


class ExtraReport(Model):
    """A measured trial that is no repetition of the truth table."""

    clip: str
    kind: Literal["invented", "split", "unnamed"]
    movement: Movement
    start_s: float
    end_s: float
    measured_deg: float
    truth_deg: float | None = Field(description="Largest true angle in that direction during it.")
    note: str


class SidesReport(Model):
    """Left against right in one clip."""

    clip: str
    pair: str
    truth_difference_deg: float
    measured_difference_deg: float | None
    flag: Flag
    outcome: str


class FlagsReport(Model):
    """The flag for loss of range against what the truth calls for."""

    movements: int
    losses: int
    losses_flagged: int
    losses_cleared: int = Field(description="Wrong: half or more was lost and the flag says it was not.")
    healthy_flagged: int = Field(description="Wrong: less than half was lost and the flag says it was.")
    unjudged_far: int = Field(description="Not judged, or only bounded, though 8 deg or more from the line.")
    far: int = Field(description="Movements 8 deg or more from the line.")
    wrong: tuple[str, ...]


class RetestReport(Model):
    """The same person doing the same, filmed otherwise."""

    pairs: int = Field(description="Repetitions that were measured in more than one clip.")
    sem_deg: float | None
    mdc95_deg: float | None


class ClipReport(Model):
    """One clip."""

    name: str
    view: str
    free: bool
    conditions: dict[str, str]
    trials: int
    found: int
    missed_movements: tuple[Movement, ...]
    mae_deg: float | None
    worst_deg: float | None
    geodesic_median_deg: float | None = Field(description="Per frame, all frames of the clip.")
    frames_measured_percent: float | None
    seconds: float | None = Field(description="Time that the measurement took.")
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


class FailedClip(Model):
    """A clip that could not be measured."""

    name: str
    message: str


class ValidationReport(Model):
    """Everything that validation found; the tables leave out side views, which have their own."""

    report_version: str = REPORT_VERSION
    tool_version: str
    folder: str
    clips: tuple[ClipReport, ...]
    failed: tuple[FailedClip, ...]
    by_movement: tuple[TrialRow, ...]
    moderate: tuple[TrialRow, ...] = Field(description="Clips of moderate range only.")
    side_view: tuple[TrialRow, ...]
    by_truth: tuple[TrialRow, ...] = Field(description="Per 10 deg of the true end range.")
    by_condition: tuple[TrialRow, ...]
    free_frames: tuple[FrameRow, ...] = Field(description="Free movement, frame by frame.")
    all_frames: tuple[FrameRow, ...] = Field(description="All frames of all clips from the front.")
    frames_by_truth: tuple[FrameRow, ...] = Field(
        description="Angle in the plane of the movement, per 10 deg of the true angle, within repetitions."
    )
    sides: tuple[SidesReport, ...]
    flags: FlagsReport
    retest: RetestReport
    trials: tuple[TrialReport, ...]
    extras: tuple[ExtraReport, ...]
    notes: tuple[str, ...]
    statement: str = STATEMENT

    @property
    def invented(self) -> tuple[ExtraReport, ...]:
        """Measured trials that show no movement of the person's."""
        return tuple(extra for extra in self.extras if extra.kind == "invented")


def summarise(
    folder: str,
    clips: Sequence[ClipComparison],
    failed: Sequence[FailedClip] = (),
    *,
    seconds: dict[str, float] | None = None,
    warnings: dict[str, tuple[str, ...]] | None = None,
    notes: Sequence[str] = (),
) -> ValidationReport:
    """Make the report from the comparisons of all clips.

    Parameters
    ----------
    folder : str
        As it is named in the report.
    clips : sequence of ClipComparison
    failed : sequence of FailedClip
    seconds : dict of float, optional
        Time that the measurement took, by the names of the clips.
    warnings : dict of tuple of str, optional
        Of the measurement, likewise.
    notes : sequence of str
        What was left out.

    Returns
    -------
    ValidationReport
        Rounded: degrees to hundredths, percentages to tenths, times to milliseconds. What is not known is null.
    """
    front = [clip for clip in clips if clip.view != "side"]
    side = [clip for clip in clips if clip.view == "side"]
    trials = [trial for clip in front for trial in clip.trials]
    calm = [trial for clip in front if is_moderate(clip) for trial in clip.trials]
    return ValidationReport(
        tool_version=__version__,
        folder=folder,
        clips=tuple(
            _clip_report(clip, (seconds or {}).get(clip.name), (warnings or {}).get(clip.name, ()))
            for clip in clips
        ),
        failed=tuple(failed),
        by_movement=_movement_rows("all clips", trials),
        moderate=_movement_rows("moderate range", calm),
        side_view=_movement_rows("side view", [trial for clip in side for trial in clip.trials]),
        by_truth=_truth_rows(trials),
        by_condition=_condition_rows(front),
        free_frames=_frame_rows("free movement", [clip for clip in front if clip.free], moving_only=True),
        all_frames=_frame_rows("all frames", front, moving_only=False),
        frames_by_truth=_frame_truth_rows(front),
        sides=tuple(
            SidesReport(
                clip=side_pair.clip,
                pair=side_pair.pair,
                truth_difference_deg=side_pair.truth_difference_deg,
                measured_difference_deg=_known(side_pair.measured_difference_deg),
                flag=side_pair.flag,
                outcome=side_pair.outcome,
            )
            for clip in front
            for side_pair in clip.sides
        ),
        flags=_flags(front),
        retest=_retest(front),
        trials=tuple(_trial_report(trial) for clip in clips for trial in clip.trials),
        extras=tuple(_extra_report(extra) for clip in clips for extra in clip.extras),
        notes=tuple(notes),
    )


def is_moderate(clip: ClipComparison) -> bool:
    """No true end range of the clip lies past the moderate range.

    Parameters
    ----------
    clip : ClipComparison

    Returns
    -------
    bool
        False of a clip without named repetitions.
    """
    return bool(clip.trials) and all(
        trial.truth.peak_deg <= MODERATE_DEG[trial.truth.movement] + 0.5 for trial in clip.trials
    )


def truth_bin(truth_deg: float) -> str:
    """Name of the 10 deg bin that an angle falls into.

    Parameters
    ----------
    truth_deg : float

    Returns
    -------
    str
        "40 to 50"; a value on an edge belongs to the upper one.
    """
    low = int(BIN_DEG * np.floor(truth_deg / BIN_DEG))
    return f"{low} to {low + int(BIN_DEG)}"


def accuracy(truth_deg: FloatArray, measured_deg: FloatArray) -> Accuracy:
    """Agreement of measured values with truth, both of shape (n,), no NaN.

    Parameters
    ----------
    truth_deg, measured_deg : ndarray, shape (n,), degrees
        Positive in the movement's direction.

    Returns
    -------
    Accuracy
        Errors are measured minus truth; null where there are too few values.
    """
    errors = measured_deg - truth_deg
    limits = statistics.bland_altman(errors)
    sem = statistics.standard_error_of_measurement(errors)
    return Accuracy(
        n=len(errors),
        bias_deg=_known(limits.bias),
        mae_deg=_known(statistics.mean_absolute_error(errors)),
        p95_deg=_known(statistics.percentile_absolute_error(errors)),
        worst_deg=_known(statistics.worst_error(errors)),
        sd_deg=_known(limits.sd),
        limits_of_agreement_deg=None
        if np.isnan(limits.low)
        else (_rounded(limits.low), _rounded(limits.high)),
        icc_2_1=_known(statistics.icc_2_1(np.column_stack([truth_deg, measured_deg]))),
        sem_deg=_known(sem),
        mdc95_deg=_known(statistics.minimal_detectable_change(sem)),
    )


def trial_row(group: str, movement: Movement | None, trials: Sequence[TrialComparison]) -> TrialRow:
    """One line of a table over the given repetitions.

    Parameters
    ----------
    group : str
        What the line is called.
    movement : Movement or None
        None: all six.
    trials : sequence of TrialComparison
        Those that have a measured value or a bound with an interval count for the coverage, only the first for
        accuracy.

    Returns
    -------
    TrialRow
    """
    measured = [trial for trial in trials if trial.status == "measured"]
    bounded = [trial for trial in trials if trial.status == "bounded"]
    seen = [*measured, *bounded]
    low = [trial.interval_low_deg for trial in seen]
    high = [trial.interval_high_deg for trial in seen]
    held = statistics.interval_coverage([trial.truth.peak_deg for trial in seen], low, high)
    return TrialRow(
        group=group,
        movement=movement,
        trials=len(trials),
        measured=len(measured),
        bounded=len(bounded),
        bounds_right=sum(trial.bound_holds is True for trial in bounded),
        set_aside=sum(trial.status == "set aside" for trial in trials),
        missed=sum(trial.status == "missed" for trial in trials),
        accuracy=accuracy(
            np.array([trial.truth.peak_deg for trial in measured]),
            np.array([trial.measured_deg for trial in measured]),
        ),
        range_measured_percent=_percent(_median(trial.reach for trial in trials)),
        frames_measured_percent=_percent(statistics.bias([trial.measured_share for trial in trials])),
        cross_talk_deg=_known(statistics.worst_error([trial.cross_talk_deg for trial in trials])),
        cross_talk_end_deg=_known(statistics.worst_error([trial.cross_talk_end_deg for trial in trials])),
        compensation_mae_deg=_known(
            statistics.mean_absolute_error([trial.compensation_error_deg for trial in trials])
        ),
        coverage=CoverageOf(
            n=held.n,
            hits=held.hits,
            percent=_percent(held.share),
            low_percent=_percent(held.low),
            high_percent=_percent(held.high),
            median_half_width_deg=_known(statistics.median_half_width(low, high)),
        ),
    )


def _movement_rows(group: str, trials: Sequence[TrialComparison]) -> tuple[TrialRow, ...]:
    if not trials:
        return ()
    rows = [
        trial_row(group, movement, chosen)
        for movement in MOVEMENTS
        if (chosen := [trial for trial in trials if trial.truth.movement is movement])
    ]
    return (*rows, trial_row(group, None, trials))


def _truth_rows(trials: Sequence[TrialComparison]) -> tuple[TrialRow, ...]:
    rows = []
    for movement in MOVEMENTS:
        own = [trial for trial in trials if trial.truth.movement is movement]
        for low in sorted({np.floor(trial.truth.peak_deg / BIN_DEG) for trial in own}):
            chosen = [trial for trial in own if np.floor(trial.truth.peak_deg / BIN_DEG) == low]
            rows.append(trial_row(truth_bin(low * BIN_DEG), movement, chosen))
    return tuple(rows)


def _condition_rows(clips: Sequence[ClipComparison]) -> tuple[TrialRow, ...]:
    """All movements together, per condition and group; conditions that do not vary are left out."""
    names = dict.fromkeys(name for clip in clips for name in clip.conditions)
    rows = []
    for name in names:
        groups = sorted({clip.conditions[name] for clip in clips if name in clip.conditions}, key=_natural)
        if len(groups) < 2:
            continue
        for group in groups:
            chosen = [trial for clip in clips if clip.conditions.get(name) == group for trial in clip.trials]
            if chosen:
                rows.append(trial_row(f"{name}: {group}", None, chosen))
    return tuple(rows)


def _frame_rows(group: str, clips: Sequence[ClipComparison], *, moving_only: bool) -> tuple[FrameRow, ...]:
    if not clips:
        return ()
    chosen = [clip.frames.moving | (not moving_only) for clip in clips]

    def joined(value: Callable[[ClipComparison], FloatArray]) -> FloatArray:
        return np.concatenate([value(clip)[rows] for clip, rows in zip(clips, chosen, strict=True)])

    error = joined(lambda clip: clip.frames.error_deg)
    trunk = joined(lambda clip: clip.frames.trunk_deg - clip.frames.truth_trunk_deg)
    rows = [frame_row(group, f"neck {axis}", error[:, column]) for column, axis in enumerate(AXES)]
    rows.append(frame_row(group, "neck, geodesic", joined(lambda clip: clip.frames.geodesic_deg)))
    rows += [frame_row(group, f"trunk {axis}", trunk[:, column]) for column, axis in enumerate(AXES)]
    return tuple(rows)


def _frame_truth_rows(clips: Sequence[ClipComparison]) -> tuple[FrameRow, ...]:
    rows = []
    for movement in MOVEMENTS:
        angles, errors = [np.empty(0)], [np.empty(0)]
        for clip in clips:
            own = [index for index, trial in enumerate(clip.trials) if trial.truth.movement is movement]
            within = np.isin(clip.frames.trial, own)
            angles.append(movement.sign * clip.frames.truth_deg[within, movement.plane])
            errors.append(movement.sign * clip.frames.error_deg[within, movement.plane])
        angle, error = np.concatenate(angles), np.concatenate(errors)
        level = np.floor(angle / BIN_DEG)
        rows += [
            frame_row(truth_bin(low * BIN_DEG), movement.label, error[level == low])
            for low in sorted(set(level.tolist()))
            if low >= 0
        ]
    return tuple(rows)


def frame_row(group: str, quantity: str, errors: FloatArray) -> FrameRow:
    """One line of a table over frames; NaN counts as not measured.

    Parameters
    ----------
    group, quantity : str
        What the line is called.
    errors : ndarray, shape (N,), degrees
        Measured minus truth, one for each frame.

    Returns
    -------
    FrameRow
    """
    known = errors[np.isfinite(errors)]
    return FrameRow(
        group=group,
        quantity=quantity,
        frames=len(errors),
        measured_percent=_percent(len(known) / len(errors)) if len(errors) else None,
        bias_deg=_known(statistics.bias(known)),
        median_deg=_known(statistics.percentile_absolute_error(known, 50.0)),
        mae_deg=_known(statistics.mean_absolute_error(known)),
        p95_deg=_known(statistics.percentile_absolute_error(known)),
        worst_deg=_known(statistics.worst_error(known)),
    )


def _clip_report(clip: ClipComparison, seconds: float | None, warnings: tuple[str, ...]) -> ClipReport:
    errors = [trial.error_deg for trial in clip.trials]
    return ClipReport(
        name=clip.name,
        view=clip.view,
        free=clip.free,
        conditions=clip.conditions,
        trials=len(clip.trials),
        found=sum(trial.status in ("measured", "bounded") for trial in clip.trials),
        missed_movements=clip.missed_movements,
        mae_deg=_known(statistics.mean_absolute_error(errors)),
        worst_deg=_known(statistics.worst_error(errors)),
        geodesic_median_deg=_known(_median(clip.frames.geodesic_deg)),
        frames_measured_percent=_percent(float(clip.frames.measured.mean())) if len(clip.frames) else None,
        seconds=_known(seconds),
        warnings=warnings,
        notes=clip.notes,
    )


def _trial_report(trial: TrialComparison) -> TrialReport:
    truth = trial.truth
    return TrialReport(
        clip=trial.clip,
        movement=truth.movement,
        status=trial.status,
        truth_deg=_rounded(truth.peak_deg),
        measured_deg=_known(trial.measured_deg),
        error_deg=_known(trial.error_deg),
        interval_low_deg=_known(trial.interval_low_deg),
        interval_high_deg=_known(trial.interval_high_deg),
        bound_holds=trial.bound_holds,
        range_measured_percent=_rounded(100.0 * trial.reach, 1),
        frames_measured_percent=_percent(trial.measured_share),
        truth_compensation_deg=_rounded(truth.compensation_deg),
        compensation_error_deg=_known(trial.compensation_error_deg),
        cross_talk_deg=_known(trial.cross_talk_deg),
        cross_talk_end_deg=_known(trial.cross_talk_end_deg),
        start_s=_rounded(truth.start_s, 3),
        hold_start_s=_rounded(truth.hold_start_s, 3),
        hold_end_s=_rounded(truth.hold_end_s, 3),
        end_s=_rounded(truth.end_s, 3),
        measured_peak_s=_known(trial.peak_s, 3),
        source=trial.source,
        note=trial.note,
    )


def _extra_report(extra: ExtraTrial) -> ExtraReport:
    return ExtraReport(
        clip=extra.clip,
        kind=extra.kind,
        movement=extra.movement,
        start_s=_rounded(extra.start_s, 3),
        end_s=_rounded(extra.end_s, 3),
        measured_deg=_rounded(extra.measured_deg),
        truth_deg=_known(extra.truth_deg),
        note=extra.note,
    )


def _flags(clips: Sequence[ClipComparison]) -> FlagsReport:
    found = [judgement for clip in clips for judgement in clip.judgements]
    far = [judgement for judgement in found if abs(judgement.margin_deg) >= JUDGE_MARGIN_DEG]
    losses = [judgement for judgement in found if judgement.loss]
    return FlagsReport(
        movements=len(found),
        losses=len(losses),
        losses_flagged=sum(judgement.flag == "flagged" for judgement in losses),
        losses_cleared=sum(judgement.wrong for judgement in losses),
        healthy_flagged=sum(judgement.wrong for judgement in found if not judgement.loss),
        unjudged_far=sum(judgement.flag == "could_not_judge" or judgement.bounded for judgement in far),
        far=len(far),
        wrong=tuple(
            f"{judgement.clip}, {judgement.movement.label.lower()}: truth {judgement.truth_deg:.1f} deg, "
            f"{judgement.margin_deg:+.1f} from the 50 % line, {judgement.flag}"
            for judgement in found
            if judgement.wrong
        ),
    )


def _retest(clips: Sequence[ClipComparison]) -> RetestReport:
    """Pool the spread of errors over clips of the same person doing the same, repetition by repetition."""
    groups: dict[tuple[str, int], list[float]] = {}
    for clip in clips:
        if clip.retest_key:
            for index, trial in enumerate(clip.trials):
                groups.setdefault((clip.retest_key, index), []).append(trial.error_deg)
    repeated = [errors for errors in groups.values() if np.isfinite(errors).sum() > 1]
    sem = statistics.within_group_sd(repeated)
    return RetestReport(
        pairs=len(repeated), sem_deg=_known(sem), mdc95_deg=_known(statistics.minimal_detectable_change(sem))
    )


def _natural(name: str) -> tuple[int, float, str]:
    """Order groups by their number, 'below' first."""
    words = name.replace("crf", "").split()
    if words and words[0] == "below":
        return (0, 0.0, name)
    try:
        return (1, float(words[0]), name)
    except (ValueError, IndexError):
        return (2, 0.0, name)


def _median(values: Iterable[float] | FloatArray) -> float:
    finite = [value for value in values if np.isfinite(value)]
    return float(np.median(finite)) if finite else float("nan")


def _rounded(value: float, digits: int = 2) -> float:
    return round(float(value), digits)


def _known(value: float | None, digits: int = 2) -> float | None:
    """The number for a file, rounded; null where it is not known."""
    return None if value is None or not np.isfinite(value) else _rounded(value, digits)


def _percent(share: float | None) -> float | None:
    return None if share is None or not np.isfinite(share) else _rounded(100.0 * share, 1)
