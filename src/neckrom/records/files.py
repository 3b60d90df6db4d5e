"""Files of the sessions, beside the database: each session's folder is whole or not there.

``files/PERSON/SESSION``
    What is stored.
``incoming/SESSION``
    Complete on disk, not yet in the database: written there before anything else, so that neither a
    kill nor a lost server loses it. ``incoming/.part-SESSION`` is being copied.
``trash/PERSON.SESSION``
    On its way out: removed once the database has forgotten it, put back if it has not.
``unreadable/NAME``
    What lay in ``incoming`` or ``trash`` and cannot be read: set apart, so that it keeps nobody from
    the rest, and never removed but with the person whom it names.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from neckrom.errors import OutputError, ReadOnlyStoreError
from neckrom.operating_system import MOVES_WHAT_IS_OPEN, lock, sync_folder
from neckrom.private_files import make_private, open_plain, open_private, read_plain
from neckrom.records.ids import is_id

__all__ = ["FileEntry", "Files", "Manifest", "copy_private", "make_private", "open_private", "sha256_of"]

log = logging.getLogger(__name__)

MAX_MANIFEST_BYTES = 1_000_000
_SEARCHED_BYTES = 4_000_000
"""So much of every unreadable file is searched for the person it may be of."""
MANIFEST = ".session.json"
FIRST_YEAR, LAST_YEAR = 1900, 2200
_BUSY = ".busy"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A stored file: name within the session's folder, hash and size."""

    name: Annotated[str, Field(min_length=1, max_length=300)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0, le=1 << 50)]


class Manifest(BaseModel):
    """What the database is to learn about a session that lies in ``incoming``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: str
    person_id: str
    measured: str
    dated_by_hand: bool
    added: str
    note: str = Field(max_length=5000)
    replaces: str | None
    files: tuple[FileEntry, ...] = Field(max_length=1000)

    @field_validator("session_id", "person_id", "replaces")
    @classmethod
    def _is_id(cls, value: str | None) -> str | None:
        if value is not None and not is_id(value):
            raise ValueError("it is no id")
        return value

    @field_validator("measured", "added")
    @classmethod
    def _is_moment(cls, value: str) -> str:
        if not is_storable(datetime.fromisoformat(value)):
            raise ValueError("it is no time that can be stored")
        return value

    @field_validator("files")
    @classmethod
    def _stay_inside(cls, value: tuple[FileEntry, ...]) -> tuple[FileEntry, ...]:
        for entry in value:
            place = PurePosixPath(entry.name)
            if place.is_absolute() or ".." in place.parts or "\x00" in entry.name:
                raise ValueError("a file lies outside of the session")
        return value


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that was set apart because it cannot be read.

    Attributes
    ----------
    folder : Path
        Where it is now.
    why : str
    """

    folder: Path
    why: str


class Files:
    """The folder of a store.

    Parameters
    ----------
    root : Path
        Made if it is not there, readable by its owner alone.
    read_only : bool
        It takes nothing: whatever would change it is refused.
    """

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        self.root = root
        self.read_only = read_only
        self.stored = root / "files"
        self.incoming = root / "incoming"
        self.trash = root / "trash"
        self.unreadable = root / "unreadable"
        self._busy: dict[Path, BinaryIO] = {}
        """Marks of what is being copied, by folder."""
        try:
            for folder in (root, self.stored, self.incoming, self.trash):
                if not read_only:
                    make_private(folder)
                if folder.is_symlink() and folder != root:
                    raise NotADirectoryError(errno.ENOTDIR, "it is a link", str(folder))
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
        """Folders are moved by one process at a time.

        Raises
        ------
        ReadOnlyStoreError
            If the store can only be read.
        """
        if self.read_only:
            raise ReadOnlyStoreError(self.root)
        with open_private(self.root / "lock") as handle:
            lock(handle)
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
            lock(busy)
        self._busy[part] = busy
        try:
            yield part
        finally:
            self._busy.pop(part, None)
            busy.close()
            shutil.rmtree(part, ignore_errors=True)

    def keep(self, part: Path, manifest: Manifest) -> Path:
        """Take over a filled folder: from here on a kill loses nothing of it."""
        _write_private(part / MANIFEST, manifest.model_dump_json().encode())
        sync_folder(part)
        place = self.incoming / manifest.session_id
        if MOVES_WHAT_IS_OPEN:
            part.rename(place)
        else:
            with self.locked():  # nobody clears it meanwhile
                self._busy.pop(part).close()
                part.rename(place)
        sync_folder(self.incoming)
        (place / _BUSY).unlink()
        return place

    def waiting(self) -> list[Manifest]:
        """Sessions that the database may not have yet; what cannot be read is none of them."""
        return [found for path in self._arrived() if isinstance(found := self._manifest(path), Manifest)]

    def _arrived(self) -> list[Path]:
        if self.read_only and not self.incoming.exists():
            return []
        return [path for path in sorted(self.incoming.iterdir()) if not path.name.startswith(".part-")]

    def _manifest(self, folder: Path) -> Manifest | str:
        """What a folder in ``incoming`` says of itself, or why it says nothing."""
        if folder.is_symlink() or not folder.is_dir() or not is_id(folder.name):
            return "it is no folder of a session"
        try:
            found = Manifest.model_validate_json(read_plain(folder / MANIFEST, MAX_MANIFEST_BYTES))
        except FileNotFoundError:
            return f"it has no {MANIFEST}"
        except OSError as error:
            return f"{MANIFEST}: {error.strerror or error}"
        except ValidationError as error:
            return f"{MANIFEST} is damaged ({error.errors(include_input=False)[0]['msg'][:100]})"
        if found.session_id != folder.name:
            return f"{MANIFEST} is that of another session"
        return found

    def set_apart_unreadable(self) -> list[Unreadable]:
        """Move what cannot be read out of ``incoming``; call it locked."""
        return [
            apart
            for path in self._arrived()
            if isinstance(why := self._manifest(path), str)
            and (apart := self.set_apart(path, why)) is not None
        ]

    def set_apart(self, path: Path, why: str) -> Unreadable | None:
        """Move something out of the way, whole; None where even that fails. Call it locked."""
        target = self.unreadable / f"{path.name[:80]}.{secrets.token_hex(4)}"
        try:
            make_private(self.unreadable)
            path.rename(target)
        except OSError as error:
            log.warning("%s cannot be read (%s) nor moved: %s", path, why, error.strerror or error)
            return None
        log.warning("%s cannot be read (%s): it was moved to %s", path, why, target)
        return Unreadable(target, why)

    def apart(self) -> list[Path]:
        """Everything that was set apart."""
        try:
            return sorted(self.unreadable.iterdir())
        except OSError:
            return []

    def remove_apart(self, names: tuple[str, ...]) -> int:
        """Remove what was set apart and names one of these; gives the number of folders. Call it locked."""
        removed = 0
        for path in self.apart():
            if _names_one(path, names):
                remove_whole(path)
                removed += 1
        return removed

    def put_in_place(self, person_id: str, session_id: str) -> None:
        """Move a session that the database has; call it locked."""
        source = self.incoming / session_id
        if not source.exists():
            return
        target = self.stored / person_id / session_id
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if target.exists():
            self.set_apart(target, "it lies where another session belongs")
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
                with open_plain(part / _BUSY) as busy:
                    lock(busy, wait=False)
            except BlockingIOError:
                continue
            except OSError:
                pass  # killed while it was being made or removed, or none of ours
            remove_whole(part)

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

    def put_back(self, thrown: Path, owner: str | None = None) -> None:
        """Undo :meth:`throw_away` for one session, or give it to another owner; call it locked."""
        person_id, session_id = thrown_ids(thrown)
        person_id = owner or person_id
        target = self.stored / person_id / session_id
        target.parent.mkdir(mode=0o700, exist_ok=True)
        thrown.rename(target)

    def empty_trash(self, thrown: Path) -> None:
        """Remove one session for good, and its person's folder once it is empty."""
        remove_whole(thrown)
        person = self.stored / thrown.name.partition(".")[0]
        if person.is_dir() and not any(person.iterdir()):
            person.rmdir()

    def remove_person(self, person_id: str) -> int:
        """Remove whatever else lies in a person's folder; gives the number of files. Call it locked."""
        folder = self.stored / person_id
        if folder.is_symlink() or not folder.is_dir():
            return 0
        number = sum(1 for path in everything_in(folder) if path.is_file())
        remove_whole(folder)
        return number


