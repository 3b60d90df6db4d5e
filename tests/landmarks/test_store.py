"""Landmark files: bit for bit, whole or not there, and what is refused."""

from __future__ import annotations

import json
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neckrom.errors import LandmarkFileError, OutputError
from neckrom.landmarks import table
from neckrom.landmarks.header import HeaderError, header_from_json
from neckrom.landmarks.store import LandmarkWriter, is_landmark_file, read_landmarks
from neckrom.types import N_POSE, Notice
from tests.landmarks.stretches import IDENTITY, INFO, landmark_frame, series_of

COUNT = 700
_KEY = b"neckrom.landmarks"
COLUMNS = (
    "time_ns",
    "face",
    "pose",
    "pose_visibility",
    "pose_world",
    "faces",
    "pose_ran",
    "motion",
    "motion_box",
    "tracks",
    "chest_tracks",
)


def write(path: Path, frames, warnings=()) -> Path:
    with LandmarkWriter(path, INFO) as writer:
        for frame in frames:
            writer.write(frame)
        writer.finish(IDENTITY, warnings)
    return path


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("store") / "landmarks.parquet"
    return write(path, (landmark_frame(number) for number in range(COUNT)), ("first", "second"))


def test_everything_comes_back_bit_for_bit(stored):
    series, header = read_landmarks(stored)
    expected = series_of([landmark_frame(number) for number in range(COUNT)])
    for name in COLUMNS:
        assert same_bits(getattr(series, name), getattr(expected, name)), name
    assert (series.width, series.height) == (640, 480)
    assert (header.source, header.detector, header.frames) == (INFO, IDENTITY, COUNT)
    assert header.warnings == ("first", "second")


def test_a_warning_still_knows_which_sentence_it_is(tmp_path):
    notice = Notice("The clip is cut short.", "clip_cut_short", said_s=9.5, end_s=4.0)
    named = Notice("1 images cannot be read.", "images_unreadable", number=1, name="f_1.jpg")
    path = write(tmp_path / "l.parquet", [landmark_frame(0)], ("plain", notice, named))
    plain, first, second = read_landmarks(path)[1].warnings
    assert not isinstance(plain, Notice)
    assert (first, first.key, first.values) == (notice, notice.key, notice.values)
    assert (second.key, second.values) == ("images_unreadable", {"number": 1, "name": "f_1.jpg"})


@pytest.mark.parametrize(
    "notices",
    [
        [{"key": "clip_cut_short", "values": {"said_s": True}}],
        [{"key": "Clip", "values": {}}],
        [{"key": "clip_cut_short"}],
        [{"key": "clip_cut_short", "values": {"said_s": 1e300}}],
        [{"key": "clip_cut_short", "values": {"said_s": "\u0007"}}],
        "all of them",
    ],
)
def test_keys_of_warnings_are_read_without_trust(stored, notices):
    header = json.loads(pq.read_metadata(stored).metadata[_KEY]) | {"notices": notices}
    with pytest.raises(HeaderError):
        header_from_json(json.dumps(header).encode())


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(np.float32, (N_POSE, 3), elements=st.floats(width=32, allow_infinity=False, allow_nan=True)),
    st.integers(-(2**62), 2**62),
)
def test_any_float_and_time_comes_back(tmp_path_factory, pose, time_ns):
    path = tmp_path_factory.mktemp("any") / "a.parquet"
    series, _ = read_landmarks(write(path, [landmark_frame(0, pose=pose, time_ns=time_ns)]))
    assert same_bits(series.pose[0], pose)
    assert series.time_ns[0] == time_ns


def test_the_same_landmarks_give_the_same_bytes(stored, tmp_path):
    again = write(tmp_path / "b.parquet", map(landmark_frame, range(COUNT)), ("first", "second"))
    assert again.read_bytes() == stored.read_bytes()


def test_gaps_in_time_and_frames_without_anything_are_fine(tmp_path):
    frames = [landmark_frame(number, time_ns=number**3) for number in range(30)]
    frames[10:20] = [
        replace(frame, face=frame.face * np.nan, pose=frame.pose * np.nan) for frame in frames[10:20]
    ]
    series, _ = read_landmarks(write(tmp_path / "a.parquet", frames))
    assert not series.face_found[10:20].any()
    assert series.time_ns[-1] == 29**3


