"""One state-space model per angle: what is known of it, how it goes on, and what a reading adds.

The state of every angle is the angle itself, its speed, the current error of the face reading and
of the pose reading in units of their predicted standard deviation, and the gain error of the
movement seen by optical flow. Errors of a reading last: they change slowly with the angle, so a
reading that was calibrated by a better one a moment ago stays calibrated. That carries the angle on
where the face mesh has collapsed, and a reading that jumps where nothing moved is rejected.

Recordings (:mod:`neckrom.kinematics.front.fusion`) and live frames (:mod:`neckrom.kinematics.front.running`)
go through the same :func:`predict` and :func:`update`. The equations stand in ``docs/method.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.kinematics.front.parameters import FusionParameters
from neckrom.types import BoolArray, FloatArray

ANGLE, SPEED, FACE, POSE, GAIN = range(5)
"""Places in the state: deg, deg/s, errors of the two readings in their standard deviations, gain error as a share."""
N_STATES = 5
NECK = slice(0, 3)
"""The angles by which a reading is judged; the trunk is read too coarsely."""
START_VARIANCE = 400.0
"""Of angle (deg^2) and speed (deg^2/s^2) before the first frame: nothing is known."""
STEP_SPEED_SHARE, STEP_SPEED_VARIANCE = 0.1, 400.0
"""What is known of the speed after a step of flow: its variance, as a share of its square and at least."""
SURPRISE = 4.0
"""A reading whose mean squared error is further off than so many variances is weighed down in the filter."""
DOUBTFUL = 2.0
"""The same against a whole pass, where more is known."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What is known of K angles in N frames, degrees; NaN where not seen. Neck first, then trunk.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    face, face_sd, pose, pose_sd : ndarray, shape (N, K)
        The two readings and their standard deviations.
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
class State:
    """Mean, shape (K, 5), and covariance, shape (K, 5, 5), of every angle's state."""

    mean: FloatArray
    covariance: FloatArray

    @classmethod
    def unknown(cls, angles: int, p: FusionParameters) -> State:
        """The state before the first frame.

        Parameters
        ----------
        angles : int
            How many angles, K.
        p : FusionParameters

        Returns
        -------
        State
            All zero, with ``START_VARIANCE`` of angle and speed.
        """
        covariance = np.zeros((angles, N_STATES, N_STATES))
        covariance[:] = np.diag([START_VARIANCE, START_VARIANCE, 1.0, 1.0, p.gain_sd**2])
        covariance[:, FACE, POSE] = covariance[:, POSE, FACE] = p.shared
        return cls(np.zeros((angles, N_STATES)), covariance)


@dataclass(frozen=True, slots=True)
class Transitions:
    """How the state goes on from the frame before to each of N: ``x = matrix @ x + shift``, with noise.

    Attributes
    ----------
    matrix, noise : ndarray, shape (N, K, 5, 5)
    shift : ndarray, shape (N, K, 5)
        The step seen by flow; zero where none was.
    """

    matrix: FloatArray
    noise: FloatArray
    shift: FloatArray


