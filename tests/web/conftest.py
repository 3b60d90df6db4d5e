"""What the tests of the pages share: a finished report, a session, a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neckrom.service import MeasureOptions
from neckrom.service.measure import measure_one
from tests.web.scripted import ScriptedSession
from tests.web.serving import Served, serving


class Quiet:
    def step(self, *_args: object) -> None:
        return


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, sample_landmarks: Callable[[str], Path]) -> Path:
    """Folder with the report of a sample clip, as a session leaves it."""
    out = tmp_path_factory.mktemp("report")
    outcome = measure_one(sample_landmarks("chidi_deficit"), out, MeasureOptions(), Quiet())
    assert outcome.folder is not None
    return outcome.folder


@pytest.fixture
def session(report: Path) -> Iterator[ScriptedSession]:
    """A quick session at six times the speed."""
    made = ScriptedSession(report, speed=6.0, protocol="quick")
    made.start()
    yield made
    made.close()


@pytest.fixture
def served(session: ScriptedSession) -> Iterator[Served]:
    with serving(session) as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium; nothing is ever fetched."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    chromium = shutil.which("chromium")
    if chromium is None:
        message = "Chromium is missing: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield started
        started.close()
