"""One person is followed, whoever else is in the picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from neckrom.landmarks.following import HeadBox, PersonFollower, box_of, without_others
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.notes import LandmarkNotes
from neckrom.types import Frame
from tests.landmarks.stretches import SAMPLES, Stretch, landmark_frame

MINE = HeadBox(300, 200, 100)
STRANGER = HeadBox(520, 210, 80)


def ns(seconds: float) -> int:
    return round(seconds * 1e9)


class TestFollower:
    def test_starts_with_the_largest_face(self):
        follower = PersonFollower()
        follower.take_look(0, [STRANGER, MINE])
        assert follower.followed == MINE
        assert follower.others == (STRANGER,)
        assert not follower.take_face(0, STRANGER)
        assert follower.take_face(ns(0.03), MINE)

    def test_follows_a_moving_head_past_a_still_one(self):
        follower = PersonFollower()
        follower.take_look(0, [MINE, STRANGER])
        for number, x in enumerate(np.linspace(300, 440, 40)):
            face = HeadBox(float(x), 200, 100)
            assert follower.take_face(ns(number / 30), face)
            if number % 8 == 7:
                follower.take_look(ns(number / 30), [face, STRANGER])
        assert follower.followed.x == 440
        assert follower.others == (STRANGER,)

    def test_a_lost_face_is_not_replaced_by_the_other_however_long_it_is_gone(self):
        follower = PersonFollower()
        follower.take_look(0, [MINE, STRANGER])
        follower.take_face(0, MINE)
        for number in range(1, 300):
            if follower.look_due(ns(number / 30)):
                follower.take_look(ns(number / 30), [STRANGER])
            assert not follower.take_face(ns(number / 30), STRANGER), f"{number / 30:.1f} s"
        assert follower.take_face(ns(10), HeadBox(310, 190, 100))

    def test_alone_a_head_that_went_elsewhere_while_unseen_is_found_again(self):
        follower = PersonFollower()
        follower.take_look(0, [MINE])
        follower.take_face(0, MINE)
        elsewhere = HeadBox(620, 240, 100)
        accepted = [number for number in range(1, 120) if follower.take_face(ns(number / 30), elsewhere)]
        assert accepted[0] / 30 < 2
        assert follower.others == ()

    def test_what_was_no_face_at_the_start_is_given_up(self):
        follower = PersonFollower()
        follower.take_look(0, [HeadBox(50, 50, 150)])
        assert not follower.take_face(ns(0.5), MINE)
        assert follower.take_face(ns(1.2), MINE)

    def test_others_are_forgotten_when_they_have_left(self):
        follower = PersonFollower()
        follower.take_look(0, [MINE, STRANGER])
        follower.take_face(0, MINE)
        follower.take_look(ns(1), [MINE])
        assert follower.others == (STRANGER,)
        follower.take_look(ns(2.5), [MINE])
        assert follower.others == ()

    def test_small_faces_far_behind_do_not_count(self):
        follower = PersonFollower()
        follower.take_look(0, [MINE, HeadBox(500, 100, 20)])
        assert follower.others == ()

    def test_looks_once_a_second_and_more_often_with_company(self):
        def looks(faces) -> int:
            follower, count = PersonFollower(), 0
            for number in range(90):
                if follower.look_due(ns(number / 30)):
                    follower.take_look(ns(number / 30), faces)
                    count += 1
                follower.take_face(ns(number / 30), MINE)
            return count

        assert looks([MINE]) == 3
        assert looks([MINE, STRANGER]) > 8


class TestPicture:
    image = np.random.default_rng(0).integers(130, 255, (480, 640, 3), dtype=np.uint8)

    def test_alone_the_picture_is_left_as_it_is(self):
        assert without_others(self.image, MINE, ()) is self.image

    @pytest.mark.parametrize("other", [STRANGER, HeadBox(80, 260, 120), HeadBox(600, 100, 90)])
    def test_the_other_is_gone_and_the_person_stays_whole(self, other):
        shown = without_others(self.image, MINE, (other,))
        half = int(other.size / 2)
        column, row = int(other.x), int(other.y)
        assert (shown[row - half : row + half, max(0, column - half) : column + half] == 128).all()
        reach = int(abs(other.x - MINE.x) / 2) - 1
        own = np.s_[:, int(MINE.x) - reach : int(MINE.x) + reach]
        assert np.array_equal(shown[own], self.image[own])
        assert (self.image != 128).all(), "the original is not touched"

    def test_someone_looking_over_the_shoulder(self):
        shown = without_others(self.image, MINE, (HeadBox(330, 110, 60),))
        assert (shown[80:120, 310:350] == 128).all()
        own = np.s_[150:250, 250:350]
        assert np.array_equal(shown[own], self.image[own])


def test_box_of_missing_points_is_none():
    assert box_of(np.full((478, 3), np.nan, dtype=np.float32)) is None
    box = box_of(np.array([[10, 20, 0], [30, 80, 5]], dtype=np.float32))
    assert (box.x, box.y, box.size) == (20, 50, 60)


def two_people(stretch_s: tuple[float, float], own_left: bool):
    """Someone who turns far enough to be lost, and beside her a man who is nearer to the camera."""
    mine = Stretch(SAMPLES / "anna_full.mp4", *stretch_s).frames()
    other = Stretch(SAMPLES / "bruno_moderate.mp4", 0.0, 60.0).frames()
    for one, two in zip(mine, other, strict=False):
        small = np.full_like(two.image, 90)
        small[240:, 160:480] = two.image[::2, ::2]  # half the size: she is the one to follow
        halves = (one.image, small) if own_left else (small, one.image)
        yield Frame(one.index, one.time_ns, np.ascontiguousarray(np.concatenate(halves, axis=1)))


@pytest.mark.parametrize("own_left", [True, False], ids=["left", "right"])
def test_models_stay_with_the_same_person_while_her_face_is_lost(own_left):
    detector, notes = MediaPipeDetector(), LandmarkNotes()
    lost = found = 0
    for frame in two_people((9.8, 13.0), own_left):
        seen = detector.detect(frame)
        notes.take(seen)
        own = (0, 640) if own_left else (640, 1280)
        for points in (seen.face[:, 0], seen.pose[:13, 0]):
            if np.isfinite(points[0]):
                assert own[0] - 20 <= np.median(points) <= own[1] + 20, f"frame {frame.index}"
        found += np.isfinite(seen.face[0, 0])
        lost += not np.isfinite(seen.face[0, 0])
    detector.close()
    assert found > 15
    assert lost > 10, "this stretch is to have frames in which only the other face is to be seen"
    assert "Several people in view (up to 2 faces, first at 9.8 s)" in notes.notices()[0]


class TestNotes:
    @staticmethod
    def said(frames) -> tuple[str, ...]:
        notes = LandmarkNotes()
        for frame in frames:
            notes.take(frame)
        return notes.notices()

    @staticmethod
    def lost(numbers) -> list:
        nobody = np.full((478, 3), np.nan, dtype=np.float32)
        return [landmark_frame(number, face=nobody, faces=0) for number in numbers]

    @staticmethod
    def seen(numbers, faces=1) -> list:
        face = landmark_frame(0).face
        return [landmark_frame(number, face=face, faces=faces) for number in numbers]

    def test_nothing_unusual(self):
        assert self.said(itertools.chain(self.seen(range(100)), self.lost(range(100, 140)))) == ()
        assert self.said([]) == ()

    def test_a_long_loss_with_its_place(self):
        frames = [*self.seen(range(60)), *self.lost(range(60, 151)), *self.seen(range(151, 200))]
        assert self.said(frames)[0].startswith("No face for 3.0 s from 2.0 s (46 % of all frames")

    def test_a_loss_to_the_end(self):
        assert "3.1 s from 2.0 s" in self.said([*self.seen(range(60)), *self.lost(range(60, 154))])[0]

    def test_someone_passing_for_a_moment_is_not_worth_a_note(self):
        assert self.said([*self.seen(range(60)), *self.seen(range(60, 70), faces=2)]) == ()
        assert "up to 3 faces" in self.said([*self.seen(range(60)), *self.seen(range(60, 90), faces=3)])[0]
