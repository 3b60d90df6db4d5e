"""What a side view shows, in numbers: how head, shoulders and hips turned and moved in the picture.

Everything is counted as if the camera stood at the person's left side, the person facing the left
edge of the picture; flexion is positive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neckrom.columns import in_blocks
from neckrom.kinematics.pose_points import HIP_ROWS, OPPOSITE_ROWS, POSE_POINTS
from neckrom.kinematics.smoothing import GAP_S, bridged
from neckrom.types import (
    POSE_EARS,
    POSE_EYES,
    POSE_HEAD,
    POSE_MOUTH,
    POSE_NOSE,
    POSE_SHOULDERS,
    BoolArray,
    Float32Array,
    FloatArray,
    LandmarkSeries,
)

SideView = Literal["side_left", "side_right"]

_SEGMENTS = (
    (POSE_EARS, [POSE_NOSE]),
    (POSE_EARS, POSE_EYES),
    (POSE_EARS, POSE_MOUTH),
    (POSE_MOUTH, POSE_EYES),
    (POSE_SHOULDERS, POSE_EARS),
    (POSE_SHOULDERS, POSE_EYES),
    (HIP_ROWS, POSE_EARS),
)
"""Directions whose turn since neutral is read, from one part to another: four within the head, two from the
shoulders to it, one from the hips. Each part is a list of rows, whose middle counts."""
_UNIT_DEG = 30.0
"""Turns are inputs of the readings in units of this, moves in lengths of the neck; the weights were fitted so."""
_FEWEST_FLOW_POINTS = 15
"""Of the 196 of the grid: with fewer on the head nothing is said of its turn."""
_STUCK_S = 1.5
"""How long a time about a frame its share of stuck points is taken over."""
_SLOW_DEG = 0.5
"""Turn a frame below which stuck points cost the most; ``flow_gain`` was fitted with it."""


def side_points(landmarks: LandmarkSeries, view: SideView) -> FloatArray:
    """Pose points in use as if the camera stood at the left side: the person faces the left edge.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    view : {"side_left", "side_right"}
        In the second the points are mirrored, and left and right change places.

    Returns
    -------
    ndarray, shape (N, 15, 2), pixels; gaps up to 0.25 s are bridged, longer ones are NaN.
    """
    points = bridged(landmarks.time_s, landmarks.pose[:, POSE_POINTS, :2].astype(np.float64), GAP_S)
    if view == "side_left":
        return points
    mirrored = points[:, OPPOSITE_ROWS]
    mirrored[..., 0] = landmarks.width - mirrored[..., 0]
    return mirrored


def side_inputs(points: FloatArray, neutral: FloatArray) -> FloatArray:
    """Inputs of the readings: how head, shoulders and hips turned and moved since neutral.

    Parameters
    ----------
    points : ndarray, shape (N, 15, 2)
        As from :func:`side_points`.
    neutral : ndarray, shape (15, 2)
        Their places at the person's neutral.

    Returns
    -------
    ndarray, shape (N, 14); all zero at neutral.
    """
    turns = [wrapped(direction_deg(points, *ends) - direction_deg(neutral, *ends)) for ends in _SEGMENTS]
    turns.append(_similarity_turn(points[:, POSE_HEAD], neutral[POSE_HEAD]))
    neck_length = float(np.linalg.norm(middle(neutral, POSE_EARS) - middle(neutral, POSE_SHOULDERS)))
    moves = [
        (middle(points, part) - middle(neutral, part)) / neck_length
        for part in (POSE_SHOULDERS, HIP_ROWS, POSE_EARS)
    ]
    return np.column_stack([np.column_stack(turns) / _UNIT_DEG, *moves])


@dataclass(frozen=True, slots=True)
class HeadFlow:
    """What the flow over the head shows.

    Attributes
    ----------
    turn_deg : ndarray, shape (N,)
        Turn of the head in the picture since the frame before, flexion positive; NaN where there is none.
    stuck_share : ndarray, shape (N,)
        Share of the points on the moving head that do not move, over 1.5 s: encoders freeze what
        changes little, and the flow then shows too little. 0 where nothing moves.
    """

    turn_deg: FloatArray
    stuck_share: FloatArray

    def design(self) -> FloatArray:
        """Turn, and what it lacks where points are stuck, the more the slower the head.

        Returns
        -------
        ndarray, shape (N, 3)
            Degrees; the last column is a share and has no unit. Times ``SideCalibration.flow_gain`` it gives the true
            turn. NaN where there is no flow.
        """
        stuck = self.turn_deg * self.stuck_share
        return np.column_stack([self.turn_deg, stuck, stuck / (np.abs(self.turn_deg) + _SLOW_DEG)])


def head_flow(landmarks: LandmarkSeries, view: SideView) -> HeadFlow:
    """Turn of the head in the picture, from the flow over it.

    A similarity (turn, growth, shift) is fitted robustly to the displacements near the ears, so
    that background, shoulders and a hand in front of the face fall out.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    view : {"side_left", "side_right"}
        Says which way round flexion is in the picture.

    Returns
    -------
    HeadFlow, N frames
        Degrees a frame, flexion positive; NaN in the first frame, where no flow was recorded, and where fewer than 15
        points of the grid were followed near the ears.
    """
    turn, stuck = np.full(len(landmarks), np.nan), np.zeros(len(landmarks))
    if landmarks.motion is None or landmarks.motion_box is None or len(landmarks) < 2:
        return HeadFlow(turn, stuck)
    box = landmarks.motion_box.astype(np.float64)
    seen = landmarks.pose[:, [POSE_NOSE, *POSE_EARS], :2].astype(np.float64)
    pose = bridged(landmarks.time_s, seen, GAP_S)
    nose, ears = (np.roll(part, 1, axis=0) for part in (pose[:, 0], pose[:, 1:].mean(axis=1)))
    # a quarter of the way from the ears to the nose, where the frame before had them
    centre = ears + 0.25 * (nose - ears)
    box[0] = np.nan  # it has no frame before it
    moving = np.zeros(len(landmarks), dtype=np.bool_)
    for rows in in_blocks(landmarks.motion):
        turn[rows], stuck[rows], moving[rows] = _flow_in_block(
            landmarks.motion[rows], box[rows], centre[rows]
        )
    if not np.isfinite(turn).any():
        return HeadFlow(turn, np.zeros(len(landmarks)))
    return HeadFlow(turn if view == "side_right" else -turn, _over_time(landmarks.time_s, stuck, moving))


def _flow_in_block(
    motion: Float32Array, box: FloatArray, centre: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Turn in the picture, share of the points that are stuck, and whether the head moves, in n frames."""
    line = np.linspace(-1.0, 1.0, motion.shape[1])
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(1, -1, 2)
    half = box[:, 2][:, None]
    offset = box[:, None, :2] + half[:, :, None] * grid - centre[:, None]
    moved = motion.reshape(len(motion), -1, 2).astype(np.float64)
    with np.errstate(invalid="ignore"):
        distance = np.linalg.norm(offset, axis=2) / half
        used = np.isfinite(moved).all(axis=2) & (distance < 1.0)
    turn = np.full(len(motion), np.nan)
    rows = used.sum(axis=1) >= _FEWEST_FLOW_POINTS
    if rows.any():
        turn[rows] = _robust_turn(offset[rows], moved[rows], distance[rows], used[rows])
    on_head = used & (distance < 0.6)  # in half sides of the grid; its corners see background and shoulders
    return turn, *_stuck(moved, on_head)


