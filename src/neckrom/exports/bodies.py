"""Runs, postures and nerve tests for other programs: tables for CSV and Parquet, motions for OpenSim.

Every number is as ``result.json`` has it, with its unit and sign in the heading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neckrom.body.result import Interval, LeftRight, Value
from neckrom.errors import InputError
from neckrom.exports.source import Export, ExportBody
from neckrom.exports.tables import Column
from neckrom.nerve.result import NerveResult, NerveTrial
from neckrom.plans.result import PlanResult
from neckrom.posture.result import PostureResult
from neckrom.report.bodies.nerve_tables import read_nerve_columns
from neckrom.report.bodies.stored import StoredResult, curves_in
from neckrom.report.bodies.upper_back_chart import read_upper_back_columns
from neckrom.running.curves import Curves
from neckrom.running.result import RunResult
from neckrom.types import FloatArray
from neckrom.upper_back.result import UpperBackResult


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a result.

    Attributes
    ----------
    quantity, side : str
        The side is "left", "right" or empty; of a posture the side that was filmed.
    unit : str
        As UCUM writes it, "" for a share.
    meaning : str
        In English.
    """

    quantity: str
    side: str
    value: float
    unit: str
    interval95: Interval | None
    meaning: str


def numbers_of(result: StoredResult) -> tuple[Number, ...]:
    """Everything that a result measured, one number each, in a fixed order."""
    if isinstance(result, RunResult):
        return tuple(_of_run(result))
    if isinstance(result, PlanResult):
        return tuple(_of_plan(result))
    if isinstance(result, UpperBackResult):
        return tuple(_of_turns(result))
    return tuple(_of_nerve_test(result) if isinstance(result, NerveResult) else _of_posture(result))


def _of_run(result: RunResult) -> Iterator[Number]:
    def whole(  # noqa: PLR0917  (one line a number, as in a table)
        quantity: str, value: float | None, unit: str, interval: Interval | None, meaning: str, side: str = ""
    ) -> Iterator[Number]:
        if value is not None:
            yield Number(quantity, side, value, unit, interval, meaning)

    def of(quantity: str, value: Value | None, unit: str, meaning: str, side: str = "") -> Iterator[Number]:
        if value is not None:
            yield Number(quantity, side, value.value, unit, value.interval95, meaning)

    def both(quantity: str, pair: LeftRight | None, meaning: str) -> Iterator[Number]:
        if pair is not None:
            yield from of(quantity, pair.left, "s", meaning, "left")
            yield from of(quantity, pair.right, "s", meaning, "right")

    yield from whole(
        "cadence", result.cadence_spm, "/min", result.cadence_interval95_spm, "steps of both feet"
    )
    yield from whole(
        "step_asymmetry",
        result.step_asymmetry_percent,
        "%",
        result.step_asymmetry_interval95,
        "100 (left - right) / mean of the step times",
    )
    yield from both("step_time", result.times.step, "from the other foot's contact to this one's, median")
    yield from both("contact_time", result.times.contact, "median")
    yield from both("flight_time", result.times.flight, "before this foot's contact, median")
    for side, foot in (("left", result.strikes.left), ("right", result.strikes.right)):
        if foot is not None:
            told = "sole against the ground at contact, + toes up, median"
            yield from whole("strike", foot.median_deg, "deg", foot.interval95_deg, told, side)
            yield from of("shank_at_contact", foot.shank_deg, "deg", "+ ankle in front of the knee", side)
            yield from of("knee_at_contact", foot.knee_deg, "deg", "0 = straight", side)
    lean = result.trunk_lean_interval95_deg
    yield from whole("trunk_lean", result.trunk_lean_deg, "deg", lean, "+ forward")
    head = result.head_forward
    if head is not None:
        told = "ear-shoulder line against the trunk, + ear in front"
        yield from whole("ear_shoulder", head.ear_shoulder_deg, "deg", head.ear_shoulder_interval95_deg, told)
        yield from whole(
            "ear_shoulder_change_from_standing",
            head.change_from_standing_deg,
            "deg",
            head.change_from_standing_interval95_deg,
            "+ further forward",
        )
        yield from whole(
            "ear_shoulder_change_over_run",
            head.change_over_run_deg,
            "deg",
            head.change_over_run_interval95_deg,
            "last third less first third",
        )
    arms = result.arm_cross
    if arms is not None:
        told = (
            "share of the steps in which the wrist passes the middle of the trunk, of those that can be told"
        )
        yield from whole("wrist_past_middle_share", arms.left_share, "", None, told, "left")
        yield from whole("wrist_past_middle_share", arms.right_share, "", None, told, "right")
        told = "in shoulder widths, negative = own side, median over the steps"
        yield from of("wrist_past_middle", arms.left_median_shoulder_widths, "", told, "left")
        yield from of("wrist_past_middle", arms.right_median_shoulder_widths, "", told, "right")
    yield from whole(
        "shoulder_line_range",
        result.shoulder_line_range_deg,
        "deg",
        result.shoulder_line_range_interval95_deg,
        "turning to and fro",
    )
    drop = result.pelvic_drop
    if drop is not None:
        told = "how far the other hip is lower while this foot stands"
        yield from whole("pelvic_drop", drop.left_deg, "deg", drop.left_interval95_deg, told, "left")
        yield from whole("pelvic_drop", drop.right_deg, "deg", drop.right_interval95_deg, told, "right")
    told = "up and down of the hips in a step, in leg lengths"
    yield from of("vertical_movement", result.vertical_movement_leg_lengths, "", told)


