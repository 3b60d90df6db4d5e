"""A guided session for a person: ``neckrom live`` in a process of its own, filed when it is over.

The camera and the models stay out of the process that has the records open, and a session outlives a
fault of either. What was measured stays in its folder until the records hold a copy of all of it.
"""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from neckrom.errors import EnvironmentProblemError, InputError, NeckromError
from neckrom.records.api import Records
from neckrom.records.files import make_private

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "neckrom", "live")
PROTOCOLS = ("full", "quick")
CAMERAS = ("0", "1", "2", "3")
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S+")
_SAID_LINES = 12
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
    """

    person_id: str
    stage: Stage
    address: str | None = None
    session_id: str | None = None
    said: str = ""

    @property
    def is_over(self) -> bool:
        """Nothing runs any more."""
        return self.stage not in (Stage.STARTING, Stage.RUNNING)


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
        if camera not in CAMERAS or protocol not in PROTOCOLS:
            raise InputError("Choose a camera and a protocol from the lists.")
        with self._lock:
            if self._latest is not None and not self._latest.is_over:
                raise InputError("A guided session is running already: end it first.")
            now = datetime.now().astimezone()
            out = self._folder / f"{person_id}-{now:%Y%m%d-%H%M%S-%f}"
            options = ("--no-browser", "--out", str(out), "--lang", language, "--protocol", protocol)
            source = () if "--source" in self._command else ("--source", camera)
            try:
                make_private(out)
                process = subprocess.Popen(
                    [*self._command, *source, *options],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    start_new_session=True,  # Ctrl-C in the terminal is ours: we end it, once
                )
            except OSError as error:
                raise EnvironmentProblemError(
                    f"The guided session cannot be started: {error.strerror or error}. Run neckrom doctor."
                ) from error
            self._process = process
            self._latest = Guided(person_id, Stage.STARTING)
            self._thread = threading.Thread(
                target=self._attend, args=(process, person_id, out), name="guided session", daemon=True
            )
            self._thread.start()

    def stop(self, person_id: str) -> None:
        """Tell the session of a person to save what there is and end; nothing happens if there is none."""
        running = self.of(person_id)
        if running is not None and not running.is_over and self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """End what runs, and file it."""
        latest, thread = self._latest, self._thread
        if latest is None or thread is None:
            return
        self.stop(latest.person_id)
        thread.join(_END_S)

    # ---------------------------------------------------------------- parts

    def _attend(self, process: subprocess.Popen[str], person_id: str, out: Path) -> None:
        """Read what the session says until it ends, then file it."""
        said: deque[str] = deque(maxlen=_SAID_LINES)
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                found = _ADDRESS.search(line)
                if found is None:
                    said.append(line.rstrip())
                else:
                    self._latest = Guided(person_id, Stage.RUNNING, address=found[0])
        code = process.wait()
        self._latest = self._filed(Guided(person_id, Stage.FAILED), out, code, "\n".join(said))

    def _filed(self, ended: Guided, out: Path, code: int, said: str) -> Guided:
        try:
            results = sorted(path.parent for path in out.glob("*/result.json"))
            if not results:
                return _without_result(ended, out, code, said)
            done = self._records.import_result(results[0], ended.person_id)
            shutil.rmtree(out)  # the records hold a copy of every file, with its hash
        except (NeckromError, OSError) as error:
            log.warning("a guided session was not filed: %s", type(error).__name__)
            return replace(ended, said=f"{error}\n{out}")
        stage = Stage.FILED if done.written else Stage.WAITING
        return replace(ended, stage=stage, session_id=done.session_id)


def _without_result(ended: Guided, out: Path, code: int, said: str) -> Guided:
    """Keep what was recorded; an empty folder goes."""
    if any(path.is_file() for path in out.rglob("*")):
        said = f"{said}\n{out}"
    else:
        shutil.rmtree(out)
    return replace(ended, stage=Stage.FAILED if code else Stage.NOTHING, said=said.strip())
