"""Folders of images with timestamps.

Accepted is one of:

- ``timestamps.csv`` in the folder (:mod:`neckrom.frames.timestamps`);
- times with their unit at the end of the file names: ``frame_000123ms.png``,
  ``img_12.345s.jpg``, ``0001-40000us.png``, ``1234000000ns.png``.

Times later than a day are a clock's (seconds since 1970, or since a camera was started): they are counted
from the first picture.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from neckrom.errors import InputError
from neckrom.frames.focal import focal_of_picture
from neckrom.frames.geometry import (
    PictureMaker,
    Turn,
    UnreadablePictureError,
    check_size,
    fitted_size,
    turn_of,
    upright_size,
)
from neckrom.frames.names import readable_name
from neckrom.frames.still import is_picture_name, read_picture
from neckrom.frames.timestamps import HOW, TIMESTAMPS_FILE, PictureTime, read_timestamps
from neckrom.frames.timing import TimeKeeper, picture_size_warnings
from neckrom.types import Frame, ImageArray, Notice, SourceInfo

_RECORDINGS = frozenset((".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm", ".mpg", ".mpeg", ".parquet"))
"""Of clips and landmark files, which are given one by one."""
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_TIME_IN_NAME = re.compile(r"(?:^|[_\-. ])(\d{1,20}(?:\.\d{1,20})?)(s|ms|us|ns)$", re.IGNORECASE)
_LATEST_NS = 10**20
_CLOCK_NS = 86_400 * 10**9


class ImageFolderSource:
    """Frames from a folder of images, in the order of their times.

    Parameters
    ----------
    path : Path
        The folder.
    max_side : int
        Long side in pixels above which pictures are scaled down.
    turned_deg : int
        Degrees clockwise (0, 90, 180, 270) by which pictures are turned after what their files ask for.

    Raises
    ------
    InputError
        No images, no timestamps, or a mistake in them (all mistakes named at once).
    """

    def __init__(self, path: Path, *, max_side: int, turned_deg: int = 0) -> None:
        self._entries, self._start_ns = _entries(path)
        self._warnings: list[Notice] = []
        self._turned_deg = turned_deg
        first = _first_readable(self._entries, path)
        self._source_size = upright_size(first, self._turn(first), Fraction(1))
        check_size(*self._source_size, str(path))
        self._size = fitted_size(*self._source_size, max_side)
        self._info = SourceInfo(
            name=readable_name(path.resolve().name),
            kind="images",
            sha256=_sha256(self._entries),
            width=self._size[0],
            height=self._size[1],
            source_width=self._source_size[0],
            source_height=self._source_size[1],
            expected_frames=len(self._entries),
            nominal_fps=None,
            turned_deg=turned_deg,
            focal_35mm_mm=focal_of_picture(self._entries[0].path),
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
        """Yield each picture once, in time order.

        Yields
        ------
        Frame
            RGB, upright, all of one size; pictures that cannot be read, or are of another size than the first, are left
            out and told in the warnings afterwards.
        """
        times = TimeKeeper()
        unreadable: list[str] = []
        other_size: list[str] = []
        for entry in self._entries:
            decoded = read_picture(entry.path)
            if decoded is None:
                unreadable.append(entry.path.name)
                continue
            if upright_size(decoded, self._turn(decoded), Fraction(1)) != self._source_size:
                other_size.append(entry.path.name)
                continue
            picture = self._picture(decoded)
            if picture is None:
                unreadable.append(entry.path.name)
            elif times.accept(entry.time_ns):
                yield Frame(times.count - 1, entry.time_ns, picture)
        self._warnings = [
            *_clock_note(self._start_ns),
            *_left_out(unreadable, other_size),
            *times.warnings(),
        ]

    def grab(self, times_ns: frozenset[int]) -> dict[int, ImageArray]:
        """Pictures at the given times; times without an image are left out.

        Parameters
        ----------
        times_ns : frozenset of int
            Nanoseconds: the ``time_ns`` of :class:`~neckrom.types.Frame`.

        Returns
        -------
        dict of int to array
            RGB, shape (height, width, 3), uint8, by its time.
        """
        found: dict[int, ImageArray] = {}
        for entry in self._entries:
            if entry.time_ns in times_ns and entry.time_ns not in found:
                decoded = read_picture(entry.path)
                picture = None if decoded is None else self._picture(decoded)
                if picture is not None:
                    found[entry.time_ns] = picture
        return found

    def close(self) -> None:
        """Nothing is kept open between images."""

    def _turn(self, decoded: VideoFrame) -> Turn:
        return turn_of(decoded).turned_further(self._turned_deg)

    def _picture(self, decoded: VideoFrame) -> ImageArray | None:
        try:
            return PictureMaker(*self._size, self._turn(decoded)).make(decoded)
        except UnreadablePictureError:
            return None


def grab_image_frames(
    path: Path, times_ns: frozenset[int], max_side: int, turned_deg: int
) -> dict[int, ImageArray]:
    """Pictures at the given times; times without an image are left out.

    Parameters
    ----------
    path : Path
        The folder.
    times_ns : frozenset of int
        Nanoseconds: the ``time_ns`` of :class:`~neckrom.types.Frame`.
    max_side : int
        Longest side of what comes out, pixels; never scaled up.
    turned_deg : int
        Degrees clockwise by which pictures are turned, a multiple of 90.

    Returns
    -------
    dict of int to array
        RGB, shape (height, width, 3), uint8, by its time.

    Raises
    ------
    InputError
        The folder holds no pictures with times.
    """
    return ImageFolderSource(path, max_side=max_side, turned_deg=turned_deg).grab(times_ns)


def _entries(folder: Path) -> tuple[list[PictureTime], int]:
    """Images with their times, in time order (ties in the order of their names), and what was taken off them."""
    table = folder / TIMESTAMPS_FILE
    entries = read_timestamps(table) if table.is_file() else _from_names(folder)
    entries = sorted(entries, key=lambda entry: (entry.time_ns, entry.path.name))
    start_ns = entries[0].time_ns
    if abs(start_ns) <= _CLOCK_NS:
        return entries, 0
    return [PictureTime(entry.path, entry.time_ns - start_ns) for entry in entries], start_ns


def _from_names(folder: Path) -> list[PictureTime]:
    try:
        names = sorted(folder.iterdir())
        images = [p for p in names if is_picture_name(p) and p.is_file()]
    except OSError as error:
        raise InputError(f"{folder} cannot be listed ({error.strerror}): check its permissions.") from error
    recordings = [p for p in names if p.suffix.lower() in _RECORDINGS]
    if recordings and not images:
        some = f"{folder / '*'}{recordings[0].suffix}"
        raise InputError(
            f"{folder} is a folder without images, but with {len(recordings)} that may be recordings (such as "
            f"{recordings[0].name}): name those themselves, as in {some}"
        )
    if not images:
        raise InputError(f"{folder} is a folder without images: give a clip, or a folder of images. {HOW}")
    entries = [PictureTime(path, time) for path in images if (time := _time_in(path.stem)) is not None]
    if len(entries) < len(images):
        without = sorted({path.name for path in images} - {entry.path.name for entry in entries})
        raise InputError(
            f"{len(without)} of {len(images)} images in {folder} carry no time (such as {without[0]}). {HOW}"
        )
    return entries


def _time_in(stem: str) -> int | None:
    match = _TIME_IN_NAME.search(stem)
    if match is None:
        return None
    time_ns = round(Decimal(match[1]) * _NANOSECONDS[match[2].lower()])
    return time_ns if time_ns <= _LATEST_NS else None


def _first_readable(entries: list[PictureTime], folder: Path) -> VideoFrame:
    for entry in entries:
        frame = read_picture(entry.path)
        if frame is not None:
            return frame
    raise InputError(f"No image in {folder} can be read: save them as PNG or JPEG.")


def _clock_note(start_ns: int) -> list[Notice]:
    if not start_ns:
        return []
    text = (
        f"The times of the pictures are those of a clock (the first is {start_ns * 1e-9:.3f} s): they are counted "
        "from the first picture."
    )
    return [Notice(text, "images_clock", first_s=start_ns * 1e-9)]


def _left_out(unreadable: list[str], other_size: list[str]) -> list[Notice]:
    notices = []
    if unreadable:
        number, name = len(unreadable), readable_name(unreadable[0])
        text = f"{number} images cannot be read (such as {name}): left out."
        notices.append(Notice(text, "images_unreadable", number=number, name=name))
    if other_size:
        number, name = len(other_size), readable_name(other_size[0])
        text = f"{number} images of another size than the first (such as {name}): left out."
        notices.append(Notice(text, "images_resized", number=number, name=name))
    return notices


def _sha256(entries: list[PictureTime]) -> str:
    """Of times and contents, in time order."""
    digest = hashlib.sha256()
    for entry in entries:
        digest.update(entry.time_ns.to_bytes(16, "big", signed=True))
        with entry.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
