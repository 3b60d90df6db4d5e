"""What a session leaves on disk while it runs: nothing that was recorded is ever lost.

One thread writes landmarks and lines, another one the picture; measuring only hands things over and
never waits. Everything is appended and put on the disk about once a second, so a kill at any moment
costs no more than that.
"""

from __future__ import annotations

import json
import logging
import math
import os
import queue
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from neckrom.errors import OutputError
from neckrom.landmarks.stream import LandmarkStreamWriter, StreamHeader, StreamWriter
from neckrom.live.contract import Check
from neckrom.live.events import BodySample, Happening, Input, Sample, UserCommand
from neckrom.live.video import VideoWriter
from neckrom.rom.protocol import Protocol
from neckrom.service.sessions import (
    ANGLE_FILE,
    CAMERA_FILE,
    EVENT_FILE,
    STREAM_FILE,
    VIDEO_FILE,
    SessionInfo,
    write_session_file,
)
from neckrom.types import BodyFrame, Frame, LandmarkFrame

log = logging.getLogger(__name__)

FLUSH_S = 0.8
LOW_MB, NO_VIDEO_MB, FULL_MB = 1000, 300, 50
"""Free space below which is warned, below which the picture is not stored any more, and below which nothing is."""

DiskState = Literal["enough", "low", "no_video", "full"]


@dataclass(frozen=True, slots=True)
class Disk:
    """Room that is left."""

    state: DiskState
    free_mb: int


