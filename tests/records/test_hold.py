"""What comes from outside, or was left by a kill, neither locks the store nor leaks, and is refused in words."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import text

from neckrom.errors import InputError, NeckromError, OutputError, StoreError, StoreUnreachableError
from neckrom.exports import write
from neckrom.exports.source import read_series
from neckrom.exports.write import Format, export_to
from neckrom.handouts.making import write_handout
from neckrom.handouts.trend_drawing import draw_trends
from neckrom.messages import load_messages
from neckrom.records import intake, sessions
from neckrom.records.api import Records
from neckrom.records.backup import back_up, restore
from neckrom.records.guard import RestoredBy, ready_beside
from neckrom.records.ids import new_person_id, new_session_id
from neckrom.records.importing import import_path
from neckrom.records.leftovers import UPLOAD, mark_busy
from neckrom.records.location import locate
from neckrom.records.plausible import RANGES, first_implausible
from neckrom.records.result_folder import parse_result
from neckrom.records.stored_report import stored_report
from neckrom.web.record_files import stored_file
from tests.records.folders import case_of, write_folder
from tests.records.postgresql import Server

NOBODY = 65534


def tell(_done: int, _total: int) -> None:
    return


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "data" / "store")


@pytest.fixture
def held(store: str, tmp_path: Path) -> str:
    """A store with one person and one session."""
    with Records(locate(store)) as records:
        person = records.add_person("Anna Berg")
        records.import_result(write_folder(tmp_path / "results" / "anna"), person.id)
    return store


def opens(store: str, people: int = 1, number: int = 1) -> None:
    with Records(locate(store)) as records:
        assert (records.count_people(), len(records.sessions())) == (people, number)
        for row in records.sessions():
            assert records.session(row.id).files_here


# ----------------------------------------------------- one poisoned item locks nothing


def manifest(session: str, person: str, **changed: object) -> str:
    content = {
        "session_id": session,
        "person_id": person,
        "measured": "2026-03-14T10:20:30+01:00",
        "dated_by_hand": False,
        "added": "2026-03-14T10:20:30+01:00",
        "note": "",
        "replaces": None,
        "files": [],
    }
    return json.dumps(content | changed)


POISON = {
    "torn": lambda s, p: manifest(s, p)[:60],
    "empty": lambda s, p: "",
    "no object": lambda s, p: "[]",
    "deep": lambda s, p: "[" * 100_000,
    "too early": lambda s, p: manifest(s, p, measured="0001-01-01T00:00:00+14:00"),
    "too late": lambda s, p: manifest(s, p, added="9999-12-31T23:59:59-14:00"),
    "no time": lambda s, p: manifest(s, p, measured="yesterday"),
    "another's": lambda s, p: manifest(new_session_id(), p),
    "leads out": lambda s, p: manifest("../../out", p),
    "replaces a path": lambda s, p: manifest(s, p, replaces="../../files"),
    "files lead out": lambda s, p: manifest(s, p, files=[{"name": "../x", "sha256": "0" * 64, "size": 1}]),
    "no result": manifest,
}


@pytest.mark.parametrize("kind", POISON)
def test_something_unreadable_in_incoming_is_set_apart_and_locks_nothing(held, kind):
    with Records(locate(held)) as records:
        person = records.people()[0].id
    session = new_session_id()
    place = Path(held) / "incoming" / session
    place.mkdir()
    (place / ".session.json").write_text(POISON[kind](session, person), encoding="utf-8")
    (place / "angles.csv").write_text("what was recorded")
    opens(held)
    opens(held)
    (apart,) = (Path(held) / "unreadable").iterdir()
    assert apart.name.startswith(session)
    assert (apart / "angles.csv").read_text() == "what was recorded", "nothing of it was lost"
    assert not list((Path(held) / "incoming").iterdir())


@pytest.mark.parametrize("where", ["incoming", "trash"])
@pytest.mark.parametrize("shape", ["link", "pipe", "file", "folder"])
def test_what_is_no_session_in_the_store_locks_nothing(held, where, shape):
    place = Path(held) / where / new_session_id()
    if shape == "link":
        place.symlink_to("/etc")
    elif shape == "pipe":
        os.mkfifo(place)
    elif shape == "file":
        place.write_text("x")
    else:
        place.mkdir()
    opens(held)
    assert not os.path.lexists(place)


def test_a_waiting_session_whose_result_is_a_link_or_a_pipe_locks_nothing(held):
    with Records(locate(held)) as records:
        person = records.people()[0].id
    for make in (lambda path: path.symlink_to("/dev/zero"), os.mkfifo):
        session = new_session_id()
        place = Path(held) / "incoming" / session
        place.mkdir()
        (place / ".session.json").write_text(manifest(session, person), encoding="utf-8")
        make(place / "result.json")
    opens(held)
    assert len(list((Path(held) / "unreadable").iterdir())) == 2


@pytest.mark.parametrize(
    "created",
    ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00+00:00",
     "1999-12-31T00:00:00Z", "9" * 5000, ""],
)  # fmt: skip
def test_a_result_with_an_impossible_date_is_refused_and_locks_nothing(held, tmp_path, created):
    folder = write_folder(tmp_path / "results" / "new", "new", created=created)
    with Records(locate(held)) as records:
        person = records.people()[0].id
        with pytest.raises(InputError, match="--date"):
            records.import_result(folder, person)
    opens(held)
    with Records(locate(held)) as records:
        stated = datetime(2026, 3, 1, tzinfo=UTC)
        assert records.import_result(folder, person, stated).written


@pytest.mark.parametrize(
    "date", ["0001-01-01T00:00:00+14:00", "0001-01-01", "1899-12-31", "9999-12-31T23:59:59-14:00"]
)
def test_a_stated_date_that_cannot_be_stored_is_refused(date):
    with pytest.raises(NeckromError, match="2026-03-14"):
        sessions.parse_date(date)


# ------------------------------------------------------------------ ranges at the border


def numbers_in(schema: object, name: str = "") -> set[str]:
    found: set[str] = set()
    if isinstance(schema, dict):
        if schema.get("type") in ("number", "integer"):
            found.add(name)
        for key, inner in schema.items():
            if key == "properties":
                for field, part in inner.items():
                    found |= numbers_in(part, field)
            elif key == "$defs":
                for part in inner.values():
                    found |= numbers_in(part)
            else:
                found |= numbers_in(inner, name)
    elif isinstance(schema, list):
        for inner in schema:
            found |= numbers_in(inner, name)
    return found


def test_every_number_of_a_result_has_a_range():
    schema = json.loads(
        (Path(__file__).parents[2] / "docs" / "result.schema.json").read_text(encoding="utf-8")
    )
    assert numbers_in(schema) - set(RANGES) == set()


def test_what_measure_gives_is_plausible():
    for case in ("deficit_three_trials",):
        assert first_implausible(case_of(case).result) is None


def number_places(content: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    items = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    found: list[tuple[object, ...]] = []
    for key, inner in items:
        if isinstance(inner, int | float) and not isinstance(inner, bool):
            found.append((*path, key))
        found += number_places(inner, (*path, key))
    return found


BASE = json.loads(case_of("deficit_three_trials").result.model_dump_json())


@given(
    place=st.sampled_from(number_places(BASE)),
    value=st.sampled_from([1e300, -1e300, 1e30, 10**400, -(10**400), 1e-300]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_number_of_a_result_is_taken_past_all_measure(place, value):
    content = json.loads(json.dumps(BASE))
    inner = content
    for part in place[:-1]:
        inner = inner[part]
    inner[place[-1]] = value
    try:
        result, _ = parse_result(json.dumps(content).encode(), "result.json")
    except InputError as error:
        assert "Measure the clip again" in str(error)
    else:
        assert abs(value) < 1, "only a value of next to nothing may pass"
        assert all(item.reference_deg is None or item.reference_deg >= 1 for item in result.movements)


@pytest.mark.parametrize("version", ["1." + "9" * 5000, "9" * 5000 + ".0", "1.0.0", "1", "", "１.0", "-1.0"])
def test_versions_that_are_none_are_refused(version):
    with pytest.raises(InputError):
        parse_result(json.dumps(BASE | {"schema_version": version}).encode(), "result.json")


def test_many_new_names_are_told_briefly_and_without_steering_the_terminal():
    more = {f"new{index}\x1b[2J": 1 for index in range(3000)}
    _, (note,) = parse_result(json.dumps(BASE | {"schema_version": "1.999"} | more).encode(), "result.json")
    assert len(note) < 2000
    assert note.isprintable()


def test_a_value_that_an_older_neckrom_let_in_neither_locks_the_pages_nor_fills_the_memory(held):
    with closing(sqlite3.connect(Path(held) / "store.sqlite3")) as connection:
        connection.execute(
            "UPDATE measurement SET best_deg = 1e300, high_deg = 9e999, reference_deg = 1e-300"
        )
        connection.commit()
    with Records(locate(held)) as records:
        (row,) = records.people()
        trends = records.trend(row.id)
        assert all(point.value.best_deg is None for trend in trends for point in trend.points)
        drawings = draw_trends(trends, load_messages("en"))
        assert all(len(drawing.ticks) < 20 for drawing in drawings)


@pytest.mark.parametrize("cell", ["1e300", "-361", "inf", "x", "9" * 5000])
def test_angles_past_all_measure_are_refused(tmp_path, cell):
    folder = write_folder(tmp_path / "r")
    lines = (folder / "angles.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[5].split(",")
    cells[2] = cell
    (folder / "angles.csv").write_text(
        "\n".join([*lines[:5], ",".join(cells), *lines[6:]]) + "\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="damaged"):
        read_series(folder / "angles.csv")


# --------------------------------------------------------- what a folder may be


@pytest.mark.parametrize("name", ["result.json"])
@pytest.mark.parametrize("shape", ["pipe", "link", "device", "huge"])
def test_a_result_that_is_no_plain_file_is_refused_at_once(held, tmp_path, name, shape):
    folder = write_folder(tmp_path / "results" / "new", "new")
    (folder / name).unlink()
    if shape == "pipe":
        os.mkfifo(folder / name)
    elif shape == "huge":
        with (folder / name).open("wb") as file:
            file.truncate(10**12)
    else:
        (folder / name).symlink_to("/dev/zero" if shape == "device" else tmp_path / "results" / "anna" / name)
    began = time.monotonic()
    with Records(locate(held)) as records, pytest.raises(InputError):
        records.import_result(folder, records.people()[0].id)
    assert time.monotonic() - began < 20
    opens(held)


@pytest.mark.parametrize("name", ["clip.mp4", "result.json", "landmarks.parquet"])
def test_a_pipe_is_never_waited_for(held, tmp_path, name):
    os.mkfifo(tmp_path / name)
    with Records(locate(held)) as records, pytest.raises(InputError, match="pipe"):
        import_path(records, tmp_path / name, records.people()[0].id, None, None)  # type: ignore[arg-type]


def test_folders_deep_in_each_other_are_refused(held, tmp_path):
    folder = write_folder(tmp_path / "results" / "new", "new")
    (folder / Path(*["d"] * 900)).mkdir(parents=True)
    with Records(locate(held)) as records, pytest.raises(InputError, match="within each other"):
        records.import_result(folder, records.people()[0].id)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


# ------------------------------------------------------------------- parts and kills


def saved(store: str, path: Path, **more: object) -> Path:
    with Records(locate(store)) as records:
        back_up(records, path, tell, **more)  # type: ignore[arg-type]
    return path


def test_a_backup_never_continues_a_part_that_was_left(held, tmp_path):
    target = tmp_path / "out" / "b.neckrom"
    target.parent.mkdir()
    left = target.with_name(f".{target.name}.part")
    left.write_bytes(b"Deleted Person" * 1_000_000)
    left.chmod(0o666)
    saved(held, target)
    assert b"Deleted Person" not in target.read_bytes()
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in target.parent.iterdir()) == ["b.neckrom"]


@pytest.mark.parametrize("shape", ["link", "pipe"])
def test_a_planted_part_is_not_written_through(held, tmp_path, shape):
    target, precious = tmp_path / "out" / "b.neckrom", tmp_path / "precious"
    target.parent.mkdir()
    precious.write_text("untouched")
    left = target.with_name(f".{target.name}.part")
    left.symlink_to(precious) if shape == "link" else os.mkfifo(left)
    saved(held, target)
    with Records(locate(held)) as records:
        person = records.people()[0].id
        other = target.parent / f".{records.sessions()[0].id}_measurements.csv.part"
        other.symlink_to(precious) if shape == "link" else os.mkfifo(other)
        export_to(records, person, Format.CSV, target.parent)
    assert precious.read_text() == "untouched"
    assert all(path.is_file() and not path.is_symlink() for path in target.parent.iterdir())


@pytest.mark.parametrize("name", ["lock", "store.sqlite3", "../.store.in-use"])
@pytest.mark.parametrize("shape", ["link", "pipe"])
def test_links_and_pipes_in_place_of_the_stores_own_files_are_refused(store, tmp_path, name, shape):
    Path(store).mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.write_text("untouched")
    place = Path(store) / name
    place.symlink_to(precious) if shape == "link" else os.mkfifo(place)
    with pytest.raises(NeckromError):
        Records(locate(store)).close()
    assert precious.read_text() == "untouched"


KILLED = """
import sys, time
from pathlib import Path
from neckrom.records.api import Records
from neckrom.records.backup import back_up
from neckrom.records.location import locate
from neckrom.exports.write import write_files
from neckrom.service.folders import new_folder
what, store, place = sys.argv[1:]
if what == "measure":
    with new_folder(Path(place) / "clip", overwrite=True) as part:
        (part / "result.json").write_text("half of it")
        print("ready", flush=True)
        time.sleep(600)
