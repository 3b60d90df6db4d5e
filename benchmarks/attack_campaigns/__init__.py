"""Campaigns of ``benchmarks/attack.py``: each module of this package is one.

A campaign module has

``SUMMARY : str``
    One line: what it attacks, and with how much.
``attack(setting: Setting, tally: Tally) -> None``
    Attacks, and counts. It may use nothing but its own scratch folder and loopback, draws every choice from
    ``setting.random``, and has an end of its own.

Files whose names begin with an underscore are parts of campaigns and none themselves.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """What a campaign gets.

    Attributes
    ----------
    folder : Path
        Empty, its own, removed afterwards.
    seed : int
    size : float
        1 is the full campaign; smaller ones are for trying.
    """

    folder: Path
    seed: int
    size: float

    def number(self, full: int) -> int:
        """So many of something, scaled; at least one."""
        return max(1, round(full * self.size))

    @property
    def random(self) -> random.Random:
        """A new generator from the seed: the same campaign each time."""
        return random.Random(self.seed)


@dataclass
class Tally:
    """Counts of a campaign.

    ``done`` is what was tried, by kind. ``faults`` is what must not happen, by kind: each of them is
    declared with :meth:`must_not`, so that a zero is printed too.
    """

    done: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    details: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def must_not(self, *kinds: str) -> None:
        """Declare kinds of faults that are looked for."""
        for kind in kinds:
            self.faults[kind] += 0

    def tried(self, kind: str, number: int = 1) -> None:
        """Something was tried."""
        self.done[kind] += number

    def fault(self, kind: str, detail: str) -> None:
        """Something happened that must not."""
        self.faults[kind] += 1
        self.details.append(f"{kind}: {detail}")

    def say(self, line: str) -> None:
        """A figure that is no count of faults."""
        self.lines.append(line)
