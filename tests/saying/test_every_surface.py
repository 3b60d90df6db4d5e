"""The same results through every surface: the same numbers, the same first line, and the stop first."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from pypdf import PdfReader
from rich.console import Console

from neckrom.exports.write import Format, made_export
from neckrom.handouts.course import course_of
from neckrom.handouts.making import report_of, sheet_for
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records
from neckrom.records.location import locate
from neckrom.records.trends import MovementTrend, repeatability
from neckrom.report.content import content_of
from neckrom.report.letterhead import NOBODY
from neckrom.report.terminal import summary_table, verdict_lines
from neckrom.result import MovementResult, Result
from neckrom.saying.grades import Grade
from neckrom.saying.verdict import verdict_of
from neckrom.types import MOVEMENTS
from neckrom.web.live_result import shown_result
from tests.saying.surface_cases import edge_results, told_results, values

ENGLISH = load_messages("en")
_ANGLE = re.compile(r"(≥ |at least )?(−?\d+)°")
_PERCENT = re.compile(r"(≥ |at least )?(just over |just under |[<>] )?(\d+(?:\.\d+)?) %")


def angle_in(text: str) -> tuple[bool, str]:
    found = _ANGLE.search(text)
    assert found, text
    return bool(found[1]), found[2]


def percent_in(text: str) -> tuple[bool, str]:
    found = _PERCENT.search(text)
    assert found, text
    side = {"just over ": ">", "just under ": "<"}.get(found[2] or "", (found[2] or "").strip())
    return bool(found[1]), f"{side}{found[3]}"


def plain(renderable: object) -> str:
    console = Console(file=io.StringIO(), width=250, color_system=None)
    console.print(renderable)
    return console.file.getvalue()


def row_of(text: str, name: str) -> str:
    return next(line for line in text.splitlines() if line.strip().startswith(name))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Records(locate(str(tmp_path_factory.mktemp("surfaces") / "store"))) as records:
        yield records


def stored(records: Records, result: Result, folder: Path, name: str, person: str) -> str:
    unique = result.model_copy(
        update={
            "clip": result.clip.model_copy(update={"sha256": f"{abs(hash(name)):064x}"[:64]}),
        }
    )
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(unique.model_dump_json(), encoding="utf-8")
    return records.import_result(folder, person).session_id


@pytest.fixture(scope="module")
def sessions(store, tmp_path_factory) -> dict[str, str]:
    """Every result as a session of one person."""
    home, person = tmp_path_factory.mktemp("results"), store.add_person("Edge").id
    return {
        result.clip.name: stored(store, result, home / result.clip.name, result.clip.name, person)
        for result in edge_results()
    }


def test_there_are_values_enough_and_both_sides_of_the_half_are_among_them():
    known = values()
    assert len(known) >= 200
    near = [item for item in known if item.percent_of_reference and 49.4 < item.percent_of_reference < 50.6]
    assert len(near) > 40
    assert {item.lower_bound for item in near} == {True, False}
    assert {item.flag for item in known} == {"flagged", "not_flagged", "could_not_judge"}


def test_no_surface_says_another_number(store, sessions, tmp_path, monkeypatch):
    # the PDF that goes along with FHIR is laid out from the report's content, which is compared here as it is
    monkeypatch.setattr("neckrom.report.stored.report_pdf", lambda *_: b"%PDF")
    different: list[str] = []
    compared = 0
    trend = {each.movement.value: each for each in store.trend(store.find_person("Edge").id)}
    for result in edge_results():
        said = surfaces(store, sessions[result.clip.name], result, tmp_path, trend)
        for item in result.movements:
            angles = {name: angle_in(cells[item.movement.value][0]) for name, cells in said.items()}
            shares = {
                name: percent_in(cells[item.movement.value][1])
                for name, cells in said.items()
                if cells[item.movement.value][1]
            }
            compared += 1
            if len(set(angles.values())) > 1 or len(set(shares.values())) > 1:
                different.append(f"{item.best_deg} {item.lower_bound}: {angles} {shares}")
            check_truth(item, next(iter(angles.values())), next(iter(shares.values())))
    assert compared >= 200
    assert different == []


def check_truth(item: MovementResult, angle: tuple[bool, str], share: tuple[bool, str]) -> None:
    """What is said was reached, and on its side of the half."""
    assert item.best_deg is not None
    assert item.percent_of_reference is not None
    assert angle[0] == share[0] == item.lower_bound
    if item.lower_bound:
        assert float(angle[1]) <= item.best_deg
        assert float(share[1].strip("<>")) <= item.percent_of_reference
        return
    shown, true = float(share[1].strip("<>")), item.percent_of_reference
    if true != 50:
        assert shown != 50 or share[1][0] in "<>", "rounded onto the line"
        assert (shown - 50) * (true - 50) >= 0, "rounded across the line"


def surfaces(
    store: Records, session: str, result: Result, tmp_path: Path, trend: dict[str, MovementTrend]
) -> dict[str, dict[str, tuple[str, str]]]:
    """Angle and percent of each movement as each surface says them."""
    view = store.session(session)
    known = {item.movement.value: item for item in result.movements}
    content, terminal = content_of(result, {}), plain(summary_table(result))
    sheet = sheet_for(view, ENGLISH, NOBODY)
    rows = list(csv.DictReader(io.StringIO(exported(store, session, Format.CSV, "measurements"))))
    bundle = json.loads(exported(store, session, Format.FHIR, ""))
    folder = tmp_path / session
    folder.mkdir()
    (folder / "result.json").write_text(result.model_dump_json(), encoding="utf-8")
    live = shown_result(folder, "en", report="", pdf="")
    said: dict[str, dict[str, tuple[str, str]]] = {
        name: {}
        for name in ("report", "report client", "terminal", "sheet", "live", "csv", "fhir", "trend", "show")
    }
    from neckrom.cli.records_view import session_view  # noqa: PLC0415
    from neckrom.handouts.values_in_words import best  # noqa: PLC0415

    shown = plain(session_view(view, ENGLISH))
    for place, (name, item) in enumerate(known.items()):
        clinical = item.movement.label
        said["report"][name] = (content.movements.rows[place][1], content.movements.rows[place][5])
        said["report client"][name] = (content.client.rows[place][1], content.client.rows[place][3])
        said["sheet"][name] = (sheet.rows[place][1], sheet.rows[place][3])
        said["live"][name] = (live.bars[place].best, live.bars[place].note)
        line = row_of(terminal, clinical)
        said["terminal"][name] = (line, line)
        line = row_of(shown, clinical)
        said["show"][name] = (line, line)
        row = next(row for row in rows if row["movement"] == name)
        best_said = next(value for key, value in row.items() if key.startswith("best_said"))
        of_said = next(value for key, value in row.items() if key.startswith("of_reference_said"))
        said["csv"][name] = (best_said, of_said)
        point = next(p for p in trend[name].points if p.session_id == session)
        said["trend"][name] = (best(point.value), "")
        said["fhir"][name] = fhir_says(bundle, name)
    return said


def exported(store: Records, session: str, form: Format, wanted: str) -> str:
    _, contents, _ = made_export(store, session, form, with_name=False)
    name = next(name for name in contents if wanted in name)
    return contents[name].decode("utf-8-sig")


def fhir_says(bundle: dict, name: str) -> tuple[str, str]:
    """FHIR keeps the number as it is: it is rounded here by the same rules."""
    from neckrom.saying import figures  # noqa: PLC0415

    code = f"neck-{name.replace('_', '-')}"
    (found,) = [
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Observation"
        and entry["resource"]["code"]["coding"][0]["code"] == code
    ]
    quantity = found["valueQuantity"]
    bound = quantity.get("comparator") == ">="
    share = next(
        part["valueQuantity"]["value"]
        for part in found["component"]
        if part["code"]["coding"][0]["code"] == "percent-of-reference"
    )
    return (
        figures.short_angle(quantity["value"], bound=bound),
        figures.short_percent(share, ENGLISH, bound=bound),
    )


def test_the_laid_out_reports_hold_the_same_cells(store, sessions):
    """HTML and PDF are laid out from the content that the comparison above read: none of it gets lost."""
    for result in edge_results()[:2]:
        view = store.session(sessions[result.clip.name])
        content = content_of(result, {})
        html = report_of(view, "html", ENGLISH, NOBODY).decode("utf-8")
        reader = PdfReader(io.BytesIO(report_of(view, "pdf", ENGLISH, NOBODY)))
        paper = "".join("".join(page.extract_text().split()) for page in reader.pages)
        for table in (content.client, content.movements):
            for row in table.rows:
                assert all(f">{cell}</t" in html for cell in row)
                assert "".join("".join(cell.split()) for cell in row[:5]) in paper
        assert len(reader.pages) <= 4, "one page for everybody, at most three for clinicians"


# ------------------------------------------------------------------- the verdict


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["dizzy", "trunk", "uneven", "healthy"])
def test_the_first_line_is_the_same_everywhere(store, tmp_path, name, language):
    texts, result = load_messages(language), told_results()[name]
    verdict = verdict_of(result, texts)
    person = store.add_person(f"{name}-{language}").id
    session = stored(store, result, tmp_path / "r", f"{name}-{language}", person)
    view, dated = store.session(session), store.person(person)
    course = course_of(dated, store.trend(person), repeatability(), texts, [view.result])
    live = shown_result(view.folder, language, report="", pdf="")
    sheet = sheet_for(view, texts, NOBODY)
    assert view.result.session == result.session
    assert live.lines[0].text == verdict.title
    assert sheet.summary == verdict.lines
    assert content_of(view.result, {}, texts).verdict == verdict
    assert verdict_lines(view.result, texts)[0] == verdict.marked_lines()[0]
    assert any(verdict.title.removesuffix(".") in line for line in course.sessions)
    if verdict.grade in (Grade.STOP, Grade.RAISED, Grade.CAUTION):
        assert verdict.title in course.summary[0], "the course begins with what is most important now"
    elif verdict.caveats():
        assert verdict.caveats()[0].text in course.summary[0]
    html = unescape(report_of(view, "html", texts, NOBODY).decode("utf-8"))
    assert html.index("<h2") < html.index(verdict.findings[0].text.split("“")[0][:40]) < html.index("<figure")
    if language == "en":
        bundle = json.loads(exported(store, session, Format.FHIR, ""))
        text = json.dumps(bundle, ensure_ascii=False)
        assert verdict.title in text
        rows = list(csv.DictReader(io.StringIO(exported(store, session, Format.CSV, "measurements"))))
        key = next(key for key in rows[0] if key.startswith("most_important"))
        assert {row[key] for row in rows} == {verdict.title}


def test_a_stop_for_dizziness_comes_first_and_nothing_of_it_is_lost(store, tmp_path):
    result = told_results()["dizzy"]
    verdict = verdict_of(result, ENGLISH)
    assert [finding.name for finding in verdict.findings][:2] == ["stopped", "override"]
    assert "because of dizziness" in verdict.title
    assert "see a doctor" in verdict.title
    told = " ".join(verdict.lines)
    for words in ("Dr. Weber", "examined", "2 fingers", "Pale, sat down at once.", "Skipped: Head back"):
        assert words in told
    assert "Begun and broken off: Turn left" in told
    assert "Not reached before the session ended: Turn right, Ear to left, Ear to right" in told
    assert "not seen in this recording" not in told.lower()
    assert "well done" not in told.lower()
    person = store.add_person("Dizzy").id
    session = stored(store, result, tmp_path / "r", "dizzy-fhir", person)
    bundle = json.loads(exported(store, session, Format.FHIR, ""))
    kinds = {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}
    assert kinds["Procedure"]["status"] == "stopped"
    assert kinds["Procedure"]["statusReason"]["coding"][0]["code"] == "stopped-dizziness"
    assert "Pale, sat down at once." in [note["text"] for note in kinds["Procedure"]["note"]]
    assert kinds["DetectedIssue"]["mitigation"][0]["author"]["display"] == "Dr. Weber"
    answers = {item["linkId"]: item["answer"][0] for item in kinds["QuestionnaireResponse"]["item"]}
    assert answers["arterial"]["valueCoding"]["code"] == "answer-unsure"


def test_the_middle_word_stays_honest():
    result = told_results()["uneven"]
    words = {item.movement.value: item for item in result.movements}
    content = content_of(result, {})
    row = content.client.rows[MOVEMENTS.index(words["rotation_left"].movement)]
    assert row[5] == "▲ less than the norm, more than half, painful"
    assert "The sides differ" in " ".join(content.verdict.lines)
    healthy = content_of(told_results()["healthy"], {})
    assert healthy.verdict.title == "No movement has lost half or more of its norm."
    assert healthy.verdict.grade.value == "calm"
