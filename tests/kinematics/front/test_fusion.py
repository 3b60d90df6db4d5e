"""Readings and flow fused over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.kinematics.front.filter import Readings
from neckrom.kinematics.front.fusion import contradicts, fuse
from neckrom.kinematics.front.parameters import FusionParameters


def out_and_back(n: int = 120, peak: float = 85.0) -> tuple[np.ndarray, np.ndarray]:
    time_s = np.arange(n) / 30.0
    rotation = peak * np.sin(np.pi * np.clip((time_s - 0.5) / 3.0, 0, 1)) ** 2
    return time_s, np.column_stack([np.zeros(n), np.zeros(n), rotation, np.zeros((n, 3))])


def readings(truth: np.ndarray, time_s: np.ndarray) -> Readings:
    blank = np.full_like(truth, np.nan)
    return Readings(
        time_s, truth, np.full_like(truth, 1.5), blank, np.full_like(truth, 30.0), blank, time_s < 0.4
    )


def test_flow_carries_the_angle_where_the_face_is_lost():
    time_s, truth = out_and_back()
    lost = truth[:, 2] > 50
    given = readings(truth, time_s)
    face = np.where(lost[:, None], np.nan, truth)
    step = np.vstack([np.full((1, 6), np.nan), np.diff(truth, axis=0)])
    fused = fuse(replace(given, face=face, step=step), FusionParameters())
    np.testing.assert_allclose(fused.angles_deg[:, 2], truth[:, 2], atol=2.0)
    assert fused.sd_deg[lost, 2].max() > 2 * fused.sd_deg[~lost, 2].mean()


def test_a_face_turned_the_other_way_is_rejected():
    time_s, truth = out_and_back()
    wrong = truth.copy()
    wrong[truth[:, 2] > 70, 2] = -40.0
    step = np.vstack([np.full((1, 6), np.nan), np.diff(truth, axis=0)])
    fused = fuse(replace(readings(truth, time_s), face=wrong, step=step), FusionParameters())
    assert np.abs(fused.angles_deg[:, 2] - truth[:, 2]).max() < 5.0
    assert fused.face_trust[truth[:, 2] > 75].max() < 0.2


def reading(face: float, pose: float, plane: int = 1) -> Readings:
    """One frame in which face and pose read an angle in a plane, and nothing in the others."""
    zero = np.zeros((1, 6))
    read = [zero.copy(), zero.copy()]
    read[0][0, plane], read[1][0, plane] = face, pose
    sd, step = np.ones((1, 6)), np.full((1, 6), np.nan)
    return Readings(np.zeros(1), read[0], sd, read[1], sd, step, np.zeros(1, dtype=bool))


@pytest.mark.parametrize(
    ("face", "pose", "came_out", "plane", "wrong"),
    [
        pytest.param(-34, -40, -6, 1, True, id="both-know-better"),
        pytest.param(34, 40, 6, 1, True, id="the-other-side"),
        pytest.param(-34, -40, -31, 1, False, id="near-enough"),
        pytest.param(23, 26, 43, 0, False, id="larger-is-no-contradiction"),
        pytest.param(6, 50, 25, 0, False, id="they-do-not-agree"),
        pytest.param(55, 60, 30, 2, False, id="too-far-to-be-read"),
    ],
)
def test_what_falls_short_of_face_and_pose_is_contradicted(face, pose, came_out, plane, wrong):
    angles = np.zeros((1, 6))
    angles[0, plane] = came_out
    assert contradicts(reading(face, pose, plane), angles).tolist() == [wrong]
