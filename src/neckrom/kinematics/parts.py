"""Parts of a recording that show one person from one place: what is measured is one of them.

A recording falls apart at its cuts, and where the person leaves the picture and another one comes. Whether it
is another one is told by the shape of the face mesh (in three dimensions, turned and scaled alike) in frames
that look into the camera: two halves of a recording of one person differ by 0.8 % of the face's size (median
of 54 recordings of rendered people; 95 of 100 by less than 2.8 %), different people by 5.3 % (95 of 100 by
more than 3.1 %). Known weakness: people whose faces are alike are taken for one; that is said where the
picture was empty in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from neckrom.kinematics.camera import pinhole
from neckrom.kinematics.face_mesh import face_orientation, facing_angles_deg, head_shape
from neckrom.kinematics.rotations import rotations_between
from neckrom.types import BoolArray, FloatArray, IntArray, LandmarkSeries

ANOTHER_PERSON = 0.028
"""Difference of two faces, in sizes of the face, from which they are two people's."""
_AWAY_S = 0.7
"""The picture counts as empty from so long on without face and body: less is a model that failed for a moment."""
_FRONTAL_DEG = (30.0, 12.0, 15.0)
"""Flexion, lateral, rotation of the head against one that looks straight into the camera: within them a frame shows
the face."""
_ENOUGH_FRAMES = 8
"""Frames that look into the camera, before and after: a mean face of fewer says nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a recording.

    Attributes
    ----------
    rows : slice
        Of the landmarks.
    why : str
        What sets it apart from the part before: "cut", "person", or "" for the first.
    """

    rows: slice
    why: str


@dataclass(frozen=True, slots=True)
class Parts:
    """How a recording falls apart.

    Attributes
    ----------
    parts : tuple of Part
        In time order; one where it does not fall apart.
    away_s : tuple of (float, float)
        When nobody was in the picture in between, and nothing says that another person came.
    """

    parts: tuple[Part, ...]
    away_s: tuple[tuple[float, float], ...]


def find_parts(landmarks: LandmarkSeries, cuts_ns: tuple[int, ...]) -> Parts:
    """Where a recording falls apart.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    cuts_ns : tuple of int
        Times of the first frames after cuts.

    Returns
    -------
    Parts
        Borders are cuts, and places where the picture was empty and another face came back.
    """
    borders = {int(np.searchsorted(landmarks.time_ns, cut_ns)): "cut" for cut_ns in cuts_ns}
    away: list[tuple[float, float]] = []
    empty = _empty_stretches(landmarks)
    frontal = _frontal(landmarks) if empty else np.zeros(len(landmarks), dtype=np.bool_)
    for gone in empty:
        # the picture may be empty for some frames about a cut: that is the same border
        if any(gone.start - 5 <= border <= gone.stop + 5 for border in borders):
            continue
        before = frontal & (np.arange(len(landmarks)) < gone.start)
        after = frontal & (np.arange(len(landmarks)) >= gone.stop)
        differ = face_difference(landmarks, before, after)
        if differ > ANOTHER_PERSON:
            borders[gone.stop] = "person"
        elif before.any() and after.any():
            away.append((float(landmarks.time_s[gone.start]), float(landmarks.time_s[gone.stop - 1])))
    edges = [0, *sorted(border for border in borders if 0 < border < len(landmarks)), len(landmarks)]
    parts = tuple(
        Part(slice(start, stop), borders.get(start, "") if start else "") for start, stop in pairwise(edges)
    )
    return Parts(parts, tuple(away))


def rows_of(landmarks: LandmarkSeries, rows: slice) -> LandmarkSeries:
    """The landmarks of some frames only.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    rows : slice

    Returns
    -------
    LandmarkSeries
        Views of the same arrays, not copies.
    """
    arrays: dict[str, Any] = {
        name: value[rows]
        for name in landmarks.__slots__
        if isinstance(value := getattr(landmarks, name), np.ndarray)
    }
    return replace(landmarks, **arrays)


def face_difference(landmarks: LandmarkSeries, some: BoolArray, others: BoolArray) -> float:
    """Difference of the mean faces of two sets of frames.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    some, others : ndarray, shape (N,), bool
        Frames in which the face looks into the camera.

    Returns
    -------
    float
        Root mean square distance between their points, both turned as the mean head is and scaled to size one;
        ``ANOTHER_PERSON`` is where two people begin. NaN where either set has fewer than eight frames.
    """
    if min(int(some.sum()), int(others.sum())) < _ENOUGH_FRAMES:
        return float("nan")
    one, other = (_mean_face(landmarks, np.flatnonzero(rows)) for rows in (some, others))
    return float(np.sqrt(((one - other) ** 2).sum(axis=1).mean()))


def longest_with_face(landmarks: LandmarkSeries, parts: Parts) -> int:
    """The part that shows a face for longest, by its number.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    parts : Parts

    Returns
    -------
    int
        From 0. A part in which only a body was seen counts by its frames, too.
    """
    seen = landmarks.face_found | landmarks.pose_found
    return int(np.argmax([seen[part.rows].sum() for part in parts.parts]))


def _mean_face(landmarks: LandmarkSeries, rows: IntArray) -> FloatArray:
    """Median face, turned as the mean head is, middle at zero and of size one; shape (K, 3)."""
    mean_head = head_shape()
    # 200 to 400 frames, spread over all of them, are enough for a median
    points = landmarks.face[rows[:: max(1, len(rows) // 200)]][:, mean_head.points].astype(np.float64)
    kept = np.isfinite(points).all(axis=(0, 2))
    points, shape = points[:, kept], mean_head.shape[kept]
    points = points - points.mean(axis=1, keepdims=True)
    points /= np.sqrt((points**2).sum(axis=2).mean(axis=1))[:, None, None]
    turned = np.einsum("nji,nkj->nki", rotations_between(shape, points), points)
    return np.asarray(np.median(turned, axis=0))


def _frontal(landmarks: LandmarkSeries) -> BoolArray:
    camera = pinhole(landmarks.width, landmarks.height, None)
    facing = facing_angles_deg(face_orientation(landmarks, camera))
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(facing) < _FRONTAL_DEG).all(axis=1))


def _empty_stretches(landmarks: LandmarkSeries) -> list[slice]:
    """Where neither face nor body was seen, though both were looked for."""
    empty = ~landmarks.face_found & ~landmarks.pose_found
    looked = landmarks.pose_ran & ~landmarks.face_found
    stretches: list[slice] = []
    start: int | None = None
    for row in range(len(landmarks) + 1):
        inside = row < len(landmarks) and bool(empty[row])
        if inside and start is None:
            start = row
        if not inside and start is not None:
            long = (landmarks.time_ns[row - 1] - landmarks.time_ns[start]) * 1e-9 >= _AWAY_S
            if long and looked[start:row].sum() >= 3 and start > 0 and row < len(landmarks):
                stretches.append(slice(start, row))
            start = None
    return stretches
