"""Speed and smoothness of a way out, on signals whose speed is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.rom.speed import speed_of_way_out
from tests.live.people import minimum_jerk


def drawn(reach_deg, duration_s, *, fps=30.0, stops=0, rest_s=0.4):
    """Angles of a way out in minimum-jerk strokes with a stop of a third of a second between two."""
    strokes = stops + 1
    pause_s = 0.35

    def angle(time_s):
        time_s -= rest_s
        done = 0
        while done < strokes - 1 and time_s > duration_s / strokes + pause_s:
            time_s -= duration_s / strokes + pause_s
            done += 1
        return reach_deg * (done + minimum_jerk(time_s / (duration_s / strokes))) / strokes

    time_s = np.arange(0.0, rest_s + duration_s + stops * pause_s + 0.5, 1 / fps)
    return time_s, np.array([angle(each) for each in time_s])


@pytest.mark.parametrize("fps", [15.0, 25.0, 30.0, 60.0])
@pytest.mark.parametrize(("reach", "duration_s"), [(80.0, 2.0), (45.0, 1.5), (30.0, 3.0)])
def test_a_minimum_jerk_movement_has_its_known_speed(reach, duration_s, fps):
    speed = speed_of_way_out(*drawn(reach, duration_s, fps=fps))
    assert speed is not None
    assert speed.peak_deg_s == pytest.approx(1.875 * reach / duration_s, rel=0.04)
    # from 10 to 90 % of the way a minimum-jerk movement takes 0.5034 of its time
    assert speed.mean_deg_s == pytest.approx(0.8 * reach / (0.5034 * duration_s), rel=0.12)
    assert speed.peaks == 1


def test_an_even_movement_has_one_speed():
    time_s = np.arange(0.0, 4.0, 1 / 30)
    speed = speed_of_way_out(time_s, np.clip((time_s - 0.5) * 20.0, 0.0, 60.0))
    assert speed is not None
    assert speed.peak_deg_s == pytest.approx(20.0, rel=0.02)
    assert speed.mean_deg_s == pytest.approx(20.0, rel=0.02)
    assert speed.peaks == 1


@pytest.mark.parametrize("stops", [1, 2, 3])
def test_whoever_stops_on_the_way_has_more_peaks(stops):
    speed = speed_of_way_out(*drawn(75.0, 3.0, stops=stops))
    assert speed is not None
    assert speed.peaks == stops + 1


@given(st.floats(20, 90), st.floats(1.0, 4.0), st.floats(0.3, 3.0))
@settings(max_examples=60, deadline=None)
def test_angle_scales_speed_and_time_divides_it(reach, duration_s, factor):
    time_s, angle = drawn(reach, duration_s)
    one, scaled = speed_of_way_out(time_s, angle), speed_of_way_out(time_s, factor * angle)
    assert one is not None
    assert scaled is not None
    assert scaled.peak_deg_s == pytest.approx(factor * one.peak_deg_s)
    assert scaled.mean_deg_s == pytest.approx(factor * one.mean_deg_s)
    assert scaled.peaks == one.peaks
    assert one.mean_deg_s <= one.peak_deg_s * 1.02


def test_what_was_not_seen_has_no_speed():
    time_s, angle = drawn(60.0, 2.0)
    hidden = angle.copy()
    hidden[(time_s > 1.2) & (time_s < 1.5)] = np.nan
    assert speed_of_way_out(time_s, hidden) is None, "a gap on the way"
    assert speed_of_way_out(*drawn(60.0, 2.0, fps=8.0)) is None, "too few frames to tell a peak"
    assert speed_of_way_out(time_s, np.zeros_like(angle)) is None, "no way at all"
    assert speed_of_way_out(time_s[:3], angle[:3]) is None
    assert speed_of_way_out(time_s, np.full_like(angle, np.nan)) is None
