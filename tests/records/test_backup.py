"""Backups: consistent while the store is in use, whole or not there, checked before they replace anything."""

from __future__ import annotations

import io
import json
import resource
import stat
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from neckrom.errors import InputError, OutputError, StoreError
from neckrom.records import backup
from neckrom.records.api import Records
from neckrom.records.backup import back_up, restore
from neckrom.records.guard import ready_beside
from neckrom.records.location import Location, locate
from tests.records.folders import write_folder


def quietly(_done: int, _total: int) -> None:
    return


def content_of(location: Location) -> dict[str, object]:
    """Everything in a store, files included."""
    with Records(location) as records:
        return {
            row.id: (
                row.name,
                str(row.birth_date),
                [
                    (session, records.result_bytes(session.id), records.session(session.id).values)
                    for session in records.sessions(row.id)
                ],
                [
                    (entry, (records.session(session.id).folder / entry.name).read_bytes())
                    for session in records.sessions(row.id)
                    for entry in records.session(session.id).files
                ],
                records.person(row.id).screenings,
            )
            for row in records.people()
        }


@pytest.fixture
def filled(address: str, tmp_path: Path) -> Location:
    """A store with two people, three sessions and a screening."""
    location = locate(address)
    with Records(location) as records:
        anna, berta = records.add_person("Anna", "1985-03-27"), records.add_person("Berta")
        for name, person in (("a1", anna), ("a2", anna), ("b1", berta)):
            records.import_result(write_folder(tmp_path / "in" / name, name), person.id)
        records.add_screening(anna.id, "1", {"sign_1": "yes"}, records.sessions(anna.id)[0].id)
    return location


def save(location: Location, path: Path) -> backup.BackupDone:
    with Records(location) as records:
        return back_up(records, path, quietly)


