"""Parts of a recording: cuts, and another person who sits down."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neckrom.kinematics.face_mesh import head_shape
from neckrom.kinematics.parts import face_difference, find_parts, longest_with_face, rows_of
from neckrom.service.one_part import one_part
from neckrom.types import N_FACE, N_POSE, LandmarkSeries

FPS = 30


def person(seed: int) -> np.ndarray:
    """A face that differs from the mean one as people's do: smoothly, by about 4 % of its size."""
    mean_head = head_shape()
    shape = mean_head.shape - mean_head.shape.mean(axis=0)
    shape = shape / np.sqrt((shape**2).sum(axis=1).mean())
    stretch = np.eye(3) + 0.06 * np.random.default_rng(seed).standard_normal((3, 3))
    return shape @ (stretch + stretch.T) / 2


def recording(*stretches: tuple[float, np.ndarray | None], seed: int = 0) -> LandmarkSeries:
    """Seconds with a person, or with nobody (None), one after the other; the head sways."""
    random = np.random.default_rng(seed)
    faces, poses = [], []
    upright = Rotation.from_matrix([[0, 0, -1], [0, -1, 0], [-1, 0, 0]])
    for seconds, shape in stretches:
        for number in range(round(seconds * FPS)):
            face = np.full((N_FACE, 3), np.nan)
            if shape is not None:
                sway = Rotation.from_euler(
                    "ZXY", [6 * np.sin(number / 9), 2.0, 4 * np.cos(number / 7)], degrees=True
                )
                points = (upright * sway).apply(shape) * 50 + [320, 240, 0]
                face[:] = [320, 240, 0]
                face[head_shape().points] = points + random.normal(0, 0.5, points.shape)
            faces.append(face)
            poses.append(np.full((N_POSE, 3), np.nan if shape is None else 200.0))
    n = len(faces)
    return LandmarkSeries(
        time_ns=np.round(np.arange(n) * 1e9 / FPS).astype(np.int64),
        face=np.asarray(faces, dtype=np.float32),
        pose=np.asarray(poses, dtype=np.float32),
        pose_visibility=np.ones((n, N_POSE), dtype=np.float32),
        pose_world=np.asarray(poses, dtype=np.float32),
        faces=np.ones(n, dtype=np.int64),
        pose_ran=np.ones(n, dtype=np.bool_),
        width=640,
        height=480,
    )


ONE, OTHER = person(1), person(2)


def test_one_person_is_one_part():
    series = recording((3, ONE))
    found = find_parts(series, ())
    assert len(found.parts) == 1
    same, warnings = one_part(series, (), None)
    assert same is series
    assert warnings == ()


def test_faces_of_one_and_of_two_people():
    series = recording((3, ONE), (3, OTHER))
    first = np.arange(len(series)) < 90
    assert face_difference(series, first, ~first) > 0.028
    alone = recording((6, ONE))
    assert face_difference(alone, first, ~first) < 0.01
    assert np.isnan(face_difference(alone, first & False, ~first))


def test_a_cut_sets_parts_apart_and_the_longest_is_taken():
    series = recording((2, ONE), (5, OTHER))
    part, (warning,) = one_part(series, (int(series.time_ns[60]),), None)
    assert len(part) == 150
    assert part.time_ns[0] == series.time_ns[60]
    assert "2 parts: at 2.0 s the picture changes" in warning
    assert "Only the part from 2.0 to 7.0 s" in warning
    assert "--neutral" in warning


def test_a_named_neutral_takes_its_part():
    series = recording((2, ONE), (5, OTHER))
    part, _ = one_part(series, (int(series.time_ns[60]),), (0.5, 1.0))
    assert len(part) == 60


def test_another_person_sits_down():
    series = recording((4, ONE), (1.5, None), (3, OTHER))
    found = find_parts(series, ())
    assert [part.why for part in found.parts] == ["", "person"]
    assert found.parts[1].rows.start == pytest.approx(165, abs=1)
    assert longest_with_face(series, found) == 0
    _, (warning,) = one_part(series, (), None)
    assert "another person is in the picture" in warning


def test_the_same_person_comes_back_and_it_is_said():
    series = recording((4, ONE), (1.5, None), (3, ONE))
    part, (warning,) = one_part(series, (), None)
    assert len(part) == len(series)
    assert "Nobody was in the picture from 4.0 to 5.5 s" in warning


def test_a_face_that_is_lost_at_the_end_of_range_is_not_gone():
    series = recording((3, ONE), (1.5, None), (3, OTHER))
    series.pose[:] = 200.0
    found = find_parts(series, ())
    assert len(found.parts) == 1
    assert found.away_s == ()


def test_rows_of_keeps_everything_in_step():
    series = recording((3, ONE))
    part = rows_of(series, slice(10, 40))
    assert len(part) == len(part.face) == len(part.pose_ran) == 30
    assert (part.width, part.tracks) == (640, None)
