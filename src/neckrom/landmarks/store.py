"""``landmarks.parquet``: everything the models saw, frame by frame.

One row a frame, in time order. Columns: ``time_ns`` (int64), ``face`` (478 x 3 float32,
pixels), ``pose`` and ``pose_world`` (33 x 3), ``pose_visibility`` (33), ``faces`` (int32),
``pose_ran`` (bool), ``motion`` (14 x 14 x 2, pixels since the previous frame), ``motion_box``
(3), ``tracks`` (160 x 3: number of a point on the head, x, y) and ``chest_tracks`` (80 x 3).
Lists have a fixed length and lie point by point (x, y, z). NaN means "not found". Float32
values come back bit for bit: the analysis always reads them from the file, so that measuring
it again gives the same numbers.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neckrom.errors import LandmarkFileError, OutputError
from neckrom.landmarks.header import (
    HeaderError,
    LandmarkHeader,
    header_from_json,
    header_to_json,
    version_from_json,
)
from neckrom.types import (
    N_CHEST_TRACKS,
    N_FACE,
    N_MOTION,
    N_POSE,
    N_TRACKS,
    DetectorIdentity,
    LandmarkFrame,
    LandmarkSeries,
    SourceInfo,
)

__all__ = ["LandmarkHeader", "LandmarkWriter", "is_landmark_file", "read_landmarks"]

FORMAT_VERSION = 2
_READABLE = (1, 2)
_KEY = "neckrom.landmarks"
_ROWS_A_GROUP = 300

_LISTS: dict[str, int] = {
    "face": N_FACE * 3,
    "pose": N_POSE * 3,
    "pose_visibility": N_POSE,
    "pose_world": N_POSE * 3,
    "motion": N_MOTION * N_MOTION * 2,
    "motion_box": 3,
    "tracks": N_TRACKS * 3,
    "chest_tracks": N_CHEST_TRACKS * 3,
}
_ROW_BYTES = 4 * sum(_LISTS.values())
_HOLLOW_BYTES, _HOLLOW_TIMES = 200_000_000, 30
"""Real landmarks shrink to half or a third; ten minutes of a seat that stays empty shrink to a twentieth."""
_SINCE_2 = ("tracks", "chest_tracks")
"""Columns that files of format 1 do not have."""
_SCHEMA = pa.schema(
    [
        pa.field("time_ns", pa.int64(), nullable=False),
        *(
            pa.field(name, pa.list_(pa.field("element", pa.float32(), nullable=False), n), nullable=False)
            for name, n in _LISTS.items()
        ),
        pa.field("faces", pa.int32(), nullable=False),
        pa.field("pose_ran", pa.bool_(), nullable=False),
    ]
)


class LandmarkWriter:
    """Stream landmarks to a file that appears only when it is complete.

    Parameters
    ----------
    path : Path
        Written as a hidden temporary file beside it, renamed by :meth:`finish`.
    source : SourceInfo
        The clip that is being read.

    Raises
    ------
    OutputError
        Here and in all methods: the file cannot be written.
    """

    def __init__(self, path: Path, source: SourceInfo) -> None:
        self._path = path
        self._source = source
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._rows: list[LandmarkFrame] = []
        self._frames = 0
        try:
            self._file = self._temporary.open("wb")
        except OSError as error:
            raise _cannot_write(path, error) from error
        self._writer: pq.ParquetWriter | None = pq.ParquetWriter(
            self._file,
            _SCHEMA,
            compression="zstd",
            use_dictionary=False,
            use_byte_stream_split=[f"{name}.list.element" for name in _LISTS],
            write_page_checksum=True,
        )

    def write(self, frame: LandmarkFrame) -> None:
        """Add one frame; they come in time order."""
        self._rows.append(frame)
        self._frames += 1
        if len(self._rows) == _ROWS_A_GROUP:
            self._flush()

    def finish(
        self,
        detector: DetectorIdentity,
        warnings: tuple[str, ...] = (),
        cuts_ns: tuple[int, ...] = (),
    ) -> LandmarkHeader:
        """Complete the file and give it its name."""
        header = LandmarkHeader(self._source, detector, self._frames, warnings, cuts_ns)
        if self._writer is None:
            raise OutputError(f"{self._path} was given up already: write it again from the start.")
        if self._rows:
            self._flush()
        try:
            self._writer.add_key_value_metadata({_KEY: header_to_json(header, FORMAT_VERSION)})
            self._writer.close()
            self._writer = None
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._temporary.replace(self._path)
        except (OSError, pa.ArrowException) as error:
            self.abort()
            raise _cannot_write(self._path, error) from error
        return header

    def abort(self) -> None:
        """Leave nothing behind; after :meth:`finish` it does nothing."""
        self._rows.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except (OSError, pa.ArrowException):
                writer.is_open = False  # the disk is full: there is nothing to save
        with suppress(OSError):  # the rest of the buffer: closed all the same
            self._file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> LandmarkWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abort()

    def _flush(self) -> None:
        assert self._writer is not None
        table = _to_table(self._rows)
        self._rows = []
        try:
            self._writer.write_table(table)
        except (OSError, pa.ArrowException) as error:
            self.abort()
            raise _cannot_write(self._path, error) from error


def read_landmarks(path: Path) -> tuple[LandmarkSeries, LandmarkHeader]:
    """Read a landmark file.

    Gaps in time and NaN are fine; they mean that nothing was seen.

    Raises
    ------
    LandmarkFileError
        The file is damaged, of another version, or holds something else; every
        problem is named at once.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            header = _header(file, path)
            check_columns(file.schema_arrow, path)
            _refuse_hollow(file, path)
            series = _read_series(file, header)
    except (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
        raise LandmarkFileError(
            f"{path} cannot be read as landmarks: it is damaged or something else. "
            "Measure the clip again to write a new one.",
            tuple(line[:200] for line in str(error).splitlines()[:1]),
        ) from error
    _check_values(series, header, path)
    return series, header


def is_landmark_file(path: Path) -> bool:
    """Whether the file is meant to hold landmarks, judged by its name and first bytes."""
    if path.suffix.lower() == ".parquet":
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False


# ------------------------------------------------------------------ writing


def _to_table(rows: list[LandmarkFrame]) -> pa.Table:
    columns: list[pa.Array] = [pa.array([row.time_ns for row in rows], pa.int64())]
    for name, length in _LISTS.items():
        flat = np.concatenate([_flat(getattr(row, name), name, length) for row in rows])
        columns.append(
            pa.FixedSizeListArray.from_arrays(pa.array(flat, pa.float32()), type=_SCHEMA.field(name).type)
        )
    columns.append(pa.array([row.faces for row in rows], pa.int32()))
    columns.append(pa.array([row.pose_ran for row in rows], pa.bool_()))
    return pa.Table.from_arrays(columns, schema=_SCHEMA)


def _flat(values: NDArray[Any] | None, name: str, length: int) -> NDArray[np.float32]:
    if values is None:
        return np.full(length, np.nan, dtype=np.float32)
    if values.size != length:
        raise ValueError(f"{name} has {values.size} values, not {length}")
    return np.ascontiguousarray(values, dtype=np.float32).reshape(-1)


def _cannot_write(path: Path, error: BaseException) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(
        f"{path} cannot be written ({reason}): free some space or choose another folder with --out."
    )


# ------------------------------------------------------------------ reading


def _header(file: pq.ParquetFile, path: Path) -> LandmarkHeader:
    stored = (file.metadata.metadata or {}).get(_KEY.encode())
    if stored is None:
        raise LandmarkFileError(
            f"{path} is a table, but not one of landmarks: give the landmarks.parquet of a measurement."
        )
    try:
        version = version_from_json(stored)
        if version not in _READABLE:
            raise LandmarkFileError(
                f"{path} has landmark format {version}, this neckrom reads {FORMAT_VERSION}: "
                "measure the clip again, or use the neckrom that wrote it."
            )
        return header_from_json(stored)[1]
    except HeaderError as error:
        raise LandmarkFileError(
            f"{path} has a damaged header ({error}): measure the clip again to write a new one."
        ) from error


def check_columns(schema: pa.Schema, path: Path) -> None:
    """Refuse a table that has not the columns of landmarks.

    Raises
    ------
    LandmarkFileError
        Naming every column that is missing, there twice, or of another type.
    """
    problems = []
    for field in _SCHEMA:
        count = schema.names.count(field.name)
        if count == 0 and field.name in _SINCE_2:
            continue
        if count == 0:
            problems.append(f'column "{field.name}" is missing')
        elif count > 1:
            problems.append(f'column "{field.name}" is there {count} times')
        elif not _same_kind(schema.field(field.name).type, field.type):
            stored = str(schema.field(field.name).type)
            problems.append(f'column "{field.name}" holds {stored[:80]}, not {field.type}')
    if problems:
        raise LandmarkFileError(
            f"{path} does not hold the columns of a landmark file: measure the clip again.", tuple(problems)
        )


def _refuse_hollow(file: pq.ParquetFile, path: Path) -> None:
    """A file that would fill the memory with next to nothing in it was made, not measured."""
    wanted = file.metadata.num_rows * _ROW_BYTES
    if wanted > _HOLLOW_BYTES and wanted > _HOLLOW_TIMES * path.stat().st_size:
        raise LandmarkFileError(
            f"{path} says that it holds {file.metadata.num_rows} frames, far more than a file of its size can: "
            "it is damaged. Measure the clip again to write a new one."
        )


def _same_kind(stored: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_fixed_size_list(wanted):
        return bool(
            pa.types.is_fixed_size_list(stored)
            and stored.list_size == wanted.list_size
            and stored.value_type == wanted.value_type
        )
    return bool(stored == wanted)


def _read_series(file: pq.ParquetFile, header: LandmarkHeader) -> LandmarkSeries:
    """Batch by batch into arrays made once: nothing is held twice."""
    n = file.metadata.num_rows
    lists = {name: np.full((n, length), np.nan, dtype=np.float32) for name, length in _LISTS.items()}
    time_ns = np.zeros(n, dtype=np.int64)
    faces = np.zeros(n, dtype=np.int64)
    pose_ran = np.zeros(n, dtype=np.bool_)
    names = [name for name in _SCHEMA.names if name in file.schema_arrow.names]
    at = 0
    for batch in file.iter_batches(_ROWS_A_GROUP, columns=names):
        rows = slice(at, at + batch.num_rows)
        time_ns[rows] = _plain(batch, "time_ns").to_numpy(zero_copy_only=False)
        faces[rows] = _plain(batch, "faces").to_numpy(zero_copy_only=False)
        pose_ran[rows] = _plain(batch, "pose_ran").to_numpy(zero_copy_only=False)
        for name, length in _LISTS.items():
            if name not in names:
                continue
            values = _plain(batch, name).flatten().to_numpy(zero_copy_only=False)
            lists[name][rows] = values.reshape(-1, length)
        at = rows.stop
    return LandmarkSeries(
        time_ns=time_ns,
        face=lists["face"].reshape(n, N_FACE, 3),
        pose=lists["pose"].reshape(n, N_POSE, 3),
        pose_visibility=lists["pose_visibility"],
        pose_world=lists["pose_world"].reshape(n, N_POSE, 3),
        faces=faces,
        pose_ran=pose_ran,
        width=header.source.width,
        height=header.source.height,
        motion=lists["motion"].reshape(n, N_MOTION, N_MOTION, 2),
        motion_box=lists["motion_box"],
        tracks=lists["tracks"].reshape(n, N_TRACKS, 3) if "tracks" in names else None,
        chest_tracks=lists["chest_tracks"].reshape(n, N_CHEST_TRACKS, 3) if "chest_tracks" in names else None,
    )


def _plain(batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch.column(name)
    if column.null_count:
        raise pa.ArrowInvalid(f'column "{name}" has empty cells')
    return column


def _check_values(series: LandmarkSeries, header: LandmarkHeader, path: Path) -> None:
    problems = []
    if not len(series):
        problems.append("it holds no frame")
    if len(series) != header.frames:
        problems.append(f"it holds {len(series)} frames, its header says {header.frames}")
    late = series.time_ns[1:] <= series.time_ns[:-1]
    if late.any():
        at = int(np.argmax(late)) + 1
        problems.append(f"times do not rise (first at frame {at})")
    problems += [
        f'column "{name}" holds infinite values'
        for name in _LISTS
        if (values := getattr(series, name)) is not None and np.isinf(values).any()
    ]
    if series.width <= 0 or series.height <= 0:
        problems.append(f"the picture has no size ({series.width} x {series.height})")
    if problems:
        raise LandmarkFileError(
            f"{path} is damaged: measure the clip again to write a new one.", tuple(problems)
        )
