"""The running session: camera, models, angles, state machine and recording, each where it belongs.

One thread looks for landmarks in the newest frame, one turns them into angles and leads the session;
pages talk to it through :class:`neckrom.live.api.LiveSession`. Nothing here waits for a page or the disk.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from neckrom import __version__
from neckrom.assessment.norms import LoadedNorms, load_norms
from neckrom.camera_profiles import load_camera
from neckrom.errors import NeckromError, NoNeutralError, OutputError
from neckrom.kinematics.camera import camera_for_picture, pinhole
from neckrom.landmarks.stream import StreamHeader
from neckrom.live.api import Trace, TracePoint
from neckrom.live.capture import framed
from neckrom.live.checks import CheckSettings, check_setup, light_of
from neckrom.live.contract import Check, Command, HeadPose, Note, Phase, Simple, State, Text
from neckrom.live.events import (
    Ask,
    Effect,
    Happening,
    Input,
    LearnNeutral,
    Sample,
    Save,
    StorePicture,
    TakePhoto,
    UserCommand,
)
from neckrom.live.keys import Key, text
from neckrom.live.orientation import NOTHING, UNKNOWN, Angles, CausalOrientation, projected_axes
from neckrom.live.protocols import LoadedProtocol
from neckrom.live.recording import SessionRecorder
from neckrom.live.session import SessionMachine
from neckrom.live.sources import LiveSource, SourceState
from neckrom.live.timing import Stages
from neckrom.live.view import Surroundings, state_of
from neckrom.service.sessions import SessionInfo, finish_session
from neckrom.types import (
    POSE_SHOULDERS,
    CameraModel,
    Frame,
    LandmarkDetector,
    LandmarkFrame,
    Movement,
    SourceInfo,
    Trial,
)

log = logging.getLogger(__name__)

CAMERA_LOST_S = 2.0
TRACE_S = 60.0
PREVIEW_WIDTH = 640
_NEUTRAL_KEPT_S = 4.0
_ASKED_PHASES = frozenset(
    {
        Phase.SAFETY,
        Phase.REFUSED,
        Phase.CONSENT,
        Phase.PAIN,
        Phase.CHIN,
        Phase.PAUSED,
        Phase.STOPPED,
        Phase.SAVING,
        Phase.RESULT,
    }
)


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a session is made with.

    Attributes
    ----------
    protocol : LoadedProtocol
    folder : Path
        Made when the session starts.
    camera : str or None
        Camera profile, name or path.
    record : bool
        Whether the person is asked if the picture may be stored.
    norms : str
    language : str
        Of the report.
    """

    protocol: LoadedProtocol
    folder: Path
    camera: str | None = None
    record: bool = True
    norms: str = "article"
    language: str = "en"


@dataclass(frozen=True, slots=True)
class _Measured:
    frame: Frame
    landmarks: LandmarkFrame
    arrived_s: float


