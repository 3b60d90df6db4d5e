"""What tests of several areas share."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "sample_videos"
PATIENCE_S = 300.0


@pytest.fixture(scope="session")
def sample_landmarks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Landmark file of a sample clip, seen by the real models once for the whole run of tests.

    Workers of pytest-xdist share the files: the first one to ask does the work, the others wait.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / "sample-landmarks"
    folder.mkdir(exist_ok=True)

    def landmarks_of(name: str) -> Path:
        target = folder / f"{name}.parquet"
        lock = folder / f"{name}.lock"
        give_up = time.monotonic() + PATIENCE_S
        while not target.exists():
            assert time.monotonic() < give_up, (
                f"{name} was to be seen by another worker, which never finished"
            )
            try:
                lock.open("x").close()
            except FileExistsError:
                time.sleep(0.2)
                continue
            try:
                _extract(SAMPLES / f"{name}.mp4", target)
            finally:
                lock.unlink()
        return target

    return landmarks_of


def _extract(clip: Path, target: Path) -> None:
    # imported here: most tests need neither models nor video
    from neckrom.frames import open_source  # noqa: PLC0415
    from neckrom.landmarks.mediapipe_engine import MediaPipeDetector  # noqa: PLC0415
    from neckrom.landmarks.pipeline import extract_to_file  # noqa: PLC0415

    source = open_source(clip)
    try:
        extract_to_file(source, MediaPipeDetector, target)
    finally:
        source.close()


@pytest.fixture(scope="session")
def browser():
    """The system's Chromium, one for a whole run; nothing is ever fetched."""
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
