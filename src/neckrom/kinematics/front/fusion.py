"""Fusion over a whole recording: the filter, then a Rauch-Tung-Striebel smoother back over it.

Both are repeated with the readings weighted by their residuals (Student's t).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.kinematics.front.filter import (
    ANGLE,
    N_STATES,
    Readings,
    State,
    Transitions,
    inflation_of,
    predict,
    update,
)
from neckrom.kinematics.front.parameters import FusionParameters
from neckrom.types import FloatArray

PASSES = 3
FLOW_ROUNDS, FLOW_PASSES = 2, 2
"""Passes at most without flow; how often the steps of flow are taken anew about what came of them, and passes then."""
_LEAST_VARIANCE = 1e-4
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
        """Angles of the track, and how far the face reading agrees with them."""
        sd = np.sqrt(np.maximum(self.covariance[..., ANGLE, ANGLE], _LEAST_VARIANCE))
        seen = np.isfinite(readings.face).all(axis=1)
        return Fused(self.mean[..., ANGLE], sd, np.where(seen, 1.0 / inflation[:, 0], 0.0))


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
    transitions = Transitions.of(readings, p)
    inflation = np.ones((len(readings), 2))
    for _ in range(repeats):
        track = _smoothed(readings, transitions, p, inflation)
        previous, inflation = inflation, inflation_of(readings, p, track.mean[:, :, ANGLE])
        if np.allclose(previous, inflation, rtol=_SETTLED):
            break
    return track.fused(readings, inflation)


def filtered(
    readings: Readings, transitions: Transitions, p: FusionParameters, inflation: FloatArray
) -> tuple[Track, Track]:
    """Each frame from itself and those before it: the states with their readings, and before them.

    Parameters
    ----------
    readings : Readings, N frames
    transitions : Transitions
    p : FusionParameters
    inflation : ndarray, shape (N, 2)
    """
    n, k = readings.face.shape
    known, predicted = (
        Track(np.zeros((n, k, N_STATES)), np.zeros((n, k, N_STATES, N_STATES))) for _ in range(2)
    )
    state = State.unknown(k, p)
    for i in range(n):
        if i:
            state = predict(state, transitions, i)
        predicted.mean[i], predicted.covariance[i] = state.mean, state.covariance
        state = update(state, readings, i, p, inflation[i])
        known.mean[i], known.covariance[i] = state.mean, state.covariance
    return known, predicted


def _smoothed(
    readings: Readings, transitions: Transitions, p: FusionParameters, inflation: FloatArray
) -> Track:
    known, predicted = filtered(readings, transitions, p, inflation)
    mean, covariance = known.mean, known.covariance
    eye = 1e-9 * np.eye(N_STATES)
    for i in range(len(mean) - 2, -1, -1):
        f, before = transitions.matrix[i + 1], predicted.covariance[i + 1]
        gain = np.linalg.solve(before + eye, f @ covariance[i]).transpose(0, 2, 1)
        ahead = mean[i + 1] - predicted.mean[i + 1]
        mean[i] += (gain @ ahead[:, :, None])[:, :, 0]
        covariance[i] += gain @ (covariance[i + 1] - before) @ gain.transpose(0, 2, 1)
    return known
