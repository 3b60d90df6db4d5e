"""The guided session of nerve tests as a state machine; what every session shares is :mod:`neckrom.live.machine`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from neckrom.live.contract import Changed, Command, Heard, Phase, Whose
from neckrom.live.events import BodySample, Happening, Sample
from neckrom.live.introduction import Line
from neckrom.live.keys import Key, text
from neckrom.live.machine import GuidedMachine
from neckrom.live.nerve.plan import Marked, NervePlan, NerveStep
from neckrom.live.nerve.protocols import NerveProtocol, TestName
from neckrom.live.nerve.repetition import ASKING, MOVING, NerveRepetition
from neckrom.live.nerve.words import REWORDED, said, setup_of
from neckrom.screening.safety import SafetyQuestion, nerve_safety_questions


def nerve_introduction(protocol: NerveProtocol) -> Iterator[Line]:
    """What is said before a session of nerve tests."""
    yield Line(said("intro.what"))
    if len(protocol.sides) > 1:
        yield Line(said("intro.sides"))
    often = protocol.repetitions
    yield Line(said("intro.once") if often == 1 else said("intro.often", number=often))
    yield Line(said("intro.now"), "captured")
    yield Line(said("intro.held"))
    yield Line(said("intro.minutes", minutes=protocol.minutes))
    yield Line(said("intro.stop"))


@dataclass(frozen=True, slots=True)
class Around:
    """What a session of more than tests has beside them.

    Attributes
    ----------
    questions : tuple of SafetyQuestion
        Asked after those of the tests.
    lines : tuple of Line
        In place of the introduction.
    phases : frozenset of Phase
        In which the person moves, or is asked about it.
    reworded : mapping
        Beside what the tests word otherwise.
    """

    questions: tuple[SafetyQuestion, ...] = ()
    lines: tuple[Line, ...] = ()
    phases: frozenset[Phase] = frozenset()
    reworded: Mapping[str, str] = field(default_factory=dict)


class NerveMachine(GuidedMachine):
    """One guided session of nerve tests.

    Parameters
    ----------
    protocol : NerveProtocol
    ask_consent : bool
        False where nothing of the picture is to be stored in any case: nobody is asked then.
    around : Around, optional
        What a session has beyond the tests.
    """

    def __init__(
        self, protocol: NerveProtocol, *, ask_consent: bool = True, around: Around | None = None
    ) -> None:
        beyond = around or Around()
        super().__init__(
            (*nerve_safety_questions(), *beyond.questions),
            beyond.lines or tuple(nerve_introduction(protocol)),
            MOVING | ASKING | beyond.phases,
            ask_consent=ask_consent,
            reworded={**REWORDED, **beyond.reworded, Key.SAY_SETUP.value: setup_of(protocol.tests[0]).key},
        )
        self.protocol = protocol
        self.plan = NervePlan(protocol)
        self.last: BodySample | None = None
        """The newest frame."""
        self.repetition = NerveRepetition(self._floor, self._advance)
        self.test: TestName = protocol.tests[0]
        """What the camera was set up for last."""
        self.stopped_during: str | None = None
        """The repetition that was under way when the session was stopped."""

    @property
    def anything_measured(self) -> bool:
        """Whether a repetition is over."""
        return bool(self.plan.done())

    @property
    def current(self) -> NerveStep | None:
        """The repetition under way."""
        return self.repetition.step

    def marks(self) -> tuple[Marked, ...]:
        """What was said when, for the analysis of the recording."""
        return self.plan.marks()

    # ------------------------------------------------------------------ frames

    def _take_sample(self, sample: Sample | BodySample) -> None:
        assert isinstance(sample, BodySample)
        self.last = sample
        super()._take_sample(sample)

    def _take_own_sample(self, sample: Sample | BodySample) -> None:
        assert isinstance(sample, BodySample)
        self.repetition.take(sample)

    # ---------------------------------------------------------------- commands

    def _take_own_command(self, command: Command | Heard) -> None:
        if isinstance(command, Changed):
            self.repetition.answer_change(command.answer)
        elif isinstance(command, Whose):
            self.repetition.answer_whose(command.pain)

    def _own_buttons(self) -> dict[str, Callable[[], None]]:
        return {"now": self.repetition.now, "felt_nothing": self.repetition.felt_nothing}

    def _continue_own(self) -> None:
        repetition = self.repetition
        handlers: dict[Phase, Callable[[], None]] = {
            Phase.POSITION: repetition.lead,
            Phase.LEAD: repetition.now,
            Phase.CHANGE: repetition.ask_change,
            Phase.ANSWER: lambda: repetition.answer_change(None),
            Phase.BACK: repetition.is_back,
            Phase.WHOSE: lambda: repetition.answer_whose(None),
        }
        handler = handlers.get(self.phase)
        if handler is not None:
            handler()

    def _skip(self) -> None:
        step = self.current
        if step is not None and self.phase in (Phase.POSITION, Phase.LEAD):
            self._floor.say(said("skipped"), cuts=True)
            self.repetition.drop()
            self.plan.skip_rest(step)
            self._advance()
        elif self.phase in (Phase.HOLD, Phase.CHANGE):
            self.repetition.come_back()
        elif self.phase in ASKING | {Phase.BACK}:
            self._continue_own()
        else:
            super()._skip()

    def _repeat(self) -> None:
        step = self.current
        if step is not None and self.phase in (Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.CHANGE):
            self.repetition.explain_again()
            self.repetition.begin(step)
        else:
            super()._repeat()

    def _drop(self) -> None:
        """A question about a repetition that is over stays; anything else starts again."""
        if self.phase is not Phase.WHOSE:
            self.repetition.drop()

    def _break_off(self) -> None:
        step = self.current
        if step is not None and self.phase is Phase.WHOSE:
            step.status = "done"  # all but the answer was there
        elif step is not None:
            self.stopped_during = step.name
        self.repetition.drop()
        broken = self.repetition.broken_off
        if broken is not None:  # halted first, and stopped then
            self.stopped_during = broken.step.name
        self.repetition.keep_what_was_felt(hurts=self.stop_reason == "pain")

    def _return_to(self, phase: Phase) -> None:
        if phase is Phase.WHOSE and self.current is not None:
            self.repetition.ask_whose()
        else:
            self.repetition.name_it_again()
            self._advance()

    def _return_from_a_lost_camera(self, phase: Phase) -> None:
        if phase is Phase.WHOSE:
            self._return_to(phase)
        else:  # it may stand elsewhere now
            self.repetition.name_it_again()
            self._set_up_again()

    def _take_own_happening(self, event: Happening) -> None:
        """Nothing that is asked of the world is answered here."""

    # ------------------------------------------------------------- transitions

    def _set_up(self) -> None:
        self._advance()

    def _set_up_again(self) -> None:
        self._floor.reworded[Key.SAY_SETUP.value] = setup_of(self.test).key
        self.gate.begin_setup()
        self.gate.enter_setup()

    def _advance(self) -> None:
        """The next repetition, the camera for another test, or the end."""
        step = self.plan.next_to_come()
        if step is None:
            self._say(text(Key.SAY_SAVING))
            self._enter_saving()
        elif step.test != self.test:
            self.test = step.test
            self._set_up_again()
        else:
            self.repetition.begin(step)
