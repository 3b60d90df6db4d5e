"""What is asked between the movements: pain after each direction, the chin after flexion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from neckrom.live.contract import Phase
from neckrom.live.events import Ask, Sample
from neckrom.live.floor import Floor
from neckrom.live.keys import Key, text
from neckrom.live.plan import Plan, Step
from neckrom.live.protocols import SessionProtocol
from neckrom.types import Movement

_REMINDED_S, _LEFT_OUT_S = 15.0, 45.0

Kind = Literal["pain", "chin"]


class Questions:
    """Questions that are due, and their answers.

    Parameters
    ----------
    floor : Floor
    protocol : SessionProtocol
    plan : Plan
    answered : callable
        Called when a question is over, answered or not.
    """

    def __init__(
        self, floor: Floor, protocol: SessionProtocol, plan: Plan, answered: Callable[[], None]
    ) -> None:
        self._protocol = protocol
        self._floor, self._plan, self._answered = floor, plan, answered
        self.pain: dict[Movement, int] = {}
        self.pain_asked: Movement | None = None
        self.chin_fingers: int | None = None
        self._asked: set[tuple[Kind, Movement]] = set()
        self._explained = False
        self._asked_early: Movement | None = None

    def ask_on_the_way_back(self, step: Step) -> None:
        """Ask for the pain of a direction whose last repetition is coming back: there is time to think until then."""
        steps = [each for each in self._plan.of(step.movement) if each is not step]
        last = all(each.status not in ("to_come", "now") for each in steps)
        self._asked_early = None
        if last and self._protocol.ask_pain and ("pain", step.movement) not in self._asked:
            self._asked_early = step.movement
            self._say(Phase.PAIN)

    def due(self) -> tuple[Kind, Movement] | None:
        """Pain after each direction that is over, the chin after flexion."""
        protocol = self._protocol
        for movement in protocol.directions:
            steps = self._plan.of(movement)
            if any(step.status in ("to_come", "now") for step in steps):
                continue
            if protocol.ask_pain and ("pain", movement) not in self._asked:
                return "pain", movement
            seen = any(step.seen is not None for step in steps)
            wanted = protocol.ask_chin and movement is Movement.FLEXION and seen
            if wanted and ("chin", movement) not in self._asked:
                return "chin", movement
        return None

    def ask(self, kind: Kind, movement: Movement) -> None:
        """Ask it now."""
        self._asked.add((kind, movement))
        self._floor.want(Ask(None))
        self.pain_asked = movement if kind == "pain" else None
        phase = Phase.PAIN if kind == "pain" else Phase.CHIN
        if self.pain_asked is not None and self.pain_asked is self._asked_early:
            self._floor.enter(phase)
        else:
            self.ask_again(phase)
        self._asked_early = None

    def ask_again(self, phase: Phase) -> None:
        """The question of a phase that was left for something else."""
        self._floor.enter(phase)
        self._say(phase)

    def put_back(self, phase: Phase) -> None:
        """A question that is left without an answer for something else comes again."""
        if phase is Phase.PAIN and self.pain_asked is not None:
            self._asked.discard(("pain", self.pain_asked))
        elif phase is Phase.CHIN:
            self._asked.discard(("chin", Movement.FLEXION))

    def take(self, _sample: Sample) -> None:
        """A question that nobody answers is asked once more, then left out."""
        floor = self._floor
        if floor.in_phase_s() >= _LEFT_OUT_S:
            self._answered()
        elif floor.in_phase_s() >= _REMINDED_S and not floor.reminded:
            floor.reminded = True
            self._say(floor.phase)

    def take_pain(self, movement: Movement, score: int | None) -> None:
        """Keep it; it answers the question if that was asked."""
        asked = self.pain_asked if self._floor.phase is Phase.PAIN else None
        if score is not None:
            self.pain[movement] = score
        if asked is movement:
            self._answered()

    def take_chin(self, fingers: int | None) -> None:
        """Keep it."""
        if self._floor.phase is Phase.CHIN:
            self.chin_fingers = fingers
            self._answered()

    def _say(self, phase: Phase) -> None:
        """The first question for pain names its keys; nobody need hear that six times."""
        if phase is Phase.CHIN:
            self._floor.say(text(Key.SAY_CHIN))
            return
        self._floor.say(text(Key.SAY_PAIN if self._explained else Key.SAY_PAIN_FIRST))
        self._explained = True
