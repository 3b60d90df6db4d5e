"""Folders of images with timestamps.

Accepted is one of:

- ``timestamps.csv`` in the folder, with the columns ``file`` and ``time_s`` (others are
  ignored), one row an image;
- times with their unit at the end of the file names: ``frame_000123ms.png``,
  ``img_12.345s.jpg``, ``0001-40000us.png``, ``1234000000ns.png``.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame

from neckrom.errors import InputError
from neckrom.frames.geometry import PictureMaker, fitted_size, turn_of, upright_size
from neckrom.frames.timing import TimeKeeper, picture_size_warnings
from neckrom.types import Frame, ImageArray, SourceInfo

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm"})
TIMESTAMPS_FILE = "timestamps.csv"
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_TIME_IN_NAME = re.compile(r"(?:^|[_\-. ])(\d+(?:\.\d+)?)(s|ms|us|ns)$", re.IGNORECASE)
_HOW = (
    f'Put a {TIMESTAMPS_FILE} with the columns "file" and "time_s" by the images, or write each time and '
    "its unit at the end of the file name, such as frame_000123ms.png or img_12.345s.jpg."
)
_MOST_PROBLEMS = 5
_OPTIONS = {"protocol_whitelist": "file", "pattern_type": "none"}


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    time_ns: int


class ImageFolderSource:
    """Frames from a folder of images, in the order of their times.

    Parameters
    ----------
    path : Path
        The folder.
    max_side : int
        Long side in pixels above which pictures are scaled down.

    Raises
    ------
    InputError
        No images, no timestamps, or a mistake in them (all mistakes named at once).
    """

    def __init__(self, path: Path, *, max_side: int) -> None:
        self._entries = _entries(path)
        self._warnings: list[str] = []
        first = _first_readable(self._entries, path)
        turn = turn_of(first)
        self._source_size = upright_size(first, turn, Fraction(1))
        self._size = fitted_size(*self._source_size, max_side)
        self._info = SourceInfo(
            name=path.resolve().name,
            kind="images",
            sha256=_sha256(self._entries),
            width=self._size[0],
            height=self._size[1],
            source_width=self._source_size[0],
            source_height=self._source_size[1],
            expected_frames=len(self._entries),
            nominal_fps=None,
        )

    @property
    def info(self) -> SourceInfo:
        """What is known before the images are read."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know, complete once all frames are read."""
        return (*picture_size_warnings(self._source_size, self._size), *self._warnings)

    def frames(self) -> Iterator[Frame]:
        """Yield each picture once, in time order."""
        times = TimeKeeper()
        unreadable: list[str] = []
        other_size: list[str] = []
        for entry in self._entries:
            decoded = _read(entry.path)
            if decoded is None:
                unreadable.append(entry.path.name)
                continue
            if upright_size(decoded, turn_of(decoded), Fraction(1)) != self._source_size:
                other_size.append(entry.path.name)
                continue
            if times.accept(entry.time_ns):
                yield Frame(times.count - 1, entry.time_ns, _picture(decoded, self._size))
        self._warnings = [
            *_left_out(unreadable, "cannot be read"),
            *_left_out(other_size, "of another size than the first"),
            *times.warnings(),
        ]

    def close(self) -> None:
        """Nothing is kept open between images."""


def grab_image_frames(path: Path, times_ns: frozenset[int], max_side: int) -> dict[int, ImageArray]:
    """Pictures at the given times; times without an image are left out."""
    source = ImageFolderSource(path, max_side=max_side)
    size = (source.info.width, source.info.height)
    found: dict[int, ImageArray] = {}
    for entry in _entries(path):
        if entry.time_ns in times_ns and entry.time_ns not in found:
            decoded = _read(entry.path)
            if decoded is not None:
                found[entry.time_ns] = _picture(decoded, size)
    return found


