"""The foot's angle from how the shoe turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.body import read_body
from neckrom.running.calibration import load_calibration
from neckrom.running.gait import find_gait
from neckrom.running.shoes import turned_until_flat_deg
from tests.body.clips import SIDE, runner


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
