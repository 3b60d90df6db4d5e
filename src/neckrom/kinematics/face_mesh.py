"""Head orientation from the face mesh alone.

Known weakness first: beyond about 50 deg the mesh reads too little, and it is lost at the end of
range. This serves to find the neutral stretch and to look at a clip before a person's own
reference exists; what is measured comes from :mod:`neckrom.kinematics.front`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.columns import in_blocks
from neckrom.kinematics.neck_angles import cardan_of
from neckrom.kinematics.rotations import (
    BODY_FACING_CAMERA,
    as_quaternions,
    rotation_to_ray,
    rotations_between,
)
from neckrom.resources import resource
from neckrom.types import (
    BoolArray,
    CameraModel,
    Float32Array,
    FloatArray,
    IntArray,
    LandmarkSeries,
)


@dataclass(frozen=True, slots=True)
class HeadShape:
    """Mean head in body axes.

    Attributes
    ----------
    points : ndarray, shape (K,), int
        Indices of the face mesh: eyes, nose, cheeks and brow, which stay on the skin; the contour
        slides over it and is left out.
    shape : ndarray, shape (K, 3)
        Their places in body axes (x anterior, y superior, z right), unit size.
    """

    points: IntArray
    shape: FloatArray


@cache
def head_shape() -> HeadShape:
    """The mean head that is shipped in ``calibration/head_shape.npz``.

    Returns
    -------
    HeadShape
        Read once; not to be changed.
    """
    with np.load(resource("calibration", "head_shape.npz")) as stored:
        return HeadShape(stored["points"].astype(np.int64), stored["shape"].astype(np.float64))


def face_orientation(
    landmarks: LandmarkSeries, camera: CameraModel, *, where: BoolArray | None = None
) -> FloatArray:
    """Orientation of the head in the camera frame, from the mean head and the ray to the face.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    camera : CameraModel
        Of the picture in which the landmarks count.
    where : ndarray, shape (N,), bool, optional
        The frames that are asked for; without it all of them.

    Returns
    -------
    ndarray, shape (N, 4)
        Quaternions (x, y, z, w), body frame to camera frame; NaN where no face was found, and in frames that are not
        asked for.
    """
    mean_head = head_shape()
    found = landmarks.face_found
    kept = np.ones(len(mean_head.points), dtype=np.bool_)  # compact recordings do not keep every point
    for rows in in_blocks(landmarks.face):
        kept &= np.isfinite(_points_in(landmarks, rows, found)).all(axis=(0, 2))
    asked = found if where is None else found & where
    orientation = np.full((len(landmarks), 4), np.nan)
    for rows in in_blocks(landmarks.face):
        points = _points_in(landmarks, rows, asked)[:, kept].astype(np.float64)
        if len(points):
            seen = Rotation.from_matrix(rotations_between(mean_head.shape[kept], points))
            to_ray = rotation_to_ray(points[:, :, :2].mean(axis=1), camera)
            orientation[rows] = as_quaternions(asked[rows], to_ray * seen)
    return orientation


def _points_in(landmarks: LandmarkSeries, rows: slice, which: BoolArray) -> Float32Array:
    """Points of the mean head in some of the rows; shape (n, K, 3)."""
    return np.asarray(landmarks.face[rows][:, head_shape().points][which[rows]])


def facing_angles_deg(head: FloatArray) -> FloatArray:
    """Flexion, lateral and rotation of the head against one that looks straight into a level camera.

    Parameters
    ----------
    head : ndarray, shape (N, 4)
        As from :func:`face_orientation`.

    Returns
    -------
    ndarray, shape (N, 3), degrees
        Flexion (+ chin to chest), lateral (+ right), rotation (+ right); NaN where the orientation is not known.
    """
    angles = np.full((len(head), 3), np.nan)
    known = np.isfinite(head).all(axis=1)
    if known.any():
        relative = Rotation.from_matrix(BODY_FACING_CAMERA).inv() * Rotation.from_quat(head[known])
        angles[known] = cardan_of(relative)
    return angles
