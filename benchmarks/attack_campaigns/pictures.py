"""Nobody consented to pictures: the whole disk of a session, a measurement or an upload is searched for some."""

from __future__ import annotations

import base64
import binascii
import io
import os
import random
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.attack_campaigns import Setting, Tally
from benchmarks.attack_campaigns import _command as command
from benchmarks.attack_campaigns._clip import CLIP, ROOT, short_clip

SUMMARY = "12 measurements, uploads and sessions without consent, a third of them killed; then every file is searched"
NUMBER = 12
FOUND = "a picture of the person found"
BLIND = "the search is blind: it finds none where pictures were allowed"
_COLOURS, _EDGE, _GROUND = 3000, 64, 0.5
"""A picture of a person has many colours, is larger than an icon, and, unlike a drawing, no ground of one colour."""
_DATA = re.compile(rb"data:image/[a-z+]{2,10};base64,([A-Za-z0-9+/=\s]+)")
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8")
_VIDEO = {b"\x1aE\xdf\xa3": 0, b"ftyp": 4, b"AVI ": 8}
_UPLOAD = """
import io, sys, time
from pathlib import Path
from neckrom.records.api import open_records
from neckrom.records.leftovers import session_folders
from neckrom.guided.clips import Clip
from neckrom.guided.sessions import GuidedSessions
with open_records() as records:
    guided = GuidedSessions(records, session_folders()[0])
    with open(sys.argv[1], "rb") as file:
        guided.measure(sys.argv[2], Clip(name="clip.mp4", content=file, pictures=False))
    while not guided.of(sys.argv[2]).is_over:
        time.sleep(0.1)
"""


def attack(setting: Setting, tally: Tally) -> None:
    """Every way in which a person is seen, without consent; and once with it, so that the search is known to see."""
    tally.must_not(FOUND, BLIND, "next start failed")
    command.load()
    draw, folder = setting.random, setting.folder
    clip = short_clip(folder)
    with_them = folder / "allowed"
    _wait(_begin(["-m", "neckrom", "measure", str(clip), "--out", str(with_them)], folder), None)
    seen = sum(1 for _ in pictures_in(with_them))
    tally.say(f"{seen} pictures are found where they are allowed")
    if not seen:
        tally.fault(BLIND, str(sorted(with_them.rglob("*"))))
    ways = [way for way in ("measure", "import", "upload", "live") if setting.wants(way)]
    searched = 0
    for index in range(setting.number(NUMBER)):
        if setting.is_over(tally):
            break
        way = ways[index % len(ways)]
        home = folder / f"home-{index}"
        searched += _one(way, home, clip, draw, tally, killed=index // len(ways) % 2 == 1)
    tally.say(f"{searched / 1e6:.1f} MB searched")


def _one(way: str, home: Path, clip: Path, draw: random.Random, tally: Tally, *, killed: bool) -> int:
    home.mkdir()
    data = home / "data"
    done = command.run(["people", "add", "Somebody"], home, data)
    person = done.said[done.said.rindex("(P-") + 1 : done.said.rindex(")")]
    arguments = {
        "measure": ["-m", "neckrom", "measure", str(clip), "--no-pictures", "--out", str(home / "out")],
        "import": ["-m", "neckrom", "sessions", "import", str(clip), "-p", person, "--no-pictures"],
        "upload": ["-c", _UPLOAD, str(clip), person],
        "live": ["-m", "tests.live.headless", str(CLIP), str(home / "live")],
    }[way]
    _wait(_begin(arguments, home), draw.uniform(2.0, 25.0) if killed else None)
    _kill_all_of(home)
    tally.tried(f"{way}, killed" if killed else way)
    after = command.run(["people", "list"], home, data)  # removes what a kill left
    if after.code:
        tally.fault("next start failed", f"{way}: {after.said[-300:]}")
    for found in pictures_in(home):
        tally.fault(FOUND, f"{way}{', killed' * killed}: {found}")
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def _begin(arguments: list[str], home: Path) -> subprocess.Popen[bytes]:
    """A process that has nothing but this folder to write to: its home, its data, its temporary files."""
    (home / "tmp").mkdir(exist_ok=True)
    places = {"HOME": home, "NECKROM_DATA_DIR": home / "data", "TMPDIR": home / "tmp"}
    paths = os.pathsep.join(
        part for part in (str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH")) if part
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env=kept | {name: str(path) for name, path in places.items()} | {"PYTHONPATH": paths},
        start_new_session=True,
    )


def _wait(process: subprocess.Popen[bytes], killed_after: float | None) -> None:
    began = time.monotonic()
    while process.poll() is None:
        if killed_after is not None and time.monotonic() - began > killed_after:
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(0.05)


def _kill_all_of(home: Path) -> None:
    """Kill what the process left running, too: what the page started measures on, and removes its copy at its end."""
    mark = f"NECKROM_DATA_DIR={home / 'data'}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in entry.read_bytes().split(b"\0"):
                os.kill(int(entry.parent.name), signal.SIGKILL)
        except (OSError, ValueError):
            continue
    time.sleep(0.5)


def pictures_in(folder: Path) -> Iterator[str]:
    """Where in the files below a folder something is that shows more than a drawing."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        raw = path.read_bytes()
        for mark, at in _VIDEO.items():
            if raw[at : at + len(mark)] == mark:
                yield f"{path.name}: a clip"
        candidates = [*_embedded(raw)]
        for match in _DATA.finditer(raw):
            try:
                candidates.append(base64.b64decode(b"".join(match[1].split())))
            except binascii.Error:
                continue
        shown = sum(_is_photograph(data) for data in candidates)
        if raw.startswith(b"%PDF"):
            shown += _in_pdf(raw)
        if shown:
            yield f"{path.name}: {shown} pictures"


def _embedded(raw: bytes) -> Iterator[bytes]:
    for start in _STARTS:
        at = raw.find(start)
        while at >= 0:
            yield raw[at:]
            at = raw.find(start, at + 1)


def _is_photograph(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                return _has_many_colours(image)
    except Exception:  # noqa: BLE001  (bytes that look like the start of a picture and are none)
        return False


def _has_many_colours(image: Image.Image) -> bool:
    if min(image.size) < _EDGE:
        return False
    points = np.asarray(image.convert("RGB")).reshape(-1, 3)
    _, counts = np.unique(points, axis=0, return_counts=True)
    return len(counts) > _COLOURS and counts.max() < _GROUND * len(points)


def _in_pdf(raw: bytes) -> int:
    from pypdf import PdfReader

    return sum(
        _has_many_colours(item.image)
        for page in PdfReader(io.BytesIO(raw)).pages
        for item in page.images
        if item.image is not None
    )
