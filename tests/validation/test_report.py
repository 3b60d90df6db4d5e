from __future__ import annotations

import csv
import io
import json
import shutil

import numpy as np
import pytest
from rich.console import Console

from neckrom.errors import ConfigurationError, InputError, NoNeutralError, OutputError
from neckrom.types import Interval, Movement
from neckrom.validation import statistics
from neckrom.validation.compare import compare_clip
from neckrom.validation.report import find_cases, validate_folder
from neckrom.validation.summary import ValidationReport, is_moderate, summarise, truth_bin
from neckrom.validation.tables import markdown, renderables, tables
from neckrom.validation.truth import read_truth
from tests.validation.instruments import SAMPLES, angles_of, measured_trial, result_of, sample


def folder_of(tmp_path, *names):
    """A folder with truth tables; the clips beside them are empty, the instrument does not look at them."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in names:
        shutil.copy(SAMPLES / f"{name}.csv", folder)
        shutil.copy(SAMPLES / f"{name}.json", folder)
        (folder / f"{name}.mp4").touch()
    return folder


def instrument(read=lambda true: true.peak_deg, **changes):
    """Reads every end range as ``read(trial)`` and every frame rightly."""

    def measure(path):
        truth = read_truth(path.with_suffix(".csv"))
        trials = [measured_trial(true, read(true), **changes) for true in truth.trials]
        return result_of(trials), angles_of(truth)

    return measure


def report_of(*names, read=lambda true: true.peak_deg, **changes) -> ValidationReport:
    clips = []
    for name in names:
        truth = sample(name)
        trials = [measured_trial(true, read(true), **changes) for true in truth.trials]
        clips.append(compare_clip(name, result_of(trials), angles_of(truth), truth))
    return summarise("clips", clips)


# --------------------------------------------------------------------- figures


def test_a_perfect_instrument():
    report = report_of("anna_full", "bruno_moderate", "bruno_random")
    *movements, everything = report.by_movement
    assert [row.movement for row in movements] == list(Movement)
    assert everything.movement is None
    assert (everything.trials, everything.measured, everything.missed) == (12, 12, 0)
    assert everything.accuracy.mae_deg == pytest.approx(0.0, abs=0.01)
    assert everything.accuracy.icc_2_1 == pytest.approx(1.0)
    assert everything.range_measured_percent == pytest.approx(100.0)
    assert report.extras == ()
    assert report.flags.wrong == ()
    assert {row.quantity: row.worst_deg for row in report.free_frames}["neck, geodesic"] == pytest.approx(
        0, abs=1e-4
    )


def test_a_compressing_instrument_shows_per_bin():
    """Nine tenths of the truth: error -1 per 10 deg, so the bins tell it apart."""
    report = report_of("chidi_deficit", read=lambda true: 0.9 * true.peak_deg)
    rows = {(row.movement, row.group): row.accuracy for row in report.by_truth}
    assert rows[Movement.ROTATION_RIGHT, "70 to 80"].bias_deg == pytest.approx(-7.5, abs=0.05)
    assert rows[Movement.ROTATION_LEFT, "30 to 40"].bias_deg == pytest.approx(-3.5, abs=0.05)
    assert rows[Movement.ROTATION_LEFT, "30 to 40"].limits_of_agreement_deg is None  # of one trial


def test_figures_are_those_of_the_statistics():
    truth = sample("anna_full")
    offsets = dict(zip(Movement, (1.0, -2.0, 3.0, -4.0, 5.0, -6.0), strict=True))
    report = report_of("anna_full", read=lambda true: true.peak_deg + offsets[true.movement])
    found = report.by_movement[-1].accuracy
    errors = list(offsets.values())
    limits = statistics.bland_altman(errors)
    assert found.bias_deg == pytest.approx(-0.5, abs=0.01)
    assert found.mae_deg == pytest.approx(3.5, abs=0.01)
    assert found.worst_deg == pytest.approx(-6.0, abs=0.01)
    assert found.p95_deg == pytest.approx(statistics.percentile_absolute_error(errors), abs=0.01)
    assert found.limits_of_agreement_deg == pytest.approx((limits.low, limits.high), abs=0.02)
    assert found.sem_deg == pytest.approx(limits.sd, abs=0.01)
    peaks = np.array([true.peak_deg for true in truth.trials])
    icc = statistics.icc_2_1(np.column_stack([peaks, peaks + errors]))
    assert found.icc_2_1 == pytest.approx(icc, abs=0.01)


def test_bounds_stay_out_of_the_errors():
    report = report_of("anna_full", read=lambda true: true.peak_deg - 30.0, lower_bound=True)
    row = report.by_movement[-1]
    assert (row.measured, row.bounded, row.bounds_right) == (0, 6, 6)
    assert row.accuracy.n == 0
    assert row.accuracy.mae_deg is None
    too_high = report_of("anna_full", read=lambda true: true.peak_deg + 5.0, lower_bound=True)
    assert too_high.by_movement[-1].bounds_right == 0


def test_coverage_of_intervals():
    narrow, wide = (
        report_of("anna_full", read=lambda true: true.peak_deg, interval95=Interval(low, high))
        for low, high in ((40.0, 65.0), (0.0, 100.0))
    )
    assert wide.by_movement[-1].coverage.percent == pytest.approx(100.0)
    assert wide.by_movement[-1].coverage.median_half_width_deg == pytest.approx(50.0)
    assert narrow.by_movement[-1].coverage.hits == 3  # flexion 60 and both side-bends of 45
    assert report_of("anna_full").by_movement[-1].coverage.percent is None


def test_only_clips_within_the_moderate_range_count_as_moderate():
    report = report_of("anna_full", "bruno_moderate")
    assert report.moderate[-1].trials == 6
    assert report.by_movement[-1].trials == 12
    clip = compare_clip("c", result_of([]), angles_of(sample("chidi_deficit")), sample("chidi_deficit"))
    assert not is_moderate(clip)


def test_side_views_have_their_own_table():
    report = report_of("chidi_side", "bruno_moderate")
    assert report.side_view[-1].trials == 4
    assert report.by_movement[-1].trials == 6


def test_the_same_person_filmed_twice_gives_test_and_retest():
    truth = sample("bruno_moderate")
    clips = [
        compare_clip(
            name,
            result_of([measured_trial(true, true.peak_deg + shift) for true in truth.trials]),
            angles_of(truth),
            truth,
            retest_key="same",
        )
        for name, shift in (("a", -1.0), ("b", 1.0))
    ]
    retest = summarise("clips", clips).retest
    assert retest.pairs == 6
    assert retest.sem_deg == pytest.approx(np.sqrt(2.0), abs=0.01)
    assert retest.mdc95_deg == pytest.approx(1.96 * 2.0, abs=0.01)


def test_conditions_that_vary_make_groups():
    truth = sample("bruno_moderate")
    clips = [
        compare_clip(
            light,
            result_of([measured_trial(true, true.peak_deg + shift) for true in truth.trials]),
            angles_of(truth),
            truth,
            conditions={"light": light, "person": "bruno"},
        )
        for light, shift in (("office", 1.0), ("backlit", -5.0))
    ]
    rows = {row.group: row.accuracy.bias_deg for row in summarise("clips", clips).by_condition}
    assert rows == pytest.approx({"light: backlit": -5.0, "light: office": 1.0}, abs=0.01)


@pytest.mark.parametrize(("angle", "name"), [(0.0, "0 to 10"), (9.99, "0 to 10"), (85.0, "80 to 90")])
def test_bins(angle, name):
    assert truth_bin(angle) == name


# ------------------------------------------------------------------- the files


def test_everything_is_written(tmp_path):
    folder = folder_of(tmp_path, "bruno_moderate", "bruno_random", "chidi_side")
    told = []
    out = tmp_path / "out"
    report = validate_folder(
        folder, out, instrument(lambda true: true.peak_deg - 2.0), lambda *step: told.append(step)
    )
    assert told == [(0, 3, "bruno_moderate"), (1, 3, "bruno_random"), (2, 3, "chidi_side"), (3, 3, "")]
    assert (
        ValidationReport.model_validate_json((out / "validation.json").read_text(encoding="utf-8")) == report
    )
    rows = list(csv.DictReader(io.StringIO((out / "validation.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 10
    assert {row["error_deg"] for row in rows} == {"-2.0"}
    text = (out / "validation.md").read_text(encoding="utf-8")
    assert report.statement in text
    assert "| Rotation left | 1 | 1 | 0 | 0 | -2.0 | 2.0 | 2.0 | -2.0 |" in text
    pictures = [line.split("](")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")]
    assert len(pictures) == 6
    for picture in pictures:
        assert (out / picture).read_bytes().startswith(b"\x89PNG")
    assert not list(out.rglob("*.part"))


def test_a_clip_that_fails_does_not_stop_the_others(tmp_path):
    folder = folder_of(tmp_path, "bruno_random", "chidi_side")
    perfect = instrument()

    def measure(path):
        if path.stem == "chidi_side":
            raise NoNeutralError("no neutral")
        return perfect(path)

    report = validate_folder(folder, tmp_path / "out", measure)
    assert [(clip.name, clip.message) for clip in report.failed] == [("chidi_side", "no neutral")]
    assert len(report.clips) == 1


def test_a_defect_of_ours_is_not_hidden(tmp_path):
    def measure(path):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        validate_folder(folder_of(tmp_path, "bruno_moderate"), tmp_path / "out", measure)
    assert not (tmp_path / "out").exists()


def test_mistakes_in_tables_are_found_before_anything_is_measured(tmp_path):
    folder = folder_of(tmp_path, "bruno_moderate", "chidi_side")
    (folder / "chidi_side.csv").write_text("time_s\n1\n", encoding="utf-8")
    measured = []

    def measure(path):
        measured.append(path)
        return instrument()(path)

    with pytest.raises(ConfigurationError, match="chidi_side"):
        validate_folder(folder, tmp_path / "out", measure)
    assert measured == []


def test_an_earlier_report_is_replaced_only_when_told_to_and_comes_out_the_same(tmp_path):
    folder = folder_of(tmp_path, "chidi_side", "bruno_random")
    out = tmp_path / "out"

    def contents():
        return {path.name: path.read_bytes() for path in out.rglob("*.*") if path.suffix in (".png", ".csv")}

    validate_folder(folder, out, instrument())
    before = contents()
    with pytest.raises(OutputError, match="already holds"):
        validate_folder(folder, out, instrument(lambda true: 1.0))
    assert contents() == before
    (out / "validation.csv").write_text("stale", encoding="utf-8")
    validate_folder(folder, out, instrument(), overwrite=True)
    assert contents() == before


def test_an_output_that_cannot_be_made_is_refused(tmp_path):
    folder = folder_of(tmp_path, "bruno_moderate")
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="--out"):
        validate_folder(folder, tmp_path / "out", instrument())


# ------------------------------------------------------------------- the cases


def test_clips_and_landmarks_with_their_truth(tmp_path):
    for name in (
        "a.mp4",
        "a.parquet",
        "a.csv",
        "b.landmarks.parquet",
        "b.csv",
        "b.json",
        "lonely.mov",
        "note.txt",
    ):
        (tmp_path / name).touch()
    session = tmp_path / "deep" / "session"
    session.mkdir(parents=True)
    for name in ("landmarks.parquet", "truth.csv", "scenario.json"):
        (session / name).touch()
    (tmp_path / ".hidden").mkdir()
    for name in ("c.mp4", "c.csv"):
        (tmp_path / ".hidden" / name).touch()
    cases, notes = find_cases(tmp_path)
    assert [(case.name, case.recording.name) for case in cases] == [
        ("a", "a.mp4"),
        ("b", "b.landmarks.parquet"),
        ("deep/session/truth", "landmarks.parquet"),
    ]
    assert cases[1].scenario == tmp_path / "b.json"
    assert "lonely.mov" in notes[0]


def test_a_folder_without_truth_is_refused(tmp_path):
    (tmp_path / "a.mp4").touch()
    with pytest.raises(InputError, match="1 clips are there, but none has"):
        find_cases(tmp_path)
    with pytest.raises(InputError, match=r"no such folder: .*table of landmarks"):
        find_cases(tmp_path / "none")
    with pytest.raises(InputError, match="not a folder"):
        find_cases(tmp_path / "a.mp4")


# ------------------------------------------------------------------ the tables


def test_tables_show_what_went_wrong_first():
    report = report_of(
        "bruno_moderate",
        read=lambda true: true.peak_deg + (9.0 if true.movement is Movement.FLEXION else 0.1),
    )
    worst = next(table for table in tables(report) if table.title == "Worst repetitions")
    assert worst.rows[0][1:3] == ("Flexion", "measured")
    assert worst.rows[0][5] == "+9.0"


def test_the_terminal_shows_the_figures():
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(*renderables(report_of("bruno_moderate", read=lambda true: true.peak_deg - 2.5)))
    text = console.export_text()
    assert "End range per movement" in text
    assert "-2.5" in text
    assert "rendered" in text


def test_an_empty_report_has_no_tables_but_says_why(tmp_path):
    folder = folder_of(tmp_path, "bruno_moderate")

    def measure(path):
        raise NoNeutralError("nowhere still")

    report = validate_folder(folder, tmp_path / "out", measure)
    assert "bruno_moderate: nowhere still" in markdown(report)
    assert json.loads((tmp_path / "out" / "validation.json").read_text(encoding="utf-8"))["trials"] == []
