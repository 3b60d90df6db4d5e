from __future__ import annotations

import io

import pytest
from rich.console import Console

from neckrom.report.terminal import summary_table, verdict_lines
from tests.report.conftest import case_of
from tests.report.report_cases import CASES, renamed


def shown(case, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(summary_table(case.result))
    return console.file.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_the_table_fits_a_hundred_columns_without_cutting_anything(name):
    case = case_of(name)
    text, roomy = shown(case), shown(case, 200)
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    for item in case.result.movements:
        row, roomy_row = (
            next(line.split() for line in lines.splitlines() if line.strip().startswith(item.movement.label))
            for lines in (text, roomy)
        )
        assert row == roomy_row


def test_rows_say_value_share_flag_and_sureness_in_words():
    lines = {
        line[:16].strip(): " ".join(line.split()) for line in shown(case_of("lower_bounds")).splitlines()
    }
    assert lines["Extension"] == "Extension at least 27° ? of 1 60° ≥ 46 % ? not judged 24° or more"
    assert lines["Side-bend left"] == "Side-bend left 45° 45° of 1 45° 100 % ✓ none 41 to 49°"
    lines = {line[:16].strip(): " ".join(line.split()) for line in shown(case_of("deficit")).splitlines()}
    assert lines["Rotation left"] == "Rotation left 35° 35° of 1 90° 39 % ▲ loss no interval"
    lines = {
        line[:16].strip(): " ".join(line.split()) for line in shown(case_of("rotation_only")).splitlines()
    }
    assert lines["Flexion"] == "Flexion not measured – 50° – ? not measured –"


def test_pain_and_trunk_stand_beside_the_loss():
    text = shown(case_of("deficit_three_trials"))
    assert "▲ loss, pain" in text
    assert "▲ trunk" in shown(case_of("trunk_helped"))


@pytest.mark.parametrize("name", CASES)
def test_lines_end_with_warnings_and_what_it_is_not(name):
    result = case_of(name).result
    lines = verdict_lines(result)
    assert lines[-1] == result.statement
    assert any(result.quality.first_turn_note.rstrip(".") in line for line in lines)
    for warning in result.quality.warnings:
        assert f"Warning: {warning}" in lines
    for pair in ("Rotation, left against right", "Side-bend, left against right"):
        assert sum(line.startswith(pair) for line in lines) == 1
    assert len(lines) == len(set(lines))


def test_a_name_with_markup_stays_text():
    case = renamed(case_of("healthy"), "[bold red]x[/] \x1b[2J\u202egpj")
    text = shown(case)
    assert "[bold red]x[/]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
