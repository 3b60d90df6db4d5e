#!/usr/bin/env python3
"""Damaged and hostile files: how many are refused, measured, or bring neckrom down.

    python benchmarks/fuzz.py [--count 600] [--seed 1] [--jobs 2] [--kind clip ...] [--keep DIR]

Small inputs of every kind are made from a sample clip and changed at random, each in a way that fits its kind
(bits, blocks and lengths of binary files; numbers, nesting and encodings of text; types, columns and times of
landmark tables), then measured one by one in worker processes as ``neckrom measure`` does it. The same seed
gives the same files. What must not happen:

- a case raises what is no refusal, or ends its process: that counts as exit 70
- a case takes more than 60 s by the clock, without the time in which it could have run and others had the
  processor, or more than 60 s of the processor; it is stopped
- a landmark file, a session or a configuration that is refused took more than 10 s in either of these ways,
  or its process held more than 1 GB

The first two kinds of files are kept with ``--keep``, and so is the third. Prints the counts, and the largest
seconds (by the clock, by the clock without what others had, of the processor) and megabytes by kind.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import logging
import multiprocessing
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from neckrom.errors import ExitCode, NeckromError
from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.store import LandmarkWriter
from neckrom.landmarks.stream import LandmarkStreamWriter, StreamHeader
from neckrom.landmarks.table import NECK_KEY
from neckrom.service import MeasureOptions, measure_all

SAMPLE = Path(__file__).parent.parent / "sample_videos" / "chidi_deficit.mp4"
LIMIT_S = 60.0
HUNG_S = 900.0
"""By the clock: on a machine so busy that nothing can be said, the case is ended all the same."""
TEXT_KINDS = ("landmarks", "session", "configuration")
"""What is read without a model: refused sooner and with less."""
TEXT_LIMIT_S, TEXT_LIMIT_MB = 10.0, 1000.0
BAR_CASES = 500
FRAMES = 24

Random = random.Random


# ------------------------------------------------------------------ small inputs


def sample_pictures() -> list[np.ndarray]:
    """The start of the sample, every other frame, at half its size."""
    pictures = []
    with av.open(str(SAMPLE)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % 2 == 0:
                small = frame.reformat(width=frame.width // 2 // 2 * 2, height=frame.height // 2 // 2 * 2)
                pictures.append(small.to_ndarray(format="rgb24"))
            if len(pictures) == FRAMES:
                break
    return pictures


def encoded(pictures: list[np.ndarray], name: str, codec: str, pixels: str = "yuv420p") -> bytes:
    """A clip of 15 frames a second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=15)
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = pixels
            for number, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 15)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path.read_bytes()


def animated(pictures: list[np.ndarray], kind: str) -> bytes:
    """An animation as Pillow writes it."""
    images = [Image.fromarray(picture) for picture in pictures[:8]]
    file = io.BytesIO()
    images[0].save(file, kind, save_all=True, append_images=images[1:], duration=66)
    return file.getvalue()


def photo(picture: np.ndarray, kind: str, orientation: int) -> bytes:
    """A picture with EXIF."""
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = orientation, "Somebody"
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, exif=tags)
    return file.getvalue()


def clip_seeds(pictures: list[np.ndarray]) -> dict[str, bytes]:
    """One clip of each container and codec that people bring."""
    return {
        "h264.mp4": encoded(pictures, "a.mp4", "libx264"),
        "h264.mkv": encoded(pictures, "a.mkv", "libx264"),
        "h264.ts": encoded(pictures, "a.ts", "libx264"),
        "mpeg4.avi": encoded(pictures, "a.avi", "mpeg4"),
        "mjpeg.mov": encoded(pictures, "a.mov", "mjpeg", "yuvj420p"),
        "vp8.webm": encoded(pictures, "a.webm", "libvpx"),
        "animated.webp": animated(pictures, "WEBP"),
        "animated.gif": animated(pictures, "GIF"),
        "animated.png": animated(pictures, "PNG"),
    }


PROTOCOL = """version = 1
neutral = [0.1, 0.9]
[[trial]]
movement = "flexion"
start_s = 1.0
end_s = 1.4
first_pain_s = 1.2
[pain]
flexion = 3
"""


