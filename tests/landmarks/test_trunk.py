"""Movement of the trunk's surface, read from pictures in which it is known exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from neckrom.landmarks.mirror import mirror_bodies
from neckrom.landmarks.trunk import TrunkFollower
from neckrom.types import POSE_HIPS, POSE_SHOULDERS, BodySeries

_SIZE = (320, 280)
_SHIRT = cv2.GaussianBlur(
    np.random.default_rng(3).uniform(40, 220, _SIZE[::-1]).astype(np.float32), (0, 0), 2
)


def _scene(moved: tuple[float, float], shoulders_px: float = 120.0) -> tuple[np.ndarray, np.ndarray]:
    """A shirt that moved under an outline that stands still, and where pose points say that the trunk is."""
    shift = np.array([[1, 0, moved[0]], [0, 1, moved[1]]], dtype=np.float64)
    picture = cv2.warpAffine(_SHIRT, shift, _SIZE, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    pose = np.full((33, 3), np.nan, dtype=np.float32)
    half = shoulders_px / 2
    pose[POSE_SHOULDERS, :2] = [[160 - half, 60], [160 + half, 60]]
    pose[POSE_HIPS, :2] = [[130, 230], [190, 230]]
    return cv2.cvtColor(picture.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2RGB), pose


@pytest.mark.parametrize("move", [(0.0, 0.0), (1.6, -0.7), (-4.3, 2.2)])
def test_the_surface_is_followed_to_a_fraction_of_a_pixel(move):
    follower = TrunkFollower()
    assert np.isnan(follower.follow(*_scene((0, 0)))).all()
    motion = follower.follow(*_scene(move))
    assert motion[:2] == pytest.approx(move, abs=0.15)
    assert motion[2] >= 10


def test_from_the_side_and_without_marks_nothing_is_said():
    follower = TrunkFollower()
    image, pose = _scene((0, 0))
    follower.follow(image, pose)
    assert np.isnan(follower.follow(*_scene((1.0, 0.0), shoulders_px=20.0))).all()
    assert np.isnan(follower.follow(np.full_like(image, 120), pose)).all()
    assert np.isnan(follower.follow(image, np.full_like(pose, np.nan))).all()


def test_a_mirrored_recording_moves_the_other_way():
    motion = np.arange(9, dtype=np.float32).reshape(3, 3)
    points = np.zeros((3, 33, 3), np.float32)
    series = BodySeries(
        np.arange(3), points, points, points[:, :, 0], np.ones(3, int), 640, 480, trunk_motion=motion
    )
    mirrored = mirror_bodies(series)
    assert mirrored.trunk_motion is not None
    np.testing.assert_array_equal(mirrored.trunk_motion, motion * [-1, 1, 1])
