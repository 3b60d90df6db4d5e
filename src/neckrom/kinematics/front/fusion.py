"""Fusion over time: two fallible readings and the head's own movement, one state-space model per angle.

The state of every angle is the angle itself, its speed, the current error of the face reading and
of the pose reading in units of their predicted standard deviation, and the gain error of the
movement seen by optical flow. Errors of a reading last: they change slowly with the angle, so a
reading that was calibrated by a better one a moment ago stays calibrated. That carries the angle on
where the face mesh has collapsed, and a reading that jumps where nothing moved is rejected.

Offline the filter is followed by a Rauch-Tung-Striebel smoother and repeated with the readings
weighted by their residuals (Student's t); live use stops after the filter.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from neckrom.types import BoolArray, FloatArray

_ANGLE, _SPEED, _FACE, _POSE, _GAIN = range(5)
_N_STATES = 5


@dataclass(frozen=True, slots=True)
class FusionParameters:
    """Numbers of the model; those of the readings are fitted on cross-validated residuals.

    Attributes
    ----------
    face_factor, pose_factor : float
        On the standard deviation that each branch predicts for itself: networks are surer of
        themselves than people whom they never saw bear out.
    face_length_deg, pose_length_deg : float
        How far the head turns until a reading's error is forgotten (1/e).
    error_time_s : float
        The same for time.
    face_white, pose_white : float
        Share of a reading's variance that is new in every frame.
    face_noise_deg, pose_noise_deg : float
        Tracker noise of a reading at rest, one standard deviation.
    shared : float
        Correlation of the two readings' errors.
    acceleration : float
        Spectral density of the acceleration, deg^2/s^3, where no flow is seen.
    flow_noise, flow_floor_deg : float
        Variance of a step of flow per degree turned (so that the frame rate does not matter), and
        floor of the standard deviation of one step.
    gain_sd, gain_length_deg : float
        Prior of the flow's gain error and how far the head turns until it is forgotten.
    rest_sd_deg : float
        How exactly a frame of the neutral stretch is zero.
    student : float
        Degrees of freedom of the readings' outliers.
    """

    face_factor: float = 1.2
    pose_factor: float = 8.0
    face_length_deg: float = 25.0
    pose_length_deg: float = 25.0
    error_time_s: float = 5.0
    face_white: float = 0.5
    pose_white: float = 0.3
    face_noise_deg: float = 0.4
    pose_noise_deg: float = 0.8
    shared: float = 0.1
    acceleration: float = 6000.0
    flow_noise: float = 0.1
    flow_floor_deg: float = 0.1
    gain_sd: float = 0.15
    gain_length_deg: float = 45.0
    rest_sd_deg: float = 0.5
    student: float = 4.0


@dataclass(frozen=True, slots=True)
class Readings:
    """What is known of K angles in N frames, degrees; NaN where not seen.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    face, face_sd, pose, pose_sd : ndarray, shape (N, K)
        The two readings and the standard deviation that each predicts for itself.
    step : ndarray, shape (N, K)
        Change since the frame before, from flow.
    at_rest : ndarray, shape (N,), bool
        Frames of the neutral stretch.
    """

    time_s: FloatArray
    face: FloatArray
    face_sd: FloatArray
    pose: FloatArray
    pose_sd: FloatArray
    step: FloatArray
    at_rest: BoolArray

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True, slots=True)
class Fused:
    """Angles and one standard deviation, shape (N, K); trust in the face reading, shape (N,), 0 to 1."""

    angles_deg: FloatArray
    sd_deg: FloatArray
    face_trust: FloatArray


def fuse(
    readings: Readings, parameters: FusionParameters, *, causal: bool = False, repeats: int = 4
) -> Fused:
    """Angles over time from the readings.

    Parameters
    ----------
    readings : Readings
    parameters : FusionParameters
    causal : bool
        Live use: each frame from itself and the frames before it only.
    repeats : int
        Passes with weights from the residuals; a causal run makes one.

    Returns
    -------
    Fused
        Defined in every frame; how far to trust a frame without any reading is in its standard deviation.
    """
    readings = replace(
        readings,
        face_sd=readings.face_sd * parameters.face_factor,
        pose_sd=readings.pose_sd * parameters.pose_factor,
    )
    model = _Model.of(readings, parameters)
    inflation = np.ones((len(readings), 2))
    for _ in range(1 if causal else repeats):
        track = _filter(model, readings, parameters, inflation)
        if not causal:
            track = _smooth(track)
        angles = track.mean[:, :, _ANGLE]
        previous, inflation = inflation, _inflation(readings, parameters, angles)
        if np.allclose(previous, inflation, rtol=0.1):
            break
    sd = np.sqrt(np.maximum(track.covariance[:, :, _ANGLE, _ANGLE], 1e-4))
    seen = np.isfinite(readings.face).all(axis=1)
    return Fused(angles, sd, np.where(seen, 1.0 / inflation[:, 0], 0.0))


@dataclass(frozen=True, slots=True)
class _Track:
    mean: FloatArray
    covariance: FloatArray
    predicted: FloatArray
    predicted_covariance: FloatArray
    transition: FloatArray


@dataclass(frozen=True, slots=True)
class _Model:
    """Transition (N, K, 5, 5) and process noise (N, K, 5, 5)."""

    transition: FloatArray
    noise: FloatArray

    @classmethod
    def of(cls, readings: Readings, p: FusionParameters) -> _Model:
        n, k = readings.face.shape
        dt = np.diff(readings.time_s, prepend=readings.time_s[0])[:, None] * np.ones(k)
        dt = np.maximum(dt, 1e-3)
        keep_face = np.exp(-_path(readings.face) / p.face_length_deg - dt[:, 0] / p.error_time_s)[:, None]
        keep_pose = np.exp(-_path(readings.pose) / p.pose_length_deg - dt[:, 0] / p.error_time_s)[:, None]
        flow = np.isfinite(readings.step)
        step = np.where(flow, readings.step, 0.0)
        turned = np.sqrt((step**2).sum(axis=1))[:, None]
        keep_gain = np.exp(-turned / p.gain_length_deg - dt / p.error_time_s)
        f = np.zeros((n, k, _N_STATES, _N_STATES))
        f[..., _ANGLE, _ANGLE] = 1.0
        f[..., _ANGLE, _SPEED] = np.where(flow, 0.0, dt)
        f[..., _ANGLE, _GAIN] = step
        f[..., _SPEED, _SPEED] = np.where(flow, 0.0, 1.0)
        f[..., _FACE, _FACE], f[..., _POSE, _POSE] = keep_face, keep_pose
        f[..., _GAIN, _GAIN] = keep_gain
        q = np.zeros_like(f)
        seen_noise = p.flow_noise * (np.abs(step) + 0.5 * turned) + p.flow_floor_deg**2
        a = p.acceleration
        q[..., _ANGLE, _ANGLE] = np.where(flow, seen_noise, a * dt**3 / 3)
        q[..., _ANGLE, _SPEED] = q[..., _SPEED, _ANGLE] = np.where(flow, 0.0, a * dt**2 / 2)
        q[..., _SPEED, _SPEED] = np.where(flow, (step / dt) ** 2 * 0.1 + 400.0, a * dt)
        q[..., _FACE, _FACE], q[..., _POSE, _POSE] = 1 - keep_face**2, 1 - keep_pose**2
        q[..., _FACE, _POSE] = q[..., _POSE, _FACE] = p.shared * (1 - keep_face * keep_pose)
        q[..., _GAIN, _GAIN] = p.gain_sd**2 * (1 - keep_gain**2)
        return cls(f, q)


def _path(angles: FloatArray) -> FloatArray:
    """Turn since the last frame that was read, over the first three angles; shape (N,), 0 where not read."""
    length = np.zeros(len(angles))
    known = np.flatnonzero(np.isfinite(angles).all(axis=1))
    if len(known) > 1:
        length[known[1:]] = np.sqrt((np.diff(angles[known, :3], axis=0) ** 2).sum(axis=1))
    return length


def _filter(model: _Model, readings: Readings, p: FusionParameters, inflation: FloatArray) -> _Track:
    n, k = readings.face.shape
    mean, covariance = np.zeros((n, k, _N_STATES)), np.zeros((n, k, _N_STATES, _N_STATES))
    predicted, predicted_covariance = np.zeros_like(mean), np.zeros_like(covariance)
    x, c = np.zeros((k, _N_STATES)), np.zeros((k, _N_STATES, _N_STATES))
    c[:] = np.diag([400.0, 400.0, 1.0, 1.0, p.gain_sd**2])
    c[:, _FACE, _POSE] = c[:, _POSE, _FACE] = p.shared
    speed = np.where(np.isfinite(readings.step), readings.step, 0.0) / np.maximum(
        np.diff(readings.time_s, prepend=readings.time_s[0])[:, None], 1e-3
    )
    for i in range(n):
        if i:
            f = model.transition[i]
            # the angle moves by the step seen times one plus the gain error
            x = (f @ x[:, :, None])[:, :, 0]
            seen = np.isfinite(readings.step[i])
            x[:, _ANGLE] += np.where(seen, readings.step[i], 0.0)
            x[:, _SPEED] += np.where(seen, speed[i], 0.0)
            c = f @ c @ f.transpose(0, 2, 1) + model.noise[i]
        predicted[i], predicted_covariance[i] = x, c
        for reading in _readings_of(readings, p, inflation, i):
            x, c = _update(x, c, reading, p.student)
        mean[i], covariance[i] = x, c
    return _Track(mean, covariance, predicted, predicted_covariance, model.transition)


_Reading = tuple[FloatArray, FloatArray, FloatArray, bool]


def _readings_of(readings: Readings, p: FusionParameters, inflation: FloatArray, i: int) -> list[_Reading]:
    """Row of the observation matrix (K, 5), value (K,), variance (K,), and whether it may be an outlier."""
    k = readings.face.shape[1]
    rows: list[_Reading] = []
    sources = (
        (readings.pose, readings.pose_sd, _POSE, p.pose_white, p.pose_noise_deg, 1),
        (readings.face, readings.face_sd, _FACE, p.face_white, p.face_noise_deg, 0),
    )
    if readings.at_rest[i]:
        h = np.zeros((k, _N_STATES))
        h[:, _ANGLE] = 1.0
        rows.append((h, np.zeros(k), np.full(k, p.rest_sd_deg**2), False))
    for values, sd, state, white, noise, column in sources:
        if np.isfinite(values[i]).all():
            h = np.zeros((k, _N_STATES))
            h[:, _ANGLE] = 1.0
            h[:, state] = sd[i] * np.sqrt(1 - white)
            rows.append((h, values[i], (noise**2 + white * sd[i] ** 2) * inflation[i, column], True))
    return rows


def _update(x: FloatArray, c: FloatArray, reading: _Reading, student: float) -> tuple[FloatArray, FloatArray]:
    h, value, variance, may_fail = reading
    gain = (c @ h[:, :, None])[:, :, 0]
    surprise = value - (h * x).sum(axis=1)
    expected = (h * gain).sum(axis=1) + variance
    if may_fail:
        neck = slice(0, 3)
        excess = float((surprise[neck] ** 2 / expected[neck]).mean())
        if excess > 4.0:  # not explained by the model: weigh it as Student's t would
            factor = ((student + 3 * excess) / (student + 3)) ** 2
            expected = (
                expected + variance * (factor - 1) + (h[:, _FACE : _POSE + 1] ** 2).sum(axis=1) * (factor - 1)
            )
    weight = gain / expected[:, None]
    return x + weight * surprise[:, None], c - weight[:, :, None] * gain[:, None, :]


def _smooth(track: _Track) -> _Track:
    mean, covariance = track.mean.copy(), track.covariance.copy()
    eye = 1e-9 * np.eye(_N_STATES)
    for i in range(len(mean) - 2, -1, -1):
        f, predicted = track.transition[i + 1], track.predicted_covariance[i + 1]
        gain = np.linalg.solve(predicted + eye, f @ covariance[i]).transpose(0, 2, 1)
        ahead = mean[i + 1] - track.predicted[i + 1]
        mean[i] += (gain @ ahead[:, :, None])[:, :, 0]
        covariance[i] += gain @ (covariance[i + 1] - predicted) @ gain.transpose(0, 2, 1)
    return replace(track, mean=mean, covariance=covariance)


def _inflation(readings: Readings, p: FusionParameters, angles: FloatArray) -> FloatArray:
    """Factor on the variance of each reading, shape (N, 2) for face and pose, from its residual."""
    factors = np.ones((len(angles), 2))
    for column, (values, sd) in enumerate(
        ((readings.face, readings.face_sd), (readings.pose, readings.pose_sd))
    ):
        residual = ((values - angles)[:, :3] / np.sqrt(sd[:, :3] ** 2 + 1.0)) ** 2
        excess = residual.mean(axis=1)
        doubtful = np.isfinite(excess) & (excess > 2.0)
        factors[doubtful, column] = ((p.student + 3 * excess[doubtful]) / (p.student + 3)) ** 2
    return factors


# ------------------------------------------------------------------ the file


def pack_parameters(parameters: FusionParameters) -> dict[str, NDArray[np.generic]]:
    """Arrays for an ``.npz``."""
    return {
        f"fusion.{f.name}": np.float64(getattr(parameters, f.name)).reshape(()) for f in fields(parameters)
    }


def unpack_parameters(arrays: dict[str, NDArray[np.generic]]) -> FusionParameters:
    """Inverse of :func:`pack_parameters`."""
    return FusionParameters(**{f.name: float(arrays[f"fusion.{f.name}"]) for f in fields(FusionParameters)})
