"""Which of several people is measured: boxes and times in, decisions out.

The person with the largest face at the start is followed. Faces of others are kept
in mind, so that the models can be shown a picture without them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neckrom.types import Float32Array, ImageArray

_NS = 1e-9
"""Seconds of a nanosecond."""
_LOOK_EVERY_S = 1.0
"""Between two looks for all faces in the picture."""
_LOOK_SOON_S = 0.25
"""The same where others are there, or the followed face is lost."""
_FORGET_S = 2.0
"""Another person's face that was not seen for this long is no longer kept out of the picture."""
_UNSURE_S = 1.0
"""If the tracker has not confirmed what was taken for a face at the start within this time, it was none."""
_SURE_S = 0.5
"""Where the followed face was seen within this time, every other face is somebody else's."""
_SAME_HEAD = 0.8
"""Centres of faces that are nearer than this many sizes belong to one head."""
_REACH = 1.0
"""How far a head may move between two sights of it, in sizes of the face."""
_REACH_PER_S = 1.5
"""How much further with every second in which it was not seen."""
_SMALLEST_SHARE = 0.25
"""A face that is smaller than this share of the followed one is not kept out of the picture."""
_BODY = 0.9
"""How far somebody who is beside the person reaches beyond the face, in sizes of that face."""
_BLANK = 128
"""Grey: the middle of 0 to 255."""


@dataclass(frozen=True, slots=True)
class HeadBox:
    """Where a face is, in pixels.

    Attributes
    ----------
    x, y : float
        Centre.
    size : float
        The longer side.
    """

    x: float
    y: float
    size: float

    def distance(self, other: HeadBox) -> float:
        """Between the centres, pixels.

        Parameters
        ----------
        other : HeadBox
            In the same picture.

        Returns
        -------
        float
            Pixels.
        """
        return math.hypot(self.x - other.x, self.y - other.y)


def box_of(points: Float32Array) -> HeadBox | None:
    """The box around landmarks, shape (N, 2 or more); None where they are missing.

    Parameters
    ----------
    points : ndarray, shape (N, 2 or more), pixels
        NaN in the first one where they are missing.

    Returns
    -------
    HeadBox or None
    """
    if not np.isfinite(points[0, 0]):
        return None
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    middle = (low + high) / 2
    return HeadBox(float(middle[0]), float(middle[1]), float((high - low).max()))


@dataclass(slots=True)
class _Seen:
    box: HeadBox
    time_ns: int


