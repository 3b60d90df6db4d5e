"""Points followed over a picture that really moves: drawn with known shifts, turns and sizes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest

from neckrom.landmarks.tracks import CHEST, HEAD, PointFollower
from neckrom.types import N_CHEST_TRACKS, N_TRACKS

SIZE = (480, 640)
MIDDLE = np.array([320.0, 240.0])
HALF = 80.0
FRAMES = 60


def textured(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A picture with marks of all sizes, float, one channel."""
    random = np.random.default_rng(seed)
    picture = np.zeros(size)
    for width in (2.0, 4.0, 9.0):
        noise = cv2.GaussianBlur(random.normal(size=size), (0, 0), width)
        picture += noise / noise.std()
    return np.clip(128 + 28 * picture, 0, 255)


PATCH, BACKGROUND = textured(1).astype(np.float32), textured(2).astype(np.float32)


def movement(shift: tuple[float, float], turn_deg: float, growth: float) -> np.ndarray:
    """Affine movement of the patch about its middle, shape (2, 3)."""
    turn = cv2.getRotationMatrix2D(tuple(MIDDLE), turn_deg, growth)
    turn[:, 2] += shift
    return turn


def drawn(moved: np.ndarray) -> np.ndarray:
    """The patch, moved, over a background that stands still; RGB."""
    flags = cv2.INTER_CUBIC
    height, width = SIZE
    mask = np.zeros(SIZE, dtype=np.float32)
    cv2.ellipse(mask, (320, 240), (110, 125), 0, 0, 360, (1.0,), -1, cv2.LINE_AA)
    mask = cv2.warpAffine(mask, moved, (width, height), flags=cv2.INTER_LINEAR)
    patch = cv2.warpAffine(PATCH, moved, (width, height), flags=flags)
    picture = np.clip(mask * patch + (1 - mask) * BACKGROUND, 0, 255).round().astype(np.uint8)
    return np.repeat(picture[..., None], 3, axis=2)


def path(
    shift: tuple[float, float], turn_deg: float, growth: float, still: int = 0
) -> Callable[[int], np.ndarray]:
    """Evenly from nothing in the first frame to this in the last."""

    def at(frame: int) -> np.ndarray:
        share = max(frame - still, 0) / (FRAMES - 1 - still)
        return movement((shift[0] * share, shift[1] * share), turn_deg * share, growth**share)

    return at


def box_at(moved: np.ndarray) -> np.ndarray:
    growth = np.sqrt(abs(np.linalg.det(moved[:, :2])))
    return np.array([*(moved[:, :2] @ MIDDLE + moved[:, 2]), HALF * growth], dtype=np.float32)


def followed(at: Callable[[int], np.ndarray], frames: int = FRAMES, region=HEAD) -> np.ndarray:
    """Points in every frame, (N, K, 3)."""
    follower = PointFollower(region)
    return np.array([follower.follow(drawn(at(i)), box_at(at(i))) for i in range(frames)])


def on_patch(tracks: np.ndarray, at: Callable[[int], np.ndarray]) -> list[np.ndarray]:
    """For each point: where on the unmoved patch it was in each frame that has it, (n, 2)."""
    numbers = tracks[..., 0]
    spots = []
    for number in np.unique(numbers[np.isfinite(numbers)]):
        seen = []
        for frame, row in np.argwhere(numbers == number):
            moved = at(int(frame))
            seen.append(np.linalg.solve(moved[:, :2], tracks[frame, row, 1:] - moved[:, 2]))
        spots.append(np.array(seen))
    return spots


MOVES = [
    pytest.param((60.0, -20.0), 0.0, 1.0, id="shifts"),
    pytest.param((0.0, 0.0), 40.0, 1.0, id="turns"),
    pytest.param((0.0, 0.0), 0.0, 1.25, id="grows"),
    pytest.param((40.0, 25.0), -25.0, 0.85, id="all-at-once"),
]


@pytest.mark.parametrize(("shift", "turn_deg", "growth"), MOVES)
def test_points_stay_on_their_spots(shift, turn_deg, growth):
    """Over 60 frames; half a pixel, though the error of single steps would add up to more."""
    at = path(shift, turn_deg, growth)
    tracks = followed(at)
    inside = [
        spots
        for spots in on_patch(tracks, at)
        if len(spots) >= 20 and (np.abs((spots[0] - MIDDLE) / [85.0, 100.0]) ** 2).sum() < 1
    ]
    assert len(inside) >= 60
    assert np.median([len(spots) for spots in inside]) >= 50, "most are followed to the end"
    drift = np.array([np.linalg.norm(spots[-1] - spots[0]) for spots in inside])
    assert np.median(drift) < 0.2
    assert np.mean(drift < 0.5) >= 0.95


def test_rows_hold_a_number_and_a_place_or_nothing():
    at = path((30.0, 0.0), 0.0, 1.0)
    tracks = followed(at, 10)
    assert tracks.shape == (10, N_TRACKS, 3)
    assert tracks.dtype == np.float32
    known = np.isfinite(tracks)
    assert (known.all(axis=2) | ~known.any(axis=2)).all()
    assert known[:, :, 0].sum(axis=1).min() >= 80
    assert (tracks[known[..., 0]][:, 1:] >= 0).all()


def test_the_chest_has_fewer_points_in_a_region_of_its_own():
    tracks = followed(path((10.0, 0.0), 0.0, 1.0), 3, CHEST)
    assert tracks.shape == (3, N_CHEST_TRACKS, 3)
    away = np.abs(tracks[0, :, 1:] - MIDDLE)
    assert np.nanmax(away[:, 0]) <= CHEST.wide * HALF + 1
    assert np.nanmax(away[:, 1]) <= CHEST.high * HALF + 1


