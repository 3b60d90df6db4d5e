"""Backups: one file with everything, made while the store is in use, verified before it replaces anything.

A backup is a tar archive: the files of all sessions under ``files/``, then ``store.sqlite3``, then
``manifest.json``. The database in it is always SQLite: that of a SQLite store by its backup interface,
that of a PostgreSQL store copied row by row from one snapshot. So a backup of either can be restored
into either.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import URL, Connection, Engine, delete, func, insert, select

from neckrom import __version__
from neckrom.errors import InputError, OutputError, StoreError
from neckrom.records.api import Records
from neckrom.records.engine import damaged, make_engine, make_private_file, reading, writing
from neckrom.records.files import Files, make_private, open_private, sha256_of
from neckrom.records.guard import alone, finish_restore, ready_beside, refuse_other_content
from neckrom.records.ids import is_id
from neckrom.records.location import DATABASE, Location
from neckrom.records.migrate import bring_up_to_date, is_known, newer, revision_of
from neckrom.records.schema import Base, Person, Session, StoredFile, StoreInfo

MANIFEST = "manifest.json"
_ROWS = 500
_CHUNK = 1 << 20
_MAX_MANIFEST = 1 << 28

Tell = Callable[[int, int], None]
"""Told how many files are done, of how many."""


class BackupManifest(BaseModel):
    """What an archive says of itself, written last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    tool_version: str
    created: datetime
    store_id: str
    revision: str
    people: int
    sessions: int
    files: int
    database_sha256: str
    missing: tuple[str, ...]
    """Files that were not there or not as they were stored, when the backup was made."""


@dataclass(frozen=True, slots=True)
class BackupDone:
    """What was saved, or restored.

    Attributes
    ----------
    path : Path
        The archive.
    people, sessions, files, bytes : int
    missing : tuple of str
        Files that the store should have but that were missing or damaged.
    set_aside : Path or None
        After a restore: where the store is that was there before.
    """

    path: Path
    created: datetime
    people: int
    sessions: int
    files: int
    bytes: int
    missing: tuple[str, ...]
    set_aside: Path | None = None


# --------------------------------------------------------------------- saving


def back_up(records: Records, path: Path, tell: Tell, *, overwrite: bool = False) -> BackupDone:
    """Save a whole store into one file, while it is in use.

    Parameters
    ----------
    records : Records
    path : Path
        Whole or not there; readable by its owner alone.
    tell : callable
    overwrite : bool
        Whether an earlier file of this name may be replaced.

    Raises
    ------
    OutputError
        If it is already there, or cannot be written; then nothing is left of it.
    StoreError
        If the store is damaged.
    """
    if path.is_dir() or (path.exists() and not overwrite):
        what = "a folder" if path.is_dir() else "already there"
        raise OutputError(f"{path} is {what}: name another file, or say --overwrite.")
    part = path.with_name(f".{path.name}.part")
    try:
        with open_private(part) as file:
            manifest = _write_archive(records, file, tell)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"The backup cannot be written to {path}: {error.strerror or error}. Free some space or choose another "
            "place; nothing was kept of it, and the store is as it was."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return BackupDone(
        path, manifest.created, manifest.people, manifest.sessions, manifest.files, size, manifest.missing
    )


