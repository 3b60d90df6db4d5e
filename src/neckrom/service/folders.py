"""Result folders: distinct names, whole or not there, readable by their owner alone."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from neckrom.errors import OutputError
from neckrom.operating_system import is_too_long, safe_name, sameness
from neckrom.private_files import clear_unfinished, forget_part, new_part, new_part_folder

LANDMARK_FILE = "landmarks.parquet"
_NAME_BYTES = 200


def result_name(path: Path) -> str:
    """Name of the result folder of one input: the clip's, or the folder's that holds a landmark file."""
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError):  # a link that points at itself: refused where it is opened
        resolved = path.absolute()
    if path.name == LANDMARK_FILE:
        stem = f"{resolved.parent.name}-replayed"
    elif os.path.isdir(path):  # noqa: PTH112  (Path.is_dir raises for names that are too long)
        stem = resolved.name
    else:
        stem = path.stem
    cleaned = re.sub(r"[^\w.\- ]+", "_", stem).strip(" .")[:80]
    fits = cleaned.encode()[:_NAME_BYTES].decode(errors="ignore")  # file systems count bytes
    return safe_name(fits) or "result"


def distinct_folders(inputs: Sequence[Path], out: Path) -> list[Path]:
    """A folder in ``out`` for each input; equal names get -2, -3, ... in the order given."""
    used: set[str] = set()
    folders = []
    for path in inputs:
        base = result_name(path)
        name, number = base, 1
        while sameness(name) in used:
            number += 1
            name = f"{base}-{number}"
        used.add(sameness(name))
        folders.append(out / name)
    return folders


@contextmanager
def new_folder(final: Path, *, overwrite: bool) -> Iterator[Path]:
    """A working folder beside ``final`` that takes its place once the block ends well.

    Whatever goes wrong, Ctrl-C included, nothing half-written is left and an older result stays.

    Raises
    ------
    OutputError
        If the result is already there and may not be overwritten, or the place cannot be written.
    """
    clear_unfinished()
    refuse_existing(final, overwrite=overwrite)
    created_parents = make_parents(final.parent)
    done = False
    try:
        with new_part_folder(final.parent, final) as part:
            yield part
            _owner_only(part)
            _take_place(part, final)
            done = True
    except OSError as error:
        raise OutputError(cannot_write_message(final, error)) from error
    finally:
        if not done:
            remove_empty(created_parents)


def refuse_existing(final: Path, *, overwrite: bool) -> None:
    """Refuse early, before any work, what could not be written in the end.

    Raises
    ------
    OutputError
    """
    if final.exists() and not overwrite:
        raise OutputError(
            f"There is a result in {final} already. Choose another folder with --out, or replace it with --overwrite."
        )
    if (
        final.exists()
        and not (final / "result.json").exists()
        and (not final.is_dir() or any(final.iterdir()))
    ):
        raise OutputError(f"{final} is not a result of neckrom, so it is not replaced. Choose another --out.")


def cannot_write_message(path: Path, error: OSError) -> str:
    """What to do about a write error."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"No space left to write {path}. Free some, or choose another folder with --out; nothing was kept."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path} may not be written here ({error.strerror}). Choose another folder with --out."
    if is_too_long(path):
        return f"{path} cannot be written: its path is longer than Windows takes. Choose a shorter folder with --out."
    return f"{path} cannot be written: {error.strerror or error}. Choose another folder with --out."


def make_parents(folder: Path) -> list[Path]:
    """Make a folder and those above it; what was made comes back, innermost first.

    Raises
    ------
    OutputError
        If the place cannot be written.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OutputError(cannot_write_message(folder, error)) from error
    return missing


def remove_empty(folders: list[Path]) -> None:
    """Remove folders, innermost first, up to the first that holds something."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _owner_only(folder: Path) -> None:
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def _take_place(part: Path, final: Path) -> None:
    if not final.exists():
        part.rename(final)
        return
    old = new_part(final.parent, final, "old")  # noted: after a kill between the two moves it goes back
    old.mkdir(mode=0o700)
    final.rename(old / "result")
    try:
        part.rename(final)
    except OSError:
        (old / "result").rename(final)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
        forget_part(old)
