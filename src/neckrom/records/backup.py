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
import logging
import os
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import URL, Connection, Engine, FromClause, delete, func, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from neckrom import __version__
from neckrom.errors import InputError, NeckromError, OutputError, StoreError, StoreUnreachableError
from neckrom.private_files import (
    NotPlainFileError,
    TooLargeError,
    new_part_folder,
    read_plain,
    whole_file,
)
from neckrom.records.api import Records
from neckrom.records.audit import Action, write_entry
from neckrom.records.content_check import first_foreign_object, first_foreign_value, first_missing_column
from neckrom.records.engine import (
    connect_for_reading,
    damaged,
    make_engine,
    make_private_file,
    reading,
    writing,
)
from neckrom.records.files import Files, everything_in, make_private, open_private, remove_whole, sha256_of
from neckrom.records.guard import (
    RestoredBy,
    alone,
    finish_restore,
    finish_server_restore,
    ready_beside,
    refuse_other_content,
    unpacking_beside,
)
from neckrom.records.ids import is_id
from neckrom.records.location import DATABASE, Location
from neckrom.records.migrate import bring_up_to_date, is_known, newer, revision_of
from neckrom.records.schema import AuditEntry, Base, Person, Screening, Session, StoredFile, StoreInfo
from neckrom.records.sealed import Secret, is_sealed, opened_copy, seal

log = logging.getLogger(__name__)

MANIFEST = "manifest.json"
_SUFFIX = ".neckrom"
_ROWS = 500
_CHUNK = 1 << 20
_MAX_MANIFEST = 1 << 26
_MAX_HEADER = 1 << 22
_MAX_HEADERS = 100
_MAX_MEMBERS = 5_000_000
_MAX_DEPTH, _MAX_NAME = 12, 400

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


