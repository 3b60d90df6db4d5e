"""A sitting person before the camera who turns the trunk: models, check of the picture, session and report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from neckrom.landmarks.stream import BodyStreamWriter, StreamHeader
from neckrom.live.contract import Check, Limb, Phase, State
from neckrom.live.events import BodySample, LearnNeutral
from neckrom.live.exam import Looked
from neckrom.live.looking import Measured
from neckrom.live.pace import Pace
from neckrom.live.recording import SessionRecorder
from neckrom.live.timing import Stages
from neckrom.live.turning.checks import check_turning
from neckrom.live.turning.reading import TurnReading
from neckrom.live.turning.session import TurnMachine
from neckrom.live.turning.turn import MOVING
from neckrom.live.turning.view import turning_state_of
from neckrom.live.view import Surroundings
from neckrom.result import Result
from neckrom.service.sessions import SessionInfo
from neckrom.service.upper_back_finishing import finish_upper_back_session
from neckrom.types import BodyFrame, Trial

_LINES = ((11, 13, 15), (12, 14, 16), (11, 12), (11, 23), (12, 24), (23, 24), (23, 25), (24, 26), (7, 8))
"""Points of the pose model that are joined on the picture: arms, shoulders, trunk, hips, thighs, head."""


class TurnExam:
    """See :class:`neckrom.live.exam.Exam`.

    Parameters
    ----------
    machine : TurnMachine
    stages : Stages
    """

    kind: Literal["upper_back"] = "upper_back"

    def __init__(self, machine: TurnMachine, *, stages: Stages) -> None:
        self.machine = machine
        self._stages = stages
        self._reading: TurnReading | None = None
        self._noted: list[dict[str, Any]] = []

    @property
    def stream(self) -> Callable[[Path, StreamHeader], BodyStreamWriter]:
        """Of whole bodies."""
        return BodyStreamWriter

    def begin(self, width: int, height: int) -> None:
        """Pictures of this size come."""
        self._reading = TurnReading(width, height)

    def look(self, item: Measured, phase: Phase, pace: Pace) -> Looked:
        """From the pose to the turn, on the rest and the last two seconds."""
        assert self._reading is not None
        assert isinstance(item.landmarks, BodyFrame)
        frame = item.landmarks
        with self._stages.measure("angles"):
            angles = self._reading.step(frame, recorded=self.records(phase))
        person = bool(np.isfinite(frame.pose[0, 0]))
        checks: tuple[Check, ...] = ()
        if phase in (Phase.INTRO, Phase.SETUP):
            with self._stages.measure("checks"):
                body = self._reading.body if person else None
                checks = check_turning(body, item.frame.image, pace, person=person)
        sample = BodySample(round(frame.time_ns * 1e-9, 3), angles, person=person, checks=checks)
        return Looked(sample, limbs=_limbs(frame), people=frame.people)

    def keep(self, item: Measured) -> None:
        """The reading has kept what it needs."""

    def records(self, phase: Phase) -> bool:
        """The rest and the turns; not who sits down, or answers questions."""
        return phase in MOVING

    def learn(self, effect: LearnNeutral) -> Literal["neutral_learned", "neutral_failed"]:  # noqa: ARG002
        """Nothing is learned here: what is recorded begins at rest."""
        return "neutral_failed"

    def state(self, seq: int, around: Surroundings) -> State:
        """The snapshot of one moment."""
        return turning_state_of(self.machine, seq, around)

    def note_progress(self, recorder: SessionRecorder) -> None:
        """Which turns were led when, as far as it has come."""
        led = self.machine.record()
        if led != self._noted:
            self._noted = led
            recorder.note(self.machine.time_s, "turns", stretches=led)

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
            "repetitions": [
                {"step": step.name, "status": step.status, "start_s": step.start_s, "end_s": step.end_s}
                for step in machine.plan
            ],
        }

    def first_result(self, folder: Path, info: SessionInfo, created: str) -> Result | None:  # noqa: ARG002
        """Nothing is measured before the recording is whole."""
        return None

    def finish(
        self, folder: Path, language: str, tell: Callable[[float, float], None] | None = None
    ) -> tuple[Trial, ...]:
        """Measure the recording and write the report."""
        finish_upper_back_session(folder, language, tell)
        return ()


def _limbs(frame: BodyFrame) -> tuple[Limb, ...]:
    points = frame.pose[:, :2]
    if not np.isfinite(points[0, 0]):
        return ()
    return tuple(
        tuple((round(float(points[i, 0]), 1), round(float(points[i, 1]), 1)) for i in line) for line in _LINES
    )
