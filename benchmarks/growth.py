#!/usr/bin/env python3
"""What measuring costs as it grows: length of the recording, number of recordings, size of the picture.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/growth.py length --seconds 10 60 600 3600
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/growth.py number --files 1 10 100 1000
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/growth.py size --seconds 3

Printed are seconds of processor (all threads) and the most memory that the process held. *length* measures the
landmarks of a sample clip, played again and again; *number* as many short files of them in one run; *size* finds
the landmarks in a clip of 360 to 4320 lines, in H.264 and HEVC. Each row is a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.store import LandmarkWriter, read_landmarks
from neckrom.service import MeasureOptions
from neckrom.service.measure import measure_all
from neckrom.types import LandmarkFrame, LandmarkSeries

SAMPLES = Path(__file__).parent.parent / "sample_videos"
CLIP = SAMPLES / "chidi_deficit.mp4"
HEIGHTS = (360, 480, 720, 1080, 2160, 4320)
_FPS = 30
CODECS = {"H.264": "libx264", "HEVC": "libx265"}


class Silent:
    """Takes progress and says nothing."""

    def step(self, *_: object) -> None:
        """Nothing."""
        return


def main() -> None:
    """Run one table."""
    av.logging.set_level(av.logging.ERROR)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    tables = parser.add_subparsers(dest="table", required=True)
    length = tables.add_parser("length")
    length.add_argument("--seconds", type=float, nargs="+", default=[10, 60, 600, 3600])
    number = tables.add_parser("number")
    number.add_argument("--files", type=int, nargs="+", default=[1, 10, 100, 1000])
    number.add_argument("--each", type=float, default=10.0, help="seconds of each (10)")
    size = tables.add_parser("size")
    size.add_argument("--seconds", type=float, default=3.0)
    size.add_argument("--heights", type=int, nargs="+", default=HEIGHTS)
    for table in (length, number):
        table.add_argument(
            "--landmarks", type=Path, help="of a clip; else those of a sample clip are found first"
        )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="neckrom-growth-") as folder:
        if given.table == "size":
            of_size(Path(folder), given.seconds, given.heights)
            return
        found = given.landmarks or Path(folder) / "sample.parquet"
        if given.landmarks is None:
            apart(_extract, CLIP, found)
        if given.table == "length":
            of_length(Path(folder), found, given.seconds)
        else:
            of_number(Path(folder), found, given.files, given.each)


def of_length(folder: Path, found: Path, seconds: list[float]) -> None:
    """From landmarks to report."""
    print("length     frames   file MB   processor s   ms a frame   memory MB   page, PDF, angles.csv MB")
    for length_s in seconds:
        file = folder / f"{length_s:g}.parquet"
        frames = apart(_repeat, found, file, length_s)[2]
        out = folder / f"out{length_s:g}"
        processor_s, memory_mb, _ = apart(_measure, [file], out)
        written = [next(out.rglob(name)) for name in ("report.html", "report.pdf", "angles.csv")]
        print(
            f"{length_s:5.0f} s   {frames:7.0f}   {file.stat().st_size / 1e6:7.1f}   {processor_s:11.1f}   "
            f"{1e3 * processor_s / frames:10.2f}   {memory_mb:9.0f}   "
            + ", ".join(f"{path.stat().st_size / 1e6:.1f}" for path in written),
            flush=True,
        )
        file.unlink()


def of_number(folder: Path, found: Path, numbers: list[int], each_s: float) -> None:
    """Files of landmarks to folders of results, in one run."""
    file = folder / "one.parquet"
    apart(_repeat, found, file, each_s)
    print("files   processor s   s a file   memory MB")
    for number in numbers:
        copies = folder / f"in{number}"
        copies.mkdir()
        paths = [copies / f"{n:04d}.parquet" for n in range(number)]
        for path in paths:
            path.hardlink_to(file)
        processor_s, memory_mb, _ = apart(_measure, paths, folder / f"out{number}")
        print(
            f"{number:5d}   {processor_s:11.1f}   {processor_s / number:8.2f}   {memory_mb:9.0f}", flush=True
        )


def of_size(folder: Path, seconds: float, heights: list[int]) -> None:
    """Clips to landmarks; decoding alone beside it."""
    print("size           codec   decoding ms a frame   landmarks ms a frame   memory MB")
    for height in heights:
        for name, codec in CODECS.items():
            clip = folder / f"{height}{codec}.mp4"
            width = apart(_encode, clip, codec, height, seconds)[2]
            _, _, decoding_ms = apart(_decode, clip)
            frames = round(seconds * _FPS) + 1
            _, memory_mb, whole_s = apart(_extract, clip, folder / "size.parquet")
            print(
                f"{width:4.0f} x {height:4d}   {name:>7}   {decoding_ms:19.1f}   "
                f"{1e3 * whole_s / frames:20.1f}   {memory_mb:9.0f}",
                flush=True,
            )
            clip.unlink()


# ------------------------------------------------------------------- processes


def apart(work: Callable[..., float], *given: object) -> tuple[float, float, float]:
    """Processor seconds, most memory in MB, and the answer of some work in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_apart, args=(there, work, given))
    process.start()
    there.close()
    try:
        answer: tuple[float, float, float] = here.recv()
    except EOFError:
        sys.exit("a part of the benchmark has failed")
    process.join()
    return answer


