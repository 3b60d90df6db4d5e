"""Angles as the frames come in: what the session steers by.

The estimator is the same as for recordings, only its filter runs causally; the values in the report
come from the whole recording, smoothed both ways, by :mod:`neckrom.service.analysis`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neckrom.kinematics.camera import straightened
from neckrom.kinematics.estimator import RunningEstimator
from neckrom.kinematics.face_mesh import face_orientation, facing_angles_deg
from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.service.analysis import estimator_for
from neckrom.types import POSE_HEAD, POSE_SHOULDERS, CameraModel, FloatArray, LandmarkFrame, LandmarkSeries

Angles = tuple[float, float, float]
UNKNOWN: Angles = (float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True, slots=True)
class LiveAngles:
    """What is known of one frame; degrees, NaN is not measured.

    Attributes
    ----------
    neck_deg, trunk_deg, sd_deg : tuple of three float
        Flexion, lateral, rotation; as in :class:`neckrom.types.AngleSeries`. NaN before neutral is learned.
    beyond : bool
    quality : float
    head : ndarray, shape (4,)
        Quaternion (x, y, z, w), body to camera.
    """

    neck_deg: Angles
    trunk_deg: Angles
    sd_deg: Angles
    beyond: bool
    quality: float
    head: FloatArray


NOTHING = LiveAngles(UNKNOWN, UNKNOWN, UNKNOWN, False, 0.0, np.full(4, np.nan))


class CausalOrientation:
    """Learns a person's neutral once and then follows them frame by frame.

    Parameters
    ----------
    camera : CameraModel
        For the picture in which the landmarks count.
    """

    def __init__(self, camera: CameraModel) -> None:
        self._camera = camera
        self._estimator, _ = estimator_for("front")
        self._running: RunningEstimator | None = None
        self._neutral_thorax: FloatArray = np.array([0.0, 0.0, 0.0, 1.0])

    @property
    def learned(self) -> bool:
        """Whether neutral is known."""
        return self._running is not None

    def learn(self, frames: Sequence[LandmarkFrame]) -> None:
        """Take these frames as the person's neutral.

        Raises
        ------
        NoNeutralError
            If face and shoulders are found together in fewer than three of them.
        """
        series, camera = straightened(series_of(frames, self._camera), self._camera)
        still = np.ones(len(series), dtype=np.bool_)
        camera = self._estimator.camera_of(series, camera, still)
        reference = self._estimator.fit_reference(series, camera, still)
        running = self._estimator.running(reference)
        for i in range(len(series)):
            running.step(_row(series, i))
        self._running, self._neutral_thorax = running, reference.neutral_thorax

    def step(self, frame: LandmarkFrame) -> LiveAngles:
        """Angles in the next frame; all NaN before :meth:`learn`."""
        if self._running is None:
            return NOTHING
        series, _ = straightened(series_of([frame], self._camera), self._camera)
        orientation = self._running.step(series)
        angles = neck_angle_series(orientation, self._neutral_thorax)
        return LiveAngles(
            neck_deg=_three(angles.neck_deg[0]),
            trunk_deg=_three(angles.trunk_deg[0]),
            sd_deg=_three(angles.sd_deg[0]),
            beyond=bool(angles.beyond[0]),
            quality=float(angles.quality[0]),
            head=orientation.head[0],
        )

    def facing(self, frame: LandmarkFrame) -> tuple[Angles, FloatArray]:
        """The head against one that looks straight into a level camera, and its quaternion; NaN without a face."""
        series, camera = straightened(series_of([frame], self._camera), self._camera)
        head = face_orientation(series, camera)
        return _three(facing_angles_deg(head)[0]), head[0]


def series_of(frames: Sequence[LandmarkFrame], camera: CameraModel) -> LandmarkSeries:
    """Frames as a series in the picture of the camera."""
    columns: dict[str, Any] = {
        field.name: _column([getattr(frame, field.name) for frame in frames])
        for field in fields(LandmarkFrame)
    }
    return LandmarkSeries(**columns, width=camera.width, height=camera.height)


def projected_axes(
    frame: LandmarkFrame, head: FloatArray, length_share: float = 0.6
) -> tuple[tuple[float, float], ...] | None:
    """Origin and the tips of the head's axes in the picture, pixels; None where the head is not known.

    Parameters
    ----------
    frame : LandmarkFrame
    head : ndarray, shape (4,)
        Quaternion, body to camera.
    length_share : float
        Of the distance between the shoulders, or of the face's width where they are not seen.

    Returns
    -------
    tuple of (x, y)
        Origin, anterior, superior, to the person's right.
    """
    place = _middle_of_head(frame)
    if place is None or not np.isfinite(head).all():
        return None
    origin, size = place
    axes = Rotation.from_quat(head).as_matrix()[:2] * (length_share * size)
    tips = [origin, *(origin + axes[:, i] for i in range(3))]
    return tuple((float(x), float(y)) for x, y in tips)


def _middle_of_head(frame: LandmarkFrame) -> tuple[FloatArray, float] | None:
    if np.isfinite(frame.face[0, 0]):
        face = frame.face[:, :2].astype(np.float64)
        return face.mean(axis=0), float(np.ptp(face[:, 1]))
    if np.isfinite(frame.pose[0, 0]):
        pose = frame.pose[:, :2].astype(np.float64)
        left, right = pose[POSE_SHOULDERS]
        return pose[POSE_HEAD].mean(axis=0), 0.5 * float(np.linalg.norm(left - right))
    return None


def _column(values: Sequence[Any]) -> NDArray[Any] | None:
    """One row a frame; None where a frame does not have it."""
    if any(value is None for value in values):
        return None
    column = np.asarray(values)
    return column.astype(np.int64) if column.dtype.kind == "i" else column


def _row(series: LandmarkSeries, i: int) -> LandmarkSeries:
    rows = {
        field.name: getattr(series, field.name)[i : i + 1]
        for field in fields(LandmarkFrame)
        if getattr(series, field.name) is not None
    }
    return replace(series, **rows)


def _three(row: FloatArray) -> Angles:
    return (float(row[0]), float(row[1]), float(row[2]))
