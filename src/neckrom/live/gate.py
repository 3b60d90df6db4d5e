"""The gate of a session: what has to be passed before anything moves. Questions, consent, seat and camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from neckrom.live.contract import Answer, Check, Override, Phase, Text
from neckrom.live.events import BodySample, Sample, StorePicture
from neckrom.live.floor import Floor
from neckrom.live.keys import Key, text
from neckrom.screening.safety import AnswerValue, SafetyQuestion, judge_answers

SETUP_GOOD_S = 2.0
"""The set-up check goes on by itself once all has been good for so long."""
_ADVICE_AGAIN_S = 7.0
_SLOW_AGAIN_S = 60.0
"""Of what nobody can mend in a moment the voice speaks once a minute."""
_SLOW = frozenset({Key.ADVICE_CAMERA_SLOW.value, Key.ADVICE_COMPUTER_SLOW.value})
_ADVICE_AFTER_S = 1.0
_ANYWAY_AFTER_S = 25.0


class Gate:
    """Safety questions, consent for the picture, and the set-up check.

    Parameters
    ----------
    floor : Floor
    questions : sequence of SafetyQuestion
        All that are asked, the gravest first.
    admitted : callable
        Called once the questions and the consent are over.
    passed : callable
        Called once all is in place.
    entered_setup : callable
        Called when the set-up check begins.
    ask_consent : bool
        False where nothing of the picture is to be stored in any case: nobody is asked then.
    """

    def __init__(
        self,
        floor: Floor,
        questions: Sequence[SafetyQuestion],
        admitted: Callable[[], None],
        passed: Callable[[], None],
        entered_setup: Callable[[], None],
        *,
        ask_consent: bool,
    ) -> None:
        self.questions = tuple(questions)
        self._floor, self._admitted = floor, admitted
        self._passed, self._entered_setup = passed, entered_setup
        self.answers: dict[str, AnswerValue] = {}
        self.refused_by: tuple[str, ...] = ()
        self.override_allowed = False
        self.override: Override | None = None
        self.video_allowed: bool | None = None if ask_consent else False
        self.checks: tuple[Check, ...] = ()
        self.setup_good_s = 0.0
        self._good_since_s: float | None = None
        self._advised_s: dict[str, float] = {}
        """When which advice was spoken last."""

    # --------------------------------------------------------------- questions

    def answer(self, command: Answer) -> None:
        """Take the answer to a safety question; after a refusal it leads back to the questions."""
        known = {question.id for question in self.questions}
        if self._floor.phase not in (Phase.SAFETY, Phase.REFUSED) or command.question not in known:
            return
        self.answers[command.question] = command.answer
        if self._floor.phase is Phase.REFUSED:  # a slip of the finger
            self.back_to_questions()
        self.ask_next()

    def ask_next(self) -> None:
        """Read out the first question without an answer, or say that there is none left."""
        left = [question.id for question in self.questions if question.id not in self.answers]
        message = Text(key=f"safety.{left[0]}") if left else text(Key.SAY_ANSWERED)
        self._floor.say(message)

    def back_to_questions(self) -> None:
        """From the refusal to the questions: one of them was answered by mistake."""
        self.refused_by, self.override_allowed = (), False
        self._floor.enter(Phase.SAFETY)

    def leave_questions(self) -> None:
        """Go on if the answers allow it; nothing happens while one is open."""
        verdict = judge_answers(self.answers, self.questions)
        if verdict.outcome == "open":
            return
        if verdict.outcome == "go_on":
            self._after_questions()
            return
        self.refused_by = verdict.because
        self.override_allowed = verdict.outcome == "clinician_only"
        self._floor.enter(Phase.REFUSED)
        stop = verdict.outcome == "stop"
        self._floor.say(text(Key.SAY_REFUSED_STOP if stop else Key.SAY_REFUSED_DOCTOR), cuts=True)

    def go_on_in_spite(self, command: Override) -> None:
        """A clinician takes it on themselves, where that is allowed."""
        if self._floor.phase is Phase.REFUSED and self.override_allowed:
            self.override = command
            self._after_questions()

    def _after_questions(self) -> None:
        if self.video_allowed is None:
            self._floor.enter(Phase.CONSENT)
            self._floor.say(text(Key.SAY_CONSENT), cuts=True)
        else:
            self._admitted()

    # ----------------------------------------------------------------- consent

    def consent(self, *, allowed: bool) -> None:
        """Whether the picture may be stored."""
        if self._floor.phase is not Phase.CONSENT:
            return
        self.video_allowed = allowed
        self._floor.want(StorePicture(allowed))
        self._admitted()

    # ------------------------------------------------------------------ set-up

    def begin_setup(self) -> None:
        """From now on the set-up counts, whether its phase has begun or an introduction is still being spoken."""
        self._good_since_s, self.setup_good_s = None, 0.0

    def enter_setup(self) -> None:
        """Look at seat and camera; nothing is said where they have been good for long enough already."""
        self._floor.enter(Phase.SETUP)
        if self.setup_good_s < SETUP_GOOD_S:
            self._floor.say(text(Key.SAY_SETUP))
        self._entered_setup()

    def look(self, sample: Sample | BodySample) -> list[Check]:
        """Keep the set-up as it is; what is not good."""
        if sample.checks:
            self.checks = sample.checks
        bad = [check for check in self.checks if check.status == "bad"]
        if not sample.checks or bad:
            self.begin_setup()
            return bad
        if self._good_since_s is None:
            self._good_since_s = sample.time_s
        self.setup_good_s = sample.time_s - self._good_since_s
        return []

    def take(self, sample: Sample | BodySample) -> None:
        """One frame of the set-up check."""
        good_before = self.setup_good_s >= SETUP_GOOD_S
        bad = self.look(sample)
        if self.setup_good_s >= SETUP_GOOD_S:
            if not good_before:
                self._floor.say(text(Key.SAY_SETUP_GOOD))
            self._passed()
        elif bad:
            self._advise(bad)

    def _advise(self, bad: list[Check]) -> None:
        """Say the worst problem, not more often than a person can act on it."""
        floor = self._floor
        advice = next((check.advice for check in bad if check.advice is not None), None)
        if advice is None or floor.in_phase_s() <= _ADVICE_AFTER_S:
            return
        if floor.reminded and floor.since_reminded_s() < _ADVICE_AGAIN_S:
            return
        again_s = _SLOW_AGAIN_S if advice.key in _SLOW else _ADVICE_AGAIN_S
        if floor.time_s - self._advised_s.get(advice.key, -again_s) < again_s:
            return
        floor.say(advice)
        self._advised_s[advice.key] = floor.time_s
        floor.reminded, floor.reminded_s = True, floor.time_s
        if floor.in_phase_s() >= _ANYWAY_AFTER_S:
            floor.say(text(Key.SAY_SETUP_ANYWAY))
