"""Turning of the head from one frame to the next, from the flow of the picture over it.

Where the face mesh has collapsed and the pose points fall back to a frontal head, skin, ear and hair
still move across the picture as they must on a turning head. A grid of displacements over the head is
explained by a rigid movement of an ellipsoid of the head's size; a small fitted table corrects what
an ellipsoid is not. The result is a change, not an angle: it drifts, and is tied down by the readings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neckrom.columns import in_blocks, let_go
from neckrom.kinematics.front.bodies import HEAD
from neckrom.kinematics.front.features import POSE_GAP_S
from neckrom.kinematics.front.reference import Reference
from neckrom.kinematics.neck_angles import cardan_of, rotation_from_cardan
from neckrom.kinematics.smoothing import bridged
from neckrom.types import N_MOTION, POSE_EARS, BoolArray, Float32Array, FloatArray, LandmarkSeries

_RIM = 0.12
_RIM_FROM_BELOW = 0.40
"""How far inside its outline a point must lie to count as head: more where the camera looks up at the
chin, since the neck behind it moves less than the head. One less the squared distance from the middle, in radii of the
ellipsoid: 0 is the outline, 1 the middle."""
_FEWEST = 25
"""Points of the 196 of the grid that must lie on the head, for six unknowns."""
_ITERATIONS = 6
"""Rounds of Cauchy's weights."""
_RIDGE: FloatArray = 1e-5 * np.diag([1.0, 1.0, 1.0, 0.09, 0.09, 1.0])
"""What holds a movement at zero that nothing shows, for each point in use: three turns, two shifts, growth."""
_UNIT = 45.0
"""Angles are counted in this unit where they stand in polynomials; the weights were fitted so."""


@dataclass(frozen=True, slots=True)
class Motion:
    """Displacements over the head, N frames; NaN where none.

    Attributes
    ----------
    displacement : ndarray, shape (N, 14, 14, 2), float32 where it was read from landmarks
        Pixels from the frame before to this one, rows downwards, columns to the right of the picture.
    box : ndarray, shape (N, 3)
        Where the grid lay in the frame before: centre x, y and half size, pixels.
    ears : ndarray, shape (N, 2)
        Middle of the ears of the pose model in the frame before, pixels.
    """

    displacement: FloatArray | Float32Array
    box: FloatArray
    ears: FloatArray

    @property
    def recorded(self) -> bool:
        """Whether there is any flow at all."""
        return bool(np.isfinite(self.box).all(axis=1).any())

    def after(self, first: int) -> Motion:
        """The rows from this one on.

        Parameters
        ----------
        first : int

        Returns
        -------
        Motion
        """
        return self.rows(slice(first, None))

    def rows(self, which: slice) -> Motion:
        """Some of the rows.

        Parameters
        ----------
        which : slice

        Returns
        -------
        Motion
            Views of the same arrays, not copies.
        """
        return Motion(self.displacement[which], self.box[which], self.ears[which])

    def mirrored(self, centre_x: float) -> Motion:
        """The mirrored person in front of the same camera.

        Parameters
        ----------
        centre_x : float
            Column of the picture about which it is mirrored, pixels.

        Returns
        -------
        Motion
        """
        return Motion(
            displacement=self.displacement[:, :, ::-1] * [-1.0, 1.0],
            box=self.box * [-1.0, 1.0, 1.0] + [2 * centre_x, 0.0, 0.0],
            ears=self.ears * [-1.0, 1.0] + [2 * centre_x, 0.0],
        )


@dataclass(frozen=True, slots=True)
class MotionModel:
    """Fitted correction of the movement of an ellipsoid: ``turn = design @ weights``.

    Attributes
    ----------
    weights : ndarray, shape (60, 3)
        On the columns of :func:`turn_design`; the turn is a rotation vector in body axes, radians.
    """

    weights: FloatArray


def rigid_movement(
    motion: Motion, head: FloatArray, eye_distance_px: float, *, at_once: int = 256
) -> FloatArray:
    """Movement of an ellipsoid that explains the displacements best, robustly.

    Parameters
    ----------
    motion : Motion, N frames
    head : ndarray, shape (N, 3, 3)
        Head in the frame before, body axes (x anterior, y superior, z right) to camera.
    eye_distance_px : float
        Between the outer corners of the eyes at rest, pixels.
    at_once : int
        Frames that are solved together. Each stands alone: so memory does not grow with the recording, and what
        is worked on stays in the processor's cache.

    Returns
    -------
    ndarray, shape (N, 6)
        Rotation vector in body axes (radians), shift right and down and growth, in eye distances;
        NaN where too little of the grid lies on the head.
    """
    blocks = [slice(start, start + at_once) for start in range(0, len(head), at_once)]
    solved = [_block_movement(motion.rows(block), head[block], eye_distance_px) for block in blocks]
    return np.concatenate(solved) if solved else np.empty((0, 6))