def test_a_backup_brings_everything_back(filled, tmp_path):
    saved = save(filled, tmp_path / "b.neckrom")
    assert (saved.people, saved.sessions, saved.files, saved.missing) == (2, 3, 12, ())
    assert saved.bytes == saved.path.stat().st_size
    assert stat.S_IMODE(saved.path.stat().st_mode) == 0o600
    new = locate(str(tmp_path / "new"))
    done = restore(saved.path, new, quietly)
    assert (done.people, done.sessions, done.files, done.set_aside) == (2, 3, 12, None)
    assert content_of(new) == content_of(filled)
    for path in [new.root, *new.root.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_store_moves_to_a_server_and_what_was_there_is_kept(filled, tmp_path, server):
    saved = save(filled, tmp_path / "b.neckrom")
    clinic = locate(server.new_database())
    with Records(clinic) as records:
        records.add_person("Somebody else")
    with pytest.raises(StoreError, match=r"holds 1 person.*--replace"):
        restore(saved.path, clinic, quietly)
    done = restore(saved.path, clinic, quietly, replace=True)
    assert content_of(clinic) == content_of(filled)
    back = locate(str(tmp_path / "back"))
    restore(done.set_aside, back, quietly)
    with Records(back) as records:
        assert [row.name for row in records.people()] == ["Somebody else"]


def test_a_store_that_holds_something_gives_way_only_when_told_and_is_kept(filled, tmp_path):
    saved = save(filled, tmp_path / "b.neckrom")
    other = locate(str(tmp_path / "other"))
    with Records(other) as records:
        records.add_person("Cora")
    before = content_of(other)
    with pytest.raises(StoreError, match=r"holds 1 person.*--replace"):
        restore(saved.path, other, quietly)
    assert content_of(other) == before
    done = restore(saved.path, other, quietly, replace=True)
    assert content_of(other) == content_of(filled)
    assert content_of(locate(str(done.set_aside))) == before


def test_a_store_in_use_is_not_replaced(filled, tmp_path):
    saved = save(filled, tmp_path / "b.neckrom")
    with Records(filled), pytest.raises(StoreError, match="uses the store"):
        restore(saved.path, filled, quietly, replace=True)


def test_a_damaged_store_is_replaced_by_its_backup(tmp_path):
    location = locate(str(tmp_path / "store"))
    with Records(location) as records:
        records.add_person("Anna")
    saved = save(location, tmp_path / "b.neckrom")
    before = content_of(location)
    location.database.write_bytes(b"nothing left of it")
    with pytest.raises(StoreError, match=r"neckrom restore FILE --replace"):
        Records(location)
    done = restore(saved.path, location, quietly, replace=True)
    assert content_of(location) == before
    assert (done.set_aside / "store.sqlite3").read_bytes() == b"nothing left of it"


def test_a_backup_while_others_write_is_of_one_moment(filled, tmp_path):
    """A second thread keeps adding people and sessions, and deleting a session, meanwhile."""
    stop = threading.Event()
    folders = [write_folder(tmp_path / "more" / str(number), f"m{number}") for number in range(40)]

    def work() -> None:
        with Records(filled) as records:
            for number, folder in enumerate(folders):
                if stop.is_set():
                    return
                person = records.add_person(f"M{number}")
                done = records.import_result(folder, person.id)
                if number % 3 == 0:
                    records.delete_session(done.session_id)

    writer = threading.Thread(target=work)
    writer.start()
    try:
        with Records(filled) as records:
            saved = [back_up(records, tmp_path / f"b{number}.neckrom", quietly) for number in range(4)]
    finally:
        stop.set()
        writer.join()
    for number, done in enumerate(saved):
        assert done.missing == ()
        restored = restore(done.path, locate(str(tmp_path / f"r{number}")), quietly)
        assert restored.people >= 2
        assert len(content_of(locate(str(tmp_path / f"r{number}")))) == restored.people


def test_a_session_deleted_meanwhile_is_left_out_whole(filled, tmp_path, monkeypatch):
    """It goes after the moment of the backup and before its files are copied."""
    add_file = backup._add_file
    with Records(filled) as records:
        doomed = records.sessions(records.find_person("Berta").id)[0].id

        def delete_and_add(archive, path, entry):
            if doomed in {row.id for row in records.sessions()}:
                records.delete_session(doomed)
            return add_file(archive, path, entry)

        monkeypatch.setattr(backup, "_add_file", delete_and_add)
        saved = back_up(records, tmp_path / "b.neckrom", quietly)
    assert (saved.people, saved.sessions, saved.files, saved.missing) == (2, 2, 8, ())
    new = locate(str(tmp_path / "new"))
    restore(saved.path, new, quietly)
    assert content_of(new) == content_of(filled)


def test_a_file_that_is_missing_is_said_and_the_rest_is_saved(filled, tmp_path):
    with Records(filled) as records:
        (row,) = records.sessions(records.find_person("Berta").id)
        folder = records.session(row.id).folder
        (folder / "angles.csv").unlink()
        (folder / "summary.csv").write_text("changed by somebody")
    saved = save(filled, tmp_path / "b.neckrom")
    assert saved.missing == (f"{row.id}/angles.csv", f"{row.id}/summary.csv")
    assert saved.files == 10
    new = locate(str(tmp_path / "new"))
    assert restore(saved.path, new, quietly).missing == saved.missing
    with Records(new) as records:
        assert not records.session(row.id).files_here
        assert records.result_bytes(row.id)


# --------------------------------------------------------------------- refusals


def rewritten(path: Path, change) -> Path:
    """The archive with its members passed through ``change(name, content) -> content or None``."""
    target = path.with_name("changed.neckrom")
    with tarfile.open(path) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = change(member.name, old.extractfile(member).read())
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return target


def flip_a_byte(name: str, content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1]) if name.endswith("angles.csv") else content


def flip_in_database(name: str, content: bytes) -> bytes:
    middle = len(content) // 2
    changed = content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]
    return changed if name == "store.sqlite3" else content


def leave_out_a_file(name: str, content: bytes) -> bytes | None:
    return None if name.endswith("report.pdf") else content


def leave_out_manifest(name: str, content: bytes) -> bytes | None:
    return None if name == "manifest.json" else content


def other_format(name: str, content: bytes) -> bytes:
    return json.dumps(json.loads(content) | {"format": 2}).encode() if name == "manifest.json" else content


