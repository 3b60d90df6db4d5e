"""Cuts: the recording shows something else from one picture to the next.

Two things have to come together. The picture as a whole changes (the correlation of small versions of it
drops far more than in the second before, and stays down), and the face is not where it was. A light that is
switched on changes the picture but not the face; a fast turn moves the face but not the room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np

from neckrom.types import Float32Array, FloatArray, Frame, ImageArray

_SMALL = (24, 32)
"""Rows and columns."""
_LONGEST_STEP_S = 0.5
"""Pictures further apart may differ without a cut between them."""
_CHANGE = 0.06
"""Loss of correlation; recordings without a cut were seen to reach 0.012, different rooms differ by 0.1 and more."""
_GREAT_CHANGE = 0.2
"""From here on it is another room, or another light: the face need only have moved, be it no further than before."""
_TIMES_USUAL = 6.0
"""A cut changes the picture by this many times the largest of the 30 steps before that were no cut."""
_AFTER = 4
"""Pictures until the new view is compared with the one before: a flash or a damaged picture is over by then."""
_NEAR_S = 0.4
"""Faces this long before and after a cut are compared."""
_FACE_MOVED = 0.012
"""Mean movement of the face's points from one picture to the next, in sizes of the face: of two people whose
faces were in the same place it was 0.023 and 0.05, of one who keeps still it is 0.001."""
_TIMES_BEFORE = 3.0
"""A head on its way moves from picture to picture: a jump is larger than the steps before it."""


class CutWatch:
    """Looks at pictures on their way to the models, and at what these find."""

    def __init__(self) -> None:
        self._before: deque[tuple[int, FloatArray]] = deque(maxlen=_AFTER + 2)
        self._usual: deque[float] = deque(maxlen=30)
        self._waiting: list[tuple[int, FloatArray, int]] = []
        self._candidates: dict[int, float] = {}
        self._faces: list[tuple[int, FloatArray | None]] = []
        self._kept: dict[int, list[tuple[int, FloatArray | None]]] = {}

    def over(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        """The same frames, looked at one by one.

        Parameters
        ----------
        frames : iterator of Frame
            In time order.

        Yields
        ------
        Frame

        Notes
        -----
        The iterator is closed with this one.
        """
        try:
            for frame in frames:
                self.look(frame.time_ns, frame.image)
                yield frame
        finally:
            close = getattr(frames, "close", None)
            if close is not None:
                close()

    def look(self, time_ns: int, image: ImageArray) -> None:
        """Take the next picture.

        Parameters
        ----------
        time_ns : int
            Later than the one before.
        image : ndarray, shape (height, width, 3), uint8, RGB
        """
        small = _small(image)
        for start_ns, old, left in list(self._waiting):
            self._waiting.remove((start_ns, old, left))
            if left > 1:
                self._waiting.append((start_ns, old, left - 1))
            elif (change := _change(old, small)) > _CHANGE:
                self._candidates[start_ns] = change
        if self._before:
            last_ns, last = self._before[-1]
            change = _change(last, small)
            usual = max(self._usual, default=0.0)
            near = (time_ns - last_ns) * 1e-9 <= _LONGEST_STEP_S
            # back to the view before a change that has just begun: that one was a flash or a damaged picture
            returned = any(_change(old, small) <= _CHANGE for _, old, _ in self._waiting)
            if near and change > _CHANGE and change > _TIMES_USUAL * usual and not returned:
                self._waiting.append((time_ns, last, _AFTER))
            else:
                self._usual.append(change)
        self._before.append((time_ns, small))

    def take(self, time_ns: int, points: Float32Array) -> None:
        """Take what the models found in the next picture: points of a face, or of a body, shape (N, 2 or more).

        Parameters
        ----------
        time_ns : int
            Later than the one before. It may lag behind the pictures.
        points : ndarray, shape (N, 2 or more), pixels
            NaN in the first point where nothing was found.
        """
        found = points[:, :2].astype(np.float64)
        self._faces.append((time_ns, found if np.isfinite(found[0, 0]) else None))
        while self._faces and (time_ns - self._faces[0][0]) * 1e-9 > 2 * _NEAR_S + 1:
            self._faces.pop(0)
        for cut_ns in list(self._candidates):  # the pictures are looked at in a thread of their own
            if cut_ns not in self._kept and (time_ns - cut_ns) * 1e-9 > _NEAR_S:
                self._kept[cut_ns] = list(self._faces)

    def cuts_ns(self) -> tuple[int, ...]:
        """Times of the first pictures after each cut, once everything has been looked at.

        Returns
        -------
        tuple of int
            Nanoseconds, rising.
        """
        for cut_ns in self._candidates:
            self._kept.setdefault(cut_ns, list(self._faces))
        return tuple(
            cut_ns
            for cut_ns, change in sorted(self._candidates.items())
            if _face_jumps(self._kept[cut_ns], cut_ns, on_its_way=change < _GREAT_CHANGE)
        )


def _small(image: ImageArray) -> FloatArray:
    """Mean colours of a grid over the picture, less those of the whole."""
    step = max(1, min(image.shape[:2]) // 72)
    coarse = image[::step, ::step].astype(np.float32)
    rows, columns = (_cells(length, count) for length, count in zip(coarse.shape, _SMALL, strict=False))
    # whole numbers far below 2 ** 24, so the sums are exact
    across = (rows @ coarse.reshape(len(coarse), -1)).reshape(len(rows), coarse.shape[1], 3)
    sums = (columns @ across).astype(np.float64)
    small = sums / (rows.sum(axis=1)[:, None, None] * columns.sum(axis=1)[:, None])
    return np.asarray(small - small.mean(axis=(0, 1)))


@lru_cache(maxsize=8)
def _cells(length: int, count: int) -> Float32Array:
    """Which of ``length`` lines lie in which of ``count`` cells, shape (count, length); at least one in each."""
    starts = np.linspace(0, length, count + 1).astype(int)[:-1]
    ends = np.maximum(starts + 1, [*starts[1:], length])
    lines = np.arange(length)
    return np.asarray((lines >= starts[:, None]) & (lines < ends[:, None]), dtype=np.float32)


def _change(one: FloatArray, other: FloatArray) -> float:
    """1 less the correlation of two small pictures; 0 where one of them is of one colour only."""
    strength = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return 1.0 - float((one * other).sum()) / strength if strength > 1.0 else 0.0


def _face_jumps(faces: list[tuple[int, FloatArray | None]], cut_ns: int, *, on_its_way: bool) -> bool:
    """Whether the face after the cut is another one, elsewhere, or not there; also where there is none before.

    ``on_its_way``: a head that moves from picture to picture has to jump further than its steps before.
    """
    before = [face for time_ns, face in faces if -_NEAR_S <= (time_ns - cut_ns) * 1e-9 < 0]
    after = [face for time_ns, face in faces if 0 <= (time_ns - cut_ns) * 1e-9 <= _NEAR_S]
    near = [*before[-4:], *after]
    if not before or not after or any(face is None for face in near):
        return True
    seen = [face for face in near if face is not None]
    steps = [_moved(one, other) for one, other in pairwise(seen)]
    jump = steps[len(before[-4:]) - 1]
    usual = max(steps[: len(before[-4:]) - 1], default=0.0)
    return jump > max(_FACE_MOVED, _TIMES_BEFORE * usual if on_its_way else 0.0)


def _moved(one: FloatArray, other: FloatArray) -> float:
    """Mean distance of the points of two faces, in sizes of the first."""
    size = float(np.ptp(one, axis=0).max())
    return float(np.linalg.norm(other - one, axis=1).mean()) / max(size, 1.0)
