"""A look at a clip or picture of a whole body before it is read: which way up it is.

The pose model turns its window with the body, so it also finds people in pictures that lie on their side. Somebody who
runs or stands has the shoulders above the hips.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neckrom.frames.samples import sample
from neckrom.types import Float32Array, FloatArray, FrameSource, ImageArray, Notice

_PICTURES = 5
_MAX_SIDE = 960
_AGREE = 0.75
"""Share of the pictures that have to say the same turn."""


def way_up(
    path: Path, source: FrameSource, *, picture: bool, rotate_deg: int | None
) -> tuple[int, tuple[Notice, ...]]:
    """Degrees clockwise by which the picture is to be turned, and what the user should know of it.

    Parameters
    ----------
    path : Path
    source : FrameSource
        The same input, opened without a turn.
    picture : bool
        Whether it is a single still picture.
    rotate_deg : int, optional
        What the user says.
    """
    if rotate_deg is not None:
        return rotate_deg, ()
    from neckrom.landmarks.body_engine import BodyFinder  # noqa: PLC0415  (slow to load)

    finder = BodyFinder()
    try:
        poses = [finder.find(image) for image in _pictures(path, source, picture=picture)]
    finally:
        finder.close()
    turns = [turn for pose in poses if (turn := turn_of_body(pose)) is not None]
    if not turns:
        return 0, ()
    values, counts = np.unique(turns, return_counts=True)
    turn = int(values[counts.argmax()])
    if turn == 0 or counts.max() < _AGREE * len(turns):
        return 0, ()
    text = (
        f"The picture lies on its side or head and the file says nothing of it: it was turned by {turn} deg "
        "clockwise, the way in which the person is upright. If that is wrong, say --rotate 0."
    )
    return turn, (Notice(text, "body_turned", turn_deg=turn),)


def turn_of_body(pose: Float32Array) -> int | None:
    """Degrees clockwise (0, 90, 180, 270) that bring the shoulders above the hips; None where it is not clear.

    Parameters
    ----------
    pose : ndarray, shape (33, 3), pixels; NaN where nobody was found
    """
    up: FloatArray = (pose[11:13, :2].mean(axis=0) - pose[23:25, :2].mean(axis=0)).astype(np.float64)
    length = float(np.hypot(*up))
    if not np.isfinite(length) or length == 0:
        return None
    # in the picture, clockwise from pointing up
    points_deg = float(np.degrees(np.arctan2(up[0], -up[1])))
    quarter = round(points_deg / 90.0)
    if abs(points_deg - 90.0 * quarter) > 35.0:
        return None
    return -90 * quarter % 360


def _pictures(path: Path, source: FrameSource, *, picture: bool) -> tuple[ImageArray, ...]:
    if picture:
        return tuple(frame.image for frame in source.frames())
    return sample(path, _PICTURES, max_side=_MAX_SIDE)[0].pictures
