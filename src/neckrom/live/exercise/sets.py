"""What an exercise comes to: for each side today's symptom angle, the mark below it, and the repetitions."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from neckrom.plans.counting import Goal, Repetition, RepetitionCounter
from neckrom.plans.plan_file import Side


@dataclass(slots=True)
class ExerciseSet:
    """The exercise of one side.

    Attributes
    ----------
    side : {"left", "right"}
    wanted : int
    status : str
    goal : Goal or None
        None before the test, or where there was no room for a mark.
    counters : list of RepetitionCounter
        One for each goal: it changes when something was felt on the way.
    felt : int
        How often something was felt during the exercise.
    why_not : str
        Why there is no exercise: "not_seen", "no_room", "not_tested", "far_side"; empty where there is one.
    """

    side: Side
    wanted: int
    status: Literal["to_come", "now", "done", "skipped"] = "to_come"
    goal: Goal | None = None
    counters: list[RepetitionCounter] = field(default_factory=list)
    felt: int = 0
    why_not: str = ""

    @property
    def counted(self) -> int:
        """Repetitions that reached the mark and stayed below the symptom."""
        return sum(counter.counted for counter in self.counters)

    @property
    def repetitions(self) -> list[Repetition]:
        """All that were made, in their order."""
        return [one for counter in self.counters for one in counter.done]

    def record(self, sign: int) -> dict[str, Any]:
        """As the events of a session keep it; angles as the test has them."""
        goal = self.goal
        return {
            "side": self.side,
            "wanted": self.wanted,
            "status": self.status,
            "felt": self.felt,
            "why_not": self.why_not,
            "mark_deg": None if goal is None else round(sign * goal.counts_from_deg, 2),
            "limit_deg": None if goal is None else round(sign * goal.limit_deg, 2),
            "error_deg": None if goal is None else goal.error_deg,
            "repetitions": [
                asdict(one)
                | {
                    "start_s": round(one.start_s, 3),
                    "end_s": round(one.end_s, 3),
                    "furthest_deg": round(sign * one.furthest_deg, 2),
                }
                for one in self.repetitions
            ],
        }
