"""The guided session as a state machine: inputs in, phases and wishes out.

No clock, no camera, no file, no thread: time comes with the inputs (:mod:`neckrom.live.events`), and
what the session wants of the world comes out as effects. Every phase has a way out that the person can
take alone; what does not fit a phase does nothing.

What happens within a phase is the business of its room: the gate (:mod:`~neckrom.live.gate`), zero
(:mod:`~neckrom.live.zero`), the repetition under way (:mod:`~neckrom.live.under_way`), the questions
(:mod:`~neckrom.live.questions`). Here is what leads from one to the next, and what may come at any time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from neckrom.live.contract import (
    Answer,
    Check,
    Chin,
    Command,
    Consent,
    Heard,
    Note,
    Override,
    Pain,
    Phase,
    Redo,
    Simple,
    Spoken,
    Stop,
    Text,
    Tone,
)
from neckrom.live.events import Ask, Effect, Happening, Input, Sample, Save, UserCommand
from neckrom.live.floor import Floor
from neckrom.live.gate import Gate
from neckrom.live.introduction import Introduction
from neckrom.live.keys import Key, text
from neckrom.live.plan import Plan, Step, as_protocol
from neckrom.live.protocols import SessionProtocol
from neckrom.live.questions import Questions
from neckrom.live.repetition import RepetitionTracker
from neckrom.live.under_way import RepetitionUnderWay
from neckrom.live.zero import Zero
from neckrom.rom.protocol import Protocol
from neckrom.screening.safety import AnswerValue
from neckrom.types import Movement

LEFT_S = 5.0
"""Nobody in the picture for so long pauses the session."""

_MOVING = frozenset({Phase.ANNOUNCE, Phase.OUT, Phase.HOLD, Phase.BACK})
_ASKING = frozenset({Phase.PAIN, Phase.CHIN})
_GETTING_READY = frozenset({Phase.INTRO, Phase.SETUP})
_OPEN = _GETTING_READY | {Phase.NEUTRAL} | _MOVING | _ASKING
_OVER = frozenset({Phase.STOPPED, Phase.SAVING, Phase.RESULT})
_NEEDS_CAMERA = _OPEN | {Phase.PAUSED}
_NO_WAY_BACK = ("pain", "dizziness", "nausea")

StopReason = Literal["pain", "dizziness", "nausea", "tired", "other"]


class SessionMachine:
    """One guided session.

    Parameters
    ----------
    protocol : SessionProtocol
    ask_consent : bool
        False where nothing of the picture is to be stored in any case: nobody is asked then.
    """

    def __init__(self, protocol: SessionProtocol, *, ask_consent: bool = True) -> None:
        self.protocol = protocol
        self.plan = Plan(protocol)
        self._floor = Floor(protocol)
        self.gate = Gate(
            self._floor, self._admitted, self._enter_neutral, self._entered_setup, ask_consent=ask_consent
        )
        self.introduction = Introduction(self._floor, self.gate.enter_setup)
        self.zero = Zero(self._floor, self._zero_found)
        self.questions = Questions(self._floor, self.plan, self._advance)
        self.under_way = RepetitionUnderWay(self._floor, self._advance, self.questions.ask_on_the_way_back)
        self.notes: list[str] = []
        self.stop_reason: StopReason | None = None
        self.stopped_during: Movement | None = None
        """The movement that was under way when the session was stopped."""
        self.paused_because: Literal["asked", "left"] | None = None
        self.outcome: Literal["saved", "nothing_to_save", "not_saved"] | None = None
        self.folder = ""
        self.camera_lost = False
        self.source_ended = False
        self._seen_person_s: float | None = None
        self._resume_to = Phase.SETUP
        self._half_said = False
        self._say(text(Key.SAY_SAFETY))
        self.gate.ask_next()

    # ------------------------------------------------------------------ inputs

    def take(self, event: Input) -> list[Effect]:
        """Take one input; what the session now wants of the world."""
        self._floor.effects = []
        self._floor.time_s = max(self.time_s, event.time_s)
        if isinstance(event, Sample):
            self._take_sample(event)
        elif isinstance(event, UserCommand):
            self._floor.pressed = not isinstance(event.command, Heard | Note)
            self._take_command(event.command)
            self._floor.pressed = False
        else:
            self._take_happening(event)
        return self._floor.effects

    def result(self) -> Protocol | None:
        """Repetitions that were seen, with pain, for the analysis of the recording; None without any."""
        return as_protocol(self.plan, self.neutrals, self.pain)

    # ------------------------------------------------------------- what it shows

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return self._floor.phase

    @property
    def time_s(self) -> float:
        """Of the newest input."""
        return self._floor.time_s

    @property
    def over(self) -> bool:
        """Whether nothing more is measured."""
        return self.phase in _OVER

    @property
    def said(self) -> deque[Spoken]:
        """The last few sentences."""
        return self._floor.said

    @property
    def tones(self) -> deque[Tone]:
        """The last few tones."""
        return self._floor.tones

    @property
    def last(self) -> Sample | None:
        """The newest frame."""
        return self._floor.last

    @property
    def answers(self) -> dict[str, AnswerValue]:
        """Of the safety questions."""
        return self.gate.answers

    @property
    def refused_by(self) -> tuple[str, ...]:
        """Answers that ended it."""
        return self.gate.refused_by

    @property
    def override_allowed(self) -> bool:
        """Whether a clinician may go on."""
        return self.gate.override_allowed

    @property
    def override(self) -> Override | None:
        """The clinician who did."""
        return self.gate.override

    @property
    def video_allowed(self) -> bool | None:
        """Whether the picture may be stored; None while nobody has said."""
        return self.gate.video_allowed

    @property
    def checks(self) -> tuple[Check, ...]:
        """The set-up as it was seen last."""
        return self.gate.checks

    @property
    def setup_good_s(self) -> float:
        """How long all of it has been good."""
        return self.gate.setup_good_s

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

    def _take_sample(self, sample: Sample) -> None:
        self._floor.last = sample
        if sample.person or self._seen_person_s is None:
            self._seen_person_s = sample.time_s
        if self._has_left(sample):
            self._pause("left")
            return
        handlers: dict[Phase, Callable[[Sample], None]] = {
            Phase.INTRO: self._introduce,
            Phase.SETUP: self.gate.take,
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

    def _introduce(self, sample: Sample) -> None:
        self.gate.look(sample)
        self.introduction.take()

    def _has_left(self, sample: Sample) -> bool:
        watched = self.phase in _OPEN - _GETTING_READY
        assert self._seen_person_s is not None
        return watched and sample.time_s - self._seen_person_s >= LEFT_S

    # ---------------------------------------------------------------- commands

    def _take_command(self, command: Command | Heard) -> None:
        if isinstance(command, Simple):
            self._take_simple(command.type)
        elif isinstance(command, Answer):
            self.gate.answer(command)
        elif isinstance(command, Override):
            self.gate.go_on_in_spite(command)
        elif isinstance(command, Consent):
            self.gate.consent(allowed=command.video)
        elif isinstance(command, Stop):
            self._stop(command.reason)
        elif isinstance(command, Redo):
            self._redo(command)
        elif isinstance(command, Pain):
            if self.phase not in (Phase.SAFETY, Phase.REFUSED, *_OVER):
                self.questions.take_pain(command.movement, command.score)
        elif isinstance(command, Chin):
            self.questions.take_chin(command.fingers)
        elif isinstance(command, Heard):
            self._floor.hear(command.id)
        elif isinstance(command, Note):
            self.notes.append(command.text)

    def _take_simple(self, name: str) -> None:
        handlers: dict[str, Callable[[], None]] = {
            "continue": self._continue,
            "pause": lambda: self._pause("asked"),
            "resume": self._resume,
            "repeat": self._repeat,
            "skip": self._skip,
            "rezero": self._rezero,
            "hurts_now": self._hurts,
            "finish": self._finish,
        }
        handler = handlers.get(name)  # taking control concerns the server alone
        if handler is not None:
            handler()

    def _continue(self) -> None:
        if self.phase in _ASKING:
            self._advance()
            return
        handlers: dict[Phase, Callable[[], None]] = {
            Phase.SAFETY: self.gate.leave_questions,
            Phase.CONSENT: lambda: self.gate.consent(allowed=False),
            Phase.INTRO: self.gate.enter_setup,
            Phase.SETUP: self._enter_neutral,
            Phase.NEUTRAL: self.zero.take_latest,
            Phase.PAUSED: self._resume,
            Phase.STOPPED: self._finish,
        }
        handler = handlers.get(self.phase)
        if handler is not None:
            handler()

    def _pause(self, because: Literal["asked", "left"]) -> None:
        if self.phase not in _OPEN:
            return
        self._resume_to = self.phase
        self.paused_because = because
        self.under_way.drop()
        self._floor.enter(Phase.PAUSED)
        self._floor.say(text(Key.SAY_PAUSED if because == "asked" else Key.SAY_LEFT), cuts=True)

    def _resume(self) -> None:
        if self.phase is not Phase.PAUSED:
            return
        self.paused_because = None
        self._seen_person_s = self.time_s
        self._return_to(self._resume_to)

    def _return_to(self, phase: Phase) -> None:
        """Go on where it stood; a movement that was interrupted starts again."""
        if phase is Phase.INTRO:
            self._admitted()
        elif phase is Phase.SETUP:
            self.gate.begin_setup()
            self.gate.enter_setup()
        elif phase is Phase.NEUTRAL or not self.neutrals:
            self._enter_neutral()
        elif phase in _ASKING:
            self.questions.ask_again(phase)
        else:
            self.under_way.name_it_again()
            self._advance()

    def _repeat(self) -> None:
        if self.phase in _MOVING:
            self._repeat_movement()
        elif self.phase is Phase.REFUSED:
            self.gate.back_to_questions()
            self.gate.ask_next()
        elif self.phase is Phase.INTRO:
            self._admitted()
        elif self.said:
            self._say(Text(key=self.said[-1].key, params=self.said[-1].params))

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
        elif self.phase in {Phase.CONSENT, Phase.INTRO, Phase.SETUP, Phase.NEUTRAL} | _ASKING:
            self._continue()

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

    def _stop(self, reason: StopReason) -> None:
        if self.over:
            return
        self.stop_reason = reason
        self._break_off()
        if reason not in _NO_WAY_BACK:
            self._enter_saving()
            return
        self._floor.enter(Phase.STOPPED)
        self._floor.want(Ask(None), Save())
        self._floor.say(text(Key(f"say.stopped.{reason}")), cuts=True)

    def _break_off(self) -> None:
        if self.current is not None and self.under_way.moving:
            self.stopped_during = self.current.movement
        self.under_way.drop()

    def _finish(self) -> None:
        if self.phase is Phase.STOPPED:
            self._floor.enter(Phase.RESULT if self.outcome is not None else Phase.SAVING)
        elif self.phase not in (Phase.SAVING, Phase.RESULT):
            self._break_off()
            self._enter_saving()

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

    def _take_happening(self, event: Happening) -> None:
        if event.what == "camera_lost":
            self.camera_lost = True
            self._lose_camera()
        elif event.what == "camera_back":
            self._camera_back()
        elif event.what == "source_ended":
            self.source_ended = True
            if not self.over:
                self.under_way.drop()
                self._enter_saving()
        elif event.what == "neutral_learned":
            self.zero.learned()
        elif event.what == "neutral_failed":
            self.zero.not_learned()
        else:
            self._saved(event)

    def _lose_camera(self) -> None:
        if self.phase not in _NEEDS_CAMERA:
            return
        if self.phase is not Phase.PAUSED:
            self._resume_to = self.phase
        self.under_way.drop()
        self._floor.enter(Phase.CAMERA_LOST)
        self._floor.say(text(Key.SAY_CAMERA_LOST), cuts=True)

    def _camera_back(self) -> None:
        self.camera_lost = False
        self.zero.lost = bool(self.neutrals)
        self._seen_person_s = self.time_s
        if self.phase is not Phase.CAMERA_LOST:
            return
        self._say(text(Key.SAY_CAMERA_BACK))
        if self.paused_because is not None:
            self._floor.enter(Phase.PAUSED)
        elif self._resume_to in _MOVING:  # it may stand elsewhere now
            self._enter_neutral()
        else:
            self._return_to(self._resume_to)

    def _saved(self, event: Happening) -> None:
        self.outcome = event.what  # type: ignore[assignment]  # the three that are left
        self.folder = event.folder
        if self.phase is Phase.SAVING:
            self._floor.enter(Phase.RESULT)
            if self.outcome == "saved":
                if self.stop_reason is None:
                    self._floor.tone("finished")
                self._say(text(self._good_bye()))

    def _good_bye(self) -> Key:
        """No praise after a stop, least of all for one that a doctor should hear of."""
        if self.stop_reason in _NO_WAY_BACK:
            return Key(f"say.stopped.{self.stop_reason}")
        return Key.SAY_FINISHED if self.stop_reason is None else Key.SAY_ENDED_EARLY

    # ------------------------------------------------------------- transitions

    def _admitted(self) -> None:
        self.gate.begin_setup()
        self.introduction.enter()
        if self.camera_lost and self.phase is Phase.INTRO:
            self._lose_camera()

    def _entered_setup(self) -> None:
        if self.camera_lost:
            self._lose_camera()

    def _enter_neutral(self) -> None:
        self.paused_because = None
        self.zero.enter()

    def _zero_found(self) -> None:
        self.under_way.name_it_again()
        self._advance()

    def _enter_saving(self) -> None:
        self.paused_because = None
        self._floor.enter(Phase.SAVING)
        self._floor.want(Ask(None), Save())

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

    def _say(self, message: Text) -> None:
        self._floor.say(message)
