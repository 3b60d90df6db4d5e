from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neckrom.errors import ConfigurationError, FrameMismatchError
from neckrom.kinematics.camera import pinhole
from neckrom.kinematics.face_mesh import face_orientation, facing_angles_deg, head_shape
from neckrom.kinematics.neck_angles import cardan_deg, rotation_from_cardan
from neckrom.kinematics.rotations import BODY_FACING_CAMERA, rotation_to_ray, rotations_between
from neckrom.types import N_FACE, N_POSE, LandmarkSeries

ANGLE = st.floats(-80, 80)
VIEWS = {
    "level": Rotation.from_matrix(BODY_FACING_CAMERA),
    "from-below": Rotation.from_euler("x", 25, degrees=True) * Rotation.from_matrix(BODY_FACING_CAMERA),
    "rolled-and-off-centre": Rotation.from_euler("yz", [20, 6], degrees=True)
    * Rotation.from_matrix(BODY_FACING_CAMERA),
}


@pytest.fixture(params=VIEWS.values(), ids=VIEWS.keys())
def camera_view(request):
    return request.param


@pytest.mark.parametrize(
    ("axis", "turn_deg", "expected"),
    [
        pytest.param("z", -40.0, (40, 0, 0), id="chin-to-chest"),
        pytest.param("z", 55.0, (-55, 0, 0), id="look-up"),
        pytest.param("x", 25.0, (0, 25, 0), id="right-ear-to-right-shoulder"),
        pytest.param("y", -70.0, (0, 0, 70), id="look-right"),
        pytest.param("y", 85.0, (0, 0, -85), id="look-left"),
    ],
)
def test_single_plane_motion_is_recovered(camera_view, axis, turn_deg, expected):
    head = camera_view * Rotation.from_euler(axis, [[turn_deg]], degrees=True)
    np.testing.assert_allclose(cardan_deg(camera_view.as_quat()[None], head.as_quat()), [expected], atol=1e-9)


def test_looking_right_moves_the_nose_to_the_left_of_the_picture():
    head = Rotation.from_matrix(BODY_FACING_CAMERA) * rotation_from_cardan([[0, 0, 60]])
    nose = head.apply([1.0, 0, 0])[0]
    assert nose[0] < 0


def test_chin_to_chest_moves_the_nose_down_in_the_picture():
    head = Rotation.from_matrix(BODY_FACING_CAMERA) * rotation_from_cardan([[40, 0, 0]])
    assert head.apply([1.0, 0, 0])[0][1] > 0


@settings(deadline=None)
@given(ANGLE, ANGLE, ANGLE)
def test_cardan_angles_go_there_and_back(flexion, lateral, rotation):
    head = rotation_from_cardan([[flexion, lateral, rotation]])
    angles = cardan_deg(Rotation.identity(1).as_quat(), head.as_quat())
    np.testing.assert_allclose(angles, [[flexion, lateral, rotation]], atol=1e-6)


@settings(deadline=None)
@given(ANGLE, ANGLE, ANGLE)
def test_mirroring_the_person_swaps_sides_only(flexion, lateral, rotation):
    head = rotation_from_cardan([[flexion, lateral, rotation]]).as_matrix()
    mirror = np.diag([1.0, 1.0, -1.0])
    mirrored = Rotation.from_matrix(mirror @ head @ mirror)
    angles = cardan_deg(Rotation.identity(1).as_quat(), mirrored.as_quat())
    np.testing.assert_allclose(angles, [[flexion, -lateral, -rotation]], atol=1e-6)


def test_missing_stays_missing_and_lengths_must_agree():
    known = Rotation.identity(2).as_quat()
    lost = known.copy()
    lost[1] = np.nan
    angles = cardan_deg(known, lost)
    assert np.isfinite(angles[0]).all() and np.isnan(angles[1]).all()
    with pytest.raises(FrameMismatchError, match="2 frames, head has 1"):
        cardan_deg(known, known[:1])


@settings(deadline=None)
@given(ANGLE, ANGLE, ANGLE, st.floats(0.2, 5), st.floats(-500, 500))
def test_rigid_fit_recovers_any_rotation_whatever_scale_and_place(flexion, lateral, rotation, scale, shift):
    shape = np.random.default_rng(3).normal(size=(20, 3))
    turn = rotation_from_cardan([[flexion, lateral, rotation]])[0]
    points = scale * turn.apply(shape) + [shift, -shift, 2 * shift]
    np.testing.assert_allclose(rotations_between(shape, points[None])[0], turn.as_matrix(), atol=1e-7)


def test_ray_through_the_centre_is_the_optical_axis():
    camera = pinhole(640, 480, 60)
    np.testing.assert_allclose(
        rotation_to_ray(np.array([[320.0, 240.0]]), camera).magnitude(), [0], atol=1e-12
    )


def test_ray_to_the_right_edge_is_half_the_field_of_view():
    camera = pinhole(640, 480, 60)
    ray = rotation_to_ray(np.array([[640.0, 240.0]]), camera)
    np.testing.assert_allclose(ray.apply([0, 0, 1.0]), [[0.5, 0, np.cos(np.radians(30))]], atol=1e-12)


def test_portrait_gets_the_same_lens_and_odd_values_are_refused():
    assert pinhole(480, 640).fx == pytest.approx(pinhole(640, 480).fx)
    assert pinhole(640, 480, 72).hfov_deg == pytest.approx(72)
    with pytest.raises(ConfigurationError, match="between 5 and 150"):
        pinhole(640, 480, 4)


def series_of(face):
    n = len(face)
    return LandmarkSeries(
        time_ns=np.arange(n) * 33_000_000,
        face=face.astype(np.float32),
        pose=np.full((n, N_POSE, 3), np.nan, np.float32),
        pose_visibility=np.full((n, N_POSE), np.nan, np.float32),
        pose_world=np.full((n, N_POSE, 3), np.nan, np.float32),
        faces=np.ones(n, np.int64),
        pose_ran=np.zeros(n, bool),
        width=640,
        height=480,
    )


@pytest.mark.parametrize("angles", [(20, 0, 0), (0, 15, 0), (0, 0, -25), (10, -5, 12)])
def test_face_of_the_mean_head_is_read_as_it_is_turned(angles):
    mean_head = head_shape()
    turn = Rotation.from_matrix(BODY_FACING_CAMERA) * rotation_from_cardan([angles])[0]
    face = np.full((2, N_FACE, 3), np.nan)
    face[0, :, :] = 0
    face[0, mean_head.points] = 80 * turn.apply(mean_head.shape) + [320, 240, 0]
    facing = facing_angles_deg(face_orientation(series_of(face), pinhole(640, 480)))
    np.testing.assert_allclose(facing[0], angles, atol=0.5)
    assert np.isnan(facing[1]).all()