with Records(locate(store)) as records:
    def tell(done, total):
        print("ready", flush=True)
        time.sleep(600)
    back_up(records, Path(place) / "b.neckrom", tell)
"""


@pytest.mark.parametrize("what", ["backup", "measure"])
def test_what_a_kill_leaves_is_removed_at_the_next_start_wherever_it_is(held, tmp_path, what):
    place = tmp_path / "elsewhere"
    place.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, what, held, str(place)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert list(place.iterdir()), "nothing was under way"
    opens(held)
    assert list(place.iterdir()), "what is under way is left alone"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    opens(held)
    assert list(place.iterdir()) == []
    assert not [path for path in Path(held).rglob("*") if path.name.startswith(".part-")]


def test_an_older_result_survives_a_kill_between_the_two_moves(tmp_path, held):
    """``measure --overwrite`` sets the old result aside before the new one takes its place."""
    final = tmp_path / "out" / "clip"
    final.mkdir(parents=True)
    (final / "result.json").write_text("old")
    code = (
        "import os, sys; from pathlib import Path; from neckrom.service import folders\n"
        "real = Path.rename\n"
        "def rename(self, target):\n"
        "    if self.suffix == '.part': os.kill(os.getpid(), 9)\n"
        "    return real(self, target)\n"
        "Path.rename = rename\n"
        "with folders.new_folder(Path(sys.argv[1]), overwrite=True) as part: (part / 'result.json').write_text('new')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(final)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not final.exists()
    opens(held)
    assert (final / "result.json").read_text() == "old"
    assert [path.name for path in final.parent.iterdir()] == ["clip"]


@pytest.mark.parametrize("name", [".store.unpacking", ".store.restored", ".store.files"])
def test_what_a_killed_restore_left_is_removed(held, name):
    left = Path(held).with_name(name)
    left.mkdir()
    (left / "store.sqlite3").write_bytes(b"Deleted Person")
    opens(held)
    assert not left.exists()


def test_deleting_a_person_finds_what_was_left_of_them(held, data_dir, tmp_path):
    with Records(locate(held)) as records:
        person = records.people()[0]
        torn = Path(held) / "unreadable" / "torn"
        torn.mkdir(parents=True)
        (torn / ".session.json").write_text(f'{{"person_id": "{person.id}", "na')
        (torn / "report.html").write_bytes(b"their picture")
        upload = data_dir / "sessions" / f"{person.id}-20260101-000000-000000"
        upload.mkdir(parents=True)
        (upload / "session.json").write_text("{}")
        (upload / "clip.mp4").write_bytes(b"their picture")
        orphan = Path(held) / "files" / person.id / new_session_id()
        orphan.mkdir()
        (orphan / "report.html").write_bytes(b"their picture")
        removed = records.delete_person(person.id)
    assert removed.files > 4
    left = [
        path
        for place in (Path(held).parent, data_dir)
        for path in place.rglob("*")
        if path.is_file() and (b"their picture" in path.read_bytes() or b"Anna Berg" in path.read_bytes())
    ]
    assert left == []


def test_an_upload_that_was_left_is_removed_and_one_that_is_worked_on_is_not(held, data_dir):
    old, busy = (data_dir / "sessions" / f"{new_person_id()}-2026010{day}-000000-000000" for day in (1, 2))
    mark_busy(old, UPLOAD).close()
    (old / "clip.mp4").write_bytes(b"x")
    with mark_busy(busy, UPLOAD):
        opens(held)
        assert not old.exists()
        assert busy.exists()
        with Records(locate(held)) as records, pytest.raises(InputError, match="just now"):
            person = records.people()[0]
            mine = busy.with_name(f"{person.id}-20260103-000000-000000")
            with mark_busy(mine, UPLOAD):
                records.delete_person(person.id)
    opens(held)
    assert not busy.exists()


def test_earlier_stores_that_may_hold_a_deleted_person_are_named(held, tmp_path):
    path = saved(held, tmp_path / "b.neckrom")
    restore(path, locate(held), tell, replace=True)
    with Records(locate(held)) as records:
        removed = records.delete_person(records.people()[0].id)
    (aside,) = Path(held).parent.glob("store.before-*")
    assert str(aside) in removed.look_into


# ------------------------------------------------------------------- a lost database


@pytest.mark.parametrize("how", ["empty", "missing", "new"])
def test_a_lost_database_beside_files_is_no_new_store(held, tmp_path, how):
    path = saved(held, tmp_path / "b.neckrom")
    database = Path(held) / "store.sqlite3"
    for name in ("store.sqlite3-wal", "store.sqlite3-shm"):
        (Path(held) / name).unlink(missing_ok=True)
    if how == "empty":
        database.write_bytes(b"")
    elif how == "missing":
        database.unlink()
    else:
        with Records(locate(str(tmp_path / "another"))):
            pass
        database.write_bytes((tmp_path / "another" / "store.sqlite3").read_bytes())
    with pytest.raises(StoreError, match="neckrom restore"):
        Records(locate(held))
    assert len(list((Path(held) / "files").iterdir())) == 1
    restore(path, locate(held), tell, replace=True)
    opens(held)


# ------------------------------------------------------------------ archives, databases


def archive(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as made:
        for member, content in members:
            made.addfile(member, io.BytesIO(content))
    return path


def sparse(path: Path) -> Path:
    """Members of GNU's sparse format: 8 GB each in no bytes."""
    blocks = b""
    for number in range(10):
        member = tarfile.TarInfo(f"files/{new_person_id()}/{new_session_id()}/{number}")
        member.type = tarfile.GNUTYPE_SPARSE
        header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
        header[386:410] = b"00000000000\0" * 2
        header[483:495] = b"77777777777\0"
        header[148:156] = b"        "
        header[148:156] = b"%06o\0 " % sum(header)
        blocks += bytes(header)
    path.write_bytes(blocks + b"\0" * 1024)
    return path


