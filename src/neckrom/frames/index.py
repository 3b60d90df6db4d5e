"""When the frames of a clip are shown, without decoding them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from av.error import FFmpegError

from neckrom.frames.clip import _nanoseconds, _open, _start


@dataclass(frozen=True, slots=True)
class FrameIndex:
    """Times of a clip.

    Attributes
    ----------
    start_ns : int
        What the container counts as its own start; sources hand out times since then.
    times_ns : tuple of int
        Rising, since the start.
    """

    start_ns: int
    times_ns: tuple[int, ...]


def index_of(path: Path) -> FrameIndex:
    """Times of all frames that the container holds, up to where it was cut off.

    Parameters
    ----------
    path : Path

    Returns
    -------
    FrameIndex
        Nanoseconds, rising.

    Raises
    ------
    InputError
        The file cannot be read as a clip.
    """
    container, stream = _open(path)
    times: list[int] = []
    with contextlib.closing(container):
        assert stream.time_base is not None
        start = _start(container, stream)
        with contextlib.suppress(FFmpegError):  # cut off: what was read counts
            times.extend(
                _nanoseconds(packet.pts - start, stream.time_base)
                for packet in container.demux(stream)
                if packet.pts is not None and packet.size
            )
        return FrameIndex(_nanoseconds(start, stream.time_base), tuple(sorted(times)))