# --------------------------------------------------------------------- copies


def copy_private(sources: Mapping[str, Path], folder: Path) -> tuple[FileEntry, ...]:
    """Copy files into a folder, hashed on the way, safe on disk, readable by their owner alone."""
    return tuple(_copy(name, path, folder / name) for name, path in sources.items())


def thrown_ids(thrown: Path) -> tuple[str, str]:
    """Person and session of a folder in the trash; empty where its name is none of ours."""
    person_id, _, session_id = thrown.name.partition(".")
    return (person_id, session_id) if is_id(person_id) and is_id(session_id) else ("", "")


def is_storable(moment: datetime) -> bool:
    """Whether a moment has a zone and lies in the years in which people are measured, on every clock."""
    return moment.tzinfo is not None and FIRST_YEAR <= moment.year <= LAST_YEAR


def _names_one(path: Path, names: tuple[str, ...]) -> bool:
    """Whether the name of a folder, or a file within it, holds one of these texts."""
    wanted = [name.encode() for name in names if name]
    if any(name in path.name for name in names):
        return True
    for file in (path, *everything_in(path)):
        if any(name in file.name for name in names):
            return True
        try:
            with open_plain(file) as content:
                head = content.read(_SEARCHED_BYTES)
        except OSError:
            continue
        if any(name in head for name in wanted):
            return True
    return False


def remove_whole(path: Path) -> None:
    """Remove a folder, or a link or pipe that stands where one should be."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        try:
            shutil.rmtree(path, ignore_errors=True)
        except RecursionError:
            _remove_deep(path)


def _remove_deep(path: Path) -> None:
    """As ``rmtree``, for folders that lie deeper in each other than Python calls itself."""
    for inner in reversed(list(everything_in(path))):
        with contextlib.suppress(OSError):
            inner.rmdir() if inner.is_dir() and not inner.is_symlink() else inner.unlink()
    with contextlib.suppress(OSError):
        path.rmdir()


def everything_in(folder: Path) -> Iterator[Path]:
    """Files and folders below a folder, those above before those within; links are not followed."""
    waiting = [] if folder.is_symlink() or not folder.is_dir() else [folder]
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            yield Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))


def _copy(name: str, source: Path, target: Path) -> FileEntry:
    make_private(target.parent)
    digest, size = hashlib.sha256(), 0
    with open_plain(source) as old, open_private(target, new=True) as new:
        while block := old.read(_CHUNK):
            digest.update(block)
            new.write(block)
            size += len(block)
        new.flush()
        os.fsync(new.fileno())
    return FileEntry(name, digest.hexdigest(), size)


def sha256_of(path: Path) -> str:
    """Hash of a plain file.

    Raises
    ------
    OSError
        If it cannot be read, or is a link, a pipe or a device.
    """
    with open_plain(path) as file:
        digest = hashlib.sha256()
        while block := file.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def _write_private(path: Path, content: bytes) -> None:
    with open_private(path, new=True) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
