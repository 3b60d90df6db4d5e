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

from neckrom import __version__
from neckrom.camera_profiles import load_camera
from neckrom.errors import NeckromError, OutputError
from neckrom.landmarks.stream import StreamHeader
from neckrom.live.api import Trace
from neckrom.live.checks import SLOW_FPS
from neckrom.live.contract import Command, Heard, Note, Phase, Saving, Simple, State, Text
from neckrom.live.events import (
    Ask,
    Effect,
    Happening,
    Input,
    LearnNeutral,
    Save,
    StorePicture,
    TakePhoto,
    UserCommand,
)
from neckrom.live.exam import Exam, Looked
from neckrom.live.exercise.exam import PlanExam
from neckrom.live.gallery import Gallery
from neckrom.live.keys import Key, text
from neckrom.live.looking import Looker, Measured
from neckrom.live.neck_exam import NeckExam
from neckrom.live.nerve.exam import NerveExam
from neckrom.live.nerve.protocols import LoadedNerveProtocol
from neckrom.live.nerve.session import NerveMachine
from neckrom.live.pace import Pace, PaceWatch
from neckrom.live.protocols import LoadedProtocol
from neckrom.live.recording import SessionRecorder
from neckrom.live.sources import LiveSource
from neckrom.live.summary import source_info
from neckrom.live.timing import Stages
from neckrom.live.turning.exam import TurnExam
from neckrom.live.turning.protocols import LoadedTurnProtocol
from neckrom.live.turning.session import TurnMachine
from neckrom.live.view import Surroundings
from neckrom.plans.plan_file import LoadedPlan
from neckrom.result import Result
from neckrom.service.sessions import SessionInfo
from neckrom.types import BodyDetector, LandmarkDetector, Movement, Trial

log = logging.getLogger(__name__)