def _entries(folder: Path) -> list[_Entry]:
    """Images with their times, in time order (ties in the order of their names)."""
    table = folder / TIMESTAMPS_FILE
    entries = _from_table(table) if table.is_file() else _from_names(folder)
    return sorted(entries, key=lambda entry: (entry.time_ns, entry.path.name))


def _from_names(folder: Path) -> list[_Entry]:
    try:
        images = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file())
    except OSError as error:
        raise InputError(f"{folder} cannot be listed ({error.strerror}): check its permissions.") from error
    if not images:
        raise InputError(f"{folder} is a folder without images: give a clip, or a folder of images. {_HOW}")
    entries = [_Entry(path, time) for path in images if (time := _time_in(path.stem)) is not None]
    if len(entries) < len(images):
        without = sorted({path.name for path in images} - {entry.path.name for entry in entries})
        raise InputError(
            f"{len(without)} of {len(images)} images in {folder} carry no time (such as {without[0]}). {_HOW}"
        )
    return entries


def _time_in(stem: str) -> int | None:
    match = _TIME_IN_NAME.search(stem)
    if match is None:
        return None
    return round(Decimal(match[1]) * _NANOSECONDS[match[2].lower()])


def _from_table(table: Path) -> list[_Entry]:
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{table} cannot be read ({error}): write it as a UTF-8 text file.") from error
    rows = csv.DictReader(text.splitlines())
    columns = [name.strip() for name in rows.fieldnames or []]
    rows.fieldnames = columns
    absent = [name for name in ("file", "time_s") if name not in columns]
    if absent:
        raise InputError(f"{table} has no column {' and no column '.join(absent)}. {_HOW}")
    entries: list[_Entry] = []
    problems: list[str] = []
    for row in rows:
        entry = _entry(table, row["file"] or "", row["time_s"] or "")
        if isinstance(entry, str):
            problems.append(f"line {rows.line_num}: {entry}")
        else:
            entries.append(entry)
    if problems:
        more = [] if len(problems) <= _MOST_PROBLEMS else [f"and {len(problems) - _MOST_PROBLEMS} more"]
        raise InputError("\n  - ".join([f"{table} has mistakes:", *problems[:_MOST_PROBLEMS], *more]))
    if not entries:
        raise InputError(f"{table} lists no image. {_HOW}")
    return entries


def _entry(table: Path, name: str, time_s: str) -> _Entry | str:
    """The entry, or what is wrong with it."""
    path = table.parent / name.strip()
    if not name.strip() or not path.is_file():
        return f"no such file {name!r} in the folder"
    if path.resolve().parent != table.parent.resolve():
        return f"{name!r} lies outside the folder"
    try:
        time = Decimal(time_s.strip())
    except InvalidOperation:
        return f"time_s {time_s!r} is not a number of seconds"
    if not time.is_finite() or abs(time) > 10**9:
        return f"time_s {time_s!r} is not a time in seconds"
    return _Entry(path, round(time * 10**9))


def _read(path: Path) -> VideoFrame | None:
    try:
        with av.open(f"file:{path.absolute()}", options=_OPTIONS) as image:
            return next((frame for frame in image.decode(video=0)), None)
    except (FFmpegError, IndexError):
        return None


def _first_readable(entries: list[_Entry], folder: Path) -> VideoFrame:
    for entry in entries:
        frame = _read(entry.path)
        if frame is not None:
            return frame
    raise InputError(f"No image in {folder} can be read: save them as PNG or JPEG.")


def _picture(decoded: VideoFrame, size: tuple[int, int]) -> ImageArray:
    return PictureMaker(*size, turn_of(decoded)).make(decoded)


def _left_out(names: list[str], why: str) -> list[str]:
    if not names:
        return []
    return [f"{len(names)} images {why} (such as {names[0]}): left out."]


def _sha256(entries: list[_Entry]) -> str:
    """Of times and contents, in time order."""
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(entry.time_ns.to_bytes(16, "big", signed=True))
        with entry.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
