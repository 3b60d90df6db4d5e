"""The spoken "stop" and "now": what the page says itself is not meant, and "stop" is taken while it speaks."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files

import pytest

LISTEN = files("neckrom") / "web" / "static" / "listen.js"
SCRIPT = """
const { Listener } = await import(process.argv[1]);
let speaking = null;
const done = [];
const listener = new Listener({ now: () => done.push("now"), stop: () => done.push("stop"),
  speaking: () => speaking, change: () => {} });
listener.words = { now: "jetzt", stop: "stopp" };
const out = [];
for (const [own, heard, later] of JSON.parse(process.argv[2])) {
  speaking = own;
  done.length = 0;
  const now = performance.now;
  performance.now = () => 100000 + later;
  listener.take({ resultIndex: 0, results: [[{ transcript: heard }]] });
  performance.now = now;
  out.push(done[0] ?? "");
}
console.log(JSON.stringify(out));
"""


def heard(*events: tuple[str | None, str, int]) -> list[str]:
    """What the page does with each: what it says itself, what is heard, and when (ms)."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing: apt-get install nodejs")
    done = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT, str(LISTEN), json.dumps(events)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_stop_is_taken_while_the_page_speaks():
    assert heard(("Langsam das Bein heben.", "langsam das Stopp", 0)) == ["stop"]
    assert heard(("Langsam das Bein heben.", "das Bein jetzt", 0)) == [""]


def test_what_the_page_says_itself_is_not_meant():
    own = "Drücken Sie Enter, und stopp."
    assert heard((own, "Enter und stopp", 0), (None, "stopp", 400), (None, "stopp", 800)) == ["", "", "stop"]
    # the sentence after it is another one, and the browser may still hand over the first
    assert heard((own, "und stopp", 0), ("Und zurück.", "und stopp und zurück", 900)) == ["", ""]


def test_stop_is_understood_in_every_language():
    assert heard((None, "Stop!", 0)) == ["stop"]
    assert heard((None, "jetzt", 0)) == ["now"]
    assert heard((None, "unstoppable", 0)) == [""]