def norm_text() -> str:
    """A norm file that is right."""
    lines = ["version = 1", 'title = "T"', 'citation = "C"']
    for name in ("flexion", "extension", "rotation_left", "rotation_right", "lateral_left", "lateral_right"):
        lines += [f"[movements.{name}]", "reference_deg = 50", 'population = "adults"', 'citation = "C"']
    return "\n".join(lines) + "\n"


CAMERA = """version = 1
name = "desk"
width = 640
height = 480
hfov_deg = 60.0
fx = 554.2562584
fy = 554.2562584
cx = 320.0
cy = 240.0
nominal = true
"""


# ------------------------------------------------------------------ changes


def changed_bytes(content: bytes, chance: Random) -> bytes:
    """Bits, blocks and lengths, a few of them at once."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        if not data:
            break
        at, length = chance.randrange(len(data)), chance.choice((1, 2, 4, 8, 64, 1024))
        if chance.random() < 0.5:  # headers are short and matter most
            at = min(at, chance.randrange(1, 2048))
        what = chance.randrange(8)
        if what == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            data[at : at + length] = chance.randbytes(length)
        elif what == 2:
            del data[at : at + length]
        elif what == 3:
            data[at:at] = data[at : at + length]
        elif what == 4:
            data[at : at + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0")
            )
        elif what == 5:
            data[at : at + length] = bytes(length)
        elif what == 6:
            other = chance.randrange(len(data))
            data[at : at + length], data[other : other + length] = (
                data[other : other + length],
                data[at : at + length],
            )
        elif chance.random() < 0.3:
            del data[at:]
    return bytes(data)


_WORDS = (
    "inf", "-inf", "nan", "-1", "1e308", "9" * 5000, "0x" + "f" * 5000, '""', "true", "[]", "{}", "1970-01-01",
    '"\\u0000"', '"' + "x" * 100_000 + '"', "[" * 5000 + "]" * 5000, "1e-400", '"flexion"', "2",
)  # fmt: skip


def changed_text(content: str, chance: Random) -> bytes:
    """Numbers, words, lines, nesting and encodings."""
    lines = content.splitlines(keepends=True)
    for _ in range(chance.choice((1, 1, 2, 3))):
        at = chance.randrange(len(lines)) if lines else 0
        what = chance.randrange(8)
        if not lines or what == 0:
            lines.insert(
                at, chance.choice(("x = 1\n", "[[trial]]\n", "a" + ".a" * 5000 + " = 1\n", "=\n", "\x00\n"))
            )
        elif what == 1 and "=" in lines[at]:
            lines[at] = lines[at].partition("=")[0] + "= " + chance.choice(_WORDS) + "\n"
        elif what == 2:
            del lines[at]
        elif what == 3:
            lines[at:at] = lines[at : at + 5] * chance.choice((1, 100, 3000))
        elif what == 4:
            lines[at] = changed_bytes(lines[at].encode(), chance).decode(errors="replace")
        elif what == 5:
            lines[at] = lines[at].replace(",", ";").replace(".", ",")
        elif what == 6:
            for digit in "0123456789":
                if digit in lines[at]:
                    lines[at] = lines[at].replace(digit, chance.choice(_WORDS), 1)
                    break
        else:
            chance.shuffle(lines)
    text = "".join(lines)
    encoding = chance.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"))
    return text.encode(encoding, errors="replace")


def changed_json(value: object, chance: Random) -> object:
    """One value somewhere in it is of another kind, or missing."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(sorted(value))
        if chance.random() < 0.15:
            return {key: item for key, item in value.items() if key != name}
        return {**value, name: changed_json(value[name], chance)}
    return chance.choice(
        (
            None,
            -1,
            0,
            2**70,
            1e300,
            "",
            "x" * 10_000,
            [],
            {},
            True,
            [[1]],
            "clip",
            "\x1b[31m",
            10**17,
            -(10**17),
        )
    )


