"""The repetitions of a session in their order, and what became of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from neckrom.live.protocols import SessionProtocol
from neckrom.rom.protocol import Protocol, ProtocolTrial
from neckrom.types import Movement

Status = Literal["to_come", "now", "done", "skipped"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A repetition that was seen from leaving the middle to being back.

    Attributes
    ----------
    start_s, captured_s, end_s : float
    peak_deg : float
        As seen live, in the movement's direction.
    lower_bound : bool
    trunk_deg : float
        Trunk movement in the same plane at end range, along with the head positive; NaN unknown.
    trunk_moved : bool
    first_pain_s, pain_onset_deg : float or None
    neutral : int
        Which of the session's neutral stretches was in force.
    sd_deg : float
        One standard deviation of the angle at end range, as seen live; NaN unknown.
    """

    start_s: float
    captured_s: float
    end_s: float
    peak_deg: float
    lower_bound: bool
    trunk_deg: float
    trunk_moved: bool
    first_pain_s: float | None
    pain_onset_deg: float | None
    neutral: int
    sd_deg: float = math.nan


@dataclass(slots=True)
class Step:
    """One repetition of the protocol."""

    movement: Movement
    warm_up: bool
    number: int
    status: Status = "to_come"
    seen: Seen | None = None
    set_aside: list[Seen] = field(default_factory=list)
    """Done again: kept in the record, not counted."""

    @property
    def name(self) -> str:
        """As in cue files: ``flexion:warm_up:1``, ``flexion:trial:3``."""
        return f"{self.movement.value}:{'warm_up' if self.warm_up else 'trial'}:{self.number}"


class Plan:
    """All repetitions of a protocol."""

    def __init__(self, protocol: SessionProtocol) -> None:
        self.protocol = protocol
        self.steps = [
            Step(movement, warm_up, number)
            for movement in protocol.directions
            for warm_up, count in ((True, protocol.warm_ups), (False, protocol.trials))
            for number in range(1, count + 1)
        ]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def of(self, movement: Movement) -> list[Step]:
        """Repetitions of one direction."""
        return [step for step in self.steps if step.movement is movement]

    def next_to_come(self) -> Step | None:
        """The first that is still to be done."""
        return next((step for step in self.steps if step.status in ("to_come", "now")), None)

    def find(self, movement: Movement, trial: int) -> Step | None:
        """A counted repetition by its number."""
        return next((s for s in self.of(movement) if not s.warm_up and s.number == trial), None)

    def counted(self) -> list[Step]:
        """Repetitions that were seen and count."""
        return [step for step in self.steps if step.seen is not None and not step.warm_up]

    def total(self, step: Step) -> int:
        """How many of its kind the direction has."""
        return self.protocol.warm_ups if step.warm_up else self.protocol.trials

    def skip(self, movement: Movement) -> None:
        """Leave out what is left of a direction; what was seen stays."""
        for step in self.of(movement):
            if step.status in ("to_come", "now"):
                step.status = "skipped"

    def again(self, step: Step) -> None:
        """Open a repetition once more; what was seen of it is set aside."""
        if step.seen is not None:
            step.set_aside.append(step.seen)
            step.seen = None
        step.status = "to_come"


def as_protocol(
    plan: Plan, neutrals: list[tuple[float, float]], pain: dict[Movement, int]
) -> Protocol | None:
    """What was done when, as a protocol file says it: what the analysis of the recording goes by.

    The neutral under which most of the counted repetitions were made stands for all of them.

    Returns
    -------
    Protocol or None
        None where no repetition was seen that counts.
    """
    counted = plan.counted()
    if not counted or not neutrals:
        return None
    used = [step.seen.neutral for step in counted if step.seen is not None]
    neutral = neutrals[max(sorted(set(used)), key=used.count)]
    trials = [_trial(step, step.seen) for step in plan if step.seen is not None]
    return Protocol(version=1, neutral=neutral, trial=tuple(trials), pain=pain)


def _trial(step: Step, seen: Seen) -> ProtocolTrial:
    return ProtocolTrial(
        movement=step.movement,
        start_s=seen.start_s,
        end_s=seen.end_s,
        first_pain_s=seen.first_pain_s,
        warm_up=step.warm_up,
    )
