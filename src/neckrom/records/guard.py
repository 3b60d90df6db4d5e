"""The folder of a store as a whole: who uses it, whether it is one, and taking the place of another."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from neckrom.errors import OutputError, StoreError
from neckrom.operating_system import free_bytes, lock
from neckrom.private_files import make_private, open_plain, open_private, read_plain
from neckrom.records.audit import has_entry
from neckrom.records.files import remove_whole
from neckrom.records.ids import is_id
from neckrom.records.location import DATABASE, Location

_OURS = frozenset(
    {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal"}
    | {"files", "incoming", "trash", "unreadable", "lock"}
)
_SHARED_BYTES, _BESIDE_BYTES = 32 * 1024, 128 * 1024
"""What SQLite needs beside an open database: a file to share between processes, and some pages of its log."""
RESTORED_BY = ".restored-by"
"""In files that were restored to a server: the line of the log that was written with their rows."""


def ready_beside(root: Path) -> Path:
    """Where a restored store waits, whole and verified, for its place."""
    return root.with_name(f".{root.name}.restored")


def unpacking_beside(root: Path) -> Path:
    """Where a backup is unpacked and verified."""
    return root.with_name(f".{root.name}.unpacking")


def replaced_beside(root: Path) -> Path:
    """Where files wait that a restored backup took the place of, until they are removed."""
    return root.with_name(f".{root.name}.replaced")


def finish_restore(root: Path) -> None:
    """Put a restored store in its place if the restoring process was killed between the two renames.

    What a killed restore left otherwise is removed: it had confirmed nothing, and the backup is still there.
    Call it while nobody can be restoring: marked as in use, or alone.
    """
    ready = ready_beside(root)
    for leftover in (unpacking_beside(root), root.with_name(f".{root.name}.files")):
        remove_whole(leftover)
    if not ready.is_dir():
        return
    if root.exists():
        remove_whole(ready)
        return
    with contextlib.suppress(FileNotFoundError):  # another process has just done it
        ready.rename(root)


def _remove_unkept(root: Path) -> None:
    """Files that waited for rows which were never kept: this database is still the one that was there before."""
    for ready in root.parent.glob(".*.restored"):
        by = RestoredBy.read(ready)
        if by is not None and by.previous_id == root.name and ready != ready_beside(root):
            remove_whole(ready)


@dataclass(frozen=True, slots=True)
class RestoredBy:
    """What tells after a kill whether the rows that belong to restored files were kept."""

    entry_id: str
    previous_id: str
    """Of the store that was on the server before."""

    def write(self, folder: Path) -> None:
        """Put it beside the files."""
        with open_private(folder / RESTORED_BY) as file:
            file.write(f"{self.entry_id}\n{self.previous_id}\n".encode())

    @classmethod
    def read(cls, folder: Path) -> RestoredBy | None:
        """Read it back; None where there is none."""
        try:
            lines = read_plain(folder / RESTORED_BY, 1000).decode("ascii", "replace").split("\n")
        except OSError:
            return None
        sound = len(lines) == 3 and all(len(line) == 32 and line.isalnum() for line in lines[:2])
        return cls(lines[0], lines[1]) if sound else None


def finish_server_restore(root: Path, connection: Connection) -> None:
    """Files follow their rows: in their place where the rows were kept, removed where they were not."""
    _remove_unkept(root)
    ready = ready_beside(root)
    by = RestoredBy.read(ready)
    if ready.is_dir():
        if by is None or not has_entry(connection, by.entry_id):
            remove_whole(ready)
            return
        if root.exists():
            remove_whole(replaced_beside(root))
            root.rename(replaced_beside(root))
        ready.rename(root)
    by = RestoredBy.read(root)
    remove_whole(replaced_beside(root))
    if by is None:
        return
    previous = root.with_name(by.previous_id)
    if previous != root:
        remove_whole(previous)
    (root / RESTORED_BY).unlink(missing_ok=True)


def is_read_only(location: Location) -> bool:
    """Whether a store is there and can only be read, as on a disk that is mounted so, or in somebody's archive.

    Opening a store writes: it marks it as in use, finishes what a kill left, and brings old tables up to date; and
    SQLite keeps files beside a database that is open. Where one of the places for that takes nothing, or the disk is
    full, nothing of it is begun.
    """
    if not location.is_sqlite or not _has_content(location.database):
        return False
    root, mark = location.root, _in_use_file(location.root)
    folders = [root, *(root / name for name in ("files", "incoming", "trash"))]
    if not os.path.lexists(mark):
        folders.append(mark.parent)
    files = [location.database, mark, root / "lock"]
    return _is_full(location) or any(
        os.path.lexists(path) and not os.access(path, os.W_OK) for path in (*folders, *files)
    )


def _is_full(location: Location) -> bool:
    """Whether there is no room for what SQLite keeps beside the database, and it is not there yet."""
    shared = location.database.with_name(f"{location.database.name}-shm")
    try:
        free = free_bytes(location.root)
    except OSError:
        return False
    try:
        ready = shared.stat().st_size >= _SHARED_BYTES  # else SQLite could not make all of it either
    except OSError:
        ready = False
    return free < _BESIDE_BYTES and not ready


def _has_content(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink() and path.stat().st_size > 0
    except OSError:
        return False


def mark_read(root: Path) -> BinaryIO | None:
    """As :func:`mark_in_use` where nothing can be written; None where no mark is there that could be locked.

    Raises
    ------
    StoreError
        If a backup is being restored.
    """
    try:
        handle = open_plain(_in_use_file(root))
    except OSError:
        return None
    try:
        _lock_shared(handle, root)
    except OSError:  # a network disk that lets nobody lock what they may not write
        handle.close()
        return None
    return handle


def mark_in_use(root: Path) -> BinaryIO:
    """Say that a store is open, so that nothing takes its place meanwhile; close it to take that back.

    Raises
    ------
    OutputError
        If the folder above cannot be written.
    StoreError
        If a backup is being restored.
    """
    try:
        make_private(root.parent)
        handle = open_private(_in_use_file(root))
    except OSError as error:
        raise OutputError(
            f"The store cannot be kept in {root}: {error.strerror}. Choose another folder: NECKROM_DATA_DIR=FOLDER or "
            "--store FOLDER."
        ) from error
    _lock_shared(handle, root)
    return handle


def _lock_shared(handle: BinaryIO, root: Path) -> None:
    try:
        lock(handle, shared=True, wait=False)
    except BlockingIOError as error:
        handle.close()
        raise StoreError(f"A backup is being restored into {root}: try again when it is done.") from error


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Nobody else has the store open, and nobody can open it.

    Raises
    ------
    StoreError
        If somebody has.
    """
    try:
        make_private(root.parent)
        marked = open_private(_in_use_file(root))
    except OSError as error:
        raise OutputError(
            f"The backup cannot be restored into {root}: {error.strerror}. Choose another folder: --store FOLDER."
        ) from error
    with marked as handle:
        try:
            lock(handle, wait=False)
        except BlockingIOError as error:
            raise StoreError(
                f"Another neckrom uses the store in {root}: end it first, then restore the backup."
            ) from error
        yield


