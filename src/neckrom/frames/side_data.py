"""What FFmpeg hands over beside a decoded picture.

FFmpeg learns new kinds of side data (EXIF of photos, the views of a spatial video) before PyAV does. PyAV
lists them by an enumeration that ends earlier, and a frame that carries one kind it does not know refuses to
give any. Enumerations have a documented hook for unknown values, ``_missing_``: with it such a kind gets a
name of its own and the rest can be read as before. Where PyAV knows the kind, the hook is never asked.
"""

from __future__ import annotations

import struct
from typing import Any

from av.sidedata import sidedata
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame


def _unknown_kind(cls: type[Any], value: object) -> Any:
    """A member for a kind that PyAV does not list; None (which refuses it) for what is no kind at all."""
    if not isinstance(value, int):
        return None
    kind = object.__new__(cls)
    kind._name_ = f"UNKNOWN_{value}"
    kind._value_ = value
    return kind


sidedata.Type._missing_ = classmethod(_unknown_kind)  # type: ignore[assignment, method-assign]


def display_matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    """How the picture is to be shown: nine numbers of 16.16 (last column 2.30), row by row, as FFmpeg has them.

    It comes from the container (clips of phones) or from EXIF (photos); None where there is none, or where
    what is there is cut off.

    Parameters
    ----------
    frame : VideoFrame

    Returns
    -------
    tuple of nine int, or None
    """
    found = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(found, SideData):
        return None
    content = bytes(found)
    return struct.unpack("=9i", content[:36]) if len(content) >= 36 else None
