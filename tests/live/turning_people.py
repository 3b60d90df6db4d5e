"""People who turn the trunk before a session's machine: a turn that follows what is asked, and mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neckrom.live.contract import Answer, Check, Phase, Simple
from neckrom.live.events import BodySample, Effect, Happening, Save, UserCommand
from neckrom.live.turning.protocols import TurnProtocol
from neckrom.live.turning.session import TurnMachine
from neckrom.screening.safety import nerve_safety_questions

STEP_S = 0.1
GOOD = (Check(name="person", status="good"), Check(name="arms", status="good"))


def protocol(*, repetitions: int = 1, sides=("left", "right")) -> TurnProtocol:
    return TurnProtocol(version=1, title="Test", sides=sides, repetitions=repetitions)


def machine_of(**changes) -> TurnMachine:
    """A machine whose questions are answered."""
    machine = TurnMachine(protocol(**changes), ask_consent=False)
    for question in nerve_safety_questions():
        machine.take(UserCommand(machine.time_s, Answer(type="answer", question=question.id, answer="no")))
    press(machine, "continue")
    return machine


def press(machine: TurnMachine, command) -> list[Effect]:
    command = Simple(type=command) if isinstance(command, str) else command
    return machine.take(UserCommand(machine.time_s, command))


@dataclass
class Sitter:
    """Does what is asked; each attribute is a way to do it otherwise.

    Attributes
    ----------
    most_deg : float
        As far as the trunk goes.
    wrong_first : bool
        To the other side the first time.
    seen : bool
        Whether the turn is read at all.
    rest_deg : float
        Where the trunk comes to rest.
    """

    most_deg: float = 40.0
    wrong_first: bool = False
    seen: bool = True
    rest_deg: float = 0.0
    turn_deg: float = 0.0
    wrong_done: bool = False

    def frames(self, machine: TurnMachine, most_s: float = 900.0) -> Iterator[list[Effect]]:
        """Frame after frame until the session is over."""
        while machine.phase not in (Phase.RESULT, Phase.REFUSED) and machine.time_s < most_s:
            self._move(machine)
            checks = GOOD if machine.phase in (Phase.INTRO, Phase.SETUP) else ()
            angles = {"turn": round(self.turn_deg, 2)} if self.seen else {}
            effects = machine.take(BodySample(round(machine.time_s + STEP_S, 3), angles, checks=checks))
            yield effects + settled(machine, effects)

    def do(self, machine: TurnMachine, most_s: float = 900.0) -> TurnMachine:
        for _ in self.frames(machine, most_s):
            pass
        return machine

    def until(self, machine: TurnMachine, phase: Phase) -> None:
        for _ in self.frames(machine):
            if machine.phase is phase:
                return
        raise AssertionError(f"{phase} never came")

    def _move(self, machine: TurnMachine) -> None:
        step = machine.current
        goal = self.rest_deg
        if step is not None and machine.phase in (Phase.LEAD, Phase.HOLD):
            sign = 1.0 if step.side == "left" else -1.0
            if self.wrong_first and not self.wrong_done:
                sign = -sign
            goal = sign * self.most_deg
        elif self.wrong_first and machine.phase is Phase.POSITION and abs(self.turn_deg) > 10:
            self.wrong_done = True
        self.turn_deg += min(max(goal - self.turn_deg, -3.0), 3.0)


def settled(machine: TurnMachine, effects: list[Effect]) -> list[Effect]:
    """What the world answers to a wish to save."""
    if not any(isinstance(effect, Save) for effect in effects):
        return []
    what = "saved" if machine.anything_measured else "nothing_to_save"
    return machine.take(Happening(machine.time_s, what, "folder"))