_CLOSED_SHARE = 0.05
"""Of the making of the report: until the recording is closed."""
_ASKED_PHASES = frozenset(
    {
        Phase.SAFETY,
        Phase.REFUSED,
        Phase.CONSENT,
        Phase.PAIN,
        Phase.CHIN,
        Phase.WHOSE,
        Phase.LEVEL,
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
    protocol : LoadedProtocol, LoadedNerveProtocol, LoadedTurnProtocol or LoadedPlan
        What is measured: the neck, nerve tests, turns of the trunk, or a plan's test with its exercise.
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

    protocol: LoadedProtocol | LoadedNerveProtocol | LoadedTurnProtocol | LoadedPlan
    folder: Path
    camera: str | None = None
    record: bool = True
    norms: str = "article"
    language: str = "en"


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
        self,
        source: LiveSource,
        detector_factory: Callable[[], LandmarkDetector | BodyDetector],
        options: EngineOptions,
    ) -> None:
        self._source = source
        self._make_detector = detector_factory
        self._options = options
        self._profile = load_camera(options.camera) if options.camera else None
        self.stages = Stages()
        """Time of every stage, for benchmarks."""
        self._exam: Exam = self._exam_of(options)
        self._machine = self._exam.machine
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._stop = threading.Event()
        self._belt: queue.Queue[Measured | Happening] = queue.Queue(3)
        self._threads: list[threading.Thread] = []
        self._seq = 0
        self._state: State | None = None
        self._around = Surroundings()
        self._measured: Measured | None = None
        self._gallery = Gallery()
        self._slow_work: deque[Callable[[], None]] = deque()
        self._pace = PaceWatch()
        self._recorder: SessionRecorder | None = None
        self._began, self._began_s = datetime.now().astimezone(), time.monotonic()
        self._size = (0, 0)
        self._shown_size = (0, 0)
        self._saved_folder: Path | None = None
        self._why_not_saved: NeckromError | None = None
        self._error: BaseException | None = None
        self._closed = False

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
            self._exam.begin(width, height)
            detector = self._make_detector()
            self._recorder = SessionRecorder(
                self._options.folder,
                self._info(width, height),
                StreamHeader(source_info(self._options.folder.name, width, height), detector.identity),
                self._profile.path if self._profile else None,
                self._exam.stream,
            )
        except BaseException:
            self._source.close()
            raise
        self._size = self._shown_size = (width, height)
        self._around = replace(self._around, picture_size=(width, height))
        looker = Looker(self._source, detector, self._size, self._hand_on, self.stages)
        self._threads = [
            threading.Thread(target=self._guarded, args=(self._look, looker), name="look", daemon=True),
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
                self._state = self._exam.state(self._seq, self._surroundings())
            return self._state

    def wait(self, seq: int, timeout_s: float) -> State:
        """The newest state as soon as its ``seq`` is greater, or after the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._seq > seq or self._error is not None, timeout_s)
            return self.snapshot()

    def command(self, command: Command | Heard) -> None:
        """Take a command of the page that controls."""
        with self._lock:
            self._take(UserCommand(self._machine.time_s, command))
            if isinstance(command, Note) and self._machine.outcome is not None:
                self._slow_work.append(self._amend)

    def preview_jpeg(self) -> bytes | None:
        """The newest picture, not mirrored, made when it is asked for."""
        return self._gallery.preview()

    def trace(self, since_s: float) -> Trace:
        """Angles of the frames after a time of the session."""
        return self._gallery.trace(since_s)

    def photo(self, movement: Movement, trial: int, *, warm_up: bool = False) -> bytes | None:
        """JPEG of a repetition's end range; None without consent."""
        return self._gallery.photo((movement, trial, warm_up))

    def first_result(self) -> Result | None:
        """What was seen live, judged by the session's norms; None where no repetition counts."""
        with self._lock:
            info = self._info(*self._size).model_copy(update={"summary": self._summary()})
            created = self._began.isoformat(timespec="seconds")
            return self._exam.first_result(self._options.folder, info, created)

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
        self._work_off()
        if self._recorder is None:
            return
        try:
            self._recorder.close(self._summary())
        except NeckromError as error:
            log.error("%s", error)
            self._why_not_saved = self._why_not_saved or error
        if self._saved_folder is None and self._machine.anything_measured:
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
            self._exam.finish(self._options.folder, self._options.language)
        except (NeckromError, OSError) as error:
            log.error("%s", error)
            self._why_not_saved = _as_ours(error, self._options.folder)
        except Exception as error:  # noqa: BLE001  (kept, and raised again by whoever asks)
            self._error = self._error or error
        else:
            self._saved_folder, self._why_not_saved = self._options.folder, None

    # ------------------------------------------------------------------ looking

    def _look(self, looker: Looker) -> None:
        looker.run(self._no_longer_looked, self._resized)

    def _no_longer_looked(self) -> bool:
        """Asked before every frame; the camera is let go of once nothing is measured."""
        self._source.hurry(allowed=self._machine.phase not in _ASKED_PHASES)
        return self._stop.is_set() or self._machine.over

    def _resized(self, time_s: float, width: int, height: int) -> None:
        self._shown_size = (width, height)
        if self._recorder is not None:
            self._recorder.note(time_s, "picture_size", width=width, height=height)

    def _hand_on(self, item: Measured | Happening) -> None:
        while not self._stop.is_set():
            try:
                self._belt.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    # ------------------------------------------------------------------ leading

    def _lead(self) -> None:
        """From landmarks to angles, and on to the session; in between, what takes its time."""
        while not self._stop.is_set():
            self._work_off()
            try:
                item = self._belt.get(timeout=0.1)
            except queue.Empty:
                continue
            if isinstance(item, Happening):
                with self._lock:
                    self._take(replace(item, time_s=max(item.time_s, self._machine.time_s)))
                continue
            self._pace.take(item.landmarks.time_ns * 1e-9, item.frame.index)
            looked = self._exam.look(item, self._machine.phase, self._pace.now)
            with self._lock, self.stages.measure("lead"):
                self._keep(item, looked)
                self._take(looked.sample)
            self.stages.latency(time.monotonic() - item.arrived_s)

    def _keep(self, item: Measured, looked: Looked) -> None:
        """Everything that others look at: picture, trace, recording."""
        assert self._recorder is not None
        self._measured = item
        self._exam.keep(item)
        self._gallery.show(item.frame, looked.sample)
        self._around = replace(self._around, pose=looked.pose, limbs=looked.limbs, people=looked.people)
        if not self._machine.over:
            if self._exam.records(self._machine.phase):
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
            self._exam.note_progress(self._recorder)
        self._seq += 1
        self._changed.notify_all()

    def _do(self, effect: Effect) -> None:
        if isinstance(effect, Ask):
            self._source.ask(effect.step)
        elif isinstance(effect, LearnNeutral):
            self._slow_work.append(lambda: self._learn(effect))
        elif isinstance(effect, StorePicture):
            if effect.allowed and self._recorder is not None:
                self._recorder.store_pictures()
        elif isinstance(effect, TakePhoto):
            if self._machine.video_allowed:
                self._gallery.keep_photo((effect.movement, effect.trial, effect.warm_up))
                self._slow_work.append(self._gallery.press_photos)
        elif isinstance(effect, Save):
            thread = threading.Thread(target=self._guarded, args=(self._save,), name="save", daemon=True)
            self._threads.append(thread)
            thread.start()

    # --------------------------------------------------------------- slow things

    def _work_off(self) -> None:
        """Do what takes its time, without the lock: no page waits for it."""
        while self._slow_work:
            self._slow_work.popleft()()

    def _learn(self, effect: LearnNeutral) -> None:
        """In the thread that follows the person, so that the two never meet."""
        what = self._exam.learn(effect)
        with self._lock:
            self._take(Happening(self._machine.time_s, what))

    def _amend(self) -> None:
        """A note that came after the end goes into the summary that is already written."""
        assert self._recorder is not None
        with self._lock:
            summary = self._summary()
        try:
            self._recorder.amend(summary)
        except OutputError as error:  # the page says that the disk is full; the note is not lost yet
            log.error("%s", error)

    # ------------------------------------------------------------------- saving

    def _save(self) -> None:
        """End the recording and write the report; everything recorded stays whatever happens."""
        assert self._recorder is not None
        with self._lock:
            measured_anything = self._machine.anything_measured
            self._exam.note_progress(self._recorder)
            summary = self._summary()
            self._around = replace(self._around, recording=False)
        folder = self._options.folder
        what: Any = "saved" if measured_anything else "nothing_to_save"
        measured: tuple[Trial, ...] = ()
        try:
            self._tell_saved(0.0, _CLOSED_SHARE)
            self._recorder.close(summary)
            if measured_anything:
                measured = self._exam.finish(folder, self._options.language, self._tell_saved)
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

    def _tell_saved(self, share: float, next_share: float) -> None:
        """The report is so far."""
        with self._lock:
            self._around = replace(self._around, saving=Saving(share=share, next_share=next_share))
            self._seq += 1
            self._changed.notify_all()

    def _summary(self) -> dict[str, Any]:
        return self._exam.summary(self._now().isoformat(timespec="seconds"))

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
        pace = self._pace.now
        if pace.fps < SLOW_FPS and self._machine.phase not in _ASKED_PHASES:
            found.append(_slow(pace))
        return tuple(found)

    def _now(self) -> datetime:
        """The time of day by the clock of the beginning: one that is set back in a session ends it after it began."""
        passed_s = time.monotonic() - self._began_s
        return (self._began.astimezone(UTC) + timedelta(seconds=passed_s)).astimezone()

    def _exam_of(self, options: EngineOptions) -> Exam:
        if isinstance(options.protocol, LoadedNerveProtocol):
            machine = NerveMachine(options.protocol.protocol, ask_consent=options.record)
            return NerveExam(machine, stages=self.stages)
        if isinstance(options.protocol, LoadedTurnProtocol):
            turns = TurnMachine(options.protocol.protocol, ask_consent=options.record)
            return TurnExam(turns, stages=self.stages)
        if isinstance(options.protocol, LoadedPlan):
            return PlanExam(options.protocol, ask_consent=options.record, stages=self.stages)
        camera = self._profile.profile.camera() if self._profile else None
        return NeckExam(
            options.protocol.protocol,
            options.norms,
            camera,
            ask_consent=options.record,
            stages=self.stages,
        )

    def _info(self, width: int, height: int) -> SessionInfo:
        return SessionInfo(
            name=self._options.folder.name,
            kind=self._exam.kind,
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


def _as_ours(error: Exception, folder: Path) -> NeckromError:
    """What a full disk and its like say, with what to do."""
    if isinstance(error, NeckromError):
        return error
    why = error.strerror if isinstance(error, OSError) and error.strerror else error
    return OutputError(f"The report cannot be written into {folder}: {why}. Free some space.")


def _slow(pace: Pace) -> Text:
    if pace.cause == "computer":
        return text(Key.WARNING_COMPUTER_SLOW, fps=round(pace.fps), camera_fps=round(pace.camera_fps))
    return text(Key.WARNING_CAMERA_SLOW, fps=round(pace.fps))
