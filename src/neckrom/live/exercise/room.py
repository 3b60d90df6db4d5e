"""The exercise that is being done: out to the mark and back, paced, counted, and never past today's symptom angle."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from statistics import median

from neckrom.live.contract import Phase
from neckrom.live.events import Ask, BodySample
from neckrom.live.exercise.goals import ERROR_DEG, EXERCISE_NUMBER
from neckrom.live.exercise.sets import ExerciseSet
from neckrom.live.exercise.words import exercised, said_of
from neckrom.live.floor import Floor
from neckrom.live.nerve.protocols import Position
from neckrom.live.nerve.repetition import other_side
from neckrom.live.nerve.words import wrong_side
from neckrom.plans.counting import Repetition, RepetitionCounter, goal_below
from neckrom.plans.plan_file import LegTest, Plan
from neckrom.saying.figures import short_angle

_WORDING_AWAITED_S = 20.0
_REST_S = 1.0
_REST_OVER_S = 1.0
_REMINDED_S, _GIVEN_UP_S = 20.0, 60.0
_SAID_AGAIN_S = 4.0
_FAST_SHARE = 0.5
"""A way out in less than this share of the plan's time is too fast."""
_TRIES = 2
"""Times the repetitions that are wanted: after so many the set is over, whatever was counted."""
_WRONG_DEG, _WRONG_S = 15.0, 1.0
_NOT_SEEN_S = 5.0


