"""The pages of plans, of the diary, and of a neck screen that measured tests speak to."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest

from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.location import locate
from neckrom.screening.safety import safety_questions
from tests.records.body_folders import write_nerve
from tests.records.folders import write_folder
from tests.records.plan_folders import plan_result, write_plan
from tests.web.test_records_pages import at_desk

SAFE = {f"safety.{question.id}": "no" for question in safety_questions()}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    root = tmp_path_factory.mktemp("plans")
    with Records(locate(str(root / "store"))) as records:
        person = records.add_person("Anna Berg").id
        ids = {
            "neck": records.import_result(write_folder(root / "neck"), person).session_id,
            "raise": records.import_result(write_nerve(root / "raise"), person).session_id,
        }
        for number, day in enumerate(("01", "08", "15")):
            result = plan_result(f"s{number}", f"2026-04-{day}T10:00:00+01:00")
            ids[f"plan_{number}"] = records.import_result(
                write_plan(root / str(number), result), person
            ).session_id
        with at_desk(records, tmp_path_factory.mktemp("guided")) as desk:
            yield desk, person, ids, records


@pytest.mark.parametrize("language", LANGUAGES)
def test_plans_stand_on_the_person_s_page_and_their_own(filled, language):
    desk, person, ids, _ = filled
    texts = load_messages(language)
    page = unescape(desk.page(f"/people/{person}?lang={language}"))
    assert page.count("50° → 60°") >= 3
    assert texts.text("plan.name.slr_slider") in page
    assert texts.text("course.drawn.title") in page
    assert texts.text("course.drawn.retest", date="2026-03-28") in page
    assert '<option value="plan:slump_slider">' in page
    own = unescape(desk.page(f"/sessions/{ids['plan_0']}?lang={language}"))
    assert texts.text("pages.kind_of.plan", date="2026-04-01") in own
    assert texts.text("plan.of", counted=10, wanted=10) in own
    assert desk.get(f"/sessions/{ids['plan_0']}/sheet.pdf").body.startswith(b"%PDF")


def test_the_diary_is_written_on_the_page(filled):
    desk, person, _, records = filled
    today = datetime.now(UTC).astimezone().date().isoformat()
    told = {"day": today, "pain": "3", "place": "<b>calf</b>", "activity": "easy", "note": ""}
    assert desk.post(f"/people/{person}/diary", told).status == 303
    page = desk.page(f"/people/{person}")
    assert "&lt;b&gt;calf" in page
    again = desk.post(f"/people/{person}/diary", told)
    assert again.status == 400
    assert "has a line already" in again.body.decode()
    assert desk.post(f"/people/{person}/diary", told | {"pain": "4", "replace": "true"}).status == 303
    assert [line.pain for line in records.diary(person)] == [4]
    assert desk.post(f"/people/{person}/diary", {"day": "1066-10-14", "pain": "3"}).status == 400
    assert desk.post(f"/people/{person}/diary", {"day": today}).status == 400


def test_a_measured_test_is_shown_at_its_question_and_ticks_nothing(filled):
    desk, person, ids, records = filled
    asked = desk.post(f"/people/{person}/screen", SAFE | {"step": "safety"}).body.decode()
    form = unescape(asked)
    assert f"Measured on 2026-03-14 (session {ids['raise']})" in form
    assert "Suggested answer: My own running pain" in form
    assert "checked" not in form
    assert "The diary shows, and does not answer" in form
    given = SAFE | {"step": "rest", "tension.leg_raise_right": "own_pain", "session": "none"}
    done = desk.post(f"/people/{person}/screen", given)
    assert done.status == 303
    (row,) = records.person(person).screenings
    assert row.answers["measured"] == {"leg_raise_right": ids["raise"]}
    read = unescape(desk.page(f"/people/{person}/screens/{row.id}"))
    assert "Confirmed from measurements" in read
    assert ids["raise"] in read


def test_no_plan_is_started_after_a_stop(filled, tmp_path):
    desk, person, _, records = filled
    stopped = plan_result("stopped", "2026-05-01T10:00:00+01:00", stop_reason="dizziness")
    records.import_result(write_plan(tmp_path / "stopped", stopped), person)
    chosen = {"camera": "0", "protocol": "plan:slr_slider"}
    refused = desk.post(f"/people/{person}/guided", chosen)
    assert refused.status == 409
    assert "stopped because of dizziness" in unescape(refused.body.decode())
    assert desk.post(f"/people/{person}/guided", chosen | {"protocol": "plan:none"}).status >= 400
