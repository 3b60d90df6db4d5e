"""One door for every kind of input that holds pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neckrom.errors import InputError
from neckrom.frames.clip import ClipSource, grab_clip_frames
from neckrom.frames.images import ImageFolderSource, grab_image_frames
from neckrom.types import Frame, FrameSource

DEFAULT_MAX_SIDE = 1280
"""Long side in pixels above which pictures are scaled down: the models see 256 pixels a face anyway."""


def open_source(path: Path, *, max_side: int = DEFAULT_MAX_SIDE) -> FrameSource:
    """Open a clip or a folder of images.

    Parameters
    ----------
    path : Path
        Any file that FFmpeg can decode, an animated GIF, or a folder of images with
        timestamps (see :mod:`neckrom.frames.images`).
    max_side : int
        Larger pictures are scaled down to this long side, in pixels.

    Returns
    -------
    FrameSource
        Close it when done; ``info`` is known at once, ``warnings`` is complete once
        all frames are read.

    Raises
    ------
    InputError
        No such file, not readable, or a folder without images and timestamps.
    NotAVideoError
        The file holds no moving picture.
    """
    _check_exists(path)
    if path.is_dir():
        return ImageFolderSource(path, max_side=max_side)
    return ClipSource(path, max_side=max_side)


def grab_frames(path: Path, times_ns: Sequence[int], *, max_side: int = DEFAULT_MAX_SIDE) -> list[Frame]:
    """Single frames by their exact times, the same pictures as :func:`open_source` gives in sequence.

    Parameters
    ----------
    path : Path
        As in :func:`open_source`.
    times_ns : sequence of int
        ``Frame.time_ns`` of frames that the source has handed out; any order, repeats allowed.
    max_side : int
        As in :func:`open_source`.

    Returns
    -------
    list of Frame
        One for each time, in the order of ``times_ns``; ``index`` counts in that order.

    Raises
    ------
    InputError
        The input has no frame at one of the times (it is another clip).
    """
    _check_exists(path)
    grab = grab_image_frames if path.is_dir() else grab_clip_frames
    found = grab(path, frozenset(times_ns), max_side)
    missing = [time for time in times_ns if time not in found]
    if missing:
        raise InputError(
            f"{path} has no frame at {missing[0] * 1e-9:.3f} s: is it the clip that was measured? "
            "Measure it again."
        )
    return [Frame(index, time, found[time]) for index, time in enumerate(times_ns)]


def _check_exists(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: check the name and the folder.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}): check the name and its permissions."
        ) from error
    if not (path.is_file() or path.is_dir()):
        raise InputError(f"{path} is neither a file nor a folder: give a clip or a folder of images.")
