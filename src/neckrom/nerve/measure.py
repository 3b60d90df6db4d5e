"""A leg test, measured: trials, symptoms, what a movement elsewhere did, and both sides against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Side, read_body
from neckrom.errors import InputError
from neckrom.nerve.angles import LegTestAngles, measure_angles
from neckrom.nerve.corrections import LegTest
from neckrom.nerve.holding import (
    HELD_WITHIN_DEG,
    MOST_LOST_SHARE,
    Joint,
    angle_at,
    changes,
    level_deg,
    moved_deg,
    not_held,
    settled_s,
    was_held,
)
from neckrom.nerve.legs import with_own_legs
from neckrom.nerve.marking import (
    Answered,
    answers_to,
    belongs,
    check_marks,
    left_over,
    no_symptom,
    not_placed,
    pressed_again,
    stray,
)
from neckrom.nerve.marks import Mark
from neckrom.nerve.sides import (
    Interval,
    SideAngle,
    SidesCompared,
    angle_half_deg,
    compare_angles,
    mean_angle,
)
from neckrom.nerve.suitable import check_side_view, notes_on
from neckrom.nerve.trials import LegTrial, find_trials, legs_together, without_doubles
from neckrom.types import BodySeries, FloatArray, Notice


@dataclass(frozen=True, slots=True)
class MeasuredTrial:
    """One trial of one leg; degrees, NaN where not measured.

    Attributes
    ----------
    trial : LegTrial
    leg_raise_deg, knee_deg, ankle_deg, neck_flexion_deg : float
        At the end of the way, before anything else was moved.
    symptom_s : float or None
    symptom_angle_deg : float
        Raise (straight leg raise) or knee (slump) at the symptom.
    interval95_deg : tuple of float or None
    held : bool or None
        None where that cannot be told.
    moved_deg : float
    answered : tuple of Answered
        The one that the first answer follows comes first.
    pain : str or None
    left_over : tuple of str
        Answers to movements that were not seen.
    """

    trial: LegTrial
    leg_raise_deg: float
    knee_deg: float
    ankle_deg: float
    neck_flexion_deg: float
    symptom_s: float | None
    symptom_angle_deg: float
    interval95_deg: Interval | None
    held: bool | None
    moved_deg: float
    answered: tuple[Answered, ...]
    pain: str | None
    left_over: tuple[str, ...] = ()

    @property
    def leg(self) -> Side:
        """Which leg."""
        return self.trial.leg


@dataclass(frozen=True, slots=True)
class LegTestMeasurement:
    """Everything that a clip of a leg test gave.

    Attributes
    ----------
    test : {"slr", "slump"}
    near : {"left", "right"}
        The side that is seen.
    angles : LegTestAngles
    trials : tuple of MeasuredTrial
    sides : SidesCompared or None
        None where only one side was done.
    notices : tuple of Notice
        What the user should know, and what to do.
    found_share, measured_share : float
        Frames with a person, and with the angle of the test, as a share.
    swaps : int
        Stretches in which the model had the legs exchanged.
    """

    test: LegTest
    near: Side
    angles: LegTestAngles
    trials: tuple[MeasuredTrial, ...]
    sides: SidesCompared | None
    notices: tuple[Notice, ...]
    found_share: float
    measured_share: float
    swaps: int


def measure_leg_test(series: BodySeries, test: LegTest, marks: tuple[Mark, ...] = ()) -> LegTestMeasurement:
    """Measure a straight leg raise or a slump test.

    Parameters
    ----------
    series : BodySeries
    test : {"slr", "slump"}
    marks : tuple of Mark
        In the order of their times.

    Returns
    -------
    LegTestMeasurement

    Raises
    ------
    InputError
        If nobody is seen, the camera is not at the side, no leg is raised, or a mark lies outside the clip.
    """
    body = read_body(series)
    near = check_side_view(body, test)
    body = with_own_legs(body, near)
    check_marks(marks, body.time_s)
    angles = measure_angles(body, near, test)
    found = find_trials(angles)
    if not found:
        raise InputError(
            "No leg is raised from where it lies by 15 deg or more: film from the side, with the whole leg in the "
            "picture from before it is raised until it is down again."
            if test == "slr"
            else "No knee is straightened by 15 deg or more: film from the side, with the whole leg in the picture "
            "from before it is straightened until it hangs again."
        )
    together = tuple(trial for trial in found if legs_together(angles, trial))
    found = without_doubles(found, together)
    angles = angles.without([(trial.start_s, trial.end_s) for trial in together])
    trials, notices = [], list(notes_on(body, angles, found))
    for trial in found:
        inside = tuple(m for m in marks if belongs(m, trial, found))
        measured, said = _measured(angles, trial, inside, unclear=trial in together)
        trials.append(measured)
        notices += said
    notices += stray(marks, found)
    notices += no_symptom(marks)
    swaps = int(np.count_nonzero(np.diff(np.r_[0, body.legs_turned.astype(int)]) == 1))
    main = [_main(angles, trial.leg) for trial in found]
    return LegTestMeasurement(
        test=test,
        near=near,
        angles=angles,
        trials=tuple(trials),
        sides=compare_sides(angles, tuple(trials)),
        notices=tuple(notices),
        found_share=float(np.mean(body.found)),
        measured_share=float(np.mean([np.mean(np.isfinite(angle)) for angle in main])),
        swaps=swaps,
    )


def _main(angles: LegTestAngles, side: Side) -> FloatArray:
    leg = angles.legs[side]
    return leg.raise_deg if angles.test == "slr" else leg.knee_deg


def _measured(
    angles: LegTestAngles, trial: LegTrial, marks: tuple[Mark, ...], *, unclear: bool = False
) -> tuple[MeasuredTrial, list[Notice]]:
    symptoms = [mark.time_s for mark in marks if mark.kind == "symptom"]
    answers = [mark for mark in marks if mark.kind == "answer"]
    pain = next((mark.answer for mark in marks if mark.kind == "pain"), None)
    notices: list[Notice] = []
    notices += pressed_again(symptoms, trial.start_s)
    symptom = symptoms[0] if symptoms else None
    leg = angles.legs[trial.leg]
    time_s = angles.time_s
    # without a mark there is no moment from which it should be held but that at which it comes to rest
    held_from = (
        symptom if symptom is not None else settled_s(time_s, leg.turn_deg, trial.reached_s, trial.return_s)
    )
    held_to = max(trial.return_s, held_from)
    joints: dict[Joint, FloatArray] = {"neck": angles.neck_flexion_deg, "ankle": leg.ankle_deg}
    elsewhere = changes(time_s, joints, held_from, held_to)
    # the limb has to be held until the answer; what it does later is its own matter
    until = min(held_to, max((a.time_s for a in answers), default=held_to))
    moved = moved_deg(time_s, leg.turn_deg, held_from, until) if until > held_from else float("nan")
    window = (time_s >= held_from) & (time_s <= held_to)
    lost = float(np.mean(~np.isfinite(leg.turn_deg[window]))) if window.any() else 1.0
    if unclear:
        lost = 1.0
        elsewhere = tuple(one for one in elsewhere if one.joint == "neck")
        notices.append(
            Notice(
                f"Both legs were read at one place in the trial from {trial.start_s:.1f} s on: which of them was "
                "straightened is not known, and nothing of it was measured. Film each leg from its own side.",
                "nerve_legs_together",
                time_s=trial.start_s,
            )
        )
    if lost > MOST_LOST_SHARE:
        moved = float("nan")
    held = was_held(
        time_s, leg.turn_deg, held_from, until, moved=moved, within_deg=HELD_WITHIN_DEG[angles.test]
    )
    if symptom is not None and held is False:
        notices.append(not_held(symptom, moved))
    unseen = left_over(elsewhere, answers)
    notices += not_placed(unseen)
    # at the end of the way, as long as nothing else has moved
    before = min((one.from_s for one in elsewhere), default=held_to)
    at = held_from + min(0.25, max(0.0, 0.5 * (before - held_from)))
    angle, interval = symptom_angle(angles, trial.leg, symptom if not unclear else None)

    def at_end(values: FloatArray) -> float:
        return level_deg(time_s, values, at) if lost <= MOST_LOST_SHARE else float("nan")

    return MeasuredTrial(
        trial=trial,
        leg_raise_deg=at_end(leg.raise_deg),
        knee_deg=at_end(leg.knee_deg),
        ankle_deg=at_end(leg.ankle_deg),
        neck_flexion_deg=level_deg(time_s, angles.neck_flexion_deg, at),
        symptom_s=symptom,
        symptom_angle_deg=angle,
        interval95_deg=interval,
        held=held,
        moved_deg=moved,
        answered=answers_to(elsewhere, answers),
        pain=pain,
        left_over=tuple(answer.answer for answer in unseen if answer.answer is not None),
    ), notices


def symptom_angle(angles: LegTestAngles, side: Side, at_s: float | None) -> tuple[float, Interval | None]:
    """The angle of the test at a moment, with its 95 % interval; NaN and None where it was not measured.

    Parameters
    ----------
    angles : LegTestAngles
    side : {"left", "right"}
    at_s : float or None
        When the symptom was marked.

    Returns
    -------
    angle : float
        Degrees. Where the leg was lost at the mark for ``LONGEST_GAP_S`` at most, on the line between both sides.
    interval95 : tuple of float or None
        Degrees; reaches over both sides of such a gap.
    """
    if at_s is None:
        return float("nan"), None
    time_s, main = angles.time_s, _main(angles, side)
    return angle_at(
        time_s, main, at_s, angle_half_deg(angles.corrections, angles.test, angles.legs[side].which)
    )


def compare_sides(angles: LegTestAngles, trials: tuple[MeasuredTrial, ...]) -> SidesCompared | None:
    """Both legs at their first symptoms, or where none was marked, at the end of their ways.

    Parameters
    ----------
    angles : LegTestAngles
    trials : tuple of MeasuredTrial

    Returns
    -------
    SidesCompared or None
        None where only one side was done, or read. The smaller side is the one that went less far.
    """
    marked = all(any(t.symptom_s is not None for t in trials if t.leg == s) for s in ("left", "right"))

    def angle(trial: MeasuredTrial) -> SideAngle:
        if not marked:
            return SideAngle(trial.leg_raise_deg if angles.test == "slr" else trial.knee_deg)
        if trial.interval95_deg is None:
            return SideAngle(float("nan"))
        low, high = trial.interval95_deg
        seen = angle_half_deg(angles.corrections, angles.test, angles.legs[trial.leg].which)
        return SideAngle(trial.symptom_angle_deg, max(0.0, 0.5 * (high - low) - seen))

    left, right = (
        mean_angle([angle(trial) for trial in trials if trial.leg == side]) for side in ("left", "right")
    )
    return compare_angles(angles.corrections, angles.test, "near_far", left, right)
