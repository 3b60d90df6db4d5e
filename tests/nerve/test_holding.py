"""Whether a leg was held, and whether it is known which leg it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.body.smoothing import smoothed
from neckrom.nerve.holding import HELD_WITHIN_DEG, moved_deg, moved_together, seen_at, settled_s, was_held
from neckrom.nerve.marks import Mark
from neckrom.nerve.measure import measure_leg_test
from tests.nerve.figure import leg_raise, ramp, slump, times

LEFT_LEG, RIGHT_LEG = [25, 27, 29, 31], [26, 28, 30, 32]


@given(goes_on=st.floats(3.0, 8.0), within_s=st.floats(0.1, 0.6), mark_s=st.floats(1.0, 2.0))
@settings(max_examples=40, deadline=None)
def test_a_leg_that_goes_on_after_the_mark_has_moved_however_fast(goes_on, within_s, mark_s):
    t = times(6)
    turn = ramp(t, (mark_s - 0.5, 40 - 2 * goes_on), (mark_s, 50 - goes_on), (mark_s + within_s, 50.0))
    assert abs(moved_deg(t, turn, mark_s, 5.0)) > HELD_WITHIN_DEG["slr"]


@given(noise=st.floats(0.0, 0.5), seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_still_leg_is_not_accused(noise, seed):
    t = times(4)
    turn = 50 + noise * np.random.default_rng(seed).normal(size=len(t))
    assert abs(moved_deg(t, smoothed(t, turn), 1.0, 4.0)) < HELD_WITHIN_DEG["slump"]


@pytest.mark.parametrize(
    ("moved", "held"), [(2.3, True), (-2.3, True), (2.5, None), (-2.6, None), (2.7, False)]
)
def test_between_held_and_moved_it_is_not_told(moved, held):
    t = times(4)
    turn = np.full(len(t), 50.0)
    assert was_held(t, turn, 1.0, 4.0, moved=moved, within_deg=2.4, left_from_deg=2.7) is held


@given(size=st.floats(3.0, 8.0), share=st.floats(0.8, 1.5), fps=st.sampled_from([5.0, 15.0, 30.0]))
@settings(max_examples=30, deadline=None)
def test_two_readings_of_one_limb_move_together_or_not(size, share, fps):
    t = np.arange(0.0, 5.0, 1.0 / fps)
    one = ramp(t, (2.0, 90.0), (2.5, 90.0 + size))
    agrees = ramp(t, (2.0, 80.0), (2.5, 80.0 + share * size))

    def together(witness):
        return moved_together(t, one, witness, 1.0, 5.0, place_s=0.3, least_deg=(2.7, 2.4))

    assert together(agrees)
    assert not together(160.0 - agrees)
    assert not together(np.full(len(t), 80.0))
    assert not together(np.full(len(t), np.nan))


def test_a_place_over_a_longer_time_is_not_that_of_one_frame():
    t = np.arange(0.0, 4.0, 0.2)
    turn = np.full(len(t), 50.0)
    turn[5] -= 2.0  # the frame at the mark
    assert abs(moved_deg(t, turn, 1.0, 4.0)) == pytest.approx(2.0)
    assert abs(moved_deg(t, turn, 1.0, 4.0, place_s=0.3)) <= 1.0


def test_a_leg_that_was_lost_at_the_mark_is_not_said_to_be_held():
    series = leg_raise()
    pose = series.pose.copy()
    pose[94:100, 25:33] = np.nan  # from 3.13 s on, for 0.2 s
    measured = measure_leg_test(replace(series, pose=pose), "slr", (Mark(3.3, "symptom"),))
    (trial,) = measured.trials
    leg = measured.angles.legs[trial.leg]
    assert not seen_at(measured.angles.time_s, leg.turn_deg, 3.3)
    assert trial.held is None
    assert measure_leg_test(series, "slr", (Mark(3.3, "symptom"),)).trials[0].held is True


def test_without_a_mark_holding_begins_where_the_leg_comes_to_rest():
    t = times(6)
    turn = ramp(t, (1.0, 0.0), (3.0, 60.0))
    assert settled_s(t, turn, 2.7, 5.0) == pytest.approx(3.0, abs=0.1)
    assert settled_s(t, 10 * t, 2.7, 5.0) == 2.7
    assert measure_leg_test(leg_raise(), "slr").trials[0].held is True


@pytest.mark.parametrize("tested", ["near", "far"])
def test_which_leg_was_straightened_is_not_known_where_both_are_drawn_on_one(tested):
    series = slump(tested=tested)
    moving, resting = (RIGHT_LEG, LEFT_LEG) if tested == "near" else (LEFT_LEG, RIGHT_LEG)
    pose = series.pose.copy()
    pose[95:290, resting, :2] = pose[95:290, moving, :2] + 6.0
    measured = measure_leg_test(replace(series, pose=pose), "slump", (Mark(4.8, "symptom"),))
    (trial,) = measured.trials
    assert "nerve_legs_together" in [notice.key for notice in measured.notices]
    assert trial.interval95_deg is None
    assert trial.held is None
    assert np.isnan([trial.symptom_angle_deg, trial.knee_deg, trial.ankle_deg]).all()
    plain = measure_leg_test(series, "slump", (Mark(4.8, "symptom"),))
    assert "nerve_legs_together" not in [notice.key for notice in plain.notices]


@given(speed=st.floats(-120, 120), first=st.integers(20, 40), length=st.integers(1, 20))
@settings(max_examples=40, deadline=None)
def test_a_steady_movement_is_read_without_lag_beside_a_gap(speed, first, length):
    t = times(3)
    angle = speed * t
    angle[first : first + length] = np.nan
    read = smoothed(t, angle)
    np.testing.assert_array_equal(np.isfinite(read), np.isfinite(angle))
    inside = np.isfinite(read) & (t > 0.3) & (t < 2.7)
    np.testing.assert_allclose(read[inside], angle[inside], atol=1e-6)


def test_a_spike_at_the_very_end_leaves_no_trace():
    angle = np.zeros(60)
    angle[-1] = 40.0
    assert abs(smoothed(times(2), angle)[-1]) < 1.0


@given(fps=st.sampled_from([5.0, 10.0, 30.0, 60.0]), at_s=st.floats(1.0, 3.0))
def test_a_limb_seen_throughout_is_seen_at_any_mark(fps, at_s):
    """Also between two pictures of a clip that has few; a limb that is lost about the mark is not."""
    time_s = np.arange(0.0, 4.0, 1 / fps)
    turn_deg = np.zeros(len(time_s))
    held = {"moved": 0.0, "within_deg": 2.4}
    assert was_held(time_s, turn_deg, at_s, at_s + 1.0, **held) is True
    turn_deg[np.abs(time_s - at_s) < 0.3] = np.nan
    assert was_held(time_s, turn_deg, at_s, at_s + 1.0, **held) is None
    assert was_held(time_s, turn_deg, at_s, at_s + 1.0, moved=3.0, within_deg=2.4) is False


@given(fps=st.sampled_from([5.0, 15.0, 30.0]), at_s=st.floats(1.0, 3.0), just_s=st.floats(0.0, 0.03))
def test_a_limb_that_was_lost_until_the_mark_is_not_said_to_be_held(fps, at_s, just_s):
    """It may have been on its way until then: where it is seen again is where it went on to."""
    time_s = np.arange(0.0, 4.0, 1 / fps)
    turn_deg = np.zeros(len(time_s))
    # a frame within a microsecond is the one at the mark: times are sums of fractions
    turn_deg[(time_s > at_s - 0.4) & (time_s <= at_s + just_s + 1e-6)] = np.nan
    assert was_held(time_s, turn_deg, at_s, at_s + 1.0, moved=0.0, within_deg=2.4) is None
