"""The set-up check: what it advises, and that it advises nothing where all is well, whoever sits there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.frames import open_source
from neckrom.kinematics.camera import pinhole
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.live.checks import CheckSettings, check_setup, light_of
from neckrom.live.keys import Key
from neckrom.live.orientation import CausalOrientation
from neckrom.live.pace import Pace, PaceWatch
from tests.conftest import SAMPLES

PEOPLE = ("anna_full", "bruno_moderate", "chidi_deficit", "mei_trunkcomp")


class Scene:
    """One picture of a person, and what can be changed about it."""

    def __init__(self, name: str) -> None:
        source, detector = open_source(SAMPLES / f"{name}.mp4"), MediaPipeDetector()
        for frame in source.frames():
            self.landmarks = detector.detect(frame)
            self.image = frame.image
            if frame.index == 2:
                break
        detector.close()
        source.close()
        self.shoulders = self.landmarks.pose[[11, 12], :2].astype(np.float64)
        if not np.isfinite(self.shoulders).all():  # the pose is not looked for in every frame
            self.shoulders = np.array([[430.0, 340.0], [210.0, 340.0]])
        height, width = self.image.shape[:2]
        camera = CausalOrientation(pinhole(width, height))
        self.facing = camera.facing(self.landmarks)[0]

    def advice(
        self, *, landmarks=None, image=None, shoulders="as seen", facing=None, fps=30.0, camera_fps=None
    ) -> list[str]:
        image = self.image if image is None else image
        landmarks = landmarks or self.landmarks
        checks = check_setup(
            landmarks,
            facing or self.facing,
            light_of(image, landmarks),
            size=(image.shape[1], image.shape[0]),
            pace=Pace(fps, camera_fps or fps),
            shoulders=self.shoulders if isinstance(shoulders, str) else shoulders,
            settings=CheckSettings(),
        )
        assert len(checks) == 11
        return [check.advice.key for check in checks if check.status == "bad" and check.advice]

    def moved(self, *, by=(0.0, 0.0), larger=1.0):
        face = self.landmarks.face.copy()
        middle = face[:, :2].mean(axis=0)
        face[:, :2] = (face[:, :2] - middle) * larger + middle + by
        return replace(self.landmarks, face=face)


@pytest.fixture(scope="module")
def anna():
    return Scene("anna_full")


@pytest.mark.parametrize("name", PEOPLE)
def test_a_good_set_up_is_good_for_everyone(name):
    """Skin is dark or light: neither is a problem of the light."""
    assert Scene(name).advice() == []


def test_the_gravest_stands_first(anna):
    landmarks = replace(anna.moved(by=(240, 0), larger=0.4), faces=2)
    assert anna.advice(landmarks=landmarks, shoulders=None)[:3] == [
        Key.ADVICE_ALONE,
        Key.ADVICE_SHOULDERS,
        Key.ADVICE_TOO_FAR,
    ]


def test_nobody_there(anna):
    nobody = replace(anna.landmarks, face=np.full_like(anna.landmarks.face, np.nan), faces=0)
    assert anna.advice(landmarks=nobody, fps=float("nan")) == [Key.ADVICE_PERSON]


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"by": (0, -140)}, Key.ADVICE_HEAD_ROOM),
        ({"larger": 0.45}, Key.ADVICE_TOO_FAR),
        ({"larger": 2.6}, Key.ADVICE_TOO_NEAR),
        ({"by": (170, 0)}, Key.ADVICE_MOVE_RIGHT),
        ({"by": (-170, 0)}, Key.ADVICE_MOVE_LEFT),
    ],
)
def test_seat(anna, changes, advice):
    assert advice in anna.advice(landmarks=anna.moved(**changes))


@pytest.mark.parametrize(
    ("facing", "advice"),
    [
        ((0.0, 12.0, 0.0), Key.ADVICE_LEVEL),
        ((0.0, -12.0, 0.0), Key.ADVICE_LEVEL),
        ((-30.0, 0.0, 0.0), Key.ADVICE_CAMERA_UP),
        ((30.0, 0.0, 0.0), Key.ADVICE_CAMERA_DOWN),
    ],
)
def test_camera(anna, facing, advice):
    assert anna.advice(facing=facing) == [advice]


def test_shoulders_must_be_in_the_picture(anna):
    outside = anna.shoulders + np.array([[260.0, 0.0], [0.0, 0.0]])
    assert anna.advice(shoulders=outside) == [Key.ADVICE_SHOULDERS]


def test_light(anna):
    dark = (anna.image * 0.1).astype(np.uint8)
    assert Key.ADVICE_DARK in anna.advice(image=dark)
    bright = np.clip(anna.image.astype(int) + 150, 0, 255).astype(np.uint8)
    assert Key.ADVICE_BRIGHT in anna.advice(image=bright)
    low, high = anna.landmarks.face[:, :2].min(axis=0).astype(int), anna.landmarks.face[:, :2].max(axis=0)
    behind = np.full_like(anna.image, 230)
    face = np.s_[low[1] : int(high[1]) + 1, low[0] : int(high[0]) + 1]
    behind[face] = (anna.image[face] * 0.2).astype(np.uint8)
    assert Key.ADVICE_BACKLIGHT in anna.advice(image=behind)
    flat = np.full_like(anna.image, 128)
    assert anna.advice(image=flat) == [Key.ADVICE_CONTRAST]


@pytest.mark.parametrize(("fps", "good"), [(5.0, False), (14.0, False), (15.0, True), (29.0, True)])
def test_frame_rate(anna, fps, good):
    assert (anna.advice(fps=fps) == []) is good


def test_whoever_is_slow_is_named(anna):
    assert anna.advice(fps=8.0, camera_fps=8.4) == [Key.ADVICE_CAMERA_SLOW], "the camera gives no more"
    assert anna.advice(fps=8.0, camera_fps=30.0) == [Key.ADVICE_COMPUTER_SLOW], "the computer leaves some out"


@pytest.mark.parametrize(("every", "cause"), [(1, "camera"), (3, "computer")])
def test_pictures_that_were_left_out_show_in_their_numbers(every, cause):
    watch, interval_s = PaceWatch(), {"camera": 0.125, "computer": 1 / 30}[cause]
    for number in range(0, 200, every):
        watch.take(number * interval_s, number)
    assert watch.now.camera_fps == pytest.approx(1 / interval_s)
    assert watch.now.fps == pytest.approx(1 / interval_s / every)
    assert watch.now.cause == cause
