"""Records on a disk that takes nothing: all of it is read, nothing of it changes, and the reader is told."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from neckrom.cli.main import app
from neckrom.errors import ExitCode, ReadOnlyStoreError, StoreError
from neckrom.exports.write import Format, export_to
from neckrom.handouts.making import write_handout
from neckrom.records.api import Records
from neckrom.records.audit import Action
from neckrom.records.backup import back_up, restore
from neckrom.records.files import Files
from neckrom.records.location import locate
from neckrom.screening.safety import safety_questions
from tests.records.archived import as_reader, taking_nothing
from tests.records.folders import write_folder


def tell(_done: int, _total: int) -> None:
    return


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of one person with two sessions, in a folder of its own."""
    root = tmp_path / "archive" / "store"
    with Records(locate(str(root))) as records:
        person = records.add_person("Anna Berg")
        records.import_result(write_folder(tmp_path / "results" / "one", "one"), person.id)
        later = write_folder(tmp_path / "results" / "two", "two", "2026-05-02T10:20:30+02:00")
        records.import_result(later, person.id)
    return root


@pytest.fixture
def archive(store: Path) -> Iterator[Path]:
    """The same where nothing can be written, and unchanged afterwards."""
    before = content_of(store.parent)
    with taking_nothing(store.parent):
        yield store
    assert content_of(store.parent) == before


def content_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_everything_is_read_and_what_is_made_of_it_is_written_elsewhere(archive, elsewhere):
    def read() -> None:
        with Records(locate(str(archive))) as records:
            assert records.read_only
            (person,) = records.people()
            assert len(records.person(person.id).sessions) == 2
            later, earlier = records.sessions(person.id)
            assert records.session(later.id).files_here
            assert records.result(earlier.id).movements
            assert len(records.trend(person.id)) == 6
            assert records.compare(earlier.id, later.id).same_method
            records.log(Action.OPENED, person.id)
            assert Action.OPENED not in {entry.action for entry in records.log_entries()}
            assert export_to(records, person.id, Format.CSV, elsewhere).files
            write_handout(records, person.id, "html", elsewhere, "en", sheet=False, overwrite=False)
            saved = back_up(records, elsewhere / "b.neckrom", tell)
            assert (saved.people, saved.sessions) == (1, 2)
        restore(elsewhere / "b.neckrom", locate(str(elsewhere / "copy")), tell)
        with Records(locate(str(elsewhere / "copy"))) as copy:
            assert not copy.read_only
            assert len(copy.sessions()) == 2
        assert not list(elsewhere.glob(".neckrom-*"))

    as_reader(read)


WRITES = {
    "add a person": lambda records, person, session, new: records.add_person("Ben"),
    "rename": lambda records, person, session, new: records.rename_person(person, "Ben"),
    "change": lambda records, person, session, new: records.change_person(person, "Ben", None, ""),
    "delete a person": lambda records, person, session, new: records.delete_person(person),
    "delete a session": lambda records, person, session, new: records.delete_session(session),
    "note": lambda records, person, session, new: records.change_session(session, note="x"),
    "import": lambda records, person, session, new: records.import_result(new, person),
    "screen": lambda records, person, session, new: records.add_screening(person, "1", {}),
}


@pytest.mark.parametrize("what", WRITES)
def test_whatever_would_change_it_is_refused_in_words(archive, tmp_path, what):
    new = write_folder(tmp_path / "results" / "three", "three")
    new.chmod(0o755)

    def change() -> None:
        with Records(locate(str(archive))) as records:
            person, session = records.people()[0].id, records.sessions()[0].id
            with pytest.raises(ReadOnlyStoreError, match=r"can be read, not changed.*--store FOLDER"):
                WRITES[what](records, person, session, new)
            assert len(records.sessions(person)) == 2

    as_reader(change)


def test_only_the_folder_above_takes_nothing(store):
    """A stick that is mounted in a folder of the system's: the mark of use cannot be made beside the store."""
    for mark in store.parent.glob(".*.in-use"):
        mark.unlink()
    store.parent.chmod(0o555)

    def read() -> None:
        with Records(locate(str(store))) as records:
            assert records.read_only

    try:
        as_reader(read)
    finally:
        store.parent.chmod(0o755)


def _left_open(store: Path, target: Path) -> None:
    """A copy of a store of which a change is in the database's log alone, as after a power cut."""
    with closing(sqlite3.connect(store / "store.sqlite3")) as connection:
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("UPDATE person SET name = 'Anna Neu', search_name = 'anna neu'")
        connection.commit()
        target.mkdir()
        for path in store.iterdir():
            if path.is_file():
                (target / path.name).write_bytes(path.read_bytes())
            else:
                (target / path.name).mkdir()
        assert (target / "store.sqlite3-wal").stat().st_size


