"""Frames in time order, from clips, image folders, animations and single pictures."""

from neckrom.frames.opening import (
    DEFAULT_MAX_SIDE,
    check_exists,
    grab_frames,
    is_picture,
    open_picture,
    open_source,
)

__all__ = ["DEFAULT_MAX_SIDE", "check_exists", "grab_frames", "is_picture", "open_picture", "open_source"]
