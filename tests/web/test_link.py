"""The page's connection: what is sent while it is lost and must not be."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files

import pytest

LINK = files("neckrom") / "web" / "static" / "link.js"
SCRIPT = """
const sockets = [];
globalThis.WebSocket = class {
  static OPEN = 1;
  constructor() { this.readyState = 0; this.sent = []; sockets.push(this); }
  send(text) { this.sent.push(JSON.parse(text).type); }
};
globalThis.location = { host: "127.0.0.1" };
globalThis.sessionStorage = { getItem: () => "page", setItem() {} };
globalThis.document = { hidden: false, addEventListener() {} };
const { Link } = await import(process.argv[1]);
const link = new Link({ state() {}, picture() {}, status() {}, refused() {} });
for (const type of JSON.parse(process.argv[2])) link.send({ type });
link.open();
const back = sockets.at(-1);
back.readyState = 1;
back.onopen();
console.log(JSON.stringify(back.sent.filter((type) => type !== "looking")));
"""


def arrives(*sent: str) -> list[str]:
    """What comes through once the connection is back, of what was sent while it was lost."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is missing: apt-get install nodejs")
    done = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT, str(LINK), json.dumps(sent)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_a_stop_arrives_when_the_connection_is_back():
    assert arrives("pause", "stop") == ["pause", "stop"]
    assert arrives("pause", "note", "resume") == ["note"]


def test_it_goes_on_after_a_pause_that_had_arrived():
    assert arrives("resume") == ["resume"]
    assert arrives("resume", "pause") == ["resume", "pause"]


def test_what_would_mark_another_moment_is_not_sent_late():
    assert arrives("now", "continue", "changed", "whose", "skip") == []
