"""What a session measures, as its engine sees it: everything that differs between the neck and other tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from neckrom.landmarks.stream import StreamHeader, StreamWriter
from neckrom.live.contract import HeadPose, Limb, Phase, State
from neckrom.live.events import BodySample, LearnNeutral, Sample
from neckrom.live.looking import Measured
from neckrom.live.machine import GuidedMachine
from neckrom.live.pace import Pace
from neckrom.live.recording import SessionRecorder
from neckrom.live.view import Surroundings
from neckrom.result import Result
from neckrom.service.sessions import SessionInfo
from neckrom.types import Trial


@dataclass(frozen=True, slots=True)
class Looked:
    """What one frame gave.

    Attributes
    ----------
    sample : Sample or BodySample
        For the session.
    pose : HeadPose or None
        For drawing on the picture.
    limbs : tuple of Limb
        Likewise.
    people : int
        In the picture.
    """

    sample: Sample | BodySample
    pose: HeadPose | None = None
    limbs: tuple[Limb, ...] = ()
    people: int = 1


class Exam(Protocol):
    """What is measured, from landmarks to the report; used by one engine.

    :meth:`look`, :meth:`keep` and :meth:`learn` are called by the thread that leads, all else under the lock.
    """

    @property
    def kind(self) -> Literal["neck", "nerve", "plan", "upper_back"]:
        """As the session's folder calls it."""
        ...

    @property
    def machine(self) -> GuidedMachine:
        """The session itself."""
        ...

    @property
    def stream(self) -> Callable[[Path, StreamHeader], StreamWriter[Any]]:
        """Makes the stream of its landmarks."""
        ...

    def begin(self, width: int, height: int) -> None:
        """Pictures of this size come."""
        ...

    def look(self, item: Measured, phase: Phase, pace: Pace) -> Looked:
        """From landmarks to angles."""
        ...

    def keep(self, item: Measured) -> None:
        """Keep what may be asked for soon."""
        ...

    def records(self, phase: Phase) -> bool:
        """Whether the landmarks of a phase belong to the recording."""
        ...

    def learn(self, effect: LearnNeutral) -> Literal["neutral_learned", "neutral_failed"]:
        """Fit what the session asked for."""
        ...

    def state(self, seq: int, around: Surroundings) -> State:
        """The snapshot of one moment."""
        ...

    def note_progress(self, recorder: SessionRecorder) -> None:
        """Write down what is measured so far, so that a session that is killed can be measured."""
        ...

    def summary(self, ended: str) -> dict[str, Any]:
        """What ``session.json`` says of it once it is over."""
        ...

    def first_result(self, folder: Path, info: SessionInfo, created: str) -> Result | None:
        """What was seen live, judged; None where nothing counts, or there is no such thing."""
        ...

    def finish(
        self, folder: Path, language: str, tell: Callable[[float, float], None] | None = None
    ) -> tuple[Trial, ...]:
        """Measure the recording and write the report; the repetitions of the neck as they were measured.

        Raises
        ------
        NeckromError
            It cannot be measured or written; everything recorded is still there.
        """
        ...
