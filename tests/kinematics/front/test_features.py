"""Geometry that the networks see: known faces, known turns, known pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.features import RIGID_ROWS, Lens, Points, at_rest, blocks_of
from neckrom.kinematics.rotations import BODY_FACING_CAMERA

SQUARE = Lens(600.0, 320.0, 240.0)


def solid_face(seed: int = 0) -> np.ndarray:
    """Rigid points of a face-like relief in metres about its middle, camera axes, looking at the camera."""
    rng = np.random.default_rng(seed)
    shape = rng.uniform([-0.06, -0.07, 0.0], [0.06, 0.07, 0.0], (75, 3))
    shape[:, 2] = 6.0 * (shape[:, 0] ** 2 + shape[:, 1] ** 2)
    return shape - shape[RIGID_ROWS].mean(axis=0)


def seen(rotation: Rotation, place: np.ndarray) -> Points:
    """Weak-perspective picture along the ray to the head, as the face model hands it over."""
    ray = place / np.linalg.norm(place)
    to_ray = Rotation.align_vectors([ray], [[0, 0, 1]])[0]
    turned = to_ray.inv().apply(rotation.apply(solid_face()))
    flat = np.column_stack([turned[:, :2] / np.linalg.norm(place), np.ones(75)])
    sight = to_ray.apply(flat)
    pixels = sight[:, :2] / sight[:, 2:] * SQUARE.focal + [SQUARE.cx, SQUARE.cy]
    depth = turned[:, 2] / np.linalg.norm(place) * SQUARE.focal
    body = np.random.default_rng(1).normal(300, 50, (1, 15, 3))
    return Points(np.column_stack([pixels, depth])[None], body, body / 500)


def stacked(*points: Points) -> Points:
    return Points(*(np.concatenate([getattr(p, name) for p in points]) for name in ("face", "pose", "world")))


@pytest.mark.parametrize(
    "place", [(0.0, 0.0, 0.7), (0.2, -0.15, 0.6), (-0.1, 0.2, 0.9)], ids=["centre", "off", "low"]
)
@pytest.mark.parametrize(
    ("axis", "turn_deg", "expected"),
    [
        pytest.param("z", -30.0, (30, 0, 0), id="chin-to-chest"),
        pytest.param("x", 25.0, (0, 25, 0), id="right-ear-to-right-shoulder"),
        pytest.param("y", -40.0, (0, 0, 40), id="look-right"),
    ],
)
def test_rigid_fit_recovers_turns_wherever_the_head_is(place, axis, turn_deg, expected):
    body = BODY_FACING_CAMERA
    turn = Rotation.from_matrix(body @ Rotation.from_euler(axis, turn_deg, degrees=True).as_matrix() @ body.T)
    centre = np.array([0.0, 0.0, 0.7])
    rest = at_rest(seen(Rotation.identity(), centre), SQUARE)
    found = blocks_of(seen(turn, np.array(place)), rest).rigid[0, :3]
    np.testing.assert_allclose(found, expected, atol=0.1)


def test_picture_size_drops_out_of_the_features():
    points = seen(Rotation.from_euler("y", 10, degrees=True), np.array([0.05, 0.0, 0.7]))
    doubled = Points(points.face * 2, points.pose * 2, points.world)
    for name in ("face", "place", "rigid", "pose", "world"):
        small = getattr(blocks_of(points, at_rest(points, SQUARE)), name)
        large = getattr(blocks_of(doubled, at_rest(doubled, Lens(1200.0, 640.0, 480.0))), name)
        if name != "place":  # its last column is the misfit of a perfect fit: rounding
            np.testing.assert_allclose(large, small, atol=1e-6)


def test_missing_face_is_nan_and_leaves_other_frames_alone():
    turned = seen(Rotation.from_euler("y", 10, degrees=True), np.array([0.0, 0.0, 0.7]))
    lost = replace(turned, face=np.full_like(turned.face, np.nan))
    rest = at_rest(turned, SQUARE)
    both, alone = blocks_of(stacked(lost, turned), rest), blocks_of(turned, rest)
    assert np.isnan(both.rigid[0]).all()
    np.testing.assert_allclose(both.rigid[1], alone.rigid[0])
