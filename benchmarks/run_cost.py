"""What reading a clip of a whole body costs, against the bare loop: decode, and the pose model on every frame.

    python benchmarks/run_cost.py CLIP [--frames N] [--rounds N]

Both are timed in turn within one run, so that other work on the machine hits both. Printed are wall clock and processor
time a frame, and how many times faster than the bare loop a landmark file is there.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import av

from neckrom.frames import open_source
from neckrom.landmarks.body_engine import BodyFinder, BodyPoseDetector
from neckrom.landmarks.body_pipeline import extract_bodies_to_file
from neckrom.landmarks.mediapipe_engine import load_solutions
from neckrom.types import Frame, SourceInfo


def bare_loop(clip: Path, frames: int) -> int:
    """Decode and run the model, one frame after the other."""
    done = 0
    pose = load_solutions().pose.Pose(
        static_image_mode=False, model_complexity=1, smooth_landmarks=False, enable_segmentation=False
    )
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for picture in container.decode(stream):
            pose.process(picture.to_ndarray(format="rgb24"))
            done += 1
            if done == frames:
                break
    pose.close()
    return done


class _Some:
    """The first frames of a source."""

    def __init__(self, clip: Path, frames: int) -> None:
        self._source, self._frames = open_source(clip), frames

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._source.warnings

    def frames(self) -> Iterator[Frame]:
        for frame in self._source.frames():
            if frame.index == self._frames:
                return
            yield frame

    def close(self) -> None:
        self._source.close()


def whole_way(clip: Path, frames: int) -> int:
    """From the clip to its landmark file, as ``neckrom run`` does it."""
    source, finder = _Some(clip, frames), BodyFinder()
    with tempfile.TemporaryDirectory() as folder:
        header = extract_bodies_to_file(
            source, BodyPoseDetector, Path(folder) / "l.parquet", finder=finder, feet=True
        )
    finder.close()
    source.close()
    return header.frames


def timed(work: Callable[[Path, int], int], clip: Path, frames: int) -> tuple[float, float]:
    """Milliseconds of wall clock and of the processor, a frame."""
    wall, processor = time.perf_counter(), time.process_time()
    done = work(clip, frames)
    return 1e3 * (time.perf_counter() - wall) / done, 1e3 * (time.process_time() - processor) / done


def main() -> None:
    """Time both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rows = []
    for number in range(asked.rounds):
        bare = timed(bare_loop, asked.clip, asked.frames)
        whole = timed(whole_way, asked.clip, asked.frames)
        rows.append((*bare, *whole))
        print(
            f"round {number + 1}: bare loop {bare[0]:.1f} ms a frame (processor {bare[1]:.1f}), "
            f"landmark file {whole[0]:.1f} ({whole[1]:.1f}), {bare[0] / whole[0]:.2f} times the bare loop"
        )
    print(
        f"median {median(row[0] / row[2] for row in rows):.2f} times the bare loop, processor time "
        f"{median(row[3] / row[1] for row in rows):.2f} times, on {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
