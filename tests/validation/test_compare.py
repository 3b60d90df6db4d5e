from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.types import MOVEMENTS, Interval, Movement
from neckrom.validation.compare import compare_clip, compare_frames, match_trials
from tests.validation.instruments import angles_of, first, measured_trial, result_of, sample

TRUTH = sample("bruno_moderate")


def compared(trials, angles=None, truth=TRUTH, set_aside=()):
    return compare_clip("clip", result_of(trials, set_aside), angles or angles_of(truth), truth)


def of(comparison, movement):
    return next(trial for trial in comparison.trials if trial.truth.movement is movement)


# ---------------------------------------------------------------------- trials


def test_a_perfect_instrument_has_no_errors():
    found = compared([measured_trial(true) for true in TRUTH.trials])
    assert [trial.status for trial in found.trials] == ["measured"] * 6
    np.testing.assert_allclose([trial.error_deg for trial in found.trials], 0.0, atol=0.01)
    np.testing.assert_allclose([trial.cross_talk_deg for trial in found.trials], 0.0, atol=1e-9)
    np.testing.assert_allclose([trial.reach for trial in found.trials], 1.0, atol=1e-9)
    np.testing.assert_allclose([trial.compensation_error_deg for trial in found.trials], 0.0, atol=0.01)
    assert found.extras == ()
    assert found.missed_movements == ()
    np.testing.assert_allclose(found.frames.geodesic_deg, 0.0, atol=1e-5)


def test_error_is_measured_minus_truth_in_every_direction():
    found = compared([measured_trial(true, true.peak_deg - 4.0) for true in TRUTH.trials])
    np.testing.assert_allclose([trial.error_deg for trial in found.trials], -4.0, atol=0.01)


def test_a_repetition_without_a_trial_is_missed():
    found = compared(
        [measured_trial(true) for true in TRUTH.trials if true.movement is not Movement.EXTENSION]
    )
    assert of(found, Movement.EXTENSION).status == "missed"
    assert np.isnan(of(found, Movement.EXTENSION).error_deg)
    assert found.missed_movements == (Movement.EXTENSION,)


def test_a_repetition_that_was_not_counted_is_set_aside_not_missed():
    flexion = first(TRUTH, Movement.FLEXION)
    aside = measured_trial(flexion, 12.0, note="broken off")
    found = compared([measured_trial(true) for true in TRUTH.trials[1:]], set_aside=[aside])
    trial = of(found, Movement.FLEXION)
    assert (trial.status, trial.note) == ("set aside", "broken off")
    assert np.isnan(trial.error_deg)
    assert found.missed_movements == (Movement.FLEXION,)


def test_the_other_direction_is_both_missed_and_invented():
    """A mirrored clip: left is read as right."""
    left = first(TRUTH, Movement.ROTATION_LEFT)
    found = compared([measured_trial(left, movement=Movement.ROTATION_RIGHT)])
    assert of(found, Movement.ROTATION_LEFT).status == "missed"
    (extra,) = found.extras
    assert (extra.kind, extra.movement) == ("invented", Movement.ROTATION_RIGHT)
    assert extra.truth_deg < 10.0


def test_a_trial_at_rest_is_invented():
    rest = measured_trial(first(TRUTH, Movement.FLEXION), 14.0, start_s=0.0, peak_s=0.5, end_s=1.5)
    found = compared([rest, *(measured_trial(true) for true in TRUTH.trials)])
    assert [extra.kind for extra in found.extras] == ["invented"]


def test_a_second_trial_within_a_repetition_is_a_split():
    flexion = first(TRUTH, Movement.FLEXION)
    halves = [
        measured_trial(flexion, end_s=flexion.hold_end_s),
        measured_trial(flexion, start_s=flexion.hold_end_s, peak_s=flexion.hold_end_s + 0.1),
    ]
    found = compared(halves)
    assert of(found, Movement.FLEXION).status == "measured"
    assert [extra.kind for extra in found.extras] == ["split"]


def test_real_movement_without_a_name_is_not_invented():
    truth = sample("bruno_random")
    row = int(np.argmax(truth.neck_deg[:, 2]))
    turn = measured_trial(
        first(TRUTH, Movement.ROTATION_RIGHT), start_s=truth.time_s[row] - 1.0, end_s=truth.time_s[row] + 1.0
    )
    found = compared([turn], truth=truth)
    assert [extra.kind for extra in found.extras] == ["unnamed"]
    assert found.extras[0].truth_deg == pytest.approx(truth.neck_deg[row, 2])


def test_repetitions_are_paired_in_time():
    """Three flexions in a row, the second one not seen: no shift by one."""
    one = first(TRUTH, Movement.FLEXION)
    true = tuple(
        replace(one, start_s=t, hold_start_s=t + 1, hold_end_s=t + 2, end_s=t + 3, peak_deg=30.0 + t)
        for t in (0.0, 4.0, 8.0)
    )
    result = result_of([measured_trial(true[0], 1.0), measured_trial(true[2], 3.0)])
    matches, left_over = match_trials(result.movements, true)
    assert {index: trial.peak_deg for index, trial in matches.items()} == {0: 1.0, 2: 3.0}
    assert left_over == []