def _of_posture(result: PostureResult) -> Iterator[Number]:
    for view in result.views:
        for quantity, value, interval, meaning in (
            (
                "ear_shoulder",
                view.ear_shoulder_deg,
                view.ear_shoulder_interval95_deg,
                "ear-shoulder line against the trunk, + ear in front",
            ),
            ("trunk_lean", view.trunk_lean_deg, view.trunk_lean_interval95_deg, "+ forward"),
            (
                "craniovertebral",
                view.craniovertebral_deg,
                view.craniovertebral_interval95_deg,
                "C7 to tragus against the horizontal",
            ),
            ("head_pitch", view.head_pitch_deg, None, "against the vertical, + face down"),
        ):
            if value is not None:
                yield Number(quantity, view.side, value, "deg", interval, meaning)


_TRIAL_ANGLES = {
    "leg_raise_deg": "thigh against the line of the trunk, 0 lying straight",
    "knee_deg": "0 = straight",
    "ankle_deg": "+ toes to the shin",
    "neck_flexion_deg": "+ chin to chest",
    "abduction_deg": "upper arm against the trunk, 0 hanging",
    "elbow_deg": "0 = straight",
    "neck_side_bend_deg": "+ away from the arm",
}
"""At the end of a trial's way, before neck or ankle were moved."""
_MOVED = "+ chin to chest, toes to the shin, the neck away from the arm"
_FELT = {"slr": "leg raise", "slump": "knee", "arms": "abduction"}


def _of_nerve_test(result: NerveResult) -> Iterator[Number]:
    for number, trial in enumerate(result.trials, 1):
        side, begin = trial.leg or trial.arm or "", f"trial_{number}"
        if trial.symptom_angle_deg is not None:
            felt = "elbow" if trial.position == "bent_overhead" else _FELT[result.kind]
            told = f"{felt} at the first symptom"
            angle, ends = trial.symptom_angle_deg, trial.interval95_deg
            yield Number(f"{begin}_symptom_angle", side, angle, "deg", ends, told)
        for name, told in _TRIAL_ANGLES.items():
            value = getattr(trial, name)
            if value is not None:
                quantity = f"{begin}_{name.removesuffix('_deg')}"
                yield Number(quantity, side, value, "deg", None, f"{told}; at the end of the way")
    if result.side_difference_deg is not None:
        told = "between both sides at the first symptom, without one at the end of the way; never a finding by itself"
        ends = result.side_difference_interval95_deg
        yield Number("side_difference", "", result.side_difference_deg, "deg", ends, told)


def _of_plan(result: PlanResult) -> Iterator[Number]:
    what = "leg raise" if result.test == "slr" else "knee"
    for one in result.sides:
        for when, test in (("before", one.before), ("after", one.after)):
            if test is not None and test.angle_deg is not None:
                told = f"{what} at the first symptom" if test.felt else f"{what} at the end, nothing felt"
                yield Number(
                    f"test_{when}",
                    one.side,
                    test.angle_deg,
                    "deg",
                    test.interval95_deg,
                    f"{told}, {when} the exercise",
                )
        if one.change_deg is not None:
            told = "test after less before, + = further"
            yield Number("test_change", one.side, one.change_deg, "deg", one.change_interval95_deg, told)
        if one.limit_deg is not None:
            told = "repetitions that reached the mark and stayed below the symptom angle"
            yield Number("repetitions_counted", one.side, one.counted, "{#}", None, told)
            yield Number("repetitions_wanted", one.side, one.wanted, "{#}", None, "as the plan asks for")
    for when, level in (("before", result.pain_before), ("after", result.pain_after)):
        if level is not None:
            yield Number(f"pain_{when}", "", level, "{score}", None, f"0 to 10, {when} the exercise")


