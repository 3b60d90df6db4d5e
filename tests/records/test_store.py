"""The store, on SQLite and on a real PostgreSQL: people, sessions, files, concurrency."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from neckrom.errors import (
    ConfigurationError,
    InputError,
    OutputError,
    StoreError,
    StoreUnreachableError,
    UnknownRecordError,
)
from neckrom.records import deletion, intake
from neckrom.records.api import Records
from neckrom.records.engine import make_engine
from neckrom.records.ids import new_session_id
from neckrom.records.location import Location, locate
from neckrom.records.people import checked_name
from neckrom.types import MOVEMENTS, Movement
from tests.records.folders import write_folder
from tests.records.postgresql import Server, until


def files_below(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


# --------------------------------------------------------------------- people


def test_people_are_found_by_name_and_pseudonym(records):
    anna = records.add_person("Anna Bérg", "1985-03-27", "runs")
    nameless = records.add_person()
    assert anna.id.startswith("P-")
    assert records.find_person("anna bérg").id == anna.id
    assert records.find_person("ANNA BE\u0301RG").id == anna.id, "the same name, typed with a combining mark"
    assert records.find_person(anna.id.lower()).birth_date == date(1985, 3, 27)
    assert records.find_person(nameless.id).name is None
    assert [row.id for row in records.people()] == [anna.id, nameless.id]
    assert [row.id for row in records.people("bér")] == [anna.id]
    assert records.count_people("nobody") == 0


def test_an_unknown_name_is_answered_with_the_near_ones(records):
    anna, berta = records.add_person("Anna Berg"), records.add_person("Berta Anger")
    with pytest.raises(UnknownRecordError, match=anna.id) as caught:
        records.find_person("Anna Borg")
    assert berta.id not in str(caught.value)
    with pytest.raises(UnknownRecordError, match="people add"):
        records.find_person("Zacharias Quux")


def test_an_ambiguous_name_is_not_guessed(records):
    first, second = records.add_person("Kim Lee"), records.add_person("kim lee", "1990-01-01")
    with pytest.raises(UnknownRecordError, match="2 people") as caught:
        records.find_person("Kim Lee")
    assert first.id in str(caught.value)
    assert f"{second.id}  kim lee, born 1990-01-01, 0 sessions" in str(caught.value)


@pytest.mark.parametrize("search", ["%", "_", "\\", "100%_", "' OR 1=1 --"])
def test_what_means_something_to_sql_is_only_text(records, search):
    records.add_person("Anna")
    assert records.people(search) == []
    exact = records.add_person(search)
    assert [row.id for row in records.people(search)] == [exact.id]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("x" * 10_000, "10000 characters"),
        ("Anna\nBerg", "cannot be seen"),
        ("Anna\x00", "cannot be seen"),
        ("clip\u202egpj", "cannot be seen"),
    ],
)
def test_names_that_cannot_be_kept_are_refused(records, name, problem):
    with pytest.raises(ConfigurationError, match=problem):
        records.add_person(name)
    assert records.people() == []


HOSTILE_NAMES = (
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "{{7*7}}",
    "שלום عرب 漢字 😀",
)


def test_hostile_names_are_kept_as_they_are_and_never_become_a_path(records, folder):
    for number, name in enumerate(HOSTILE_NAMES):
        person = records.add_person(name)
        records.import_result(folder(f"r{number}"), person.id)
        assert records.find_person(name).name == name
        assert len(files_below(records.files.stored / person.id)) == 4
    assert len(files_below(records.files.stored)) == 4 * len(HOSTILE_NAMES)


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_name_that_is_taken_is_printable_and_stays_itself(name):
    try:
        kept = checked_name(name)
    except ConfigurationError:
        return
    assert kept
    assert kept == kept.strip()
    assert "\n" not in kept
    assert checked_name(kept) == kept


@pytest.mark.parametrize(
    ("birth_date", "problem"),
    [
        ("2190-01-01", "future"),
        ("1790-01-01", "130 years"),
        ("27.3.1985", "1985-03-27"),
        ("2001-02-30", "no date"),
    ],
)
def test_birth_dates_that_cannot_be_are_refused(records, birth_date, problem):
    with pytest.raises(ConfigurationError, match=problem):
        records.add_person("Anna", birth_date)


def test_a_note_is_kept_without_what_cannot_be_shown(records):
    person = records.add_person("Anna", note="knee\x1b[31m\nleft\x00")
    assert person.note == "knee [31m\nleft "
    with pytest.raises(ConfigurationError, match="at most 5000"):
        records.add_person("Berta", note="x" * 6000)


def test_rename(records):
    person = records.add_person("Ana")
    assert records.rename_person(person.id, "Anna").name == "Anna"
    assert records.find_person("anna").id == person.id
    with pytest.raises(UnknownRecordError):
        records.find_person("Ana Maria")
    with pytest.raises(UnknownRecordError, match="any more"):
        records.rename_person("P-00000000", "Nobody")


# ------------------------------------------------------------------- sessions


def test_an_imported_session_has_everything(records, folder):
    source = folder()
    person = records.add_person("Anna")
    done = records.import_result(source, person.id, note="before")
    assert done.written
    view = records.session(done.session_id)
    assert view.row.measured == datetime(2026, 3, 14, 9, 20, 30, tzinfo=UTC)
    assert not view.row.dated_by_hand
    assert view.row.note == "before"
    assert records.result_bytes(done.session_id) == (source / "result.json").read_bytes()
    result = records.result(done.session_id)
    assert list(view.values) == list(MOVEMENTS)
    for movement in MOVEMENTS:
        item, value = result.of(movement), view.values[movement]
        assert (value.best_deg, value.low_deg, value.high_deg) == (item.best_deg, *item.interval95_deg)
        assert (value.flag, value.pain, value.trials) == (item.flag, item.pain, 3)
    assert view.files_here
    assert {entry.name for entry in view.files} == {path.name for path in source.iterdir()}
    for entry in view.files:
        content = (view.folder / entry.name).read_bytes()
        assert content == (source / entry.name).read_bytes()
        assert (entry.sha256, entry.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert {path.name for path in view.folder.iterdir()} == {entry.name for entry in view.files}
    assert records.find_person("Anna").sessions == 1
    assert records.find_session(done.session_id[:8].lower()).id == done.session_id


def test_files_are_for_their_owner_alone(records, folder):
    old = os.umask(0)
    try:
        person = records.add_person("Anna")
        records.import_result(folder(), person.id)
        for path in [records.location.root, *records.location.root.rglob("*")]:
            wanted = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == wanted, path
    finally:
        os.umask(old)


def test_the_same_recording_is_stored_once(records, folder, tmp_path):
    person, other = records.add_person("Anna"), records.add_person("Berta")
    source = folder()
    first = records.import_result(source, person.id)
    with pytest.raises(InputError, match=rf"stored already, as session {first.session_id}.*--replace"):
        records.import_result(source, person.id)
    with pytest.raises(InputError, match="another person"):
        records.import_result(source, other.id, replace=True)
    again = write_folder(tmp_path / "again", "anna", "2026-03-15T10:00:00+01:00", rotation_left=77.0)
    second = records.import_result(again, person.id, replace=True)
    assert [row.id for row in records.sessions(person.id)] == [second.session_id]
    assert records.session(second.session_id).values[Movement.ROTATION_LEFT].best_deg == 77.0
    assert not records.files.folder(person.id, first.session_id).exists()
    assert list(records.files.trash.iterdir()) == []


def test_results_that_name_no_recording_are_told_apart_by_themselves(tmp_path, folder):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Anna")
        for name, flexion in (("one", 40.0), ("two", 50.0)):
            source = folder(name, flexion=flexion)
            result = json.loads((source / "result.json").read_text())
            result["clip"]["sha256"] = ""
            (source / "result.json").write_text(json.dumps(result))
            records.import_result(source, person.id)
        with pytest.raises(InputError, match="stored already"):
            records.import_result(source, person.id)
        assert len(records.sessions()) == 2


def test_a_date_stated_by_hand_counts(records, folder):
    person = records.add_person("Anna")
    stated = datetime(2025, 6, 1, tzinfo=UTC)
    done = records.import_result(folder(), person.id, measured=stated)
    row = records.find_session(done.session_id)
    assert (row.measured, row.dated_by_hand) == (stated, True)


def test_dates_in_the_future_are_refused(records, folder):
    person = records.add_person("Anna")
    with pytest.raises(InputError, match="clock of that machine was wrong"):
        records.import_result(folder("later", "2190-01-01T00:00:00+00:00"), person.id)
    with pytest.raises(ConfigurationError, match="future"):
        records.import_result(folder("now"), person.id, measured=datetime.now(UTC) + timedelta(days=400))
    assert records.sessions() == []
    assert files_below(records.files.root / "incoming") == []


def test_a_person_deleted_while_their_session_is_stored(records, folder, monkeypatch):
    """The person goes between the check and the writing: nothing of them stays."""
    person = records.add_person("Anna")
    copy = intake.copy_private

    def copy_and_delete(sources, target):
        entries = copy(sources, target)
        records.delete_person(person.id)
        return entries

    monkeypatch.setattr(intake, "copy_private", copy_and_delete)
    with pytest.raises(UnknownRecordError, match="any more"):
        records.import_result(folder(), person.id)
    assert [
        path for path in files_below(records.files.root) if path.suffix in (".json", ".csv", ".pdf")
    ] == []


def test_deleting_a_person_removes_everything_and_says_what(records, folder):
    person, other = records.add_person("Anna"), records.add_person("Berta")
    kept = records.import_result(folder("other"), other.id)
    for name in ("one", "two"):
        records.import_result(folder(name), person.id)
    records.add_screening(person.id, "1", {"sign_1": "yes"})
    size = sum(path.stat().st_size for path in files_below(records.files.stored / person.id))
    removed = records.delete_person(person.id)
    assert (removed.sessions, removed.screenings, removed.files, removed.bytes) == (2, 1, 8, size)
    assert removed.elsewhere == 0
    assert [row.name for row in records.people()] == ["Berta"]
    assert not (records.files.stored / person.id).exists()
    assert records.session(kept.session_id).files_here
    with records.engine.connect() as connection:
        for table in ("session", "session_result", "measurement", "stored_file"):
            column = "id" if table == "session" else "session_id"
            rows = set(connection.execute(text(f"SELECT {column} FROM {table}")).scalars())
            assert rows == {kept.session_id}, table
        assert connection.execute(text("SELECT count(*) FROM screening")).scalar() == 0


def test_what_was_deleted_is_not_left_in_the_database_file(tmp_path, folder):
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Wilhelmina Verylongname")
        records.import_result(folder(), person.id)
        records.delete_person(person.id)
    for path in files_below(tmp_path / "store"):
        assert b"Verylongname" not in path.read_bytes(), path
        assert b"verylongname" not in path.read_bytes(), path


def test_pain_and_notes_are_added_afterwards_and_outlive_a_new_measurement(records, folder):
    person = records.add_person("Anna").id
    source = folder()
    session = records.import_result(source, person).session_id
    measured = records.result(session)
    changed = records.change_session(session, note="after a run", pain={Movement.FLEXION: 6})
    assert (changed.row.note, changed.values[Movement.FLEXION].pain) == ("after a run", 6)
    for wrong in (-1, 11):
        with pytest.raises(ConfigurationError, match="0 to 10"):
            records.change_session(session, note="x", pain={Movement.FLEXION: wrong})
    assert records.session(session) == changed, "nothing of what is refused"
    again = records.import_result(source, person, replace=True).session_id
    view = records.session(again)
    assert (view.row.note, view.values[Movement.FLEXION].pain) == ("after a run", 6)
    assert view.values[Movement.EXTENSION].pain == measured.of(Movement.EXTENSION).pain
    records.change_session(again, pain={Movement.FLEXION: None})
    assert records.session(again).values[Movement.FLEXION].pain is None
    assert records.session(again).row.note == "after a run"


def test_a_person_is_changed_as_a_whole_or_not_at_all(records):
    person = records.add_person("Anna", "1985-03-27", "runs").id
    for wrong in (("", None, ""), ("Eva", "soon", ""), ("Eva", None, "n" * 9000)):
        with pytest.raises(ConfigurationError):
            records.change_person(person, *wrong)
    row = records.person(person).row
    assert (row.name, str(row.birth_date), row.note) == ("Anna", "1985-03-27", "runs")
    row = records.change_person(person, None, None, "swims\r\nnow")
    assert (row.name, row.birth_date, row.note) == (None, None, "swims\nnow")
    assert records.people("anna") == []


def test_deleting_a_session(records, folder):
    person = records.add_person("Anna")
    gone, stays = (records.import_result(folder(name), person.id) for name in ("one", "two"))
    removed = records.delete_session(gone.session_id)
    assert (removed.sessions, removed.files) == (1, 4)
    assert [row.id for row in records.sessions(person.id)] == [stays.session_id]
    with pytest.raises(UnknownRecordError):
        records.session(gone.session_id)


def test_a_failed_delete_leaves_everything(records, folder, monkeypatch):
    person = records.add_person("Anna")
    done = records.import_result(folder(), person.id)

    def fail(_connection, _ids):
        raise InputError("the database said no")

    monkeypatch.setattr(deletion, "_count_files", fail)
    with pytest.raises(InputError, match="said no"):
        records.delete_person(person.id)
    assert records.session(done.session_id).files_here


# ------------------------------------------------------ what a kill leaves undone


def test_a_session_that_was_copied_but_not_written_is_written_at_the_next_open(address, folder, monkeypatch):
    with Records(locate(address)) as records:
        person = records.add_person("Anna")
        monkeypatch.setattr(records.intake, "_settle_or_keep", lambda manifest: False)
        done = records.import_result(folder(), person.id)
        assert records.sessions(person.id) == []
        assert [manifest.session_id for manifest in records.waiting()] == [done.session_id]
    with Records(locate(address)) as records:
        view = records.session(done.session_id)
        assert view.files_here
        assert view.folder == records.files.stored / person.id / done.session_id
        assert records.waiting() == []


def test_half_a_copy_is_cleared_and_a_copy_in_progress_is_not(address, folder):
    with Records(locate(address)) as records:
        left = records.files.incoming / f".part-{new_session_id()}"
        left.mkdir()
        (left / ".busy").touch()
        (left / "result.json").write_text("{")
        with records.files.staging(new_session_id()) as part:
            (part / "angles.csv").write_text("in progress")
            Records(locate(address)).close()
            assert not left.exists()
            assert (part / "angles.csv").read_text() == "in progress"


def test_a_session_thrown_away_but_not_forgotten_comes_back(address, folder):
    with Records(locate(address)) as records:
        person = records.add_person("Anna")
        done = records.import_result(folder(), person.id)
        with records.files.locked():
            records.files.throw_away(person.id, [done.session_id])
    with Records(locate(address)) as records:
        assert records.session(done.session_id).files_here


def test_a_session_that_waits_for_a_deleted_person_is_kept_and_said(address, folder, monkeypatch):
    with Records(locate(address)) as records:
        person = records.add_person("Anna")
        monkeypatch.setattr(records.intake, "_settle_or_keep", lambda manifest: False)
        records.import_result(folder(), person.id)
        with records.engine.begin() as connection:
            connection.execute(text("DELETE FROM person"))
    with Records(locate(address)) as records:
        assert [manifest.person_id for manifest in records.waiting()] == [person.id]


# ---------------------------------------------------------------- two processes


def _add_many(address: str, data_dir: str, who: int, number: int, source: str) -> None:
    os.environ["NECKROM_DATA_DIR"] = data_dir
    with Records(locate(address)) as records:
        for index in range(number):
            person = records.add_person(f"Person {who}-{index}")
            records.import_result(Path(source) / f"{who}-{index}", person.id)


def test_two_processes_at_once_lose_nothing(address, tmp_path, data_dir):
    """The store is new: they also make and migrate it at the same moment."""
    number = 8
    for who in range(2):
        for index in range(number):
            write_folder(tmp_path / "in" / f"{who}-{index}", f"{who}-{index}")
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=_add_many, args=(address, str(data_dir), who, number, str(tmp_path / "in")))
        for who in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(400)
        assert worker.exitcode == 0
    with Records(locate(address)) as records:
        rows = records.people()
        assert sorted(row.name for row in rows) == sorted(
            f"Person {who}-{index}" for who in range(2) for index in range(number)
        )
        for row in rows:
            (session,) = records.sessions(row.id)
            assert session.source_name == row.name.removeprefix("Person ")
            assert records.session(session.id).files_here


# ------------------------------------------------------------ stores that are none


def open_store(address: str) -> None:
    Records(locate(address)).close()


@pytest.mark.parametrize(
    "content", [b"this is no database at all " * 200, b"SQLite format 3\x00" + bytes(range(256)) * 40]
)
def test_a_corrupt_database_is_refused_with_the_way_out(tmp_path, content):
    store = tmp_path / "store"
    store.mkdir()
    (store / "store.sqlite3").write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged.*neckrom restore FILE"):
        open_store(str(store))
    assert (store / "store.sqlite3").read_bytes() == content


def test_damage_in_the_middle_is_said_when_it_is_met(tmp_path, folder):
    store = tmp_path / "store"
    with Records(locate(str(store))) as records:
        for number in range(30):
            person = records.add_person(f"Person {number}" * 10)
            records.import_result(folder(f"r{number}"), person.id)
    database = store / "store.sqlite3"
    content = bytearray(database.read_bytes())
    pages = len(content) // 4096
    for page in range(pages // 2, pages):
        content[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    database.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), Records(locate(str(store))) as records:
        for row in records.people():
            records.person(row.id)
            for session in records.sessions(row.id):
                records.session(session.id)
                records.result_bytes(session.id)


def test_a_newer_store_is_refused_and_left_alone(address):
    open_store(address)
    location = locate(address)
    engine = make_engine(location)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"newer neckrom.*9999.*Install the newer"):
        open_store(address)


def test_a_database_of_another_program_is_refused(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    with sqlite3.connect(store / "store.sqlite3") as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreError, match=r"belongs to another program.*recipes"):
        open_store(str(store))


def test_a_folder_with_other_things_is_not_made_into_a_store(tmp_path):
    (tmp_path / "thesis.odt").write_text("chapter one")
    with pytest.raises(StoreError, match=r"holds.*thesis\.odt"):
        open_store(str(tmp_path))
    assert not (tmp_path / "store.sqlite3").exists()


def test_places_that_cannot_be_a_store_are_refused(tmp_path):
    (tmp_path / "file").write_text("a letter")
    with pytest.raises(StoreError, match="cannot be a store"):
        open_store(str(tmp_path / "file"))
    with pytest.raises(OutputError, match="cannot be kept"):
        open_store("/proc/neckrom/store")
    open_store(str(tmp_path / "store"))
    (tmp_path / "store" / "lock").unlink()
    (tmp_path / "store" / "lock").mkdir()
    with pytest.raises(OutputError, match=r"cannot be used: .*lock"):
        open_store(str(tmp_path / "store"))


@pytest.mark.parametrize("address", ["mysql://x/y", "http://example.org/store", "://"])
def test_addresses_that_are_none_are_refused(address):
    with pytest.raises(ConfigurationError, match="no address of a store"):
        locate(address)


def test_where_the_store_is(tmp_path, monkeypatch):
    assert locate().root == tmp_path / "data" / "records"
    monkeypatch.setenv("NECKROM_STORE", str(tmp_path / "clinic"))
    assert locate().root == tmp_path / "clinic"
    assert locate(str(tmp_path / "given")).root == tmp_path / "given"
    monkeypatch.delenv("NECKROM_STORE")
    monkeypatch.delenv("NECKROM_DATA_DIR")
    config = tmp_path / "config" / "neckrom" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'store = "{tmp_path}/configured"\n')
    assert locate().root == tmp_path / "configured"
    config.write_text('sotre = "x"\n')
    with pytest.raises(ConfigurationError, match="line 1, sotre"):
        locate()


def test_a_password_is_never_shown():
    location: Location = locate("postgresql://me:topsecret@nowhere.invalid/clinic")
    assert "topsecret" not in str(location)
    with pytest.raises(StoreUnreachableError, match="does not answer") as caught:
        Records(location)
    assert "topsecret" not in str(caught.value)


# ------------------------------------------------------------ the server goes away


def test_a_session_is_kept_while_the_server_is_gone_and_written_when_it_is_back(server: Server, folder):
    address = server.new_database()
    with Records(locate(address)) as records:
        person = records.add_person("Anna")
        server.stop()
        try:
            with pytest.raises(StoreUnreachableError, match="does not answer"):
                records.people()
            source = folder()
            done = records.import_result(source, person.id)
            with pytest.raises(StoreUnreachableError):
                records.import_result(source, person.id, replace=True)
            assert not done.written
            assert (records.files.incoming / done.session_id / "angles.csv").exists()
            with pytest.raises(StoreUnreachableError):
                Records(locate(address))
        finally:
            server.start()
        until(lambda: _answers(records))
        records.settle()
        assert records.session(done.session_id).files_here
        assert records.waiting() == []


def _answers(records: Records) -> bool:
    try:
        records.people()
    except StoreUnreachableError:
        return False
    return True


# ---------------------------------------------------------------- bad folders


def broken(source: Path, name: str) -> None:  # noqa: PLR0912
    """Damage a result folder in one way."""
    result = json.loads((source / "result.json").read_text())
    match name:
        case "no result":
            (source / "result.json").unlink()
        case "not JSON":
            (source / "result.json").write_text('{"schema_version": "1.0", ')
        case "another JSON":
            (source / "result.json").write_text("[1, 2, 3]")
        case "deep JSON":
            (source / "result.json").write_text("[" * 200_000)
        case "missing field":
            del result["clip"]
        case "unknown field":
            result["surprise"] = 1
        case "older":
            result["schema_version"] = "0.9"
        case "newer":
            result["schema_version"] = "2.0"
        case "five movements":
            result["movements"] = result["movements"][:5]
        case "rows missing":
            lines = (source / "angles.csv").read_text().splitlines(keepends=True)
            (source / "angles.csv").write_text("".join(lines[: len(lines) // 2]))
        case "landmarks":
            (source / "landmarks.parquet").write_bytes(b"PAR1 cut off")
        case "many files":
            for number in range(300):
                (source / f"holiday{number}.jpg").touch()
    if name in ("missing field", "unknown field", "older", "newer", "five movements"):
        (source / "result.json").write_text(json.dumps(result))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("no result", "no result of neckrom"),
        ("not JSON", "not JSON"),
        ("another JSON", "names no version"),
        ("deep JSON", "not JSON"),
        ("missing field", "clip: Field required"),
        ("unknown field", "surprise"),
        ("older", "older neckrom"),
        ("newer", "Install the newer neckrom"),
        ("five movements", "six movements"),
        ("rows missing", "angles.csv has .* rows"),
        ("landmarks", "landmarks.parquet cannot be read"),
        ("many files", "not the result of one session"),
    ],
)
def test_foreign_and_damaged_folders_are_refused(tmp_path, folder, name, problem):
    source = folder()
    broken(source, name)
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Anna")
        with pytest.raises(InputError, match=problem):
            records.import_result(source, person.id)
        assert records.sessions() == []


def test_a_result_of_a_newer_minor_version_is_kept_whole(tmp_path, folder):
    source = folder()
    result = json.loads((source / "result.json").read_text())
    result["schema_version"] = "1.9"
    result["clip"]["colour"] = "blue"
    result["movements"][0]["trials"][0]["speed_deg_s"] = 41.0
    (source / "result.json").write_text(json.dumps(result))
    with Records(locate(str(tmp_path / "store"))) as records:
        done = records.import_result(source, records.add_person("Anna").id)
        assert len(done.notes) == 1
        assert "clip.colour" in done.notes[0]
        assert "movements.0.trials.0.speed_deg_s" in done.notes[0]
        assert records.result_bytes(done.session_id) == (source / "result.json").read_bytes()
        assert records.result(done.session_id).schema_version == "1.9"


def test_links_and_hidden_files_are_not_taken_along(tmp_path, folder):
    source = folder()
    (tmp_path / "secret").write_text("private")
    (source / "report.html").symlink_to(tmp_path / "secret")
    (source / ".bash_history").write_text("ls")
    with Records(locate(str(tmp_path / "store"))) as records:
        done = records.import_result(source, records.add_person("Anna").id)
        assert {entry.name for entry in done.files} == {
            "result.json",
            "angles.csv",
            "summary.csv",
            "report.pdf",
        }


def test_the_folder_may_be_gone_after_the_import(tmp_path, folder):
    source = folder()
    with Records(locate(str(tmp_path / "store"))) as records:
        done = records.import_result(source, records.add_person("Anna").id)
        shutil.rmtree(source)
        assert records.session(done.session_id).files_here
