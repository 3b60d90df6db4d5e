"""Camera and clip as live sources: the same contract, and what is special about each."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from neckrom.errors import ConfigurationError, InputError, NeckromError
from neckrom.live.capture import CameraNotFoundError, CameraOptions, CameraSource, fitted, framed
from neckrom.live.opening import open_live_source
from neckrom.live.playback import ClipPlayer, answering_cue, cue_file, read_cues
from neckrom.live.pushed import PushedSource
from neckrom.live.sources import NewestFrame, SourceState
from neckrom.types import Frame
from tests.conftest import SAMPLES
from tests.live.cameras import streaming_camera, write_clip
from tests.live.pages import page_sending

CUES = "start_s,end_s,step\n0,0.5,neutral\n0.7,1.2,flexion:warm_up:1\n1.3,1.9,flexion:trial:1\n"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")
    cue_file(path).write_text(CUES)
    return path


@pytest.fixture(
    params=["stream", "file through the camera's library", "clip", "clip, fast", "browser", "phone"]
)
def source(request, clip):
    if request.param == "stream":
        with streaming_camera() as camera:
            made = CameraSource(CameraOptions(camera.url))
            yield made
            made.close()
        return
    if request.param in ("browser", "phone"):
        made = PushedSource(request.param)
        with page_sending(made):
            yield made
        made.close()
        return
    if request.param.startswith("file"):
        made = CameraSource(CameraOptions(str(clip)))
    else:
        made = ClipPlayer(clip, fast="fast" in request.param)
    yield made
    made.close()


def take(source, count: int, patience_s: float = 8.0) -> list[Frame]:
    frames: list[Frame] = []
    give_up = time.monotonic() + patience_s
    while len(frames) < count:
        assert time.monotonic() < give_up
        frame = source.newest(0.2)
        if frame is not None:
            frames.append(frame)
    return frames


def brightness(frame: Frame) -> float:
    """Number of the frame of the made-up clip."""
    return float(frame.image.mean()) / 4


# ------------------------------------------------------------------ the contract


def test_times_rise_strictly_in_whole_milliseconds(source):
    frames = [source.open(), *take(source, 12)]
    times = [frame.time_ns for frame in frames]
    assert all(after > before for before, after in pairwise(times))
    assert all(time_ns % 1_000_000 == 0 for time_ns in times)
    assert [frame.index for frame in frames] == sorted({frame.index for frame in frames})


def test_pictures_are_rgb_and_whole(source):
    frame = source.open()
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (120, 160, 3)
    assert source.state is SourceState.RUNNING


def test_no_frame_is_handed_out_twice(source):
    source.open()
    frames = take(source, 8)
    assert len({frame.index for frame in frames}) == 8


def test_closing_ends_it_and_may_be_done_twice(source):
    source.open()
    before = time.monotonic()
    source.close()
    source.close()
    assert time.monotonic() - before < 4
    source.newest(0.05)
    assert source.newest(0.05) is None


def test_requests_are_taken_by_everyone(source):
    source.open()
    source.ask("flexion:trial:1")
    source.ask(None)
    source.hurry(allowed=False)
    assert len(take(source, 5)) == 5


# ------------------------------------------------------------------- the camera


def test_the_newest_frame_wins_and_none_waits_to_grow_old():
    with streaming_camera() as camera:
        source = CameraSource(CameraOptions(camera.url))
        source.open()
        take(source, 5)
        time.sleep(0.6)  # nobody looks
        before = camera.sent
        newest = take(source, 1)[0]
        assert before - float(newest.image.mean()) < 8  # of the 18 that came meanwhile the last ones
        source.close()


def test_a_camera_that_falls_silent_is_noticed_and_back_again():
    with streaming_camera() as camera:
        source = CameraSource(CameraOptions(camera.url))
        source.open()
        camera.silent.set()
        time.sleep(0.3)
        source.newest(0.1)
        assert source.newest(0.5) is None
        camera.silent.clear()
        assert len(take(source, 3)) == 3
        source.close()


def test_an_unplugged_camera_is_opened_again():
    with streaming_camera() as camera:
        source = CameraSource(CameraOptions(camera.url))
        first = source.open()
        camera.unplugged.set()
        give_up = time.monotonic() + 10
        while source.state is not SourceState.LOST:
            assert time.monotonic() < give_up
            source.newest(0.1)
        camera.unplugged.clear()
        frames = take(source, 3, patience_s=10)
        assert frames[0].time_ns > first.time_ns
        assert source.state is SourceState.RUNNING
        source.close()


def test_five_frames_a_second_are_five_frames_a_second():
    with streaming_camera() as camera:
        camera.fps = 5.0
        source = CameraSource(CameraOptions(camera.url))
        source.open()
        times = [frame.time_ns * 1e-9 for frame in take(source, 8)]
        assert np.median(np.diff(times)) == pytest.approx(0.2, abs=0.04)
        source.close()


def test_a_camera_that_is_not_there_says_what_to_do(monkeypatch):
    monkeypatch.setattr("neckrom.live.capture._FIRST_FRAME_S", 1.0)
    source = CameraSource(CameraOptions(97))
    with pytest.raises(CameraNotFoundError, match=r"Camera 97 gives no picture.*--source CLIP"):
        source.open()


def test_an_address_is_not_told_on():
    source = CameraSource(CameraOptions("http://user:secret@127.0.0.1/video"))
    assert "secret" not in source.name


def test_frames_out_of_order_do_not_turn_time_back():
    newest = NewestFrame()
    picture = np.zeros((2, 2, 3), dtype=np.uint8)
    taken = []
    for index, time_ms in enumerate([10, 40, 20, 40, 50]):
        newest.put(Frame(index, time_ms * 1_000_000, picture))
        frame = newest.take(0.0)
        if frame is not None:
            taken.append(frame.time_ns // 1_000_000)
    assert taken == [10, 40, 50]
    assert newest.refused == 2


def test_whoever_waits_is_woken_by_a_frame():
    newest = NewestFrame()
    frame = Frame(0, 1_000_000, np.zeros((2, 2, 3), dtype=np.uint8))
    threading.Timer(0.1, newest.put, [frame]).start()
    before = time.monotonic()
    assert newest.take(5.0) is frame
    assert time.monotonic() - before < 2
    assert newest.take(0.0) is None


def test_large_pictures_are_scaled_down():
    assert fitted(np.zeros((1080, 1920, 3), dtype=np.uint8)).shape == (720, 1280, 3)
    small = np.zeros((480, 640, 3), dtype=np.uint8)
    assert fitted(small) is small


# --------------------------------------------------------------------- the clip


def test_it_holds_at_neutral_until_a_movement_is_asked_for(clip):
    source = ClipPlayer(clip, fast=True)
    source.open()
    held = [brightness(frame) for frame in take(source, 60)]
    assert max(held) < 16.5
    assert np.abs(np.diff(held)).max() < 1.5  # back and forth, without a jump
    source.ask("flexion:trial:1")
    played = [brightness(frame) for frame in take(source, 40)]
    assert max(played) == pytest.approx(57, abs=1)
    assert min(number for number in played if number > 17) == pytest.approx(39, abs=1)
    source.close()


def test_going_back_in_the_clip_is_possible(clip):
    source = ClipPlayer(clip, fast=True)
    source.open()
    source.ask("flexion:trial:1")
    take(source, 50)
    source.ask("flexion:warm_up:1")
    played = [brightness(frame) for frame in take(source, 50)]
    assert max(played) == pytest.approx(36, abs=1)
    source.close()


def test_in_fast_mode_no_frame_is_left_out(clip):
    source = ClipPlayer(clip, fast=True)
    source.open()
    source.ask("flexion:trial:1")
    frames = take(source, 60)
    assert [frame.index for frame in frames] == list(range(1, 61))
    played = [round(brightness(frame)) for frame in frames if brightness(frame) > 37]
    assert played == list(range(39, 58))
    source.close()


def test_real_time_is_real_time(clip):
    source = ClipPlayer(clip)
    source.open()
    before = time.monotonic()
    frames = take(source, 20)
    lasted = time.monotonic() - before
    span_s = (frames[-1].time_ns - frames[0].time_ns) * 1e-9
    assert lasted == pytest.approx(span_s, abs=0.15)
    source.close()


def test_fast_waits_where_a_person_is_asked(clip):
    source = ClipPlayer(clip, fast=True)
    source.open()
    source.hurry(allowed=False)
    take(source, 3)
    before = time.monotonic()
    take(source, 15)
    assert time.monotonic() - before > 0.35
    source.close()


def test_without_cues_it_plays_through_once_neutral_is_asked_for(tmp_path):
    source = ClipPlayer(write_clip(tmp_path / "plain.mp4"), fast=True)
    source.open()
    assert max(brightness(frame) for frame in take(source, 50)) < 31.5
    source.ask(None)
    numbers = [round(brightness(frame)) for frame in take(source, 58)]
    assert numbers[-1] > 50
    give_up = time.monotonic() + 5
    while source.state is not SourceState.ENDED:
        assert time.monotonic() < give_up
        source.newest(0.1)
    source.close()


@pytest.mark.parametrize(
    ("step", "start_s"),
    [
        ("flexion:trial:1", 1.3),
        ("flexion:trial:3", 1.3),
        ("flexion:warm_up:2", 0.7),
        ("extension:trial:1", None),
    ],
)
def test_the_nearest_stretch_answers(clip, step, start_s):
    cue = answering_cue(read_cues(cue_file(clip)), step)
    assert (cue.start_s if cue else None) == start_s


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("a,b\n", "line 1: start_s,end_s,step"),
        ("start_s,end_s,step\nx,1,neutral\n", "line 2: start_s and end_s must be seconds"),
        ("start_s,end_s,step\n2,1,neutral\n", "line 2: end_s must come after"),
        ("start_s,end_s,step\n0,1,neutral\n1,2,nodding:trial:1\n", "line 3: 'nodding:trial:1' is no step"),
        ("start_s,end_s,step\n1,2,flexion:trial:1\n", "no line with the step neutral"),
    ],
)
def test_mistakes_of_a_cue_file_are_named(tmp_path, content, complaint):
    path = tmp_path / "x.cues.csv"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=complaint):
        read_cues(path)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.cues.csv")), ids=lambda path: path.stem)
def test_the_cues_of_the_samples_answer_a_session(path):
    cues = read_cues(path)
    kinds = {"full": 31, "quick": 7}["full" if "protocol" in path.name else "quick"]
    assert len(cues) == kinds
    assert all(after.start_s >= before.end_s for before, after in pairwise(cues))


# --------------------------------------------------------------- what a user types


@pytest.mark.parametrize("source", ["nothing.mp4", "camera", "-1"])
def test_what_is_neither_camera_nor_clip_is_refused(source):
    with pytest.raises(InputError, match="No camera and no clip"):
        open_live_source(source, size=(640, 480), fps=30, fast=False)


def test_a_person_cannot_be_hurried():
    with pytest.raises(NeckromError, match="--fast plays a clip faster"):
        open_live_source("0", size=(640, 480), fps=30, fast=True)


# ----------------------------------------------------- a picture that stands still


def noise(width: int, height: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "size", [(320, 240), (640, 360), (120, 160), (80, 60), (160, 100), (96, 120)], ids=str
)
def test_a_camera_that_changes_its_picture_size_shows_the_new_one(size):
    """Not the last one for ever, and none put together from both: larger, smaller, turned."""
    with streaming_camera([noise(160, 120, seed) for seed in range(5)]) as camera:
        source = CameraSource(CameraOptions(camera.url))
        try:
            source.open()
            take(source, 5)
            width, height = size
            camera.pictures = [noise(width, height, seed) for seed in range(5)]
            began = time.monotonic()
            while (shown := take(source, 1, 15)[0].image).shape[:2] != (height, width):
                assert time.monotonic() - began < 15
            nearest = min(np.abs(shown.astype(int) - other).mean() for other in camera.pictures)
            assert nearest < 60, "noise that was compressed, and no other picture"
        finally:
            source.close()


def test_the_same_picture_over_and_over_is_none():
    with streaming_camera([noise(160, 120, seed) for seed in range(5)]) as camera:
        source = CameraSource(CameraOptions(camera.url))
        try:
            source.open()
            take(source, 5)
            camera.pictures = [noise(160, 120, 9)]
            give_up = time.monotonic() + 15
            while source.state is not SourceState.LOST:
                assert time.monotonic() < give_up
                source.newest(0.1)
            assert source.newest(1.5) is None, "it is not taken for a new one either"
            camera.pictures = [noise(160, 120, seed) for seed in range(20, 25)]
            take(source, 5, 15)
            assert source.state is SourceState.RUNNING
        finally:
            source.close()


@pytest.mark.parametrize(
    ("size", "inner"),
    [((320, 240), (0, 0, 160, 120)), ((160, 90), (0, 15, 160, 105)), ((60, 120), (50, 0, 110, 120))],
    ids=str,
)
def test_a_picture_of_another_size_is_shown_whole_and_undistorted(size, inner):
    shown = framed(np.full((size[1], size[0], 3), 200, dtype=np.uint8), 160, 120)
    assert shown.shape == (120, 160, 3)
    left, top, right, bottom = inner
    assert (shown[top:bottom, left:right] == 200).all()
    assert shown.sum() == 200 * 3 * (right - left) * (bottom - top)
