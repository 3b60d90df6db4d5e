"""Turns of the trunk as a kind of session: list, course, hand-outs, exports, and beside sign 2 of the neck screen."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest
from markupsafe import escape
from rich.console import Console

from neckrom.cli.records_view import any_session_view, person_view
from neckrom.errors import InputError
from neckrom.exports.bodies import body_motions, numbers_of
from neckrom.exports.source import ExportBody
from neckrom.exports.write import Format, made_export
from neckrom.handouts.making import course_for, report_of, sheet_bytes
from neckrom.handouts.screen_suggestions import confirmed, suggestions_for
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.location import locate
from neckrom.records.plausible import RANGES
from neckrom.records.stopped import refuse_after_a_stop
from neckrom.report.letterhead import NOBODY
from neckrom.saying.any_kind import verdict_of_any
from neckrom.saying.grades import Grade
from neckrom.screening.neck_screen import UPPER_BACK
from neckrom.upper_back.result import UpperBackResult
from tests.records.folders import write_folder
from tests.records.test_hold import numbers_in
from tests.upper_back.folders import turned, write_turned

ENGLISH = load_messages("en")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A store with two people: one who only turned, and one with the neck, too."""
    root = tmp_path_factory.mktemp("turned")
    with Records(locate(str(root / "store"))) as records:
        alone, both = (records.add_person(name).id for name in ("Anna Berg", "Eva"))
        for number, day in enumerate(("01", "08")):
            result = turned(name=f"s{number}", created=f"2026-03-{day}T10:00:00+01:00")
            records.import_result(write_turned(root / str(number), result), alone)
        records.import_result(write_folder(root / "neck"), both)
        records.import_result(write_turned(root / "beside", turned(name="beside")), both)
        yield records, alone, both


def test_it_is_listed_as_what_it_is_and_never_marked(stored):
    records, alone, *_ = stored
    rows = records.person(alone).sessions
    assert {(row.kind, row.view, row.flagged) for row in rows} == {("upper_back", "front", 0)}
    assert verdict_of_any(records.any_session(rows[0].id).result, ENGLISH).grade is Grade.NOTE
    assert verdict_of_any(turned(40, 38), ENGLISH).grade is Grade.OPEN


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_sheet_and_course_in_every_language(stored, language):
    records, alone, both = stored
    texts = load_messages(language)
    view = records.any_session(records.person(alone).sessions[0].id)
    page = report_of(view, "html", texts, NOBODY).decode("utf-8")
    assert str(escape(texts.text("upper_back.title"))) in page
    assert str(escape(texts.text("upper_back.report.published"))) in page
    assert texts.text("upper_back.title") in sheet_bytes(view, "html", texts, NOBODY).decode("utf-8")
    for person in (alone, both):
        course = course_for(records, records.person(person), texts)
        titles = [detail.title for detail in course.details]
        assert texts.text("upper_back.course.title") in titles


@pytest.mark.parametrize("language", LANGUAGES)
def test_sign_2_shows_what_was_measured_and_suggests_no_answer(stored, language):
    """There is no norm to call an upper back stiff by: the person answers."""
    records, alone, *_ = stored
    one = suggestions_for(records, alone, load_messages(language))[UPPER_BACK]
    assert one.answer == ""
    assert "2026-03-08" in one.words
    assert records.person(alone).sessions[0].id in one.words
    assert confirmed({UPPER_BACK: "yes"}, {UPPER_BACK: one}, {}) == {}


def test_person_and_session_in_the_terminal(stored):
    records, alone, *_ = stored
    view = records.person(alone)
    shown = Console(width=200, file=StringIO(), record=True)
    seen = records.upper_backs(view.sessions)
    shown.print(person_view(view, records.trend(alone), records.limits(alone), ENGLISH, upper_backs=seen))
    shown.print(any_session_view(records.any_session(view.sessions[0].id), ENGLISH))
    text = shown.export_text()
    left = turned().rotation_left
    assert f"{left.turn_deg:.0f}°" in text
    assert "to the right" in text


def test_exports_hold_every_number(stored):
    records, alone, *_ = stored
    assert "trunk_rotation" in str(made_export(records, alone, Format.CSV))
    result = turned()
    told = {(number.quantity, number.side): number.value for number in numbers_of(result)}
    assert told["trunk_rotation", "left"] == result.rotation_left.turn_deg
    assert told["side_difference", ""] == result.side_difference_deg
    assert sum(name.startswith("turn_") and not name.endswith("thighs") for name, _ in told) == 4
    contents, said = body_motions(ExportBody(records.any_session(records.person(alone).sessions[0].id), b""))
    assert not contents
    assert "no motion" in said[0]


def test_every_number_has_a_range():
    assert numbers_in(UpperBackResult.model_json_schema()) <= set(RANGES)


@pytest.mark.parametrize(
    "change",
    [
        {"turns": []},
        {"side_difference_deg": 1e9},
        {"side_difference": "one_side"},
        {"turns.0.end_s": -5.0},
        {"turns.0.turn_deg": 1e6},
        {"extension_deg": 20.0},
        {"kind": "upper_backs"},
    ],
)
def test_a_damaged_result_is_refused(tmp_path, change):
    folder = write_turned(tmp_path / "turns")
    content = json.loads((folder / "result.json").read_text())
    for name, value in change.items():
        part, _, last = name.rpartition(".0.")
        (content[part][0] if part else content)[last] = value
    (folder / "result.json").write_text(json.dumps(content))
    with Records(locate(str(tmp_path / "store"))) as records, pytest.raises(InputError):
        records.import_result(folder, records.add_person("Eva").id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guided_session_that_was_stopped_says_so_first_and_no_plan_follows(tmp_path, language):
    texts = load_messages(language)
    result = turned(name="stopped", stop_reason="dizziness")
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        records.import_result(write_turned(tmp_path / "1", result), person)
        view = records.any_session(records.person(person).sessions[0].id)
        assert verdict_of_any(view.result, texts).findings[0].grade is Grade.STOP
        page = report_of(view, "html", texts, NOBODY).decode("utf-8")
        assert str(escape(texts.text("plan.stopped.dizziness"))) in page
        assert str(escape(texts.text("nerve.next.stopped"))) in page
        assert str(escape(texts.text("upper_back.report.next"))) not in page
        with pytest.raises(InputError, match="2026-03-14"):
            refuse_after_a_stop(records, person, texts)
        if language == "en":
            _, tables, _ = made_export(records, person, Format.CSV)
            (values,) = (content for name, content in tables.items() if name.endswith("_body_values.csv"))
            header, *rows = csv.reader(StringIO(values.decode("utf-8-sig")))
            assert rows and header[-1].startswith("stopped") and {row[-1] for row in rows} == {"dizziness"}
