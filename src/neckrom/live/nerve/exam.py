"""A body before the camera, for nerve tests: its models, its check of the picture, its session and its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from neckrom.landmarks.stream import BodyStreamWriter, StreamHeader
from neckrom.live.contract import Check, Limb, Phase, State
from neckrom.live.events import BodySample, LearnNeutral
from neckrom.live.exam import Looked
from neckrom.live.looking import Measured
from neckrom.live.nerve.checks import check_body
from neckrom.live.nerve.plan import NerveStep
from neckrom.live.nerve.protocols import TestName
from neckrom.live.nerve.reading import CausalReading
from neckrom.live.nerve.repetition import ASKING, MOVING
from neckrom.live.nerve.session import NerveMachine
from neckrom.live.nerve.view import nerve_state_of
from neckrom.live.pace import Pace
from neckrom.live.recording import SessionRecorder
from neckrom.live.timing import Stages
from neckrom.live.view import Surroundings
from neckrom.result import Result
from neckrom.service.nerve_finishing import finish_nerve_session
from neckrom.service.sessions import SessionInfo
from neckrom.types import BodyFrame, Trial

_LINES = (
    (11, 23, 25, 27, 31, 29, 27),
    (12, 24, 26, 28, 32, 30, 28),
    (11, 12),
    (23, 24),
    (7, 11),
    (8, 12),
)
"""Points of the pose model that are joined on the picture: trunk and legs, shoulders, hips, necks."""
_ARM_LINES = ((11, 13, 15), (12, 14, 16), (11, 12), (11, 23), (12, 24), (23, 24), (7, 8))
"""The same where arms are tested: arms, shoulders, trunk, hips, head."""


class NerveExam:
    """See :class:`neckrom.live.exam.Exam`.

    Parameters
    ----------
    machine : NerveMachine
    stages : Stages
    """

    kind: Literal["nerve", "plan"] = "nerve"

    def __init__(self, machine: NerveMachine, *, stages: Stages) -> None:
        self.machine = machine
        self._stages = stages
        self._reading: CausalReading | None = None
        self._test_noted: TestName | None = None

    @property
    def stream(self) -> Callable[[Path, StreamHeader], BodyStreamWriter]:
        """Of whole bodies."""
        return BodyStreamWriter

    def begin(self, width: int, height: int) -> None:
        """Pictures of this size come."""
        self._reading = CausalReading(width, height)

    def look(self, item: Measured, phase: Phase, pace: Pace) -> Looked:
        """From the pose to angles, on the last two seconds."""
        assert self._reading is not None
        frame = _body(item)
        with self._stages.measure("angles"):
            angles = self._reading.step(frame, self.machine.test, resting=not self.records(phase))
        person = bool(np.isfinite(frame.pose[0, 0]))
        checks: tuple[Check, ...] = ()
        if phase in (Phase.INTRO, Phase.SETUP):
            with self._stages.measure("checks"):
                body = self._reading.body if person else None
                checks = check_body(body, item.frame.image, self.machine.test, pace, person=person)
        near = None if self._reading.body is None else self._reading.body.view.near
        sample = BodySample(round(frame.time_ns * 1e-9, 3), angles, person=person, checks=checks, near=near)
        return Looked(
            sample,
            limbs=_limbs(frame, _ARM_LINES if self.machine.test == "arms" else _LINES),
            people=frame.people,
        )

    def keep(self, item: Measured) -> None:
        """The reading has kept what it needs."""

    def records(self, phase: Phase) -> bool:
        """The tests; not who sits before the computer and answers questions."""
        return phase in MOVING | ASKING

    def learn(self, effect: LearnNeutral) -> Literal["neutral_learned", "neutral_failed"]:  # noqa: ARG002
        """Nothing is learned here: angles are between segments."""
        return "neutral_failed"

    def state(self, seq: int, around: Surroundings) -> State:
        """The snapshot of one moment."""
        return nerve_state_of(self.machine, seq, around)

    def note_progress(self, recorder: SessionRecorder) -> None:
        """What was said when, and when which test was done."""
        machine = self.machine
        if machine.test != self._test_noted and machine.phase in MOVING:
            self._test_noted = machine.test
            recorder.note(machine.time_s, "test", test=machine.test)
        recorder.marks(machine.time_s, [asdict(mark) for mark in machine.marks()])

    def summary(self, ended: str) -> dict[str, Any]:
        """What ``session.json`` says of it."""
        machine = self.machine
        return {
            "ended": ended,
            "duration_s": machine.time_s,
            "answers": dict(machine.answers),
            "refused_by": list(machine.refused_by),
            "override": machine.override.model_dump() if machine.override else None,
            "video": bool(machine.video_allowed),
            "stop_reason": machine.stop_reason,
            "stopped_during": machine.stopped_during,
            "notes": list(machine.notes),
            "marks": [asdict(mark) for mark in machine.marks()],
            "repetitions": [_repetition(step) for step in machine.plan],
        }

    def first_result(self, folder: Path, info: SessionInfo, created: str) -> Result | None:  # noqa: ARG002
        """The page shows the repetitions themselves; the reading of them is the report's."""
        return None

    def finish(
        self, folder: Path, language: str, tell: Callable[[float, float], None] | None = None
    ) -> tuple[Trial, ...]:
        """Measure the recording and write the report."""
        finish_nerve_session(folder, language, tell)
        return ()


def _body(item: Measured) -> BodyFrame:
    assert isinstance(item.landmarks, BodyFrame)
    return item.landmarks


def _limbs(frame: BodyFrame, lines: tuple[tuple[int, ...], ...]) -> tuple[Limb, ...]:
    points = frame.pose[:, :2]
    if not np.isfinite(points[0, 0]):
        return ()
    return tuple(
        tuple((round(float(points[i, 0]), 1), round(float(points[i, 1]), 1)) for i in line) for line in lines
    )


def _repetition(step: NerveStep) -> dict[str, Any]:
    return {
        "step": step.name,
        "test": step.test,
        "side": step.side,
        "status": step.status,
        "start_s": step.start_s,
        "end_s": step.end_s,
        "symptom_s": step.symptom_s,
        "symptom_deg": step.symptom_deg,
        "furthest_deg": step.furthest_deg,
        "held": step.held,
        "changes": [
            {"joint": each.change.joint, "by_deg": each.by_deg, "answer": each.answer}
            for each in step.changes
        ],
        "pain": step.whose,
    }
