"""What is handed out: the course of a person in every language, and the report of a session."""

from __future__ import annotations

import io
import re
import stat

import pytest
from pypdf import PdfReader

from neckrom.errors import InputError, OutputError
from neckrom.handouts.course import course_of
from neckrom.handouts.making import write_handout
from neckrom.handouts.session_sheet import sheet_of
from neckrom.handouts.trend_drawing import draw_trends
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.trends import MovementTrend, repeatability
from neckrom.saying.verdict import verdict_of
from neckrom.types import MOVEMENTS, Movement
from tests.records.folders import all_movements, write_folder


@pytest.fixture
def course(clinic, tmp_path):
    """Sessions of a second person: rotation to the left came back, to the right was lost."""
    person = clinic.records.add_person("Béa <b>Ü</b> 漢字")
    before = all_movements(40.0) | {"rotation_right": 80.0}
    after = all_movements(42.0) | {"rotation_left": 75.0, "rotation_right": 50.0}
    for name, when, values in (("c1", "2026-01-10", before), ("c2", "2026-06-10", after)):
        folder = write_folder(tmp_path / name, name, f"{when}T09:00:00+00:00", **values)
        clinic.records.import_result(folder, person.id, note="<script>alert(1)</script>")
    return clinic.records, person.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_course_says_what_changed_in_every_language(course, language):
    records, person = course
    texts = load_messages(language)
    words = course_of(records.person(person), records.trend(person), repeatability(), texts)
    less = texts.text("course.summary.less", what=texts.text("word.rotation_right"))
    more = texts.text("course.summary.more", what=texts.text("word.rotation_left"))
    assert words.summary[:2] == (less, more), "what got worse comes first"
    assert words.notes[-1] == texts.text("course.statement")
    assert len(words.rows) == 6
    assert all(len(row) == len(words.columns) and all(row) for row in words.rows)


def test_the_page_is_one_file_and_everything_from_outside_is_escaped(course, tmp_path):
    records, person = course
    path = write_handout(records, person, "html", tmp_path / "out", "fr")
    page = path.read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert page.count("<svg") == 6
    assert "<script>" not in page
    assert "<b>Ü</b>" not in page
    assert "漢字" in page
    assert not re.search(r'(?:src|href)="(?!#)', page), "nothing from outside"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_course_on_paper_is_one_page_with_the_same_figures(course, tmp_path):
    records, person = course
    path = write_handout(records, person, "pdf", tmp_path, "de")
    reader = PdfReader(io.BytesIO(path.read_bytes()))
    text, *behind = (" ".join(page.extract_text().split()) for page in reader.pages)
    assert "Für Fachleute" not in text
    assert load_messages("de").text("clinician.sessions") in behind[0]
    assert re.search(r"2026-01-10 .*2026-06-10 .*Versuche vom 2026-06-10", behind[0])
    left, right = (
        load_messages("de").text("course.limit", limit=repeatability().limit_deg(movement))
        for movement in (Movement.ROTATION_LEFT, Movement.ROTATION_RIGHT)
    )
    assert f"Drehen links 40° 75° +35° {left} beweglicher" in text
    assert f"Drehen rechts 80° 50° −30° {right} weniger beweglich" in text
    assert "keine Diagnose" in text
    with pytest.raises(OutputError, match="already there"):
        write_handout(records, person, "pdf", tmp_path, "de")


def test_one_session_is_no_course_yet(clinic, tmp_path):
    person = clinic.records.add_person("Cora")
    with pytest.raises(InputError, match="no sessions yet"):
        write_handout(clinic.records, person.id, "html", tmp_path, "en")
    clinic.records.import_result(write_folder(tmp_path / "only", "only"), person.id)
    texts = load_messages("en")
    words = course_of(
        clinic.records.person(person.id), clinic.records.trend(person.id), repeatability(), texts
    )
    assert words.summary == (texts.text("course.summary.one"),)


