"""One repetition of a nerve test: into position, led until something is felt, held, one change alone, and back.

The angles here guide; what counts is measured from the recording afterwards. Where an angle is not seen the person
is led all the same, by time and by what they say.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median

from neckrom.live.contract import Phase, Text
from neckrom.live.events import Ask, BodySample
from neckrom.live.floor import Floor
from neckrom.live.nerve.plan import Answer, Changed, NerveStep, Whose
from neckrom.live.nerve.protocols import SIDED, Change, Position, Side
from neckrom.live.nerve.words import change_of, lead_of, of_position, said, said_in, wrong_side

HELD_DEG = 3.0
"""A limb that moved by more was not held."""
STEADY_S = 1.2
_AT_START_S = 1.0
_POSITION_REMINDED_S, _POSITION_KEY_S, _POSITION_AWAITED_S = 12.0, 25.0, 45.0
_WORDING_AWAITED_S = 15.0
_WRONG_DEG, _OWN_DEG, _WRONG_S = 12.0, 6.0, 0.7
"""The other limb by so much, and the one that was asked for by less, for so long: it is the wrong one."""
_FAST_DEG_S, _FAST_OVER_S, _SAID_AGAIN_S = 30.0, 0.6, 6.0
_BENT_DEG, _BENT_S = 25.0, 0.8
_STANDS_DEG, _STANDS_S, _STANDS_LONG_S = 2.0, 4.0, 12.0
_STILL_TO_BEGIN_S, _NEVER_BEGUN_S = 15.0, 45.0
_HOLD_LONGEST_S = 6.0
_CHANGED_S, _CHANGE_AWAITED_S = 0.8, 12.0
_ANSWER_REMINDED_S, _ANSWER_AWAITED_S = 8.0, 20.0
_BACK_AWAITED_S = 8.0
_WHOSE_REMINDED_S, _WHOSE_AWAITED_S = 15.0, 45.0
_KEPT_S = 3.0

MOVING = frozenset({Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.CHANGE, Phase.BACK})
ASKING = frozenset({Phase.ANSWER, Phase.WHOSE})


def other_side(side: Side) -> Side:
    """Left of right, right of left."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True, slots=True)
class BrokenOff:
    """A repetition that was halted before it was over, as it stood.

    Attributes
    ----------
    step : NerveStep
        The plan's own; it is to come again.
    as_it_was : NerveStep
        With all that was said until then.
    led : bool
        Whether the limb was on its way: what hurt then came there.
    """

    step: NerveStep
    as_it_was: NerveStep
    led: bool