def test_the_larger_overlap_wins():
    one = first(TRUTH, Movement.FLEXION)
    true = (
        replace(one, start_s=0.0, end_s=3.0),
        replace(one, start_s=3.0, end_s=6.0),
    )
    late = measured_trial(one, start_s=1.4, end_s=5.5)
    matches, _ = match_trials(result_of([late]).movements, true)
    assert list(matches) == [1]


# ---------------------------------------------------------------------- bounds


@pytest.mark.parametrize(("bound_deg", "holds"), [(20.0, True), (33.0, True), (36.0, True), (38.0, False)])
def test_a_bound_is_right_when_the_truth_reaches_it(bound_deg, holds):
    flexion = first(TRUTH, Movement.FLEXION)  # 34 deg
    found = compared([measured_trial(flexion, bound_deg, lower_bound=True)])
    trial = of(found, Movement.FLEXION)
    assert (trial.status, trial.bound_holds) == ("bounded", holds)
    assert np.isnan(trial.error_deg)


def test_intervals_are_kept_open_or_closed():
    flexion, extension = TRUTH.trials[:2]
    found = compared(
        [
            measured_trial(flexion, sd_deg=2.0, interval95=Interval(30.0, 38.0)),
            measured_trial(extension, lower_bound=True, interval95=Interval(40.0, None)),
        ]
    )
    assert of(found, Movement.FLEXION).interval_high_deg == pytest.approx(38.0)
    assert of(found, Movement.EXTENSION).interval_low_deg == pytest.approx(40.0)
    assert np.isnan(of(found, Movement.EXTENSION).interval_high_deg)
    assert np.isnan(of(found, Movement.ROTATION_LEFT).interval_low_deg)


# ---------------------------------------------------------------------- frames


def test_frame_errors_per_axis_and_as_an_angle():
    def off(neck):
        neck = neck.copy()
        neck[:, 2] += 5.0
        return neck

    frames = compare_frames(angles_of(TRUTH, off), TRUTH)
    np.testing.assert_allclose(frames.error_deg, np.tile([0.0, 0.0, 5.0], (len(frames), 1)), atol=1e-9)
    np.testing.assert_allclose(frames.geodesic_deg, 5.0, atol=1e-6)


def test_lost_and_bounded_frames_are_not_measured():
    angles = angles_of(TRUTH)
    neck = angles.neck_deg.copy()
    neck[10:20] = np.nan
    beyond = angles.beyond.copy()
    beyond[30:50] = True
    frames = compare_frames(angles.replace(neck_deg=neck, beyond=beyond), TRUTH)
    assert frames.measured.sum() == len(TRUTH) - 30
    assert np.isnan(frames.geodesic_deg[~frames.measured]).all()


def test_truth_is_taken_at_the_measured_times():
    """Another frame rate, and a late start: times decide, not row numbers."""
    every_third = slice(31, None, 3)
    angles = angles_of(TRUTH)
    thinned = replace(
        angles,
        **{
            name: getattr(angles, name)[every_third]
            for name in ("time_s", "neck_deg", "sd_deg", "trunk_deg", "beyond", "source", "quality")
        },
    )
    frames = compare_frames(thinned, TRUTH)
    np.testing.assert_allclose(frames.error_deg, 0.0, atol=1e-9)


def test_frames_after_the_table_ends_do_not_count():
    angles = angles_of(TRUTH)
    frames = compare_frames(angles.replace(time_s=angles.time_s + 10.0), TRUTH)
    assert frames.time_s.max() <= TRUTH.time_s[-1] + 0.05


def test_another_recordings_table_is_noted():
    angles = angles_of(TRUTH)
    found = compared([], angles=angles.replace(time_s=angles.time_s * 2.0))
    assert "same recording" in found.notes[-1]


def test_range_measured_ends_where_the_instrument_saturates():
    """Readings stop at 20 deg: right within 6 deg up to 26 of 34 deg of flexion."""
    found = compared(
        [measured_trial(true) for true in TRUTH.trials], angles_of(TRUTH, lambda neck: np.clip(neck, -20, 20))
    )
    assert of(found, Movement.FLEXION).reach == pytest.approx(26.0 / 34.0, abs=0.02)


def test_range_measured_is_nothing_where_nothing_was_seen():
    found = compared([], angles_of(TRUTH, lambda neck: np.full_like(neck, np.nan)))
    assert [trial.reach for trial in found.trials] == [0.0] * 6
    assert [trial.measured_share for trial in found.trials] == [0.0] * 6


def test_a_view_that_shows_one_plane_measures_that_plane():
    """From the side flexion is known, side-bend and rotation are not."""

    def only_flexion(neck):
        return np.where([True, False, False], neck, np.nan)

    found = compared([measured_trial(true) for true in TRUTH.trials], angles_of(TRUTH, only_flexion))
    assert of(found, Movement.FLEXION).measured_share == pytest.approx(1.0)
    assert of(found, Movement.FLEXION).reach == pytest.approx(1.0)
    assert of(found, Movement.ROTATION_LEFT).measured_share == pytest.approx(0.0)
    assert np.isnan(of(found, Movement.FLEXION).cross_talk_deg)


