"""Two frames are looked at side by side: in order, none older than it need be, and errors of either thread come out."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from neckrom.live.events import Happening
from neckrom.live.looking import Looker, Measured
from neckrom.live.sources import SourceState
from neckrom.live.timing import Stages
from neckrom.types import Frame
from tests.landmarks.stretches import IDENTITY, landmark_frame

PATIENCE_S = 10.0


class Camera:
    """Gives its frames, one each time it is asked, then nothing; counts how many were taken."""

    def __init__(self, count: int, state: SourceState = SourceState.ENDED) -> None:
        self.frames = [Frame(n, 33_000_000 * n, np.zeros((48, 64, 3), dtype=np.uint8)) for n in range(count)]
        self.taken, self.state, self.closed = 0, state, False

    def newest(self, timeout_s: float) -> Frame | None:
        if self.taken == len(self.frames):
            time.sleep(min(timeout_s, 0.01))
            return None
        self.taken += 1
        return self.frames[self.taken - 1]

    def close(self) -> None:
        self.closed = True


class Staged:
    """Two stages that do what a test asks of them."""

    identity = IDENTITY

    def __init__(self, first=lambda _: None, second=lambda _: None) -> None:
        self.actions, self.closed, self.threads = (first, second), False, [set(), set()]

    def stages(self):
        return self.begin, self.complete

    def begin(self, frame):
        self.threads[0].add(threading.current_thread())
        self.actions[0](frame)
        return frame

    def complete(self, frame):
        self.threads[1].add(threading.current_thread())
        self.actions[1](frame)
        return replace(landmark_frame(0), time_ns=frame.time_ns)

    def detect(self, frame):
        return self.complete(self.begin(frame))

    def close(self) -> None:
        self.closed = True


class Plain(Staged):
    """The same in one."""

    stages = None


def look(camera, detector, ended=None) -> list[Measured | Happening]:
    """Everything that is handed on, until the camera has ended."""
    told: list[Measured | Happening] = []

    def over() -> bool:
        return any(isinstance(item, Happening) for item in told)

    looker = Looker(camera, detector, (64, 48), told.append, Stages())
    thread = threading.Thread(target=caught, args=(looker, ended or over, told), daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    return told


def caught(looker, ended, told) -> None:
    try:
        looker.run(ended, lambda *_: None)
    except Exception as error:  # noqa: BLE001  (looked at by the test)
        told.append(error)


@pytest.mark.parametrize("kind", [Staged, Plain])
def test_every_frame_once_and_in_order(kind):
    camera, detector = Camera(30), kind()
    told = look(camera, detector)
    assert [item.landmarks.time_ns for item in told[:-1]] == [frame.time_ns for frame in camera.frames]
    assert [item.frame.index for item in told[:-1]] == list(range(30))
    assert told[-1].what == "source_ended"
    assert camera.closed
    assert detector.closed


def test_the_stages_have_threads_of_their_own():
    detector = Staged()
    look(Camera(10), detector)
    (first,), (second,) = detector.threads
    assert first is not second


def test_no_frame_is_taken_long_before_it_can_be_looked_at():
    camera, ahead = Camera(20), []

    def slow(frame) -> None:
        time.sleep(0.01)
        ahead.append(camera.taken - frame.index)

    look(camera, Staged(second=slow))
    assert max(ahead) <= 2


@pytest.mark.parametrize("stage", [0, 1])
def test_an_error_of_either_stage_comes_out_though_the_camera_gives_nothing_more(stage):
    def fail(frame) -> None:
        if frame.index == 4:
            raise ValueError("x")

    actions = [lambda _: None, lambda _: None]
    actions[stage] = fail
    before = threading.active_count()
    told = look(Camera(5, SourceState.RUNNING), Staged(*actions), ended=lambda: False)
    assert isinstance(told[-1], ValueError)
    assert len(told) == 5
    assert threading.active_count() == before
