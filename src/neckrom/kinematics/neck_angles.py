"""Neck angles: head relative to thorax."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.errors import FrameMismatchError
from neckrom.types import AngleSeries, FloatArray, OrientationSeries

_SIGNS: FloatArray = np.array([-1.0, 1.0, -1.0])  # Z extends, X tilts right, Y turns left


def cardan_deg(reference: FloatArray, moved: FloatArray) -> FloatArray:
    """Cardan angles of one body relative to another.

    Parameters
    ----------
    reference, moved : ndarray, shape (N, 4)
        Unit quaternions (x, y, z, w), body frame to camera frame, one per frame; NaN where not
        measured. Body frames are right-handed: x anterior, y superior, z to the person's right.

    Returns
    -------
    ndarray, shape (N, 3), degrees
        Flexion (+ chin to chest), lateral flexion (+ right), rotation (+ right), from the
        intrinsic sequence Z-X'-Y''; NaN where either body is not measured. Singular at
        lateral = +-90 deg, which no neck reaches.

    Raises
    ------
    FrameMismatchError
        If the two differ in length.
    """
    if len(reference) != len(moved):
        raise FrameMismatchError(
            f"thorax has {len(reference)} frames, head has {len(moved)}: align both to the same timestamps first."
        )
    angles = np.full((len(moved), 3), np.nan)
    known = np.isfinite(reference).all(axis=1) & np.isfinite(moved).all(axis=1)
    if known.any():
        relative = Rotation.from_quat(reference[known]).inv() * Rotation.from_quat(moved[known])
        angles[known] = cardan_of(relative)
    return angles


def cardan_of(rotations: Rotation) -> FloatArray:
    """Flexion, lateral, rotation of turns in body axes, as :func:`cardan_deg` counts them; degrees, (N, 3).

    Parameters
    ----------
    rotations : Rotation of length N
        Of one body in the axes of the other (x anterior, y superior, z to the person's right).

    Returns
    -------
    ndarray, shape (N, 3), degrees
    """
    return np.asarray(rotations.as_euler("ZXY", degrees=True) * _SIGNS)


def rotation_from_cardan(angles_deg: FloatArray) -> Rotation:
    """Inverse of :func:`cardan_of`: flexion, lateral, rotation, shape (N, 3), to rotations of length N.

    Parameters
    ----------
    angles_deg : ndarray, shape (N, 3) or (3,), degrees

    Returns
    -------
    Rotation of length N
    """
    return Rotation.from_euler("ZXY", np.atleast_2d(angles_deg) * _SIGNS, degrees=True)


def neck_angle_series(orientation: OrientationSeries, neutral_thorax: FloatArray) -> AngleSeries:
    """Neck and trunk angles of every frame.

    Parameters
    ----------
    orientation : OrientationSeries
        Head and thorax, equal to each other at neutral.
    neutral_thorax : ndarray, shape (4,)
        Thorax at neutral, quaternion (x, y, z, w): trunk angles count from it.

    Returns
    -------
    AngleSeries
        Trunk angles are NaN where no trunk was seen in the whole recording.
    """
    fixed = np.broadcast_to(neutral_thorax, orientation.thorax.shape)
    return AngleSeries(
        time_s=np.asarray(orientation.time_ns, dtype=np.float64) * 1e-9,
        neck_deg=cardan_deg(orientation.thorax, orientation.head),
        sd_deg=orientation.sd_deg,
        trunk_deg=cardan_deg(fixed, orientation.thorax)
        if orientation.trunk_seen
        else np.full((len(orientation), 3), np.nan),
        beyond=orientation.beyond,
        source=orientation.source,
        quality=orientation.quality,
    )
