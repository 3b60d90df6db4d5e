"""Angles frame by frame, against those of the whole recording."""

from __future__ import annotations

import numpy as np
import pytest

from neckrom.errors import NoNeutralError
from neckrom.kinematics.camera import pinhole
from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.landmarks.store import read_landmarks
from neckrom.live.orientation import CausalOrientation, projected_axes
from neckrom.service.analysis import estimator_for
from tests.live.seen import frames_of

LIVE_WITHIN_DEG, LIVE_NEVER_OFF_BY_DEG = 7.0, 15.0
"""As docs/live.md states it: 95 % of the frames, and all of them."""


@pytest.fixture(scope="module")
def recording(sample_landmarks):
    series, _ = read_landmarks(sample_landmarks("chidi_deficit"))
    return series, frames_of(series)


def test_causal_angles_follow_the_recordings_without_a_lag(recording):
    series, frames = recording
    camera = pinhole(series.width, series.height)
    rest = series.time_s < 1.5
    live = CausalOrientation(camera)
    live.learn([frame for frame, at_rest in zip(frames, rest, strict=True) if at_rest])
    shown = np.array([live.step(frame).neck_deg for frame in frames[int(rest.sum()) :]])
    estimator, _ = estimator_for("front")
    camera = estimator.camera_of(series, camera, rest)
    reference = estimator.fit_reference(series, camera, rest)
    smooth = estimator.smooth(estimator.observe(series, reference), reference)
    final = neck_angle_series(smooth, reference.neutral_thorax).neck_deg[int(rest.sum()) :]
    known = np.isfinite(shown).all(axis=1) & np.isfinite(final).all(axis=1)
    assert known.mean() > 0.98
    rms = [np.sqrt(np.mean((shown[lag:] - final[: len(final) - lag])[known[lag:]] ** 2)) for lag in (0, 3, 6)]
    assert rms[0] < 3.0
    assert rms[0] < rms[1] < rms[2]
    apart = np.abs(shown - final)[known]
    assert np.quantile(apart, 0.95, axis=0).max() < LIVE_WITHIN_DEG
    assert apart.max() < LIVE_NEVER_OFF_BY_DEG


def test_before_neutral_nothing_is_claimed(recording):
    series, frames = recording
    live = CausalOrientation(pinhole(series.width, series.height))
    assert not live.learned
    assert np.isnan(live.step(frames[0]).neck_deg).all()
    assert np.abs(live.facing(frames[0])[0]).max() < 20


def test_a_neutral_without_a_person_is_refused(recording):
    series, frames = recording
    live = CausalOrientation(pinhole(series.width, series.height))
    with pytest.raises(NoNeutralError):
        live.learn(frames[:2])
    assert not live.learned


def test_the_axes_point_where_the_head_does(recording):
    series, frames = recording
    camera = pinhole(series.width, series.height)
    live = CausalOrientation(camera)
    axes = projected_axes(frames[0], live.facing(frames[0])[1])
    assert axes is not None
    origin, anterior, superior, right = (np.array(point) for point in axes)
    assert superior[1] < origin[1] - 30
    assert right[0] < origin[0] - 30  # the person's right is on the left of the picture
    assert np.linalg.norm(anterior - origin) < 60
    nowhere = np.full(4, np.nan)
    assert projected_axes(frames[0], nowhere) is None
