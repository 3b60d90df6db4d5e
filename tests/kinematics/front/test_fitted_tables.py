"""The fitted numbers belong to the code that uses them, and the script that fits them reads its own tables."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path

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


def test_end_ranges_were_solved_as_today(script):
    rows = script.read_rows(script.ROWS)
    assert len(rows) > 500, "measure the tables again: fit_tracks.py --measure"
    assert {row[1] for row in rows} == set(range(6))


def test_people_of_the_tables_are_not_the_held_out_ones(script):
    held_out = {clip.person for clip in read_table(CALIBRATION / "heldout.npz")}
    kept = {row[0] for row in script.read_rows(script.ROWS)}
    solved_anew = {clip.person for clip in read_table(CALIBRATION / "landmarks_tracks.npz")}
    networks = {clip.person for clip in read_table(CALIBRATION / "landmarks_fit.npz")}
    assert not held_out & (kept | solved_anew | networks)
    assert not networks & (kept | solved_anew)
    assert not kept & solved_anew


def test_estimator_solves_as_the_code_says():
    assert asdict(load_calibration(CALIBRATION / "estimator.npz").tracks) == pytest.approx(
        asdict(TrackParameters())
    )


def test_rows_are_read_as_written(script, tmp_path):
    rows = [("b", 5, 80.0, 82.5, 1.25, 70.0, 0.5), ("a", 0, 50.0, 51.0, 1.0, 48.0, 0.25)]
    script.write_rows(tmp_path / "rows.csv", rows)
    assert script.read_rows(tmp_path / "rows.csv") == sorted(rows)


def test_rows_solved_in_another_way_are_left_out_and_said(script, tmp_path, capsys):
    script.write_rows(tmp_path / "rows.csv", [("a", 0, 50.0, 51.0, 1.0, 48.0, 0.25)])
    text = (tmp_path / "rows.csv").read_text()
    (tmp_path / "rows.csv").write_text(text.replace("pixel_sd=", "pixel_sd=9"))
    assert script.read_rows(tmp_path / "rows.csv") == []
    assert "solved in another way" in capsys.readouterr().out


def test_no_rows_without_a_file(script, tmp_path):
    assert script.read_rows(tmp_path / "none.csv") == []
