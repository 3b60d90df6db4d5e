"""Whether the camera stands still is read from the background alone."""

from __future__ import annotations

import numpy as np
import pytest

from neckrom.landmarks.boxes import BodyBox
from neckrom.landmarks.scene import SceneWatch

STEP_NS = 200_000_000
WIDTH, HEIGHT = 640, 360


def room() -> np.ndarray:
    """A wall with things on it, larger than the picture."""
    random = np.random.default_rng(3)
    wall = np.full((HEIGHT + 400, WIDTH + 400, 3), 120, dtype=np.uint8)
    for _ in range(160):
        y, x = random.integers(0, HEIGHT + 360), random.integers(0, WIDTH + 360)
        h, w = random.integers(8, 40, 2)
        wall[y : y + h, x : x + w] = random.integers(20, 230, 3)
    return wall


def travel_of(places, *, runner=True):
    """What is read of a camera that looks at these places (x, y) of the wall, a runner in front."""
    wall, watch = room(), SceneWatch()
    random = np.random.default_rng(1)
    for number, (x, y) in enumerate(places):
        x0, y0 = 200 + round(x), 200 + round(y)
        image = wall[y0 : y0 + HEIGHT, x0 : x0 + WIDTH].copy()
        box = None
        if runner:  # arms and legs look different each time
            image[60:320, 280:380] = random.integers(0, 255, (260, 100, 3))
            box = BodyBox(290, 60, 370, 320)
        assert watch.due(number * STEP_NS)
        watch.look(number * STEP_NS, image, box)
        assert not watch.due(number * STEP_NS + STEP_NS // 2)
    return watch.travel()


def test_a_still_camera_does_not_move_whatever_the_runner_does():
    travel = travel_of([(0, 0)] * 20)
    assert travel.looks == 19
    assert travel.range_share < 0.001
    assert travel.step_share < 0.0005
    assert travel.roll_deg < 0.1


def test_a_pan_is_as_long_as_it_is():
    travel = travel_of([(10 * n, 0) for n in range(19)])
    assert travel.range_share == pytest.approx(180 / WIDTH, rel=0.03)


def test_a_hand_shakes_without_going_anywhere():
    random = np.random.default_rng(5)
    travel = travel_of(random.normal(0, 4, (25, 2)))
    assert 0.005 < travel.step_share < 0.02
    assert travel.range_share < 0.06


def test_a_plain_wall_says_nothing():
    watch = SceneWatch()
    for number in range(5):
        watch.look(number * STEP_NS, np.full((HEIGHT, WIDTH, 3), 15, dtype=np.uint8), None)
    assert watch.travel().looks == 0
    assert watch.brightness == pytest.approx(15, abs=1)
