"""Sessions of plans in the records: three of them, one after the other; none after a stop; the diary beside them."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from markupsafe import escape
from rich.console import Console

from neckrom.cli.records_view import person_view
from neckrom.errors import ConfigurationError, InputError, UnknownRecordError
from neckrom.exports.bodies import numbers_of
from neckrom.exports.write import Format, made_export
from neckrom.handouts.diary_in_words import day_line, diary_lines
from neckrom.handouts.making import course_for, report_of, sheet_bytes, write_handout
from neckrom.handouts.screen_suggestions import confirmed, suggestions_for
from neckrom.messages import LANGUAGES, load_messages
from neckrom.plans.result import PlanResult
from neckrom.records.api import Records
from neckrom.records.diary import DiaryDay, checked_day, shown_of
from neckrom.records.location import locate
from neckrom.records.plausible import RANGES
from neckrom.records.stopped import last_test, refuse_after_a_stop
from neckrom.report.letterhead import NOBODY
from neckrom.saying.any_kind import verdict_of_any
from neckrom.saying.grades import Grade
from tests.records.body_folders import nerve_result, write_nerve
from tests.records.folders import write_folder
from tests.records.plan_folders import key_test, plan_result, side, write_plan
from tests.records.test_hold import numbers_in

ENGLISH = load_messages("en")
TODAY = date(2026, 3, 14)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A store with one person: the neck, and a plan over three sessions."""
    root = tmp_path_factory.mktemp("plans")
    with Records(locate(str(root / "store"))) as records:
        person = records.add_person("Anna Berg").id
        records.import_result(write_folder(root / "neck"), person)
        ids = []
        for number, (day, angle) in enumerate((("01", 50.0), ("08", 55.0), ("15", 63.0))):
            told = side("left", key_test(angle), key_test(angle + 9), ("reached",) * 9 + ("past",))
            sides = (told, side("right"))
            result = plan_result(f"s{number}", f"2026-03-{day}T10:00:00+01:00", sides=sides)
            ids.append(records.import_result(write_plan(root / str(number), result), person).session_id)
        yield records, person, ids, root


def test_three_sessions_stand_in_the_course_with_their_next_test(stored):
    records, person, ids, root = stored
    view = records.person(person)
    assert [row.kind for row in view.sessions].count("plan") == 3
    assert {row.flagged for row in view.of_kind("plan")} == {1}
    page = write_handout(records, person, "html", root, "en").read_text(encoding="utf-8")
    for told in ("50° → 59°", "63° → 72°", "9 of 10", "4/10 → 2/10", "2026-03-28"):
        assert told in page
    assert page.count('<line class="dated"') == 4  # both legs, pain before and after
    assert "re-test 2026-03-28" in page
    assert "Straight leg raise, left: 2026-03-01 50° (45–55°), 2026-03-08 55°" in page
    assert write_handout(records, person, "pdf", root, "en").read_bytes().startswith(b"%PDF")
    assert records.any_session(ids[0]).result.sides[0].counted == 9


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_and_sheet_in_every_language(stored, language):
    records, _, ids, _ = stored
    texts = load_messages(language)
    view = records.any_session(ids[0])
    page = report_of(view, "html", texts, NOBODY).decode("utf-8")
    assert texts.text("plan.name.slr_slider") in page
    assert texts.text("plan.of", counted=9, wanted=10) in page
    assert escape(texts.text("plan.report.from_clinician")) in page
    assert sheet_bytes(view, "pdf", texts, NOBODY).startswith(b"%PDF")


