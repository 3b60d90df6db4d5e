"""Start the browser on a page without showing anybody the way in.

Everybody on a machine may read every command line. So the browser gets the name of a file that only
its owner can read, and the file sends a code in the body of a form: neither command line nor history
holds anything that opens the page. The code works once, and the file goes once it has been used.
"""

from __future__ import annotations

import contextlib
import html
import logging
import os
import secrets
import threading
import time
import webbrowser
from pathlib import Path

from platformdirs import user_data_path, user_runtime_path

from neckrom.operating_system import NOT_FOLLOWED, is_ours_alone
from neckrom.web.access import ENTER, TO, TOKEN, Access

log = logging.getLogger(__name__)

KEPT_S = 120.0
"""So long a browser may take to come up; then the file goes, used or not."""
_NAME = "neckrom-open-"
_STALE_S = 3600.0
_SNAPS = Path("/snap")

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>neckrom</title></head>
<body><form method="post" action="{action}">
<input type="hidden" name="{token}" value="{code}"><input type="hidden" name="{to}" value="{path}">
<button>Open neckrom</button></form>
<script>document.forms[0].submit()</script></body></html>
"""


def open_in_browser(access: Access, path: str) -> None:
    """Start the user's browser on a page; comes back at once.

    Where no private file can be made, nothing is started: the address in the terminal is left.
    """
    threading.Thread(target=_launch, args=(access, path), name="launch", daemon=True).start()


def _launch(access: Access, path: str) -> None:
    remove_stale_files()
    code = access.issue_code()
    try:
        file = write_launch_file(access, path, code)
    except OSError as error:
        access.withdraw_code(code)
        log.warning("the browser cannot be started: %s", error)
        return
    try:
        webbrowser.open(file.as_uri())
        give_up = time.monotonic() + KEPT_S
        while access.is_open(code) and time.monotonic() < give_up:
            time.sleep(0.2)
    finally:
        access.withdraw_code(code)
        file.unlink(missing_ok=True)


def write_launch_file(access: Access, path: str, code: str) -> Path:
    """A page for its owner alone that leads to a page of the server.

    Raises
    ------
    OSError
        It cannot be written.
    """
    file = launch_folder() / f"{_NAME}{os.getpid()}-{secrets.token_hex(4)}.html"
    page = _PAGE.format(
        action=html.escape(access.own_address(ENTER)), token=TOKEN, code=code, to=TO, path=html.escape(path)
    )
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOT_FOLLOWED, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(page)
    return file


def launch_folder() -> Path:
    """Where a browser can read a file of this user's, and nobody else looks.

    Browsers that come as snaps see no hidden folder and none of the system's: for them it has to be
    the home folder itself.
    """
    candidates = [user_runtime_path("neckrom", appauthor=False), user_data_path("neckrom", appauthor=False)]
    if _SNAPS.is_dir():
        candidates.insert(0, Path.home())
    for folder in candidates:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if is_ours_alone(folder):
                return folder
    return candidates[-1]


def remove_stale_files() -> None:
    """Files of runs that were killed: their codes died with them."""
    now = time.time()
    with contextlib.suppress(OSError):
        for file in launch_folder().glob(f"{_NAME}*.html"):
            age_s = now - file.lstat().st_mtime
            if not 0 <= age_s < _STALE_S:  # also from the future, after the clock was set back
                file.unlink(missing_ok=True)
