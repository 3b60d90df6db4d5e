"""From frames to landmarks, with decoding, face, pose, followed points and writing side by side.

Each stage runs in a thread of its own and hands its results on through a short queue,
in order: the landmarks do not depend on the timing, and memory does not grow. The
models let go of Python's lock while they work, so two cores are kept busy.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from neckrom.errors import NoFaceError
from neckrom.landmarks.cuts import CutWatch
from neckrom.landmarks.extraction import Extracted, LandmarkSink, Progress, hand_on
from neckrom.landmarks.notes import LandmarkNotes
from neckrom.landmarks.side_by_side import Line
from neckrom.landmarks.store import LandmarkHeader, LandmarkWriter
from neckrom.types import Frame, FrameSource, LandmarkDetector, LandmarkFrame

log = logging.getLogger(__name__)


@runtime_checkable
class StagedDetector(LandmarkDetector, Protocol):
    """A detector that works in stages, each of which may have a thread of its own."""

    def stages(self) -> tuple[Callable[[Any], Any], ...]:
        """From a frame to its landmarks: each takes what the one before gives, in time order.

        Returns
        -------
        tuple of callable
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction(Extracted):
    """What came of a clip of a face.

    Attributes
    ----------
    frames_with_face : int
    """

    frames_with_face: int


def extract(
    source: FrameSource,
    detector_factory: Callable[[], LandmarkDetector],
    sink: LandmarkSink[LandmarkFrame],
    *,
    progress: Progress | None = None,
) -> Extraction:
    """Run a detector over all frames of a source.

    Parameters
    ----------
    source : FrameSource
        Left open.
    detector_factory : callable
        Makes the detector; it is closed here.
    sink : LandmarkSink
        Called in the calling thread.
    progress : callable, optional
        Called in the calling thread after each frame.

    Returns
    -------
    Extraction

    Raises
    ------
    Exception
        Whatever a stage raises ends the others and is raised here.
    """
    started = time.monotonic()
    detector = detector_factory()
    log.debug("%s: detector ready after %.1f s", source.info.name, time.monotonic() - started)
    try:
        notes, cuts = LandmarkNotes(), CutWatch()
        with Line() as line:
            done, with_face = hand_on(
                _staged(line, cuts.over(source.frames()), detector),
                (sink.write, notes.take, lambda row: cuts.take(row.time_ns, row.face)),
                lambda row: bool(np.isfinite(row.face[0, 0])),
                source.info,
                what="a face",
                started=started,
                progress=progress,
            )
        return Extraction(
            detector=detector.identity,
            warnings=(*source.warnings, *notes.notices()),
            frames=done,
            frames_with_face=with_face,
            cuts_ns=cuts.cuts_ns(),
        )
    finally:
        detector.close()


def extract_to_file(
    source: FrameSource,
    detector_factory: Callable[[], LandmarkDetector],
    path: Path,
    *,
    progress: Progress | None = None,
    notes: tuple[str, ...] = (),
) -> LandmarkHeader:
    """Run a detector over a source and write ``landmarks.parquet``, whole or not at all.

    Parameters
    ----------
    source, detector_factory, progress
        As in :func:`extract`.
    path : Path
        The file.
    notes : tuple of str
        What was found out about the clip before; it stands first among its warnings.

    Returns
    -------
    LandmarkHeader
        As it stands in the file.

    Raises
    ------
    NoFaceError
        There was no face in any frame; no file is left.
    OutputError
        The file cannot be written.
    """
    with LandmarkWriter(path, source.info) as writer:
        result = extract(source, detector_factory, writer, progress=progress)
        if not result.frames_with_face:
            raise NoFaceError(
                f"No face was found in any of the {result.frames} frames of {source.info.name}: "
                "record again with the face in view, better light and the camera at eye height."
            )
        return writer.finish(result.detector, (*notes, *result.warnings), result.cuts_ns)


def _staged(line: Line, pictures: Iterator[Frame], detector: LandmarkDetector) -> Iterator[LandmarkFrame]:
    stages = detector.stages() if isinstance(detector, StagedDetector) else (detector.detect,)
    items: Iterator[Any] = line.stage(pictures)
    for stage in stages:
        items = line.stage(map(stage, items))
    return items
