"""A disk that is full at a byte that is drawn, in the middle of a command."""

from __future__ import annotations

import resource
import shutil
from pathlib import Path

from benchmarks.attack_campaigns import Setting, Tally
from benchmarks.attack_campaigns import _command as command
from benchmarks.attack_campaigns._store import half_there, leftovers, sessions_in
from tests.records.folders import write_folder

SUMMARY = "120 commands on a disk that takes no more bytes of a file from some place on"
NUMBER = 24


def attack(setting: Setting, tally: Tally) -> None:
    """Every command ends with 5 and a word, or does its work; the store is whole after each."""
    command.load()
    tally.must_not("exit 70", "half there", "leftover after the next start", "lost", "next start failed")
    folder, data = setting.folder, setting.folder / "data"
    draw = setting.random
    command.run(["people", "add", "Stays"], folder, data)
    for index in range(2):
        command.run(["sessions", "import", str(write_folder(folder / f"in-{index}", f"in-{index}")), "-p", "Stays"],
                    folder, data)  # fmt: skip
    saved = folder / "good.neckrom"
    command.run(["backup", str(saved)], folder, data)
    for index in range(setting.number(NUMBER)):
        result = write_folder(folder / "result", f"new-{index}")
        for arguments in (
            ["sessions", "import", str(result), "-p", "Stays"],
            ["backup", str(folder / "b.neckrom"), "--overwrite"],
            ["restore", str(saved), "--replace"],
            ["export", "Stays", "--format", "csv", "--out", str(folder / "out"), "--overwrite"],
            ["people", "add", f"Person {index}"],
        ):
            _one(arguments, folder, data, int(10 ** draw.uniform(1.5, 6.5)), tally)
        shutil.rmtree(result)
        command.run(["restore", str(saved), "--replace"], folder, data)
        for aside in data.glob("records.before-*"):
            shutil.rmtree(aside)


def _one(arguments: list[str], folder: Path, data: Path, limit: int, tally: Tally) -> None:
    before = sessions_in(data / "records")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, old[1]))
    try:
        done = command.run(arguments, folder, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    what = f"{arguments[0]} {arguments[1][:12]} at {limit} bytes"
    tally.tried(f"full disk, {arguments[0]}")
    if done.code not in (0, 5, 6):
        tally.fault("exit 70", f"{what}: {done.code} {done.said[-600:]}")
    after = command.run(["people", "list"], folder, data)
    if after.code:
        tally.fault("next start failed", f"{what}: {after.said[-300:]}")
    if arguments[0] != "restore" and before - sessions_in(data / "records"):
        tally.fault("lost", what)
    for found in half_there(data / "records"):
        tally.fault("half there", f"{what}: {found}")
    for found in leftovers(data, folder / "out"):
        tally.fault("leftover after the next start", f"{what}: {found}")