class NerveRepetition:
    """At most one repetition at a time.

    Parameters
    ----------
    floor : Floor
    over : callable
        Called when it is done.
    """

    def __init__(self, floor: Floor, over: Callable[[], None]) -> None:
        self._floor, self._over = floor, over
        self.step: NerveStep | None = None
        self.angles: Mapping[str, float] = {}
        """Of the newest frame."""
        self.in_full = False
        """Whether the position is being explained, because it is the first of its kind."""
        self._recent: deque[tuple[float, Mapping[str, float]]] = deque()
        self._explained: set[str] = set()
        self._led: set[str] = set()
        self._named: tuple[str, Side] | None = None
        self._said_id = 0
        self._since: dict[str, float] = {}
        """Since when something has been so."""
        self._said_s: dict[str, float] = {}
        """When something that may be said again was said last."""
        self._start_deg = self._anchor_deg = self._joint_deg = math.nan
        self._straight_deg = math.nan
        self._furthest = -math.inf
        self._change_at = -1
        self._asked_change = self._asked_whose = self._held_before = self._back_before = False
        self.broken_off: BrokenOff | None = None
        """What was halted last, until another repetition begins."""

    # --------------------------------------------------------------- begin, end

    def begin(self, step: NerveStep) -> None:
        """Into the position, with its words."""
        self.drop()
        self.broken_off = None
        step.status = "now"
        self.step = step
        self._floor.enter(Phase.POSITION)
        self._since.clear()
        self._said_s.clear()
        position = step.position
        self.in_full = position.name not in self._explained
        self._explained.add(position.name)
        if self.in_full:
            words = of_position(position, step.side, "position")
        elif self._named != (position.name, step.side):
            words = of_position(position, step.side, "short")
        else:
            words = said("again")
        self._named = (position.name, step.side)
        self._said_id = self._floor.say(words)
        self._floor.want(Ask(None))

    def drop(self) -> None:
        """What was begun and not ended was not seen; it is still to come."""
        if self.step is not None and self.step.status == "now":
            self.broken_off = self._as_it_is(self.step)
            self.step.clear()
            self._floor.want(Ask(None))
        self.step = None

    def _as_it_is(self, step: NerveStep) -> BrokenOff:
        led = self._floor.phase is Phase.LEAD and self._furthest >= step.position.least_deg
        kept = replace(step, changes=list(step.changes), end_s=step.end_s or round(self._floor.time_s, 3))
        if led:
            kept.furthest_deg = self.led_deg
        return BrokenOff(step, kept, led)

    def keep_what_was_felt(self, *, hurts: bool) -> None:
        """The session ends here: a repetition that was halted counts, as far as it went, where something was felt.

        Parameters
        ----------
        hurts : bool
            The session is stopped for pain: what hurt while the limb was led was felt there, said or not.
        """
        broken, self.broken_off = self.broken_off, None
        if broken is None or broken.step.status != "to_come":
            return
        kept = broken.as_it_was
        if kept.symptom_s is None and hurts and broken.led:
            kept.symptom_s, kept.symptom_deg = kept.end_s, kept.furthest_deg
        if kept.symptom_s is None:
            return
        step = broken.step
        for name in ("start_s", "end_s", "symptom_s", "symptom_deg", "furthest_deg", "held", "changes"):
            setattr(step, name, getattr(kept, name))
        step.status = "done"

    def name_it_again(self) -> None:
        """The next position is named, whatever was said before."""
        self._named = None

    def explain_again(self) -> None:
        """The position is explained once more: somebody asked for it."""
        if self.step is not None:
            self._explained.discard(self.step.position.name)
            self._led.discard(self.step.position.name)
        self._named = None

    # ------------------------------------------------------------------- angles

    @property
    def led_deg(self) -> float | None:
        """The angle that is led, now; None where it is not seen."""
        return self._known(self._led_name())

    @property
    def joint(self) -> str | None:
        """What is being moved alone, or asked about."""
        change = self._change()
        asked = self._floor.phase in (Phase.CHANGE, Phase.ANSWER)
        return change.joint if asked and change is not None else None

    @property
    def change(self) -> Change | None:
        """The change that is asked for now."""
        return self._change()

    def take(self, sample: BodySample) -> None:
        """One frame."""
        self.angles = sample.angles_deg
        self._recent.append((sample.time_s, sample.angles_deg))
        while sample.time_s - self._recent[0][0] > _KEPT_S:
            self._recent.popleft()
        if self.step is None:
            return
        handlers: dict[Phase, Callable[[NerveStep], None]] = {
            Phase.POSITION: self._get_ready,
            Phase.LEAD: self._lead,
            Phase.HOLD: self._hold,
            Phase.CHANGE: self._move_alone,
            Phase.ANSWER: self._wait_for_answer,
            Phase.BACK: self._come_back,
            Phase.WHOSE: self._wait_for_whose,
        }
        handler = handlers.get(self._floor.phase)
        if handler is not None:
            handler(self.step)

    def _led_name(self, *, other: bool = False) -> str:
        assert self.step is not None
        return self._name_of(self.step.position.led, other=other)

    def _kept_name(self) -> str:
        """By which it is watched while it is held."""
        assert self.step is not None
        position = self.step.position
        return self._name_of(position.kept or position.led)

    def _name_of(self, angle: str, *, other: bool = False) -> str:
        assert self.step is not None
        side = other_side(self.step.side) if other else self.step.side
        return f"{angle}.{side}" if angle in SIDED else angle

    def _known(self, name: str) -> float | None:
        value = self.angles.get(name)
        return value if value is not None and math.isfinite(value) else None

    def _over_last(self, name: str, seconds: float) -> list[float]:
        since_s = self._floor.time_s - seconds
        values = [angles.get(name) for time_s, angles in self._recent if time_s >= since_s - 1e-6]
        return [value for value in values if value is not None and math.isfinite(value)]

    def _whole(self, seconds: float) -> bool:
        """Whether frames of so long are known."""
        return bool(self._recent) and self._floor.time_s - self._recent[0][0] >= seconds - 1e-6

    def _middle(self, name: str, seconds: float) -> float:
        values = self._over_last(name, seconds)
        return median(values) if values else math.nan

    def _lasts(self, what: str, seconds: float, *, true: bool) -> bool:
        """Whether something has been so for so long."""
        if not true:
            self._since.pop(what, None)
            return False
        return self._floor.time_s - self._since.setdefault(what, self._floor.time_s) >= seconds

    def _remind(self, what: str, message: Text, again_s: float) -> None:
        """Say something, not more often than a person can act on it."""
        last_s = self._said_s.get(what)
        if last_s is None or self._floor.time_s - last_s >= again_s:
            self._said_s[what] = self._floor.time_s
            self._floor.say(message)

    # ----------------------------------------------------------------- position

    def _get_ready(self, step: NerveStep) -> None:
        floor, position = self._floor, step.position
        waited_s = floor.in_phase_s()
        if floor.listened_to and floor.heard_id < self._said_id and waited_s < _WORDING_AWAITED_S:
            return
        low, high = position.start
        led, other = self.led_deg, self._known(self._led_name(other=True))
        there = led is not None and low <= led <= high and (other is None or low <= other <= high)
        there = there and self._begins(position)
        still = there and self._steady(self._led_name(), 4.0, 0.5)
        # a limb that is not seen is led all the same: nobody waits for ever
        if self._lasts("at_start", _AT_START_S, true=still) or waited_s >= _POSITION_AWAITED_S:
            self.lead()
        elif waited_s >= _POSITION_KEY_S:
            self._remind("ready", said("ready"), math.inf)
        elif waited_s >= _POSITION_REMINDED_S:
            self._remind("position", of_position(position, step.side, "short"), math.inf)

    def _begins(self, position: Position) -> bool:
        """Whether the limb is where a position begins, by what else is asked of it; what is not seen is not asked."""
        for name, (low, high) in position.begins.items():
            angle = self._known(self._name_of(name))
            if angle is not None and not low <= angle <= high:
                return False
        return True

    def lead(self) -> None:
        """From the start on, slowly, until something is felt."""
        step = self.step
        assert step is not None
        self._floor.enter(Phase.LEAD)
        self._since.clear()
        self._said_s.clear()
        step.start_s = self._floor.time_s
        self._start_deg = self._middle(self._led_name(), 0.5)
        if step.position.straight is not None:
            self._straight_deg = self._middle(self._name_of(step.position.straight), 0.5)
        self._furthest, self._since["grew"] = -math.inf, self._floor.time_s
        first = step.position.name not in self._led
        self._led.add(step.position.name)
        self._floor.say(lead_of(step.position, short=not first))
        self._floor.want(Ask(step.name))

    def _progress(self, *, other: bool = False) -> float | None:
        """How far the limb was led from its start, degrees; None where it is not seen."""
        assert self.step is not None
        angle = self._known(self._led_name(other=other))
        if angle is None:
            return None
        start = self._start_deg
        if other or math.isnan(start):
            low, high = self.step.position.start
            start = high if self.step.position.towards == "up" else low
        return self.step.position.sign * (angle - start)

    def _wrong_one(self) -> bool:
        own, others = self._progress(), self._progress(other=True)
        return others is not None and others >= _WRONG_DEG and (own is None or own < _OWN_DEG)

    # --------------------------------------------------------------------- lead

    def _lead(self, step: NerveStep) -> None:
        floor, progress = self._floor, self._progress()
        if self._lasts("wrong", _WRONG_S, true=self._wrong_one()):
            self._not_that_one(step)
            return
        if progress is not None and progress > self._furthest + _STANDS_DEG:
            self._furthest, self._since["grew"] = progress, floor.time_s
        begun = self._furthest >= step.position.least_deg
        stands_s = floor.time_s - self._since["grew"]
        if begun:
            self._led_on(step, stands_s)
        elif floor.in_phase_s() >= _NEVER_BEGUN_S:
            self._nothing_done(step)
        elif floor.in_phase_s() >= _STILL_TO_BEGIN_S:
            self._remind("begin", lead_of(step.position, short=False), _STILL_TO_BEGIN_S)

    def _led_on(self, step: NerveStep, stands_s: float) -> None:
        name = self._led_name()
        values = self._over_last(name, _FAST_OVER_S)
        if values and step.position.sign * (values[-1] - values[0]) > _FAST_DEG_S * _FAST_OVER_S:
            self._remind("slower", said("slower"), _SAID_AGAIN_S)
        if step.position.straight is not None:
            bend = self._known(self._name_of(step.position.straight))
            off = bend is not None and not abs(bend - self._straight_deg) <= _BENT_DEG
            if self._lasts("bent", _BENT_S, true=off and not math.isnan(self._straight_deg)):
                self._remind("bent", said_in(step.test, "keep_straight"), 2 * _SAID_AGAIN_S)
        if stands_s >= _STANDS_LONG_S:
            self.felt_nothing()
        elif stands_s >= _STANDS_S:
            self._remind("further", said("further"), math.inf)

    def _not_that_one(self, step: NerveStep) -> None:
        """The other limb was led: it is said, and the repetition starts again once both are back."""
        step.clear()
        step.status = "now"
        self._floor.tone("attention")
        self._floor.enter(Phase.POSITION)
        self._since.clear()
        self._said_s.clear()
        self._said_id = self._floor.say(wrong_side(step.position, step.side))

    def _nothing_done(self, step: NerveStep) -> None:
        """Nobody moved, or nothing was seen of it: it is left out, not measured as zero."""
        self._floor.say(said("skipped"))
        step.clear()
        step.status = "skipped"
        self._finish()

    def now(self) -> None:
        """The first symptom; said once more it changes nothing."""
        step = self.step
        if step is None or self._floor.phase is not Phase.LEAD:
            return
        if self._wrong_one():
            self._not_that_one(step)
            return
        floor = self._floor
        step.symptom_s = round(floor.time_s, 3)
        angle = self._middle(self._led_name(), 0.3)
        step.symptom_deg = step.furthest_deg = None if math.isnan(angle) else angle
        floor.tone("captured")
        floor.say(said("hold_now_short" if self._held_before else "hold_now"), cuts=True)
        self._held_before = True
        self._change_at = -1
        self._enter_hold()

    def felt_nothing(self) -> None:
        """As far as it goes, without a symptom; a limb that is seen to lie where it did was not tested."""
        step = self.step
        if step is None or self._floor.phase is not Phase.LEAD:
            return
        if self._progress() is not None and self._furthest < step.position.least_deg:
            self._nothing_done(step)
            return
        step.furthest_deg = self.led_deg
        self._floor.tone("captured")
        self._floor.say(said("nothing_felt"))
        self.come_back(say=False)

    # --------------------------------------------------------- held, one change

    def _enter_hold(self) -> None:
        self._floor.enter(Phase.HOLD)
        self._since.clear()
        self._said_s.clear()

    def _hold(self, step: NerveStep) -> None:
        waited_s = self._floor.in_phase_s()
        name = self._kept_name()
        seen = bool(self._over_last(name, STEADY_S))
        if waited_s >= STEADY_S and seen and self._steady(name, HELD_DEG, STEADY_S):
            step.held = True
            self._held(step)
        elif waited_s >= _HOLD_LONGEST_S:
            step.held = False if seen else None
            self._held(step)
        elif waited_s >= 2 * STEADY_S and seen:
            self._remind("moved", said("moved"), _SAID_AGAIN_S)

    def _steady(self, name: str, within_deg: float, seconds: float) -> bool:
        values = self._over_last(name, seconds)
        return self._whole(seconds) and bool(values) and max(values) - min(values) <= within_deg

    def _held(self, step: NerveStep) -> None:
        self._anchor_deg = self._middle(self._kept_name(), STEADY_S)
        self._next_change(step)

    def _next_change(self, step: NerveStep) -> None:
        self._change_at += 1
        change = self._change()
        if change is None:
            self.come_back()
            return
        step.changes.append(Changed(change))
        self._joint_deg = self._middle(self._name_of(change.joint), 1.0)
        self._floor.enter(Phase.CHANGE)
        self._since.clear()
        self._said_s.clear()
        self._floor.say(change_of(step.position, change))
        self._floor.want(Ask(f"{step.name}:{change.joint}"))

    def _change(self) -> Change | None:
        step = self.step
        if step is None or not 0 <= self._change_at < len(step.position.change):
            return None
        return step.position.change[self._change_at]

    def _move_alone(self, step: NerveStep) -> None:
        change = self._change()
        assert change is not None
        self._watch_the_limb(step)
        by = self._changed_by(change)
        enough = by is not None and by >= change.least_deg
        if self._lasts("changed", _CHANGED_S, true=enough) or self._floor.in_phase_s() >= _CHANGE_AWAITED_S:
            self.ask_change()

    def _changed_by(self, change: Change) -> float | None:
        value = self._known(self._name_of(change.joint))
        if value is None or math.isnan(self._joint_deg):
            return None
        return change.sign * (value - self._joint_deg)

    def _watch_the_limb(self, step: NerveStep) -> None:
        """While one thing moves alone the limb keeps still, by its median over a third of a second."""
        angle = self._middle(self._kept_name(), 0.35)
        moved = not math.isnan(angle) and not math.isnan(self._anchor_deg)
        if self._lasts("moved", 0.4, true=moved and abs(angle - self._anchor_deg) > HELD_DEG):
            step.held = False
            self._remind("moved", said("moved"), _SAID_AGAIN_S)

    def ask_change(self) -> None:
        """What it did to the symptom."""
        step, change = self.step, self._change()
        assert step is not None
        assert change is not None
        step.changes[-1].by_deg = self._changed_by(change)
        self._floor.enter(Phase.ANSWER)
        self._said_s.clear()
        self._floor.say(said("ask_change_short" if self._asked_change else "ask_change"))
        self._asked_change = True

    def _wait_for_answer(self, step: NerveStep) -> None:
        self._watch_the_limb(step)
        waited_s = self._floor.in_phase_s()
        if waited_s >= _ANSWER_AWAITED_S:
            self.answer_change(None)
        elif waited_s >= _ANSWER_REMINDED_S:
            self._remind("answer", said("ask_change"), math.inf)

    def answer_change(self, answer: Answer | None) -> None:
        """More, less or the same; None is left out. Who answers before being asked is not asked."""
        step, phase = self.step, self._floor.phase
        early = phase is Phase.CHANGE and answer is not None
        if step is None or not (phase is Phase.ANSWER or early):
            return
        changed, change = step.changes[-1], self._change()
        if early and change is not None:
            changed.by_deg = self._changed_by(change)
        changed.answer = answer
        changed.answered_s = round(self._floor.time_s, 3)
        self._next_change(step)

    # --------------------------------------------------------------------- back

    def come_back(self, *, say: bool = True) -> None:
        """The limb back to its start."""
        step = self.step
        if step is None:
            return
        self._change_at = -1
        self._floor.enter(Phase.BACK)
        self._since.clear()
        self._floor.want(Ask(f"{step.name}:back"))
        if say:
            self._floor.say(said("back_short" if self._back_before else "back"))
            self._back_before = True

    def _come_back(self, step: NerveStep) -> None:
        low, high = step.position.start
        led = self.led_deg
        there = led is not None and low <= led <= high
        if self._lasts("back", 0.5, true=there) or self._floor.in_phase_s() >= _BACK_AWAITED_S:
            self.is_back()

    def is_back(self) -> None:
        """It is back: ask whose it was, or end the repetition."""
        step = self.step
        if step is None or self._floor.phase is not Phase.BACK:
            return
        step.end_s = round(self._floor.time_s, 3)
        self._floor.want(Ask(None))
        if step.symptom_s is None:
            self._end(step)
            return
        self.ask_whose()

    def ask_whose(self) -> None:
        """Whether it was the person's own running pain (of an arm: painful tightness or sharp pain), or a stretch."""
        step = self.step
        assert step is not None
        self._floor.enter(Phase.WHOSE)
        self._said_s.clear()
        self._floor.say(said_in(step.test, "ask_whose_short" if self._asked_whose else "ask_whose"))
        self._asked_whose = True

    def _wait_for_whose(self, step: NerveStep) -> None:
        waited_s = self._floor.in_phase_s()
        if waited_s >= _WHOSE_AWAITED_S:
            self.answer_whose(None)
        elif waited_s >= _WHOSE_REMINDED_S:
            self._remind("whose", said_in(step.test, "ask_whose"), math.inf)

    def answer_whose(self, whose: Whose | None) -> None:
        """The person's own pain, or a stretch; None is left out."""
        step = self.step
        if step is None or self._floor.phase is not Phase.WHOSE:
            return
        step.whose = whose
        step.whose_s = None if whose is None else round(self._floor.time_s, 3)
        self._end(step)

    def _end(self, step: NerveStep) -> None:
        step.status = "done"
        self._finish()

    def _finish(self) -> None:
        self.step = None
        self._floor.want(Ask(None))
        self._over()
