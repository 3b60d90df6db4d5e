"""The focal length that a phone or camera writes into its files, as that of 35 mm film.

Photos carry it in EXIF (tag 0xA405, ``FocalLengthIn35mmFilm``), clips of iPhones among the QuickTime metadata of the
video track (``com.apple.quicktime.camera.focal_length.35mm_equivalent``, as text or as a number; "track-level
metadata", Apple, AVFoundation). FFmpeg hands on the file's metadata alone, not the track's, so the few atoms on the
way there are read here: ``moov``, in it ``trak``, in it ``meta`` with ``keys`` and ``ilst`` (Apple, QuickTime File
Format Specification, Metadata Atoms). Whatever is damaged or strange there counts as nothing written.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image

from neckrom.types import FOCAL_LENGTHS_MM

KEY = b"com.apple.quicktime.camera.focal_length.35mm_equivalent"
_MOST_ATOMS = 500
"""At one level, and keys of a list: recordings have a few dozen, and a made-up file must not keep anybody waiting."""
_LARGEST_META = 1 << 20
_INTEGERS = {21: True, 22: False, 65: True, 66: True, 67: True, 75: False, 76: False, 77: False}
"""Well-known types of whole numbers, and whether they have a sign."""
_FLOATS = {23: ">f", 24: ">d"}
_TEXT = 1


def focal_of_clip(path: Path) -> float | None:
    """Millimetres on 35 mm film by the metadata of a QuickTime or MP4 file; None where none are written.

    Parameters
    ----------
    path : Path

    Returns
    -------
    float or None
        As the file states it, mm; None also where no lens is so long or short.
    """
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            return _in_movie(file, file.tell())
    except (OSError, ValueError, OverflowError, struct.error):
        return None


def focal_of_picture(path: Path) -> float | None:
    """Millimetres on 35 mm film by EXIF; None where none are written.

    Parameters
    ----------
    path : Path

    Returns
    -------
    float or None
        ``FocalLengthIn35mmFilm`` as the file states it, mm; None also where no lens is so long or short.
    """
    try:
        with Image.open(path) as image:
            written = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.FocalLengthIn35mmFilm)
            return _plausible(None if written is None else float(written))
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, ZeroDivisionError, KeyError, struct.error):
        return None
    except Image.DecompressionBombError:
        return None


def _plausible(focal_mm: float | None) -> float | None:
    shortest, longest = FOCAL_LENGTHS_MM
    return focal_mm if focal_mm is not None and shortest <= focal_mm <= longest else None


def _in_movie(file: BinaryIO, size: int) -> float | None:
    for kind, start, end in _atoms(file, 0, size):
        if kind != b"moov":
            continue
        for inner, inner_start, inner_end in _atoms(file, start, end):
            if inner == b"meta":
                found = _in_meta(file, inner_start, inner_end)
            elif inner == b"trak":
                metas = (atom for atom in _atoms(file, inner_start, inner_end) if atom[0] == b"meta")
                found = next((f for _, a, b in metas if (f := _in_meta(file, a, b)) is not None), None)
            else:
                found = None
            if found is not None:
                return found
    return None


def _atoms(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and end of the content of each atom between two places of the file."""
    for _ in range(_MOST_ATOMS):
        if start + 8 > end:
            return
        file.seek(start)
        length, kind = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if length == 1:  # the length follows in 64 bits
            (length,) = struct.unpack(">Q", file.read(8))
            content += 8
        after = end if length == 0 else start + length
        if after < content or after > end:
            return
        yield kind, content, after
        start = after


def _in_meta(file: BinaryIO, start: int, end: int) -> float | None:
    if end - start > _LARGEST_META:
        return None
    file.seek(start)
    # in MP4, unlike in QuickTime, version and flags come before the first atom
    if file.read(8)[4:] not in (b"hdlr", b"keys", b"ilst"):
        start += 4
    wanted: int | None = None
    for kind, content, after in _atoms(file, start, end):
        file.seek(content)
        if kind == b"keys":
            wanted = _place_of_key(file.read(after - content))
        elif kind == b"ilst" and wanted is not None:
            for item, item_start, item_end in _atoms(file, content, after):
                if int.from_bytes(item, "big") == wanted:
                    file.seek(item_start)
                    return _plausible(_value(file.read(item_end - item_start)))
    return None


def _place_of_key(keys: bytes) -> int | None:
    """Which of the keys, from 1, is the one; behind version, flags and number, each with its length before it."""
    at = 8
    for place in range(1, _MOST_ATOMS):
        if at + 8 > len(keys):
            return None
        (length,) = struct.unpack(">I", keys[at : at + 4])
        if length < 8:
            return None
        if keys[at + 8 : at + length] == KEY:
            return place
        at += length
    return None


def _value(item: bytes) -> float | None:
    """The number in a ``data`` atom: length, "data", type, language, value."""
    if item[4:8] != b"data" or len(item) < 17:
        return None
    kind, value = int.from_bytes(item[8:12], "big"), item[16 : int.from_bytes(item[:4], "big")]
    if kind in _INTEGERS:
        return float(int.from_bytes(value[:8], "big", signed=_INTEGERS[kind]))
    if kind in _FLOATS and len(value) == struct.calcsize(_FLOATS[kind]):
        return float(struct.unpack(_FLOATS[kind], value)[0])
    return float(value[:32].decode("ascii", "replace").lower().removesuffix("mm")) if kind == _TEXT else None
