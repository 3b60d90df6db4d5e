"""The pages of the records on a real PostgreSQL server, and when that is lost in the middle of the work."""

from __future__ import annotations

import pytest

from neckrom.guided.sessions import Stage
from neckrom.records.api import Records
from neckrom.records.location import DATA_DIR_VARIABLE, locate
from tests.records.folders import all_movements, write_folder
from tests.records.postgresql import running_server
from tests.web.serving import eventually
from tests.web.test_records_pages import START, at_desk, pretended, reach, texts_of


@pytest.fixture(scope="module")
def server():
    with running_server() as running:
        yield running


@pytest.fixture
def clinic(server, tmp_path, monkeypatch):
    """Pages on a new database of that server, with guided sessions that need no camera."""
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "data"))
    command = pretended(tmp_path, write_folder(tmp_path / "guided-result", "guided"))
    with (
        Records(locate(server.new_database())) as records,
        at_desk(records, tmp_path / "guided", command) as running,
    ):
        yield running


def add(desk, name: str) -> str:
    answer = desk.post("/people", {"name": name, "birth_date": "1985-03-27", "note": "runs"})
    assert answer.status == 303
    return answer.headers["Location"]


def test_the_work_of_a_day(clinic, tmp_path):
    home = add(clinic, "Änne 'O''Brien'; DROP TABLE person;--")
    person = home.rpartition("/")[2]
    assert person in clinic.page("/people?search=%C3%A4nne")
    one, two = (
        clinic.records.import_result(
            write_folder(tmp_path / name, name, created, **all_movements(best)), person
        ).session_id
        for name, created, best in (
            ("one", "2026-03-14T10:20:30+01:00", 30.0),
            ("two", "2026-05-02T10:20:30+02:00", 55.0),
        )
    )
    page = clinic.page(home)
    assert page.count("<svg") == 6
    assert "+25°: more range" in page
    compared = texts_of(clinic.page(f"/compare?one={one}&other={two}"))
    assert "2026-03-14 and 2026-05-02 side by side" in compared
    assert compared.count("+25°") == 6
    given = {"note": "sore", "pain.flexion": "6"}
    assert clinic.post(f"/sessions/{two}/change", given).status == 303
    assert "6/10" in clinic.page(f"/sessions/{two}")
    assert clinic.get(f"{home}/course.pdf").body.startswith(b"%PDF")
    assert clinic.get(f"/sessions/{one}/export?form=fhir").status == 200
    assert "Sessions: 1" in texts_of(clinic.post(f"/sessions/{one}/delete").body.decode())
    assert "Sessions: 1" in texts_of(clinic.post(f"{home}/delete").body.decode())
    assert clinic.get(home).status == 404
    assert clinic.records.count_people() == 0


def test_a_server_that_is_lost_is_said_and_nothing_of_a_session_is_lost(clinic, server, tmp_path):
    home = add(clinic, "Anna")
    person = home.rpartition("/")[2]
    assert clinic.post(f"{home}/guided", START).status == 303
    reach(clinic, person, Stage.RUNNING)
    server.stop()
    try:
        for answer in (clinic.get("/people"), clinic.get(home), clinic.post("/people", {"name": "Bela"})):
            assert answer.status == 503
            said = texts_of(answer.body.decode())
            assert "that the server runs, then try again" in said
            assert "Traceback" not in said
        (tmp_path / "over").touch()
        eventually(lambda: clinic.guided.of(person).stage is Stage.WAITING, "waiting")
    finally:
        server.start()
    assert clinic.records.waiting()
    page = clinic.page(home)
    assert not clinic.records.waiting(), "written by the first page that reached the server"
    (row,) = clinic.records.person(person).sessions
    assert f"/sessions/{row.id}" in page
    assert clinic.records.count_people("Bela") == 0
