"""Readings and flow fused over time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neckrom.kinematics.front.filter import Readings
from neckrom.kinematics.front.fusion import fuse
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