@pytest.mark.parametrize(
    "change", [flip_a_byte, flip_in_database, leave_out_a_file, leave_out_manifest, other_format]
)
def test_an_archive_that_is_not_whole_changes_nothing(tmp_path, change):
    location = locate(str(tmp_path / "store"))
    with Records(location) as records:
        person = records.add_person("Anna")
        records.import_result(write_folder(tmp_path / "in"), person.id)
    saved = save(location, tmp_path / "b.neckrom")
    before = content_of(location)
    with pytest.raises(InputError, match="no whole backup"):
        restore(rewritten(saved.path, change), location, quietly, replace=True)
    assert content_of(location) == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".store")) == [
        ".store.in-use"
    ]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_an_archive_that_is_cut_short_is_refused(tmp_path, share):
    location = locate(str(tmp_path / "store"))
    with Records(location) as records:
        records.import_result(write_folder(tmp_path / "in"), records.add_person("Anna").id)
    path = save(location, tmp_path / "b.neckrom").path
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match="no whole backup"):
        restore(path, locate(str(tmp_path / "new")), quietly)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "name", ["files/../../evil", "/etc/cron.d/evil", "files/P-AAAAAAAA/S-AAAAAAAAAA/../../../x"]
)
def test_members_that_lead_elsewhere_are_refused(tmp_path, name):
    path = tmp_path / "evil.neckrom"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(name)
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    with pytest.raises(InputError, match="does not belong"):
        restore(path, locate(str(tmp_path / "new")), quietly)
    assert {entry.name for entry in tmp_path.iterdir()} <= {"evil.neckrom", ".new.in-use", "data"}


def test_links_in_an_archive_are_refused(tmp_path):
    path = tmp_path / "evil.neckrom"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("files/P-AAAAAAAA/S-AAAAAAAAAA/x")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(InputError, match="no whole backup"):
        restore(path, locate(str(tmp_path / "new")), quietly)


@pytest.mark.parametrize("content", [b"", b"not a tar archive" * 100])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no whole backup"):
        restore(path, locate(str(tmp_path / "new")), quietly)
    with pytest.raises(InputError, match="no backup"):
        restore(tmp_path / "nowhere", locate(str(tmp_path / "new")), quietly)


def test_a_backup_of_a_newer_neckrom_is_refused(tmp_path, monkeypatch):
    location = locate(str(tmp_path / "store"))
    with Records(location) as records:
        records.add_person("Anna")
    path = save(location, tmp_path / "b.neckrom").path
    monkeypatch.setattr(backup, "is_known", lambda _revision: False)
    with pytest.raises(StoreError, match="newer neckrom"):
        restore(path, locate(str(tmp_path / "new")), quietly)


def test_an_earlier_backup_is_only_replaced_when_told(filled, tmp_path):
    path = tmp_path / "b.neckrom"
    path.write_text("last week's")
    with Records(filled) as records:
        with pytest.raises(OutputError, match="already there"):
            back_up(records, path, quietly)
        assert path.read_text() == "last week's"
        back_up(records, path, quietly, overwrite=True)
        with pytest.raises(OutputError, match="a folder"):
            back_up(records, tmp_path, quietly, overwrite=True)
    assert path.stat().st_size > 1000


# ------------------------------------------------------------------- disk full

FULL_DISK = """
import resource, sys
from pathlib import Path
from neckrom.errors import OutputError
from neckrom.records.api import Records
from neckrom.records.backup import back_up, restore
from neckrom.records.location import locate
what, store, path, limit = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    if what == "backup":
        with Records(locate(store)) as records:
            back_up(records, Path(path), lambda done, total: None)
    else:
        restore(Path(path), locate(store), lambda done, total: None, replace=True)
except OutputError as error:
    print(error)
    sys.exit(5)
"""


def with_full_disk(what: str, store: Path, path: Path, limit: int) -> subprocess.CompletedProcess[str]:
    """Run in a process whose files may not grow beyond a limit: the error of a full disk, at that byte."""
    return subprocess.run(
        [sys.executable, "-c", FULL_DISK, what, str(store), str(path), str(limit)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_a_disk_that_is_full_in_the_middle_leaves_nothing_broken(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    location = locate(str(tmp_path / "store"))
    with Records(location) as records:
        person = records.add_person("Anna")
        records.import_result(write_folder(tmp_path / "in"), person.id)
    saved = save(location, tmp_path / "good.neckrom")
    before = content_of(location)
    target = tmp_path / "b.neckrom"
    for limit in (saved.bytes // 2, saved.bytes - 2000):
        done = with_full_disk("backup", location.root, target, limit)
        assert done.returncode == 5, done.stderr
        assert "nothing was kept" in done.stdout
        assert sorted(path.name for path in tmp_path.glob("*b.neckrom*")) == []
    done = with_full_disk("restore", location.root, saved.path, 50_000)
    assert done.returncode == 5, done.stderr
    assert "the store is as it was" in done.stdout
    assert content_of(location) == before


def test_a_restore_that_is_killed_between_its_two_steps_is_finished_at_the_next_open(tmp_path):
    location = locate(str(tmp_path / "store"))
    with Records(location) as records:
        records.add_person("Anna")
    before = content_of(location)
    location.root.rename(ready_beside(location.root))
    assert content_of(location) == before
