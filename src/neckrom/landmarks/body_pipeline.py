"""From frames to landmarks of a whole body, with decoding, two trackers and writing side by side.

The pose model takes ten times as long as decoding and uses one core, so the frames are dealt out to two trackers in
turn, each in a thread of its own: one sees the even frames, one the odd ones. Which tracker sees which frame depends
on the frame's number alone, so landmarks depend neither on the timing nor on the machine.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from neckrom.errors import NoBodyError
from neckrom.landmarks.body_notes import BodyNotes
from neckrom.landmarks.body_store import BodyWriter
from neckrom.landmarks.boxes import BodyBox, body_box
from neckrom.landmarks.cuts import CutWatch
from neckrom.landmarks.extraction import Extracted, LandmarkSink, Progress, hand_on
from neckrom.landmarks.feet import FeetFollower
from neckrom.landmarks.header import LandmarkHeader
from neckrom.landmarks.scene import SceneWatch
from neckrom.landmarks.side_by_side import Line
from neckrom.types import BodyDetector, BodyFrame, Frame, FrameSource, ImageArray

TRACKERS = 2
"""Two keep two cores busy. Landmarks depend on it, so it is the same on every machine."""
_AHEAD = 6
"""Frames in work at a time."""
_PEOPLE_EVERY_S = 1.0
"""Between two looks for somebody else."""


class OtherFinder(Protocol):
    """Looks for somebody else in a picture."""

    def find_other(self, picture: ImageArray, mine: BodyBox) -> BodyBox | None:
        """Where somebody else is; None where nobody is.

        Parameters
        ----------
        picture : ndarray, shape (height, width, 3), uint8, RGB
        mine : BodyBox
            The followed person, in pixels of the picture.

        Returns
        -------
        BodyBox or None
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyExtraction(Extracted):
    """What came of a clip of a whole body.

    Attributes
    ----------
    frames_with_body : int
    """

    frames_with_body: int


def extract_bodies(
    source: FrameSource,
    detector_factory: Callable[[], BodyDetector],
    sink: LandmarkSink[BodyFrame],
    *,
    finder: OtherFinder | None = None,
    trackers: int = TRACKERS,
    feet: bool = False,
    progress: Progress | None = None,
) -> BodyExtraction:
    """Run a detector over all frames of a source.

    Parameters
    ----------
    source : FrameSource
        Left open.
    detector_factory : callable
        Makes one tracker; they are closed here.
    sink : LandmarkSink
        Called in the calling thread.
    finder : OtherFinder, optional
        Asked once a second whether somebody else is there.
    trackers : int
        Among how many the frames are dealt out; landmarks depend on it.
    feet : bool
        Also follow the shoes from frame to frame, as runs need it.
    progress : callable, optional
        Called in the calling thread after each frame.

    Returns
    -------
    BodyExtraction

    Raises
    ------
    Exception
        Whatever a stage raises ends the others and is raised here.
    """
    started = time.monotonic()
    detectors: list[BodyDetector] = []
    try:
        detectors.extend(detector_factory() for _ in range(trackers))
        notes, cuts, scene = BodyNotes(), CutWatch(), SceneWatch()
        shoes = FeetFollower() if feet else None
        with Line() as line, closing(_dealt_out(line.stage(cuts.over(source.frames())), detectors)) as dealt:
            done, found = hand_on(
                _looked_at(dealt, notes, scene, finder, shoes),
                (sink.write, notes.take, lambda body: cuts.take(body.time_ns, body.pose)),
                lambda body: body_box(body.pose) is not None,
                source.info,
                what="a body",
                started=started,
                progress=progress,
            )
        warnings = (*source.warnings, *notes.notices(scene.travel(), scene.brightness))
        identity = detectors[0].identity
        if trackers > 1:
            identity = replace(identity, settings=f"{identity.settings}; {trackers} trackers in turn")
        if feet:
            identity = replace(identity, settings=f"{identity.settings}; shoes followed")
        return BodyExtraction(
            detector=identity,
            warnings=warnings,
            frames=done,
            frames_with_body=found,
            cuts_ns=cuts.cuts_ns(),
        )
    finally:
        for detector in detectors:
            detector.close()


def extract_bodies_to_file(
    source: FrameSource,
    detector_factory: Callable[[], BodyDetector],
    path: Path,
    *,
    finder: OtherFinder | None = None,
    trackers: int = TRACKERS,
    feet: bool = False,
    progress: Progress | None = None,
    notes: tuple[str, ...] = (),
) -> LandmarkHeader:
    """Run a detector over a source and write a landmark file of bodies, whole or not at all.

    Parameters
    ----------
    source, detector_factory, finder, trackers, feet, progress
        As in :func:`extract_bodies`.
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
    NoBodyError
        There was nobody in any frame; no file is left.
    OutputError
        The file cannot be written.
    """
    with BodyWriter(path, source.info) as writer:
        result = extract_bodies(
            source, detector_factory, writer, finder=finder, trackers=trackers, feet=feet, progress=progress
        )
        if not result.frames_with_body:
            where = "the picture" if result.frames == 1 else f"any of the {result.frames} frames"
            raise NoBodyError(
                f"Nobody was found in {where} of {source.info.name}: the person has to be in view, for runs, posture "
                "and legs from head to feet, for arms and trunk from head to knees, in good light and not too small."
            )
        return writer.finish(result.detector, (*notes, *result.warnings), result.cuts_ns)


def _looked_at(
    dealt: Iterator[tuple[Frame, BodyFrame]],
    notes: BodyNotes,
    scene: SceneWatch,
    finder: OtherFinder | None,
    shoes: FeetFollower | None,
) -> Iterator[BodyFrame]:
    """Bodies with what their pictures tell beyond them."""
    people, people_ns = 1, -(10**18)
    for frame, seen in dealt:
        box = body_box(seen.pose)
        look_due = (frame.time_ns - people_ns) * 1e-9 >= _PEOPLE_EVERY_S
        if box is not None and finder is not None and look_due:
            people_ns = frame.time_ns
            there = notes.look(frame.time_ns, box, finder.find_other(frame.image, box))
            people = 2 if there else 1
        body = replace(seen, people=people) if box is not None else seen
        if shoes is not None:
            body = replace(body, foot_motion=shoes.follow(frame.image, body.pose))
        if scene.due(frame.time_ns):
            scene.look(frame.time_ns, frame.image, box)
        yield body


def _dealt_out(
    frames: Iterator[Frame], detectors: Sequence[BodyDetector]
) -> Generator[tuple[Frame, BodyFrame], None, None]:
    """Frames with what was seen in them, in their order; each detector works in a thread of its own."""
    threads = [ThreadPoolExecutor(1, thread_name_prefix="pose") for _ in detectors]
    waiting: deque[tuple[Frame, Future[BodyFrame]]] = deque()
    try:
        for number, frame in enumerate(frames):
            turn = number % len(detectors)
            waiting.append((frame, threads[turn].submit(detectors[turn].detect, frame)))
            if len(waiting) > _AHEAD:
                first, seen = waiting.popleft()
                yield first, seen.result()
        while waiting:
            first, seen = waiting.popleft()
            yield first, seen.result()
    finally:
        for _, seen in waiting:
            seen.cancel()
        for thread in threads:
            thread.shutdown(wait=True)
