#!/usr/bin/env python3
"""What a cluster costs and gains, and whether its memory grows.

    python benchmarks/cluster.py speed [--inputs 12]      # --jobs 2, one worker, two workers
    python benchmarks/cluster.py memory [--inputs 500]    # resident memory of client, scheduler and workers
    python benchmarks/cluster.py memory --inputs 500 --reports
    python benchmarks/cluster.py memory --inputs 500 --stand-in    # inputs and answers travel, nothing is measured
    python benchmarks/cluster.py manifest                 # 100,000 rows: written, read, looked through
    python benchmarks/cluster.py clip [CLIP]              # what one clip takes of a machine: for sizing a fleet

Inputs are small landmark files: two repetitions of rendered people, 0.3 MB each, under as many names as are asked for.
Scheduler and workers are processes of their own on this machine, and warm: each has measured once before. "Busy" is the
share of the time for which the places of the workers had something to measure, which other programs on the machine do
not change: two workers that are both busy throughout are twice as fast as one wherever they have a core each. Without
``--reports`` measurements come back to a program (``measure_many``); with it the command's folders are written, which
takes ten times as long.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import psutil
import pyarrow.parquet as pq

import neckrom
from neckrom.cluster.manifest import MANIFEST, Manifest, Row
from neckrom.cluster.measuring import measure_on_cluster
from neckrom.cluster.options import FILES, Files
from neckrom.kinematics.front.truth_table import read_table, write_table
from neckrom.service import MeasureOptions, unpack_table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.service.test_held_out import HELD_OUT, cut_short  # noqa: E402

SPEED_BAR, COST_BAR, SLOPE_BAR_MB = 1.8, 1.05, 10.0
"""Two workers against one; against ``--jobs 2``; megabytes for a hundred inputs, in the second half."""

START_S = 300.0


def make_inputs(folder: Path, number: int) -> list[Path]:
    """Small landmark files of six people, each under a name of its own."""
    write_table(folder / "people.npz", [cut_short(clip) for clip in read_table(HELD_OUT)[:6]], coarser=4)
    originals = folder / "originals"
    originals.mkdir()
    unpack_table(folder / "people.npz", originals)
    sources = sorted(originals.glob("*.parquet"))
    inputs = []
    for i in range(number):
        inputs.append(folder / f"clip_{i:04d}.parquet")
        shutil.copyfile(sources[i % len(sources)], inputs[-1])
    return inputs


class Machines:
    """A scheduler and workers on this machine."""

    def __init__(self, folder: Path, workers: int, *more: str) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{port}"
        common = (sys.executable, "-m")
        self.processes = {
            "scheduler": self._start(
                folder, *common, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port),
                "--no-dashboard",
            )
        }  # fmt: skip
        self._wait_for(port)
        for number in range(workers):
            self.processes[f"worker {number + 1}"] = self._start(
                folder, *common, "distributed.cli.dask_worker", self.address, "--no-nanny", "--nthreads", "1",
                "--no-dashboard", "--resources", "MEMORY=4e9", "--local-directory", str(folder / f"worker-{number}"),
                *more,
                MALLOC_TRIM_THRESHOLD_="65536",  # as the nanny does that stands between with plain "dask worker"
            )  # fmt: skip

    @staticmethod
    def _start(folder: Path, *command: str, **more: str) -> psutil.Popen:
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with (folder / "log").open("ab") as log:
            return psutil.Popen(command, stdout=log, stderr=log, env=os.environ | one_thread | more)

    @staticmethod
    def _wait_for(port: int) -> None:
        """Until the scheduler listens: on a busy machine it takes longer to load than a client waits."""
        give_up = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)
            else:
                return

    def processor_s(self) -> dict[str, float]:
        """Of each process until now."""
        used = {name: sum(process.cpu_times()[:2]) for name, process in self.processes.items()}
        return used | {"client": time.process_time()}

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of each process."""
        held = {name: process.memory_info().rss / 1e6 for name, process in self.processes.items()}
        return held | {"client": psutil.Process().memory_info().rss / 1e6}

    def close(self) -> None:
        """End them."""
        for process in self.processes.values():
            process.kill()
            process.wait()