def refuse_other_content(location: Location, *, restoring: bool = False) -> None:
    """A folder with other people's things in it is not made into a store, nor one that has lost its database.

    Parameters
    ----------
    location : Location
    restoring : bool
        Whether a backup is about to take its place: a lost database is no reason against that.

    Raises
    ------
    StoreError
    """
    if not location.is_sqlite:
        return
    database = location.database
    if os.path.lexists(database) and (database.is_symlink() or not database.is_file()):
        raise StoreError(
            f"{database} is a link, a pipe or a folder, no database. Put the database itself there, or name another "
            "store with --store FOLDER."
        )
    if database.exists() and database.stat().st_size:
        return
    if not restoring:
        refuse_lost_database(location.root, "is empty" if database.exists() else "is missing")
    if database.exists():
        return
    try:
        others = sorted(path.name for path in location.root.iterdir() if path.name not in _OURS)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"{location.root} cannot be a store: {error.strerror}. Name a folder that is yours, as in --store FOLDER"
        ) from error
    if others:
        raise StoreError(
            f"{location.root} is no store of neckrom: it holds {', '.join(others[:3])}. Name an empty folder or a new "
            "one, as in --store FOLDER"
        )


def refuse_lost_database(root: Path, what: str, places: tuple[str, ...] = ("files", "incoming")) -> None:
    """Files of people without a database that knows them are no new store.

    Raises
    ------
    StoreError
    """
    number = sum(_count_sessions(root / name) for name in places)
    if number:
        raise StoreError(
            f"{root / DATABASE} {what}, and beside it lie the files of {number} session{'s' * (number != 1)}: the "
            "database was lost, and this is no new store. Nothing was changed. Bring back your last backup: neckrom "
            "restore FILE --replace (what is there now is kept beside it). Without one: move the folder away, and take "
            "its sessions in again with neckrom sessions import."
        )


def _count_sessions(folder: Path) -> int:
    """Folders of sessions in it, or in the folders of people in it."""
    try:
        people = [path for path in folder.iterdir() if is_id(path.name) and path.is_dir()]
        return sum(
            1 if path.name.startswith("S-") else sum(is_id(inner.name) for inner in path.iterdir())
            for path in people
        )
    except OSError:
        return 0


def _in_use_file(root: Path) -> Path:
    return root.with_name(f".{root.name}.in-use")
