"""The session of a plan: pain, the key test, the exercise below what was felt, the key test again, pain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal

from neckrom.live.contract import Command, Heard, Level, Phase
from neckrom.live.events import BodySample, Sample
from neckrom.live.exercise.room import ExerciseRoom
from neckrom.live.exercise.sets import ExerciseSet
from neckrom.live.exercise.words import REWORDED, exercised
from neckrom.live.introduction import Line
from neckrom.live.nerve.plan import NerveStep
from neckrom.live.nerve.protocols import NerveProtocol
from neckrom.live.nerve.session import Around, NerveMachine
from neckrom.plans.plan_file import LoadedPlan, Plan
from neckrom.screening.safety import plan_safety_questions

BEFORE, AFTER = 1, 2
"""Numbers of the repetitions of the key test."""
NEAR_SIDE_ONLY = frozenset({"slump"})
"""Tests in which only the leg towards the camera is read well enough to count: see benchmarks/plan_counting.py."""
_LEVEL_REMINDED_S, _LEVEL_AWAITED_S = 15.0, 60.0
Asked = Literal["before", "after"]


def plan_introduction(plan: Plan) -> Iterator[Line]:
    """What is said before the session of a plan."""
    yield Line(exercised("intro.what"))
    yield Line(exercised("intro.test"))
    yield Line(exercised("intro.now"), "captured")
    yield Line(exercised("intro.sets", number=plan.repetitions.value))
    yield Line(exercised("intro.below"))
    yield Line(exercised("intro.again"))
    yield Line(exercised("intro.stop"))


class PlanMachine(NerveMachine):
    """One session of a plan of the legs.

    Parameters
    ----------
    plan : LoadedPlan
        Its test is one of the legs.
    ask_consent : bool
    """

    def __init__(self, plan: LoadedPlan, *, ask_consent: bool = True) -> None:
        of = plan.plan
        assert of.test != "neck", "a plan of the neck is a session of the neck"
        protocol = NerveProtocol(version=1, title=of.title, tests=(of.test,), sides=of.sides, repetitions=2)
        super().__init__(
            protocol,
            ask_consent=ask_consent,
            around=Around(
                plan_safety_questions(),
                tuple(plan_introduction(of)),
                frozenset({Phase.LEVEL, Phase.EXERCISE}),
                REWORDED,
            ),
        )
        self.exercise_plan = plan
        for step in self.plan:  # the key test asks at which angle, not what something else does to it
            step.position = step.position.model_copy(update={"change": ()})
        self.plan.steps.sort(key=lambda step: step.number)  # both sides before, both sides after
        self.sets = [ExerciseSet(side, of.repetitions.value) for side in of.sides]
        self.position = self.plan.steps[0].position
        self.room = ExerciseRoom(self._floor, of, self.position, self._advance)
        self.pain: dict[Asked, int | None] = {}
        self._again_said = False

    # ----------------------------------------------------------- what it shows

    @property
    def pain_asked(self) -> Asked | None:
        """Which pain is asked for now."""
        if self.phase is not Phase.LEVEL:
            return None
        return "after" if "before" in self.pain else "before"

    def step_of(self, side: str, number: int) -> NerveStep | None:
        """The key test of a side, before or after, where it was done."""
        return next(
            (s for s in self.plan.done() if s.side == side and s.number == number),
            None,
        )

    def record(self) -> dict[str, Any]:
        """Everything that is known so far, as the events of a session keep it."""
        plan = self.exercise_plan
        return {
            "name": plan.name,
            "shipped": plan.shipped,
            "sha256": plan.sha256,
            "clinician": plan.clinician,
            "plan": plan.plan.model_dump(mode="json"),
            "pain_before": self.pain.get("before"),
            "pain_after": self.pain.get("after"),
            "stop_reason": self.stop_reason,
            "tests": [
                {
                    "side": step.side,
                    "round": "before" if step.number == BEFORE else "after",
                    "start_s": step.start_s,
                    "end_s": step.end_s,
                    "symptom_s": step.symptom_s,
                    "seen_deg": step.symptom_deg if step.symptom_s is not None else step.furthest_deg,
                    "whose": step.whose,
                }
                for step in self.plan.done()
            ],
            "sets": [one.record(self.position.sign) for one in self.sets],
        }

    # ------------------------------------------------------------------ frames

    def _take_own_sample(self, sample: Sample | BodySample) -> None:
        assert isinstance(sample, BodySample)
        if self.phase is Phase.EXERCISE:
            self.room.take(sample)
        elif self.phase is Phase.LEVEL:
            self._wait_for_level()
        else:
            super()._take_own_sample(sample)

    def _wait_for_level(self) -> None:
        waited_s = self._floor.in_phase_s()
        if waited_s >= _LEVEL_AWAITED_S:
            self._answer_level(None)
        elif waited_s >= _LEVEL_REMINDED_S and not self._floor.reminded:
            self._floor.reminded = True
            self._floor.say(exercised(f"level.{self.pain_asked}"))

    # ---------------------------------------------------------------- commands

    def _take_own_command(self, command: Command | Heard) -> None:
        if isinstance(command, Level):
            self._answer_level(command.score)
        else:
            super()._take_own_command(command)

    def _own_buttons(self) -> dict[str, Callable[[], None]]:
        return {**super()._own_buttons(), "now": self._now}

    def _now(self) -> None:
        if self.phase is Phase.EXERCISE:
            self.room.felt()
        else:
            self.repetition.now()

    def _answer_level(self, score: int | None) -> None:
        asked = self.pain_asked
        if asked is not None:
            self.pain[asked] = score
            self._advance()

    def _continue_own(self) -> None:
        if self.phase is Phase.LEVEL:
            self._answer_level(None)
        elif self.phase is not Phase.EXERCISE:
            super()._continue_own()

    def _skip(self) -> None:
        if self.phase is Phase.EXERCISE:
            self.room.end()
        elif self.phase is Phase.LEVEL:
            self._answer_level(None)
        else:
            super()._skip()

    def _repeat(self) -> None:
        one = self.room.set
        if self.phase is Phase.EXERCISE and one is not None:
            self.room.explain_again()
            self.room.drop()
            self._exercise(one)
        else:
            super()._repeat()

    # ----------------------------------------------------------- interruptions

    def _drop(self) -> None:
        self.room.drop()
        super()._drop()

    def _break_off(self) -> None:
        if self.room.set is not None:
            self.stopped_during = f"exercise:{self.room.set.side}"
            self.room.drop()
        super()._break_off()

    def _return_to(self, phase: Phase) -> None:
        if phase in (Phase.LEVEL, Phase.EXERCISE):
            self._advance()
        else:
            super()._return_to(phase)

    def _return_from_a_lost_camera(self, phase: Phase) -> None:
        if phase is Phase.LEVEL:
            self._advance()
        else:
            super()._return_from_a_lost_camera(phase)

    # ------------------------------------------------------------- transitions

    def _advance(self) -> None:
        """Pain, test, exercise, test, pain: whatever is the first that is still to come."""
        if "before" not in self.pain:
            self._ask_level("before")
            return
        self._leave_out_the_far_side()
        step = self.plan.next_to_come()
        if step is not None and step.number == BEFORE:
            super()._advance()
            return
        one = next((each for each in self.sets if each.status == "to_come"), None)
        if one is not None:
            self._exercise(one)
        elif step is not None:
            if not self._again_said:
                self._again_said = True
                self._floor.say(exercised("test_again"))
            super()._advance()
        elif "after" not in self.pain and self.plan.done():
            self._ask_level("after")
        else:
            super()._advance()

    def _leave_out_the_far_side(self) -> None:
        """Where the leg behind the other one is not read well enough to count: before it is tested."""
        near = None if self.last is None else self.last.near
        if self.test not in NEAR_SIDE_ONLY or near is None or self.plan.done():
            return
        for one in self.sets:
            if one.side != near and one.status == "to_come":
                one.status, one.why_not = "skipped", "far_side"
                self.plan.skip_rest(next(step for step in self.plan if step.side == one.side))
                self._floor.say(exercised("none.far_side"))

    def _ask_level(self, which: Asked) -> None:
        self._floor.enter(Phase.LEVEL)
        self._floor.say(exercised(f"level.{which}"))

    def _exercise(self, one: ExerciseSet) -> None:
        """Below the symptom of today's test; without one, below how far it went."""
        test = self.step_of(one.side, BEFORE)
        seen = None if test is None else test.symptom_deg if test.symptom_s is not None else test.furthest_deg
        if seen is None or not math.isfinite(seen):
            one.status, one.why_not = "skipped", "not_tested" if test is None else "not_seen"
            if test is not None:
                self._floor.say(exercised("none.not_seen"))
            self._advance()
            return
        limit = self.position.sign * seen
        if one.goal is not None:  # something was felt on the way
            limit = min(limit, one.goal.limit_deg)
        self.room.begin(one, limit)
