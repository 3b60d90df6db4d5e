"""Landmarks do not depend on the timing of threads; errors and Ctrl-C end everything cleanly."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from neckrom.errors import FrameMismatchError, NoFaceError
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import StagedDetector, extract, extract_to_file
from neckrom.landmarks.store import read_landmarks
from neckrom.types import Frame
from tests.landmarks.stretches import IDENTITY, SAMPLES, Stretch, landmark_frame


def turning() -> Stretch:
    """From neutral to the end of a rotation."""
    return Stretch(start_s=11.8, end_s=14.4)


class Collecting:
    def __init__(self) -> None:
        self.seen = []

    def write(self, frame) -> None:
        self.seen.append(frame)


class Fake:
    """A detector that does nothing but what a test asks of it."""

    identity = IDENTITY

    def __init__(self, at=None, action=None) -> None:
        self.at, self.action, self.closed, self.calls = at, action, 0, 0

    def detect(self, frame: Frame):
        self.calls += 1
        if self.at is not None and self.calls > self.at:
            self.action()
        return replace(landmark_frame(0), time_ns=frame.time_ns)

    def close(self) -> None:
        self.closed += 1


class Pictures:
    """A source of blank pictures; counts how many were asked for."""

    def __init__(self, count: int, fail_at: int | None = None) -> None:
        self.count, self.fail_at, self.made, self.ended = count, fail_at, 0, False
        self.info = replace(Stretch().info, expected_frames=count)
        self.warnings = ("said by the source",)

    def frames(self):
        try:
            for number in range(self.count):
                if number == self.fail_at:
                    raise OSError("the disk is gone")
                self.made += 1
                yield Frame(number, 33_000_000 * number, np.zeros((48, 64, 3), dtype=np.uint8))
        finally:
            self.ended = True

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def test_twice_the_same_whatever_the_timing(tmp_path):
    extract_to_file(turning(), MediaPipeDetector, tmp_path / "a.parquet")
    interval = sys.getswitchinterval()
    jitter = random.Random(1)
    sys.setswitchinterval(1e-5)
    try:
        extract_to_file(
            turning(),
            MediaPipeDetector,
            tmp_path / "b.parquet",
            progress=lambda *_: time.sleep(jitter.choice([0, 0, 0.02, 0.05])),
        )
    finally:
        sys.setswitchinterval(interval)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    # and the same as without any threads
    detector = MediaPipeDetector()
    series, header = read_landmarks(tmp_path / "a.parquet")
    assert header.detector == detector.identity
    for row, frame in enumerate(turning().frames()):
        alone = detector.detect(frame)
        assert alone.face.tobytes() == series.face[row].tobytes()
        assert alone.pose.tobytes() == series.pose[row].tobytes()
        assert alone.motion.tobytes() == series.motion[row].tobytes()
    detector.close()
    assert len(series) == row + 1


def test_the_pose_is_left_out_only_where_the_face_is_seen_from_the_front(tmp_path):
    extract_to_file(turning(), MediaPipeDetector, tmp_path / "a.parquet")
    series, _ = read_landmarks(tmp_path / "a.parquet")
    assert 0.4 < series.pose_ran.mean() < 0.9
    assert series.pose_ran[-30:].all(), "turned: every frame"
    assert np.diff(series.time_s[series.pose_ran]).max() < 0.11
    assert not series.pose_found[~series.pose_ran].any()


def test_the_detector_works_in_stages():
    detector = MediaPipeDetector()
    assert isinstance(detector, StagedDetector)
    detector.close()
    assert not isinstance(Fake(), StagedDetector)


def test_progress_and_result_are_complete():
    source, sink, told = Pictures(20), Collecting(), []
    result = extract(source, Fake, sink, progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 20) for number in range(1, 21)]
    assert [frame.time_ns for frame in sink.seen] == [33_000_000 * number for number in range(20)]
    assert (result.frames, result.frames_with_face, result.detector) == (20, 20, IDENTITY)
    assert result.warnings == ("said by the source",)


def test_frames_are_not_read_far_ahead():
    """Memory stays flat: a slow sink slows the decoder."""
    source = Pictures(500)
    ahead = []

    def progress(done, _):
        if done < 30:
            time.sleep(0.005)
            ahead.append(source.made - done)

    extract(source, Fake, Collecting(), progress=progress)
    assert max(ahead) < 40


class TestErrors:
    def raising(self, error):
        def action(*_):
            raise error

        return action

    def test_of_the_source(self):
        source, detector = Pictures(20, fail_at=7), Fake()
        with pytest.raises(OSError, match="disk is gone"):
            extract(source, lambda: detector, Collecting())
        assert detector.closed

    def test_of_the_detector(self):
        source, detector = Pictures(500), Fake(10, self.raising(FrameMismatchError("x")))
        with pytest.raises(FrameMismatchError):
            extract(source, lambda: detector, Collecting())
        assert detector.closed
        assert source.ended
        assert source.made < 100

    def test_of_the_sink(self):
        source, detector, sink = Pictures(500), Fake(), Collecting()
        sink.write = self.raising(ValueError("x"))
        with pytest.raises(ValueError, match="x"):
            extract(source, lambda: detector, sink)
        assert detector.closed
        assert source.ended

    def test_of_the_one_who_is_told(self, tmp_path):
        source = Pictures(500)
        with pytest.raises(KeyboardInterrupt):
            extract_to_file(source, Fake, tmp_path / "a.parquet", progress=self.raising(KeyboardInterrupt()))
        assert source.ended
        assert list(tmp_path.iterdir()) == []

    def test_nobody_in_any_frame(self, tmp_path):
        with pytest.raises(NoFaceError, match="in any of the 12 frames"):
            extract_to_file(Pictures(12), MediaPipeDetector, tmp_path / "a.parquet")
        assert list(tmp_path.iterdir()) == []


INTERRUPTED = """
import sys
from pathlib import Path
from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import extract_to_file
source = open_source(Path(sys.argv[1]))
extract_to_file(source, MediaPipeDetector, Path(sys.argv[2]), progress=lambda *at: print(*at, flush=True))
"""


def test_ctrl_c_ends_it_at_once_and_leaves_nothing(tmp_path):
    target = tmp_path / "landmarks.parquet"
    clip = SAMPLES / "anna_full.mp4"
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(clip), str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while "20 " not in process.stdout.readline():
            assert process.poll() is None
        pressed = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        took = time.monotonic() - pressed
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
    assert took < 6  # a second on a machine that is not busy
    assert list(tmp_path.iterdir()) == []
