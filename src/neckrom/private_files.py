"""Files that only their owner may read, written whole or not at all, and cleared away after a kill.

What is being written lies in a *part* beside its place: a fresh name that nobody could have put there,
locked as long as its process writes it. A note of every part is kept in the user's own state folder
(``unfinished/``), so that the next neckrom finds it wherever it is, and removes it.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_state_path

from neckrom.operating_system import (
    MOVES_WHAT_IS_OPEN,
    NOT_FOLLOWED,
    NOT_WAITED_FOR,
    OPENED_AS_IT_IS,
    is_ours,
    is_redirected,
    lock,
    process_runs,
    sync_folder,
)

log = logging.getLogger(__name__)

_PART = re.compile(r"\.neckrom-(\d{1,10})-[0-9a-f]{12}\.(?:part|old)")
_YOUNG_S = 60.0
"""So long a part without a lock may belong to a process that took the number of the one that made it."""
_MAX_NOTE = 10_000
_CHUNK = 1 << 20


class NotPlainFileError(OSError):
    """Where a file should be there is a link, a pipe, a device or a folder."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EINVAL, "it is a link, a pipe or a device, no plain file", str(path))


class TooLargeError(OSError):
    """A file is larger than any that belongs there."""

    def __init__(self, path: Path, limit: int) -> None:
        super().__init__(errno.EFBIG, f"it is larger than {limit / 1e6:.0f} MB", str(path))


# ---------------------------------------------------------------------- opening


def open_private(path: Path, *, new: bool = False) -> BinaryIO:
    """Open a file for writing that only its owner may read; with ``new`` it must not be there yet.

    A link is never followed, and a pipe never waited for.

    Raises
    ------
    OSError
        If it cannot be opened, is there already with ``new``, or is no plain file.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if new else 0)
    return os.fdopen(_opened(path, flags), "wb")


def open_plain(path: Path) -> BinaryIO:
    """Open a plain file for reading; no link, and nothing that would be waited for.

    Raises
    ------
    OSError
    """
    return os.fdopen(_opened(path, os.O_RDONLY), "rb")


def read_plain(path: Path, limit: int) -> bytes:
    """The content of a plain file of at most so many bytes.

    Raises
    ------
    OSError
        If it cannot be read, is no plain file, or is larger.
    """
    with open_plain(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise TooLargeError(path, limit)
    return content


def _opened(path: Path, flags: int) -> int:
    if not NOT_FOLLOWED and is_redirected(path):
        raise NotPlainFileError(path)
    try:
        handle = os.open(path, flags | NOT_FOLLOWED | NOT_WAITED_FOR | OPENED_AS_IT_IS, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link, or a pipe that nobody reads
            raise NotPlainFileError(path) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NotPlainFileError(path)
    return handle


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    for path in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        path.mkdir(mode=0o700, exist_ok=True)


# ---------------------------------------------------------------------- writing


@contextmanager
def whole_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A new file that takes its place once the block ends well; whatever happens, no half of it stays.

    Parameters
    ----------
    path : Path
    replace : bool
        Whether it may take the place of an earlier file.

    Raises
    ------
    FileExistsError
        If there is one meanwhile, and it may not be replaced.
    OSError
        If it cannot be written.
    """
    part = new_part(path.parent, path)
    try:
        with open_private(part, new=True) as file:
            lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
            if not MOVES_WHAT_IS_OPEN:
                file.close()
            _take_name(part, path, replace=replace)
        with contextlib.suppress(OSError):  # some file systems cannot
            sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
        forget_part(part)


def _take_name(part: Path, path: Path, *, replace: bool) -> None:
    if replace:
        part.replace(path)
        return
    if os.name == "nt":
        part.rename(path)  # takes no other file's place there
        return
    try:
        os.link(part, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:  # a stick without hard links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        part.replace(path)


@contextmanager
def new_part_folder(parent: Path, final: Path) -> Iterator[Path]:
    """An empty folder of its own beside ``final``, gone when the block ends unless it was moved."""
    part = new_part(parent, final)
    handle = -1
    try:
        part.mkdir(mode=0o700)
        if MOVES_WHAT_IS_OPEN:
            handle = os.open(part, os.O_RDONLY | NOT_FOLLOWED)
            lock(handle)
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)
        forget_part(part)
        if handle >= 0:
            os.close(handle)


# ------------------------------------------------------------------- leftovers


