from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.kinematics.smoothing import smooth_series
from neckrom.rom.movements import MovementSettings, find_trials
from neckrom.types import MOVEMENTS, Movement
from tests.rom.motion import Motion, lose

SETTINGS = MovementSettings()


def session(peaks: dict[Movement, list[float]]) -> Motion:
    motion = Motion().rest(2.0)
    for movement, values in peaks.items():
        for value in values:
            motion.go(movement, value).rest(0.6)
    return motion.rest(1.0)


@pytest.mark.parametrize("movement", MOVEMENTS)
def test_each_direction_is_found_with_its_three_trials(movement):
    angles = session({movement: [38.0, 42.0, 40.0]}).angles(noise_deg=0.2)
    trials, aside = find_trials(angles, SETTINGS)
    assert [trial.movement for trial in trials] == [movement] * 3
    assert not aside
    np.testing.assert_allclose([trial.peak_deg for trial in trials], [38, 42, 40], atol=0.4)
    for trial in trials:
        assert trial.start_s < trial.hold_start_s < trial.hold_end_s < trial.end_s
        assert trial.hold_end_s - trial.hold_start_s == pytest.approx(1.0, abs=0.7)


def test_full_session_finds_every_movement_and_invents_none():
    peaks = dict(zip(MOVEMENTS, [[52.0], [61.0], [78.0], [80.0], [41.0], [44.0]], strict=True))
    trials, _ = find_trials(session(peaks).angles(noise_deg=0.3), SETTINGS)
    assert [trial.movement for trial in trials] == list(MOVEMENTS)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(MOVEMENTS), st.floats(15, 80), st.floats(0.3, 2.0), st.floats(0.6, 3.0)),
        min_size=1,
        max_size=6,
    )
)
def test_any_sequence_of_clean_repetitions_is_found_as_it_was(steps):
    motion = Motion().rest(1.5)
    for movement, peak, hold_s, out_s in steps:
        motion.go(movement, peak, hold_s=hold_s, out_s=out_s, back_s=out_s).rest(0.7)
    trials, aside = find_trials(motion.angles(), SETTINGS)
    found = sorted([*trials, *aside], key=lambda trial: trial.start_s)
    assert [trial.movement for trial in found] == [step[0] for step in steps]
    np.testing.assert_allclose([trial.peak_deg for trial in found], [step[1] for step in steps], atol=1.7)


def test_still_person_has_no_movement():
    angles = Motion().rest(10).angles(noise_deg=1.0)
    smooth = angles.replace(neck_deg=smooth_series(angles.time_s, angles.neck_deg))
    assert find_trials(smooth, SETTINGS) == ([], [])


def test_hesitation_on_the_way_is_one_repetition():
    motion = Motion().rest().go(Movement.ROTATION_LEFT, 40, hold_s=0.3, back_to_deg=34, back_s=0.5)
    motion.go(Movement.ROTATION_LEFT, 70, start_deg=34).rest()
    trials, _ = find_trials(motion.angles(), SETTINGS)
    assert [round(trial.peak_deg) for trial in trials] == [70]


def test_half_way_back_is_two_repetitions():
    motion = Motion().rest().go(Movement.LATERAL_RIGHT, 40, back_to_deg=15)
    motion.go(Movement.LATERAL_RIGHT, 42, start_deg=15).rest()
    trials, _ = find_trials(motion.angles(), SETTINGS)
    assert [round(trial.peak_deg) for trial in trials] == [40, 42]
    assert trials[0].end_s <= trials[1].start_s + 1e-9


def test_broken_off_repetition_is_set_aside_and_says_so():
    trials, aside = find_trials(session({Movement.EXTENSION: [60.0, 22.0, 58.0]}).angles(), SETTINGS)
    assert [round(trial.peak_deg) for trial in trials] == [60, 58]
    assert [round(trial.peak_deg) for trial in aside] == [22]
    assert "broken off" in aside[0].note


def test_trembling_neither_splits_a_repetition_nor_raises_its_end_range():
    angles = Motion().rest().go(Movement.FLEXION, 45, hold_s=1.5).rest().angles(tremor_deg=3.0)
    smooth = angles.replace(neck_deg=smooth_series(angles.time_s, angles.neck_deg))
    trials, _ = find_trials(smooth, SETTINGS)
    assert len(trials) == 1
    assert trials[0].peak_deg == pytest.approx(45, abs=1.5)


