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
    together = " ".join(text.split())
    for item in case.result.movements:
        row = next(
            line.split() for line in roomy.splitlines() if line.strip().startswith(item.movement.label)
        )
        assert all(word in together for word in row), "what does not fit goes on in the next line"


def rows(case) -> dict[str, str]:
    return {line[:16].strip(): " ".join(line.split()) for line in shown(case, 160).splitlines()}


def test_rows_say_value_share_and_meaning_in_words():
    lines = rows(case_of("lower_bounds"))
    assert lines["Extension"] == "Extension ≥ 27° ≥ 24° – 1 60° ≥ 46 % – ? could not be judged"
    assert lines["Side-bend left"] == "Side-bend left 45° 41–49° 45° 1 45° 100 % – ✓ reaches the norm"
    lines = rows(case_of("deficit"))
    assert lines["Rotation left"] == "Rotation left 35° – 35° 1 90° 39 % – ▲ half or more lost"
    lines = rows(case_of("rotation_only"))
    assert lines["Flexion"] == "Flexion – – – – 50° – – ? not seen in this recording"


def test_pain_and_trunk_stand_beside_the_loss():
    text = shown(case_of("deficit_three_trials"), 160)
    assert "▲ half or more lost, painful" in text
    assert "◆ less than the norm, more than half, trunk moved along" in shown(case_of("trunk_helped"), 160)


@pytest.mark.parametrize("name", CASES)
def test_lines_end_with_warnings_and_what_it_is_not(name):
    result = case_of(name).result
    lines = verdict_lines(result)
    assert lines[-1] == result.statement
    assert any(result.quality.first_turn_note.rstrip(".") in line for line in lines)
    for warning in result.quality.warnings:
        assert f"Warning: {warning}" in lines
    for item, pair in zip(result.asymmetry, ("Rotation", "Side-bend"), strict=True):
        found = sum(line.startswith(f"{pair}: ") for line in lines)
        assert found == (item.flag != "flagged"), "what differs stands in the verdict"
    assert len(lines) == len(set(lines))


def test_a_name_with_markup_stays_text():
    case = renamed(case_of("healthy"), "[bold red]x[/] \x1b[2J\u202egpj")
    text = shown(case)
    assert "[bold red]x[/]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