def new_part(parent: Path, final: Path, kind: str = "part") -> Path:
    """The fresh name of a part, noted so that the next neckrom finds it; old ones there are removed first."""
    clear_folder(parent, final)
    part = parent.absolute() / f".neckrom-{os.getpid()}-{secrets.token_hex(6)}.{kind}"
    try:
        make_private(_notes())
        with open_private(_notes() / part.name, new=True) as note:
            note.write(f"{part}\n{final.absolute()}\n".encode("utf-8", "surrogateescape"))
    except OSError as error:  # it is written all the same: only a kill would leave it unnoticed
        log.debug("no note of %s: %s", part, error)
    return part


def forget_part(part: Path) -> None:
    """Take the note of a part back."""
    with contextlib.suppress(OSError):
        (_notes() / part.name).unlink(missing_ok=True)


def clear_unfinished() -> list[Path]:
    """Remove what killed processes were writing, wherever it is.

    Returns
    -------
    list of Path
        Parts that cannot be reached now, such as on a stick that is not plugged in.
    """
    unreachable = []
    try:
        notes = sorted(_notes().iterdir())
    except OSError:
        return []
    for note in notes:
        part, final = _noted(note)
        if part is None or final is None or not _is_abandoned(part):
            continue
        if not part.parent.exists():
            unreachable.append(part)
            continue
        if not _remove(part, final):
            unreachable.append(part)
            continue
        note.unlink(missing_ok=True)
    return unreachable


def clear_folder(folder: Path, final: Path) -> None:
    """Remove what killed processes left in a folder, and what an older neckrom left beside ``final``."""
    try:
        there = list(os.scandir(folder))
    except OSError:
        return
    old_file, old_folder = f".{final.name}.part", re.compile(rf"\.{re.escape(final.name)}\.\w{{8}}\.part")
    for entry in there:
        path = Path(entry.path)
        try:
            if _PART.fullmatch(entry.name):
                if entry.name.endswith(".part") and _is_abandoned(path):
                    _remove(path, final)
                    forget_part(path)
            elif entry.name == old_file and not entry.is_dir(follow_symlinks=False):
                path.unlink()
            elif old_folder.fullmatch(entry.name) and _is_old(entry.stat(follow_symlinks=False)):
                shutil.rmtree(path, ignore_errors=True)
        except OSError as error:
            log.debug("%s stays: %s", path, error)


def _notes() -> Path:
    own = os.environ.get("NECKROM_DATA_DIR")
    return (Path(own) if own else user_state_path("neckrom", appauthor=False)) / "unfinished"


def _noted(note: Path) -> tuple[Path | None, Path | None]:
    """What a note names; only parts of ours under the name of the note are ever touched."""
    try:
        lines = read_plain(note, _MAX_NOTE).decode("utf-8", "surrogateescape").split("\n")
    except OSError:
        return None, None
    if len(lines) < 2 or Path(lines[0]).name != note.name or not _PART.fullmatch(note.name):
        return None, None
    return Path(lines[0]), Path(lines[1])


def _is_abandoned(part: Path) -> bool:
    """Whether nobody works on a part any more: its lock is free, and its process is gone."""
    named = _PART.fullmatch(part.name)
    if named is None:
        return False
    runs = process_runs(int(named[1]))
    if not MOVES_WHAT_IS_OPEN and part.is_dir() and not is_redirected(part):
        return not runs  # folders have no lock there
    try:
        handle = os.open(part, os.O_RDONLY | NOT_FOLLOWED | NOT_WAITED_FOR | OPENED_AS_IT_IS)
    except FileNotFoundError:
        return not runs
    except OSError:
        return False
    try:
        lock(handle, wait=False)
        status = os.fstat(handle)
    except OSError:
        return False
    finally:
        os.close(handle)
    return is_ours(status) and (not runs or _is_old(status))


def _is_old(status: os.stat_result) -> bool:
    return is_ours(status) and time.time() - status.st_mtime > _YOUNG_S


def _remove(part: Path, final: Path) -> bool:
    """Remove a part; an older result that was set aside goes back if nothing has taken its place."""
    try:
        if part.is_dir() and not part.is_symlink():
            kept = part / "result"
            if part.suffix == ".old" and kept.exists() and not final.exists():
                kept.rename(final)
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s could not be removed: %s", part, error.strerror or error)
        return False
    return True
