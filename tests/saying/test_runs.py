"""A run and a posture in words."""

from __future__ import annotations

import pytest

from neckrom.messages import LANGUAGES, load_messages
from neckrom.saying.postures import posture_quantities_said, posture_verdict
from neckrom.saying.runs import Earlier, changed_beyond_error, quantities_said, rows_said, run_verdict
from tests.report.body_cases import posture_result, run_result


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_speaks_against_alarm_in_every_language(language):
    said = rows_said(run_result(), load_messages(language))
    assert all(row.against and row.reason and row.meaning for row in said)
    assert "Malisoux 2024" in said[1].against
    assert "Hamill & Gruber 2017" in said[3].against


def test_values_stand_with_sign_interval_and_unit():
    said = {row.name: row for row in rows_said(run_result(), load_messages("en"))}
    assert said["head_forward"].with_interval == "+6° (+3 to +10)"
    assert said["uneven_gait"].with_interval == "+3 % (+1.8 to +4.2)"
    assert said["arms_across"].with_interval == "14 % of the shoulder width (6 to 22)"
    assert said["rearfoot_strike"].with_interval == "+11° (+8 to +14)"


def test_the_verdict_begins_with_what_is_marked_and_names_what_could_not_be_told():
    verdict = run_verdict(run_result(back=False), load_messages("en"))
    assert verdict.title.startswith("Head forward")
    assert verdict.lines[-1] == "Could not be told from these clips: Arms across the body."
    assert "may contribute" in verdict.meaning


def test_an_earlier_value_is_shown_only_of_the_same_quantity():
    texts = load_messages("en")
    now, before = run_result(), run_result(standing=False)
    told = rows_said(now, texts, Earlier(before, "1 March 2026"))
    assert told[0].earlier == "–"  # against standing now, over the run then
    assert told[1].earlier == "+3 % on 1 March 2026"
    assert changed_beyond_error(now.rows[0], before.rows[0]) is None
    assert changed_beyond_error(now.rows[1], before.rows[1]) is False


def test_what_the_view_cannot_tell_has_no_line():
    texts = load_messages("en")
    names = {item.name for item in quantities_said(run_result(back=False), texts)}
    assert texts.text("run.quantity.wrist_median") not in names
    assert texts.text("run.quantity.contact") in names


def test_a_posture_names_its_sides_and_says_what_c7_would_give():
    texts = load_messages("en")
    assert posture_verdict(posture_result(), texts).title.startswith("Seen from the left side: ear +22°")
    assert any("mark C7" in line for line in posture_verdict(posture_result(c7=False), texts).lines)
    first = posture_quantities_said(posture_result(), texts)[0]
    assert first.values == ("+22° (+10 to +34)", "+19° (+7 to +31)")


def test_a_reason_from_elsewhere_steers_no_terminal():
    row = (
        run_result()
        .rows[0]
        .model_copy(update={"reason": "\x1b[31mred\x1b[0m\nline", "reason_statements": ()})
    )
    hostile = run_result().model_copy(update={"rows": (row, *run_result().rows[1:])})
    said = rows_said(hostile, load_messages("en"))[0].reason
    assert said.isprintable()
