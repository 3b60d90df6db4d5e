"""What a page sees of a session of turning the trunk: no angle, for none that is seen live is the result's."""

from __future__ import annotations

from neckrom.live.contract import NerveRepetitionState, NerveState, Phase, State, Text
from neckrom.live.keys import Key, text
from neckrom.live.turning.protocols import POSITION
from neckrom.live.turning.session import TurnMachine
from neckrom.live.turning.turn import MOVING
from neckrom.live.turning.words import to_side, turned
from neckrom.live.view import Surroundings, shared_detail, shared_headline, shared_state

_SEEN = (Phase.INTRO, Phase.SETUP, Phase.CAMERA_LOST, *MOVING)
_SHOWN = MOVING | {Phase.PAUSED, Phase.SAVING, Phase.RESULT, Phase.STOPPED}


def turning_state_of(machine: TurnMachine, seq: int, around: Surroundings) -> State:
    """The snapshot of one moment.

    Parameters
    ----------
    machine : TurnMachine
    seq : int
    around : Surroundings
    """
    return State(
        **shared_state(machine, seq, around),
        headline=_headline(machine),
        detail=_detail(machine),
        wording=_wording(machine),
        nerve=_turns(machine),
        warnings=_warnings(machine, around),
    )


def _headline(machine: TurnMachine) -> Text:
    phase, step = machine.phase, machine.current
    if step is not None and phase is Phase.LEAD:
        return to_side("headline", step.side)
    named = {Phase.POSITION: "rest", Phase.HOLD: "hold", Phase.BACK: "back"}
    if phase in named:
        return turned(f"headline.{named[phase]}")
    return shared_headline(machine)


def _detail(machine: TurnMachine) -> Text | None:
    phase, step = machine.phase, machine.current
    if phase not in MOVING:
        return shared_detail(machine, done=len(machine.plan.done()))
    if phase is Phase.LEAD and step is not None:
        return turned("detail.lead", number=step.number, total=len(machine.plan.of(step.side)))
    if phase is Phase.POSITION:
        return Text(key="nerve_live.detail.position")
    return turned(f"detail.{phase.value}")


def _wording(machine: TurnMachine) -> Text | None:
    """How it is done, in whole sentences, beside the figure that shows it."""
    phase, step = machine.phase, machine.current
    if step is not None and phase is Phase.LEAD:
        return to_side("lead", step.side)
    return turned("rest") if phase is Phase.POSITION else None


def _turns(machine: TurnMachine) -> NerveState:
    if machine.phase not in _SHOWN:
        return NerveState(test="upper_back")
    step = machine.current
    return NerveState(
        test="upper_back",
        position=POSITION if step else None,
        side=step.side if step else None,
        repetitions=tuple(
            NerveRepetitionState(position=POSITION, side=each.side, number=each.number, status=each.status)
            for each in machine.plan
        ),
    )


def _warnings(machine: TurnMachine, around: Surroundings) -> tuple[Text, ...]:
    found = list(around.warnings)
    if machine.phase in _SEEN and machine.last is not None and not machine.last.person:
        found.append(text(Key.WARNING_NO_PERSON))
    if machine.source_ended:
        found.append(text(Key.WARNING_SOURCE_ENDED))
    return tuple(found)
