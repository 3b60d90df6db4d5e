"""Lens and picture size: against OpenCV, against drawn faces, and by properties."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neckrom.errors import ConfigurationError
from neckrom.kinematics.camera import (
    camera_for_picture,
    can_be_undistorted,
    distorted,
    pinhole,
    straightened,
    undistorted,
)
from neckrom.kinematics.face_mesh import face_orientation, head_shape
from neckrom.kinematics.rotations import BODY_FACING_CAMERA
from neckrom.types import N_FACE, N_POSE, N_TRACKS, CameraModel, LandmarkSeries

LENSES = {
    "webcam": (-0.12, 0.05, 0.001, -0.0008),
    "wide": (-0.28, 0.11, 0.0, 0.002, -0.02),
    "pincushion": (0.09, -0.02, -0.001, 0.0),
    "straight": (),
}


def camera(distortion: tuple[float, ...] = (), hfov_deg: float = 70.0) -> CameraModel:
    plain = pinhole(1280, 720, hfov_deg)
    return replace(plain, fy=plain.fy * 1.01, cx=655.0, cy=350.0, distortion=distortion)


def matrix_of(camera: CameraModel) -> np.ndarray:
    return np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])


def grid(camera: CameraModel) -> np.ndarray:
    return np.stack(np.meshgrid(np.linspace(0, camera.width, 33), np.linspace(0, camera.height, 19)), axis=-1)


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES)
def test_undistorting_agrees_with_opencv(lens):
    cam = camera(lens)
    matrix = matrix_of(cam)
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 500, 1e-12)
    theirs = cv2.undistortPointsIter(
        grid(cam).reshape(-1, 1, 2), matrix, np.array(lens or (0.0,) * 4), None, matrix, stop
    )
    np.testing.assert_allclose(undistorted(grid(cam), cam).reshape(-1, 2), theirs.reshape(-1, 2), atol=1e-3)


@pytest.mark.parametrize("lens", LENSES.values(), ids=LENSES)
def test_distorting_agrees_with_opencv(lens):
    cam = camera(lens)
    plane = (grid(cam).reshape(-1, 2) - [cam.cx, cam.cy]) / [cam.fx, cam.fy]
    rays = np.column_stack([plane, np.ones(len(plane))])
    shown, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), matrix_of(cam), np.array(lens or (0.0,) * 4))
    np.testing.assert_allclose(distorted(grid(cam), cam).reshape(-1, 2), shown.reshape(-1, 2), atol=1e-6)


bend = st.floats(-0.35, 0.35)
skew = st.floats(-0.004, 0.004)


@settings(max_examples=150, deadline=None)
@given(
    st.tuples(bend, bend, skew, skew, st.floats(-0.1, 0.1)),
    st.floats(40, 95),
    st.randoms(use_true_random=False),
)
def test_lens_and_back_again(lens, hfov_deg, random):
    cam = camera(lens, hfov_deg)
    assume(can_be_undistorted(cam))
    shown = np.array([[random.uniform(0, 1280), random.uniform(0, 720)] for _ in range(20)])
    np.testing.assert_allclose(distorted(undistorted(shown, cam), cam), shown, atol=1e-3)


@pytest.mark.parametrize(
    "lens",
    [
        pytest.param((-0.9, 0, 0, 0), id="turns-back-within-the-picture"),
        pytest.param((0, -1.5, 0, 0), id="fourth-power"),
        pytest.param((6.0, 0, 0, 0), id="too-strong-to-invert"),
        pytest.param((0.1, 0.1, 0, 0, -2.0), id="sixth-power"),
    ],
)
def test_lens_that_folds_the_picture_is_noticed(lens):
    assert not can_be_undistorted(camera(lens))
    assert all(can_be_undistorted(camera(mild)) for mild in LENSES.values())


def test_points_outside_the_picture_move_with_its_edge():
    """The model is worth nothing there: hips below the picture must not fly about."""
    cam = camera(LENSES["wide"])
    edge = np.array([[300.0, 720.0], [1280.0, 500.0], [0.0, 0.0]])
    outside = edge + np.array([[0, 2500], [900, 0], [-400, -700]])
    shift = undistorted(edge, cam) - edge
    assert np.linalg.norm(shift, axis=1).min() > 5
    np.testing.assert_allclose(undistorted(outside, cam) - outside, shift, atol=1e-9)


def test_missing_points_stay_missing():
    cam = camera(LENSES["webcam"])
    points = np.array([[[100.0, 50.0], [np.nan, np.nan]], [[np.nan, np.nan], [900.0, 700.0]]])
    straight = undistorted(points, cam)
    np.testing.assert_array_equal(np.isnan(straight), np.isnan(points))
    np.testing.assert_allclose(straight[0, 0], undistorted(np.array([100.0, 50.0]), cam), atol=1e-6)


# ----------------------------------------------------------------- picture size


@pytest.mark.parametrize("size", [(640, 360), (1920, 1080), (854, 480), (1280, 720)])
def test_other_size_of_the_same_picture_sees_the_same(size):
    cam = camera(LENSES["webcam"])
    other = camera_for_picture(cam, *size)
    share = np.array(size) / [1280, 720]
    np.testing.assert_allclose(
        undistorted(grid(cam) * share, other), undistorted(grid(cam), cam) * share, atol=1e-6
    )
    assert other.hfov_deg == pytest.approx(cam.hfov_deg)
    assert (other.width, other.height) == size


@pytest.mark.parametrize("quarter", [1, -1], ids=["clockwise", "counter-clockwise"])
def test_camera_held_upright_sees_the_same_turned(quarter):
    """Exactly so where the lens is symmetric about the middle of the picture, whichever way it was turned."""
    cam = replace(camera((-0.12, 0.05, 0, 0)), cx=640.0, cy=360.0)
    upright = camera_for_picture(cam, 360, 640)
    turn = np.array([[0, -quarter], [quarter, 0]])

    def turned(points: np.ndarray) -> np.ndarray:
        return (points - [640, 360]) @ turn / 2 + [180, 320]

    np.testing.assert_allclose(
        undistorted(turned(grid(cam)), upright), turned(undistorted(grid(cam), cam)), atol=1e-6
    )
    assert (upright.fx, upright.fy) == pytest.approx((cam.fy / 2, cam.fx / 2))
    assert "turned" in upright.origin


def test_upright_camera_drops_what_depends_on_the_way_it_was_turned():
    upright = camera_for_picture(camera(LENSES["wide"]), 720, 1280)
    assert (upright.cx, upright.cy) == (360, 640)
    assert upright.distortion == (-0.28, 0.11, 0.0, 0.0, -0.02)


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (720, 720), (1280, 700)])
def test_another_shape_is_refused_with_the_way_out(size):
    with pytest.raises(ConfigurationError, match=r"1280 x 720.*calibrate it.*--hfov") as caught:
        camera_for_picture(replace(camera(), origin="profile desk"), *size)
    assert f"{size[0]} x {size[1]}" in str(caught.value)
    assert "profile desk" in str(caught.value)


# ----------------------------------------------------------------- landmarks


def drawn_face(camera: CameraModel, centre_mm: tuple[float, float, float], turn: Rotation) -> np.ndarray:
    """The mean head as this camera shows it, all points of the mesh; depth as the models give it."""
    shape = head_shape().shape
    size_mm = 40.0 / np.linalg.norm(shape - shape.mean(axis=0), axis=1).mean()
    upright = (shape - shape.mean(axis=0)) * size_mm @ BODY_FACING_CAMERA.T
    placed = turn.apply(upright) + centre_mm
    flat = placed[:, :2] / placed[:, 2:] * [camera.fx, camera.fy] + [camera.cx, camera.cy]
    face = np.full((N_FACE, 3), [*flat.mean(axis=0), 0.0])
    face[head_shape().points, :2] = flat
    face[head_shape().points, 2] = (placed[:, 2] - centre_mm[2]) * camera.fx / centre_mm[2]
    return face


def series(faces: list[np.ndarray], camera: CameraModel) -> LandmarkSeries:
    count = len(faces)
    return LandmarkSeries(
        time_ns=np.arange(count, dtype=np.int64) * 33_000_000,
        face=np.array(faces, dtype=np.float32),
        pose=np.full((count, N_POSE, 3), np.nan, dtype=np.float32),
        pose_world=np.full((count, N_POSE, 3), np.nan, dtype=np.float32),
        pose_visibility=np.full((count, N_POSE), np.nan, dtype=np.float32),
        faces=np.ones(count, dtype=np.int64),
        pose_ran=np.zeros(count, dtype=np.bool_),
        width=camera.width,
        height=camera.height,
    )


def through_lens(landmarks: LandmarkSeries, camera: CameraModel) -> LandmarkSeries:
    """As the lens shows it: bent, and deeper or flatter by as much as the face got larger or smaller."""
    face = landmarks.face.astype(np.float64)
    bent = face.copy()
    bent[..., :2] = distorted(face[..., :2], camera)
    size = [
        np.linalg.norm(f[..., :2] - f[..., :2].mean(axis=1, keepdims=True), axis=(1, 2)) for f in (face, bent)
    ]
    bent[..., 2] *= (size[1] / size[0])[:, None]
    return replace(landmarks, face=bent.astype(np.float32))


PLACES_MM = [(-280.0, -110.0, 600.0), (0.0, 0.0, 600.0), (250.0, 120.0, 650.0), (300.0, -60.0, 700.0)]
TURNS = Rotation.from_euler("YX", [[0, 0], [20, -10], [-30, 5], [10, 25]], degrees=True)


def square_pixels(cam: CameraModel) -> CameraModel:
    return replace(cam, fy=cam.fx)


@pytest.mark.parametrize("taller", [0.85, 1.2])
def test_pixels_that_are_not_square_are_made_so(taller):
    """What reads angles from pixels knows one focal length."""
    square = square_pixels(camera())
    cam = replace(square, fy=square.fx * taller)
    seen, as_square = (
        series([drawn_face(each, place, turn) for place, turn in zip(PLACES_MM, TURNS, strict=True)], each)
        for each in (cam, square)
    )
    assert np.abs(seen.face - as_square.face).max() > 5
    straight, pin = straightened(seen, cam)
    assert pin == square
    np.testing.assert_allclose(straight.face, as_square.face, atol=2e-3)


def angle_between_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Geodesic angle between quaternions, (N, 4) each."""
    return np.degrees((Rotation.from_quat(a).inv() * Rotation.from_quat(b)).magnitude())


