"""A guided session for a person, or a clip of theirs: measured in a process of its own, filed when it is over.

The camera and the models stay out of the process that has the records open, and a session outlives a
fault of either. What was measured stays in its folder until the records hold a copy of all of it.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from neckrom.errors import (
    EnvironmentProblemError,
    ExitCode,
    InputError,
    NeckromError,
    OutputError,
    ReadOnlyStoreError,
)
from neckrom.guided.clips import Clip
from neckrom.guided.events import EVENTS, read_event
from neckrom.operating_system import ask_to_end, group_of_its_own
from neckrom.plans.plan_file import shipped_plans
from neckrom.private_files import make_private
from neckrom.records.api import Records
from neckrom.records.files import sha256_of
from neckrom.records.kinds import POSTURE, RUN, known_by
from neckrom.records.leftovers import GUIDED, UPLOAD, mark_busy, note_worker

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "neckrom", "live")
MEASURE = (sys.executable, "-m", "neckrom", "measure")
BODY = {RUN: (*MEASURE[:-1], "run"), POSTURE: (*MEASURE[:-1], "posture")}
"""With what a clip of a whole body is measured."""
PROTOCOLS = ("full", "quick", "slump", "slr", "arms", "upper_back")
PLAN = "plan:"
"""Before the name of a plan, where a protocol is chosen."""
CAMERAS = (*(str(number) for number in range(10)), "browser", "phone")
_SAID_LINES = 12
_CLIP, _RESULTS = "clip", "results"
"""Folders of an upload: whatever it is called, it is in the way of nothing."""
_NO_MEASUREMENT = (ExitCode.OK, ExitCode.NO_REPORT, ExitCode.INTERRUPTED)
_END_S = 90.0
"""So long a session that is told to end may take to save what there is."""


class Stage(StrEnum):
    """How far a guided session is."""

    STARTING = "starting"
    RUNNING = "running"
    FILED = "filed"
    WAITING = "waiting"
    """Safe on this machine, and written into the database when that answers again."""
    NOTHING = "nothing"
    """It ended without a measurement."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Guided:
    """A guided session as its page shows it.

    Attributes
    ----------
    person_id : str
    stage : Stage
    address : str or None
        What the user opens, with its secret.
    session_id : str or None
        Once it is filed.
    said : str
        What went wrong, or where the recording is.
    clip : str
        Name of the file that is measured; empty for a session at the camera.
    share : float
        How far a file is measured, 0 to 1.
    """

    person_id: str
    stage: Stage
    address: str | None = None
    session_id: str | None = None
    said: str = ""
    clip: str = ""
    share: float = 0.0

    @property
    def is_over(self) -> bool:
        """Nothing runs any more."""
        return self.stage not in (Stage.STARTING, Stage.RUNNING)


@dataclass(frozen=True, slots=True)
class _Work:
    """What is run, where it writes, and what to file with its result.

    ``busy`` marks the folder as long as we or what is run live: after a kill of both the next start knows.
    """

    command: tuple[str, ...]
    out: Path
    busy: BinaryIO
    measured: datetime | None = None
    note: str = ""


