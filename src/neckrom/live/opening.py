"""From what a user types to a live source."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from neckrom.errors import InputError
from neckrom.live.capture import CameraOptions, CameraSource
from neckrom.live.playback import ClipPlayer
from neckrom.live.pushed import Kind, PushedSource
from neckrom.live.sources import LiveSource


def open_live_source(source: str, *, size: tuple[int, int], fps: float, fast: bool) -> LiveSource:
    """A camera by its number or address, a page's or a phone's, or a clip that plays one; not begun yet.

    Raises
    ------
    InputError
        No such file, or ``fast`` with a camera.
    """
    path = Path(source)
    pages = source in get_args(Kind)
    if pages or source.isdigit() or "://" in source:
        if fast:
            raise InputError(
                "--fast plays a clip faster; a person before a camera takes the time that it takes."
            )
        if pages:
            return PushedSource("phone" if source == "phone" else "browser")
        number: int | str = int(source) if source.isdigit() else source
        return CameraSource(CameraOptions(number, *size, fps))
    if not path.exists():
        raise InputError(
            f"No camera and no clip {source!r}: give the number of a camera (0 is the first; neckrom doctor lists "
            "them), browser (the camera of the page), phone, an address such as http://..., or the path of a clip."
        )
    return ClipPlayer(path, fast=fast)
