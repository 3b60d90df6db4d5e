"""The flow of the picture over a turning head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.kinematics.front.flow import Motion, _ellipsoid_depth, rigid_movement
from neckrom.kinematics.rotations import BODY_FACING_CAMERA
from neckrom.types import N_MOTION


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_flow_of_a_turning_ellipsoid_gives_its_turn(axis):
    head = BODY_FACING_CAMERA[None]
    turn = np.zeros(3)
    turn[axis] = np.radians(2.0)
    box, ears = np.array([[300.0, 200.0, 60.0]]), np.array([[300.0, 205.0]])
    still = Motion(np.zeros((1, N_MOTION, N_MOTION, 2)), box, ears)
    lines = np.linspace(-1, 1, N_MOTION)
    grid = np.stack(np.meshgrid(lines, lines), axis=-1).reshape(1, -1, 2)
    offset = (box[:, None, :2] + box[:, None, 2:] * grid - ears[:, None]) / 55.0
    depth, _ = _ellipsoid_depth(offset, head)
    surface = np.concatenate([offset, depth[..., None]], axis=2)[0]
    velocity = np.cross(head[0] @ turn, surface)[:, :2] * 55.0
    moved = replace(still, displacement=velocity.reshape(1, N_MOTION, N_MOTION, 2))
    np.testing.assert_allclose(rigid_movement(moved, head, 55.0)[0, :3], turn, atol=2e-4)
    np.testing.assert_allclose(rigid_movement(still, head, 55.0)[0, :3], 0.0, atol=1e-9)
