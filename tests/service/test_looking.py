"""Which way up a picture is, and which of several tracks is measured."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from neckrom.errors import InputError
from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import FaceFinder
from neckrom.service.looking import Choice, look_over, small_person
from tests.frames.recordings import SAMPLES, picture, write_clip, write_folder


class Corner:
    """Sees its "person" upright where the bright corner of the test picture is at the upper left."""

    def __init__(self, upright: float = 0.9, otherwise: float = 0.3) -> None:
        self.upright, self.otherwise, self.asked = upright, otherwise, 0

    def score(self, image: np.ndarray) -> float:
        self.asked += 1
        height, width = image.shape[:2]
        return self.upright if image[height // 8, width // 8, :2].sum() > 468 else self.otherwise


def turned_clip(path: Path, quarters: int) -> Path:
    return write_clip(path, [np.ascontiguousarray(np.rot90(picture(n), quarters)) for n in range(30)])


@pytest.mark.parametrize("quarters", range(4))
def test_a_picture_is_turned_until_the_person_is_upright(tmp_path, quarters):
    path = turned_clip(tmp_path / "a.mp4", quarters)
    choice = look_over(path, Corner(), None)
    assert choice.turned_deg == 90 * quarters
    assert choice.track is None
    assert (choice.notes == ()) == (quarters == 0)
    if quarters:
        assert "--rotate 0" in choice.notes[0]
        frame = next(open_source(path, turned_deg=choice.turned_deg).frames())
        assert abs(frame.image.astype(float) - picture(0)).mean() < 8


def test_an_upright_picture_is_not_tried_in_other_ways(tmp_path):
    scorer = Corner()
    look_over(turned_clip(tmp_path / "a.mp4", 0), scorer, None)
    assert scorer.asked <= 8


@pytest.mark.parametrize("rotate_deg", [0, 90, 180, 270])
def test_what_the_user_says_counts(tmp_path, rotate_deg):
    choice = look_over(turned_clip(tmp_path / "a.mp4", 2), Corner(), rotate_deg)
    assert (choice.turned_deg, choice.notes) == (rotate_deg, ())


@pytest.mark.parametrize(("upright", "otherwise"), [(0.3, 0.0), (0.6, 0.5)])
def test_what_is_not_clear_is_left_as_it_is(tmp_path, upright, otherwise):
    choice = look_over(turned_clip(tmp_path / "a.mp4", 1), Corner(upright, otherwise), None)
    assert (choice.turned_deg, choice.notes) == (0, ())


def test_what_is_doubtful_is_said(tmp_path):
    choice = look_over(turned_clip(tmp_path / "a.mp4", 2), Corner(0.45, 0.2), None)
    assert choice.turned_deg == 0
    assert "stands on its head" in choice.notes[0]
    assert "--rotate 180" in choice.notes[0]


def test_a_folder_of_pictures(tmp_path):
    folder = write_folder(tmp_path / "a", 5)
    assert look_over(folder, Corner(), None).turned_deg == 0


def test_what_cannot_be_opened_is_refused_as_ever(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        look_over(tmp_path / "a.mp4", Corner(), None)


def two_tracks(path: Path, first: np.ndarray, second: np.ndarray) -> Path:
    with av.open(str(path), "w") as container:
        streams = []
        for image in (first, second):
            stream = container.add_stream("libx264", rate=10)
            stream.height, stream.width = image.shape[:2]
            stream.pix_fmt = "yuv420p"
            streams.append(stream)
        for stream, image in zip(streams, (first, second), strict=True):
            for number in range(12):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 10)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


class TestSmallPeople:
    class Red:
        """Sees its person where a good part of the picture is red."""

        def score(self, image: np.ndarray) -> float:
            return 0.9 if (image[..., 0].astype(int) - image[..., 2] > 120).mean() > 0.08 else 0.0

    def clip(self, path: Path, x: int, y: int) -> Path:
        image = np.full((720, 1280, 3), 60, dtype=np.uint8)
        image[y : y + 90, x : x + 90] = (230, 40, 40)
        return write_clip(path, [image] * 5)

    def test_where_to_cut_is_said(self, tmp_path):
        path = self.clip(tmp_path / "a.mp4", 900, 400)
        hint = small_person(path, self.Red(), Choice())
        assert "too small in the picture" in hint
        width, height, left, top = (
            float(part.split("*")[1]) for part in hint.split("crop=")[1].split()[0].split(":")
        )
        assert left * 1280 <= 900
        assert (left + width) * 1280 >= 990
        assert top * 720 <= 400
        assert (top + height) * 720 >= 490

    def test_nobody_is_nowhere(self, tmp_path):
        path = write_clip(tmp_path / "a.mp4", [np.full((240, 320, 3), 60, dtype=np.uint8)] * 5)
        assert small_person(path, self.Red(), Choice()) == ""


class TestTracks:
    person, nobody = picture(0), np.zeros((128, 192, 3), dtype=np.uint8)

    def test_the_one_that_shows_a_person(self, tmp_path):
        path = two_tracks(tmp_path / "a.mp4", self.person, self.nobody)
        choice = look_over(path, Corner(0.9, 0.0), None)
        assert choice.track == 0
        assert (
            "2 tracks with a moving picture: track 1 was measured (it is the one that shows"
            in choice.notes[0]
        )

    def test_of_two_that_do_the_larger(self, tmp_path):
        large = picture(0, 192, 128)
        choice = look_over(two_tracks(tmp_path / "a.mkv", self.person, large), Corner(), None)
        assert choice.track == 1
        assert "2 of them show a person" in choice.notes[0]

    def test_of_none_that_does_the_larger(self, tmp_path):
        small = np.zeros((64, 96, 3), dtype=np.uint8)
        choice = look_over(two_tracks(tmp_path / "a.mkv", small, self.nobody), Corner(0.9, 0.0), None)
        assert choice.track == 1
        assert "none of them clearly shows a person" in choice.notes[0]


@pytest.fixture(scope="module")
def finder():
    found = FaceFinder()
    yield found
    found.close()


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("name", ["chidi_deficit", "bruno_moderate"])
def test_real_detection_tells_which_way_is_up(tmp_path, finder, name, quarters):
    source = open_source(SAMPLES / f"{name}.mp4", max_side=320)
    images = [frame.image for number, frame in enumerate(source.frames()) if number % 60 == 0][:8]
    source.close()
    turned = [np.ascontiguousarray(np.rot90(image, quarters)) for image in images]
    path = write_clip(tmp_path / "a.mp4", turned, ticks=[300 * number for number in range(len(turned))])
    assert look_over(path, finder, None).turned_deg == 90 * quarters


def test_a_side_view_is_left_as_it_is(finder):
    assert look_over(SAMPLES / "chidi_side.mp4", finder, None).turned_deg == 0
