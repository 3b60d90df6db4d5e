"""From landmark files to what is measured: slow motion, cuts, the wrong kind of recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neckrom.errors import InputError, LandmarkFileError, NoBodyError
from neckrom.landmarks.body_store import BodyWriter, read_bodies
from neckrom.landmarks.store import LandmarkWriter
from neckrom.service.body_looking import turn_of_body
from neckrom.service.body_recordings import BodyRecording, part_of, read_recording
from neckrom.service.whole_bodies import stands_whole, whole_body_notice
from neckrom.types import BodyFrame, BodySeries
from tests.landmarks import stretches
from tests.landmarks.bodies import IDENTITY, SAMPLES, run_series

RUN = SAMPLES / "run_side.landmarks.parquet"


def nobody_told(*_: object) -> None:
    return


def recording(series: BodySeries | None = None, **source: object) -> BodyRecording:
    """The sample run as if it had been read from a clip with other metadata."""
    stored, header = read_bodies(RUN)
    cuts = source.pop("cuts_ns", ())
    header = replace(header, source=replace(header.source, **source), cuts_ns=cuts)
    return BodyRecording(RUN, None, False, RUN, header, stored if series is None else series)


def test_a_landmark_file_is_read_and_kept(tmp_path):
    target = tmp_path / "landmarks.parquet"
    found = read_recording(RUN, target, nobody_told)
    assert target.read_bytes() == RUN.read_bytes()
    assert (len(found.series), found.clip) == (360, None)
    assert part_of(found).clip_info().kind == "landmarks"


def test_slow_motion_by_the_files_own_word_and_by_the_users():
    plain = part_of(recording())
    assert (plain.slower, plain.true_fps) == (1.0, None)
    said = part_of(recording(capture_fps=240.0))
    assert said.slower == pytest.approx(4.0, rel=1e-3)
    assert said.true_fps == pytest.approx(240.0, rel=1e-3)
    assert said.series.time_s[-1] == pytest.approx(plain.series.time_s[-1] / 4, rel=1e-3)
    assert said.clip_time_s(said.series.time_s[-1]) == pytest.approx(plain.series.time_s[-1], rel=1e-3)
    assert [notice.key for notice in said.notices] == ["slow_motion"]
    told = part_of(recording(capture_fps=240.0), fps_true=120.0)
    assert told.slower == pytest.approx(2.0, rel=1e-3)
    assert told.notices == ()
    assert part_of(recording(capture_fps=60.0)).slower == 1.0


def test_of_a_recording_with_cuts_the_longest_part_counts():
    series = run_series()
    found = part_of(recording(cuts_ns=(int(series.time_ns[100]), int(series.time_ns[130]))))
    assert found.series.time_ns[0] == series.time_ns[130]
    assert len(found.series) == 230
    assert [notice.key for notice in found.notices] == ["body_parts"]
    shoes = found.series.foot_motion
    assert shoes is None or len(shoes) == len(found.series)


def test_head_and_shoulders_belong_to_the_neck():
    series = run_series()
    pose = series.pose.copy()
    pose[:, :, 1] += series.height - np.nanmedian(pose[:, 23:25, 1]) + 60
    with pytest.raises(InputError, match=r"head and shoulders only.*neckrom measure"):
        part_of(recording(replace(series, pose=pose)))


def test_seldom_anybody_is_nobody():
    series = run_series()
    pose = series.pose.copy()
    pose[60:] = np.nan
    with pytest.raises(NoBodyError, match=r"17 % of the frames"):
        part_of(recording(replace(series, pose=pose)))


def test_points_far_outside_are_no_recording(tmp_path):
    path = tmp_path / "landmarks.parquet"
    series = run_series()
    with BodyWriter(path, read_bodies(RUN)[1].source) as writer:
        for row in range(5):
            pose = series.pose[row] * 1e6
            writer.write(
                BodyFrame(
                    int(series.time_ns[row]), pose, series.pose_world[row], series.pose_visibility[row], 1
                )
            )
        writer.finish(IDENTITY)
    with pytest.raises(LandmarkFileError, match="far outside of any picture"):
        read_recording(path, tmp_path / "copy.parquet", nobody_told)


def test_landmarks_of_a_neck_are_for_the_neck(tmp_path):
    path = tmp_path / "landmarks.parquet"
    with LandmarkWriter(path, stretches.INFO) as writer:
        writer.write(stretches.landmark_frame(0))
        writer.finish(stretches.IDENTITY)
    with pytest.raises(LandmarkFileError, match="neckrom measure"):
        read_recording(path, tmp_path / "copy.parquet", nobody_told)
    assert not (tmp_path / "copy.parquet").exists()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_picture_is_turned_so_that_the_shoulders_are_above_the_hips(turn):
    """Turned counter-clockwise by so much it has to be turned clockwise by as much."""
    pose = run_series().pose[0]
    series = run_series()
    x, y, w, h = pose[:, 0], pose[:, 1], series.width, series.height
    stored = {0: (x, y), 90: (y, w - x), 180: (w - x, h - y), 270: (h - y, x)}[turn]
    assert turn_of_body(np.stack([*stored, pose[:, 2]], axis=1)) == turn
    assert turn_of_body(np.full((33, 3), np.nan, dtype=np.float32)) is None


# ------------------------------------------------- a whole person given to measure


def neck_series(*, faces: bool):
    """Landmarks of a neck measurement of the runner."""
    series = run_series()
    frames = []
    for row in range(20):
        frame = stretches.landmark_frame(0, time_ns=int(series.time_ns[row]), pose=series.pose[row])
        frames.append(frame if faces else replace(frame, face=np.full_like(frame.face, np.nan)))
    return replace(stretches.series_of(frames), width=series.width, height=series.height)


def test_a_whole_person_without_a_face_is_sent_to_the_other_commands():
    with pytest.raises(InputError, match=r"neckrom run.*neckrom posture"):
        whole_body_notice(neck_series(faces=False), "clip")


def test_a_whole_person_with_a_face_is_measured_with_a_word():
    (notice,) = whole_body_notice(neck_series(faces=True), "clip")
    assert notice.key == "whole_body"


def test_who_sits_is_measured_without_a_word():
    pose = run_series().pose[0].copy()
    assert stands_whole(pose, 720)
    pose[25:, 1] = pose[23:25, 1].mean() + 0.6 * (pose[23:25, 1].mean() - pose[11:13, 1].mean())
    assert not stands_whole(pose, 720)
    assert not stands_whole(run_series().pose[0], 300)


def test_the_samples_are_where_the_tests_look():
    assert Path(RUN).is_file()
