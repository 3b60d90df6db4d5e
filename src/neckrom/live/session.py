"""The guided session of the neck as a state machine; what every session shares is :mod:`neckrom.live.machine`.

What happens within a phase is the business of its room: the gate (:mod:`~neckrom.live.gate`), zero
(:mod:`~neckrom.live.zero`), the repetition under way (:mod:`~neckrom.live.under_way`), the questions
(:mod:`~neckrom.live.questions`). Here is what leads from one to the next.
"""

from __future__ import annotations

from collections.abc import Callable

from neckrom.live.contract import Chin, Command, Heard, Pain, Phase, Redo
from neckrom.live.events import BodySample, Happening, Sample
from neckrom.live.introduction import introduction_to
from neckrom.live.keys import Key, text
from neckrom.live.machine import OVER, GuidedMachine
from neckrom.live.plan import Plan, Step, as_protocol
from neckrom.live.protocols import SessionProtocol
from neckrom.live.questions import Questions
from neckrom.live.repetition import RepetitionTracker
from neckrom.live.under_way import RepetitionUnderWay
from neckrom.live.zero import Zero
from neckrom.rom.protocol import Protocol
from neckrom.screening.safety import safety_questions
from neckrom.types import Movement

_MOVING = frozenset({Phase.ANNOUNCE, Phase.OUT, Phase.HOLD, Phase.BACK})
_ASKING = frozenset({Phase.PAIN, Phase.CHIN})


