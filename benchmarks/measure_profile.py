#!/usr/bin/env python3
"""Where the time of ``neckrom measure`` goes: every stage's milliseconds of processor a frame.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/measure_profile.py [CLIP ...]

The stages are run one after the other in one thread, so that each one's own processor time is seen (the models'
threads included); ``measure`` runs decoding, face, pose and followed points side by side. Other work on the machine
makes the figures larger, all of them alike. At the end stands what two cores could do at best.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from neckrom.frames import open_source
from neckrom.landmarks import motion, tracks
from neckrom.landmarks.cuts import CutWatch
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.store import LandmarkWriter
from neckrom.service import MeasureOptions
from neckrom.service import measure as service
from neckrom.service.measure import measure_one

SAMPLES = Path(__file__).parent.parent / "sample_videos"


class Spent:
    """Processor seconds and calls by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """Count what is done here."""
        began = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - began
            self.calls[name] += 1

    def watch(self, owner: object, method: str, name: str) -> None:
        """Count every call of a function from now on."""
        plain: Callable[..., object] = getattr(owner, method)

        def counted(*given: object, **named: object) -> object:
            with self.at(name):
                return plain(*given, **named)

        setattr(owner, method, counted)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "clips", nargs="*", type=Path, default=[SAMPLES / "chidi_deficit.mp4", SAMPLES / "anna_full.mp4"]
    )
    clips = parser.parse_args().clips
    cv2.setNumThreads(1)
    for clip in clips:
        profile(clip)


def profile(clip: Path) -> None:
    """One clip, its landmarks stage by stage, then everything else from its landmarks."""
    spent = Spent()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "landmarks.parquet"
        frames = landmarks(clip, file, spent)
        rest(clip, file, Path(folder), spent)
    print(f"{clip.name}: {frames} frames; processor, ms a frame (calls a frame x ms a call)")
    for name, seconds in spent.seconds.items():
        calls = spent.calls[name]
        print(
            f"  {name:34s} {1e3 * seconds / frames:6.2f}   ({calls / frames:4.2f} x {1e3 * seconds / calls:6.2f})"
        )
    taken = spent.seconds
    face_ms, pose_ms = (1e3 * taken[name] / spent.calls[name] for name in (FACE, POSE))
    bare = 1e3 * taken[DECODING] / frames + face_ms + pose_ms
    models = 1e3 * (taken[DECODING] + taken[FACE] + taken[POSE]) / frames
    whole = 1e3 * sum(seconds for name, seconds in taken.items() if not name.startswith(" ")) / frames
    print(
        f"  bare loop: {bare:.1f}; decoding and models as they are called here: {models:.1f}; all: {whole:.1f}"
    )
    print(
        f"  at best, both cores busy to the end: {2 * bare / models:.2f} x the bare loop with the models alone, "
        f"{2 * bare / whole:.2f} x with everything",
        flush=True,
    )


DECODING, FACE, POSE = "decoding, to RGB", "face model", "pose model"


def landmarks(clip: Path, file: Path, spent: Spent) -> int:
    """Landmarks as ``measure`` finds them, one stage after the other."""
    detector = MediaPipeDetector()
    source = open_source(clip)
    count = 0
    face, pose, points = detector._face, detector._pose, detector._points
    spent.watch(face._mesh, "run", FACE)
    spent.watch(face._finder, "run", "other faces")
    spent.watch(pose._model, "run", POSE)
    spent.watch(points._motion, "follow", "movement of the picture (flow)")
    spent.watch(points._tracks, "follow", "points on the head")
    spent.watch(points._chest, "follow", "points on the chest")
    inside = [(tracks, "_even_light", "even light"), (tracks, "_lucas_kanade", "Lucas-Kanade")]
    inside += [(tracks, "_corners", "new corners"), (motion, "_flow", "Lucas-Kanade of the grid")]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in inside]
    for owner, name, told in inside:
        spent.watch(owner, name, f"  of these, {told}")
    cuts = CutWatch()
    frames = iter(source.frames())
    whole = Spent()
    try:
        with LandmarkWriter(file, source.info) as writer:
            while True:
                with spent.at(DECODING):
                    frame = next(frames, None)
                if frame is None:
                    break
                with spent.at("looking for cuts"):
                    cuts.look(frame.time_ns, frame.image)
                with whole.at("stages"):
                    row = detector.detect(frame)
                with spent.at("writing the landmark file"):
                    writer.write(row)
                count += 1
            writer.finish(detector.identity, (), ())
    finally:
        detector.close()
        source.close()
        for owner, name, plain in kept:
            setattr(owner, name, plain)
    named = (
        FACE,
        POSE,
        "other faces",
        "movement of the picture (flow)",
        "points on the head",
        "points on the chest",
    )
    spent.seconds["results of the models to arrays"] = whole.seconds["stages"] - sum(
        spent.seconds[name] for name in named
    )
    spent.calls["results of the models to arrays"] = count
    return count


def rest(clip: Path, file: Path, folder: Path, spent: Spent) -> None:
    """Everything but the landmarks: a first run loads what has to be loaded, the second counts."""
    for counted in (Spent(), spent):
        with counted.at("which way up, models started"):
            service._look(clip, None)
            MediaPipeDetector().close()
        marks: list[tuple[str, float]] = [("start", time.process_time())]

        class Marks:
            def step(self, *told: object, marks=marks) -> None:
                marks.append((f"{told[1]} {told[2]}", time.process_time()))

        out = folder / f"out{id(counted)}"
        measure_one(file, out, MeasureOptions(), Marks())
        marks.append(("end", time.process_time()))
        at = dict(marks)
        counted.seconds["analysis"] = at["report 0"] - at["start"]
        counted.seconds["report, HTML and PDF"] = at["end"] - at["report 0"]
        counted.calls["analysis"] = counted.calls["report, HTML and PDF"] = 1


if __name__ == "__main__":
    main()
