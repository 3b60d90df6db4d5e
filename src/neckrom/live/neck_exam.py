"""The neck before the camera: its models, its check of the seat, its session and its report."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neckrom.assessment.norms import LoadedNorms, load_norms
from neckrom.errors import NoNeutralError
from neckrom.kinematics.camera import camera_for_picture, pinhole
from neckrom.landmarks.stream import LandmarkStreamWriter, StreamHeader
from neckrom.live.checks import CheckSettings, check_setup, light_of
from neckrom.live.contract import Check, HeadPose, Phase, State
from neckrom.live.events import LearnNeutral, Sample
from neckrom.live.exam import Looked
from neckrom.live.first_result import first_result
from neckrom.live.looking import Measured
from neckrom.live.neck_view import state_of
from neckrom.live.orientation import NOTHING, UNKNOWN, Angles, CausalOrientation, projected_axes
from neckrom.live.pace import Pace
from neckrom.live.protocols import SessionProtocol
from neckrom.live.recording import SessionRecorder
from neckrom.live.session import SessionMachine
from neckrom.live.summary import summary_of
from neckrom.live.timing import Stages
from neckrom.live.view import Surroundings
from neckrom.result import Result
from neckrom.service.sessions import SessionInfo, finish_session, session_facts
from neckrom.types import POSE_SHOULDERS, CameraModel, LandmarkFrame, Trial

log = logging.getLogger(__name__)

_NEUTRAL_KEPT_S = 4.0


class NeckExam:
    """See :class:`neckrom.live.exam.Exam`.

    Parameters
    ----------
    protocol : SessionProtocol
    norms : str
        Name or path.
    camera : CameraModel or None
        Of the calibrated camera.
    ask_consent : bool
    stages : Stages
    """

    kind: Literal["neck"] = "neck"

    def __init__(
        self,
        protocol: SessionProtocol,
        norms: str,
        camera: CameraModel | None,
        *,
        ask_consent: bool,
        stages: Stages,
    ) -> None:
        self.machine = SessionMachine(protocol, ask_consent=ask_consent)
        self._norms: LoadedNorms = load_norms(norms)
        self._camera, self._stages = camera, stages
        self._setup = CheckSettings()
        self._orientation: CausalOrientation | None = None
        self._shoulders: NDArray[np.float64] | None = None
        self._recent: deque[LandmarkFrame] = deque()
        self._recent_lock = threading.Lock()

    @property
    def stream(self) -> Callable[[Path, StreamHeader], LandmarkStreamWriter]:
        """Of face and pose."""
        return LandmarkStreamWriter

    def begin(self, width: int, height: int) -> None:
        """Pictures of this size come."""
        camera = (
            pinhole(width, height)
            if self._camera is None
            else camera_for_picture(self._camera, width, height)
        )
        self._orientation = CausalOrientation(camera)

    def look(self, item: Measured, phase: Phase, pace: Pace) -> Looked:
        """From landmarks to angles, by the causal filter."""
        assert self._orientation is not None
        landmarks = _neck(item)
        facing, head = UNKNOWN, NOTHING.head
        with self._stages.measure("angles"):
            angles = self._orientation.step(landmarks)
            if not self._orientation.learned or phase in (Phase.INTRO, Phase.SETUP, Phase.NEUTRAL):
                facing, head = self._orientation.facing(landmarks)
        person = self._body_seen(landmarks) or bool(np.isfinite(landmarks.face[0, 0]))
        checks: tuple[Check, ...] = ()
        if phase in (Phase.INTRO, Phase.SETUP):
            with self._stages.measure("checks"):
                checks = self._check(item, landmarks, facing, pace)
        sample = Sample(
            time_s=round(landmarks.time_ns * 1e-9, 3),
            neck_deg=_rounded(angles.neck_deg),
            trunk_deg=_rounded(angles.trunk_deg),
            sd_deg=_rounded(angles.sd_deg),
            beyond=angles.beyond,
            facing_deg=_rounded(facing),
            person=person,
            checks=checks,
        )
        shown = head if not np.isfinite(angles.head).all() else angles.head
        return Looked(sample, pose=_head_pose(landmarks, shown), people=landmarks.faces)

    def _body_seen(self, landmarks: LandmarkFrame) -> bool:
        """Whether the pose was seen in this frame, or not looked for since it was seen."""
        if landmarks.pose_ran:
            seen = bool(np.isfinite(landmarks.pose[0, 0]))
            self._shoulders = landmarks.pose[POSE_SHOULDERS, :2].astype(np.float64) if seen else None
        return self._shoulders is not None

    def _check(
        self, item: Measured, landmarks: LandmarkFrame, facing: Angles, pace: Pace
    ) -> tuple[Check, ...]:
        height, width = item.frame.image.shape[:2]
        return check_setup(
            landmarks,
            facing,
            light_of(item.frame.image, landmarks),
            size=(width, height),
            pace=pace,
            shoulders=self._shoulders,
            settings=self._setup,
        )

    def keep(self, item: Measured) -> None:
        """The last few seconds, for learning neutral."""
        landmarks = _neck(item)
        with self._recent_lock:
            self._recent.append(landmarks)
            while (landmarks.time_ns - self._recent[0].time_ns) * 1e-9 > _NEUTRAL_KEPT_S:
                self._recent.popleft()

    def records(self, phase: Phase) -> bool:  # noqa: ARG002  (all of it)
        """All of them."""
        return True

    def learn(self, effect: LearnNeutral) -> Literal["neutral_learned", "neutral_failed"]:
        """Fit the person's neutral."""
        assert self._orientation is not None
        with self._recent_lock:
            recent = tuple(self._recent)
        frames = [f for f in recent if effect.start_s <= f.time_ns * 1e-9 + 5e-4 <= effect.end_s + 1e-3]
        try:
            self._orientation.learn(frames)
        except NoNeutralError as error:
            log.info("%s", error)
            return "neutral_failed"
        return "neutral_learned"

    def state(self, seq: int, around: Surroundings) -> State:
        """The snapshot of one moment."""
        return state_of(self.machine, seq, around, self._norms)

    def note_progress(self, recorder: SessionRecorder) -> None:
        """The repetitions that were seen."""
        recorder.protocol(self.machine.time_s, self.machine.result())

    def summary(self, ended: str) -> dict[str, Any]:
        """What ``session.json`` says of it."""
        return summary_of(self.machine, ended)

    def first_result(self, folder: Path, info: SessionInfo, created: str) -> Result | None:
        """What was seen live, judged by the session's norms."""
        return first_result(self.machine, self._norms, session_facts(folder, info), created)

    def finish(
        self, folder: Path, language: str, tell: Callable[[float, float], None] | None = None
    ) -> tuple[Trial, ...]:
        """Measure the recording and write the report."""
        return finish_session(folder, language, tell).rom.trials


def _neck(item: Measured) -> LandmarkFrame:
    assert isinstance(item.landmarks, LandmarkFrame)
    return item.landmarks


def _rounded(angles: Angles) -> Angles:
    return (round(angles[0], 3), round(angles[1], 3), round(angles[2], 3))


def _head_pose(landmarks: LandmarkFrame, head: np.typing.NDArray[np.float64]) -> HeadPose | None:
    axes = projected_axes(landmarks, head)
    if axes is None:
        return None
    origin, anterior, superior, right = ((round(x, 1), round(y, 1)) for x, y in axes)
    return HeadPose(origin=origin, anterior=anterior, superior=superior, right=right)
