"""Inputs of odd names and kinds through the whole of a measurement, and batches in which one fails."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neckrom.cli.measuring import measure_and_show
from neckrom.errors import DefectError, ExitCode, InputError, LandmarkFileError
from neckrom.landmarks.store import LandmarkWriter
from neckrom.service import MeasureOptions, Outcome, measure, measure_all
from neckrom.service.folders import distinct_folders
from tests.landmarks.stretches import IDENTITY, INFO, landmark_frame


class Silent:
    def step(self, *_: object) -> None:
        pass


def landmarks(target: Path, change=lambda times: times, **values: object) -> Path:
    """A landmark file of a second and a half, with times and values changed."""
    frames = [landmark_frame(number) for number in range(45)]
    times = change(np.array([frame.time_ns for frame in frames]))
    with LandmarkWriter(target, INFO) as writer:
        for frame, time_ns in zip(frames, times, strict=True):
            writer.write(replace(frame, time_ns=int(time_ns), **values))
        writer.finish(IDENTITY)
    return target


def errors_of(paths, out: Path, jobs: int = 1):
    return [
        outcome.error for outcome in measure_all(paths, out, MeasureOptions(pictures=False), jobs, Silent())
    ]


class Measured:
    """Stands for the whole measurement of an input: one fails as nobody foresaw, one is refused."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.whole = measure.measure_prepared

    def __call__(self, path: Path, folder: Path, *rest: object) -> Outcome:
        if path.name == "bad.mp4":
            raise self.error
        if path.name == "missing.mp4":
            return self.whole(path, folder, *rest)
        return Outcome(path, folder, None, None, ())


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    "error", [ZeroDivisionError("x"), MemoryError(), RecursionError("deep"), ValueError("a\nb")]
)
def test_one_input_that_fails_unforeseen_does_not_take_the_others_down(
    tmp_path, monkeypatch, capsys, jobs, error
):
    monkeypatch.setattr(measure, "measure_prepared", Measured(error))
    inputs = [tmp_path / name for name in ("good.mp4", "bad.mp4", "missing.mp4", "also_good.mp4")]
    first, second, third, fourth = errors_of(inputs, tmp_path / "out", jobs)
    assert first is fourth is None
    assert isinstance(second, DefectError)
    assert type(error).__name__ in str(second)
    assert isinstance(third, InputError)
    code = measure_and_show(inputs, tmp_path / "out", MeasureOptions(), jobs=jobs, as_json=True)
    assert code is ExitCode.DEFECT
    shown = json.loads(capsys.readouterr().out)
    assert [entry["error"] is None for entry in shown] == [True, False, False, True]


def test_ctrl_c_is_no_error_of_one_input(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "measure_prepared", Measured(KeyboardInterrupt()))  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        errors_of([tmp_path / "bad.mp4"], tmp_path / "out")


def test_a_refusal_among_several_is_no_defect(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(measure, "measure_prepared", Measured(ValueError()))
    inputs = [tmp_path / "good.mp4", tmp_path / "missing.mp4"]
    code = measure_and_show(inputs, tmp_path / "out", MeasureOptions(), jobs=1, as_json=True)
    assert code is ExitCode.PARTLY_FAILED
    capsys.readouterr()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda t: np.arange(len(t)) * 3600 * 10**9, "60 minutes apart", id="an-hour"),
        pytest.param(lambda t: np.arange(len(t)) * 365 * 86_400 * 10**9, "not one recording", id="a-year"),
        pytest.param(lambda t: [*t[:-1], 10**17], "not one recording", id="1e17"),
    ],
)
def test_times_of_no_recording(tmp_path, change, words):
    path = landmarks(tmp_path / "landmarks.parquet", change)
    (error,) = errors_of([path], tmp_path / "out")
    assert isinstance(error, LandmarkFileError)
    assert error.exit_code is ExitCode.BAD_CONFIGURATION
    assert words in str(error)


def test_places_outside_of_any_picture(tmp_path):
    pose = np.full((33, 3), 1e30, dtype=np.float32)
    (error,) = errors_of([landmarks(tmp_path / "a.parquet", pose=pose)], tmp_path / "out")
    assert isinstance(error, LandmarkFileError)
    assert "far outside" in str(error)


def test_names_that_are_no_text(tmp_path, monkeypatch, capsys):
    logging.disable(logging.CRITICAL)  # parallel test workers cannot hand on a log with such names
    monkeypatch.setattr(measure, "measure_prepared", Measured(ValueError("of caf\udce9")))
    odd = [
        Path(os.fsdecode(os.fsencode(tmp_path) + name))
        for name in (b"/caf\xe9 \xf0.mp4", b"/\xff/missing.mp4")
    ]
    code = measure_and_show(
        [*odd, tmp_path / "bad.mp4"], tmp_path / "out", MeasureOptions(), jobs=1, as_json=True
    )
    logging.disable(logging.NOTSET)
    assert code is ExitCode.DEFECT
    good, lost, bad = json.loads(capsys.readouterr().out)
    assert good["input"].endswith("caf? ?.mp4")
    assert "?/missing.mp4 does not exist" in lost["error"]
    assert "of caf?" in bad["error"]


def test_a_link_that_points_at_itself(tmp_path):
    (tmp_path / "a.mp4").symlink_to(tmp_path / "a.mp4")
    (error,) = errors_of([tmp_path / "a.mp4"], tmp_path / "out")
    assert isinstance(error, InputError)
    assert "cannot be read" in str(error)


@pytest.mark.parametrize("address", ["https://example.org/clip.mp4", "rtsp://camera:554/live"])
def test_addresses(tmp_path, address):
    (error,) = errors_of([Path(address)], tmp_path / "out")
    assert isinstance(error, InputError)
    assert address in str(error)
    assert "neckrom live --source" in str(error)


@pytest.mark.parametrize("name", ["x" * 300 + ".mp4", "a\nb.mp4", "-.mp4", "…", "名" * 90 + ".mp4"])
def test_missing_files_of_odd_names(tmp_path, name):
    (error,) = errors_of([tmp_path / name], tmp_path / "out")
    assert isinstance(error, InputError)


def test_names_of_result_folders_fit_file_systems(tmp_path):
    for name in ("名" * 80, "é" * 100, "a" * 250, "..", "\udcff"):
        (folder,) = distinct_folders([tmp_path / f"{name}.mp4"], tmp_path)
        assert len(folder.name.encode()) <= 200
        folder.mkdir()