def test_the_report_of_a_session_is_laid_out_anew_in_the_language_that_is_asked_for(clinic, tmp_path):
    path = write_handout(clinic.records, clinic.sessions[0], "html", tmp_path, "de")
    page = path.read_text(encoding="utf-8")
    texts, view = load_messages("de"), clinic.records.session(clinic.sessions[0])
    assert '<html lang="de">' in page
    assert verdict_of(view.result, texts).title in page
    assert "Anna Berg" in page
    assert "27. März 1985" in page
    assert "stands in for the report" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_session_is_one_page_in_plain_words_in_every_language(clinic, tmp_path, language):
    person = clinic.records.add_person("Béa <b>Ü</b>")
    lost = all_movements(44.0) | {"rotation_left": 30.0, "lateral_left": None}
    folder = write_folder(tmp_path / "s", f"s-{language}", **lost)
    session = clinic.records.import_result(folder, person.id, note="not for the person").session_id
    pain = dict.fromkeys(Movement) | {Movement.FLEXION: 7, Movement.EXTENSION: 0}
    clinic.records.change_session(session, pain=pain)
    path = write_handout(clinic.records, session, "pdf", tmp_path, language, sheet=True)
    reader = PdfReader(io.BytesIO(path.read_bytes()))
    text, *behind = (" ".join(page.extract_text().split()) for page in reader.pages)
    texts = load_messages(language)
    assert 1 <= len(behind) <= 2, "one page for the person, then the clinician's"
    told, result = " ".join(behind), clinic.records.result(session)
    assert all(
        texts.text(f"clinician.{key}") in told for key in ("asymmetry", "method.title", "method.angles")
    )
    assert result.tool.estimator in told
    for item in result.movements:
        name = texts.text(f"clinician.movement.{item.movement.value}")
        for trial in item.trials:
            low, high = trial.interval95_deg
            at = texts.text("clinician.seconds", time=trial.peak_s)
            assert f"{name} {at} {trial.peak_deg:.0f}° ({low:.0f}–{high:.0f}°)" in told
    flexion = texts.text("word.flexion")
    assert texts.text("sheet.title") in text
    pain = texts.text("figure.pain", score=7)
    assert f"{flexion} {pain}" in text
    assert texts.text("verdict.not_seen", what=texts.text("word.lateral_left")) in text
    assert f"{flexion} 44° (40–48°) 50°" in text
    assert texts.text("course.statement") in text
    assert "not for the person" not in text
    page = write_handout(clinic.records, session, "html", tmp_path, language, sheet=True).read_text("utf-8")
    assert f'<html lang="{language}">' in page
    assert page.count("<svg") == 2
    assert "<b>Ü</b>" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page), "nothing from outside"
    described = re.search(r'aria-label="([^"]*)"', page)[1]
    assert f"{flexion}, 44° (40–48°), 50°" in described


def test_the_sheet_says_what_is_a_bound(clinic, tmp_path):
    folder = write_folder(tmp_path / "bounds", "bounds", case="lower_bounds")
    session = clinic.records.import_result(folder, clinic.person).session_id
    sheet = sheet_of(clinic.records.session(session), load_messages("en"))
    assert sheet.summary[0] == "Measured, but could not be judged: Head back."
    assert sheet.rows[0][1] == "≥ 41°"
    for phone in (False, True):
        drawn = {text.get_text() for text in sheet.draw(phone).axes[0].texts}
        assert {"≥ 41°", "✓ Chin to chest", "? Head back"} <= drawn


def test_every_drawing_is_described_for_those_who_cannot_see_it(course, tmp_path):
    records, person = course
    page = write_handout(records, person, "html", tmp_path, "en").read_text("utf-8")
    told = re.findall(r'<svg role="img" aria-label="([^"]*)"', page)
    assert len(told) == 6
    left = next(text for text in told if text.startswith("Turn left:"))
    assert re.search(r"2026-01-10 40° .*, 2026-06-10 75° ", left), left
    assert "+35°" in left
    empty = [MovementTrend(movement, (), 10.0, None, None) for movement in MOVEMENTS]
    drawn = draw_trends(empty, load_messages("en"))
    assert all("not measured" in drawing.words for drawing in drawn)
