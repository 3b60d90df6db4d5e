"""Turns of the trunk from the command line: result, angles, report, and what is refused."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest
from rich.console import Console

from neckrom.cli.upper_back import upper_back_view
from neckrom.messages import LANGUAGES, load_messages
from neckrom.service.upper_back import ANGLE_COLUMNS
from neckrom.upper_back.result import UpperBackResult
from tests.nerve.test_measuring import landmark_file, run
from tests.upper_back.figure import sitting, ways
from tests.upper_back.folders import turned

__all__ = ["run"]
TURNS = ways(50, -35, 48, -36)


@pytest.fixture
def recording(tmp_path):
    return landmark_file(tmp_path, sitting(TURNS))


def test_the_command_gives_result_angles_and_report(recording, run, capsys):
    out = recording.parent / "out"
    code = run("measure", recording, "--protocol", "upper_back", "--out", out, "--json", "--lang", "fr")
    content = json.loads(capsys.readouterr().out)
    assert code == 0
    assert content["kind"] == "upper_back"
    assert [turn["side"] for turn in content["turns"]] == ["left", "right"] * 2
    assert content["rotation_left"]["repetitions"] == 2
    assert content["smaller_side"] == "right"
    assert content["extension_deg"] is None
    assert "no norm" in content["reading"]
    (folder,) = out.iterdir()
    assert UpperBackResult.model_validate_json((folder / "result.json").read_text()).turns
    assert "Rotation du tronc" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    rows = list(csv.reader((folder / "angles.csv").open()))
    assert tuple(rows[0]) == ANGLE_COLUMNS
    assert len(rows) == len(TURNS) + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terminal_shows_turns_and_what_they_say(language):
    texts = load_messages(language)
    shown = Console(width=200, file=StringIO(), record=True)
    shown.print(upper_back_view(turned(), texts))
    out = shown.export_text()
    assert texts.text("upper_back.title") in out
    assert texts.text("upper_back.no_norm") in out
    assert texts.text("upper_back.to.right") in out


def test_options_of_the_neck_and_marks_are_refused(recording, run, capsys):
    begin = ("measure", recording, "--protocol", "upper_back", "--out", recording.parent / "o")
    assert run(*begin, "--hfov", "60") == 2
    assert "--hfov: not for --protocol upper_back" in capsys.readouterr().err
    assert run(*begin, "--marks", recording) == 2
    assert "--marks belongs to a nerve tension test" in capsys.readouterr().err
    assert not (recording.parent / "o").exists()
