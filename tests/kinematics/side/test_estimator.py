"""The side view on rendered people that were not used for fitting, and on the sample clip."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neckrom.errors import ConfigurationError, NoNeutralError
from neckrom.kinematics.camera import pinhole
from neckrom.kinematics.front.truth_table import read_table
from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.kinematics.side.calibration import load_side_calibration
from neckrom.kinematics.side.estimator import SideViewEstimator
from neckrom.kinematics.side.facing import side_facing_angles
from neckrom.kinematics.side.features import head_flow
from neckrom.kinematics.side.truth_table import SideClip, read_side_table, write_side_table
from neckrom.kinematics.view import (
    detect_view,
    only_measured,
    only_measured_coupling,
    trunk_turn_deg,
    view_evidence,
    view_warning,
)
from neckrom.landmarks.mirror import mirror_series
from neckrom.landmarks.store import read_landmarks
from neckrom.rom.neutral import NeutralSettings, find_neutral
from neckrom.rom.range_of_motion import RomSettings, range_of_motion
from neckrom.types import AngleSeries, LandmarkSeries, Movement, Neutral, RangeOfMotion
from neckrom.validation.truth import read_truth

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "calibration" / "side_landmarks.npz"
GOLDEN = "chidi_side"


@cache
def clips() -> dict[str, SideClip]:
    return {clip.name: clip for clip in read_side_table(TABLE)}


def held_out() -> list[SideClip]:
    return [clip for clip in clips().values() if clip.use == "held_out"]


def measured(landmarks: LandmarkSeries, clip: SideClip) -> AngleSeries:
    estimator = SideViewEstimator()
    reference = estimator.fit_reference(landmarks, clip.camera, clip.at_rest)
    return neck_angle_series(
        estimator.smooth(estimator.observe(landmarks, reference), reference), reference.neutral_thorax
    )


def without_flow(landmarks: LandmarkSeries) -> LandmarkSeries:
    return replace(landmarks, motion=None, motion_box=None)


@cache
def end_ranges(*, flow: bool) -> np.ndarray:
    """Truth, error and standard deviation of every end range of the people held out, shape (K, 3)."""
    rows = []
    for clip in held_out():
        angles = measured(clip.landmarks if flow else without_flow(clip.landmarks), clip)
        for movement in range(clip.hold.max() + 1):
            held = (clip.hold == movement) & np.isfinite(angles.neck_deg[:, 0])
            if held.any():
                truth = np.median(clip.neck_deg[held, 0])
                error = np.median((angles.neck_deg - clip.neck_deg)[held, 0])
                rows.append((truth, error, np.sqrt((angles.sd_deg[held, 0] ** 2).mean())))
    return np.array(rows)


# ---------------------------------------------------------------- accuracy


def test_end_range_of_people_held_out_is_right():
    truth, error, _ = end_ranges(flow=True).T
    assert len(held_out()) >= 7
    assert truth.max() > 55
    assert truth.min() < -65
    for side in (truth > 0, truth < 0):
        assert np.abs(error[side]).mean() < 3.0
        assert np.percentile(np.abs(error[side]), 95) < 6.0


@pytest.mark.parametrize("flow", [True, False], ids=["with flow", "pose points alone"])
def test_intervals_of_people_held_out_hold_the_truth(flow):
    _, error, sd = end_ranges(flow=flow).T
    inside = np.abs(error) < 1.96 * sd
    assert inside.mean() >= 0.85
    assert np.median(sd) < (4.0 if flow else 12.0)


def test_standard_deviation_says_what_is_lost_without_flow():
    with_flow, without = end_ranges(flow=True)[:, 2], end_ranges(flow=False)[:, 2]
    assert np.median(without) > 1.5 * np.median(with_flow)


def test_lean_of_the_trunk_is_measured_and_not_taken_for_flexion():
    leaning = [clip for clip in held_out() if np.abs(clip.trunk_deg[clip.hold >= 0, 0]).max() > 8.0]
    assert len(leaning) >= 2
    for clip in leaning:
        angles = measured(clip.landmarks, clip)
        far = (np.abs(clip.trunk_deg[:, 0]) > 8.0) & np.isfinite(angles.trunk_deg[:, 0])
        np.testing.assert_allclose(angles.trunk_deg[far, 0], clip.trunk_deg[far, 0], atol=5.0)


def test_sample_clip_is_measured_within_four_degrees():
    clip = clips()[GOLDEN]
    rom, angles = range_of(clip.landmarks)
    expected = [
        (Movement.FLEXION, 58.0),
        (Movement.EXTENSION, 66.2),
        (Movement.FLEXION, 29.9),
        (Movement.EXTENSION, 35.1),
    ]
    assert [trial.movement for trial in rom.trials] == [movement for movement, _ in expected]
    for trial, (_, truth) in zip(rom.trials, expected, strict=True):
        assert trial.peak_deg == pytest.approx(truth, abs=4.0)
        assert trial.interval95 is not None
        assert trial.interval95.high is not None
        assert trial.interval95.low <= truth <= trial.interval95.high
        assert abs(trial.compensation_deg) < 3.0
    error = angles.neck_deg[:, 0] - clip.neck_deg[:, 0]
    assert np.isfinite(error).mean() > 0.98
    assert np.nanmedian(np.abs(error)) < 2.0


def range_of(landmarks: LandmarkSeries) -> tuple[RangeOfMotion, AngleSeries]:
    """As a user gets it: neutral found, lens assumed."""
    neutral = find_neutral(landmarks.time_s, side_facing_angles(landmarks), NeutralSettings())
    still = (landmarks.time_s >= neutral.start_s) & (landmarks.time_s <= neutral.end_s)
    estimator = SideViewEstimator()
    reference = estimator.fit_reference(landmarks, pinhole(landmarks.width, landmarks.height), still)
    series = estimator.smooth(estimator.observe(landmarks, reference), reference)
    angles = neck_angle_series(series, reference.neutral_thorax)
    return range_of_motion(angles, neutral, None, RomSettings()), angles


@pytest.mark.slow
def test_sample_clip_from_its_video(sample_landmarks: Callable[[str], Path]):
    landmarks = read_landmarks(sample_landmarks(GOLDEN))[0]
    assert detect_view(landmarks) == "side_left"
    rom, _ = range_of(landmarks)
    truth = read_truth(ROOT / "sample_videos" / f"{GOLDEN}.csv")
    assert {trial.movement for trial in rom.trials} == {Movement.FLEXION, Movement.EXTENSION}
    for trial in rom.trials:
        real = next(t for t in truth.trials if t.start_s - 1 <= trial.peak_s <= t.end_s + 1)
        assert trial.movement is real.movement
        assert trial.interval95 is not None
        assert trial.interval95.low <= real.peak_deg
        assert trial.interval95.high is None or real.peak_deg <= trial.interval95.high


# ---------------------------------------------------------------- properties


def test_the_other_side_gives_the_same_angles():
    for clip in held_out()[:3]:
        here, there = measured(clip.landmarks, clip), measured(mirror_series(clip.landmarks), clip)
        np.testing.assert_allclose(there.neck_deg[:, 0], here.neck_deg[:, 0], atol=0.05)
        np.testing.assert_allclose(there.trunk_deg[:, 0], here.trunk_deg[:, 0], atol=0.05)


@pytest.mark.parametrize(
    ("factor", "shift", "tolerance_deg"),
    [
        pytest.param(1.0, (40.0, -25.0), 0.05, id="place"),
        pytest.param(1.5, (0.0, 0.0), 2.0, id="size"),  # what counts as moving is a matter of pixels
    ],
)
def test_place_and_size_in_the_picture_do_not_matter(factor, shift, tolerance_deg):
    clip, move = clips()[GOLDEN], np.float32([*shift, 0])
    other = replace(
        clip.landmarks,
        pose=clip.landmarks.pose * np.float32(factor) + move,
        motion=clip.landmarks.motion * np.float32(factor),
        motion_box=clip.landmarks.motion_box * np.float32(factor) + move,
        height=round(480 * factor),
        width=round(640 * factor),
    )
    camera = pinhole(other.width, other.height)
    here, there = measured(clip.landmarks, clip), measured(other, replace(clip, camera=camera))
    np.testing.assert_allclose(there.neck_deg[:, 0], here.neck_deg[:, 0], atol=tolerance_deg)


@pytest.mark.parametrize("view", ["side_left", "side_right"])
@pytest.mark.parametrize("turn_deg", [-2.0, 0.4, 3.0])
def test_flow_of_a_turning_picture_is_read_as_its_turn(view, turn_deg):
    clip = clips()[GOLDEN]
    landmarks = clip.landmarks if view == "side_left" else mirror_series(clip.landmarks)
    box = landmarks.motion_box.astype(np.float64)
    line = np.linspace(-1, 1, 14)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    offset = box[:, None, None, :2] + box[:, None, None, 2:] * grid - [300.0, 300.0]
    clockwise = turn_deg if view == "side_right" else -turn_deg
    turned = offset @ Rotation.from_euler("z", clockwise, degrees=True).as_matrix()[:2, :2].T
    motion = (turned - offset + [1.0, -2.0]).astype(np.float32)
    motion[:, :3, :3] = 0.0  # a corner of still background
    flow = head_flow(replace(landmarks, motion=motion), view)
    assert np.isfinite(flow.turn_deg[2:]).all()
    np.testing.assert_allclose(flow.turn_deg[2:], turn_deg, atol=0.02)


def test_what_the_side_does_not_show_is_not_measured():
    clip = clips()[GOLDEN]
    angles = measured(clip.landmarks, clip)
    assert np.isnan(angles.sd_deg[:, 1:]).all()
    assert np.nanmax(np.abs(angles.neck_deg[:, 1:])) < 1e-6
    shown = only_measured(angles, SideViewEstimator.measured_planes)
    assert np.isnan(shown.neck_deg[:, 1:]).all()
    assert np.isnan(shown.trunk_deg[:, 1:]).all()
    np.testing.assert_array_equal(shown.neck_deg[:, 0], angles.neck_deg[:, 0])
    neutral = Neutral(0.3, 1.9, "given")
    rom = range_of_motion(angles, neutral, None, RomSettings())
    assert rom.trials
    assert all(np.isfinite(trial.coupling_deg).all() for trial in rom.trials)
    blank = only_measured_coupling(rom, SideViewEstimator.measured_planes)
    assert all(np.isnan(trial.coupling_deg).all() for trial in blank.trials)
    assert [t.peak_deg for t in blank.trials] == [t.peak_deg for t in rom.trials]


def test_frames_without_pose_for_long_are_not_measured():
    clip = clips()[GOLDEN]
    pose, motion = clip.landmarks.pose.copy(), clip.landmarks.motion.copy()
    pose[120:300], motion[120:300] = np.nan, np.nan
    angles = measured(replace(clip.landmarks, pose=pose, motion=motion), clip)
    assert np.isnan(angles.neck_deg[130:290, 0]).all()
    assert (angles.source[130:290] == "none").all()
    assert np.isfinite(angles.neck_deg[:115, 0]).all()


def test_pose_on_every_third_frame_is_enough():
    clip = clips()[GOLDEN]
    pose = clip.landmarks.pose.copy()
    pose[np.arange(len(pose)) % 3 != 0] = np.nan
    angles = measured(replace(clip.landmarks, pose=pose), clip)
    assert np.isfinite(angles.neck_deg[3:-3, 0]).all()
    held = clip.hold == 0
    assert np.median(angles.neck_deg[held, 0]) == pytest.approx(58.0, abs=4.0)


# ------------------------------------------------------------------ refusals


def test_no_pose_in_the_neutral_stretch_is_refused():
    clip = clips()[GOLDEN]
    pose = clip.landmarks.pose.copy()
    pose[clip.at_rest] = np.nan
    with pytest.raises(NoNeutralError, match="--neutral"):
        measured(replace(clip.landmarks, pose=pose), clip)


def test_a_camera_that_is_too_close_is_refused():
    clip = clips()[GOLDEN]
    with pytest.raises(NoNeutralError, match="too close"):
        measured(replace(clip.landmarks, pose=clip.landmarks.pose * np.float32(2)), clip)


# ---------------------------------------------------------------------- view


def test_side_views_are_seen_as_such_and_from_the_right_side():
    for clip in clips().values():
        assert detect_view(clip.landmarks) in ("side_left", "side_right"), clip.name
        assert view_warning(clip.landmarks) is None
    assert detect_view(clips()[GOLDEN].landmarks) == "side_left"
    assert detect_view(mirror_series(clips()[GOLDEN].landmarks)) == "side_right"


@pytest.mark.parametrize("table", ["heldout.npz", "landmarks_fit.npz"])
def test_front_views_are_never_taken_for_side_views(table):
    people = read_table(ROOT / "calibration" / table)
    assert len(people) > 20
    assert max(np.abs(clip.neck_deg[:, 2]).max() for clip in people) > 80
    assert max(np.abs(clip.trunk_deg[:, 2]).max() for clip in people) > 15
    for clip in people:
        landmarks = clip.landmarks()
        assert detect_view(landmarks) == "front", clip.name
        assert view_warning(landmarks) is None, f"{clip.name}: {view_evidence(landmarks)}"


def turned_trunk(turn_deg: np.ndarray, shoulder_share: float) -> LandmarkSeries:
    """A recording in which only the shoulders and hips are known."""
    like = clips()[GOLDEN].landmarks
    n = len(turn_deg)
    world, pose = np.zeros((n, 33, 3), np.float32), np.zeros((n, 33, 3), np.float32)
    radians = np.radians(turn_deg)
    world[:, 11, 0], world[:, 11, 2] = 0.2 * np.cos(radians), 0.2 * np.sin(radians)
    world[:, 12] = -world[:, 11]
    pose[:, 11, 0], pose[:, 12, 0] = 100 * shoulder_share, -100 * shoulder_share
    pose[:, [23, 24], 1] = 200
    time_ns = np.round(np.arange(n) * 1e9 / 30).astype(np.int64)
    return replace(
        without_flow(like),
        **{name: getattr(like, name)[:n] for name in ("face", "faces", "pose_ran", "pose_visibility")},
        time_ns=time_ns,
        pose=pose,
        pose_world=world,
    )


def test_a_person_in_front_who_turns_the_whole_trunk_is_still_in_front():
    still, turning = np.zeros(60), 85 * np.sin(np.linspace(0, 6 * np.pi, 360))
    landmarks = turned_trunk(np.r_[still, turning], 0.7)
    np.testing.assert_allclose(trunk_turn_deg(landmarks)[60:], turning, atol=1e-3)
    assert detect_view(landmarks) == "front"
    assert detect_view(turned_trunk(np.r_[still, np.full(360, -88.0)], 0.2)) == "front"


@pytest.mark.parametrize(
    ("turn_deg", "share", "view", "warned"),
    [
        (10.0, 0.7, "front", False),
        (45.0, 0.5, "front", True),
        (90.0, 0.1, "side_right", False),
        (-75.0, 0.2, "side_left", False),
        (-90.0, 0.7, "front", False),
        (175.0, 0.7, "front", False),
    ],
    ids=["front", "between", "right", "left", "broad shoulders", "back"],
)
def test_view_follows_the_trunk(turn_deg, share, view, warned):
    landmarks = turned_trunk(np.full(90, turn_deg), share)
    assert detect_view(landmarks) == view
    assert (view_warning(landmarks) is not None) == warned


def test_no_pose_at_all_counts_as_the_front():
    landmarks = turned_trunk(np.full(90, np.nan), 0.7)
    assert detect_view(landmarks) == "front"
    assert view_warning(landmarks) is None


# ------------------------------------------------------------- fitted numbers


def test_table_survives_being_written(tmp_path):
    chosen = held_out()[:2]
    write_side_table(tmp_path / "table.npz", chosen)
    for before, after in zip(chosen, read_side_table(tmp_path / "table.npz"), strict=True):
        np.testing.assert_array_equal(after.landmarks.pose, before.landmarks.pose)
        np.testing.assert_allclose(after.landmarks.motion, before.landmarks.motion, atol=1e-5)
        np.testing.assert_array_equal(after.neck_deg, before.neck_deg)
        np.testing.assert_array_equal(after.hold, before.hold)
        assert (after.name, after.use, after.camera) == (before.name, before.use, before.camera)


@pytest.mark.slow
def test_one_command_fits_the_shipped_numbers_again(tmp_path):
    again = tmp_path / "again.npz"
    command = [sys.executable, str(ROOT / "calibration" / "fit_side_view.py"), "--out", str(again)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "held_out" in done.stdout
    fitted, shipped = (
        load_side_calibration(again),
        load_side_calibration(ROOT / "calibration" / "side_view.npz"),
    )
    for name in ("neck", "trunk", "reading_sd_deg", "sd_factor", "flow_gain"):
        np.testing.assert_allclose(getattr(fitted, name), getattr(shipped, name), rtol=1e-3, atol=1e-3)


def test_a_side_view_is_not_followed_live_and_says_what_to_do():
    clip = held_out()[0]
    estimator = SideViewEstimator()
    reference = estimator.fit_reference(clip.landmarks, clip.camera, clip.at_rest)
    with pytest.raises(ConfigurationError, match="in front of the person, or record"):
        estimator.running(reference)
