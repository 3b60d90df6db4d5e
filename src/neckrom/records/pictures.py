"""The end-range pictures of a stored session: files of its folder, named after their movement.

Sessions that were stored before pictures were files keep them inside ``report.html`` only: there they
are read from, by the English words of their descriptions.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from pathlib import Path

from neckrom.private_files import read_plain
from neckrom.report.write import PICTURES
from neckrom.types import MOVEMENTS, Movement

MAX_PICTURE_BYTES = 5_000_000
_MAX_REPORT_BYTES = 200_000_000
_SHOT = re.compile(rb'<img src="data:image/jpeg;base64,([A-Za-z0-9+/=]+)" alt="([^"]{1,500})"')
_SHOWN = "at the end of {}, "
"""What the description of a picture said of its movement in the older reports."""
_JPEG = b"\xff\xd8\xff"


def pictures_of(folder: Path) -> dict[Movement, bytes]:
    """End-range pictures of a session's folder, as JPEG; empty where the person kept none."""
    found = {}
    for movement in MOVEMENTS:
        try:
            data = read_plain(folder / PICTURES / f"{movement.value}.jpg", MAX_PICTURE_BYTES)
        except OSError:
            continue
        if data.startswith(_JPEG):
            found[movement] = data
    return found or _in_older_report(folder / "report.html")


def _in_older_report(path: Path) -> dict[Movement, bytes]:
    try:
        status = path.stat()
        return dict(_pictures_at(path, status.st_mtime_ns, status.st_size))
    except OSError:
        return {}


@lru_cache(maxsize=4)
def _pictures_at(path: Path, _mtime_ns: int, _size: int) -> dict[Movement, bytes]:
    """Read once for a page with a dozen pictures."""
    return pictures_in(read_plain(path, _MAX_REPORT_BYTES))


def pictures_in(report: bytes) -> dict[Movement, bytes]:
    """End-range pictures in an older report, by the movement that their description names."""
    found: dict[Movement, bytes] = {}
    for match in _SHOT.finditer(report):
        described = match[2].decode("utf-8", "replace")
        movement = next((each for each in MOVEMENTS if _SHOWN.format(each.label.lower()) in described), None)
        try:
            data = base64.b64decode(match[1], validate=True)
        except binascii.Error:
            continue
        if movement is not None and data.startswith(_JPEG):
            found.setdefault(movement, data)
    return found
