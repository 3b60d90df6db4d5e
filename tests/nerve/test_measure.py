"""Leg tests from start to end on figures, and the rules that every sequence obeys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.errors import InputError
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.nerve.marks import Mark
from neckrom.nerve.measure import LegTestMeasurement, measure_leg_test
from neckrom.types import BodySeries
from tests.nerve.figure import leg_raise, slump

SYMPTOM = Mark(3.2, "symptom")


def keys(measured: LegTestMeasurement) -> list[str]:
    return [notice.key for notice in measured.notices]


def relabelled(series: BodySeries, frames: slice) -> BodySeries:
    """The model takes one leg for the other in these frames."""
    pose = series.pose.copy()
    pose[frames, 25:33] = pose[frames][:, [26, 25, 28, 27, 30, 29, 32, 31]]
    return replace(series, pose=pose)


@pytest.mark.parametrize("tested", ["near", "far"])
@pytest.mark.parametrize("seen", ["left", "right"])
def test_a_leg_raise_is_one_trial_of_the_right_leg(tested, seen):
    measured = measure_leg_test(leg_raise(tested=tested, seen=seen), "slr", (SYMPTOM,))
    (trial,) = measured.trials
    assert measured.near == seen
    assert (trial.leg == seen) == (tested == "near")
    assert trial.trial.start_s == pytest.approx(1.1, abs=0.3)
    assert trial.trial.end_s == pytest.approx(9.4, abs=0.3)
    assert trial.trial.return_s == pytest.approx(8.0, abs=0.25)
    assert trial.held is True
    assert [one.moved.joint for one in trial.answered] == ["neck"]
    low, high = trial.interval95_deg or (0, 0)
    assert low < trial.symptom_angle_deg < high


@pytest.mark.parametrize("tested", ["near", "far"])
def test_a_slump_is_one_trial_and_the_head_comes_up(tested):
    measured = measure_leg_test(slump(tested=tested), "slump", (Mark(4.8, "symptom"),))
    (trial,) = measured.trials
    assert (trial.leg == "right") == (tested == "near")
    assert trial.held is True
    (one,) = trial.answered
    assert one.moved.joint == "neck"
    assert one.moved.by_deg < -10


@given(shift=st.integers(-3, 4000))
@settings(max_examples=10, deadline=None)
def test_trials_are_the_same_whenever_the_clip_begins(shift):
    early = measure_leg_test(leg_raise(), "slr", (SYMPTOM,))
    late = measure_leg_test(
        leg_raise(start_s=float(shift)), "slr", (Mark(SYMPTOM.time_s + shift, "symptom"),)
    )
    (one,), (other,) = early.trials, late.trials
    assert other.trial.start_s - one.trial.start_s == pytest.approx(shift, abs=1e-3)
    assert other.trial.end_s - one.trial.end_s == pytest.approx(shift, abs=1e-3)
    assert other.symptom_angle_deg == pytest.approx(one.symptom_angle_deg, abs=1e-3)
    assert other.held == one.held


@given(tested=st.sampled_from(["near", "far"]), seen=st.sampled_from(["left", "right"]))
@settings(max_examples=4, deadline=None)
def test_a_mirrored_clip_swaps_sides_and_nothing_else(tested, seen):
    series = leg_raise(tested=tested, seen=seen)
    one = measure_leg_test(series, "slr", (SYMPTOM,))
    other = measure_leg_test(mirror_bodies(series), "slr", (SYMPTOM,))
    assert {one.near, other.near} == {"left", "right"}
    assert {one.trials[0].leg, other.trials[0].leg} == {"left", "right"}
    assert other.trials[0].symptom_angle_deg == pytest.approx(one.trials[0].symptom_angle_deg, abs=0.01)
    assert other.trials[0].trial.start_s == one.trials[0].trial.start_s


@given(first=st.integers(0, 300), length=st.integers(0, 315))
@settings(max_examples=12, deadline=None)
def test_legs_that_the_model_exchanges_change_nothing(first, length):
    plain = measure_leg_test(leg_raise(tested="far"), "slr", (SYMPTOM,))
    series = relabelled(leg_raise(tested="far"), slice(first, first + length))
    swapped = measure_leg_test(series, "slr", (SYMPTOM,))
    assert [t.leg for t in swapped.trials] == [t.leg for t in plain.trials]
    assert swapped.trials[0].symptom_angle_deg == pytest.approx(plain.trials[0].symptom_angle_deg, abs=0.01)


@pytest.mark.parametrize("slip", [-4.0, 4.0, 7.0])
def test_a_leg_that_slips_while_it_is_held_is_noticed(slip):
    measured = measure_leg_test(leg_raise(slip=slip), "slr", (SYMPTOM,))
    assert measured.trials[0].held is False
    assert measured.trials[0].moved_deg == pytest.approx(slip, abs=0.5)
    assert "nerve_not_held" in keys(measured)


def test_what_happens_after_the_answer_is_no_slip():
    marks = (SYMPTOM, Mark(4.0, "answer", "same"))
    measured = measure_leg_test(leg_raise(slip=6.0), "slr", marks)
    assert measured.trials[0].held is True


@pytest.mark.parametrize("toes", [15.0, 30.0])
def test_an_ankle_that_is_moved_alone_is_found(toes):
    measured = measure_leg_test(leg_raise(toes=toes, chin=0.0), "slr", (SYMPTOM,))
    (one,) = measured.trials[0].answered
    assert one.moved.joint == "ankle"
    assert one.moved.by_deg > 0.5 * toes


def test_each_answer_belongs_to_the_change_before_it():
    marks = (SYMPTOM, Mark(4.6, "answer", "more"), Mark(6.8, "answer", "less"), Mark(10.2, "pain", "own"))
    measured = measure_leg_test(leg_raise(toes=25.0), "slr", marks)
    (trial,) = measured.trials
    assert [(one.moved.joint, one.answer) for one in trial.answered] == [("ankle", "more"), ("neck", "less")]
    assert trial.pain == "own"


def test_without_a_mark_there_is_no_symptom():
    measured = measure_leg_test(leg_raise(), "slr")
    (trial,) = measured.trials
    assert trial.symptom_s is None
    assert trial.interval95_deg is None
    assert not measured.notices


def test_a_mark_that_is_pressed_twice_counts_once():
    measured = measure_leg_test(leg_raise(), "slr", (SYMPTOM, Mark(3.6, "symptom")))
    assert measured.trials[0].symptom_s == SYMPTOM.time_s
    assert keys(measured) == ["nerve_marked_again"]


def test_a_mark_at_rest_is_said_and_not_used():
    measured = measure_leg_test(leg_raise(), "slr", (Mark(0.1, "symptom"),))
    assert measured.trials[0].symptom_s is None
    assert keys(measured) == ["nerve_stray_mark"]


@pytest.mark.parametrize("at_s", [-5.0, 45.0])
def test_a_mark_outside_the_clip_is_refused(at_s):
    with pytest.raises(InputError, match="outside the clip"):
        measure_leg_test(leg_raise(), "slr", (Mark(at_s, "symptom"),))


def test_a_test_of_the_other_kind_is_refused():
    with pytest.raises(InputError, match="does not lie"):
        measure_leg_test(slump(), "slr")
    with pytest.raises(InputError, match="does not sit"):
        measure_leg_test(leg_raise(), "slump")


def test_a_clip_without_a_trial_is_refused():
    with pytest.raises(InputError, match="No leg is raised"):
        measure_leg_test(leg_raise(top=5.0, chin=0.0), "slr")


def test_a_camera_in_front_is_refused():
    series = leg_raise()
    pose = series.pose.copy()
    pose[:, 11, :2] += [0, 80]  # shoulders and hips side by side in the picture, none deeper than the other
    pose[:, 12, :2] -= [0, 80]
    pose[..., 2] = 0
    with pytest.raises(InputError, match="stand at the side"):
        measure_leg_test(replace(series, pose=pose), "slr")


def test_nobody_and_somebody_too_close_are_refused():
    series = leg_raise()
    with pytest.raises(InputError, match="Nobody is seen"):
        measure_leg_test(replace(series, pose=np.full_like(series.pose, np.nan)), "slr")
    close = series.pose.copy()
    close[..., :2] = (close[..., :2] - [640, 420]) * 4 + [640, 420]
    with pytest.raises(InputError, match="does not fit into the picture"):
        measure_leg_test(replace(series, pose=close), "slr")


def test_a_bent_knee_and_a_lifted_other_leg_are_said():
    bent = leg_raise()
    pose = bent.pose.copy()
    turn = np.radians(35.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    below = pose[80:250, [28, 30, 32], :2] - pose[80:250, 26:27, :2]
    pose[80:250, [28, 30, 32], :2] = below @ matrix.T + pose[80:250, 26:27, :2]
    assert "nerve_knee_bent" in keys(measure_leg_test(replace(bent, pose=pose), "slr"))
    lifted = leg_raise()
    both = lifted.pose.copy()
    turn = np.radians(-20.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    leg = [25, 27, 29, 31]
    around = both[80:250, 23:24, :2]
    for sign in (1, -1):
        tried = both.copy()
        tried[80:250, leg, :2] = (both[80:250, leg, :2] - around) @ (
            matrix if sign > 0 else matrix.T
        ).T + around
        raised = measure_leg_test(replace(lifted, pose=tried), "slr")
        if "nerve_other_leg" in keys(raised):
            return
    pytest.fail("the other leg was lifted by 20 degrees, and nothing was said")


def test_a_foot_that_leaves_the_picture_is_said():
    series = leg_raise(top=70.0)
    pose = series.pose.copy()
    pose[..., 1] -= 180.0
    measured = measure_leg_test(replace(series, pose=pose), "slr")
    assert "nerve_foot_outside" in keys(measured)


def test_both_legs_are_compared():
    one, other = leg_raise(tested="near", top=70.0), leg_raise(tested="far", top=40.0)
    series = replace(
        one,
        time_ns=np.r_[one.time_ns, one.time_ns[-1] + 33_333_333 + other.time_ns],
        pose=np.concatenate([one.pose, other.pose]),
        pose_world=np.concatenate([one.pose_world, other.pose_world]),
        pose_visibility=np.concatenate([one.pose_visibility, other.pose_visibility]),
        people=np.r_[one.people, other.people],
    )
    measured = measure_leg_test(series, "slr", (SYMPTOM, Mark(SYMPTOM.time_s + 10.5, "symptom")))
    assert [t.leg for t in measured.trials] == ["right", "left"]
    assert measured.sides is not None
    assert measured.sides.smaller == "left"
    assert measured.sides.difference_deg == pytest.approx(30, abs=8)
    assert measured.sides.verdict == "unusual"
