from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import OutputError
from neckrom.report.tables import ANGLE_COLUMNS, write_angles_csv, write_summary_csv
from neckrom.types import Movement
from tests.report.conftest import case_of
from tests.report.report_cases import renamed

PUBLISHED = [
    *("time_s", "flexion_deg", "lateral_deg", "rotation_deg"),
    *("flexion_sd_deg", "lateral_sd_deg", "rotation_sd_deg"),
    *("trunk_flexion_deg", "trunk_lateral_deg", "trunk_rotation_deg"),
    *("movement", "source", "quality"),
]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_angles_have_the_published_columns_and_give_the_series_back(tmp_path):
    case = case_of("deficit_three_trials")
    write_angles_csv(tmp_path / "angles.csv", case.angles, case.rom)
    rows = rows_of(tmp_path / "angles.csv")
    assert list(rows[0]) == PUBLISHED == list(ANGLE_COLUMNS)
    assert len(rows) == len(case.angles)
    for column, series in (
        ("neck", case.angles.neck_deg),
        ("sd", case.angles.sd_deg),
        ("trunk", case.angles.trunk_deg),
    ):
        names = {
            "neck": ["flexion_deg", "lateral_deg", "rotation_deg"],
            "sd": ["flexion_sd_deg", "lateral_sd_deg", "rotation_sd_deg"],
            "trunk": ["trunk_flexion_deg", "trunk_lateral_deg", "trunk_rotation_deg"],
        }[column]
        read = np.array([[float(row[name]) for name in names] for row in rows])
        np.testing.assert_allclose(read, series, atol=6e-4)
    np.testing.assert_allclose([float(row["time_s"]) for row in rows], case.angles.time_s, atol=1e-6)


def test_what_was_not_measured_is_an_empty_cell(tmp_path):
    case = case_of("lower_bounds")
    write_angles_csv(tmp_path / "angles.csv", case.angles, case.rom)
    rows = rows_of(tmp_path / "angles.csv")
    empty = np.array([row["rotation_deg"] == "" for row in rows])
    np.testing.assert_array_equal(empty, np.isnan(case.angles.neck_deg[:, 2]))
    assert empty.any()
    assert {row["source"] for row, lost in zip(rows, empty, strict=True) if lost} == {"none"}
    text = (tmp_path / "angles.csv").read_text()
    assert "nan" not in text.lower()
    assert "-0.000" not in text


def test_frames_know_what_they_belong_to(tmp_path):
    case = case_of("deficit")
    write_angles_csv(tmp_path / "angles.csv", case.angles, case.rom)
    rows = rows_of(tmp_path / "angles.csv")
    assert {row["movement"] for row in rows} == {"", "neutral", *Movement}
    for trial in case.rom.trials:
        row = rows[int(np.argmin(np.abs(case.angles.time_s - trial.peak_s)))]
        assert row["movement"] == trial.movement.value
    assert rows[int(np.searchsorted(case.angles.time_s, 1.0))]["movement"] == "neutral"


def test_summary_has_a_row_for_each_trial(tmp_path):
    case = case_of("deficit_three_trials")
    write_summary_csv(tmp_path / "summary.csv", case.result)
    rows = rows_of(tmp_path / "summary.csv")
    assert len(rows) == 18
    left = [row for row in rows if row["movement"] == "rotation_left"]
    assert [row["trial"] for row in left] == ["1", "2", "3"]
    assert max(float(row["peak_deg"]) for row in left) == pytest.approx(
        case.result.of(Movement.ROTATION_LEFT).best_deg, abs=0.01
    )
    assert {row["coupling_rotation_deg"] for row in left} == {""}
    assert all(row["coupling_flexion_deg"] and row["coupling_lateral_deg"] for row in left)
    assert float(left[1]["percent_of_reference"]) == pytest.approx(39.2, abs=0.1)


def test_summary_of_bounds_and_unknowns(tmp_path):
    write_summary_csv(tmp_path / "bounds.csv", case_of("lower_bounds").result)
    flexion = rows_of(tmp_path / "bounds.csv")[0]
    assert flexion["lower_bound"] == "true"
    assert flexion["interval95_low_deg"] != ""
    assert flexion["interval95_high_deg"] == ""
    write_summary_csv(tmp_path / "plain.csv", case_of("deficit").result)
    assert {row["sd_deg"] + row["interval95_low_deg"] for row in rows_of(tmp_path / "plain.csv")} == {""}
    write_summary_csv(tmp_path / "none.csv", case_of("nothing_found").result)
    assert rows_of(tmp_path / "none.csv") == []


def test_a_name_is_no_formula(tmp_path):
    case = renamed(case_of("deficit"), '=HYPERLINK("http://x")')
    write_summary_csv(tmp_path / "summary.csv", case.result)
    assert rows_of(tmp_path / "summary.csv")[0]["clip"].startswith("'=")


def test_series_of_different_length_are_refused(tmp_path):
    case = case_of("deficit")
    broken = replace(case.angles, quality=case.angles.quality[:-1])
    with pytest.raises(ValueError, match="zip"):
        write_angles_csv(tmp_path / "angles.csv", broken, case.rom)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    case = case_of("deficit")
    with pytest.raises(OutputError, match=r"missing.*--out"):
        write_summary_csv(tmp_path / "missing" / "summary.csv", case.result)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_a_full_disk_leaves_nothing_behind(tmp_path):
    case = case_of("deficit")
    (tmp_path / ".summary.part.csv").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="No space left"):
        write_summary_csv(tmp_path / "summary.csv", case.result)
    assert list(tmp_path.iterdir()) == []
