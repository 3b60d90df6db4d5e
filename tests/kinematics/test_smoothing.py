"""Smoothing over time, and straight lines over short gaps."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.kinematics.smoothing import bridged, smooth_series


def line(known: list[bool], step_s: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    time_s = np.arange(len(known)) * step_s
    values = np.column_stack([3.0 * time_s, 1.0 - time_s])
    return time_s, np.where(np.array(known)[:, None], values, np.nan)


def test_a_gap_as_long_as_allowed_is_bridged_and_a_longer_one_is_not():
    time_s, values = line([True, False, True, False, False, True])
    filled = bridged(time_s, values, 0.2)
    np.testing.assert_allclose(filled[1], [0.3, 0.9])
    assert np.isnan(filled[3:5]).all()


def test_uneven_times_count_not_frames():
    time_s = np.array([0.0, 0.01, 0.1])
    filled = bridged(time_s, np.array([[0.0], [np.nan], [1.0]]), 0.2)
    np.testing.assert_allclose(filled[1], 0.1)


def test_a_frame_with_one_value_missing_is_a_gap():
    time_s, values = line([True, True, True])
    values[1, 0] = np.nan
    np.testing.assert_allclose(bridged(time_s, values, 0.3)[1], [0.3, 0.9])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.floats(0.05, 2.0))
def test_known_frames_stay_and_ends_are_not_made_up(known, longest_s):
    time_s, values = line(known)
    filled = bridged(time_s, values, longest_s)
    mask = np.array(known)
    np.testing.assert_array_equal(filled[mask], values[mask])
    at = np.flatnonzero(mask)
    outside = np.ones(len(mask), dtype=bool) if len(at) == 0 else np.arange(len(mask)) < at[0]
    outside |= np.arange(len(mask)) > (at[-1] if len(at) else -1)
    assert np.isnan(filled[outside & ~mask]).all()


def test_smoothing_keeps_a_straight_line_and_the_gaps():
    time_s = np.sort(np.random.default_rng(0).uniform(0, 4, 100))
    values = np.column_stack([10 * time_s, -3 * time_s])
    values[40:60] = np.nan
    smooth = smooth_series(time_s, values)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(values))
    inside = np.isfinite(values[:, 0])
    np.testing.assert_allclose(smooth[inside], values[inside], atol=0.25)


def test_smoothing_has_no_lag():
    time_s = np.arange(300) / 30
    values = 40 * np.sin(2 * np.pi * 0.25 * time_s)[:, None]
    smooth = smooth_series(time_s, values)
    lags = range(-5, 6)
    best = min(lags, key=lambda lag: np.abs(np.roll(smooth, lag)[20:-20] - values[20:-20]).max())
    assert best == 0


def test_smoothing_removes_a_single_jump():
    time_s = np.arange(60) / 30
    angles = np.zeros((60, 3))
    angles[30, 2] = 40
    assert np.abs(smooth_series(time_s, angles)).max() < 1
