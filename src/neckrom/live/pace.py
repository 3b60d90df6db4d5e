"""How many frames a second are measured, and whose doing it is where they are too few."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

WATCHED_S = 2.0
_JUDGED_AFTER_S = 1.0
_NEARLY = 0.8
"""Of the pictures that the camera hands over, a computer that keeps up measures more than this share."""

Cause = Literal["camera", "computer"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Over the last two seconds; NaN while that is not known yet.

    Attributes
    ----------
    fps : float
        Frames a second that were measured.
    camera_fps : float
        Frames a second that the camera handed over, measured or not.
    """

    fps: float = math.nan
    camera_fps: float = math.nan

    @property
    def cause(self) -> Cause:
        """Who is slow: a computer that leaves out pictures which the camera gave, or the camera itself."""
        return "computer" if self.fps < _NEARLY * self.camera_fps else "camera"


class PaceWatch:
    """Counts frames by their numbers: those between two that were measured were left out."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def take(self, time_s: float, index: int) -> None:
        """A frame that is measured, with its number among those that the camera handed over."""
        self._seen.append((time_s, index))
        while self._seen[-1][0] - self._seen[0][0] > WATCHED_S:
            self._seen.popleft()

    @property
    def now(self) -> Pace:
        """Of the last two seconds."""
        seen = self._seen
        span_s = seen[-1][0] - seen[0][0] if seen else 0.0
        if span_s <= _JUDGED_AFTER_S:
            return Pace()
        return Pace((len(seen) - 1) / span_s, (seen[-1][1] - seen[0][1]) / span_s)
