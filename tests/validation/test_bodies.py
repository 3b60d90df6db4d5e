"""Runs and postures against their truth: what is compared, what is told of it, what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from neckrom.errors import ConfigurationError, InputError
from neckrom.service.posture import PostureOptions, measure_posture_quietly
from neckrom.service.running import RunOptions, measured_run, read_run
from neckrom.validation.bodies import (
    body_kind,
    compare_body,
    find_body_cases,
    find_not_validated,
    rows_csv,
    summarise,
    validate_bodies,
)
from neckrom.validation.report import find_cases
from tests.landmarks.bodies import SAMPLES

SAME_DEG, SAME_MS, SAME_PERCENT = 1.0, 4.0, 0.3
"""Between machines landmarks differ by hundredths of a pixel: far below a degree and a quarter of a frame."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The sample runs as landmarks, so that no model has to run."""
    folder = tmp_path_factory.mktemp("bodies")
    for name in ("run_side", "run_back"):
        for suffix in (".csv", ".json", ".landmarks.parquet"):
            shutil.copy(SAMPLES / f"{name}{suffix}", folder)
    return folder


def measure(case):
    if case.kind == "posture":
        return measure_posture_quietly(case.recording, case.recording.parent, PostureOptions())
    into = case.recording.parent / f"{case.name}.out"
    into.mkdir(exist_ok=True)
    options = RunOptions()
    return measured_run(read_run(case.recording, into, options, lambda *_: None), options).result


@pytest.fixture(scope="module")
def rows(folder) -> dict[str, list]:
    found = find_body_cases(folder)
    return {case.name: list(compare_body(case, measure(case))) for case in found}


def of(rows, name, quantity):
    return [row for row in rows[name] if row.quantity == quantity]


def test_the_cases_are_found_by_the_kind_in_the_json(folder):
    assert [(case.name, case.kind) for case in find_body_cases(folder)] == [
        ("run_back", "run"),
        ("run_side", "run"),
    ]
    assert body_kind(SAMPLES / "standing.json") == "posture"
    assert body_kind(SAMPLES.parent / "chidi_deficit.json") is None
    assert body_kind(SAMPLES / "run_side.csv") is None
    assert find_body_cases(SAMPLES.parent / "nowhere") == ()
    assert find_not_validated(SAMPLES) == ("arms", "upper_back")
    assert find_not_validated(SAMPLES.parent / "nowhere") == ()


def test_whole_bodies_are_no_cases_of_the_neck(folder):
    with pytest.raises(InputError, match="Nothing to validate"):
        find_cases(folder)
    cases, notes = find_cases(SAMPLES.parent)
    assert not [case for case in cases if "bodies" in case.name]
    assert any("run_side" in note for note in notes)


def test_the_sample_run_is_as_right_as_the_bars_ask(rows):
    contacts = [row.error for row in of(rows, "run_side", "contact_near")]
    assert len(contacts) >= 6
    assert sum(map(abs, contacts)) / len(contacts) <= 10
    strikes = [row.error for row in of(rows, "run_side", "strike_near")]
    assert (sum(error**2 for error in strikes) / len(strikes)) ** 0.5 <= 2.9
    for name in ("run_side", "run_back"):
        (cadence,) = of(rows, name, "cadence")
        assert cadence.error == pytest.approx(0, abs=1)
    assert all(row.in_interval for row in of(rows, "run_side", "strike_far"))


def test_an_error_is_measured_less_true_and_the_interval_is_asked(rows):
    for row in rows["run_side"]:
        if row.measured is not None:
            assert row.error == pytest.approx(row.measured - row.truth, abs=1e-4)
        if row.interval95 is not None and row.measured is not None:
            assert row.in_interval == (row.interval95[0] <= row.truth <= row.interval95[1])
    (lean,) = of(rows, "run_side", "trunk_lean")
    assert lean.truth == pytest.approx(5.2, abs=0.2)


def test_the_summary_counts_what_was_not_told(rows):
    side = rows["run_side"]
    lost = side[0].model_copy(update={"measured": None, "error": None, "in_interval": None})
    summary = {item.quantity: item for item in summarise([lost, *side])}
    assert (summary["cadence"].n, summary["cadence"].missing) == (1, 1)
    assert rows_csv([lost]).splitlines()[1].startswith('"run_side",cadence,percent,,100.0000,,')


def test_a_damaged_truth_is_named_and_does_not_stop_the_others(folder, tmp_path):
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    about = tmp_path / "run_side.json"
    content = json.loads(about.read_text())
    del content["events"]["contacts"]
    about.write_text(json.dumps(content))
    report = validate_bodies(find_body_cases(tmp_path), measure, (ConfigurationError,), lambda *_: None)
    assert list(report.failed) == ["run_side"]
    assert "run_side.json" in report.failed["run_side"]
    assert {row.clip for row in report.rows} == {"run_back"}
