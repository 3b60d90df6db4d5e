"""One repetition, seen along its own direction: out, end of range, back. No clock, no timer.

The end of range shows in the movement itself: the angle stops growing, well away from the middle.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


@dataclass(frozen=True, slots=True)
class RepetitionSettings:
    """What counts as leaving the middle, as a plateau and as being back."""

    onset_deg: float = 8.0
    """This far from where it rested, the head is on its way."""
    still_deg: float = 2.5
    still_share: float = 0.05
    """A plateau stays within this many degrees, or this share of the angle, whichever is more."""
    hold_s: float = 0.6
    """A plateau this long is the end of range."""
    shown_s: float = 0.3
    """From here on the plateau is shown as one."""
    touched_s: float = 0.25
    """Time near the largest angle that is enough where the head turned back without a hold."""
    touched_deg: float = 15.0
    """Turning back from less is hesitation."""
    gap_s: float = 0.4
    """No frame for longer than this on the way out hides what happened: it takes a hold to tell the end."""
    lost_s: float = 0.8
    lost_from_deg: float = 20.0
    """Not measured for so long, from so far out: the end of range lies where nothing can be told."""
    further_share: float = 2.0
    """Going on by this many plateau widths after the capture opens it again."""
    home_deg: float = 6.0
    home_share: float = 0.2
    """Back in the middle: within this, or this share of the way out."""


class Stage(StrEnum):
    """Where a repetition stands."""

    WAITING = "waiting"
    OUT = "out"
    HOLD = "hold"
    CAPTURED = "captured"
    TOUCHED = "touched"
    """Left the end at once: too short to tell it."""
    HOME = "home"


@dataclass(frozen=True, slots=True)
class _Point:
    time_s: float
    angle_deg: float
    beyond: bool


class RepetitionTracker:
    """Follows one repetition; angles positive in its direction, NaN is not measured."""

    def __init__(self, settings: RepetitionSettings) -> None:
        self._settings = settings
        self._begin()

    def _begin(self) -> None:
        self._recent: deque[_Point] = deque()
        self._near_top: list[_Point] = []
        self._rest_deg = math.inf
        self._last_rest_s = math.nan
        self._last_seen: _Point | None = None
        self._hidden = False
        self.stage = Stage.WAITING
        self.start_s = math.nan
        """When the head left the middle."""
        self.captured_s = math.nan
        self.end_s = math.nan
        self.best_deg = math.nan
        """Largest angle so far."""
        self.peak_deg = math.nan
        """Of the plateau."""
        self.lower_bound = False
        self.hold_share = 0.0

    @property
    def moving(self) -> bool:
        """Whether the head has left the middle."""
        return self.stage is not Stage.WAITING

    def take(self, time_s: float, angle_deg: float, *, beyond: bool = False) -> Stage:
        """Take the next frame; returns the stage after it."""
        if self.stage in (Stage.TOUCHED, Stage.HOME):
            return self.stage
        if not math.isfinite(angle_deg):
            self._take_nothing(time_s)
            return self.stage
        point = _Point(time_s, angle_deg, beyond)
        last, self._last_seen = self._last_seen, point
        if self.stage in (Stage.OUT, Stage.HOLD) and last is not None:
            self._hidden |= time_s - last.time_s > self._settings.gap_s
        self._recent.append(point)
        while self._recent and time_s - self._recent[0].time_s > 2.0 * self._settings.hold_s + 0.5:
            self._recent.popleft()
        if self.stage is Stage.WAITING:
            self._wait(point)
        elif self.stage is Stage.CAPTURED:
            self._go_back(point)
        else:
            self._go_out(point)
        return self.stage

    def give_up(self, time_s: float) -> None:
        """End a captured repetition where it stands: the head does not come back."""
        self.stage, self.end_s = Stage.HOME, time_s

    # -------------------------------------------------------------- the stages

    def _wait(self, point: _Point) -> None:
        self._rest_deg = min(self._rest_deg, point.angle_deg)
        rest = max(self._rest_deg, 0.0)
        if point.angle_deg <= rest + 0.4 * self._settings.onset_deg or math.isnan(self._last_rest_s):
            self._last_rest_s = point.time_s
        if point.angle_deg > rest + self._settings.onset_deg:
            self.stage, self.start_s = Stage.OUT, self._last_rest_s
            self._recent.clear()
            self._note_best(point)

    def _go_out(self, point: _Point) -> None:
        self._note_best(point)
        held_s, plateau = self._plateau(point)
        shown, whole = self._settings.shown_s, self._settings.hold_s
        self.hold_share = min(1.0, max(0.0, (held_s - shown) / (whole - shown)))
        at_top = point.angle_deg >= self.best_deg - 2 * self._band(self.best_deg)
        if held_s >= whole and at_top:
            self._capture(point.time_s, plateau)
        elif self._turned_back(point):
            self._end_without_hold(point)
        else:
            self.stage = Stage.HOLD if held_s >= shown and at_top else Stage.OUT

    def _go_back(self, point: _Point) -> None:
        if point.angle_deg > self.peak_deg + self._settings.further_share * self._band(self.peak_deg):
            self.stage, self.hold_share = Stage.OUT, 0.0
            self._recent.clear()
            self._note_best(point)
            return
        rest = max(self._rest_deg, 0.0)
        home = rest + max(self._settings.home_deg, self._settings.home_share * (self.peak_deg - rest))
        if point.angle_deg <= home:
            self.stage, self.end_s = Stage.HOME, point.time_s

    def _take_nothing(self, time_s: float) -> None:
        """Not measured: far out and for long enough it is an end of range that cannot be told."""
        last = self._last_seen
        if self.stage not in (Stage.OUT, Stage.HOLD) or last is None:
            return
        far = self.best_deg - max(self._rest_deg, 0.0) >= self._settings.lost_from_deg
        if far and time_s - last.time_s >= self._settings.lost_s:
            self.stage, self.captured_s = Stage.CAPTURED, time_s
            self.peak_deg, self.lower_bound, self.hold_share = self.best_deg, True, 1.0

    # -------------------------------------------------------------------- parts

    def _band(self, angle_deg: float) -> float:
        return max(self._settings.still_deg, self._settings.still_share * abs(angle_deg))

    def _note_best(self, point: _Point) -> None:
        if not self.best_deg >= point.angle_deg:
            self.best_deg = point.angle_deg
        floor = self.best_deg - 2 * self._band(self.best_deg)
        self._near_top = [near for near in [*self._near_top, point] if near.angle_deg >= floor][-300:]

    def _plateau(self, now: _Point) -> tuple[float, list[_Point]]:
        """How long the angle has stayed where it is, and the frames of it."""
        low = high = now.angle_deg
        band = self._band(now.angle_deg)
        frames: list[_Point] = []
        for point in reversed(self._recent):
            if frames and frames[-1].time_s - point.time_s > self._settings.gap_s:
                break
            low, high = min(low, point.angle_deg), max(high, point.angle_deg)
            if high - low > band:
                break
            frames.append(point)
        if len(frames) < 3:
            return 0.0, frames
        return now.time_s - frames[-1].time_s, frames

    def _capture(self, time_s: float, plateau: list[_Point]) -> None:
        self.stage, self.captured_s, self.hold_share = Stage.CAPTURED, time_s, 1.0
        self.peak_deg = median(point.angle_deg for point in plateau)
        self.lower_bound = sum(point.beyond for point in plateau) > len(plateau) / 2

    def _turned_back(self, point: _Point) -> bool:
        drop = max(self._settings.home_deg, 0.25 * (self.best_deg - max(self._rest_deg, 0.0)))
        return point.angle_deg < self.best_deg - drop

    def _end_without_hold(self, point: _Point) -> None:
        near = self._near_top
        if self.best_deg - max(self._rest_deg, 0.0) < self._settings.touched_deg:
            self._begin()  # hesitation: as if nothing had been
            return
        dwelt_s = near[-1].time_s - near[0].time_s
        if len(near) >= 3 and dwelt_s >= self._settings.touched_s and not self._hidden:
            self._capture(point.time_s, near)
        else:
            self.stage = Stage.TOUCHED