@dataclass(frozen=True, slots=True)
class Course:
    """What the transitions of a recording are made from: a tenth of what they take themselves.

    Attributes
    ----------
    parameters : FusionParameters
    since : ndarray, shape (N, 1)
        Seconds since the frame before.
    dt : ndarray, shape (N, K)
        The same, and 1 ms at least.
    keep_face, keep_pose : ndarray, shape (N, 1)
    keep_gain : ndarray, shape (N, K)
        Shares of the errors that are still the same.
    flow : ndarray, shape (N, K), bool
        Where a step was seen.
    step : ndarray, shape (N, K)
        Degrees; zero where none was.
    turned : ndarray, shape (N, 1)
        Length of the step.
    """

    parameters: FusionParameters
    since: FloatArray
    dt: FloatArray
    keep_face: FloatArray
    keep_pose: FloatArray
    keep_gain: FloatArray
    flow: BoolArray
    step: FloatArray
    turned: FloatArray

    @classmethod
    def of(cls, readings: Readings, p: FusionParameters) -> Course:
        """From the readings of a whole recording.

        Parameters
        ----------
        readings : Readings, N frames
        p : FusionParameters

        Returns
        -------
        Course, N frames
        """
        k = readings.face.shape[1]
        since = np.diff(readings.time_s, prepend=readings.time_s[0])[:, None]
        # two frames at one time are taken 1 ms apart
        dt = np.maximum(since * np.ones(k), 1e-3)
        keep_face = np.exp(-_path(readings.face) / p.face_length_deg - dt[:, 0] / p.error_time_s)[:, None]
        keep_pose = np.exp(-_path(readings.pose) / p.pose_length_deg - dt[:, 0] / p.error_time_s)[:, None]
        flow = np.isfinite(readings.step)
        step = np.where(flow, readings.step, 0.0)
        turned = np.sqrt((step**2).sum(axis=1))[:, None]
        keep_gain = np.exp(-turned / p.gain_length_deg - dt / p.error_time_s)
        return cls(p, since, dt, keep_face, keep_pose, keep_gain, flow, step, turned)

    def transitions(self, rows: slice = slice(None)) -> Transitions:
        """Transitions into some of the frames; the one into the first of all is not used.

        Parameters
        ----------
        rows : slice

        Returns
        -------
        Transitions, n frames
            By the step of flow where one was seen, else by the speed.
        """
        p = self.parameters
        since, dt, flow, step, turned = (
            part[rows] for part in (self.since, self.dt, self.flow, self.step, self.turned)
        )
        keep_face, keep_pose, keep_gain = (
            part[rows] for part in (self.keep_face, self.keep_pose, self.keep_gain)
        )
        n, k = step.shape
        f = np.zeros((n, k, N_STATES, N_STATES))
        f[..., ANGLE, ANGLE] = 1.0
        f[..., ANGLE, SPEED] = np.where(flow, 0.0, dt)
        f[..., ANGLE, GAIN] = step
        f[..., SPEED, SPEED] = np.where(flow, 0.0, 1.0)
        f[..., FACE, FACE], f[..., POSE, POSE] = keep_face, keep_pose
        f[..., GAIN, GAIN] = keep_gain
        q = np.zeros_like(f)
        # a step in one plane is seen the worse the more the head turns in the others (docs/method.md)
        seen_noise = p.flow_noise * (np.abs(step) + 0.5 * turned) + p.flow_floor_deg**2
        a = p.acceleration
        q[..., ANGLE, ANGLE] = np.where(flow, seen_noise, a * dt**3 / 3)
        q[..., ANGLE, SPEED] = q[..., SPEED, ANGLE] = np.where(flow, 0.0, a * dt**2 / 2)
        q[..., SPEED, SPEED] = np.where(
            flow, (step / dt) ** 2 * STEP_SPEED_SHARE + STEP_SPEED_VARIANCE, a * dt
        )
        q[..., FACE, FACE], q[..., POSE, POSE] = 1 - keep_face**2, 1 - keep_pose**2
        q[..., FACE, POSE] = q[..., POSE, FACE] = p.shared * (1 - keep_face * keep_pose)
        q[..., GAIN, GAIN] = p.gain_sd**2 * (1 - keep_gain**2)
        # the angle moves by the step seen times one plus the gain error
        shift = np.zeros((n, k, N_STATES))
        shift[..., ANGLE], shift[..., SPEED] = step, step / np.maximum(since, 1e-3)
        return Transitions(f, q, shift)


def predict(state: State, transitions: Transitions, i: int) -> State:
    """The state in frame ``i`` before its readings, from the one in the frame before.

    Parameters
    ----------
    state : State
        In frame ``i - 1``.
    transitions : Transitions
    i : int
        From 1.

    Returns
    -------
    State
    """
    f = transitions.matrix[i]
    mean = (f @ state.mean[:, :, None])[:, :, 0] + transitions.shift[i]
    return State(mean, f @ state.covariance @ f.transpose(0, 2, 1) + transitions.noise[i])


