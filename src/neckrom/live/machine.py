"""What every guided session shares, whatever is measured in it: gate, pauses, stops, a camera that is lost, the end.

A session is a state machine: inputs in, phases and wishes out. No clock, no camera, no file, no thread: time comes
with the inputs (:mod:`neckrom.live.events`), and what the session wants of the world comes out as effects. Every
phase has a way out that the person can take alone; what does not fit a phase does nothing.

What is moved, asked and said in between is the business of the session itself: :mod:`neckrom.live.session` leads the
neck, :mod:`neckrom.live.nerve.session` the nerve tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from neckrom.live.contract import (
    Answer,
    Check,
    Command,
    Consent,
    Heard,
    Note,
    Override,
    Phase,
    Simple,
    Spoken,
    Stop,
    Text,
    Tone,
)
from neckrom.live.events import Ask, BodySample, Effect, Happening, Input, Sample, Save, UserCommand
from neckrom.live.floor import Floor
from neckrom.live.gate import Gate
from neckrom.live.introduction import Introduction, Line
from neckrom.live.keys import Key, text
from neckrom.screening.safety import AnswerValue, SafetyQuestion

LEFT_S = 5.0
"""Nobody in the picture for so long pauses the session."""

GETTING_READY = frozenset({Phase.INTRO, Phase.SETUP})
OVER = frozenset({Phase.STOPPED, Phase.SAVING, Phase.RESULT})
NO_WAY_BACK = ("pain", "dizziness", "nausea")

StopReason = Literal["pain", "dizziness", "nausea", "tired", "other"]


class GuidedMachine(ABC):
    """A guided session; what it leads through is its subclass's.

    Parameters
    ----------
    questions : sequence of SafetyQuestion
        Asked before anything moves.
    lines : sequence of Line
        The introduction.
    working : frozenset of Phase
        In which the person moves, or is asked about it.
    ask_consent : bool
        False where nothing of the picture is to be stored in any case: nobody is asked then.
    reworded : mapping, optional
        Keys of what all sessions say, to those that say it in this one.
    """

    def __init__(
        self,
        questions: Sequence[SafetyQuestion],
        lines: Sequence[Line],
        working: frozenset[Phase],
        *,
        ask_consent: bool,
        reworded: Mapping[str, str] | None = None,
    ) -> None:
        self._open = GETTING_READY | working
        self._floor = Floor(reworded or {})
        self.gate = Gate(
            self._floor,
            questions,
            self._admitted,
            self._set_up,
            self._entered_setup,
            ask_consent=ask_consent,
        )
        self.introduction = Introduction(self._floor, lines, self.gate.enter_setup)
        self.notes: list[str] = []
        self.stop_reason: StopReason | None = None
        self.paused_because: Literal["asked", "left"] | None = None
        self.outcome: Literal["saved", "nothing_to_save", "not_saved"] | None = None
        self.folder = ""
        self.camera_lost = False
        self.source_ended = False
        self._seen_person_s: float | None = None
        self._resume_to = Phase.SETUP
        self._say(text(Key.SAY_SAFETY))
        self.gate.ask_next()

    # --------------------------------------------------------- what is its own

    @property
    @abstractmethod
    def anything_measured(self) -> bool:
        """Whether something was measured that counts."""

    @abstractmethod
    def _set_up(self) -> None:
        """Seat and camera are good."""

    @abstractmethod
    def _drop(self) -> None:
        """What was begun and not ended was not seen."""

    @abstractmethod
    def _break_off(self) -> None:
        """It is over: drop what is under way, and note that it was."""

    @abstractmethod
    def _return_to(self, phase: Phase) -> None:
        """Go on where it stood; what was interrupted starts again."""

    @abstractmethod
    def _return_from_a_lost_camera(self, phase: Phase) -> None:
        """The same where the camera may stand elsewhere than before."""

    @abstractmethod
    def _take_own_sample(self, sample: Sample | BodySample) -> None:
        """A frame, in a phase of its own."""

    @abstractmethod
    def _take_own_command(self, command: Command | Heard) -> None:
        """A command that means something in its own phases alone."""

    @abstractmethod
    def _continue_own(self) -> None:
        """Go on, in a phase of its own."""

    @abstractmethod
    def _take_own_happening(self, event: Happening) -> None:
        """An answer to what it asked of the world."""

    # ------------------------------------------------------------------ inputs

    def take(self, event: Input) -> list[Effect]:
        """Take one input; what the session now wants of the world."""
        self._floor.effects = []
        self._floor.time_s = max(self.time_s, event.time_s)
        if isinstance(event, Sample | BodySample):
            self._take_sample(event)
        elif isinstance(event, UserCommand):
            self._floor.pressed = not isinstance(event.command, Heard | Note)
            self._take_command(event.command)
            self._floor.pressed = False
        else:
            self._take_happening(event)
        return self._floor.effects

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
        return self.phase in OVER

    @property
    def said(self) -> deque[Spoken]:
        """The last few sentences."""
        return self._floor.said

    @property
    def tones(self) -> deque[Tone]:
        """The last few tones."""
        return self._floor.tones

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

    def worded(self, key: Key, **params: str | float) -> Text:
        """A text that all sessions have, in the words of this one."""
        return self._floor.worded(text(key, **params))

    # ------------------------------------------------------------------ frames

    def _take_sample(self, sample: Sample | BodySample) -> None:
        if sample.person or self._seen_person_s is None:
            self._seen_person_s = sample.time_s
        if self._has_left(sample):
            self._pause("left")
        elif self.phase is Phase.INTRO:
            self.gate.look(sample)
            self.introduction.take()
        elif self.phase is Phase.SETUP:
            self.gate.take(sample)
        else:
            self._take_own_sample(sample)

    def _has_left(self, sample: Sample | BodySample) -> bool:
        watched = self.phase in self._open - GETTING_READY
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
        elif isinstance(command, Heard):
            self._floor.hear(command.id)
        elif isinstance(command, Note):
            self.notes.append(command.text)
        else:
            self._take_own_command(command)

    def _take_simple(self, name: str) -> None:
        handlers = {**self._shared_buttons(), **self._own_buttons()}
        handler = handlers.get(name)  # taking control concerns the server alone
        if handler is not None:
            handler()

    def _shared_buttons(self) -> dict[str, Callable[[], None]]:
        return {
            "continue": self._continue,
            "pause": lambda: self._pause("asked"),
            "resume": self._resume,
            "repeat": self._repeat,
            "skip": self._skip,
            "finish": self._finish,
        }

    def _own_buttons(self) -> dict[str, Callable[[], None]]:
        return {}

    def _continue(self) -> None:
        handlers: dict[Phase, Callable[[], None]] = {
            Phase.SAFETY: self.gate.leave_questions,
            Phase.CONSENT: lambda: self.gate.consent(allowed=False),
            Phase.INTRO: self.gate.enter_setup,
            Phase.SETUP: self._set_up,
            Phase.PAUSED: self._resume,
            Phase.STOPPED: self._finish,
        }
        handler = handlers.get(self.phase, self._continue_own)
        handler()

    def _pause(self, because: Literal["asked", "left"]) -> None:
        if self.phase not in self._open:
            return
        self._resume_to = self.phase
        self.paused_because = because
        self._drop()
        self._floor.enter(Phase.PAUSED)
        self._floor.say(text(Key.SAY_PAUSED if because == "asked" else Key.SAY_LEFT), cuts=True)

    def _resume(self) -> None:
        if self.phase is not Phase.PAUSED:
            return
        self.paused_because = None
        self._seen_person_s = self.time_s
        self._go_back_to(self._resume_to)

    def _go_back_to(self, phase: Phase) -> None:
        if phase is Phase.INTRO:
            self._admitted()
        elif phase is Phase.SETUP:
            self.gate.begin_setup()
            self.gate.enter_setup()
        else:
            self._return_to(phase)

    def _repeat(self) -> None:
        if self.phase is Phase.REFUSED:
            self.gate.back_to_questions()
            self.gate.ask_next()
        elif self.phase is Phase.INTRO:
            self._admitted()
        elif self.said:
            self._say(Text(key=self.said[-1].key, params=self.said[-1].params))

    def _skip(self) -> None:
        if self.phase in {Phase.CONSENT, Phase.INTRO, Phase.SETUP}:
            self._continue()

    def _stop(self, reason: StopReason) -> None:
        if self.over:
            return
        self.stop_reason = reason
        self._break_off()
        if reason not in NO_WAY_BACK:
            self._enter_saving()
            return
        self._floor.enter(Phase.STOPPED)
        self._floor.want(Ask(None), Save())
        self._floor.say(text(Key(f"say.stopped.{reason}")), cuts=True)

    def _finish(self) -> None:
        if self.phase is Phase.STOPPED:
            self._floor.enter(Phase.RESULT if self.outcome is not None else Phase.SAVING)
        elif self.phase not in (Phase.SAVING, Phase.RESULT):
            self._break_off()
            self._enter_saving()

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
                self._break_off()
                self._enter_saving()
        elif event.what in ("saved", "nothing_to_save", "not_saved"):
            self._saved(event)
        else:
            self._take_own_happening(event)

    def _lose_camera(self) -> None:
        if self.phase not in self._open | {Phase.PAUSED}:
            return
        if self.phase is not Phase.PAUSED:
            self._resume_to = self.phase
        self._drop()
        self._floor.enter(Phase.CAMERA_LOST)
        self._floor.say(text(Key.SAY_CAMERA_LOST), cuts=True)

    def _camera_back(self) -> None:
        self.camera_lost = False
        self._seen_person_s = self.time_s
        if self.phase is not Phase.CAMERA_LOST:
            return
        self._say(text(Key.SAY_CAMERA_BACK))
        if self.paused_because is not None:
            self._floor.enter(Phase.PAUSED)
        elif self._resume_to in GETTING_READY:
            self._go_back_to(self._resume_to)
        else:
            self._return_from_a_lost_camera(self._resume_to)

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
        if self.stop_reason in NO_WAY_BACK:
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

    def _enter_saving(self) -> None:
        self.paused_because = None
        self._floor.enter(Phase.SAVING)
        self._floor.want(Ask(None), Save())

    def _say(self, message: Text) -> None:
        self._floor.say(message)
