"""The pages of the records: what they show, who may ask, and what hostile input does to them."""

from __future__ import annotations

import http.client
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest
from sqlalchemy import insert

from neckrom.guided.clips import Clip
from neckrom.guided.sessions import COMMAND, GuidedSessions, Stage
from neckrom.handouts.trend_drawing import HEIGHT, WIDTH, draw_trends
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.api import Records, open_records
from neckrom.records.ids import new_person_id
from neckrom.records.location import locate
from neckrom.records.people import search_form
from neckrom.records.pictures import pictures_in
from neckrom.records.schema import Person
from neckrom.records.trends import Verdict
from neckrom.report import write_pictures, write_report
from neckrom.report.pictures import EndRangePicture
from neckrom.result import SessionFacts
from neckrom.saying.verdict import verdict_of
from neckrom.screening.neck_screen import screen_questions
from neckrom.screening.safety import safety_questions
from neckrom.types import Movement
from neckrom.web import uploads
from neckrom.web.access import LOOPBACK, Access
from neckrom.web.forms import LARGEST_FORM
from neckrom.web.people_pages import PAGE_LENGTH
from neckrom.web.records_pages import records_app
from neckrom.web.server import listening, run_app
from tests.cli.conftest import SAMPLES, first_seconds
from tests.landmarks.bodies import SAMPLES as BODY_SAMPLES
from tests.records.folders import all_movements, case_of, changed, write_folder
from tests.web.serving import PATIENCE_S, Answer, eventually, path_of
from tests.web.test_access import TRAVERSALS, _audit, _opened, _watch
from tests.web.test_page import script

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{7*7}} ../../etc"

ANNA_ONE, ANNA_TWO = "2026-03-14T10:20:30+01:00", "2026-05-02T10:20:30+02:00"


