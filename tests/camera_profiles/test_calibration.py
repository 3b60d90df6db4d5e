"""Calibrating drawn cameras: what comes back, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import cv2
import numpy as np
import pytest

from neckrom.camera_profiles.board import BOARD, Board
from neckrom.camera_profiles.calibration import Calibration, calibrate
from neckrom.camera_profiles.views import MOST_VIEWS, BoardFinder, View, chosen_views, find_views
from neckrom.errors import CalibrationError
from neckrom.kinematics.camera import distorted
from neckrom.types import CameraModel
from tests.camera_profiles.scenes import Held, aimed, camera, good_poses, picture, pictures

Pictures = list[np.ndarray]

WEBCAM = camera(960, 540, 70.4, (-0.12, 0.05, 0.001, -0.0008), (9, -6))
SMALL = camera(960, 540, 66.0, (-0.1, 0.04, 0.0, 0.0))
CAMERAS = {
    "webcam": WEBCAM,
    "vga-straight": camera(640, 480, 58),
    "phone-upright": camera(540, 960, 40, (0.05, -0.08, 0, 0)),
    "wide": camera(960, 540, 82, (-0.3, 0.11, 0.0005, 0.0005), (4, -6)),
}


@cache
def well_held(camera: CameraModel = SMALL) -> tuple[np.ndarray, ...]:
    return tuple(pictures(camera, good_poses(camera)))


@cache
def calibrated(camera: CameraModel = SMALL) -> Calibration:
    """What comes back of a camera whose board was held well."""
    return calibrate(well_held(camera))


def worst_curve_error_px(found: CameraModel, truth: CameraModel) -> float:
    """Largest difference within the picture between what the two lenses do to a straight picture."""
    grid = np.stack(
        np.meshgrid(np.linspace(0, truth.width, 41), np.linspace(0, truth.height, 41)), axis=-1
    ).reshape(-1, 2)
    centred = grid + np.array([found.cx - truth.cx, found.cy - truth.cy])
    shown = distorted(grid, truth)
    inside = ((shown >= 0) & (shown <= [truth.width, truth.height])).all(axis=1)
    difference = (shown - grid) - (distorted(centred, found) - centred)
    return float(np.linalg.norm(difference[inside], axis=1).max())


# --------------------------------------------------------------- what comes back


@pytest.mark.parametrize("truth", CAMERAS.values(), ids=CAMERAS)
def test_drawn_cameras_come_back(truth):
    found = calibrated(truth)
    assert found.camera.hfov_deg == pytest.approx(truth.hfov_deg, abs=0.3)
    assert abs(found.camera.hfov_deg - truth.hfov_deg) < 3 * max(found.hfov_error_deg, 0.05)
    assert worst_curve_error_px(found.camera, truth) < 1
    assert (found.camera.cx, found.camera.cy) == pytest.approx((truth.cx, truth.cy), abs=2)
    assert found.rms_px < 0.25
    assert found.hfov_error_deg < 0.5
    assert found.covered >= 0.45
    assert not found.mirrored
    assert 30 < found.tilt_deg < 60


def test_a_fifth_coefficient_is_used_only_where_it_helps():
    bulging = camera(960, 540, 90, (-0.25, 0.09, 0, 0, -0.012))
    found = calibrate(well_held(bulging)).camera
    assert len(found.distortion) == 5
    assert worst_curve_error_px(found, bulging) < 1
    plain = calibrated().camera
    assert len(plain.distortion) == 4
    assert plain.fx == plain.fy


def test_stretched_pixels_are_noticed():
    stretched = replace(SMALL, fy=SMALL.fy * 1.04)
    found = calibrate(well_held(stretched)).camera
    assert found.fy / found.fx == pytest.approx(1.04, abs=0.003)


def test_mirrored_pictures_are_noticed_and_read_as_the_camera_saw_them():
    truth = camera(960, 540, 66.0, (-0.1, 0.04, 0.0, 0.0), (12, 0))
    found = calibrate([picture[:, ::-1] for picture in well_held(truth)])
    assert found.mirrored
    assert found.camera.cx == pytest.approx(truth.cx, abs=2)
    assert worst_curve_error_px(found.camera, truth) < 1


def test_size_of_the_print_changes_distances_only():
    one = calibrated()
    double = calibrate(well_held(), Board(square_mm=2 * BOARD.square_mm))
    assert double.camera.fx == pytest.approx(one.camera.fx, rel=1e-3)
    assert double.distance_mm == pytest.approx([2 * one.distance_mm[0], 2 * one.distance_mm[1]], rel=1e-2)
    nearest = min(np.linalg.norm(held.middle_mm) for held in good_poses(SMALL))
    assert one.distance_mm[0] == pytest.approx(nearest, rel=0.02)


def test_blurred_pictures_among_good_ones_are_left_out():
    moving = [picture(SMALL, held, blur_px=2.8, seed=90 + n) for n, held in enumerate(good_poses(SMALL)[:8])]
    found = calibrate([*moving, *well_held()])
    assert found.camera.hfov_deg == pytest.approx(SMALL.hfov_deg, abs=0.3)
    assert found.views <= len(well_held())


def test_views_are_chosen_to_differ():
    """Of many pictures of few positions, each position is taken once."""
    shots = [view for held in good_poses(SMALL)[:5] for view in pictures(SMALL, [held] * 4)]
    sightings = find_views(shots, BOARD)
    assert len(sightings.views) == 20
    assert len(chosen_views(sightings, BOARD)) == 5
    many = replace(sightings, views=find_views(well_held(), BOARD).views * 3)
    assert len(chosen_views(many, BOARD)) == len(many.views) // 3 <= MOST_VIEWS


@pytest.mark.parametrize("blur_px", [0.8, 1.5, 2.2])
def test_blur_is_measured(blur_px):
    held = aimed(WEBCAM, 0, 0, 450, (10, 20, 15))
    view = BoardFinder(BOARD).find(picture(WEBCAM, held, blur_px=blur_px))
    assert isinstance(view, View)
    drawn = np.hypot(blur_px, 0.6)  # the drawing itself is not perfectly sharp
    assert view.blur_px == pytest.approx(drawn, rel=0.3)


def test_blur_along_one_direction_counts():
    held = aimed(WEBCAM, 0, 0, 350, (0, 0, 0))
    sharp = picture(WEBCAM, held)
    smeared = cv2.blur(sharp, (9, 1))
    views = [BoardFinder(BOARD).find(shown) for shown in (sharp, smeared)]
    assert all(isinstance(view, View) for view in views)
    assert views[1].blur_px > 2 * views[0].blur_px


def test_profile_of_a_calibration_says_the_same():
    found = calibrated()
    profile = found.profile("desk", datetime(2026, 3, 1, tzinfo=UTC))
    assert profile.camera().fx == pytest.approx(found.camera.fx, abs=1e-3)
    assert profile.camera().distortion == pytest.approx(found.camera.distortion, abs=1e-6)
    assert (profile.width, profile.height, profile.views) == (960, 540, found.views)
    assert not profile.nominal


# ---------------------------------------------------------------- what is refused


def _held(change: Callable[[Held], Held]) -> Pictures:
    return pictures(SMALL, [change(held) for held in good_poses(SMALL)])


def _closer_to_the_middle(held: Held) -> Held:
    x, y, z = held.middle_mm
    return replace(held, middle_mm=(0.3 * x, 0.3 * y, z))


def _to_the_left(held: Held) -> Held:
    x, y, z = held.middle_mm
    return replace(held, middle_mm=(-abs(x), y, z))


def _zooming() -> Pictures:
    return [
        picture(camera(960, 540, 66 + 12 * np.sin(number)), held, seed=number)
        for number, held in enumerate(good_poses(SMALL))
    ]


def _bulging_board() -> Pictures:
    """As a board that is glued to something round looks: pulled out of shape in the middle."""
    y, x = np.mgrid[0:540, 0:960].astype(np.float32)
    bent = []
    for number, shown in enumerate(well_held()):
        wave = 7 * np.sin(x / 90 + number) * np.sin(y / 70 + 2 * number)
        bent.append(cv2.remap(shown, x + wave.astype(np.float32), y, cv2.INTER_LINEAR))
    return bent


def _upright(held: Held) -> Held:
    return replace(held, turns_deg=(0, 0, held.turns_deg[2]))


def _grey(count: int) -> Pictures:
    return [np.full((540, 960, 3), 120, dtype=np.uint8)] * count


BAD: dict[str, tuple[Callable[[], Pictures], str]] = {
    "too few views": (lambda: list(well_held()[:8]), r"too few views: 10 .* and 8 came out of 8 pictures"),
    "board held still": (
        lambda: pictures(SMALL, [good_poses(SMALL)[1]] * 14),
        r"and 1 came out of 14 pictures[\s\S]*hardly moved",
    ),
    "never tilted": (lambda: _held(_upright), r"never tilted \(0 views"),
    "only in the middle": (
        lambda: _held(_closer_to_the_middle),
        r"never near the left, right.* edge[\s\S]*seen in \d\d % of the picture only",
    ),
    "only on the left": (lambda: _held(_to_the_left), r"never near the right edge"),
    "blurred": (
        lambda: [cv2.blur(shown, (8, 8)) for shown in well_held(WEBCAM)],
        r"too few views[\s\S]*blurred",
    ),
    "zooming camera": (_zooming, r"parts of the pictures disagree|do not agree with the others"),
    "board that is not flat": (_bulging_board, r"px off where any lens would show them"),
    "no board": (lambda: _grey(12), r"no marker of the board was seen at all"),
}


@pytest.mark.parametrize(("shots", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_trusted_is_refused(shots, words):
    with pytest.raises(CalibrationError, match=words) as caught:
        calibrate(shots())
    assert caught.value.problems
    assert all(problem in str(caught.value) for problem in caught.value.problems)


def test_sides_are_named_as_the_stored_picture_has_them():
    """The user of a mirrored camera looks at mirrored pictures."""
    with pytest.raises(CalibrationError, match="near the left edge"):
        calibrate([shown[:, ::-1] for shown in _held(_to_the_left)])


def test_another_board_is_no_board():
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_6X6_250)
    other = cv2.aruco.CharucoBoard((6, 8), 28, 21, dictionary).generateImage((480, 640), marginSize=20)
    shown = np.repeat(other[..., None], 3, axis=2)
    with pytest.raises(CalibrationError, match="is it the one that neckrom calibrate board prints"):
        calibrate([shown] * 12)
