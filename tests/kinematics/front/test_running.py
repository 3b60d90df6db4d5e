"""Frame by frame against the whole recording: one filter, and what a live frame cannot know."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from neckrom.kinematics.camera import pinhole
from neckrom.kinematics.front.calibration import shipped_calibration
from neckrom.kinematics.front.estimator import FrontEstimator, ObservedSeries
from neckrom.kinematics.front.features import POSE_GAP_S
from neckrom.kinematics.front.filter import Course
from neckrom.kinematics.front.flow import steps_seen
from neckrom.kinematics.front.fusion import filtered
from neckrom.kinematics.front.readings import readings_of
from neckrom.kinematics.front.reference import Reference
from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.landmarks.store import read_landmarks
from neckrom.types import LandmarkFrame, LandmarkSeries
from tests.kinematics.front.people import heldout

FITTED = shipped_calibration()


def rows(series: LandmarkSeries, which: slice | np.ndarray) -> LandmarkSeries:
    kept = {
        f.name: getattr(series, f.name)[which]
        for f in fields(LandmarkFrame)
        if getattr(series, f.name) is not None
    }
    return replace(series, **kept)


def frame_by_frame(series: LandmarkSeries, reference: Reference) -> np.ndarray:
    """Neck angles as they are shown live, (N, 3)."""
    running = FrontEstimator().running(reference)
    steps = [running.step(rows(series, slice(i, i + 1))) for i in range(len(series))]
    return np.vstack([neck_angle_series(step, reference.neutral_thorax).neck_deg for step in steps])


def forward_only(observed: ObservedSeries, reference: Reference) -> np.ndarray:
    """Neck angles by the recording's own filter without its way back, (N, 3)."""
    p = FITTED.fusion
    readings = readings_of(FITTED, observed.time_ns, observed.face, observed.pose, reference)
    even = np.ones((len(readings), 2))
    track = filtered(readings, Course.of(readings, p), p, even)
    for _ in range(2 if observed.motion.recorded else 0):
        angles = track.mean[..., 0]
        seen = steps_seen(observed.motion.after(1), reference, angles[:-1], angles[1:], FITTED.motion)
        readings = replace(readings, step=np.vstack([np.full((1, 6), np.nan), seen]))
        track = filtered(readings, Course.of(readings, p), p, even)
    return FITTED.stretched(track.fused(readings, even), flow=observed.motion.recorded).angles_deg[:, :3]


def compared(series: LandmarkSeries, rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest difference over the three angles in every frame in which both are known: live and forward."""
    estimator = FrontEstimator()
    reference = estimator.fit_reference(series, pinhole(series.width, series.height), rest)
    forward = forward_only(estimator.observe(series, reference), reference)
    live = frame_by_frame(series, reference)
    known = np.isfinite(live).all(axis=1)
    return np.abs(live - forward)[known].max(axis=1), known


@cache
def person() -> tuple[LandmarkSeries, np.ndarray]:
    clip = heldout()[0]
    return clip.landmarks(), clip.at_rest


def test_the_same_filter_where_a_live_frame_knows_as_much():
    """The pose in every frame and no flow: nothing to hold or to step by."""
    series, rest = person()
    kept = series.pose_found
    still = replace(rows(series, kept), motion=None, motion_box=None)
    apart, known = compared(still, rest[kept])
    assert known.all()
    assert apart.max() < 1e-9


def test_face_lost_for_a_while_is_the_same_too():
    """How far a reading turned counts from where it was last read, not from the frame before."""
    series, rest = person()
    kept = series.pose_found
    still = replace(rows(series, kept), motion=None, motion_box=None)
    face = still.face.copy()
    face[100:104], face[150:170] = np.nan, np.nan
    apart, _ = compared(replace(still, face=face), rest[kept])
    assert apart.max() < 1e-9


def test_live_and_recorded_filter_stay_together_on_a_clip(sample_landmarks):
    """What is left: a pose point held instead of interpolated, and flow about the running estimate."""
    series, _ = read_landmarks(sample_landmarks("chidi_deficit"))
    apart, known = compared(series, series.time_s < 1.5)
    assert known.mean() > 0.98
    assert np.quantile(apart, 0.95) < 0.5
    assert apart.max() < 1.5


def test_no_frame_knows_what_comes_after_it():
    series, rest = person()
    reference = FrontEstimator().fit_reference(series, pinhole(series.width, series.height), rest)
    whole = frame_by_frame(rows(series, slice(0, 120)), reference)
    part = frame_by_frame(rows(series, slice(0, 80)), reference)
    np.testing.assert_array_equal(whole[:80], part)


def test_followed_points_change_nothing_live():
    """What is causal cannot know the way back."""
    series, rest = person()
    reference = FrontEstimator().fit_reference(series, pinhole(series.width, series.height), rest)
    short = rows(series, slice(0, 100))
    without = replace(short, tracks=None, chest_tracks=None)
    np.testing.assert_array_equal(frame_by_frame(short, reference), frame_by_frame(without, reference))


@pytest.mark.parametrize("ran", [False, True])
def test_a_pose_that_was_not_looked_for_is_held_for_a_moment_and_a_lost_one_not(ran):
    """Without a face there is an angle only as long as there is a pose."""
    series, rest = person()
    reference = FrontEstimator().fit_reference(series, pinhole(series.width, series.height), rest)
    last = int(np.flatnonzero(series.pose_found & (np.arange(len(series)) > 55))[0])
    gone = slice(last + 1, last + 13)
    pose, face, looked_for = series.pose.copy(), series.face.copy(), series.pose_ran.copy()
    pose[gone], face[gone], looked_for[gone] = np.nan, np.nan, ran
    lost = replace(series, pose=pose, face=face, pose_ran=looked_for)
    shown = frame_by_frame(rows(lost, slice(0, gone.stop)), reference)[gone]
    held = series.time_s[gone] - series.time_s[last] <= POSE_GAP_S
    assert 0 < held.sum() < len(held)
    np.testing.assert_array_equal(np.isfinite(shown).all(axis=1), held & (not ran))
