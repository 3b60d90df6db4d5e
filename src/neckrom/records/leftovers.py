"""Copies of what was handed over on the page: gone once they are measured, or after a kill at the next start."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_data_path

from neckrom.operating_system import lock, process_runs
from neckrom.private_files import make_private, open_plain, open_private
from neckrom.records.files import everything_in, remove_whole
from neckrom.records.ids import is_id
from neckrom.records.location import DATA_DIR_VARIABLE

log = logging.getLogger(__name__)

UPLOAD = ".upload"
"""Marks the folder of something that was handed over: it is removed when nobody works on it."""
GUIDED = ".guided"
"""Marks the folder of a session at the camera: what was recorded there stays until it is filed."""
_SESSION = "session.json"
_OLD_S = 3600.0
_WORKER_DIGITS = 20


def session_folders() -> list[Path]:
    """Where sessions and uploads of the page are until they are filed; the first is in use now."""
    own = os.environ.get(DATA_DIR_VARIABLE)
    usual = user_data_path("neckrom", appauthor=False) / "sessions"
    return [Path(own).expanduser() / "sessions", usual] if own else [usual]


def mark_busy(folder: Path, mark: str) -> BinaryIO:
    """Say that somebody works in a folder; close the file, and end those who inherited it, to take that back."""
    make_private(folder)
    handle = open_private(folder / mark, new=True)
    lock(handle)
    return handle


def note_worker(handle: BinaryIO, process: int) -> None:
    """Say which process works in a folder, where it could not inherit the mark (Windows)."""
    handle.write(b"%d" % process)
    handle.flush()


def is_busy(folder: Path) -> bool:
    """Whether somebody works in it."""
    for mark in (UPLOAD, GUIDED):
        try:
            with open_plain(folder / mark) as handle:
                lock(handle, shared=True, wait=False)
                worker = handle.read(_WORKER_DIGITS)
                if worker.isdigit() and process_runs(int(worker)):
                    return True
        except BlockingIOError:
            return True
        except OSError:
            continue
    return False


def clear_uploads() -> None:
    """Remove what was handed over and is not worked on any more: whoever handed it over has it."""
    for folder in _all_folders():
        if is_busy(folder):
            continue
        marked = os.path.lexists(folder / UPLOAD)
        if marked or _is_upload_of_old(folder):
            log.info("what was handed over is removed from %s", folder)
            remove_whole(folder)


def folders_of(person_id: str) -> list[Path]:
    """Folders of a person's sessions and uploads that are not filed."""
    return [folder for folder in _all_folders() if folder.name.startswith(f"{person_id}-")]


def _all_folders() -> list[Path]:
    found = []
    for place in session_folders():
        try:
            entries = sorted(place.iterdir())
        except OSError:
            continue
        found += [
            path
            for path in entries
            if is_id("-".join(path.name.split("-")[:2])) and path.is_dir() and not path.is_symlink()
        ]
    return found


def _is_upload_of_old(folder: Path) -> bool:
    """One that an older neckrom left unmarked: no session was recorded in it, and it has lain for an hour."""
    if os.path.lexists(folder / GUIDED):
        return False
    try:
        young = time.time() - folder.stat().st_mtime < _OLD_S
    except OSError:
        return False
    return not young and not any(path.name == _SESSION for path in everything_in(folder))