class SessionRecorder:
    """Writes one session's folder; all methods but :meth:`close` return at once.

    Parameters
    ----------
    folder : Path
        Made here, for its owner alone.
    info : SessionInfo
    header : StreamHeader
    camera : Path, optional
        Profile of the camera: a copy goes along, so that the folder can be measured anywhere.
    stream : callable
        Makes the stream of the landmarks: :class:`~neckrom.landmarks.stream.LandmarkStreamWriter`, or
        :class:`~neckrom.landmarks.stream.BodyStreamWriter` for whole bodies.

    Raises
    ------
    OutputError
        The folder cannot be made, or is there already.
    """

    def __init__(
        self,
        folder: Path,
        info: SessionInfo,
        header: StreamHeader,
        camera: Path | None = None,
        stream: Callable[[Path, StreamHeader], StreamWriter[Any]] = LandmarkStreamWriter,
    ) -> None:
        self.folder = folder
        self._info = info
        try:
            folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be made ({error.strerror}): choose another folder with --out."
            ) from error
        try:
            write_session_file(folder, info)
            if camera is not None:
                shutil.copyfile(camera, folder / CAMERA_FILE)
                (folder / CAMERA_FILE).chmod(0o600)
            self._stream = stream(folder / STREAM_FILE, header)
            self._events = _append(folder / EVENT_FILE)
            self._angles = _append(folder / ANGLE_FILE)
        except OSError as error:
            raise _cannot_write(folder, error) from error
        self._waiting: queue.SimpleQueue[LandmarkFrame | BodyFrame | tuple[str, dict[str, Any]] | None] = (
            queue.SimpleQueue()
        )
        self._video: VideoWriter | None = None
        self._number = 0
        self._checks: tuple[Check, ...] = ()
        self._protocol: Protocol | None = None
        self._marks: list[dict[str, Any]] = []
        self._disk = Disk("enough", LOW_MB)
        self._problem: OutputError | None = None
        self._closed = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def disk(self) -> Disk:
        """Room as it was looked at last."""
        return self._disk

    @property
    def recording_video(self) -> bool:
        """Whether the picture is being stored."""
        video = self._video
        return video is not None and video.running

    @property
    def failed(self) -> bool:
        """Whether nothing can be stored any more."""
        return self._problem is not None

    def store_pictures(self) -> None:
        """From now on the picture is stored: only with consent."""
        if self._video is None:
            self._video = VideoWriter(self.folder / VIDEO_FILE)

    def picture(self, frame: Frame) -> None:
        """The picture of a frame; dropped where it may not be stored, or where writing lags behind."""
        if self._video is not None:
            self._video.put(frame)

    def landmarks(self, frame: LandmarkFrame | BodyFrame) -> None:
        """Landmarks of a frame."""
        self._waiting.put(frame)

    def input(self, event: Input) -> None:
        """An input of the session, in the order in which it took them: enough to play it again."""
        if self._closed:
            return
        self._number += 1
        record: dict[str, Any] = {"n": self._number, "t": event.time_s}
        if isinstance(event, Sample | BodySample):
            record |= _sample_record(event) if isinstance(event, Sample) else _body_record(event)
            if event.checks and event.checks != self._checks:
                self._checks = event.checks
                record["checks"] = [check.model_dump(exclude_none=True) for check in event.checks]
            elif event.checks:
                record["checked"] = 1
            self._waiting.put(("angles", record))
        elif isinstance(event, UserCommand):
            command = event.command.model_dump(mode="json")
            self._waiting.put(("events", record | {"kind": "command", "command": command}))
        else:
            self._waiting.put(
                ("events", record | {"kind": "happening", "what": event.what, "folder": event.folder})
            )

    def note(self, time_s: float, kind: str, **content: Any) -> None:
        """Something that happened in the session."""
        self._waiting.put(("events", {"t": time_s, "kind": kind, **content}))

    def protocol(self, time_s: float, protocol: Protocol | None) -> None:
        """What was done when, as far as it has come."""
        if protocol is not None and protocol != self._protocol:
            self._protocol = protocol
            self.note(time_s, "protocol", protocol=protocol.model_dump(mode="json"))

    def marks(self, time_s: float, marks: list[dict[str, Any]]) -> None:
        """What was said when, as far as it has come."""
        if marks != self._marks:
            self._marks = marks
            self.note(time_s, "marks", marks=marks)

    def close(self, summary: dict[str, Any] | None = None) -> None:
        """Write what is left and the summary; a second call does nothing.

        Raises
        ------
        OutputError
            Something could not be written on the way; what was written before is there.
        """
        if self._closed:
            return
        self._closed = True
        if self._video is not None:
            self._video.close()
        self._waiting.put(None)
        self._wake.set()
        self._thread.join()
        for file in (self._events, self._angles):
            try:
                file.close()
            except OSError as error:
                self._problem = self._problem or _cannot_write(self.folder, error)
        if summary is not None:
            try:
                self.amend(summary)
            except OutputError as error:
                self._problem = self._problem or error
        if self._problem is not None:
            raise self._problem

    def amend(self, summary: dict[str, Any]) -> None:
        """Write the summary again: a note that came after the end.

        Raises
        ------
        OutputError
            It cannot be written; the one before is still there.
        """
        finished = self._info.model_copy(update={"finished": True, "summary": summary})
        try:
            write_session_file(self.folder, finished)
        except OSError as error:
            raise _cannot_write(self.folder, error) from error

    # ------------------------------------------------------------------ thread

    def _run(self) -> None:
        more = True
        while more:
            frames, lines, more = self._gather()
            if self._problem is None:
                try:
                    self._write(frames, lines)
                except OutputError as error:
                    self._problem = error
                    log.error("%s", error)
                except OSError as error:
                    self._problem = _cannot_write(self.folder, error)
                    log.error("%s", self._problem)
        self._stream_close()

    def _gather(self) -> tuple[list[LandmarkFrame | BodyFrame], dict[str, list[dict[str, Any]]], bool]:
        """What came in about the last second; False once it was the last."""
        frames: list[LandmarkFrame | BodyFrame] = []
        lines: dict[str, list[dict[str, Any]]] = {"events": [], "angles": []}
        self._wake.wait(FLUSH_S)
        while True:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return frames, lines, True
            if item is None:
                return frames, lines, False
            if isinstance(item, LandmarkFrame | BodyFrame):
                frames.append(item)
            else:
                lines[item[0]].append(item[1])

    def _write(self, frames: list[LandmarkFrame | BodyFrame], lines: dict[str, list[dict[str, Any]]]) -> None:
        self._look_at_disk()
        _write_lines(self._events, lines["events"], self.folder / EVENT_FILE)
        if self._disk.state == "full":
            return
        self._stream.write(frames)
        _write_lines(self._angles, lines["angles"], self.folder / ANGLE_FILE)

    def _look_at_disk(self) -> None:
        free_mb = shutil.disk_usage(self.folder).free // 1_000_000
        state: DiskState = "enough"
        for limit, name in ((LOW_MB, "low"), (NO_VIDEO_MB, "no_video"), (FULL_MB, "full")):
            if free_mb < limit:
                state = name  # type: ignore[assignment]  # one of the three
        self._disk = Disk(state, int(free_mb))
        if state in ("no_video", "full") and self._video is not None:
            self._video.close()

    def _stream_close(self) -> None:
        try:
            self._stream.close()
        except OutputError as error:
            self._problem = self._problem or error
        except OSError as error:
            self._problem = self._problem or _cannot_write(self.folder, error)


