"""What face and pose say of each frame, as the filter is given it."""

from __future__ import annotations

import numpy as np

from neckrom.kinematics.front.calibration import Calibration
from neckrom.kinematics.front.features import Points, blocks_of
from neckrom.kinematics.front.filter import Readings
from neckrom.kinematics.front.networks import Prediction, View, predict
from neckrom.kinematics.front.reference import Reference
from neckrom.types import IntArray

_UNKNOWN_SD_DEG = 30.0
"""Stands where a branch did not answer, so that no NaN is carried along; a reading that is NaN is not used at all."""


def branches(calibration: Calibration, points: Points, reference: Reference) -> tuple[Prediction, Prediction]:
    """Answers of the face branch and of the pose branch.

    Parameters
    ----------
    calibration : Calibration
    points : Points, N frames
    reference : Reference

    Returns
    -------
    face, pose : Prediction, N frames
        NaN where a branch cannot answer: without pose neither can.
    """
    views = (
        View(blocks_of(points, reference.rest), reference.rest, reference.focal_known),
        View(
            blocks_of(points.mirrored(reference.rest.lens.cx), reference.mirrored_rest),
            reference.mirrored_rest,
            reference.focal_known,
        ),
    )
    return predict(calibration.networks, "face", views), predict(calibration.networks, "pose", views)


def readings_of(
    calibration: Calibration, time_ns: IntArray, face: Prediction, pose: Prediction, reference: Reference
) -> Readings:
    """What the filter is given: networks are surer of themselves than people whom they never saw bear out.

    Parameters
    ----------
    calibration : Calibration
    time_ns : ndarray, shape (N,), int64
    face, pose : Prediction, N frames
        As from :func:`branches`.
    reference : Reference
        Says which frames are of the neutral stretch.

    Returns
    -------
    Readings, N frames
        Seconds and degrees, without any step of flow.
    """
    p = calibration.fusion
    return Readings(
        time_s=np.asarray(time_ns, dtype=np.float64) * 1e-9,
        face=face.angles_deg,
        face_sd=np.nan_to_num(face.sd_deg, nan=_UNKNOWN_SD_DEG) * p.face_factor,
        pose=pose.angles_deg,
        pose_sd=np.nan_to_num(pose.sd_deg, nan=_UNKNOWN_SD_DEG) * p.pose_factor,
        step=np.full(face.angles_deg.shape, np.nan),
        at_rest=np.isin(time_ns, reference.rest_time_ns),
    )