def changed_landmarks(content: bytes, key: bytes, chance: Random) -> bytes:
    """The table with other types, columns, times or numbers, or a header that is not one."""
    table = pq.read_table(io.BytesIO(content))
    metadata = dict(pq.read_metadata(io.BytesIO(content)).metadata)
    metadata = {key: metadata[key]}
    what = chance.choice((0, 1, 2, 3, 4, 5, 6, 6, 6))
    name = chance.choice(table.schema.names)
    at = table.schema.get_field_index(name)
    if what == 0:
        metadata[key] = json.dumps(changed_json(json.loads(metadata[key]), chance)).encode()
    elif what == 1:
        text = chance.choice(
            (b"[" * 5000, b'{"a":' * 5000, b"\xff\xfe", b"9" * 5000, b'{"format_version": 2}')
        )
        metadata[key] = text
    elif what == 2:
        table = table.drop_columns([name])
    elif what == 3:
        table = table.append_column(name, table.column(name))
    elif what == 4:
        other = chance.choice(
            (pa.array(["x"] * len(table)), pa.nulls(len(table)), pa.array(range(len(table))))
        )
        table = table.set_column(at, name, other)
    elif what == 5:
        steps = chance.choice((10**17, 3600 * 10**9, 1, 365 * 86_400 * 10**9, 60 * 10**9, -(10**9), 10**9))
        times = [number * steps for number in range(len(table))]
        if chance.random() < 0.5:
            times = [*table["time_ns"].to_pylist()[:-1], steps]
        times = [max(-(2**63), min(2**63 - 1, value)) for value in times]
        table = table.set_column(
            table.schema.get_field_index("time_ns"), "time_ns", pa.array(times, pa.int64())
        )
    else:
        columns = [field.name for field in table.schema if pa.types.is_fixed_size_list(field.type)]
        name = chance.choice(columns)
        field = table.schema.field(name)
        column = table.column(name).combine_chunks()
        values = column.flatten().to_numpy(zero_copy_only=False).copy()
        share = chance.choice((0.002, 0.02, 0.3))
        rows = np.array([chance.random() < share for _ in range(len(values))])
        values[rows] = values[rows] * chance.choice((0.0, -1.0, 1e3, 1e6, 1e30)) + chance.choice(
            (0.0, np.nan, 5.0)
        )
        table = table.set_column(
            table.schema.get_field_index(name),
            field,
            pa.FixedSizeListArray.from_arrays(pa.array(values, pa.float32()), type=field.type),
        )
    file = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return file.getvalue()


# ------------------------------------------------------------------ cases


@dataclasses.dataclass(frozen=True)
class Case:
    """One changed input on disk, and what else the command line would name."""

    name: str
    input: Path
    protocol: Path | None = None
    norms: str = "article"
    camera: str | None = None


@dataclasses.dataclass
class Seeds:
    """Whole inputs to begin with."""

    pictures: list[np.ndarray]
    clips: dict[str, bytes]
    landmarks: bytes
    stream: bytes
    header_key: bytes


def make_seeds() -> Seeds:
    """Small inputs of every kind; the landmarks are what the models see in the sample."""
    pictures = sample_pictures()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, detector = open_source(SAMPLE), MediaPipeDetector()
        frames = []
        for frame in source.frames():
            if frame.time_ns > 2.5e9:
                break
            frames.append(detector.detect(frame))
        source.close()
        with LandmarkWriter(folder / "a.parquet", source.info) as writer:
            for landmarks in frames:
                writer.write(landmarks)
            writer.finish(detector.identity)
        stream = LandmarkStreamWriter(folder / "a.arrows", StreamHeader(source.info, detector.identity))
        for start in range(0, len(frames), 25):
            stream.write(frames[start : start + 25])
        stream.close()
        detector.close()
        return Seeds(
            pictures,
            clip_seeds(pictures),
            (folder / "a.parquet").read_bytes(),
            (folder / "a.arrows").read_bytes(),
            NECK_KEY.encode(),
        )


def clip_case(seeds: Seeds, folder: Path, chance: Random) -> Case:
    """A clip with damaged bytes."""
    name = chance.choice(sorted(seeds.clips))
    path = folder / f"clip{Path(name).suffix}"
    path.write_bytes(changed_bytes(seeds.clips[name], chance))
    return Case(name, path)


def pictures_case(seeds: Seeds, folder: Path, chance: Random) -> Case:
    """A folder of photos in which some are damaged."""
    folder = folder / "pictures"
    folder.mkdir()
    kind = chance.choice(("JPEG", "PNG", "TIFF", "WEBP"))
    for number, picture in enumerate(seeds.pictures[:16]):
        content = photo(picture, kind, chance.choice((1, 1, 3, 6)) if chance.random() < 0.1 else 1)
        if chance.random() < 0.2:
            content = changed_bytes(content, chance)
        (folder / f"f_{66 * number}ms.{kind.lower()}").write_bytes(content)
    return Case(f"pictures.{kind.lower()}", folder)


