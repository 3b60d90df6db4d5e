"""Another user of the machine, by ``setuid`` where this one may."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Callable
from pathlib import Path

from benchmarks.attack_campaigns import Setting, Tally
from benchmarks.attack_campaigns import _command as command
from tests.records.folders import write_folder

SUMMARY = "another user reads, lists and plants files around store, backup, export and result (needs root)"


def attack(setting: Setting, tally: Tally) -> None:
    """Look at everything as somebody else, and wait for the owner with traps."""
    tally.must_not("read by another user", "a planted file was used")
    if os.getuid() != 0:
        tally.say("not tried: this user may not become another one")
        return
    command.load()
    folder = setting.folder
    folder.chmod(0o777)
    open_place = folder / "shared"
    open_place.mkdir()
    open_place.chmod(0o1777)
    data = open_place / "data"
    command.run(["people", "add", "Secret Name"], folder, data)
    command.run(
        ["sessions", "import", str(write_folder(folder / "in", "in")), "-p", "Secret Name"], folder, data
    )
    for _ in range(setting.number(20)):
        _traps(open_place)
        for arguments in (
            ["backup", str(open_place / "b.neckrom"), "--overwrite"],
            ["export", "Secret Name", "--format", "csv", "--out", str(open_place), "--overwrite"],
        ):
            done = command.run(arguments, folder, data)
            tally.tried("writing beside planted files")
            if done.code not in (0, 5):
                tally.fault("a planted file was used", f"{arguments[0]}: {done.code} {done.said[-300:]}")
        if (folder / "target").read_bytes() != b"untouched":
            tally.fault("a planted file was used", "a link was followed")
        for path in open_place.rglob("*.neckrom"):
            if path.is_symlink() or path.stat().st_uid != 0 or path.stat().st_mode & 0o077:
                tally.fault(
                    "a planted file was used", f"{path.name} belongs to somebody else, or can be read"
                )
        for path in [open_place, *open_place.rglob("*")]:
            if path.name.startswith("planted") or path.is_symlink() or path == open_place:
                continue
            tally.tried("reading as another user")
            if _as_other(lambda path=path: _reads(path)):
                tally.fault("read by another user", str(path.relative_to(folder)))
        for path in open_place.glob("*.neckrom"):
            path.unlink()
    shutil.rmtree(open_place)


def _other() -> int:
    return pwd.getpwnam("nobody").pw_uid


def _traps(place: Path) -> None:
    """What another user may put into a place that all can write."""
    target = place.parent / "target"
    target.write_bytes(b"untouched")
    target.chmod(0o666)

    def plant() -> bool:
        for name in (".b.neckrom.part", ".planted.part", "planted"):
            path = place / name
            if not os.path.lexists(path):
                path.symlink_to(target)
        return True

    _as_other(plant)


def _reads(path: Path) -> bool:
    try:
        if path.is_dir():
            os.listdir(path)
        else:
            path.read_bytes()
    except OSError:
        return False
    return not path.name.endswith(".in-use") or path.stat().st_size > 0


def _as_other(act: Callable[[], bool]) -> bool:
    """Do something in a fork that is the other user; gives what it gave."""
    child = os.fork()
    if child == 0:
        code = 2
        try:
            os.setgroups([])
            os.setgid(_other())
            os.setuid(_other())
            code = int(not act())
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
