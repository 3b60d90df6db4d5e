"""The fitted numbers belong to the code that uses them, and to people who are in no other table."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from neckrom.kinematics.front.calibration import load_calibration
from neckrom.kinematics.front.parameters import TrackParameters
from neckrom.kinematics.front.truth_table import read_table

CALIBRATION = Path(__file__).parents[3] / "calibration"


@pytest.fixture(scope="module")
def script():
    """The script that fits the tables of solved angles."""
    spec = importlib.util.spec_from_file_location("fit_tracks", CALIBRATION / "fit_tracks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def people(table: str) -> set[str]:
    """The people of a table of landmarks."""
    return {clip.person for clip in read_table(CALIBRATION / table)}


def test_people_of_the_fit_are_not_those_of_the_report():
    fitted = people("landmarks_fit.npz") | people("landmarks_tracks.npz") | people("landmarks_wide.npz")
    assert not fitted & (people("heldout.npz") | people("heldout_wide.npz"))


def test_tables_of_solved_angles_come_from_people_whom_the_networks_never_saw(script):
    networks = people("landmarks_fit.npz")
    assert len(script.TABLES) == 2
    for table in script.TABLES:
        assert not networks & people(table)


def test_estimator_solves_as_the_code_says():
    assert asdict(load_calibration(CALIBRATION / "estimator.npz").tracks) == pytest.approx(
        asdict(TrackParameters())
    )


def drawn_rows(rng: np.random.Generator, factor: float) -> np.ndarray:
    """End ranges of forty people who are solved too large or too small, with a scatter of 2 deg."""
    solved = rng.uniform(30, 85, 80)
    truth = factor * solved + rng.normal(0, 2, 80)
    own, trunk = np.full(80, 1.0), np.full(80, 0.7)
    return np.column_stack([np.repeat(np.arange(40), 2), np.full(80, 4), truth, solved, own, solved, trunk])


def test_a_factor_is_drawn_to_one_and_other_heads_stay_in_doubt(script):
    factor, parts = script.fit_group(drawn_rows(np.random.default_rng(1), 0.92))
    assert 0.92 < factor < 0.96
    assert parts[4] >= script.OTHER_HEADS


def test_intervals_of_people_left_out_hold_their_truth(script):
    rows = drawn_rows(np.random.default_rng(2), 1.0)
    standing = script.left_out(rows)
    assert np.mean(standing < 1.96 * script.widening(standing)) >= 0.95
