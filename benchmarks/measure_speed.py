#!/usr/bin/env python3
"""How many times as fast as a bare loop that decodes and calls both models on every frame ``measure`` is.

    python benchmarks/measure_speed.py [CLIP ...] [--rounds N] [--every-pose]

Two clips take under four minutes. Run it on two free cores: on Linux it keeps itself to two, and on cores that
others use the wall clock says nothing. Processor time (all threads) is printed beside it: where both cores are
busy to the end, wall time is half of it. Bare loop and measurement take turns, and the best round counts.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import av
from mediapipe.python import solutions

from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.quiet import QuietStderr
from neckrom.landmarks.store import read_landmarks
from neckrom.service.measure import MeasureOptions, measure_one

SAMPLES = Path(__file__).parent.parent / "sample_videos"
BAR = 2.0
BARE, EXTRACTION, WHOLE = "bare loop", "landmarks to a file", "measure, report and all"


class Silent:
    """Takes progress and says nothing."""

    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002
        """No progress is shown while the clock runs."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of one run: by the clock, and of processor in all threads."""

    wall_s: float
    processor_s: float


def bare_loop(clip: Path) -> None:
    """Decode and call the two models on every frame, one after the other, keeping nothing."""
    with ExitStack() as closing:
        closing.enter_context(QuietStderr())
        face = solutions.face_mesh.FaceMesh(
            refine_landmarks=True, min_detection_confidence=0.3, min_tracking_confidence=0.1
        )
        closing.callback(face.close)
        pose = solutions.pose.Pose(model_complexity=1, smooth_landmarks=False)
        closing.callback(pose.close)
        container = closing.enter_context(av.open(str(clip)))
        for frame in container.decode(video=0):
            image = frame.to_ndarray(format="rgb24")
            face.process(image)
            pose.process(image)


def extraction(clip: Path) -> None:
    """Landmarks to a file, as ``measure`` does it."""
    _extract(clip, pose_every_frame=False)


def extraction_every_pose(clip: Path) -> None:
    """The same with the pose model on every frame: what the threads alone give."""
    _extract(clip, pose_every_frame=True)


def whole_measurement(clip: Path) -> None:
    """All of ``neckrom measure``: landmarks, analysis, figures, report."""
    with tempfile.TemporaryDirectory() as folder:
        measure_one(clip, Path(folder) / "out", MeasureOptions(), Silent())


def _extract(clip: Path, *, pose_every_frame: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = open_source(clip)
        extract_to_file(
            source,
            lambda: MediaPipeDetector(pose_every_frame=pose_every_frame),
            Path(folder) / "landmarks.parquet",
        )
        source.close()
        read_landmarks(Path(folder) / "landmarks.parquet")


def taken_by(way: Callable[[Path], None], clip: Path) -> Taken:
    """One run."""
    wall, processor = time.perf_counter(), time.process_time()
    way(clip)
    return Taken(time.perf_counter() - wall, time.process_time() - processor)


def best(clip: Path, rounds: int, *, every_pose: bool) -> dict[str, Taken]:
    """The best round of each way; they take turns."""
    ways: dict[str, Callable[[Path], None]] = {BARE: bare_loop, EXTRACTION: extraction}
    if every_pose:
        ways["the same, pose on every frame"] = extraction_every_pose
    ways[WHOLE] = whole_measurement
    runs: dict[str, list[Taken]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            runs[name].append(taken_by(way, clip))
    return {
        name: Taken(min(run.wall_s for run in each), min(run.processor_s for run in each))
        for name, each in runs.items()
    }


def frames_in(clip: Path) -> int:
    """Number of frames, by decoding."""
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def main() -> None:
    """Print a table; exit with 1 where the bar is missed by the clock."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "clips", nargs="*", type=Path, default=[SAMPLES / "chidi_deficit.mp4", SAMPLES / "anna_full.mp4"]
    )
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--every-pose", action="store_true", help="also with the pose model on every frame")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    _warm_up()
    missed = False
    for clip in options.clips:
        frames = frames_in(clip)
        times = best(clip, options.rounds, every_pose=options.every_pose)
        print(f"{clip.name}: {frames} frames")
        bare = times[BARE]
        for name, taken in times.items():
            ratio = bare.wall_s / taken.wall_s
            print(
                f"  {name:30s} {1e3 * taken.wall_s / frames:6.1f} ms a frame, {ratio:4.2f} x bare loop;"
                f"   processor {1e3 * taken.processor_s / frames:6.1f} ms,"
                f" {2 * bare.processor_s / taken.processor_s:4.2f} x if two cores were busy to the end",
                flush=True,
            )
            missed |= name == WHOLE and ratio < BAR
    print(f"bar of {BAR:g} x:", "MISSED" if missed else "met")
    raise SystemExit(int(missed))


def _warm_up() -> None:
    """Imports and lists of fonts are not what is measured: a report is made of a stored recording of landmarks."""
    clip = SAMPLES / "chidi_deficit.mp4"
    with tempfile.TemporaryDirectory() as folder:
        short = Path(folder) / "short.mp4"
        with av.open(str(clip)) as whole, av.open(str(short), "w") as part:
            read = whole.streams.video[0]
            written = part.add_stream_from_template(read)
            for packet in whole.demux(read):
                if packet.dts is None or packet.dts * read.time_base > _WARM_UP_S:
                    break
                packet.stream = written
                part.mux(packet)
        whole_measurement(short)


_WARM_UP_S = 6.0
"""Neutral and the first movement."""


if __name__ == "__main__":
    main()
