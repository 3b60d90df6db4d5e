"""Which leg is which, over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.body import read_body
from neckrom.body.points import LEFT_ARM, LEFT_LEG, RIGHT_ARM, RIGHT_LEG
from neckrom.types import BodySeries
from tests.body.clips import BACK, SIDE, SIDE_SLOW, part, runner

FRAMES = 60
CLIPS = pytest.mark.parametrize("name", [SIDE, SIDE_SLOW, BACK])


def short(name: str) -> BodySeries:
    return part(runner(name).series, slice(0, FRAMES))


def exchanged(series: BodySeries, frames: np.ndarray, left: list[int], right: list[int]) -> BodySeries:
    """The model names the limbs the other way round in some frames."""
    pose, world = series.pose.copy(), series.pose_world.copy()
    for points in (pose, world):
        kept = points[np.ix_(frames, left)].copy()
        points[np.ix_(frames, left)] = points[np.ix_(frames, right)]
        points[np.ix_(frames, right)] = kept
    return replace(series, pose=pose, pose_world=world)


@CLIPS
@given(flips=st.lists(st.booleans(), min_size=FRAMES, max_size=FRAMES))
@settings(max_examples=12, deadline=None)
def test_legs_named_the_wrong_way_round_change_nothing(name, flips):
    series = short(name)
    wrong = exchanged(series, np.flatnonzero(flips), LEFT_LEG, RIGHT_LEG)
    np.testing.assert_array_equal(read_body(wrong).pose, read_body(series).pose)


@CLIPS
@given(flips=st.lists(st.booleans(), min_size=FRAMES, max_size=FRAMES))
@settings(max_examples=6, deadline=None)
def test_arms_named_the_wrong_way_round_change_nothing(name, flips):
    series = short(name)
    wrong = exchanged(series, np.flatnonzero(flips), LEFT_ARM, RIGHT_ARM)
    np.testing.assert_array_equal(read_body(wrong).pose, read_body(series).pose)


@CLIPS
def test_legs_that_only_look_exchanged_are_put_right(name):
    """The picture's places exchanged and the depth not, as the pose model does where legs pass each other."""
    series = short(name)
    pose = series.pose.copy()
    frames = np.array([20, 21, 40])
    rows = frames[:, None]
    kept = pose[rows, LEFT_LEG, :2].copy()
    pose[rows, LEFT_LEG, :2] = pose[rows, RIGHT_LEG, :2]
    pose[rows, RIGHT_LEG, :2] = kept
    mended, true = read_body(replace(series, pose=pose)), read_body(series)
    apart = np.linalg.norm(mended.pose[..., :2] - true.pose[..., :2], axis=2)
    legs = apart[:, LEFT_LEG + RIGHT_LEG]
    assert np.nanmax(legs) < 0.12 * true.scale_px
    # frames in which the legs lie on each other cannot tell; here they are apart
    assert set(frames) <= set(np.flatnonzero(mended.legs_turned != true.legs_turned))


@CLIPS
def test_the_person_is_seen_in_the_true_view(name):
    view = read_body(short(name)).view
    assert view.name == {SIDE: "side_left", SIDE_SLOW: "side_right", BACK: "back"}[name]
    assert view.facing == {SIDE: -1, SIDE_SLOW: 1, BACK: 0}[name]
    assert abs(view.oblique_deg) < 8


def test_a_gap_in_the_clip_keeps_the_legs_apart():
    series = part(runner(SIDE).series, slice(0, 240))
    pose = series.pose.copy()
    pose[150:175] = np.nan
    after = exchanged(replace(series, pose=pose), np.arange(175, 240), LEFT_LEG, RIGHT_LEG)
    body, true = read_body(after), read_body(series)
    np.testing.assert_allclose(body.pose[180:], true.pose[180:], atol=1e-6)


def test_a_clip_without_a_person_is_not_measured():
    series = short(SIDE)
    nobody = replace(series, pose=np.full_like(series.pose, np.nan))
    body = read_body(nobody)
    assert not body.found.any()
    assert np.isnan(body.pose).all()
