"""Stores to test on: SQLite in a folder, and the same on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neckrom.records.api import Records
from neckrom.records.location import DATA_DIR_VARIABLE, STORE_VARIABLE, locate
from tests.records.folders import write_folder
from tests.records.postgresql import Server, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as running:
        yield running


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the store of whoever runs it."""
    folder = tmp_path / "data"
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(folder))
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data-home"))
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new store can be made."""
    if request.param == "sqlite":
        return str(tmp_path / "store")
    return request.getfixturevalue("server").new_database()


@pytest.fixture
def records(address: str) -> Iterator[Records]:
    with Records(locate(address)) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a result folder."""

    def make(recording: str = "anna", created: str = "2026-03-14T10:20:30+01:00", **best_deg: float) -> Path:
        return write_folder(tmp_path / "results" / recording, recording, created, **best_deg)

    return make
