"""Runs of held-out people against their truth, and what must not change a measurement."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.body.points import LEFT_LEG, RIGHT_LEG
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.running import RunMeasurement, measure, measure_run
from neckrom.running.bars import checked
from neckrom.running.measurement import Estimate
from tests.body.clips import BACK, SIDE, SIDE_SLOW, runner
from tests.landmarks.bodies import run_series

ALL = pytest.mark.parametrize("name", [SIDE, SIDE_SLOW, BACK])


@cache
def measured(name: str) -> RunMeasurement:
    return measure_run(runner(name).series)


@ALL
def test_contacts_are_found_where_they_are(name):
    run, contacts = measured(name), runner(name).contacts
    for number, side in enumerate(("left", "right")):
        mine = np.array([step.contact_s for step in run.steps if step.foot == side])
        true = contacts[contacts[:, 0] == number, 1]
        inside = true[(true > run.time_s[0] + 0.15) & (true < run.time_s[-1] - 0.15)]
        nearest = np.abs(inside[:, None] - mine[None]).min(axis=1)
        assert nearest.max() < (0.04 if name == BACK else 0.03)
        assert len(mine) <= len(true) + 1


@ALL
def test_cadence_is_within_one_percent(name):
    assert measured(name).cadence_spm.value == pytest.approx(runner(name).truth["cadence"], rel=0.01)


@ALL
def test_feet_alternate_and_times_add_up(name):
    run = measured(name)
    assert all(a.foot != b.foot for a, b in zip(run.steps[:-1], run.steps[1:], strict=True))
    for step in run.steps:
        if np.isfinite(step.off_s):
            assert 0.1 < step.off_s - step.contact_s < 0.4
        if np.isfinite(step.flight_s):
            assert -0.02 < step.flight_s < 0.25


def test_what_a_view_cannot_tell_is_not_told():
    side, back = measured(SIDE), measured(BACK)
    assert side.arms == {} and side.drop_deg == {}
    assert back.strikes == {} and back.head is None
    assert np.isnan(back.trunk_lean_deg.value)
    assert all(step.strike_class is None for step in back.steps)


def test_no_class_of_strike_below_60_frames_a_second():
    slow = measured(SIDE_SLOW)
    assert all(step.strike_class is None for step in slow.steps)
    assert all(strike.strike_class is None for strike in slow.strikes.values())
    assert [notice.key for notice in slow.notices] == ["run_slow_pictures"]
    assert all(step.strike_class is not None for step in measured(SIDE).steps)


@ALL
def test_mirroring_the_person_swaps_sides_only(name):
    run, mirrored = measured(name), measure_run(mirror_bodies(runner(name).series))
    assert {run.view, mirrored.view} in ({"side_left", "side_right"}, {"back"})
    assert [step.foot for step in run.steps] != [step.foot for step in mirrored.steps]
    times = [[step.contact_s for step in one.steps] for one in (run, mirrored)]
    np.testing.assert_allclose(times[0], times[1], atol=2e-3)
    assert mirrored.step_asymmetry_percent.value == pytest.approx(-run.step_asymmetry_percent.value, abs=0.5)
    assert mirrored.cadence_spm.value == pytest.approx(run.cadence_spm.value, rel=1e-3)
    for side, other in (("left", "right"), ("right", "left")):
        if run.strikes:
            angles = run.strikes[side].angle_deg.value, mirrored.strikes[other].angle_deg.value
            assert angles[0] == pytest.approx(angles[1], abs=0.5)
        if run.arms:
            reach = run.arms[side].typical.value, mirrored.arms[other].typical.value
            assert reach[0] == pytest.approx(reach[1], abs=0.01)


def test_the_clock_of_the_clip_changes_nothing():
    series = runner(SIDE).series
    later = measure_run(replace(series, time_ns=series.time_ns + 5_000_000_000))
    np.testing.assert_allclose(
        [step.contact_s - 5.0 for step in later.steps],
        [step.contact_s for step in measured(SIDE).steps],
        atol=1e-6,
    )


@pytest.mark.parametrize("name", [SIDE, BACK])
def test_exchanged_legs_change_no_value(name):
    series = runner(name).series
    frames = np.random.default_rng(1).random(len(series)) < 0.3
    pose = series.pose.copy()
    rows = np.flatnonzero(frames)[:, None]
    kept = pose[rows, LEFT_LEG].copy()
    pose[rows, LEFT_LEG] = pose[rows, RIGHT_LEG]
    pose[rows, RIGHT_LEG] = kept
    motion = None
    if series.foot_motion is not None:
        motion = series.foot_motion.copy()
        motion[frames] = motion[frames][:, ::-1]
    wrong = measure_run(replace(series, pose=pose, foot_motion=motion))
    # written out, because a time that is not known is not equal to itself
    assert repr(wrong.steps) == repr(measured(name).steps)
    assert repr(wrong.timing) == repr(measured(name).timing)
    assert repr(wrong.step_asymmetry_percent) == repr(measured(name).step_asymmetry_percent)
    assert wrong.leg_swaps > 20


def test_a_wrist_is_told_only_where_its_interval_leaves_no_doubt():
    """Whichever way the arms swing: moved sideways from their own side over the middle."""
    series = runner(BACK).series
    shoulders = series.pose[:, [11, 12], :2]
    width = float(np.median(np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=1)))
    told = []
    for moved in (-0.4, 0.0, 0.8):
        pose = series.pose.copy()
        # from behind the left wrist passes the middle to the right of the picture
        pose[:, 15, 0] += moved * width
        arm = measure_run(replace(series, pose=pose)).arms["left"]
        low, high = arm.typical.interval95
        told.append(arm.share)
        if low > 0:
            assert arm.share == 1.0
        elif high < 0:
            assert arm.share == 0.0
        if abs(arm.typical.value) < 0.5 * (high - arm.typical.value):
            assert np.isnan(arm.share) and arm.told < 0.5
    assert told[0] == 0.0 and told[-1] == 1.0
    assert any(np.isnan(share) for share in told)


def test_a_larger_picture_changes_nothing():
    series = runner(SIDE).series
    larger = replace(series, pose=series.pose * 1.5, width=1920, height=1080)
    run = measure_run(larger)
    np.testing.assert_allclose(
        [step.contact_s for step in run.steps], [step.contact_s for step in measured(SIDE).steps], atol=1e-4
    )
    assert run.trunk_lean_deg.value == pytest.approx(measured(SIDE).trunk_lean_deg.value, abs=1e-3)


def test_a_run_past_the_camera_is_read_like_one_on_a_belt():
    """The same body, its place in the picture moving on with the ground."""
    series = runner(SIDE).series
    moved = series.pose.copy()
    moved[..., 0] -= (np.linspace(-300, 300, len(series))[:, None]).astype(np.float32)
    run = measure_run(replace(series, pose=moved, width=2600))
    times = [step.contact_s for step in run.steps]
    np.testing.assert_allclose(times, [step.contact_s for step in measured(SIDE).steps], atol=5e-3)


def test_against_standing_the_reading_s_own_bias_falls_out():
    """A person who runs as they stand has no change: the standing series is made of the run itself."""
    series = runner(SIDE).series
    run = measure_run(series, standing=series)
    assert run.head is not None
    assert run.head.change_from_standing_deg.value == pytest.approx(0.0, abs=0.7)
    assert (
        measured(SIDE).head.change_from_standing_deg.value
        != measured(SIDE).head.change_from_standing_deg.value
    )


def test_errors_of_a_clip_are_told():
    clip = checked(runner(SIDE))
    assert not clip.refused
    assert "contact_near" in clip.errors
    assert abs(np.mean([error.off for error in clip.errors["contact_near"]])) < 0.02


def test_in_the_dark_nothing_is_said_of_the_feet_and_the_rest_stays():
    light, dark = measure_run(run_series()), measure_run(run_series(), bright=False)
    assert all(np.isnan(foot.angle_deg.value) and foot.strike_class is None for foot in dark.strikes.values())
    assert all(np.isnan(step.strike_deg.value) and step.strike_class is None for step in dark.steps)
    assert [notice.key for notice in dark.notices] == ["run_dark_feet"]
    assert dark.cadence_spm == light.cadence_spm
    assert [step.contact_s for step in dark.steps] == [step.contact_s for step in light.steps]


@pytest.mark.parametrize(("feet", "said"), [((0,), "left"), ((1,), "right"), ((0, 1), "both")])
def test_a_shoe_that_is_lost_leaves_its_angle_open(feet, said):
    series = run_series()
    motion = series.foot_motion.copy()
    motion[np.arange(len(motion)) % 4 > 0] = np.where(
        np.isin([0, 1], feet)[None, :, None], np.nan, motion[np.arange(len(motion)) % 4 > 0]
    )
    found = measure_run(replace(series, foot_motion=motion))
    lost = {side for side, foot in found.strikes.items() if np.isnan(foot.angle_deg.value)}
    assert lost == {("left", "right")[foot] for foot in feet}
    assert f"run_shoe_lost_{said}" in [notice.key for notice in found.notices]
    for step in found.steps:
        assert np.isnan(step.strike_deg.value) == (step.foot in lost)


@given(
    shoe=st.floats(-40, 40), sd=st.floats(0.5, 8), line=st.floats(-40, 40), line_sd=st.floats(0.5, 8)
)  # fmt: skip
def test_a_shoe_that_the_heel_toe_line_contradicts_is_as_unsure_as_that(shoe, sd, line, line_sd):
    said = measure._as_sure_as_they_agree(Estimate(shoe, sd), Estimate(line, line_sd))
    low, high = said.interval95
    assert said.value == shoe
    assert said.sd >= sd
    if abs(shoe - line) > measure.USUALLY_APART_DEG:
        assert low - 1e-9 <= line <= high + 1e-9
    else:
        assert said.sd == sd


def test_a_shoe_that_is_followed_badly_is_no_sure_angle():
    """Half of each turn is lost, as where background is followed with the shoe."""
    series = runner(SIDE).series
    assert series.foot_motion is not None
    right = {strike.near: strike.angle_deg for strike in measure_run(series).strikes.values()}
    slipped = replace(series, foot_motion=series.foot_motion * np.array([-0.5, 1, 1, 1], dtype=np.float32))
    for near, angle in ((s.near, s.angle_deg) for s in measure_run(slipped).strikes.values()):
        assert abs(angle.value - right[near].value) > 8, "otherwise nothing is tried here"
        assert angle.sd > 1.5 * right[near].sd