def _write_archive(records: Records, file: IO[bytes], tell: Tell) -> BackupManifest:
    created = datetime.now(UTC)
    with (
        records.files.staging(f"backup-{secrets.token_hex(4)}") as folder,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        snapshot = folder / DATABASE
        _take_snapshot(records, snapshot)
        with _database(snapshot) as engine:
            missing = _add_files(records, archive, engine, tell)
            with reading(engine) as connection:
                people, sessions, files = _count(connection)
                revision = revision_of(connection) or ""
        manifest = BackupManifest(
            tool_version=__version__,
            created=created,
            store_id=records.store_id,
            revision=revision,
            people=people,
            sessions=sessions,
            files=files - len(missing),
            database_sha256=sha256_of(snapshot),
            missing=tuple(missing),
        )
        archive.add(snapshot, DATABASE, filter=_anonymous)
        _add_bytes(archive, MANIFEST, manifest.model_dump_json(indent=1).encode())
    return manifest


def _take_snapshot(records: Records, target: Path) -> None:
    """The database of this moment as one SQLite file."""
    open_private(target).close()
    if records.location.is_sqlite:
        with (
            contextlib.closing(sqlite3.connect(records.location.database, timeout=30)) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            try:
                source.backup(copy, pages=-1)
                problem = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
                copy.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.DatabaseError as error:
                raise damaged(records.location, str(error)) from error
        if problem != "ok":
            raise damaged(records.location, problem)
        return
    with _database(target) as engine:
        bring_up_to_date(engine, _at(target))
        with reading(records.engine) as source_rows, writing(engine) as copied:
            copied.execute(delete(StoreInfo))
            copy_tables(source_rows, copied)


def copy_tables(source: Connection, target: Connection) -> None:
    """Copy all our tables into empty ones, a few rows at a time."""
    for table in Base.metadata.sorted_tables:
        rows = source.execution_options(yield_per=_ROWS).execute(select(table))
        for part in rows.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in part])


def _add_files(records: Records, archive: tarfile.TarFile, engine: Engine, tell: Tell) -> list[str]:
    """Every file that the snapshot knows; sessions deleted meanwhile are taken out of the snapshot."""
    missing: list[str] = []
    vanished: set[str] = set()
    with reading(engine) as connection:
        total = connection.execute(select(func.count()).select_from(StoredFile)).scalar_one()
        for done, entry in enumerate(_entries(connection)):
            if done % 100 == 0:
                tell(done, total)
            if entry.session_id in vanished:
                continue
            path = records.files.folder(entry.person_id, entry.session_id) / entry.name
            if not _add_file(archive, path, entry):
                if _is_gone(records, entry.session_id):
                    vanished.add(entry.session_id)
                else:
                    missing.append(f"{entry.session_id}/{entry.name}")
    if vanished:
        with writing(engine) as connection:
            for session_id in vanished:
                connection.execute(delete(Session).where(Session.id == session_id))
    tell(total, total)
    return missing


@dataclass(frozen=True, slots=True)
class _Entry:
    person_id: str
    session_id: str
    name: str
    sha256: str
    size: int

    @property
    def member(self) -> str:
        return f"files/{self.person_id}/{self.session_id}/{self.name}"


def _entries(connection: Connection) -> Iterator[_Entry]:
    query = (
        select(Session.person_id, StoredFile.session_id, StoredFile.name, StoredFile.sha256, StoredFile.size)
        .join(Session, Session.id == StoredFile.session_id)
        .order_by(Session.person_id, StoredFile.session_id, StoredFile.name)
    )
    for row in connection.execution_options(yield_per=_ROWS).execute(query):
        yield _Entry(*row)


def _add_file(archive: tarfile.TarFile, path: Path, entry: _Entry) -> bool:
    """Add a file as it was stored; False, and nothing added, if it is missing or changed."""
    try:
        content = path.read_bytes() if entry.size <= _CHUNK else None
        digest = sha256_of(path) if content is None else hashlib.sha256(content).hexdigest()
        if digest != entry.sha256:
            return False
        if content is not None:
            _add_bytes(archive, entry.member, content)
        else:
            archive.add(path, entry.member, recursive=False, filter=_anonymous)
    except FileNotFoundError:
        return False
    return True


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    archive.addfile(member, io.BytesIO(content))


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _is_gone(records: Records, session_id: str) -> bool:
    with reading(records.engine) as connection:
        return connection.execute(select(Session.id).where(Session.id == session_id)).first() is None


def _count(connection: Connection) -> tuple[int, int, int]:
    numbers = (
        int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in (Person, Session, StoredFile)
    )
    people, sessions, files = numbers
    return people, sessions, files


# ------------------------------------------------------------------ restoring


