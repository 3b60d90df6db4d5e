from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.errors import NoNeutralError
from neckrom.rom.neutral import (
    NeutralSettings,
    find_neutral,
    given_neutral,
    neutral_drift_deg,
    with_uncertain_zero,
)
from neckrom.rom.range_of_motion import RomSettings, range_of_motion
from neckrom.types import Movement, Neutral
from tests.rom.motion import Motion

SETTINGS = NeutralSettings()


def facing(motion: Motion, tilt_deg: float = 0.0):
    angles = motion.angles(noise_deg=0.05)
    return angles.time_s, angles.neck_deg + np.array([tilt_deg, 0, 0])


def test_neutral_at_the_start_is_found():
    time_s, angles = facing(Motion().rest(2.0).go(Movement.ROTATION_LEFT, 70).rest(0.5))
    neutral = find_neutral(time_s, angles, SETTINGS)
    assert 0 <= neutral.start_s < 0.5
    assert 1.5 < neutral.end_s < 2.5


def test_neutral_in_the_middle_is_found_when_the_clip_starts_moving():
    motion = Motion().go(Movement.ROTATION_LEFT, 70, out_s=1.0).go(Movement.ROTATION_RIGHT, 70).rest(2.0)
    motion.go(Movement.FLEXION, 40)
    time_s, angles = facing(motion)
    neutral = find_neutral(time_s, angles, SETTINGS)
    assert 6 < (neutral.start_s + neutral.end_s) / 2 < 9


def test_long_hold_at_a_small_end_range_is_not_taken_for_neutral():
    motion = Motion().rest(1.0)
    for _ in range(3):
        motion.go(Movement.EXTENSION, 25, hold_s=2.5).rest(1.2)
    neutral = find_neutral(*facing(motion), SETTINGS)
    angles = motion.angles().neck_deg[:, 0]
    time_s = motion.angles().time_s
    inside = (time_s >= neutral.start_s) & (time_s <= neutral.end_s)
    assert np.abs(angles[inside]).max() < 3


def test_camera_below_the_eyes_does_not_hide_neutral():
    neutral = find_neutral(
        *facing(Motion().rest(2.0).go(Movement.FLEXION, 40).rest(1.0), tilt_deg=-28), SETTINGS
    )
    assert neutral.end_s - neutral.start_s > 1.0


def test_neutral_is_found_with_frames_missing():
    time_s, angles = facing(Motion().rest(3.0))
    angles[20:24] = np.nan
    assert find_neutral(time_s, angles, SETTINGS).end_s - time_s[0] > 1.0


@pytest.mark.parametrize("fps", [5.0, 12.0, 60.0])
def test_neutral_is_found_at_any_frame_rate(fps):
    motion = Motion(fps=fps).rest(2.0).go(Movement.ROTATION_LEFT, 60).rest(1.0)
    assert find_neutral(*facing(motion), SETTINGS).end_s > 1.0


def test_no_still_stretch_is_refused_with_a_way_out():
    motion = Motion()
    for _ in range(4):
        motion.go(Movement.ROTATION_LEFT, 50, hold_s=0).go(Movement.ROTATION_RIGHT, 50, hold_s=0)
    with pytest.raises(NoNeutralError, match="--neutral START END"):
        find_neutral(*facing(motion), SETTINGS)


def test_never_facing_the_camera_is_refused_and_says_by_how_much():
    time_s, angles = facing(Motion().rest(3.0))
    with pytest.raises(NoNeutralError, match="70 deg to the side"):
        find_neutral(time_s, angles + np.array([0, 0, 70]), SETTINGS)


def test_given_neutral_outside_the_recording_is_refused():
    time_s = np.arange(90) / 30
    with pytest.raises(NoNeutralError, match=r"0\.00 to 2\.97"):
        given_neutral(time_s, 5, 6, np.ones(90, bool))
    with pytest.raises(NoNeutralError, match="face is found in 0 of"):
        given_neutral(time_s, 1, 2, np.zeros(90, bool))


def test_shifted_rest_is_noticed_as_drift():
    motion = Motion().rest(2.0).go(Movement.ROTATION_LEFT, 60).rest(2.0)
    angles = motion.angles()
    neck = angles.neck_deg.copy()
    neck[angles.time_s > 5] += [7, 0, 0]
    busy = (angles.time_s > 1.9) & (angles.time_s < 6.1)
    drift = neutral_drift_deg(angles.time_s, neck, Neutral(0, 1.9, "found"), busy, SETTINGS)
    assert drift == pytest.approx(7, abs=0.1)


def test_single_frames_are_as_unsure_of_zero_as_the_intervals():
    """A head that rests elsewhere afterwards: the frames of a hold say the same as the interval of the trial."""
    motion = Motion().rest(3.0)
    for _ in range(3):
        motion.go(Movement.ROTATION_LEFT, 40, hold_s=1.5).rest(1.0)
    drawn = motion.angles()
    angles = replace(drawn, sd_deg=np.full_like(drawn.neck_deg, 2.0))
    later = angles.time_s > 8.0
    angles.neck_deg[later, 2] += 4.0
    neutral = given_neutral(angles.time_s, 0.0, 2.5, np.ones(len(angles), dtype=bool))
    found = range_of_motion(angles, neutral, None, RomSettings())
    assert found.neutral.sd_deg[2] > 1.0
    told = with_uncertain_zero(angles, found.neutral)
    np.testing.assert_allclose(told.sd_deg, np.hypot(angles.sd_deg, found.neutral.sd_deg))
    trial = found.trials[0]
    hold = (angles.time_s >= trial.start_s) & (angles.time_s <= trial.end_s)
    assert np.nanmedian(told.sd_deg[hold, 2]) == pytest.approx(trial.sd_deg, rel=0.1)
