"""Folders of guided sessions: what is in them, and measuring them, finished or cut off.

========================  ==================================================================
``session.json``          what is known from the start, and a summary once it is over
``events.jsonl``          every command and change, one line each, appended as it happens
``angles.jsonl``          what was measured live, frame by frame
``landmarks.arrows``      the landmarks while the session runs (:mod:`neckrom.landmarks.stream`)
``landmarks.parquet``     the same once it is over
``video.mkv``             the picture, only with consent
``camera.toml``           the camera profile that was used, if any
``result.json``, ...      the report, as ``neckrom measure`` writes it
========================  ==================================================================
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neckrom.errors import InputError, LandmarkFileError
from neckrom.messages import FALLBACK
from neckrom.private_files import clear_unfinished, new_part_folder, open_plain, read_plain, whole_file
from neckrom.result import ClinicianOverride, Done, SessionFacts
from neckrom.rom.protocol import Protocol
from neckrom.service.folders import LANDMARK_FILE
from neckrom.types import MOVEMENTS, Movement

if TYPE_CHECKING:
    from neckrom.landmarks.header import LandmarkHeader
    from neckrom.service.analysis import Analysis, AnalysisOptions
    from neckrom.service.writing import ClipClock

SESSION_FILE = "session.json"
EVENT_FILE = "events.jsonl"
ANGLE_FILE = "angles.jsonl"
STREAM_FILE = "landmarks.arrows"
VIDEO_FILE = "video.mkv"
CAMERA_FILE = "camera.toml"
_LONGEST_LINE = 2**22

MAX_INFO_BYTES = 5_000_000
"""More than any session writes into ``session.json``."""


class SessionInfo(BaseModel):
    """``session.json``: written when a session begins, and again with its summary when it ends."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    name: str
    created: str
    """Local time, ISO 8601."""
    tool_version: str
    source: str
    protocol: str
    protocol_sha256: str
    kind: Literal["neck", "nerve", "plan", "upper_back"] = "neck"
    """What was measured: the neck, nerve tests, a plan's exercise with its test, or turns of the trunk."""
    camera: str | None = None
    hfov_deg: float | None = Field(default=None, gt=0, lt=180, allow_inf_nan=False)
    norms: str = "article"
    width: int = Field(ge=1, le=100_000)
    height: int = Field(ge=1, le=100_000)
    finished: bool = False
    summary: dict[str, Any] | None = None
    """What was answered, consented to, overridden, said and seen."""


@dataclass(frozen=True, slots=True)
class SessionFolder:
    """A session on disk.

    Attributes
    ----------
    path : Path
    info : SessionInfo
    protocol : Protocol or None
        What was done when; None where nothing was seen that counts.
    """

    path: Path
    info: SessionInfo
    protocol: Protocol | None

    @property
    def video(self) -> Path | None:
        """The picture, where it was stored."""
        path = self.path / VIDEO_FILE
        return path if path.is_file() and path.stat().st_size else None


def is_session(path: Path) -> bool:
    """Whether a folder holds a guided session."""
    return (path / SESSION_FILE).is_file()


def open_session(path: Path) -> SessionFolder:
    """Read what a session's folder says of itself.

    Raises
    ------
    InputError
        ``session.json`` is damaged.
    """
    try:
        info = SessionInfo.model_validate_json(read_plain(path / SESSION_FILE, MAX_INFO_BYTES))
    except (OSError, ValidationError) as error:
        raise _damaged(path, SESSION_FILE) from error
    return SessionFolder(path, info, _protocol(path))


def _damaged(path: Path, name: str) -> InputError:
    return InputError(
        f"{path / name} is damaged, so the folder cannot be measured as a session. "
        f"Its landmarks may still be: neckrom measure {path / LANDMARK_FILE}"
    )


def session_landmarks(session: SessionFolder, target: Path) -> LandmarkHeader:
    """Put the session's landmarks where they are wanted, as ``landmarks.parquet``.

    Raises
    ------
    LandmarkFileError
        There are none, or they are damaged.
    """
    from neckrom.landmarks.store import read_landmarks  # noqa: PLC0415  (slow to load, as below)
    from neckrom.landmarks.stream import convert_stream  # noqa: PLC0415

    finished = session.path / LANDMARK_FILE
    if finished.is_file():
        _, header = read_landmarks(finished)
        shutil.copyfile(finished, target)
        return header
    stream = session.path / STREAM_FILE
    if not stream.is_file():
        raise LandmarkFileError(
            f"{session.path} holds no landmarks: the session ended before anything was seen."
        )
    return convert_stream(stream, target)