def restore(path: Path, location: Location, tell: Tell, *, replace: bool = False) -> BackupDone:
    """Bring a backup back, after checking all of it.

    Parameters
    ----------
    path : Path
    location : Location
        Where the store is to be; SQLite or PostgreSQL, whatever the backup came from.
    tell : callable
    replace : bool
        Whether a store that holds something may give way; it is kept beside the new one (SQLite).

    Raises
    ------
    InputError
        If the archive is none, damaged or cut short; then nothing was changed.
    StoreError
        If it comes from a newer neckrom, the store is in use, or holds something and ``replace`` is false.
    OutputError
        If there is no room to unpack it; then nothing was changed.
    """
    if not path.exists():
        raise InputError(f"There is no backup {path}: check the path.")
    finish_restore(location.root)
    refuse_other_content(location)
    if not replace:
        _refuse_to_replace(location)
    before = None if location.is_sqlite else _save_server(location)
    with alone(location.root):
        staged = ready_beside(location.root).with_suffix(".unpacking")
        shutil.rmtree(staged, ignore_errors=True)
        try:
            manifest, size = _unpack(path, staged, tell)
            _verify(path, staged, manifest)
            if location.is_sqlite:
                set_aside = _take_place(staged, location.root)
            else:
                _load_into_server(staged, location, manifest)
                set_aside = before
        except OSError as error:
            raise OutputError(
                f"The backup cannot be unpacked beside {location.root}: {error.strerror or error}. Free some space; "
                "the store is as it was."
            ) from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return BackupDone(
        path,
        manifest.created,
        manifest.people,
        manifest.sessions,
        manifest.files,
        size,
        manifest.missing,
        set_aside,
    )


def _refuse_to_replace(location: Location) -> None:
    """A store with people in it only gives way when that is said."""
    if location.is_sqlite and not location.database.exists():
        return
    engine = make_engine(location)
    try:
        with reading(engine) as connection:
            people = 0
            if revision_of(connection) is not None:
                people = int(connection.execute(select(func.count()).select_from(Person)).scalar_one())
    finally:
        engine.dispose()
    if people:
        raise StoreError(
            f"The store {location} holds {people} {'person' if people == 1 else 'people'}. To put the backup in its "
            "place, say --replace; or restore into another place: --store FOLDER"
        )


def _unpack(path: Path, staged: Path, tell: Tell) -> tuple[BackupManifest, int]:
    """Unpack into a new folder; only what a backup holds, nothing outside of it."""
    manifest: BackupManifest | None = None
    make_private(staged)
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:") as archive:
            for done, member in enumerate(archive):
                content = archive.extractfile(member) if member.isreg() else None
                if content is None or manifest is not None:
                    raise _no_backup(path, f"{member.name[:80]!r} does not belong into one")
                if member.name == MANIFEST:
                    manifest = BackupManifest.model_validate_json(content.read(_MAX_MANIFEST))
                else:
                    _unpack_file(content, staged / _safe(path, member.name))
                if done % 100 == 0:
                    tell(done, 0)
            size = file.seek(0, os.SEEK_END)
    except (IsADirectoryError, PermissionError) as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (tarfile.TarError, EOFError) as error:
        raise _no_backup(path, str(error)) from error
    except ValidationError as error:
        raise _no_backup(path, f"its manifest: {error.errors()[0]['msg']}") from error
    if manifest is None:
        raise _no_backup(path, "it is cut short")
    return manifest, size


def _unpack_file(content: IO[bytes], target: Path) -> None:
    make_private(target.parent)
    with open_private(target, new=True) as file:
        shutil.copyfileobj(content, file, _CHUNK)


def _safe(path: Path, name: str) -> PurePosixPath:
    """The place of a member within the unpacked store."""
    place = PurePosixPath(name)
    if name == DATABASE:
        return place
    parts = place.parts
    whole = len(parts) >= 4 and parts[0] == "files" and is_id(parts[1]) and is_id(parts[2])
    if not whole or ".." in parts or place.is_absolute():
        raise _no_backup(path, f"{name[:80]!r} does not belong into one")
    return place


