"""Records whose folder takes nothing, read by somebody who cannot change that."""

from __future__ import annotations

import ctypes
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_VERSION_3 = 0x20080522
"""Of the system call ``capset``: capabilities in two words of 32 bits."""


@contextmanager
def taking_nothing(folder: Path) -> Iterator[None]:
    """A folder and everything in it, without the right to write."""
    paths = [folder, *folder.rglob("*")]
    before = {path: path.stat().st_mode for path in paths}
    try:
        for path in reversed(paths):
            path.chmod(0o500 if path.is_dir() else 0o400)
        yield
    finally:
        for path, mode in before.items():
            path.chmod(mode)


def as_reader(act: Callable[[], object]) -> None:
    """Do something as a user for whom such a folder is closed: root gives up its rights for it, in a fork.

    Parameters
    ----------
    act : callable
        What fails in it fails the test, too.
    """
    if os.getuid() != 0:
        act()
        return
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _give_up_rights()
            act()
            code = 0
        except BaseException:  # noqa: BLE001  (the parent says that it failed)
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _give_up_rights() -> None:
    """From here on root is kept out of what is closed to its owner, like anybody else (Linux)."""
    header, none = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, none):
        raise OSError(ctypes.get_errno(), "capset")
