"""The fitted estimator frame by frame: the filter of :mod:`neckrom.kinematics.front.fusion`, kept running.

``smooth(causal=True)`` goes over a whole recording; here the state of the filter is kept from frame to
frame, so that a live frame costs the same however long the session lasts. Two things differ from the
recording's causal run, both small: a pose point that was not looked for is held for a moment instead of
interpolated (the next one is not known yet), and the step seen by flow is taken about the running
estimate, not about an earlier pass over everything.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from neckrom.kinematics.front.estimator import (
    POSE_GAP_S,
    ObservedSeries,
    Reference,
    FrontEstimator,
    _has_flow,
    _orientations,
    _readings,
)
from neckrom.kinematics.front.fusion import (
    _ANGLE,
    _FACE,
    _N_STATES,
    _POSE,
    _SPEED,
    Fused,
    FusionParameters,
    Readings,
    _inflation,
    _Model,
    _readings_of,
    _update,
)
from neckrom.kinematics.front.networks import Prediction
from neckrom.types import FloatArray, LandmarkFrame, LandmarkSeries, OrientationSeries

_ANGLES = 6


@dataclass(slots=True)
class _State:
    mean: FloatArray
    covariance: FloatArray

    @classmethod
    def unknown(cls, p: FusionParameters) -> _State:
        covariance = np.zeros((_ANGLES, _N_STATES, _N_STATES))
        covariance[:] = np.diag([400.0, 400.0, 1.0, 1.0, p.gain_sd**2])
        covariance[:, _FACE, _POSE] = covariance[:, _POSE, _FACE] = p.shared
        return cls(np.zeros((_ANGLES, _N_STATES)), covariance)


class RunningFront:
    """Orientation of head and thorax as the frames come in.

    Parameters
    ----------
    estimator : FrontEstimator
    reference : Reference
        Of this person, from the neutral stretch; frames of that stretch may be given again to start
        the filter at rest.
    """

    def __init__(self, estimator: FrontEstimator, reference: Reference) -> None:
        self._estimator = estimator
        self._reference = reference
        self._parameters = estimator._calibration.fusion
        self._state: _State | None = None
        self._previous: LandmarkSeries | None = None
        self._angles = np.zeros(_ANGLES)

    def step(self, frame: LandmarkSeries) -> OrientationSeries:
        """Orientation in the next frame.

        Parameters
        ----------
        frame : LandmarkSeries, one row, later than the last one

        Returns
        -------
        OrientationSeries, one row
        """
        current = _with_pose_held(frame, self._previous)
        pair = current if self._previous is None else _joined(self._previous, current)
        observed = self._estimator.observe(pair, self._reference)
        readings = self._scaled(_readings(observed, self._reference))
        last = len(pair) - 1
        before = self._state
        state = self._filtered(before, readings)
        if before is not None and _has_flow(observed):
            about = np.vstack([self._angles, state.mean[:, _ANGLE]])
            step = self._estimator._steps(observed, self._reference, about)
            readings = replace(readings, step=step)
            state = self._filtered(before, readings)
        self._state, self._previous = state, current
        self._angles = state.mean[:, _ANGLE].copy()
        return self._oriented(observed, readings, state, last)

    def _scaled(self, readings: Readings) -> Readings:
        return replace(
            readings,
            face_sd=readings.face_sd * self._parameters.face_factor,
            pose_sd=readings.pose_sd * self._parameters.pose_factor,
        )

    def _filtered(self, before: _State | None, readings: Readings) -> _State:
        """State after the last row of the readings, from the state after the row before."""
        p = self._parameters
        last = len(readings) - 1
        if before is None:
            now = _State.unknown(p)
            x, c = now.mean, now.covariance
        else:
            x, c = _predicted(before, readings, _Model.of(readings, p), last)
        for reading in _readings_of(readings, p, np.ones((len(readings), 2)), last):
            x, c = _update(x, c, reading, p.student)
        return _State(x, c)

    def _oriented(
        self, observed: ObservedSeries, readings: Readings, state: _State, last: int
    ) -> OrientationSeries:
        angles = np.tile(state.mean[:, _ANGLE], (len(readings), 1))
        inflation = _inflation(readings, self._parameters, angles)
        seen = np.isfinite(readings.face).all(axis=1)
        sd = np.tile(np.sqrt(np.maximum(state.covariance[:, _ANGLE, _ANGLE], 1e-4)), (len(readings), 1))
        fused = Fused(angles, sd, np.where(seen, 1.0 / inflation[:, 0], 0.0))
        final = self._estimator._stretched(fused, _has_flow(observed))
        angles_and_sd = self._estimator._with_measured_sd(final, observed)
        row = slice(last, last + 1)
        return _orientations(
            observed.time_ns[row],
            Prediction(final.angles_deg[row], angles_and_sd.sd_deg[row]),
            self._reference,
            (_row(observed.face, row), _row(observed.pose, row)),
            final.face_trust[row],
        )


def _predicted(before: _State, readings: Readings, model: _Model, at: int) -> tuple[FloatArray, FloatArray]:
    f = model.transition[at]
    x = (f @ before.mean[:, :, None])[:, :, 0]
    seen = np.isfinite(readings.step[at])
    step = np.where(seen, readings.step[at], 0.0)
    x[:, _ANGLE] += step
    x[:, _SPEED] += step / max(float(readings.time_s[at] - readings.time_s[at - 1]), 1e-3)
    return x, f @ before.covariance @ f.transpose(0, 2, 1) + model.noise[at]


def _row(prediction: Prediction, row: slice) -> Prediction:
    return Prediction(prediction.angles_deg[row], prediction.sd_deg[row])


def _with_pose_held(frame: LandmarkSeries, previous: LandmarkSeries | None) -> LandmarkSeries:
    """The pose of the frame before, where it was not looked for in this one; what was lost stays lost."""
    if previous is None or frame.pose_found[0] or not previous.pose_found[0]:
        return frame
    if frame.pose_ran[0] or frame.time_s[0] - previous.time_s[0] > POSE_GAP_S:
        return frame
    return replace(
        frame,
        pose=previous.pose,
        pose_world=previous.pose_world,
        pose_visibility=previous.pose_visibility,
    )


def _joined(first: LandmarkSeries, second: LandmarkSeries) -> LandmarkSeries:
    joined: dict[str, Any] = {}
    for field in fields(LandmarkFrame):
        parts = [getattr(first, field.name), getattr(second, field.name)]
        joined[field.name] = None if any(part is None for part in parts) else np.concatenate(parts)
    return replace(second, **joined)
