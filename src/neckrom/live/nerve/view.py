"""What a page sees of a session of nerve tests."""

from __future__ import annotations

from dataclasses import dataclass

from neckrom.live.contract import ExerciseState, NerveRepetitionState, NerveState, Phase, State, Text
from neckrom.live.keys import Key, text
from neckrom.live.nerve.plan import NerveStep
from neckrom.live.nerve.repetition import ASKING, MOVING
from neckrom.live.nerve.session import NerveMachine
from neckrom.live.nerve.words import (
    change_headline,
    change_of,
    lead_headline,
    lead_of,
    of_position,
    said,
    said_in,
)
from neckrom.live.view import Surroundings, shared_detail, shared_headline, shared_state
from neckrom.saying.figures import NONE, short_angle

_SEEN = (Phase.INTRO, Phase.SETUP, Phase.CAMERA_LOST, *MOVING)


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What a session of more than tests says in a phase of its own."""

    headline: Text
    detail: Text | None
    wording: Text | None


def nerve_state_of(
    machine: NerveMachine,
    seq: int,
    around: Surroundings,
    *,
    own: OwnWords | None = None,
    exercise: ExerciseState | None = None,
) -> State:
    """The snapshot of one moment.

    Parameters
    ----------
    machine : NerveMachine
    seq : int
    around : Surroundings
    own : OwnWords, optional
        In a phase that the tests do not have.
    exercise : ExerciseState, optional
        Of the session of a plan.
    """
    words = own or OwnWords(_headline(machine), _detail(machine), _wording(machine))
    return State(
        **shared_state(machine, seq, around),
        headline=words.headline,
        detail=words.detail,
        wording=words.wording,
        nerve=_nerve(machine),
        exercise=exercise,
        warnings=_warnings(machine, around),
    )


def _headline(machine: NerveMachine) -> Text:
    phase, step = machine.phase, machine.current
    if step is not None and phase is Phase.POSITION:
        return of_position(step.position, step.side, "headline")
    if step is not None and phase is Phase.LEAD:
        return lead_headline(step.position)
    change = machine.repetition.change
    if step is not None and phase is Phase.CHANGE and change is not None:
        return change_headline(step.position, change)
    if phase in ASKING:
        return said_in(machine.test, f"headline.{phase.value}")
    return shared_headline(machine)


def _detail(machine: NerveMachine) -> Text | None:
    if machine.phase in MOVING | ASKING:
        return _detail_of_a_repetition(machine)
    return shared_detail(machine, done=len(machine.plan.done()))


def _detail_of_a_repetition(machine: NerveMachine) -> Text:
    phase, step = machine.phase, machine.current
    if phase is Phase.LEAD and step is not None:
        return said("detail.lead", number=step.number, total=len(machine.plan.of(step)))
    return said_in(machine.test, f"detail.{phase.value}")


def _wording(machine: NerveMachine) -> Text | None:
    """How it is done, in whole sentences, beside the figure that shows it."""
    phase, step = machine.phase, machine.current
    if step is None:
        return None
    if phase is Phase.POSITION:
        return of_position(step.position, step.side, "position")
    if phase is Phase.LEAD:
        return lead_of(step.position, short=False)
    change = machine.repetition.change
    return change_of(step.position, change) if phase is Phase.CHANGE and change is not None else None


def _nerve(machine: NerveMachine) -> NerveState | None:
    if machine.phase not in MOVING | ASKING | {Phase.PAUSED, Phase.SAVING, Phase.RESULT, Phase.STOPPED}:
        return NerveState(test=machine.test)
    step, repetition = machine.current, machine.repetition
    return NerveState(
        test=machine.test,
        position=step.position.name if step else None,
        side=step.side if step else None,
        joint=repetition.joint,
        angle_said=short_angle(repetition.led_deg) if step else NONE,
        symptom_said=short_angle(step.symptom_deg) if step and step.symptom_deg is not None else "",
        held=step.held if step else None,
        repetitions=tuple(_repetition(each) for each in machine.plan),
    )


def _repetition(step: NerveStep) -> NerveRepetitionState:
    angle = step.symptom_deg if step.symptom_s is not None else step.furthest_deg
    return NerveRepetitionState(
        position=step.position.name,
        side=step.side,
        number=step.number,
        status=step.status,
        felt=step.symptom_s is not None if step.status == "done" else None,
        angle_said=short_angle(angle) if step.status == "done" else NONE,
        whose=step.whose,
    )


def _warnings(machine: NerveMachine, around: Surroundings) -> tuple[Text, ...]:
    found = list(around.warnings)
    if machine.phase in _SEEN and machine.last is not None and not machine.last.person:
        found.append(text(Key.WARNING_NO_PERSON))
    if machine.source_ended:
        found.append(text(Key.WARNING_SOURCE_ENDED))
    return tuple(found)
