"""What lens, seat and readings that contradict each other leave unknown: it belongs into every standard deviation."""

from __future__ import annotations

import numpy as np

from neckrom.kinematics.front.lens import line_of_sight_sd_deg
from neckrom.kinematics.front.networks import Prediction
from neckrom.kinematics.front.reference import Reference
from neckrom.kinematics.neck_angles import cardan_of, rotation_from_cardan
from neckrom.kinematics.view import ASKEW_FROM_DEG
from neckrom.types import POSE_SHOULDERS, CameraModel, FloatArray

UNSEEN_TRUNK_SD_DEG = 4.0
"""What a trunk that nobody saw may have moved: rendered people cheat with it by 0 to 22 deg in a third of their
repetitions and keep it still in the others, which is a standard deviation of about 5; people who are told to keep the
shoulders still move less."""
USUAL_DISAGREEMENT_DEG: FloatArray = np.array([16.0, 14.0, 15.0])
USUAL_DISAGREEMENT_BACK_DEG: FloatArray = np.array([23.0, 14.0, 15.0])
"""Face and body model are nearer than this in 99 % of the frames in which both answer, on the 30 people of the fit of
followed points: flexion, lateral, rotation; the second while the head is tipped back."""
SURE_FACE_DEG = 12.0
"""A face reading that is less sure of itself contradicts nobody: the mesh has collapsed, and its network knows."""
_ROTATION = 2
"""Column of the angles."""


def shoulders_seen(pose: FloatArray, camera: CameraModel) -> bool:
    """Whether a shoulder lies in the picture in most of these frames.

    Where none does, the body model still answers, with points outside the picture that are made up.

    Parameters
    ----------
    pose : ndarray, shape (N, K, 3)
        Pixels, rows as in :data:`neckrom.kinematics.pose_points.POSE_POINTS`.
    camera : CameraModel

    Returns
    -------
    bool
        True if either shoulder does in more than half of them.
    """
    at = pose[:, POSE_SHOULDERS, :2]
    inside = ((at >= 0) & (at <= [camera.width, camera.height])).all(axis=2)
    return bool((inside.mean(axis=0) > 0.5).any())


def without_unseen_trunk(angles: Prediction, reference: Reference) -> Prediction:
    """The trunk taken to keep still where no shoulder was seen: the neck is then all that the head turned.

    Parameters
    ----------
    angles : Prediction, N frames
    reference : Reference

    Returns
    -------
    Prediction, N frames
        The same object where a shoulder was seen; else trunk angles of zero, and standard deviations as they were.
    """
    if reference.shoulders_seen:
        return angles
    head = rotation_from_cardan(angles.angles_deg[:, 3:]) * rotation_from_cardan(angles.angles_deg[:, :3])
    return Prediction(
        np.column_stack([cardan_of(head), np.zeros((len(angles.angles_deg), 3))]), angles.sd_deg
    )


def with_lens_and_seat(angles: Prediction, head_moved: FloatArray, reference: Reference) -> Prediction:
    """The same angles, with what lens, seat and an unseen trunk add to their standard deviations.

    Parameters
    ----------
    angles : Prediction, N frames
    head_moved : ndarray, shape (N, 2)
        As for :func:`neckrom.kinematics.front.lens.line_of_sight_sd_deg`.
    reference : Reference

    Returns
    -------
    Prediction, N frames
        The trunk's standard deviations stay as they were.
    """
    sd = angles.sd_deg.copy()
    sd[:, :3] = np.hypot(sd[:, :3], line_of_sight_sd_deg(head_moved, reference.inverse_focal_sd))
    if not reference.shoulders_seen:
        # nothing is added at rest, all of it from 20 deg on: a trunk moves along with the head, and zero is still zero
        moving = np.minimum(np.abs(angles.angles_deg[:, :3]) / 20.0, 1.0)
        sd[:, :3] = np.hypot(sd[:, :3], UNSEEN_TRUNK_SD_DEG * moving)
    if abs(reference.askew_deg) > ASKEW_FROM_DEG:
        away = np.minimum(np.abs(angles.angles_deg[:, _ROTATION]) / 20.0, 1.0)
        sd[:, _ROTATION] = np.hypot(sd[:, _ROTATION], abs(reference.askew_deg) * away)
    return Prediction(angles.angles_deg, sd)


def with_contradictions(angles: Prediction, face: Prediction, pose: Prediction) -> Prediction:
    """The same angles, less sure where face and body model contradict each other as they usually never do.

    One of them has lost the person then, and nothing tells which: in poor light the mesh may stand still on a head
    that moves, sure of itself, and the movement of the picture with it.

    Parameters
    ----------
    angles : Prediction, N frames
    face, pose : Prediction, N frames
        Answers of the two branches, NaN where a branch did not answer.

    Returns
    -------
    Prediction
        By what they differ more than usual is one standard deviation of the neck angle.
    """
    read, other = face.angles_deg[:, :3], pose.angles_deg[:, :3]
    usual = np.where(other[:, :1] < 0, USUAL_DISAGREEMENT_BACK_DEG, USUAL_DISAGREEMENT_DEG)
    with np.errstate(invalid="ignore"):
        excess = np.where(face.sd_deg[:, :3] < SURE_FACE_DEG, np.abs(read - other) - usual, 0.0)
    sd = angles.sd_deg.copy()
    sd[:, :3] = np.hypot(sd[:, :3], np.maximum(np.nan_to_num(excess, nan=0.0), 0.0))
    return Prediction(angles.angles_deg, sd)
