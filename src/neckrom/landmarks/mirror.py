"""Undo the mirroring of a recording: flip the points and give them the other side's number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neckrom.columns import by_blocks
from neckrom.landmarks.symmetry import FACE_OPPOSITE, POSE_OPPOSITE
from neckrom.types import BodySeries, Float32Array, IntArray, LandmarkSeries


def mirror_series(series: LandmarkSeries) -> LandmarkSeries:
    """The same clip flipped left for right, for recordings that were stored mirrored.

    Points are flipped in the picture *and* renumbered, so that the person's left is on the left-hand points again.
    ``x`` becomes ``width - x``: pixels count from the left edge of the picture to the
    right one, so the middle of column ``i`` lies at ``i + 0.5``. Points in metres change
    the sign of ``x``. NaN stays NaN. Twice gives the series back, but for the rounding
    of ``width - x`` (below 1e-4 px).

    Parameters
    ----------
    series : LandmarkSeries
        Left as it is.

    Returns
    -------
    LandmarkSeries
        ``sides_swapped`` is the other way round.
    """
    width = np.float32(series.width)
    return replace(
        series,
        face=_flip(series.face, FACE_OPPOSITE, width),
        pose=_flip(series.pose, POSE_OPPOSITE, width),
        pose_visibility=np.ascontiguousarray(series.pose_visibility[:, POSE_OPPOSITE]),
        pose_world=_flip(series.pose_world, POSE_OPPOSITE, np.float32(0)),
        motion=None if series.motion is None else _flip_motion(series.motion),
        motion_box=None if series.motion_box is None else _flip_box(series.motion_box, width),
        tracks=None if series.tracks is None else _flip_tracks(series.tracks, width),
        chest_tracks=None if series.chest_tracks is None else _flip_tracks(series.chest_tracks, width),
        sides_swapped=not series.sides_swapped,
    )


def mirror_bodies(series: BodySeries) -> BodySeries:
    """The same bodies flipped left for right, as :func:`mirror_series` does it.

    Parameters
    ----------
    series : BodySeries
        Left as it is.

    Returns
    -------
    BodySeries
        Of shoes left and right are exchanged, and turn and way to the side change their signs.
    """
    width = np.float32(series.width)
    return replace(
        series,
        pose=_flip(series.pose, POSE_OPPOSITE, width),
        pose_world=_flip(series.pose_world, POSE_OPPOSITE, np.float32(0)),
        pose_visibility=np.ascontiguousarray(series.pose_visibility[:, POSE_OPPOSITE]),
        foot_motion=None if series.foot_motion is None else _flip_feet(series.foot_motion),
    )


def _flip_feet(motion: Float32Array) -> Float32Array:
    """The other foot, turning the other way, going the other way sideways."""
    return motion[:, ::-1] * np.array([-1, -1, 1, 1], dtype=np.float32)


def _flip_motion(motion: Float32Array) -> Float32Array:
    def change(part: Float32Array) -> Float32Array:
        flipped: Float32Array = part[:, :, ::-1].copy()
        flipped[..., 0] *= -1
        return flipped

    return by_blocks(motion, change)


def _flip_box(box: Float32Array, width: np.float32) -> Float32Array:
    flipped: Float32Array = box.copy()
    flipped[:, 0] = width - flipped[:, 0]
    return flipped


def _flip_tracks(tracks: Float32Array, width: np.float32) -> Float32Array:
    def change(part: Float32Array) -> Float32Array:
        flipped: Float32Array = part.copy()
        flipped[..., 1] = width - flipped[..., 1]
        return flipped

    return by_blocks(tracks, change)


def _flip(points: Float32Array, opposite: IntArray, width: np.float32) -> Float32Array:
    def change(part: Float32Array) -> Float32Array:
        flipped: Float32Array = part[:, opposite].copy()
        flipped[..., 0] = width - flipped[..., 0]
        return flipped

    return by_blocks(points, change)
