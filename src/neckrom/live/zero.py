"""Finding zero: the still stretch, looking straight ahead, from which all angles count."""

from __future__ import annotations

from collections.abc import Callable

from neckrom.live.contract import Phase
from neckrom.live.events import Ask, LearnNeutral, Sample
from neckrom.live.floor import Floor
from neckrom.live.keys import Key, text
from neckrom.live.stillness import StillnessWatch

_AGAIN_S = 8.0


class Zero:
    """The neutral stretches of a session.

    Parameters
    ----------
    floor : Floor
    found : callable
        Called when a stretch was learned in its phase.
    """

    def __init__(self, floor: Floor, found: Callable[[], None]) -> None:
        self._floor, self._found = floor, found
        self.neutrals: list[tuple[float, float]] = []
        self.lost = False
        """The camera may stand elsewhere than when neutral was learned last."""
        self.failed = False
        self._watch = StillnessWatch()
        self._learning: tuple[float, float] | None = None

    def enter(self) -> None:
        """Ask for a still look straight ahead."""
        self._watch, self._learning = StillnessWatch(), None
        self._floor.enter(Phase.NEUTRAL)
        self._floor.want(Ask(None))
        self._floor.say(text(Key.SAY_NEUTRAL))

    def take(self, sample: Sample) -> None:
        """One frame of the search."""
        if self._learning is not None:
            return
        found = self._watch.take(sample.time_s, sample.facing_deg)
        if found is not None:
            self._learn(found)
        elif self._floor.since_reminded_s() >= _AGAIN_S:
            self._floor.reminded_s = self._floor.time_s
            self._floor.say(text(Key.SAY_NEUTRAL_AGAIN))

    def take_latest(self) -> None:
        """The last second, still or not: somebody decided to go on."""
        stretch = self._watch.latest()
        if stretch is not None and self._learning is None:
            self._learn(stretch)

    def learned(self) -> None:
        """The stretch that was asked for is zero now."""
        if self._learning is None:
            return
        self.neutrals.append(self._learning)
        self._learning, self.failed, self.lost = None, False, False
        if self._floor.phase is Phase.NEUTRAL:
            self._found()

    def not_learned(self) -> None:
        """Face or shoulders were not seen well enough in it."""
        self._learning, self.failed = None, True
        self._watch = StillnessWatch()
        self._floor.say(text(Key.SAY_NEUTRAL_AGAIN))

    def _learn(self, stretch: tuple[float, float]) -> None:
        self._learning = stretch
        self._floor.want(LearnNeutral(*stretch))
