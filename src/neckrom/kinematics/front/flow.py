"""Turning of the head from one frame to the next, from the flow of the picture over it.

Where the face mesh has collapsed and the pose points fall back to a frontal head, skin, ear and hair
still move across the picture as they must on a turning head. A grid of displacements over the head is
explained by a rigid movement of an ellipsoid of the head's size; a small fitted table corrects what
an ellipsoid is not. The result is a change, not an angle: it drifts, and is tied down by the readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from neckrom.types import BoolArray, FloatArray

GRID: Final = 14
"""Points along each side of the grid of displacements."""

_HALF_AXES: FloatArray = np.array([1.12, 1.40, 0.92])
_CENTRE: FloatArray = np.array([0.0, 0.25, 0.0])
_RIM = 0.12
_RIM_FROM_BELOW = 0.40
"""How far inside its outline a point must lie to count as head: more where the camera looks up at the
chin, since the neck behind it moves less than the head."""
_FEWEST = 25
_ITERATIONS = 6
_RIDGE: FloatArray = 1e-5 * np.diag([1.0, 1.0, 1.0, 0.09, 0.09, 1.0])
_UNIT = 45.0


@dataclass(frozen=True, slots=True)
class Motion:
    """Displacements over the head, N frames; NaN where none.

    Attributes
    ----------
    displacement : ndarray, shape (N, 14, 14, 2)
        Pixels from the frame before to this one, rows downwards, columns to the right of the picture.
    box : ndarray, shape (N, 3)
        Where the grid lay in the frame before: centre x, y and half size, pixels.
    ears : ndarray, shape (N, 2)
        Middle of the ears of the pose model in the frame before, pixels.
    """

    displacement: FloatArray
    box: FloatArray
    ears: FloatArray

    def mirrored(self, centre_x: float) -> Motion:
        """The mirrored person in front of the same camera."""
        return Motion(
            displacement=self.displacement[:, :, ::-1] * [-1.0, 1.0],
            box=self.box * [-1.0, 1.0, 1.0] + [2 * centre_x, 0.0, 0.0],
            ears=self.ears * [-1.0, 1.0] + [2 * centre_x, 0.0],
        )


@dataclass(frozen=True, slots=True)
class MotionModel:
    """Fitted correction: ``turn = design @ weights``; weights of shape (F, 3)."""

    weights: FloatArray


def rigid_movement(motion: Motion, head: FloatArray, eye_distance_px: float) -> FloatArray:
    """Movement of an ellipsoid that explains the displacements best, robustly.

    Parameters
    ----------
    motion : Motion, N frames
    head : ndarray, shape (N, 3, 3)
        Head in the frame before, body axes (x anterior, y superior, z right) to camera.
    eye_distance_px : float
        Between the outer corners of the eyes at rest, pixels.

    Returns
    -------
    ndarray, shape (N, 6)
        Rotation vector in body axes (radians), shift right and down and growth, in eye distances;
        NaN where too little of the grid lies on the head.
    """
    lines = np.linspace(-1.0, 1.0, GRID)
    grid = np.stack(np.meshgrid(lines, lines), axis=-1).reshape(1, -1, 2)
    place = motion.box[:, None, :2] + motion.box[:, None, 2:] * grid
    offset = (place - motion.ears[:, None]) / eye_distance_px
    moved = motion.displacement.reshape(len(head), -1, 2) / eye_distance_px
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
    quadric = np.einsum("nij,j,nkj->nik", head, 1 / _HALF_AXES**2, head)
    centre = head @ _CENTRE
    with np.errstate(invalid="ignore"):
        x, y = offset[..., 0] - centre[:, None, 0], offset[..., 1] - centre[:, None, 1]
        a = quadric[:, None, 2, 2]
        b = 2 * (quadric[:, None, 0, 2] * x + quadric[:, None, 1, 2] * y)
        c = (
            quadric[:, None, 0, 0] * x * x
            + quadric[:, None, 1, 1] * y * y
            + 2 * quadric[:, None, 0, 1] * x * y
            - 1
        )
        inside = b * b - 4 * a * c
        depth = (-b - np.sqrt(np.maximum(inside, 0.0))) / (2 * a) + centre[:, None, 2]
        from_below = np.clip((-head[:, 1, 0] - 0.35) / 0.3, 0.0, 1.0)[:, None]
        return depth, np.asarray(inside / (4 * a) > _RIM + (_RIM_FROM_BELOW - _RIM) * from_below)


def _robust_solution(
    x: FloatArray, y: FloatArray, z: FloatArray, moved: FloatArray, used: BoolArray
) -> FloatArray:
    zero, one = np.zeros_like(x), np.ones_like(x)
    right = np.stack([zero, z, -y, one, zero, x], axis=-1)
    down = np.stack([-z, zero, x, zero, one, y], axis=-1)
    u, v = np.where(used, moved[..., 0], 0.0), np.where(used, moved[..., 1], 0.0)
    right, down = (np.where(used[..., None], rows, 0.0) for rows in (right, down))
    weight = used.astype(np.float64)
    count = used.sum(axis=1)[:, None, None]
    solution = np.zeros((len(x), 6))
    for _ in range(_ITERATIONS):
        normal = np.einsum("nk,nki,nkj->nij", weight, right, right) + np.einsum(
            "nk,nki,nkj->nij", weight, down, down
        )
        side = np.einsum("nk,nki->ni", weight * u, right) + np.einsum("nk,nki->ni", weight * v, down)
        solution = np.linalg.solve(normal + _RIDGE * count, side[:, :, None])[:, :, 0]
        residual = (u - np.einsum("nki,ni->nk", right, solution)) ** 2
        residual += (v - np.einsum("nki,ni->nk", down, solution)) ** 2
        typical = np.nanmedian(np.where(used, residual, np.nan), axis=1)
        scale = np.maximum(1.48**2 * typical, 0.004**2)[:, None]
        weight = used / (1 + residual / (2 * scale))
    return solution


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


def pack_motion(model: MotionModel) -> dict[str, NDArray[np.generic]]:
    """Arrays for an ``.npz``."""
    return {"motion.weights": model.weights.astype(np.float32)}


def unpack_motion(arrays: dict[str, NDArray[np.generic]]) -> MotionModel:
    """Inverse of :func:`pack_motion`."""
    return MotionModel(np.asarray(arrays["motion.weights"], dtype=np.float64))
