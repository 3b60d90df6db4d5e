"""A person is deleted, and the disk is searched for their name and pictures."""

from __future__ import annotations

import os
import random
import secrets
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from benchmarks.attack_campaigns import Setting, Tally
from benchmarks.attack_campaigns import _command as command
from neckrom.records.ids import new_session_id
from tests.records.folders import write_folder

SUMMARY = (
    "20 people are deleted after kills and refusals have left things; then every file is searched for them"
)
NUMBER = 20


def attack(setting: Setting, tally: Tally) -> None:
    """Bytes of the name or of a picture, outside of backups, must be none."""
    command.load()
    tally.must_not("name found", "picture found", "exit 70")
    draw = setting.random
    folder, data = setting.folder, setting.folder / "data"
    command.run(["people", "add", "Somebody Else"], folder, data)
    searched = 0
    for index in range(setting.number(NUMBER)):
        name, picture = f"Zzyzx{index} Quaxolotl{secrets.token_hex(4)}", secrets.token_bytes(48)
        person = _person(name, picture, folder, data, index)
        _leave_things(person, picture, name, folder, data, draw)
        done = command.run(["people", "delete", person, "--yes"], folder, data)
        tally.tried("people deleted")
        if done.code:
            tally.fault("exit 70", f"{done.code} {done.said}")
        for path in data.rglob("*"):
            if path.is_file() and not path.is_symlink():
                raw = path.read_bytes()
                searched += len(raw)
                for kind, wanted in (("name found", name.encode()), ("picture found", picture)):
                    if wanted in raw or wanted.lower() in raw:
                        tally.fault(kind, f"{path.relative_to(folder)}: {done.said}")
    tally.say(f"{searched / 1e3:.0f} kB searched")


def _person(name: str, picture: bytes, folder: Path, data: Path, index: int) -> str:
    said = command.run(["people", "add", name, "--note", f"{name} likes tea"], folder, data).said
    person = said[said.rindex("(P-") + 1 : said.rindex(")")]
    for number in range(3):
        result = write_folder(folder / "in", f"{index}-{number}")
        (result / "report.html").write_bytes(b"<!doctype html><p>x" + picture)
        command.run(["sessions", "import", str(result), "-p", person, "--note", name], folder, data)
        shutil.rmtree(result)
    command.run(["people", "change", person, "--note", f"{name} likes coffee"], folder, data)
    command.run(["people", "rename", person, name.upper()], folder, data)
    command.run(["people", "rename", person, name], folder, data)
    return person


def _leave_things(
    person: str, picture: bytes, name: str, folder: Path, data: Path, draw: random.Random
) -> None:
    """What kills and damage leave: half copies, uploads, a backup that was killed, something unreadable."""
    store = data / "records"
    part = store / "incoming" / f".part-{new_session_id()}"
    part.mkdir()
    (part / "report.html").write_bytes(picture + name.encode())
    torn = store / "incoming" / new_session_id()
    torn.mkdir()
    (torn / ".session.json").write_text(f'{{"person_id": "{person}", "note": "{name}', encoding="utf-8")
    (torn / "report.html").write_bytes(picture)
    upload = data / "sessions" / f"{person}-20260101-000000-000000"
    upload.mkdir(parents=True)
    (upload / "clip.mp4").write_bytes(picture)
    if draw.random() < 0.5:
        (upload / ".upload").touch()
    else:
        os.utime(upload, (time.time() - 7200,) * 2)
    for leftover in (".records.unpacking", ".records.restored"):
        (data / leftover).mkdir(exist_ok=True)
        (data / leftover / "x").write_bytes(picture + name.encode())
    process = command.start(["backup", str(data / "sub" / "b.neckrom")], data)
    (data / "sub").mkdir(exist_ok=True)
    time.sleep(draw.uniform(0.2, 2.5))
    command.kill(process)
    (data / "sub" / "b.neckrom").unlink(missing_ok=True)
    orphan = store / "files" / person / new_session_id()
    orphan.mkdir()
    (orphan / "report.html").write_bytes(picture)
    with (
        closing(sqlite3.connect(store / "store.sqlite3")) as connection,
        connection,
    ):  # none may be open over a fork
        connection.execute("UPDATE person SET note = note || ' more' WHERE id = ?", (person,))