class PersonFollower:
    """Follows one person by the place of the face; nothing here stands on chance or on the clock."""

    def __init__(self) -> None:
        self._followed: _Seen | None = None
        self._confirmed = False
        self._since_ns = 0
        self._others: list[_Seen] = []
        self._last_look_ns: int | None = None

    @property
    def followed(self) -> HeadBox | None:
        """Last known place of the person's head."""
        return None if self._followed is None else self._followed.box

    @property
    def others(self) -> tuple[HeadBox, ...]:
        """Faces of other people, as last seen."""
        return tuple(seen.box for seen in self._others)

    def look_due(self, time_ns: int) -> bool:
        """Whether all faces in the picture should be looked for in this frame.

        Parameters
        ----------
        time_ns : int

        Returns
        -------
        bool
            True in the first frame, then every second, or every quarter where others are there or the person is lost.
        """
        if self._last_look_ns is None:
            return True
        lost = self._followed is None or self._followed.time_ns < self._last_look_ns
        wait = _LOOK_SOON_S if self._others or lost else _LOOK_EVERY_S
        return (time_ns - self._last_look_ns) * _NS >= wait

    def take_look(self, time_ns: int, faces: Sequence[HeadBox]) -> None:
        """Take note of all faces found in the picture.

        Parameters
        ----------
        time_ns : int
        faces : sequence of HeadBox
            In pixels of the whole picture; may be empty.
        """
        self._last_look_ns = time_ns
        self._others = [seen for seen in self._others if (time_ns - seen.time_ns) * _NS <= _FORGET_S]
        if not self._confirmed and faces:
            if self._followed is None:
                self._since_ns = time_ns
            self._followed = _Seen(max(faces, key=lambda face: face.size), time_ns)
        if self._followed is None:
            return
        mine = self._pick_mine(faces, time_ns)
        if mine is not None:  # the look's box is another kind of box: only its place counts
            self._followed = _Seen(HeadBox(mine.x, mine.y, self._followed.box.size), time_ns)
        sure = (time_ns - self._followed.time_ns) * _NS <= _SURE_S
        for face in faces:
            if face is not mine and (sure or self._is_known_other(face)):
                self._remember_other(face, time_ns)

    def take_face(self, time_ns: int, face: HeadBox) -> bool:
        """Whether a face that the tracker reports is the followed person's; if so, follow it there.

        Parameters
        ----------
        time_ns : int
        face : HeadBox
            In pixels of the whole picture.

        Returns
        -------
        bool
            False where it is too far from where the person was, or nearer to somebody else.
        """
        if self._followed is None:
            self._since_ns = time_ns
        elif not self._acceptable(face, time_ns):
            return False
        self._followed = _Seen(face, time_ns)
        self._confirmed = True
        self._others = [seen for seen in self._others if seen.box.distance(face) > _SAME_HEAD * face.size]
        return True

    def _pick_mine(self, faces: Sequence[HeadBox], time_ns: int) -> HeadBox | None:
        """The face that is most likely the followed one, if any can be."""
        assert self._followed is not None
        nearest = min(faces, key=self._followed.box.distance, default=None)
        if nearest is None or not self._within_reach(nearest, time_ns) or self._nearer_to_other(nearest):
            return None
        return nearest

    def _acceptable(self, face: HeadBox, time_ns: int) -> bool:
        if not self._confirmed and (time_ns - self._since_ns) * _NS > _UNSURE_S:
            return True  # what was taken for a face at the start was none
        return self._within_reach(face, time_ns) and not self._nearer_to_other(face)

    def _within_reach(self, face: HeadBox, time_ns: int) -> bool:
        assert self._followed is not None
        mine = self._followed
        reach = reach_in_faces((time_ns - mine.time_ns) * _NS)
        return face.distance(mine.box) <= reach * mine.box.size

    def _nearer_to_other(self, face: HeadBox) -> bool:
        assert self._followed is not None
        mine = face.distance(self._followed.box)
        return any(face.distance(seen.box) < min(mine, 0.5 * seen.box.size) for seen in self._others)

    def _is_known_other(self, face: HeadBox) -> bool:
        return any(face.distance(seen.box) <= _SAME_HEAD * seen.box.size for seen in self._others)

    def _remember_other(self, face: HeadBox, time_ns: int) -> None:
        assert self._followed is not None
        mine = self._followed.box
        if face.size < _SMALLEST_SHARE * mine.size or face.distance(mine) <= _SAME_HEAD * mine.size:
            return
        self._others = [s for s in self._others if s.box.distance(face) > _SAME_HEAD * s.box.size]
        self._others.append(_Seen(face, time_ns))


def reach_in_faces(unseen_s: float) -> float:
    """How far a head may have moved since it was last seen, in sizes of the face.

    Parameters
    ----------
    unseen_s : float
        Seconds.

    Returns
    -------
    float
    """
    return _REACH + _REACH_PER_S * unseen_s


def without_others(image: ImageArray, mine: HeadBox, others: Sequence[HeadBox]) -> ImageArray:
    """The picture with the other people greyed out, never nearer to the person than half way.

    Returns the picture itself where there is nobody else.

    Parameters
    ----------
    image : ndarray, shape (height, width, 3), uint8, RGB
        Left as it is.
    mine : HeadBox
        The followed person's, in its pixels.
    others : sequence of HeadBox

    Returns
    -------
    ndarray, shape (height, width, 3), uint8, RGB
    """
    if not others:
        return image
    height, width = image.shape[:2]
    blanked = image.copy()
    for other in others:
        half = other.size / 2
        beside = abs(other.x - mine.x) > 0.75 * (mine.size + other.size) / 2
        reach = half + (_BODY * other.size if beside else 0.1 * other.size)
        left, right = other.x - reach, other.x + reach
        top, bottom = (0.0, float(height)) if beside else (other.y - reach, other.y + reach)
        if beside:
            middle = (other.x + mine.x) / 2
            left, right = (max(left, middle), right) if other.x > mine.x else (left, min(right, middle))
        columns = slice(_pixel(left, width), _pixel(right, width))
        rows = slice(_pixel(top, height), _pixel(bottom, height))
        blanked[rows, columns] = _BLANK
    if any(abs(other.x - mine.x) <= 0.75 * (mine.size + other.size) / 2 for other in others):
        _restore(blanked, image, mine)
    return blanked


def _restore(blanked: ImageArray, image: ImageArray, mine: HeadBox) -> None:
    """Where someone looks over the person's shoulder: the person's own face stays whole."""
    height, width = image.shape[:2]
    half = 0.6 * mine.size
    rows = slice(_pixel(mine.y - half, height), _pixel(mine.y + half, height))
    columns = slice(_pixel(mine.x - half, width), _pixel(mine.x + half, width))
    blanked[rows, columns] = image[rows, columns]


def _pixel(value: float, top: int) -> int:
    return min(top, max(0, round(value)))
