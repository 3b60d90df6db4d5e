"""Counting repetitions on a stream of angles: what reached the mark, what stayed short, what went too far.

Pure: angles in, repetitions out. The stream has noise and gaps. A repetition leaves rest and comes back to it, with a
wide band between both, so that noise cannot make two of one; it counts where its angle was past the mark by more than
the error of the reading, for longer than a glitch lasts, and was never past the limit.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Literal

OVER_S = 0.35
"""The median over so long is taken: a single frame that jumps is none."""
SUSTAINED_S = 0.2
"""So long the median has to stay past the mark: the largest of many noisy readings is no arrival."""
OUT_SHARE, HOME_SHARE = 0.5, 0.3
"""Of the way from rest to the mark: past the first it has left, below the second it is back."""
LONGEST_GAP_S = 1.2
"""Not seen for longer, nobody knows how far it went meanwhile."""
LEAST_FRAMES = 3
"""Of which the median is taken."""
LEAST_ZONE = 2.0
"""Between where a repetition counts, one error past the mark, and the limit lie at least so many errors."""

Outcome = Literal["reached", "short", "past", "unseen"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached; degrees along the movement, rising outwards.

    Attributes
    ----------
    rest_deg : float
        Where the limb rests.
    mark_deg : float
        To be reached.
    limit_deg : float
        Not to be passed: today's symptom angle.
    error_deg : float
        Of the reading within one session, 95 %.
    """

    rest_deg: float
    mark_deg: float
    limit_deg: float
    error_deg: float

    def __post_init__(self) -> None:
        if not self.rest_deg < self.mark_deg < self.limit_deg or not self.error_deg >= 0:
            raise ValueError("rest, mark and limit must rise, and an error is not negative")

    @property
    def counts_from_deg(self) -> float:
        """Read so far, the mark is passed for sure."""
        return self.mark_deg + self.error_deg

    @property
    def way_deg(self) -> float:
        """From rest to the mark."""
        return self.mark_deg - self.rest_deg


LEAST_WAY_ERRORS = 2.0
"""A way from rest to the mark of less is none that can be followed."""


def goal_below(limit_deg: float, rest_deg: float, below_deg: float, error_deg: float) -> Goal | None:
    """The mark below today's symptom angle; None where there is no room for one.

    Parameters
    ----------
    limit_deg : float
        Today's symptom angle, or where nothing was felt, how far it went; along the movement.
    rest_deg : float
    below_deg : float
        As the plan asks for. Where the camera cannot tell so little apart, the mark lies lower, never higher.
    error_deg : float

    Returns
    -------
    Goal or None
        Degrees along the movement.
    """
    mark = limit_deg - max(below_deg, (1.0 + LEAST_ZONE) * error_deg)
    if mark - rest_deg < LEAST_WAY_ERRORS * error_deg or mark <= rest_deg:
        return None
    return Goal(rest_deg, mark, limit_deg, error_deg)


@dataclass(frozen=True, slots=True)
class Repetition:
    """One way out and back.

    Attributes
    ----------
    start_s, end_s : float
    furthest_deg : float
        Along the movement, as far as it was seen.
    outcome : {"reached", "short", "past", "unseen"}
        Only "reached" counts. "past": beyond today's symptom angle. "unseen": lost for too long to know.
    """

    start_s: float
    end_s: float
    furthest_deg: float
    outcome: Outcome


class RepetitionCounter:
    """Counts repetitions; a new one for each set.

    Parameters
    ----------
    goal : Goal
    """

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self.done: list[Repetition] = []
        self._recent: deque[tuple[float, float]] = deque()
        self._out = False
        self._start_s = math.nan
        self._furthest = self._sustained = -math.inf
        self._medians: deque[tuple[float, float]] = deque()
        self._seen_s = math.nan
        self._lost = False
        self.speed_deg_s = math.nan

    @property
    def counted(self) -> int:
        """Repetitions that reached the mark and nothing else."""
        return sum(one.outcome == "reached" for one in self.done)

    @property
    def out(self) -> bool:
        """Whether a repetition is under way."""
        return self._out

    @property
    def at_mark(self) -> bool:
        """Whether the one that is under way has reached the mark for sure."""
        return self._out and self._sustained >= self.goal.counts_from_deg

    @property
    def too_far(self) -> bool:
        """Whether it is past today's symptom angle."""
        return self._out and self._furthest > self.goal.limit_deg

    def nears_limit(self, ahead_s: float = 0.4) -> bool:
        """Whether it will be at the limit in a moment, as fast as it goes, within the error of the reading.

        Parameters
        ----------
        ahead_s : float
            Seconds; how far ahead is looked.

        Returns
        -------
        bool
            False while no repetition is under way.
        """
        if not self._out or not self._recent:
            return False
        angle = median(value for _, value in self._recent)
        onward = self.speed_deg_s * ahead_s if self.speed_deg_s > 0 else 0.0
        return angle + onward >= self.goal.limit_deg - 0.5 * self.goal.error_deg

    def take(self, time_s: float, angle_deg: float | None) -> Repetition | None:
        """One frame; the repetition that is over with it.

        Parameters
        ----------
        time_s : float
            Rising.
        angle_deg : float or None
            Along the movement; None or NaN where it is not seen.

        Returns
        -------
        Repetition or None
            It is also the last of ``done``.
        """
        if angle_deg is None or not math.isfinite(angle_deg):
            if self._out and time_s - self._seen_s > LONGEST_GAP_S:
                self._lost = True
            return None
        if time_s - self._seen_s > LONGEST_GAP_S:
            self._recent.clear()
            self._lost = self._lost or self._out
        self._seen_s = time_s
        self._recent.append((time_s, angle_deg))
        while time_s - self._recent[0][0] > OVER_S + 1e-9:
            self._recent.popleft()
        if len(self._recent) < LEAST_FRAMES:
            return None
        return self._follow(time_s, median(value for _, value in self._recent))

    def _follow(self, time_s: float, angle: float) -> Repetition | None:
        goal = self.goal
        (first_s, first), (last_s, last) = self._recent[0], self._recent[-1]
        self.speed_deg_s = (last - first) / (last_s - first_s) if last_s > first_s else 0.0
        if not self._out:
            if angle >= goal.rest_deg + OUT_SHARE * goal.way_deg:
                self._out, self._start_s, self._lost = True, first_s, False
                self._furthest, self._sustained = angle, -math.inf
                self._medians.clear()
            return None
        self._furthest = max(self._furthest, angle)
        self._sustain(time_s, angle)
        if angle > goal.rest_deg + HOME_SHARE * goal.way_deg:
            return None
        self._out = False
        over = Repetition(self._start_s, time_s, self._furthest, self._outcome())
        self.done.append(over)
        return over

    def _sustain(self, time_s: float, angle: float) -> None:
        """How far it has been for longer than a moment."""
        self._medians.append((time_s, angle))
        while time_s - self._medians[0][0] > SUSTAINED_S + 1e-9:
            self._medians.popleft()
        if len(self._medians) > 1:
            self._sustained = max(self._sustained, min(value for _, value in self._medians))

    def _outcome(self) -> Outcome:
        if self._furthest > self.goal.limit_deg:
            return "past"
        arrived = self._sustained >= self.goal.counts_from_deg
        if self._lost and not arrived:
            return "unseen"
        return "reached" if arrived else "short"

    def drop(self) -> None:
        """What is under way was interrupted: it is not counted, and not told."""
        self._out, self._lost = False, False
        self._recent.clear()
        self._seen_s = math.nan