def _of_turns(result: UpperBackResult) -> Iterator[Number]:
    for side, turned in (("left", result.rotation_left), ("right", result.rotation_right)):
        if turned is not None:
            told = f"shoulders against the beginning, mean of {turned.repetitions}"
            yield Number("trunk_rotation", side, turned.turn_deg, "deg", turned.interval95_deg, told)
    for number, turn in enumerate(result.turns, 1):
        if turn.turn_deg is not None:
            told = "shoulders against the beginning"
            yield Number(f"turn_{number}", turn.side, turn.turn_deg, "deg", None, told)
        if turn.thighs_deg is not None:
            told = "thighs, turned along, + to the same side; rough"
            yield Number(f"turn_{number}_thighs", turn.side, turn.thighs_deg, "deg", None, told)
    if result.side_difference_deg is not None:
        told = "between both sides; never a finding by itself"
        ends = result.side_difference_interval95_deg
        yield Number("side_difference", "", result.side_difference_deg, "deg", ends, told)


# ------------------------------------------------------------------------ tables


def body_tables(export: Export) -> dict[str, list[Column]]:
    """Tables of runs, postures and nerve tests by name; none where there are none."""
    if not export.bodies:
        return {}
    tables = {f"{export.name}_body_values": _values(export)}
    if any(isinstance(item.view.result, RunResult) for item in export.bodies):
        tables[f"{export.name}_run_rows"] = _rows(export)
    if any(isinstance(item.view.result, NerveResult) for item in export.bodies):
        tables[f"{export.name}_nerve_trials"] = _trials(export)
    for item in export.bodies:
        result = item.view.result
        if isinstance(result, NerveResult):
            angles = read_nerve_columns(item.view.folder)
            if angles is not None:
                tables[f"{item.view.row.id}_angles"] = _columns(angles.pop("time_s"), angles)
        if isinstance(result, UpperBackResult):
            angles = read_upper_back_columns(item.view.folder)
            if angles is not None:
                tables[f"{item.view.row.id}_angles"] = _columns(angles.pop("time_s"), angles)
        if isinstance(result, RunResult):
            tables[f"{item.view.row.id}_steps"] = _steps(result)
            for number, curves in enumerate(curves_in(item.view.folder, result)):
                name = (
                    f"{item.view.row.id}_angles" if number == 0 else f"{item.view.row.id}_angles_{number + 1}"
                )
                tables[name] = _curves(curves)
    return tables


def _who(export: Export, items: Sequence[ExportBody]) -> list[Column]:
    rows = [item.view.row for item in items]
    named: list[Column] = []
    born = export.person.birth_date
    if export.with_name:
        named = [
            Column("name", "", "", [export.person.name or ""] * len(rows)),
            Column("birth_date", "ISO 8601", "", [born.isoformat() if born else ""] * len(rows)),
        ]
    return [
        Column("person", "", "pseudonym", [row.person_id for row in rows]),
        *named,
        Column("session", "", "", [row.id for row in rows]),
        Column("kind", "", "", [row.kind for row in rows]),
        Column("measured", "ISO 8601", "", [row.measured.isoformat() for row in rows]),
        Column("recording", "", "", [row.source_name for row in rows]),
        Column("note", "", "", [row.note for row in rows]),
        Column("view", "", "", [row.view for row in rows]),
        Column("estimator", "", "", [row.estimator for row in rows]),
        Column("calibration", "", "", [row.calibration_id for row in rows]),
    ]


def _values(export: Export) -> list[Column]:
    """One row a session and number."""
    pairs = [(item, number) for item in export.bodies for number in numbers_of(item.view.result)]
    numbers = [number for _, number in pairs]
    ends = [number.interval95 or (None, None) for number in numbers]
    return [
        *_who(export, [item for item, _ in pairs]),
        Column("quantity", "", "", [number.quantity for number in numbers]),
        Column("side", "", "the person's", [number.side for number in numbers]),
        Column("value", "unit beside it", "", [number.value for number in numbers]),
        Column("unit", "UCUM", "empty for a share", [number.unit for number in numbers]),
        Column("interval95_low", "unit beside it", "", [low for low, _ in ends]),
        Column("interval95_high", "unit beside it", "", [high for _, high in ends]),
        Column("meaning", "", "", [number.meaning for number in numbers]),
        _stopped([item for item, _ in pairs]),
    ]


