"""What a session leaves on disk: whatever ends it, what was recorded can be read."""

from __future__ import annotations

import json
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import InputError, LandmarkFileError, OutputError
from neckrom.frames import grab_frames, open_source
from neckrom.frames.index import index_of
from neckrom.landmarks.store import read_landmarks
from neckrom.landmarks.stream import LandmarkStreamWriter, convert_stream, read_stream
from neckrom.live import recording
from neckrom.live.contract import Check, Note, Pain
from neckrom.live.events import Happening, UserCommand
from neckrom.live.keys import Key, text
from neckrom.live.recording import SessionRecorder, read_inputs
from neckrom.live.video import VideoWriter
from neckrom.rom.protocol import Protocol
from neckrom.service.sessions import (
    is_session,
    open_session,
    read_lines,
    session_landmarks,
    session_options,
)
from neckrom.types import Frame, Movement
from tests.live.people import NAN3, sample
from tests.live.recorder_child import HEADER, INFO, landmarks

ROOT = Path(__file__).parents[2]
MS = 1_000_000


def killed_after(folder: Path, seconds: float) -> int:
    """Record in a process of its own and kill it; number of the last frame that it handed over."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.live.recorder_child", str(folder)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    threading.Timer(seconds, process.send_signal, [signal.SIGKILL]).start()
    last = 0
    for line in process.stdout:
        if line.endswith("\n"):
            last = int(line)
    process.wait()
    assert process.returncode == -signal.SIGKILL
    return last


def test_a_kill_costs_no_more_than_the_last_second(tmp_path):
    """Three at the same time, killed at different moments."""
    with ThreadPoolExecutor(3) as pool:
        folders = [tmp_path / f"session-{i}" for i in range(3)]
        lasts = list(pool.map(killed_after, folders, (1.3, 2.2, 3.1)))
    for folder, last in zip(folders, lasts, strict=True):
        assert is_session(folder)
        target = tmp_path / f"{folder.name}.parquet"
        header = session_landmarks(open_session(folder), target)
        series, _ = read_landmarks(target)
        assert header.frames >= last - 45
        np.testing.assert_array_equal(series.face[:, 0, 0], np.arange(header.frames))
        np.testing.assert_array_equal(series.pose_world[:, -1, 2], np.arange(header.frames))
        events = list(read_lines(folder / "events.jsonl"))
        assert len(events) >= (last - 45) // 10
        times = [frame.time_ns for frame in open_source(folder / "video.mkv").frames()]
        assert times[-1] * 1e-9 >= (last - 75) / 30
        assert (np.diff(times) > 0).all()


@pytest.mark.parametrize("kept", [0.3, 0.55, 0.9, 0.999])
def test_a_stream_can_be_read_up_to_where_it_was_cut(tmp_path, kept):
    whole = tmp_path / "whole.arrows"
    writer = LandmarkStreamWriter(whole, HEADER)
    for batch in range(10):
        writer.write([landmarks(n, n * 33 * MS) for n in range(batch * 5 + 1, batch * 5 + 6)])
    writer.close()
    cut = tmp_path / "cut.arrows"
    content = whole.read_bytes()
    cut.write_bytes(content[: int(kept * len(content))])
    header, frames = read_stream(cut)
    read = [frame.time_ns // (33 * MS) for frame in frames]
    assert header == HEADER
    assert read == list(range(1, len(read) + 1))
    assert len(read) >= 5 * int(10 * kept) - 5


def test_everything_of_a_frame_comes_back(tmp_path):
    writer = LandmarkStreamWriter(tmp_path / "s", HEADER)
    given = landmarks(7, 5 * MS)
    writer.write([given])
    writer.close()
    (back,) = read_stream(tmp_path / "s")[1]
    for name in ("face", "pose", "pose_visibility", "pose_world"):
        np.testing.assert_array_equal(getattr(back, name), getattr(given, name))
    assert (back.time_ns, back.faces, back.pose_ran) == (given.time_ns, given.faces, given.pose_ran)
    assert back.motion is not None
    assert np.isnan(back.motion).all()


@pytest.mark.parametrize("content", [b"", b"nonsense" * 40])
def test_what_is_no_stream_is_refused(tmp_path, content):
    (tmp_path / "s").write_bytes(content)
    with pytest.raises(LandmarkFileError, match="cut off before its first second"):
        convert_stream(tmp_path / "s", tmp_path / "t")


def test_a_stream_without_a_frame_is_refused_and_leaves_nothing(tmp_path):
    LandmarkStreamWriter(tmp_path / "s", HEADER).close()
    with pytest.raises(LandmarkFileError, match="holds no frame"):
        convert_stream(tmp_path / "s", tmp_path / "t")
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


# ------------------------------------------------------------------- the recorder


def recorder_in(tmp_path) -> SessionRecorder:
    return SessionRecorder(tmp_path / "a" / "session", INFO, HEADER)


def test_inputs_come_back_as_they_went_in(tmp_path):
    recorder = recorder_in(tmp_path)
    checks = (Check(name="light", status="bad", advice=text(Key.ADVICE_CAMERA_SLOW, fps=7)),)
    given = [
        UserCommand(0.1, Note(type="note", text="naïve\n")),
        sample(0.2, NAN3, checks=checks),
        sample(0.3, (1.234, -5.0, 0.001), checks=checks, beyond=True),
        sample(0.4, checks=()),
        Happening(0.5, "camera_lost"),
        UserCommand(0.5, Pain(type="pain", movement=Movement.FLEXION, score=None)),
        sample(0.6, person=False),
    ]
    for event in given:
        recorder.input(event)
    recorder.close({"ended": "now"})
    assert [repr(event) for event in read_inputs(recorder.folder)] == [repr(event) for event in given]


def test_the_last_protocol_counts_and_a_torn_line_does_not(tmp_path):
    recorder = recorder_in(tmp_path)
    trial = {"movement": "flexion", "start_s": 1.0, "end_s": 2.0}
    for count in (1, 2):
        recorder.protocol(3.0, Protocol.model_validate({"version": 1, "trial": [trial] * count}))
    recorder.close()
    with (recorder.folder / "events.jsonl").open("ab") as file:
        file.write(b'{"t": 4.0, "kind": "protocol", "protocol": {"vers')
    protocol = open_session(recorder.folder).protocol
    assert protocol is not None
    assert len(protocol.trial) == 2


def test_files_are_their_owners_alone_from_the_first_moment(tmp_path):
    recorder = recorder_in(tmp_path)
    recorder.store_pictures()
    for path in (recorder.folder, *recorder.folder.iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    recorder.close()


def test_the_camera_profile_travels_along(tmp_path):
    profile = tmp_path / "mine.toml"
    profile.write_text(
        'version = 1\nname = "mine"\nwidth = 320\nheight = 240\nhfov_deg = 60.0\n'
        "fx = 277.13\nfy = 277.13\ncx = 160.0\ncy = 120.0\nnominal = true\n"
    )
    recorder = SessionRecorder(tmp_path / "session", INFO, HEADER, profile)
    recorder.close()
    profile.unlink()
    options = session_options(open_session(recorder.folder))
    assert options.camera_name == "mine"
    assert options.camera is not None
    assert options.camera.fx == 277.13


def test_no_picture_without_being_told(tmp_path):
    recorder = recorder_in(tmp_path)
    recorder.picture(Frame(0, MS, np.zeros((48, 64, 3), dtype=np.uint8)))
    recorder.close()
    assert not (recorder.folder / "video.mkv").exists()


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    (tmp_path / "a" / "session").mkdir(parents=True)
    with pytest.raises(OutputError, match="choose another folder with --out"):
        recorder_in(tmp_path)


def test_a_damaged_session_file_says_what_is_left(tmp_path):
    recorder = recorder_in(tmp_path)
    recorder.close()
    (recorder.folder / "session.json").write_text("{")
    with pytest.raises(InputError, match="Its landmarks may still be"):
        open_session(recorder.folder)


Usage = namedtuple("Usage", "total used free")


def test_a_disk_that_fills_up_first_costs_the_picture_and_last_the_measurement(tmp_path, monkeypatch):
    free_mb = [5000]
    monkeypatch.setattr(recording, "FLUSH_S", 0.05)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(0, 0, free_mb[0] * 1_000_000))
    recorder = recorder_in(tmp_path)
    recorder.store_pictures()
    states = []
    for number, free in enumerate([5000, 900, 200, 20]):
        free_mb[0] = free
        recorder.landmarks(landmarks(number, (number + 1) * 33 * MS))
        recorder.picture(Frame(number, (number + 1) * 33 * MS, np.zeros((48, 64, 3), dtype=np.uint8)))
        time.sleep(0.4)
        states.append((recorder.disk.state, recorder.recording_video))
    recorder.close()
    assert states == [("enough", True), ("low", True), ("no_video", False), ("full", False)]
    assert len(list(read_stream(recorder.folder / "landmarks.arrows")[1])) == 3


def test_a_disk_that_is_full_is_told_and_does_not_stop_the_session(tmp_path, monkeypatch):
    recorder = recorder_in(tmp_path)

    def full(_frames):
        raise OutputError("no space")

    monkeypatch.setattr(recorder._stream, "write", full)
    recorder.landmarks(landmarks(0, MS))
    with pytest.raises(OutputError, match="no space"):
        recorder.close()
    assert recorder.failed


# ----------------------------------------------------------------------- pictures


def test_pictures_keep_their_own_times_and_begin_where_consent_was_given(tmp_path):
    writer = VideoWriter(tmp_path / "v.mkv")
    times = [12_345 * MS, 12_378 * MS, 12_500 * MS, 12_999 * MS, 14_000 * MS]
    for number, time_ns in enumerate(times):
        writer.put(Frame(number, time_ns, np.full((48, 64, 3), 40 * number + 20, dtype=np.uint8)))
    writer.close()
    writer.close()
    index = index_of(tmp_path / "v.mkv")
    assert [index.start_ns + time_ns for time_ns in index.times_ns] == times
    grabbed = grab_frames(tmp_path / "v.mkv", list(index.times_ns))
    assert [round(float(frame.image.mean()), -1) for frame in grabbed] == pytest.approx(
        [20, 60, 100, 140, 180], abs=5
    )


def test_pictures_never_make_anybody_wait(tmp_path):
    writer = VideoWriter(tmp_path / "v.mkv")
    noise = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    slowest = 0.0
    for number in range(120):
        before = time.perf_counter()
        writer.put(Frame(number, (number + 1) * MS, noise))
        slowest = max(slowest, time.perf_counter() - before)
    writer.close()
    assert slowest < 0.5
    assert writer.dropped > 0
    assert len(index_of(tmp_path / "v.mkv").times_ns) + writer.dropped == 120


def test_events_are_json_that_everything_reads(tmp_path):
    recorder = recorder_in(tmp_path)
    recorder.input(sample(1.0, NAN3))
    recorder.close()
    line = (recorder.folder / "angles.jsonl").read_text().splitlines()[0]
    assert "NaN" not in line
    assert json.loads(line)["neck"] == [None, None, None]
