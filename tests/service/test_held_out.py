"""People kept as landmarks with truth in a table: unpacked, measured, compared."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import ConfigurationError, ExitCode
from neckrom.kinematics.front.truth_table import TruthClip, read_table, write_table
from neckrom.landmarks.store import read_landmarks
from neckrom.service import unpack_table
from neckrom.types import Movement
from neckrom.validation.truth import read_truth

HELD_OUT = Path(__file__).parents[2] / "calibration" / "heldout.npz"
TRIALS = 2


def cut_short(clip: TruthClip) -> TruthClip:
    """The first repetitions, and what lies before and between them."""
    end = int(np.flatnonzero(clip.trial == TRIALS)[0])
    by_frame = [f.name for f in fields(TruthClip) if len(np.shape(getattr(clip, f.name))) > 0]
    by_frame.remove("rest_thorax")
    return replace(clip, **{name: getattr(clip, name)[:end] for name in by_frame})


@pytest.fixture(scope="module")
def clips() -> list[TruthClip]:
    """One person before two cameras."""
    return [cut_short(clip) for clip in read_table(HELD_OUT)[:2]]


@pytest.fixture(scope="module")
def table(clips, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("table") / "people.npz"
    write_table(path, clips, coarser=4)
    return path


@pytest.fixture(scope="module")
def unpacked(table, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    assert unpack_table(table, folder) == 2
    return folder


def test_three_files_a_clip(unpacked, clips):
    expected = {f"{clip.name}.{kind}" for clip in clips for kind in ("parquet", "csv", "json")}
    assert {path.name for path in unpacked.iterdir()} == expected


def test_landmarks_are_those_of_the_table(unpacked, clips):
    for clip in clips:
        series, header = read_landmarks(unpacked / f"{clip.name}.parquet")
        given = clip.landmarks()
        np.testing.assert_array_equal(series.time_ns, given.time_ns)
        for name in ("face", "pose", "motion", "motion_box"):
            np.testing.assert_allclose(getattr(series, name), getattr(given, name), atol=1 / 32)
        for name in ("tracks", "chest_tracks"):
            np.testing.assert_allclose(
                getattr(series, name)[..., 1:], getattr(given, name)[..., 1:], atol=1 / 32
            )
        assert (series.width, series.height) == (clip.width, clip.height)
        assert header.source.kind == "landmarks"


def test_truth_reads_back_as_the_angles_of_the_table(unpacked, clips):
    """Through the truth table's own signs and axes and back."""
    for clip in clips:
        truth = read_truth(unpacked / f"{clip.name}.csv")
        np.testing.assert_allclose(truth.neck_deg, clip.neck_deg, atol=1e-2)
        np.testing.assert_allclose(truth.trunk_deg, clip.trunk_deg, atol=1e-2)
        assert len(truth.trials) == TRIALS
        for number, trial in enumerate(truth.trials):
            held = np.median(clip.neck_deg[(clip.trial == number) & (clip.phase == "hold")], axis=0)
            size = trial.movement.sign * held[trial.movement.plane]
            assert trial.peak_deg == pytest.approx(size, abs=2.0)
            assert size == np.abs(held).max()


def test_the_movements_of_the_first_repetitions(unpacked, clips):
    """By their truth: what goes back is extension, what goes down flexion."""
    names = {trial.movement for trial in read_truth(unpacked / f"{clips[0].name}.csv").trials}
    assert names == {Movement.FLEXION, Movement.EXTENSION}


def test_scenario_stands_beside_the_clip(unpacked, clips):
    for clip in clips:
        assert json.loads((unpacked / f"{clip.name}.json").read_text()) == json.loads(clip.scenario)


def test_a_table_without_scenarios(clips, tmp_path):
    write_table(tmp_path / "t.npz", [replace(clips[0], scenario="")])
    folder = tmp_path / "out"
    folder.mkdir()
    assert unpack_table(tmp_path / "t.npz", folder) == 1
    assert json.loads((folder / f"{clips[0].name}.json").read_text()) == {}


def neckrom(cwd: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neckrom", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=300,
        check=False,
    )


def test_validate_measures_a_table_from_the_command_line(table, clips, tmp_path):
    done = neckrom(tmp_path, "validate", table, "--out", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    assert "Flexion" in done.stdout
    report = json.loads((tmp_path / "report" / "validation.json").read_text())
    assert {clip["name"] for clip in report["clips"]} == {clip.name for clip in clips}
    assert {path.name for path in tmp_path.iterdir()} == {"report"}, "nothing else stays behind"
    rows = (tmp_path / "report" / "validation.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * TRIALS


# ------------------------------------------------------------------ what is no such table


def damaged(change: Callable[[bytearray], bytes]) -> Callable[[Path, Path], None]:
    def write(table: Path, path: Path) -> None:
        path.write_bytes(change(bytearray(table.read_bytes())))

    return write


def flipped(content: bytearray) -> bytes:
    for at in range(len(content) // 4, len(content) // 2, 997):
        content[at] ^= 0xFF
    return bytes(content)


def without_lengths(table: Path, path: Path) -> None:
    with np.load(table) as arrays:
        np.savez(path, **{name: arrays[name] for name in arrays.files if name != "length"})


def with_wrong_lengths(table: Path, path: Path) -> None:
    with np.load(table) as arrays:
        np.savez(path, **{name: arrays[name] for name in arrays.files} | {"length": np.array([9, 9, 9])})


def with_name(name: str) -> Callable[[Path, Path], None]:
    def write(table: Path, path: Path) -> None:
        with np.load(table) as arrays:
            names = np.array([name, "second"])
            np.savez(path, **{key: arrays[key] for key in arrays.files} | {"name": names})

    return write


def one_array(_: Path, path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, np.zeros(3))


REFUSED = [
    pytest.param(damaged(lambda content: b""), id="empty"),
    pytest.param(damaged(lambda content: b"time_s,neck_flexion_deg\n0,1\n"), id="text"),
    pytest.param(damaged(lambda content: bytes(content[: len(content) // 2])), id="cut-short"),
    pytest.param(damaged(flipped), id="flipped-bits"),
    pytest.param(without_lengths, id="something-else"),
    pytest.param(with_wrong_lengths, id="lengths-that-do-not-fit"),
    pytest.param(one_array, id="one-array"),
    pytest.param(with_name("../escaped"), id="a-name-that-leads-elsewhere"),
    pytest.param(with_name("second"), id="two-clips-of-one-name"),
]


@pytest.mark.parametrize("write", REFUSED)
def test_what_is_no_table_is_refused_and_said(table, tmp_path, write):
    path = tmp_path / "people.npz"
    write(table, path)
    folder = tmp_path / "inner" / "out"
    folder.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"is no table of landmarks with truth") as caught:
        unpack_table(path, folder)
    assert str(path) in str(caught.value)
    assert "give the folder of clips" in str(caught.value)
    assert list((tmp_path / "inner").iterdir()) == [folder]


def test_a_damaged_table_on_the_command_line(table, tmp_path):
    path = tmp_path / "people.npz"
    path.write_bytes(table.read_bytes()[:20_000])
    done = neckrom(tmp_path, "validate", path)
    assert done.returncode == ExitCode.BAD_CONFIGURATION
    assert "is no table of landmarks with truth" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert [item.name for item in tmp_path.iterdir()] == ["people.npz"]


def test_people_are_seen_from_the_front(unpacked, clips):
    for clip in clips:
        assert read_truth(unpacked / f"{clip.name}.csv").view == "front"
