"""Files of the sessions, beside the database: each session's folder is whole or not there.

``files/PERSON/SESSION``
    What is stored.
``incoming/SESSION``
    Complete on disk, not yet in the database: written there before anything else, so that neither a
    kill nor a lost server loses it. ``incoming/.part-SESSION`` is being copied.
``trash/SESSION``
    On its way out: removed once the database has forgotten it, put back if it has not.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict

from neckrom.errors import OutputError
from neckrom.records.ids import is_id

MANIFEST = ".session.json"
_BUSY = ".busy"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A stored file: name within the session's folder, hash and size."""

    name: str
    sha256: str
    size: int


class Manifest(BaseModel):
    """What the database is to learn about a session that lies in ``incoming``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: str
    person_id: str
    measured: str
    dated_by_hand: bool
    added: str
    note: str
    replaces: str | None
    files: tuple[FileEntry, ...]


class Files:
    """The folder of a store.

    Parameters
    ----------
    root : Path
        Made if it is not there, readable by its owner alone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.stored = root / "files"
        self.incoming = root / "incoming"
        self.trash = root / "trash"
        try:
            for folder in (root, self.stored, self.incoming, self.trash):
                make_private(folder)
        except OSError as error:
            raise OutputError(
                f"The folder {root} cannot be made ({error.strerror}). Choose another one: NECKROM_DATA_DIR=FOLDER."
            ) from error

    def folder(self, person_id: str, session_id: str) -> Path:
        """Where the files of a stored session lie; on PostgreSQL maybe on another machine only."""
        place = self.stored / person_id / session_id
        staged = self.incoming / session_id
        return staged if not place.exists() and staged.exists() else place

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Folders are moved by one process at a time."""
        with open_private(self.root / "lock") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    # ------------------------------------------------------------ coming in

    @contextmanager
    def staging(self, session_id: str) -> Iterator[Path]:
        """An empty folder to be filled; it is gone when the block ends, or its process has died.

        Raises
        ------
        OSError
            If it cannot be made; what the block raises comes through as it is.
        """
        part = self.incoming / f".part-{session_id}"
        with self.locked():
            part.mkdir(mode=0o700)
            busy = open_private(part / _BUSY)
            fcntl.flock(busy, fcntl.LOCK_EX)
        try:
            yield part
        finally:
            busy.close()
            shutil.rmtree(part, ignore_errors=True)

    def keep(self, part: Path, manifest: Manifest) -> Path:
        """Take over a filled folder: from here on a kill loses nothing of it."""
        _write_private(part / MANIFEST, manifest.model_dump_json().encode())
        _sync_folder(part)
        place = self.incoming / manifest.session_id
        part.rename(place)
        _sync_folder(self.incoming)
        (place / _BUSY).unlink()
        return place

    def waiting(self) -> list[Manifest]:
        """Sessions that the database may not have yet."""
        found = [path / MANIFEST for path in sorted(self.incoming.iterdir()) if is_id(path.name)]
        return [
            Manifest.model_validate_json(path.read_text(encoding="utf-8")) for path in found if path.exists()
        ]

    def put_in_place(self, person_id: str, session_id: str) -> None:
        """Move a session that the database has; call it locked."""
        source = self.incoming / session_id
        if not source.exists():
            return
        target = self.stored / person_id / session_id
        target.parent.mkdir(mode=0o700, exist_ok=True)
        source.rename(target)
        for name in (MANIFEST, _BUSY):
            (target / name).unlink(missing_ok=True)

    def forget(self, session_id: str) -> None:
        """Drop a session that the database will never have; call it locked."""
        shutil.rmtree(self.incoming / session_id, ignore_errors=True)

    def clear_abandoned(self) -> None:
        """Remove what processes that are gone were copying; call it locked."""
        for part in self.incoming.glob(".part-*"):
            try:
                with (part / _BUSY).open("r") as busy:
                    fcntl.flock(busy, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            except FileNotFoundError:
                pass  # killed while it was being made or removed
            shutil.rmtree(part, ignore_errors=True)

    # ------------------------------------------------------------ going out

    def throw_away(self, person_id: str, session_ids: list[str]) -> list[Path]:
        """Move sessions to the trash, whence they can still be put back; call it locked."""
        moved = []
        for session_id in session_ids:
            source = self.stored / person_id / session_id
            if source.exists():
                target = self.trash / f"{person_id}.{session_id}"
                source.rename(target)
                moved.append(target)
        return moved

    def put_back(self, thrown: Path) -> None:
        """Undo :meth:`throw_away` for one session; call it locked."""
        person_id, _, session_id = thrown.name.partition(".")
        target = self.stored / person_id / session_id
        target.parent.mkdir(mode=0o700, exist_ok=True)
        thrown.rename(target)

    def empty_trash(self, thrown: Path) -> None:
        """Remove one session for good, and its person's folder once it is empty."""
        shutil.rmtree(thrown, ignore_errors=True)
        person = self.stored / thrown.name.partition(".")[0]
        if person.is_dir() and not any(person.iterdir()):
            person.rmdir()


# --------------------------------------------------------------------- copies


def copy_private(sources: Mapping[str, Path], folder: Path) -> tuple[FileEntry, ...]:
    """Copy files into a folder, hashed on the way, safe on disk, readable by their owner alone."""
    return tuple(_copy(name, path, folder / name) for name, path in sources.items())


def _copy(name: str, source: Path, target: Path) -> FileEntry:
    make_private(target.parent)
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as old, open_private(target, new=True) as new:
        while block := old.read(_CHUNK):
            digest.update(block)
            new.write(block)
            size += len(block)
        new.flush()
        os.fsync(new.fileno())
    return FileEntry(name, digest.hexdigest(), size)


def sha256_of(path: Path) -> str:
    """Hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_private(path: Path, content: bytes) -> None:
    with open_private(path, new=True) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    for path in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        path.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path, *, new: bool = False) -> BinaryIO:
    """Open a file for writing that only its owner may read; with ``new`` it must not be there yet."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
