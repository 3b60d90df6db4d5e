"""An arm test, measured: positions, symptoms, what bending the neck did, and both sides against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neckrom.body import Side, read_body
from neckrom.errors import InputError
from neckrom.nerve.arms.angles import ArmTestAngles, measure_arm_angles
from neckrom.nerve.arms.raw_angles import SIDES, from_minus_90
from neckrom.nerve.arms.suitable import OUT_SHARE, check_front_view, notes_on_arms, raised_together
from neckrom.nerve.arms.trials import ArmTrial, find_arm_trials, positions_lost
from neckrom.nerve.holding import (
    LEAST_CHANGE_DEG,
    MOST_LOST_SHARE,
    READING_SD_DEG,
    Moved,
    angle_at,
    level_deg,
    moved_deg,
    moved_together,
    not_held,
    settled_s,
    was_held,
)
from neckrom.nerve.limits import HEALTHY_SIDE_DIFFERENCE_DEG
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
from neckrom.nerve.marks import ArmPosition, Mark
from neckrom.nerve.sides import Interval, SideDifference
from neckrom.types import BodySeries, FloatArray, Notice

POSITIONS: tuple[ArmPosition, ...] = ("side", "overhead", "bent_overhead")
HELD_WITHIN_DEG: dict[ArmPosition, float] = {"side": 2.4, "overhead": 2.4, "bent_overhead": 2.6}
LEFT_FROM_DEG: dict[ArmPosition, float] = {"side": 2.7, "overhead": 2.7, "bent_overhead": 3.5}
"""An arm that was read to turn by less than the first was held within 3 degrees, one that turned by the second was not;
between them it cannot be told. In people used for fitting arms that are held are read to turn by 2.3 degrees at most,
those that slip by 3 degrees by 2.9 at least; bent overhead, where the model's elbow wanders by more, 2.4 and 4.7."""
NECK_DEG = 23.0
"""So far people used for fitting bent the neck with an arm overhead. There the head comes near the arm, and the
shoulder goes along with it: of a neck that is bent further, more is asked before an arm is said to have moved."""
PLACE_S = 0.3
"""Where an arm was at the mark is read over this much after it: frame by frame, single points wander by a degree, and
what lies before the mark is still the way up."""
FOREARM_SEEN_SHARE = 0.7
"""Of a forearm that is seen shorter, because it points at the camera or away, the elbow wanders by up to 7 degrees
while the arm is still: whether that was held is not told."""
READING_SD_AT_DEG: dict[ArmPosition, float] = {
    "side": READING_SD_DEG,
    "overhead": READING_SD_DEG,
    "bent_overhead": 3.7,
}
"""Beside a person's own bias. A symptom is marked where a movement has just ended: an elbow that was bent quickly is
still smoothed there (6.7 deg at the mark, 5.5 while it is held, in people used for fitting)."""
NEW_LEVEL_S = 0.3
"""A bent neck is at its new level this long."""


