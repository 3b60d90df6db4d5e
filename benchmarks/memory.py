#!/usr/bin/env python3
"""Peak memory of a long clip, and whether it grows with the clip's length.

    python benchmarks/memory.py [--minutes 10] [--extraction-only]

A sample clip is enlarged to 1920 x 1080 and repeated; a process of its own then runs
``measure`` on it while its resident memory is read every half second. The slope is that
of the second half of the extraction, when everything has been allocated once.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import av
import numpy as np

SAMPLE = Path(__file__).parent.parent / "sample_videos" / "anna_full.mp4"
WIDTH, HEIGHT, FPS = 1920, 1080, 30
PEAK_BAR_MB, SLOPE_BAR_MB = 1200.0, 5.0
EVERY_S = 0.5


def write_long_clip(path: Path, minutes: float) -> None:
    """The sample at 1080p, encoded once and then repeated packet by packet."""
    once = path.with_name("once.mp4")
    with av.open(str(once), "w") as target, av.open(str(SAMPLE)) as source:
        stream = target.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in source.decode(video=0):
            large = frame.reformat(width=HEIGHT * frame.width // frame.height, height=HEIGHT, format="rgb24")
            picture = np.full((HEIGHT, WIDTH, 3), 90, dtype=np.uint8)
            left = (WIDTH - large.width) // 2
            picture[:, left : left + large.width] = large.to_ndarray()
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode())
    with av.open(str(once)) as source, av.open(str(path), "w") as target:
        template = source.streams.video[0]
        stream = target.add_stream_from_template(template)
        packets = [packet for packet in source.demux(template) if packet.dts is not None]
        step = round(Fraction(1, FPS) / template.time_base)
        for repeat in range(round(minutes * 60 * FPS / len(packets)) or 1):
            for packet in packets:
                copy = av.Packet(bytes(packet))
                copy.time_base, copy.is_keyframe = packet.time_base, packet.is_keyframe
                copy.pts = packet.pts + repeat * step * len(packets)
                copy.dts = packet.dts + repeat * step * len(packets)
                copy.stream = stream
                target.mux(copy)
    once.unlink()


class Reporter:
    """Sends the step that runs and how far it has come."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def step(self, _input: Path, name: str, done: int, _total: int | None) -> None:
        """Called by the measurement."""
        self._line.send((name, done))


def measure(clip: Path, folder: Path, line: Connection, *, extraction_only: bool) -> None:
    """Runs in the process that is watched."""
    if extraction_only:
        from neckrom.frames import open_source  # noqa: PLC0415
        from neckrom.landmarks.mediapipe_engine import MediaPipeDetector  # noqa: PLC0415
        from neckrom.landmarks.pipeline import extract_to_file  # noqa: PLC0415

        extract_to_file(
            open_source(clip),
            MediaPipeDetector,
            folder / "landmarks.parquet",
            progress=lambda done, _: line.send(("landmarks", done)),
        )
    else:
        from neckrom.service.measure import MeasureOptions, measure_one  # noqa: PLC0415

        measure_one(clip, folder / "out", MeasureOptions(), Reporter(line))
    line.send(("end", 0))


def watch(process: multiprocessing.Process, line: Connection) -> Iterator[tuple[float, str, int, float]]:
    """Seconds, step, frames done and resident megabytes, every half second."""
    start, step, done = time.monotonic(), "start", 0
    while process.is_alive():
        while line.poll():
            step, done = line.recv()
        yield time.monotonic() - start, step, done, resident_mb(process.pid)
        process.join(EVERY_S)


def resident_mb(pid: int | None, field: str = "VmRSS") -> float:
    """A memory figure of a process in megabytes; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)


def slope_mb(rows: list[tuple[float, str, int, float]]) -> float:
    """Megabytes a thousand frames, over the second half of the extraction."""
    points = [(done, memory) for _, step, done, memory in rows if step == "landmarks"]
    points = points[len(points) // 2 :]
    if len(points) < 4:
        return float("nan")
    frames, memory = np.array(points, dtype=float).T
    return float(1000 * np.polyfit(frames, memory, 1)[0])


def main() -> None:
    """Print peak and slope; exit with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--extraction-only", action="store_true")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "long.mp4"
        write_long_clip(clip, options.minutes)
        receive, send = context.Pipe(duplex=False)
        process = context.Process(
            target=measure,
            args=(clip, Path(folder), send),
            kwargs={"extraction_only": options.extraction_only},
        )
        process.start()
        rows = list(watch(process, receive))
    frames = max(done for _, step, done, _ in rows if step == "landmarks")
    # after the last frame no step is told until the report begins: that is the analysis
    rows = [
        (at, "analysis" if (step, done) == ("landmarks", frames) else step, done, mb)
        for at, step, done, mb in rows
    ]
    peaks: dict[str, float] = {}
    for _, step, _, memory in rows:
        peaks[step] = max(memory, peaks.get(step, 0.0))
    print(f"{frames} frames of {WIDTH} x {HEIGHT} in {rows[-1][0]:.0f} s")
    for step, peak in peaks.items():
        print(f"  peak during {step:10s} {peak:6.0f} MB")
    peak, slope = max(peaks.values()), slope_mb(rows)
    print(f"  peak {peak:.0f} MB (bar {PEAK_BAR_MB:.0f})")
    print(f"  growth {slope:+.2f} MB a thousand frames (bar {SLOPE_BAR_MB:.0f})")
    raise SystemExit(process.exitcode != 0 or peak > PEAK_BAR_MB or not slope < SLOPE_BAR_MB)


if __name__ == "__main__":
    main()
