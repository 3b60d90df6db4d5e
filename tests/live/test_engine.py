"""A whole session with a clip as camera: its numbers, its record, its end by a kill.

What the models see of the clip was looked up; with the models at work a session is led in
``tests/web/test_live_in_browser.py``.
"""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import OutputError
from neckrom.frames import open_source
from neckrom.frames.index import index_of
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.store import read_landmarks
from neckrom.live.capture import CameraOptions, CameraSource
from neckrom.live.contract import Note, Phase, Simple
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.keys import every_key
from neckrom.live.protocols import load_session_protocol
from neckrom.live.pushed import PushedSource
from neckrom.live.recording import read_inputs
from neckrom.live.session import SessionMachine
from neckrom.result import Result
from neckrom.service import MeasureOptions
from neckrom.service.measure import measure_one
from neckrom.service.sessions import read_lines
from neckrom.service.writing import ALONGSIDE_NS
from neckrom.types import MOVEMENTS
from neckrom.validation.truth import read_truth
from tests.conftest import SAMPLES
from tests.live.cameras import streaming_camera
from tests.live.headless import PATIENCE_S, engine_for, lead
from tests.live.pages import page_sending
from tests.live.people import answers
from tests.live.seen import Seen

CLIP = SAMPLES / "chidi_deficit.mp4"
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


class Silent:
    def step(self, *_):
        return


@pytest.fixture(scope="module")
def session(request, tmp_path_factory, sample_landmarks):
    """One quick session without consent for the picture, and what a page saw of it."""
    folder = tmp_path_factory.mktemp("live") / "session"
    engine = engine_for(CLIP, folder, Seen(CLIP, sample_landmarks(CLIP.stem)))
    request.addfinalizer(engine.close)
    engine.start()
    previews: list[int] = []
    shown: set[str] = set()

    def watch(state):
        shown.update(text.key for text in (state.headline, state.detail, *state.say, *state.warnings) if text)
        shown.update(check.advice.key for check in state.checks if check.advice)
        if state.seq % 50 == 0:
            jpeg = engine.preview_jpeg()
            previews.append(0 if jpeg is None else len(jpeg))

    states = lead(engine, watch=watch)
    trace = engine.trace(states[-1].time_s - 5.0)
    engine.command(Note(type="note", text="added afterwards"))
    photo = engine.photo(MOVEMENTS[0], 1)
    return {
        "folder": folder,
        "states": states,
        "trace": trace,
        "previews": previews,
        "shown": shown,
        "photo": photo,
        "result_folder": engine.result_folder,
    }


def result_of(folder: Path) -> Result:
    return Result.model_validate_json((folder / "result.json").read_bytes())


def test_it_goes_through_all_phases_to_the_report(session):
    phases = [state.phase for state in session["states"]]
    assert phases[:5] == [Phase.SAFETY, Phase.CONSENT, Phase.SETUP, Phase.NEUTRAL, Phase.ANNOUNCE]
    assert phases[-2:] == [Phase.SAVING, Phase.RESULT]
    assert phases.count(Phase.PAIN) == 6
    assert session["result_folder"] == session["folder"]
    assert (session["folder"] / "report.html").is_file()
    assert (session["folder"] / "report.pdf").is_file()


def test_every_trial_is_near_the_truth(session):
    truth = {trial.movement: trial.peak_deg for trial in read_truth(SAMPLES / "chidi_deficit.csv").trials}
    result = result_of(session["folder"])
    for movement in MOVEMENTS:
        measured = result.of(movement)
        assert len(measured.trials) == 1
        assert measured.pain == 2
        # accuracy is held by the golden tests; a busy machine drops frames here
        assert measured.best_deg == pytest.approx(truth[movement], abs=10)


def test_what_was_shown_live_is_near_the_final_value(session):
    result = result_of(session["folder"])
    before = next(state for state in session["states"] if state.phase is Phase.SAVING)
    for trial in before.progress:
        assert trial.peak_deg == pytest.approx(result.of(trial.movement).best_deg, abs=10)


def test_the_result_page_shows_what_the_report_says(session):
    result = result_of(session["folder"])
    for trial in session["states"][-1].progress:
        assert trial.peak_deg == pytest.approx(result.of(trial.movement).best_deg, abs=0.06)


def test_measuring_the_folder_again_gives_the_same_numbers(session, tmp_path):
    outcome = measure_one(session["folder"], tmp_path, MeasureOptions(pictures=False), Silent())
    live = result_of(session["folder"])
    assert outcome.result is not None
    assert outcome.result.movements == live.movements
    assert outcome.result.neutral == live.neutral


def test_the_record_played_again_gives_the_same_trials(session):
    machine = SessionMachine(load_session_protocol("quick").protocol)
    for event in read_inputs(session["folder"]):
        machine.take(event)
    recorded = json.loads((session["folder"] / "session.json").read_text())["summary"]
    played = machine.result()
    assert played is not None
    assert played.model_dump(mode="json") == recorded["protocol"]
    assert machine.pain == dict.fromkeys(MOVEMENTS, 2)
    assert machine.chin_fingers == 1


def test_no_command_is_lost(session):
    events = [json.loads(line) for line in (session["folder"] / "events.jsonl").read_text().splitlines()]
    kinds = [event["command"]["type"] for event in events if event["kind"] == "command"]
    assert kinds.count("answer") == 15
    assert (kinds.count("consent"), kinds.count("pain"), kinds.count("chin")) == (1, 6, 1)
    numbers = sorted(
        json.loads(line)["n"]
        for name in ("events.jsonl", "angles.jsonl")
        for line in (session["folder"] / name).read_text().splitlines()
        if '"n"' in line
    )
    assert numbers == list(range(1, len(numbers) + 1))