def _rows(export: Export) -> list[Column]:
    """One row a run and row of the article."""
    pairs = [
        (item, row)
        for item in export.bodies
        if isinstance(item.view.result, RunResult)
        for row in item.view.result.rows
    ]
    rows = [row for _, row in pairs]
    ends = [row.interval95 or (None, None) for row in rows]
    return [
        *_who(export, [item for item, _ in pairs]),
        Column("row", "", "", [row.name for row in rows]),
        Column("measure", "", "", [row.measure for row in rows]),
        Column("value", "unit beside it", "", [row.value for row in rows]),
        Column("unit", "", "", [row.unit for row in rows]),
        Column("interval95_low", "unit beside it", "", [low for low, _ in ends]),
        Column("interval95_high", "unit beside it", "", [high for _, high in ends]),
        Column("flag", "", "marked beyond its error; no diagnosis", [row.flag for row in rows]),
        Column("reason", "", "", [row.reason for row in rows]),
    ]


def _trials(export: Export) -> list[Column]:
    """One row a nerve test and trial."""
    pairs = [
        (item, number, trial)
        for item in export.bodies
        if isinstance(item.view.result, NerveResult)
        for number, trial in enumerate(item.view.result.trials, 1)
    ]
    trials = [trial for _, _, trial in pairs]
    ends = [trial.interval95_deg or (None, None) for trial in trials]
    changes = [
        (trial.change.joint, trial.change.by_deg, trial.change.answer or "")
        if trial.change is not None
        else ("", None, "")
        for trial in trials
    ]
    reached = "at the end of the way"
    return [
        *_who(export, [item for item, _, _ in pairs]),
        Column("trial", "", "", [number for _, number, _ in pairs]),
        Column("side", "", "the person's", [trial.leg or trial.arm or "" for trial in trials]),
        Column("position", "", "of an arm", [trial.position or "" for trial in trials]),
        Column("start", "s", "", [trial.start_s for trial in trials]),
        Column("end", "s", "", [trial.end_s for trial in trials]),
        *(
            Column(
                name.removesuffix("_deg"),
                "deg",
                f"{told}; {reached}",
                [getattr(each, name) for each in trials],
            )
            for name, told in _TRIAL_ANGLES.items()
        ),
        Column("symptom", "s", "when the first one was marked", [trial.symptom_s for trial in trials]),
        Column(
            "symptom_angle",
            "deg",
            "leg raise, knee (slump), abduction or, bent overhead, the elbow at the first symptom",
            [trial.symptom_angle_deg for trial in trials],
        ),
        Column("symptom_interval95_low", "deg", "", [low for low, _ in ends]),
        Column("symptom_interval95_high", "deg", "", [high for _, high in ends]),
        Column("held", "", "empty: not told", [_yes_no(trial.held) for trial in trials]),
        Column("moved", "deg", "while it should be held", [trial.moved_deg for trial in trials]),
        Column("change_joint", "", "moved alone", [joint for joint, _, _ in changes]),
        Column("change_by", "deg", _MOVED, [by for _, by, _ in changes]),
        Column("change_answer", "", "what it did to the symptom", [answer for _, _, answer in changes]),
        Column("further_changes", "", f"{_MOVED}, deg", [_further(trial) for trial in trials]),
        Column(
            "felt",
            "",
            "own running pain (arm: painful tightness or sharp pain), or a stretch",
            [trial.pain or "" for trial in trials],
        ),
        _stopped([item for item, _, _ in pairs]),
    ]


def _stopped(items: Sequence[ExportBody]) -> Column:
    """Runs and postures are not led, so none of them is stopped."""
    told = "why the session was stopped before its end; empty: it was not"
    return Column(
        "stopped", "", told, [getattr(item.view.result, "stop_reason", None) or "" for item in items]
    )


def _further(trial: NerveTrial) -> str:
    """Movements after the one of ``change``, as ``joint by_deg answer``."""
    told = (f"{each.joint} {each.by_deg} {each.answer or ''}".rstrip() for each in trial.further_changes)
    return "; ".join(told)


