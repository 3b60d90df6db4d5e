"""What every detector promises; the models and the replay are held to the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.errors import FrameMismatchError
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector, engine_identity
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.replay import ReplayDetector
from neckrom.landmarks.store import read_landmarks
from neckrom.types import Frame
from tests.landmarks.stretches import Stretch, series_of

BLANK_FROM = 24
"""From this frame on nobody is in the picture."""


def source() -> Stretch:
    numbers = iter(range(1000))

    def change(image):
        return image if next(numbers) < BLANK_FROM else np.full_like(image, 200)

    return Stretch(start_s=0.0, end_s=1.2, change=change)


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(source().frames())


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("detectors") / "landmarks.parquet"
    extract_to_file(source(), MediaPipeDetector, path)
    return path


@pytest.fixture(params=["models", "models, pose always", "replay"])
def detector(request, stored):
    match request.param:
        case "models":
            made = MediaPipeDetector()
        case "models, pose always":
            made = MediaPipeDetector(pose_every_frame=True)
        case _:
            made = ReplayDetector.open(stored)
    yield made
    made.close()


def test_keeps_what_it_promises(detector, frames):
    """In one run, because every run of the models costs a second."""
    seen = [detector.detect(frame) for frame in frames]
    for frame, landmarks in zip(frames, seen, strict=True):
        assert landmarks.time_ns == frame.time_ns
        assert (landmarks.face.shape, landmarks.face.dtype) == ((478, 3), np.float32)
        assert (landmarks.pose.shape, landmarks.pose.dtype) == ((33, 3), np.float32)
        assert (landmarks.pose_world.shape, landmarks.pose_world.dtype) == ((33, 3), np.float32)
        assert (landmarks.pose_visibility.shape, landmarks.pose_visibility.dtype) == ((33,), np.float32)
        for values in (landmarks.face, landmarks.pose, landmarks.pose_world, landmarks.pose_visibility):
            assert np.isfinite(values).all() or np.isnan(values).all(), "found or missing as a whole"
        pose_found = {bool(np.isfinite(v[0]).all()) for v in (landmarks.pose, landmarks.pose_world)}
        assert len(pose_found) == 1
        assert landmarks.pose_ran or not pose_found.pop()

    series = series_of(seen, 640, 480)
    assert series.face_found[:BLANK_FROM].all()
    assert not series.face_found[-8:].any(), "an empty picture has no face"
    assert series.faces[5] == 1
    assert series.faces[-1] == 0
    assert series.pose_found[:BLANK_FROM].sum() >= BLANK_FROM / 3
    # the face is upright, in the picture, and the person's left is to the right in it
    face = series.face[5]
    assert ((face[:, :2] > 0) & (face[:, :2] < (640, 480))).all()
    assert face[10, 1] < face[1, 1] < face[152, 1]
    assert face[33, 0] < face[1, 0] < face[263, 0]
    assert face[1, 2] < face[10, 2], "the nose is nearer than the forehead"
    pose = series.pose[np.flatnonzero(series.pose_found)[0]]
    assert pose[12, 0] < face[1, 0] < pose[11, 0]
    assert np.linalg.norm(pose[:11, :2].mean(axis=0) - face[:, :2].mean(axis=0)) < 60

    with pytest.raises(FrameMismatchError, match="time order"):
        detector.detect(frames[3])
    with pytest.raises(FrameMismatchError, match="time order"):
        detector.detect(frames[-1])
    detector.close()
    detector.close()
    with pytest.raises(FrameMismatchError, match="closed"):
        detector.detect(replace(frames[-1], time_ns=frames[-1].time_ns + 1))


def test_identity_is_complete(detector):
    identity = detector.identity
    assert identity.name == "mediapipe"
    assert identity.version == "0.10.21"
    assert len(identity.model_sha256) == 64
    assert identity.settings
    assert identity.model_sha256 == engine_identity().model_sha256


def test_replay_gives_what_the_models_saw(stored, frames):
    models, replay = MediaPipeDetector(), ReplayDetector.open(stored)
    for frame in frames:
        first, again = models.detect(frame), replay.detect(frame)
        for name in ("face", "pose", "pose_world", "pose_visibility", "motion", "motion_box"):
            assert getattr(first, name).tobytes() == getattr(again, name).tobytes(), name
        for name in ("tracks", "chest_tracks"):
            points, replayed = getattr(first, name), getattr(again, name)
            if points is None:  # not followed in this frame
                assert np.isnan(replayed).all()
            else:
                assert points.tobytes() == replayed.tobytes(), name
        assert (first.faces, first.pose_ran) == (again.faces, again.pose_ran)
    assert replay.identity == models.identity
    models.close()
    replay.close()


def test_replay_refuses_another_clip(stored, frames):
    replay = ReplayDetector.open(stored)
    replay.detect(frames[0])
    with pytest.raises(FrameMismatchError, match="another clip"):
        replay.detect(replace(frames[1], time_ns=frames[1].time_ns + 1))


def test_pixels_are_those_of_the_bare_models(frames):
    """Nothing is filtered, shifted or scaled on the way out of the models."""
    from mediapipe.python import solutions  # noqa: PLC0415

    ours = MediaPipeDetector(pose_every_frame=True)
    face = solutions.face_mesh.FaceMesh(
        refine_landmarks=True, min_detection_confidence=0.3, min_tracking_confidence=0.1
    )
    pose = solutions.pose.Pose(model_complexity=1, smooth_landmarks=False)
    for frame in frames[:12]:
        seen = ours.detect(frame)
        bare = face.process(frame.image).multi_face_landmarks[0].landmark
        expected = [[p.x * 640, p.y * 480, p.z * 640] for p in bare]
        np.testing.assert_array_equal(seen.face, np.array(expected).astype(np.float32))
        found = pose.process(frame.image)
        expected = [[p.x * 640, p.y * 480, p.z * 640] for p in found.pose_landmarks.landmark]
        np.testing.assert_array_equal(seen.pose, np.array(expected).astype(np.float32))
        expected = [[p.x, p.y, p.z] for p in found.pose_world_landmarks.landmark]
        np.testing.assert_array_equal(seen.pose_world, np.array(expected).astype(np.float32))
    for model in (ours, face, pose):
        model.close()


def test_stored_series_says_in_which_picture_its_pixels_count(stored):
    series, header = read_landmarks(stored)
    assert (series.width, series.height) == (header.source.width, header.source.height) == (640, 480)
