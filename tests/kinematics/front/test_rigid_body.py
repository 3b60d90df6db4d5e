"""Head and thorax solved from points followed over them: known bodies, known turns, known pictures."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.bodies import HEAD, THORAX, Body, BodyTracks
from neckrom.kinematics.front.bundle_adjustment import _summed
from neckrom.kinematics.front.excursions import Solved, between_key_frames, excursions
from neckrom.kinematics.front.parameters import TrackParameters, pack, unpack
from neckrom.kinematics.front.rigid_body import Prior, _rotvec_to_angles, solve
from neckrom.kinematics.neck_angles import cardan_of, rotation_from_cardan
from neckrom.kinematics.rotations import BODY_FACING_CAMERA
from neckrom.types import N_TRACKS

NUMBERS = TrackParameters()
EYES = 0.14
"""Outer corners of the eyes on the plane at depth 1: a face about 0.65 m away."""
WRONG_DEG = 15.0
FLEXION, LATERAL, ROTATION = 0, 1, 2


def cardan(turned: np.ndarray | Rotation) -> np.ndarray:
    return cardan_of(turned if isinstance(turned, Rotation) else Rotation.from_matrix(turned))


def out_hold_back(peak_deg: np.ndarray, fps: float = 15.0) -> tuple[np.ndarray, np.ndarray]:
    """Rest for a second, out in 1.5 s, a hold of 1 s, back, rest: times and angles (N, 3)."""
    time_s = np.arange(int(6.0 * fps)) / fps
    share = np.interp(time_s, [1.0, 2.5, 3.5, 5.0], [0.0, 1.0, 1.0, 0.0])
    share = 0.5 - 0.5 * np.cos(np.pi * share)
    return time_s, share[:, None] * np.asarray(peak_deg, dtype=np.float64)


@dataclass(frozen=True)
class Scene:
    """A body that turns in front of a camera, and what a reading says of it that is wrong at end range."""

    time_s: np.ndarray
    truth_deg: np.ndarray
    seen: BodyTracks
    prior: Prior

    @property
    def hold(self) -> np.ndarray:
        return np.flatnonzero((self.time_s > 2.55) & (self.time_s < 3.45))

    def with_tracks(self, tracks: np.ndarray) -> Scene:
        return replace(self, seen=replace(self.seen, tracks=tracks))

    def solved(self) -> Solved:
        windows = excursions(self.prior.turned_deg, self.time_s, NUMBERS)
        return solve(self.seen, self.prior, windows, NUMBERS)

    def at_hold(self) -> np.ndarray:
        """Solved angles in the middle of the hold, (3,)."""
        turned, _ = between_key_frames(self.time_s, self.prior.turned_deg, self.solved())
        return np.median(cardan(turned)[self.hold], axis=0)


def on_surface(body: Body, count: int, random: np.random.Generator, rough: float) -> np.ndarray:
    """Points all over the body at the levels in use; ``rough`` is how far they lie off the ellipsoid."""
    found: list[np.ndarray] = []
    while len(found) < count:
        direction = random.normal(size=3)
        direction /= np.linalg.norm(direction)
        point = direction * (1 + rough * random.normal()) * body.shape.half_axes + body.shape.centre
        if body.lowest < point[1] < body.highest:
            found.append(point)
    return np.array(found)


def pictured(
    body: Body, rotations: np.ndarray, places: np.ndarray, points: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """What a follower sees: rows on the plane at depth 1; a point that comes back has a new number."""
    normals = (points - body.shape.centre) / body.shape.half_axes**2
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    tracks = np.full((len(rotations), N_TRACKS, 3), np.nan)
    numbers = np.full(len(points), -1)
    rows = np.full(len(points), -1)
    next_number = 0
    for i, (rotation, place) in enumerate(zip(rotations, places, strict=True)):
        at = points @ rotation.T + place
        sight = at / np.linalg.norm(at, axis=1)[:, None]
        visible = -(normals @ rotation.T * sight).sum(axis=1) > 0.3
        rows[~visible], numbers[~visible] = -1, -1
        free = list(np.setdiff1d(np.arange(N_TRACKS), rows))
        for k in random.permutation(np.flatnonzero(visible & (rows < 0)))[: len(free)]:
            rows[k], numbers[k], next_number = free.pop(0), next_number, next_number + 1
        shown = rows >= 0
        tracks[i, rows[shown], 0] = numbers[shown]
        tracks[i, rows[shown], 1:] = at[shown, :2] / at[shown, 2:]
    return tracks


def scene(
    peak_deg: tuple[float, float, float],
    *,
    body: Body = HEAD,
    fps: float = 15.0,
    rough: float = 0.05,
    noise: float = 0.0,
    neutral: np.ndarray = BODY_FACING_CAMERA,
    origin: tuple[float, float] = (0.05, -0.04),
    wrong_deg: float = WRONG_DEG,
    lean: tuple[float, float] = (0.0, 0.0),
    seed: int = 0,
) -> Scene:
    """A body that turns out and back.

    ``noise`` is in distances between the eyes. The reading is right near neutral and falls short by
    ``wrong_deg`` at the peak, and its standard deviation says so. The joint moves by ``lean``, on the
    plane at depth 1, while the body turns out.
    """
    random = np.random.default_rng(seed)
    time_s, truth = out_hold_back(np.array(peak_deg), fps)
    depth = 1.0 / EYES + body.behind_eyes
    lever = body.lever_back if peak_deg[FLEXION] < -10 else body.lever
    rotations = neutral @ rotation_from_cardan(truth).as_matrix()
    joint = np.array([*np.multiply(origin, depth), depth]) - neutral @ lever
    largest = np.abs(peak_deg).max()
    share = np.abs(truth).max(axis=1, keepdims=True) / largest
    moved = share * np.array([lean])
    places = joint + np.column_stack([moved * depth, np.zeros(len(moved))]) + rotations @ lever
    tracks = pictured(body, rotations, places, on_surface(body, 260, random, rough), random)
    tracks[..., 1:] += random.normal(0.0, noise * EYES, tracks[..., 1:].shape)
    reading = truth * (1 - share**3 * wrong_deg / largest)
    sd = 1.0 + WRONG_DEG * share**3 * np.ones((1, 3))
    seen = BodyTracks(body, time_s, tracks, np.array(origin), EYES, moved)
    return Scene(time_s, truth, seen, Prior(neutral, reading, sd))


def with_others(known: Scene, shown: np.ndarray) -> Scene:
    """The last rows of the tracks show something else than the body: (N, K, 2), NaN where it is not seen."""
    count = shown.shape[1]
    tracks = known.seen.tracks.copy()
    tracks[:, -count:, 0] = np.where(np.isfinite(shown[..., 0]), 10_000 + np.arange(count), np.nan)
    tracks[:, -count:, 1:] = shown
    return known.with_tracks(tracks)


END_RANGES = [
    pytest.param((0.0, 0.0, 85.0), id="rotation-right-85"),
    pytest.param((0.0, 0.0, -85.0), id="rotation-left-85"),
    pytest.param((60.0, 0.0, 0.0), id="flexion-60"),
    pytest.param((-70.0, 0.0, 0.0), id="extension-70"),
    pytest.param((0.0, 45.0, 0.0), id="side-bend-right-45"),
    pytest.param((20.0, 10.0, 60.0), id="all-three"),
]


class TestKnownHead:
    @pytest.mark.parametrize("peak_deg", END_RANGES)
    def test_a_reading_wrong_by_15_deg_is_put_right(self, peak_deg):
        np.testing.assert_allclose(scene(peak_deg, rough=0.0).at_hold(), peak_deg, atol=1.0)

    @pytest.mark.parametrize("peak_deg", END_RANGES)
    def test_a_rough_head_seen_with_noise(self, peak_deg):
        """Points 8 % off the ellipsoid, 1 px of noise where the eyes are 50 px apart: twice what is usual."""
        found = np.array([scene(peak_deg, rough=0.08, noise=0.02, seed=seed).at_hold() for seed in range(3)])
        np.testing.assert_allclose(found, np.tile(peak_deg, (3, 1)), atol=4.0)

    @pytest.mark.parametrize("wrong_deg", [-WRONG_DEG, 0.0])
    def test_a_reading_that_is_too_large_or_right(self, wrong_deg):
        found = scene((0.0, 0.0, 70.0), noise=0.01, wrong_deg=wrong_deg).at_hold()
        np.testing.assert_allclose(found, [0.0, 0.0, 70.0], atol=1.5)

    @pytest.mark.parametrize("fps", [10.0, 15.0, 24.0, 30.0])
    def test_any_frame_rate(self, fps):
        known = scene((0.0, 0.0, 85.0), fps=fps, noise=0.01)
        np.testing.assert_allclose(known.at_hold(), [0.0, 0.0, 85.0], atol=2.0)

    def test_a_camera_off_to_the_side_and_tilted(self):
        aim = Rotation.from_euler("yx", [15.0, -10.0], degrees=True).as_matrix()
        known = scene((60.0, 0.0, 0.0), neutral=aim @ BODY_FACING_CAMERA, origin=(-0.2, 0.15), noise=0.01)
        np.testing.assert_allclose(known.at_hold(), [60.0, 0.0, 0.0], atol=2.0)

    def test_every_frame_of_the_excursion_is_right_not_the_hold_alone(self):
        known = scene((0.0, 0.0, 85.0), noise=0.01)
        turned, sd = between_key_frames(known.time_s, known.prior.turned_deg, known.solved())
        inside = np.isfinite(sd).all(axis=1)
        assert inside.sum() > 0.5 * len(known.time_s)
        np.testing.assert_allclose(cardan(turned)[inside], known.truth_deg[inside], atol=3.0)

    def test_a_person_who_leans_aside(self):
        """The joint moves with the shoulders, and is told so: the head did not turn by it."""
        known = scene((0.0, 0.0, 70.0), noise=0.01, lean=(0.12, 0.03))
        np.testing.assert_allclose(known.at_hold(), [0.0, 0.0, 70.0], atol=2.0)

    def test_its_own_standard_deviation_covers_its_error(self):
        """Of a rough head and much noise; a table of measured residuals corrects it afterwards."""
        for seed in range(5):
            known = scene((0.0, 0.0, 80.0), rough=0.08, noise=NUMBERS.pixel_sd, seed=seed)
            solved = known.solved()
            at = known.hold[np.isfinite(solved.sd_deg[known.hold, 2])]
            sd = np.median(solved.sd_deg[at, 2])
            assert 0.5 < sd < 4.0
            assert abs(np.median(cardan(solved.turned[at])[:, 2]) - 80.0) < 3.0 * sd

    def test_fewer_points_are_believed_less(self):
        known = scene((0.0, 0.0, 80.0), noise=0.01)
        tracks = known.seen.tracks.copy()
        tracks[:, ::2] = np.nan
        all_points, half = known.solved().sd_deg, known.with_tracks(tracks).solved().sd_deg
        assert (np.nanmedian(half[known.hold], axis=0) > np.nanmedian(all_points[known.hold], axis=0)).all()

    def test_mirrored_input_gives_mirrored_output(self):
        neutral = Rotation.from_euler("y", 8, degrees=True).as_matrix() @ BODY_FACING_CAMERA
        known = scene((20.0, 10.0, 60.0), neutral=neutral, noise=0.02)
        flip = np.array([-1.0, 1.0])
        tracks = known.seen.tracks.copy()
        tracks[..., 1:] *= flip
        mirrored = replace(
            known,
            seen=replace(known.seen, tracks=tracks, origin=known.seen.origin * flip),
            prior=replace(
                known.prior,
                neutral=np.diag([-1.0, 1.0, 1.0]) @ neutral @ np.diag([1.0, 1.0, -1.0]),
                turned_deg=known.prior.turned_deg * [1.0, -1.0, -1.0],
            ),
        )
        one, other = known.solved(), mirrored.solved()
        keys = one.excursion >= 0
        assert keys.any()
        np.testing.assert_array_equal(one.excursion, other.excursion)
        np.testing.assert_allclose(
            cardan(other.turned[keys]), cardan(one.turned[keys]) * [1, -1, -1], atol=1e-6
        )
        np.testing.assert_allclose(other.sd_deg[keys], one.sd_deg[keys], atol=1e-6)


class TestThorax:
    def test_trunk_rotation_is_found(self):
        """What the tool needs of the thorax: a trunk that turns along, read too small by a third."""
        known = scene(
            (0.0, 0.0, 24.0), body=THORAX, wrong_deg=8.0, noise=0.01, rough=0.02, origin=(0.0, 0.25)
        )
        turned = known.truth_deg / 24.0 * 70.0  # the head turns further: its excursions are the windows
        sd = np.full((90, 3), NUMBERS.thorax_sd_deg)
        sd[:, ROTATION] += NUMBERS.thorax_turn_sd_deg * np.clip(turned[:, ROTATION] / 40.0, 0.0, 1.0)
        windows = excursions(turned, known.time_s, NUMBERS)
        solved = solve(known.seen, replace(known.prior, sd_deg=sd), windows, NUMBERS)
        found = np.median(cardan(solved.turned[known.hold[solved.excursion[known.hold] >= 0]]), axis=0)
        assert abs(found[ROTATION] - 24.0) < 4.0
        np.testing.assert_allclose(found[:2], 0.0, atol=1.5)


class TestWhatIsNotTheHead:
    @pytest.mark.parametrize("peak_deg", [(0.0, 0.0, 85.0), (60.0, 0.0, 0.0), (-70.0, 0.0, 0.0)])
    def test_the_background_is_left_out(self, peak_deg):
        """Spots behind the head, seen where it does not cover them."""
        known = scene(peak_deg, noise=0.01)
        random = np.random.default_rng(5)
        spots = known.seen.origin + random.uniform(-0.3, 0.3, (45, 2))
        middle = np.nanmean(known.seen.tracks[..., 1:], axis=1)[:, None]
        away = np.linalg.norm((spots - middle) / (EYES * np.array([0.9, 1.2])), axis=2)
        shown = np.where(away[..., None] > 0.9, spots, np.nan)
        assert 10 < np.isfinite(shown[..., 0]).sum(axis=1).mean() < 45
        np.testing.assert_allclose(with_others(known, shown).at_hold(), peak_deg, atol=2.0)

    def test_points_that_stand_still_over_the_head_are_left_out(self):
        """As reflections on glasses do."""
        known = scene((0.0, 0.0, 85.0), noise=0.01)
        spots = known.seen.origin + np.random.default_rng(5).uniform(-0.1, 0.1, (5, 2))
        among = with_others(known, np.tile(spots, (len(known.time_s), 1, 1)))
        np.testing.assert_allclose(among.at_hold(), [0.0, 0.0, 85.0], atol=2.5)

    def test_points_that_slide_are_left_out(self):
        """As shadows and a collar do: along with the head, but by a third of its way."""
        known = scene((60.0, 0.0, 0.0), noise=0.01)
        start = known.seen.origin + np.random.default_rng(6).uniform(-0.1, 0.1, (10, 2))
        way = np.sin(np.radians(known.truth_deg[:, :1])) * np.array([[0.0, 0.06]])
        among = with_others(known, start[None] + way[:, None])
        np.testing.assert_allclose(among.at_hold(), [60.0, 0.0, 0.0], atol=2.5)

    def test_a_point_whose_number_jumps_to_another_spot(self):
        known = scene((0.0, 0.0, 85.0), noise=0.01)
        tracks = known.seen.tracks.copy()
        half = len(tracks) // 2
        tracks[half:, :12, 1:] = tracks[half:, 12:24, 1:]
        np.testing.assert_allclose(known.with_tracks(tracks).at_hold(), [0.0, 0.0, 85.0], atol=2.0)


class TestTooLittle:
    def test_no_points(self):
        known = scene((0.0, 0.0, 85.0))
        solved = known.with_tracks(np.full_like(known.seen.tracks, np.nan)).solved()
        assert np.isnan(solved.turned).all()
        assert np.isnan(solved.sd_deg).all()
        assert (solved.excursion == -1).all()

    @pytest.mark.parametrize("rows", [1, 2])
    def test_too_few_points(self, rows):
        known = scene((0.0, 0.0, 85.0))
        tracks = known.seen.tracks.copy()
        tracks[:, rows:] = np.nan
        assert np.isnan(known.with_tracks(tracks).solved().turned).all()

    def test_points_seen_once_each(self):
        known = scene((0.0, 0.0, 85.0))
        tracks = known.seen.tracks.copy()
        tracks[..., 0] = np.arange(tracks[..., 0].size).reshape(tracks.shape[:2])
        tracks[np.isnan(tracks[..., 1])] = np.nan
        assert np.isnan(known.with_tracks(tracks).solved().turned).all()

    def test_background_alone_does_not_pass_for_a_head(self):
        """Nothing there moves: at most the reading comes back."""
        known = scene((0.0, 0.0, 85.0))
        random = np.random.default_rng(7)
        spots = known.seen.origin + random.uniform(-0.3, 0.3, (N_TRACKS, 2))
        alone = with_others(known, np.tile(spots, (len(known.time_s), 1, 1))).solved()
        at = known.hold[np.isfinite(alone.sd_deg[known.hold, 2])]
        turned = cardan(alone.turned[at])[:, 2] if len(at) else np.array([])
        assert (turned < 85.0 - WRONG_DEG + 5.0).all()


class TestExcursions:
    def test_from_rest_over_the_end_and_back_to_rest(self):
        time_s, turned = out_hold_back(np.array([0.0, 0.0, 60.0]))
        (window,) = excursions(turned, time_s, NUMBERS)
        assert turned[window[0], 2] <= NUMBERS.rest_deg
        assert turned[window[-1], 2] <= NUMBERS.rest_deg
        assert turned[window, 2].max() == turned[:, 2].max()
        assert (np.diff(window) == 1).all()

    def test_two_movements_are_two_excursions(self):
        time_s, turned = out_hold_back(np.array([0.0, 0.0, 60.0]))
        both = np.vstack([turned, -turned])
        first, second = excursions(both, np.concatenate([time_s, time_s + 6.0]), NUMBERS)
        assert first[-1] < second[0]

    def test_a_small_movement_is_none(self):
        time_s, turned = out_hold_back(np.array([0.0, NUMBERS.excursion_deg - 1.0, 0.0]))
        assert excursions(turned, time_s, NUMBERS) == []

    @pytest.mark.parametrize("fps", [20.0, 25.0, 30.0, 60.0])
    def test_key_frames_are_spaced_in_time(self, fps):
        time_s, turned = out_hold_back(np.array([0.0, 0.0, 60.0]), fps)
        (window,) = excursions(turned, time_s, NUMBERS)
        steps = np.diff(time_s[window])
        assert steps.max() <= NUMBERS.spacing_s + 1 / fps + 1e-9
        assert abs(steps.mean() - NUMBERS.spacing_s) < 0.2 * NUMBERS.spacing_s

    def test_only_frames_with_points_are_key_frames(self):
        time_s, turned = out_hold_back(np.array([0.0, 0.0, 60.0]), 30.0)
        followed = np.arange(len(time_s)) % 2 == 1
        (window,) = excursions(turned, time_s, NUMBERS, followed)
        assert followed[window].all()
        assert excursions(turned, time_s, NUMBERS, np.zeros(len(time_s), dtype=np.bool_)) == []

    def test_a_long_hold_has_no_more_key_frames(self):
        time_s = np.arange(60 * 15) / 15.0
        turned = np.zeros((len(time_s), 3))
        turned[15:-15, 0] = 50.0
        (window,) = excursions(turned, time_s, NUMBERS)
        assert 90 <= len(window) <= 112

    def test_fewer_than_five_key_frames_are_left_alone(self):
        turned = np.zeros((20, 3))
        turned[10:12, 2] = 40.0
        assert excursions(turned, np.arange(20) / 15.0, NUMBERS) == []


class TestBetweenKeyFrames:
    def solved(self, keys: list[int], off_deg: list[float], number: list[int], n: int = 40) -> Solved:
        found = Solved(np.full((n, 3, 3), np.nan), np.full((n, 3), np.nan), np.full(n, -1))
        angles = np.zeros((len(keys), 3))
        angles[:, 2] = off_deg
        if keys:
            found.turned[keys] = rotation_from_cardan(angles).as_matrix()
        found.sd_deg[keys] = np.arange(1.0, len(keys) + 1)[:, None]
        found.excursion[keys] = number
        return found

    def test_the_correction_runs_evenly_from_key_to_key(self):
        reading = np.zeros((40, 3))
        reading[:, 2] = np.linspace(0, 39, 40)
        keys = [10, 20, 30]
        found = self.solved(keys, [reading[10, 2] + 2, reading[20, 2] + 6, reading[30, 2] + 2], [0, 0, 0])
        turned, sd = between_key_frames(np.arange(40) / 10.0, reading, found)
        added = cardan(turned)[:, 2] - reading[:, 2]
        expected = np.interp(np.arange(40), keys, [2, 6, 2])
        np.testing.assert_allclose(added[10:30], expected[10:30], atol=1e-6)
        np.testing.assert_allclose(
            sd[10:30], np.interp(np.arange(10, 30), keys, [1, 2, 3])[:, None] * [1, 1, 1]
        )
        np.testing.assert_allclose(added[[*range(10), *range(31, 40)]], 0.0, atol=1e-9)
        assert np.isnan(sd[[*range(10), *range(31, 40)]]).all()

    def test_nothing_runs_over_from_one_excursion_to_the_next(self):
        reading = np.zeros((40, 3))
        found = self.solved([5, 10, 25, 30], [9.0, 9.0, 9.0, 9.0], [0, 0, 1, 1])
        turned, sd = between_key_frames(np.arange(40) / 10.0, reading, found)
        np.testing.assert_allclose(cardan(turned)[[7, 27], 2], 9.0)
        np.testing.assert_allclose(cardan(turned)[12:25], 0.0, atol=1e-9)
        assert np.isnan(sd[12:25]).all()

    def test_nothing_solved_leaves_the_reading(self):
        reading = np.random.default_rng(0).uniform(-60, 60, (40, 3))
        turned, sd = between_key_frames(np.arange(40) / 10.0, reading, self.solved([], [], []))
        np.testing.assert_allclose(cardan(turned), reading, atol=1e-9)
        assert np.isnan(sd).all()


# ---------------------------------------------------------------- parts


degrees = st.floats(-70.0, 70.0)


@settings(max_examples=60, deadline=None)
@given(st.tuples(degrees, degrees, degrees), st.tuples(*[st.floats(-1e-5, 1e-5)] * 3), st.floats(-30.0, 30.0))
def test_small_turns_become_small_changes_of_the_angles(angles_deg, small, aim_deg):
    neutral = Rotation.from_euler("yx", [aim_deg, aim_deg / 3], degrees=True).as_matrix() @ BODY_FACING_CAMERA
    turned = np.array([angles_deg])
    camera = neutral @ rotation_from_cardan(turned).as_matrix()
    after = neutral.T @ Rotation.from_rotvec(small).as_matrix() @ camera
    change = np.radians(cardan(after)[0] - angles_deg)
    np.testing.assert_allclose(_rotvec_to_angles(turned, neutral)[0] @ small, change, atol=2e-9)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_sums_of_groups(data):
    groups = data.draw(st.integers(1, 6))
    group = data.draw(hnp.arrays(np.int64, st.integers(1, 20), elements=st.integers(0, groups - 1)))
    values = data.draw(hnp.arrays(np.float64, (len(group), 2, 3), elements=st.integers(-9, 9)))
    expected = np.zeros((groups, 2, 3))
    np.add.at(expected, group, values)
    np.testing.assert_array_equal(_summed(group, values, groups), expected)


def test_the_numbers_survive_the_file():
    changed = replace(NUMBERS, pixel_sd=0.05, rest_deg=9.5)
    assert unpack(TrackParameters, pack(changed)) == changed
