"""A few pictures from all over an input, to look at it before it is measured."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neckrom.errors import InputError
from neckrom.frames.animation import is_animation
from neckrom.frames.clip import sampled_pictures, track_count
from neckrom.frames.opening import check_exists, open_source
from neckrom.types import Frame, ImageArray


@dataclass(frozen=True, slots=True)
class Samples:
    """Pictures of one track.

    Attributes
    ----------
    track : int or None
        Which of several tracks; None where there is only one.
    pictures : tuple of ndarray, shape (height, width, 3), uint8, RGB
        As the file asks for them to be shown; none where the track cannot be decoded.
    """

    track: int | None
    pictures: tuple[ImageArray, ...]


def sample(path: Path, count: int, *, max_side: int) -> tuple[Samples, ...]:
    """Up to ``count`` pictures from each track with a moving picture, spread over it.

    Parameters
    ----------
    path : Path
    count : int
    max_side : int
        Longest side of what comes out, pixels; never scaled up.

    Returns
    -------
    tuple of Samples
        One for each track; empty where a track cannot be read.

    Raises
    ------
    InputError
        As :func:`neckrom.frames.open_source`.
    """
    check_exists(path)
    if path.is_dir() or is_animation(path):
        source = open_source(path, max_side=max_side)
        with contextlib.closing(source):
            step = max(1, (source.info.expected_frames or count) // count)
            frames = source.frames()
            return (Samples(None, tuple(_every(frames, step, count))),)
    tracks = track_count(path)
    found = []
    for track in range(tracks):
        number = track if tracks > 1 else None
        try:
            pictures = tuple(sampled_pictures(path, count, max_side, number))
        except InputError:
            pictures = ()
        found.append(Samples(number, pictures))
    return tuple(found)


def _every(frames: Iterator[Frame], step: int, count: int) -> Iterator[ImageArray]:
    for number, frame in enumerate(frames):
        if number % step == 0:
            yield frame.image
            if number >= step * (count - 1):
                return
