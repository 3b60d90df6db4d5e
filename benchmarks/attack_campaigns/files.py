"""Hostile files: results, recordings, backups, databases and what lies in the store itself."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.attack_campaigns import Setting, Tally
from benchmarks.attack_campaigns import _command as command
from neckrom.records.ids import new_person_id, new_session_id
from tests.records.folders import write_folder

SUMMARY = "1,000 hostile files, through the commands that read them; after each the store must still work"
NUMBER = 1000
_FAULTS = ("exit 70", "over 60 s", "over 2 GB", "store locked", "records changed", "no word of what to do")

Values = [
    1e300, -1e300, 1e-300, 1e30, -1, 0, 361, 2**63, 10**400, -(10**30), 1.7976931348623157e308, True, None, "x",
    "", "1e5", [], {}, [[]], "\u0000", "\x1b]0;x\x07\x1b[2J", "\u202e", "a" * 100_000, {"a": {"a": {}}}, [1] * 10_000,
]  # fmt: skip
Times = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1970-01-01T00:00:00+00:00", "0000-00-00", "",
    "2026-02-30T10:00:00+01:00", "2026-03-14T10:20:30+99:99", "now", "2026-03-14", "0001-01-01T00:00:00", "20260314",
    "-2026-03-14T10:20:30+01:00", "2026-03-14T10:20:30.999999999999+01:00", "9" * 5000, "\u0000",
    "2300-01-01T00:00:00Z",
]  # fmt: skip


def attack(setting: Setting, tally: Tally) -> None:
    """Try each file, then look whether the store still opens and holds what it held."""
    command.load()
    tally.must_not(*_FAULTS)
    target = _Target(setting.folder, tally)
    draw = setting.random
    makers = [
        (_results, 0.42), (_beside, 0.16), (_archives, 0.18), (_databases, 0.1), (_incoming, 0.12), (_live, 0.02),
    ]  # fmt: skip
    cases = [
        (make, index)
        for make, share in makers
        if setting.wants(make.__name__.strip("_"))
        for index in range(setting.number(round(NUMBER * share)))
    ]
    draw.shuffle(cases)
    number = 0
    for make, index in cases:
        if setting.is_over(tally):
            break
        make(target, draw, index)
        number += 1
    tally.say(f"{number} hostile files")
    tally.say(f"slowest {target.slowest:.1f} s, largest {target.largest / 1e6:.0f} MB resident")


class _Target:
    """A store with one known person, and what is thrown at it."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self.folder, self.tally = folder, tally
        self.data = folder / "data"
        self.store = self.data / "records"
        self.number = 0
        self.slowest, self.largest = 0.0, 0
        good = write_folder(folder / "good", "known", created="2026-03-14T10:20:30+01:00")
        self._must("people", "add", "Known Person")
        self._must("sessions", "import", str(good), "-p", "Known Person")
        self._must("backup", str(folder / "good.neckrom"))
        self.saved = folder / "good.neckrom"
        self.known = self._listed()
        self.base = json.loads((good / "result.json").read_text(encoding="utf-8"))

    def _must(self, *arguments: str) -> str:
        done = command.run(list(arguments), self.folder, self.data)
        if done.code:
            raise SystemExit(f"the campaign cannot begin: {done.said}")
        return done.said

    def _listed(self) -> str:
        return self._must("sessions", "list", "Known Person", "--json")

    def scratch(self) -> Path:
        """A new folder for one case."""
        self.number += 1
        path = self.folder / f"case-{self.number}"
        path.mkdir()
        return path

    def throw(self, kind: str, what: str, *arguments: str) -> command.Ended:
        """Run one command on a hostile file."""
        done = command.run(list(arguments), self.folder, self.data)
        self.tally.tried(kind)
        self.slowest, self.largest = max(self.slowest, done.seconds), max(self.largest, done.resident)
        if done.code in (70, 71) or done.code < 0:
            self.tally.fault("exit 70", f"{kind}, {what}: {done.code} {done.said[-500:]}")
        elif done.code and "Error" not in done.said:
            self.tally.fault("no word of what to do", f"{kind}, {what}: {done.code} {done.said}")
        if done.seconds > command.MOST_S:
            self.tally.fault("over 60 s", f"{kind}, {what}: {done.seconds:.0f} s")
        if done.resident > command.MOST_BYTES:
            self.tally.fault("over 2 GB", f"{kind}, {what}: {done.resident / 1e9:.1f} GB")
        return done

    def look(self, kind: str, what: str, every: int = 5) -> None:
        """The store must still open, and hold what it held; looked at after every fifth case, or each."""
        if self.number % every:
            return
        done = command.run(["sessions", "list", "Known Person", "--json"], self.folder, self.data)
        if done.code:
            self.tally.fault("store locked", f"{kind}, {what}: {done.code} {done.said[-500:]}")
        elif self.known.strip() not in done.said:
            self.tally.fault("records changed", f"{kind}, {what}: {done.said[-300:]}")

    def use(self, kind: str, what: str, person: str) -> None:
        """What was let in must be shown, drawn and exported like anything else; done for every second one."""
        if self.number % 2:
            return
        for arguments in (
            ("people", "show", person),
            ("report", person, "--format", "html", "--overwrite", "--out", str(self.folder / "out")),
            ("export", person, "--format", "csv", "--overwrite", "--out", str(self.folder / "out")),
            ("export", person, "--format", "fhir", "--overwrite", "--out", str(self.folder / "out")),
        ):
            done = command.run(list(arguments), self.folder, self.data)
            self.slowest, self.largest = max(self.slowest, done.seconds), max(self.largest, done.resident)
            if done.code in (70, 71) or done.code < 0:
                self.tally.fault("exit 70", f"{kind}, {what}, then {arguments[0]}: {done.said[-500:]}")
            if done.seconds > command.MOST_S:
                self.tally.fault("over 60 s", f"{kind}, {what}, then {arguments[0]}: {done.seconds:.0f} s")
            if done.resident > command.MOST_BYTES:
                self.tally.fault("over 2 GB", f"{kind}, {what}, then {arguments[0]}")