def test_a_stop_stands_above_everything():
    said = verdict_of_any(plan_result(stop_reason="pain", pain_after=None), ENGLISH)
    assert "stopped because of pain" in said.findings[0].text
    nerve = verdict_of_any(nerve_result(stop_reason="dizziness"), ENGLISH)
    assert "stopped because of dizziness" in nerve.findings[0].text


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (key_test(50.0), key_test(51.0), "no change beyond"),
        (key_test(50.0), key_test(60.0), "further by 10°"),
        (key_test(60.0), key_test(50.0), "less far by 10°"),
        (key_test(50.0), key_test(70.0, felt=False, pain=None), "nothing was felt any more"),
        (key_test(50.0, felt=False, pain=None), key_test(55.0), "not felt before"),
        (key_test(None), key_test(55.0), "cannot be told"),
    ],
)
def test_what_became_of_the_test_is_said_only_beyond_the_error(before, after, told):
    said = verdict_of_any(plan_result(sides=(side("left", before, after),)), ENGLISH)
    assert any(told in finding.text for finding in said.findings)


def test_exports_hold_every_number(stored):
    records, person, *_ = stored
    for form in Format:
        made = str(made_export(records, person, form))
        assert form not in (Format.CSV, Format.FHIR) or "test_before" in made or "test before" in made
    shown = Console(width=200, file=StringIO(), record=True)
    view = records.person(person)
    seen = records.plans(view.of_kind("plan"))
    shown.print(person_view(view, records.trend(person), records.limits(person), ENGLISH, plans=seen))
    assert "50° → 59°" in shown.export_text()
    told = {(number.quantity, number.side): number.value for number in numbers_of(plan_result())}
    assert told["repetitions_counted", "left"] == 10
    assert told["pain_after", ""] == 2


