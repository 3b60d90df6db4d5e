"""Every order in which people move: where zero is, what was done on purpose, and what was not tested."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.drawn_sessions import compare, draw, judge, measured
from neckrom.errors import NoNeutralError
from neckrom.kinematics.smoothing import smooth_series
from neckrom.rom.neutral import NeutralSettings, doubted, find_neutral
from neckrom.rom.range_of_motion import RomSettings, range_of_motion
from neckrom.types import MOVEMENTS, Movement, Neutral, RangeOfMotion
from tests.rom.motion import Motion

FLEXION, EXTENSION, ROTATION_LEFT, ROTATION_RIGHT, LATERAL_LEFT, LATERAL_RIGHT = MOVEMENTS
SETTINGS = NeutralSettings()


def told(motion: Motion, *, camera_deg=(0.0, 0.0, 0.0), sd_deg: float = 1.5, warm_ups=None) -> RangeOfMotion:
    """What the layer makes of a drawn recording, the face seen by a camera that need not be in front."""
    angles = motion.angles(noise_deg=0.2, sd_deg=sd_deg)
    neutral = find_neutral(angles.time_s, 0.85 * angles.neck_deg + np.array(camera_deg), SETTINGS)
    inside = (angles.time_s >= neutral.start_s) & (angles.time_s <= neutral.end_s)
    neck = smooth_series(angles.time_s, angles.neck_deg)
    relative = angles.replace(neck_deg=neck - np.median(neck[inside], axis=0))
    return range_of_motion(relative, neutral, None, RomSettings(), warm_ups=warm_ups)


def keys(rom: RangeOfMotion) -> set[str]:
    return {warning.key for warning in rom.warnings}


def peaks(rom: RangeOfMotion, movement: Movement) -> list[int]:
    return [round(trial.peak_deg) for trial in rom.of(movement)]


def straight(
    motion: Motion, stops: list[tuple[Movement, float]], *, move_s: float = 1.2, hold_s: float = 1.0
):
    """From one end range to the next without stopping in the middle, and to zero at last."""
    plane = stops[0][0].plane
    here = 0.0
    for movement, peak in [*stops, (stops[-1][0], 0.0)]:
        there = movement.sign * peak
        share = np.arange(round(move_s * motion.fps)) / (move_s * motion.fps)
        curve = here + (there - here) * share**3 * (10 - 15 * share + 6 * share**2)
        hold = np.full(round((hold_s if peak else 0) * motion.fps), there)
        motion._append(plane, np.concatenate([curve, hold]))
        here = there
    return motion


# ------------------------------------------------------------- restricted necks


def test_side_bend_of_13_each_way_without_a_rest_in_the_middle():
    motion = straight(Motion().rest(1.5), 3 * [(LATERAL_LEFT, 13.0), (LATERAL_RIGHT, 13.0)]).rest(1.0)
    rom = told(motion)
    assert peaks(rom, LATERAL_LEFT) == peaks(rom, LATERAL_RIGHT) == [13, 13, 13]
    assert rom.neutral.sure and not rom.set_aside


def test_one_side_after_the_other_without_a_rest():
    motion = Motion().rest(1.5)
    for movement in 3 * [ROTATION_LEFT] + 3 * [ROTATION_RIGHT]:
        motion.go(movement, 25.0)
    rom = told(motion.rest(1.0))
    assert peaks(rom, ROTATION_LEFT) == peaks(rom, ROTATION_RIGHT) == [25, 25, 25]


@pytest.mark.parametrize(
    ("movement", "peak"),
    [(ROTATION_LEFT, 22.0), (EXTENSION, 25.0), (FLEXION, 30.0), (LATERAL_RIGHT, 10.0), (FLEXION, 9.0)],
)
@pytest.mark.parametrize("rest_s", [0.0, 0.8])
def test_one_direction_alone_keeps_its_name(movement, peak, rest_s):
    motion = Motion().rest(2.0)
    for _ in range(3):
        motion.go(movement, peak).rest(rest_s)
    rom = told(motion.rest(0.7))
    assert peaks(rom, movement) == 3 * [round(peak)]
    assert {trial.movement for trial in rom.trials} == {movement}
    assert rom.neutral.sure


@pytest.mark.parametrize("camera_pitch_deg", [-25.0, 25.0])
def test_a_camera_above_or_below_the_eyes_does_not_turn_flexion_into_extension(camera_pitch_deg):
    motion = Motion().rest(2.0)
    for _ in range(3):
        motion.go(FLEXION, 30.0)
    rom = told(motion.rest(1.0), camera_deg=(camera_pitch_deg, 0, 0))
    assert {trial.movement for trial in rom.trials} == {FLEXION} or not rom.neutral.sure


@pytest.mark.parametrize("repetitions", range(1, 11))
def test_one_to_ten_repetitions_are_counted(repetitions):
    motion = Motion().rest(1.5)
    for movement in (ROTATION_LEFT, ROTATION_RIGHT):
        for _ in range(repetitions):
            motion.go(movement, 70.0, out_s=0.8, back_s=0.8).rest(0.3)
    rom = told(motion.rest(0.6))
    assert len(rom.of(ROTATION_LEFT)) == len(rom.of(ROTATION_RIGHT)) == repetitions


# --------------------------------------------------------- beginning and ending


def test_beginning_turned_is_not_neutral():
    motion = Motion().go(ROTATION_LEFT, 28.0, out_s=0, hold_s=1.0)
    for _ in range(3):
        motion.rest(0.8).go(LATERAL_LEFT, 30).rest(0.5).go(LATERAL_RIGHT, 30)
    rom = told(motion.rest(1.0))
    assert len(rom.of(LATERAL_LEFT)) == len(rom.of(LATERAL_RIGHT)) == 3
    assert rom.untested(ROTATION_LEFT) == "already_out"


def test_turning_away_at_the_end_is_no_loss():
    motion = Motion().rest(1.5)
    for _ in range(3):
        motion.go(FLEXION, 45.0).rest(0.6)
    rom = told(motion.go(ROTATION_RIGHT, 28.0, hold_s=0.8, back_s=0))
    assert len(rom.of(FLEXION)) == 3
    assert all(trial.lower_bound for trial in rom.of(ROTATION_RIGHT))


def test_an_end_range_that_the_recording_cuts_is_counted_where_it_is_like_the_others():
    motion = Motion().rest(1.5)
    for _ in range(2):
        motion.go(FLEXION, 45.0).rest(0.6)
    rom = told(motion.go(FLEXION, 45.0, back_s=0))
    assert peaks(rom, FLEXION) == [45, 45, 45]


def test_two_places_that_explain_the_recording_alike_are_told():
    motion = Motion().rest(1.5).go(FLEXION, 20.0, hold_s=2.0, back_s=0.0)
    rom = told(motion, camera_deg=(-17.0, 0, 0))
    assert not rom.neutral.sure
    assert rom.neutral.other_s is not None
    assert "neutral_two_places" in keys(rom)
    assert any("--neutral START END" in warning for warning in rom.warnings)


def test_a_head_that_rests_only_at_its_end_ranges_is_not_told_without_a_warning():
    motion = straight(Motion(), 4 * [(ROTATION_LEFT, 24.0), (ROTATION_RIGHT, 24.0)], hold_s=1.5)
    try:
        rom = told(motion)
    except NoNeutralError:
        return
    assert not rom.neutral.sure or rom.neutral.doubts


def test_turning_round_without_a_rest_is_neutral_where_the_head_rests_elsewhere():
    motion = Motion()
    for movement in [movement for movement in MOVEMENTS for _ in range(2)]:
        motion.go(movement, 35.0, out_s=0.7, hold_s=1.5, back_s=0.7)
    rom = told(motion)
    for movement in MOVEMENTS:
        assert [trial.peak_deg for trial in rom.of(movement)] == pytest.approx([35, 35], abs=1.5)
    assert rom.neutral.doubts == ("brief",)


def test_a_camera_to_which_the_head_turns_only_at_its_end_range_is_not_believed():
    motion = Motion().rest(2.0)
    for movement in (
        ROTATION_LEFT,
        ROTATION_LEFT,
        FLEXION,
        EXTENSION,
        LATERAL_LEFT,
        LATERAL_RIGHT,
        ROTATION_LEFT,
    ):
        motion.go(movement, 40.0, hold_s=1.2).rest(0.8)
    try:
        rom = told(motion.rest(1.0), camera_deg=(0, 0, 36.0))
    except NoNeutralError:
        return
    assert not rom.neutral.sure


# ------------------------------------------------------------------- not tested


def test_a_glance_beside_a_flexion_is_not_tested():
    motion = Motion().rest(1.5).go(FLEXION, 34.0).rest(1.0)
    rom = told(motion.go(ROTATION_LEFT, 14.0, out_s=0.4, hold_s=0.4, back_s=0.4).rest(1.0))
    assert peaks(rom, FLEXION) == [34]
    assert rom.untested(ROTATION_LEFT) == "once"
    assert rom.untested(ROTATION_RIGHT) == "not_seen"


@pytest.mark.parametrize("peak", [9.0, 14.0, 25.0, 35.0])
def test_a_look_aside_is_never_a_loss(peak):
    motion = Motion().rest(1.5)
    for _ in range(3):
        motion.go(FLEXION, 45.0, hold_s=1.2).rest(0.7)
    rom = told(motion.go(ROTATION_LEFT, peak, out_s=0.4, hold_s=0.25, back_s=0.4).rest(1.0))
    assert len(rom.of(FLEXION)) == 3
    assert rom.untested(ROTATION_LEFT) in ("once", "too_short")


def test_one_small_movement_counts_where_its_other_side_was_done_alike():
    motion = Motion().rest(1.5).go(LATERAL_RIGHT, 40.0).rest().go(LATERAL_LEFT, 12.0).rest()
    assert peaks(told(motion), LATERAL_LEFT) == [12]


def test_shifts_on_the_chair_are_no_movement():
    motion = Motion().rest(3.0)
    for movement, peak, hold in ((LATERAL_LEFT, 8.0, 3.0), (FLEXION, 11.0, 0.6), (ROTATION_RIGHT, 12.0, 2.0)):
        motion.go(movement, peak, out_s=0.5, hold_s=hold, back_s=0.7).rest(2.0)
    rom = told(motion.go(FLEXION, 8.0, hold_s=1.5).rest(2.0))
    assert rom.trials == ()
    assert {rom.untested(movement) for movement in MOVEMENTS} <= {"once", "too_small", "not_seen"}


def test_a_movement_that_the_interval_does_not_hold_is_not_tested():
    motion = Motion().rest(1.5)
    for _ in range(3):
        motion.go(EXTENSION, 9.0).rest(0.6)
    assert told(motion, sd_deg=1.5).untested(EXTENSION) is None
    assert told(motion, sd_deg=6.0).untested(EXTENSION) == "around_zero"


@pytest.mark.parametrize("tuck", [FLEXION, EXTENSION])
def test_a_chin_tuck_before_each_flexion_is_no_movement_of_its_own(tuck):
    motion = Motion().rest(1.5)
    for _ in range(3):
        motion.go(tuck, 8.0, out_s=0.4, hold_s=0.3, back_s=0.4).go(FLEXION, 50.0).rest(0.8)
    rom = told(motion.rest(0.5))
    assert peaks(rom, FLEXION) == [50, 50, 50]
    assert not rom.of(EXTENSION)


def test_coming_back_short_is_still_back():
    motion = Motion().rest(1.5)
    for back in (9.0, 7.0, 0.0):
        motion.go(ROTATION_LEFT, 60.0, back_to_deg=back, start_deg=0.0)
        motion.go(ROTATION_RIGHT, 55.0, start_deg=-back)
    rom = told(motion.rest(1.0))
    assert peaks(rom, ROTATION_LEFT) == [60, 60, 60]
    assert peaks(rom, ROTATION_RIGHT) == [55, 55, 55]


# --------------------------------------------------------------- how sure zero is


def test_a_rest_elsewhere_is_in_the_interval():
    at_zero = Motion().rest(2.0).go(ROTATION_LEFT, 50.0).rest(2.0)
    shifted = Motion().rest(2.0).go(ROTATION_LEFT, 50.0, back_to_deg=4.9)
    shifted._append(2, np.full(60, -4.9))
    narrow, wide = (told(motion).of(ROTATION_LEFT)[0].interval95 for motion in (at_zero, shifted))
    assert wide.high - wide.low > narrow.high - narrow.low + 4.0
    assert "neutral_drift" not in keys(told(shifted))


def test_a_seat_that_shifts_between_the_movements_is_warned_of_and_in_the_interval():
    motion = (
        Motion().rest(2.0).go(ROTATION_LEFT, 50.0).go(FLEXION, 8.0, hold_s=3.0).go(ROTATION_LEFT, 50.0).rest()
    )
    rom = told(motion)
    assert "neutral_drift" in keys(rom)
    assert rom.neutral.drift_deg == pytest.approx(8, abs=0.5)
    assert rom.neutral.sd_deg[0] > 3 > rom.neutral.sd_deg[2]


def test_a_head_that_sways_is_measured_and_less_sure():
    rng = np.random.default_rng(4)
    motion = Motion().rest(4.0).go(ROTATION_LEFT, 60.0).rest(1.5).go(ROTATION_RIGHT, 60.0).rest(2.0)
    sway = rng.standard_normal((sum(map(len, motion.neck)) + 40, 3))
    slow = np.stack([np.convolve(column, np.hanning(25), "same") for column in sway.T], axis=1)[20:-20]
    motion.neck = [np.concatenate(motion.neck) + 1.2 * slow / slow.std(axis=0)]
    motion.trunk = [np.concatenate(motion.trunk)]
    rom = told(motion)
    assert [trial.movement for trial in rom.trials] == [ROTATION_LEFT, ROTATION_RIGHT]
    assert max(rom.neutral.sd_deg) > 0


def test_a_neutral_that_is_named_on_a_turned_head_is_warned_of():
    motion = Motion().rest(2.0)
    for _ in range(3):
        motion.go(ROTATION_LEFT, 30.0, hold_s=1.5).rest(0.8)
    angles = motion.angles(noise_deg=0.1)
    on_hold = doubted(Neutral(3.7, 4.8, "given"), angles.time_s, angles.neck_deg, SETTINGS)
    assert set(on_hold.doubts) == {"turned", "elsewhere"}
    assert doubted(Neutral(0.2, 1.8, "given"), angles.time_s, angles.neck_deg, SETTINGS).doubts == ()
    moving = doubted(Neutral(2.1, 3.4, "given"), angles.time_s, angles.neck_deg, SETTINGS)
    assert "moving" in moving.doubts


# ---------------------------------------------------------------------- warm-ups


def protocol_session(first: float, rest: float, directions=MOVEMENTS) -> Motion:
    motion = Motion().rest(1.5)
    for movement in directions:
        for share in (first, first, rest, 1.0, rest):
            motion.go(movement, 40.0 * share, out_s=0.8, hold_s=0.8, back_s=0.8).rest(0.4)
    return motion


def test_two_smaller_repetitions_before_three_alike_are_warm_ups():
    rom = told(protocol_session(0.7, 0.96))
    assert {len(rom.of(movement)) for movement in MOVEMENTS} == {3}
    assert {trial.aside for trial in rom.set_aside} == {"warm_up"}
    assert "warm_ups_taken" in keys(rom)
    assert any("--warm-ups 0" in warning for warning in rom.warnings)


def test_five_repetitions_alike_are_asked_about():
    rom = told(protocol_session(0.95, 0.97, (FLEXION, EXTENSION)))
    assert len(rom.of(FLEXION)) == 5
    assert "warm_ups_asked" in keys(rom)
    assert any("--warm-ups 2" in warning for warning in rom.warnings)


@pytest.mark.parametrize(("said", "counted"), [(0, 5), (1, 4), (2, 3)])
def test_what_the_user_says_of_warm_ups_counts(said, counted):
    rom = told(protocol_session(0.7, 0.96, (FLEXION,)), warm_ups=said)
    assert len(rom.of(FLEXION)) == counted
    assert not {key for key in keys(rom) if key.startswith("warm_ups")}


def test_a_warm_up_below_half_of_the_best_is_a_warm_up_all_the_same():
    rom = told(protocol_session(0.45, 0.96, (FLEXION,)), warm_ups=2)
    assert peaks(rom, FLEXION) == [38, 40, 38]
    assert [trial.aside for trial in rom.set_aside] == ["warm_up", "warm_up"]


def test_nothing_but_warm_ups_is_said():
    rom = told(Motion().rest(1.5).go(FLEXION, 40.0).rest().go(FLEXION, 40.0).rest(), warm_ups=2)
    assert rom.untested(FLEXION) == "warm_up"
    assert "warm_ups_only" in keys(rom)


# ------------------------------------------------------------------- properties


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(MOVEMENTS), st.floats(9, 60)),
        min_size=1,
        max_size=3,
        unique_by=lambda s: s[0],
    ),
    st.integers(3, 5),
    st.tuples(st.floats(0.0, 1.5), st.floats(0.6, 2.0), st.floats(0.6, 2.0)),
    st.booleans(),
)
def test_any_order_pause_and_size_keeps_zero_direction_and_count(sizes, number, seconds, rounds):
    """Repetitions from a rest and back to it, one direction after the other or in rounds."""
    pause_s, speed_s, hold_s = seconds
    order = number * sizes if rounds else [step for step in sizes for _ in range(number)]
    motion = Motion().rest(1.5)
    for movement, peak in order:
        motion.go(movement, peak, out_s=speed_s, hold_s=hold_s, back_s=speed_s).rest(pause_s)
    rom = told(motion.rest(1.0))
    assert rom.neutral.sure
    assert {movement: len(rom.of(movement)) for movement, _ in sizes} == {m: number for m, _ in sizes}
    assert {trial.movement for trial in rom.trials} == {movement for movement, _ in sizes}
    for movement, peak in sizes:
        assert [trial.peak_deg for trial in rom.of(movement)] == pytest.approx([peak] * number, abs=2.5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000_000))
def test_nothing_is_told_wrongly_without_a_warning(seed):
    """Anything that the benchmark draws: rests or none, glances, beginning and ending turned, drift, sway."""
    verdict = judge(draw(seed))
    assert verdict.warned or not (verdict.zero_wrong or verdict.way_wrong), verdict.detail


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000_000))
def test_mirroring_the_person_swaps_sides_and_nothing_else(seed):
    session = draw(seed)
    try:
        neutral = find_neutral(session.time_s, session.facing_deg, SETTINGS)
    except NoNeutralError:
        return
    rom = measured(session, neutral)
    session.neck_deg = session.neck_deg * [1, -1, -1]
    session.facing_deg = session.facing_deg * [1, -1, -1]
    other = find_neutral(session.time_s, session.facing_deg, SETTINGS)
    assert (other.start_s, other.sure) == (neutral.start_s, neutral.sure)
    swapped = measured(session, other)
    assert [trial.peak_deg for trial in swapped.trials] == pytest.approx([t.peak_deg for t in rom.trials])
    assert len(swapped.set_aside) == len(rom.set_aside)


def test_the_benchmark_knows_a_wrong_session():
    session = draw(3)
    rom = measured(session, Neutral(0.0, 0.5, "given"))
    counted, _ = compare(session, rom)
    session.repetitions = [*session.repetitions, *session.repetitions]
    assert compare(session, rom)[0] < 2 * max(counted, 1)
