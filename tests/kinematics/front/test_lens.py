"""What perspective says of a lens that nobody told, and what not knowing it does to angles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.kinematics.camera import ASSUMED_SD, STATED_SD, hfov_interval95_deg, pinhole
from neckrom.kinematics.front.calibration import shipped_calibration
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.front.lens import (
    EYES_M,
    LIMITS,
    LensModel,
    at_distance,
    line_of_sight_sd_deg,
    pack_lens,
    unpack_lens,
    with_inverse_focal,
)
from neckrom.kinematics.neck_angles import neck_angle_series
from tests.kinematics.front.people import heldout

NOTHING = np.full(3, np.nan)


def model(*cues: tuple[float, float, float]) -> LensModel:
    """A lens model with one still feature."""
    return LensModel(np.ones(1), np.zeros(1), np.ones(1), np.array(cues))


KNOWS = model((0.0, 1.0, 0.01), (0.0, -1.0, 0.02), (0.0, 1.0, 1.0), (0.0, -1.0, 1.0))
BLIND = model((0.0, 1.0, 50.0), (0.0, 1.0, 50.0), (0.0, 1.0, 50.0), (0.0, 1.0, 50.0))


def test_a_face_that_says_nothing_leaves_the_lens_near_the_assumed_one_and_unsure():
    share, sd = BLIND.share_from(np.array([0.03]), NOTHING, 0.13)
    assert 0.9 < share < 1.1
    assert 0.2 < sd < 0.35


def test_cues_that_agree_move_the_lens_and_narrow_it():
    alone, alone_sd = KNOWS.share_from(np.array([0.05]), NOTHING, 0.13)
    both, both_sd = KNOWS.share_from(np.array([0.05]), np.array([-0.05, np.nan, np.nan]), 0.13)
    assert 0.3 < both <= alone + 0.02 < 0.6
    assert both_sd < alone_sd < BLIND.share_from(np.array([0.05]), NOTHING, 0.13)[1]


@given(st.floats(0.02, 0.25), st.floats(-0.3, 0.3), st.floats(0.05, 0.2))
def test_no_share_beyond_the_limits(seen, growth, expected):
    share, sd = KNOWS.share_from(np.array([seen]), np.array([growth, np.nan, np.nan]), expected)
    assert LIMITS[0] <= share <= LIMITS[1]
    assert 0 < sd < LIMITS[1] - LIMITS[0]


def test_one_wild_cue_does_not_carry_the_others_away():
    calm, _ = KNOWS.share_from(np.array([0.12]), NOTHING, 0.13)
    wild, _ = KNOWS.share_from(np.array([0.12]), np.array([3.0, np.nan, np.nan]), 0.13)
    assert abs(wild - calm) < 0.25


def test_half_the_inverse_focal_length_is_twice_the_focal_length():
    camera = pinhole(640, 480)
    found = with_inverse_focal(camera, 0.5, 0.1)
    assert found.fx == pytest.approx(2 * camera.fx)
    assert found.inverse_focal_sd == pytest.approx(0.2)
    assert found.assumed
    assert "estimated" in found.origin


def test_no_lens_beyond_what_there_is():
    camera = pinhole(640, 480)
    assert with_inverse_focal(camera, -3.0, 0.1).fx == pytest.approx(camera.fx / LIMITS[0])
    assert with_inverse_focal(camera, 9.0, 0.1).fx == pytest.approx(camera.fx / LIMITS[1])


@given(st.floats(0.3, 5.0), st.floats(20.0, 120.0))
def test_a_distance_that_was_told_gives_the_focal_length(distance_m, eyes_px):
    camera = pinhole(640, 480)
    found = at_distance(camera, eyes_px / camera.fx, distance_m)
    assert found.fx == pytest.approx(eyes_px * distance_m / EYES_M)
    assert not found.assumed


def test_what_is_stated_is_surer_than_what_is_assumed_and_both_say_how_sure():
    assert pinhole(640, 480).inverse_focal_sd == ASSUMED_SD
    assert pinhole(640, 480, 60).inverse_focal_sd == STATED_SD < ASSUMED_SD
    low, high = hfov_interval95_deg(pinhole(640, 480))
    assert low < 35
    assert high > 80
    assert hfov_interval95_deg(replace(pinhole(640, 480), inverse_focal_sd=0.0)) is None


def test_the_doubt_of_an_angle_is_how_far_its_line_of_sight_turned():
    moved = np.array([[0.0, 0.0], [0.0, 0.14], [0.12, 0.0], [np.nan, np.nan]])
    sd = line_of_sight_sd_deg(moved, 0.25)
    assert sd[0] == pytest.approx(0)
    assert np.abs(sd[1]) == pytest.approx([0.25 * 7.97, 0, 0], abs=0.01)
    assert np.abs(sd[2]) == pytest.approx([0, 0, 0.25 * 6.84], abs=0.01)
    assert sd[3] == pytest.approx(0), "a head that is not seen has its own doubt"


def test_the_model_survives_the_file():
    read = unpack_lens(pack_lens(shipped_calibration().lens))
    assert read.cues == pytest.approx(shipped_calibration().lens.cues, rel=1e-6)
    assert read.weights == pytest.approx(shipped_calibration().lens.weights, rel=1e-6)


def test_a_lens_that_was_told_is_not_estimated():
    clip = heldout()[0]
    camera = clip.camera(known=True)
    assert FrontEstimator().camera_of(clip.landmarks(), camera, clip.at_rest) == camera


def test_a_longer_lens_makes_larger_angles_and_an_unknown_one_wider_intervals():
    clip = heldout()[0]
    estimator, landmarks = FrontEstimator(), clip.landmarks()
    usual = pinhole(clip.width, clip.height)
    peaks, doubts = [], []
    for camera in (
        replace(usual, inverse_focal_sd=0.0),
        usual,
        replace(usual, fx=3 * usual.fx, fy=3 * usual.fy),
    ):
        reference = estimator.fit_reference(landmarks, camera, clip.at_rest)
        oriented = estimator.smooth(estimator.observe(landmarks, reference), reference)
        angles = neck_angle_series(oriented, reference.neutral_thorax)
        end = np.nanargmax(np.abs(clip.neck_deg[:, 2]))
        peaks.append(abs(angles.neck_deg[end, 2]))
        doubts.append(angles.sd_deg[end, 2])
    assert peaks[1] == pytest.approx(peaks[0])
    assert doubts[1] > doubts[0]
    assert peaks[2] > peaks[0] + 0.3
