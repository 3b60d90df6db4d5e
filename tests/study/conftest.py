"""A small simulated study, made once."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from neckrom.study.plan import StudyFolder
from neckrom.study.simulation import Truth, simulated_plan, write_simulated
from neckrom.study.starting import init_study

TODAY = date(2026, 6, 1)


@pytest.fixture(scope="session")
def clean_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten people, nothing failed; never to be changed."""
    root = tmp_path_factory.mktemp("study") / "clean"
    folder = StudyFolder(root)
    init_study(folder, simulated_plan(people=10))
    write_simulated(folder, Truth(failed=0.0, bounded=0.0, restricted=0.0), seed=4)
    return root


@pytest.fixture
def study(clean_study: Path, tmp_path: Path) -> StudyFolder:
    """A copy to spoil."""
    root = tmp_path / "study"
    shutil.copytree(clean_study, root)
    return StudyFolder(root)