def _stuck(moved: FloatArray, on_head: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Share of points slower than 0.15 of the frame's quick ones, and whether those move by 0.4 px; else it is 0."""
    speed = np.where(on_head, np.hypot(moved[..., 0], moved[..., 1]), -1.0)
    count = on_head.sum(axis=1)
    # speed of the point that a quarter of those on the head exceed
    quick = np.sort(speed, axis=1)[np.arange(len(speed)), speed.shape[1] - 1 - count // 4]
    moving = (count >= _FEWEST_FLOW_POINTS) & (quick > 0.4)
    slow = (on_head & (speed < 0.15 * quick[:, None])).sum(axis=1)
    return np.where(moving, slow / np.maximum(count, 1), 0.0), np.asarray(moving)


def _over_time(time_s: FloatArray, stuck: FloatArray, moving: BoolArray) -> FloatArray:
    """Mean share of stuck points in the moving frames around each."""
    first, last = (np.searchsorted(time_s, time_s + side * _STUCK_S / 2) for side in (-1, 1))
    total, frames = (np.r_[0.0, np.cumsum(values)] for values in (stuck, moving.astype(np.float64)))
    return np.asarray((total[last] - total[first]) / np.maximum(frames[last] - frames[first], 1.0))


def _robust_turn(offset: FloatArray, moved: FloatArray, distance: FloatArray, used: BoolArray) -> FloatArray:
    """Turn of the similarity that fits the displacements best, degrees, clockwise in the picture; shape (n,).

    For n frames of K points: places about the centre, displacements and distance from it, and which points count.
    """
    # a point counts the less the further it is from the ears; distances are in half sides of the grid
    near = np.where(used, np.exp(-0.5 * (distance / 0.6) ** 2), 0.0)
    moved = np.where(used[..., None], moved, 0.0)
    x, y = (np.where(used, offset[..., i], 0.0) for i in (0, 1))
    one, zero = np.ones_like(x), np.zeros_like(x)
    right, down = np.stack([one, zero, -y, x], axis=-1), np.stack([zero, one, x, y], axis=-1)
    weight, solution = near, np.zeros((len(x), 4))
    for step in range(12):
        normal = np.einsum("nk,nki,nkj->nij", weight, right, right) + np.einsum(
            "nk,nki,nkj->nij", weight, down, down
        )
        side = np.einsum("nk,nki->ni", weight * moved[..., 0], right)
        side += np.einsum("nk,nki->ni", weight * moved[..., 1], down)
        solution = np.linalg.solve(normal + 1e-9 * np.eye(4), side[:, :, None])[:, :, 0]
        residual = np.hypot(
            moved[..., 0] - np.einsum("nki,ni->nk", right, solution),
            moved[..., 1] - np.einsum("nki,ni->nk", down, solution),
        )
        # Geman and McClure's weights; their scale, in pixels, comes down from what is typical, so that the first rounds
        # see every point and the last only those that agree
        typical = np.sqrt((near * np.minimum(residual, 3.0) ** 2).sum(axis=1) / near.sum(axis=1))
        scale = np.maximum(0.15, typical * 0.8**step)[:, None]
        weight = near / (1 + (residual / scale) ** 2) ** 2
    return np.asarray(np.degrees(np.arctan2(solution[:, 2], 1 + solution[:, 3])))


def middle(points: FloatArray, part: list[int]) -> FloatArray:
    """Middle of some of the points.

    Parameters
    ----------
    points : ndarray, shape (..., K, 2)
    part : list of int
        Rows of the points.

    Returns
    -------
    ndarray, shape (..., 2)
        In the unit of the points.
    """
    return np.asarray(points[..., part, :].mean(axis=-2))


def direction_deg(points: FloatArray, start: list[int], end: list[int]) -> FloatArray:
    """Direction from one part of the body to another, in a picture in which the person faces the left edge.

    Parameters
    ----------
    points : ndarray, shape (..., K, 2)
        As from :func:`side_points`.
    start, end : list of int
        Rows of the points; the direction is that between their middles.

    Returns
    -------
    ndarray, shape (...), degrees
        Downwards from straight ahead, -180 to 180.
    """
    way = middle(points, end) - middle(points, start)
    return np.asarray(np.degrees(np.arctan2(way[..., 1], -way[..., 0])))


def wrapped(angle_deg: FloatArray) -> FloatArray:
    """An angle without its full turns.

    Parameters
    ----------
    angle_deg : ndarray

    Returns
    -------
    ndarray of the same shape, degrees
        From -180 up to, and without, 180.
    """
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)


def _similarity_turn(points: FloatArray, neutral: FloatArray) -> FloatArray:
    """Turn (flexion positive) of the similarity that fits the head's points best, degrees."""
    a, b = points - points.mean(axis=1, keepdims=True), neutral - neutral.mean(axis=0)
    cross = (a[..., 1] * b[:, 0] - a[..., 0] * b[:, 1]).sum(axis=1)
    return np.asarray(-np.degrees(np.arctan2(cross, (a * b).sum(axis=(1, 2)))))