@contextmanager
def machines(folder: Path, workers: int, *more: str) -> Iterator[Machines]:
    """A scheduler and workers, for as long as they are used; ``more`` are options of the workers."""
    made = Machines(folder, workers, *more)
    try:
        yield made
    finally:
        made.close()


class Counting:
    """Progress that calls back after each input."""

    def __init__(self, act=lambda: None) -> None:
        self.act, self.started_s = act, None

    def step(self, *_: object) -> None:
        """Told after each input, and once before the first."""
        if self.started_s is None:
            self.started_s = time.perf_counter()
        self.act()


def on_cluster(folder: Path, inputs: list[Path], workers: int) -> tuple[float, float, float]:
    """Seconds, processor seconds and share of the time that the workers were busy, once they are warm."""
    with machines(folder, workers) as there:
        cluster = neckrom.Cluster(there.address)
        warm = folder / f"warm-{workers}"
        measure_on_cluster(
            inputs[: 2 * workers], warm, MeasureOptions(), cluster, progress=Counting(), tell=print
        )
        before, progress, out = there.processor_s(), Counting(), folder / f"on-{workers}"
        outcomes = measure_on_cluster(inputs, out, MeasureOptions(), cluster, progress=progress, tell=print)
        took = time.perf_counter() - progress.started_s
        assert all(one.error is None for one in outcomes)
        used = {name: after - before[name] for name, after in there.processor_s().items()}
        measuring = sum(pq.read_table(out / "manifest.parquet", columns=["seconds"])["seconds"].to_pylist())
        print(f"  {workers} workers: processor {', '.join(f'{name} {s:.1f} s' for name, s in used.items())}")
        return took, sum(used.values()), measuring / (workers * took)


def with_jobs(folder: Path, inputs: list[Path]) -> tuple[float, float]:
    """Seconds and processor seconds of ``--jobs 2``, less those of a run over two inputs: both start and warm up."""
    seconds, processor = [], []
    for number, some in enumerate((inputs[:2], [*inputs[:2], *inputs])):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "neckrom", "measure", *some, "--jobs", "2", "-o", folder / f"j{number}"],
            check=True, capture_output=True, env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(time.perf_counter() - started)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return seconds[1] - seconds[0], processor[1] - processor[0]


