"""Points on the head and on the chest followed from frame to frame.

Past the range of the face mesh the head still carries marks that the camera sees: hair, ear, brow,
the corner of the mouth. They are found as corners and followed for as long as they are seen. On a
rigid head their paths tell how far it turned (:mod:`neckrom.kinematics.front.rigid_body`), whoever the
person is; points on the chest tell in the same way what the trunk did. Positions only, no picture of the person.

Errors of following add up, so a point is not followed from each frame to the next but from a key
picture that changes only when the head has moved on; the key picture is first warped as the points
say the head moved, so that turned and tilted patches are compared with what they look like now.
Light that stays while the head turns is taken out by dividing by the local contrast.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from neckrom.types import N_CHEST_TRACKS, N_TRACKS, Float32Array, FloatArray, ImageArray, IntArray

Grey = NDArray[np.uint8]

_HALF_PX = 80.0
"""The half size on the working picture; larger pictures are made smaller."""
_HALF_RANGE = (0.65, 1.6)
"""Working sizes outside these shares of ``_HALF_PX`` start again with another scale."""
_SPACING = 9.0
"""New points keep this share (one over) of the half size from all others."""
_WINDOW = 17
"""Side of the patch that is followed, working pixels."""
_KEY_MOVE = 0.10
"""A new key picture is taken when the points have moved by this share of the half size."""
_KEY_FRAMES = 10
"""Or after this many frames."""
_KEY_LOST = 0.6
"""Or when fewer than this share of the region's points are followed."""
_BACK_PX = 0.7
"""A point that followed back does not return within this is let go."""
_CRITERIA = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 0.003)
"""Flow ends after so many rounds, or when a round moves by less."""
_CONTRAST = 50.0
"""Standard deviation of the evened picture, in grey levels."""
_CONTRAST_FLOOR = 9.0
"""Added to the local variance, so that noise in plain places is not blown up."""
_LARGEST_ID = 2**24 - N_TRACKS - 1
"""Numbers of points are kept as float32, which holds whole numbers exactly up to 2 ** 24."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where points are followed, in half sizes of the box.

    Attributes
    ----------
    points : int
        At most.
    sideways, up, down : float
        Of the working picture.
    wide, high, raised : float
        Half axes and shift upwards of the ellipse in which new points are looked for.
    keep_x, keep_y : float
        A point further from the middle than this is let go.
    """

    points: int
    sideways: float
    up: float
    down: float
    wide: float
    high: float
    raised: float
    keep_x: float
    keep_y: float


HEAD = Region(N_TRACKS, 2.0, 2.2, 1.9, 0.68, 1.0, 0.12, 1.5, 1.7)
"""About the box of the head (``MotionFollower.head_box``)."""
CHEST = Region(N_CHEST_TRACKS, 1.5, 1.1, 1.4, 0.85, 0.75, 0.0, 1.3, 1.2)
"""About the box of the chest (``MotionFollower.chest_box``)."""


@dataclass(slots=True)
class _Key:
    """The key picture, and the points on it and in the last frame, in working pixels of the whole picture."""

    grey: Grey
    corner: FloatArray
    points: FloatArray
    now: FloatArray
    slots: IntArray
    age: int = 0


