from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.report import draw_end_range, marks
from neckrom.types import MOVEMENTS, Frame, Movement
from tests.report.report_cases import angles_of, camera_of, landmarks_of, orientations_of, rom_of, truth

CLIP = "chidi_deficit"


@pytest.fixture(scope="module")
def scene():
    angles = angles_of(CLIP)
    return angles, rom_of(CLIP, angles), landmarks_of(CLIP), orientations_of(CLIP, angles), camera_of(CLIP)


def frame_at(scene, movement: Movement) -> tuple[int, object]:
    angles, rom, *_ = scene
    trial = rom.of(movement)[0]
    return int(np.argmin(np.abs(angles.time_s - trial.peak_s))), trial


@pytest.mark.parametrize(
    ("movement", "across", "down"),
    [
        pytest.param(Movement.FLEXION, 0, 1, id="nose-goes-down"),
        pytest.param(Movement.EXTENSION, 0, -1, id="nose-goes-up"),
        pytest.param(
            Movement.ROTATION_LEFT, 1, 0, id="nose-goes-to-the-persons-left-which-is-right-in-the-picture"
        ),
        pytest.param(Movement.ROTATION_RIGHT, -1, 0, id="nose-goes-to-the-persons-right"),
        pytest.param(Movement.LATERAL_LEFT, 1, 0, id="crown-goes-to-the-persons-left"),
        pytest.param(Movement.LATERAL_RIGHT, -1, 0, id="crown-goes-to-the-persons-right"),
    ],
)
def test_the_drawn_axis_goes_where_the_head_went(scene, movement, across, down):
    _, _, landmarks, orientations, camera = scene
    row, _ = frame_at(scene, movement)
    head = marks.find_head(landmarks.face[row], landmarks.pose[row])
    way = np.array(
        marks.swept_axis(head, orientations.thorax[row], orientations.head[row], movement, camera, length=1.0)
    )
    moved = (way[-1] - way[0]) / head.height
    main, other = (moved[0] * across, moved[1]) if across else (moved[1] * down, moved[0])
    assert main > 0.25
    assert abs(main) > abs(other)


@pytest.mark.parametrize("movement", [Movement.ROTATION_LEFT, Movement.ROTATION_RIGHT])
def test_the_axis_comes_out_at_the_nose(scene, movement):
    _, _, landmarks, orientations, camera = scene
    row, _ = frame_at(scene, movement)
    head = marks.find_head(landmarks.face[row], landmarks.pose[row])
    way = marks.swept_axis(
        head, orientations.thorax[row], orientations.head[row], movement, camera, length=1.0
    )
    table = truth(CLIP)
    nose = np.array([table["nose_tip_u"][row], table["nose_tip_v"][row]]) - head.centre
    drawn = np.array(way[-1]) - head.centre
    between = np.degrees(np.arccos(nose @ drawn / np.linalg.norm(nose) / np.linalg.norm(drawn)))
    assert between < 20


def test_a_side_bend_in_the_picture_plane_has_its_true_size(scene):
    angles, _, landmarks, orientations, camera = scene
    row, trial = frame_at(scene, Movement.LATERAL_RIGHT)
    head = marks.find_head(landmarks.face[row], landmarks.pose[row])
    way = np.array(
        marks.swept_axis(
            head, orientations.thorax[row], orientations.head[row], trial.movement, camera, length=1.0
        )
    )
    start, end = way[0] - head.centre, way[-1] - head.centre
    drawn = np.degrees(np.arctan2(start[0], -start[1]) - np.arctan2(end[0], -end[1]))
    assert drawn == pytest.approx(angles.neck_deg[row, 1], abs=6)


def test_pictures_show_the_person_with_the_angle_drawn_in(scene, end_range_pictures):
    assert set(end_range_pictures) == set(MOVEMENTS)
    for movement, picture in end_range_pictures.items():
        assert picture.image.shape == (830, 640, 3)
        assert picture.image.dtype == np.uint8
        assert picture.time_s == pytest.approx(frame_at(scene, movement)[1].peak_s, abs=0.02)
        yellow = (np.abs(picture.image.astype(int) - marks.YELLOW) < 12).all(axis=2)
        assert yellow[:640].sum() > 500, "no arrow"
        assert yellow[640:].sum() > 1500, "no number"
        assert picture.jpeg()[:2] == b"\xff\xd8"


def test_where_nothing_was_measured_no_axis_is_drawn(scene):
    _, _, landmarks, orientations, camera = scene
    row, trial = frame_at(scene, Movement.FLEXION)
    frame = Frame(row, int(landmarks.time_ns[row]), np.full((480, 640, 3), 90, dtype=np.uint8))
    blind = replace(orientations, head=np.full_like(orientations.head, np.nan))
    picture = draw_end_range(frame, trial, landmarks, blind, camera)
    assert (picture.image[:640] == 90).all()
    lost = replace(landmarks, pose=np.full_like(landmarks.pose, np.nan))
    assert (draw_end_range(frame, trial, lost, orientations, camera).image[:640] == 90).all()


def test_a_mirrored_clip_is_flipped_to_fit_its_landmarks(scene):
    _, _, landmarks, orientations, camera = scene
    row, trial = frame_at(scene, Movement.ROTATION_LEFT)
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    time_ns = int(landmarks.time_ns[row])
    plain = draw_end_range(Frame(row, time_ns, noise), trial, landmarks, orientations, camera)
    flipped = draw_end_range(
        Frame(row, time_ns, np.ascontiguousarray(noise[:, ::-1])),
        trial,
        landmarks,
        orientations,
        camera,
        mirrored=True,
    )
    np.testing.assert_array_equal(plain.image, flipped.image)


@pytest.mark.parametrize("size", [(90, 120), (2160, 3840), (481, 641)])
def test_any_picture_size_gives_the_same_square(scene, size):
    _, _, landmarks, orientations, camera = scene
    row, trial = frame_at(scene, Movement.LATERAL_LEFT)
    frame = Frame(row, int(landmarks.time_ns[row]), np.zeros((*size, 3), dtype=np.uint8))
    assert draw_end_range(frame, trial, landmarks, orientations, camera).image.shape == (830, 640, 3)


@pytest.mark.parametrize("movement", MOVEMENTS)
def test_the_dial_turns_the_way_of_the_movement(movement):
    """The needle stands where the movement goes, seen as the dial says."""
    edge = 150
    picture = np.asarray(marks.dial(edge, movement, 60.0), dtype=int)
    needle = (np.abs(picture[:, :, :3] - marks.YELLOW) < 30).all(axis=2) & (picture[:, :, 3] > 240)
    y, x = np.nonzero(needle)
    direction = np.degrees(np.arctan2(y.mean() - edge / 2, x.mean() - edge / 2))
    expected = {
        Movement.FLEXION: 60.0,
        Movement.EXTENSION: -60.0,
        Movement.ROTATION_LEFT: 30.0,
        Movement.ROTATION_RIGHT: 150.0,
        Movement.LATERAL_LEFT: -30.0,
        Movement.LATERAL_RIGHT: -150.0,
    }[movement]
    assert direction == pytest.approx(expected, abs=6)


def test_the_nearest_row_is_found():
    time_ns = np.array([0, 33, 70, 100], dtype=np.int64)
    assert [marks.nearest_row(time_ns, wanted) for wanted in (-5, 0, 16, 17, 60, 99, 500)] == [
        0,
        0,
        0,
        1,
        2,
        3,
        3,
    ]
    assert marks.nearest_row(np.array([7], dtype=np.int64), 100) == 0
