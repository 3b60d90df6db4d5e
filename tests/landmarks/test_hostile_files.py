"""Landmark files and streams that were damaged or made to do harm: one refusal, at once, whatever is in them."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neckrom.errors import LandmarkFileError
from neckrom.landmarks.plausible import implausible, time_problems
from neckrom.landmarks.store import NECK_TABLE, LandmarkWriter, read_landmarks
from neckrom.landmarks.stream import LandmarkStreamWriter, StreamHeader, convert_stream, read_stream
from neckrom.types import SourceInfo
from tests.landmarks.stretches import IDENTITY, INFO, landmark_frame, series_of

_KEY = b"neckrom.landmarks"


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "landmarks.parquet"
    with LandmarkWriter(path, INFO) as writer:
        for number in range(12):
            writer.write(landmark_frame(number))
        writer.finish(IDENTITY, ("said",))
    return path


def with_header(stored: Path, path: Path, header: bytes) -> Path:
    pq.write_table(pq.read_table(stored).replace_schema_metadata({_KEY: header}), path)
    return path


def header_of(stored: Path) -> dict[str, object]:
    return json.loads(pq.read_metadata(stored).metadata[_KEY])


def refused(path: Path) -> str:
    started = time.monotonic()
    with pytest.raises(LandmarkFileError) as caught:
        read_landmarks(path)
    assert time.monotonic() - started < 10
    assert len(str(caught.value)) < 3000
    return str(caught.value)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"[" * 5000, id="nested"),
        pytest.param(b'{"a":' * 5000 + b"1" + b"}" * 5000, id="nested-objects"),
        pytest.param(b'{"format_version": ' + b"9" * 5000 + b"}", id="5000-digits"),
        pytest.param(b"\xff\xfe\x00", id="not-utf-8"),
        pytest.param(b'{"format_version": 2, "frames": "\\ud800"}', id="lone-surrogate"),
        pytest.param(b"", id="empty"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"format_version": true}', id="true"),
        pytest.param(b'{"format_version": "2"}', id="text"),
    ],
)
def test_headers_that_are_none(stored, tmp_path, header):
    assert "damaged header" in refused(with_header(stored, tmp_path / "a.parquet", header))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("frames", "12"), ("frames", None), ("frames", 12.5), ("frames", -1), ("frames", 10**30),
        ("warnings", "text"), ("warnings", [1]), ("warnings", ["x"] * 5000), ("warnings", {"a": 1}),
        ("source", None), ("source", []), ("detector", "mediapipe"), ("detector", {}),
        ("cuts_ns", ["a"]), ("cuts_ns", 10**30), ("unheard_of", 1),
    ],
)  # fmt: skip
def test_fields_of_the_wrong_kind(stored, tmp_path, field, value):
    header = {**header_of(stored), field: value}
    message = refused(with_header(stored, tmp_path / "a.parquet", json.dumps(header).encode()))
    assert "damaged header" in message
    assert field in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width", "640"), ("width", 640.5), ("height", -3), ("width", 10**9), ("kind", "film"), ("name", 7),
        ("name", "x" * 100_000), ("name", "a\x1b[31mb"), ("nominal_fps", "30"), ("nominal_fps", 1e300),
        ("turned_deg", 45), ("track", -1), ("expected_frames", 10**30), ("sha256", None),
    ],
)  # fmt: skip
def test_a_source_of_the_wrong_kind(stored, tmp_path, field, value):
    header = header_of(stored)
    header["source"] = {**header["source"], field: value}
    message = refused(with_header(stored, tmp_path / "a.parquet", json.dumps(header).encode()))
    assert f"source.{field}" in message


def test_numbers_that_json_does_not_have(stored, tmp_path):
    header = json.dumps(
        {**header_of(stored), "source": {**header_of(stored)["source"], "nominal_fps": np.nan}}
    )
    assert "damaged header" in refused(with_header(stored, tmp_path / "a.parquet", header.encode()))


def test_what_is_as_ever_is_not_in_the_header(stored):
    """Files of ordinary recordings are what they were before pictures could be turned."""
    header = header_of(stored)
    assert "cuts_ns" not in header
    assert not {"turned_deg", "track"} & set(header["source"])


def test_turn_track_and_cuts_come_back(tmp_path):
    source = replace(INFO, turned_deg=90, track=1)
    with LandmarkWriter(tmp_path / "a.parquet", source) as writer:
        writer.write(landmark_frame(0))
        written = writer.finish(IDENTITY, (), (5, 10))
    _, header = read_landmarks(tmp_path / "a.parquet")
    assert header == written
    assert (header.source, header.cuts_ns) == (source, (5, 10))


@pytest.mark.parametrize("name", NECK_TABLE.schema.names)
def test_columns_that_are_there_twice(stored, tmp_path, name):
    table = pq.read_table(stored)
    twice = table.append_column(name, table.column(name)).replace_schema_metadata(
        {_KEY: pq.read_metadata(stored).metadata[_KEY]}
    )
    pq.write_table(twice, tmp_path / "a.parquet")
    assert f'column "{name}" is there 2 times' in refused(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pa.array(["x"] * 12), id="text"),
        pytest.param(pa.nulls(12), id="nulls"),
        pytest.param(pa.array([[1.0]] * 12), id="lists"),
        pytest.param(pa.array([{"a": 1}] * 12), id="structs"),
        pytest.param(pa.array([b"\xff"] * 12).dictionary_encode(), id="dictionary"),
    ],
)
@pytest.mark.parametrize("name", ["time_ns", "face", "faces", "pose_ran", "tracks"])
def test_columns_of_another_kind(stored, tmp_path, name, column):
    table = pq.read_table(stored)
    changed = table.set_column(table.schema.get_field_index(name), name, column)
    metadata = {_KEY: pq.read_metadata(stored).metadata[_KEY]}
    pq.write_table(changed.replace_schema_metadata(metadata), tmp_path / "a.parquet")
    assert f'column "{name}"' in refused(tmp_path / "a.parquet")


def test_a_small_file_that_would_fill_the_memory(stored, tmp_path):
    rows = pa.concat_tables([pq.read_table(stored).slice(0, 1)] * 1000).combine_chunks()
    flat = {
        name: pa.FixedSizeListArray.from_arrays(
            pa.array(np.zeros(1000 * field.type.list_size, dtype=np.float32)), type=field.type
        )
        for name in rows.schema.names
        if pa.types.is_fixed_size_list((field := rows.schema.field(name)).type)
    }
    for name, values in flat.items():
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(at, rows.schema.field(name), values)
    with pq.ParquetWriter(tmp_path / "a.parquet", rows.schema, compression="zstd") as writer:
        for _ in range(60):
            writer.write_table(rows)
        writer.add_key_value_metadata({_KEY.decode(): json.dumps({**header_of(stored), "frames": 60_000})})
    assert (tmp_path / "a.parquet").stat().st_size < 5_000_000
    assert "far more than a file of its size can" in refused(tmp_path / "a.parquet")


class TestPlausible:
    def series(self, **changes):
        series = series_of([landmark_frame(number) for number in range(12)])
        return replace(series, **changes)

    def times(self, step_ns: int, count: int = 12) -> np.ndarray:
        return np.arange(count, dtype=np.int64) * step_ns

    @pytest.mark.parametrize(
        ("step_ns", "words"),
        [
            pytest.param(3600 * 10**9, "typically 60 minutes apart", id="an-hour"),
            pytest.param(365 * 86_400 * 10**9, "years apart from the first to the last", id="a-year"),
            pytest.param(10**17, "this is not one recording", id="1e17"),
            pytest.param(2 * 10**9, "Take ten a second or more", id="two-seconds"),
        ],
    )
    def test_times_of_no_recording(self, step_ns, words):
        assert words in "; ".join(time_problems(self.times(step_ns)))

    def test_one_frame_far_away(self):
        times = np.array([*self.times(33_000_000), 10**17])
        assert "this is not one recording" in time_problems(times)[0]

    def test_the_whole_range_of_the_type(self):
        assert time_problems(np.array([-(2**63), 0, 2**63 - 1]))

    @pytest.mark.parametrize("step_ns", [4_000_000, 33_000_000, 100_000_000, 900_000_000])
    def test_times_of_recordings(self, step_ns):
        assert time_problems(self.times(step_ns)) == ()
        assert time_problems(self.times(step_ns, 1)) == ()

    @pytest.mark.parametrize(
        "name",
        ["face", "pose", "pose_world", "pose_visibility", "motion", "motion_box", "tracks", "chest_tracks"],
    )
    def test_places_outside_of_any_picture(self, name):
        series = self.series()
        values = getattr(series, name).copy()
        values.reshape(-1)[-1] = 1e30
        assert name in "; ".join(implausible(replace(series, **{name: values})))

    def test_nothing_seen_at_all_is_plausible(self):
        series = self.series()
        assert (
            implausible(replace(series, face=series.face * np.nan, tracks=None)) == implausible(series) == ()
        )


class TestStreams:
    def stream(self, path: Path, schema: pa.Schema | None = None, batches: int = 3) -> Path:
        writer = LandmarkStreamWriter(path, StreamHeader(INFO, IDENTITY))
        for start in range(batches):
            writer.write([landmark_frame(5 * start + number) for number in range(5)])
        writer.close()
        return path

    def rewritten(self, path: Path, change, header: bytes | None = None) -> Path:
        with pa.ipc.open_stream(path) as reader:
            table, metadata = reader.read_all(), reader.schema.metadata
        table = change(table)
        if header is not None:
            metadata = {b"neckrom.stream": header}
        table = table.replace_schema_metadata(metadata)
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
        return path

    def refused(self, path: Path, target: Path) -> str:
        with pytest.raises(LandmarkFileError) as caught:
            convert_stream(path, target)
        assert not target.exists()
        return str(caught.value)

    @pytest.mark.parametrize(
        "header",
        [b"[" * 5000, b"9" * 5000, b"\xff", b"{}", b'{"source": 1}', b'{"version": 7, "source": {}}'],
    )
    def test_headers(self, tmp_path, header):
        path = self.rewritten(self.stream(tmp_path / "s"), lambda table: table, header)
        assert "cannot be read as the landmarks of a session" in self.refused(path, tmp_path / "t")

    def test_missing_doubled_and_other_columns(self, tmp_path):
        def change(table: pa.Table) -> pa.Table:
            table = table.drop_columns(["face"]).append_column("pose", table.column("pose"))
            return table.set_column(0, "time_ns", pa.array(["x"] * len(table)))

        message = self.refused(self.rewritten(self.stream(tmp_path / "s"), change), tmp_path / "t")
        assert 'column "face" is missing' in message
        assert 'column "pose" is there 2 times' in message
        assert 'column "time_ns" holds string' in message

    @pytest.mark.parametrize("share", [0.3, 0.5, 0.7, 0.9, 0.97])
    def test_a_damaged_batch_ends_it_and_is_said(self, tmp_path, share):
        path = self.stream(tmp_path / "s", batches=8)
        content = bytearray(path.read_bytes())
        at = int(share * len(content))
        content[at : at + 400] = b"\xff" * 400
        path.write_bytes(content)
        try:
            header = convert_stream(path, tmp_path / "t")
        except LandmarkFileError:
            return
        assert header.frames <= 40
        if header.frames < 40:
            assert any("break off" in warning for warning in header.warnings)

    def test_a_batch_of_very_many_rows(self, tmp_path):
        def change(table: pa.Table) -> pa.Table:
            return pa.concat_tables([table] * 800).combine_chunks()

        path = self.rewritten(self.stream(tmp_path / "s"), change)
        self.refused(path, tmp_path / "t")

    def packed(self, path: Path, tables: list[pa.Table]) -> Path:
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with (
            pa.OSFile(str(path), "wb") as file,
            pa.ipc.new_stream(file, tables[0].schema, options=options) as writer,
        ):
            for table in tables:
                writer.write_table(table)
        return path

    def test_a_small_stream_that_would_fill_the_memory(self, tmp_path):
        """A column that nobody asked for, packed: Arrow unpacks it with the others."""
        with pa.ipc.open_stream(self.stream(tmp_path / "s")) as reader:
            whole = reader.read_all().combine_chunks()
        few, much = (
            whole.append_column("more", pa.array([content] * len(whole), pa.large_binary()))
            for content in (b"", bytes(40_000_000))
        )
        path = self.packed(tmp_path / "p", [few, much])
        assert path.stat().st_size < 1_000_000
        usual, watched = pa.default_memory_pool(), pa.proxy_memory_pool(pa.system_memory_pool())
        pa.set_memory_pool(watched)
        try:
            header = convert_stream(path, tmp_path / "t")
        finally:
            pa.set_memory_pool(usual)
        assert watched.max_memory() < 300_000_000
        assert header.frames == len(whole)
        assert any("break off" in warning for warning in header.warnings)

    def test_a_small_stream_of_days(self, tmp_path):
        with pa.ipc.open_stream(self.stream(tmp_path / "s")) as reader:
            one = reader.read_all().slice(0, 1)
        many = pa.concat_tables([one] * 9000).combine_chunks()
        path = self.packed(tmp_path / "p", [many] * 25)
        assert path.stat().st_size < 5_000_000
        started = time.process_time()
        assert "more than the 200000 of any session" in self.refused(path, tmp_path / "t")
        assert time.process_time() - started < 5

    @pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
    def test_numbers_of_a_batch_that_are_none(self, tmp_path, at):
        """Lengths and places in the description of a batch, each in turn past everything."""
        path = self.stream(tmp_path / "s", batches=3)
        content = path.read_bytes()
        start = int(at * len(content)) // 8 * 8
        for place in range(start, start + 512, 8):
            path.write_bytes(content[:place] + b"\xff" * 7 + b"\x7f" + content[place + 8 :])
            (tmp_path / "t").unlink(missing_ok=True)
            try:
                assert convert_stream(path, tmp_path / "t").frames <= 15
            except LandmarkFileError:
                continue

    def test_what_is_whole_comes_back(self, tmp_path):
        header, frames = read_stream(self.stream(tmp_path / "s"))
        assert isinstance(header.source, SourceInfo)
        assert len(list(frames)) == 15
