"""Camera and phone in a real browser: what a person sees, and a whole session through each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time

import pytest

from neckrom.result import Result
from tests.conftest import SAMPLES
from tests.web.fake_camera import browser_with_camera, write_loop
from tests.web.serving import eventually
from tests.web.test_page import until

PATIENCE_S = 300.0
DESKTOP, SMALL = {"width": 1280, "height": 720}, {"width": 390, "height": 844}

PROTOCOL = """
version = 1
title = "One direction, once"
directions = ["rotation_left"]
warm_ups = 0
trials = 1
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Half as fast as filmed: camera, browser and models share two cores with other tests."""
    target = tmp_path_factory.mktemp("film") / "loop.y4m"
    return write_loop(SAMPLES / "anna_full.mp4", target, ["rotation_left"], rest_s=3.0, shown_fps=15)


@pytest.mark.slow
@pytest.mark.parametrize("source", ["browser", "phone"])
def test_a_session_from_the_command_to_the_report(browser, film, tmp_path, source):
    protocol = tmp_path / "one.toml"
    protocol.write_text(PROTOCOL)
    command = [sys.executable, "-m", "neckrom", "live", "--source", source, "--no-browser"]
    command += ["--protocol", str(protocol), "--out", str(tmp_path / "out")]
    if source == "phone":
        command += ["--phone-address", "127.0.0.1"]
    said: list[str] = []
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=dict(os.environ, OMP_NUM_THREADS="1", COLUMNS="200"),
    )  # fmt: skip
    threading.Thread(target=lambda: said.extend(running.stdout), daemon=True).start()
    try:
        address = eventually(lambda: re.search(r"http://127\S+", "".join(said)), "the address", 120)[0]
        with browser_with_camera(browser.browser_type, film) as filming:
            page = filming.new_context(viewport=DESKTOP).new_page()
            page.goto(address)
            if source == "phone":
                page.wait_for_selector(".camera-address", state="attached")
                until(page, "document.querySelector('.camera-address').textContent !== ''")
                phone = filming.new_context(viewport=SMALL, ignore_https_errors=True).new_page()
                phone.goto(page.locator(".camera-address").text_content())
                phone.get_by_role("button", name="Start").click()
            lead(page)
            if source == "phone":
                phone.get_by_role("heading", name="Done").wait_for()
                eventually(
                    lambda: "The port for the phone is closed." in "".join(said), "the end of the port"
                )
            page.keyboard.press("e")
            assert running.wait(60) == 0, "".join(said)
    finally:
        running.kill()
        running.wait()
    (folder,) = (tmp_path / "out").iterdir()
    result = Result.model_validate(json.loads((folder / "result.json").read_text()))
    found = {item.movement.value: item.best_deg for item in result.movements if item.best_deg is not None}
    assert set(found) == {"rotation_left"}
    assert found["rotation_left"] > 40
    recorded = json.loads((folder / "session.json").read_text())["source"]
    assert recorded.startswith("camera of the browser (" if source == "browser" else "camera of a phone (")
    if source == "phone":
        assert "A port is open to your network: https://127.0.0.1:" in "".join(said)


def lead(page) -> None:
    """Press what is asked for until the result is there; a machine that is slow is gone on with all the same."""
    give_up = time.monotonic() + PATIENCE_S
    since = time.monotonic()
    last = ""
    while (phase := page.evaluate("document.body.dataset.phase")) != "result":
        assert time.monotonic() < give_up, phase
        if phase != last:
            last, since = phase, time.monotonic()
        if phase == "safety":
            page.keyboard.press("Enter" if page.locator(".asked").is_visible() else "2")
        elif phase == "intro" or (phase == "setup" and time.monotonic() - since > 15):
            page.keyboard.press("Enter")
        elif phase in ("consent", "pain", "chin"):
            page.keyboard.press("1")
        page.wait_for_timeout(200)
