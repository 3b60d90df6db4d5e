"""What is no run is refused, in words that say what to do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.errors import HiddenFeetError, NotARunError, ObliqueViewError, TooFewStepsError
from neckrom.running import measure_run
from neckrom.types import BodySeries
from tests.body.clips import BACK, SIDE, part, runner

RANDOM = np.random.default_rng(7)


def posed(places: dict[int, np.ndarray], seconds: float = 8.0, fps: float = 60.0) -> BodySeries:
    """A person from the left whose points move about a standing one; places: (N, 2) added to a point's place."""
    frames = int(seconds * fps)
    pose = part(runner(SIDE).series, slice(0, 1)).pose.repeat(frames, axis=0)
    standing = {
        11: 230,
        12: 232,
        23: 385,
        24: 386,
        25: 500,
        26: 500,
        27: 600,
        28: 600,
        29: 620,
        30: 620,
        31: 622,
        32: 622,
    }
    for number, v in standing.items():
        pose[:, number, 0] = 640.0 - (45 if number in (31, 32) else -8 if number in (29, 30) else 0)
        pose[:, number, 1] = v
    for number, moves in places.items():
        pose[:, number, :2] += moves
    pose[..., :2] += RANDOM.normal(0, 1.0, pose[..., :2].shape)
    series = runner(SIDE).series
    return replace(
        series,
        time_ns=(np.arange(frames) / fps * 1e9).astype(np.int64),
        pose=pose.astype(np.float32),
        pose_world=series.pose_world[:1].repeat(frames, axis=0),
        pose_visibility=np.ones((frames, 33), dtype=np.float32),
        people=np.ones(frames, dtype=np.int64),
        foot_motion=None,
    )


def walking(steps_a_minute: float = 110.0) -> BodySeries:
    """A person who vaults over straight legs (inverted pendulum): the hips are highest over the foot."""
    time_s = np.arange(480) / 60.0
    phase = 2 * np.pi * time_s * steps_a_minute / 120.0
    places: dict[int, np.ndarray] = {}
    # the body is highest when the legs pass each other
    rise = 8.0 * np.cos(2 * phase)
    for number in (*range(13), 23, 24):
        places[number] = np.stack([0 * rise, -rise], axis=1)
    for side, legs in ((0, (25, 27, 29, 31)), (np.pi, (26, 28, 30, 32))):
        swing = np.sin(phase + side)
        lift = np.maximum(np.cos(phase + side), 0) * 40
        for share, number in zip((0.5, 1.0, 1.0, 1.0), legs, strict=True):
            places[number] = np.stack(
                [-110 * share * swing, -lift * share - (rise if number < 27 else 0)], axis=1
            )
    return posed(places)


def jumping() -> BodySeries:
    time_s = np.arange(480) / 60.0
    up = np.abs(np.sin(np.pi * time_s * 1.5)) * 90
    return posed({number: np.stack([0 * up, -up], axis=1) for number in range(33)})


def test_standing_is_sent_to_posture():
    with pytest.raises(NotARunError, match="neckrom posture"):
        measure_run(posed({}))


def test_jumping_is_named():
    with pytest.raises(NotARunError, match="jumping"):
        measure_run(jumping())


def test_a_slowed_walk_up_a_path_is_no_jumping():
    slow = walking(20.0)
    rise = np.linspace(0.0, 60.0, len(slow.time_ns))[:, None]
    pose = slow.pose.copy()
    pose[:, :, 1] -= rise
    with pytest.raises(NotARunError) as refused:
        measure_run(replace(slow, pose=pose))
    assert "jumping" not in str(refused.value)
    assert "stands or sits" not in str(refused.value)


@pytest.mark.parametrize("steps_a_minute", [95.0, 110.0, 125.0])
def test_walking_is_named(steps_a_minute):
    with pytest.raises(NotARunError, match="walking"):
        measure_run(walking(steps_a_minute))


@pytest.mark.parametrize("name", [SIDE, BACK])
def test_few_steps_are_too_few(name):
    with pytest.raises(TooFewStepsError, match=r"at least 10|too short"):
        measure_run(part(runner(name).series, slice(0, 150)))


def test_slow_motion_that_hides_its_rate_is_asked_for_it():
    series = runner(SIDE).series
    with pytest.raises(NotARunError, match="--fps-true"):
        measure_run(replace(series, time_ns=series.time_ns * 2))


def test_feet_outside_the_picture():
    series = runner(SIDE).series
    with pytest.raises(HiddenFeetError, match="both feet"):
        measure_run(replace(series, height=600))


def test_legs_outside_the_picture_look_like_a_neck_clip():
    series = runner(SIDE).series
    with pytest.raises(NotARunError, match="neckrom measure"):
        measure_run(replace(series, height=440))


def test_an_oblique_view_is_refused():
    series = runner(SIDE).series
    pose = series.pose.copy()
    # the far shoulder comes out beside the near one, as from half behind
    pose[:, 12, 0] += 75
    pose[:, 11, 0] -= 40
    with pytest.raises(ObliqueViewError, match="right angles"):
        measure_run(replace(series, pose=pose))


def test_nobody():
    series = runner(SIDE).series
    with pytest.raises(NotARunError, match="whole person"):
        measure_run(replace(series, pose=np.full_like(series.pose, np.nan)))
