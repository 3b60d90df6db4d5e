"""Animated WebP, which FFmpeg does not read: by Pillow."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from neckrom.errors import NotAVideoError
from neckrom.frames.geometry import MOST_CLIP_PIXELS, Turn, check_size, fitted_size
from neckrom.frames.names import readable_name
from neckrom.frames.timing import TimeKeeper, picture_size_warnings
from neckrom.types import Frame, ImageArray, Notice, SourceInfo

_PILLOW_ERRORS = (OSError, ValueError, EOFError, SyntaxError, UnidentifiedImageError)
"""What Pillow raises on damaged files."""


def is_animation(path: Path) -> bool:
    """Whether the file is a WebP with several pictures, judged by its first bytes (VP8X with its animation flag).

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
        False as well for a file that cannot be opened.
    """
    try:
        with path.open("rb") as file:
            start = file.read(21)
    except OSError:
        return False
    return len(start) == 21 and start[:4] == b"RIFF" and start[8:16] == b"WEBPVP8X" and bool(start[20] & 2)


class AnimationSource:
    """Frames of an animated WebP; each lasts as long as the file says.

    Parameters
    ----------
    path : Path
    max_side, turned_deg : int
        As in :func:`neckrom.frames.open_source`.

    Raises
    ------
    NotAVideoError
        No frame of it can be decoded.
    """

    def __init__(self, path: Path, *, max_side: int, turned_deg: int = 0) -> None:
        self._path = path
        self._turn = Turn().turned_further(turned_deg)
        self._warnings: list[Notice] = []
        self._damaged = False
        with _opened(path) as image:
            if image.width * image.height > MOST_CLIP_PIXELS:
                raise NotAVideoError(
                    f"The picture of {path} is {image.width} x {image.height} pixels: scale it down first."
                )
            expected = int(getattr(image, "n_frames", 1))
        first = next(self._pictures(), None)
        if first is None:
            raise NotAVideoError(
                f"{path} holds no picture that can be decoded: save the animation again, or give a clip."
            )
        height, width = self._turn.apply(first[1]).shape[:2]
        check_size(width, height, str(path))
        self._source_size = (width, height)
        self._size = fitted_size(width, height, max_side)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._info = SourceInfo(
            name=readable_name(path.stem),
            kind="clip",
            sha256=digest,
            width=self._size[0],
            height=self._size[1],
            source_width=width,
            source_height=height,
            expected_frames=expected,
            nominal_fps=None,
            turned_deg=turned_deg,
        )

    @property
    def info(self) -> SourceInfo:
        """What is known before the frames are read."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know, complete once all frames are read."""
        return (*picture_size_warnings(self._source_size, self._size), *self._warnings)

    def frames(self) -> Iterator[Frame]:
        """Yield each frame once, in time order.

        Yields
        ------
        Frame
            RGB, upright, in time order.
        """
        times = TimeKeeper()
        for time_ns, picture in self._pictures():
            if times.accept(time_ns):
                yield Frame(times.count - 1, time_ns, self._fitted(picture))
        text = "The animation cannot be read to its end: the rest is missing."
        damaged = [Notice(text, "animation_unreadable")] if self._damaged else []
        self._warnings = [*damaged, *times.warnings()]

    def close(self) -> None:
        """Nothing is kept open."""

    def _pictures(self) -> Iterator[tuple[int, ImageArray]]:
        """Times and pictures as stored (an EXIF orientation applied), up to where the file is damaged."""
        self._damaged = False
        time_ns = 0
        with _opened(self._path) as image:
            number = 0
            while True:
                try:
                    image.seek(number)
                    # an animation's orientation stands once for all its frames; Pillow keeps it at each
                    upright = ImageOps.exif_transpose(image.convert("RGB"))
                except EOFError:
                    return
                except _PILLOW_ERRORS:
                    self._damaged = True
                    return
                yield time_ns, np.asarray(upright, dtype=np.uint8)
                time_ns += round(float(image.info.get("duration") or 0) * 1e6)
                number += 1

    def _fitted(self, picture: ImageArray) -> ImageArray:
        turned = self._turn.apply(picture)
        height, width = turned.shape[:2]
        if (width, height) == self._size:
            return turned
        scaled = Image.fromarray(turned).resize(self._size, Image.Resampling.BOX)
        return np.asarray(scaled, dtype=np.uint8)


def grab_animation_frames(
    path: Path, times_ns: frozenset[int], max_side: int, turned_deg: int
) -> dict[int, ImageArray]:
    """Pictures at the given times; times without a frame are left out.

    Parameters
    ----------
    path : Path
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
        The file cannot be read.
    """
    source = AnimationSource(path, max_side=max_side, turned_deg=turned_deg)
    return {frame.time_ns: frame.image for frame in source.frames() if frame.time_ns in times_ns}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        image = Image.open(path, formats=("WEBP",))
    except (*_PILLOW_ERRORS, Image.DecompressionBombError) as error:
        raise NotAVideoError(
            f"{path} cannot be read as an animated WebP: it is damaged. Save it again, or give a clip."
        ) from error
    with image:
        yield image