def _apart(told, work: Callable[..., float], given: tuple[object, ...]) -> None:
    began = time.process_time()
    answer = work(*given)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told.send((time.process_time() - began, memory_mb, float(answer or 0.0)))


def _measure(paths: list[Path], out: Path) -> float:
    outcomes = measure_all(paths, out, MeasureOptions(pictures=False), 1, Silent())
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if failed:
        sys.exit(f"{len(failed)} of {len(paths)} failed: {failed[0].error}")
    return len(outcomes)


def _extract(clip: Path, file: Path) -> float:
    """Seconds without the loading of models, which a clip of any length waits for once."""
    MediaPipeDetector().close()
    began = time.process_time()
    source = open_source(clip)
    try:
        extract_to_file(source, MediaPipeDetector, file)
    finally:
        source.close()
    return time.process_time() - began


def _decode(clip: Path) -> float:
    """Milliseconds a frame."""
    began = time.process_time()
    source = open_source(clip)
    frames = sum(1 for _ in source.frames())
    source.close()
    return 1e3 * (time.process_time() - began) / frames


def _repeat(found: Path, file: Path, length_s: float) -> float:
    """The recording to and fro until it is long enough, so that nothing jumps; the number of frames."""
    series, header = read_landmarks(found)
    step_ns = int(np.median(np.diff(series.time_ns)))
    count = round(length_s * 1e9 / step_ns)
    once = len(series)
    names = [field.name for field in fields(LandmarkFrame) if hasattr(series, field.name)]
    with LandmarkWriter(file, header.source) as writer:
        for number in range(count):
            turn, row = divmod(number, once)
            row = once - 1 - row if turn % 2 else row
            writer.write(replace(_row(series, names, row), time_ns=number * step_ns))
        writer.finish(header.detector, (), ())
    return count


def _row(series: LandmarkSeries, names: list[str], row: int) -> LandmarkFrame:
    values = {name: getattr(series, name) for name in names}
    return LandmarkFrame(**{name: None if value is None else value[row] for name, value in values.items()})


def _encode(clip: Path, codec: str, height: int, seconds: float) -> float:
    """The sample clip in another size; its width."""
    with av.open(str(CLIP)) as read, av.open(str(clip), "w") as written:
        source = read.streams.video[0]
        width = 2 * round(source.width * height / source.height / 2)
        stream = written.add_stream(codec, rate=_FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number, frame in enumerate(read.decode(source)):
            if frame.time is None or frame.time > seconds:
                break
            scaled = frame.reformat(width=width, height=height, format="yuv420p")
            scaled.pts, scaled.time_base = number, Fraction(1, _FPS)
            written.mux(stream.encode(scaled))
        written.mux(stream.encode(None))
    return width


if __name__ == "__main__":
    main()
