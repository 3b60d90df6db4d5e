"""Measured against truth, for one clip: trial by trial and frame by frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neckrom.kinematics.neck_angles import rotation_from_cardan
from neckrom.result import Flag, MovementResult, Result, SetAside, TrialResult
from neckrom.types import MOVEMENTS, PAIRS, AngleSeries, BoolArray, FloatArray, Movement
from neckrom.validation.truth import TruthTable, TruthTrial

MIN_EXCURSION_DEG = 10.0
"""A measured trial during which the true angle never gets this far was invented."""

MIN_OVERLAP = 0.3
"""Share of the shorter of two trials that has to overlap for them to be the same repetition."""

REACH_TOLERANCE_DEG = 6.0
"""A frame counts as measured, for the share of the range, when its angle is right within this."""

BOUND_TOLERANCE_DEG = 3.0
"""A lower bound is right when the truth is not further below it than this."""

CROSS_TALK_ROTATION_DEG = 80.0
"""Cross-talk is looked for up to this much rotation."""

EQUAL_SIDES_DEG = 3.0
"""Sides whose true difference is within this are equal."""

DIFFERENT_SIDES_DEG = 15.0
"""A true side difference from here on has to be found."""

Status = Literal["measured", "bounded", "set aside", "missed"]
ExtraKind = Literal["invented", "split", "unnamed"]
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class TrialComparison:
    """One true repetition and what was made of it; angles positive in its direction, NaN where none.

    Attributes
    ----------
    clip : str
    truth : TruthTrial
    status : str
        "measured" has an end-range value, "bounded" a lower bound only, "set aside" was seen but not
        counted, "missed" was not seen.
    measured_deg : float
        End-range value or bound.
    error_deg : float
        Measured minus truth where the status is "measured", else NaN.
    bound_holds : bool or None
        Whether the truth reaches the bound (within 3 deg); None without a bound.
    interval_low_deg, interval_high_deg : float
        95 % interval; NaN where none was given, high NaN where it is open.
    reach : float
        Largest true angle in a frame that was measured right within 6 deg, divided by the true peak; 0 to 1.
    measured_share : float
        Share of the repetition's frames in which the movement's own angle was measured (from the side
        the others are not).
    peak_s : float
        When the measured end range was.
    compensation_error_deg : float
        Trunk excursion at end range, measured minus truth.
    cross_talk_deg : float
        Largest false angle in the two other planes (measured minus truth, so that true coupling does
        not count), in repetitions that truly stay in one plane, up to 80 deg of rotation.
    cross_talk_end_deg : float
        The same at end range only.
    source, note : str
        From the measured trial.
    """

    clip: str
    truth: TruthTrial
    status: Status
    measured_deg: float
    error_deg: float
    bound_holds: bool | None
    interval_low_deg: float
    interval_high_deg: float
    reach: float
    measured_share: float
    peak_s: float
    compensation_error_deg: float
    cross_talk_deg: float
    cross_talk_end_deg: float
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class ExtraTrial:
    """A measured trial that is no repetition of the truth table.

    Attributes
    ----------
    kind : str
        "invented": the true angle never went 10 deg in that direction; "split": a second measured
        trial within one true repetition; "unnamed": the person did move so, but the table names no
        repetition there (free or aborted movement).
    truth_deg : float
        Largest true angle in the direction during it.
    """

    clip: str
    kind: ExtraKind
    movement: Movement
    start_s: float
    end_s: float
    measured_deg: float
    truth_deg: float
    note: str


@dataclass(frozen=True, slots=True)
class FrameComparison:
    """All frames of a clip that lie within the truth table's time, one row a frame.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    truth_deg, measured_deg : ndarray, shape (N, 3)
        Neck angles; measured is NaN where not measured or only bounded.
    truth_trunk_deg, trunk_deg : ndarray, shape (N, 3)
    geodesic_deg : ndarray, shape (N,)
        Angle of the rotation between measured and true neck; NaN where not measured.
    trial : ndarray, shape (N,), int
        Index of the true repetition that the frame belongs to; -1 none.
    moving : ndarray, shape (N,), bool
        Frames of deliberate movement.
    """

    time_s: FloatArray
    truth_deg: FloatArray
    measured_deg: FloatArray
    truth_trunk_deg: FloatArray
    trunk_deg: FloatArray
    geodesic_deg: FloatArray
    trial: NDArray[np.int64]
    moving: BoolArray

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def error_deg(self) -> FloatArray:
        """Measured minus truth, shape (N, 3); NaN where not measured."""
        return self.measured_deg - self.truth_deg

    @property
    def measured(self) -> BoolArray:
        """Frames in which all three angles were measured, shape (N,)."""
        return np.asarray(np.isfinite(self.measured_deg).all(axis=1))


@dataclass(frozen=True, slots=True)
class Judgement:
    """The flag for loss of range against what the truth calls for.

    Attributes
    ----------
    truth_deg : float
        Best of the true repetitions.
    loss : bool
        The truth is at or below half the reference.
    margin_deg : float
        Distance of the truth from that line.
    flag : str
    """

    clip: str
    movement: Movement
    truth_deg: float
    loss: bool
    margin_deg: float
    flag: Flag
    bounded: bool

    @property
    def wrong(self) -> bool:
        """A loss that was cleared, or a healthy range that was flagged."""
        return self.flag == ("not_flagged" if self.loss else "flagged")


@dataclass(frozen=True, slots=True)
class SideComparison:
    """Left against right, on the means: measured and true difference (left minus right)."""

    clip: str
    pair: str
    truth_difference_deg: float
    measured_difference_deg: float
    flag: Flag

    @property
    def outcome(self) -> Literal["found", "overlooked", "false alarm", "rightly equal", "between"]:
        """What became of it; between 3 and 15 deg of true difference either answer is right."""
        if abs(self.truth_difference_deg) >= DIFFERENT_SIDES_DEG:
            return "found" if self.flag == "flagged" else "overlooked"
        if abs(self.truth_difference_deg) <= EQUAL_SIDES_DEG:
            return "false alarm" if self.flag == "flagged" else "rightly equal"
        return "between"


@dataclass(frozen=True, slots=True)
class ClipComparison:
    """Everything about one clip."""

    name: str
    view: str
    free: bool
    conditions: dict[str, str]
    retest_key: str
    trials: tuple[TrialComparison, ...]
    extras: tuple[ExtraTrial, ...]
    frames: FrameComparison
    judgements: tuple[Judgement, ...]
    sides: tuple[SideComparison, ...]
    notes: tuple[str, ...]

    @property
    def missed_movements(self) -> tuple[Movement, ...]:
        """Movements that the person made and for which no trial was counted."""
        made = {trial.truth.movement for trial in self.trials}
        found = {trial.truth.movement for trial in self.trials if trial.status in ("measured", "bounded")}
        return tuple(movement for movement in MOVEMENTS if movement in made - found)


def compare_clip(
    name: str,
    result: Result,
    angles: AngleSeries,
    truth: TruthTable,
    *,
    conditions: dict[str, str] | None = None,
    retest_key: str = "",
) -> ClipComparison:
    """Compare one measurement with its truth table.

    Parameters
    ----------
    name : str
        Of the clip, for tables.
    result : Result
    angles : AngleSeries
        Of the same measurement.
    truth : TruthTable
        Its time counts from the clip's first frame, as the measurement's does.
    conditions : dict of str, optional
        How it was filmed, for grouping.
    retest_key : str, optional
        Clips with the same key show the same person doing the same, filmed otherwise.

    Returns
    -------
    ClipComparison
    """
    frames = compare_frames(angles, truth)
    matches, left_over = match_trials(result.movements, truth.trials)
    aside = _set_aside(result.movements, truth.trials, matches)
    trials = tuple(
        _compare_trial(name, trial, matches.get(index, aside.get(index)), frames.trial == index, frames)
        for index, trial in enumerate(truth.trials)
    )
    return ClipComparison(
        name=name,
        view=truth.view,
        free=truth.is_free,
        conditions=dict(conditions or {}),
        retest_key=retest_key,
        trials=trials,
        extras=tuple(_extra(name, movement, trial, truth) for movement, trial in left_over),
        frames=frames,
        judgements=_judgements(name, result.movements, truth.trials),
        sides=_sides(name, result, truth.trials),
        notes=(*truth.notes, *_time_notes(angles, truth)),
    )


def compare_frames(angles: AngleSeries, truth: TruthTable) -> FrameComparison:
    """Errors frame by frame, truth taken at the measured frames' times.

    Frames outside the table's time do not count; frames that carry only a bound are not measured.

    Parameters
    ----------
    angles : AngleSeries
    truth : TruthTable
        Its time counts from the clip's first frame, as the measurement's does.

    Returns
    -------
    FrameComparison
        N counts the frames of ``angles`` within the table's time, one of its steps beyond either end included.
    """
    step = float(np.median(np.diff(truth.time_s))) if len(truth) > 1 else 0.0
    inside = (angles.time_s >= truth.time_s[0] - step) & (angles.time_s <= truth.time_s[-1] + step)
    time_s = angles.time_s[inside]
    true_neck = _at(time_s, truth.time_s, truth.neck_deg)
    neck = np.where(angles.beyond[inside, None], np.nan, angles.neck_deg[inside])
    known = np.isfinite(neck).all(axis=1)
    geodesic = np.full(len(time_s), np.nan)
    if known.any():
        between = rotation_from_cardan(neck[known]).inv() * rotation_from_cardan(true_neck[known])
        geodesic[known] = np.degrees(between.magnitude())
    owner = np.full(len(time_s), -1, dtype=np.int64)
    for index, trial in enumerate(truth.trials):
        owner[(time_s >= trial.start_s) & (time_s <= trial.end_s)] = index
    nearest = np.clip(np.searchsorted(truth.time_s, time_s - step / 2), 0, len(truth) - 1)
    return FrameComparison(
        time_s=time_s,
        truth_deg=true_neck,
        measured_deg=neck,
        truth_trunk_deg=_at(time_s, truth.time_s, truth.trunk_deg),
        trunk_deg=angles.trunk_deg[inside],
        geodesic_deg=geodesic,
        trial=owner,
        moving=truth.moving[nearest],
    )


def match_trials(
    movements: Iterable[MovementResult], truth: tuple[TruthTrial, ...]
) -> tuple[dict[int, TrialResult], list[tuple[Movement, TrialResult]]]:
    """Pair measured trials with true ones of the same direction by their overlap in time.

    Parameters
    ----------
    movements : iterable of MovementResult
    truth : tuple of TruthTrial
        Two belong together if they overlap by more than 0.3 of the shorter one.

    Returns
    -------
    matches : dict
        Index of the true trial to the measured trial; each is used once, largest overlap first.
    left_over : list of (movement, trial)
        Measured trials without a partner, in time order.
    """
    measured = [(item.movement, trial) for item in movements for trial in item.trials]
    pairs = sorted(
        (
            (-_overlap_s(trial, true), row, column)
            for row, (movement, trial) in enumerate(measured)
            for column, true in enumerate(truth)
            if movement is true.movement and _same_repetition(trial, true)
        ),
    )
    matches: dict[int, TrialResult] = {}
    used: set[int] = set()
    for _, row, column in pairs:
        if row not in used and column not in matches:
            matches[column] = measured[row][1]
            used.add(row)
    left_over = [item for row, item in enumerate(measured) if row not in used]
    return matches, sorted(left_over, key=lambda item: item[1].start_s)


def _set_aside(
    movements: tuple[MovementResult, ...], truth: tuple[TruthTrial, ...], matches: dict[int, TrialResult]
) -> dict[int, SetAside]:
    """True repetitions without a counted trial that the measurement saw, but did not count."""
    return {
        index: aside
        for index, true in enumerate(truth)
        if index not in matches
        for item in movements
        if item.movement is true.movement
        for aside in item.set_aside
        if true.start_s <= aside.peak_s <= true.end_s
    }


def _compare_trial(
    clip: str,
    truth: TruthTrial,
    found: TrialResult | SetAside | None,
    rows: BoolArray,
    frames: FrameComparison,
) -> TrialComparison:
    plane, sign = truth.movement.plane, truth.movement.sign
    trial = found if isinstance(found, TrialResult) else None
    status = _status(found)
    measured = _NAN if found is None else found.peak_deg
    low, high = (_NAN, None) if trial is None or trial.interval95_deg is None else trial.interval95_deg
    return TrialComparison(
        clip=clip,
        truth=truth,
        status=status,
        measured_deg=measured,
        error_deg=measured - truth.peak_deg if status == "measured" else _NAN,
        bound_holds=truth.peak_deg >= measured - BOUND_TOLERANCE_DEG if status == "bounded" else None,
        interval_low_deg=low,
        interval_high_deg=_NAN if high is None else high,
        reach=_reach(
            sign * frames.truth_deg[rows, plane], sign * frames.error_deg[rows, plane], truth.peak_deg
        ),
        measured_share=float(np.isfinite(frames.measured_deg[rows, plane]).mean()) if rows.any() else _NAN,
        peak_s=_NAN if found is None else found.peak_s,
        compensation_error_deg=_compensation_error(truth, trial),
        cross_talk_deg=_cross_talk(frames, rows, plane) if truth.single_plane else _NAN,
        cross_talk_end_deg=_coupling_error(truth, trial) if truth.single_plane else _NAN,
        source="" if trial is None else trial.source,
        note=_note(found),
    )


def _status(found: TrialResult | SetAside | None) -> Status:
    if found is None:
        return "missed"
    if isinstance(found, SetAside):
        return "set aside"
    return "bounded" if found.lower_bound else "measured"


def _note(found: TrialResult | SetAside | None) -> str:
    if found is None:
        return ""
    return found.reason if isinstance(found, SetAside) else found.note


def _compensation_error(truth: TruthTrial, trial: TrialResult | None) -> float:
    if trial is None or trial.compensation_deg is None:
        return _NAN
    return trial.compensation_deg - truth.compensation_deg


def _coupling_error(truth: TruthTrial, trial: TrialResult | None) -> float:
    if trial is None or trial.coupling_deg is None:
        return _NAN
    return max(abs(a - b) for a, b in zip(trial.coupling_deg, truth.coupling_deg, strict=True))


def _reach(truth_deg: FloatArray, error_deg: FloatArray, peak_deg: float) -> float:
    """Largest true angle measured right within the tolerance, as a share of the peak."""
    right = np.abs(error_deg) <= REACH_TOLERANCE_DEG
    if not right.any() or peak_deg <= 0:
        return 0.0
    return float(np.clip(truth_deg[right].max() / peak_deg, 0.0, 1.0))


def _cross_talk(frames: FrameComparison, rows: BoolArray, plane: int) -> float:
    """Largest false angle in the other planes, NaN where nothing was measured."""
    others = [column for column in range(3) if column != plane]
    if plane == Movement.ROTATION_LEFT.plane:
        rows = rows & (np.abs(frames.truth_deg[:, plane]) <= CROSS_TALK_ROTATION_DEG)
    false = np.abs(frames.error_deg[rows][:, others])
    false = false[np.isfinite(false)]
    return float(false.max()) if len(false) else _NAN


def _extra(clip: str, movement: Movement, trial: TrialResult, truth: TruthTable) -> ExtraTrial:
    during = (truth.time_s >= trial.start_s) & (truth.time_s <= trial.end_s)
    excursion = movement.sign * truth.neck_deg[during, movement.plane]
    largest = float(excursion.max()) if len(excursion) else _NAN
    kind: ExtraKind
    if any(true.movement is movement and _same_repetition(trial, true) for true in truth.trials):
        kind = "split"
    else:
        kind = "unnamed" if largest >= MIN_EXCURSION_DEG else "invented"
    return ExtraTrial(
        clip=clip,
        kind=kind,
        movement=movement,
        start_s=trial.start_s,
        end_s=trial.end_s,
        measured_deg=trial.peak_deg,
        truth_deg=largest,
        note=trial.note,
    )


def _judgements(
    clip: str, movements: tuple[MovementResult, ...], truth: tuple[TruthTrial, ...]
) -> tuple[Judgement, ...]:
    found = []
    for item in movements:
        peaks = [trial.peak_deg for trial in truth if trial.movement is item.movement]
        if not peaks or item.reference_deg is None:
            continue
        margin = max(peaks) - 0.5 * item.reference_deg
        found.append(
            Judgement(
                clip=clip,
                movement=item.movement,
                truth_deg=max(peaks),
                loss=margin <= 0,
                margin_deg=margin,
                flag=item.flag,
                bounded=item.lower_bound,
            )
        )
    return tuple(found)


def _sides(clip: str, result: Result, truth: tuple[TruthTrial, ...]) -> tuple[SideComparison, ...]:
    found = []
    for (left, right), measured in zip(PAIRS, result.asymmetry, strict=True):
        means = [
            float(np.mean(peaks))
            if (peaks := [trial.peak_deg for trial in truth if trial.movement is side])
            else _NAN
            for side in (left, right)
        ]
        if not np.isfinite(means).all():
            continue
        left_deg, right_deg = measured.left_deg, measured.right_deg
        found.append(
            SideComparison(
                clip=clip,
                pair=measured.pair,
                truth_difference_deg=means[0] - means[1],
                measured_difference_deg=_NAN
                if left_deg is None or right_deg is None
                else left_deg - right_deg,
                flag=measured.flag,
            )
        )
    return tuple(found)


def _same_repetition(trial: TrialResult, true: TruthTrial) -> bool:
    shorter = min(trial.end_s - trial.start_s, true.end_s - true.start_s)
    return _overlap_s(trial, true) > MIN_OVERLAP * max(shorter, 1e-9)


def _overlap_s(trial: TrialResult, true: TruthTrial) -> float:
    return max(0.0, min(trial.end_s, true.end_s) - max(trial.start_s, true.start_s))


def _at(time_s: FloatArray, known_s: FloatArray, values: FloatArray) -> FloatArray:
    return np.column_stack(
        [np.interp(time_s, known_s, values[:, column]) for column in range(values.shape[1])]
    )


def _time_notes(angles: AngleSeries, truth: TruthTable) -> tuple[str, ...]:
    if len(angles) == 0 or len(truth) == 0:
        return ()
    measured, true = (float(series[-1] - series[0]) for series in (angles.time_s, truth.time_s))
    if abs(measured - true) <= max(0.2, 0.01 * true):
        return ()
    return (
        f"the clip lasts {measured:.2f} s, its truth table {true:.2f} s: are they of the same recording?",
    )
