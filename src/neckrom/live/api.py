"""What a server needs of a running session: the only door between page and engine.

Every method may be called from any thread and none of them waits for the camera or the disk,
except :meth:`LiveSession.start`, :meth:`LiveSession.close` and, for a bounded time,
:meth:`LiveSession.wait`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from neckrom.live.contract import Command, Heard, State
from neckrom.result import Result
from neckrom.types import Movement


class TracePoint(BaseModel):
    """Angles of one frame, for the scrolling trace; null is not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    time_s: float
    neck_deg: tuple[float | None, float | None, float | None]
    """Flexion, side-bend (+ right), rotation (+ right)."""
    trunk_deg: tuple[float | None, float | None, float | None]
    beyond: bool = False
    """Past what can be measured: the true angle is at least this one."""


class Trace(BaseModel):
    """The last stretch of angles, oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: tuple[TracePoint, ...] = Field(default=())


class LiveSession(Protocol):
    """A guided session that is running in threads of its own."""

    def start(self) -> None:
        """Open the camera and begin.

        Raises
        ------
        NeckromError
            If the camera cannot be opened, or the folder cannot be written.
        """
        ...

    def snapshot(self) -> State:
        """Everything that a page shows now; ``role`` is "controls", the server changes it for those who watch."""
        ...

    def wait(self, seq: int, timeout_s: float) -> State:
        """The newest state as soon as its ``seq`` is greater than the given one, or after the time is over.

        ``seq`` rises with every frame that was measured and every command.
        """
        ...

    def command(self, command: Command | Heard) -> None:
        """Take a command of the page that controls; what does not fit now is recorded and does nothing.

        ``take_control`` concerns the server alone and does nothing here.
        """
        ...

    def preview_jpeg(self) -> bytes | None:
        """The newest picture, at most 640 pixels wide, not mirrored; None while there is none.

        Made when it is asked for, at most once for each frame.
        """
        ...

    def trace(self, since_s: float) -> Trace:
        """Angles of the frames after a time of the session (``State.time_s``); at most the last 60 s."""
        ...

    def photo(self, movement: Movement, trial: int, *, warm_up: bool = False) -> bytes | None:
        """JPEG of a repetition's end range; None without consent or where there is none."""
        ...

    def first_result(self) -> Result | None:
        """What was seen live, judged: there before the report is; None where nothing counts yet."""
        ...

    @property
    def result_folder(self) -> Path | None:
        """Folder of the session, once the report is in it (``report.html``, ``report.pdf``, ``result.json``)."""
        ...

    def close(self) -> None:
        """Save what there is, let go of the camera and end all threads; a second call does nothing."""
        ...