@dataclass(frozen=True, slots=True)
class MeasuredArmTrial:
    """One trial of one arm; degrees, NaN where not measured.

    Attributes
    ----------
    trial : ArmTrial
    abduction_deg, elbow_deg, neck_side_bend_deg : float
        At the end of the way, before the neck was bent; the neck + away from the arm.
    symptom_s : float or None
    symptom_angle_deg : float
        At the symptom: the elbow of an arm that is bent overhead, the abduction of any other.
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

    trial: ArmTrial
    abduction_deg: float
    elbow_deg: float
    neck_side_bend_deg: float
    symptom_s: float | None
    symptom_angle_deg: float
    interval95_deg: Interval | None
    held: bool | None
    moved_deg: float
    answered: tuple[Answered, ...]
    pain: str | None
    left_over: tuple[str, ...] = ()

    @property
    def end_deg(self) -> float:
        """The angle of its position, at the end of the way."""
        return self.elbow_deg if self.trial.position == "bent_overhead" else self.abduction_deg


@dataclass(frozen=True, slots=True)
class ArmsCompared:
    """Both arms against each other in one position; degrees."""

    position: ArmPosition
    difference_deg: float
    interval95_deg: Interval
    smaller: Side
    verdict: SideDifference


@dataclass(frozen=True, slots=True)
class ArmTestMeasurement:
    """Everything that a clip of an arm test gave.

    Attributes
    ----------
    angles : ArmTestAngles
    trials : tuple of MeasuredArmTrial
    sides : tuple of ArmsCompared
        Of the positions that were done with both arms, the largest difference first.
    notices : tuple of Notice
        What the user should know, and what to do.
    found_share, measured_share : float
        Frames with a person, and with the angles of the arms that were raised, as a share.
    """

    angles: ArmTestAngles
    trials: tuple[MeasuredArmTrial, ...]
    sides: tuple[ArmsCompared, ...]
    notices: tuple[Notice, ...]
    found_share: float
    measured_share: float


def measure_arm_test(series: BodySeries, marks: tuple[Mark, ...] = ()) -> ArmTestMeasurement:
    """Measure an arm test.

    Parameters
    ----------
    series : BodySeries
    marks : tuple of Mark
        In the order of their times.

    Returns
    -------
    ArmTestMeasurement

    Raises
    ------
    InputError
        If nobody is seen, the camera is not in front, no arm is raised, or a mark lies outside the clip.
    """
    body = read_body(series)
    check_front_view(body)
    check_marks(marks, body.time_s)
    angles = measure_arm_angles(body)
    found = find_arm_trials(angles, marks)
    if not found:
        raise InputError(
            "No arm is raised from where it hangs by 20 deg or more: film from the front, with both arms in the "
            "picture from before one is raised until it hangs again."
        )
    trials: list[MeasuredArmTrial] = []
    notices = list(notes_on_arms(body, angles, found))
    for trial in found:
        inside = tuple(mark for mark in marks if belongs(mark, trial, found))
        if raised_together(angles, trial):
            notices += [_of_both_arms(mark) for mark in inside if mark.kind in ("symptom", "pain")]
            inside = ()
        measured, said = _measured(angles, trial, inside)
        trials.append(measured)
        notices += said
    notices += stray(marks, found)
    notices += [
        Notice(
            f"The position that was asked for at {mark.time_s:.1f} s was not found: nothing is known of it. Do it "
            "again, with both arms in the picture.",
            "nerve_position_lost",
            time_s=mark.time_s,
        )
        for mark in positions_lost(found, marks)
    ]
    notices += no_symptom(marks)
    raised = {trial.arm for trial in found}
    return ArmTestMeasurement(
        angles=angles,
        trials=tuple(trials),
        sides=compare_arms(angles, trials),
        notices=tuple(notices),
        found_share=float(np.mean(body.found)),
        measured_share=float(
            np.mean([np.mean(np.isfinite(angles.arms[side].abduction_deg)) for side in raised])
        ),
    )


def _of_both_arms(mark: Mark) -> Notice:
    return Notice(
        f"The mark at {mark.time_s:.1f} s was made with both arms raised: to which of them it belongs cannot be told. "
        "It was not used.",
        "nerve_both_arms_mark",
        time_s=mark.time_s,
    )


def _measured(
    angles: ArmTestAngles, trial: ArmTrial, marks: tuple[Mark, ...]
) -> tuple[MeasuredArmTrial, list[Notice]]:
    symptoms = [mark.time_s for mark in marks if mark.kind == "symptom"]
    answers = [mark for mark in marks if mark.kind == "answer"]
    pain = next((mark.answer for mark in marks if mark.kind == "pain"), None)
    notices = pressed_again(symptoms, trial.start_s)
    symptom = symptoms[0] if symptoms else None
    arm, time_s = angles.arms[trial.arm], angles.time_s
    bent = trial.position == "bent_overhead"
    turn = arm.upper_turn_deg if bent else arm.reach_turn_deg
    frames = turn
    if arm.raw is not None:
        frames = arm.raw.abduction_deg if bent else arm.raw.reach_deg
    # without a mark there is no moment from which it should be held but that at which it comes to rest
    held_from = symptom if symptom is not None else settled_s(time_s, turn, trial.reached_s, trial.return_s)
    held_to = max(trial.return_s, held_from)
    away = _away_deg(angles, trial.arm)
    elsewhere = neck_moves(time_s, away, held_from, held_to)
    # the arm has to be held until the answer; what it does later is its own matter
    until = min(held_to, max((a.time_s for a in answers), default=held_to))
    moved = float("nan")
    if until > held_from:
        moved = moved_deg(time_s, frames, held_from, until, place_s=PLACE_S)
    window = (time_s >= held_from) & (time_s <= held_to)
    lost = float(np.mean(~np.isfinite(turn[window]))) if window.any() else 1.0
    seen = arm.forearm_seen[window & np.isfinite(arm.forearm_seen)]
    unsure = bent and len(seen) > 0 and float(np.median(seen)) < FOREARM_SEEN_SHARE
    outside = float(np.mean(arm.hand_outside[window])) if window.any() else 0.0
    if lost > MOST_LOST_SHARE or unsure or outside > OUT_SHARE:
        moved = float("nan")
    bent_by = np.abs(away[window] - level_deg(time_s, away, held_from))
    neck = float(np.nanmax(bent_by)) if np.isfinite(bent_by).any() else 0.0
    within = HELD_WITHIN_DEG[trial.position]
    left_from = LEFT_FROM_DEG[trial.position]
    if trial.position == "overhead":
        left_from *= max(1.0, neck / NECK_DEG)
    if arm.raw is not None and not bent and abs(moved) >= left_from:
        # an arm that moves turns the forearm, too; where only the shoulder's point wandered, that is no slip
        together = moved_together(
            time_s,
            frames,
            from_minus_90(arm.raw.forearm_deg),
            held_from,
            until,
            place_s=PLACE_S,
            least_deg=(left_from, within),
        )
        moved = moved if together else float("nan")
    held = was_held(
        time_s,
        turn,
        held_from,
        until,
        moved=moved,
        within_deg=within,
        left_from_deg=left_from,
    )
    if symptom is not None and held is False:
        notices.append(not_held(symptom, moved))
    unseen = left_over(elsewhere, answers)
    notices += not_placed(unseen, of_arms=True)
    before = min((one.from_s for one in elsewhere), default=held_to)
    at = held_from + min(0.25, max(0.0, 0.5 * (before - held_from)))
    angle, interval = _symptom_angle(angles, trial, symptom)

    def at_end(values: FloatArray) -> float:
        return level_deg(time_s, values, at) if lost <= MOST_LOST_SHARE else float("nan")

    return MeasuredArmTrial(
        trial=trial,
        abduction_deg=at_end(arm.abduction_deg),
        elbow_deg=at_end(arm.elbow_told_deg) if outside <= OUT_SHARE else float("nan"),
        neck_side_bend_deg=level_deg(time_s, away, at),
        symptom_s=symptom,
        symptom_angle_deg=angle,
        interval95_deg=interval,
        held=held,
        moved_deg=moved,
        answered=answers_to(elsewhere, answers),
        pain=pain,
        left_over=tuple(answer.answer for answer in unseen if answer.answer is not None),
    ), notices


def _away_deg(angles: ArmTestAngles, arm: Side) -> FloatArray:
    """The neck's side-bend, + away from an arm."""
    return angles.neck_side_bend_deg * (-1.0 if arm == "left" else 1.0)


