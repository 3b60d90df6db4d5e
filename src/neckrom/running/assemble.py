"""From what was measured to the result that is kept and shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neckrom.body import Side
from neckrom.body.result import BodyClip, BodyQuality, Interval, LeftRight, Value
from neckrom.result import ToolInfo
from neckrom.running.curves import COLUMNS, Curves
from neckrom.running.measurement import Estimate, FootStrike, RunMeasurement, StepMeasured
from neckrom.running.result import (
    ArmCross,
    HeadForward,
    Moment,
    PelvicDrop,
    RowName,
    RunConfiguration,
    RunResult,
    Step,
    Strike,
    Strikes,
    Times,
)


@dataclass(frozen=True, slots=True)
class About:
    """Everything of a result that is not measured on the run.

    Attributes
    ----------
    created : str
    tool : ToolInfo
    configuration : RunConfiguration
    clips : tuple of BodyClip
    quality : BodyQuality
    statement : str
    back_clip : int or None
        Number of the clip from behind among ``clips``.
    """

    created: str
    tool: ToolInfo
    configuration: RunConfiguration
    clips: tuple[BodyClip, ...]
    quality: BodyQuality
    statement: str
    back_clip: int | None


def run_result(run: RunMeasurement, back: RunMeasurement | None, about: About) -> RunResult:
    """The result; its rows are not judged yet.

    Parameters
    ----------
    run : RunMeasurement
        Of the first clip.
    back : RunMeasurement, optional
        Of the one from behind.
    about : About

    Returns
    -------
    RunResult
        NaN has become null.
    """
    behind, number = (back, about.back_clip or 0) if back is not None else (run, 0)
    arms = _arms(behind)
    drop = _drop(behind)
    # the turning is read from both; the one that is surer counts
    turning, turning_clip = run, 0
    if back is not None and _surer(back.shoulder_range_deg, run.shoulder_range_deg):
        turning, turning_clip = back, about.back_clip or 0
    measured_on = {
        name: clip
        for name, clip, known in (
            ("steps", 0, True),
            ("strikes", 0, bool(run.strikes)),
            ("head_forward", 0, run.head is not None),
            ("arm_cross", number, arms is not None),
            ("pelvic_drop", number, drop is not None),
            ("shoulder_line_range_deg", turning_clip, np.isfinite(turning.shoulder_range_deg.value)),
        )
        if known
    }
    return RunResult(
        created=about.created,
        tool=about.tool,
        configuration=about.configuration,
        clips=about.clips,
        measured_on=measured_on,
        view=run.view,
        cadence_spm=_number(run.cadence_spm.value),
        cadence_interval95_spm=_interval(run.cadence_spm),
        steps=tuple(_step(step) for step in run.steps),
        step_asymmetry_percent=_number(run.step_asymmetry_percent.value),
        step_asymmetry_interval95=_interval(run.step_asymmetry_percent),
        times=_times(run),
        strikes=Strikes(
            left=_strike(run.strikes.get("left"), run, "left"),
            right=_strike(run.strikes.get("right"), run, "right"),
        ),
        trunk_lean_deg=_number(run.trunk_lean_deg.value),
        trunk_lean_interval95_deg=_interval(run.trunk_lean_deg),
        trunk_lean_change_over_run_deg=_value(run.trunk_lean_change_deg),
        head_forward=_head(run),
        arm_cross=arms,
        shoulder_line_range_deg=_number(turning.shoulder_range_deg.value),
        shoulder_line_range_interval95_deg=_interval(turning.shoulder_range_deg, least=0.0),
        shoulder_against_pelvis_range_deg=_value(turning.against_pelvis_range_deg, least=0.0),
        pelvic_drop=drop,
        vertical_movement_leg_lengths=_value(run.vertical, digits=4, least=0.0),
        rows=(),
        quality=about.quality,
        statement=about.statement,
    )


def curves_of(measurement: RunMeasurement, clip: int) -> Curves:
    """Angles over time, as ``angles.csv`` keeps them.

    Parameters
    ----------
    measurement : RunMeasurement
    clip : int
        Number of its clip among the result's clips.

    Returns
    -------
    Curves
        Only columns that ``COLUMNS`` names, in its units and signs.
    """
    columns = {name: values for name, values in measurement.columns.items() if name in COLUMNS}
    return Curves(clip, measurement.time_s, columns)


def moments_of(run: RunMeasurement, back: RunMeasurement | None) -> dict[RowName, Moment]:
    """The picture of each row, in real time of its clip: contacts and reaches nearest to what the row says.

    Parameters
    ----------
    run : RunMeasurement
        Of the first clip, number 0.
    back : RunMeasurement or None
        Of the clip from behind, number 1; without one the arms are looked for in ``run``.

    Returns
    -------
    dict of RowName to Moment
        Without the rows of which no picture can speak. The strike is the near contact whose angle is nearest to their
        median, the uneven gait the contact after the most usual step, the head the frame nearest to the median of the
        last third, the arms the frame with a wrist furthest past the middle.
    """
    moments: dict[RowName, Moment] = {}
    near = [step for step in run.steps if step.near and np.isfinite(step.strike_deg.value)]
    if near:
        middle = float(np.median([step.strike_deg.value for step in near]))
        typical = min(near, key=lambda step: abs(step.strike_deg.value - middle))
        moments["rearfoot_strike"] = Moment(clip=0, time_s=round(typical.contact_s, 4))
    lasting = [step for step in run.steps if np.isfinite(step.step_s)]
    if lasting:
        middle = float(np.median([step.step_s for step in lasting]))
        typical = min(lasting, key=lambda step: abs(step.step_s - middle))
        moments["uneven_gait"] = Moment(clip=0, time_s=round(typical.contact_s, 4))
    if run.head is not None and "ear_shoulder_deg" in run.columns:
        ear = run.columns["ear_shoulder_deg"]
        late = np.flatnonzero(np.isfinite(ear) & (run.time_s > run.time_s[0] + 2 / 3 * np.ptp(run.time_s)))
        if len(late):
            typical_row = late[int(np.abs(ear[late] - np.median(ear[late])).argmin())]
            moments["head_forward"] = Moment(clip=0, time_s=round(float(run.time_s[typical_row]), 4))
    behind, number = (back, 1) if back is not None else (run, 0)
    reaches = [behind.columns[name] for name in behind.columns if name.startswith("wrist_")]
    if reaches:
        furthest = np.max(np.nan_to_num(np.stack(reaches), nan=-9.0), axis=0)
        moments["arms_across"] = Moment(
            clip=number, time_s=round(float(behind.time_s[int(furthest.argmax())]), 4)
        )
    return moments


# ------------------------------------------------------------------------ pieces


def _number(value: float, digits: int = 2) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None


def _interval(estimate: Estimate, digits: int = 2, least: float | None = None) -> Interval | None:
    low, high = estimate.interval95
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    if least is not None:
        low, high = max(low, least), max(high, least)
    return round(low, digits), round(high, digits)


def _value(estimate: Estimate, digits: int = 2, least: float | None = None) -> Value | None:
    value = _number(estimate.value, digits)
    return None if value is None else Value(value=value, interval95=_interval(estimate, digits, least))


def _surer(one: Estimate, two: Estimate) -> bool:
    return math.isfinite(one.sd) and not (math.isfinite(two.sd) and two.sd <= one.sd)


def _step(step: StepMeasured) -> Step:
    return Step(
        foot=step.foot,
        near=step.near,
        contact_s=round(step.contact_s, 4),
        off_s=_number(step.off_s, 4),
        strike_deg=_number(step.strike_deg.value),
        strike_interval95_deg=_interval(step.strike_deg),
        strike_class=step.strike_class,
        strike_certainty=_number(step.strike_certainty, 3),
        step_s=_number(step.step_s, 4),
        contact_sd_s=_number(step.contact_sd_s, 4),
        flight_s=_number(step.flight_s, 4),
        shank_deg=_number(step.shank_deg),
        knee_deg=_number(step.knee_deg),
    )


def _times(run: RunMeasurement) -> Times:
    def both(name: str, asymmetry: Estimate) -> LeftRight | None:
        left = _value(getattr(run.timing["left"], name), 4)
        right = _value(getattr(run.timing["right"], name), 4)
        if left is None and right is None:
            return None
        return LeftRight(
            left=left,
            right=right,
            asymmetry_percent=_number(asymmetry.value),
            asymmetry_interval95=_interval(asymmetry),
        )

    return Times(
        contact=both("contact_s", run.contact_asymmetry_percent),
        flight=both("flight_s", run.flight_asymmetry_percent),
        step=both("step_s", run.step_asymmetry_percent),
    )


def _strike(strike: FootStrike | None, run: RunMeasurement, side: Side) -> Strike | None:
    if strike is None:
        return None
    classes = [step.strike_class for step in run.steps if step.foot == side and step.strike_class is not None]
    return Strike(
        near=strike.near,
        steps=strike.steps,
        median_deg=_number(strike.angle_deg.value),
        interval95_deg=_interval(strike.angle_deg),
        strike_class=strike.strike_class,
        rear_share=round(classes.count("rear") / len(classes), 3) if classes else None,
        class_certainty=_number(strike.certainty, 3),
        shank_deg=_value(strike.shank_deg),
        knee_deg=_value(strike.knee_deg),
    )


def _head(run: RunMeasurement) -> HeadForward | None:
    head = run.head
    if head is None:
        return None
    return HeadForward(
        ear_shoulder_deg=_number(head.ear_shoulder_deg.value),
        ear_shoulder_interval95_deg=_interval(head.ear_shoulder_deg),
        change_from_standing_deg=_number(head.change_from_standing_deg.value),
        change_from_standing_interval95_deg=_interval(head.change_from_standing_deg),
        first_third_deg=_number(head.first_third_deg),
        last_third_deg=_number(head.last_third_deg),
        change_over_run_deg=_number(head.change_over_run_deg.value),
        change_over_run_interval95_deg=_interval(head.change_over_run_deg),
        pitch_deg=_number(head.pitch_deg.value),
        pitch_change_over_run_deg=_number(head.pitch_change_over_run_deg),
    )


def _arms(run: RunMeasurement) -> ArmCross | None:
    left, right = run.arms.get("left"), run.arms.get("right")
    if left is None or right is None:
        return None

    return ArmCross(
        left_share=_number(left.share, 3),
        right_share=_number(right.share, 3),
        left_told_share=_number(left.told, 3),
        right_told_share=_number(right.told, 3),
        left_max_shoulder_widths=_number(left.furthest, 3),
        right_max_shoulder_widths=_number(right.furthest, 3),
        left_median_shoulder_widths=_value(left.typical, 3),
        right_median_shoulder_widths=_value(right.typical, 3),
    )


def _drop(run: RunMeasurement) -> PelvicDrop | None:
    left, right = run.drop_deg.get("left"), run.drop_deg.get("right")
    if left is None or right is None:
        return None
    return PelvicDrop(
        left_deg=_number(left.value),
        right_deg=_number(right.value),
        left_interval95_deg=_interval(left),
        right_interval95_deg=_interval(right),
    )