@pytest.mark.parametrize(
    "change", [{"counted": 3}, {"pain_before": 11}, {"sides": []}, {"mark_deg": 1e9}, {"kind": "plans"}]
)
def test_a_damaged_result_is_refused(tmp_path, change):
    folder = write_plan(tmp_path / "plan")
    content = json.loads((folder / "result.json").read_text())
    for name, value in change.items():
        (content["sides"][0] if name in content["sides"][0] else content)[name] = value
    (folder / "result.json").write_text(json.dumps(content))
    with Records(locate(str(tmp_path / "store"))) as records, pytest.raises(InputError):
        records.import_result(folder, records.add_person("Eva").id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_plan_after_a_test_that_was_stopped(tmp_path, language):
    texts = load_messages(language)
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        refuse_after_a_stop(records, person, texts)
        records.import_result(write_plan(tmp_path / "1", plan_result(stop_reason="pain")), person)
        assert last_test(records, person).stopped
        with pytest.raises(InputError) as refused:
            refuse_after_a_stop(records, person, texts)
        assert "2026-03-14" in str(refused.value)
        assert texts.text("plan.why.pain") in str(refused.value)
        later = plan_result("again", "2026-03-20T10:00:00+01:00")
        records.import_result(write_plan(tmp_path / "2", later), person)
        refuse_after_a_stop(records, person, texts)


def session_json(folder, created, **summary):
    info = {
        "name": "s",
        "kind": "nerve",
        "created": created,
        "tool_version": "1",
        "source": "0",
        "protocol": "slr",
        "protocol_sha256": "0" * 64,
        "width": 640,
        "height": 480,
        "finished": True,
        "summary": summary,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "session.json").write_text(json.dumps(info))


def test_no_plan_after_a_warning_sign_that_was_never_filed(tmp_path, data_dir):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        unfiled = data_dir / "sessions" / f"{person}-20260314-100000" / "session-1"
        session_json(unfiled, "2026-03-14T10:00:00+01:00", refused_by=["saddle_numb"])
        with pytest.raises(InputError, match="warning sign"):
            refuse_after_a_stop(records, person, ENGLISH)


def test_a_stopped_nerve_test_refuses_a_plan_and_suggests_nothing(tmp_path):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        folder = write_nerve(tmp_path / "raise", nerve_result(stop_reason="pain"))
        session_json(folder, "2026-03-14T10:00:00+01:00", stop_reason="pain")
        records.import_result(folder, person)
        with pytest.raises(InputError, match="pain"):
            refuse_after_a_stop(records, person, ENGLISH)
        (one,) = suggestions_for(records, person, ENGLISH).values()
        assert one.answer == ""
        assert "suggests no answer" in one.words


def test_a_stop_is_known_from_a_result_that_came_without_its_session(tmp_path):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        records.import_result(write_nerve(tmp_path / "raise", nerve_result(stop_reason="nausea")), person)
        with pytest.raises(InputError, match="nausea"):
            refuse_after_a_stop(records, person, ENGLISH)


def test_a_course_without_the_neck_begins_with_a_stop(tmp_path):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        records.import_result(write_nerve(tmp_path / "raise", nerve_result(stop_reason="dizziness")), person)
        course = course_for(records, records.person(person), ENGLISH)
        first = course.verdict.findings[0]
        assert first.grade is Grade.STOP
        assert "2026-03-14" in first.text
        assert "stopped because of dizziness" in first.text


def test_a_measured_test_suggests_its_answer_with_session_and_day(tmp_path):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        done = records.import_result(write_nerve(tmp_path / "raise"), person)
        found = suggestions_for(records, person, ENGLISH)
        one = found["leg_raise_right"]
        assert (one.answer, one.changes) == ("own_pain", {"neck": "yes"})
        assert done.session_id in one.words
        assert "2026-03-14" in one.words
        assert confirmed({"leg_raise_right": "own_pain"}, found, {}) == {"leg_raise_right": done.session_id}
        assert confirmed({"leg_raise_right": "nothing"}, found, {}) == {}


def test_the_diary_keeps_one_line_a_day_and_concludes_nothing(tmp_path):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        first = checked_day(TODAY, pain="6", place=" calf\n left", activity="rest")
        records.add_to_diary(person, first)
        records.add_to_diary(person, DiaryDay(date(2026, 3, 12), 1, "Thigh", "hard"))
        with pytest.raises(InputError, match="--replace"):
            records.add_to_diary(person, DiaryDay(TODAY, 2))
        records.add_to_diary(person, DiaryDay(TODAY, 5, "calf left", "rest"), replace=True)
        lines = records.diary(person)
        assert [line.day for line in lines] == [TODAY, date(2026, 3, 12)]
        shown = shown_of(lines)
        assert (shown.least, shown.most, shown.at_rest, shown.with_activity) == (1, 5, (5,), (1,))
        for language in LANGUAGES:
            texts = load_messages(language)
            assert "calf left" in day_line(lines[0], texts)
            assert len(list(diary_lines(lines, texts))) == 5
        records.remove_from_diary(person, TODAY)
        with pytest.raises(UnknownRecordError):
            records.remove_from_diary(person, TODAY)
        records.delete_person(person)
        assert records.diary(person) == ()


@pytest.mark.parametrize(
    "typed",
    [
        {"day": "yesterday", "pain": "1"},
        {"day": "2026-05-01", "pain": "1"},
        {"pain": "11"},
        {"pain": "much"},
        {"activity": "swim"},
        {"place": "x" * 300},
        {},
    ],
)
def test_a_line_that_cannot_be_is_refused(typed):
    with pytest.raises(ConfigurationError):
        checked_day(TODAY, **typed)


@pytest.mark.parametrize(
    ("trial", "answer", "told"),
    [
        ({"pain": "stretch"}, "stretch", "a stretch"),
        (
            {"symptom_s": None, "symptom_angle_deg": None, "interval95_deg": None, "pain": None},
            "nothing",
            "nothing felt",
        ),
        ({"pain": None}, "", "was not said"),
    ],
)
def test_a_negative_test_suggests_what_it_showed_and_no_more(tmp_path, trial, answer, told):
    base = nerve_result()
    trials = (base.trials[0].model_copy(update=trial),)
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Eva").id
        records.import_result(
            write_nerve(tmp_path / "raise", base.model_copy(update={"trials": trials})), person
        )
        (one,) = suggestions_for(records, person, ENGLISH).values()
        assert one.answer == answer
        assert told in one.words


def test_every_number_has_a_range():
    assert numbers_in(PlanResult.model_json_schema()) - set(RANGES) == set()
