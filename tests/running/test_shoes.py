"""The foot's angle from how the shoe turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.body import other, read_body
from neckrom.running.calibration import load_calibration
from neckrom.running.gait import find_gait
from neckrom.running.shoes import turned_until_flat_deg, with_shoe_off
from tests.body.clips import SIDE, SIDE_SLOW, runner


def shoes_that_flatten(angle_deg: float, within_s: float = 0.05):
    """A run whose left shoe lands at an angle and turns flat after contact, evenly; to the left in the picture."""
    clip = runner(SIDE)
    series = clip.series
    frames = len(series)
    turns = np.zeros(frames)
    for contact in clip.contacts[clip.contacts[:, 0] == 0, 1]:
        edges = np.clip(series.time_s, contact, contact + within_s)
        turns[1:] += np.diff(edges) / within_s * angle_deg
    motion = np.full((frames, 2, 4), np.nan, dtype=np.float32)
    # toes down is anticlockwise for who looks to the left
    motion[:, 0, 0] = -turns
    motion[:, 0, 3] = 20
    return replace(series, foot_motion=motion)


@pytest.mark.parametrize("angle_deg", [-10.0, 0.0, 18.0])
def test_a_shoe_that_turns_flat_tells_the_angle_at_contact(angle_deg):
    series = shoes_that_flatten(angle_deg)
    gait = find_gait(read_body(series), load_calibration()[0])
    turned = turned_until_flat_deg(series, gait, "left")
    assert np.isfinite(turned).sum() >= 8
    # contacts are read a few milliseconds off, in which the shoe turns, too
    assert np.nanmedian(turned) == pytest.approx(angle_deg, abs=0.25 * abs(angle_deg) + 0.1)
    assert np.isnan(turned_until_flat_deg(series, gait, "right")).all()


def test_a_shoe_lost_during_the_stance_says_nothing_of_that_step():
    series = shoes_that_flatten(10.0)
    contact = runner(SIDE).contacts[runner(SIDE).contacts[:, 0] == 0, 1][3]
    lost = np.abs(series.time_s - contact - 0.04) < 0.05
    motion = series.foot_motion.copy()
    motion[lost] = np.nan
    series = replace(series, foot_motion=motion)
    gait = find_gait(read_body(series), load_calibration()[0])
    turned = turned_until_flat_deg(series, gait, "left")
    step = int(np.nanargmin(np.abs(gait.left.contact_s - contact)))
    assert np.isnan(turned[step])
    assert np.isfinite(turned).sum() >= 7


def test_without_followed_shoes_there_is_no_turn():
    series = runner(SIDE).series
    gait = find_gait(read_body(series), load_calibration()[0])
    assert np.isnan(turned_until_flat_deg(replace(series, foot_motion=None), gait, "left")).all()


def test_the_near_toe_off_follows_its_shoe():
    """The shoe's movement, put off by 12 ms, puts off the toe-off of the near foot, and nothing of the far one."""
    series, (calibration, _) = runner(SIDE).series, load_calibration()
    found = find_gait(read_body(series), calibration)
    near = found.body.view.near
    read = with_shoe_off(series, found, calibration)
    assert read.foot(near).off_by == "off_shoe"
    assert repr(read.foot(other(near))) == repr(found.foot(other(near)))
    time_s, later = series.time_s, 0.012
    motion = series.foot_motion.copy()
    for side in range(2):
        for column in range(3):
            known = np.isfinite(motion[:, side, column])
            motion[:, side, column] = np.interp(time_s - later, time_s[known], motion[known, side, column])
    put_off = with_shoe_off(replace(series, foot_motion=motion), found, calibration)
    moved = put_off.foot(near).off_rel_s - read.foot(near).off_rel_s
    assert moved == pytest.approx(later, abs=0.004)


def test_without_a_shoe_or_with_few_pictures_the_points_tell_toe_off():
    (calibration, _) = load_calibration()
    for series in (replace(runner(SIDE).series, foot_motion=None), runner(SIDE_SLOW).series):
        found = find_gait(read_body(series), calibration)
        assert with_shoe_off(series, found, calibration) is found