Progress = Callable[[float, float], None]
"""Told the share that is done, and the share that will be when the step that begins now is over."""

_READ_SHARE, _MEASURED_SHARE = 0.1, 0.55
_WRITTEN_SHARES = (_MEASURED_SHARE, 0.6, 0.7, 1.0)
"""As a full session's report takes its time: landmarks, analysis, then tables, pictures, pages."""


def finish_session(path: Path, language: str = FALLBACK, progress: Progress | None = None) -> Analysis:
    """Measure a session that is over and write its report, in a language, into its own folder.

    ``progress`` hears how far it is. The stream is removed once ``landmarks.parquet`` is there; nothing else is
    ever removed.

    Raises
    ------
    NeckromError
        It cannot be measured or written; everything recorded is still there.
    """
    from neckrom.service.options import MeasureOptions  # noqa: PLC0415
    from neckrom.service.writing import write_results  # noqa: PLC0415

    tell = progress or _tell_no_share
    tell(0.0, _READ_SHARE)
    session = open_session(path)
    landmarks = path / LANDMARK_FILE
    if not landmarks.is_file():
        session_landmarks(session, landmarks)
        landmarks.chmod(0o600)
    (path / STREAM_FILE).unlink(missing_ok=True)
    tell(_READ_SHARE, _MEASURED_SHARE)
    analysis = analyse_recording(landmarks, session_options(session))
    clear_unfinished()
    with new_part_folder(path, path) as part:
        write_results(
            part,
            analysis,
            session.video,
            MeasureOptions(language=language),
            lambda _name, done, _total: tell(*_writing(done)),
            clock=session_clock(session),
        )
        for item in sorted(part.iterdir()):
            for file in (item, *item.rglob("*")):
                file.chmod(0o700 if file.is_dir() else 0o600)
            target = path / item.name
            if target.is_dir():
                shutil.rmtree(target)
            item.replace(target)
    return analysis


def analyse_recording(landmarks: Path, options: AnalysisOptions) -> Analysis:
    """Measure a session's landmarks: the same numbers, live, later and after a crash."""
    from neckrom.landmarks.store import read_landmarks  # noqa: PLC0415
    from neckrom.service.analysis import Provenance, analyse  # noqa: PLC0415

    series, header = read_landmarks(landmarks)
    provenance = Provenance(
        source=header.source,
        detector=header.detector,
        warnings=header.warnings,
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
    )
    return analyse(series, provenance, options)


def session_options(session: SessionFolder) -> AnalysisOptions:
    """As the session was made: with its own copy of the camera profile."""
    from neckrom.assessment.norms import load_norms  # noqa: PLC0415
    from neckrom.camera_profiles import load_camera  # noqa: PLC0415
    from neckrom.service.analysis import AnalysisOptions  # noqa: PLC0415

    profile = session.path / CAMERA_FILE
    camera = load_camera(str(profile)) if profile.is_file() else None
    return AnalysisOptions(
        norms=load_norms(session.info.norms),
        view="front",
        hfov_deg=session.info.hfov_deg,
        camera=camera.profile.camera() if camera else None,
        camera_name=camera.profile.name if camera else None,
        camera_sha256=camera.sha256 if camera else None,
        protocol=session.protocol,
        protocol_name=session.info.protocol if session.protocol else None,
        protocol_sha256=session.info.protocol_sha256 if session.protocol else None,
        session=session_facts(session.path, session.info),
    )


def session_facts(path: Path, info: SessionInfo) -> SessionFacts:
    """What was told, answered and left out: from the summary, or from the events of a session that was cut off."""
    summary = info.summary if info.summary is not None else _told_in_events(path)
    override = summary.get("override")
    return SessionFacts(
        protocol=info.protocol,
        finished=info.summary is not None,
        stop_reason=summary.get("stop_reason"),
        answers=summary.get("answers") or {},
        refused_by=tuple(summary.get("refused_by") or ()),
        override=None
        if not override
        else ClinicianOverride(clinician=override["clinician"], reason=override.get("reason", "")),
        chin_fingers=summary.get("chin_fingers"),
        notes=tuple(summary.get("notes") or ()),
        directions=_directions(summary),
    )


def facts_beside(path: Path) -> SessionFacts | None:
    """The same for the folder of a stored session, whose result is of an older form; None where there is nothing."""
    if not is_session(path):
        return None
    try:
        return session_facts(path, open_session(path).info)
    except (InputError, ValidationError, KeyError, TypeError, AttributeError, ValueError):
        return None


