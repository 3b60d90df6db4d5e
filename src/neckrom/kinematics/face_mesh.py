"""Head orientation from the face mesh alone.

Known weakness first: beyond about 50 deg the mesh reads too little, and it is lost at the end of
range. This serves to find the neutral stretch and to look at a clip before a person's own
reference exists; what is measured comes from :mod:`neckrom.kinematics.regressor`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.errors import NoNeutralError
from neckrom.kinematics.neck_angles import cardan_deg
from neckrom.kinematics.rotations import (
    BODY_FACING_CAMERA,
    as_quaternions,
    rotation_to_ray,
    rotations_between,
)
from neckrom.kinematics.smoothing import smooth_quaternions
from neckrom.resources import resource
from neckrom.types import (
    BoolArray,
    CameraModel,
    FloatArray,
    IntArray,
    LandmarkSeries,
    OrientationSeries,
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
    """The mean head that is shipped in ``calibration/head_shape.npz``."""
    with np.load(resource("calibration", "head_shape.npz")) as stored:
        return HeadShape(stored["points"].astype(np.int64), stored["shape"].astype(np.float64))


def face_orientation(landmarks: LandmarkSeries, camera: CameraModel) -> FloatArray:
    """Orientation of the head in the camera frame, from the mean head and the ray to the face.

    Returns
    -------
    ndarray, shape (N, 4)
        Quaternions (x, y, z, w), body frame to camera frame; NaN where no face was found.
    """
    mean_head = head_shape()
    found = landmarks.face_found
    points = landmarks.face[found][:, mean_head.points].astype(np.float64)
    if not len(points):
        return np.full((len(landmarks), 4), np.nan)
    seen = Rotation.from_matrix(rotations_between(mean_head.shape, points))
    return as_quaternions(found, rotation_to_ray(points[:, :, :2].mean(axis=1), camera) * seen)


def facing_angles_deg(head: FloatArray) -> FloatArray:
    """Flexion, lateral and rotation of the head against one that looks straight into a level camera.

    Parameters
    ----------
    head : ndarray, shape (N, 4)
        As from :func:`face_orientation`.

    Returns
    -------
    ndarray, shape (N, 3), degrees
    """
    angles = np.full((len(head), 3), np.nan)
    known = np.isfinite(head).all(axis=1)
    if known.any():
        relative = Rotation.from_matrix(BODY_FACING_CAMERA).inv() * Rotation.from_quat(head[known])
        angles[known] = relative.as_euler("ZXY", degrees=True) * [-1.0, 1.0, -1.0]
    return angles


@dataclass(frozen=True, slots=True)
class FaceReference:
    """A person's own neutral.

    Attributes
    ----------
    camera : CameraModel
    shape : ndarray, shape (K, 3)
        The person's own points at neutral, pixels, centred.
    offset : ndarray, shape (4,)
        From the frame of ``shape`` to body axes, quaternion.
    neutral_thorax : ndarray, shape (4,)
    """

    camera: CameraModel
    shape: FloatArray
    offset: FloatArray
    neutral_thorax: FloatArray


class FaceMeshEstimator:
    """Rigid fit of the face mesh to the person's own neutral shape, seen along the ray to the head.

    The thorax is taken to keep still. Beyond ``trusted_deg`` of turning or tilting the reading is
    only a bound.
    """

    identity = "face-mesh-rigid 1"
    calibration_id = "none"
    trusted_deg: FloatArray = np.array([30.0, 60.0, 50.0])

    def fit_reference(
        self, landmarks: LandmarkSeries, camera: CameraModel, neutral: BoolArray
    ) -> FaceReference:
        """See :class:`neckrom.kinematics.estimator.OrientationEstimator`."""
        used = neutral & landmarks.face_found
        if used.sum() < 3:
            raise NoNeutralError(
                "The face is found in fewer than three frames of the neutral stretch: choose another with --neutral."
            )
        points = landmarks.face[used][:, head_shape().points].astype(np.float64)
        shape = (points - points.mean(axis=1, keepdims=True)).mean(axis=0)
        to_shape = Rotation.from_matrix(rotations_between(head_shape().shape, shape[None]))[0]
        ray = rotation_to_ray(points[:, :, :2].mean(axis=1), camera).mean()
        return FaceReference(camera, shape, to_shape.as_quat(), (ray * to_shape).as_quat())

    def observe(self, landmarks: LandmarkSeries, reference: FaceReference) -> OrientationSeries:
        """See :class:`neckrom.kinematics.estimator.OrientationEstimator`."""
        found = landmarks.face_found
        points = landmarks.face[found][:, head_shape().points].astype(np.float64)
        head = np.full((len(landmarks), 4), np.nan)
        if len(points):
            seen = Rotation.from_matrix(rotations_between(reference.shape, points))
            ray = rotation_to_ray(points[:, :, :2].mean(axis=1), reference.camera)
            head = as_quaternions(found, ray * seen * Rotation.from_quat(reference.offset))
        thorax = np.where(found[:, None], reference.neutral_thorax, np.nan)
        angles = cardan_deg(thorax, head)
        with np.errstate(invalid="ignore"):
            beyond = np.asarray((np.abs(angles) > self.trusted_deg).any(axis=1))
        return OrientationSeries(
            time_ns=landmarks.time_ns,
            head=head,
            thorax=thorax,
            sd_deg=np.full((len(landmarks), 3), np.nan),
            beyond=beyond,
            source=np.where(found, "face", "none"),
            quality=np.where(found, 1.0, 0.0),
        )

    def smooth(self, observed: OrientationSeries, reference: FaceReference) -> OrientationSeries:
        """See :class:`neckrom.kinematics.estimator.OrientationEstimator`."""
        time_s = np.asarray(observed.time_ns, dtype=np.float64) * 1e-9
        return replace(observed, head=smooth_quaternions(time_s, observed.head, reference.neutral_thorax))
