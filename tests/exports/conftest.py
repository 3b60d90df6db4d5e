"""A store with a person and two measured sessions, to be exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from neckrom.records.api import Records
from neckrom.records.location import locate
from tests.records.folders import write_folder


@dataclass(frozen=True)
class Clinic:
    """An open store, its person, and the sessions from the older to the newer."""

    records: Records
    person: str
    sessions: tuple[str, str]
    folders: tuple[Path, Path]


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    with Records(locate(str(tmp_path / "store"))) as records:
        person = records.add_person("Anna Berg", "1985-03-27", "runs")
        folders = (
            write_folder(tmp_path / "a", "a", "2026-01-10T09:00:00+01:00", case="healthy"),
            write_folder(tmp_path / "b", "=cmd|' /C calc'!A0", "2026-06-10T09:00:00+02:00"),
        )
        notes = ("", "@SUM(1+1)")
        first, second = (
            records.import_result(folder, person.id, note=note).session_id
            for folder, note in zip(folders, notes, strict=True)
        )
        yield Clinic(records, person.id, (first, second), folders)