def table_case(seeds: Seeds, folder: Path, chance: Random) -> Case:
    """A folder of photos with a damaged table of their times."""
    folder = folder / "pictures"
    folder.mkdir()
    rows = ["file,time_s\n"]
    for number, picture in enumerate(seeds.pictures[:16]):
        (folder / f"{number}.jpg").write_bytes(photo(picture, "JPEG", 1))
        rows.append(f"{number}.jpg,{number / 15:.3f}\n")
    (folder / "timestamps.csv").write_bytes(changed_text("".join(rows), chance))
    return Case("timestamps.csv", folder)


def landmark_case(seeds: Seeds, folder: Path, chance: Random) -> Case:
    """A damaged or rewritten landmark file."""
    path = folder / "landmarks.parquet"
    if chance.random() < 0.4:
        path.write_bytes(changed_bytes(seeds.landmarks, chance))
    else:
        path.write_bytes(changed_landmarks(seeds.landmarks, seeds.header_key, chance))
    return Case("landmarks.parquet", path)


def session_case(seeds: Seeds, folder: Path, chance: Random) -> Case:
    """A session that was cut off, with a damaged stream or damaged events."""
    folder = folder / "session"
    folder.mkdir()
    info = {
        "version": 1, "name": "s", "created": "2025-01-01T00:00:00", "tool_version": "1", "source": "0",
        "protocol": "quick", "protocol_sha256": "0" * 64, "width": 640, "height": 480,
    }  # fmt: skip
    protocol = {"version": 1, "neutral": [0.1, 0.9], "trial": []}
    events = [
        {"n": 1, "t": 0.0, "kind": "command", "command": {"kind": "start"}},
        {"n": 2, "t": 1.0, "kind": "protocol", "protocol": protocol},
    ]
    stream, part = seeds.stream, chance.randrange(3)
    if part == 0:
        stream = changed_bytes(stream, chance)
    elif part == 1:
        events[1] = changed_json(events[1], chance)  # type: ignore[assignment]
    (folder / "session.json").write_text(json.dumps(info))
    (folder / "landmarks.arrows").write_bytes(stream)
    text = "".join(json.dumps(event) + "\n" for event in events)
    (folder / "events.jsonl").write_bytes(changed_text(text, chance) if part == 2 else text.encode())
    return Case(("landmarks.arrows", "events.jsonl", "events.jsonl")[part], folder)


def configuration_case(seeds: Seeds, folder: Path, chance: Random) -> Case:
    """A protocol, norm set or camera profile with mistakes; the landmarks are whole."""
    landmarks = folder / "landmarks.parquet"
    landmarks.write_bytes(seeds.landmarks)
    what = chance.choice(("protocol", "norms", "camera"))
    path = folder / f"{what}.toml"
    path.write_bytes(
        changed_text({"protocol": PROTOCOL, "norms": norm_text(), "camera": CAMERA}[what], chance)
    )
    return Case(
        f"{what}.toml",
        landmarks,
        protocol=path if what == "protocol" else None,
        norms=str(path) if what == "norms" else "article",
        camera=str(path) if what == "camera" else None,
    )


KINDS: dict[str, tuple[int, Callable[[Seeds, Path, Random], Case]]] = {
    "clip": (4, clip_case),
    "pictures": (2, pictures_case),
    "timestamps": (1, table_case),
    "landmarks": (3, landmark_case),
    "session": (2, session_case),
    "configuration": (3, configuration_case),
}
"""Each kind with its share of the cases."""


def cases(seeds: Seeds, folder: Path, count: int, seed: int, kinds: list[str]) -> Iterator[tuple[str, Case]]:
    """Changed inputs with their kinds, one after the other, each in a folder of its own."""
    deck = [kind for kind in kinds for _ in range(KINDS[kind][0])]
    for number in range(count):
        kind = deck[number % len(deck)]
        place = folder / f"{number:05d}"
        place.mkdir()
        yield kind, KINDS[kind][1](seeds, place, Random(f"{seed}/{kind}/{number}"))


# ------------------------------------------------------------------ measuring


class _Nobody:
    def step(self, *_: object) -> None:
        return