class LiveEngine:
    """A guided session in threads of its own; see :class:`neckrom.live.api.LiveSession`.

    Parameters
    ----------
    source : LiveSource
        Closed here.
    detector_factory : callable
        Makes the detector, in the thread that uses it.
    options : EngineOptions
    """

    def __init__(
        self, source: LiveSource, detector_factory: Callable[[], LandmarkDetector], options: EngineOptions
    ) -> None:
        self._source = source
        self._make_detector = detector_factory
        self._options = options
        self._norms: LoadedNorms = load_norms(options.norms)
        self._profile = load_camera(options.camera) if options.camera else None
        self._machine = SessionMachine(options.protocol.protocol, ask_consent=options.record)
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._stop = threading.Event()
        self._belt: queue.Queue[_Measured | Happening] = queue.Queue(3)
        self._threads: list[threading.Thread] = []
        self._seq = 0
        self._state: State | None = None
        self._around = Surroundings()
        self._measured: _Measured | None = None
        self._jpeg: tuple[int, bytes] | None = None
        self._trace: deque[TracePoint] = deque()
        self._photos: dict[tuple[Movement, int, bool], bytes] = {}
        self._recent: deque[LandmarkFrame] = deque()
        self._arrivals: deque[float] = deque()
        self._shoulders: np.typing.NDArray[np.float64] | None = None
        self._setup = CheckSettings()
        self._orientation: CausalOrientation | None = None
        self._recorder: SessionRecorder | None = None
        self._began, self._began_s = datetime.now().astimezone(), time.monotonic()
        self._size = (0, 0)
        self._shown_size = (0, 0)
        self._saved_folder: Path | None = None
        self._why_not_saved: NeckromError | None = None
        self._error: BaseException | None = None
        self._closed = False
        self.stages = Stages()
        """Time of every stage, for benchmarks."""

    # --------------------------------------------------------------------- api

    def start(self) -> None:
        """Open the camera and begin.

        Raises
        ------
        NeckromError
            The camera gives nothing, or the folder cannot be made.
        """
        first = self._source.open()
        height, width = first.image.shape[:2]
        try:
            self._orientation = CausalOrientation(self._camera(width, height))
            detector = self._make_detector()
            self._recorder = SessionRecorder(
                self._options.folder,
                self._info(width, height),
                StreamHeader(self._source_info(width, height), detector.identity),
                self._profile.path if self._profile else None,
            )
        except BaseException:
            self._source.close()
            raise
        self._size = self._shown_size = (width, height)
        self._around = replace(self._around, picture_size=(width, height))
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._look, detector), name="look", daemon=True),
            threading.Thread(target=self._guarded, args=(self._lead,), name="lead", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def snapshot(self) -> State:
        """Everything that a page shows now.

        Raises
        ------
        Exception
            What ended one of the session's threads: a defect.
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._state is None or self._state.seq != self._seq:
                self._state = state_of(self._machine, self._seq, self._surroundings(), self._norms)
            return self._state

    def wait(self, seq: int, timeout_s: float) -> State:
        """The newest state as soon as its ``seq`` is greater, or after the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._seq > seq or self._error is not None, timeout_s)
            return self.snapshot()

    def command(self, command: Command) -> None:
        """Take a command of the page that controls."""
        with self._lock:
            self._take(UserCommand(self._machine.time_s, command))
            if isinstance(command, Note) and self._machine.outcome is not None and self._recorder is not None:
                try:
                    self._recorder.amend(self._summary())
                except OutputError as error:  # the page says that the disk is full; the note is not lost yet
                    log.error("%s", error)

    def preview_jpeg(self) -> bytes | None:
        """The newest picture, not mirrored, made when it is asked for."""
        with self._lock:
            measured, cached = self._measured, self._jpeg
        if measured is None:
            return None
        if cached is not None and cached[0] == measured.frame.index:
            return cached[1]
        encoded = _jpeg(measured.frame)
        with self._lock:
            self._jpeg = (measured.frame.index, encoded)
        return encoded

    def trace(self, since_s: float) -> Trace:
        """Angles of the frames after a time of the session."""
        with self._lock:
            return Trace(points=tuple(point for point in self._trace if point.time_s > since_s))

    def photo(self, movement: Movement, trial: int, *, warm_up: bool = False) -> bytes | None:
        """JPEG of a repetition's end range; None without consent."""
        with self._lock:
            return self._photos.get((movement, trial, warm_up))

    @property
    def result_folder(self) -> Path | None:
        """Folder of the session, once the report is in it."""
        return self._saved_folder

    @property
    def folder(self) -> Path:
        """Where the session is recorded."""
        return self._options.folder

    @property
    def error(self) -> BaseException | None:
        """What ended one of the session's threads: a defect."""
        return self._error

    @property
    def why_not_saved(self) -> NeckromError | None:
        """Why there is no report though something was measured; None where there is one, or nothing was measured."""
        return self._why_not_saved

    def close(self) -> None:
        """Save what there is, let go of the camera and end all threads; a second call does nothing, or goes on.

        Whatever ended the session or its page, a defect included: a report is made of what was measured. One
        that could not be written is tried again here, when all else that the session had open is closed.
        """
        if self._closed:
            return
        with self._lock:
            over = self._machine.phase in (Phase.SAVING, Phase.RESULT, Phase.STOPPED)
            if self._recorder is not None and not over:
                self._finish()
        self._end_saving()
        self._stop.set()
        self._source.close()
        for thread in self._threads:
            thread.join(timeout=5.0)
        self._closed = True
        if self._recorder is None:
            return
        try:
            self._recorder.close(self._summary())
        except NeckromError as error:
            log.error("%s", error)
            self._why_not_saved = self._why_not_saved or error
        if self._saved_folder is None and self._machine.result() is not None:
            self._try_again()

    def _finish(self) -> None:
        try:
            self._take(UserCommand(self._machine.time_s, Simple(type="finish")))
        except Exception as error:  # noqa: BLE001  (kept, and raised again by whoever asks)
            self._error = self._error or error

    def _end_saving(self) -> None:
        for thread in [thread for thread in self._threads if thread.name == "save"]:
            thread.join()

    def _try_again(self) -> None:
        try:
            finish_session(self._options.folder, self._options.language)
        except (NeckromError, OSError) as error:
            log.error("%s", error)
            self._why_not_saved = _as_ours(error, self._options.folder)
        except Exception as error:  # noqa: BLE001  (kept, and raised again by whoever asks)
            self._error = self._error or error
        else:
            self._saved_folder, self._why_not_saved = self._options.folder, None

    # ------------------------------------------------------------------ looking

    def _look(self, detector: LandmarkDetector) -> None:
        """Landmarks of the newest frame, again and again; the camera is let go of once nothing is measured."""
        last_s = time.monotonic()
        lost = ended = False
        while not self._stop.is_set() and not self._machine.over:
            self._set_pace()
            waited = time.perf_counter()
            frame = self._source.newest(0.1)
            self.stages.add("wait", time.perf_counter() - waited)
            now_s = time.monotonic()
            if frame is None:
                if self._source.state is SourceState.ENDED and not ended:
                    ended = True
                    self._hand_on(Happening(0.0, "source_ended"))
                elif not ended and not lost and now_s - last_s >= CAMERA_LOST_S:
                    lost = True
                    self._hand_on(Happening(0.0, "camera_lost"))
                continue
            last_s = now_s
            frame, changed = self._framed(frame)
            if changed and not lost:
                self._hand_on(Happening(frame.time_ns * 1e-9, "camera_lost"))
            if lost or changed:
                lost = False
                self._hand_on(Happening(frame.time_ns * 1e-9, "camera_back"))
            with self.stages.measure("look"):
                landmarks = detector.detect(frame)
            self._hand_on(_Measured(frame, landmarks, now_s))
        self._source.close()
        detector.close()

    def _framed(self, frame: Frame) -> tuple[Frame, bool]:
        """The picture in the size that the session began with, and whether the camera's size has just changed.

        Nobody can know whether the camera now shows more, less, or the same with more points. So the picture is
        shown whole and undistorted, as after a loss of the camera neutral is learned again, and it is said.
        """
        height, width = frame.image.shape[:2]
        changed = (width, height) != self._shown_size
        if changed:
            log.warning("the camera's picture is %d x %d now", width, height)
            self._shown_size = (width, height)
            if self._recorder is not None:
                self._recorder.note(frame.time_ns * 1e-9, "picture_size", width=width, height=height)
        if (width, height) == self._size:
            return frame, changed
        return replace(frame, image=framed(frame.image, *self._size)), changed

    def _set_pace(self) -> None:
        self._source.hurry(allowed=self._machine.phase not in _ASKED_PHASES)

    def _hand_on(self, item: _Measured | Happening) -> None:
        while not self._stop.is_set():
            try:
                self._belt.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    # ------------------------------------------------------------------ leading

    def _lead(self) -> None:
        """From landmarks to angles, and on to the session."""
        while not self._stop.is_set():
            try:
                item = self._belt.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(item, Happening):
                with self._lock:
                    self._take(replace(item, time_s=max(item.time_s, self._machine.time_s)))
                continue
            sample, head = self._sample(item)
            with self._lock, self.stages.measure("lead"):
                self._keep(item, sample, head)
                self._take(sample)
            self.stages.latency(time.monotonic() - item.arrived_s)

    def _sample(self, item: _Measured) -> tuple[Sample, np.typing.NDArray[np.float64]]:
        assert self._orientation is not None
        landmarks, phase = item.landmarks, self._machine.phase
        facing, head = UNKNOWN, NOTHING.head
        with self.stages.measure("angles"):
            angles = self._orientation.step(landmarks)
            if not self._orientation.learned or phase in (Phase.SETUP, Phase.NEUTRAL):
                facing, head = self._orientation.facing(landmarks)
        self._note_arrival(item)
        person = self._body_seen(landmarks) or bool(np.isfinite(landmarks.face[0, 0]))
        checks: tuple[Check, ...] = ()
        if phase is Phase.SETUP:
            with self.stages.measure("checks"):
                checks = self._check(item, facing)
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
        return sample, head if not np.isfinite(angles.head).all() else angles.head

    def _body_seen(self, landmarks: LandmarkFrame) -> bool:
        """Whether the pose was seen in this frame, or not looked for since it was seen."""
        if landmarks.pose_ran:
            seen = bool(np.isfinite(landmarks.pose[0, 0]))
            self._shoulders = landmarks.pose[POSE_SHOULDERS, :2].astype(np.float64) if seen else None
        return self._shoulders is not None

    def _note_arrival(self, item: _Measured) -> None:
        self._arrivals.append(item.landmarks.time_ns * 1e-9)
        while self._arrivals[-1] - self._arrivals[0] > 2.0:
            self._arrivals.popleft()

    def _fps(self) -> float:
        span = self._arrivals[-1] - self._arrivals[0] if self._arrivals else 0.0
        return (len(self._arrivals) - 1) / span if span > 1.0 else float("nan")

    def _check(self, item: _Measured, facing: Angles) -> tuple[Check, ...]:
        height, width = item.frame.image.shape[:2]
        return check_setup(
            item.landmarks,
            facing,
            light_of(item.frame.image, item.landmarks),
            size=(width, height),
            fps=self._fps(),
            shoulders=self._shoulders,
            settings=self._setup,
        )

    def _keep(self, item: _Measured, sample: Sample, head: np.typing.NDArray[np.float64]) -> None:
        """Everything that others look at: picture, trace, recording."""
        assert self._recorder is not None
        self._measured = item
        self._recent.append(item.landmarks)
        while (item.landmarks.time_ns - self._recent[0].time_ns) * 1e-9 > _NEUTRAL_KEPT_S:
            self._recent.popleft()
        known = [None if angle != angle else angle for angle in (*sample.neck_deg, *sample.trunk_deg)]  # noqa: PLR0124  (NaN)
        self._trace.append(
            TracePoint(
                time_s=sample.time_s,
                neck_deg=(known[0], known[1], known[2]),
                trunk_deg=(known[3], known[4], known[5]),
                beyond=sample.beyond,
            )
        )
        while sample.time_s - self._trace[0].time_s > TRACE_S:
            self._trace.popleft()
        self._around = replace(
            self._around, pose=_head_pose(item.landmarks, head), people=item.landmarks.faces
        )
        if not self._machine.over:
            self._recorder.landmarks(item.landmarks)
            self._recorder.picture(item.frame)

    # ------------------------------------------------------------- the machine

    def _take(self, event: Input) -> None:
        """Give the machine an input and do what it wants; the caller holds the lock."""
        if self._recorder is not None and not self._stop.is_set():
            self._recorder.input(event)
        before = self._machine.phase
        for effect in self._machine.take(event):
            self._do(effect)
        if self._machine.phase is not before and self._recorder is not None:
            self._recorder.note(self._machine.time_s, "phase", phase=self._machine.phase.value)
            self._recorder.protocol(self._machine.time_s, self._machine.result())
        self._seq += 1
        self._changed.notify_all()

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, Ask):
            self._source.ask(effect.step)
        elif isinstance(effect, LearnNeutral):
            self._learn(effect)
        elif isinstance(effect, StorePicture):
            if effect.allowed and self._recorder is not None:
                self._recorder.store_pictures()
        elif isinstance(effect, TakePhoto):
            if self._machine.video_allowed and self._measured is not None:
                key = (effect.movement, effect.trial, effect.warm_up)
                self._photos[key] = _jpeg(self._measured.frame)
        elif isinstance(effect, Save):
            thread = threading.Thread(target=self._guarded, args=(self._save,), name="save", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _learn(self, effect: LearnNeutral) -> None:
        assert self._orientation is not None
        frames = [f for f in self._recent if effect.start_s <= f.time_ns * 1e-9 + 5e-4 <= effect.end_s + 1e-3]
        what: Any = "neutral_learned"
        try:
            self._orientation.learn(frames)
        except NoNeutralError as error:
            log.info("%s", error)
            what = "neutral_failed"
        self._take(Happening(self._machine.time_s, what))

    # ------------------------------------------------------------------- saving

    def _save(self) -> None:
        """End the recording and write the report; everything recorded stays whatever happens."""
        assert self._recorder is not None
        with self._lock:
            protocol = self._machine.result()
            self._recorder.protocol(self._machine.time_s, protocol)
            summary = self._summary()
            self._around = replace(self._around, recording=False)
        folder = self._options.folder
        what: Any = "saved" if protocol is not None else "nothing_to_save"
        measured: tuple[Trial, ...] = ()
        try:
            self._recorder.close(summary)
            if protocol is not None:
                measured = finish_session(folder, self._options.language).rom.trials
        except (NeckromError, OSError) as error:
            log.error("%s", error)
            what = "not_saved"
            self._why_not_saved = _as_ours(error, folder)
        with self._lock:
            if what == "saved":
                self._saved_folder = folder
                self._around = replace(self._around, result_url="/result/report.html", measured=measured)
            self._around = replace(self._around, result_dir=str(folder))
            self._take(Happening(self._machine.time_s, what, str(folder)))

    def _summary(self) -> dict[str, Any]:
        machine = self._machine
        protocol = machine.result()
        return {
            "ended": self._now().isoformat(timespec="seconds"),
            "duration_s": machine.time_s,
            "answers": dict(machine.answers),
            "refused_by": list(machine.refused_by),
            "override": machine.override.model_dump() if machine.override else None,
            "video": bool(machine.video_allowed),
            "stop_reason": machine.stop_reason,
            "stopped_during": machine.stopped_during.value if machine.stopped_during else None,
            "pain": {movement.value: score for movement, score in machine.pain.items()},
            "chin_fingers": machine.chin_fingers,
            "notes": list(machine.notes),
            "protocol": protocol.model_dump(mode="json") if protocol else None,
            "repetitions": [_repetition(step) for step in machine.plan],
        }

    # -------------------------------------------------------------------- parts

    def _guarded(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run a thread's work; what ends it is raised again where somebody asks for the state."""
        try:
            work(*arguments)
        except BaseException as error:
            with self._changed:
                self._error = error
                self._stop.set()
                self._changed.notify_all()
            raise

    def _surroundings(self) -> Surroundings:
        recorder = self._recorder
        if recorder is None:
            return self._around
        return replace(self._around, recording=recorder.recording_video, warnings=self._warnings(recorder))

    def _warnings(self, recorder: SessionRecorder) -> tuple[Text, ...]:
        found: list[Text] = []
        disk = recorder.disk
        if disk.state == "full" or recorder.failed:
            found.append(text(Key.WARNING_DISK_FULL))
        elif disk.state == "no_video" and self._machine.video_allowed:
            found.append(text(Key.WARNING_VIDEO_STOPPED))
        elif disk.state != "enough":
            found.append(text(Key.WARNING_DISK_LOW, free_mb=disk.free_mb))
        if self._shown_size != self._size:
            width, height = self._shown_size
            found.append(text(Key.WARNING_PICTURE_SIZE, width=width, height=height))
        fps = self._fps()
        if fps < self._setup.slow_fps and self._machine.phase not in _ASKED_PHASES:
            found.append(text(Key.WARNING_SLOW, fps=round(fps)))
        return tuple(found)

    def _now(self) -> datetime:
        """The time of day by the clock of the beginning: one that is set back in a session ends it after it began."""
        passed_s = time.monotonic() - self._began_s
        return (self._began.astimezone(UTC) + timedelta(seconds=passed_s)).astimezone()

    def _camera(self, width: int, height: int) -> CameraModel:
        if self._profile is None:
            return pinhole(width, height)
        return camera_for_picture(self._profile.profile.camera(), width, height)

    def _info(self, width: int, height: int) -> SessionInfo:
        return SessionInfo(
            name=self._options.folder.name,
            created=self._began.isoformat(timespec="seconds"),
            tool_version=__version__,
            source=self._source.name,
            protocol=self._options.protocol.name,
            protocol_sha256=self._options.protocol.sha256,
            camera=self._profile.profile.name if self._profile else None,
            norms=self._options.norms,
            width=width,
            height=height,
        )

    def _source_info(self, width: int, height: int) -> SourceInfo:
        return SourceInfo(
            name=self._options.folder.name,
            kind="landmarks",
            sha256="",
            width=width,
            height=height,
            source_width=width,
            source_height=height,
            expected_frames=None,
            nominal_fps=None,
        )


def _as_ours(error: Exception, folder: Path) -> NeckromError:
    """What a full disk and its like say, with what to do."""
    if isinstance(error, NeckromError):
        return error
    why = error.strerror if isinstance(error, OSError) and error.strerror else error
    return OutputError(f"The report cannot be written into {folder}: {why}. Free some space.")


def _repetition(step: Any) -> dict[str, Any]:
    seen = step.seen
    values = {name: getattr(seen, name) for name in seen.__dataclass_fields__} if seen else {}
    clean = {name: None if value != value else value for name, value in values.items()}  # noqa: PLR0124  (NaN)
    return {"step": step.name, "status": step.status, "set_aside": len(step.set_aside), **clean}


def _rounded(angles: Angles) -> Angles:
    return (round(angles[0], 3), round(angles[1], 3), round(angles[2], 3))


def _head_pose(landmarks: LandmarkFrame, head: np.typing.NDArray[np.float64]) -> HeadPose | None:
    axes = projected_axes(landmarks, head)
    if axes is None:
        return None
    origin, anterior, superior, right = ((round(x, 1), round(y, 1)) for x, y in axes)
    return HeadPose(origin=origin, anterior=anterior, superior=superior, right=right)


def _jpeg(frame: Frame) -> bytes:
    height, width = frame.image.shape[:2]
    picture = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    if width > PREVIEW_WIDTH:
        picture = cv2.resize(picture, (PREVIEW_WIDTH, round(height * PREVIEW_WIDTH / width)))
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return encoded.tobytes()
