"""The guided session of turning the trunk; what every session shares is :mod:`neckrom.live.machine`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from neckrom.live.contract import Command, Heard, Phase
from neckrom.live.events import BodySample, Happening, Sample
from neckrom.live.introduction import Line
from neckrom.live.keys import Key, text
from neckrom.live.machine import GuidedMachine
from neckrom.live.nerve.words import said
from neckrom.live.turning.plan import Stretch, TurnPlan, TurnStep
from neckrom.live.turning.protocols import TurnProtocol
from neckrom.live.turning.turn import MOVING, Turn
from neckrom.live.turning.words import REWORDED, turned
from neckrom.screening.safety import nerve_safety_questions


def turning_introduction(protocol: TurnProtocol) -> Iterator[Line]:
    """What is said before a session of turning the trunk."""
    often = protocol.repetitions
    yield Line(turned("intro.what"))
    yield Line(turned("intro.both" if len(protocol.sides) > 1 else "intro.one", number=often))
    yield Line(turned("intro.how"), "captured")
    yield Line(turned("intro.minutes", minutes=protocol.minutes))
    yield Line(turned("intro.stop"))


class TurnMachine(GuidedMachine):
    """One guided session of turning the trunk.

    Parameters
    ----------
    protocol : TurnProtocol
    ask_consent : bool
        False where nothing of the picture is to be stored in any case: nobody is asked then.
    """

    def __init__(self, protocol: TurnProtocol, *, ask_consent: bool = True) -> None:
        super().__init__(
            nerve_safety_questions(),
            tuple(turning_introduction(protocol)),
            MOVING,
            ask_consent=ask_consent,
            reworded=REWORDED,
        )
        self.protocol = protocol
        self.plan = TurnPlan(protocol)
        self.last: BodySample | None = None
        """The newest frame."""
        self.turn = Turn(self._floor, protocol.hold_s, self._over)
        self.stretches: list[Stretch] = []
        self.stopped_during: str | None = None
        """The turn that was under way when the session was stopped."""

    @property
    def anything_measured(self) -> bool:
        """Whether a turn is over."""
        return bool(self.plan.done())

    @property
    def current(self) -> TurnStep | None:
        """The turn under way."""
        return self.turn.step

    def record(self) -> list[dict[str, Any]]:
        """What was led between which moments, for the analysis of the recording."""
        return [stretch.record() for stretch in self.stretches if stretch.turns]

    # ------------------------------------------------------------------ frames

    def _take_sample(self, sample: Sample | BodySample) -> None:
        assert isinstance(sample, BodySample)
        self.last = sample
        super()._take_sample(sample)

    def _take_own_sample(self, sample: Sample | BodySample) -> None:
        assert isinstance(sample, BodySample)
        self.turn.take(sample)

    # ---------------------------------------------------------------- commands

    def _take_own_command(self, command: Command | Heard) -> None:
        """Nothing is asked of the person here."""

    def _own_buttons(self) -> dict[str, Callable[[], None]]:
        return {"now": self.turn.hold}

    def _continue_own(self) -> None:
        handlers: dict[Phase, Callable[[], None]] = {
            Phase.POSITION: self.turn.lead,
            Phase.LEAD: self.turn.hold,
            Phase.HOLD: self.turn.come_back,
            Phase.BACK: self.turn.is_back,
        }
        handler = handlers.get(self.phase)
        if handler is not None:
            handler()

    def _skip(self) -> None:
        """The rest of the side; a turn that is at its end already counts."""
        step = self.current
        if step is not None and self.phase in (Phase.POSITION, Phase.LEAD):
            self._floor.say(said("skipped"), cuts=True)
            self.turn.drop()
            self.plan.skip_rest(step.side)
            self._advance()
        elif self.phase in (Phase.HOLD, Phase.BACK):
            self._continue_own()
        else:
            super()._skip()

    def _repeat(self) -> None:
        step = self.current
        if step is not None and self.phase in MOVING:
            self.turn.explain_again()
            self.turn.begin(step)
        else:
            super()._repeat()

    def _drop(self) -> None:
        self.turn.drop()

    def _break_off(self) -> None:
        if self.current is not None:
            self.stopped_during = self.current.name
        self.turn.drop()

    def _return_to(self, phase: Phase) -> None:  # noqa: ARG002
        """Who was away sits otherwise now: all is counted from a rest of its own."""
        self._set_up_again()

    def _return_from_a_lost_camera(self, phase: Phase) -> None:  # noqa: ARG002
        self._set_up_again()

    def _take_own_happening(self, event: Happening) -> None:
        """Nothing that is asked of the world is answered here."""

    # ------------------------------------------------------------- transitions

    def _set_up(self) -> None:
        self.stretches.append(Stretch(self.time_s))
        self.turn.forget()
        self._advance()

    def _set_up_again(self) -> None:
        self.turn.explain_again()
        self.gate.begin_setup()
        self.gate.enter_setup()

    def _over(self, step: TurnStep) -> None:
        if step.status == "done":
            self.stretches[-1].turns.append(step)
        self._advance()

    def _advance(self) -> None:
        """The next turn, or the end."""
        step = self.plan.next_to_come()
        if step is None:
            self._say(text(Key.SAY_SAVING))
            self._enter_saving()
        else:
            self.turn.begin(step)