def back_up(
    records: Records, path: Path, tell: Tell, *, overwrite: bool = False, secret: Secret | None = None
) -> BackupDone:
    """Save a whole store into one file, while it is in use.

    Parameters
    ----------
    records : Records
    path : Path
        Whole or not there; readable by its owner alone.
    tell : callable
    overwrite : bool
        Whether an earlier file of this name may be replaced.
    secret : Secret, optional
        Encrypts it; without one everybody who has the file can read it.

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
    sealing = None if secret is None else secret.checked()
    try:
        with whole_file(path, replace=overwrite) as file:
            manifest = _write_archive(records, path, file, tell, sealing)
            file.flush()
            size = file.seek(0, os.SEEK_END)
    except FileExistsError as error:
        raise OutputError(f"{path} is already there: name another file, or say --overwrite.") from error
    except OSError as error:
        raise OutputError(
            f"The backup cannot be written to {path}: {error.strerror or error}. Free some space or choose another "
            "place; nothing was kept of it, and the store is as it was."
        ) from error
    records.log(Action.BACKED_UP, detail="not encrypted" if secret is None else "encrypted")
    return BackupDone(
        path, manifest.created, manifest.people, manifest.sessions, manifest.files, size, manifest.missing
    )


def _write_archive(
    records: Records, path: Path, file: BinaryIO, tell: Tell, secret: Secret | None
) -> BackupManifest:
    """Write an archive, encrypted on the way where there is a secret."""
    made: list[BackupManifest] = []

    def write(stream: BinaryIO) -> None:
        with (
            _room_for_snapshot(records, path) as folder,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            made.append(_fill_archive(records, archive, folder / DATABASE, tell))

    if secret is None:
        write(file)
    else:
        seal(file, secret, write)
    return made[0]


def _room_for_snapshot(records: Records, path: Path) -> AbstractContextManager[Path]:
    """A folder for a copy of the database: in the store, or beside the backup where the store takes nothing."""
    if records.read_only:
        return new_part_folder(path.parent, path)
    return records.files.staging(f"backup-{secrets.token_hex(4)}")


def _fill_archive(records: Records, archive: tarfile.TarFile, snapshot: Path, tell: Tell) -> BackupManifest:
    created = datetime.now(UTC)
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
    open_private(target, new=True).close()
    if records.location.is_sqlite:
        with (
            contextlib.closing(_database_of(records)) as source,
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


def _database_of(records: Records) -> sqlite3.Connection:
    if records.read_only:
        return connect_for_reading(records.location)
    return sqlite3.connect(records.location.database, timeout=30)


def copy_tables(source: Connection, target: Connection, leaving_out: FromClause | None = None) -> None:
    """Copy all our tables into empty ones, a few rows at a time."""
    for table in Base.metadata.sorted_tables:
        if table is leaving_out:
            continue
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
        _leave_out(records, engine, vanished)
    tell(total, total)
    return missing


def _leave_out(records: Records, engine: Engine, vanished: set[str]) -> None:
    """Take sessions that were deleted meanwhile out of the snapshot, and people who were deleted with them."""
    with reading(engine) as connection:
        of = select(Session.person_id).where(Session.id.in_(vanished)).distinct()
        concerned = set(connection.execute(of).scalars())
    with reading(records.engine) as connection:
        still = set(connection.execute(select(Person.id).where(Person.id.in_(concerned))).scalars())
    with writing(engine) as connection:
        connection.execute(delete(Session).where(Session.id.in_(vanished)))
        connection.execute(delete(Screening).where(Screening.person_id.in_(concerned - still)))
        connection.execute(delete(Person).where(Person.id.in_(concerned - still)))


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
        content = read_plain(path, _CHUNK) if entry.size <= _CHUNK else None
        digest = sha256_of(path) if content is None else hashlib.sha256(content).hexdigest()
        if digest != entry.sha256:
            return False
        if content is not None:
            _add_bytes(archive, entry.member, content)
        else:
            archive.add(path, entry.member, recursive=False, filter=_anonymous)
    except (FileNotFoundError, NotADirectoryError, NotPlainFileError, TooLargeError):
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


def restore(
    path: Path, location: Location, tell: Tell, *, replace: bool = False, secret: Secret | None = None
) -> BackupDone:
    """Bring a backup back, after checking all of it.

    Parameters
    ----------
    path : Path
    location : Location
        Where the store is to be; SQLite or PostgreSQL, whatever the backup came from.
    tell : callable
    replace : bool
        Whether a store that holds something may give way; it is kept beside the new one (SQLite).
    secret : Secret, optional
        Opens it where it is encrypted.

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
    if not path.is_file():
        raise InputError(f"{path} is no file, so it is no backup: check the path.")
    refuse_other_content(location, restoring=True)
    with alone(location.root):
        finish_restore(location.root)
        if not replace:
            _refuse_to_replace(location)
    before = None if location.is_sqlite else _save_server(location)
    with alone(location.root):
        staged = unpacking_beside(location.root)
        remove_whole(staged)
        try:
            manifest, size = _unpack(path, staged, tell, secret or Secret())
            _verify(path, staged, manifest)
            if location.is_sqlite:
                _write_log(staged, location)
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
            remove_whole(staged)
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


def _write_log(staged: Path, location: Location) -> None:
    """The restored store keeps its own log and what the one that gives way had in its; then that it was restored."""
    with _database(staged / DATABASE) as engine:
        earlier = _earlier_log(location)
        with writing(engine) as connection:
            _keep_log(connection, earlier)
            write_entry(connection, Action.RESTORED)


def _keep_log(connection: Connection, earlier: list[dict[str, Any]]) -> None:
    known = set(connection.execute(select(AuditEntry.id)).scalars())
    more = [row for row in earlier if row["id"] not in known]
    for start in range(0, len(more), _ROWS):
        connection.execute(insert(AuditEntry), more[start : start + _ROWS])


def _earlier_log(location: Location) -> list[dict[str, Any]]:
    """Lines of the store that gives way; none where it is damaged or older than logs are."""
    if not location.database.exists() or not location.database.stat().st_size:
        return []
    engine = make_engine(location)
    try:
        with reading(engine) as connection:
            if not inspect(connection).has_table(AuditEntry.__tablename__):
                return []
            return [dict(row) for row in connection.execute(select(AuditEntry.__table__)).mappings()]
    except (NeckromError, ValueError, TypeError) as error:
        log.warning("the log of the store that gives way cannot be read: %s", error)
        return []
    finally:
        engine.dispose()


def _refuse_to_replace(location: Location) -> None:
    """A store with people in it only gives way when that is said."""
    if location.is_sqlite and not location.database.exists():
        return
    if location.is_sqlite and not location.database.stat().st_size:
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


