"""A measurement as the result that is written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from neckrom.body.result import BodyQuality
from neckrom.nerve.marking import Answered, any_unplaced
from neckrom.nerve.measure import LegTestMeasurement, MeasuredTrial
from neckrom.nerve.reading import read_sides, read_trials
from neckrom.nerve.result import Change, NerveResult, NerveTrial
from neckrom.result import ClipInfo, ToolInfo
from neckrom.saying.sentences import in_english, statement_of
from neckrom.statement import state

StopReason = Literal["pain", "dizziness", "nausea", "tired", "other"]


@dataclass(frozen=True, slots=True)
class About:
    """What a result says beside what was measured.

    Attributes
    ----------
    clip : ClipInfo
    tool : ToolInfo
    created : str
        ISO 8601, with its zone.
    marked : bool
        Whether anybody was asked for symptoms.
    warnings : tuple of str
        What reading the clip gave to say; before those of the measurement.
    stop_reason : str or None
        Why the guided session was stopped.
    """

    clip: ClipInfo
    tool: ToolInfo
    created: str
    marked: bool
    warnings: tuple[str, ...] = ()
    stop_reason: StopReason | None = None


def leg_test_result(measured: LegTestMeasurement, about: About) -> NerveResult:
    """The result of a leg test.

    Parameters
    ----------
    measured : LegTestMeasurement
    about : About

    Returns
    -------
    NerveResult
        NaN has become null.
    """
    unplaced = any_unplaced(measured.notices)
    statements = (
        *read_trials(measured.trials, about.marked, unplaced=unplaced),
        *read_sides(
            measured.test, measured.sides, both_tested=len({trial.leg for trial in measured.trials}) == 2
        ),
    )
    said = (*about.warnings, *measured.notices)
    note = state("nerve.interval_note")
    sides = measured.sides
    return NerveResult(
        tool=about.tool,
        clip=about.clip,
        kind=measured.test,
        side=measured.near,
        trials=tuple(_trial(trial) for trial in measured.trials),
        side_difference_deg=rounded_deg(sides.difference_deg) if sides else None,
        side_difference_interval95_deg=rounded_interval(sides.interval95_deg) if sides else None,
        smaller_side=sides.smaller if sides else None,
        side_difference=sides.verdict if sides else "one_side",
        reading=in_english(*statements),
        reading_statements=statements,
        stop_reason=about.stop_reason,
        quality=BodyQuality(
            frames_measured_percent=round(100 * measured.measured_share, 2),
            person_found_percent=round(100 * measured.found_share, 2),
            leg_swaps_mended=measured.swaps,
            warnings=tuple(str(sentence) for sentence in said),
            warning_statements=tuple(statement_of(sentence) for sentence in said),
            interval_note=in_english(note),
            interval_statement=note,
        ),
        created=about.created,
        statement=in_english(state("nerve.statement")),
    )


def _trial(measured: MeasuredTrial) -> NerveTrial:
    answered = tuple(change_of(one) for one in measured.answered)
    return NerveTrial(
        start_s=round(measured.trial.start_s, 3),
        end_s=round(measured.trial.end_s, 3),
        leg=measured.leg,
        leg_raise_deg=rounded_deg(measured.leg_raise_deg),
        knee_deg=rounded_deg(measured.knee_deg),
        ankle_deg=rounded_deg(measured.ankle_deg),
        neck_flexion_deg=rounded_deg(measured.neck_flexion_deg),
        symptom_s=None if measured.symptom_s is None else round(measured.symptom_s, 3),
        symptom_angle_deg=rounded_deg(measured.symptom_angle_deg),
        interval95_deg=rounded_interval(measured.interval95_deg) if measured.interval95_deg else None,
        held=measured.held,
        moved_deg=rounded_deg(measured.moved_deg),
        change=answered[0] if answered else None,
        further_changes=answered[1:],
        pain=measured.pain,
    )


def change_of(one: Answered) -> Change:
    """A movement of something else, and what was answered to it, as it is written."""
    return Change(
        joint=one.moved.joint,
        by_deg=round(one.moved.by_deg, 2),
        answer=one.answer,
        at_s=round(one.moved.done_s, 3),
    )


def rounded_deg(value: float) -> float | None:
    """Degrees as they are written; None where nothing was measured (NaN)."""
    return round(value, 2) if math.isfinite(value) else None


def rounded_interval(interval: tuple[float, float]) -> tuple[float, float]:
    """Both ends in degrees, as they are written."""
    return round(interval[0], 2), round(interval[1], 2)
