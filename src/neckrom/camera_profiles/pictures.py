"""Pictures of the board: from a clip, or from a folder of images that need no timestamps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from neckrom.errors import InputError
from neckrom.frames import DEFAULT_MAX_SIDE, open_source
from neckrom.frames.geometry import (
    PictureMaker,
    UnreadablePictureError,
    fitted_size,
    turn_of,
    upright_size,
)
from neckrom.frames.still import is_picture_name, read_picture
from neckrom.types import ImageArray

_STEP_NS = 250_000_000
"""Time between pictures taken from a clip: the board has moved by then."""
_MOST_PICTURES = 240


class Pictures(Protocol):
    """Where pictures of the board come from; a live camera would be another."""

    def read(self) -> Iterator[ImageArray]:
        """Yield upright RGB pictures of one size.

        Yields
        ------
        array of shape (height, width, 3), uint8

        Raises
        ------
        InputError
            There is no picture that can be read.
        """
        ...

    @property
    def expected(self) -> int | None:
        """How many there will be, where it is known."""
        ...


def open_pictures(path: Path) -> Pictures:
    """Open a clip or a folder of images.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Pictures

    Raises
    ------
    InputError
        No such file, no images, or not a video.
    """
    if path.is_dir():
        return FolderPictures(path)
    return ClipPictures(path)


class ClipPictures:
    """Pictures from a clip, a quarter of a second or more apart."""

    def __init__(self, path: Path) -> None:
        self._source = open_source(path)
        info = self._source.info
        frames, fps = info.expected_frames, info.nominal_fps
        duration_ns = frames / fps * 1e9 if frames and fps else 0.0
        self._step_ns = max(_STEP_NS, round(duration_ns / _MOST_PICTURES))
        self._expected = round(duration_ns / self._step_ns) or None

    @property
    def expected(self) -> int | None:
        """How many there will be, where the container says."""
        return self._expected

    def read(self) -> Iterator[ImageArray]:
        """Yield upright RGB pictures of one size.

        Yields
        ------
        array of shape (height, width, 3), uint8

        Raises
        ------
        InputError
            There is no picture that can be read.
        """
        with contextlib.closing(self._source):
            next_ns = 0
            for frame in self._source.frames():
                if frame.time_ns >= next_ns:
                    next_ns = frame.time_ns + self._step_ns
                    yield frame.image


@dataclass(frozen=True, slots=True)
class FolderPictures:
    """Pictures from a folder; those that cannot be read or differ in size are left out."""

    folder: Path

    @property
    def expected(self) -> int | None:
        """How many files there are."""
        return len(self._files())

    def read(self) -> Iterator[ImageArray]:
        """Yield upright RGB pictures of the size of the first.

        Yields
        ------
        array of shape (height, width, 3), uint8

        Raises
        ------
        InputError
            There is no picture that can be read.
        """
        first: tuple[int, int] | None = None
        for path in self._files():
            decoded = read_picture(path)
            if decoded is None:
                continue
            turn = turn_of(decoded)
            size = fitted_size(*upright_size(decoded, turn, Fraction(1)), DEFAULT_MAX_SIDE)
            first = first or size
            if size == first:
                with contextlib.suppress(UnreadablePictureError):
                    yield PictureMaker(*size, turn).make(decoded)
        if first is None:
            raise InputError(
                f"{self.folder} is a folder without images that can be read: give a clip of the board, or a "
                "folder of PNG or JPEG pictures of it."
            )

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.iterdir() if is_picture_name(path))
        except OSError as error:
            raise InputError(
                f"{self.folder} cannot be listed ({error.strerror}): check its permissions."
            ) from error
