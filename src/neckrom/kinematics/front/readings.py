"""What face and pose say of each frame, as the filter is given it."""

from __future__ import annotations

import numpy as np

from neckrom.kinematics.front.calibration import Calibration
from neckrom.kinematics.front.features import Points, RecordedPoints, blocks_of
from neckrom.kinematics.front.filter import Readings
from neckrom.kinematics.front.networks import Prediction, View, predict
from neckrom.kinematics.front.reference import Reference
from neckrom.types import FloatArray, IntArray

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
    views = views_of(points, reference)
    return predict(calibration.networks, "face", views), predict(calibration.networks, "pose", views)


def views_of(points: Points, reference: Reference) -> tuple[View, View]:
    """What the networks are asked about: the person, and the mirrored person.

    Parameters
    ----------
    points : Points, N frames
    reference : Reference

    Returns
    -------
    tuple of View, N frames
    """
    mirrored = points.mirrored(reference.rest.lens.cx)
    return (
        View(blocks_of(points, reference.rest), reference.rest, reference.focal_known),
        View(blocks_of(mirrored, reference.mirrored_rest), reference.mirrored_rest, reference.focal_known),
    )


def recorded_branches(
    calibration: Calibration, points: RecordedPoints, reference: Reference
) -> tuple[Prediction, Prediction]:
    """The same as :func:`branches` for a recording of any length.

    Parameters
    ----------
    calibration : Calibration
    points : RecordedPoints, N frames
    reference : Reference

    Returns
    -------
    face, pose : Prediction, N frames
    """
    blocks = [branches(calibration, block, reference) for block in points.in_blocks()]
    face, pose = (_joined([block[branch] for block in blocks]) for branch in (0, 1))
    return face, pose


def face_sizes(
    calibration: Calibration, points: RecordedPoints, reference: Reference
) -> tuple[FloatArray, FloatArray]:
    """Size of the face, and the neck's angles as the face branch reads them.

    Parameters
    ----------
    calibration : Calibration
    points : RecordedPoints, N frames
    reference : Reference

    Returns
    -------
    size : ndarray, shape (N,)
        Logarithm, against neutral, as in :class:`Blocks`; NaN where no face was found.
    angles_deg : ndarray, shape (N, 3)
        Flexion, lateral, rotation; NaN where the branch does not answer.
    """
    sizes, angles = [], []
    for block in points.in_blocks():
        views = views_of(block, reference)
        sizes.append(views[0].blocks.place[:, 2].copy())
        angles.append(predict(calibration.networks, "face", views).angles_deg[:, :3])
    return np.concatenate(sizes), np.concatenate(angles)


def _joined(parts: list[Prediction]) -> Prediction:
    return Prediction(
        np.concatenate([part.angles_deg for part in parts]), np.concatenate([part.sd_deg for part in parts])
    )


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
