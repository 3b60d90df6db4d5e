"""Raw angles against a figure whose angles are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.body import read_body
from neckrom.nerve.raw_angles import raw_angles
from tests.nerve.figure import Leg, figure, leg_raise, times

ONE = np.ones_like(times(0.5))


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.floats(-20, 110), st.floats(-8, 120), st.floats(-45, 25)),
    st.floats(60, 185),
    st.sampled_from(["left", "right"]),
    st.floats(-8, 8),
)
def test_segments_are_read_whatever_the_posture_the_side_and_the_roll(angles, trunk, seen, roll):
    raised, knee, ankle = angles
    near, far = Leg(raised * ONE, knee * ONE, ankle * ONE), Leg(0 * ONE, 10 * ONE, 0 * ONE)
    series = figure(trunk * ONE, near, far, 20 * ONE, seen=seen, roll_deg=roll)
    raw = raw_angles(read_body(series), seen)
    leg = raw.legs[seen]
    np.testing.assert_allclose(leg.raise_deg, raised, atol=0.01)
    np.testing.assert_allclose(leg.knee_deg, knee, atol=0.01)
    np.testing.assert_allclose(leg.sole_deg, ankle, atol=0.02)
    assert np.ptp(raw.profile_deg) < 0.05


def test_a_leg_that_the_model_has_lost_is_not_measured():
    series = leg_raise()
    lost = slice(90, 110)
    series.pose[lost, 28, :2] = series.pose[lost, 26, :2]  # the right ankle is put onto the knee
    leg = raw_angles(read_body(series), "right").legs["right"]
    assert np.isnan(leg.knee_deg[lost]).all()
    assert np.isnan(leg.knee_deg).sum() < 45
    assert np.isfinite(leg.knee_deg[:80]).all()


def test_a_foot_that_is_mistaken_leaves_the_leg():
    series = leg_raise()
    series.pose[60:70, 32, :2] = series.pose[60:70, 30, :2] + [3, 0]
    leg = raw_angles(read_body(series), "right").legs["right"]
    assert np.isnan(leg.sole_deg[60:70]).all()
    assert np.isfinite(leg.raise_deg).all()


@pytest.mark.parametrize("slip", [0.0, 4.0])
def test_the_turn_of_a_leg_is_free_of_the_trunk(slip):
    series = leg_raise(slip=slip)
    series.pose[160:, [11, 12], :2] += [10.0, 12.0]  # the shoulders shift while the neck bends
    turn = raw_angles(read_body(series), "right").legs["right"].leg_turn_deg
    assert turn[200] - turn[110] == pytest.approx(slip, abs=0.05)
