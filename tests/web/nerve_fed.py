"""A state for every screen of a session of nerve tests, and of turning the trunk, made by the real machines."""

from __future__ import annotations

from collections.abc import Callable

from neckrom.live.contract import Check, Phase, Saving, State, Stop
from neckrom.live.events import BodySample, UserCommand
from neckrom.live.nerve.session import NerveMachine
from neckrom.live.nerve.view import nerve_state_of
from neckrom.live.nerve.words import said
from neckrom.live.turning.session import TurnMachine
from neckrom.live.turning.view import turning_state_of
from neckrom.live.turning.words import turned
from neckrom.live.view import Surroundings
from tests.live.nerve_people import Person, past_the_questions, protocol, simple
from tests.live.turning_people import Sitter
from tests.live.turning_people import machine_of as turn_machine

AROUND = Surroundings(picture_size=(640, 480), limbs=(((200, 200), (300, 300), (400, 300), (500, 300)),))


def _at(test: str, phase: Phase, joint: str | None = None, after_s: float = 0.5) -> NerveMachine:
    machine = NerveMachine(protocol(test, repetitions=2), ask_consent=False)
    past_the_questions(machine)
    for _ in Person(whose="").frames(machine):
        there = machine.phase is phase and machine._floor.in_phase_s() >= after_s
        if there and joint in (None, machine.repetition.joint):
            return machine
    raise AssertionError(f"{phase} never came")


def _setup() -> NerveMachine:
    machine = NerveMachine(protocol("slr"), ask_consent=False)
    past_the_questions(machine)
    bad = (
        Check(name="person", status="good"),
        Check(name="feet", status="bad", advice=said("advice.feet")),
        Check(name="posture", status="bad", advice=said("advice.lie")),
        Check(name="view", status="good"),
    )
    machine.take(BodySample(1.0, {}, checks=bad))
    return machine


def _ended(*commands) -> NerveMachine:
    machine = _at("slr", Phase.WHOSE)
    for command in commands:
        machine.take(UserCommand(machine.time_s, command))
    return machine


def _turning(phase: Phase, after_s: float = 0.5) -> TurnMachine:
    machine = turn_machine(repetitions=3)
    for _ in Sitter().frames(machine):
        enough = len(machine.plan.done()) >= 1 or phase is Phase.SETUP
        if enough and machine.phase is phase and machine._floor.in_phase_s() >= after_s:
            return machine
    raise AssertionError(f"{phase} never came")


def _turning_setup() -> TurnMachine:
    machine = turn_machine()
    bad = (
        Check(name="person", status="good"),
        Check(name="light", status="good"),
        Check(name="front", status="bad", advice=turned("advice.square")),
        Check(name="knees", status="good"),
        Check(name="arms", status="bad", advice=turned("advice.arms")),
    )
    machine.take(BodySample(1.0, {}, checks=bad))
    return machine


def _turning_ended(*commands) -> TurnMachine:
    machine = _turning(Phase.LEAD)
    for command in commands:
        machine.take(UserCommand(machine.time_s, command))
    return machine


MACHINES: dict[str, Callable[[], NerveMachine | TurnMachine]] = {
    "nerve, set-up": _setup,
    "nerve, position": lambda: _at("slump", Phase.POSITION),
    "nerve, lead": lambda: _at("slr", Phase.LEAD, after_s=2.0),
    "nerve, arm": lambda: _at("arms", Phase.LEAD, after_s=2.0),
    "nerve, hold": lambda: _at("slump", Phase.HOLD),
    "nerve, neck": lambda: _at("slump", Phase.CHANGE, "neck"),
    "nerve, ankle": lambda: _at("slr", Phase.CHANGE, "ankle"),
    "nerve, answer": lambda: _at("slr", Phase.ANSWER, after_s=0.0),
    "nerve, whose": lambda: _at("slr", Phase.WHOSE),
    "nerve, stopped": lambda: _ended(Stop(type="stop", reason="pain")),
    "nerve, saving": lambda: _ended(simple("finish")),
    "turning, set-up": _turning_setup,
    "turning, position": lambda: _turning(Phase.POSITION),
    "turning, lead": lambda: _turning(Phase.LEAD),
    "turning, hold": lambda: _turning(Phase.HOLD),
    "turning, back": lambda: _turning(Phase.BACK, 0.1),
    "turning, stopped": lambda: _turning_ended(Stop(type="stop", reason="dizziness")),
    "turning, saving": lambda: _turning_ended(simple("finish")),
}
"""Every screen that is not one of the neck's."""


def state_of(name: str) -> State:
    """The state of a screen."""
    machine = MACHINES[name]()
    saving = Saving(share=0.2, next_share=0.6) if machine.over else None
    around = Surroundings(saving=saving) if saving else AROUND
    if isinstance(machine, TurnMachine):
        return turning_state_of(machine, 1, around)
    return nerve_state_of(machine, 1, around)