def test_the_last_change_is_read_from_the_log_of_a_database_that_was_not_closed(store, tmp_path, elsewhere):
    copy = tmp_path / "copy"
    _left_open(store, copy)

    def read() -> None:
        with Records(locate(str(copy))) as records:
            assert [row.name for row in records.people()] == ["Anna Neu"]
            assert back_up(records, elsewhere / "b.neckrom", tell).people == 1
        assert b"Anna Neu" in (elsewhere / "b.neckrom").read_bytes()

    with taking_nothing(copy):
        as_reader(read)


def test_a_log_that_cannot_be_read_is_said_and_never_left_out(store, tmp_path):
    copy = tmp_path / "copy"
    _left_open(store, copy)
    (copy / "store.sqlite3-shm").unlink()

    def read() -> None:
        with pytest.raises(StoreError, match=r"not closed as they should be.*--store FOLDER"):
            Records(locate(str(copy)))

    with taking_nothing(copy):
        as_reader(read)


def test_tables_of_an_older_neckrom_are_not_read_as_they_are(archive):
    archive.parent.chmod(0o755)
    archive.chmod(0o755)
    database = archive / "store.sqlite3"
    whole = database.read_bytes()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.commit()
    archive.chmod(0o555)
    archive.parent.chmod(0o555)

    def read() -> None:
        with pytest.raises(StoreError, match="older neckrom"):
            Records(locate(str(archive)))

    as_reader(read)
    database.write_bytes(whole)


def test_a_session_that_waits_is_left_where_it_is(store):
    with Records(locate(str(store))) as records:
        person, session = records.people()[0].id, records.sessions()[0].id
        manifest = {
            "session_id": "S-AAAAAAAAAA", "person_id": person, "measured": "2026-03-14T10:20:30+01:00",
            "dated_by_hand": False, "added": "2026-03-14T10:20:30+01:00", "note": "", "replaces": None, "files": [],
        }  # fmt: skip
    waiting = store / "incoming" / "S-AAAAAAAAAA"
    waiting.mkdir()
    (waiting / ".session.json").write_text(json.dumps(manifest), encoding="utf-8")
    (store / "incoming" / "S-BBBBBBBBBB").mkdir()

    def read() -> None:
        with Records(locate(str(store))) as records:
            assert [item.session_id for item in records.waiting()] == ["S-AAAAAAAAAA"]
            records.write_what_waits()
            assert records.session(session).files_here

    with taking_nothing(store):
        as_reader(read)
    assert waiting.exists()


def test_a_store_without_its_empty_folders_is_read(store):
    """As a copy on a medium that keeps no empty folders."""
    files = Files(store)
    for folder in (files.incoming, files.trash):
        folder.rmdir()

    def read() -> None:
        with Records(locate(str(store))) as records:
            assert len(records.sessions()) == 2
            assert records.waiting() == []

    with taking_nothing(store):
        as_reader(read)


def test_the_command_line_reads_and_says_why_it_does_not_write(archive, elsewhere):
    def use() -> None:
        runner = CliRunner()
        for arguments in (
            ["people", "list"],
            ["people", "show", "Anna Berg"],
            ["sessions", "list"],
            ["log"],
            ["export", "Anna Berg", "--format", "fhir", "--out", str(elsewhere)],
            ["backup", str(elsewhere / "c.neckrom")],
        ):
            done = runner.invoke(app, [*arguments, "--store", str(archive)])
            assert done.exit_code == 0, (arguments, done.output, done.exception)
            assert done.output.count("can only be read") == 1
        for arguments in (["people", "add", "Ben"], ["people", "delete", "Anna Berg", "--yes"]):
            done = runner.invoke(app, [*arguments, "--store", str(archive)])
            assert done.exit_code == ExitCode.CANNOT_WRITE
            assert "can be read, not changed" in done.output

    as_reader(use)


def test_a_neck_screen_is_shown_and_said_not_to_be_stored(archive, tmp_path):
    answers = tmp_path / "answers.json"
    safe = dict.fromkeys((question.id for question in safety_questions()), "no")
    answers.write_text(json.dumps({"safety": safe}), encoding="utf-8")

    def use() -> None:
        arguments = ["screen", "Anna Berg", "--answers", str(answers), "--store", str(archive)]
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, (done.output, done.exception)
        assert "Nothing can be added" in done.output
        assert "Stored" not in done.output

    as_reader(use)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that can be filled without anybody else noticing."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", place], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("only the administrator can make a small disk")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_records_on_a_full_disk_are_read(small_disk, store):
    """SQLite makes files beside a database that it opens; without room for them nothing was shown at all."""
    copy = small_disk / "store"
    shutil.copytree(store, copy)
    with (small_disk / "ballast").open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    with Records(locate(str(copy))) as records:
        assert len(records.sessions()) == 2
        with pytest.raises(ReadOnlyStoreError, match="disk is full"):
            records.add_person("Ben")
    (small_disk / "ballast").unlink()
    with Records(locate(str(copy))) as records:
        assert records.add_person("Ben").name == "Ben"
