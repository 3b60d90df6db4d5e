"""``kill -9`` of import, backup, restore, delete, export, measure and live, at a moment that is drawn."""

from __future__ import annotations

import json
import random
import shutil
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.attack_campaigns import Setting, Tally
from benchmarks.attack_campaigns import _command as command
from benchmarks.attack_campaigns._clip import CLIP, short_clip
from benchmarks.attack_campaigns._store import half_there, leftovers, sessions_in
from tests.records.folders import write_folder

SUMMARY = "400 kills of import, backup, restore, delete, export, measure and live, each followed by a start"
NUMBERS = {"import": 80, "backup": 70, "restore": 60, "delete": 60, "export": 60, "measure": 45, "live": 25}
AGAIN = 20
"""After so many kills of a command it is timed anew: a machine is not always as busy."""


def attack(setting: Setting, tally: Tally) -> None:
    """Kill, start again, and look."""
    command.load()
    tally.must_not("lost", "half there", "leftover after the next start", "next start failed")
    place = _Place(setting.folder, tally)
    draw = setting.random
    rounds = [
        kind for kind, number in NUMBERS.items() if setting.wants(kind) for _ in range(setting.number(number))
    ]
    draw.shuffle(rounds)
    full: dict[str, float] = {}
    begun: Counter[str] = Counter()
    while rounds and not setting.is_over(tally):
        kind = rounds.pop(0)
        if begun[kind] % AGAIN == 0:
            full[kind] = place.full_time(kind)
        begun[kind] += 1
        if sum(begun.values()) % AGAIN == 0:
            print(f"    {sum(begun.values())} begun, {len(rounds)} to come", file=sys.stderr, flush=True)
        ended_s = place.round(kind, draw, full[kind])
        if ended_s is not None:  # no kill: another one is drawn for it
            full[kind] = (full[kind] + ended_s) / 2
            rounds.insert(draw.randint(0, len(rounds)), kind)
    for kind, seconds in full.items():
        tally.say(f"{kind}: {seconds:.1f} s when it is let run")


