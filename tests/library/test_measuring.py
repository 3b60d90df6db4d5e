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
    assert repr(measured.result).startswith("<neckrom.Result of 'chidi_deficit': flexion 49, ")
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
    for name in ("range", "angles"):
        assert measured.figure(name)._repr_png_().startswith(b"\x89PNG"), "a notebook shows it without pyplot"
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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mirrored": "no"}, "mirrored='no': give True or False"),
        ({"neutral": "0 1"}, "neutral='0 1': give two times"),
        ({"neutral": 1.5}, "neutral=1.5: give two times"),
        ({"neutral": (0, 1, 2)}, "neutral=(0, 1, 2): give two times"),
        ({"warm_ups": "2"}, "warm_ups='2': give 0 to 20"),
        ({"warm_ups": True}, "warm_ups=True: give 0 to 20"),
        ({"warm_ups": 1.5}, "warm_ups=1.5: give 0 to 20"),
        ({"rotate_deg": [90]}, "rotate_deg=[90]: give 0, 90"),
        ({"hfov_deg": "70"}, "hfov_deg='70': give 5 to 150 degrees"),
        ({"camera": 70}, "camera=70: give a Camera"),
        ({"protocol": 3}, "protocol=3: give a path"),
        ({"norms": None}, "norms=None: give a name"),
        ({"norms": {"flexion": 50}}, "norms={'flexion': 50}: give a name"),
    ],
)
def test_an_option_of_a_wrong_type_is_named(options, words, tmp_path):
    """ "no" would count as yes, and True as one warm-up."""
    with pytest.raises(ConfigurationError) as error:
        neckrom.measure(tmp_path / "missing.mp4", **options)
    assert words in str(error.value)


@pytest.mark.parametrize("path", [None, 5, "", b"clip.mp4", ["clip.mp4"], float("nan")])
def test_a_path_that_is_none(path):
    """An empty one would be the folder in which the program runs."""
    for read in (neckrom.measure, neckrom.read_result, neckrom.read_landmarks, neckrom.measure_run):
        with pytest.raises(InputError, match="path="):
            read(path)
    [item] = neckrom.measure_many([path])
    assert isinstance(item.error, InputError)


@pytest.mark.parametrize("paths", ["/", b"/", SAMPLES, None, 5])
def test_one_path_is_not_taken_for_many(paths):
    """The letters of a path are paths, too: "/" among them."""
    with pytest.raises(ConfigurationError, match=r"paths=.*give a list"):
        neckrom.measure_many(paths)


@pytest.mark.parametrize("jobs", ["2", 2.5, True, None])
def test_jobs_are_a_whole_number(jobs):
    with pytest.raises(ConfigurationError, match=r"jobs=.*whole number"):
        neckrom.measure_many([], jobs=jobs)


@pytest.mark.parametrize(
    "given",
    [
        (5,),
        (None,),
        ("local:2", "auto", "2"),
        ("local:2", "auto", 2, None),
        ("tls://a:1", "auto", 2, 1, 1, 2, 3),
    ],
)
def test_a_cluster_of_wrong_types(given):
    names = ("address", "files", "memory_gb", "wait_s", "tls_ca", "tls_cert", "tls_key")
    with pytest.raises(ConfigurationError, match="This cluster cannot be used"):
        neckrom.Cluster(**dict(zip(names, given, strict=False)))
    with pytest.raises(ConfigurationError, match="cluster=2: give its address"):
        neckrom.measure_many([], cluster=2)


def test_a_camera_of_wrong_types():
    good = {"fx": 600, "fy": 600, "cx": 320, "cy": 240, "width": 640, "height": 480}
    for name, value in (
        ("fx", "600"),
        ("cx", None),
        ("width", 640.5),
        ("distortion", None),
        ("distortion", "abcd"),
    ):
        with pytest.raises(ConfigurationError, match=name):
            neckrom.Camera(**good | {name: value})
    assert neckrom.Camera(**good, distortion=[0.1, 0, 0, 0]).distortion == (0.1, 0, 0, 0)


def test_norms_that_a_program_put_together_wrong(tmp_path):
    """``model_copy`` checks nothing."""
    norms = neckrom.load_norms().model_copy(update={"movements": {}})
    with pytest.raises(ConfigurationError, match=r"norms, the set: missing: \[movements\.flexion\]"):
        neckrom.measure(tmp_path / "missing.mp4", norms=norms)


def test_a_table_of_something_else(measured):
    assert neckrom.to_table(measured).num_rows == 6
    with pytest.raises(TypeError, match="str"):
        neckrom.to_table(["clip.mp4"])


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
