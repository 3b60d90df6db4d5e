"""Turns of the trunk, measured: on rendered people who were held out, and on a stick figure for every rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.errors import InputError
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.upper_back.measure import SMALLEST_TURN_DEG, find_repetitions, measure_upper_back
from neckrom.upper_back.turning import Turning, load_corrections
from tests.upper_back.figure import FPS, UNCROSSED, people, person, sitting, ways


def told(measured):
    return {notice.key for notice in measured.notices}


@pytest.mark.parametrize("name", sorted(people()))
def test_rendered_people_turn_once_to_each_side(name):
    series, truth = people()[name]
    measured = measure_upper_back(series)
    assert sorted(one.side for one in measured.repetitions) == ["left", "right"]
    first = "left" if np.argmax(truth) < np.argmin(truth) else "right"
    assert measured.repetitions[0].side == first
    for one in measured.repetitions:
        true = abs(truth[np.abs(series.time_s - one.at_s).argmin()])
        assert abs(one.turn_deg - true) < 0.5 * true


def test_a_mirrored_recording_has_its_sides_exchanged():
    series, _ = next(iter(people().values()))
    plain, flipped = measure_upper_back(series), measure_upper_back(mirror_bodies(series))
    assert flipped.left.turn_deg == pytest.approx(plain.right.turn_deg, abs=0.01)
    assert flipped.right.turn_deg == pytest.approx(plain.left.turn_deg, abs=0.01)
    assert flipped.sides.smaller != plain.sides.smaller


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.sampled_from([-50.0, -35.0, -22.0, 22.0, 35.0, 50.0]), min_size=1, max_size=5),
    st.floats(0.6, 1.6),
    st.floats(-40, 40),
)
def test_every_turn_is_counted_whoever_is_filmed_and_where(ends, zoom, aside):
    series = sitting(ways(*ends))
    centre = np.array([320.0, 300.0, 0.0], dtype=np.float32)
    pose = (series.pose - centre) * zoom + centre + np.array([aside, 0, 0], dtype=np.float32)
    measured = measure_upper_back(replace(series, pose=pose.astype(np.float32)))
    assert [one.side for one in measured.repetitions] == ["left" if end > 0 else "right" for end in ends]
    further = [abs(one.turn_deg) for one in measured.repetitions]
    assert np.array_equal(
        np.argsort(np.abs(ends), kind="stable"), np.argsort(np.round(further, 1), kind="stable")
    )
    for side, turned in (("left", measured.left), ("right", measured.right)):
        mine = [one.turn_deg for one in measured.repetitions if one.side == side]
        assert (turned is None) == (not mine)
        if mine:
            assert turned.repetitions == len(mine)
            assert turned.turn_deg == pytest.approx(np.mean(mine))
            assert turned.interval95_deg[0] <= turned.turn_deg <= turned.interval95_deg[1]
    assert (measured.sides is None) == (measured.left is None or measured.right is None)


@pytest.mark.parametrize("past_deg", [-10.0, 5.0])
def test_sitting_past_the_camera_makes_no_difference_of_the_sides(past_deg):
    """Uncorrected it would be twice that angle."""
    measured = measure_upper_back(sitting(ways(40, -40), past_deg=past_deg))
    assert measured.sides.difference_deg < 0.4 * abs(past_deg)
    assert measured.sides.verdict == "within_error"
    assert ("upper_back_oblique" in told(measured)) == (abs(past_deg) >= 10)


def test_sides_that_are_far_apart_are_told_and_the_smaller_one_named():
    measured = measure_upper_back(sitting(ways(60, -20)))
    assert (measured.sides.verdict, measured.sides.smaller) == ("apart", "right")
    low, high = measured.sides.interval95_deg
    assert 0 < low < measured.sides.difference_deg < high


def test_elbows_that_stay_behind_make_the_interval_reach_further():
    """The widths say more than the elbows allow: the turn may be that much larger."""
    series = sitting(ways(55, -55))
    stiff = series.pose.copy()
    middle = stiff[:, [13, 14], 0].mean(axis=1)
    to_right = middle < middle[0]
    stiff[to_right, 13:15, 0] -= (0.6 * (middle - middle[0]))[to_right, None]
    plain, measured = measure_upper_back(series), measure_upper_back(replace(series, pose=stiff))
    assert "upper_back_held_back" not in told(plain)
    assert "upper_back_held_back" in told(measured)
    assert measured.left == plain.left
    assert measured.right.turn_deg < plain.right.turn_deg - 5
    low, high = measured.right.interval95_deg
    assert high - measured.right.turn_deg > measured.right.turn_deg - low + 5
    assert low < plain.right.turn_deg < high
    assert measured.sides.verdict == "within_error"


def test_one_side_alone_is_not_compared():
    measured = measure_upper_back(sitting(ways(40, 38, 41)))
    assert measured.right is None
    assert measured.sides is None
    assert measured.left.repetitions == 3
    assert not told(measured)


def test_what_the_reader_should_know_is_said():
    seat = ways(25, -25)
    assert "upper_back_knees" in told(measure_upper_back(sitting(0.6 * seat, seat_deg=seat)))
    assert "upper_back_uneven" in told(measure_upper_back(sitting(ways(50, -40, 22, -40))))
    turn = ways(40, -40)
    assert "upper_back_leant" in told(measure_upper_back(sitting(turn, lean_deg=0.5 * np.abs(turn))))
    assert "upper_back_beyond" in told(measure_upper_back(sitting(ways(85, -85))))
    slow = sitting(ways(40, -40))
    few = replace(
        slow,
        **{
            key: getattr(slow, key)[::5]
            for key in ("time_ns", "pose", "pose_world", "pose_visibility", "people")
        },
    )
    assert "upper_back_few_frames" in told(measure_upper_back(few))


def test_a_turn_in_which_the_shoulders_are_lost_has_no_angle():
    series = sitting(ways(40, -40))
    pose = series.pose.copy()
    lost = (series.time_s > 1.9) & (series.time_s < 4.2)
    pose[lost] = np.nan
    measured = measure_upper_back(replace(series, pose=pose, people=np.where(lost, 0, 1)))
    assert measured.left is None
    assert measured.sides is None
    assert measured.right is not None


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (sitting(ways(4, -4)), "nowhere in the clip"),
        (sitting(ways(40, -40), past_deg=180.0), "from the back"),
        (sitting(ways(5, -5), past_deg=85.0), "side"),
        (sitting(ways(40, -40), past_deg=28.0), "past the camera"),
        (sitting(ways(40, -40), hands_m=-0.2), "not crossed"),
        (person(UNCROSSED)[0], "not crossed"),
        (sitting(ways(40, -40), at_px=(320.0, 485.0)), "outside of the picture"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_way_out(series, message):
    with pytest.raises(InputError, match=message):
        measure_upper_back(series)


def test_nobody_is_refused():
    series = sitting(ways(40, -40))
    nobody = replace(series, pose=np.full_like(series.pose, np.nan), people=np.zeros_like(series.people))
    with pytest.raises(InputError, match="Nobody is seen"):
        measure_upper_back(nobody)


@settings(max_examples=40)
@given(st.lists(st.floats(-90, 90), min_size=3, max_size=60))
def test_repetitions_never_overlap_and_lie_in_the_clip(turn):
    time_s = np.arange(len(turn)) / FPS
    found = find_repetitions(Turning(time_s, np.array(turn), *np.zeros((2, len(turn)))))
    for one in found:
        assert time_s[0] <= one.start_s <= one.at_s <= one.end_s <= time_s[-1]
        assert one.turn_deg > 0.5 * SMALLEST_TURN_DEG
    for earlier, later in pairwise(found):
        assert earlier.end_s < later.start_s


def test_the_fitted_numbers_name_themselves():
    assert load_corrections().calibration_id.startswith("upper-back-")
    assert load_corrections().people >= 4
