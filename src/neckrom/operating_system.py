"""What Linux, macOS and Windows do differently: locks, users, processes, and what a file system takes.

Everything here has a counterpart on each of them; no other module asks which of them it runs on to lock a file, to
name a user, or to see whether a process lives.
"""

from __future__ import annotations

import errno
import getpass
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import BinaryIO

# psutil and portalocker are imported where they are used: `neckrom doctor` is to say it if they are missing.

MOVES_WHAT_IS_OPEN = os.name != "nt"
"""Windows neither renames nor removes a file that is open, nor a folder with one in it."""

NOT_FOLLOWED = getattr(os, "O_NOFOLLOW", 0)
"""Windows has no such flag: :func:`is_redirected` is asked before opening there."""

NOT_WAITED_FOR = getattr(os, "O_NONBLOCK", 0)
"""A pipe is never waited for; Windows keeps its pipes in a place of their own, where no file can be."""

# Python marks what it opens itself as not inherited; os.open on Windows needs O_BINARY, or line ends are changed.
OPENED_AS_IT_IS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0) | getattr(os, "O_BINARY", 0)

LONGEST_WINDOWS_PATH = 259
"""Characters, without the zero that ends them; longer ones need a setting of Windows 10 or later."""

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\..*)?", re.DOTALL)
"""Names of devices on Windows, alone or before an ending."""

_LINK_TAGS = (0xA000000C, 0xA0000003)
"""Of symbolic links and of junctions (``stat.IO_REPARSE_TAG_SYMLINK``, ``..._MOUNT_POINT``, on Windows only)."""

_CRASHED = 0xC0000000
"""Exit codes from here on are those of Windows for a process that it ended, such as 0xC0000005."""


# ------------------------------------------------------------------------ locks


def lock(file: BinaryIO | int, *, shared: bool = False, wait: bool = True) -> None:
    """Lock an open file against other handles of it, in this process too, until it is closed or its process ends.

    On Linux and macOS the lock is advice (``flock``), also for folders, and a child that inherits the handle keeps it.
    On Windows (``LockFileEx``) nobody else can read or write what is locked, folders cannot be locked, and a child
    inherits nothing.

    Parameters
    ----------
    file : binary file or int
        Open file, or its descriptor.
    shared : bool
        Together with others who lock it shared; alone otherwise.
    wait : bool
        Whether to wait until it is free.

    Raises
    ------
    BlockingIOError
        If somebody has it, without ``wait``.
    OSError
        If this file cannot be locked at all, as on some network disks.
    """
    import portalocker  # noqa: PLC0415
    from portalocker import portalocker as lockers  # noqa: PLC0415

    flags = portalocker.LockFlags.SHARED if shared else portalocker.LockFlags.EXCLUSIVE
    if not wait:
        flags |= portalocker.LockFlags.NON_BLOCKING
    # Both kinds of lock by one call of the system: only then does each see the other.
    locker = lockers.Win32Locker() if sys.platform == "win32" else lockers.FlockLocker()
    try:
        locker.lock(file, flags)
    except portalocker.AlreadyLocked as error:
        raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK)) from error
    except portalocker.LockException as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None
        raise OSError(errno.ENOLCK, str(error)) from error


# ---------------------------------------------------------- users and processes


def user_name() -> str:
    """Who runs this process: as the system knows them, else by number."""
    # getpass asks the environment first, which anybody can set; the log of a store is to name the account.
    if hasattr(os, "getuid"):
        import pwd  # noqa: PLC0415  (not on Windows)

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"user {os.getuid()}"
    import psutil  # noqa: PLC0415

    try:
        return str(psutil.Process().username()).rpartition("\\")[2]
    except (psutil.Error, OSError):
        return getpass.getuser()


def is_ours(status: os.stat_result) -> bool:
    """Whether a file belongs to the user of this process; Windows does not say, there rights come with the folder."""
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()


def is_ours_alone(folder: Path) -> bool:
    """Whether nobody else could put another file in the place of ours; on Windows: whether it is of our profile."""
    if hasattr(os, "getuid"):
        status = folder.stat()
        return is_ours(status) and not status.st_mode & 0o022 and os.access(folder, os.W_OK)
    return folder.resolve().is_relative_to(Path.home().resolve()) and os.access(folder, os.W_OK)


def is_administrator() -> bool:
    """Whether this process is root's; on Windows the answer changes nothing of what we ask it for."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def process_runs(number: int) -> bool:
    """Whether a process of this number lives, whoever owns it."""
    import psutil  # noqa: PLC0415

    try:
        return bool(psutil.pid_exists(number))
    except OverflowError:
        return True


def usable_cores() -> int:
    """Processor cores that this process may use, as far as the system says; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def crash_of(code: int) -> str | None:
    """How a process was ended by the system, from its exit code; None where it ended by itself."""
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"
    return f"0x{code:08X}" if code >= _CRASHED else None


def group_of_its_own() -> dict[str, bool] | dict[str, int]:
    """Arguments of ``Popen`` for a process that Ctrl+C in our terminal does not reach."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def ask_to_end(process: subprocess.Popen[str]) -> None:
    """Ask a process begun with :func:`group_of_its_own` to save what it has and end."""
    if sys.platform == "win32":
        process.send_signal(signal.CTRL_BREAK_EVENT)  # terminate() would end it in the middle of a write
    else:
        process.terminate()


def keep_to_one_program(listener: socket.socket) -> None:
    """Let a port that was closed a moment ago be used again, and nobody else use it meanwhile."""
    if sys.platform == "win32":
        # SO_REUSEADDR lets any program take a port there that another one listens on.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


# ------------------------------------------------------------------ file systems


def is_redirected(path: Path) -> bool:
    """Whether a path is a link, or a junction on Windows."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    # Other tags are no redirection: files of OneDrive that are fetched when they are opened have one, too.
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in _LINK_TAGS


def sync_folder(folder: Path) -> None:
    """Make names in a folder safe on disk; on Windows the file system does so itself.

    Raises
    ------
    OSError
    """
    if (
        os.name == "nt"
    ):  # a folder cannot be opened there, and NTFS writes names to its log before anything else
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def free_bytes(folder: Path) -> int:
    """Room that this user may fill.

    Raises
    ------
    OSError
    """
    if hasattr(os, "statvfs"):
        disk = os.statvfs(folder)
        free = disk.f_bfree if is_administrator() else disk.f_bavail  # some is kept for root
        return free * disk.f_frsize
    return shutil.disk_usage(folder).free


def safe_name(name: str) -> str:
    """A name that no system takes for a device: ``aux`` and ``con.txt`` get an underscore behind the word."""
    found = _RESERVED.fullmatch(name)
    return f"{name[: found.end(1)]}_{name[found.end(1) :]}" if found else name


def sameness(name: str) -> str:
    """What two names have in common where a file system takes them for one: case, and how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def is_too_long(path: Path) -> bool:
    """Whether this Windows may refuse a path for its length alone."""
    return sys.platform == "win32" and len(str(path.absolute())) > LONGEST_WINDOWS_PATH