def _verify(path: Path, staged: Path, manifest: BackupManifest) -> None:
    """Every file as it was stored, the database whole, nothing more and nothing less."""
    database = staged / DATABASE
    if not database.exists() or sha256_of(database) != manifest.database_sha256:
        raise _no_backup(path, "its database is damaged")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise _no_backup(path, "its database is damaged")
        except sqlite3.DatabaseError as error:
            raise _no_backup(path, "its database is damaged") from error
    with _database(database) as engine:
        with reading(engine) as connection:
            revision = revision_of(connection) or ""
        if not is_known(revision):
            raise newer(path, revision)
        bring_up_to_date(engine, _at(database))
        with reading(engine) as connection:
            counted = _count(connection)
            wanted = {entry.member: entry for entry in _entries(connection)}
    known_missing = set(manifest.missing)
    absent = {
        member for member, entry in wanted.items() if f"{entry.session_id}/{entry.name}" in known_missing
    }
    for name, entry in wanted.items():
        if name in absent:
            continue
        file = staged / name
        if not file.is_file() or sha256_of(file) != entry.sha256:
            raise _no_backup(path, f"{name} is missing or damaged")
    there = sum(1 for file in (staged / "files").rglob("*") if file.is_file())
    if there != manifest.files or counted[:2] != (manifest.people, manifest.sessions):
        raise _no_backup(path, "it does not hold what it says")


def _take_place(staged: Path, root: Path) -> Path | None:
    """Put the verified store where it belongs; what was there is kept beside it."""
    for leftover in staged.glob(f"{DATABASE}-*"):
        leftover.unlink()
    ready = ready_beside(root)
    shutil.rmtree(ready, ignore_errors=True)
    Files(staged)
    staged.rename(ready)
    set_aside = None
    if root.exists():
        set_aside = root.with_name(f"{root.name}.before-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
        root.rename(set_aside)
    ready.rename(root)
    return set_aside


def _save_server(location: Location) -> Path | None:
    """A backup of what is on the server now, before it gives way; None where there is nothing."""
    with Records(location) as records:
        if not records.count_people():
            return None
        path = location.root / f"before-restore-{datetime.now().astimezone():%Y%m%d-%H%M%S}.neckrom"
        return back_up(records, path, lambda _done, _total: None).path


def _load_into_server(staged: Path, location: Location, manifest: BackupManifest) -> None:
    """All rows in one transaction, which is kept once the files are in their place."""
    engine = make_engine(location)
    root = location.root / manifest.store_id
    set_aside: Path | None = None
    try:
        bring_up_to_date(engine, location)
        try:
            with _database(staged / DATABASE) as copy, reading(copy) as source, writing(engine) as target:
                for table in reversed(Base.metadata.sorted_tables):
                    target.execute(delete(table))
                copy_tables(source, target)
                set_aside = _take_place(_only_files(staged), root)
        except BaseException:
            if set_aside is not None:
                shutil.rmtree(root, ignore_errors=True)
                set_aside.rename(root)
            raise
    finally:
        engine.dispose()
    if set_aside is not None:
        shutil.rmtree(set_aside, ignore_errors=True)


def _only_files(staged: Path) -> Path:
    """The files without the database, in a folder of their own."""
    folder = staged.with_suffix(".files")
    shutil.rmtree(folder, ignore_errors=True)
    make_private(folder)
    if (staged / "files").exists():
        (staged / "files").rename(folder / "files")
    return folder


# ---------------------------------------------------------------------- parts


def _at(database: Path) -> Location:
    """A SQLite file as a location, for messages."""
    return Location(URL.create("sqlite", database=str(database)), database.parent)


@contextlib.contextmanager
def _database(path: Path) -> Iterator[Engine]:
    """A SQLite file on its own, closed and without a log file afterwards."""
    location = _at(path)
    make_private_file(location)
    engine = make_engine(location)
    try:
        yield engine
    finally:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.execute("PRAGMA journal_mode=DELETE")
        engine.dispose()


def _no_backup(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is no whole backup of neckrom ({why}). Nothing was changed. Take another backup."
    )
