"""From a landmark file to a folder of results, and from the command line."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import pytest

from neckrom.cli import main
from neckrom.landmarks.body_store import BodyWriter
from neckrom.nerve.result import NerveResult
from neckrom.service.nerve import ANGLE_COLUMNS
from neckrom.types import BodyFrame, BodySeries, DetectorIdentity, SourceInfo
from tests.nerve.figure import leg_raise

MARKS = "time_s,kind,answer\n3.2,symptom,\n6.8,answer,less\n10.0,pain,own\n"


def landmark_file(folder: Path, series: BodySeries) -> Path:
    path = folder / "landmarks.parquet"
    source = SourceInfo("raise", "clip", "0" * 64, 1280, 720, 1280, 720, len(series), 30.0)
    with BodyWriter(path, source) as writer:
        for row in range(len(series)):
            writer.write(
                BodyFrame(
                    int(series.time_ns[row]),
                    series.pose[row],
                    series.pose_world[row],
                    series.pose_visibility[row],
                    1,
                )
            )
        writer.finish(DetectorIdentity("figure", "1", "0" * 64, "none"), ())
    return path


@pytest.fixture
def recording(tmp_path):
    landmark_file(tmp_path, leg_raise())
    (tmp_path / "marks.csv").write_text(MARKS)
    return tmp_path


@pytest.fixture
def run(monkeypatch):
    """The command line in this process; gives the exit code."""

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(main.signal, "signal", lambda *_: None)

    def run(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["neckrom", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        return int(ended.value.code or 0)

    return run


def test_the_command_gives_the_names_that_programs_rely_on(recording, run, capsys):
    code = run(
        "measure", recording / "landmarks.parquet", "--protocol", "slr", "--marks", recording / "marks.csv",
        "--out", recording / "out", "--json",
    )  # fmt: skip
    content = json.loads(capsys.readouterr().out)
    assert code == 0
    assert content["kind"] == "slr"
    assert content["side"] == "right"
    (trial,) = content["trials"]
    wanted = {
        "start_s", "end_s", "leg", "leg_raise_deg", "knee_deg", "ankle_deg", "neck_flexion_deg", "symptom_s",
        "symptom_angle_deg", "interval95_deg", "held", "change",
    }  # fmt: skip
    assert wanted <= set(trial)
    assert trial["leg"] == "right"
    assert trial["held"] is True
    assert trial["change"]["joint"] == "neck"
    assert trial["change"]["answer"] == "less"
    assert trial["change"]["by_deg"] > 10
    assert content["side_difference_deg"] is None
    assert "points to a nerve" in content["reading"]
    (folder,) = (recording / "out").iterdir()
    assert NerveResult.model_validate_json((folder / "result.json").read_text()).trials
    assert "points to a nerve" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    rows = list(csv.reader((folder / "angles.csv").open()))
    assert tuple(rows[0]) == ANGLE_COLUMNS
    assert len(rows) == len(leg_raise()) + 1


def test_the_table_names_the_test_and_what_it_says(recording, run, capsys):
    code = run(
        "measure",
        recording / "landmarks.parquet",
        "--protocol",
        "slr",
        "--lang",
        "de",
        "--out",
        recording / "o",
    )
    out = capsys.readouterr().out
    assert code == 0
    assert "Heben des gestreckten Beins" in out
    assert "keine Marken" in out


def test_marks_without_a_test_and_options_of_the_neck_are_refused(recording, run, capsys):
    clip = recording / "landmarks.parquet"
    assert run("measure", clip, "--marks", recording / "marks.csv", "--out", recording / "o") == 2
    assert "--protocol slr" in capsys.readouterr().err
    assert run("measure", clip, "--protocol", "slump", "--norms", "ama", "--out", recording / "o") == 2
    assert "--norms: not for --protocol slump" in capsys.readouterr().err


def test_the_wrong_test_leaves_nothing(recording, run, capsys):
    clip = recording / "landmarks.parquet"
    assert run("measure", clip, "--protocol", "slump", "--out", recording / "o") == 3
    assert "--protocol slr" in capsys.readouterr().err
    assert not (recording / "o").exists()
