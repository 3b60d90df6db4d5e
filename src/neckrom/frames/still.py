"""One still picture from a file: by FFmpeg as clips are, by Pillow where FFmpeg cannot."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from neckrom.frames.geometry import MOST_PICTURE_PIXELS

IMAGE_SUFFIXES = frozenset(
    {
        ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".tiff",
        ".ppm", ".pgm", ".pnm", ".avif", ".heic", ".heif",
    }
)  # fmt: skip
_OPTIONS = {
    "protocol_whitelist": "file",
    "pattern_type": "none",
    "max_pixels": str(MOST_PICTURE_PIXELS),
}


def is_picture_name(path: Path) -> bool:
    """Whether a file's name is that of a picture; those that systems hide beside the real ones are not.

    Parameters
    ----------
    path : Path
        Need not exist.

    Returns
    -------
    bool
    """
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def read_picture(path: Path) -> VideoFrame | None:
    """The picture, not yet turned; None where the file holds none that can be read.

    Parameters
    ----------
    path : Path

    Returns
    -------
    VideoFrame or None
        With its display matrix, where it has one.
    """
    try:
        with av.open(f"file:{path.absolute()}", options=_OPTIONS, metadata_errors="replace") as image:
            if not _is_tiled(image):
                frame = next((frame for frame in image.decode(video=0)), None)
                if frame is not None:
                    return frame
    except (FFmpegError, IndexError, ValueError, OverflowError):
        pass
    return _by_pillow(path)


def _is_tiled(image: av.container.InputContainer) -> bool:
    """Whether the picture lies in the file as tiles (photos of phones in HEIC): one of them is not the picture."""
    sizes = [
        (stream.width, stream.height)
        for stream in image.streams.video
        if getattr(stream, "codec_context", None) is not None
    ]
    return len(sizes) > 1 and sizes.count(max(sizes)) > 1


def _by_pillow(path: Path) -> VideoFrame | None:
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PICTURE_PIXELS:
                return None
            upright = ImageOps.exif_transpose(image.convert("RGB"))
            return VideoFrame.from_ndarray(np.asarray(upright, dtype=np.uint8), format="rgb24")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return None