def _told_in_events(path: Path) -> dict[str, Any]:
    """The commands of a session that did not come to write its summary."""
    told: dict[str, Any] = {"answers": {}, "notes": []}
    for record in read_lines(path / EVENT_FILE):
        command = record.get("command")
        if record.get("kind") != "command" or not isinstance(command, dict):
            continue
        kind = command.get("type")
        if kind == "answer":
            told["answers"][command.get("question")] = command.get("answer")
        elif kind == "override":
            told["override"] = {name: command.get(name, "") for name in ("clinician", "reason")}
        elif kind == "stop":
            told.setdefault("stop_reason", command.get("reason"))
        elif kind == "chin":
            told["chin_fingers"] = command.get("fingers")
        elif kind == "note":
            told["notes"].append(command.get("text", ""))
    return told


def _directions(summary: dict[str, Any]) -> dict[Movement, Done]:
    """What became of each direction, from the repetitions of the session's plan."""
    steps: dict[Movement, list[dict[str, Any]]] = {}
    for step in summary.get("repetitions") or ():
        name = str(step.get("step", "")).partition(":")[0]
        if name in set(Movement):
            steps.setdefault(Movement(name), []).append(step)
    stopped_in = summary.get("stopped_during")
    return {
        movement: _done(steps[movement], begun=stopped_in == movement.value)
        for movement in MOVEMENTS
        if movement in steps
    }


def _done(steps: list[dict[str, Any]], *, begun: bool) -> Done:
    """From the repetitions of one direction; ``begun``: the session was stopped in the middle of one."""
    counted = [step for step in steps if ":trial:" in str(step.get("step"))]
    seen = [step for step in counted if step.get("status") == "done"]
    if len(seen) == len(counted):
        return "done"
    if seen:
        return "partly"
    tried = begun or any(step.get("status") == "done" or step.get("set_aside") for step in steps)
    if tried:
        return "broken_off"
    return "skipped" if any(step.get("status") == "skipped" for step in steps) else "not_reached"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Records of an append-only file; a last line that was cut off is left out.

    Raises
    ------
    LandmarkFileError
        A whole line is damaged: what it said is not known, so nothing is made of the rest.
    """
    if not path.is_file():
        return
    with open_plain(path) as file:
        for number, line in enumerate(iter(partial(file.readline, _LONGEST_LINE), b""), start=1):
            if not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
                return
            try:
                record = json.loads(line)
            except (
                ValueError,
                RecursionError,
            ) as error:  # also: no UTF-8, thousands of digits, endless nesting
                raise _damaged_line(path, number) from error
            if not isinstance(record, dict):
                raise _damaged_line(path, number)
            yield record


def _damaged_line(path: Path, number: int) -> LandmarkFileError:
    return LandmarkFileError(
        f"{path} is damaged in line {number}, so it is not known what was done in the session. Its landmarks can "
        f"still be measured: neckrom measure {path.parent / LANDMARK_FILE}"
    )


def session_clock(session: SessionFolder) -> ClipClock:
    """How the times of the session's video stand to its own: it begins with the consent."""
    from neckrom.frames.index import index_of  # noqa: PLC0415
    from neckrom.service.writing import SAME_CLOCK, ClipClock  # noqa: PLC0415

    if session.video is None:
        return SAME_CLOCK
    index = index_of(session.video)
    return ClipClock(index.start_ns, index.times_ns)


def _protocol(path: Path) -> Protocol | None:
    """The last one that was appended."""
    last = None
    for record in read_lines(path / EVENT_FILE):
        if record.get("kind") == "protocol":
            last = record.get("protocol")
    if last is None:
        return None
    try:
        return Protocol.model_validate(last)
    except (ValidationError, ValueError, OverflowError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise LandmarkFileError(
            f"{path / EVENT_FILE} holds a protocol that cannot be one ({said}). The landmarks can still be "
            f"measured: neckrom measure {path / LANDMARK_FILE}"
        ) from error


def write_session_file(path: Path, info: SessionInfo) -> None:
    """Write ``session.json``, whole or not at all, readable by its owner alone."""
    with whole_file(path / SESSION_FILE, replace=True) as file:
        file.write(f"{info.model_dump_json(indent=1)}\n".encode())


def _writing(done: int) -> tuple[float, float]:
    last = len(_WRITTEN_SHARES) - 1
    return _WRITTEN_SHARES[min(done, last)], _WRITTEN_SHARES[min(done + 1, last)]


def _tell_no_share(_share: float, _next_share: float) -> None:
    return
