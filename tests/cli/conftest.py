"""Real runs of the command line, and short recordings to run it on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.cli.ready import ReadyProcess

SAMPLES = Path(__file__).parents[2] / "sample_videos"

Run = Callable[..., subprocess.CompletedProcess[str]]


def environment(**changes: str) -> dict[str, str]:
    """The environment of a run: ours without what shapes the terminal."""
    shaping = ("COLUMNS", "LINES", "TERM", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE")
    return {name: value for name, value in os.environ.items() if name not in shaping} | changes


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "neckrom", *map(str, arguments)]


@pytest.fixture(scope="session")
def ready() -> Iterator[ReadyProcess | None]:
    """Where processes can fork: a process whose imports are done."""
    process = ReadyProcess() if hasattr(os, "fork") else None
    yield process
    if process is not None:
        process.close()


@pytest.fixture
def neckrom(tmp_path: Path, ready: ReadyProcess | None) -> Run:
    """Run ``neckrom`` in an empty folder and give what it printed.

    With settings of ``subprocess``, or another ``PYTHONPATH``, Python is started anew.
    """
    folder = tmp_path / "cwd"
    folder.mkdir()

    def run(*arguments: str | Path, **settings: object) -> subprocess.CompletedProcess[str]:
        changes = settings.pop("env", {})
        if ready is not None and not settings and "PYTHONPATH" not in changes:
            words = [str(argument) for argument in arguments]
            return ready.run(words, folder, environment(**changes), tmp_path)
        return subprocess.run(
            command(*arguments),
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment(**changes),
            timeout=120,
            check=False,
            **settings,
        )

    run.folder = folder
    return run


def write_clip(path: Path, pictures: Sequence[np.ndarray], codec: str = "libx264") -> Path:
    """Encode RGB pictures at 30 frames a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def cut(source: Path, path: Path, start_s: float, end_s: float) -> Path:
    """A part of a clip, decoded and encoded again, from time zero."""
    with av.open(str(source)) as container:
        pictures = [
            frame.to_ndarray(format="rgb24")
            for frame in container.decode(video=0)
            if start_s <= frame.time < end_s
        ]
    return write_clip(path, pictures)


def first_seconds(source: Path, path: Path, seconds: float) -> Path:
    """The start of a clip, copied without encoding it again."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is None or packet.pts * packet.time_base >= Fraction(seconds):
                continue
            packet.stream = stream
            new.mux(packet)
    return path


@pytest.fixture(scope="session")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Neutral and one flexion of 50 deg, 6.5 s."""
    return first_seconds(SAMPLES / "chidi_deficit.mp4", tmp_path_factory.mktemp("clips") / "short.mp4", 6.5)


@pytest.fixture(scope="session")
def measured(made_once, short_clip: Path) -> Path:
    """Result folder of the short clip."""

    def measure(folder: Path) -> None:
        done = subprocess.run(
            command("measure", short_clip, "--out", folder),
            capture_output=True, text=True, env=environment(), timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    return made_once("measured-short", measure) / "short"


@pytest.fixture
def start_neckrom(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start ``neckrom`` in an empty folder without waiting for its end."""
    folder = tmp_path / "running"
    folder.mkdir()
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment(),
        )
        started.append(process)
        return process

    start.folder = folder
    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