def test_faces_through_a_lens_become_those_of_a_pinhole():
    cam = camera(LENSES["wide"])
    truth = series([drawn_face(cam, place, turn) for place, turn in zip(PLACES_MM, TURNS, strict=True)], cam)
    bent = through_lens(truth, cam)
    assert np.abs(bent.face - truth.face).max() > 20
    straight, pin = straightened(bent, cam)
    assert pin.distortion == ()
    square, _ = straightened(truth, replace(cam, distortion=()))
    np.testing.assert_allclose(straight.face, square.face, atol=2e-3)
    off_bent = angle_between_deg(face_orientation(bent, cam), face_orientation(truth, cam))
    off_straight = angle_between_deg(face_orientation(straight, pin), face_orientation(square, pin))
    assert off_bent.max() > 1.5
    assert off_straight.max() < 0.01


def test_frames_without_face_or_pose_stay_empty_and_long_series_are_done_whole():
    cam = square_pixels(camera(LENSES["webcam"]))
    faces = [drawn_face(cam, (280.0, 100.0, 600.0), TURNS[1])] * 600
    faces[300] = np.full((N_FACE, 3), np.nan)
    seen = series(faces, cam)
    seen.pose[:, :, :] = [40.0, 900.0, 10.0]
    straight, _ = straightened(seen, cam)
    assert np.isnan(straight.face[300]).all()
    assert np.isfinite(np.delete(straight.face, 300, axis=0)).all()
    np.testing.assert_array_equal(straight.face[0], straight.face[599])
    assert np.abs(straight.face[0] - seen.face[0]).max() > 3
    np.testing.assert_allclose(straight.pose[5, 0, :2], undistorted(np.array([40.0, 900.0]), cam), rtol=1e-6)
    np.testing.assert_array_equal(straight.pose_visibility, seen.pose_visibility)