# ---------------------------------------------------------------------- results


def _places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def _at(content: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        content = content[part]
    return content


def _results(target: _Target, draw: random.Random, index: int) -> None:
    """A ``result.json`` with one place changed, or damaged as a file."""
    content = json.loads(json.dumps(target.base))
    content["clip"]["sha256"] = f"{index:064x}"
    folder = target.scratch()
    choice = draw.random()
    if choice < 0.6:
        path = draw.choice(list(_places(content)))
        value = draw.choice(Values)
        _at(content, path[:-1])[path[-1]] = value
        what = f"{'.'.join(map(str, path))} = {str(value)[:30]!r}"
        raw = json.dumps(content).encode()
    elif choice < 0.75:
        content["created"] = value = draw.choice(Times)
        what, raw = f"created = {value[:30]!r}", json.dumps(content).encode()
    elif choice < 0.85:
        raw = bytearray(json.dumps(content).encode())
        for _ in range(draw.randint(1, 8)):
            raw[draw.randrange(len(raw))] = draw.randrange(256)
        what, raw = "flipped bytes", bytes(raw)
    else:
        what, raw = draw.choice(_odd_json(json.dumps(content)))
    (folder / "result.json").write_bytes(raw)
    person = "Known Person"
    if draw.random() < 0.3:
        person = f"Other {target.number}"
        command.run(["people", "add", person], target.folder, target.data)
    done = target.throw("results", what, "sessions", "import", str(folder), "-p", person)
    if not done.code and person != "Known Person":
        target.use("results", what, person)
    if not done.code and person == "Known Person":
        session = done.said.split("session ")[-1].split(" ")[0]
        command.run(["sessions", "delete", session, "--yes"], target.folder, target.data)
    target.look("results", what)
    shutil.rmtree(folder)


def _odd_json(text: str) -> list[tuple[str, bytes]]:
    version = '"schema_version": "'
    at = text.index(version) + len(version)
    end = text.index('"', at)
    return [
        ("5,000 digits of version", (text[:at] + "1." + "9" * 5000 + text[end:]).encode()),
        ("version 999.0", (text[:at] + "999.0" + text[end:]).encode()),
        ("a newer one with 20,000 more names", _with_more(text, 20_000)),
        ("100,000 brackets", b"[" * 100_000),
        ("100,000 objects", b'{"a":' * 100_000),
        ("a number of 5,000 digits", b'{"schema_version": ' + b"9" * 5000 + b"}"),
        ("NaN", text.replace("null", "NaN").encode()),
        ("Infinity", text.replace("null", "Infinity").encode()),
        ("UTF-16", text.encode("utf-16")),
        ("nothing", b""),
        ("zeros", b"\0" * 100_000),
        ("a list", b"[]"),
        ("a text", b'"x"'),
        ("null", b"null"),
        ("cut short", text[: len(text) // 2].encode()),
        ("lone surrogate", text.replace('"name": "', '"name": "\\ud800', 1).encode()),
        ("twice the same name", (text[:-1] + "," + text[1:]).encode()),
        ("6 MB of blanks", b" " * 6_000_000 + text.encode()),
        ("4 MB of lists", b'{"schema_version": "1.0", "a": [' + b"[]," * 1_300_000 + b"[]]}"),
    ]


def _with_more(text: str, number: int) -> bytes:
    content = json.loads(text)
    content["schema_version"] = "1.99"
    content |= {f"new{index}\x1b": index for index in range(number)}
    return json.dumps(content).encode()


# ----------------------------------------------------------------- beside results


def _beside(target: _Target, draw: random.Random, index: int) -> None:
    """A sound result whose folder holds something else."""
    base = target.scratch()
    folder = write_folder(base / "result", f"beside-{index}-{draw.random()}")
    what, change = draw.choice(_CHANGES)
    change(folder, draw)
    done = target.throw("result folders", what, "sessions", "import", str(folder), "-p", "Known Person")
    if not done.code:
        session = done.said.split("session ")[-1].split(" ")[0]
        for form in ("mot", "csv", "parquet", "fhir"):
            target.throw("result folders", f"{what}, exported", "export", session, "--format", form, "--overwrite",
                         "--out", str(target.folder / "out"))  # fmt: skip
        target.throw("result folders", f"{what}, handed out", "report", session, "--format", "html", "--overwrite",
                     "--out", str(target.folder / "out"))  # fmt: skip
        target.throw("result folders", f"{what}, handed out", "report", session, "--format", "pdf", "--overwrite",
                     "--out", str(target.folder / "out"))  # fmt: skip
        _no_script(target, target.folder / "out" / f"{session}.html", what)
        _no_foreign_pdf(target, session, what)
        command.run(["sessions", "delete", session, "--yes"], target.folder, target.data)
    target.look("result folders", what)
    subprocess.run(["rm", "-rf", "--", str(base)], check=False)  # it may be deeper than Python goes


def _no_script(target: _Target, path: Path, what: str) -> None:
    if path.exists():
        head = path.read_bytes()[:400]
        if b"Content-Security-Policy" not in head or b"default-src 'none'" not in head:
            target.tally.fault("records changed", f"{what}: a report that may run scripts was handed out")
        path.unlink()


def _no_foreign_pdf(target: _Target, session: str, what: str) -> None:
    """Neither what is handed out nor what is embedded in an export comes from the result's own PDF."""
    out = target.folder / "out"
    handed = [path.read_bytes() for path in out.glob(f"{session}.pdf")]
    for path in out.glob(f"{session}.fhir.json"):
        for entry in json.loads(path.read_text(encoding="utf-8"))["entry"]:
            handed += [base64.b64decode(form["data"]) for form in entry["resource"].get("presentedForm", ())]
        path.unlink()
    if any(_FOREIGN in pdf for pdf in handed):
        target.tally.fault("records changed", f"{what}: a PDF from outside was handed out")


def _pipe(name: str) -> Callable[[Path, random.Random], None]:
    def change(folder: Path, _draw: random.Random) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return change


def _link(name: str, to: str) -> Callable[[Path, random.Random], None]:
    def change(folder: Path, _draw: random.Random) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(to)

    return change


def _nested(folder: Path, _draw: random.Random) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(2000):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _many(folder: Path, _draw: random.Random) -> None:
    for number in range(400):
        (folder / f"f{number}").touch()


def _many_folders(folder: Path, _draw: random.Random) -> None:
    for number in range(3000):
        (folder / f"d{number}").mkdir()


def _sparse(name: str, size: int) -> Callable[[Path, random.Random], None]:
    def change(folder: Path, _draw: random.Random) -> None:
        with (folder / name).open("ab") as file:
            file.truncate(size)

    return change


def _angles(change_cell: Callable[[random.Random], str]) -> Callable[[Path, random.Random], None]:
    def change(folder: Path, draw: random.Random) -> None:
        lines = (folder / "angles.csv").read_text(encoding="utf-8").splitlines()
        row = draw.randrange(1, len(lines))
        cells = lines[row].split(",")
        cells[draw.randrange(len(cells))] = change_cell(draw)
        lines[row] = ",".join(cells)
        (folder / "angles.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")

    return change


def _written(name: str, content: bytes) -> Callable[[Path, random.Random], None]:
    def change(folder: Path, _draw: random.Random) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    return change


def _picture(change_it: Callable[[bytes, int], bytes]) -> Callable[[Path, random.Random], None]:
    """A picture of the right size, changed; ``at`` is where it says its size."""
    file = io.BytesIO()
    Image.new("RGB", (640, 830), (90, 90, 90)).save(file, "JPEG")
    data = file.getvalue()
    return _written("pictures/flexion.jpg", change_it(data, data.index(b"\xff\xc0") + 5))


_PARQUET = b"PAR1" + b"\xff" * 200 + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"
_FOREIGN = b"a PDF from outside"
_SCRIPT = b"<!doctype html><script>document.title=1</script>"
_CHANGES: list[tuple[str, Callable[[Path, random.Random], None]]] = [
    ("result.json a pipe", _pipe("result.json")),
    ("result.json a link", _link("result.json", "/etc/passwd")),
    ("result.json a link to itself", _link("result.json", "result.json")),
    ("result.json a device", _link("result.json", "/dev/zero")),
    ("angles.csv a pipe", _pipe("angles.csv")),
    ("angles.csv a link", _link("angles.csv", "/dev/zero")),
    ("landmarks.parquet a pipe", _pipe("landmarks.parquet")),
    ("report.html a pipe", _pipe("report.html")),
    ("2,000 folders in each other", _nested),
    ("400 files", _many),
    ("3,000 folders", _many_folders),
    ("result.json of 5 GB", _sparse("result.json", 5_000_000_000)),
    ("angles.csv of 5 GB", _sparse("angles.csv", 5_000_000_000)),
    ("a file of 30 GB", _sparse("video.mkv", 30_000_000_000)),
    ("angles 1e300", _angles(lambda draw: draw.choice(["1e300", "-1e300", "inf", "nan", "1e-300", "361"]))),
    (
        "angles odd text",
        _angles(lambda draw: draw.choice(["x", '"', "\x00", "=1+1", "9" * 5000, "\x1b[2J", "\ud7ff"])),
    ),
    ("landmarks no parquet", _written("landmarks.parquet", b"x" * 1000)),
    ("landmarks with a false end", _written("landmarks.parquet", _PARQUET)),
    ("landmarks empty", _written("landmarks.parquet", b"")),
    ("report.html a script", _written("report.html", _SCRIPT)),
    ("report.html a script in UTF-16", _written("report.html", _SCRIPT.decode().encode("utf-16"))),
    ("report.html 50,000 tags", _written("report.html", b"<b>" * 50_000 + b"<img src=x onerror=alert(1)>")),
    ("report.html a form", _written("report.html", b"<form action=http://127.0.0.1><input name=a></form>")),
    (
        "report.html refreshes",
        _written("report.html", b'<meta http-equiv="refresh" content="0;url=http://127.0.0.1">'),
    ),
    (
        "report.pdf acts",
        _written(
            "report.pdf", b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(x)>>>>endobj % " + _FOREIGN
        ),
    ),
    (
        "report.pdf acts between comments",
        _written("report.pdf", b"%PDF-1.4\n% stream\n1 0 obj<</AA 2 0 R>>endobj\n% endstream " + _FOREIGN),
    ),
    ("report.pdf quiet", _written("report.pdf", b"%PDF-1.4\n% " + _FOREIGN)),
    ("report.pdf a pipe", _pipe("report.pdf")),
    (
        "a picture of 4 billion points",
        _picture(lambda data, at: data[:at] + b"\xff\xdc" * 2 + data[at + 4 :]),
    ),
    ("a picture of no points", _picture(lambda data, at: data[:at] + bytes(4) + data[at + 4 :])),
    ("a picture cut short", _picture(lambda data, at: data[: at + 100])),
    ("a picture of noise", _written("pictures/flexion.jpg", b"\xff\xd8\xff" + bytes(range(256)) * 100)),
    ("a picture a link", _link("pictures", "/etc")),
    ("a name of 250 letters", _written("a" * 250, b"x")),
    ("a name that turns text around", _written("a\u202eb", b"x")),
    ("a name with a line break", _written("a\nb", b"x")),
    ("session.json torn", _written("session.json", b'{"version": 1, "na')),
    ("a folder called result", _written("inner/result.json", b"{}")),
]


# --------------------------------------------------------------------- archives


def _archives(target: _Target, draw: random.Random, index: int) -> None:
    """A backup with something changed, restored into an empty place and over the store."""
    base = target.scratch()
    path = base / "b.neckrom"
    what = _make_archive(target, draw, path, index)
    place = ["--store", str(base / "new")] if draw.random() < 0.7 else ["--replace"]
    before = target.saved.read_bytes()
    done = target.throw("archives", what, "restore", str(path), *place)
    if not done.code and place == ["--replace"]:
        command.run(["restore", str(target.saved), "--replace"], target.folder, target.data)
    if done.code and (base / "new").exists() and any((base / "new").rglob("*.sqlite3")):
        target.tally.fault("records changed", f"{what}: refused, and something was made")
    for leftover in target.data.glob(".records.*"):
        if leftover.name != ".records.in-use":
            target.tally.fault("records changed", f"{what}: {leftover.name} was left")
    for aside in target.data.glob("records.before-*"):
        shutil.rmtree(aside)
    assert target.saved.read_bytes() == before
    target.look("archives", what)
    shutil.rmtree(base)


def _make_archive(target: _Target, draw: random.Random, path: Path, index: int) -> str:
    raw = target.saved.read_bytes()
    choice = draw.random()
    if choice < 0.3:
        changed = bytearray(raw)
        for _ in range(draw.randint(1, 20)):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        path.write_bytes(changed)
        return "flipped bytes"
    if choice < 0.45:
        path.write_bytes(raw[: draw.randrange(len(raw))])
        return "cut short"
    what, make = draw.choice(_ARCHIVES)
    make(path, raw)
    return what


def _tar(members: Callable[[tarfile.TarFile], None]) -> Callable[[Path, bytes], None]:
    def make(path: Path, _raw: bytes) -> None:
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
            members(archive)

    return make


def _member(name: str, content: bytes = b"", **fields: Any) -> Callable[[tarfile.TarFile], None]:
    def add(archive: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        for field, value in fields.items():
            setattr(member, field, value)
        archive.addfile(member, io.BytesIO(content))

    return add


def _sparse_members(path: Path, _raw: bytes) -> None:
    """Twenty members in GNU's sparse format that claim 10 GB each, in 10 KB."""
    blocks = b""
    for number in range(20):
        member = tarfile.TarInfo(f"files/{new_person_id()}/{new_session_id()}/{number}")
        member.type = tarfile.GNUTYPE_SPARSE
        header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
        header[386:398] = b"00000000000\0"
        header[398:410] = b"00000000000\0"
        header[483:495] = b"%011o\0" % 10**10 if 10**10 < 8**11 else b"77777777777\0"
        header[148:156] = b"        "
        header[148:156] = b"%06o\0 " % sum(header)
        blocks += bytes(header)
    path.write_bytes(blocks + b"\0" * 1024)


def _pax_sparse(archive: tarfile.TarFile) -> None:
    member = tarfile.TarInfo(f"files/{new_person_id()}/{new_session_id()}/a")
    member.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(10**14),
                          "GNU.sparse.map": "0,0", "GNU.sparse.name": "x"}  # fmt: skip
    archive.addfile(member)


def _large_header(path: Path, _raw: bytes) -> None:
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.XHDTYPE, 3_000_000_000
    path.write_bytes(member.tobuf(tarfile.GNU_FORMAT))
    os.truncate(path, 3_100_000_000)


def _many_members(archive: tarfile.TarFile) -> None:
    for _ in range(3000):
        archive.addfile(tarfile.TarInfo("x"))


_ID = f"files/{new_person_id()}/{new_session_id()}"
_ARCHIVES: list[tuple[str, Callable[[Path, bytes], None]]] = [
    ("200 GB of sparse members", _sparse_members),
    ("sparse by header", _tar(_pax_sparse)),
    ("a header of 3 GB", _large_header),
    ("3,000 members of no kind", _tar(_many_members)),
    ("a name that leads out", _tar(_member("../../etc/x", b"x"))),
    ("an absolute name", _tar(_member("/tmp/x", b"x"))),
    ("a link", _tar(_member(f"{_ID}/a", type=tarfile.SYMTYPE, linkname="/etc/passwd"))),
    ("a hard link", _tar(_member(f"{_ID}/a", type=tarfile.LNKTYPE, linkname="/etc/passwd"))),
    ("a device", _tar(_member(f"{_ID}/a", type=tarfile.CHRTYPE))),
    ("a pipe", _tar(_member(f"{_ID}/a", type=tarfile.FIFOTYPE))),
    ("2,000 folders deep", _tar(_member(f"{_ID}/" + "d/" * 2000 + "x", b"x"))),
    ("a name of 5,000 letters", _tar(_member(f"{_ID}/{'x' * 5000}", b"x"))),
    ("a name of no text", _tar(_member(f"{_ID}/a\udcff", b"x"))),
    ("a manifest of lists", _tar(_member("manifest.json", b"[" * 100_000))),
    ("a manifest of digits", _tar(_member("manifest.json", b'{"people": ' + b"9" * 5000 + b"}"))),
    ("an empty archive", _tar(lambda _archive: None)),
    ("nothing", lambda path, _raw: path.write_bytes(b"") and None),
    ("compressed", lambda path, raw: path.write_bytes(__import__("gzip").compress(raw)) and None),
    (
        "an age file",
        lambda path, _raw: path.write_bytes(b"age-encryption.org/v1\n-> X25519 x\nx\n--- x\n") and None,
    ),
    ("a false key", _tar(_member("key.json", b"x" * 100))),
    ("a pipe for a file", lambda path, _raw: os.mkfifo(path)),
    ("a folder", lambda path, _raw: path.mkdir()),
]


# -------------------------------------------------------------------- databases


def _databases(target: _Target, draw: random.Random, index: int) -> None:
    """A backup whose archive is sound and whose database is not what it says."""
    base = target.scratch()
    database = base / "store.sqlite3"
    members = _unpacked(target.saved, base)
    what, statements = draw.choice(_STATEMENTS)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            with contextlib.suppress(sqlite3.DatabaseError):
                connection.executescript(statement)
        connection.commit()
    if what == "flipped":
        raw = bytearray(database.read_bytes())
        for _ in range(draw.randint(1, 50)):
            raw[draw.randrange(100, len(raw))] = draw.randrange(256)
        database.write_bytes(raw)
    path = base / "b.neckrom"
    _packed(path, database, members)
    done = target.throw("databases", what, "restore", str(path), "--store", str(base / "new"))
    if not done.code:
        for arguments in (
            ["people", "list"],
            ["people", "show", "Known Person"],
            ["sessions", "list"],
            ["log"],
        ):
            target.throw("databases", f"{what}, then {arguments}", *arguments, "--store", str(base / "new"))
    target.look("databases", what)
    shutil.rmtree(base)


def _unpacked(path: Path, base: Path) -> list[tuple[str, bytes]]:
    members = []
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == "store.sqlite3":
                (base / member.name).write_bytes(content)
            else:
                members.append((member.name, content))
    return members


def _packed(path: Path, database: Path, members: list[tuple[str, bytes]]) -> None:
    import hashlib

    raw = database.read_bytes()
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            if name == "manifest.json":
                _member("store.sqlite3", raw)(archive)
                manifest = json.loads(content) | {"database_sha256": hashlib.sha256(raw).hexdigest()}
                content = json.dumps(manifest).encode()  # noqa: PLW2901
            _member(name, content)(archive)


_STATEMENTS: list[tuple[str, list[str]]] = [
    ("flipped", []),
    *((f"without {table}", [f"DROP TABLE {table}"]) for table in
      ("person", "session", "session_result", "measurement", "stored_file", "screening", "store_info",
       "alembic_version", "audit_entry")),
    *((f"without {column}", ["PRAGMA foreign_keys=OFF", f"ALTER TABLE {table} RENAME COLUMN {column} TO x"])
      for table, column in (("person", "name"), ("session", "measured"), ("measurement", "best_deg"))),
    *((f"{column} = {value}", [f"UPDATE {table} SET {column} = {value}"]) for table, column in
      (("person", "name"), ("person", "created"), ("person", "birth_date"), ("person", "note"),
       ("session", "measured"), ("session", "flagged"), ("session", "view"), ("session", "source_name"),
       ("measurement", "best_deg"), ("measurement", "reference_deg"), ("measurement", "pain"),
       ("measurement", "movement"), ("measurement", "trials"), ("stored_file", "name"), ("stored_file", "size"),
       ("session_result", "zlib_json"), ("session_result", "sha256"), ("store_info", "created"),
       ("alembic_version", "version_num"))
      for value in ("1e300", "-1", "9e999", "'x'", "x'00ff'", "zeroblob(30000000)", "'../../x'", "NULL",
                    "'0001-01-01 00:00:00'", "'9999-99-99 99:99:99'", "printf('%.*c', 2000000, 'x')")),
    ("a trigger", ["CREATE TRIGGER t AFTER INSERT ON person BEGIN DELETE FROM session; END"]),
    ("a view for a table", ["ALTER TABLE person RENAME TO p2; CREATE VIEW person AS SELECT * FROM p2"]),
    ("another table", ["CREATE TABLE x (a); INSERT INTO x VALUES (1)"]),
    ("a bomb of zlib", ["UPDATE session_result SET zlib_json = zeroblob(1000)"]),
    ("200,000 people", ["WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<200000) "
                        "INSERT INTO person SELECT 'P-'||x, 'n'||x, 'n', NULL, '', '2026-01-01 00:00:00' FROM c"]),
    ("another program's", ["DROP TABLE alembic_version; CREATE TABLE alembic_version (version_num)"]),
]  # fmt: skip


# --------------------------------------------------------------- in the store itself


def _incoming(target: _Target, draw: random.Random, index: int) -> None:
    """Something in ``incoming``, ``trash`` or beside the database that is none of ours."""
    where = draw.choice(["incoming", "incoming", "incoming", "trash", "files"])
    name = draw.choice([new_session_id(), f"{new_person_id()}.{new_session_id()}", "x", ".part-x", "a b"])
    place = target.store / where / name
    place.parent.mkdir(mode=0o700, exist_ok=True)
    what = f"{where}/{name[:2]}"
    content = draw.choice(_MANIFESTS)
    shape = draw.random()
    if shape < 0.15:
        place.symlink_to(draw.choice(["/etc", "/nowhere", "."]))
        what += " a link"
    elif shape < 0.25:
        os.mkfifo(place)
        what += " a pipe"
    else:
        place.mkdir()
        what += f" with {content[:40]!r}"
        if draw.random() < 0.8:
            text = content.replace("SESSION", name).replace("PERSON", new_person_id())
            (place / ".session.json").write_text(text, encoding="utf-8")
        if draw.random() < 0.5:
            (place / "result.json").symlink_to("/dev/zero")
        elif draw.random() < 0.5:
            (place / "result.json").write_text("{", encoding="utf-8")
    target.throw("in the store", what, "people", "list")
    target.look("in the store", what, every=1)
    target.throw(
        "in the store", f"{what}, backup", "backup", str(target.folder / "again.neckrom"), "--overwrite"
    )
    for folder in ("incoming", "trash", "unreadable"):
        shutil.rmtree(target.store / folder, ignore_errors=True)
    if os.path.lexists(place):
        place.unlink() if place.is_symlink() or not place.is_dir() else shutil.rmtree(place)


_MANIFEST = {
    "session_id": "SESSION", "person_id": "PERSON", "measured": "2026-03-14T10:20:30+01:00", "dated_by_hand": False,
    "added": "2026-03-14T10:20:30+01:00", "note": "", "replaces": None, "files": [],
}  # fmt: skip
_MANIFESTS = [
    "", "{", "[]", "null", "\x00", json.dumps(_MANIFEST), json.dumps(_MANIFEST)[:80],
    json.dumps(_MANIFEST | {"session_id": "../../x"}), json.dumps(_MANIFEST | {"person_id": "../x"}),
    json.dumps(_MANIFEST | {"replaces": "../../files"}),
    json.dumps(_MANIFEST | {"measured": "0001-01-01T00:00:00+14:00"}),
    json.dumps(_MANIFEST | {"added": "9999-12-31T23:59:59-14:00"}), json.dumps(_MANIFEST | {"measured": "x"}),
    json.dumps(_MANIFEST | {"note": "x" * 2_000_000}), "[" * 100_000,
    json.dumps(_MANIFEST | {"files": [{"name": "../../x", "sha256": "0" * 64, "size": 1}]}),
    json.dumps(_MANIFEST | {"files": [{"name": "x", "sha256": "0" * 64, "size": 10**30}]}),
]  # fmt: skip


# ------------------------------------------------------------------ guided sessions

_SESSIONS = [
    b"", b"{", b"[" * 100_000, b'{"version": 1}', b'{"version": ' + b"9" * 5000 + b"}",
    json.dumps({"version": 1, "name": "x", "created": "x", "tool_version": "x", "source": "0", "protocol": "full",
                "protocol_sha256": "x", "hfov_deg": 1e300, "width": 10**30, "height": -1}).encode(),
]  # fmt: skip


def _live(target: _Target, draw: random.Random, index: int) -> None:
    """The recording of a guided session with a hostile ``session.json`` or events."""
    base = target.scratch()
    (base / "session.json").write_bytes(draw.choice(_SESSIONS))
    line = draw.choice(
        [b"[" * 100_000, b'{"kind": "protocol", "protocol": {"x": 1}}', b"9" * 5000, b"\xff\xfe"]
    )
    (base / "events.jsonl").write_bytes(line + b"\n")
    target.throw("guided sessions", "session.json", "sessions", "import", str(base), "-p", "Known Person")
    target.look("guided sessions", "session.json")
    shutil.rmtree(base)