def test_single_noisy_frame_is_not_the_end_range():
    angles = Motion().rest().go(Movement.ROTATION_RIGHT, 50, hold_s=1.0).rest().angles()
    neck = angles.neck_deg.copy()
    neck[len(neck) // 2, 2] += 25
    smooth = angles.replace(neck_deg=smooth_series(angles.time_s, neck))
    trials, _ = find_trials(smooth, SETTINGS)
    assert trials[0].peak_deg == pytest.approx(50, abs=0.5)


def test_coupled_motion_in_another_plane_is_not_a_second_movement():
    angles = Motion().rest().go(Movement.ROTATION_LEFT, 75).rest().angles()
    neck = angles.neck_deg.copy()
    neck[:, 1] = 0.25 * neck[:, 2]
    neck[:, 0] = 0.2 * np.abs(neck[:, 2])
    trials, aside = find_trials(angles.replace(neck_deg=neck), SETTINGS)
    assert [trial.movement for trial in [*trials, *aside]] == [Movement.ROTATION_LEFT]
    assert trials[0].coupling_deg == pytest.approx((15.0, -18.75), abs=0.3)


def test_overshoot_on_the_way_back_is_not_a_movement():
    motion = Motion().rest().go(Movement.ROTATION_LEFT, 80)
    motion.go(Movement.ROTATION_RIGHT, 14, out_s=0.3, hold_s=0.0, back_s=0.4).rest()
    trials, aside = find_trials(motion.angles(), SETTINGS)
    assert [trial.movement for trial in [*trials, *aside]] == [Movement.ROTATION_LEFT]


@pytest.mark.parametrize("limit_deg", [30.0, 45.0])
def test_head_lost_past_a_limit_gives_a_lower_bound(limit_deg):
    angles = Motion().rest().go(Movement.FLEXION, 60).rest().angles()
    trials, _ = find_trials(lose(angles, angles.neck_deg[:, 0] > limit_deg), SETTINGS)
    assert len(trials) == 1
    assert trials[0].lower_bound
    assert limit_deg - 5 < trials[0].peak_deg <= limit_deg
    assert "further out" in trials[0].note


def test_frames_that_are_only_bounds_give_a_lower_bound():
    angles = Motion().rest().go(Movement.ROTATION_LEFT, 85).rest().angles()
    trials, _ = find_trials(angles.replace(beyond=angles.neck_deg[:, 2] < -60), SETTINGS)
    assert trials[0].lower_bound
    assert 55 < trials[0].peak_deg <= 60


def test_gap_on_the_way_does_not_hide_an_end_range_that_was_seen():
    angles = Motion().rest().go(Movement.ROTATION_LEFT, 70, out_s=2.0, hold_s=1.2).rest().angles()
    lost = (angles.time_s > 1.8) & (angles.time_s < 2.3)
    trials, _ = find_trials(lose(angles, lost), SETTINGS)
    assert len(trials) == 1
    assert not trials[0].lower_bound
    assert trials[0].peak_deg == pytest.approx(70, abs=0.2)


def test_recording_that_ends_on_the_way_out_gives_a_lower_bound():
    angles = Motion().rest().go(Movement.EXTENSION, 60, out_s=2.0).angles()
    cut = int(2.1 * 30)
    short = angles.replace(
        time_s=angles.time_s[:cut],
        neck_deg=angles.neck_deg[:cut],
        sd_deg=angles.sd_deg[:cut],
        trunk_deg=angles.trunk_deg[:cut],
        beyond=angles.beyond[:cut],
        source=angles.source[:cut],
        quality=angles.quality[:cut],
    )
    trials, _ = find_trials(short, SETTINGS)
    assert trials[0].lower_bound
    assert "ends" in trials[0].note


def test_mirroring_the_person_swaps_sides_and_nothing_else():
    angles = session({Movement.ROTATION_LEFT: [70.0], Movement.LATERAL_RIGHT: [33.0]}).angles(noise_deg=0.2)
    mirrored = angles.replace(neck_deg=angles.neck_deg * [1, -1, -1])
    trials, _ = find_trials(angles, SETTINGS)
    swapped, _ = find_trials(mirrored, SETTINGS)
    assert [trial.movement for trial in swapped] == [Movement.ROTATION_RIGHT, Movement.LATERAL_LEFT]
    assert [trial.peak_deg for trial in swapped] == [trial.peak_deg for trial in trials]


def test_trunk_excursion_is_reported_as_compensation():
    angles = Motion().rest().go(Movement.ROTATION_RIGHT, 55, trunk_deg=20).rest().angles()
    trials, _ = find_trials(angles, SETTINGS)
    assert trials[0].compensation_deg == pytest.approx(20, abs=1)


def test_interval_follows_the_standard_deviation():
    angles = Motion().rest().go(Movement.LATERAL_LEFT, 40).rest().angles(sd_deg=2.0)
    trials, _ = find_trials(angles, SETTINGS)
    interval = trials[0].interval95
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((40 - 3.92, 40 + 3.92), abs=0.2)


def test_head_that_is_out_when_the_recording_starts_is_set_aside():
    angles = (
        Motion().go(Movement.ROTATION_LEFT, 30, out_s=0, hold_s=0.2).rest().go(Movement.FLEXION, 40).rest()
    )
    trials, aside = find_trials(angles.angles(), SETTINGS)
    assert [trial.movement for trial in trials] == [Movement.FLEXION]
    assert [trial.movement for trial in aside] == [Movement.ROTATION_LEFT]
    assert "already out" in aside[0].note


def poorly_seen(sd_deg: float):
    angles = Motion().rest().go(Movement.ROTATION_LEFT, 85).rest().angles(sd_deg=2.0)
    far = angles.neck_deg[:, 2] < -60
    sd = np.where(far[:, None], sd_deg, angles.sd_deg)
    return angles.replace(beyond=far, sd_deg=sd)


def test_end_range_seen_poorly_is_bounded_by_the_low_end_of_its_interval():
    trial = find_trials(poorly_seen(9.0), SETTINGS)[0][0]
    assert trial.lower_bound
    assert trial.peak_deg == pytest.approx(85 - 1.96 * 9, abs=0.3)
    assert trial.interval95.low == trial.peak_deg and trial.interval95.high is None


def test_end_range_seen_very_poorly_is_bounded_by_what_was_measured_well():
    trial = find_trials(poorly_seen(40.0), SETTINGS)[0][0]
    assert trial.lower_bound
    assert 55 - 3.92 < trial.peak_deg <= 60 - 3.92
    assert trial.interval95.low == trial.peak_deg and trial.interval95.high is None


@pytest.mark.parametrize("at_s", [0.3, 0.7, 1.1])
def test_a_brief_jump_in_the_hold_is_not_the_end_range(at_s):
    angles = Motion().rest().go(Movement.ROTATION_LEFT, 72, hold_s=1.5).rest().angles()
    neck = angles.neck_deg.copy()
    hold = 2.5 + at_s
    neck[(angles.time_s >= hold) & (angles.time_s < hold + 0.3), 2] -= 9
    trials, _ = find_trials(angles.replace(neck_deg=smooth_series(angles.time_s, neck)), SETTINGS)
    assert [trial.peak_deg for trial in trials] == [pytest.approx(72, abs=1.0)]


def test_a_swing_past_the_hold_is_not_the_end_range():
    motion = Motion().rest().go(Movement.FLEXION, 58, out_s=0.8, hold_s=0.0, back_s=0.3, back_to_deg=50)
    trials, _ = find_trials(
        motion.go(Movement.FLEXION, 50, start_deg=50, hold_s=1.5).rest().angles(), SETTINGS
    )
    assert [round(trial.peak_deg) for trial in trials] == [50]


def test_an_end_range_that_is_only_touched_is_its_top():
    angles = (
        Motion().rest().go(Movement.ROTATION_RIGHT, 60, out_s=0.8, hold_s=0.0, back_s=0.8).rest().angles()
    )
    assert find_trials(angles, SETTINGS)[0][0].peak_deg == pytest.approx(60, abs=2)


@pytest.mark.parametrize("sd_deg", [2.0, 40.0])
def test_a_bound_is_the_low_end_of_its_interval_and_never_below_zero(sd_deg):
    angles = Motion().rest().go(Movement.FLEXION, 60).rest().angles(sd_deg=sd_deg)
    trials, aside = find_trials(lose(angles, angles.neck_deg[:, 0] > 30), SETTINGS)
    (trial,) = [*trials, *aside]
    assert trial.lower_bound
    assert trial.peak_deg == trial.interval95.low >= 0
    assert trial.interval95.low == pytest.approx(max(30 - 1.96 * sd_deg, 0), abs=3)
    assert bool(trials) == (sd_deg < 10)