def large_header(path: Path) -> Path:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 3_000_000_000
    path.write_bytes(member.tobuf(tarfile.GNU_FORMAT))
    os.truncate(path, 3_100_000_000)
    return path


def deep(path: Path) -> Path:
    member = tarfile.TarInfo(f"files/{new_person_id()}/{new_session_id()}/{'d/' * 2000}x")
    return archive(path, (member, b""))


def twice(path: Path) -> Path:
    member = tarfile.TarInfo(f"files/{new_person_id()}/{new_session_id()}/x")
    return archive(path, (member, b""), (member, b""))


@pytest.mark.parametrize("make", [sparse, large_header, deep, twice])
def test_archives_past_all_limits_are_refused_before_they_are_unpacked(tmp_path, store, make):
    path = make(tmp_path / "b.neckrom")
    began = time.monotonic()
    with pytest.raises(InputError, match="no whole backup"):
        restore(path, locate(store), tell)
    assert time.monotonic() - began < 30
    assert not Path(store).exists()
    assert sorted(item.name for item in Path(store).parent.iterdir()) == [".store.in-use"]


def with_database(path: Path, target: Path, script: str) -> Path:
    """The same backup with its database changed, and everything that vouches for it."""
    members, database = [], target.with_suffix(".sqlite3")
    with tarfile.open(path) as old:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            members.append((member.name, content.read()))
    database.write_bytes(dict(members)["store.sqlite3"])
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(script)
        connection.commit()
    raw = database.read_bytes()
    told = json.loads(dict(members)["manifest.json"]) | {"database_sha256": hashlib.sha256(raw).hexdigest()}
    changed = dict(members) | {"store.sqlite3": raw, "manifest.json": json.dumps(told).encode()}
    with tarfile.open(target, "w") as new:
        for name, content in changed.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            new.addfile(member, io.BytesIO(content))
    return target


