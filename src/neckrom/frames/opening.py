"""One door for every kind of input that holds pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from neckrom.errors import InputError
from neckrom.frames.animation import AnimationSource, grab_animation_frames, is_animation
from neckrom.frames.clip import ClipSource, grab_clip_frames
from neckrom.frames.images import ImageFolderSource, grab_image_frames
from neckrom.frames.picture import PictureSource
from neckrom.frames.still import is_picture_name
from neckrom.types import Frame, FrameSource

DEFAULT_MAX_SIDE = 1280
"""Long side in pixels above which pictures are scaled down: the models see 256 pixels a face anyway."""


def open_source(
    path: Path, *, max_side: int = DEFAULT_MAX_SIDE, turned_deg: int = 0, track: int | None = None
) -> FrameSource:
    """Open a clip or a folder of images.

    Parameters
    ----------
    path : Path
        Any file that FFmpeg can decode, an animated GIF, or a folder of images with
        timestamps (see :mod:`neckrom.frames.images`).
    max_side : int
        Larger pictures are scaled down to this long side, in pixels.
    turned_deg : int
        Degrees clockwise (0, 90, 180, 270) by which pictures are turned beyond what the file asks for.
    track : int, optional
        Which of several tracks with a moving picture, from 0; else the one with the largest picture.

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
    check_exists(path)
    if path.is_dir():
        return ImageFolderSource(path, max_side=max_side, turned_deg=turned_deg)
    if is_animation(path):
        return AnimationSource(path, max_side=max_side, turned_deg=turned_deg)
    return ClipSource(path, max_side=max_side, turned_deg=turned_deg, track=track)


def grab_frames(
    path: Path,
    times_ns: Sequence[int],
    *,
    max_side: int = DEFAULT_MAX_SIDE,
    turned_deg: int = 0,
    track: int | None = None,
) -> list[Frame]:
    """Single frames by their exact times, the same pictures as :func:`open_source` gives in sequence.

    Parameters
    ----------
    path : Path
        As in :func:`open_source`.
    times_ns : sequence of int
        ``Frame.time_ns`` of frames that the source has handed out; any order, repeats allowed.
    max_side, turned_deg, track
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
    check_exists(path)
    wanted = frozenset(times_ns)
    if path.is_dir():
        found = grab_image_frames(path, wanted, max_side, turned_deg)
    elif is_animation(path):
        found = grab_animation_frames(path, wanted, max_side, turned_deg)
    else:
        found = grab_clip_frames(path, wanted, max_side, turned_deg, track)
    missing = [time for time in times_ns if time not in found]
    if missing:
        raise InputError(
            f"{path} has no frame at {missing[0] * 1e-9:.3f} s: is it the clip that was measured? "
            "Measure it again."
        )
    return [Frame(index, time, found[time]) for index, time in enumerate(times_ns)]


def is_picture(path: Path) -> bool:
    """Whether a file is a single still picture by its name; animations are none.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return path.is_file() and is_picture_name(path) and not is_animation(path)


def open_picture(path: Path, *, max_side: int = DEFAULT_MAX_SIDE, turned_deg: int = 0) -> FrameSource:
    """Open a still picture as a source of one frame, at time zero.

    Parameters
    ----------
    path : Path
    max_side : int
        Longest side of what comes out, pixels; never scaled up.
    turned_deg : int
        Degrees clockwise by which the picture is turned beyond what the file asks for, a multiple of 90.

    Returns
    -------
    FrameSource

    Raises
    ------
    InputError
        No such file, or no picture that can be read.
    """
    check_exists(path)
    return PictureSource(path, max_side=max_side, turned_deg=turned_deg)


_ADDRESS = re.compile(r"[a-z][a-z0-9+.\-]+:/", re.IGNORECASE)


def check_exists(path: Path) -> None:
    """Refuse what is no file or folder that can be read.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
    """
    if _ADDRESS.match(str(path)) and not os.path.lexists(path):
        raise InputError(
            f"{str(path).replace(':/', '://', 1)} is an address, and recordings are measured from files only: "
            "save it as a file first and give that, or, for a network camera, lead a session: "
            "neckrom live --source ADDRESS"
        )
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
