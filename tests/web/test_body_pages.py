"""The pages of runs, postures and nerve tests, beside those of the neck."""

from __future__ import annotations

from html import unescape

import pytest

from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.location import locate
from neckrom.screening.safety import safety_questions
from tests.records.body_folders import nerve_result, write_nerve, write_posture, write_run
from tests.records.folders import write_folder
from tests.web.test_records_pages import at_desk


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    root = tmp_path_factory.mktemp("bodies")
    with Records(locate(str(root / "store"))) as records:
        person = records.add_person("Anna Berg").id
        folders = {
            "first": write_run(root / "first", "first.mp4", "2026-03-01T10:00:00+01:00"),
            "second": write_run(root / "second", "second.mp4", "2026-04-01T10:00:00+01:00", arm_cross=None),
            "posture": write_posture(root / "posture"),
        }
        ids = {name: records.import_result(folder, person).session_id for name, folder in folders.items()}
        with at_desk(records, tmp_path_factory.mktemp("guided")) as desk:
            yield desk, person, ids, root


def test_a_person_with_runs_alone_has_no_empty_course(filled):
    desk, person, ids, _ = filled
    page = desk.page(f"/people/{person}")
    assert "No sessions yet" not in page
    assert 'id="runs"' in page
    assert "run, left side" in page
    assert page.count(ids["first"]) >= 3  # in the list, and in both choices of what to compare
    course = desk.page(f"/people/{person}/course.html")
    assert "How you run: the course" in course
    assert "Cannot be told: Arms across the body" in course
    assert "2026-03-01" in course
    assert "2026-04-01" in course
    assert f'href="/people/{person}/course.pdf"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_run_has_its_rows_in_every_language(filled, language):
    desk, _, ids, _ = filled
    texts = load_messages(language)
    page = unescape(desk.page(f"/sessions/{ids['first']}?lang={language}"))
    for row in ("head_forward", "uneven_gait", "arms_across", "rearfoot_strike"):
        assert texts.text(f"run.row.{row}") in page
    assert "Malisoux 2024" in page


def test_pictures_reports_and_sheets_are_served(filled):
    desk, _, ids, _ = filled
    home = f"/sessions/{ids['first']}"
    assert desk.get(f"{home}/pictures/head_forward").body.startswith(b"\xff\xd8\xff")
    assert desk.get(f"{home}/pictures/flexion").status == 404
    assert desk.get(f"{home}/pictures/..%2f..%2fresult.json").status == 404
    assert "Head and spine while running" in desk.page(f"{home}/report.html")
    assert desk.get(f"{home}/sheet.pdf").body.startswith(b"%PDF")
    assert desk.get(f"{home}/files/result.json").status == 200


def test_a_posture_has_a_page(filled):
    desk, _, ids, _ = filled
    page = desk.page(f"/sessions/{ids['posture']}")
    assert "Posture of" in page
    assert "+22° (+10 to +34)" in page


def test_two_runs_stand_side_by_side_and_a_run_with_a_posture_does_not(filled):
    desk, _, ids, _ = filled
    page = desk.page(f"/compare?one={ids['first']}&other={ids['second']}")
    assert "cannot be compared" in page  # the second one's arms were not seen
    assert f"/sessions/{ids['first']}/pictures/head_forward" in page
    answer = desk.get(f"/compare?one={ids['first']}&other={ids['posture']}")
    assert answer.status == 409
    assert b"two runs" in answer.body


def test_a_note_is_written_and_the_session_deleted(filled):
    desk, person, _, root = filled
    session = desk.records.import_result(write_run(root / "third", "third.mp4"), person).session_id
    assert desk.post(f"/sessions/{session}/change", {"note": "new shoes"}).status == 303
    assert "new shoes" in desk.page(f"/sessions/{session}")
    assert desk.post(f"/sessions/{session}/delete").status == 200
    assert desk.get(f"/sessions/{session}").status == 404


def test_the_neck_screen_takes_no_run_for_the_neck(filled):
    desk, person, ids, root = filled
    neck = desk.records.import_result(write_folder(root / "neck"), person).session_id
    safe = {f"safety.{question.id}": "no" for question in safety_questions()}
    page = desk.post(f"/people/{person}/screen", safe).body.decode()
    assert neck in page
    assert ids["first"] not in page
    assert "Runs stand apart" in desk.page(f"/people/{person}/course.html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_nerve_test_has_a_page_and_a_line_with_the_person(filled, language):
    desk, person, _, root = filled
    name = f"raise_{language}"
    folder = write_nerve(root / name, nerve_result(f"{name}.mp4"))
    session = desk.records.import_result(folder, person).session_id
    texts = load_messages(language)
    page = unescape(desk.page(f"/sessions/{session}?lang={language}"))
    assert texts.text("nerve.table.right_leg") in page
    assert texts.text("nerve.reading.one_side") in page
    assert texts.text("nerve.next.urgent") in page
    assert desk.get(f"/sessions/{session}/pictures/trial_1").body.startswith(b"\xff\xd8\xff")
    assert desk.get(f"/sessions/{session}/pictures/trial_2").status == 404
    assert desk.get(f"/sessions/{session}/report.pdf").body.startswith(b"%PDF")
    listed = unescape(desk.page(f"/people/{person}?lang={language}"))
    assert texts.text("nerve.course.title") in listed
    assert texts.text("pages.kind.slr") in listed
    assert desk.post(f"/sessions/{session}/delete").status == 200
