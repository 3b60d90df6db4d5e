"""The guided session as a state machine: inputs in, phases and wishes out.

No clock, no camera, no file, no thread: time comes with the inputs (:mod:`neckrom.live.events`), and
what the session wants of the world comes out as effects. Every phase has a way out that the person can
take alone; what does not fit a phase does nothing.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Literal

from neckrom.live.contract import (
    Answer,
    Check,
    Chin,
    Command,
    Consent,
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
from neckrom.live.events import (
    Ask,
    Effect,
    Happening,
    Input,
    LearnNeutral,
    Sample,
    Save,
    StorePicture,
    TakePhoto,
    UserCommand,
)
from neckrom.live.keys import Key, say_of, text
from neckrom.live.plan import Plan, Seen, Step, as_protocol
from neckrom.live.protocols import SessionProtocol
from neckrom.live.repetition import RepetitionTracker, Stage
from neckrom.live.stillness import StillnessWatch
from neckrom.rom.protocol import Protocol
from neckrom.screening.safety import AnswerValue, judge_answers, safety_questions
from neckrom.types import Movement

SETUP_GOOD_S = 2.0
"""The set-up check goes on by itself once all has been good for so long."""
LEFT_S = 5.0
"""Nobody in the picture for so long pauses the session."""
OFFER_SKIP_S = 20.0
"""No movement for so long: the voice says that this one can be left out."""
_ADVICE_AGAIN_S = 7.0
_FIRST_ANNOUNCED_S, _AGAIN_ANNOUNCED_S = 1.0, 0.3
_MIDDLE_SAID_S, _MIDDLE_AWAITED_S = 2.0, 6.0
_MIDDLE_DEG = 12.0
_BACK_REMINDED_S, _BACK_AWAITED_S = 6.0, 12.0
_QUESTION_REMINDED_S, _QUESTION_LEFT_OUT_S = 15.0, 45.0
_HOLD_RETRIES = 2
_KEPT = 6
"""Spoken texts and tones that stay in the state."""

_MOVING = frozenset({Phase.ANNOUNCE, Phase.OUT, Phase.HOLD, Phase.BACK})
_ASKING = frozenset({Phase.PAIN, Phase.CHIN})
_OPEN = frozenset({Phase.SETUP, Phase.NEUTRAL}) | _MOVING | _ASKING
_OVER = frozenset({Phase.STOPPED, Phase.SAVING, Phase.RESULT})
_NEEDS_CAMERA = _OPEN | {Phase.PAUSED}
_NO_WAY_BACK = ("pain", "dizziness", "nausea")

StopReason = Literal["pain", "dizziness", "nausea", "tired", "other"]
_UNKNOWN = (math.nan, math.nan, math.nan)


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
        self.phase = Phase.SAFETY
        self.plan = Plan(protocol)
        self.time_s = 0.0
        self.answers: dict[str, AnswerValue] = {}
        self.refused_by: tuple[str, ...] = ()
        self.override_allowed = False
        self.override: Override | None = None
        self.video_allowed: bool | None = None if ask_consent else False
        self.checks: tuple[Check, ...] = ()
        self.setup_good_s = 0.0
        self.current: Step | None = None
        self.tracker: RepetitionTracker | None = None
        self.pain: dict[Movement, int] = {}
        self.pain_asked: Movement | None = None
        self.chin_fingers: int | None = None
        self.notes: list[str] = []
        self.neutrals: list[tuple[float, float]] = []
        self.stop_reason: StopReason | None = None
        self.stopped_during: Movement | None = None
        """The movement that was under way when the session was stopped."""
        self.paused_because: Literal["asked", "left"] | None = None
        self.outcome: Literal["saved", "nothing_to_save", "not_saved"] | None = None
        self.folder = ""
        self.camera_lost = False
        self.neutral_lost = False
        """The camera may stand elsewhere than when neutral was learned last."""
        self.source_ended = False
        self.neutral_failed = False
        self.trunk_warned_deg: float | None = None
        self.away_from_middle = False
        self.said: deque[Spoken] = deque(maxlen=_KEPT)
        self.tones: deque[Tone] = deque(maxlen=_KEPT)
        self.last: Sample | None = None
        self._effects: list[Effect] = []
        self._ids, self._retries = 0, 0
        self._since_s = 0.0
        self._reminded_s = 0.0
        self._reminded = False
        self._seen_person_s: float | None = None
        self._good_since_s: float | None = None
        self._watch = StillnessWatch()
        self._learning: tuple[float, float] | None = None
        self._resume_to = Phase.SETUP
        self._asked: set[tuple[str, Movement]] = set()
        self._announced: Movement | None = None
        self._first_pain: tuple[float, float] | None = None
        self._last_done: Step | None = None
        self._trunk_at_capture = math.nan
        self._say(text(Key.SAY_SAFETY))

    # ------------------------------------------------------------------ inputs

    def take(self, event: Input) -> list[Effect]:
        """Take one input; what the session now wants of the world."""
        self._effects = []
        self.time_s = max(self.time_s, event.time_s)
        if isinstance(event, Sample):
            self._take_sample(event)
        elif isinstance(event, UserCommand):
            self._take_command(event.command)
        else:
            self._take_happening(event)
        return self._effects

    @property
    def over(self) -> bool:
        """Whether nothing more is measured."""
        return self.phase in _OVER

    def result(self) -> Protocol | None:
        """Repetitions that were seen, with pain, for the analysis of the recording; None without any."""
        return as_protocol(self.plan, self.neutrals, self.pain)

    # ------------------------------------------------------------------ frames

    def _take_sample(self, sample: Sample) -> None:
        self.last = sample
        if sample.checks:
            self.checks = sample.checks
        if sample.person or self._seen_person_s is None:
            self._seen_person_s = sample.time_s
        if self._has_left(sample):
            self._pause("left")
            return
        handlers: dict[Phase, Callable[[Sample], None]] = {
            Phase.SETUP: self._check_setup,
            Phase.NEUTRAL: self._find_neutral,
            Phase.ANNOUNCE: self._announce,
            Phase.OUT: self._move,
            Phase.HOLD: self._move,
            Phase.BACK: self._move,
            Phase.PAIN: self._await_answer,
            Phase.CHIN: self._await_answer,
        }
        handler = handlers.get(self.phase)
        if handler is not None:
            handler(sample)

    def _has_left(self, sample: Sample) -> bool:
        watched = self.phase in _OPEN and self.phase is not Phase.SETUP
        assert self._seen_person_s is not None
        return watched and sample.time_s - self._seen_person_s >= LEFT_S

    def _check_setup(self, sample: Sample) -> None:
        bad = [check for check in self.checks if check.status == "bad"]
        if not sample.checks or bad:
            self._good_since_s, self.setup_good_s = None, 0.0
            self._advise(bad)
            return
        if self._good_since_s is None:
            self._good_since_s = sample.time_s
        self.setup_good_s = sample.time_s - self._good_since_s
        if self.setup_good_s >= SETUP_GOOD_S:
            self._say(text(Key.SAY_SETUP_GOOD))
            self._enter_neutral()

    def _advise(self, bad: list[Check]) -> None:
        """Say the worst problem, not more often than a person can act on it."""
        advice = next((check.advice for check in bad if check.advice is not None), None)
        waited = self.time_s - self._reminded_s >= _ADVICE_AGAIN_S
        if advice is not None and (waited or not self._reminded) and self._in_phase_s() > 1.0:
            self._say(advice)
            self._reminded, self._reminded_s = True, self.time_s

    def _find_neutral(self, sample: Sample) -> None:
        if self._learning is not None:
            return
        found = self._watch.take(sample.time_s, sample.facing_deg)
        if found is not None:
            self._learn(found)
        elif self.time_s - self._reminded_s >= 8.0:
            self._reminded_s = self.time_s
            self._say(text(Key.SAY_NEUTRAL_AGAIN))

    def _learn(self, stretch: tuple[float, float]) -> None:
        self._learning = stretch
        self._effects.append(LearnNeutral(*stretch))

    def _announce(self, sample: Sample) -> None:
        step, tracker = self._now()
        angle = _along(step.movement, sample.neck_deg)
        waited = self._in_phase_s()
        self.away_from_middle = not _in_the_middle(sample.neck_deg)
        tracker.take(sample.time_s, angle, beyond=sample.beyond)
        first = not self._reminded
        if self.away_from_middle and first and waited >= _MIDDLE_SAID_S and not tracker.moving:
            self._say(text(Key.SAY_MIDDLE))
            self._reminded = True
        announced = waited >= (_FIRST_ANNOUNCED_S if step.number == 1 else _AGAIN_ANNOUNCED_S)
        if tracker.moving or (announced and not self.away_from_middle) or waited >= _MIDDLE_AWAITED_S:
            self._enter(Phase.OUT)
            self._effects.append(Ask(step.name))

    def _move(self, sample: Sample) -> None:
        step, tracker = self._now()
        before = tracker.captured_s
        stage = tracker.take(sample.time_s, _along(step.movement, sample.neck_deg), beyond=sample.beyond)
        if not math.isnan(tracker.captured_s) and tracker.captured_s != before:
            self._captured(step, sample)
        if stage is Stage.HOME:
            self._finish_repetition(step, tracker)
        elif stage is Stage.TOUCHED:
            self._hold_longer(step)
        else:
            self._show_stage(stage)
            self._remind_of_moving(tracker)

    def _show_stage(self, stage: Stage) -> None:
        wanted = {Stage.HOLD: Phase.HOLD, Stage.CAPTURED: Phase.BACK}.get(stage, Phase.OUT)
        if wanted is not self.phase:
            self._enter(wanted)

    def _captured(self, step: Step, sample: Sample) -> None:
        self._tone("captured")
        self._trunk_at_capture = _along(step.movement, sample.trunk_deg)
        moved = abs(self._trunk_at_capture) > self.protocol.trunk_limit_deg
        self.trunk_warned_deg = abs(self._trunk_at_capture) if moved else None
        self._say(text(Key.SAY_TRUNK_MOVED if moved else Key.SAY_BACK))
        self._effects.append(TakePhoto(step.movement, step.number, step.warm_up))

    def _remind_of_moving(self, tracker: RepetitionTracker) -> None:
        if tracker.stage is Stage.CAPTURED:
            waited = self.time_s - tracker.captured_s
            if waited >= _BACK_AWAITED_S:
                tracker.give_up(self.time_s)
                step, _ = self._now()
                self._finish_repetition(step, tracker)
            elif waited >= _BACK_REMINDED_S and not self._reminded:
                self._reminded = True
                self._say(text(Key.SAY_MIDDLE))
        elif self.time_s - self._reminded_s >= OFFER_SKIP_S:
            self._reminded_s = self.time_s
            self._say(text(Key.SAY_OFFER_SKIP))

    def _hold_longer(self, step: Step) -> None:
        self._retries += 1
        if self._retries > _HOLD_RETRIES:  # it does not get better by asking again
            step.status = "skipped"
            self._advance()
            return
        self._say(text(Key.SAY_HOLD_LONGER))
        self._begin(step, say=False)

    def _finish_repetition(self, step: Step, tracker: RepetitionTracker) -> None:
        pain_s, pain_deg = self._first_pain or (None, None)
        if pain_s is not None:
            pain_s = min(max(pain_s, tracker.start_s), tracker.end_s)
        step.seen = Seen(
            start_s=tracker.start_s,
            captured_s=tracker.captured_s,
            end_s=tracker.end_s,
            peak_deg=tracker.peak_deg,
            lower_bound=tracker.lower_bound,
            trunk_deg=self._trunk_at_capture,
            trunk_moved=abs(self._trunk_at_capture) > self.protocol.trunk_limit_deg,
            first_pain_s=pain_s,
            pain_onset_deg=pain_deg,
            neutral=len(self.neutrals) - 1,
        )
        step.status = "done"
        self._last_done = step
        self._advance()

    def _await_answer(self, _sample: Sample) -> None:
        """A question that nobody answers is asked once more, then left out."""
        if self._in_phase_s() >= _QUESTION_LEFT_OUT_S:
            self._advance()
        elif self._in_phase_s() >= _QUESTION_REMINDED_S and not self._reminded:
            self._reminded = True
            self._say(text(Key.SAY_PAIN if self.phase is Phase.PAIN else Key.SAY_CHIN))

    # ---------------------------------------------------------------- commands

    def _take_command(self, command: Command) -> None:
        if isinstance(command, Simple):
            self._take_simple(command.type)
        elif isinstance(command, Answer):
            self._answer(command)
        elif isinstance(command, Override):
            self._override(command)
        elif isinstance(command, Consent):
            self._consent(allowed=command.video)
        elif isinstance(command, Stop):
            self._stop(command.reason)
        elif isinstance(command, Redo):
            self._redo(command)
        elif isinstance(command, Pain):
            self._take_pain(command)
        elif isinstance(command, Chin):
            self._take_chin(command)
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

    def _answer(self, command: Answer) -> None:
        known = {question.id for question in safety_questions()}
        if self.phase not in (Phase.SAFETY, Phase.REFUSED) or command.question not in known:
            return
        self.answers[command.question] = command.answer
        if self.phase is Phase.REFUSED:  # a slip of the finger: back to the questions
            self.refused_by, self.override_allowed = (), False
            self._enter(Phase.SAFETY)

    def _leave_safety(self) -> None:
        verdict = judge_answers(self.answers)
        if verdict.outcome == "open":
            return
        if verdict.outcome == "go_on":
            self._after_safety()
            return
        self.refused_by = verdict.because
        self.override_allowed = verdict.outcome == "clinician_only"
        self._enter(Phase.REFUSED)
        stop = verdict.outcome == "stop"
        self._say(text(Key.SAY_REFUSED_STOP if stop else Key.SAY_REFUSED_DOCTOR))

    def _override(self, command: Override) -> None:
        if self.phase is Phase.REFUSED and self.override_allowed:
            self.override = command
            self._after_safety()

    def _after_safety(self) -> None:
        if self.video_allowed is None:
            self._enter(Phase.CONSENT)
            self._say(text(Key.SAY_CONSENT))
        else:
            self._enter_setup()

    def _consent(self, *, allowed: bool) -> None:
        if self.phase is not Phase.CONSENT:
            return
        self.video_allowed = allowed
        self._effects.append(StorePicture(allowed))
        self._enter_setup()

    def _continue(self) -> None:
        if self.phase is Phase.SAFETY:
            self._leave_safety()
        elif self.phase is Phase.CONSENT:
            self._consent(allowed=False)
        elif self.phase is Phase.SETUP:
            self._enter_neutral()
        elif self.phase is Phase.NEUTRAL:
            stretch = self._watch.latest()
            if stretch is not None and self._learning is None:
                self._learn(stretch)
        elif self.phase in _ASKING:
            self._advance()
        elif self.phase is Phase.PAUSED:
            self._resume()
        elif self.phase is Phase.STOPPED:
            self._finish()

    def _pause(self, because: Literal["asked", "left"]) -> None:
        if self.phase not in _OPEN:
            return
        self._resume_to = self.phase
        self.paused_because = because
        self._drop_repetition()
        self._enter(Phase.PAUSED)
        self._say(text(Key.SAY_PAUSED if because == "asked" else Key.SAY_LEFT))

    def _resume(self) -> None:
        if self.phase is not Phase.PAUSED:
            return
        self.paused_because = None
        self._seen_person_s = self.time_s
        self._return_to(self._resume_to)

    def _return_to(self, phase: Phase) -> None:
        """Go on where it stood; a movement that was interrupted starts again."""
        if phase is Phase.SETUP:
            self._enter_setup()
        elif phase is Phase.NEUTRAL or not self.neutrals:
            self._enter_neutral()
        elif phase in _ASKING:
            self._enter(phase)
            self._say(text(Key.SAY_PAIN if phase is Phase.PAIN else Key.SAY_CHIN))
        else:
            self._announced = None
            self._advance()

    def _repeat(self) -> None:
        last = self._last_done
        if self.phase in _MOVING:
            step, tracker = self._now()
            moved = last is not None and last.seen is not None and last.seen.trunk_moved
            if not tracker.moving and moved and last is not None:
                self.plan.again(last)
                step = last
            self._announced = None
            self._begin(step)
        elif self.phase is Phase.REFUSED:
            self.refused_by, self.override_allowed = (), False
            self._enter(Phase.SAFETY)
        elif self.said:
            self._say(Text(key=self.said[-1].key, params=self.said[-1].params))

    def _skip(self) -> None:
        if self.phase in _MOVING:
            step, _ = self._now()
            self._drop_repetition()
            self.plan.skip(step.movement)
            self._say(text(Key.SAY_SKIPPED))
            self._advance()
        elif self.phase in {Phase.CONSENT, Phase.SETUP, Phase.NEUTRAL} | _ASKING:
            self._continue()

    def _rezero(self) -> None:
        if self.phase in _MOVING | _ASKING or (self.phase is Phase.PAUSED and self.neutrals):
            self._put_question_back()
            self._drop_repetition()
            self._enter_neutral()

    def _hurts(self) -> None:
        """The first pain of the repetition that is being done, or of the one just done."""
        if self.tracker is not None and self.tracker.moving:
            if self._first_pain is None:
                step, _ = self._now()
                angle = math.nan if self.last is None else _along(step.movement, self.last.neck_deg)
                if math.isfinite(angle):
                    self._first_pain = (self.time_s, angle)
        elif self.phase in _MOVING | _ASKING:
            self._hurt_just_now()
        else:
            return
        self._say(text(Key.SAY_HURT_NOTED))

    def _hurt_just_now(self) -> None:
        """After the movement nobody knows the moment any more: it is put at the end of range."""
        step = self._last_done
        if step is not None and step.seen is not None and step.seen.first_pain_s is None:
            seen = step.seen
            step.seen = Seen(
                **{name: getattr(seen, name) for name in Seen.__dataclass_fields__}
                | {
                    "first_pain_s": min(max(seen.captured_s, seen.start_s), seen.end_s),
                    "pain_onset_deg": seen.peak_deg,
                }
            )

    def _stop(self, reason: StopReason) -> None:
        if self.phase in _OVER:
            return
        self.stop_reason = reason
        self._note_what_is_under_way()
        self._drop_repetition()
        if reason not in _NO_WAY_BACK:
            self._enter_saving()
            return
        self._enter(Phase.STOPPED)
        self._effects += [Ask(None), Save()]
        self._say(text(Key(f"say.stopped.{reason}")))

    def _note_what_is_under_way(self) -> None:
        if self.current is not None and self.tracker is not None and self.tracker.moving:
            self.stopped_during = self.current.movement

    def _finish(self) -> None:
        if self.phase is Phase.STOPPED:
            self._enter(Phase.RESULT if self.outcome is not None else Phase.SAVING)
        elif self.phase not in (Phase.SAVING, Phase.RESULT):
            self._note_what_is_under_way()
            self._drop_repetition()
            self._enter_saving()

    def _redo(self, command: Redo) -> None:
        step = self.plan.find(command.movement, command.trial)
        allowed = self.phase in _MOVING | _ASKING | {Phase.PAUSED}
        if step is None or not allowed or not self.neutrals:
            return
        self._put_question_back()
        self._drop_repetition()
        self.paused_because = None
        self.plan.again(step)
        self._announced = None
        if self.neutral_lost:
            self._enter_neutral()
        else:
            self._begin(step)

    def _take_pain(self, command: Pain) -> None:
        asked = self.pain_asked if self.phase is Phase.PAIN else None
        if command.score is not None and self.phase not in (Phase.SAFETY, Phase.REFUSED, *_OVER):
            self.pain[command.movement] = command.score
        if asked is command.movement:
            self._advance()

    def _take_chin(self, command: Chin) -> None:
        if self.phase is Phase.CHIN:
            self.chin_fingers = command.fingers
            self._advance()

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
                self._drop_repetition()
                self._enter_saving()
        elif event.what == "neutral_learned":
            self._neutral_learned()
        elif event.what == "neutral_failed":
            self._learning, self.neutral_failed = None, True
            self._watch = StillnessWatch()
            self._say(text(Key.SAY_NEUTRAL_AGAIN))
        else:
            self._saved(event)

    def _lose_camera(self) -> None:
        if self.phase not in _NEEDS_CAMERA:
            return
        if self.phase is not Phase.PAUSED:
            self._resume_to = self.phase
        self._drop_repetition()
        self._enter(Phase.CAMERA_LOST)
        self._say(text(Key.SAY_CAMERA_LOST))

    def _camera_back(self) -> None:
        self.camera_lost = False
        self.neutral_lost = bool(self.neutrals)
        self._seen_person_s = self.time_s
        if self.phase is not Phase.CAMERA_LOST:
            return
        self._say(text(Key.SAY_CAMERA_BACK))
        if self.paused_because is not None:
            self._enter(Phase.PAUSED)
        elif self._resume_to in _MOVING:  # it may stand elsewhere now
            self._enter_neutral()
        else:
            self._return_to(self._resume_to)

    def _neutral_learned(self) -> None:
        if self._learning is None:
            return
        self.neutrals.append(self._learning)
        self._learning, self.neutral_failed, self.neutral_lost = None, False, False
        if self.phase is Phase.NEUTRAL:
            self._announced = None
            self._advance()

    def _saved(self, event: Happening) -> None:
        self.outcome = event.what  # type: ignore[assignment]  # the three that are left
        self.folder = event.folder
        if self.phase is Phase.SAVING:
            self._enter(Phase.RESULT)
            if self.outcome == "saved":
                self._tone("finished")
                self._say(text(self._good_bye()))

    def _good_bye(self) -> Key:
        """No praise after a stop, least of all for one that a doctor should hear of."""
        if self.stop_reason in _NO_WAY_BACK:
            return Key(f"say.stopped.{self.stop_reason}")
        return Key.SAY_FINISHED if self.stop_reason is None else Key.SAY_ENDED_EARLY

    # ------------------------------------------------------------- transitions

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._since_s = self._reminded_s = self.time_s
        self._reminded = False

    def _in_phase_s(self) -> float:
        return self.time_s - self._since_s

    def _enter_setup(self) -> None:
        self._good_since_s, self.setup_good_s = None, 0.0
        self._enter(Phase.SETUP)
        self._say(text(Key.SAY_SETUP))
        if self.camera_lost:
            self._lose_camera()

    def _enter_neutral(self) -> None:
        self._watch, self._learning = StillnessWatch(), None
        self.paused_because = None
        self._enter(Phase.NEUTRAL)
        self._effects.append(Ask(None))
        self._say(text(Key.SAY_NEUTRAL))

    def _enter_saving(self) -> None:
        self.paused_because = None
        self._enter(Phase.SAVING)
        self._effects += [Ask(None), Save()]

    def _advance(self) -> None:
        """The next thing to do: a question that is due, the next repetition, or the end."""
        due = self._question_due()
        self.current = self.tracker = None
        if due is not None:
            self._ask_question(*due)
            return
        self.pain_asked = None
        step = self.plan.next_to_come()
        if step is None:
            self._enter_saving()
        elif self.neutral_lost:
            self._enter_neutral()
        else:
            self._begin(step)

    def _question_due(self) -> tuple[str, Movement] | None:
        """Pain after each direction that is over, the chin after flexion."""
        for movement in self.protocol.directions:
            steps = self.plan.of(movement)
            if any(step.status in ("to_come", "now") for step in steps):
                continue
            if self.protocol.ask_pain and ("pain", movement) not in self._asked:
                return "pain", movement
            seen = any(step.seen is not None for step in steps)
            wanted = self.protocol.ask_chin and movement is Movement.FLEXION and seen
            if wanted and ("chin", movement) not in self._asked:
                return "chin", movement
        return None

    def _ask_question(self, kind: str, movement: Movement) -> None:
        self._asked.add((kind, movement))
        self._effects.append(Ask(None))
        if kind == "pain":
            self.pain_asked = movement
            self._enter(Phase.PAIN)
            self._say(text(Key.SAY_PAIN))
        else:
            self.pain_asked = None
            self._enter(Phase.CHIN)
            self._say(text(Key.SAY_CHIN))

    def _put_question_back(self) -> None:
        """A question that is left without an answer for something else comes again."""
        phase = self._resume_to if self.phase is Phase.PAUSED else self.phase
        if phase is Phase.PAIN and self.pain_asked is not None:
            self._asked.discard(("pain", self.pain_asked))
        elif phase is Phase.CHIN:
            self._asked.discard(("chin", Movement.FLEXION))

    def _begin(self, step: Step, *, say: bool = True) -> None:
        if step is not self.current:
            self._retries = 0
            self._drop_repetition()
        step.status = "now"
        self.current, self.tracker = step, RepetitionTracker(self.protocol.repetition)
        self._first_pain, self._trunk_at_capture = None, math.nan
        self.pain_asked = None
        self._enter(Phase.ANNOUNCE)
        if say:
            self._say_what_comes(step)
        self._announced = step.movement

    def _say_what_comes(self, step: Step) -> None:
        if self._announced is not step.movement:
            self._say(say_of(step.movement))
        elif step.number == 1 and not step.warm_up:
            self._say(text(Key.SAY_COUNTS, trials=self.protocol.trials))
        else:
            self._say(text(Key.SAY_AGAIN))

    def _drop_repetition(self) -> None:
        """What was begun and not ended was not seen; it is still to come."""
        if self.current is not None and self.current.status == "now":
            self.current.status = "to_come"
        if self.current is not None:
            self._effects.append(Ask(None))
        self.current = self.tracker = None
        self._first_pain = None
        self.trunk_warned_deg = None

    def _now(self) -> tuple[Step, RepetitionTracker]:
        assert self.current is not None
        assert self.tracker is not None
        return self.current, self.tracker

    # ------------------------------------------------------------------- sounds

    def _say(self, message: Text) -> None:
        self._ids += 1
        self.said.append(Spoken(key=message.key, params=message.params, id=self._ids))

    def _tone(self, name: Literal["captured", "attention", "countdown", "finished"]) -> None:
        self._ids += 1
        self.tones.append(Tone(id=self._ids, name=name))


def _along(movement: Movement, angles_deg: tuple[float, float, float]) -> float:
    """Angle in the direction of the movement."""
    return movement.sign * angles_deg[movement.plane]


def _in_the_middle(neck_deg: tuple[float, float, float]) -> bool:
    return all(abs(angle) <= _MIDDLE_DEG for angle in neck_deg)
