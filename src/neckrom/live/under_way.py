"""The repetition that is being done: announced, followed out and back, held, put into the plan."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from neckrom.assessment.trunk import trunk_stood_in
from neckrom.live.contract import Phase
from neckrom.live.events import Angles, Ask, Sample, TakePhoto
from neckrom.live.floor import Floor, along
from neckrom.live.keys import Key, say_of, say_once, say_short, text
from neckrom.live.plan import Seen, Step
from neckrom.live.protocols import SessionProtocol
from neckrom.live.repetition import RepetitionTracker, Stage
from neckrom.types import Movement

OFFER_SKIP_S = 20.0
"""No movement for so long: the voice says that this one can be left out."""
_FIRST_ANNOUNCED_S, _AGAIN_ANNOUNCED_S = 1.0, 0.3
_WORDING_AWAITED_S = 12.0
_COUNTED_FROM_S = 2.0
"""A hold at least so long is counted down."""
_MIDDLE_SAID_S, _MIDDLE_AWAITED_S = 2.0, 6.0
_MIDDLE_DEG = 12.0
_BACK_REMINDED_S, _BACK_AWAITED_S = 6.0, 12.0
_HOLD_RETRIES = 2


class RepetitionUnderWay:
    """At most one repetition at a time.

    Parameters
    ----------
    floor : Floor
    protocol : SessionProtocol
    over : callable
        Called when it is done, or given up.
    on_the_way_back : callable
        Told the repetition when it was said that the head may come back.
    """

    def __init__(
        self,
        floor: Floor,
        protocol: SessionProtocol,
        over: Callable[[], None],
        on_the_way_back: Callable[[Step], None],
    ) -> None:
        self._floor, self._protocol, self._over = floor, protocol, over
        self._on_the_way_back = on_the_way_back
        self.step: Step | None = None
        self.tracker: RepetitionTracker | None = None
        self.last_done: Step | None = None
        self.trunk_warned_deg: float | None = None
        self.away_from_middle = False
        self.in_full = False
        """Whether the movement is being explained, because it is the first of its kind."""
        self._retries = 0
        self._neutral = -1
        self._announced: Movement | None = None
        self._wording_id = 0
        self._explained: set[Movement] = set()
        self._captures = 0
        self._asked_for = False
        """Whether somebody wants to hear all of the explanation."""
        self._counted_s = 0
        self._first_pain: tuple[float, float] | None = None
        self._trunk_at_capture = self._sd_at_capture = math.nan

    @property
    def moving(self) -> bool:
        """Whether the head has left the middle."""
        return self.tracker is not None and self.tracker.moving

    # --------------------------------------------------------------- begin, end

    def begin(self, step: Step, *, neutral: int, say: bool = True) -> None:
        """Announce a repetition.

        Parameters
        ----------
        step : Step
        neutral : int
            Which of the session's neutral stretches is in force.
        say : bool
        """
        if step is not self.step:
            self._retries = 0
            self.drop()
        step.status = "now"
        self.step, self.tracker = step, RepetitionTracker(self._protocol.repetition)
        self._neutral = neutral
        self._first_pain = None
        self._trunk_at_capture = self._sd_at_capture = math.nan
        self._counted_s = 0
        self._floor.enter(Phase.ANNOUNCE)
        named = self._announced is step.movement
        self.in_full = not named and step.movement not in self._explained
        if say:
            self._say_what_comes(step, named=named)
        self._announced = step.movement

    def forget(self) -> None:
        """Nothing is under way: it is done."""
        self.step = self.tracker = None

    def drop(self) -> None:
        """What was begun and not ended was not seen; it is still to come."""
        if self.step is not None and self.step.status == "now":
            self.step.status = "to_come"
        if self.step is not None:
            self._floor.want(Ask(None))
        self.forget()
        self._first_pain = None
        self.trunk_warned_deg = None

    def name_it_again(self) -> None:
        """The next repetition is announced by its name, whatever was announced before."""
        self._announced = None

    def explain_again(self, movement: Movement) -> None:
        """The movement is announced in full once more: somebody asked for it."""
        self._announced = None
        self._asked_for = True
        self._explained.discard(movement)

    def _say_what_comes(self, step: Step, *, named: bool) -> None:
        """In full at the first of a movement; then short, and what counts is counted down."""
        floor, protocol = self._floor, self._protocol
        if self.in_full:
            # with one repetition of each, what the tone means was said before the first and need not be said six times
            known = protocol.repetitions == 1 and self._captures > 0 and not self._asked_for
            self._wording_id = floor.say((say_once if known else say_of)(step.movement))
            self._asked_for = False
        elif not named:
            floor.say(say_short(step.movement))
        elif step.warm_up:
            first = self._captures == 1
            floor.say(text(Key.SAY_AGAIN_GOOD if first else Key.SAY_AGAIN))
        elif step.number == 1:
            once = protocol.trials == 1
            floor.say(text(Key.SAY_COUNTS_ONCE) if once else text(Key.SAY_COUNTS, trials=protocol.trials))
        else:
            left = protocol.trials - step.number + 1
            floor.say(text(Key.SAY_LAST) if left == 1 else text(Key.SAY_MORE, number=left))

    # ------------------------------------------------------------------- frames

    def announce(self, sample: Sample) -> None:
        """A frame while it is said what comes; whoever moves already is followed."""
        floor, (step, tracker) = self._floor, self._now()
        waited = floor.in_phase_s()
        self.away_from_middle = not _in_the_middle(sample.neck_deg)
        tracker.take(sample.time_s, along(step.movement, sample.neck_deg), beyond=sample.beyond)
        first = not floor.reminded
        if self.away_from_middle and first and waited >= _MIDDLE_SAID_S and not tracker.moving:
            floor.say(text(Key.SAY_MIDDLE))
            floor.reminded = True
        announced = waited >= (_FIRST_ANNOUNCED_S if step.number == 1 else _AGAIN_ANNOUNCED_S)
        if self.in_full and floor.listened_to and waited < _WORDING_AWAITED_S:
            announced = announced and floor.heard_id >= self._wording_id
        if (
            tracker.moving
            or (announced and not self.away_from_middle)
            or waited >= self._longest_announced_s()
        ):
            floor.enter(Phase.OUT)
            floor.want(Ask(step.name))

    def _longest_announced_s(self) -> float:
        explaining = self.in_full and self._floor.listened_to
        return _WORDING_AWAITED_S if explaining else _MIDDLE_AWAITED_S

    def move(self, sample: Sample) -> None:
        """A frame on the way out, at the end or on the way back."""
        step, tracker = self._now()
        before = tracker.captured_s
        stage = tracker.take(sample.time_s, along(step.movement, sample.neck_deg), beyond=sample.beyond)
        if not math.isnan(tracker.captured_s) and tracker.captured_s != before:
            self._captured(step, sample)
        if stage is Stage.HOME:
            self._finish(step, tracker)
        elif stage is Stage.TOUCHED:
            self._hold_longer(step)
        else:
            self._show_stage(stage)
            self._count_down(tracker)
            self._remind(step, tracker)

    def _show_stage(self, stage: Stage) -> None:
        wanted = {Stage.HOLD: Phase.HOLD, Stage.CAPTURED: Phase.BACK}.get(stage, Phase.OUT)
        if wanted is not self._floor.phase:
            self._floor.enter(wanted)
            over = not self._floor.listened_to or self._floor.heard_id >= self._wording_id
            if wanted is Phase.HOLD and self.in_full and over:  # else it is saying so just now
                self._floor.say(text(Key.SAY_HOLD))

    def _count_down(self, tracker: RepetitionTracker) -> None:
        """The seconds of a long hold; a short one is over before it could be counted."""
        hold_s = self._protocol.hold_s
        if tracker.stage is not Stage.HOLD or hold_s < _COUNTED_FROM_S:
            self._counted_s = 0
            return
        left = math.ceil((1.0 - tracker.hold_share) * hold_s)
        if 1 <= left < math.ceil(hold_s) and left != self._counted_s:
            self._counted_s = left
            self._floor.tone("countdown")
            self._floor.say(text(Key.SAY_SECONDS, number=left), cuts=True)

    def _captured(self, step: Step, sample: Sample) -> None:
        self._floor.tone("captured")
        self._trunk_at_capture = along(step.movement, sample.trunk_deg)
        self._sd_at_capture = sample.sd_deg[step.movement.plane]
        moved = self._trunk_moved()
        self.trunk_warned_deg = self._trunk_at_capture if moved else None
        self._captures += 1
        self._explained.add(step.movement)
        back = Key.SAY_BACK_FIRST if self._captures == 1 else Key.SAY_BACK
        self._floor.say(text(Key.SAY_TRUNK_MOVED if moved else back), cuts=True)
        if not moved:
            self._on_the_way_back(step)
        self._floor.want(TakePhoto(step.movement, step.number, step.warm_up))

    def _trunk_moved(self) -> bool:
        _, tracker = self._now()
        limit_deg = self._protocol.trunk_limit_deg
        return trunk_stood_in(self._trunk_at_capture, tracker.peak_deg, limit_deg)

    def _remind(self, step: Step, tracker: RepetitionTracker) -> None:
        floor = self._floor
        if tracker.stage is Stage.CAPTURED:
            waited = floor.time_s - tracker.captured_s
            if waited >= _BACK_AWAITED_S:
                tracker.give_up(floor.time_s)
                self._finish(step, tracker)
            elif waited >= _BACK_REMINDED_S and not floor.reminded:
                floor.reminded = True
                floor.say(text(Key.SAY_MIDDLE))
        elif floor.since_reminded_s() >= OFFER_SKIP_S:
            floor.reminded_s = floor.time_s
            floor.say(text(Key.SAY_OFFER_SKIP))

    def _hold_longer(self, step: Step) -> None:
        self._retries += 1
        if self._retries > _HOLD_RETRIES:  # it does not get better by asking again
            step.status = "skipped"
            self._over()
            return
        self._floor.say(text(Key.SAY_HOLD_LONGER), cuts=True)
        self.begin(step, neutral=self._neutral, say=False)

    def _finish(self, step: Step, tracker: RepetitionTracker) -> None:
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
            trunk_moved=self._trunk_moved(),
            first_pain_s=pain_s,
            pain_onset_deg=pain_deg,
            neutral=self._neutral,
            sd_deg=self._sd_at_capture,
        )
        step.status = "done"
        self.last_done = step
        self._over()

    # --------------------------------------------------------------------- pain

    def hurts_now(self) -> None:
        """The first pain of the repetition that is being done."""
        step, _ = self._now()
        last = self._floor.last
        angle = math.nan if last is None else along(step.movement, last.neck_deg)
        if self._first_pain is None and math.isfinite(angle):
            self._first_pain = (self._floor.time_s, angle)

    def hurt_just_now(self) -> None:
        """After the movement nobody knows the moment any more: it is put at the end of range."""
        step = self.last_done
        if step is not None and step.seen is not None and step.seen.first_pain_s is None:
            seen = step.seen
            moment = min(max(seen.captured_s, seen.start_s), seen.end_s)
            step.seen = replace(seen, first_pain_s=moment, pain_onset_deg=seen.peak_deg)

    def _now(self) -> tuple[Step, RepetitionTracker]:
        assert self.step is not None
        assert self.tracker is not None
        return self.step, self.tracker


def _in_the_middle(neck_deg: Angles) -> bool:
    return all(abs(angle) <= _MIDDLE_DEG for angle in neck_deg)
