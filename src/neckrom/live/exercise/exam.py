"""A body before the camera, for a plan: as for the tests of the nerves, with another session and another report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from neckrom.live.contract import Phase, State
from neckrom.live.exercise.session import PlanMachine
from neckrom.live.exercise.view import plan_state_of
from neckrom.live.nerve.exam import NerveExam
from neckrom.live.recording import SessionRecorder
from neckrom.live.timing import Stages
from neckrom.live.view import Surroundings
from neckrom.plans.plan_file import LoadedPlan
from neckrom.service.plan_finishing import finish_plan_session
from neckrom.types import Trial


class PlanExam(NerveExam):
    """See :class:`neckrom.live.exam.Exam`.

    Parameters
    ----------
    plan : LoadedPlan
    ask_consent : bool
    stages : Stages
    """

    kind: Literal["nerve", "plan"] = "plan"

    def __init__(self, plan: LoadedPlan, *, ask_consent: bool, stages: Stages) -> None:
        self.plan_machine = PlanMachine(plan, ask_consent=ask_consent)
        super().__init__(self.plan_machine, stages=stages)

    def records(self, phase: Phase) -> bool:
        """The tests and the exercise."""
        return phase is Phase.EXERCISE or super().records(phase)

    def state(self, seq: int, around: Surroundings) -> State:
        """The snapshot of one moment."""
        return plan_state_of(self.plan_machine, seq, around)

    def note_progress(self, recorder: SessionRecorder) -> None:
        """What was exercised so far, beside what was said when."""
        super().note_progress(recorder)
        recorder.note(self.machine.time_s, "plan", plan=self.plan_machine.record())

    def summary(self, ended: str) -> dict[str, Any]:
        """What ``session.json`` says of it."""
        return super().summary(ended) | {"plan": self.plan_machine.record()}

    def finish(
        self, folder: Path, language: str, tell: Callable[[float, float], None] | None = None
    ) -> tuple[Trial, ...]:
        """Measure the key tests and write the report."""
        finish_plan_session(folder, language, tell)
        return ()