@pytest.mark.parametrize(
    "script",
    [
        *(f"DROP TABLE {name}" for name in ("person", "session", "measurement", "stored_file", "screening")),
        "DROP TABLE alembic_version",
        "DROP TABLE audit_entry",
        "ALTER TABLE person RENAME COLUMN name TO x",
        "UPDATE person SET created = 'yesterday'",
        "UPDATE person SET birth_date = '2026-99-99'",
        "UPDATE session SET measured = '0001-01-01 00:00:00.000000'",
        "UPDATE session SET view = zeroblob(1000000)",
        "UPDATE measurement SET movement = 'x' WHERE movement = 'flexion'",
        "UPDATE measurement SET best_deg = 'x'",
        "UPDATE stored_file SET size = 'x'",
        "UPDATE session_result SET zlib_json = 5",
        "UPDATE alembic_version SET version_num = '9999'",
        "CREATE TRIGGER t AFTER INSERT ON person BEGIN DELETE FROM session; END",
        "CREATE VIEW v AS SELECT * FROM person",
    ],
)
def test_a_database_that_is_not_ours_is_refused_in_words(held, tmp_path, script):
    path = with_database(saved(held, tmp_path / "good.neckrom"), tmp_path / "b.neckrom", script)
    with pytest.raises(NeckromError):
        restore(path, locate(str(tmp_path / "new")), tell)
    assert not (tmp_path / "new").exists()


