"""Fusion over a whole recording: the filter, then a Rauch-Tung-Striebel smoother back over it.

Both are repeated with the readings weighted by their residuals (Student's t).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neckrom.columns import in_blocks
from neckrom.kinematics.front.filter import (
    ANGLE,
    N_STATES,
    Course,
    Readings,
    State,
    inflation_of,
    predict,
    update,
)
from neckrom.kinematics.front.parameters import FusionParameters
from neckrom.types import BoolArray, FloatArray

PASSES = 3
FLOW_ROUNDS, FLOW_PASSES = 2, 2
"""Passes at most without flow; how often the steps of flow are taken anew about what came of them, and passes then."""
AGREE_DEG, AGREE_SHARE = 8.0, 0.2
"""Face and pose agree within so many degrees and this share of the angle; what came of them is contradicted where it
falls short of both by half of that."""
READ_WELL_DEG: FloatArray = np.array([30.0, 45.0, 45.0])
"""Flexion, lateral, rotation: up to here face and pose together are believed against flow."""
STANDING_S, AROUND_S = 0.3, 1.5
"""A contradiction stands when most of so long a time says so; flow is then left out for so long before and after."""
_LEAST_VARIANCE = 1e-4
"""Square degrees: rounding may leave a variance at or below zero."""
_SETTLED = 0.1
"""Passes end where no weight of a reading changes by more than this share."""


@dataclass(frozen=True, slots=True)
class Fused:
    """Angles and one standard deviation, shape (N, K); trust in the face reading, shape (N,), 0 to 1."""

    angles_deg: FloatArray
    sd_deg: FloatArray
    face_trust: FloatArray


@dataclass(frozen=True, slots=True)
class Track:
    """Mean (N, K, 5) and covariance (N, K, 5, 5) of the state in every frame."""

    mean: FloatArray
    covariance: FloatArray

    def fused(self, readings: Readings, inflation: FloatArray) -> Fused:
        """Angles of the track, and how far the face reading agrees with them.

        Parameters
        ----------
        readings : Readings, N frames
        inflation : ndarray, shape (N, 2)
            As from :func:`neckrom.kinematics.front.filter.inflation_of`.

        Returns
        -------
        Fused, N frames
            Degrees; the trust is 0 where the face was not read.
        """
        sd = np.sqrt(np.maximum(self.covariance[..., ANGLE, ANGLE], _LEAST_VARIANCE))
        seen = np.isfinite(readings.face).all(axis=1)
        # a copy, so that the whole track need not be kept for it
        return Fused(self.mean[..., ANGLE].copy(), sd, np.where(seen, 1.0 / inflation[:, 0], 0.0))


def fuse(readings: Readings, p: FusionParameters, *, repeats: int = PASSES) -> Fused:
    """Angles over time from the readings of a whole recording.

    Parameters
    ----------
    readings : Readings
    p : FusionParameters
    repeats : int
        Passes at most, with weights from the residuals of the one before.

    Returns
    -------
    Fused
        Defined in every frame; how far to trust a frame without any reading is in its standard deviation.
    """
    course = Course.of(readings, p)
    inflation = np.ones((len(readings), 2))
    for _ in range(repeats):
        previous, track = inflation, _smoothed(readings, course, p, inflation)
        inflation = inflation_of(readings, p, track.mean[:, :, ANGLE])
        fused = track.fused(readings, inflation)
        del track  # the next pass makes one as large
        if np.allclose(previous, inflation, rtol=_SETTLED):
            break
    return fused


def contradicts(readings: Readings, angles_deg: FloatArray) -> BoolArray:
    """Frames in which angles fall short of what face and pose agree on.

    In the dark, before a busy background or on strongly compressed pictures flow sees a head that hardly moves,
    and would hold the angle back where both readings know better. An angle that is larger than they say is no
    contradiction: bowed or turned far, both fall short together.

    Parameters
    ----------
    readings : Readings, N frames
    angles_deg : ndarray, shape (N, K)
        What came of them together with flow; the first three columns, the neck's, are compared.

    Returns
    -------
    ndarray, shape (N,), bool
        False where either did not answer.
    """
    face, pose, angle = readings.face[:, :3], readings.pose[:, :3], angles_deg[:, :3]
    with np.errstate(invalid="ignore"):
        nearer, further = np.minimum(np.abs(face), np.abs(pose)), np.maximum(np.abs(face), np.abs(pose))
        agree = (face * pose > 0) & (further - nearer < AGREE_DEG + AGREE_SHARE * nearer)
        agree &= further < READ_WELL_DEG
        short = np.sign(face) * angle < nearer - AGREE_DEG / 2 - AGREE_SHARE / 2 * nearer
        return np.asarray((agree & short).any(axis=1))


def contradicted(readings: Readings, angles_deg: FloatArray) -> BoolArray:
    """Frames around those in which a contradiction stands for a while.

    Parameters
    ----------
    readings : Readings, N frames
    angles_deg : ndarray, shape (N, K)
        As for :func:`contradicts`.

    Returns
    -------
    ndarray, shape (N,), bool
    """
    time_s = readings.time_s
    wrong = contradicts(readings, angles_deg)
    around = np.zeros(len(time_s), dtype=np.bool_)
    # a little more than what counts, so that it does not hang on rounding: recordings are long, what counts is short
    first, last = (np.searchsorted(time_s, time_s + way * (AROUND_S + 1e-3)) for way in (-1, 1))
    for i in np.flatnonzero(wrong):
        near = slice(int(first[i]), int(last[i]))
        away_s = np.abs(time_s[near] - time_s[i])
        if wrong[near][away_s <= STANDING_S / 2].mean() > 0.5:
            around[near] |= away_s <= AROUND_S
    return around


def without_flow(readings: Readings, where: BoolArray) -> Readings:
    """The same readings, with the steps of flow left out in some frames.

    Parameters
    ----------
    readings : Readings, N frames
    where : ndarray, shape (N,), bool
        Frames without flow.

    Returns
    -------
    Readings, N frames
    """
    return replace(readings, step=np.where(where[:, None], np.nan, readings.step))


def filtered(readings: Readings, course: Course, p: FusionParameters, inflation: FloatArray) -> Track:
    """Each frame from itself and those before it.

    Parameters
    ----------
    readings : Readings, N frames
    course : Course
    p : FusionParameters
    inflation : ndarray, shape (N, 2)
        Factor on the variance of face and pose reading in each frame.

    Returns
    -------
    Track, N frames
    """
    n, k = readings.face.shape
    known = Track(np.zeros((n, k, N_STATES)), np.zeros((n, k, N_STATES, N_STATES)))
    state = State.unknown(k, p)
    for rows in in_blocks(known.mean):
        transitions = course.transitions(rows)
        for i in range(rows.start, rows.stop):
            if i:
                state = predict(state, transitions, i - rows.start)
            state = update(state, readings, i, p, inflation[i])
            known.mean[i], known.covariance[i] = state.mean, state.covariance
    return known


def _smoothed(readings: Readings, course: Course, p: FusionParameters, inflation: FloatArray) -> Track:
    known = filtered(readings, course, p, inflation)
    mean, covariance = known.mean, known.covariance
    for rows in reversed(list(in_blocks(mean[1:]))):  # of the frames that others come before
        back = _WayBack.over(known, course, rows)
        for at in range(rows.stop - rows.start - 1, -1, -1):
            i, gain = rows.start + at, back.gains[at]
            ahead = mean[i + 1] - back.predicted.mean[at]
            mean[i] += (gain @ ahead[:, :, None])[:, :, 0]
            wider = covariance[i + 1] - back.predicted.covariance[at]
            covariance[i] += gain @ wider @ gain.transpose(0, 2, 1)
    return known


@dataclass(frozen=True, slots=True)
class _WayBack:
    """What the filter found fixes the gains of all frames: only the way back goes frame by frame.

    Attributes
    ----------
    predicted : Track, n frames
        The state in the frame after each before its readings, as the filter had it.
    gains : ndarray, shape (n, K, 5, 5)
    """

    predicted: Track
    gains: FloatArray

    @classmethod
    def over(cls, known: Track, course: Course, rows: slice) -> _WayBack:
        """Of some frames as the filter left them; later ones may be smoothed already."""
        after = course.transitions(slice(rows.start + 1, rows.stop + 1))
        mean, covariance = known.mean[rows], known.covariance[rows]
        carried = after.matrix @ covariance
        predicted = Track(
            (after.matrix @ mean[..., None])[..., 0] + after.shift,
            carried @ after.matrix.swapaxes(-1, -2) + after.noise,
        )
        # 1e-9 lets a covariance be inverted in which a state is known exactly
        before = predicted.covariance + 1e-9 * np.eye(N_STATES)
        return cls(predicted, np.linalg.solve(before, carried).swapaxes(-1, -2))