class SessionMachine(GuidedMachine):
    """One guided session of the neck.

    Parameters
    ----------
    protocol : SessionProtocol
    ask_consent : bool
        False where nothing of the picture is to be stored in any case: nobody is asked then.
    """

    def __init__(self, protocol: SessionProtocol, *, ask_consent: bool = True) -> None:
        super().__init__(
            safety_questions(),
            introduction_to(protocol),
            _MOVING | _ASKING | {Phase.NEUTRAL},
            ask_consent=ask_consent,
        )
        self.protocol = protocol
        self.plan = Plan(protocol)
        self.last: Sample | None = None
        """The newest frame."""
        self.zero = Zero(self._floor, self._zero_found)
        self.questions = Questions(self._floor, protocol, self.plan, self._advance)
        self.under_way = RepetitionUnderWay(
            self._floor, protocol, self._advance, self.questions.ask_on_the_way_back
        )
        self.stopped_during: Movement | None = None
        """The movement that was under way when the session was stopped."""
        self._half_said = False

    def result(self) -> Protocol | None:
        """Repetitions that were seen, with pain, for the analysis of the recording; None without any."""
        return as_protocol(self.plan, self.neutrals, self.pain)

    @property
    def anything_measured(self) -> bool:
        """Whether a repetition was seen."""
        return self.result() is not None

    # ------------------------------------------------------------- what it shows

    @property
    def neutrals(self) -> list[tuple[float, float]]:
        """The stretches that were zero, the last one is in force."""
        return self.zero.neutrals

    @property
    def current(self) -> Step | None:
        """The repetition under way."""
        return self.under_way.step

    @property
    def tracker(self) -> RepetitionTracker | None:
        """What follows it."""
        return self.under_way.tracker

    @property
    def pain(self) -> dict[Movement, int]:
        """As it was answered."""
        return self.questions.pain

    @property
    def pain_asked(self) -> Movement | None:
        """The direction that pain is asked of."""
        return self.questions.pain_asked

    @property
    def chin_fingers(self) -> int | None:
        """Fingers between chin and chest; None not asked or left out."""
        return self.questions.chin_fingers

    # ------------------------------------------------------------------ frames

    def _take_sample(self, sample: Sample | BodySample) -> None:
        assert isinstance(sample, Sample)
        self.last = self._floor.last = sample
        super()._take_sample(sample)

    def _take_own_sample(self, sample: Sample | BodySample) -> None:
        assert isinstance(sample, Sample)
        handlers: dict[Phase, Callable[[Sample], None]] = {
            Phase.NEUTRAL: self.zero.take,
            Phase.ANNOUNCE: self.under_way.announce,
            Phase.OUT: self.under_way.move,
            Phase.HOLD: self.under_way.move,
            Phase.BACK: self.under_way.move,
            Phase.PAIN: self.questions.take,
            Phase.CHIN: self.questions.take,
        }
        handler = handlers.get(self.phase)
        if handler is not None:
            handler(sample)

    # ---------------------------------------------------------------- commands

    def _take_own_command(self, command: Command | Heard) -> None:
        if isinstance(command, Redo):
            self._redo(command)
        elif isinstance(command, Pain):
            if self.phase not in (Phase.SAFETY, Phase.REFUSED, *OVER):
                self.questions.take_pain(command.movement, command.score)
        elif isinstance(command, Chin):
            self.questions.take_chin(command.fingers)

    def _own_buttons(self) -> dict[str, Callable[[], None]]:
        return {"rezero": self._rezero, "hurts_now": self._hurts}

    def _continue_own(self) -> None:
        if self.phase in _ASKING:
            self._advance()
        elif self.phase is Phase.NEUTRAL:
            self.zero.take_latest()

    def _drop(self) -> None:
        self.under_way.drop()

    def _return_to(self, phase: Phase) -> None:
        if phase is Phase.NEUTRAL or not self.neutrals:
            self._enter_neutral()
        elif phase in _ASKING:
            self.questions.ask_again(phase)
        else:
            self.under_way.name_it_again()
            self._advance()

    def _return_from_a_lost_camera(self, phase: Phase) -> None:
        if phase in _MOVING:  # it may stand elsewhere now
            self._enter_neutral()
        else:
            self._return_to(phase)

    def _repeat(self) -> None:
        if self.phase in _MOVING:
            self._repeat_movement()
        else:
            super()._repeat()

    def _repeat_movement(self) -> None:
        """Once more; or the one before, if the trunk moved along and the head still rests."""
        step, last = self.current, self.under_way.last_done
        trunk_moved = last is not None and last.seen is not None and last.seen.trunk_moved
        if last is not None and trunk_moved and not self.under_way.moving:
            self.plan.again(last)
            step = last
        if step is not None:
            self.under_way.explain_again(step.movement)
            self._begin(step)

    def _skip(self) -> None:
        if self.phase in _MOVING and self.current is not None:
            movement = self.current.movement
            self.under_way.drop()
            self.plan.skip(movement)
            self._floor.say(text(Key.SAY_SKIPPED), cuts=True)
            self._advance()
        elif self.phase in {Phase.NEUTRAL} | _ASKING:
            self._continue()
        else:
            super()._skip()

    def _rezero(self) -> None:
        if self.phase in _MOVING | _ASKING or (self.phase is Phase.PAUSED and self.neutrals):
            self._put_question_back()
            self.under_way.drop()
            self._enter_neutral()

    def _hurts(self) -> None:
        """The first pain of the repetition that is being done, or of the one just done."""
        if self.under_way.moving:
            self.under_way.hurts_now()
        elif self.phase in _MOVING | _ASKING:
            self.under_way.hurt_just_now()
        else:
            return
        self._say(text(Key.SAY_HURT_NOTED))

    def _break_off(self) -> None:
        if self.current is not None and self.under_way.moving:
            self.stopped_during = self.current.movement
        self.under_way.drop()

    def _redo(self, command: Redo) -> None:
        step = self.plan.find(command.movement, command.trial)
        allowed = self.phase in _MOVING | _ASKING | {Phase.PAUSED}
        if step is None or not allowed or not self.neutrals:
            return
        self._put_question_back()
        self.under_way.drop()
        self.paused_because = None
        self.plan.again(step)
        self.under_way.name_it_again()
        if self.zero.lost:
            self._enter_neutral()
        else:
            self._begin(step)

    def _put_question_back(self) -> None:
        self.questions.put_back(self._resume_to if self.phase is Phase.PAUSED else self.phase)

    # -------------------------------------------------------------- happenings

    def _take_own_happening(self, event: Happening) -> None:
        if event.what == "neutral_learned":
            self.zero.learned()
        elif event.what == "neutral_failed":
            self.zero.not_learned()

    def _camera_back(self) -> None:
        self.zero.lost = bool(self.neutrals)
        super()._camera_back()

    # ------------------------------------------------------------- transitions

    def _set_up(self) -> None:
        self._enter_neutral()

    def _enter_neutral(self) -> None:
        self.paused_because = None
        self.zero.enter()

    def _zero_found(self) -> None:
        self.under_way.name_it_again()
        self._advance()

    def _advance(self) -> None:
        """The next thing to do: a question that is due, the next repetition, or the end."""
        due = self.questions.due()
        self.under_way.forget()
        if due is not None:
            self.questions.ask(*due)
            return
        self.questions.pain_asked = None
        step = self.plan.next_to_come()
        if step is None:
            self._say(text(Key.SAY_SAVING))
            self._enter_saving()
        elif self.zero.lost:
            self._enter_neutral()
        else:
            self._begin(step)

    def _begin(self, step: Step) -> None:
        self.questions.pain_asked = None
        self._say_half()
        self.under_way.begin(step, neutral=len(self.neutrals) - 1)

    def _say_half(self) -> None:
        """Once, when half of the directions are over and more than one is left."""
        over = [all(step.status != "to_come" for step in self.plan.of(m)) for m in self.protocol.directions]
        long = len(over) >= 4 and self.protocol.repetitions > 1
        if long and not self._half_said and 2 * sum(over) >= len(over):
            self._half_said = True
            self._say(text(Key.SAY_HALF))
