#!/usr/bin/env python3
"""How the store of people and sessions behaves when it is large, and when it is killed.

    python benchmarks/records.py [--people 10000] [--sessions 5] [--imports 1000] [--kills 200]
                                 [--only speed,pages,import,backup,kill] [--store FOLDER|URL]

speed   list, search, open a person, draw a trend, compare, in a store of that many people: 95th
        percentile of 100 calls each, bar 200 ms
pages   the same on the page: ``neckrom open`` in a process of its own, from the request over loopback to
        the whole page, and from the address to the load event of Chromium; the same bar
import  result folders taken in one after the other: time each, and growth of resident memory
backup  of the store of ``speed``, and checking and restoring it
kill    kill -9 while people and sessions are written and deleted: nothing that was confirmed may be
        lost, and nothing may be half there

The sessions of ``speed`` and ``pages`` are written in bulk, each with its ``result.json`` as its file. Exits with 1
where a bar is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from playwright.sync_api import sync_playwright
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parents[1]))

from neckrom.records.api import Records
from neckrom.records.backup import back_up, restore
from neckrom.records.engine import writing
from neckrom.records.files import FileEntry, Manifest, sha256_of
from neckrom.records.ids import new_person_id, new_session_id
from neckrom.records.location import Location, locate
from neckrom.records.people import search_form
from neckrom.records.schema import Person
from neckrom.records.sessions import insert_session
from neckrom.result import Result
from tests.records.folders import case_of, write_folder

CALL_BAR_MS, BACKUP_BAR_S, GROWTH_BAR_MB = 200.0, 60.0, 5.0
FIRST = [
    "Ada",
    "Bela",
    "Cem",
    "Dana",
    "Emil",
    "Fatma",
    "Georg",
    "Hana",
    "Ivo",
    "Jana",
    "Kim",
    "Lena",
    "Mira",
    "Nils",
    "Olga",
    "Pia",
    "Rosa",
    "Sven",
    "Tomas",
    "Uwe",
]
LAST = [
    "Adler",
    "Berg",
    "Celik",
    "Dorn",
    "Engel",
    "Fuchs",
    "Gross",
    "Haas",
    "Ilic",
    "Jung",
    "Kraus",
    "Lang",
    "Moser",
    "Novak",
    "Otto",
    "Peters",
    "Roth",
    "Sauer",
]
START = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass
class Report:
    """Lines as they come, and whether a bar was missed."""

    missed: int = 0

    def line(self, text: str, value: float | None = None, bar: float | None = None) -> None:
        """Print a figure, with the bar that it is held to."""
        shown = "" if bar is None or value is None else f"  (bar {bar:g}{'' if value <= bar else ': MISSED'})"
        self.missed += bool(shown) and value is not None and bar is not None and value > bar
        print(f"  {text}{shown}", flush=True)


# ------------------------------------------------------------------- a large store


def result_of(number: int, when: datetime, draw: random.Random) -> bytes:
    """A result of another recording, with other values."""
    base = case_of("deficit_three_trials").result
    movements = tuple(
        item.model_copy(
            update={"best_deg": best, "mean_deg": best - 1, "interval95_deg": (best - 5, best + 5)}
        )
        for item in base.movements
        if (best := draw.uniform(25, 90))
    )
    clip = base.clip.model_copy(
        update={"sha256": hashlib.sha256(str(number).encode()).hexdigest(), "name": f"clip{number}"}
    )
    result = base.model_copy(update={"clip": clip, "created": when.isoformat(), "movements": movements})
    return (result.model_dump_json(indent=1) + "\n").encode()


def fill(records: Records, people: int, sessions: int) -> None:
    """Write people and sessions in bulk, a thousand people a transaction."""
    draw = random.Random(7)
    for start in range(0, people, 1000):
        with writing(records.engine) as connection:
            for number in range(start, min(start + 1000, people)):
                person = new_person_id()
                name = f"{draw.choice(FIRST)} {draw.choice(LAST)} {number}"
                connection.execute(
                    insert(Person).values(
                        id=person, name=name, search_name=search_form(name), note="", created=START
                    )
                )
                for index in range(sessions):
                    when = START + timedelta(days=30 * index, minutes=number)
                    raw = result_of(number * sessions + index, when, draw)
                    _store(records, connection, person, when, raw)


def _store(records: Records, connection: object, person: str, when: datetime, raw: bytes) -> None:
    session = new_session_id()
    folder = records.files.stored / person / session
    folder.mkdir(parents=True)
    (folder / "result.json").write_bytes(raw)
    entry = FileEntry("result.json", hashlib.sha256(raw).hexdigest(), len(raw))
    manifest = Manifest(
        session_id=session,
        person_id=person,
        measured=when.isoformat(),
        dated_by_hand=False,
        added=when.isoformat(),
        note="",
        replaces=None,
        files=(entry,),
    )
    insert_session(connection, manifest, raw)  # type: ignore[arg-type]


# ------------------------------------------------------------------------ speed


def speed(records: Records, report: Report) -> None:
    """Time what the page asks for."""
    draw = random.Random(11)
    everybody = [row for row in records.people() if row.sessions > 1]
    some = [draw.choice(everybody).id for _ in range(100)]
    pairs = [records.sessions(person, limit=2) for person in some[:50]]
    calls: dict[str, Callable[[int], object]] = {
        "list, a page of 50": lambda i: records.people(limit=50, offset=(97 * i) % len(everybody)),
        "list, all of them": lambda _: records.people(),
        "count": lambda _: records.count_people(),
        "search a part of a name": lambda i: records.people(LAST[i % len(LAST)][:4], limit=50),
        "search what is not there": lambda i: records.people(f"zz{i}"),
        "open a person": lambda i: records.person(some[i]),
        "trend of a person": lambda i: records.trend(some[i]),
        "open a session": lambda i: records.session(pairs[i % 50][0].id),
        "whole result of a session": lambda i: records.result(pairs[i % 50][0].id),
        "compare two sessions": lambda i: records.compare(pairs[i % 50][0].id, pairs[i % 50][1].id),
    }
    for name, call in calls.items():
        took, busy = [], []
        for index in range(100):
            began, worked = time.perf_counter(), time.process_time()
            call(index)
            took.append(1000 * (time.perf_counter() - began))
            busy.append(1000 * (time.process_time() - worked))
        middle, late = np.percentile(took, [50, 95])
        report.line(
            f"{name:28s} median {middle:7.1f} ms, 95 % {late:7.1f} ms (processor {np.median(busy):.1f} ms)",
            float(late),
            CALL_BAR_MS,
        )


# ------------------------------------------------------------------------ pages


def pages(records: Records, store: str, report: Report, calls: int) -> None:
    """Time the pages of the real command, as requests and in a browser."""
    draw = random.Random(13)
    everybody = [row for row in records.people() if row.sessions > 1]
    some = [draw.choice(everybody).id for _ in range(100)]
    pairs = [[row.id for row in records.sessions(person, limit=2)] for person in some]
    last = max(1, len(everybody) // 50)
    targets: dict[str, Callable[[int], str]] = {
        "list, a page of 50": lambda i: f"/people?page={1 + (37 * i) % last}",
        "search a part of a name": lambda i: f"/people?search={LAST[i % len(LAST)][:4]}",
        "search what is not there": lambda i: f"/people?search=zz{i}",
        "a person with six trends": lambda i: f"/people/{some[i]}",
        "a session": lambda i: f"/sessions/{pairs[i][0]}",
        "two sessions side by side": lambda i: f"/compare?one={pairs[i][0]}&other={pairs[i][1]}",
    }
    with opened_pages(store) as address:
        _requests(address, targets, report, calls)
        _in_browser(address, targets, report, max(1, calls // 2))


def _requests(address: str, targets: dict[str, Callable[[int], str]], report: Report, calls: int) -> None:
    server = urlsplit(address)
    cookie = _ask(server.netloc, f"{server.path}?{server.query}", {})[0]
    for name, target in targets.items():
        took, size = [], 0
        for index in range(calls):
            began = time.perf_counter()
            size = len(_ask(server.netloc, target(index), {"Cookie": cookie})[1])
            took.append(1000 * (time.perf_counter() - began))
        _said(f"{name} ({size / 1000:.0f} kB)", took, report)


def _ask(host: str, target: str, headers: dict[str, str]) -> tuple[str, bytes]:
    """The cookie that is handed out, and the page."""
    connection = http.client.HTTPConnection(host, timeout=60)
    try:
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 303):
            raise SystemExit(f"{target}: {answer.status}")
        return (answer.headers["Set-Cookie"] or "").partition(";")[0], body
    finally:
        connection.close()


def _in_browser(address: str, targets: dict[str, Callable[[int], str]], report: Report, calls: int) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        report.line("in a browser: not measured, there is no Chromium")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(address)
        base = "http://" + urlsplit(address).netloc
        for name in ("list, a page of 50", "a person with six trends", "two sessions side by side"):
            took = []
            for index in range(calls):
                page.goto(base + targets[name](index), wait_until="load")
                took.append(
                    page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart") + 0.0
                )
            _said(f"in Chromium: {name}", took, report)
        browser.close()


def _said(name: str, took: list[float], report: Report) -> None:
    middle, late = np.percentile(took, [50, 95])
    report.line(f"{name:40s} median {middle:7.1f} ms, 95 % {late:7.1f} ms", float(late), CALL_BAR_MS)


@contextmanager
def opened_pages(store: str) -> Iterator[str]:
    """``neckrom open``, and the address that it prints."""
    command = [sys.executable, "-m", "neckrom", "open", "--no-browser", "--store", store]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        address = next(
            (found[0] for line in running.stdout if (found := re.search(r"http://\S+", line))), None
        )
        if address is None:
            raise SystemExit("neckrom open told no address")
        yield address
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(60)


# ----------------------------------------------------------------------- import


def resident_mb() -> float:
    """Resident memory of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def take_in(records: Records, folder: Path, number: int, report: Report) -> None:
    """Import result folders with the files of a measurement, angles of 1,000 frames and more."""
    person = records.add_person("Import")
    took, memory = [], []
    for index in range(number):
        source = write_folder(folder / "source", f"import-{index}")
        began = time.perf_counter()
        records.import_result(source, person.id)
        took.append(1000 * (time.perf_counter() - began))
        memory.append(resident_mb())
        shutil.rmtree(source)
    half = memory[len(memory) // 2 :]
    growth = float(1000 * np.polyfit(np.arange(len(half)), half, 1)[0]) if len(half) > 10 else 0.0
    report.line(
        f"{number} folders: median {np.median(took):.0f} ms, 95 % {np.percentile(took, 95):.0f} ms each"
    )
    report.line(
        f"memory {memory[0]:.0f} to {memory[-1]:.0f} MB, {growth:+.1f} MB a thousand over the second half",
        growth,
        GROWTH_BAR_MB,
    )


# ----------------------------------------------------------------------- backup


def save(records: Records, folder: Path, report: Report) -> None:
    """Back up, and restore beside."""
    began, worked = time.perf_counter(), time.process_time()
    done = back_up(records, folder / "all.neckrom", lambda _done, _total: None)
    took = time.perf_counter() - began
    report.line(
        f"backup of {done.people} people, {done.sessions} sessions, {done.files} files, {done.bytes / 1e6:.0f} MB: "
        f"{took:.1f} s (processor {time.process_time() - worked:.1f} s)",
        took,
        BACKUP_BAR_S,
    )
    began = time.perf_counter()
    restored = restore(done.path, locate(str(folder / "restored")), lambda _done, _total: None)
    report.line(f"checked and restored {restored.sessions} sessions: {time.perf_counter() - began:.1f} s")
    done.path.unlink()


# ------------------------------------------------------------------------- kill


def kill(location: Location, folder: Path, number: int, report: Report) -> None:
    """Kill a process that writes, again and again, and look at what it left."""
    draw = random.Random(5)
    template = write_folder(folder / "kill" / "template", "kill")
    confirmed: set[str] = set()
    deleted: set[str] = set()
    killed_at_work = 0
    for round_number in range(number):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _write_until_killed(location, template, write, round_number)
        os.close(write)
        time.sleep(draw.uniform(0.02, 0.6))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(read, "rb") as said:
            words = [line.split() for line in said.read().decode().splitlines()]
        killed_at_work += bool(words)
        confirmed |= {word[1] for word in words if word[0] == "stored"}
        deleted |= {word[1] for word in words if word[0] in ("deleting", "deleted")}
        gone = {word[1] for word in words if word[0] == "deleted"}
        problems = _look(location, confirmed - deleted, gone)
        if problems:
            report.line(f"after kill {round_number + 1}: {'; '.join(problems[:3])}", 1, 0)
            return
    kept = len(confirmed - deleted)
    report.line(
        f"{number} kills, {killed_at_work} of them after a confirmed write; {len(confirmed)} sessions confirmed, "
        f"{kept} of them never touched again and all whole; 0 lost, 0 half there",
        0,
        0,
    )


def _write_until_killed(location: Location, template: Path, pipe: int, seed: int) -> None:
    """Add, import and now and then delete, and say so after each; never comes back."""

    def say(word: str, session: str) -> None:
        os.write(pipe, f"{word} {session}\n".encode())

    draw = random.Random(seed)
    raw = (template / "result.json").read_text()
    sha256 = case_sha256(raw)
    source = template.with_name(f"source-{seed}")
    shutil.copytree(template, source)
    with Records(location) as records:
        person = records.add_person(f"Kill {seed}")
        while True:
            (source / "result.json").write_text(raw.replace(sha256, draw.randbytes(32).hex()))
            session = records.import_result(source, person.id).session_id
            say("stored", session)
            if draw.random() < 0.3:
                say("deleting", session)
                records.delete_session(session)
                say("deleted", session)


def case_sha256(raw: str) -> str:
    """The recording that a result is of."""
    return Result.model_validate_json(raw).clip.sha256


def _look(location: Location, confirmed: set[str], gone: set[str]) -> list[str]:
    """What is wrong with the store after a kill."""
    problems = []
    with Records(location) as records:
        rows = {row.id: row for row in records.sessions()}
        problems += [f"{session} is lost" for session in confirmed - set(rows)]
        problems += [f"{session} is back" for session in gone & set(rows)]
        for session in rows:
            view = records.session(session)
            Result.model_validate_json(records.result_bytes(session))
            if len(view.values) != 6 or not view.files:
                problems.append(f"{session} is half there")
            problems += [
                f"{session}: {entry.name} is not as it was stored"
                for entry in view.files
                if not (view.folder / entry.name).is_file()
                or sha256_of(view.folder / entry.name) != entry.sha256
            ]
        folders = {path.name for path in records.files.stored.glob("P-*/S-*")}
        problems += [f"{session} has files and no row" for session in folders - set(rows)]
        for place in (records.files.incoming, records.files.trash):
            problems += [f"{path} is left over" for path in place.iterdir()]
    return problems


# ------------------------------------------------------------------------- main


@contextmanager
def place(store: str | None) -> Iterator[tuple[Location, Path]]:
    """A folder for everything, and where the store is."""
    with tempfile.TemporaryDirectory(prefix="neckrom-bench-") as folder:
        os.environ["NECKROM_DATA_DIR"] = str(Path(folder) / "data")
        yield locate(store or str(Path(folder) / "store")), Path(folder)


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--imports", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--calls", type=int, default=100, help="of each page")
    parser.add_argument("--only", default="speed,pages,import,backup,kill")
    parser.add_argument("--store", default=None)
    options = parser.parse_args()
    parts = options.only.split(",")
    report = Report()
    with place(options.store) as (location, folder):
        if "kill" in parts:  # first: forks, before anything is large
            print("kill")
            kill(location, folder, options.kills, report)
        with Records(location) as records:
            if {"speed", "pages", "backup"} & set(parts):
                began = time.perf_counter()
                fill(records, options.people, options.sessions)
                print(
                    f"{options.people} people with {options.sessions} sessions each, written in "
                    f"{time.perf_counter() - began:.0f} s"
                )
            if "speed" in parts:
                print("speed")
                speed(records, report)
            if "pages" in parts:
                print("pages")
                pages(records, options.store or str(folder / "store"), report, options.calls)
            if "import" in parts:
                print("import")
                take_in(records, folder, options.imports, report)
            if "backup" in parts:
                print("backup")
                save(records, folder, report)
    raise SystemExit(report.missed > 0)


if __name__ == "__main__":
    main()
