"""Undoing the mirroring of a recording."""

from __future__ import annotations

import numpy as np
import pytest

from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.mirror import mirror_series
from neckrom.landmarks.symmetry import FACE_OPPOSITE, POSE_OPPOSITE
from tests.landmarks.stretches import Stretch, landmark_frame, series_of

NAMED_FACE_PAIRS = {33: 263, 133: 362, 61: 291, 234: 454, 127: 356, 105: 334, 468: 473, 469: 476, 471: 474}
MIDDLE = (1, 4, 10, 13, 14, 152, 168)
LISTS = ("face", "pose", "pose_visibility", "pose_world", "motion", "motion_box", "tracks", "chest_tracks")


@pytest.mark.parametrize("opposite", [FACE_OPPOSITE, POSE_OPPOSITE], ids=["face", "pose"])
def test_the_opposite_of_the_opposite_is_the_point_itself(opposite):
    assert np.array_equal(opposite[opposite], np.arange(len(opposite)))


def test_known_pairs_and_the_middle_line():
    for one, other in NAMED_FACE_PAIRS.items():
        assert FACE_OPPOSITE[one] == other
    assert all(FACE_OPPOSITE[point] == point for point in MIDDLE)
    assert (np.arange(478) == FACE_OPPOSITE).sum() == 28
    assert POSE_OPPOSITE[0] == 0
    assert [POSE_OPPOSITE[n] for n in (2, 7, 9, 11, 23)] == [5, 8, 10, 12, 24]


def test_mirroring_twice_gives_the_series_back():
    series = series_of([landmark_frame(number) for number in range(20)])
    twice = mirror_series(mirror_series(series))
    for name in LISTS:
        np.testing.assert_allclose(getattr(twice, name), getattr(series, name), atol=1e-4, rtol=0)
        assert not np.allclose(getattr(mirror_series(series), name), getattr(series, name), equal_nan=True), (
            name
        )


def test_nothing_but_points_changes():
    series = series_of([landmark_frame(number) for number in range(20)])
    mirrored = mirror_series(series)
    for name in ("time_ns", "faces", "pose_ran", "width", "height"):
        assert np.array_equal(getattr(mirrored, name), getattr(series, name))
    assert np.array_equal(mirrored.face_found, series.face_found)


def test_followed_points_keep_their_numbers_and_swap_sides():
    series = series_of([landmark_frame(number) for number in range(3)])
    mirrored = mirror_series(series)
    for name in ("tracks", "chest_tracks"):
        plain, swapped = getattr(series, name), getattr(mirrored, name)
        np.testing.assert_array_equal(swapped[..., 0], plain[..., 0])
        np.testing.assert_array_equal(swapped[..., 1], np.float32(640) - plain[..., 1])
        np.testing.assert_array_equal(swapped[..., 2], plain[..., 2])


def detected(**settings):
    detector = MediaPipeDetector(pose_every_frame=True)
    frames = [detector.detect(frame) for frame in Stretch(start_s=12.4, end_s=13.8, **settings).frames()]
    detector.close()
    return series_of(frames)


def test_a_clip_that_was_really_flipped_reads_alike():
    plain = detected()
    flipped = mirror_series(detected(change=lambda image: image[:, ::-1]))
    wrong_way = mirror_series(flipped)
    face_size = np.ptp(plain.face[..., 1], axis=1).mean()

    def difference(name: str) -> float:
        return float(np.nanmedian(np.abs(getattr(plain, name) - getattr(flipped, name))[..., :2]))

    assert difference("face") < 0.01 * face_size
    assert difference("pose") < 0.06 * face_size
    assert difference("pose_world") < 0.05
    assert difference("motion") < 0.2
    assert difference("motion_box") < 0.06 * face_size
    # every single point is nearest to its own number, not to its neighbour's
    per_point = np.nanmedian(np.linalg.norm(plain.face - flipped.face, axis=2), axis=0)
    assert per_point.max() < 0.03 * face_size
    assert np.nanmedian(np.abs(plain.face - wrong_way.face)[..., 0]) > 0.2 * face_size