def _yes_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _steps(result: RunResult) -> list[Column]:
    steps = result.steps
    ends = [step.strike_interval95_deg or (None, None) for step in steps]
    names = (
        ("contact_s", "s", "first touch"),
        ("off_s", "s", "leaves the ground"),
        ("step_s", "s", "from the other foot's contact"),
        ("flight_s", "s", "without contact before"),
        ("strike_deg", "deg", "sole against the ground, + toes up"),
        ("strike_class", "", ""),
        ("shank_deg", "deg", "+ ankle in front of the knee"),
        ("knee_deg", "deg", "0 = straight"),
    )
    return [
        Column("foot", "", "the person's", [step.foot for step in steps]),
        Column("near", "", "seen first by the camera", [step.near for step in steps]),
        *(
            Column(name, unit, meaning, [getattr(step, name) for step in steps])
            for name, unit, meaning in names
        ),
        Column("strike_interval95_low", "deg", "", [low for low, _ in ends]),
        Column("strike_interval95_high", "deg", "", [high for _, high in ends]),
    ]


def _curves(curves: Curves) -> list[Column]:
    return _columns(curves.time_s, curves.columns)


def _columns(time_s: FloatArray, columns: Mapping[str, FloatArray]) -> list[Column]:
    return [
        Column("time", "s", "real time from the start of the clip", time_s.tolist()),
        *(
            Column(
                name, _unit(name), "", [value if np.isfinite(value) else None for value in values.tolist()]
            )
            for name, values in columns.items()
        ),
    ]


def _unit(column: str) -> str:
    if column.endswith("_deg"):
        return "deg"
    return "leg lengths" if column == "hip_height" else "shoulder widths"


# ----------------------------------------------------------------------- motions


def body_motions(item: ExportBody) -> tuple[dict[str, bytes], list[str]]:
    """A motion of each clip of a run with what to say beside it; postures and nerve tests have none.

    Raises
    ------
    InputError
        If a run has no angles over time on this machine.
    """
    result, session = item.view.result, item.view.row.id
    if isinstance(result, NerveResult):
        return {}, [
            f"{session}: a nerve test is no motion; --format csv and parquet have its angles over time."
        ]
    if isinstance(result, UpperBackResult):
        return {}, [
            f"{session}: turns of the trunk are no motion; --format csv and parquet have their angles over time."
        ]
    if isinstance(result, PlanResult):
        return {}, [f"{session}: an exercise is no motion; export it as --format csv or json."]
    if not isinstance(result, RunResult):
        return {}, [f"{session}: a posture is no motion; export it as --format csv or json."]
    every = curves_in(item.view.folder, result)
    if not every:
        raise InputError(
            f"Session {session} has no angles over time on this machine ({item.view.folder}). Export it where its "
            "files are, or choose --format json."
        )
    contents: dict[str, bytes] = {}
    said: list[str] = []
    for number, curves in enumerate(every):
        name = f"{session}.mot" if number == 0 else f"{session}_{number + 1}.mot"
        contents[name], remarks = _motion(curves)
        contents[f"{name}.txt"] = ("\n".join((name, *remarks)) + "\n").encode("utf-8")
        said += [f"{name}: {remark}" for remark in remarks]
    return contents, said


def _motion(curves: Curves) -> tuple[bytes, tuple[str, ...]]:
    """The angles that were measured throughout, frames in which all of them are known."""
    angles = {
        name: values
        for name, values in curves.columns.items()
        if name.endswith("_deg") and np.isfinite(values).mean() > 0.5
    }
    if not angles:
        raise InputError("No angle was measured over most of the clip: export it as --format csv or parquet.")
    table: Any = np.column_stack(list(angles.values()))
    whole = np.isfinite(table).all(axis=1)
    if not whole.any():
        raise InputError("No frame has all the angles: export it as --format csv or parquet.")
    names = [name.removesuffix("_deg") for name in angles]
    header = [
        "Coordinates",
        "version=1",
        f"nRows={int(whole.sum())}",
        f"nColumns={1 + len(names)}",
        "inDegrees=yes",
        "",
        "endheader",
        "\t".join(("time", *names)),
    ]
    rows = [
        "\t".join((f"{moment:.6f}", *(f"{angle:.6f}" for angle in row)))
        for moment, row in zip(curves.time_s[whole], table[whole] + 0.0, strict=True)
    ]
    remarks = [
        "Names: these are neckrom's own columns, angles of segments in the picture's plane; no OpenSim model has "
        "coordinates of these names. Rename them, and mind the signs of docs/result.md, before a model is moved.",
    ]
    left_out = int((~whole).sum())
    if left_out:
        remarks.append(
            f"Left out: {left_out} frame{'s' * (left_out != 1)} in which not all angles were measured."
        )
    return ("\n".join(header + rows) + "\n").encode("ascii"), tuple(remarks)