class ExerciseRoom:
    """At most one set at a time.

    Parameters
    ----------
    floor : Floor
    plan : Plan
        Of a test of the legs.
    position : Position
        Of the test.
    over : callable
        Called when a set is over.
    """

    def __init__(self, floor: Floor, plan: Plan, position: Position, over: Callable[[], None]) -> None:
        assert plan.out_s is not None
        assert plan.below_symptom_deg is not None
        assert plan.test != "neck"
        self._floor, self._plan, self._position, self._over = floor, plan, position, over
        self._out_s, self._below = plan.out_s.value, plan.below_symptom_deg.value
        self.test: LegTest = plan.test
        self.set: ExerciseSet | None = None
        self.angle: float | None = None
        """Of the newest frame, along the movement."""
        self._other: float | None = None
        self._rest: deque[tuple[float, float]] = deque()
        self._explained = False
        self._said_id = 0
        self._said_s: dict[str, float] = {}
        self._left_s = self._home_s = self._seen_s = self._ticked_s = math.nan
        self._other_rest = self._wrong_since = math.nan
        self._reached = self._warned = False
        self._asked: str | None = None

    @property
    def counter(self) -> RepetitionCounter | None:
        """Of the goal that is in force; None while rest is being looked for."""
        return self.set.counters[-1] if self.set is not None and self.set.counters else None

    # --------------------------------------------------------------- begin, end

    def begin(self, one: ExerciseSet, limit_deg: float) -> None:
        """Say what comes, and look where the limb rests.

        Parameters
        ----------
        one : ExerciseSet
        limit_deg : float
            Today's symptom angle, along the movement.
        """
        self.set = one
        one.status = "now"
        self._limit = limit_deg
        self._rest.clear()
        self._said_s.clear()
        self._reached = self._warned = False
        self._left_s = self._home_s = self._ticked_s = self._wrong_since = math.nan
        self._seen_s = self._floor.time_s
        self._floor.enter(Phase.EXERCISE)
        self._floor.want(Ask(None))
        self._said_id = self._floor.say(said_of(self._position.name, one.side, first=not self._explained))
        self._explained = True

    def drop(self) -> None:
        """What is under way is not counted; the repetitions before stay."""
        if self.counter is not None:
            self.counter.drop()
        if self.set is not None and self.set.status == "now":
            self.set.status = "to_come"
        self.set = None
        self._floor.want(Ask(None))

    def explain_again(self) -> None:
        """From the beginning of the words."""
        self._explained = False

    def end(self) -> None:
        """The set is over, as far as it has come."""
        one = self.set
        if one is None:
            return
        one.status = "done" if one.repetitions or one.goal is not None else "skipped"
        self.set = None
        self._floor.want(Ask(None))
        self._over()

    # ------------------------------------------------------------------- frames

    def take(self, sample: BodySample) -> None:
        """One frame."""
        one = self.set
        if one is None:
            return
        sign = self._position.sign
        self.angle = self._along(sample, f"{self._position.led}.{one.side}", sign)
        self._other = self._along(sample, f"{self._position.led}.{other_side(one.side)}", sign)
        if self.angle is not None:
            self._seen_s = sample.time_s
        elif sample.time_s - self._seen_s >= _NOT_SEEN_S:
            self._remind("not_seen", 3 * _SAID_AGAIN_S)
        counter = self.counter if one.goal is not None else None
        if counter is None:
            self._find_rest(one, sample.time_s)
            return
        self._follow(one, counter, sample.time_s)

    @staticmethod
    def _along(sample: BodySample, name: str, sign: int) -> float | None:
        value = sample.angles_deg.get(name)
        return sign * value if value is not None and math.isfinite(value) else None

    def _find_rest(self, one: ExerciseSet, time_s: float) -> None:
        """Where the limb rests, once what comes has been said; then the mark is known and said."""
        floor = self._floor
        if self.angle is not None:
            self._rest.append((time_s, self.angle))
        while self._rest and time_s - self._rest[0][0] > _REST_OVER_S:
            self._rest.popleft()
        listening = floor.listened_to and floor.heard_id < self._said_id
        if listening and floor.in_phase_s() < _WORDING_AWAITED_S:
            return
        values = [value for _, value in self._rest]
        low, high = sorted(self._position.sign * end for end in self._position.start)
        still = len(values) >= 3 and max(values) - min(values) <= 4.0 and low <= values[-1] <= high
        if still and floor.in_phase_s() >= _REST_OVER_S:
            self._set_goal(one, median(values))
        elif floor.in_phase_s() >= _GIVEN_UP_S:
            self._give_up(one, "not_seen")

    def _set_goal(self, one: ExerciseSet, rest_deg: float) -> None:
        goal = goal_below(self._limit, rest_deg, self._below, ERROR_DEG[self.test])
        if goal is None:
            self._give_up(one, "no_room")
            return
        one.goal = goal
        one.counters.append(RepetitionCounter(goal))
        self._other_rest = math.nan if self._other is None else self._other
        self._home_s = self._floor.time_s
        left = max(1, one.wanted - one.counted)
        self._floor.say(
            exercised(
                "aim",
                number=left,
                mark=short_angle(abs(goal.counts_from_deg)),
                limit=short_angle(abs(goal.limit_deg)),
            )
        )

    def _give_up(self, one: ExerciseSet, why: str) -> None:
        one.why_not = why
        self._floor.say(exercised(f"none.{why}"))
        self.end()

    def _follow(self, one: ExerciseSet, counter: RepetitionCounter, time_s: float) -> None:
        was_out = counter.out
        over = counter.take(time_s, self.angle)
        if counter.out and not was_out:
            self._left_s, self._ticked_s = time_s, time_s
            self._reached = self._warned = False
        if counter.out:
            self._on_the_way(counter, time_s)
        if over is not None:
            self._finished(one, counter, over)
            return
        if not counter.out:
            self._at_rest(one, time_s)

    def _on_the_way(self, counter: RepetitionCounter, time_s: float) -> None:
        floor = self._floor
        if counter.nears_limit() and not self._warned:
            self._warned = True
            floor.tone("attention")
            floor.say(exercised("too_far"), cuts=True)
            self._ask_for("back")
        if counter.at_mark and not self._reached:
            self._reached = True
            floor.tone("captured")
            if not self._warned:
                floor.say(exercised("back"), cuts=True)
            self._ask_for("back")
        elif not self._reached and time_s - self._ticked_s >= 1.0:
            self._ticked_s = time_s
            floor.tone("countdown")
        if time_s - self._left_s >= _GIVEN_UP_S:  # nobody waits for ever for the way back
            floor.say(exercised("enough"))
            self.end()
        elif time_s - self._left_s >= _REMINDED_S:
            self._remind("and_back", _REMINDED_S)

    def _finished(self, one: ExerciseSet, counter: RepetitionCounter, over: Repetition) -> None:
        floor = self._floor
        self._home_s, self._ticked_s = floor.time_s, floor.time_s
        self._asked = None
        self._ask_for("rest")
        if over.outcome == "reached":
            floor.say(exercised("counted", number=one.counted), cuts=True)
            if over.end_s - over.start_s < 2 * _FAST_SHARE * self._out_s:
                floor.say(exercised("slower"))
        else:
            floor.say(exercised(over.outcome), cuts=True)
        if one.counted >= one.wanted:
            floor.tone("finished")
            self.end()
        elif len(one.repetitions) >= _TRIES * one.wanted:
            floor.say(exercised("enough"))
            self.end()
        counter.speed_deg_s = 0.0

    def _at_rest(self, one: ExerciseSet, time_s: float) -> None:
        if self._others_way() >= _WRONG_DEG:
            if math.isnan(self._wrong_since):
                self._wrong_since = time_s
            if time_s - self._wrong_since >= _WRONG_S and self._may_say("wrong", _SAID_AGAIN_S):
                self._floor.tone("attention")
                self._floor.say(wrong_side(self._position, one.side))
        else:
            self._wrong_since = math.nan
        rested_s = time_s - self._home_s
        if self._asked != "out" and rested_s >= _REST_S:
            self._ask_for("out")
            if one.repetitions:
                self._floor.say(exercised("out"))
        if rested_s >= _GIVEN_UP_S:
            self._floor.say(exercised("enough"))
            self.end()
        elif rested_s >= _REMINDED_S:
            self._remind("out", _REMINDED_S)

    def _others_way(self) -> float:
        """How far the other limb is from where it rested."""
        if self._other is None or math.isnan(self._other_rest):
            return 0.0
        return self._other - self._other_rest

    def _ask_for(self, what: str) -> None:
        """Of a clip that plays the camera."""
        one = self.set
        if one is None or self._asked == what:
            return
        self._asked = what
        step = f"{self._position.name}:{one.side}:{EXERCISE_NUMBER}"
        self._floor.want(Ask({"out": step, "back": f"{step}:back"}.get(what)))

    def _may_say(self, what: str, again_s: float) -> bool:
        last = self._said_s.get(what)
        if last is not None and self._floor.time_s - last < again_s:
            return False
        self._said_s[what] = self._floor.time_s
        return True

    def _remind(self, what: str, again_s: float) -> None:
        if self._may_say(what, again_s):
            self._floor.say(exercised(what))

    # ----------------------------------------------------------------- commands

    def felt(self) -> None:
        """Something is felt on the way: back at once, and from now on less far."""
        one, counter = self.set, self.counter
        if one is None:
            return
        one.felt += 1
        self._floor.tone("attention")
        self._floor.say(exercised("felt"), cuts=True)
        if one.goal is None or counter is None:
            return
        if counter.out and self.angle is not None:
            lower = min(one.goal.limit_deg, self.angle)
            self._limit = lower
            goal = goal_below(lower, one.goal.rest_deg, self._below, one.goal.error_deg)
            self._ask_for("back")
            if goal is None:
                self._give_up(one, "no_room")
                return
            counter.drop()
            one.goal = goal
            fresh = RepetitionCounter(goal)
            one.counters.append(fresh)
            self._home_s = self._floor.time_s
            self._asked = None
