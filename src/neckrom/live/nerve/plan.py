"""The repetitions of a session of nerve tests: which are to come, and what was seen of those that are over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from neckrom.live.nerve.protocols import Change, NerveProtocol, Position, Side, TestName, nerve_test

Answer = Literal["more", "less", "same"]
Whose = Literal["own", "stretch"]


@dataclass(slots=True)
class Changed:
    """One joint moved alone, and what it did to the symptom; None not answered."""

    change: Change
    by_deg: float | None = None
    answer: Answer | None = None
    answered_s: float | None = None


@dataclass(slots=True)
class NerveStep:
    """One repetition of one position with one side.

    Attributes
    ----------
    test, position, side : str
    number : int
        From 1.
    status : str
    start_s, end_s : float or None
        From where the limb was led to where it was back.
    symptom_s, symptom_deg : float or None
        When "now" was said, and the led angle then; None where nothing was felt, or the angle was not seen.
    furthest_deg : float or None
        The led angle at its end.
    held : bool or None
        Whether the limb kept still while something else moved; None not seen.
    changes : list of Changed
    whose : str or None
        "own": the person's own running pain; "stretch".
    whose_s : float or None
        When that was answered.
    """

    test: TestName
    position: Position
    side: Side
    number: int
    status: Literal["to_come", "now", "done", "skipped"] = "to_come"
    start_s: float | None = None
    end_s: float | None = None
    symptom_s: float | None = None
    symptom_deg: float | None = None
    furthest_deg: float | None = None
    held: bool | None = None
    changes: list[Changed] = field(default_factory=list)
    whose: Whose | None = None
    whose_s: float | None = None

    @property
    def name(self) -> str:
        """As a clip's cues and the record call it: ``slr:left:1``."""
        return f"{self.position.name}:{self.side}:{self.number}"

    def clear(self) -> None:
        """What was begun and not ended was not seen."""
        self.status = "to_come"
        self.start_s = self.end_s = self.symptom_s = self.symptom_deg = self.furthest_deg = None
        self.held = self.whose = self.whose_s = None
        self.changes = []


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark as the analysis of the recording takes it.

    Attributes
    ----------
    time_s : float
    kind : {"symptom", "answer", "pain", "position"}
    answer : str
        Empty with a symptom.
    """

    time_s: float
    kind: Literal["symptom", "answer", "pain", "position"]
    answer: str = ""


class NervePlan:
    """All repetitions, in the order in which they are done.

    Parameters
    ----------
    protocol : NerveProtocol
    """

    def __init__(self, protocol: NerveProtocol) -> None:
        self.steps = [
            NerveStep(test, position, side, number)
            for test in protocol.tests
            for position in nerve_test(test).position
            for side in protocol.sides
            for number in range(1, protocol.repetitions + 1)
        ]

    def __iter__(self) -> Iterator[NerveStep]:
        return iter(self.steps)

    def next_to_come(self) -> NerveStep | None:
        """The first that is still to come."""
        return next((step for step in self.steps if step.status == "to_come"), None)

    def of(self, step: NerveStep) -> list[NerveStep]:
        """Repetitions of the same position and side."""
        same = (step.position.name, step.side)
        return [each for each in self.steps if (each.position.name, each.side) == same]

    def skip_rest(self, step: NerveStep) -> None:
        """Leave out what is still to come of a position and side."""
        for each in self.of(step):
            if each.status in ("to_come", "now"):
                each.clear()
                each.status = "skipped"

    def done(self) -> list[NerveStep]:
        """Those that are over."""
        return [step for step in self.steps if step.status == "done"]

    def marks(self) -> tuple[Marked, ...]:
        """Everything that was said, by time; what belongs to a repetition that was broken off is not in it."""
        found: list[Marked] = []
        for step in self.done():
            if step.position.arm is not None and step.start_s is not None:
                found.append(Marked(step.start_s, "position", step.position.arm))
            if step.symptom_s is not None:
                found.append(Marked(step.symptom_s, "symptom"))
            found += [
                Marked(changed.answered_s, "answer", changed.answer)
                for changed in step.changes
                if changed.answer is not None and changed.answered_s is not None
            ]
            if step.whose is not None and step.whose_s is not None:
                found.append(Marked(step.whose_s, "pain", step.whose))
        return tuple(sorted(found, key=lambda mark: mark.time_s))