class _Place:
    """A store with two people who stay, and what comes and goes."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self.folder, self.tally = folder, tally
        self.data, self.temporary = folder / "data", folder / "tmp"
        self.temporary.mkdir()
        self.store = self.data / "records"
        self.number = 0
        self.run("people", "add", "Stays")
        for index in range(3):
            self.run("sessions", "import", str(self.result(f"stays-{index}")), "-p", "Stays")
        self.kept = sessions_in(self.store)
        self.good = folder / "good.neckrom"
        self.run("backup", str(self.good))
        self.short = folder / "short"
        self.makers: dict[str, Callable[[Path], list[str]]] = {
            "import": self._import,
            "backup": lambda case: ["backup", str(case / "b.neckrom")],
            "restore": lambda case: ["restore", str(self.good), "--replace"],
            "delete": self._delete,
            "export": lambda case: ["export", "Stays", "--format", "csv", "--out", str(case / "out")],
            "measure": lambda case: ["measure", str(short_clip(self.folder)), "--out", str(case / "out")],
            "live": lambda case: [
                "live", "--source", str(CLIP), "--no-browser", "--out", str(case / "live"),
            ],
        }  # fmt: skip

    def run(self, *arguments: str) -> str:
        """A command that must work."""
        done = command.run(list(arguments), self.folder, self.data)
        if done.code:
            self.tally.fault("next start failed", f"{arguments}: {done.code} {done.said[-500:]}")
        return done.said

    def result(self, name: str) -> Path:
        """A new result folder, with a file that takes a while."""
        self.number += 1
        path = write_folder(self.folder / f"result-{self.number}", f"{name}-{self.number}")
        (path / "video.mkv").write_bytes(random.Random(self.number).randbytes(8_000_000))
        return path

    def _import(self, _case: Path) -> list[str]:
        return ["sessions", "import", str(self.result("comes")), "-p", "Stays"]

    def _delete(self, _case: Path) -> list[str]:
        self.run("people", "add", f"Goes {self.number}")
        name = f"Goes {self.number}"
        self.run("sessions", "import", str(self.result("goes")), "-p", name)
        return ["people", "delete", name, "--yes"]

    def full_time(self, kind: str) -> float:
        """How long a command takes when nobody kills it; live never ends."""
        case = self.folder / f"full-{kind}"
        case.mkdir()
        began = time.monotonic()
        process = command.start(self.makers[kind](case), self.data, TMPDIR=str(self.temporary))
        if kind == "live":
            time.sleep(12)
            command.kill(process)
        elif process.wait(600):
            self.tally.fault("next start failed", f"{kind} on its own ends with {process.code}")
        took = time.monotonic() - began
        self.run("people", "list")
        self.clean(case)
        return took

    def round(self, kind: str, draw: random.Random, full: float) -> float | None:
        """One kill; gives the seconds that the command took if it had ended already."""
        case = self.folder / f"case-{self.number}-{kind}"
        case.mkdir()
        arguments = self.makers[kind](case)
        before = sessions_in(self.store)
        process = command.start(arguments, self.data, TMPDIR=str(self.temporary))
        began, ended = time.monotonic(), None
        until = began + draw.uniform(0.0, 1.05) * full
        while time.monotonic() < until:
            time.sleep(min(0.01, max(0.0, until - time.monotonic())))
            if process.poll() is not None:
                ended = time.monotonic() - began
                break
        command.kill(process)
        self.tally.tried(f"kill {kind}" if ended is None else f"{kind} that ended before its kill")
        if (
            kind == "restore" and draw.random() < 0.5 and ended is None
        ):  # another one begins over what was left
            self.run("restore", str(self.good), "--replace")
        self.run("people", "list")
        self.look(kind, case, before)
        self.clean(case)
        return ended

    def look(self, kind: str, case: Path, before: set[str]) -> None:
        """Count what is lost, half there and left."""
        now = sessions_in(self.store)
        expected = self.kept if kind in ("delete", "restore") else before
        for session in expected - now:
            self.tally.fault("lost", f"{kind}: {session}")
        for found in half_there(self.store):
            self.tally.fault("half there", f"{kind}: {found}")
        if kind == "delete" and len(before - now) not in (0, len(before - self.kept)):
            self.tally.fault("half there", f"{kind}: some sessions of a person are gone, others not")
        for path in case.rglob("*"):
            if path.suffix == ".neckrom" and not _is_whole(path):
                self.tally.fault("half there", f"{kind}: {path.name} is cut short")
            if path.name == "session.json":
                json.loads(path.read_text(encoding="utf-8"))
        for folder in (case / "out").glob("*/") if kind == "measure" else ():
            if not (folder / "result.json").exists():
                self.tally.fault("half there", f"{kind}: {sorted(path.name for path in folder.iterdir())}")
        for found in leftovers(self.data, case, self.temporary):
            self.tally.fault("leftover after the next start", f"{kind}: {found}")

    def clean(self, case: Path) -> None:
        """For the next round."""
        shutil.rmtree(case, ignore_errors=True)
        shutil.rmtree(self.temporary)
        self.temporary.mkdir()
        for path in (*self.data.glob("records.before-*"), *self.folder.glob("result-*")):
            shutil.rmtree(path)
        listed = json.loads(self.run("people", "list", "--json"))
        for person in listed:
            if person["name"] != "Stays":
                self.run("people", "delete", person["id"], "--yes")
        for session in sessions_in(self.store) - self.kept:
            self.run("sessions", "delete", session, "--yes")


def _is_whole(path: Path) -> bool:
    try:
        with tarfile.open(path) as archive:
            return archive.getnames()[-1] == "manifest.json"
    except (tarfile.TarError, IndexError):
        return False
