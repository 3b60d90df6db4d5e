"""The folder of a store as a whole: who uses it, whether it is one, and taking the place of another."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from neckrom.errors import OutputError, StoreError
from neckrom.records.files import make_private, open_private
from neckrom.records.location import DATABASE, Location

_OURS = frozenset({DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", "files", "incoming", "trash", "lock"})


def ready_beside(root: Path) -> Path:
    """Where a restored store waits, whole and verified, for its place."""
    return root.with_name(f".{root.name}.restored")


def finish_restore(root: Path) -> None:
    """Put a restored store in its place if the restoring process was killed between the two renames."""
    ready = ready_beside(root)
    if ready.is_dir() and not root.exists():
        with contextlib.suppress(FileNotFoundError):  # another process has just done it
            ready.rename(root)


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
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        raise StoreError(f"A backup is being restored into {root}: try again when it is done.") from error
    return handle


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Nobody else has the store open, and nobody can open it.

    Raises
    ------
    StoreError
        If somebody has.
    """
    make_private(root.parent)
    with open_private(_in_use_file(root)) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"Another neckrom uses the store in {root}: end it first, then restore the backup."
            ) from error
        yield


def refuse_other_content(location: Location) -> None:
    """A folder with other people's things in it is not made into a store.

    Raises
    ------
    StoreError
    """
    if not location.is_sqlite or location.database.exists():
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


def _in_use_file(root: Path) -> Path:
    return root.with_name(f".{root.name}.in-use")
