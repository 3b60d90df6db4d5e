"""A measurement of arms as the result that is written."""

from __future__ import annotations

from neckrom.body.result import BodyQuality
from neckrom.nerve.arms.measure import ArmTestMeasurement, MeasuredArmTrial
from neckrom.nerve.arms.reading import read_arm_trials, read_arms, tension_of
from neckrom.nerve.assemble import About, change_of, rounded_deg, rounded_interval
from neckrom.nerve.marking import any_unplaced
from neckrom.nerve.result import ArmTension, NerveResult, NerveTrial, PositionSides
from neckrom.saying.sentences import in_english, statement_of
from neckrom.statement import state


def arm_test_result(measured: ArmTestMeasurement, about: About) -> NerveResult:
    """The result of an arm test.

    Parameters
    ----------
    measured : ArmTestMeasurement
    about : About

    Returns
    -------
    NerveResult
        NaN has become null.
    """
    unplaced = any_unplaced(measured.notices)
    statements = (
        *read_arm_trials(measured.trials, about.marked, unplaced=unplaced),
        *read_arms(measured.sides),
    )
    said = (*about.warnings, *measured.notices)
    note = state("nerve.interval_note")
    sides = tuple(
        PositionSides(
            position=one.position,
            difference_deg=round(one.difference_deg, 2),
            interval95_deg=rounded_interval(one.interval95_deg),
            smaller_side=one.smaller,
            verdict=one.verdict,
        )
        for one in measured.sides
    )
    largest = sides[0] if sides else None
    return NerveResult(
        tool=about.tool,
        clip=about.clip,
        kind="arms",
        side="front",
        trials=tuple(_trial(trial) for trial in measured.trials),
        side_difference_deg=largest.difference_deg if largest else None,
        side_difference_interval95_deg=largest.interval95_deg if largest else None,
        smaller_side=largest.smaller_side if largest else None,
        side_difference=largest.verdict if largest else "one_side",
        side_differences=sides,
        arm_tension=ArmTension(
            left=tension_of(measured.trials, "left", about.marked, unplaced=unplaced),
            right=tension_of(measured.trials, "right", about.marked, unplaced=unplaced),
        ),
        reading=in_english(*statements),
        reading_statements=statements,
        quality=BodyQuality(
            frames_measured_percent=round(100 * measured.measured_share, 2),
            person_found_percent=round(100 * measured.found_share, 2),
            leg_swaps_mended=0,
            warnings=tuple(str(sentence) for sentence in said),
            warning_statements=tuple(statement_of(sentence) for sentence in said),
            interval_note=in_english(note),
            interval_statement=note,
        ),
        created=about.created,
        stop_reason=about.stop_reason,
        statement=in_english(state("nerve.statement")),
    )


def _trial(measured: MeasuredArmTrial) -> NerveTrial:
    answered = tuple(change_of(one) for one in measured.answered)
    return NerveTrial(
        start_s=round(measured.trial.start_s, 3),
        end_s=round(measured.trial.end_s, 3),
        leg=None,
        arm=measured.trial.arm,
        position=measured.trial.position,
        leg_raise_deg=None,
        knee_deg=None,
        ankle_deg=None,
        neck_flexion_deg=None,
        abduction_deg=rounded_deg(measured.abduction_deg),
        elbow_deg=rounded_deg(measured.elbow_deg),
        neck_side_bend_deg=rounded_deg(measured.neck_side_bend_deg),
        symptom_s=None if measured.symptom_s is None else round(measured.symptom_s, 3),
        symptom_angle_deg=rounded_deg(measured.symptom_angle_deg),
        interval95_deg=rounded_interval(measured.interval95_deg) if measured.interval95_deg else None,
        held=measured.held,
        moved_deg=rounded_deg(measured.moved_deg),
        change=answered[0] if answered else None,
        further_changes=answered[1:],
        pain=measured.pain,
    )
