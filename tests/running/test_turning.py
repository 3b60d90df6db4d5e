"""Turning of the shoulder line from the way of the back's surface."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.body import read_body
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.running import measure_run
from neckrom.running.calibration import load_calibration
from neckrom.running.gait import Gait, find_gait
from neckrom.running.turning import surface_swing
from neckrom.types import TRUNK_SURFACE_AT, BodySeries
from tests.body.clips import BACK, SIDE, runner


@cache
def seen() -> tuple[BodySeries, Gait]:
    series = runner(BACK).series
    gait = find_gait(read_body(series), load_calibration()[0])
    assert gait is not None
    return series, gait


def turning(swing: float, drift: float = 0.0) -> BodySeries:
    """The back's surface goes to and fro by a share of the trunk's length, once a stride, against the outline."""
    series, gait = seen()
    body = gait.body
    starts = gait.left.strides.origin_s
    turns = np.interp(body.time_s, starts, np.arange(len(starts)), left=np.nan, right=np.nan)
    turns = np.where(np.isfinite(turns), turns, 0.0)
    shoulder, hip = body.middle("shoulder")[:, 0], body.middle("hip")[:, 0]
    place = shoulder + TRUNK_SURFACE_AT * (hip - shoulder)
    place = place + body.scale_px * (0.5 * swing * np.sin(2 * np.pi * turns) + drift * body.time_s)
    motion = np.full((len(series), 3), 20, dtype=np.float32)
    motion[:, 0] = np.diff(place, prepend=np.nan)
    return replace(series, trunk_motion=motion)


@settings(max_examples=8, deadline=None)
@given(swing=st.floats(0.0, 0.12), drift=st.floats(-0.05, 0.05))
def test_the_way_to_and_fro_is_found_whatever_drifts(swing, drift):
    _, gait = seen()
    found = surface_swing(turning(swing, drift), gait)
    assert found.value == pytest.approx(swing, abs=0.002)
    assert found.sd < 0.003


def test_a_surface_that_is_lost_in_most_strides_tells_nothing():
    series, gait = seen()
    whole = turning(0.05)
    lost = whole.trunk_motion.copy()
    lost[np.arange(len(series)) % 3 == 0] = np.nan
    assert np.isnan(surface_swing(replace(whole, trunk_motion=lost), gait).value)
    assert np.isnan(surface_swing(replace(whole, trunk_motion=None), gait).value)


def test_a_run_says_how_far_the_shoulders_turn_from_behind_only():
    run = measure_run(runner(BACK).series)
    low, high = run.shoulder_range_deg.interval95
    assert low < runner(BACK).truth["shoulder_range"] < high
    mirrored = measure_run(mirror_bodies(runner(BACK).series))
    assert mirrored.shoulder_range_deg.value == pytest.approx(run.shoulder_range_deg.value, abs=1.5)
    assert np.isnan(measure_run(runner(SIDE).series).shoulder_range_deg.value)
    none = measure_run(replace(runner(BACK).series, trunk_motion=None))
    assert np.isnan(none.shoulder_range_deg.value)