def read_inputs(folder: Path) -> list[Input]:
    """The inputs of a recorded session in their order: the same machine takes them to the same trials."""
    from neckrom.live.contract import RECORDED  # noqa: PLC0415
    from neckrom.service.sessions import read_lines  # noqa: PLC0415

    records = [r for name in (EVENT_FILE, ANGLE_FILE) for r in read_lines(folder / name) if "n" in r]
    inputs: list[Input] = []
    checks: tuple[Check, ...] = ()
    for record in sorted(records, key=lambda item: item["n"]):
        time_s = record["t"]
        if record.get("kind") == "command":
            inputs.append(UserCommand(time_s, RECORDED.validate_python(record["command"])))
        elif record.get("kind") == "happening":
            inputs.append(Happening(time_s, record["what"], record["folder"]))
        else:
            if "checks" in record:
                checks = tuple(Check.model_validate(check) for check in record["checks"])
            shown = checks if "checks" in record or "checked" in record else ()
            inputs.append(_body_sample(record, shown) if "body" in record else _sample(record, shown))
    return inputs


_ANGLES = {"neck": "neck_deg", "trunk": "trunk_deg", "sd": "sd_deg", "facing": "facing_deg"}


def _sample_record(sample: Sample) -> dict[str, Any]:
    values = asdict(sample)
    record: dict[str, Any] = {
        short: [None if math.isnan(angle) else angle for angle in values[name]]
        for short, name in _ANGLES.items()
    }
    return record | {"beyond": int(sample.beyond), "person": int(sample.person)}


def _sample(record: dict[str, Any], checks: tuple[Check, ...]) -> Sample:
    angles: dict[str, Any] = {
        name: tuple(math.nan if angle is None else angle for angle in record[short])
        for short, name in _ANGLES.items()
    }
    return Sample(
        time_s=record["t"],
        beyond=bool(record["beyond"]),
        person=bool(record["person"]),
        checks=checks,
        **angles,
    )


def _body_record(sample: BodySample) -> dict[str, Any]:
    return {"body": dict(sample.angles_deg), "person": int(sample.person)}


def _body_sample(record: dict[str, Any], checks: tuple[Check, ...]) -> BodySample:
    return BodySample(
        time_s=record["t"], angles_deg=record["body"], person=bool(record["person"]), checks=checks
    )


def _append(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "wb")


def _write_lines(file: BinaryIO, records: list[dict[str, Any]], path: Path) -> None:
    if not records:
        return
    try:
        file.write(b"".join(json.dumps(record, allow_nan=False).encode() + b"\n" for record in records))
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written ({error.strerror or error}): free some space, or choose another --out."
    )