def test_a_number_is_never_used_twice():
    """Not even after everything was let go: a number that was gone does not come back."""
    at = path((60.0, 0.0), 20.0, 1.0)
    follower = PointFollower()
    seen: list[set[float]] = []
    for i in range(30):
        box = None if i in (10, 20) else box_at(at(i))
        tracks = follower.follow(drawn(at(i)), box)
        numbers = tracks[np.isfinite(tracks[:, 0]), 0]
        assert len(set(numbers)) == len(numbers)
        seen.append(set(numbers))
    gone: set[float] = set()
    for before, now in pairwise(seen):
        gone |= before - now
        assert not gone & now
    assert not seen[9] & seen[11]


@pytest.mark.parametrize(
    "box",
    [None, np.array([np.nan, 240, 80], dtype=np.float32), np.array([320, 240, 5], dtype=np.float32)],
    ids=["none", "nan", "tiny"],
)
def test_without_a_head_all_points_are_let_go(box):
    follower = PointFollower()
    picture = drawn(movement((0.0, 0.0), 0.0, 1.0))
    there = np.array([320, 240, 80], dtype=np.float32)
    first = follower.follow(picture, there)
    assert np.isfinite(first).any()
    assert np.isnan(follower.follow(picture, box)).all()
    again = follower.follow(picture, there)
    assert not set(first[np.isfinite(first[:, 0]), 0]) & set(again[np.isfinite(again[:, 0]), 0])


def test_a_head_beyond_the_picture_is_let_go():
    follower = PointFollower()
    picture = drawn(movement((0.0, 0.0), 0.0, 1.0))
    outside = np.array([-300.0, 240.0, 80.0], dtype=np.float32)
    assert np.isnan(follower.follow(picture, outside)).all()


def test_a_picture_without_marks_has_no_points():
    grey = np.full((*SIZE, 3), 120, dtype=np.uint8)
    follower = PointFollower()
    for _ in range(3):
        assert np.isnan(follower.follow(grey, np.array([320, 240, 80], dtype=np.float32))).all()


def test_points_behind_the_head_do_not_move_with_it():
    """What is on the background keeps its place in the picture, whatever the patch does."""
    at = path((50.0, 0.0), 0.0, 1.0)
    tracks = followed(at, 30)
    numbers = tracks[..., 0]
    first = {n: xy for n, *xy in tracks[0] if np.isfinite(n) and np.hypot(*((xy - MIDDLE) / [85, 100])) < 1}
    last = {n: xy for n, *xy in tracks[-1] if n in first}
    assert len(last) >= 40
    moved = np.array([np.subtract(last[n], first[n]) for n in last])
    np.testing.assert_allclose(np.median(moved, axis=0), at(29)[:, 2], atol=0.3)
    assert np.isfinite(numbers).any(axis=1).all()


def test_light_that_stays_while_the_head_moves():
    """Half of the picture in shade: the points go with the patch, not with the edge of the shade."""
    at = path((40.0, 0.0), 0.0, 1.0)
    shade = np.interp(np.arange(SIZE[1]), [290, 350], [1.0, 0.45])[None, :, None]
    follower = PointFollower()
    tracks = np.array(
        [follower.follow((drawn(at(i)) * shade).astype(np.uint8), box_at(at(i))) for i in range(40)]
    )
    spots = [s for s in on_patch(tracks, at) if len(s) == 40 and np.hypot(*((s[0] - MIDDLE) / [85, 100])) < 1]
    assert len(spots) >= 30
    assert np.median([np.linalg.norm(s[-1] - s[0]) for s in spots]) < 0.5


@pytest.mark.parametrize("scale", [2, 3])
def test_large_pictures_are_made_smaller(scale):
    """The same scene filmed with more pixels: points in its pixels, as near to their spots."""
    at = path((30.0, 10.0), 10.0, 1.0)
    follower = PointFollower()
    frames = []
    for i in range(20):
        large = cv2.resize(drawn(at(i)), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        box = box_at(at(i)) * scale
        box[:2] += (scale - 1) / 2
        tracks = follower.follow(large, box)
        tracks[:, 1:] = (tracks[:, 1:] + 0.5) / scale - 0.5
        frames.append(tracks)
    spots = [
        s
        for s in on_patch(np.array(frames), at)
        if len(s) == 20 and np.hypot(*((s[0] - MIDDLE) / [85, 100])) < 1
    ]
    assert len(spots) >= 50
    assert np.median([np.linalg.norm(s[-1] - s[0]) for s in spots]) < 0.3
    spread = np.ptp([s[0] for s in spots], axis=0)
    assert (spread > 80).all(), "all over the head, not in a corner of it"


def test_a_head_that_comes_much_nearer_starts_again():
    follower = PointFollower()
    picture = drawn(movement((0.0, 0.0), 0.0, 1.0))
    near = cv2.resize(picture, None, fx=3, fy=3)
    first = follower.follow(picture, np.array([320, 240, 40], dtype=np.float32))
    second = follower.follow(near, np.array([960, 720, 240], dtype=np.float32))
    assert np.isfinite(second).any()
    assert not set(first[np.isfinite(first[:, 0]), 0]) & set(second[np.isfinite(second[:, 0]), 0])


def test_the_same_pictures_give_the_same_points():
    at = path((50.0, 0.0), 30.0, 1.1)
    one, other = followed(at, 25), followed(at, 25)
    assert one.tobytes() == other.tobytes()