def _block_movement(motion: Motion, head: FloatArray, eye_distance_px: float) -> FloatArray:
    lines = np.linspace(-1.0, 1.0, N_MOTION)
    grid = np.stack(np.meshgrid(lines, lines), axis=-1).reshape(1, -1, 2)
    place = motion.box[:, None, :2] + motion.box[:, None, 2:] * grid
    offset = (place - motion.ears[:, None]) / eye_distance_px
    moved = motion.displacement.reshape(len(head), -1, 2).astype(np.float64) / eye_distance_px
    depth, on_head = _ellipsoid_depth(offset, head)
    used = on_head & np.isfinite(moved).all(axis=2)
    enough = used.sum(axis=1) >= _FEWEST
    solution = np.full((len(head), 6), np.nan)
    if enough.any():
        x, y = offset[enough, :, 0], offset[enough, :, 1]
        solution[enough] = _robust_solution(x, y, depth[enough], moved[enough], used[enough])
    solution[:, :3] = np.einsum("nji,nj->ni", head, solution[:, :3])
    return solution


def _ellipsoid_depth(offset: FloatArray, head: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Depth of the near surface behind each grid point, eye distances; which points lie on the head."""
    along = np.broadcast_to(head[:, None, 2, :], (*offset.shape[:2], 3))
    with np.errstate(invalid="ignore"):
        lines = HEAD.shape.lines(offset @ head[:, :2, :], along)
        # sine of how far the face is turned upwards in camera axes: the rim grows from 20 to 40 deg
        from_below = np.clip((-head[:, 1, 0] - 0.35) / 0.3, 0.0, 1.0)[:, None]
        rim = _RIM + (_RIM_FROM_BELOW - _RIM) * from_below
        return lines.first_hit(), np.asarray(1.0 - lines.nearest_square() > rim)


def _robust_solution(
    x: FloatArray, y: FloatArray, z: FloatArray, moved: FloatArray, used: BoolArray
) -> FloatArray:
    zero, one = np.zeros_like(x), np.ones_like(x)
    right = np.stack([zero, z, -y, one, zero, x], axis=-1)
    down = np.stack([-z, zero, x, zero, one, y], axis=-1)
    # both directions of every point below each other: the sums over points are then matrix products
    rows = np.where(np.tile(used, 2)[..., None], np.concatenate([right, down], axis=1), 0.0)
    values = np.where(np.tile(used, 2), np.concatenate([moved[..., 0], moved[..., 1]], axis=1), 0.0)[
        ..., None
    ]
    weight = used.astype(np.float64)
    count = used.sum(axis=1)[:, None, None]
    solution = np.zeros((len(x), 6))
    for _ in range(_ITERATIONS):
        weighted = (rows * np.tile(weight, 2)[..., None]).transpose(0, 2, 1)
        solution = np.linalg.solve(weighted @ rows + _RIDGE * count, weighted @ values)
        square = ((values - rows @ solution) ** 2)[..., 0]
        residual = square[:, : len(x[0])] + square[:, len(x[0]) :]
        typical = _median(residual, used)
        # 1.48 makes a standard deviation of the median; no point counts as followed better than 0.004 eye distances
        scale = np.maximum(1.48**2 * typical, 0.004**2)[:, None]
        weight = used / (1 + residual / (2 * scale))
    return solution[..., 0]


def _median(values: FloatArray, used: BoolArray) -> FloatArray:
    """Median of the used values of each row, of which there are some; faster than NumPy's, which masks arrays."""
    ordered = np.sort(np.where(used, values, np.inf), axis=1)
    count = used.sum(axis=1)
    rows = np.arange(len(values))
    return np.asarray((ordered[rows, (count - 1) // 2] + ordered[rows, count // 2]) / 2)


def turn_design(movement: FloatArray, angles_deg: FloatArray, eye_distance: float) -> FloatArray:
    """Inputs of the correction: the rigid movement times polynomials of the angles.

    Parameters
    ----------
    movement : ndarray, shape (N, 6)
        From :func:`rigid_movement`.
    angles_deg : ndarray, shape (N, 3)
        Flexion, lateral, rotation of the head against its neutral, the trunk's turning included.
    eye_distance : float
        In units of the focal length: turns the shift into a change of the line of sight.

    Returns
    -------
    ndarray, shape (N, 60)
    """
    scaled = movement * [1.0, 1.0, 1.0, eye_distance, eye_distance, 1.0]
    f, s, r = (angles_deg / _UNIT).T
    shape = [np.ones_like(f), f, np.maximum(f, 0.0), np.abs(r), r, r * r, s, np.abs(s), f * f, f * r]
    return np.asarray((scaled[:, :, None] * np.stack(shape, axis=1)[:, None, :]).reshape(len(movement), -1))


def motion_of(landmarks: LandmarkSeries) -> Motion:
    """Displacements over the head, with the ears that place it.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames

    Returns
    -------
    Motion, N frames
        Pixels; NaN throughout where the landmarks carry no flow, so that ``recorded`` is false.
    """
    n = len(landmarks)
    if landmarks.motion is None or landmarks.motion_box is None:
        return Motion(
            np.broadcast_to(np.nan, (n, N_MOTION, N_MOTION, 2)),
            np.full((n, 3), np.nan),
            np.full((n, 2), np.nan),
        )
    pose = bridged(landmarks.time_s, landmarks.pose[:, POSE_EARS, :2].astype(np.float64), POSE_GAP_S)
    let_go(landmarks.pose)
    before = np.vstack([np.full((1, 2), np.nan), pose.mean(axis=1)[:-1]])
    return Motion(landmarks.motion, landmarks.motion_box.astype(np.float64), before)


def steps_seen(
    motion: Motion, reference: Reference, before_deg: FloatArray, after_deg: FloatArray, model: MotionModel
) -> FloatArray:
    """Change of each neck angle from one frame to the next, from flow about the current estimate.

    Parameters
    ----------
    motion : Motion, N steps
    reference : Reference
    before_deg, after_deg : ndarray, shape (N, 6)
        Neck and trunk before and after each step, as they are known so far.
    model : MotionModel

    Returns
    -------
    ndarray, shape (N, 6)
        NaN where nothing is seen, and for the trunk.
    """
    blocks = [
        _steps_in_block(motion.rows(rows), reference, before_deg[rows], after_deg[rows], model)
        for rows in in_blocks(before_deg, motion.displacement)
    ]
    return np.concatenate(blocks)


def _steps_in_block(
    motion: Motion, reference: Reference, before_deg: FloatArray, after_deg: FloatArray, model: MotionModel
) -> FloatArray:
    steps = np.full((len(before_deg), 6), np.nan)
    neck, trunk = rotation_from_cardan(before_deg[:, :3]), rotation_from_cardan(before_deg[:, 3:])
    turned = trunk * neck
    head = (Rotation.from_quat(reference.neutral_thorax) * turned).as_matrix()
    eye_distance_px = reference.rest.eye_distance * reference.rest.lens.focal
    movement = rigid_movement(motion, head, eye_distance_px)
    known = np.flatnonzero(np.isfinite(movement).all(axis=1))
    if len(known):
        design = turn_design(movement[known], cardan_of(turned[known]), reference.rest.eye_distance)
        turn = Rotation.from_rotvec(design @ model.weights)
        trunk_after = rotation_from_cardan(after_deg[known, 3:])
        moved = trunk_after.inv() * trunk[known] * neck[known] * turn
        steps[known, :3] = cardan_of(moved) - before_deg[known, :3]
    return steps


def pack_motion(model: MotionModel) -> dict[str, NDArray[np.generic]]:
    """Arrays for an ``.npz``.

    Parameters
    ----------
    model : MotionModel

    Returns
    -------
    dict of str to ndarray
        In single precision.
    """
    return {"motion.weights": model.weights.astype(np.float32)}


def unpack_motion(arrays: dict[str, NDArray[np.generic]]) -> MotionModel:
    """Inverse of :func:`pack_motion`.

    Parameters
    ----------
    arrays : dict of str to ndarray

    Returns
    -------
    MotionModel

    Raises
    ------
    KeyError
        If the table is not among them.
    """
    return MotionModel(np.asarray(arrays["motion.weights"], dtype=np.float64))