def neck_moves(time_s: FloatArray, away_deg: FloatArray, from_s: float, to_s: float) -> tuple[Moved, ...]:
    """Each time the neck was bent while the arm was held, in the order of their times.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    away_deg : ndarray, shape (N,)
        Side-bend, + away from the arm.
    from_s, to_s : float
        The symptom, and the end of holding.

    Returns
    -------
    tuple of Moved
        Bent away, and back: one after the other, each against the level before it.
    """
    known = (time_s >= from_s) & (time_s <= to_s) & np.isfinite(away_deg)
    at, angle = time_s[known], away_deg[known]
    base = level_deg(time_s, away_deg, from_s)
    least = LEAST_CHANGE_DEG["neck_side"]
    found: list[Moved] = []
    start = 0
    while np.isfinite(base) and start < len(at):
        off = angle[start:] - base
        out = np.flatnonzero(np.abs(off) >= least)
        if not len(out):
            break
        sign = float(np.sign(off[out[0]]))
        along = off * sign
        first = int(out[0])
        # as far as it goes before it turns back by more than a change
        best = np.maximum.accumulate(along[first:])
        back = np.flatnonzero(along[first:] < best - least)
        last = first + int(back[0]) if len(back) else len(along)
        top = float(np.percentile(along[first:last], 90))
        there = np.flatnonzero(along[first:last] >= 0.7 * top) + first
        stands_s = float(at[start + there[-1]] - at[start + there[0]])
        if stands_s < NEW_LEVEL_S and last < len(along):
            start += last
            continue
        size = sign * float(np.median(along[there]))
        half = int(np.argmax(along >= 0.5 * abs(size)))
        before = np.flatnonzero(along[: half + 1] < 0.15 * abs(size))
        left = int(before[-1]) if len(before) else 0
        found.append(Moved("neck_side", size, float(at[start + left]), float(at[start + half])))
        base += size
        start += int(there[-1]) + 1
    return tuple(found)


