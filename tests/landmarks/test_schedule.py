"""When the pose model runs."""

from __future__ import annotations

import numpy as np
import pytest

from neckrom.landmarks.schedule import PoseSchedule, turn_deg
from neckrom.types import N_FACE


def face(yaw_deg: float = 0.0, pitch_deg: float = 0.0) -> np.ndarray:
    """A face of four corners, turned."""
    points = np.zeros((N_FACE, 3))
    points[33], points[263] = (-40, 0, 0), (40, 0, 0)
    points[10], points[152] = (0, -70, 0), (0, 70, 0)
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    about_y = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    about_x = [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    return (points @ np.array(about_y).T @ np.array(about_x).T + (320, 240, 0)).astype(np.float32)


LOST = np.full((N_FACE, 3), np.nan, dtype=np.float32)


@pytest.mark.parametrize("angle", [-80, -31, 0, 12, 45, 89])
def test_turn_is_the_angle_between_face_and_camera(angle):
    assert turn_deg(face(yaw_deg=angle)) == pytest.approx(abs(angle), abs=1e-3)
    assert turn_deg(face(pitch_deg=angle)) == pytest.approx(abs(angle), abs=1e-3)


def runs(fps: float, faces, **settings) -> list[bool]:
    schedule = PoseSchedule(**settings)
    return [schedule.due(round(number / fps * 1e9), seen) for number, seen in enumerate(faces)]


@pytest.mark.parametrize(("fps", "every"), [(10, 1), (12, 1), (15, 1), (20, 2), (25, 2), (30, 3), (60, 6)])
def test_seen_from_the_front_it_runs_ten_times_a_second(fps, every):
    assert runs(fps, [face()] * 61) == [number % every == 0 for number in range(61)]


@pytest.mark.parametrize("seen", [LOST, face(yaw_deg=50), face(yaw_deg=-50), face(pitch_deg=40)])
def test_turned_or_lost_it_runs_on_every_frame(seen):
    assert all(runs(60, [seen] * 20))


@pytest.mark.parametrize("seen", [LOST, face(yaw_deg=50)])
@pytest.mark.parametrize(("fps", "every"), [(15, 1), (25, 1), (30, 2), (60, 4)])
def test_for_comparison_it_waits_while_the_head_is_turned(seen, fps, every):
    ran = runs(fps, [seen] * 61, turned_every_s=0.07)
    assert ran == [number % every == 0 for number in range(61)]


def test_it_never_waits_longer_than_a_tenth_of_a_second_whatever_the_rhythm():
    times = np.cumsum([0.02, 0.05, 0.01, 0.04, 0.03, 0.02, 0.06, 0.01] * 10)
    schedule = PoseSchedule()
    ran = [time for time in times if schedule.due(round(time * 1e9), face())]
    assert np.diff(ran).max() < 0.16
    assert len(ran) < 0.7 * len(times)


def test_it_can_run_on_every_frame():
    assert all(runs(60, [face()] * 20, every_frame=True))
