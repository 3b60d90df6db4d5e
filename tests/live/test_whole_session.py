"""``neckrom live`` as a user runs it: a clip as camera, a real browser, the keyboard alone, to the report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import pytest

from neckrom.result import Result
from neckrom.screening.safety import safety_questions
from neckrom.types import MOVEMENTS
from tests.conftest import SAMPLES

PATIENCE_S = 400.0
READING_MS = 300

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def test_from_the_command_to_the_report_by_keyboard_alone(page, tmp_path):
    clip = SAMPLES / "chidi_deficit.mp4"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "neckrom", "live", "--source", str(clip), "--fast"),
            *("--protocol", "quick", "--no-browser", "--out", str(tmp_path)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, COLUMNS="200"),
    )
    try:
        page.goto(address(process))
        seen = lead(page)
        page.keyboard.press("e")
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert "Report:" in output
    assert {"safety", "consent", "neutral", "out", "pain", "chin", "saving", "result"} <= seen
    (folder,) = tmp_path.iterdir()
    result = Result.model_validate_json((folder / "result.json").read_bytes())
    assert [len(result.of(movement).trials) for movement in MOVEMENTS] == [1] * 6
    assert [result.of(movement).pain for movement in MOVEMENTS] == [3] * 6
    assert "image/jpeg" not in (folder / "report.html").read_text()


def address(process) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/\S+", line):
            return found[0]
    raise AssertionError("no address was shown")


def lead(page) -> set[str]:
    """Press what the page asks for, and nothing else; the phases on the way."""
    page.wait_for_timeout(1000)
    page.keyboard.press("Enter")
    for number in range(len(safety_questions())):
        page.wait_for_selector(f".count:has-text('{number + 1} of')")
        page.wait_for_timeout(READING_MS)
        page.keyboard.press("2")
    page.wait_for_selector(".asked:not([hidden])")
    page.keyboard.press("Enter")
    seen = {"safety"}
    asked = ""
    give_up = time.monotonic() + PATIENCE_S
    while "result" not in seen:
        assert time.monotonic() < give_up, seen
        phase = page.evaluate("document.body.dataset.phase || document.documentElement.dataset.phase || ''")
        if phase != asked:
            asked = phase
            page.wait_for_timeout(READING_MS)
            keys = {"consent": "1", "pain": "3", "chin": "1"}
            if phase in keys:
                page.keyboard.press(keys[phase])
        seen.add(phase)
        page.wait_for_timeout(20)
    page.get_by_role("heading", name="Your result").wait_for()
    return seen
