"""What may happen to a running session, and what is left of it: a camera that changes, a full disk, a defect."""

from __future__ import annotations

import contextlib
import errno
import json
import subprocess
import time
from datetime import datetime
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import ExitCode
from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.live import engine as engine_module
from neckrom.live import neck_exam
from neckrom.live.capture import CameraOptions, CameraSource
from neckrom.live.contract import Phase, Simple
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.protocols import load_session_protocol
from neckrom.service.sessions import finish_session, read_lines
from tests.conftest import SAMPLES
from tests.live.cameras import streaming_camera
from tests.live.headless import PATIENCE_S, engine_for, lead
from tests.live.people import answers
from tests.live.seen import Seen

CLIP = SAMPLES / "chidi_deficit.mp4"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(sample_landmarks):
    return Seen(CLIP, sample_landmarks(CLIP.stem))


def wait_for(engine, *phases):
    give_up = time.monotonic() + PATIENCE_S
    state = engine.snapshot()
    while state.phase not in phases:
        assert time.monotonic() < give_up, state.phase
        state = engine.wait(state.seq, 1.0)
    return state


def pictures_of_a_person(count: int = 24) -> list[np.ndarray]:
    source = open_source(CLIP)
    pictures = [frame.image for frame in islice(source.frames(), count)]
    source.close()
    return pictures


def test_a_camera_that_changes_its_picture_size_in_a_session(tmp_path):
    """It is noticed, opened again and said; neutral is learned again, and pictures keep their size."""
    pictures = pictures_of_a_person()
    height, width = pictures[0].shape[:2]
    with streaming_camera(pictures) as camera:
        camera.fps = 15.5
        options = EngineOptions(load_session_protocol("quick"), tmp_path / "session", record=False)
        engine = LiveEngine(CameraSource(CameraOptions(camera.url)), MediaPipeDetector, options)
        engine.start()
        for command in [*answers(), Simple(type="continue"), Simple(type="continue")]:
            engine.command(command)
        wait_for(engine, Phase.NEUTRAL, Phase.ANNOUNCE, Phase.OUT)
        camera.pictures = [picture[: height // 2, : width // 2].copy() for picture in pictures]
        said: dict[str, dict] = {}
        give_up = time.monotonic() + PATIENCE_S
        while "warning.picture_size" not in said:
            assert time.monotonic() < give_up
            time.sleep(0.1)
            said = {warning.key: warning.params for warning in engine.snapshot().warnings}
        while not any(
            line.get("what") == "camera_back" for line in read_lines(tmp_path / "session" / "events.jsonl")
        ):
            assert time.monotonic() < give_up
            time.sleep(0.2)
        wait_for(engine, Phase.NEUTRAL, Phase.PAUSED)
        assert said["warning.picture_size"] == {"width": width // 2, "height": height // 2}
        assert engine._measured.frame.image.shape == (height, width, 3)
        engine.close()
    lines = list(read_lines(tmp_path / "session" / "events.jsonl"))
    assert [line["width"] for line in lines if line.get("kind") == "picture_size"] == [width // 2]
    whats = [line["what"] for line in lines if "what" in line]
    assert whats.index("camera_back") == whats.index("camera_lost") + 1


# --------------------------------------------------------------- the end, whatever comes


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    """A disk of its own that can be filled without anybody else noticing."""
    place = tmp_path_factory.mktemp("disk")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", place], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("only the administrator can make a small disk")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path) -> Path:
    path = place / "ballast"
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 65536)
    with contextlib.suppress(OSError), path.open("ab", buffering=0) as file:
        while True:
            file.write(b"x")
    return path


def test_a_disk_that_is_full_at_the_end(small_disk, seen):
    """The session ends, says that it could not write the report, and keeps what there was."""
    folder = small_disk / "session"
    engine = engine_for(CLIP, folder, seen)
    engine.start()

    def watch(state) -> None:
        if (
            sum(trial.status == "done" for trial in state.progress) >= 1
            and not (small_disk / "ballast").exists()
        ):
            time.sleep(1.5)  # what came before is on the disk
            fill(small_disk)
            engine.command(Simple(type="finish"))

    lead(engine, watch=watch)
    assert engine.snapshot().phase is Phase.RESULT
    engine.close()
    assert engine.error is None
    assert engine.result_folder is None
    assert engine.why_not_saved is not None
    assert engine.why_not_saved.exit_code == ExitCode.CANNOT_WRITE
    assert "ree some space" in str(engine.why_not_saved)
    (small_disk / "ballast").unlink()
    finish_session(folder)
    assert (folder / "report.html").is_file(), "made later, when there is room"


def test_a_report_that_could_not_be_written_is_tried_again_at_the_end(tmp_path, monkeypatch, seen):
    """When the page and what it had open are gone."""
    folder = tmp_path / "session"
    engine = engine_for(CLIP, folder, seen)
    calls = []

    def first_fails(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise OSError(errno.EMFILE, "Too many open files")
        return finish_session(*arguments)

    monkeypatch.setattr(neck_exam, "finish_session", first_fails)
    engine.start()

    def watch(state) -> None:
        if any(trial.status == "done" for trial in state.progress) and state.phase is not Phase.RESULT:
            engine.command(Simple(type="finish"))

    lead(engine, watch=watch)
    assert engine.result_folder is None
    engine.close()
    assert engine.result_folder == folder
    assert engine.why_not_saved is None
    assert (folder / "report.html").is_file()


def test_a_defect_in_a_thread_costs_no_report(tmp_path, monkeypatch, seen):
    engine = engine_for(CLIP, tmp_path / "session", seen)
    engine.start()

    def broken(*_arguments) -> None:
        raise RuntimeError("a defect")

    def watch(state) -> None:
        if any(trial.status == "done" for trial in state.progress):
            monkeypatch.setattr(engine, "_keep", broken)

    with pytest.raises(RuntimeError, match="a defect"):
        lead(engine, watch=watch)
    engine.close()
    assert isinstance(engine.error, RuntimeError)
    assert engine.result_folder == tmp_path / "session"
    assert (tmp_path / "session" / "report.html").is_file()


def test_a_clock_that_is_set_back_does_not_end_a_session_before_it_began(tmp_path, monkeypatch, seen):
    engine = engine_for(CLIP, tmp_path / "session", seen)
    engine.start()

    class SetBack(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(1999, 1, 1, tzinfo=tz)

    monkeypatch.setattr(engine_module, "datetime", SetBack)
    time.sleep(1.1)
    engine.close()
    kept = json.loads((tmp_path / "session" / "session.json").read_text())
    began, ended = (datetime.fromisoformat(text) for text in (kept["created"], kept["summary"]["ended"]))
    assert began < ended
