"""Counting repetitions: exact where they reach the mark or stay short by more than the error, whatever the noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.plans.counting import Goal, RepetitionCounter, goal_below

GOAL = Goal(rest_deg=0.0, mark_deg=40.0, limit_deg=55.0, error_deg=3.0)
STEP_S = 0.1


def way(top_deg: float, out_s: float = 3.0, hold_s: float = 0.8, rest_s: float = 1.0) -> list[float]:
    """Out and back, smoothly, with a rest before."""
    rise = 0.5 - 0.5 * np.cos(np.linspace(0, math.pi, round(out_s / STEP_S)))
    return [0.0] * round(rest_s / STEP_S) + [
        *(top_deg * rise),
        *[top_deg] * round(hold_s / STEP_S),
        *(top_deg * rise[::-1]),
    ]


def counted(angles, goal=GOAL) -> RepetitionCounter:
    counter = RepetitionCounter(goal)
    for number, angle in enumerate([*angles, *[0.0] * 10]):
        counter.take(number * STEP_S, angle)
    return counter


def outcomes(*tops: float) -> list[str]:
    return [one.outcome for one in counted([angle for top in tops for angle in way(top)]).done]


def test_what_reaches_the_mark_counts_and_nothing_else():
    assert outcomes(46, 35, 50, 60, 46) == ["reached", "short", "reached", "past", "reached"]


def test_a_mark_that_may_not_have_been_reached_is_not_counted():
    assert outcomes(41.5) == ["short"]


def test_pausing_on_the_way_and_bouncing_at_the_mark_make_one_of_it():
    bounce = [*way(46)[:-30], 46, 41, 46, 40, 46, *np.linspace(46, 0, 30)]
    assert [one.outcome for one in counted(bounce).done] == ["reached"]


def test_a_single_frame_that_jumps_is_nothing():
    angles = way(30)
    angles[25] = 80.0
    assert [one.outcome for one in counted(angles).done] == ["short"]


def test_what_was_not_seen_is_not_counted():
    angles = way(46)
    lost = [None if angle > 25 else angle for angle in angles]
    assert [one.outcome for one in counted(lost).done] == ["unseen"]
    assert [one.outcome for one in counted([*lost, *way(46)]).done] == ["unseen", "reached"]


def test_a_short_loss_at_the_top_does_not_cost_a_repetition():
    angles = way(46, hold_s=1.5)
    angles[45:51] = [None] * 6
    assert [one.outcome for one in counted(angles).done] == ["reached"]


def test_a_warning_comes_before_the_limit():
    counter = RepetitionCounter(GOAL)
    warned_at = None
    for number, angle in enumerate(way(60)):
        counter.take(number * STEP_S, angle)
        if warned_at is None and counter.nears_limit():
            warned_at = angle
    assert warned_at is not None
    assert warned_at < GOAL.limit_deg


def test_there_is_no_mark_where_there_is_no_room():
    assert goal_below(12.0, 0.0, 10.0, 3.0) is None
    assert goal_below(-30.0, -85.0, 15.0, 4.0) == Goal(-85.0, -45.0, -30.0, 4.0)
    assert (
        goal_below(60.0, 0.0, 5.0, 3.0).mark_deg == 51.0
    )  # lower than asked for: so little is not told apart


def test_goals_that_are_none_are_refused():
    with pytest.raises(ValueError, match="rise"):
        Goal(0.0, 40.0, 40.0, 3.0)


@settings(max_examples=60, deadline=None)
@given(
    tops=st.lists(st.sampled_from(["short", "reached"]), min_size=1, max_size=8),
    seed=st.integers(0, 2**32 - 1),
    noise=st.floats(0.0, 1.5),
    gaps=st.floats(0.0, 0.25),
    data=st.data(),
)
def test_noise_and_gaps_change_no_count(tops, seed, noise, gaps, data):
    """A bias per repetition within the error, noise and lost frames: nothing short counts, all that reach do."""
    chance = np.random.default_rng(seed)
    angles: list[float | None] = []
    for kind in tops:
        span = (28.0, GOAL.mark_deg - 0.01) if kind == "short" else (46.5, 51.5)
        top = data.draw(st.floats(*span))
        bias = data.draw(st.floats(-1.5, 1.5))
        for angle in way(top):
            seen = angle + bias * angle / top + float(np.clip(chance.normal(0, noise), -1.5, 1.5))
            angles.append(None if chance.random() < gaps else seen)
    counter = counted(angles)
    assert counter.counted <= tops.count("reached")
    if gaps < 0.2:
        assert counter.counted == tops.count("reached")
    assert len(counter.done) <= len(tops)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(st.none(), st.floats(-20, 80)), max_size=80))
def test_whatever_comes_it_holds_to_its_rules(angles):
    counter = RepetitionCounter(GOAL)
    for number, angle in enumerate(angles):
        before = len(counter.done)
        over = counter.take(number * STEP_S, angle)
        assert len(counter.done) - before == (over is not None)
        assert not (over and counter.out)
    for one in counter.done:
        assert one.end_s >= one.start_s
        if one.outcome == "reached":
            assert GOAL.counts_from_deg <= one.furthest_deg <= GOAL.limit_deg
    for first, second in zip(counter.done, counter.done[1:], strict=False):
        assert second.start_s >= first.start_s
