"""What a page sees of a session of nerve tests."""

from __future__ import annotations

from neckrom.live.contract import NerveRepetitionState, NerveState, Phase, Question, State, Text
from neckrom.live.keys import Key, text
from neckrom.live.nerve.plan import NerveStep
from neckrom.live.nerve.repetition import ASKING, MOVING
from neckrom.live.nerve.session import NerveMachine
from neckrom.live.nerve.words import (
    REWORDED,
    change_headline,
    change_of,
    lead_headline,
    lead_of,
    of_position,
    said,
)
from neckrom.live.view import Surroundings
from neckrom.saying.figures import NONE, short_angle
from neckrom.saying.verdict import SAFETY_STOPS

_SEEN = (Phase.INTRO, Phase.SETUP, Phase.CAMERA_LOST, *MOVING)


def nerve_state_of(machine: NerveMachine, seq: int, around: Surroundings) -> State:
    """The snapshot of one moment."""
    introducing = machine.phase is Phase.INTRO
    looking = machine.phase in (Phase.INTRO, Phase.SETUP)
    asking = machine.phase in (Phase.SAFETY, Phase.REFUSED)
    return State(
        seq=seq,
        time_s=round(machine.time_s, 3),
        phase=machine.phase,
        role="controls",
        headline=_headline(machine),
        detail=_detail(machine),
        say=tuple(machine.said),
        tones=tuple(machine.tones),
        questions=tuple(
            Question(id=q.id, tier=q.tier, answer=machine.answers.get(q.id)) for q in machine.gate.questions
        )
        if asking
        else (),
        refused_by=machine.refused_by,
        override_allowed=machine.override_allowed,
        checks=machine.checks if looking else (),
        setup_good_s=round(machine.setup_good_s, 2),
        lines=tuple(line.text for line in machine.introduction.lines) if introducing else (),
        line_now=machine.introduction.at if introducing else None,
        wording=_wording(machine),
        nerve=_nerve(machine),
        limbs=around.limbs,
        picture_size=around.picture_size,
        recording=around.recording,
        notes=tuple(machine.notes),
        warnings=_warnings(machine, around),
        stop_reason=machine.stop_reason,
        saving=around.saving if machine.phase in (Phase.SAVING, Phase.STOPPED) else None,
        measured=machine.anything_measured,
        result_url=around.result_url,
        result_dir=around.result_dir,
    )


def _reworded(key: Key, **params: str | float) -> Text:
    message = text(key, **params)
    return Text(key=REWORDED.get(message.key, message.key), params=message.params)


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
        return said(f"headline.{phase.value}")
    special = {
        Phase.REFUSED: Key.HEADLINE_REFUSED_DOCTOR if machine.override_allowed else Key.HEADLINE_REFUSED_STOP,
        Phase.SETUP: Key.HEADLINE_SETUP_GOOD if machine.setup_good_s > 0 else Key.HEADLINE_SETUP,
        Phase.PAUSED: Key.HEADLINE_LEFT if machine.paused_because == "left" else Key.HEADLINE_PAUSED,
        Phase.RESULT: _result_headline(machine),
    }
    return _reworded(special[phase] if phase in special else Key(f"headline.{phase.value}"))


def _result_headline(machine: NerveMachine) -> Key:
    if machine.stop_reason in SAFETY_STOPS:
        return Key(f"headline.result_stopped.{machine.stop_reason}")
    special = {"not_saved": Key.HEADLINE_NOT_SAVED, "nothing_to_save": Key.HEADLINE_ENDED}
    return special.get(machine.outcome or "", Key.HEADLINE_RESULT)


def _detail(machine: NerveMachine) -> Text | None:
    phase = machine.phase
    if phase in MOVING | ASKING:
        return _detail_of_a_repetition(machine)
    if phase is Phase.SETUP:
        return next((c.advice for c in machine.checks if c.status == "bad" and c.advice is not None), None)
    if phase is Phase.RESULT:
        return _result_detail(machine)
    if phase is Phase.SAFETY:
        return _reworded(Key.DETAIL_SAFETY, left=len(machine.gate.questions) - len(machine.answers))
    if phase is Phase.REFUSED:
        return _reworded(Key.DETAIL_REFUSED_DOCTOR if machine.override_allowed else Key.DETAIL_REFUSED_STOP)
    reason = f".{machine.stop_reason}" if phase is Phase.STOPPED else ""
    return _reworded(Key(f"detail.{phase.value}{reason}"))


def _detail_of_a_repetition(machine: NerveMachine) -> Text:
    phase, step = machine.phase, machine.current
    if phase is Phase.LEAD and step is not None:
        return said("detail.lead", number=step.number, total=len(machine.plan.of(step)))
    return said(f"detail.{phase.value}")


def _result_detail(machine: NerveMachine) -> Text:
    if machine.outcome == "not_saved":
        return text(Key.DETAIL_NOT_SAVED, folder=machine.folder)
    if machine.stop_reason in SAFETY_STOPS:
        return _reworded(Key(f"detail.stopped.{machine.stop_reason}"))
    if machine.outcome == "saved":
        key = Key.DETAIL_RESULT if machine.stop_reason is None else Key.DETAIL_ENDED_EARLY
        return _reworded(key, trials=len(machine.plan.done()))
    return _reworded(Key.DETAIL_ENDED)


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
