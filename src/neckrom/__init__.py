"""Neck range of motion from a webcam or a recorded clip."""

from neckrom._version import __version__

__all__ = ["__version__"]
