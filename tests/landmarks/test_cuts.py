"""Cuts in a recording: found where picture and face change together, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from neckrom.frames import open_source
from neckrom.landmarks.cuts import CutWatch
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.store import read_landmarks
from tests.frames.recordings import write_clip
from tests.landmarks.stretches import SAMPLES, landmark_frame

STEP_NS = 33_333_333
CUT = 30


def room(seed: int) -> np.ndarray:
    """A picture with large things in it."""
    blocks = np.random.default_rng(seed).integers(20, 230, (12, 16, 3)).astype(np.uint8)
    return np.kron(blocks, np.ones((20, 20, 1), dtype=np.uint8))


def face_at(x: float, y: float = 120.0, size: float = 80.0) -> np.ndarray:
    points = np.random.default_rng(7).uniform(-0.5, 0.5, (478, 3))
    return (points * size + [x, y, 0.0]).astype(np.float32)


def cuts_of(pictures, faces) -> tuple[int, ...]:
    """Numbers of the first pictures after cuts."""
    watch = CutWatch()
    base = landmark_frame(0)
    for number, (image, face) in enumerate(zip(pictures, faces, strict=True)):
        watch.look(number * STEP_NS, image)
        missing = np.full_like(base.face, np.nan)
        watch.take(number * STEP_NS, missing if face is None else face)
    return tuple(round(time_ns / STEP_NS) for time_ns in watch.cuts_ns())


def noisy(picture: np.ndarray, number: int) -> np.ndarray:
    noise = np.random.default_rng(number).normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def swayed(x: float, number: int) -> np.ndarray:
    return face_at(x + 0.1 * np.sin(number))


STILL = [swayed(160, number) for number in range(60)]


def test_another_room_and_face():
    pictures = [noisy(room(1 if number < CUT else 2), number) for number in range(60)]
    faces = [*STILL[:CUT], *(swayed(190, number) for number in range(CUT, 60))]
    assert cuts_of(pictures, faces) == (CUT,)


def test_the_face_is_lost_at_the_cut():
    pictures = [noisy(room(1 if number < CUT else 2), number) for number in range(60)]
    assert cuts_of(pictures, [*STILL[:CUT], *[None] * 6, *STILL[CUT + 6 :]]) == (CUT,)


def test_every_cut_is_named():
    pictures = [noisy(room(number // 20), number) for number in range(60)]
    faces = [swayed(100 + 40 * (number // 20), number) for number in range(60)]
    assert cuts_of(pictures, faces) == (20, 40)


def test_a_cut_while_the_head_is_on_its_way():
    """Where the whole room changes, the face need not jump further than it has just moved."""
    pictures = [noisy(room(1 if number < CUT else 2), number) for number in range(60)]
    faces = [face_at(100.0 + 8.0 * abs(number % 10 - 5)) for number in range(60)]
    assert cuts_of(pictures, faces) == (CUT,)


@pytest.mark.parametrize("gain", [0.3, 2.0])
def test_a_light_that_is_switched_is_no_cut(gain):
    lamp = np.linspace(gain, 1, 320)[None, :, None]
    pictures = [
        noisy(np.clip(room(1) * (1 if number < CUT else lamp), 0, 255), number) for number in range(60)
    ]
    assert cuts_of(pictures, STILL) == ()


def test_another_room_behind_a_face_that_keeps_still_is_no_cut():
    pictures = [noisy(room(1 if number < CUT else 2), number) for number in range(60)]
    assert cuts_of(pictures, STILL) == ()


def test_a_single_damaged_picture_is_no_cut():
    pictures = [noisy(room(2 if number == CUT else 1), number) for number in range(60)]
    faces = [swayed(190 if number == CUT else 160, number) for number in range(60)]
    assert cuts_of(pictures, faces) == ()


def test_a_head_that_moves_fast_is_no_cut():
    pictures = []
    for number in range(60):
        picture = room(1).copy()
        x = 60 + 3 * number
        picture[60:180, x : x + 90] = (200, 150, 120)
        pictures.append(noisy(picture, number))
    assert cuts_of(pictures, [face_at(100 + 3 * number) for number in range(60)]) == ()


def test_pictures_far_apart_in_time_may_differ():
    watch = CutWatch()
    for number in range(20):
        watch.look(number * 10**9, room(number))
    assert watch.cuts_ns() == ()


def test_two_people_joined_in_one_clip(tmp_path):
    """Their faces are in the same place: only their shape and the room differ."""
    pictures = []
    for name in ("bruno_moderate", "chidi_deficit"):
        source = open_source(SAMPLES / f"{name}.mp4")
        frames = source.frames()
        pictures += [next(frames).image for _ in range(25)]
        frames.close()
        source.close()
    source = open_source(write_clip(tmp_path / "a.mp4", pictures))
    extract_to_file(source, MediaPipeDetector, tmp_path / "a.parquet")
    source.close()
    _, header = read_landmarks(tmp_path / "a.parquet")
    (cut_ns,) = header.cuts_ns
    assert cut_ns == pytest.approx(25 / 30 * 1e9, abs=2e6)