class TestWriting:
    def test_the_file_appears_only_when_it_is_complete(self, tmp_path):
        path = tmp_path / "a.parquet"
        with LandmarkWriter(path, INFO) as writer:
            writer.write(landmark_frame(0))
            assert not path.exists()
            writer.finish(IDENTITY)
            assert [item.name for item in tmp_path.iterdir()] == ["a.parquet"]
        assert path.exists()

    def test_an_error_in_between_leaves_nothing(self, tmp_path):
        with pytest.raises(KeyError), LandmarkWriter(tmp_path / "a.parquet", INFO) as writer:
            for number in range(COUNT):
                writer.write(landmark_frame(number))
            raise KeyError
        assert list(tmp_path.iterdir()) == []

    def test_an_older_file_stays_until_the_new_one_is_complete(self, tmp_path):
        path = write(tmp_path / "a.parquet", [landmark_frame(0)])
        with LandmarkWriter(path, INFO) as writer:
            writer.write(landmark_frame(1))
        assert read_landmarks(path)[1].frames == 1

    def test_no_such_folder(self, tmp_path):
        with pytest.raises(OutputError, match="--out"):
            LandmarkWriter(tmp_path / "nowhere" / "a.parquet", INFO)

    @pytest.mark.parametrize("full_after", [1000, 1_000_000])
    def test_a_full_disk_is_said_and_leaves_nothing(self, tmp_path, full_after):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (full_after, before[1]))
        try:
            with pytest.raises(OutputError, match="cannot be written"):
                write(tmp_path / "a.parquet", map(landmark_frame, range(COUNT)))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert list(tmp_path.iterdir()) == []

    def test_finishing_twice_is_refused(self, tmp_path):
        writer = LandmarkWriter(tmp_path / "a.parquet", INFO)
        writer.finish(IDENTITY)
        with pytest.raises(OutputError):
            writer.finish(IDENTITY)


def rewritten(stored: Path, path: Path, change, metadata=None) -> Path:
    """The stored file with its table changed, header kept or replaced."""
    table = pq.read_table(stored)
    stored_metadata = pq.read_metadata(stored).metadata
    kept = {_KEY: stored_metadata[_KEY]} if metadata is None else metadata
    pq.write_table(change(table).replace_schema_metadata(kept), path)
    return path


def refused(path: Path) -> LandmarkFileError:
    with pytest.raises(LandmarkFileError) as caught:
        read_landmarks(path)
    assert str(path) in str(caught.value)
    return caught.value


