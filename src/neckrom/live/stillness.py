"""Whether a head is still: the stretch that becomes neutral."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

from neckrom.live.events import Angles


@dataclass(frozen=True, slots=True)
class StillnessSettings:
    """What counts as still and as looking ahead."""

    still_s: float = 2.0
    range_deg: float = 4.0
    """Largest change of any angle within the stretch, after a median of five frames."""
    frontal_deg: Angles = (35.0, 15.0, 25.0)
    """Generous for flexion: a camera below or above the eyes shows a neutral head as tilted."""
    patience_s: float = 12.0
    """Not still for so long: the limit is doubled, for those who tremble."""
    fewest: int = 6
    longest_gap_s: float = 0.5


class StillnessWatch:
    """Looks for a still stretch in angles as they come."""

    def __init__(self, settings: StillnessSettings | None = None) -> None:
        self._settings = settings or StillnessSettings()
        self._frames: deque[tuple[float, Angles]] = deque()
        self._since_s: float | None = None

    def take(self, time_s: float, facing_deg: Angles) -> tuple[float, float] | None:
        """Take a frame; the still stretch that ends with it, once there is one."""
        settings = self._settings
        if self._since_s is None:
            self._since_s = time_s
        usable = all(math.isfinite(angle) for angle in facing_deg) and all(
            abs(angle) <= limit for angle, limit in zip(facing_deg, settings.frontal_deg, strict=True)
        )
        if self._frames and time_s - self._frames[-1][0] > settings.longest_gap_s:
            self._frames.clear()
        if not usable:
            return None
        self._frames.append((time_s, facing_deg))
        while len(self._frames) > 1 and time_s - self._frames[1][0] >= settings.still_s:
            self._frames.popleft()
        start_s = self._frames[0][0]
        if time_s - start_s < settings.still_s - 1e-6 or len(self._frames) < settings.fewest:
            return None
        patient = time_s - self._since_s < settings.patience_s
        limit = settings.range_deg * (1.0 if patient else 2.0)
        return (start_s, time_s) if self._range_deg() <= limit else None

    def latest(self, length_s: float = 1.0) -> tuple[float, float] | None:
        """The last usable second, still or not: where somebody decides to go on."""
        if len(self._frames) < self._settings.fewest:
            return None
        end_s = self._frames[-1][0]
        return max(self._frames[0][0], end_s - length_s), end_s

    def _range_deg(self) -> float:
        angles = [angle for _, angle in self._frames]
        worst = 0.0
        for axis in range(3):
            column = [angle[axis] for angle in angles]
            smooth = [median(column[max(0, i - 2) : i + 3]) for i in range(len(column))]
            worst = max(worst, max(smooth) - min(smooth))
        return worst