def speed(folder: Path, number: int) -> None:
    """``--jobs 2``, one worker and two, over the same inputs."""
    inputs = make_inputs(folder, number)
    jobs_s, jobs_processor = with_jobs(folder, inputs)
    one_s, one_processor, one_busy = on_cluster(folder, inputs, 1)
    two_s, two_processor, two_busy = on_cluster(folder, inputs, 2)
    print(f"{number} inputs, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"--jobs 2     {jobs_s:7.1f} s  {jobs_processor:7.1f} s of processors")
    print(f"one worker   {one_s:7.1f} s  {one_processor:7.1f} s of processors  busy {one_busy:.1%}")
    print(f"two workers  {two_s:7.1f} s  {two_processor:7.1f} s of processors  busy {two_busy:.1%}")
    print(f"two against one: {one_s / two_s:.2f} times (bar {SPEED_BAR})")
    print(f"two against --jobs 2: {two_s / jobs_s:.2f} of the time (bar {COST_BAR}), "
          f"{two_processor / jobs_processor:.2f} of the processors' time")  # fmt: skip


def memory(folder: Path, number: int, *, reports: bool, files: Files, stand_in: bool) -> None:
    """Resident memory after each input, and its slope over the second half."""
    # In a process of its own: what it leaves of freed memory would hide that this one grows.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as maker:
        inputs = maker.submit(make_inputs, folder, number).result()
    loaded = ("--preload", str(Path(__file__).with_name("cluster_stand_in.py"))) if stand_in else ()
    with machines(folder, 2, *loaded) as there:
        cluster = neckrom.Cluster(there.address, files=files)
        held: list[dict[str, float]] = []

        def note() -> None:
            held.append(there.memory_mb())

        if reports:
            progress = Counting(note)
            measure_on_cluster(
                inputs, folder / "out", MeasureOptions(), cluster, progress=progress, tell=print
            )
        else:
            for item in neckrom.measure_many(inputs, cluster=cluster):
                assert item.error is None, item.error
                note()
    how = "with reports" if reports else "nothing measured" if stand_in else "measurements come back"
    print(f"{number} inputs, {how}, load {os.getloadavg()[0]:.1f}, MB")
    for name in held[0]:
        values = np.array([one[name] for one in held])
        half = values[len(values) // 2 :]
        slope = float(np.polyfit(np.arange(len(half)), half, 1)[0]) * 100
        ok = "" if slope <= SLOPE_BAR_MB else f"  over the bar of {SLOPE_BAR_MB:g}"
        marks = ", ".join(f"{k}: {values[k - 1]:.0f}" for k in range(100, len(values) + 1, 100))
        print(f"{name:10} after 10 {values[min(10, len(values) - 1)]:6.0f}, at the middle {half[0]:6.0f}, "
              f"at the end {values[-1]:6.0f}, {slope:+.1f} for 100 inputs{ok}  ({marks})")  # fmt: skip


def manifest(folder: Path, rows: int = 100_000) -> None:
    """A table of many rows, with hashes as long as real ones."""
    table = Manifest(folder)
    digest = hashlib.sha256(b"")
    started = time.perf_counter()
    for number in range(rows):
        digest.update(b".")
        sha = digest.hexdigest()
        table.note(
            Row(
                sha,
                f"clips/clip_{number}.mp4",
                f"clip_{number}",
                "done",
                sha256=sha,
                result_sha256=sha,
                bytes=number,
            )
        )
    noted = time.perf_counter()
    table.close()
    written = time.perf_counter()
    Manifest(folder)
    read = time.perf_counter()
    print(f"{rows} rows: noted in {noted - started:.1f} s, written in {written - noted:.1f} s, read in "
          f"{read - written:.1f} s, {(folder / MANIFEST).stat().st_size / 1e6:.1f} MB, "
          f"memory {psutil.Process().memory_info().rss / 1e6:.0f} MB")  # fmt: skip


def clip(path: Path, folder: Path) -> None:
    """Processor time and peak memory of a clip, and the bytes that come and go."""
    with av.open(str(path)) as container:
        length_s = container.duration / 1e6
        stream = container.streams.video[0]
        picture, rate = f"{stream.width} x {stream.height}", float(stream.average_rate)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "neckrom", "measure", path, "-o", folder / "out"],
        check=True,
        capture_output=True,
    )
    took, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    written = sum(file.stat().st_size for file in (folder / "out").rglob("*") if file.is_file())
    processor = used.ru_utime + used.ru_stime
    print(
        f"{path.name}: {length_s:.0f} s of {picture} at {rate:g} pictures a second, {path.stat().st_size / 1e6:.1f} MB"
    )
    print(f"processors {processor:.0f} s ({processor / length_s:.1f} for a second of the clip), wall {took:.0f} s, "
          f"peak memory {used.ru_maxrss / 1e3:.0f} MB, result {written / 1e6:.1f} MB")  # fmt: skip


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "memory", "manifest", "clip"])
    parser.add_argument("clip", type=Path, nargs="?", default=ROOT / "sample_videos" / "anna_full.mp4")
    parser.add_argument("--inputs", type=int)
    parser.add_argument("--reports", action="store_true")
    parser.add_argument("--files", choices=FILES, default="sent", help="for memory: whether files travel")
    parser.add_argument(
        "--stand-in", action="store_true", help="for memory: workers answer without measuring"
    )
    asked = parser.parse_args()
    if asked.stand_in and asked.reports:
        parser.error("--stand-in makes no reports")
    with tempfile.TemporaryDirectory() as folder:
        if asked.what == "speed":
            speed(Path(folder), asked.inputs or 12)
        elif asked.what == "manifest":
            manifest(Path(folder))
        elif asked.what == "clip":
            clip(asked.clip, Path(folder))
        else:
            memory(
                Path(folder),
                asked.inputs or 500,
                reports=asked.reports,
                files=asked.files,
                stand_in=asked.stand_in,
            )


if __name__ == "__main__":
    main()
