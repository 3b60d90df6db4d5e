#!/usr/bin/env python3
"""Frames a second against a bare loop that decodes and calls both models on every frame.

    python benchmarks/measure_speed.py [CLIP ...] [--rounds N]

Run it on two free cores (on Linux it keeps itself to two). Bare loop, extraction and
whole measurement take turns, so that other load hits them alike; the best round counts.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
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
BAR = 1.5


class Silent:
    """Takes progress and says nothing."""

    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002
        """No progress is shown while the clock runs."""


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


def best_s(clip: Path, rounds: int) -> dict[str, float]:
    """Shortest time of each way, in seconds."""
    ways: dict[str, Callable[[Path], None]] = {
        "bare loop": bare_loop,
        "extraction, pose on every frame": extraction_every_pose,
        "extraction": extraction,
        "whole measurement": whole_measurement,
    }
    times: dict[str, float] = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way(clip)
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def frames_in(clip: Path) -> int:
    """Number of frames, by decoding."""
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def main() -> None:
    """Print a table; exit with 1 where the bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "clips", nargs="*", type=Path, default=[SAMPLES / "chidi_deficit.mp4", SAMPLES / "anna_full.mp4"]
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    whole_measurement(options.clips[0])  # imports and font lists are not what is measured
    missed = False
    for clip in options.clips:
        frames = frames_in(clip)
        times = best_s(clip, options.rounds)
        print(f"{clip.name}: {frames} frames")
        for name, seconds in times.items():
            ratio = times["bare loop"] / seconds
            print(f"  {name:34s} {frames / seconds:6.1f} frames/s   {ratio:4.2f} x bare loop")
            missed |= name in {"extraction", "whole measurement"} and ratio < BAR
    print("bar of 1.5 x:", "MISSED" if missed else "met")
    raise SystemExit(int(missed))


if __name__ == "__main__":
    main()
