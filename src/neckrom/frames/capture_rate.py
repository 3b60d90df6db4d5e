"""How fast a slow-motion clip was really filmed, by the metadata of its file.

Phones with Android write a clip of 240 pictures a second so that it plays at 30, and note the true rate as
``com.android.capture.fps`` (Android, MediaRecorder.setCaptureRate). iPhones keep true times in the file until it is
exported; an exported one says nothing.
"""

from __future__ import annotations

import math
from pathlib import Path

import av
from av.error import FFmpegError

from neckrom.types import CAPTURE_RATES

_KEY = "com.android.capture.fps"


def capture_fps_of_clip(path: Path) -> float | None:
    """Pictures a second at which the clip was filmed, where its file names it; None where it does not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    float or None
        As the phone wrote it into the container; None also where it lies outside of :data:`CAPTURE_RATES`.
    """
    try:
        with av.open(
            f"file:{path.absolute()}", options={"protocol_whitelist": "file"}, metadata_errors="replace"
        ) as container:
            written = container.metadata.get(_KEY)
        rate = math.nan if written is None else float(written)
    except (FFmpegError, OSError, ValueError, OverflowError):
        return None
    slowest, fastest = CAPTURE_RATES
    return rate if slowest <= rate <= fastest else None
