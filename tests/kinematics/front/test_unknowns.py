"""A trunk that is not in the picture, and a seat that stands askew: not made up, and not silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.front.networks import Prediction
from neckrom.kinematics.front.unknowns import (
    SURE_FACE_DEG,
    UNSEEN_TRUNK_SD_DEG,
    USUAL_DISAGREEMENT_BACK_DEG,
    USUAL_DISAGREEMENT_DEG,
    with_contradictions,
    with_lens_and_seat,
    without_unseen_trunk,
)
from neckrom.kinematics.neck_angles import neck_angle_series, rotation_from_cardan
from neckrom.kinematics.view import ASKEW_FROM_DEG, askew_seat_deg
from neckrom.types import POSE_SHOULDERS, LandmarkSeries
from tests.kinematics.front.people import heldout


@pytest.fixture(scope="module")
def clip():
    """A person never used for fitting."""
    return heldout()[0]


@pytest.fixture(scope="module")
def reference(clip):
    """What is learned of this person at rest."""
    return FrontEstimator().fit_reference(clip.landmarks(), clip.camera(known=False), clip.at_rest)


def with_shoulders_out_of_the_picture(landmarks: LandmarkSeries) -> LandmarkSeries:
    pose = landmarks.pose.copy()
    pose[:, POSE_SHOULDERS, 1] = np.maximum(pose[:, POSE_SHOULDERS, 1], landmarks.height + 20)
    return replace(landmarks, pose=pose)


def test_trunk_without_shoulders_is_not_measured(clip):
    landmarks = with_shoulders_out_of_the_picture(clip.landmarks())
    estimator = FrontEstimator()
    reference = estimator.fit_reference(landmarks, clip.camera(known=False), clip.at_rest)
    assert not reference.shoulders_seen
    oriented = estimator.smooth(estimator.observe(landmarks, reference), reference)
    angles = neck_angle_series(oriented, reference.neutral_thorax)
    assert not oriented.trunk_seen
    assert np.isnan(angles.trunk_deg).all()
    assert np.isfinite(angles.neck_deg).any()


def test_running_frames_say_so_too(clip):
    landmarks = with_shoulders_out_of_the_picture(clip.landmarks())
    estimator = FrontEstimator()
    reference = estimator.fit_reference(landmarks, clip.camera(known=False), clip.at_rest)
    first = replace(landmarks, **dict.fromkeys(("tracks", "chest_tracks", "motion", "motion_box")))
    rows = {
        name: getattr(first, name)[:1]
        for name in ("time_ns", "face", "pose", "pose_visibility", "pose_world", "faces", "pose_ran")
    }
    step = estimator.running(reference).step(replace(first, **rows))
    assert not step.trunk_seen


def test_a_shoulder_in_the_picture_is_enough(clip, reference):
    assert reference.shoulders_seen
    landmarks = clip.landmarks()
    pose = landmarks.pose.copy()
    pose[:, POSE_SHOULDERS[0], 1] += landmarks.height
    one = FrontEstimator().fit_reference(
        replace(landmarks, pose=pose), clip.camera(known=False), clip.at_rest
    )
    assert one.shoulders_seen


def test_a_trunk_taken_to_keep_still_leaves_all_that_the_head_turned(reference):
    neck, trunk = np.array([[10.0, 5.0, 40.0]]), np.array([[3.0, 0.0, 12.0]])
    angles = Prediction(np.hstack([neck, trunk]), np.ones((1, 6)))
    folded = without_unseen_trunk(angles, replace(reference, shoulders_seen=False))
    head = rotation_from_cardan(trunk) * rotation_from_cardan(neck)
    assert folded.angles_deg[:, 3:] == pytest.approx(np.zeros((1, 3)))
    assert (rotation_from_cardan(folded.angles_deg[:, :3]).inv() * head).magnitude() == pytest.approx(0)
    assert without_unseen_trunk(angles, reference) is angles


def test_what_is_not_known_only_widens(reference):
    angles = Prediction(np.array([[0.0, 0, 0, 0, 0, 0], [0.0, 0, 60, 0, 0, 0]]), np.full((2, 6), 2.0))
    moved = np.zeros((2, 2))
    plain = replace(reference, inverse_focal_sd=0.0, askew_deg=0.0)
    assert with_lens_and_seat(angles, moved, plain).sd_deg == pytest.approx(angles.sd_deg)
    unseen = with_lens_and_seat(angles, moved, replace(plain, shoulders_seen=False))
    assert unseen.sd_deg[0] == pytest.approx(angles.sd_deg[0]), "at rest nothing has moved yet"
    assert unseen.sd_deg[1, 2] == pytest.approx(np.hypot(2.0, UNSEEN_TRUNK_SD_DEG))
    askew = with_lens_and_seat(angles, moved, replace(plain, askew_deg=15.0))
    assert askew.sd_deg[1, 2] == pytest.approx(np.hypot(2.0, 15.0))
    assert askew.sd_deg[1, :2] == pytest.approx([2.0, 2.0])
    assert (askew.angles_deg == angles.angles_deg).all()


def test_a_seat_turned_under_a_face_that_looks_into_the_camera_is_noticed(clip):
    landmarks, camera = clip.landmarks(), clip.camera(known=False)
    straight = askew_seat_deg(landmarks, camera, clip.at_rest)
    turn = Rotation.from_euler("y", 20, degrees=True)
    world = landmarks.pose_world.copy()
    world[:, POSE_SHOULDERS] = turn.apply(world[:, POSE_SHOULDERS].reshape(-1, 3)).reshape(len(world), 2, 3)
    turned = askew_seat_deg(replace(landmarks, pose_world=world), camera, clip.at_rest)
    assert abs(abs(turned - straight) - 20) < 3
    assert abs(straight) < ASKEW_FROM_DEG


def test_a_recording_without_face_or_body_says_nothing_of_the_seat(clip):
    landmarks = clip.landmarks()
    nobody = replace(landmarks, pose_world=np.full_like(landmarks.pose_world, np.nan))
    assert askew_seat_deg(nobody, clip.camera(known=False), clip.at_rest) == 0.0


def reading(angles: list[float], sd_deg: float) -> Prediction:
    return Prediction(np.array([[*angles, 0.0, 0.0, 0.0]]), np.full((1, 6), sd_deg))


@pytest.mark.parametrize("plane", [0, 1, 2])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_readings_that_contradict_each_other_make_the_angle_unsure(plane, side):
    usual = (USUAL_DISAGREEMENT_BACK_DEG if plane == 0 and side < 0 else USUAL_DISAGREEMENT_DEG)[plane]
    angles = np.zeros(3)
    angles[plane] = side * (usual + 20.0)
    pose, still = reading(list(angles), 15.0), reading([0.0, 0.0, 0.0], 5.0)
    fused = reading([0.0, 0.0, 0.0], 4.0)
    less_sure = with_contradictions(fused, still, pose)
    np.testing.assert_array_equal(less_sure.angles_deg, fused.angles_deg)
    expected = np.full((1, 6), 4.0)
    expected[0, plane] = np.hypot(4.0, 20.0)
    np.testing.assert_allclose(less_sure.sd_deg, expected)


def test_what_is_no_contradiction():
    fused = reading([0.0, 0.0, 0.0], 4.0)
    pose = reading([60.0, 40.0, 60.0], 15.0)
    nobody = Prediction(np.full((1, 6), np.nan), np.full((1, 6), np.nan))
    collapsed = reading([0.0, 0.0, 0.0], SURE_FACE_DEG + 1.0)
    near = reading([50.0, 30.0, 50.0], 5.0)
    for face, other in ((nobody, pose), (near, nobody), (collapsed, pose), (near, pose)):
        np.testing.assert_array_equal(with_contradictions(fused, face, other).sd_deg, fused.sd_deg)
