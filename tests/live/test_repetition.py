"""One repetition: where it begins, where its end of range is, and when the head is back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.live.repetition import RepetitionSettings, RepetitionTracker, Stage
from neckrom.live.stillness import StillnessWatch
from tests.live.people import repetition


def follow(angles, *, fps=30.0, beyond=()):
    tracker = RepetitionTracker(RepetitionSettings())
    for i, angle in enumerate(angles):
        tracker.take(i / fps, angle, beyond=i in beyond)
    return tracker


def test_start_end_and_value():
    tracker = follow([0.0] * 30 + repetition(60.0, out_s=1.5, hold_s=1.0, back_s=1.2))
    assert tracker.stage is Stage.HOME
    assert tracker.peak_deg == pytest.approx(60, abs=0.7)
    assert 1.0 <= tracker.start_s <= 1.6
    assert 2.3 <= tracker.captured_s <= 3.4
    assert 4.2 <= tracker.end_s <= 4.8
    assert not tracker.lower_bound


@settings(max_examples=60, deadline=None)
@given(
    st.floats(15, 90),
    st.floats(0.8, 3.0),
    st.floats(1.0, 4.0),
    st.floats(0.8, 3.0),
    st.sampled_from([10.0, 15.0, 30.0, 60.0]),
    st.floats(-5, 5),
)
def test_every_ordinary_repetition_is_captured_near_its_end(peak, out_s, hold_s, back_s, fps, rest):  # noqa: PLR0917
    whole = [rest + angle for angle in repetition(peak, out_s=out_s, hold_s=hold_s, back_s=back_s)]
    step = 30.0 / fps
    angles = [whole[min(int(i * step), len(whole) - 1)] for i in range(int(len(whole) / step))]
    tracker = follow([rest] * round(fps / 2) + angles, fps=fps)
    assert tracker.stage is Stage.HOME
    assert tracker.peak_deg == pytest.approx(peak + rest, abs=max(2.6, 0.055 * (peak + rest)))
    assert tracker.start_s <= tracker.captured_s <= tracker.end_s


def test_swaying_at_rest_is_no_repetition():
    tracker = follow([3 * math.sin(i / 9) for i in range(600)])
    assert tracker.stage is Stage.WAITING


def test_coming_back_from_the_other_side_is_no_repetition():
    tracker = follow([-30 + i for i in range(34)] + [3.0] * 60)
    assert tracker.stage is Stage.WAITING


def test_hesitation_is_forgotten():
    tracker = follow([min(i, 24 - i) for i in range(25)] + [0.0] * 10 + repetition(50.0))
    assert tracker.stage is Stage.HOME
    assert tracker.peak_deg == pytest.approx(50, abs=0.7)
    assert tracker.start_s > 30 / 30


def test_lost_on_the_way_out_is_at_least_what_was_seen():
    tracker = follow([float(i) for i in range(50)] + [math.nan] * 30)
    assert tracker.stage is Stage.CAPTURED
    assert tracker.lower_bound
    assert tracker.peak_deg == 49


def test_lost_near_the_middle_is_nothing():
    tracker = follow([float(i) for i in range(14)] + [math.nan] * 60)
    assert tracker.stage is Stage.OUT


def test_a_plateau_that_is_mostly_beyond_is_a_bound():
    angles = repetition(60.0)
    hold = {i for i, angle in enumerate(angles) if angle > 55}
    assert follow(angles, beyond=hold).lower_bound
    assert not follow(angles, beyond=set(sorted(hold)[:3])).lower_bound


def test_an_end_that_no_frame_shows_is_asked_for_again():
    """A machine that stalls for a second just there: what is left looks like a smaller repetition."""
    angles = repetition(78.0, hold_s=1.0)
    tracker = RepetitionTracker(RepetitionSettings())
    for i, angle in enumerate(angles):
        if angle < 55 or i < 20:
            tracker.take(i / 30, angle)
    assert tracker.stage is Stage.TOUCHED


def test_a_stall_does_not_count_as_a_hold():
    tracker = RepetitionTracker(RepetitionSettings())
    way = [float(i) for i in range(30)]
    for i, angle in enumerate(way):
        tracker.take(i / 30, angle)
    for i in range(3):
        tracker.take(2.0 + i / 30, 30.0)
    assert tracker.stage is not Stage.CAPTURED


def test_holding_longer_changes_nothing():
    short, long = (follow(repetition(45.0, hold_s=hold_s)) for hold_s in (1.0, 6.0))
    assert short.peak_deg == pytest.approx(long.peak_deg, abs=0.01)
    assert short.captured_s == long.captured_s


# ------------------------------------------------------------------- stillness


def test_still_means_two_seconds_without_a_gap():
    watch = StillnessWatch()
    found = None
    for i in range(40):
        found = watch.take(i / 30, (1.0, 0.0, 0.0))
    assert found is None
    for i in range(40, 59):
        found = watch.take(1.0 + i / 30, (1.0, 0.0, 0.0))  # a second nobody saw lies between
    assert found is None


@pytest.mark.parametrize("turned", [(0.0, 0.0, 40.0), (0.0, 25.0, 0.0), (50.0, 0.0, 0.0), (math.nan,) * 3])
def test_still_but_turned_away_is_not_neutral(turned):
    watch = StillnessWatch()
    assert all(watch.take(i / 30, turned) is None for i in range(200))


def test_whoever_trembles_is_not_kept_waiting_for_ever():
    watch = StillnessWatch()
    found = [watch.take(i / 30, (2.7 * math.sin(i / 10), 0.0, 0.0)) for i in range(30 * 20)]
    first = next(i for i, stretch in enumerate(found) if stretch is not None)
    assert 12 <= first / 30 <= 16