class GuidedSessions:
    """Starts guided sessions, one at a time: there is one camera.

    Parameters
    ----------
    records : Records
        Where results are filed.
    folder : Path
        In which sessions are until they are filed.
    command : sequence of str
        What starts one; options are added.
    """

    def __init__(self, records: Records, folder: Path, command: Sequence[str] = COMMAND) -> None:
        self._records = records
        self._folder = folder
        self._command = tuple(command)
        self._lock = threading.Lock()
        self._latest: Guided | None = None
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    @property
    def folder(self) -> Path:
        """Where sessions and uploads are until they are filed."""
        return self._folder

    def of(self, person_id: str) -> Guided | None:
        """The latest session of a person since the pages were started."""
        latest = self._latest
        return latest if latest is not None and latest.person_id == person_id else None

    def start(self, person_id: str, *, camera: str, protocol: str, language: str) -> None:
        """Start one; it comes to life in its own time.

        Raises
        ------
        InputError
            If one runs already, or camera or protocol are none of the choices.
        EnvironmentProblemError
            If the process cannot be started.
        """
        if camera not in CAMERAS or protocol not in (*PROTOCOLS, *plan_choices()):
            raise InputError("Choose a camera and a protocol from the lists.").page_says("choose")
        out = self._new_folder(person_id)
        asked = (
            ("--plan", protocol.removeprefix(PLAN)) if protocol.startswith(PLAN) else ("--protocol", protocol)
        )
        options = ("--no-browser", "--out", str(out), "--lang", language, *asked)
        source = () if "--source" in self._command else ("--source", camera)
        busy = _marked(out, GUIDED)
        self._begin(Guided(person_id, Stage.STARTING), _Work((*self._command, *source, *options), out, busy))

    def measure(self, person_id: str, clip: Clip, *, language: str = "en") -> None:
        """Measure a file that was handed over; it is removed again once it is measured.

        Raises
        ------
        InputError
            If something runs already, or the recording is stored.
        UnknownRecordError
            If there is no such person.
        OutputError
            If the file cannot be kept meanwhile.
        EnvironmentProblemError
            If the process cannot be started.
        """
        out = self._new_folder(person_id)
        busy = _marked(out, UPLOAD)
        try:
            kept = clip.keep_in(out / _CLIP)
            path = kept["clip"]
            if all(each.suffix.lower() != ".parquet" for each in kept.values()):
                known = known_by(clip.kind, [sha256_of(each) for each in kept.values()])
                self._records.check_new(known, person_id, replace=False)
            options = [
                name
                for name, on in (("--mirrored", clip.mirrored), ("--no-pictures", not clip.pictures))
                if on
            ]
            for role in ("back", "standing"):
                if role in kept:
                    options += [f"--{role}", str(kept[role])]
            measure = BODY.get(clip.kind, MEASURE)
            command = (*measure, str(path), "--out", str(out / _RESULTS), "--lang", language, *options)
            work = _Work(command, out, busy, measured=clip.measured, note=clip.note)
            self._begin(Guided(person_id, Stage.STARTING, clip=path.name), work)
        except BaseException:
            busy.close()
            shutil.rmtree(out, ignore_errors=True)
            raise

    def stop(self, person_id: str) -> None:
        """Tell the session of a person to save what there is and end; nothing happens if there is none."""
        running = self.of(person_id)
        if running is not None and not running.is_over and self._process is not None:
            ask_to_end(self._process)

    def close(self) -> None:
        """End what runs, and file it."""
        latest, thread = self._latest, self._thread
        if latest is None or thread is None:
            return
        self.stop(latest.person_id)
        thread.join(_END_S)

    # ---------------------------------------------------------------- parts

    def _new_folder(self, person_id: str) -> Path:
        if self._records.read_only:  # what is measured could not be filed
            raise ReadOnlyStoreError(self._records.location)
        now = datetime.now().astimezone()
        return self._folder / f"{person_id}-{now:%Y%m%d-%H%M%S-%f}"

    def _begin(self, begun: Guided, work: _Work) -> None:
        with self._lock:
            if self._latest is not None and not self._latest.is_over:
                raise InputError(
                    "A session is running or a clip is being measured: wait for its end first."
                ).page_says("running")
            try:
                make_private(work.out)
                process = subprocess.Popen(
                    work.command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    env=os.environ | {EVENTS: "json"},
                    pass_fds=(work.busy.fileno(),) if os.name == "posix" else (),
                    **group_of_its_own(),  # Ctrl-C in the terminal is ours: we end it, once
                )
                if os.name != "posix":
                    note_worker(work.busy, process.pid)
            except OSError as error:
                raise EnvironmentProblemError(
                    f"The session cannot be started: {error.strerror or error}. Run neckrom doctor."
                ).page_says("not_started") from error
            self._process = process
            self._latest = begun
            self._thread = threading.Thread(
                target=self._attend, args=(process, begun, work), name="guided session", daemon=True
            )
            self._thread.start()

    def _attend(self, process: subprocess.Popen[str], begun: Guided, work: _Work) -> None:
        """Read what the session says until it ends, then file it."""
        said: deque[str] = deque(maxlen=_SAID_LINES)
        refused = ""
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                event = read_event(line)
                kind = event.get("event")
                if kind == "ready":
                    self._latest = replace(begun, stage=Stage.RUNNING, address=str(event.get("address", "")))
                elif kind == "progress":
                    self._latest = replace(self._latest or begun, share=_share_of(event))
                elif kind == "refused":
                    refused = str(event.get("message", ""))
                elif kind is None:
                    said.append(line.rstrip())
        code = process.wait()
        work.busy.close()
        ended = replace(begun, stage=Stage.FAILED)
        self._latest = self._filed(ended, work, code, refused or "\n".join(said))

    def _filed(self, ended: Guided, work: _Work, code: int, said: str) -> Guided:
        out = work.out
        try:
            measured = out / _RESULTS if ended.clip else out
            results = sorted(path.parent for path in measured.rglob("result.json"))
            if not results:
                return _without_result(ended, out, code, said)
            done = self._records.import_result(results[0], ended.person_id, work.measured, work.note)
            shutil.rmtree(out)  # the records hold a copy of every file, with its hash
        except (NeckromError, OSError) as error:
            log.warning("a guided session was not filed: %s", type(error).__name__)
            if ended.clip:
                shutil.rmtree(out, ignore_errors=True)  # who handed it over has it
                return replace(ended, said=str(error))
            return replace(ended, said=f"{error}\n{out}")
        stage = Stage.FILED if done.written else Stage.WAITING
        return replace(ended, stage=stage, session_id=done.session_id)


def plan_choices() -> tuple[str, ...]:
    """Plans that a session can be started with, as they are chosen."""
    return tuple(f"{PLAN}{name}" for name in shipped_plans())


_READ_SHARE = 0.85
"""Of measuring a clip: until its landmarks are there."""


def _share_of(event: Mapping[str, object]) -> float:
    """From the step that is being done; the first one takes nearly all of the time."""
    done, total = event.get("done"), event.get("total")
    known = isinstance(done, int) and isinstance(total, int) and total > 0
    part = min(max(done / total, 0.0), 1.0) if known else 0.0  # type: ignore[operator]
    if event.get("step") == "landmarks":
        return _READ_SHARE * part
    return _READ_SHARE + (1.0 - _READ_SHARE) * part


def _marked(out: Path, mark: str) -> BinaryIO:
    """Make the folder, and mark it as being worked in.

    Raises
    ------
    OutputError
    """
    try:
        return mark_busy(out, mark)
    except OSError as error:
        raise OutputError(
            f"The folder {out} cannot be made: {error.strerror or error}. Free some space; nothing was stored."
        ).page_says("no_room") from error


def _without_result(ended: Guided, out: Path, code: int, said: str) -> Guided:
    """Keep what was recorded; an empty folder goes, and a file that was handed over."""
    if ended.clip:
        shutil.rmtree(out, ignore_errors=True)
        return replace(ended, stage=Stage.FAILED, said=said.strip())
    if any(path.is_file() and path != out / GUIDED for path in out.rglob("*")):
        said = f"{said}\n{out}"
    else:
        shutil.rmtree(out)
    return replace(ended, stage=Stage.NOTHING if code in _NO_MEASUREMENT else Stage.FAILED, said=said.strip())