def update(
    state: State, readings: Readings, i: int, p: FusionParameters, inflation: FloatArray | None = None
) -> State:
    """The state in frame ``i`` with its readings.

    Parameters
    ----------
    state : State
        From :func:`predict`.
    readings : Readings
    i : int
    p : FusionParameters
    inflation : ndarray, shape (2,), optional
        Factor on the variance of the face reading and of the pose reading.

    Returns
    -------
    State
        The one given where nothing was read and the frame is not of the neutral stretch.
    """
    factor = np.ones(2) if inflation is None else inflation
    x, c = state.mean, state.covariance
    for reading in _readings_of(readings, p, factor, i):
        x, c = _with_reading(x, c, reading, p.student)
    return State(x, c)


def inflation_of(readings: Readings, p: FusionParameters, angles_deg: FloatArray) -> FloatArray:
    """Factor on the variance of each reading, from its residual (Student's t).

    Parameters
    ----------
    readings : Readings, N frames
    p : FusionParameters
    angles_deg : ndarray, shape (N, K)
        What came of the readings; the first three columns, the neck's, are judged.

    Returns
    -------
    ndarray, shape (N, 2)
        Face and pose; 1 where a reading fits, or where there is none.
    """
    factors = np.ones((len(angles_deg), 2))
    for column, (values, sd) in enumerate(
        ((readings.face, readings.face_sd), (readings.pose, readings.pose_sd))
    ):
        # 1 deg^2 more, so that a reading that is very sure of itself is not doubted for a fraction of a degree
        residual = ((values - angles_deg)[:, NECK] / np.sqrt(sd[:, NECK] ** 2 + 1.0)) ** 2
        excess = residual.mean(axis=1)
        doubtful = np.isfinite(excess) & (excess > DOUBTFUL)
        factors[doubtful, column] = ((p.student + 3 * excess[doubtful]) / (p.student + 3)) ** 2
    return factors


def _path(angles: FloatArray) -> FloatArray:
    """Turn since the last frame that was read, over the first three angles; shape (N,), 0 where not read."""
    length = np.zeros(len(angles))
    known = np.flatnonzero(np.isfinite(angles).all(axis=1))
    if len(known) > 1:
        length[known[1:]] = np.sqrt((np.diff(angles[known, :3], axis=0) ** 2).sum(axis=1))
    return length


_Reading = tuple[FloatArray, FloatArray, FloatArray, bool]


def _readings_of(readings: Readings, p: FusionParameters, inflation: FloatArray, i: int) -> list[_Reading]:
    """Row of the observation matrix (K, 5), value (K,), variance (K,), and whether it may be an outlier."""
    k = readings.face.shape[1]
    rows: list[_Reading] = []
    sources = (
        (readings.pose, readings.pose_sd, POSE, p.pose_white, p.pose_noise_deg, 1),
        (readings.face, readings.face_sd, FACE, p.face_white, p.face_noise_deg, 0),
    )
    if readings.at_rest[i]:
        h = np.zeros((k, N_STATES))
        h[:, ANGLE] = 1.0
        rows.append((h, np.zeros(k), np.full(k, p.rest_sd_deg**2), False))
    for values, sd, state, white, noise, column in sources:
        if np.isfinite(values[i]).all():
            h = np.zeros((k, N_STATES))
            h[:, ANGLE] = 1.0
            h[:, state] = sd[i] * np.sqrt(1 - white)
            rows.append((h, values[i], (noise**2 + white * sd[i] ** 2) * inflation[column], True))
    return rows


def _with_reading(
    x: FloatArray, c: FloatArray, reading: _Reading, student: float
) -> tuple[FloatArray, FloatArray]:
    h, value, variance, may_fail = reading
    gain = (c @ h[:, :, None])[:, :, 0]
    surprise = value - (h * x).sum(axis=1)
    expected = (h * gain).sum(axis=1) + variance
    if may_fail:
        excess = float((surprise[NECK] ** 2 / expected[NECK]).mean())
        if excess > SURPRISE:  # not explained by the model: weigh it as Student's t would
            factor = ((student + 3 * excess) / (student + 3)) ** 2
            expected = (
                expected + variance * (factor - 1) + (h[:, FACE : POSE + 1] ** 2).sum(axis=1) * (factor - 1)
            )
    weight = gain / expected[:, None]
    return x + weight * surprise[:, None], c - weight[:, :, None] * gain[:, None, :]