def test_followed_points_are_straightened_too():
    cam = square_pixels(camera(LENSES["wide"]))
    seen = series([drawn_face(cam, (0.0, 0.0, 600.0), TURNS[0])], cam)
    tracks = np.full((1, N_TRACKS, 3), np.nan, dtype=np.float32)
    tracks[0, :2] = [[7, 200.0, 120.0], [9, 1100.0, 600.0]]
    straight, _ = straightened(replace(seen, tracks=tracks), cam)
    np.testing.assert_array_equal(straight.tracks[0, :2, 0], [7, 9])
    np.testing.assert_allclose(
        straight.tracks[0, :2, 1:], undistorted(tracks[0, :2, 1:].astype(np.float64), cam), rtol=1e-5
    )
    assert np.abs(straight.tracks[0, :2, 1:] - tracks[0, :2, 1:]).max() > 5
    assert np.isnan(straight.tracks[0, 2:]).all()
    assert straight.chest_tracks is None


@pytest.mark.parametrize("lens", [(), (0.0, 0.0, 0.0, 0.0)])
def test_straight_lens_changes_nothing(lens):
    cam = square_pixels(camera(lens))
    seen = series([drawn_face(cam, (0.0, 0.0, 600.0), TURNS[0])], cam)
    straight, pin = straightened(seen, cam)
    assert straight is seen
    assert (pin.fx, pin.cx, pin.distortion) == (cam.fx, cam.cx, ())
