"""What a page sees of the session of a plan."""

from __future__ import annotations

from neckrom.live.contract import ExerciseState, Phase, SetState, State
from neckrom.live.exercise.session import AFTER, BEFORE, PlanMachine
from neckrom.live.exercise.sets import ExerciseSet
from neckrom.live.exercise.words import exercised, said_of, title_of
from neckrom.live.nerve.plan import NerveStep
from neckrom.live.nerve.view import OwnWords, nerve_state_of
from neckrom.live.view import Surroundings
from neckrom.saying.figures import NONE, short_angle


def plan_state_of(machine: PlanMachine, seq: int, around: Surroundings) -> State:
    """The snapshot of one moment: that of its test, with the exercise."""
    return nerve_state_of(machine, seq, around, own=_own_words(machine), exercise=_exercise(machine))


def _own_words(machine: PlanMachine) -> OwnWords | None:
    one = machine.room.set
    if machine.phase is Phase.LEVEL:
        return OwnWords(exercised(f"headline.level_{machine.pain_asked}"), exercised("detail.level"), None)
    if machine.phase is not Phase.EXERCISE or one is None:
        return None
    told = exercised("detail.exercise", counted=one.counted, wanted=one.wanted)
    how = said_of(machine.position.name, one.side, first=True)
    return OwnWords(exercised(f"headline.{_where(machine) or 'waiting'}"), told, how)


def _where(machine: PlanMachine) -> str | None:
    counter = machine.room.counter
    one = machine.room.set
    if one is None or one.goal is None or counter is None:
        return None
    if counter.out and (counter.too_far or counter.nears_limit()):
        return "too_far"
    if counter.at_mark:
        return "reached"
    return "out" if counter.out else "rest"


def _exercise(machine: PlanMachine) -> ExerciseState:
    one, angle = machine.room.set, machine.room.angle
    goal = None if one is None else one.goal
    share, mark = None, 0.8
    if goal is not None:
        whole = goal.limit_deg - goal.rest_deg
        mark = (goal.counts_from_deg - goal.rest_deg) / whole
        if angle is not None:
            share = round(min(max((angle - goal.rest_deg) / whole, 0.0), 1.2), 3)
    return ExerciseState(
        title=title_of(machine.exercise_plan),
        asked=machine.pain_asked,
        pain_before=machine.pain.get("before"),
        pain_after=machine.pain.get("after"),
        share=share,
        mark_share=round(mark, 3),
        where=_where(machine),
        sets=tuple(_set(machine, each) for each in machine.sets),
    )


def _set(machine: PlanMachine, one: ExerciseSet) -> SetState:
    goal = one.goal
    return SetState(
        side=one.side,
        counted=one.counted,
        wanted=one.wanted,
        status=one.status,
        mark_said=NONE if goal is None else short_angle(abs(goal.counts_from_deg)),
        limit_said=NONE if goal is None else short_angle(abs(goal.limit_deg)),
        before_said=_seen(machine.step_of(one.side, BEFORE)),
        after_said=_seen(machine.step_of(one.side, AFTER)),
    )


def _seen(step: NerveStep | None) -> str:
    if step is None:
        return NONE
    angle = step.symptom_deg if step.symptom_s is not None else step.furthest_deg
    return short_angle(angle)
