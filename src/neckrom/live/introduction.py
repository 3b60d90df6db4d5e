"""The introduction: what comes, how often, how long, how to stop, and what the tones mean, which are sounded.

It goes on as fast as the page speaks it, or shows it to be read. Where no page says how far it is there
is nobody to introduce anything to, and it is left out. The camera is looked at meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from neckrom.live.contract import Phase, Text
from neckrom.live.floor import Floor
from neckrom.live.keys import Key, text
from neckrom.live.protocols import SessionProtocol

_LONGEST_LINE_S = 15.0
"""A line that nobody says to be over is, then: nothing waits for ever."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence, and the tone that is sounded after it."""

    text: Text
    then: Literal["rising", "captured"] | None = None


def introduction_to(protocol: SessionProtocol) -> tuple[Line, ...]:
    """What is said before a session; of one with a single repetition of each movement only the least."""
    lines = _short(protocol) if protocol.repetitions == 1 else _whole(protocol)
    return tuple(lines)


def _short(protocol: SessionProtocol) -> Iterator[Line]:
    number = len(protocol.directions)
    one = number == 1
    what = text(Key.SAY_INTRO_SHORT_ONE) if one else text(Key.SAY_INTRO_SHORT, movements=number)
    yield Line(what, "captured")
    yield Line(text(Key.SAY_INTRO_SHORT_STOP))


def _whole(protocol: SessionProtocol) -> Iterator[Line]:
    number = len(protocol.directions)
    yield Line(text(Key.SAY_INTRO_SEAT))
    yield Line(text(Key.SAY_INTRO_WHAT_ONE) if number == 1 else text(Key.SAY_INTRO_WHAT, movements=number))
    yield Line(_how_often(protocol))
    minutes = protocol.minutes
    yield Line(text(Key.SAY_INTRO_MINUTE) if minutes == 1 else text(Key.SAY_INTRO_MINUTES, minutes=minutes))
    yield Line(text(Key.SAY_INTRO_HOW))
    yield Line(text(Key.SAY_INTRO_EYES))
    yield Line(text(Key.SAY_INTRO_RISING), "rising")
    yield Line(text(Key.SAY_INTRO_CAPTURED), "captured")
    yield Line(text(Key.SAY_INTRO_STOP))


def _how_often(protocol: SessionProtocol) -> Text:
    total = protocol.repetitions
    if protocol.warm_ups == 0:
        return text(Key.SAY_INTRO_OFTEN, total=total)
    if protocol.warm_ups == 1:
        return text(Key.SAY_INTRO_WARM_UP, total=total)
    return text(Key.SAY_INTRO_WARM_UPS, total=total, warm_ups=protocol.warm_ups)


class Introduction:
    """Says its lines one by one.

    Parameters
    ----------
    floor : Floor
    lines : sequence of Line
    over : callable
        Called when all was said, or nobody listens.
    """

    def __init__(self, floor: Floor, lines: Sequence[Line], over: Callable[[], None]) -> None:
        self._floor, self._over = floor, over
        self.lines = tuple(lines)
        self.at = -1
        """Which line is being said."""
        self._id = 0
        self._since_s = 0.0

    def enter(self) -> None:
        """Begin, from the first line."""
        self._floor.enter(Phase.INTRO)
        self.at = -1
        if self._floor.listened_to:
            self._next()
        else:
            self._over()

    def take(self) -> None:
        """Go on to the next line once this one is over."""
        waited = self._floor.time_s - self._since_s
        if self._floor.heard_id >= self._id or waited >= _LONGEST_LINE_S:
            self._next()

    def _next(self) -> None:
        self.at += 1
        if self.at >= len(self.lines):
            self._over()
            return
        line = self.lines[self.at]
        self._id = self._floor.say(line.text, then=line.then)
        self._since_s = self._floor.time_s