def _unpack(path: Path, staged: Path, tell: Tell, secret: Secret) -> tuple[BackupManifest, int]:
    """Unpack into a new folder; only what a backup holds, nothing outside of it."""
    make_private(staged)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not is_sealed(file):
                return _unpack_archive(path, file, staged, tell), size
            with opened_copy(path, file, staged, secret) as opened:
                return _unpack_archive(path, opened, staged, tell), size
    except (IsADirectoryError, PermissionError) as error:
        if error.filename is not None and Path(error.filename) != path:
            raise
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except (tarfile.TarError, EOFError) as error:
        raise _no_backup(path, str(error)[:200]) from error
    except ValidationError as error:
        raise _no_backup(
            path, f"its manifest: {error.errors(include_input=False)[0]['msg'][:200]}"
        ) from error


class _Bounded(io.RawIOBase):
    """A file of which nobody reads more than a few pieces at once: headers say what they like of their size."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_HEADER:
            raise tarfile.ReadError("a header in it is larger than any")
        return self._file.read(size)

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _unpack_archive(path: Path, file: BinaryIO, staged: Path, tell: Tell) -> BackupManifest:
    manifest: BackupManifest | None = None
    bounded = _Bounded(file)
    number = unpacked = 0
    with tarfile.open(fileobj=bounded, mode="r:") as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it remembers every member otherwise
            number, unpacked = number + 1, unpacked + member.size
            shown = member.name[:80]
            if number > _MAX_MEMBERS or len(member.pax_headers) > _MAX_HEADERS:
                raise _no_backup(
                    path, f"it holds more than {_MAX_MEMBERS} files, or a file with too many headers"
                )
            if member.issparse() or unpacked > bounded.size:
                raise _no_backup(path, f"{shown!r} would unpack to more than the file holds")
            if not member.isreg() or manifest is not None:
                raise _no_backup(path, f"{shown!r} does not belong into one")
            content = archive.extractfile(member)
            assert content is not None  # of a regular file there always is one
            if member.name == MANIFEST:
                if member.size > _MAX_MANIFEST:
                    raise _no_backup(path, "its manifest is larger than any")
                manifest = BackupManifest.model_validate_json(content.read())
            else:
                _unpack_file(path, content, member, staged / _safe(path, member.name))
            if number % 100 == 0:
                tell(number, 0)
    if manifest is None:
        raise _no_backup(path, "it is cut short")
    return manifest


def _unpack_file(path: Path, content: IO[bytes], member: tarfile.TarInfo, target: Path) -> None:
    make_private(target.parent)
    try:
        with open_private(target, new=True) as file:
            shutil.copyfileobj(content, file, _CHUNK)
            size = file.tell()
    except FileExistsError as error:
        raise _no_backup(path, f"{member.name[:80]!r} is in it twice") from error
    except (NotADirectoryError, IsADirectoryError) as error:
        raise _no_backup(path, f"{member.name[:80]!r} does not belong into one") from error
    if size != member.size:
        raise _no_backup(path, "it is cut short")


def _safe(path: Path, name: str) -> PurePosixPath:
    """The place of a member within the unpacked store."""
    place = PurePosixPath(name)
    if name == DATABASE:
        return place
    parts = place.parts
    whole = 4 <= len(parts) <= _MAX_DEPTH and parts[0] == "files" and is_id(parts[1]) and is_id(parts[2])
    plain = len(name) <= _MAX_NAME and all(len(part.encode("utf-8", "replace")) <= 255 for part in parts)
    if not whole or not plain or ".." in parts or place.is_absolute() or not name.isprintable():
        raise _no_backup(path, f"{name[:80]!r} does not belong into one")
    return place


def _verify(path: Path, staged: Path, manifest: BackupManifest) -> None:
    """Every file as it was stored, the database whole, nothing more and nothing less."""
    database = staged / DATABASE
    if not database.exists() or sha256_of(database) != manifest.database_sha256:
        raise _no_backup(path, "its database is damaged")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        try:
            connection.execute("PRAGMA trusted_schema=OFF")
            if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise _no_backup(path, "its database is damaged")
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _no_backup(path, "its database is damaged") from error
    counted, wanted = _content_of(path, database)
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
    there = sum(1 for file in everything_in(staged / "files") if file.is_file())
    if there != manifest.files or counted[:2] != (manifest.people, manifest.sessions):
        raise _no_backup(path, "it does not hold what it says")


def _content_of(path: Path, database: Path) -> tuple[tuple[int, int, int], dict[str, _Entry]]:
    """Numbers and files of a database from outside, brought up to date and held to what neckrom writes.

    Raises
    ------
    InputError
        Saying what is none of ours in it.
    StoreError
        If it comes from a newer neckrom.
    """
    try:
        with _database(database) as engine:
            with reading(engine) as connection:
                foreign = first_foreign_object(connection)
                if foreign is not None:
                    raise _no_backup(path, foreign)
                revision = revision_of(connection) or ""
            if not is_known(revision):
                raise newer(path, "".join(letter for letter in str(revision)[:40] if letter.isprintable()))
            bring_up_to_date(engine, _at(database))
            with reading(engine) as connection:
                foreign = first_missing_column(connection) or first_foreign_value(connection)
                if foreign is not None:
                    raise _no_backup(path, foreign)
                return _count(connection), {entry.member: entry for entry in _entries(connection)}
    except (StoreError, SQLAlchemyError, ValueError, TypeError) as error:
        if isinstance(error, StoreError) and "newer neckrom" in str(error):
            raise
        raise _no_backup(path, f"its database: {str(error).splitlines()[0][:200]}") from error


def _take_place(staged: Path, root: Path) -> Path | None:
    """Put the verified store where it belongs; what was there is kept beside it."""
    for leftover in staged.glob(f"{DATABASE}-*"):
        leftover.unlink()
    ready = ready_beside(root)
    remove_whole(ready)
    Files(staged)
    staged.rename(ready)
    set_aside = None
    if root.exists():
        set_aside = _unused(root.with_name(f"{root.name}.before-{datetime.now().astimezone():%Y%m%d-%H%M%S}"))
        root.rename(set_aside)
    ready.rename(root)
    return set_aside


def _unused(path: Path) -> Path:
    """The same name, or with a number where it is taken: a clock that went back gives the same one twice."""
    ending = path.suffix if path.suffix == _SUFFIX else ""
    stem = path.name.removesuffix(ending)
    names = (path, *(path.with_name(f"{stem}-{number}{ending}") for number in range(2, 10_000)))
    return next(name for name in names if not name.exists())


def _save_server(location: Location) -> Path | None:
    """A backup of what is on the server now, before it gives way; None where there is nothing."""
    with Records(location) as records:
        if not records.count_people():
            return None
        path = _unused(location.root / f"before-restore-{datetime.now().astimezone():%Y%m%d-%H%M%S}.neckrom")
        return back_up(records, path, lambda _done, _total: None).path


def _load_into_server(staged: Path, location: Location, manifest: BackupManifest) -> None:
    """All rows in one transaction; the files, whole on disk before it, take their place after it.

    A kill or a lost server between the two leaves them waiting, and the log tells the next neckrom whether
    the rows were kept.
    """
    engine = make_engine(location)
    root = location.root / manifest.store_id
    ready = ready_beside(root)
    try:
        by = RestoredBy(secrets.token_hex(16), bring_up_to_date(engine, location))
        files = _only_files(staged)
        by.write(files)
        remove_whole(ready)
        Files(files)
        files.rename(ready)
        try:
            with _database(staged / DATABASE) as copy, reading(copy) as source, writing(engine) as target:
                for table in reversed(Base.metadata.sorted_tables):
                    if table is not AuditEntry.__table__:
                        target.execute(delete(table))
                copy_tables(source, target, leaving_out=AuditEntry.__table__)
                _keep_log(
                    target, [dict(row) for row in source.execute(select(AuditEntry.__table__)).mappings()]
                )
                write_entry(target, Action.RESTORED, entry_id=by.entry_id)
        except StoreUnreachableError:
            raise  # whether the rows were kept is not known: the next neckrom that reaches the server sees to it
        except BaseException:
            remove_whole(ready)
            raise
        with reading(engine) as connection:
            finish_server_restore(root, connection)
    finally:
        engine.dispose()


def _only_files(staged: Path) -> Path:
    """The files without the database, in a folder of their own."""
    folder = staged.with_suffix(".files")
    remove_whole(folder)
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
        with (
            contextlib.suppress(NeckromError, SQLAlchemyError, sqlite3.Error),
            engine.connect() as connection,
        ):
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.execute("PRAGMA journal_mode=DELETE")
        engine.dispose()


def _no_backup(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} is no whole backup of neckrom ({why}). Nothing was changed. Take another backup."
    )
