"""A recording of a whole person that was given to be measured for the neck: what to do with it instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from neckrom.columns import in_blocks
from neckrom.errors import WholeBodyError
from neckrom.frames.samples import sample
from neckrom.service.looking import Choice
from neckrom.types import Float32Array, ImageArray, LandmarkSeries, Notice

_LEGS = 1.2
"""Hips to ankles in lengths of the trunk from which somebody stands or runs: who sits has less than one."""
_HEIGHT = 0.35
"""Nose to ankles as a share of the picture's height."""
_FACELESS_LEGS, _FACELESS_HEIGHT = 1.0, 0.2
"""The same where no face was found in the whole recording: nothing of the neck could be measured in it anyway, and
people filmed from above, far away or in a step look shorter."""
_FACES = 0.5
"""Share of the frames with a face below which nothing of the neck can be measured in such a recording."""
_AGREE = 0.6
WHOLE_BODY = "whole_body"
"""Key of the notice that a result carries."""
_PICTURES, _MAX_SIDE = 5, 1280
_WIDE = 1.3
INSTEAD = (
    "A run is read with: neckrom run CLIP. A standing posture with: neckrom posture CLIP. On a page for people choose "
    "what the clip shows. For the neck film head and shoulders, sitting, from the front."
)


def whole_body_notice(series: LandmarkSeries, name: str) -> tuple[Notice, ...]:
    """What to say of a recording in which somebody stands or runs with head and feet in the picture.

    Raises
    ------
    WholeBodyError
        The face is seen in too few frames: this is no recording of a neck.
    """
    found, standing = series.pose_found, 0
    for rows in in_blocks(series.pose):
        standing += sum(stands_whole(pose, series.height) for pose in series.pose[rows][found[rows]])
    if not found.any() or standing / found.sum() < _AGREE:
        return ()
    if series.face_found.mean() < _FACES:
        raise WholeBodyError(
            f"{name} shows a whole person who stands or runs, with a face too small to measure. {INSTEAD}"
        )
    text = (
        "The whole person is in the picture and the face is small: angles of the neck are less exact. Film head and "
        "shoulders for the neck. A run is read with neckrom run, a standing posture with neckrom posture."
    )
    return (Notice(text, WHOLE_BODY),)


def whole_body_hint(path: Path, choice: Choice) -> str:
    """The same for a clip in which no face was found: empty where no whole person is seen in a few pictures.

    Pictures in which nobody is found say nothing: who runs past is not there all the time.
    """
    from neckrom.landmarks.body_engine import BodyFinder  # noqa: PLC0415  (slow to load)

    tracks = sample(path, _PICTURES, max_side=_MAX_SIDE)
    pictures = next((one.pictures for one in tracks if choice.track is None or one.track == choice.track), ())
    turned = [np.ascontiguousarray(np.rot90(picture, -choice.turned_deg // 90)) for picture in pictures]
    finder = BodyFinder()
    try:
        poses = [(_found(finder.find, picture), picture.shape[0]) for picture in turned]
    finally:
        finder.close()
    seen = [
        stands_whole(pose, height, legs=_FACELESS_LEGS, share=_FACELESS_HEIGHT)
        for pose, height in poses
        if np.isfinite(pose[:, :2]).all()
    ]
    return f"A whole person who stands or runs is seen. {INSTEAD}" if sum(seen) * 2 > len(seen) else ""


def _found(find: Callable[[ImageArray], Float32Array], picture: ImageArray) -> Float32Array:
    """The pose in a picture, or in a square part of a wide one, in which a person is larger for the model."""
    pose = find(picture)
    height, width = picture.shape[:2]
    if width < _WIDE * height:
        return pose
    for left in (*range(0, width - height, height // 2), width - height):
        if np.isfinite(pose[:, :2]).all():
            break
        pose = find(np.ascontiguousarray(picture[:, left : left + height]))
    return pose


def stands_whole(pose: Float32Array, height: int, *, legs: float = _LEGS, share: float = _HEIGHT) -> bool:
    """Whether a pose is that of somebody who stands or runs with head and feet in the picture.

    Parameters
    ----------
    pose : ndarray, shape (33, 3), pixels
    height : int
        Of the picture.
    legs : float
        Least length from hips to ankles, in lengths of the trunk.
    share : float
        Least length from nose to ankles, as a share of the height.
    """
    nose, shoulders, hips = pose[0, 1], pose[11:13, 1].mean(), pose[23:25, 1].mean()
    ankles = pose[27:29, 1].max()  # in a step the other one is lifted
    if not np.isfinite(ankles) or hips <= shoulders:
        return False
    inside = nose >= 0 and ankles <= height
    return bool(inside and ankles - nose >= share * height and ankles - hips >= legs * (hips - shoulders))
