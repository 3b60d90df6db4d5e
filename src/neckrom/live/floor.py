"""What the rooms of a session share: where it stands, since when, what was said and what is wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Literal

from neckrom.live.contract import Phase, Spoken, Text, Tone, ToneName
from neckrom.live.events import Angles, Effect, Sample
from neckrom.types import Movement

_KEPT = 6
"""Spoken texts and tones that stay in the state."""


class Floor:
    """The phase of a session with its clock, its voice and its wishes; no rule about either.

    Parameters
    ----------
    reworded : mapping
        Keys of what all sessions say, to those that say it in this one.
    """

    def __init__(self, reworded: Mapping[str, str]) -> None:
        self.reworded = dict(reworded)
        self.phase = Phase.SAFETY
        self.time_s = 0.0
        self.said: deque[Spoken] = deque(maxlen=_KEPT)
        self.tones: deque[Tone] = deque(maxlen=_KEPT)
        self.last: Sample | None = None
        self.effects: list[Effect] = []
        self.reminded = False
        """Whether the phase has said all that it says once."""
        self.reminded_s = 0.0
        self.heard_id = -1
        """Everything up to this sentence was spoken, as the page says; -1 where no page has said anything."""
        self.pressed = False
        """Whether a key was pressed just now: who presses one has heard enough of what is being said."""
        self._since_s = 0.0
        self._ids = 0

    def enter(self, phase: Phase) -> None:
        """A phase begins; its clock stands at zero."""
        self.phase = phase
        self._since_s = self.reminded_s = self.time_s
        self.reminded = False

    def in_phase_s(self) -> float:
        """How long the phase has lasted."""
        return self.time_s - self._since_s

    def since_reminded_s(self) -> float:
        """How long ago something was said, or the phase began."""
        return self.time_s - self.reminded_s

    def want(self, *effects: Effect) -> None:
        """Ask something of the world."""
        self.effects += effects

    def say(
        self, message: Text, *, cuts: bool = False, then: Literal["rising", "captured"] | None = None
    ) -> int:
        """Have it spoken; its number.

        Parameters
        ----------
        message : Text
        cuts : bool
            It cannot wait for the end of what is being said.
        then : str, optional
            A tone to be sounded after it, as an example.
        """
        self._ids += 1
        cuts, self.pressed = cuts or self.pressed, False
        worded = self.worded(message)
        self.said.append(Spoken(key=worded.key, params=worded.params, id=self._ids, cuts=cuts, then=then))
        return self._ids

    def worded(self, message: Text) -> Text:
        """What all sessions say, in the words of this one."""
        return Text(key=self.reworded.get(message.key, message.key), params=message.params)

    def hear(self, number: int) -> None:
        """The page has spoken everything up to a sentence."""
        self.heard_id = max(self.heard_id, min(number, self._ids))

    @property
    def listened_to(self) -> bool:
        """Whether a page says what it has spoken; nobody waits for one that does not."""
        return self.heard_id >= 0

    def tone(self, name: ToneName) -> None:
        """Have it sounded."""
        self._ids += 1
        self.tones.append(Tone(id=self._ids, name=name))


def along(movement: Movement, angles_deg: Angles) -> float:
    """Angle in the direction of the movement."""
    return movement.sign * angles_deg[movement.plane]