def test_a_row_that_is_none_of_ours_is_named(held):
    with closing(sqlite3.connect(Path(held) / "store.sqlite3")) as connection:
        connection.execute("UPDATE person SET created = 'yesterday'")
        connection.commit()
    with Records(locate(held)) as records, pytest.raises(StoreError, match=r"person\.created"):
        records.people()


def test_a_store_without_a_table_is_refused_in_words(held):
    with closing(sqlite3.connect(Path(held) / "store.sqlite3")) as connection:
        connection.execute("DROP TABLE stored_file")
    with Records(locate(held)) as records, pytest.raises(StoreError, match="damaged"):
        records.session(records.sessions()[0].id)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_restoring_where_nothing_may_be_written_is_refused_in_words(held, tmp_path):
    path = saved(held, tmp_path / "b.neckrom")
    path.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o755)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            restore(path, locate("/usr/nowhere/store"), tell)
        except OutputError:
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ---------------------------------------------------------------- at the same time


def test_two_backups_at_once_both_end_whole_and_a_restore_waits_for_neither(held, tmp_path):
    code = KILLED.replace("time.sleep(600)", "time.sleep(0.3)")
    places = [tmp_path / "one", tmp_path / "two"]
    for place in places:
        place.mkdir()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, "backup", held, str(place)], stdout=subprocess.PIPE, text=True
        )
        for place in places
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    good = saved(held, tmp_path / "good.neckrom")
    for process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
    for place in places:
        restore(place / "b.neckrom", locate(str(place / "store")), tell)
        opens(str(place / "store"))
    with Records(locate(held)), pytest.raises(StoreError, match="end it first"):
        restore(good, locate(held), tell, replace=True)


