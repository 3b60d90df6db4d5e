"""Rotations of point sets and of lines of sight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neckrom.types import CameraModel, FloatArray

BODY_FACING_CAMERA: FloatArray = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
"""Body axes (x anterior, y superior, z right) of a person who sits upright and looks straight into a
level camera, as columns in the camera frame (x right, y down, z forward): shape (3, 3)."""


def rotations_between(shape: FloatArray, points: FloatArray) -> FloatArray:
    """Rotation of a rigid shape that fits each set of points best (Kabsch), scale and place left free.

    Parameters
    ----------
    shape : ndarray, shape (K, 3)
        In any unit; all finite.
    points : ndarray, shape (N, K, 3)
        All finite.

    Returns
    -------
    ndarray, shape (N, 3, 3)
        Proper rotations R with ``points ~ s * R @ shape + t``.
    """
    centred_shape = shape - shape.mean(axis=0)
    centred = points - points.mean(axis=1, keepdims=True)
    u, _, vt = np.linalg.svd(np.einsum("nki,kj->nij", centred, centred_shape))
    u[:, :, 2] *= np.sign(np.linalg.det(u @ vt))[:, None]
    return np.asarray(u @ vt)


def rotation_to_ray(pixels: FloatArray, camera: CameraModel) -> Rotation:
    """Rotation that turns the optical axis into the line of sight of each pixel.

    A face at the edge of the picture is seen along another line than the optical axis, and looks
    turned by just that angle: what the picture shows, rotated by this, is its orientation in the
    camera frame.

    Parameters
    ----------
    pixels : ndarray, shape (N, 2)
    camera : CameraModel

    Returns
    -------
    Rotation of length N, the shortest one from (0, 0, 1) to the ray.
    """
    ray = np.column_stack(
        [(pixels[:, 0] - camera.cx) / camera.fx, (pixels[:, 1] - camera.cy) / camera.fy, np.ones(len(pixels))]
    )
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    axis = np.cross([0.0, 0.0, 1.0], ray)
    sine = np.linalg.norm(axis, axis=1)
    angle = np.arctan2(sine, ray[:, 2])
    return Rotation.from_rotvec(axis * (angle / np.maximum(sine, 1e-12))[:, None])


def as_quaternions(known: NDArray[np.bool_], rotations: Rotation) -> FloatArray:
    """Quaternions of shape (N, 4), NaN where not known; ``rotations`` holds the known ones only.

    Parameters
    ----------
    known : ndarray, shape (N,), bool
    rotations : Rotation of length K
        K is the number of frames that are known.

    Returns
    -------
    ndarray, shape (N, 4)
        Unit quaternions (x, y, z, w).
    """
    quaternions = np.full((len(known), 4), np.nan)
    if known.any():
        quaternions[known] = rotations.as_quat()
    return quaternions
