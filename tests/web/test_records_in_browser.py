"""What the pages of the records do in a real browser: a session is moved, and an import shows how far it is."""

from __future__ import annotations

import sys
import textwrap

import pytest

from neckrom.guided import sessions
from neckrom.guided.sessions import Stage
from neckrom.records.api import Records
from neckrom.records.location import locate
from tests.records.folders import write_folder
from tests.web.serving import eventually
from tests.web.test_page import until
from tests.web.test_records_pages import at_desk

MEASURING = """
import json, pathlib, time
for step, done in (("landmarks", 20), ("landmarks", 80), ("report", 1)):
    print(json.dumps({"event": "progress", "step": step, "done": done, "total": 100}), flush=True)
    while not pathlib.Path({folder!r}, f"{step}{done}").exists(): time.sleep(0.05)
raise SystemExit(3)
"""


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def test_a_session_filed_under_the_wrong_person_goes_to_the_right_one(page, tmp_path):
    with Records(locate(str(tmp_path / "store"))) as records:
        anna, bea = records.add_person("Anna"), records.add_person("Bea")
        session = records.import_result(write_folder(tmp_path / "one", "one"), anna.id).session_id
        with at_desk(records, tmp_path / "guided") as desk:
            page.goto(desk.access.address(f"/sessions/{session}"))
            name = page.get_by_label("Filed under the wrong person?")
            name.fill("Nobody")
            page.get_by_role("button", name="Move the session").click()
            page.get_by_text("Nobody has exactly this name or pseudonym.").wait_for()
            assert page.get_by_label("Filed under the wrong person?").input_value() == "Nobody"
            page.get_by_label("Filed under the wrong person?").fill("Bea")
            page.keyboard.press("Enter")
            eventually(lambda: records.session(session).person.id == bea.id, "the move")
            page.get_by_role("link", name="Bea").first.wait_for()


def test_an_import_shows_how_far_it_is_and_goes_on_by_itself(page, tmp_path, monkeypatch):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"a clip, it is said")
    script = textwrap.dedent(MEASURING).replace("{folder!r}", repr(str(tmp_path)))
    monkeypatch.setattr(sessions, "MEASURE", (sys.executable, "-c", script))
    with Records(locate(str(tmp_path / "store"))) as records:
        anna = records.add_person("Anna").id
        with at_desk(records, tmp_path / "guided") as desk:
            page.goto(desk.access.address(f"/people/{anna}"))
            page.get_by_text("Import a clip or a result").click()
            page.locator("input[name=file]").set_input_files(clip)
            page.get_by_role("button", name="Import").click()
            last = 0.0
            for step, least, most in (
                ("landmarks20", 0.1, 0.4),
                ("landmarks80", 0.5, 0.8),
                ("report1", 0.8, 0.95),
            ):
                until(page, f"document.querySelector('progress')?.value > {max(last, least)}")
                last = page.evaluate("document.querySelector('progress').value")
                assert least < last < most
                (tmp_path / step).touch()
            eventually(lambda: desk.guided.of(anna).stage is Stage.FAILED, "the end")
            page.locator("progress").wait_for(state="detached")
