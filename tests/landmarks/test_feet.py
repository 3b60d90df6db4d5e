"""Turn and movement of a shoe, read from pictures in which they are known exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from neckrom.landmarks.feet import FeetFollower
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.types import POSE_ANKLES, POSE_HEELS, POSE_TOES, BodySeries

_SIZE = (320, 240)
_SHOE = np.array([[-40, 12], [45, 12], [-22, -28]], dtype=np.float64)
"""Heel, toe and ankle about the shoe's middle, pixels."""


def _scene(turn_deg: float, at: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """A speckled shoe before a speckled wall that stands still, and where pose points say that the left foot is."""
    noise = np.random.default_rng(5)
    wall = cv2.GaussianBlur(noise.uniform(60, 190, _SIZE[::-1]).astype(np.float32), (0, 0), 3)
    leather = cv2.GaussianBlur(noise.uniform(0, 255, (160, 160)).astype(np.float32), (0, 0), 1.6)
    turn = cv2.getRotationMatrix2D((80, 80), -turn_deg, 1)  # OpenCV counts the other way round
    turn[:, 2] += np.array(at) - 80
    picture = cv2.warpAffine(leather, turn, _SIZE, wall.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    corners = np.array([[-50, 20], [55, 20], [55, -5], [-15, -42], [-50, -42]], dtype=np.float64) + 80
    shape = (corners @ turn[:, :2].T + turn[:, 2]).round().astype(np.int32)
    mask = cv2.fillPoly(np.zeros(_SIZE[::-1], np.uint8), [shape], 1)
    picture = np.where(mask == 1, picture, wall).clip(0, 255).astype(np.uint8)
    pose = np.full((33, 3), np.nan, dtype=np.float32)
    pose[0] = 100.0
    pose[[POSE_HEELS[0], POSE_TOES[0], POSE_ANKLES[0]], :2] = (_SHOE + 80) @ turn[:, :2].T + turn[:, 2]
    return cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB), pose


@pytest.mark.parametrize(("turn_deg", "move"), [(0.0, (9.0, 2.0)), (4.0, (-12.0, 0.0)), (-7.0, (14.0, -3.0))])
def test_turn_and_movement_are_read(turn_deg, move):
    follower = FeetFollower()
    assert np.isnan(follower.follow(*_scene(3.0, (150, 120)))).all()
    motion = follower.follow(*_scene(3.0 + turn_deg, (150 + move[0], 120 + move[1])))
    assert motion[0, 0] == pytest.approx(turn_deg, abs=0.5)
    # the middle of heel, toe and ankle is not the point about which the shoe was turned
    assert motion[0, 1:3] == pytest.approx(move, abs=1.5)
    assert motion[0, 3] >= 10
    assert np.isnan(motion[1]).all()


def test_changed_names_change_nothing():
    """The model calls the foot right in one frame and left in the next: it is looked for where both feet were."""
    image, pose = _scene(0.0, (150, 120))
    renamed = pose.copy()
    renamed[[POSE_HEELS[1], POSE_TOES[1], POSE_ANKLES[1]]] = pose[
        [POSE_HEELS[0], POSE_TOES[0], POSE_ANKLES[0]]
    ]
    renamed[[POSE_HEELS[0], POSE_TOES[0], POSE_ANKLES[0]], :2] += (90, 60)
    follower = FeetFollower()
    follower.follow(image, renamed)
    motion = follower.follow(*_scene(5.0, (160, 120)))
    assert motion[0, 0] == pytest.approx(5.0, abs=0.6)


def test_nothing_is_said_where_there_is_nothing_to_follow():
    image, pose = _scene(0.0, (150, 120))
    follower = FeetFollower()
    follower.follow(image, pose)
    assert np.isnan(follower.follow(np.full_like(image, 120), pose)).all()
    assert np.isnan(follower.follow(image, np.full_like(pose, np.nan))).all()
    assert np.isnan(follower.follow(image, pose)).all()  # the frame before showed nobody


def test_a_mirrored_recording_turns_the_other_foot_the_other_way():
    motion = np.arange(24, dtype=np.float32).reshape(3, 2, 4)
    points = np.zeros((3, 33, 3), np.float32)
    series = BodySeries(
        np.arange(3), points, points, points[:, :, 0], np.ones(3, int), 640, 480, foot_motion=motion
    )
    mirrored = mirror_bodies(series)
    assert mirrored.foot_motion is not None
    np.testing.assert_array_equal(mirrored.foot_motion[:, 0], motion[:, 1] * [-1, -1, 1, 1])
    np.testing.assert_array_equal(mirror_bodies(mirrored).foot_motion, motion)