@dataclass
class Desk:
    """A running server of the records, and requests to it."""

    access: Access
    records: Records
    guided: GuidedSessions
    routes: list[str]
    cookie: str = ""

    @property
    def host(self) -> str:
        return f"{LOOPBACK}:{self.access.port}"

    def raw(self, target: str, headers: dict[str, str], method: str = "GET", body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection(LOOPBACK, self.access.port, timeout=PATIENCE_S)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in ({"Host": self.host} | headers).items():
                connection.putheader(name, value)
            if method == "POST":
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def enter(self) -> None:
        answer = self.raw(path_of(self.access.address("/people")), {})
        assert answer.status == 303
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def get(self, target: str, **headers: str) -> Answer:
        return self.raw(target, {"Cookie": self.cookie} | headers)

    def page(self, target: str, status: int = 200) -> str:
        answer = self.get(target)
        assert answer.status == status, (target, answer.status, answer.body[-500:])
        return answer.body.decode()

    def post(self, target: str, fields: dict[str, str] | None = None, **headers: str) -> Answer:
        own = {"Cookie": self.cookie, "Origin": f"http://{self.host}"}
        return self.raw(target, own | headers, "POST", urlencode(fields or {}).encode())


def handed_over(
    desk: Desk,
    person: str,
    name: str,
    content: bytes,
    *,
    beside: dict[str, tuple[str, bytes]] | None = None,
    **fields: str,
) -> Answer:
    """Send a file as the form of a person's page does, and others beside it."""
    mark = "----neckrom"
    parts = [f'form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    for field, (called, data) in ({"file": (name, content)} | (beside or {})).items():
        quoted = called.replace('"', "%22")
        parts.append(f'form-data; name="{field}"; filename="{quoted}"\r\n\r\n'.encode() + data)
    body = b"".join(f"--{mark}\r\nContent-Disposition: ".encode() + part + b"\r\n" for part in parts)
    headers = {
        "Cookie": desk.cookie,
        "Origin": f"http://{desk.host}",
        "Content-Type": f"multipart/form-data; boundary={mark}",
    }
    return desk.raw(f"/people/{person}/import", headers, "POST", body + f"--{mark}--\r\n".encode())


@contextmanager
def at_desk(records: Records, folder: Path, command: tuple[str, ...] = (sys.executable, "-c", "")):
    with listening(None) as listener:
        access = Access(listener.getsockname()[1])
        guided = GuidedSessions(records, folder, command)
        app = records_app(records, guided, access)
        ready, end = threading.Event(), threading.Event()
        thread = threading.Thread(target=run_app, args=(app, listener, ready.set, end.is_set), daemon=True)
        thread.start()
        assert ready.wait(PATIENCE_S)
        desk = Desk(access, records, guided, list(app.openapi()["paths"]))
        desk.enter()
        try:
            yield desk
        finally:
            guided.close()
            end.set()
            thread.join(PATIENCE_S)
        assert not thread.is_alive(), "the server did not end"


def with_pictures(folder: Path, movements: tuple[Movement, ...]) -> Path:
    """Give a result folder the report that ``measure`` writes, with a picture for some movements."""
    case = case_of("deficit_three_trials")
    shade = {movement: 40 + 30 * number for number, movement in enumerate(Movement)}
    pictures = {
        movement: EndRangePicture(movement, 3.0, np.full((830, 640, 3), shade[movement], dtype=np.uint8))
        for movement in movements
    }
    result = changed(case.result, folder.name, case.result.created)
    write_report(folder, result, case.angles, case.rom, pictures)
    write_pictures(folder, pictures)
    return folder


def without_one(source: Path, target: Path, movement: Movement) -> None:
    """The same report for another folder, where the picture of one movement was not kept."""
    shutil.copyfile(source / "report.html", target / "report.html")
    shutil.copyfile(source / "report.pdf", target / "report.pdf")
    (target / "pictures").mkdir()
    for path in sorted((source / "pictures").iterdir()):
        if path.stem != movement.value:
            (target / "pictures" / path.name).write_bytes(path.read_bytes())


@dataclass
class People:
    """Whom the store of a module holds."""

    anna: str
    first: str
    last: str
    hostile: str
    nameless: str


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    root = tmp_path_factory.mktemp("records")
    with Records(locate(str(root / "store"))) as records:
        yield records


@pytest.fixture(scope="module")
def people(store, tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    anna = store.add_person("Anna Berg", "1985-03-27", "Runs.").id
    one = write_folder(results / "one", "one", ANNA_ONE, **all_movements(30.0) | {"lateral_left": 20.0})
    two = write_folder(results / "two", "two", ANNA_TWO, **all_movements(33.0) | {"flexion": 52.0})
    with_pictures(one, (Movement.FLEXION, Movement.EXTENSION))
    without_one(one, two, Movement.EXTENSION)
    first = store.import_result(one, anna, note=HOSTILE).session_id
    last = store.import_result(two, anna).session_id
    return People(anna, first, last, store.add_person(HOSTILE, note=HOSTILE).id, store.add_person().id)


@pytest.fixture(scope="module")
def desk(store, people, tmp_path_factory):
    with at_desk(store, tmp_path_factory.mktemp("guided")) as running:
        yield running


def texts_of(page: str) -> str:
    """A page without its marks."""
    return unescape(re.sub(r"<[^>]*>", " ", page))


def new_person(desk: Desk, name: str = "Carla") -> str:
    return desk.records.add_person(name).id


# --------------------------------------------------------------------- access


def pages_of(people: People) -> list[str]:
    anna, first = f"/people/{people.anna}", f"/sessions/{people.first}"
    return [
        "/",
        "/people",
        anna,
        f"{anna}/delete",
        f"{anna}/screen",
        f"{anna}/course.pdf",
        f"{anna}/course.html",
        f"{anna}/export?form=csv",
        first,
        f"{first}/delete",
        f"{first}/files/report.html",
        f"{first}/pictures/flexion",
        f"{first}/sheet.pdf",
        f"{first}/sheet.html",
        f"{first}/export?form=fhir",
        f"/compare?one={people.first}&other={people.last}",
    ]


def test_every_page_needs_the_secret(desk, people):
    routes = [re.sub(r"[{}]", "", route) for route in desk.routes]
    assert len(routes) >= 20
    for target in {*routes, *pages_of(people)}:
        answer = desk.raw(target, {})
        assert answer.status == 403, target
        assert b"Anna" not in answer.body


def test_other_sites_and_names_are_refused(desk, people):
    for target in pages_of(people):
        for wrong in (
            {"Host": f"evil.example:{desk.access.port}"},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            assert desk.raw(target, {"Cookie": desk.cookie} | wrong).status == 403, (target, wrong)


@pytest.mark.parametrize(
    "wrong", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Cookie": ""}, {"Host": "evil.example"}]
)
def test_no_other_site_can_change_anything(desk, people, wrong):
    before = desk.records.person(people.anna)
    for action in ("delete", "change", "screen", "guided", "guided/stop"):
        assert desk.post(f"/people/{people.anna}/{action}", **wrong).status == 403
    assert desk.post(f"/sessions/{people.first}/delete", **wrong).status == 403
    assert desk.post(f"/sessions/{people.first}/change", {"note": "x"}, **wrong).status == 403
    assert desk.post("/people", {"name": "Eve"}, **wrong).status == 403
    assert desk.raw(f"/people/{people.anna}/delete", {"Cookie": desk.cookie}, "POST").status == 403
    assert desk.records.person(people.anna) == before
    assert desk.records.count_people("Eve") == 0


def test_looking_changes_nothing(desk, people):
    before = desk.records.person(people.anna)
    for target in pages_of(people):
        assert desk.get(target).status in (200, 303), target
    assert desk.records.person(people.anna) == before


def test_pages_have_the_policy_and_no_inline_code(desk, people):
    for target in pages_of(people):
        answer = desk.get(target)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.headers.get_content_type() != "text/html" or "sandbox" in policy:
            continue
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "same-origin"
        page = answer.body.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert "<script>" not in page
        assert " onerror" not in re.sub(r"&[^;]+;", "", re.sub(r">[^<]*<", "><", page))
        assert "http" not in page


@pytest.mark.parametrize("target", [t for t in TRAVERSALS if "/live" not in t], ids=lambda t: t[:40])
def test_no_path_reaches_the_disk(desk, target):
    assert desk.get(target).status in (400, 404, 422)


def test_names_in_a_request_open_no_file(desk, people):
    """Sessions and people are looked up in the database, files in a fixed table."""
    sys.addaudithook(_audit)
    targets = [
        f"/sessions/{people.first}/files/{name}"
        for name in ("angles.csv", "..%2f..%2fstore.sqlite3", "%2fetc%2fpasswd", "report.html%00", ".", "")
    ]
    targets += ["/sessions/..%2f..%2fetc/files/report.html", "/people/..%2fx", "/sessions/%2e%2e"]
    targets += [f"/people/{people.anna}/course.exe", f"/sessions/{people.first}/pictures/..%2fx"]
    targets += [f"/people/{people.anna}/export?form=..%2fx"]
    desk.page("/sessions/none", 404)  # whatever is loaded late is loaded now
    for target in targets:
        desk.get(target)
        _opened.clear()
        _watch["on"] = True
        try:
            answer = desk.get(target)
        finally:
            _watch["on"] = False
        assert answer.status == 404, target
        database = [name for name in _opened if "store.sqlite3" not in name and not name.isdigit()]
        assert not database, (target, database)


# --------------------------------------------------------------------- people


def test_the_list_finds_by_part_of_a_name_and_leads_to_the_person(desk, people):
    page = desk.page("/people?search=ANNA")
    assert f'href="/people/{people.anna}"' in page
    assert f"/people/{people.hostile}" not in page
    assert "Nobody matches." in desk.page("/people?search=zzzz")
    assert f"/people/{people.nameless}" in desk.page(f"/people?search={people.nameless}")


def test_adding_changing_and_deleting_a_person(desk):
    added = desk.post("/people", {"name": " Dora  Ö. ", "birth_date": "1990-01-02", "note": "a\nb"})
    assert added.status == 303
    home = added.headers["Location"]
    page = desk.page(home)
    assert "Dora Ö." in page
    assert "1990-01-02" in page
    note = "Sprains\r\noften <b>"
    assert desk.post(f"{home}/change", {"name": "Dora X", "birth_date": "", "note": note}).status == 303
    row = desk.records.find_person("Dora X")
    assert row.birth_date is None
    assert row.note == "Sprains\noften <b>"
    assert "often &lt;b&gt;" in desk.page(home)
    asked = texts_of(desk.page(f"{home}/delete"))
    assert "Dora X" in asked
    assert "sessions: 0" in asked
    assert "no way back" in asked
    assert desk.records.find_person("Dora X"), "asking removes nothing"
    assert "Deleted: Dora X" in texts_of(desk.post(f"{home}/delete").body.decode())
    assert "deleted" in desk.page(home, 404) or "no person" in desk.page(home, 404)


def test_deleting_a_person_says_what_went(desk, tmp_path):
    person = new_person(desk, "Gone")
    session = desk.records.import_result(write_folder(tmp_path / "gone", "gone"), person).session_id
    folder = desk.records.session(session).folder
    assert folder.is_dir()
    said = texts_of(desk.post(f"/people/{person}/delete").body.decode())
    assert "Sessions: 1. Neck screens: 0. Files: 4" in said
    assert not folder.exists()
    assert desk.get(f"/sessions/{session}").status == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "a" * 10_000}, "10000 characters"),
        ({"name": "😀" * 10_000}, "10000 characters"),
        ({"name": "ok", "note": "n" * 10_000}, "10000 characters"),
        ({"name": "a\x00b"}, "cannot be seen"),
        ({"name": "\u202eevil"}, "cannot be seen"),
        ({"name": "ok", "birth_date": "2999-01-01"}, "future"),
        ({"name": "ok", "birth_date": "tomorrow"}, "no date"),
        ({"name": "ok", "birth_date": "1850-01-01"}, "130 years"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused_and_what_was_typed_stays(desk, fields, said):
    before = desk.records.count_people()
    answer = desk.post("/people", fields)
    assert answer.status == 400
    page = answer.body.decode()
    assert 'role="alert"' in page
    assert said in texts_of(page)
    assert desk.records.count_people() == before
    if "note" in fields:
        assert fields["note"] in page


def test_a_change_that_is_refused_keeps_the_old_name(desk):
    person = new_person(desk, "Old")
    for fields in (
        {"name": "n" * 10_000, "birth_date": "1990-01-02"},
        {"name": "New", "birth_date": "soon"},
        {"name": "New", "note": "n" * 10_000},
    ):
        assert desk.post(f"/people/{person}/change", fields).status == 400
    row = desk.records.person(person).row
    assert (row.name, row.birth_date, row.note) == ("Old", None, "")


def test_hostile_names_are_text_everywhere(desk, people):
    for target in (
        "/people",
        f"/people?search={HOSTILE.replace('#', '%23').replace('&', '%26').replace(' ', '+')}",
        f"/people/{people.hostile}",
        f"/people/{people.hostile}/delete",
        f"/people/{people.hostile}/screen",
        f"/people/{people.anna}",
        f"/sessions/{people.first}",
    ):
        page = desk.page(target)
        assert "<script>alert" not in page, target
        assert "<img src=x" not in page
        assert "49 ../" not in page
    assert HOSTILE in texts_of(desk.page(f"/people/{people.hostile}"))


def test_long_searches_and_odd_pages(desk):
    assert desk.get("/people?search=" + "x" * 10_000).status == 200
    assert desk.get("/people?search=%25_%27%22").status == 200
    assert desk.get("/people?page=999999").status == 200
    assert desk.get("/people?page=-1").status == 404
    assert desk.get("/people?page=x").status == 404


def test_a_form_that_is_too_large_or_none_is_refused(desk):
    before = desk.records.count_people()
    large = desk.post("/people", {"name": "x" * LARGEST_FORM})
    assert large.status == 409
    assert "shorten" in texts_of(large.body.decode())
    own = {"Cookie": desk.cookie, "Origin": f"http://{desk.host}"}
    for body in (b"\xff\xfe", b"name=%ff", b"&".join(b"a%d=1" % n for n in range(500))):
        assert desk.raw("/people", own, "POST", body).status == 409
    assert desk.records.count_people() == before


def test_a_long_list_comes_in_pages_and_is_searched_whole(tmp_path):
    with open_records(str(tmp_path / "large")) as records:
        names = [f"Person {number:04d}" for number in range(3 * PAGE_LENGTH + 1)]
        with records.engine.begin() as connection:
            connection.execute(
                insert(Person),
                [
                    {
                        "id": new_person_id(),
                        "name": name,
                        "search_name": search_form(name),
                        "birth_date": None,
                        "note": "",
                        "created": datetime.now(UTC),
                    }
                    for name in names
                ],
            )
        with at_desk(records, tmp_path / "guided") as desk:
            listed = []
            for number in (1, 2, 3, 4):
                page = desk.page(f"/people?page={number}")
                assert f"Page {number} of 4" in page
                listed += re.findall(r"Person \d{4}", page)
            assert listed == names, "each once, in order"
            assert re.findall(r"Person \d{4}", desk.page("/people?search=0150")) == ["Person 0150"]


# --------------------------------------------------------------------- course


def test_a_person_shows_every_movement_over_time_in_words(desk, people):
    page = desk.page(f"/people/{people.anna}")
    texts = load_messages("en")
    assert page.count("<svg") == 6
    labels = [unescape(label) for label in re.findall(r'<svg role="img" aria-label="([^"]*)"', page)]
    assert labels[0].startswith("Chin to chest: 2026-03-14 30° (26–34°), 2026-05-02 52° (48–56°).")
    assert "+22°: more range" in labels[0]
    assert texts.text("pages.verdict.none") in labels[1]
    said = texts_of(page)
    assert "no change beyond measurement error" in said
    assert f"neckrom sessions import PATH --person {people.anna}" in said


def test_a_trend_is_drawn_to_scale(desk, people):
    trends = desk.records.trend(people.anna)
    drawings = draw_trends(trends, load_messages("de"))
    flexion = drawings[0]
    first, last = flexion.marks
    per_degree = (first.y - last.y) / 22.0
    assert first.low_y - first.high_y == pytest.approx(8.0 * per_degree, abs=0.3)
    assert flexion.half_y - flexion.norm_y == pytest.approx(25.0 * per_degree, abs=0.3)
    assert flexion.band is not None
    assert flexion.band[1] == pytest.approx(2 * trends[0].limit_deg * per_degree, abs=0.3)
    assert flexion.real
    assert trends[0].first_to_last.verdict is Verdict.MORE
    assert not drawings[1].real
    for drawing in drawings:
        for mark in drawing.marks:
            assert 0 < mark.x < WIDTH
            assert all(0 < y < HEIGHT for y in (mark.y, mark.low_y, mark.high_y, mark.label_y))


def test_bounds_single_values_and_nothing_are_drawn(store, people):
    (trend, *_rest) = store.trend(people.anna)
    texts = load_messages("en")
    point = trend.points[0]
    value = type(point.value)(
        **{name: getattr(point.value, name) for name in point.value.__slots__}
        | {"lower_bound": True, "high_deg": None, "reference_deg": None}
    )
    bound = type(point)(point.session_id, point.measured, point.method, value)
    single = type(trend)(trend.movement, (bound,), 9.6, None, None)
    nothing = type(trend)(trend.movement, (), 9.6, None, None)
    drawn, empty = draw_trends([single, nothing], texts)
    assert drawn.marks[0].bound
    assert "≥ 30°" in drawn.words
    assert drawn.norm_y is None
    assert drawn.band is None
    assert empty.marks == ()
    assert "not measured" in empty.words


def test_the_course_is_handed_out(desk, people):
    pdf = desk.get(f"/people/{people.anna}/course.pdf")
    assert pdf.body.startswith(b"%PDF")
    assert f"{people.anna}_course.pdf" in pdf.headers["Content-Disposition"]
    page = desk.get(f"/people/{people.anna}/course.html")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert desk.get(f"/people/{people.nameless}/course.pdf").status == 404


# ------------------------------------------------------------------- sessions


def test_a_session_shows_its_figures_and_what_is_kept(desk, people):
    page = desk.page(f"/sessions/{people.last}")
    row = re.search(r'<th scope="row">Chin to chest(.*?)</tr>', page, re.DOTALL)
    cells = texts_of(row[1]).split()
    assert cells[cells.index("52°") :][:4] == ["52°", "48–56°", "52°", "3"], cells
    assert " ".join(cells).startswith("✓ reaches the norm")
    title = verdict_of(desk.records.session(people.last).result, load_messages("en")).title
    assert title in texts_of(page), "the verdict stands above the figures"
    anew = desk.get(f"/sessions/{people.last}/report.html?lang=de").body.decode()
    assert '<html lang="de">' in anew
    assert "report.html" in texts_of(page)
    report = desk.get(f"/sessions/{people.last}/files/report.html")
    assert b"Neck range of motion" in report.body
    assert "sandbox" in report.headers["Content-Security-Policy"]
    assert desk.get(f"/sessions/{people.last}/files/report.pdf").body.startswith(b"%PDF")
    stored = json.loads(desk.get(f"/sessions/{people.last}/files/result.json").body)
    assert stored["schema_version"]


def test_pictures_are_shown_where_they_were_kept(desk, people):
    assert f"/sessions/{people.first}/pictures/extension" in desk.page(f"/sessions/{people.first}")
    picture = desk.get(f"/sessions/{people.first}/pictures/extension")
    assert picture.headers.get_content_type() == "image/jpeg"
    other = desk.get(f"/sessions/{people.first}/pictures/flexion")
    assert picture.body[:3] == other.body[:3] == b"\xff\xd8\xff"
    assert picture.body != other.body, "each movement its own"
    assert desk.get(f"/sessions/{people.last}/pictures/extension").status == 404


def test_only_jpeg_is_taken_out_of_an_older_report():
    shot = b'<img src="data:image/jpeg;base64,%s" alt="Head and shoulders at the end of flexion, 3">'
    assert pictures_in(shot % b"/9j/AAAA") == {Movement.FLEXION: b"\xff\xd8\xff\x00\x00\x00"}
    for bad in (b"PHN2Zz4=", b"/9j/A", b"===="):
        assert pictures_in(shot % bad) == {}
    assert pictures_in((shot % b"/9j/AAAA").replace(b"flexion", b"nothing")) == {}


def test_two_sessions_side_by_side(desk, people):
    for one, other in ((people.first, people.last), (people.last, people.first)):
        page = desk.page(f"/compare?one={one}&other={other}")
        assert "2026-03-14 and 2026-05-02 side by side" in texts_of(page), "the earlier one first"
        row = re.search(r'<th scope="row">Chin to chest(.*?)</tr>', page, re.DOTALL)
        cells = re.sub(r"Pain \d+", "", texts_of(row[1])).split()
        assert cells == ["more", "range", "30°", "26–34°", "52°", "48–56°", "+22°", "±9.6°"]
        assert f"/sessions/{people.first}/pictures/flexion" in page
        assert f"/sessions/{people.last}/pictures/flexion" in page
        assert "No picture was kept" in page, "of the later extension"
    assert page.count("no change beyond measurement error") == 4
    assert desk.get(f"/compare?one={people.first}&other={people.first}").status == 409
    assert desk.get("/compare?one=S-0000000000&other=x").status == 404
    assert desk.get("/compare").status == 404


def test_exports_are_made_on_demand(desk, people):
    archive = zipfile.ZipFile(io.BytesIO(desk.get(f"/people/{people.anna}/export?form=csv").body))
    assert f"{people.anna}_measurements.csv" in archive.namelist()
    assert all("/" not in name for name in archive.namelist())
    bundle = desk.get(f"/sessions/{people.first}/export?form=fhir")
    assert json.loads(bundle.body)["resourceType"] == "Bundle"
    assert b"Berg" not in bundle.body
    named = desk.get(f"/sessions/{people.first}/export?form=fhir&name=true")
    assert b"Berg" in named.body
    assert desk.get(f"/people/{people.nameless}/export?form=csv").status == 409


def test_pain_and_a_note_are_added_to_a_session_afterwards(desk, tmp_path):
    person = new_person(desk)
    folder = write_folder(tmp_path / "later", "later")
    session = desk.records.import_result(folder, person).session_id
    home = f"/sessions/{session}"
    before = desk.records.result_bytes(session)
    given = {"note": HOSTILE, "pain.flexion": "7", "pain.extension": "0", "pain.rotation_left": ""}
    assert desk.post(f"{home}/change", given).status == 303
    page = desk.page(home)
    assert HOSTILE in texts_of(page)
    assert "<script>alert" not in page
    assert "7/10" in page
    pains = {movement.value: value.pain for movement, value in desk.records.session(session).values.items()}
    assert (pains["flexion"], pains["extension"], pains["rotation_left"]) == (7, 0, None)
    assert pains["lateral_right"] == desk.records.result(session).of(Movement.LATERAL_RIGHT).pain
    assert desk.records.result_bytes(session) == before, "what was measured stays"
    bundle = json.loads(desk.get(f"{home}/export?form=fhir").body)
    said = [
        part["valueInteger"]
        for entry in bundle["entry"]
        for part in entry["resource"].get("component", ())
        if part["code"]["coding"][0]["code"] == "pain"
    ]
    assert sorted(said)[-1] == 7
    for wrong in (
        {"pain.flexion": "11"},
        {"pain.flexion": "-1"},
        {"pain.flexion": "x"},
        {"note": "n" * 9000},
    ):
        answer = desk.post(f"{home}/change", {"note": "kept?"} | wrong)
        assert answer.status == 400, wrong
        assert 'role="alert"' in answer.body.decode()
    view = desk.records.session(session)
    assert (view.values[Movement.FLEXION].pain, view.row.note) == (7, HOSTILE), "all or nothing"


def test_deleting_a_session_asks_first(desk, tmp_path):
    person = new_person(desk)
    session = desk.records.import_result(write_folder(tmp_path / "del", "del"), person).session_id
    assert "its files: 4" in texts_of(desk.page(f"/sessions/{session}/delete"))
    assert desk.records.person(person).sessions
    assert "Sessions: 1" in texts_of(desk.post(f"/sessions/{session}/delete").body.decode())
    assert not desk.records.person(person).sessions


# --------------------------------------------------------------------- screen


def safety_answers(**other: str) -> dict[str, str]:
    return {f"safety.{question.id}": other.get(question.id, "no") for question in safety_questions()}


def test_the_screen_asks_the_safety_questions_first_in_their_own_words(desk, people):
    page = desk.page(f"/people/{people.anna}/screen")
    said = texts_of(page)
    texts = load_messages("en")
    assert all(texts.text(f"safety.{question.id}") in said for question in safety_questions())
    assert not any(texts.text(f"screen.question.{q.id}") in said for q in screen_questions().question)


def test_an_unanswered_safety_question_stops_everything(desk, people):
    before = len(desk.records.person(people.anna).screenings)
    answers = safety_answers()
    answers.popitem()
    answer = desk.post(f"/people/{people.anna}/screen", answers | {"step": "rest"})
    assert answer.status == 400
    assert "nothing was stored" in texts_of(answer.body.decode())
    assert len(desk.records.person(people.anna).screenings) == before


def test_a_whole_screen_is_stored_with_the_latest_measurement(desk, people):
    home = f"/people/{people.anna}/screen"
    rest = desk.post(home, safety_answers() | {"step": "safety"})
    assert rest.status == 200
    assert load_messages("en").text("screen.question.tingling") in texts_of(rest.body.decode())
    wrong = desk.post(home, safety_answers() | {"step": "rest", "ndi_percent": "400"})
    assert wrong.status == 400
    for bad in ({"question.tingling": "perhaps"}, {"ndi_percent": "nan"}, {"tension.slump_left": "<b>"}):
        assert desk.post(home, safety_answers() | {"step": "rest"} | bad).status == 400
    given = {
        "step": "rest",
        "question.tingling": "yes",
        "tension.slump_left": "own_pain",
        "ndi_percent": "12,5",
    }
    done = desk.post(home, safety_answers() | given)
    assert done.status == 303
    said = texts_of(desk.page(done.headers["Location"]))
    assert "present" in said
    assert "slump test left" in said
    assert "12.5 %" in said
    assert f"taken from session {people.last}" in said
    assert "no diagnosis" in said
    (row, *_others) = desk.records.person(people.anna).screenings
    assert row.answers["questions"] == {"tingling": "yes"}


def test_a_session_that_was_stopped_is_said_where_it_does_not_fill_in_the_screen(desk, tmp_path):
    person = new_person(desk)
    whole = write_folder(tmp_path / "whole", "whole before", "2026-01-10T09:00:00+00:00")
    desk.records.import_result(whole, person)
    stopped = write_folder(tmp_path / "stopped", "stopped after", "2026-02-10T09:00:00+00:00")
    result = case_of("deficit_three_trials").result
    told = changed(result, "stopped after", "2026-02-10T09:00:00+00:00").model_copy(
        update={"session": SessionFacts(protocol="quick", finished=True, stop_reason="dizziness")}
    )
    (stopped / "result.json").write_text(told.model_dump_json(), encoding="utf-8")
    last = desk.records.import_result(stopped, person).session_id
    home = f"/people/{person}/screen"
    done = desk.post(home, safety_answers() | {"step": "rest"})
    for language in LANGUAGES:
        texts = load_messages(language)
        words = texts.text("pages.screen_passed_over", session=last, why="screen.stop.dizziness")
        assert words in texts_of(desk.page(f"{done.headers['Location']}?lang={language}"))
    desk.page("/people?lang=en")
    chosen = desk.post(home, safety_answers() | {"step": "rest", "session": last})
    page = texts_of(desk.page(chosen.headers["Location"]))
    assert "does not fill in" not in page
    assert load_messages("en").text("screen.neck.stopped", why="screen.stop.dizziness") in page


def test_a_stop_sign_ends_the_screen(desk):
    person = new_person(desk)
    question = next(question for question in safety_questions() if question.tier == "stop")
    form = safety_answers(**{question.id: "yes"}) | {"step": "rest", "question.tingling": "yes"}
    done = desk.post(f"/people/{person}/screen", form | {"clinician": "Dr. Who"})
    said = texts_of(desk.page(done.headers["Location"]))
    assert load_messages("en").text("screen.safety.stop") in said
    assert load_messages("en").text(f"safety.{question.id}") in said
    (row,) = desk.records.person(person).screenings
    after = set(row.answers) - {"safety"}
    assert not any(row.answers[part] for part in after), "what was asked after a stop is not kept"


def test_only_a_clinician_goes_on_after_a_sign_for_one(desk):
    person = new_person(desk)
    question = next(question for question in safety_questions() if question.tier == "clinician")
    form = safety_answers(**{question.id: "unsure"})
    asked = desk.post(f"/people/{person}/screen", form | {"step": "rest"})
    assert asked.status == 200
    assert load_messages("en").text("page.refused.clinician_text") in texts_of(asked.body.decode())
    assert not desk.records.person(person).screenings
    named = form | {"clinician": HOSTILE, "reason": "seen", "step": "override"}
    rest = desk.post(f"/people/{person}/screen", named)
    assert 'name="question.tingling"' in rest.body.decode()
    done = desk.post(f"/people/{person}/screen", named | {"step": "rest"})
    page = desk.page(done.headers["Location"])
    assert "A clinician went on" in page
    assert "<script>alert" not in page
    ended = desk.post(f"/people/{person}/screen", form | {"step": "end"})
    assert "See a doctor first" in texts_of(desk.page(ended.headers["Location"]))


def test_a_screen_of_somebody_else_is_not_shown(desk, people):
    row = desk.records.add_screening(people.anna, "1", {"safety": {}})
    assert desk.get(f"/people/{people.nameless}/screens/{row.id}").status == 404


# ------------------------------------------------------------------ languages


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_every_language(desk, people, language):
    texts = load_messages(language)
    for target in pages_of(people):
        if re.search(r"pdf|export|/files/|/pictures/", target):
            continue
        mark = "&" if "?" in target else "?"
        answer = desk.get(f"{target}{mark}lang={language}")
        if answer.status == 303:
            continue
        page = answer.body.decode()
        assert f'<html lang="{language}"' in page
        if not re.search("course|sheet", target):
            assert f"neckrom-language-{desk.access.port}={language}" in answer.headers["Set-Cookie"]
            assert texts.text("pages.people") in page
    assert 'lang="en"' in desk.page("/people?lang=xx")


# --------------------------------------------------------------------- guided

PRETENDED = """
import argparse, pathlib, shutil, signal, sys, time
parser = argparse.ArgumentParser()
for name in ("--source", "--out", "--lang", "--protocol"): parser.add_argument(name)
parser.add_argument("--no-browser", action="store_true")
given = parser.parse_args()
signal.signal(signal.SIGTERM, lambda *_: setattr(sys.modules["__main__"], "ended", True))
ended = False
print("Some words for people, at http://127.0.0.1:1/words")
print('{"event": "ready", "address": "http://127.0.0.1:1/live?token=abc"}', flush=True)
while not ended and not pathlib.Path({flag!r}).exists(): time.sleep(0.02)
shutil.copytree({result!r}, pathlib.Path(given.out) / "session-1")
"""


def pretended(tmp_path: Path, result: Path) -> tuple[str, ...]:
    """A command that does what ``neckrom live`` does, without camera and models."""
    script = textwrap.dedent(PRETENDED).replace("{flag!r}", repr(str(tmp_path / "over")))
    return (sys.executable, "-c", script.replace("{result!r}", repr(str(result))))


@pytest.fixture
def guided_desk(tmp_path):
    result = write_folder(tmp_path / "result", "guided")
    with (
        Records(locate(str(tmp_path / "store"))) as records,
        at_desk(records, tmp_path / "guided", pretended(tmp_path, result)) as running,
    ):
        yield running


START = {"camera": "0", "protocol": "quick"}


def reach(desk: Desk, person: str, stage: Stage) -> None:
    home = f"/people/{person}/guided/stage"
    eventually(lambda: desk.get(home).body.decode() == stage.value, stage.value)


def test_a_guided_session_is_filed_when_it_is_over(guided_desk, tmp_path):
    desk = guided_desk
    person, other = new_person(desk), new_person(desk)
    assert desk.post(f"/people/{person}/guided", START).status == 303
    reach(desk, person, Stage.RUNNING)
    assert 'href="http://127.0.0.1:1/live?token=abc"' in desk.page(f"/people/{person}/guided")
    busy = desk.post(f"/people/{other}/guided", START)
    assert busy.status == 409
    assert "wait for its end" in texts_of(busy.body.decode())
    (tmp_path / "over").touch()
    reach(desk, person, Stage.FILED)
    (row,) = desk.records.person(person).sessions
    assert f'href="/sessions/{row.id}"' in desk.page(f"/people/{person}/guided")
    assert not list((tmp_path / "guided").rglob("*.json")), "no copy is left outside of the records"


def test_a_guided_session_is_ended_from_the_page_and_filed(guided_desk):
    person = new_person(guided_desk)
    guided_desk.post(f"/people/{person}/guided", START)
    reach(guided_desk, person, Stage.RUNNING)
    assert guided_desk.post(f"/people/{person}/guided/stop").status == 303
    reach(guided_desk, person, Stage.FILED)
    assert guided_desk.records.person(person).sessions


def test_a_person_deleted_while_a_session_runs(guided_desk, tmp_path):
    person = new_person(guided_desk)
    guided_desk.post(f"/people/{person}/guided", START)
    reach(guided_desk, person, Stage.RUNNING)
    guided_desk.records.delete_person(person)
    (tmp_path / "over").touch()
    reach(guided_desk, person, Stage.FAILED)
    said = guided_desk.guided.of(person).said
    assert f"no person {person}" in said
    assert (Path(said.splitlines()[-1]) / "session-1" / "result.json").is_file(), "nothing is lost"


@pytest.mark.parametrize(
    "fields",
    [{}, {"camera": "../x", "protocol": "full"}, {"camera": "0", "protocol": "/etc/passwd"}],
    ids=str,
)
def test_only_listed_cameras_and_protocols_are_taken(guided_desk, fields):
    person = new_person(guided_desk)
    assert guided_desk.post(f"/people/{person}/guided", fields).status == 409
    assert guided_desk.guided.of(person) is None


def test_closing_ends_and_files_what_runs(tmp_path):
    result = write_folder(tmp_path / "result", "guided")
    with Records(locate(str(tmp_path / "store"))) as records:
        with at_desk(records, tmp_path / "guided", pretended(tmp_path, result)) as desk:
            person = new_person(desk)
            desk.post(f"/people/{person}/guided", START)
            reach(desk, person, Stage.RUNNING)
        assert records.person(person).sessions


def test_a_session_that_cannot_start_says_why(tmp_path):
    command = (sys.executable, "-c", "import sys; print('Error: No camera 0.'); sys.exit(3)")
    with (
        Records(locate(str(tmp_path / "store"))) as records,
        at_desk(records, tmp_path / "guided", command) as desk,
    ):
        person = new_person(desk)
        desk.post(f"/people/{person}/guided", START)
        reach(desk, person, Stage.FAILED)
        assert "No camera 0." in texts_of(desk.page(f"/people/{person}/guided"))


def test_a_session_that_cannot_be_started_at_all_says_so(tmp_path):
    with (
        Records(locate(str(tmp_path / "store"))) as records,
        at_desk(records, tmp_path / "guided", (str(tmp_path / "none"),)) as desk,
    ):
        answer = desk.post(f"/people/{new_person(desk)}/guided", START)
        assert answer.status == 503
        assert "cannot be started" in texts_of(answer.body.decode())


# --------------------------------------------------------------------- import


def test_a_result_that_is_handed_over_is_stored_once(desk, tmp_path):
    person = new_person(desk)
    raw = (write_folder(tmp_path / "r", "handed") / "result.json").read_bytes()
    answer = handed_over(desk, person, "result.json", raw, date="2026-02-03", note=HOSTILE)
    assert answer.status == 303
    page = desk.page(answer.headers["Location"])
    assert "Session of 2026-02-03" in texts_of(page)
    assert HOSTILE in texts_of(page)
    again = handed_over(desk, person, "result.json", raw)
    assert again.status == 409
    assert "stored already" in texts_of(again.body.decode())
    assert len(desk.records.person(person).sessions) == 1
    assert not list(desk.records.files.incoming.iterdir())


@pytest.mark.parametrize(
    ("handed", "said"),
    [
        (("", b"", {}), "No file was chosen"),
        (("result.json", b"{", {}), "not JSON"),
        (("result.json", b'{"schema_version": "99.0"}', {}), "newer neckrom"),
        (("result.json", b'{"schema_version": "0.1"}', {}), "older neckrom"),
        (("x.mp4", b"x", {"date": "soon"}), "no date"),
        (("x.mp4", b"x", {"date": "2999-01-01"}), "in the future"),
        (("x.mp4", b"x", {"note": "n" * 9000}), "9000 characters"),
    ],
    ids=str,
)
def test_what_cannot_be_imported_says_why_and_leaves_nothing(guided_desk, tmp_path, handed, said):
    name, content, fields = handed
    person = new_person(guided_desk)
    answer = handed_over(guided_desk, person, name, content, **fields)
    assert answer.status in (400, 409)
    assert said in texts_of(answer.body.decode())
    assert guided_desk.guided.of(person) is None
    assert not guided_desk.records.person(person).sessions
    assert not list((tmp_path / "guided").rglob("*"))


def test_a_run_is_measured_as_the_run_that_it_shows(guided_desk):
    person = new_person(guided_desk)
    assert 'value="run"' in guided_desk.page(f"/people/{person}")
    landmarks = (BODY_SAMPLES / "run_side.landmarks.parquet").read_bytes()
    assert handed_over(guided_desk, person, "side.parquet", landmarks, shows="run").status == 303
    reach(guided_desk, person, Stage.FILED)
    (row,) = guided_desk.records.person(person).sessions
    assert row.kind == "run"


def test_a_run_comes_with_the_clip_from_behind_and_a_neck_does_not(guided_desk):
    person = new_person(guided_desk)
    side, back = ((BODY_SAMPLES / f"run_{view}.landmarks.parquet").read_bytes() for view in ("side", "back"))
    beside = {"back": ("same.parquet", back), "standing": ("", b"")}
    refused = handed_over(guided_desk, person, "same.parquet", side, beside=beside, shows="neck")
    assert refused.status == 409
    assert "go with a run" in texts_of(refused.body.decode())
    assert guided_desk.guided.of(person) is None
    answer = handed_over(guided_desk, person, "same.parquet", side, beside=beside, shows="run")
    assert answer.status == 303
    reach(guided_desk, person, Stage.FILED)
    (row,) = guided_desk.records.person(person).sessions
    clips = guided_desk.records.body_session(row.id).result.clips
    assert [clip.role for clip in clips] == ["run", "back"]


def test_a_clip_that_is_stored_already_is_not_measured_again(guided_desk, tmp_path):
    person, other = new_person(guided_desk), new_person(guided_desk)
    guided_desk.records.import_result(write_folder(tmp_path / "k", "the bytes of a clip"), person)
    for whose, said in ((person, "Delete that session first"), (other, "of another person")):
        answer = handed_over(guided_desk, whose, "clip.mp4", b"the bytes of a clip")
        assert answer.status == 409
        assert said in texts_of(answer.body.decode())
        assert guided_desk.guided.of(whose) is None
    assert not list((tmp_path / "guided").rglob("*"))


ODD_NAMES = (
    "../../evil.mp4",
    "/etc/cron.d/x.mp4",
    ".hidden",
    "<b>x</b>.mp4",
    "a" * 300,
    "results",
    "clip",
    ".upload",
    "-v",
    "頸" * 200 + ".mp4",
    "\u202egpj.mp4",
    "result.json.",
    " ",
    "..",
)


@pytest.mark.parametrize("name", ODD_NAMES, ids=lambda name: name[:12])
def test_whatever_a_file_is_called_it_stays_in_its_folder(tmp_path, name):
    path = Clip(name, io.BytesIO(b"no clip")).keep_in(tmp_path / "own")["clip"]
    assert path.parent == tmp_path / "own"
    assert path.read_bytes() == b"no clip"
    assert not path.name.startswith(".")
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


@pytest.mark.parametrize("name", ["../../evil.mp4", "<b>x</b>.mp4", "-v", "results"])
def test_a_file_that_is_no_clip_says_why_and_is_removed(guided_desk, tmp_path, name):
    person = new_person(guided_desk)
    assert handed_over(guided_desk, person, name, b"no clip").status == 303
    running = guided_desk.guided.of(person)
    assert "/" not in running.clip
    reach(guided_desk, person, Stage.FAILED)
    assert re.search("is not a video|is damaged", guided_desk.guided.of(person).said)
    page = guided_desk.page(f"/people/{person}/guided")
    assert "<b>x</b>" not in page
    assert not list((tmp_path / "guided").rglob("*"))
    assert not list(tmp_path.rglob("*evil*")), "nowhere else either"


def test_an_upload_has_an_end(guided_desk, tmp_path, monkeypatch):
    """What is too large is refused in words, whether its sender says how large it is or not."""
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 200_000)
    monkeypatch.setattr(uploads, "LARGEST_OTHER", 100_000)
    person = new_person(guided_desk)
    answer = handed_over(guided_desk, person, "clip.mp4", b"x" * 300_000)
    assert answer.status == 413
    assert "too large" in texts_of(answer.body.decode())
    assert "default-src" in answer.headers["Content-Security-Policy"]
    assert in_pieces(guided_desk, f"/people/{person}/import", 300_000).status == 413
    other = guided_desk.post(f"/people/{person}/change", {"note": "x" * 300_000})
    assert other.status == 413
    assert in_pieces(guided_desk, f"/people/{person}/change", 300_000).status == 413
    assert guided_desk.guided.of(person) is None
    assert not list((tmp_path / "guided").rglob("*"))
    assert guided_desk.page(f"/people/{person}"), "and the pages go on"


def in_pieces(desk: Desk, target: str, size: int) -> Answer:
    """Send a form whose size nobody knows before its end."""
    connection = http.client.HTTPConnection(LOOPBACK, desk.access.port, timeout=PATIENCE_S)
    headers = {
        "Host": desk.host,
        "Cookie": desk.cookie,
        "Origin": f"http://{desk.host}",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n\r\n'
    pieces = [head, *([b"x" * 10_000] * (size // 10_000)), b"\r\n--x--\r\n"]
    try:
        connection.request("POST", target, body=iter(pieces), headers=headers, encode_chunked=True)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def test_an_upload_leaves_room_on_the_disk(guided_desk, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "KEPT_FREE", 10**18)
    person = new_person(guided_desk)
    answer = handed_over(guided_desk, person, "clip.mp4", b"x" * 1000)
    assert answer.status == 503
    assert "no room" in texts_of(answer.body.decode())
    assert not list((tmp_path / "guided").rglob("*"))


def test_a_file_may_be_sent_by_nobody_else(guided_desk):
    """It is not even read: what is sent to somebody else's page costs nothing."""
    person = new_person(guided_desk)
    guided_desk.cookie, cookie = "", guided_desk.cookie
    assert handed_over(guided_desk, person, "clip.mp4", b"x" * 1000).status == 403
    guided_desk.cookie = cookie


def test_one_thing_is_measured_at_a_time(guided_desk, tmp_path):
    person = new_person(guided_desk)
    guided_desk.post(f"/people/{person}/guided", START)
    reach(guided_desk, person, Stage.RUNNING)
    answer = handed_over(guided_desk, person, "clip.mp4", b"no clip")
    assert answer.status == 409
    assert "wait for its end" in texts_of(answer.body.decode())
    assert not list((tmp_path / "guided").rglob("clip.mp4"))
    (tmp_path / "over").touch()
    reach(guided_desk, person, Stage.FILED)


# ------------------------------------------------------------------- browser

DESKTOP, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}


@pytest.fixture
def open_page(browser):
    """Open a page; every complaint of the browser fails the test."""
    contexts, complaints = [], []

    def go(desk, target="/people", *, size=DESKTOP, **options):
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: "(Bad Request)" in message.text or complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(desk.access.address(target))
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


def reach_by_tab(page, selector: str) -> None:
    """Go from control to control until one has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{selector} has the focus and does not show it"
            return
    raise AssertionError(f"{selector} is not reached from the keyboard")


def test_a_person_is_added_renamed_and_deleted_from_the_keyboard(desk, open_page):
    page = open_page(desk)
    assert "token" not in page.url
    reach_by_tab(page, "[name=name]")
    page.keyboard.type("<i>Keyboard</i> Kim")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "<i>Keyboard</i> Kim"
    reach_by_tab(page, "[name=name]")
    page.keyboard.press("Control+A")
    page.keyboard.type("Kim")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() == "Kim"
    reach_by_tab(page, "a[href$='/delete']")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Delete Kim" in page.locator("h1").inner_text()
    reach_by_tab(page, "button.danger")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text().startswith("Deleted: Kim")
    assert desk.records.count_people("Kim") == 0


def test_the_screen_is_answered_from_the_keyboard(desk, open_page):
    person = new_person(desk, "Lea")
    page = open_page(desk, f"/people/{person}/screen")
    for question in safety_questions():
        reach_by_tab(page, f"[name='safety.{question.id}']")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")  # from yes to no
    reach_by_tab(page, "main button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Slump" in page.locator("main").inner_text()
    reach_by_tab(page, "[name='question.rest']")
    page.keyboard.press("Space")
    reach_by_tab(page, "main button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "pain at rest" in page.locator("main").inner_text()
    (row,) = desk.records.person(person).screenings
    assert row.answers["questions"] == {"rest": "yes"}
    assert set(row.answers["safety"].values()) == {"no"}


AUDIT = """
() => {
  const wrong = [];
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length) wrong.push("no label: " + field.name);
  for (const image of document.querySelectorAll("img")) {
    if (!image.alt) wrong.push("no words for a picture");
    if (!image.complete || !image.naturalWidth) wrong.push("picture did not load: " + image.src);
  }
  const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
  if (new Set(ids).size !== ids.length) wrong.push("ids twice");
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(each => Number(each.tagName[1]));
  if (levels.some((level, place) => level > (levels[place - 1] ?? 0) + 1)) wrong.push("a heading's level is left out");
  for (const each of document.querySelectorAll("[tabindex]"))
    if (each.tabIndex > 0) wrong.push("the focus jumps: " + each.outerHTML.slice(0, 60));
  if (!document.querySelector("main") || !document.title.trim()) wrong.push("no main or title");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window");
  for (const button of document.querySelectorAll("main button, main .plain, main .main-button")) {
    const box = button.getBoundingClientRect();
    if (box.height < 43) wrong.push("hard to hit: " + button.textContent);
  }
  return wrong;
}
"""


@pytest.mark.parametrize("way", [(PHONE, "dark", "de"), (DESKTOP, "light", "fr")], ids=("phone", "desktop"))
def test_pages_fit_are_labelled_and_show_their_pictures(desk, people, open_page, way):
    size, scheme, language = way
    page = open_page(desk, size=size, color_scheme=scheme)
    base = page.evaluate("location.origin")
    page.goto(f"{base}/people?lang={language}")
    shown = [
        target
        for target in pages_of(people)
        if not re.search(r"course|sheet|export|/files/|/pictures/", target)
    ]

    def look(what):
        page.wait_for_load_state()
        assert page.evaluate("document.documentElement.lang") == language
        assert page.evaluate(AUDIT) == [], what
        assert page.evaluate(script("unnamed")) == [], what
        count, pale = page.evaluate(script("contrast"))
        assert count > 5
        assert pale == [], what

    screening = desk.records.add_screening(people.nameless, "1", {"safety": {}}).id
    for target in [
        *shown,
        f"/people/{people.hostile}",
        f"/people/{people.nameless}/screens/{screening}",
        "/people?search=nobody",
    ]:
        page.goto(base + target)
        look(target)
    for radio in page.goto(f"{base}/people/{people.nameless}/screen") and page.locator("[value=no]").all():
        radio.check()
    with page.expect_navigation():
        page.locator("main button").click()
    assert page.locator("[name='question.rest']").count()
    look("the questions after those of safety")
    page.goto(f"{base}/people")
    page.locator("[name=name]").fill("x" * 300)
    with page.expect_response(lambda answer: answer.status == 400):
        page.locator("main .main-button").click()
    look("a refusal")


def test_pages_grow_with_the_letters_that_the_browser_is_set_to(desk, people, open_page):
    page = open_page(desk, f"/people/{people.anna}", size=PHONE)
    size = "getComputedStyle(document.querySelector('main p')).fontSize"
    assert page.evaluate(size) == "16px"
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    page.reload()
    assert page.evaluate(size) == "32px"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is cut off"


def test_a_drawing_needs_no_colour_and_follows_dark_and_light(desk, people, open_page):
    colours = []
    for scheme in ("light", "dark"):
        page = open_page(desk, f"/people/{people.anna}", color_scheme=scheme)
        colours.append(page.evaluate("getComputedStyle(document.querySelector('.trend .norm')).stroke"))
        norm, half = (
            page.evaluate(f"getComputedStyle(document.querySelector('.trend .{name}')).strokeDasharray")
            for name in ("norm", "half")
        )
        assert norm != half, "told apart by their dashes"
    assert colours[0] != colours[1]


def test_the_page_of_a_guided_session_gets_on_by_itself(guided_desk, open_page, tmp_path):
    person = new_person(guided_desk)
    page = open_page(guided_desk, f"/people/{person}")
    page.get_by_role("button", name="Start a guided session").click()
    link = page.get_by_role("link", name="Open the session")
    link.wait_for()
    assert link.get_attribute("href") == "http://127.0.0.1:1/live?token=abc"
    (tmp_path / "over").touch()
    page.get_by_role("link", name="Show the session").click()
    page.get_by_role("heading", name="Session of").wait_for()


@pytest.mark.slow
def test_a_clip_is_imported_in_the_browser(guided_desk, open_page, tmp_path):
    clip = first_seconds(SAMPLES / "chidi_deficit.mp4", tmp_path / "Chidi first.mp4", 6.5)
    person = new_person(guided_desk)
    page = open_page(guided_desk, f"/people/{person}")
    page.get_by_text("Import a clip or a result").click()
    page.set_input_files("[type=file]", clip)
    page.locator("[name=date]").fill("2026-02-03")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("heading", name="Measuring a clip").wait_for()
    page.get_by_role("link", name="Show the session").click(timeout=120_000)
    page.get_by_role("heading", name="Session of 2026-02-03").wait_for()
    (row,) = guided_desk.records.person(person).sessions
    assert row.source_name == "Chidi first"
    assert not list((tmp_path / "guided").rglob("*")), "the copy is gone"


def test_the_command_opens_the_pages(browser, tmp_path):
    command = [sys.executable, "-m", "neckrom", "open", "--no-browser", "--store", str(tmp_path / "s")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        address = next(found[0] for line in running.stdout if (found := re.search(r"http://\S+", line)))
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        assert "Nobody yet" in page.locator("main").inner_text()
        context.close()
    finally:
        running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0
    assert "Traceback" not in said


def test_the_real_command_understands_what_it_is_started_with(tmp_path):
    with (
        Records(locate(str(tmp_path / "store"))) as records,
        at_desk(records, tmp_path / "guided", (*COMMAND, "--source", str(tmp_path / "none.mp4"))) as desk,
    ):
        person = new_person(desk)
        assert desk.post(f"/people/{person}/guided", START).status == 303
        reach(desk, person, Stage.FAILED)
        said = desk.guided.of(person).said
    assert "none.mp4" in said
    assert "Usage" not in said
    assert not list((tmp_path / "guided").iterdir()), "an empty folder is not left"