def _symptom_angle(
    angles: ArmTestAngles, trial: ArmTrial, at_s: float | None
) -> tuple[float, Interval | None]:
    """The angle of the position at a moment, with its 95 % interval; NaN and None where it was not measured."""
    if at_s is None:
        return float("nan"), None
    bent = trial.position == "bent_overhead"
    series, time_s = angles.arms[trial.arm], angles.time_s
    main = series.elbow_told_deg if bent else series.abduction_deg
    half = 1.96 * float(np.hypot(angles.sd_deg(trial.position), READING_SD_AT_DEG[trial.position]))
    return angle_at(time_s, main, at_s, half)


def compare_arms(angles: ArmTestAngles, trials: Sequence[MeasuredArmTrial]) -> tuple[ArmsCompared, ...]:
    """Both arms in each position: at their first symptoms, or where one has none, at the end of their ways.

    Parameters
    ----------
    angles : ArmTestAngles
    trials : sequence of MeasuredArmTrial

    Returns
    -------
    tuple of ArmsCompared
        Of the positions that both arms were in, the largest difference first; the smaller arm went less far.
    """
    found = []
    for position in POSITIONS:
        here = [one for one in trials if one.trial.position == position]
        marked = all(
            any(one.symptom_s is not None for one in here if one.trial.arm == side) for side in SIDES
        )
        means = []
        for side in SIDES:
            values = [
                one.symptom_angle_deg if marked else one.end_deg for one in here if one.trial.arm == side
            ]
            values = [value for value in values if np.isfinite(value)]
            means.append(float(np.mean(values)) if values else float("nan"))
        left, right = means
        if not (np.isfinite(left) and np.isfinite(right)):
            continue
        half = 1.96 * float(np.hypot(angles.sd_deg(f"{position}.sides"), READING_SD_AT_DEG[position]))
        difference = abs(left - right)
        limit = HEALTHY_SIDE_DIFFERENCE_DEG["arms"]
        verdict: SideDifference = (
            "within_error" if difference < half else "unusual" if difference >= limit else "usual"
        )
        found.append(
            ArmsCompared(
                position,
                difference,
                (max(0.0, difference - half), difference + half),
                "left" if left < right else "right",
                verdict,
            )
        )
    return tuple(sorted(found, key=lambda one: -one.difference_deg))
