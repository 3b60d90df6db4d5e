"""Frames in time order, from clips, image folders and animations."""

from neckrom.frames.opening import DEFAULT_MAX_SIDE, check_exists, grab_frames, open_source

__all__ = ["DEFAULT_MAX_SIDE", "check_exists", "grab_frames", "open_source"]
