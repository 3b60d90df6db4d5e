"""Whole bodies from pictures to their file: order, threads, what is said, what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.errors import LandmarkFileError, NoBodyError
from neckrom.frames import open_source
from neckrom.landmarks.body_engine import BodyFinder, BodyPoseDetector, StillPoseDetector, body_identity
from neckrom.landmarks.body_notes import BodyNotes
from neckrom.landmarks.body_pipeline import extract_bodies, extract_bodies_to_file
from neckrom.landmarks.body_store import BODY_TABLE, BodyWriter, is_body_file, read_bodies
from neckrom.landmarks.boxes import BodyBox, body_box, without_body
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.landmarks.scene import CameraTravel
from neckrom.landmarks.store import LandmarkWriter, read_landmarks
from tests.landmarks import stretches
from tests.landmarks.bodies import IDENTITY, INFO, SAMPLES, Pictures, Scripted, body_frame, run_series

GREY = np.full((48, 64, 3), 90, dtype=np.uint8)
STILL = CameraTravel(0.0, 0.0, 0.0, 10)


class Sink(list):
    def write(self, frame):
        self.append(frame)


class Stretch:
    """The first frames of the sample run."""

    def __init__(self, count: int) -> None:
        self._source, self._count = open_source(SAMPLES / "run_side.mp4"), count
        self.info, self.warnings = self._source.info, ()

    def frames(self):
        for frame in self._source.frames():
            if frame.index == self._count:
                return
            yield frame


@pytest.fixture
def stored(tmp_path) -> Path:
    path = tmp_path / "landmarks.parquet"
    with BodyWriter(path, INFO) as writer:
        for number in range(12):
            writer.write(body_frame(number, found=number != 5))
        writer.finish(IDENTITY, ("said",))
    return path


# ------------------------------------------------------------------- pipeline


def test_frames_are_dealt_out_in_turn_and_come_back_in_order():
    detectors = []

    def make():
        detectors.append(Scripted())
        return detectors[-1]

    sink = Sink()
    result = extract_bodies(Pictures([GREY] * 21), make, sink)
    assert [frame.time_ns for frame in sink] == [body_frame(n).time_ns for n in range(21)]
    assert [one.seen for one in detectors] == [list(range(0, 21, 2)), list(range(1, 21, 2))]
    assert all(one.closed for one in detectors)
    assert result.frames == result.frames_with_body == 21
    assert result.detector.settings == "none; 2 trackers in turn"


def test_an_error_of_a_tracker_ends_all_and_leaves_no_file(tmp_path):
    detectors = []

    def make():
        detectors.append(Scripted(fails_at=7))
        return detectors[-1]

    with pytest.raises(RuntimeError, match="broken"):
        extract_bodies_to_file(Pictures([GREY] * 40), make, tmp_path / "l.parquet")
    assert all(one.closed for one in detectors)
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_an_error_that_says_what_has_to_be_in_the_picture(tmp_path):
    with pytest.raises(NoBodyError, match=r"any of the 9 frames of clip.*head to feet"):
        extract_bodies_to_file(Pictures([GREY] * 9), lambda: Scripted(found=False), tmp_path / "l.parquet")
    assert list(tmp_path.iterdir()) == []


class Somebody:
    """A finder that sees somebody else from the third look on."""

    def __init__(self) -> None:
        self.looks = 0

    def find_other(self, picture, mine):
        self.looks += 1
        return BodyBox(0, 0, 40, 0.6 * mine.height) if self.looks >= 3 else None


def test_somebody_else_is_looked_for_once_a_second_and_counted():
    finder, sink = Somebody(), Sink()
    result = extract_bodies(Pictures([GREY] * 160), Scripted, sink, finder=finder)
    assert finder.looks == 6
    assert [frame.people for frame in sink][::30] == [1, 1, 1, 2, 2, 2]
    (notice,) = [text for text in result.warnings if getattr(text, "key", "") == "several_bodies"]
    assert notice.values["percent"] == pytest.approx(100 * 4 / 6)


def test_real_models_see_the_runner_the_same_way_each_time(tmp_path):
    finder = BodyFinder()
    sinks = [Sink(), Sink()]
    for sink in sinks:
        result = extract_bodies(Stretch(10), BodyPoseDetector, sink, finder=finder)
    finder.close()
    assert result.warnings == ()
    for one, other in zip(*sinks, strict=True):
        np.testing.assert_array_equal(one.pose, other.pose)
    kept = run_series()
    assert {frame.people for frame in sinks[0]} == {1}
    drawn = np.array([frame.pose[:, :2] for frame in sinks[0]])
    # other processors round otherwise: a pixel, not a leg
    assert np.median(np.abs(drawn - kept.pose[:10, :, :2])) < 1.0


def test_a_picture_is_shown_until_the_window_has_settled():
    frame = next(iter(open_source(SAMPLES / "run_side.mp4").frames()))
    still = StillPoseDetector()
    one, two = still.detect(frame), still.detect(frame)
    np.testing.assert_array_equal(one.pose, two.pose)
    assert body_box(one.pose).height > 400
    assert "4 passes" in still.identity.settings
    assert still.identity.model_sha256 == body_identity().model_sha256


# ---------------------------------------------------------------------- notes


def test_long_losses_are_told_and_short_ones_are_not():
    notes = BodyNotes()
    for number in range(90):
        lost = number in (10, 11) or 40 <= number < 70
        notes.take(body_frame(number, found=not lost))
    (notice,) = notes.notices(STILL, 120.0)
    assert notice.key == "no_body"
    assert notice.values["start_s"] == pytest.approx(40 / 30, abs=0.01)
    assert notice.values["length_s"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("travel", "brightness", "keys"),
    [
        (STILL, 120, []),
        (CameraTravel(0.3, 0.01, 0.5, 20), 120, ["camera_pans"]),
        (CameraTravel(0.03, 0.003, 0.2, 20), 120, ["camera_moves"]),
        (CameraTravel(0.001, 0.0, 2.0, 20), 120, ["camera_moves"]),
        (STILL, 12, ["dark_picture"]),
    ],
)
def test_what_is_said_of_camera_and_light(travel, brightness, keys):
    notes = BodyNotes()
    notes.take(body_frame(0))
    assert [notice.key for notice in notes.notices(travel, brightness)] == keys


def test_one_look_with_somebody_else_may_be_a_shadow():
    notes = BodyNotes()
    mine = BodyBox(0, 0, 100, 400)
    notes.take(body_frame(0))
    assert notes.look(0, mine, BodyBox(300, 0, 400, 390))
    assert not notes.look(10**9, mine, None)
    assert not notes.look(2 * 10**9, mine, BodyBox(300, 0, 330, 60))
    assert notes.notices(STILL, 120.0) == ()


def test_the_person_is_greyed_out_with_hair_and_elbows():
    image = np.zeros((400, 300, 3), dtype=np.uint8)
    blanked = without_body(image, BodyBox(100, 100, 160, 300))
    assert (blanked[80:310, 76:184] == 128).all()
    assert (blanked[:, :70] == 0).all()
    assert (image == 0).all()


# ----------------------------------------------------------------------- file


def test_bodies_come_back_bit_for_bit(stored):
    series, header = read_bodies(stored)
    assert (len(series), series.width, series.height) == (12, 640, 480)
    for number in range(12):
        frame = body_frame(number, found=number != 5)
        np.testing.assert_array_equal(series.pose[number], frame.pose)
        np.testing.assert_array_equal(series.pose_world[number], frame.pose_world)
        np.testing.assert_array_equal(series.pose_visibility[number], frame.pose_visibility)
    assert series.people.tolist() == [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]
    assert series.found.tolist() == [n != 5 for n in range(12)]
    assert header.warnings == ("said",)
    assert is_body_file(stored)


def test_each_kind_of_file_names_the_command_for_the_other(stored, tmp_path):
    neck = tmp_path / "neck.parquet"
    with LandmarkWriter(neck, stretches.INFO) as writer:
        writer.write(stretches.landmark_frame(0))
        writer.finish(stretches.IDENTITY)
    with pytest.raises(LandmarkFileError, match="whole body: give it to neckrom run, or to neckrom posture"):
        read_landmarks(stored)
    with pytest.raises(LandmarkFileError, match="neck session: give it to neckrom measure"):
        read_bodies(neck)
    assert not is_body_file(neck)
    assert not is_body_file(tmp_path / "nowhere")


def test_damage_is_found(stored, tmp_path):
    whole = stored.read_bytes()
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LandmarkFileError, match="damaged or something else"):
        read_bodies(broken)
    metadata = {BODY_TABLE.key: pq.read_metadata(stored).metadata[BODY_TABLE.key.encode()]}
    table = pq.read_table(stored).replace_schema_metadata(metadata)
    pq.write_table(table.drop_columns(["people"]), broken)
    with pytest.raises(LandmarkFileError, match='"people" is missing'):
        read_bodies(broken)
    pq.write_table(table.take([1, 0, *range(2, 12)]), broken)
    with pytest.raises(LandmarkFileError, match="times do not rise"):
        read_bodies(broken)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**16), st.integers(100, 2000))
def test_mirroring_twice_changes_nothing(seed, width):
    series = run_series()
    rows = np.random.default_rng(seed).integers(0, len(series), 3)
    some = replace(
        series,
        time_ns=series.time_ns[:3],
        pose=series.pose[rows],
        pose_world=series.pose_world[rows],
        pose_visibility=series.pose_visibility[rows],
        people=series.people[rows],
        width=width,
    )
    once = mirror_bodies(some)
    np.testing.assert_allclose(once.pose[:, 11, 0], width - some.pose[:, 12, 0], atol=1e-3)
    np.testing.assert_allclose(mirror_bodies(once).pose, some.pose, atol=1e-3)
    np.testing.assert_array_equal(mirror_bodies(once).pose_world, some.pose_world)
