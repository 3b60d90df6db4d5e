"""What the tests of the pages share: a finished report and a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from neckrom.report import write_report
from tests.report.report_cases import deficit
from tests.web.scripted import ScriptedSession
from tests.web.serving import Served, serving


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a real report, as a session leaves it."""
    folder = tmp_path_factory.mktemp("report")
    case = deficit()
    write_report(folder, case.result, case.angles, case.rom, {})
    (folder / "result.json").write_text(case.result.model_dump_json(), encoding="utf-8")
    return folder


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