class PointFollower:
    """Follows points in a region; frames must come in time order."""

    def __init__(self, region: Region = HEAD) -> None:
        self._region = region
        self._scale = 0.0
        self._key: _Key | None = None
        self._ids = np.full(region.points, np.nan)
        self._next_id = 0

    def follow(self, image: ImageArray, box: Float32Array | None) -> Float32Array:
        """Where the points are in this frame.

        Parameters
        ----------
        image : ndarray, shape (height, width, 3), uint8, RGB
        box : ndarray, shape (3,), or None
            Middle x, y and half size of head or chest in this frame, pixels; None where it is not
            known: all points are let go.

        Returns
        -------
        ndarray, shape (K, 3), float32
            Number of the point, x, y in pixels; a number is never used twice. NaN in empty rows.
        """
        tracks = np.full((self._region.points, 3), np.nan, dtype=np.float32)
        if box is None or not np.isfinite(box).all() or box[2] < 8:
            self._key = None
            return tracks
        self._choose_scale(float(box[2]))
        middle, half = box[:2].astype(np.float64) * self._scale, float(box[2]) * self._scale
        grey, corner = self._working_picture(image, middle, half)
        if grey is None:
            self._key = None
            return tracks
        if self._key is not None:
            self._step(self._key, grey, corner, middle, half)
        self._renew(grey, corner, middle, half)
        assert self._key is not None
        slots = self._key.slots
        tracks[slots, 0] = self._ids[slots]
        tracks[slots, 1:] = (self._key.now + 0.5) / self._scale - 0.5
        return tracks

    def _choose_scale(self, half: float) -> None:
        wanted = min(1.0, _HALF_PX / half)
        if self._scale == 0 or not _HALF_RANGE[0] < (half * self._scale) / (half * wanted) < _HALF_RANGE[1]:
            self._scale = wanted
            self._key = None

    def _working_picture(
        self, image: ImageArray, middle: FloatArray, half: float
    ) -> tuple[Grey | None, FloatArray]:
        """The surroundings of the head, even in light; their upper left corner in working pixels."""
        height, width = image.shape[:2]
        scale = self._scale
        region = self._region
        left, right = middle[0] - region.sideways * half, middle[0] + region.sideways * half
        top, bottom = middle[1] - region.up * half, middle[1] + region.down * half
        x0, x1 = (int(np.clip(round(v / scale), 0, width)) for v in (left, right))
        y0, y1 = (int(np.clip(round(v / scale), 0, height)) for v in (top, bottom))
        corner = np.array([(x0 + 0.5) * scale - 0.5, (y0 + 0.5) * scale - 0.5])
        if (x1 - x0) * scale < 48 or (y1 - y0) * scale < 48:
            return None, corner
        grey = cv2.cvtColor(np.ascontiguousarray(image[y0:y1, x0:x1]), cv2.COLOR_RGB2GRAY)
        if scale < 1:
            size = (round((x1 - x0) * scale), round((y1 - y0) * scale))
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        return _even_light(np.asarray(grey, dtype=np.uint8), half), corner

    def _step(self, key: _Key, grey: Grey, corner: FloatArray, middle: FloatArray, half: float) -> None:
        """Find the key picture's points in this frame; those that cannot be followed are let go."""
        key.age += 1
        if not len(key.points):
            return
        moved = _movement(key)
        shift = np.array([[1.0, 0.0, -corner[0]], [0.0, 1.0, -corner[1]]])
        whole = np.vstack([moved, [0.0, 0.0, 1.0]])
        from_key = np.array([[1.0, 0.0, key.corner[0]], [0.0, 1.0, key.corner[1]], [0.0, 0.0, 1.0]])
        height, width = grey.shape
        warped: Grey = np.asarray(
            cv2.warpAffine(
                key.grey,
                shift @ whole @ from_key,
                (width, height),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            dtype=np.uint8,
        )
        start = _column(key.points @ moved[:, :2].T + moved[:, 2] - corner)
        end, found, _ = _lucas_kanade(warped, grey, start, _column(key.now - corner), 2)
        back, found_back, _ = _lucas_kanade(grey, warped, end, start.copy(), 1)
        now = end[:, 0].astype(np.float64) + corner
        kept = (found[:, 0] == 1) & (found_back[:, 0] == 1)
        kept &= np.linalg.norm(back - start, axis=2)[:, 0] < _BACK_PX
        reach = np.array([self._region.keep_x, self._region.keep_y]) * half
        kept &= (np.abs(now - middle) < reach).all(axis=1)
        key.points, key.now, key.slots = key.points[kept], now[kept], key.slots[kept]

    def _renew(self, grey: Grey, corner: FloatArray, middle: FloatArray, half: float) -> None:
        """Make this frame the key picture when it is time, and look for new points on it."""
        key = self._key
        if key is not None and len(key.now) >= _KEY_LOST * self._region.points and key.age < _KEY_FRAMES:
            moved = float(np.median(np.linalg.norm(key.now - key.points, axis=1)))
        else:
            moved = np.inf
        if moved < _KEY_MOVE * half:
            return
        now = np.empty((0, 2)) if key is None else key.now
        slots = np.empty(0, dtype=np.int64) if key is None else key.slots
        found = _corners(grey, now - corner, middle - corner, half, self._region) + corner
        free = np.setdiff1d(np.arange(self._region.points), slots)[: len(found)]
        found = found[: len(free)]
        if self._next_id > _LARGEST_ID:
            self._next_id = 0  # after days of filming: the points of then are long gone
        self._ids[free] = self._next_id + np.arange(len(free))
        self._next_id += len(free)
        points = np.vstack([now, found])
        self._key = _Key(grey, corner, points, points.copy(), np.concatenate([slots, free]))


def _even_light(grey: Grey, half: float) -> Grey:
    """Divide by the local contrast."""
    side = max(int(half / 3) | 1, 9)
    picture = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.8)
    difference = picture - cv2.blur(picture, (side, side))
    variance = cv2.blur(cv2.blur(difference * difference, (side, side)), (side, side))
    evened = 128 + difference * (_CONTRAST / np.sqrt(variance + _CONTRAST_FLOOR))
    return np.asarray(np.clip(evened, 0, 255), dtype=np.uint8)


def _movement(key: _Key) -> FloatArray:
    """Affine movement from the key picture to the last frame, shape (2, 3)."""
    still = np.eye(2, 3)
    if key.age <= 1 or len(key.points) < 20:
        return still
    found, _ = cv2.estimateAffine2D(
        key.points, key.now, method=cv2.RANSAC, ransacReprojThreshold=2.5, maxIters=100, confidence=0.95,
        refineIters=3,
    )  # fmt: skip
    return still if found is None else np.asarray(found, dtype=np.float64)


def _lucas_kanade(
    before: ImageArray, after: ImageArray, start: Float32Array, guess: Float32Array, levels: int
) -> tuple[Float32Array, NDArray[np.uint8], Float32Array]:
    end, found, error = cv2.calcOpticalFlowPyrLK(
        before,
        after,
        start,
        guess,
        winSize=(_WINDOW, _WINDOW),
        maxLevel=levels,
        criteria=_CRITERIA,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return np.asarray(end, np.float32), np.asarray(found, np.uint8), np.asarray(error, np.float32)


def _corners(grey: Grey, taken: FloatArray, middle: FloatArray, half: float, region: Region) -> FloatArray:
    """New corners in the region, away from the points that are taken; shape (K, 2)."""
    mask = np.zeros(grey.shape, np.uint8)
    centre = (round(float(middle[0])), round(float(middle[1] - region.raised * half)))
    cv2.ellipse(mask, centre, (round(region.wide * half), round(region.high * half)), 0, 0, 360, (255,), -1)
    spacing = half / _SPACING
    for x, y in taken:
        cv2.circle(mask, (round(float(x)), round(float(y))), int(spacing), (0,), -1)
    free = region.points - len(taken)
    found = None
    if free > 0:
        found = cv2.goodFeaturesToTrack(grey, free, 0.003, spacing, mask=mask, blockSize=5)
    return np.empty((0, 2)) if found is None else found[:, 0].astype(np.float64)


def _column(points: FloatArray) -> Float32Array:
    return np.ascontiguousarray(points, dtype=np.float32).reshape(-1, 1, 2)