# ------------------------------------------------------------------ cross-talk


def test_cross_talk_is_the_false_angle_in_the_other_planes():
    """A tenth of every rotation appears as side-bend."""

    def leak(neck):
        neck = neck.copy()
        neck[:, 1] += 0.1 * neck[:, 2]
        return neck

    found = compared([measured_trial(true) for true in TRUTH.trials], angles_of(TRUTH, leak))
    assert of(found, Movement.ROTATION_LEFT).cross_talk_deg == pytest.approx(4.8, abs=0.1)
    assert of(found, Movement.FLEXION).cross_talk_deg < 0.1


def test_true_coupling_is_no_cross_talk():
    truth = sample("bruno_moderate")
    coupled = truth.neck_deg.copy()
    coupled[:, 1] += 0.2 * coupled[:, 2]  # the person really bends while turning
    trials = tuple(replace(trial, single_plane=trial.movement.plane != 2) for trial in truth.trials)
    truth = replace(truth, neck_deg=coupled, trials=trials)
    found = compared([measured_trial(true) for true in truth.trials], truth=truth)
    assert np.isnan(of(found, Movement.ROTATION_LEFT).cross_talk_deg)  # not a movement in one plane
    assert of(found, Movement.FLEXION).cross_talk_deg == pytest.approx(0.0, abs=1e-9)


def test_cross_talk_is_not_looked_for_beyond_80_deg_of_rotation():
    truth = sample("anna_full")  # 85 deg each way

    def leak(neck):
        neck = neck.copy()
        neck[np.abs(neck[:, 2]) > 80.5, 1] += 30.0
        return neck

    found = compared([measured_trial(true) for true in truth.trials], angles_of(truth, leak), truth)
    assert of(found, Movement.ROTATION_LEFT).cross_talk_deg < 0.5


def test_trunk_error_at_end_range():
    truth = sample("mei_trunkcomp")
    still = [measured_trial(true, compensation_deg=0.0) for true in truth.trials]
    found = compared(still, truth=truth)
    assert of(found, Movement.ROTATION_RIGHT).compensation_error_deg == pytest.approx(-25.3, abs=0.3)


# ------------------------------------------------------------- flags and sides


def test_flags_are_held_against_the_true_loss():
    truth = sample("chidi_deficit")  # rotation left 35 of 90 is a loss, right 75 is not
    right = {
        item.movement: item
        for item in compared([measured_trial(t) for t in truth.trials], truth=truth).judgements
    }
    assert right[Movement.ROTATION_LEFT].loss
    assert not right[Movement.ROTATION_RIGHT].loss
    assert not any(item.wrong for item in right.values())
    swapped = [
        measured_trial(true, {Movement.ROTATION_LEFT: 75.0, Movement.ROTATION_RIGHT: 35.0}.get(true.movement))
        for true in truth.trials
    ]
    wrong = {item.movement for item in compared(swapped, truth=truth).judgements if item.wrong}
    assert wrong == {Movement.ROTATION_LEFT, Movement.ROTATION_RIGHT}


def test_not_judged_is_not_wrong():
    truth = sample("chidi_deficit")
    left = first(truth, Movement.ROTATION_LEFT)
    found = compared([measured_trial(left, 30.0, lower_bound=True)], truth=truth)
    judgement = next(item for item in found.judgements if item.movement is Movement.ROTATION_LEFT)
    assert judgement.flag == "could_not_judge"
    assert not judgement.wrong


@pytest.mark.parametrize(
    ("clip", "pair", "left_deg", "right_deg", "outcome"),
    [
        ("chidi_deficit", "rotation", 35.0, 75.0, "found"),
        ("chidi_deficit", "rotation", 70.0, 75.0, "overlooked"),
        ("anna_full", "rotation", 85.0, 85.0, "rightly equal"),
        ("anna_full", "rotation", 60.0, 85.0, "false alarm"),
        ("bruno_moderate", "rotation", 48.0, 38.0, "between"),
    ],
)
def test_sides(clip, pair, left_deg, right_deg, outcome):
    truth = sample(clip)
    trials = [
        measured_trial(first(truth, Movement.ROTATION_LEFT), left_deg),
        measured_trial(first(truth, Movement.ROTATION_RIGHT), right_deg),
    ]
    side = next(item for item in compared(trials, truth=truth).sides if item.pair == pair)
    assert side.outcome == outcome
    assert side.measured_difference_deg == pytest.approx(left_deg - right_deg)


def test_sides_that_were_not_measured_have_no_difference():
    found = compared([measured_trial(first(TRUTH, Movement.ROTATION_LEFT))])
    assert all(np.isnan(side.measured_difference_deg) for side in found.sides)


def test_every_movement_is_judged_in_order():
    assert [item.movement for item in compared([]).judgements] == list(MOVEMENTS)