def test_without_consent_no_picture_is_stored(session):
    names = {path.name for path in session["folder"].rglob("*")}
    assert not {name for name in names if name.endswith((".mkv", ".mp4", ".jpg", ".png"))}
    report = (session["folder"] / "report.html").read_text()
    assert "image/jpeg" not in report
    assert session["photo"] is None


def test_files_are_their_owners_alone(session):
    for path in (session["folder"], *session["folder"].rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_the_camera_is_let_go_of_at_the_end(session):
    assert not [thread for thread in threading.enumerate() if thread.name in ("clip", "look")]


def test_what_a_page_is_told_has_words(session):
    assert session["shown"] <= set(every_key())
    assert len(session["previews"]) > 10
    assert min(session["previews"][1:]) > 1000
    times = [point.time_s for point in session["trace"].points]
    assert times == sorted(times)
    assert 50 < len(times) <= 155


def test_a_note_that_comes_after_the_end_is_kept(session):
    summary = json.loads((session["folder"] / "session.json").read_text())["summary"]
    assert summary["notes"] == ["added afterwards"]


def test_killed_in_the_middle_everything_up_to_the_last_second_is_there(tmp_path, sample_landmarks):
    seen = sample_landmarks(CLIP.stem)
    folder = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.live.headless", str(CLIP), str(seen), str(folder), "video"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    last = ("0", "", "0")
    for line in process.stdout:
        last = tuple(line.split())
        if last[1] == "out" and int(last[2]) == 2:
            time.sleep(0.5)
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "result.json").exists()
    outcome = measure_one(folder, tmp_path / "out", MeasureOptions(overlay=True), Silent())
    assert outcome.result is not None
    overlay = [frame.time_ns for frame in open_source(tmp_path / "out" / "killed" / "overlay.mp4").frames()]
    counted = {m.movement: len(m.trials) for m in outcome.result.movements}
    assert list(counted.values()) == [1, 1, 0, 0, 0, 0]
    assert outcome.result.of(MOVEMENTS[0]).pain == 2
    assert outcome.result.clip.duration_s > float(last[0]) - 5.0
    video = [frame.time_ns for frame in open_source(folder / "video.mkv").frames()]
    assert len(video) > 100
    # the kill may cost the landmarks of the last pictures; all others are drawn. The video begins with the
    # consent: its times count from there.
    began = index_of(folder / "video.mkv").start_ns
    seen_until = read_landmarks(tmp_path / "out" / "killed" / "landmarks.parquet")[0].time_ns[-1]
    assert len(overlay) == sum(began + time_ns <= seen_until + ALONGSIDE_NS for time_ns in video)
    assert began + video[-1] - seen_until < 1.5e9
    assert (np.diff(video) > 0).all()
    assert "image/jpeg" in (tmp_path / "out" / "killed" / "report.html").read_text()


@contextmanager
def filming(kind: str, pictures: list[np.ndarray]):
    """A source that shows these to and fro, and the event that silences it."""
    if kind == "phone":
        source = PushedSource("phone")
        with page_sending(source, 15.5, pictures=pictures) as silent:
            yield source, silent
        return
    with streaming_camera(pictures) as camera:
        camera.fps = 15.5
        yield CameraSource(CameraOptions(camera.url)), camera.silent


@pytest.mark.parametrize("kind", ["network camera", "phone"])
def test_a_camera_that_is_lost_and_found_again(tmp_path, kind):
    """It shows a person at rest, falls silent, and comes back."""
    clip = open_source(CLIP)
    pictures = [frame.image for frame in islice(clip.frames(), 24)]
    clip.close()
    with filming(kind, pictures) as (source, silent):
        options = EngineOptions(load_session_protocol("quick"), tmp_path / "session", record=False)
        engine = LiveEngine(source, MediaPipeDetector, options)
        engine.start()
        for command in [*answers(), Simple(type="continue"), Simple(type="continue")]:
            engine.command(command)
        wait_for(engine, Phase.NEUTRAL, Phase.ANNOUNCE, Phase.OUT)
        silent.set()
        lost = wait_for(engine, Phase.CAMERA_LOST)
        silent.clear()
        found = wait_for(engine, Phase.NEUTRAL)
        assert found.time_s > lost.time_s
        assert engine.preview_jpeg() is not None
        if kind == "phone":
            pictures[:] = [np.ascontiguousarray(np.rot90(picture)) for picture in pictures]  # it is turned
            turned = wait_until(
                engine, lambda state: "warning.picture_size" in {each.key for each in state.warnings}
            )
            assert turned.picture_size == (640, 480), "shown whole in the size of the beginning"
        before = time.monotonic()
        engine.close()
        assert time.monotonic() - before < 30
    assert engine.snapshot().phase is Phase.RESULT
    assert engine.result_folder is None
    whats = [line["what"] for line in read_lines(tmp_path / "session" / "events.jsonl") if "what" in line]
    assert whats.index("camera_back") == whats.index("camera_lost") + 1


def wait_for(engine, *phases):
    return wait_until(engine, lambda state: state.phase in phases)


def wait_until(engine, holds):
    give_up = time.monotonic() + PATIENCE_S
    state = engine.snapshot()
    while not holds(state):
        assert time.monotonic() < give_up, state.phase
        state = engine.wait(state.seq, 1.0)
    return state


def test_a_folder_that_cannot_be_made_is_said_before_anything_begins(tmp_path):
    (tmp_path / "file").write_text("")
    engine = engine_for(CLIP, tmp_path / "file" / "session")
    with pytest.raises(OutputError, match="choose another folder with --out"):
        engine.start()
    engine.close()
