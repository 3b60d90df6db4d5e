"""From neck and trunk angles to the orientation of head and thorax, with source, quality and the mark of a bound."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.networks import Prediction
from neckrom.kinematics.front.reference import Reference
from neckrom.kinematics.neck_angles import rotation_from_cardan
from neckrom.types import BoolArray, FloatArray, IntArray, OrientationSeries

BEYOND_SD_DEG = 12.0
"""From this standard deviation on, an angle past ``BEYOND_FROM_DEG`` is only a bound."""
BEYOND_FROM_DEG: FloatArray = np.array([25.0, 30.0, 35.0])
"""Flexion, lateral, rotation, to both sides."""


def orientations(
    time_ns: IntArray,
    angles: Prediction,
    reference: Reference,
    branches: tuple[Prediction, Prediction],
    face_trust: FloatArray | None = None,
    *,
    solved: BoolArray | None = None,
) -> OrientationSeries:
    """Head and thorax from neck and trunk angles, with source, quality and the mark of a bound.

    Parameters
    ----------
    time_ns : ndarray, shape (N,), int64
    angles : Prediction, N frames
        Degrees; neck and trunk with the standard deviations that they are to have.
    reference : Reference
    branches : tuple of Prediction
        Answers of the face branch and of the pose branch; NaN where one did not answer.
    face_trust : ndarray, shape (N,), optional
        From 0 to 1; a face reading above one half is named in the source. Without it every one is.
    solved : ndarray, shape (N,), bool, optional
        Frames that are known from followed points, even if neither branch answered.

    Returns
    -------
    OrientationSeries, N frames
        NaN, source "none" and quality 0 where neither branch answered and nothing was solved.
    """
    n = len(time_ns)
    seen_face, seen_pose = (np.isfinite(p.angles_deg).all(axis=1) for p in branches)
    seen = seen_face | seen_pose if solved is None else seen_face | seen_pose | solved
    known = np.isfinite(angles.angles_deg).all(axis=1) & seen
    head, thorax = np.full((n, 4), np.nan), np.full((n, 4), np.nan)
    if known.any():
        trunk = rotation_from_cardan(angles.angles_deg[known, 3:])
        base = Rotation.from_quat(reference.neutral_thorax) * trunk
        thorax[known] = base.as_quat()
        head[known] = (base * rotation_from_cardan(angles.angles_deg[known, :3])).as_quat()
    sd = np.where(known[:, None], angles.sd_deg[:, :3], np.nan)
    # above one half the variance of the face reading was not even doubled
    trust = seen_face.astype(np.float64) if face_trust is None else face_trust
    source = np.select([~known, seen_face & (trust > 0.5), seen_face], ["none", "fused", "pose"], "pose")
    with np.errstate(invalid="ignore"):
        far = np.abs(angles.angles_deg[:, :3]) > BEYOND_FROM_DEG
        beyond = np.asarray((far & (sd > BEYOND_SD_DEG)).any(axis=1))
        # 1 up to a standard deviation of 3 deg, 0.05 from 17 deg on: for sorting and greying, not for arithmetic
        quality = np.where(known, np.clip(1.2 - np.nanmax(np.nan_to_num(sd), axis=1) / 15.0, 0.05, 1.0), 0.0)
    return OrientationSeries(
        time_ns, head, thorax, sd, beyond, source, quality, trunk_seen=reference.shoulders_seen
    )