def measure(case: Case) -> tuple[int, str]:
    """Exit code and message, as the command line would give them."""
    options = MeasureOptions(
        protocol=case.protocol, norms=case.norms, camera=case.camera, pictures=False, overwrite=True
    )
    out = Path(tempfile.mkdtemp(prefix="neckrom-fuzz-out-"))
    try:
        (outcome,) = measure_all([case.input], out, options, 1, _Nobody())
    except NeckromError as error:
        return int(error.exit_code), str(error)
    except Exception as error:  # noqa: BLE001  (what is counted here)
        return int(ExitCode.DEFECT), f"{type(error).__name__}: {error}"
    finally:
        shutil.rmtree(out, ignore_errors=True)
    return (0, "") if outcome.error is None else (int(outcome.error.exit_code), str(outcome.error))


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a case ended.

    Attributes
    ----------
    code : int
        Exit code; -1 where it was stopped.
    message : str
    clock_s : float
        By the clock.
    own_s : float
        The same without the time in which it could have run and others had the processor.
    processor_s : float
        Of all its threads.
    peak_mb : float
        Largest resident memory of its process, what was loaded before included.
    """

    code: int
    message: str
    clock_s: float
    own_s: float
    processor_s: float
    peak_mb: float

    @property
    def slow_s(self) -> float:
        """What the limits are held against."""
        return max(self.own_s, self.processor_s)


def work(tasks: Connection) -> None:
    """A process that measures what it is handed, one after the other."""
    warnings.simplefilter("ignore")
    logging.getLogger("neckrom").addHandler(logging.NullHandler())
    logging.getLogger("neckrom").propagate = False
    tasks.send("ready")
    while (case := tasks.recv()) is not None:
        forget_peak()
        began, waited, used = time.monotonic(), waited_s(os.getpid()), processor_s(os.getpid())
        code, message = measure(case)
        clock = time.monotonic() - began
        own = clock - (waited_s(os.getpid()) - waited)
        tasks.send(Ended(code, message, clock, own, processor_s(os.getpid()) - used, peak_mb()))


def processor_s(pid: int | None) -> float:
    """Seconds that a process has taken of the processor (all its threads); 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def waited_s(pid: int | None) -> float:
    """Seconds in which a process could have run and others did (its first thread); 0 where it is not said."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def forget_peak() -> None:
    """Count the largest resident memory anew from here, where the system does that."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mb() -> float:
    """The largest resident memory of this process since it was forgotten."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Worker:
    """A process that is started anew where a case ended it or took too long."""

    def __init__(self) -> None:
        self.case: tuple[str, Case] | None = None
        self.since = self.used_s = self.waited_s = 0.0
        self._start()

    def _start(self) -> None:
        self.tasks, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self.process = context.Process(target=work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.tasks.recv()

    def take(self, kind: str, case: Case) -> None:
        """Begin with a case."""
        self.case, self.since = (kind, case), time.monotonic()
        self.used_s, self.waited_s = processor_s(self.process.pid), waited_s(self.process.pid)
        self.tasks.send(case)

    def result(self) -> Ended | None:
        """What came of the case, if it is over."""
        clock = time.monotonic() - self.since
        own = clock - (waited_s(self.process.pid) - self.waited_s)
        used = processor_s(self.process.pid) - self.used_s
        try:
            if self.tasks.poll():
                return self.tasks.recv()
        except (EOFError, OSError):
            self.process.join(5)
            said = f"the process ended (exit {self.process.exitcode})"
            self._restart()
            return Ended(int(ExitCode.DEFECT), said, clock, min(own, clock), max(used, 0.0), 0.0)
        if max(own, used) > LIMIT_S or clock > HUNG_S:
            self._restart()
            return Ended(-1, "over 60 s", clock, own, used, 0.0)
        return None

    def _restart(self) -> None:
        self.process.kill()
        self.process.join()
        self._start()

    def end(self) -> None:
        """Nothing more is to come."""
        self.tasks.send(None)
        self.process.join(5)


def results(left: Iterator[tuple[str, Case]], jobs: int) -> Iterator[tuple[str, Case, Ended]]:
    """Kind, case and what came of it, as they end."""
    workers = [Worker() for _ in range(jobs)]
    idle = list(workers)
    while True:
        while idle and (new := next(left, None)) is not None:
            idle.pop().take(*new)
        running = [worker for worker in workers if worker.case is not None]
        if not running:
            break
        for worker in running:
            found = worker.result()
            if found is not None and worker.case is not None:
                (kind, case), worker.case = worker.case, None
                idle.append(worker)
                yield kind, case, found
        time.sleep(0.01)
    for worker in workers:
        worker.end()


@dataclasses.dataclass
class Largest:
    """The largest of everything, and of what."""

    found: dict[str, tuple[float, str]] = dataclasses.field(default_factory=dict)

    def take(self, ended: Ended, name: str) -> None:
        """One more case."""
        for column in ("clock_s", "own_s", "processor_s", "peak_mb"):
            value = (getattr(ended, column), name)
            self.found[column] = max(self.found.get(column, value), value)

    def line(self) -> str:
        """As a row of the table."""
        cells = [self.found.get(column, (0.0, ""))[0] for column in ("clock_s", "own_s", "processor_s")]
        return "".join(f"{cell:>11.1f}" for cell in cells) + f"{self.found.get('peak_mb', (0.0,))[0]:>11.0f}"


def print_counts(counts: dict[str, Counter[str]], largest: dict[str, Largest]) -> None:
    """A line for each kind and one for all, twice: what came of the cases, and what they took at most."""
    columns = ("refused", "measured", "exit 70", "over 60 s", "too dear")
    print(f"\n{'kind':<24}" + "".join(f"{column:>11}" for column in columns))
    for kind, counted in (*counts.items(), ("all", sum(counts.values(), Counter()))):
        print(f"{kind:<24}" + "".join(f"{counted[column]:>11}" for column in columns))
    print(
        f"\n{'at most':<24}" + "".join(f"{column:>11}" for column in ("s, clock", "s, own", "s, proc.", "MB"))
    )
    for kind, found in largest.items():
        print(f"{kind:<24}{found.line()}")
    print("own: by the clock, without the time in which others had the processor; MB: of the whole process")


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kind", nargs="+", choices=sorted(KINDS), default=list(KINDS))
    parser.add_argument("--keep", type=Path, help="where files that brought neckrom down are put")
    return parser.parse_args()


def verdict(kind: str, ended: Ended) -> str:
    """What became of a case, in the words of the table."""
    if ended.code == -1 or ended.slow_s > LIMIT_S:
        return "over 60 s"
    if ended.code in (0, int(ExitCode.DEFECT)):
        return "measured" if ended.code == 0 else "exit 70"
    dear = ended.slow_s > TEXT_LIMIT_S or ended.peak_mb > TEXT_LIMIT_MB
    return "too dear" if kind in TEXT_KINDS and dear else "refused"


def main() -> int:
    """Run the cases and print the counts."""
    given = arguments()
    started = time.monotonic()
    seeds = make_seeds()
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in given.kind}
    largest: dict[str, Largest] = {}
    codes: Counter[int] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="neckrom-fuzz-") as name:
        left = cases(seeds, Path(name), given.count, given.seed, given.kind)
        for kind, case, ended in results(left, given.jobs):
            what = verdict(kind, ended)
            counts[kind][what] += 1
            codes[ended.code] += 1
            outcome = "measured" if what == "measured" else "refused"
            largest.setdefault(f"{kind}, {outcome}", Largest()).take(ended, case.name)
            place = Path(name) / case.input.relative_to(name).parts[0]
            if what not in ("measured", "refused"):
                bad += 1
                said = ended.message.splitlines()[0][:200] if ended.message else ""
                print(
                    f"{place.name} {case.name}: {what}: {ended.slow_s:.1f} s, {ended.peak_mb:.0f} MB: {said}"
                )
                if given.keep is not None:
                    shutil.copytree(place, given.keep / f"{given.seed}-{place.name}", dirs_exist_ok=True)
            shutil.rmtree(place)
            if sum(codes.values()) % 50 == 0:
                print(f"{sum(codes.values())} files, {time.monotonic() - started:.0f} s", file=sys.stderr)
    print_counts(counts, dict(sorted(largest.items())))
    print(
        f"exit codes {dict(sorted(codes.items()))}; seed {given.seed}, {given.count} files in "
        f"{time.monotonic() - started:.0f} s"
    )
    passed = not bad and given.count >= BAR_CASES
    print("pass" if passed else f"FAIL: 0 exit 70, over 60 s and too dear wanted, of at least {BAR_CASES}")
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
