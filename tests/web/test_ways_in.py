"""How a browser comes to the page, tried with a real one: who else could come that way."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from neckrom.web.access import LOOPBACK
from neckrom.web.launching import launch_folder, open_in_browser, remove_stale_files, write_launch_file
from tests.web.serving import eventually

KEPT = r"""#!/bin/sh
printf '%s\n' "$@" > "{asked}.part"; mv "{asked}.part" "{asked}"
"""


@pytest.fixture
def own_folders(tmp_path, monkeypatch):
    """A home of its own, in which a browser that is none writes down what it was asked to open."""
    asked = tmp_path / "asked"
    fake = tmp_path / "browser"
    fake.write_text(KEPT.format(asked=asked))
    fake.chmod(0o700)
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    for name, value in (("BROWSER", str(fake)), ("XDG_RUNTIME_DIR", str(runtime)), ("HOME", str(tmp_path))):
        monkeypatch.setenv(name, value)
    return asked


def file_of(address: str) -> Path:
    assert address.startswith("file:///"), address
    return Path(address.removeprefix("file://"))


def test_the_command_line_of_the_browser_opens_nothing(own_folders, served):
    """Everybody on a machine reads it; the file that it names is its owner's alone."""
    open_in_browser(served.access, "/live")
    said = eventually(
        lambda: own_folders.is_file() and own_folders.read_text(), "the browser's start"
    ).strip()
    file = file_of(said)
    status = file.stat()
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_uid == os.getuid()
    code = re.search(r'name="token" value="([^"]{30,})"', file.read_text())[1]
    assert code not in said
    assert served.access.is_open(code)
    assert served.access.take_code(code)
    eventually(lambda: not file.exists(), "the end of a file that was used")


def test_files_of_runs_that_were_killed_go(own_folders, served):
    left = write_launch_file(served.access, "/live", "x")
    fresh = write_launch_file(served.access, "/live", "y")
    assert left.parent == launch_folder()
    os.utime(left, (1, 1))
    remove_stale_files()
    assert (left.exists(), fresh.exists()) == (False, True)
    os.utime(fresh, (4e9, 4e9))
    remove_stale_files()
    assert not fresh.exists(), "also one that seems to come from the future, after the clock was set back"


def test_a_folder_of_somebody_elses_is_not_used(own_folders, tmp_path):
    ours = launch_folder()
    assert ours == tmp_path / "run" / "neckrom"
    ours.chmod(0o777)
    assert launch_folder() != ours


class OtherPort:
    """A server of somebody else's on this machine, that keeps the cookies which are sent to it."""

    def __init__(self) -> None:
        self.cookies: list[str] = []
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keeper.cookies.append(self.headers.get("Cookie", ""))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<!DOCTYPE html><p>here")

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def test_the_private_file_leads_a_real_browser_in(own_folders, browser, served):
    file = write_launch_file(served.access, "/live", served.access.issue_code())
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-phase]:not([data-phase=connecting])")
        assert page.url == served.access.own_address("/live")
        again = context.new_page()
        again.goto(file.as_uri())
        again.wait_for_url("**/enter")
        assert "private" in again.content()
    finally:
        context.close()


def test_no_other_port_gets_the_cookie(browser, served):
    other = OtherPort()
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(served.access.address("/live"))
        page.wait_for_selector("body:not([data-phase=connecting])")
        secret = next(item for item in context.cookies() if item["name"] == served.access.cookie_name)
        for name in (LOOPBACK, "localhost"):
            page.goto(f"http://{name}:{other.port}/")
        assert len([kept for kept in other.cookies if kept == ""]) >= 2
        assert not any(secret["value"] in kept for kept in other.cookies)
    finally:
        context.close()
        other.close()


HISTORY = """
import json, sys
from pathlib import Path
from playwright.sync_api import sync_playwright
profile, chromium, addresses = sys.argv[1], sys.argv[2], sys.argv[3:]
with sync_playwright() as playwright:
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--no-first-run"])
    page = context.new_page()
    for address in addresses:
        page.goto(address)
        page.wait_for_selector("body[data-phase]:not([data-phase=connecting])")
    page.wait_for_timeout(500)
    context.close()
"""


def test_nothing_in_the_history_opens_the_page(own_folders, served, tmp_path):
    """Neither by the private file nor by the address that was copied from the terminal."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    code = served.access.issue_code()
    file = write_launch_file(served.access, "/live", code)
    typed = served.access.address("/live")
    profile = tmp_path / "profile"
    subprocess.run(
        [sys.executable, "-c", HISTORY, profile, chromium, file.as_uri(), typed], check=True, timeout=180
    )
    (found,) = profile.rglob("History")
    with sqlite3.connect(found) as database:
        kept = [url for (url,) in database.execute("SELECT url FROM urls")]
    assert served.access.own_address("/live") in kept, "a history is kept at all"
    assert not any(code in url for url in kept)
    for url in kept:
        if url.startswith("http"):
            netloc, _, path = url.removeprefix("http://").partition("/")
            for headers in ({}, {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}):
                answer = served.ask(f"/{path}", headers, host=netloc)
                assert answer.status in (303, 403), url
                assert "Set-Cookie" not in answer.headers, url