def test_a_backup_that_came_meanwhile_is_not_replaced_unasked(held, tmp_path):
    target = tmp_path / "b.neckrom"

    def come(_done: int, _total: int) -> None:
        target.write_text("another's")

    with Records(locate(held)) as records, pytest.raises(OutputError, match="already there"):
        back_up(records, target, come)
    assert target.read_text() == "another's"


def test_a_person_deleted_while_an_export_runs_is_not_left_in_it(held, tmp_path, monkeypatch):
    real = write.write_files

    def deleted_meanwhile(out, contents, *, overwrite):  # type: ignore[no-untyped-def]
        paths = real(out, contents, overwrite=overwrite)
        with Records(locate(held)) as other:
            other.delete_person(other.people()[0].id)
        return paths

    monkeypatch.setattr(write, "write_files", deleted_meanwhile)
    with Records(locate(held)) as records, pytest.raises(InputError, match="no person"):
        export_to(records, records.people()[0].id, Format.CSV, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_person_deleted_while_a_backup_runs_is_not_in_it(held, tmp_path):
    def delete(done: int, total: int) -> None:
        with Records(locate(held)) as other:
            for row in other.people():
                other.delete_person(row.id)

    target = tmp_path / "b.neckrom"
    with Records(locate(held)) as records:
        done = back_up(records, target, delete)
    assert (done.people, done.sessions) == (0, 0)
    assert b"Anna Berg" not in target.read_bytes()


def test_a_clock_that_went_back_is_said(held, tmp_path, monkeypatch):
    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def]
            return datetime.now(tz) - timedelta(days=2)

    monkeypatch.setattr(intake, "datetime", Earlier)
    with Records(locate(held)) as records:
        folder = write_folder(tmp_path / "results" / "new", "new")
        done = records.import_result(folder, records.people()[0].id)
    assert any("clock" in note for note in done.notes)


def test_two_restores_within_a_second_keep_both_earlier_stores(held, tmp_path):
    path = saved(held, tmp_path / "b.neckrom")
    for _ in range(3):
        restore(path, locate(held), tell, replace=True)
    assert len(list(Path(held).parent.glob("store.before-*"))) == 3


# ------------------------------------------------------------------ PostgreSQL


def test_a_server_lost_while_it_commits_leaves_files_and_rows_in_step(server: Server, tmp_path, monkeypatch):
    """The connection breaks after the server has kept the rows: only the database knows."""
    address = server.new_database()
    with Records(locate(address)) as records:
        person = records.add_person("Anna")
        first = records.import_result(write_folder(tmp_path / "a", "same"), person.id)
        real = intake.writing

        @contextmanager
        def broken(engine):  # type: ignore[no-untyped-def]
            with real(engine) as connection:
                yield connection
            raise StoreUnreachableError("the answer to the commit was lost")

        monkeypatch.setattr(intake, "writing", broken)
        second = records.import_result(write_folder(tmp_path / "b", "same"), person.id, replace=True)
        assert not second.written
        monkeypatch.setattr(intake, "writing", real)
    with Records(locate(address)) as records:
        (row,) = records.sessions()
        assert row.id == second.session_id
        assert records.session(row.id).files_here
        assert [path.name for path in (records.files.stored / person.id).iterdir()] == [second.session_id]
        assert first.session_id != second.session_id


