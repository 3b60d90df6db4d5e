"""One turn of the trunk: from rest, led as far as is comfortable, held there, and back to the middle.

The turn as it is seen here only guides, and is never shown as a figure; what counts is measured from the recording
afterwards. Where it is not seen the person is led all the same, by time.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Literal

from neckrom.live.contract import Phase
from neckrom.live.events import Ask, BodySample
from neckrom.live.floor import Floor
from neckrom.live.nerve.words import said
from neckrom.live.turning.plan import TurnStep
from neckrom.live.turning.words import to_side, turned
from neckrom.upper_back.measure import SMALLEST_TURN_DEG

ANGLE = "turn"
"""Name of the trunk's turn among the angles of a frame, + to the person's left."""
MOVING = frozenset({Phase.POSITION, Phase.LEAD, Phase.HOLD, Phase.BACK})
_REST_DEG = 12.0
"""Nearer to the middle than this is the middle: back at rest the rendered people are read up to 8 deg beside it."""
_STILL_DEG, _AT_REST_S = 5.0, 1.0
_WORDING_AWAITED_S = 15.0
_REST_REMINDED_S, _REST_KEY_S, _REST_AWAITED_S = 12.0, 20.0, 40.0
_WRONG_DEG, _WRONG_S = 15.0, 0.7
"""To the other side by so much, from where it began, for so long."""
_STANDS_DEG, _STANDS_S = 2.0, 1.2
"""Not further by more than this for so long is the end of the way."""
_UNSEEN_S = 8.0
"""So long a turn and its hold are given where nothing is seen of it."""
_STILL_TO_BEGIN_S, _NEVER_BEGUN_S = 15.0, 45.0
_BACK_S, _BACK_REMINDED_S, _BACK_AWAITED_S = 0.5, 5.0, 12.0
_KEPT_S = 2.0


class Turn:
    """At most one turn at a time.

    Parameters
    ----------
    floor : Floor
    hold_s : float
        Seconds at the end of the way.
    over : callable
        Called with the step when it is done or left out.
    """

    def __init__(self, floor: Floor, hold_s: float, over: Callable[[TurnStep], None]) -> None:
        self._floor, self._hold_s, self._over = floor, hold_s, over
        self.step: TurnStep | None = None
        self._recent: deque[tuple[float, float]] = deque()
        """Time and turn, where it was seen."""
        self._explained = False
        self._led: set[str] = set()
        self._said_id = 0
        self._since: dict[str, float] = {}
        """Since when something has been so."""
        self._said: set[str] = set()
        """What the phase says once."""
        self._start_deg = 0.0
        """Where the trunk was when the turn was asked for, + to the side that is turned to."""
        self._furthest = -math.inf

    # --------------------------------------------------------------- begin, end

    def begin(self, step: TurnStep) -> None:
        """To rest in the middle, with its words."""
        self.drop()
        step.status = "now"
        self.step = step
        self._enter(Phase.POSITION)
        self._said_id = self._floor.say(turned("rest_short" if self._explained else "rest"))
        self._explained = True
        self._floor.want(Ask(None))

    def drop(self) -> None:
        """What was begun and not ended was not seen; it is still to come."""
        if self.step is not None and self.step.status == "now":
            self.step.clear()
            self._floor.want(Ask(None))
        self.step = None

    def explain_again(self) -> None:
        """All is explained once more: somebody asked for it, or sits down anew."""
        self._explained = False
        self._led.clear()

    def forget(self) -> None:
        """What was seen so far is of another place."""
        self._recent.clear()

    def _enter(self, phase: Phase) -> None:
        self._floor.enter(phase)
        self._since.clear()
        self._said.clear()

    # ------------------------------------------------------------------- frames

    def take(self, sample: BodySample) -> None:
        """One frame."""
        turn = sample.angles_deg.get(ANGLE)
        if turn is not None and math.isfinite(turn):
            self._recent.append((sample.time_s, turn))
        while self._recent and sample.time_s - self._recent[0][0] > _KEPT_S:
            self._recent.popleft()
        if self.step is None:
            return
        handlers: dict[Phase, Callable[[TurnStep], None]] = {
            Phase.POSITION: self._rest,
            Phase.LEAD: self._lead,
            Phase.HOLD: self._hold,
            Phase.BACK: self._come_back,
        }
        handler = handlers.get(self._floor.phase)
        if handler is not None:
            handler(self.step)

    def _now(self) -> float | None:
        """The newest turn; None where it was not seen for half a second."""
        if not self._recent or self._floor.time_s - self._recent[-1][0] > 0.5:
            return None
        return self._recent[-1][1]

    def _lasts(self, what: str, seconds: float, *, true: bool) -> bool:
        """Whether something has been so for so long."""
        if not true:
            self._since.pop(what, None)
            return False
        return self._floor.time_s - self._since.setdefault(what, self._floor.time_s) >= seconds

    def _once(self, what: Literal["position", "ready", "begin", "back"]) -> bool:
        """Whether this is the first time in the phase."""
        first = what not in self._said
        self._said.add(what)
        return first

    # --------------------------------------------------------------------- rest

    def _rest(self, _step: TurnStep) -> None:
        floor = self._floor
        waited_s = floor.in_phase_s()
        if floor.listened_to and floor.heard_id < self._said_id and waited_s < _WORDING_AWAITED_S:
            return
        there = waited_s >= _AT_REST_S and self._at_rest()
        # who is not seen is led all the same: nobody waits for ever
        if there or waited_s >= _REST_AWAITED_S:
            self.lead()
        elif waited_s >= _REST_KEY_S and self._once("ready"):
            floor.say(said("ready"))
        elif waited_s >= _REST_REMINDED_S and self._once("position"):
            floor.say(turned("rest_short"))

    def _at_rest(self) -> bool:
        """In the middle, and still, over the last second."""
        since_s = self._floor.time_s - _AT_REST_S
        last = [turn for time_s, turn in self._recent if time_s >= since_s - 1e-6]
        if len(last) < 2 or self._now() is None:
            return False
        return max(map(abs, last)) <= _REST_DEG and max(last) - min(last) <= _STILL_DEG

    # --------------------------------------------------------------------- lead

    def lead(self) -> None:
        """Slowly to the side."""
        step = self.step
        if step is None or self._floor.phase is not Phase.POSITION:
            return
        self._enter(Phase.LEAD)
        step.start_s = round(self._floor.time_s, 3)
        self._start_deg, self._furthest = self._progress(step) or 0.0, -math.inf
        part = "lead_short" if step.side in self._led else "lead"
        self._led.add(step.side)
        self._floor.say(to_side(part, step.side))
        self._floor.want(Ask(step.name))

    def _progress(self, step: TurnStep) -> float | None:
        """How far the trunk is turned to the side that is asked for."""
        turn = self._now()
        return None if turn is None else turn if step.side == "left" else -turn

    def _lead(self, step: TurnStep) -> None:
        floor, progress = self._floor, self._progress(step)
        away = progress is not None and progress <= self._start_deg - _WRONG_DEG
        if self._lasts("wrong", _WRONG_S, true=away):
            self._not_that_one(step)
            return
        if progress is None:
            if self._lasts("unseen", _UNSEEN_S, true=True):
                self.hold()
            return
        self._since.pop("unseen", None)
        if progress > self._furthest + _STANDS_DEG:
            self._furthest, self._since["grew"] = progress, floor.time_s
        if self._furthest - self._start_deg >= SMALLEST_TURN_DEG:
            if floor.time_s - self._since["grew"] >= _STANDS_S:
                self.hold()
        elif floor.in_phase_s() >= _NEVER_BEGUN_S:
            self._nothing_done(step)
        elif floor.in_phase_s() >= _STILL_TO_BEGIN_S and self._once("begin"):
            floor.say(to_side("lead", step.side))

    def _not_that_one(self, step: TurnStep) -> None:
        """To the other side: it is said, and the turn starts again once the trunk is back in the middle."""
        step.clear()
        step.status = "now"
        self._floor.tone("attention")
        self._enter(Phase.POSITION)
        self._said_id = self._floor.say(to_side("wrong", step.side))
        self._floor.want(Ask(None))

    def _nothing_done(self, step: TurnStep) -> None:
        """Nobody turned: it is left out, not measured as zero."""
        self._floor.say(said("skipped"))
        step.clear()
        step.status = "skipped"
        self._finish(step)

    # --------------------------------------------------------------- hold, back

    def hold(self) -> None:
        """As far as it goes: stay there."""
        if self.step is None or self._floor.phase is not Phase.LEAD:
            return
        self._enter(Phase.HOLD)
        self._floor.say(turned("hold"), cuts=True)

    def _hold(self, _step: TurnStep) -> None:
        if self._floor.in_phase_s() >= self._hold_s:
            self.come_back()

    def come_back(self) -> None:
        """Back to the middle."""
        step = self.step
        if step is None or self._floor.phase is not Phase.HOLD:
            return
        self._enter(Phase.BACK)
        self._floor.tone("captured")
        self._floor.say(turned("back"))
        self._floor.want(Ask(f"{step.name}:back"))

    def _come_back(self, _step: TurnStep) -> None:
        turn, waited_s = self._now(), self._floor.in_phase_s()
        there = turn is not None and abs(turn) <= _REST_DEG
        if self._lasts("back", _BACK_S, true=there) or waited_s >= _BACK_AWAITED_S:
            self.is_back()
        elif waited_s >= _BACK_REMINDED_S and turn is not None and self._once("back"):
            self._floor.say(turned("all_the_way"))

    def is_back(self) -> None:
        """It is back: the turn is over."""
        step = self.step
        if step is None or self._floor.phase is not Phase.BACK:
            return
        step.end_s = round(self._floor.time_s, 3)
        step.status = "done"
        self._finish(step)

    def _finish(self, step: TurnStep) -> None:
        self.step = None
        self._floor.want(Ask(None))
        self._over(step)
