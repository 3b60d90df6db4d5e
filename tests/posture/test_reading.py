"""Postures of people who were never fitted on, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from neckrom.body.view import view_of
from neckrom.errors import InputError, NoBodyError
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.posture.calibration import load_calibration
from neckrom.posture.features import standing_points
from neckrom.posture.reading import PostureReading, read_posture
from neckrom.types import BodySeries
from tests.landmarks.bodies import run_series

PEOPLE = Path(__file__).parents[2] / "calibration" / "posture_people.npz"


@cache
def table() -> dict[str, np.ndarray]:
    with np.load(PEOPLE, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def held_out() -> list[int]:
    return [n for n, name in enumerate(table()["name"]) if int(str(name)[1:].split("_")[0]) % 2 == 0]


def series_of(poses: np.ndarray, size=(1280, 720), step_ns: int = 40_000_000) -> BodySeries:
    """A series that shows these poses, shape (N, 33, 3)."""
    n = len(poses)
    return BodySeries(
        time_ns=np.arange(n, dtype=np.int64) * step_ns,
        pose=poses.astype(np.float32),
        pose_world=np.zeros((n, 33, 3), dtype=np.float32),
        pose_visibility=np.ones((n, 33), dtype=np.float32),
        people=np.ones(n, dtype=np.int64),
        width=size[0],
        height=size[1],
    )


def person(number: int) -> BodySeries:
    return series_of(table()["pose"][number][None], tuple(map(int, table()["size"][number])))


def read(series: BodySeries, **marks) -> PostureReading:
    return read_posture(series, "clip", load_calibration()[0], **marks)


def true_lean(number: int) -> float:
    hip, shoulder = table()["truth"][number][:2], table()["truth"][number][2:4]
    up, forward = shoulder - hip
    return float(np.degrees(np.arctan2(forward, up)))


def test_the_trunk_of_people_left_out_is_read_within_the_bar():
    errors = [read(person(n)).trunk_lean_deg.value - true_lean(n) for n in held_out()]
    assert len(errors) >= 12
    assert np.abs(errors).mean() <= 2.5


def test_intervals_hold_the_truth_as_often_as_they_say():
    inside = []
    for n in held_out():
        lean = read(person(n)).trunk_lean_deg
        inside.append(lean.low <= true_lean(n) <= lean.high)
    assert np.mean(inside) >= 0.75  # 95 % of few: never far below


@pytest.mark.parametrize("number", [0, 3, 7])
def test_the_mirrored_person_has_the_other_side_and_the_same_angles(number):
    one = read(person(number))
    other = read(mirror_bodies(person(number)))
    assert {one.side, other.side} == {"left", "right"}
    assert other.trunk_lean_deg.value == pytest.approx(one.trunk_lean_deg.value, abs=0.01)
    assert other.ear_shoulder_deg.value == pytest.approx(one.ear_shoulder_deg.value, abs=0.01)
    assert other.plumb == pytest.approx(one.plumb, abs=1e-4)


@pytest.mark.parametrize("number", [0, 5])
def test_the_size_of_the_picture_does_not_count(number):
    series = person(number)
    half = replace(series, pose=series.pose / 2, width=series.width // 2, height=series.height // 2)
    assert read(half).ear_shoulder_deg.value == pytest.approx(read(series).ear_shoulder_deg.value, abs=0.01)


def test_a_marked_c7_gives_the_angle_to_the_tragus():
    series = person(0)
    points = standing_points(series.pose[0].astype(float), view_of(series.pose.astype(float)))
    c7 = points.shoulder + np.array([-0.25 * points.facing, -0.15]) * points.trunk_px
    assert read(series).craniovertebral_deg is None
    found = read(series, c7=c7)
    rise, ahead = c7[1] - found.tragus[1], points.facing * (found.tragus[0] - c7[0])
    assert found.craniovertebral_deg.value == pytest.approx(np.degrees(np.arctan2(rise, ahead)))
    marked = read(series, c7=c7, tragus=c7 + np.array([60.0 * points.facing, 0.0]))
    assert abs(marked.craniovertebral_deg.value) < 15  # level, but for the slanting ray
    assert marked.craniovertebral_deg.high - marked.craniovertebral_deg.low > 0


def test_the_quiet_second_of_a_clip_counts():
    still = table()["pose"][0]
    moving = [still + np.array([6.0 * np.sin(n), 0, 0]) for n in range(40)]
    walked = still + np.array([200.0, 0, 0])
    poses = np.array([*moving, *[walked] * 40])
    found = read(series_of(poses))
    assert found.used_s[0] >= 39 * 0.04
    assert found.points.ear[0] == pytest.approx(walked[7 if found.side == "left" else 8, 0], abs=0.1)


def test_who_runs_does_not_stand():
    with pytest.raises(InputError, match=r"does not stand still.*neckrom run"):
        read(run_series())


def turned(pose: np.ndarray, degrees: float) -> np.ndarray:
    """A pose turned in the picture about its middle."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    new = pose.copy()
    middle = pose[:, :2].mean(axis=0)
    new[:, :2] = (pose[:, :2] - middle) @ rotation.T + middle
    return new


def sitting(pose: np.ndarray) -> np.ndarray:
    new = pose.copy()
    new[25:, 1] = new[23, 1] + 30 + (new[25:, 1] - new[25:, 1].min()) * 0.5
    return new


def test_who_lies_or_sits_does_not_stand():
    pose = table()["pose"][0]
    with pytest.raises(InputError, match="lies or bends"):
        read(series_of(turned(pose, 80)[None]))
    with pytest.raises(InputError, match=r"sits or bends the legs.*neckrom measure"):
        read(series_of(sitting(pose)[None]))


def test_from_the_front_there_is_no_posture():
    pose = table()["pose"][0].copy()
    for left, right in ((11, 12), (23, 24)):  # shoulders and hips apart in the picture, not in depth
        middle = pose[[left, right]].mean(axis=0)
        apart = np.array([60, 0, 0])
        pose[left], pose[right] = middle + apart, middle - apart
    with pytest.raises(InputError, match=r"from (behind|the front).*read from the side"):
        read(series_of(pose[None]))


def test_feet_out_of_the_picture_leave_no_plumb_line():
    series = replace(person(0), height=int(person(0).pose[0, 27:29, 1].min()) - 5)
    found = read(series)
    assert found.plumb is None
    assert "posture_no_feet" in [notice.key for notice in found.notices]


def test_nobody_is_refused():
    with pytest.raises(NoBodyError):
        read(series_of(np.full((3, 33, 3), np.nan)))