@pytest.mark.parametrize("kept", [True, False])
def test_a_restore_to_a_server_that_is_killed_before_or_after_its_commit(
    server: Server, held, tmp_path, kept
):
    """Before it: everything as it was, and nothing left. After it: the files follow at the next start."""
    path = saved(held, tmp_path / "b.neckrom")
    address = server.new_database()
    with Records(locate(address)) as records:
        person = records.add_person("On the server")
        records.import_result(write_folder(tmp_path / "server", "server"), person.id)
        old_root, old_id = records.files.root, records.store_id
    code = f"""
import os, sys
from pathlib import Path
from neckrom.records import backup
from neckrom.records.location import locate
real = backup.{"finish_server_restore" if kept else "write_entry"}
def killed(*arguments, **more):
    os.kill(os.getpid(), 9)
backup.{"finish_server_restore" if kept else "write_entry"} = killed
backup.restore(Path({str(path)!r}), locate({address!r}), lambda done, total: None, replace=True)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with Records(locate(address)) as records:
        (row,) = records.people()
        assert row.name == ("Anna Berg" if kept else "On the server")
        (session,) = records.sessions()
        assert records.session(session.id).files_here
        assert old_root.exists() is not kept
        hidden = [item.name for item in records.location.root.iterdir() if item.name.startswith(".")]
        assert hidden == [], "nothing is left beside the files"
        assert records.store_id == old_id or kept


def test_the_mark_of_a_restore_is_read_back(tmp_path):
    by = RestoredBy("a" * 32, "b" * 32)
    by.write(tmp_path)
    assert RestoredBy.read(tmp_path) == by
    assert RestoredBy.read(tmp_path / "nowhere") is None
    assert ready_beside(tmp_path).name == f".{tmp_path.name}.restored"


# ------------------------------------------------------------------ foreign reports

ACTIVE = [
    "<script>document.title=1</script>",
    "<SCRIPT src=http://127.0.0.1/x></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1/">',
    "<form action=http://127.0.0.1/><input></form>",
    "<iframe src=http://127.0.0.1/></iframe>",
    "<svg><animate onbegin=alert(1) /></svg>",
    "<svg><a xlink:href='http://127.0.0.1'>x</a></svg>",
    "<object data=x></object>",
    "<link rel=stylesheet href=http://127.0.0.1/x.css>",
    "<base href=http://127.0.0.1/>",
]


@pytest.mark.parametrize("content", ACTIVE)
def test_a_report_that_runs_or_leads_elsewhere_is_not_handed_out(held, tmp_path, content):
    with Records(locate(held)) as records:
        folder = write_folder(tmp_path / "results" / "new", "new")
        (folder / "report.html").write_text(f"<!doctype html><p>x</p>{content}", encoding="utf-8")
        done = records.import_result(folder, records.people()[0].id)
        with pytest.raises(InputError, match="--sheet"):
            stored_report(records.session(done.session_id).folder / "report.html", done.session_id)


def test_in_place_of_a_report_that_acts_one_is_laid_out_anew(held, tmp_path):
    with Records(locate(held)) as records:
        folder = write_folder(tmp_path / "results" / "new", "new")
        (folder / "report.html").write_text(f"<!doctype html><p>x</p>{''.join(ACTIVE)}", encoding="utf-8")
        done = records.import_result(folder, records.people()[0].id)
        laid_out_anew = write_handout(records, done.session_id, "html", tmp_path / "out", "en").read_text()
    assert not [content for content in ACTIVE if content in laid_out_anew]


def test_a_report_is_handed_out_under_a_policy_that_comes_first(held, tmp_path):
    with Records(locate(held)) as records:
        folder = write_folder(tmp_path / "results" / "new", "new")
        (folder / "report.html").write_text("<!doctype html><title>x</title><p>fine</p>", encoding="utf-8")
        done = records.import_result(folder, records.people()[0].id)
        stored = records.session(done.session_id).folder / "report.html"
        written = stored_report(stored, done.session_id).decode()
    assert written.index("Content-Security-Policy") < written.index("<title>")
    assert re.search(r"default-src 'none'", written)
    assert written.endswith("<p>fine</p>")


def action(kind: str, field: str) -> DictionaryObject:
    return DictionaryObject({NameObject("/S"): NameObject(kind), NameObject(field): TextStringObject("MARK")})


def acting_pdf(how: str) -> bytes:
    """A PDF that does something when it is opened, or carries a file, where a look at its plain text may miss it."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if how == "script":
        writer.root_object[NameObject("/OpenAction")] = action("/JavaScript", "/JS")
    elif how == "a file":
        writer.add_attachment("MARK.exe", b"MARK")
    elif how == "launches":
        writer.root_object[NameObject("/OpenAction")] = action("/Launch", "/F")
    elif how == "leads elsewhere":
        writer.add_annotation(0, Link(rect=(0, 0, 100, 100), url="http://127.0.0.1/MARK"))
    out = io.BytesIO()
    writer.write(out)
    raw = out.getvalue()
    if how == "in comments":  # what a search that leaves streams out takes for one
        return raw.replace(b"1 0 obj", b"% stream\n1 0 obj", 1) + b"% endstream\n/JS MARK"
    if how == "compressed":
        return raw.replace(
            b"%%EOF", b"9 0 obj<</Type/ObjStm/N 1/First 4>>stream\nMARK\nendstream endobj %%EOF"
        )
    return raw


