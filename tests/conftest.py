"""What tests of several areas share."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "sample_videos"
PATIENCE_S = 300.0

LONGEST_FIRST = (
    "test_golden.py",
    "web/test_camera_in_browser.py",
    "web/test_page.py",
    "service/test_measure.py",
    "records/test_hold.py",
    "web/test_records_pages.py",
    "cli/test_cli_bad_input.py",
    "cli/test_cli_measure.py",
    "live/test_engine.py",
    "live/test_endings.py",
    "notebooks/test_notebooks.py",
    "web/test_layout.py",
    "web/test_live_in_browser.py",
    "web/test_phone.py",
    "test_no_network.py",
)
"""Files of tests that take long: workers of pytest-xdist take whole files, and a long one at the end leaves the
others idle."""


def pytest_configure() -> None:
    """Keep what Python compiles: workers and the processes that tests start would compile all of it each time."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection(session: pytest.Session) -> None:
    """Share the rewriting of asserts, which costs more than all else before the first test.

    Every worker of pytest-xdist collects every test. Each begins with modules of its own, and finds those of
    the others rewritten. Whatever is wrong with a module is said when it is collected.
    """
    tests = Path(__file__).parent
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if not worker.isdigit() or {Path(asked).resolve() for asked in session.config.args} != {tests}:
        return
    modules = sorted(tests.rglob("test_*.py"))
    for path in modules[int(worker) :: int(os.environ["PYTEST_XDIST_WORKER_COUNT"])]:
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(tests.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest; the others stay in their order."""
    place = {Path(__file__).parent / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


Fill = Callable[[Path], None]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Fill], Path]:
    """A folder that is filled once for the whole run of tests.

    Workers of pytest-xdist share it: the first one to ask does the work, the others wait.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    shared /= "made-once"
    shared.mkdir(exist_ok=True)

    def folder_of(name: str, fill: Fill) -> Path:
        folder, done, lock = shared / name, shared / f"{name}.done", shared / f"{name}.lock"
        give_up = time.monotonic() + PATIENCE_S
        while not done.exists():
            assert time.monotonic() < give_up, (
                f"{name} was to be made by another worker, which never finished"
            )
            try:
                lock.open("x").close()
            except FileExistsError:
                time.sleep(0.2)
                continue
            try:
                if not done.exists():
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir()
                    fill(folder)
                    done.touch()
            finally:
                lock.unlink()
        return folder

    return folder_of


@dataclass(frozen=True)
class Demo:
    """A run of ``neckrom demo`` in an empty folder: where it was, and what it printed."""

    cwd: Path
    stdout: str

    @property
    def folder(self) -> Path:
        """Its results."""
        (folder,) = (self.cwd / "neckrom-demo").iterdir()
        return folder


@pytest.fixture(scope="session")
def demo(made_once) -> Demo:
    """The clip that travels in the wheel (chidi_deficit), measured as a user does, once for the whole run."""

    def run(folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "neckrom", "demo"],
            capture_output=True, text=True, cwd=folder, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (folder / "stdout").write_text(done.stdout, encoding="utf-8")

    cwd = made_once("demo", run)
    return Demo(cwd, (cwd / "stdout").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def moderate(made_once):
    """Outcome of bruno_moderate measured by the service, once for the whole run; nobody may change its folder."""

    def run(folder: Path) -> None:
        from neckrom.service import MeasureOptions, measure_one  # noqa: PLC0415

        outcome = measure_one(SAMPLES / "bruno_moderate.mp4", folder, MeasureOptions(), Unheard())
        (folder / "outcome.pickle").write_bytes(pickle.dumps(outcome))

    return pickle.loads((made_once("moderate", run) / "outcome.pickle").read_bytes())


class Unheard:
    """Progress that nobody is told of."""

    def step(self, *_: object) -> None:
        return


@pytest.fixture(scope="session")
def sample_landmarks(made_once, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Landmark file of a sample clip, seen by the real models once for the whole run of tests."""

    def landmarks_of(name: str) -> Path:
        if name == "chidi_deficit":
            return request.getfixturevalue("demo").folder / "landmarks.parquet"
        if name == "bruno_moderate":
            return request.getfixturevalue("moderate").folder / "landmarks.parquet"
        return made_once(f"{name}-landmarks", partial(_extract, name)) / "landmarks.parquet"

    return landmarks_of


def _extract(name: str, folder: Path) -> None:
    # imported here: most tests need neither models nor video
    from neckrom.frames import open_source  # noqa: PLC0415
    from neckrom.landmarks.mediapipe_engine import MediaPipeDetector  # noqa: PLC0415
    from neckrom.landmarks.pipeline import extract_to_file  # noqa: PLC0415

    source = open_source(SAMPLES / f"{name}.mp4")
    try:
        extract_to_file(source, MediaPipeDetector, folder / "landmarks.parquet")
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
