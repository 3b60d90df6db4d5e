"""Clips measured from a program: the same numbers as on the command line, as tables, figures and files."""

from __future__ import annotations

import csv
import json
from dataclasses import fields, replace

import numpy as np
import pytest

import neckrom
from neckrom.errors import ConfigurationError, InputError, LandmarkFileError, OutputError
from neckrom.kinematics.front.truth_table import write_table
from neckrom.library.page import html_of
from neckrom.messages import load_messages
from neckrom.report.tables import ANGLE_COLUMNS
from neckrom.types import Movement
from tests.cli.conftest import first_seconds
from tests.conftest import SAMPLES
from tests.kinematics.front.people import heldout

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(demo):
    """A result folder."""
    return demo.folder


@pytest.fixture(scope="module")
def measured(folder):
    return neckrom.measure(folder)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Neutral and one flexion, as a video."""
    return first_seconds(SAMPLES / "chidi_deficit.mp4", tmp_path_factory.mktemp("clip") / "clip.mp4", 6.5)


@pytest.fixture(scope="module")
def of_clip(clip):
    return neckrom.measure(clip, language="de")


@pytest.fixture(scope="module")
def short(of_clip, tmp_path_factory):
    """Result folder of the short clip."""
    return of_clip.save(tmp_path_factory.mktemp("out") / "short")


def numbers(result):
    content = json.loads(result.model_dump_json())
    for key in ("created", "clip"):
        content.pop(key)
    return content


def test_it_gives_what_the_command_line_gives(measured, folder):
    assert numbers(measured.result) == numbers(neckrom.read_result(folder))
    assert measured.error is None
    assert folder.name in repr(measured)
    assert any("LEFT" in line or "left" in line for line in measured.verdict)


def test_the_angles_are_those_of_the_csv(measured, folder):
    with (folder / "angles.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = measured.angles
    assert set(ANGLE_COLUMNS) == set(table.column_names) - {"beyond"}
    assert table.num_rows == len(rows) == len(measured.series)
    for name in ("time_s", "flexion_deg", "rotation_sd_deg", "trunk_lateral_deg"):
        told = [float(row[name]) if row[name] else None for row in rows]
        for value, written in zip(table[name].to_pylist(), told, strict=True):
            assert value is None if written is None else value == pytest.approx(written, abs=6e-4)
    assert {name or "" for name in table["movement"].to_pylist()} == {row["movement"] for row in rows}


def test_signs_are_those_of_the_page(measured):
    table = measured.angles
    of = {
        name: np.array(table[name].to_pylist(), dtype=float) for name in table.column_names if "_deg" in name
    }
    at = {
        name: np.array(table["movement"].to_pylist()) == name
        for name in ("flexion", "rotation_left", "lateral_right")
    }
    assert np.nanmax(of["flexion_deg"][at["flexion"]]) > 40
    assert np.nanmin(of["rotation_deg"][at["rotation_left"]]) < -30
    assert np.nanmax(of["lateral_deg"][at["lateral_right"]]) > 30


def test_the_movements_have_their_intervals(measured):
    rows = measured.movements.to_pylist()
    assert [row["movement"] for row in rows] == [movement.value for movement in Movement]
    for row in rows:
        assert row["low_deg"] < row["best_deg"] < row["high_deg"]
    trials = measured.trials.to_pylist()
    assert [(row["movement"], row["trial"]) for row in trials] == [
        (movement.value, 1) for movement in Movement
    ]
    both = neckrom.to_table([measured, neckrom.Failed(measured.path, InputError("x")), measured.result])
    assert both.num_rows == 12
    assert both.schema == measured.movements.schema


def test_figures_and_the_page_of_a_notebook(measured):
    assert len(measured.figure().axes) > 3
    assert len(measured.figure("angles").axes) == 3
    with pytest.raises(ValueError, match='"range" or "angles"'):
        measured.figure("pie")
    page = measured._repr_html_()
    assert page.count("<tr>") == 7
    assert "data:image/png;base64," in page
    assert "not a diagnosis" in page
    assert "http" not in page


def test_what_a_file_is_called_stays_text(folder, tmp_path):
    result = neckrom.read_result(folder)
    hostile = result.model_copy(
        update={"clip": result.clip.model_copy(update={"name": "<script>alert(1)</script>"})}
    )
    assert "<script" not in html_of(hostile, load_messages("en"))


def test_a_clip_becomes_the_files_of_the_command(of_clip, short):
    written = {str(path.relative_to(short)) for path in short.rglob("*") if path.is_file()}
    assert written == {
        "angles.csv", "landmarks.parquet", "pictures/flexion.jpg", "report.html", "report.pdf", "result.json",
        "summary.csv",
    }  # fmt: skip
    assert neckrom.read_result(short) == neckrom.read_result(short / "result.json") == of_clip.result
    assert len(neckrom.read_landmarks(short).series) == of_clip.angles.num_rows == 195
    assert 'lang="de"' in (short / "report.html").read_text(encoding="utf-8")
    with pytest.raises(OutputError, match="overwrite=True"):
        of_clip.save(short)


def test_a_clip_that_is_gone_costs_the_pictures_and_no_result(of_clip, clip, short):
    clip.rename(clip.with_suffix(".away"))
    try:
        with pytest.raises(InputError):
            of_clip.save(short, overwrite=True)
        assert neckrom.read_result(short) == of_clip.result, "the earlier result stays"
        of_clip.save(short, overwrite=True, pictures=False)
        assert not (short / "pictures").exists()
    finally:
        clip.with_suffix(".away").rename(clip)


def test_mistakes_are_told_at_once_before_anything_is_measured(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        neckrom.measure(
            tmp_path / "missing.mp4", neutral=(3, 1), hfov_deg=500, distance_m=0.7, view="above", warm_ups=21,
            rotate_deg=45, language="xx", norms="nonesuch", protocol=tmp_path / "none.toml",
        )  # fmt: skip
    for word in (
        "neutral=(3, 1)", "hfov_deg=500", "exclude each other", "view='above'", "warm_ups=21", "rotate_deg=45",
        "language='xx'", "nonesuch", "none.toml",
    ):  # fmt: skip
        assert word in str(error.value), word


def test_many_come_in_their_order_and_one_that_fails_does_not_end_them(of_clip, short):
    names = [short, "missing.mp4", short / "landmarks.parquet"]
    one_by_one = list(neckrom.measure_many(names))
    at_once = list(neckrom.measure_many(iter(names), jobs=2))
    for items in (one_by_one, at_once):
        assert [type(item) for item in items] == [neckrom.Measurement, neckrom.Failed, neckrom.Measurement]
        assert "missing.mp4" in str(items[1].error)
        assert [numbers(items[i].result) for i in (0, 2)] == [numbers(of_clip.result)] * 2


def test_no_more_is_taken_than_is_worked_on():
    taken = []

    def paths():
        for number in range(100):
            taken.append(number)
            yield f"missing-{number}.mp4"

    items = neckrom.measure_many(paths(), jobs=2)
    assert taken == []
    assert [next(items).path.name for _ in range(3)] == [f"missing-{number}.mp4" for number in range(3)]
    assert len(taken) <= 6
    items.close()


def test_options_of_many_are_checked_before_the_first(short):
    with pytest.raises(ConfigurationError, match="hfov_deg"):
        neckrom.measure_many([short], hfov_deg=1)
    with pytest.raises(ConfigurationError, match="jobs"):
        neckrom.measure_many([short], jobs=0)
    with pytest.raises(TypeError, match="colour"):
        neckrom.measure_many([short], colour="blue")


def test_norms_of_ones_own(short):
    article = neckrom.load_norms()
    strict = article.movements | {
        Movement.FLEXION: article.movements[Movement.FLEXION].model_copy(update={"reference_deg": 120.0})
    }
    result = neckrom.measure(short, norms=article.model_copy(update={"movements": strict})).result
    assert result.norms.name == "own"
    assert result.of(Movement.FLEXION).reference_deg == 120
    assert result.of(Movement.FLEXION).flag == "flagged"


def test_a_camera_of_ones_own(short):
    lens = neckrom.Camera(fx=600, fy=600, cx=320, cy=240, width=640, height=480, name="lab")
    result = neckrom.measure(short, camera=lens).result
    assert lens.hfov_deg == pytest.approx(56.14, abs=0.01)
    assert result.camera.hfov_deg == pytest.approx(lens.hfov_deg, abs=0.01)
    assert result.configuration.camera == "lab"
    assert not result.camera.assumed
    shipped = neckrom.Camera.load("webcam-78")
    assert shipped.sha256 is not None
    with pytest.raises(ConfigurationError) as error:
        neckrom.Camera(fx=-1, fy=600, cx=900, cy=240, width=640, height=480, distortion=(1.0,))
    for word in ("fx and fy", "cx and cy", "k1, k2"):
        assert word in str(error.value)


def test_reading_what_is_none(tmp_path):
    with pytest.raises(InputError, match=r"result\.json"):
        neckrom.read_result(tmp_path)
    with pytest.raises(InputError, match=r"landmarks\.parquet"):
        neckrom.read_landmarks(tmp_path)
    (tmp_path / "result.json").write_text("{}")
    (tmp_path / "landmarks.parquet").write_text("no table")
    with pytest.raises(InputError):
        neckrom.read_result(tmp_path / "result.json")
    with pytest.raises(LandmarkFileError):
        neckrom.read_landmarks(tmp_path)


def test_validating_a_table(tmp_path):
    write_table(tmp_path / "people.npz", [beginning(heldout()[0], trials=2)])
    report = neckrom.validate(tmp_path / "people.npz")
    assert len(report.clips) == 1
    assert len(report.trials) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["people.npz"]
    neckrom.validate(tmp_path / "people.npz", tmp_path / "out")
    assert (tmp_path / "out" / "validation.json").is_file()
    with pytest.raises(InputError, match="does not exist"):
        neckrom.validate(tmp_path / "nothing.npz")


def beginning(clip, trials):
    """The first repetitions of a person's recording."""
    frames = int(np.flatnonzero(clip.trial == trials)[0])
    arrays = {
        field.name: value[:frames]
        for field in fields(clip)
        if isinstance(value := getattr(clip, field.name), np.ndarray) and len(value) == len(clip)
    }
    return replace(clip, **arrays)