@pytest.mark.parametrize(
    "how", ["script", "a file", "launches", "leads elsewhere", "in comments", "compressed", "nothing at all"]
)
def test_a_pdf_that_came_with_a_result_is_never_handed_out(held, tmp_path, how):
    """Nobody sees from outside what a PDF does: reports are laid out anew, and the stored one stays where it is."""
    foreign = acting_pdf(how)
    with Records(locate(held)) as records:
        folder = write_folder(tmp_path / "results" / "new", "new")
        (folder / "report.pdf").write_bytes(foreign)
        done = records.import_result(folder, records.people()[0].id)
        view = records.session(done.session_id)
        assert (view.folder / "report.pdf").read_bytes() == foreign, "nothing that was recorded is lost"
        with pytest.raises(InputError, match="--sheet"):
            stored_report(view.folder / "report.pdf", done.session_id)
        assert stored_file(view, "report.pdf") is None


@pytest.mark.parametrize("how", ["script", "compressed"])
def test_in_place_of_a_pdf_that_came_one_is_laid_out_anew(held, tmp_path, how):
    foreign = acting_pdf(how)
    with Records(locate(held)) as records:
        folder = write_folder(tmp_path / "results" / "new", "new")
        (folder / "report.pdf").write_bytes(foreign)
        done = records.import_result(folder, records.people()[0].id)
        made = write_handout(records, done.session_id, "pdf", tmp_path / "out", "en").read_bytes()
        (bundle,) = export_to(records, done.session_id, Format.FHIR, tmp_path / "out").files
        embedded = [
            base64.b64decode(form["data"])
            for entry in json.loads(bundle.read_text(encoding="utf-8"))["entry"]
            for form in entry["resource"].get("presentedForm", ())
        ]
    assert len(embedded) == 1
    for pdf in (made, *embedded):
        assert pdf != foreign
        assert b"MARK" not in pdf
        assert not re.search(rb"/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|URI)\b", pdf)


def hostile_pictures() -> dict[str, bytes]:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 830), (90, 90, 90)).save(buffer, "JPEG")
    good = buffer.getvalue()
    size = good.index(b"\xff\xc0") + 5
    return {
        "4 billion points": good[:size] + b"\xff\xdc\xff\xdc" + good[size + 4 :],
        "no points": good[:size] + bytes(4) + good[size + 4 :],
        "cut short": good[: len(good) // 2],
        "three bytes": good[:3],
        "noise": good[:3] + bytes(range(256)) * 20,
        "an EXIF of noise": good[:2]
        + b"\xff\xe1\x00\x20Exif\0\0MM\0*\xff\xff\xff\xff"
        + bytes(16)
        + good[2:],
    }


@pytest.mark.parametrize("what", hostile_pictures())
def test_a_picture_that_is_none_is_left_out_of_the_report(held, tmp_path, what):
    with Records(locate(held)) as records:
        folder = write_folder(tmp_path / "results" / "new", "new")
        (folder / "pictures").mkdir()
        (folder / "pictures" / "flexion.jpg").write_bytes(hostile_pictures()[what])
        done = records.import_result(folder, records.people()[0].id)
        assert write_handout(records, done.session_id, "html", tmp_path / "out", "de").stat().st_size


# ------------------------------------------------------------------------ the log


def test_the_log_says_who_did_what_and_no_health_data(records, folder, tmp_path):
    person = records.add_person("Anna Berg", note="shoulder pain")
    done = records.import_result(folder(), person.id, note="worse in the morning")
    records.change_person(person.id, "Anna Muster", "1985-03-27", "better")
    records.change_session(done.session_id, note="less pain")
    export_to(records, person.id, Format.JSON, tmp_path / "out")
    records.delete_person(person.id)
    rows = records.log_entries()
    assert [row.action for row in reversed(rows)] == [
        "added", "imported", "changed", "changed", "exported", "deleted",
    ]  # fmt: skip
    assert {row.person_id for row in rows} == {person.id}
    assert all("@" in row.actor and row.at.tzinfo is not None for row in rows)
    everything = " ".join(map(str, rows))
    for word in ("Anna", "Berg", "Muster", "1985", "pain", "morning", "better"):
        assert word not in everything


@pytest.mark.parametrize("statement", ["DELETE FROM audit_entry", "UPDATE audit_entry SET actor = 'nobody'"])
def test_the_log_is_only_added_to(records, statement):
    records.add_person("Anna")
    with pytest.raises(Exception, match="only added to"), records.engine.begin() as connection:
        connection.execute(text(statement))
    assert [row.action for row in records.log_entries()] == ["added"]


def test_a_restore_keeps_the_log_of_what_gives_way(held, tmp_path):
    path = saved(held, tmp_path / "b.neckrom")
    with Records(locate(held)) as records:
        gone = records.people()[0]
        records.delete_person(gone.id)
    restore(path, locate(held), tell)
    with Records(locate(held)) as records:
        actions = [row.action for row in records.log_entries()]
    assert "deleted" in actions
    assert actions[0] == "restored"