class TestReading:
    def test_other_version(self, stored, tmp_path):
        header = json.loads(pq.read_metadata(stored).metadata[_KEY])
        metadata = {_KEY: json.dumps({**header, "format_version": 99}).encode()}
        error = refused(rewritten(stored, tmp_path / "a.parquet", lambda table: table, metadata))
        assert "landmark format 99, this neckrom reads 2" in str(error)

    def test_files_of_format_1_are_still_read(self, stored, tmp_path):
        """They have no followed points; everything else is as it was."""
        header = json.loads(pq.read_metadata(stored).metadata[_KEY])
        metadata = {_KEY: json.dumps({**header, "format_version": 1}).encode()}
        old = rewritten(
            stored,
            tmp_path / "old.parquet",
            lambda table: table.drop_columns(["tracks", "chest_tracks"]),
            metadata,
        )
        series, read = read_landmarks(old)
        assert series.tracks is None
        assert series.chest_tracks is None
        new = read_landmarks(stored)[0]
        for name in set(COLUMNS) - {"tracks", "chest_tracks"}:
            assert same_bits(getattr(series, name), getattr(new, name)), name
        assert (read.source, read.frames) == (INFO, COUNT)

    def test_points_of_the_wrong_kind(self, stored, tmp_path):
        def change(table: pa.Table) -> pa.Table:
            at = table.schema.get_field_index("tracks")
            return table.set_column(at, "tracks", table["chest_tracks"])

        error = refused(rewritten(stored, tmp_path / "a.parquet", change))
        assert 'column "tracks" holds' in str(error)

    def test_all_missing_and_wrong_columns_at_once(self, stored, tmp_path):
        def change(table: pa.Table) -> pa.Table:
            table = table.drop_columns(["face", "pose_world"])
            at = table.schema.get_field_index("time_ns")
            return table.set_column(at, "time_ns", table["time_ns"].cast(pa.float64()))

        error = refused(rewritten(stored, tmp_path / "a.parquet", change))
        assert len(error.problems) == 3
        assert 'column "face" is missing' in str(error)
        assert 'column "pose_world" is missing' in str(error)
        assert 'column "time_ns" holds double' in str(error)

    def test_further_columns_are_left_alone(self, stored, tmp_path):
        def change(table: pa.Table) -> pa.Table:
            return table.append_column("remark", pa.array(["x"] * len(table)))

        series, _ = read_landmarks(rewritten(stored, tmp_path / "a.parquet", change))
        assert same_bits(series.face, read_landmarks(stored)[0].face)

    def test_times_that_do_not_rise_missing_rows_and_infinity_at_once(self, stored, tmp_path):
        def change(table: pa.Table) -> pa.Table:
            table = table.slice(0, 50)
            times = table["time_ns"].to_numpy().copy()
            times[20] = times[19]
            faces = table["pose_visibility"].combine_chunks()
            values = faces.flatten().to_numpy().copy()
            values[3] = np.inf
            table = table.set_column(0, "time_ns", pa.array(times))
            at = table.schema.get_field_index("pose_visibility")
            column = pa.FixedSizeListArray.from_arrays(pa.array(values), N_POSE)
            return table.set_column(at, "pose_visibility", column)

        error = refused(rewritten(stored, tmp_path / "a.parquet", change))
        assert len(error.problems) == 3
        assert "holds 50 frames, its header says 700" in str(error)
        assert "first at frame 20" in str(error)
        assert '"pose_visibility" holds infinite' in str(error)

    def test_empty_cells(self, stored, tmp_path):
        def change(table: pa.Table) -> pa.Table:
            faces = table["faces"].to_pylist()
            at = table.schema.get_field_index("faces")
            return table.set_column(at, "faces", pa.array([None, *faces[1:]], pa.int32()))

        assert "empty cells" in str(refused(rewritten(stored, tmp_path / "a.parquet", change)))

    def test_no_frame_at_all(self, tmp_path):
        assert "holds no frame" in str(refused(write(tmp_path / "a.parquet", [])))

    def test_a_table_of_something_else(self, tmp_path):
        pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
        assert "not one of landmarks" in str(refused(tmp_path / "a.parquet"))

    @pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(1000) + b"PAR1", b"neck" * 500])
    def test_no_table_at_all(self, tmp_path, content):
        (tmp_path / "a.parquet").write_bytes(content)
        assert "damaged or something else" in str(refused(tmp_path / "a.parquet"))

    def test_no_such_file(self, tmp_path):
        refused(tmp_path / "a.parquet")

    @pytest.mark.parametrize("share", [0.02, 0.4, 0.9, 0.99])
    def test_cut_short(self, stored, tmp_path, share):
        content = stored.read_bytes()
        (tmp_path / "a.parquet").write_bytes(content[: int(share * len(content))])
        refused(tmp_path / "a.parquet")

    @pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
    def test_a_flipped_bit_does_not_go_unseen(self, stored, tmp_path, share):
        content = bytearray(stored.read_bytes())
        content[int(share * len(content))] ^= 4
        (tmp_path / "a.parquet").write_bytes(content)
        refused(tmp_path / "a.parquet")

    @pytest.mark.parametrize("header", [b"{", b"[]", b'{"format_version": 1}'])
    def test_a_damaged_header(self, stored, tmp_path, header):
        path = rewritten(stored, tmp_path / "a.parquet", lambda table: table, {_KEY: header})
        assert "damaged header" in str(refused(path))


def test_landmark_files_are_told_from_clips(stored, tmp_path):
    stored_elsewhere = tmp_path / "landmarks.bin"
    stored_elsewhere.write_bytes(stored.read_bytes())
    (tmp_path / "a.mp4").write_bytes(b"....ftyp")
    assert is_landmark_file(stored)
    assert is_landmark_file(stored_elsewhere)
    assert not is_landmark_file(tmp_path / "a.mp4")
    assert not is_landmark_file(tmp_path / "nowhere")


def test_written_a_group_at_a_time(stored):
    """Memory does not grow with the clip: rows leave it in groups."""
    assert pq.ParquetFile(stored).num_row_groups == -(-COUNT // table._ROWS_A_GROUP)
