"""The turns of a session: which are to come, and between which moments those that are over were led."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from neckrom.live.turning.protocols import POSITION, Side, TurnProtocol


@dataclass(slots=True)
class TurnStep:
    """One turn to one side.

    Attributes
    ----------
    side : str
    number : int
        From 1.
    status : str
    start_s, end_s : float or None
        From where it was asked for to where the trunk was back in the middle.
    """

    side: Side
    number: int
    status: Literal["to_come", "now", "done", "skipped"] = "to_come"
    start_s: float | None = None
    end_s: float | None = None

    @property
    def name(self) -> str:
        """As a clip's cues and the record call it: ``trunk_turn:left:1``."""
        return f"{POSITION}:{self.side}:{self.number}"

    def clear(self) -> None:
        """What was begun and not ended was not seen."""
        self.status = "to_come"
        self.start_s = self.end_s = None


@dataclass(slots=True)
class Stretch:
    """What was done without getting up in between: it begins at rest, facing the camera.

    Attributes
    ----------
    start_s : float
    turns : list of TurnStep
        Those that are over.
    """

    start_s: float
    turns: list[TurnStep] = field(default_factory=list)

    def record(self) -> dict[str, Any]:
        """As the events of a session keep it."""
        return {
            "start_s": round(self.start_s, 3),
            "turns": [
                {"side": turn.side, "start_s": turn.start_s, "end_s": turn.end_s} for turn in self.turns
            ],
        }


class TurnPlan:
    """All turns, in the order in which they are done: one side after the other in turn.

    Parameters
    ----------
    protocol : TurnProtocol
    """

    def __init__(self, protocol: TurnProtocol) -> None:
        self.steps = [
            TurnStep(side, number) for number in range(1, protocol.repetitions + 1) for side in protocol.sides
        ]

    def __iter__(self) -> Iterator[TurnStep]:
        return iter(self.steps)

    def next_to_come(self) -> TurnStep | None:
        """The first that is still to come."""
        return next((step for step in self.steps if step.status == "to_come"), None)

    def of(self, side: Side) -> list[TurnStep]:
        """All turns to a side."""
        return [step for step in self.steps if step.side == side]

    def skip_rest(self, side: Side) -> None:
        """Leave out what is still to come of a side."""
        for step in self.of(side):
            if step.status in ("to_come", "now"):
                step.clear()
                step.status = "skipped"

    def done(self) -> list[TurnStep]:
        """Those that are over."""
        return [step for step in self.steps if step.status == "done"]
