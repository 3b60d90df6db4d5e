"""Landmarks as a Parquet table of one row a frame, whatever is seen in the frame: written whole, read without trust.

What kinds of landmarks there are, with their columns, stands in :mod:`neckrom.landmarks.store` (neck) and
:mod:`neckrom.landmarks.body_store` (whole body); each has a key of its own in the file, so that no kind is taken for
another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from neckrom.columns import IN_MEMORY_BYTES, ColumnWriter, in_blocks
from neckrom.errors import LandmarkFileError, OutputError
from neckrom.landmarks.header import (
    HeaderError,
    LandmarkHeader,
    header_from_json,
    header_to_json,
    version_from_json,
)
from neckrom.types import DetectorIdentity, SourceInfo

NECK_KEY, BODY_KEY = "neckrom.landmarks", "neckrom.body"
"""Of the header among the file's metadata: one for each kind."""
_KINDS = {
    NECK_KEY: "of a neck session: give it to neckrom measure",
    BODY_KEY: "of a whole body: give it to neckrom run, or to neckrom posture if the person stands (neckrom sessions "
    "import: --kind run or --kind posture); of a nerve test: neckrom measure --protocol slr, slump or arms",
}
_ROWS_A_GROUP = 300
"""Rows that are written at once: ten seconds at 30 pictures a second."""
_HOLLOW_BYTES, _HOLLOW_TIMES = 200_000_000, 30
"""Real landmarks shrink to half or a third; ten minutes of a seat that stays empty shrink to a twentieth."""


class Row(Protocol):
    """Landmarks of one frame: an attribute for each column."""

    @property
    def time_ns(self) -> int:
        """Time of the frame."""
        ...


RowT = TypeVar("RowT", bound=Row)


@dataclass(frozen=True)
class TableFormat:
    """Columns and versions of one kind of landmark file.

    Attributes
    ----------
    key : str
        Of the header.
    version : int
        That is written.
    readable : tuple of int
    lists : dict
        Columns of a fixed number of float32 values a frame, in their order.
    plain : dict
        Columns of one value a frame, which follow; ``time_ns`` comes before all.
    optional : tuple of str
        Lists that older files do not have.
    """

    key: str
    version: int
    readable: tuple[int, ...]
    lists: dict[str, int]
    plain: dict[str, pa.DataType]
    optional: tuple[str, ...] = ()

    @cached_property
    def schema(self) -> pa.Schema:
        """Of the table."""
        return pa.schema(
            [
                pa.field("time_ns", pa.int64(), nullable=False),
                *(
                    pa.field(
                        name, pa.list_(pa.field("element", pa.float32(), nullable=False), n), nullable=False
                    )
                    for name, n in self.lists.items()
                ),
                *(pa.field(name, kind, nullable=False) for name, kind in self.plain.items()),
            ]
        )

    @property
    def row_bytes(self) -> int:
        """Of the lists of one row in memory."""
        return 4 * sum(self.lists.values())

    def table(self, rows: Sequence[Row]) -> pa.Table:
        """Rows as a table.

        Parameters
        ----------
        rows : sequence of LandmarkFrame or BodyFrame
            In time order, at least one.

        Returns
        -------
        pyarrow.Table
            Of the columns of ``schema``.
        """
        columns: list[pa.Array] = [pa.array([row.time_ns for row in rows], pa.int64())]
        for name, length in self.lists.items():
            flat = np.concatenate([_flat(getattr(row, name), name, length) for row in rows])
            columns.append(
                pa.FixedSizeListArray.from_arrays(
                    pa.array(flat, pa.float32()), type=self.schema.field(name).type
                )
            )
        columns += [pa.array([getattr(row, name) for row in rows], kind) for name, kind in self.plain.items()]
        return pa.Table.from_arrays(columns, schema=self.schema)

    def check_columns(self, schema: pa.Schema, path: Path) -> None:
        """Refuse a table that has not the columns of landmarks.

        Parameters
        ----------
        schema : pyarrow.Schema
            As it stands in the file; further columns are let pass.
        path : Path
            For the message.

        Raises
        ------
        LandmarkFileError
            Naming every column that is missing, there twice, or of another type.
        """
        problems = []
        for field in self.schema:
            count = schema.names.count(field.name)
            if count == 0 and field.name in self.optional:
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
                f"{path} does not hold the columns of a landmark file: measure the clip again.",
                tuple(problems),
            )


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a whole file.

    Attributes
    ----------
    lists : dict of ndarray, shape (N, values a frame), float32
        Those that an older file does not have are not in it.
    plain : dict of ndarray, shape (N,)
    """

    lists: dict[str, NDArray[np.float32]]
    plain: dict[str, NDArray[Any]]


class TableWriter(Generic[RowT]):
    """Stream landmarks to a file that appears only when it is complete; its subclasses name their table.

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

    kind: ClassVar[TableFormat]

    def __init__(self, path: Path, source: SourceInfo) -> None:
        self._path = path
        self._source = source
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._rows: list[RowT] = []
        self._frames = 0
        try:
            self._file = self._temporary.open("wb")
        except OSError as error:
            raise _cannot_write(path, error) from error
        self._writer: pq.ParquetWriter | None = pq.ParquetWriter(
            self._file,
            self.kind.schema,
            compression="zstd",
            use_dictionary=False,
            use_byte_stream_split=[f"{name}.list.element" for name in self.kind.lists],
            write_page_checksum=True,
        )

    def write(self, frame: RowT) -> None:
        """Add one frame; they come in time order.

        Parameters
        ----------
        frame : LandmarkFrame or BodyFrame
            Of the writer's kind.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
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
        """Complete the file and give it its name.

        Parameters
        ----------
        detector : DetectorIdentity
        warnings : tuple of str
        cuts_ns : tuple of int
            Rising, nanoseconds.

        Returns
        -------
        LandmarkHeader
            As it stands in the file.

        Raises
        ------
        OutputError
            The file cannot be written, or was given up before.
        """
        header = LandmarkHeader(self._source, detector, self._frames, warnings, cuts_ns)
        if self._writer is None:
            raise OutputError(f"{self._path} was given up already: write it again from the start.")
        if self._rows:
            self._flush()
        try:
            self._writer.add_key_value_metadata({self.kind.key: header_to_json(header, self.kind.version)})
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

    def __enter__(self) -> TableWriter[RowT]:
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
        table = self.kind.table(self._rows)
        self._rows = []
        try:
            self._writer.write_table(table)
        except (OSError, pa.ArrowException) as error:
            self.abort()
            raise _cannot_write(self._path, error) from error


def read_table(kind: TableFormat, path: Path) -> tuple[Columns, LandmarkHeader]:
    """Columns and header of a landmark file; gaps in time and NaN are fine, they mean that nothing was seen.

    Parameters
    ----------
    kind : TableFormat
    path : Path

    Returns
    -------
    columns : Columns
    header : LandmarkHeader

    Raises
    ------
    LandmarkFileError
        The file is damaged, of another version or kind, or holds something else; every problem is named at once.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            header = _header(kind, file, path)
            kind.check_columns(file.schema_arrow, path)
            _refuse_hollow(kind, file, path)
            columns = _read_columns(kind, file)
    except (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError) as error:
        raise LandmarkFileError(
            f"{path} cannot be read as landmarks: it is damaged or something else. "
            "Measure the clip again to write a new one.",
            tuple(line[:200] for line in str(error).splitlines()[:1]),
        ) from error
    _check_values(columns, header, path)
    return columns, header


def kind_key(path: Path) -> str | None:
    """Key of the kind of landmarks that a file says it holds; None where it holds none.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str or None
        ``NECK_KEY`` or ``BODY_KEY``; None also where the file cannot be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            stored = file.metadata.metadata or {}
    except (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError):
        return None
    return next((key for key in _KINDS if key.encode() in stored), None)


# ------------------------------------------------------------------ writing


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


def _header(kind: TableFormat, file: pq.ParquetFile, path: Path) -> LandmarkHeader:
    metadata = file.metadata.metadata or {}
    stored = metadata.get(kind.key.encode())
    if stored is None:
        other = next((words for key, words in _KINDS.items() if key.encode() in metadata), None)
        if other is not None:
            raise LandmarkFileError(f"{path} holds landmarks {other}.")
        raise LandmarkFileError(
            f"{path} is a table, but not one of landmarks: give the landmarks.parquet of a measurement."
        )
    try:
        version = version_from_json(stored)
        if version not in kind.readable:
            raise LandmarkFileError(
                f"{path} has landmark format {version}, this neckrom reads {kind.version}: "
                "measure the clip again, or use the neckrom that wrote it."
            )
        return header_from_json(stored)[1]
    except HeaderError as error:
        raise LandmarkFileError(
            f"{path} has a damaged header ({error}): measure the clip again to write a new one."
        ) from error


def _refuse_hollow(kind: TableFormat, file: pq.ParquetFile, path: Path) -> None:
    """A file that would fill the memory with next to nothing in it was made, not measured."""
    wanted = file.metadata.num_rows * kind.row_bytes
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


def _read_columns(kind: TableFormat, file: pq.ParquetFile) -> Columns:
    """Batch by batch into columns made once: nothing is held twice, and much is held on disk."""
    n = file.metadata.num_rows
    names = [name for name in kind.schema.names if name in file.schema_arrow.names]
    on_disk = n * kind.row_bytes > IN_MEMORY_BYTES
    plain: dict[str, NDArray[Any]] = {
        name: np.zeros(n, dtype=np.bool_ if pa.types.is_boolean(kind_of) else np.int64)
        for name, kind_of in {"time_ns": pa.int64(), **kind.plain}.items()
    }
    with ExitStack() as open_columns:
        lists = {
            name: open_columns.enter_context(ColumnWriter(n, length, on_disk=on_disk))
            for name, length in kind.lists.items()
            if name in names
        }
        at = 0
        for batch in _batches(file, names):
            rows = slice(at, at + batch.num_rows)
            for name, values in plain.items():
                values[rows] = _full(batch, name).to_numpy(zero_copy_only=False)
            for name, points in lists.items():
                stored = _full(batch, name).flatten().to_numpy(zero_copy_only=False)
                points.write(stored.reshape(-1, kind.lists[name]))
            at = rows.stop
        return Columns({name: points.done() for name, points in lists.items()}, plain)


def _batches(file: pq.ParquetFile, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Of each row group by itself: read all in one go, the whole file stays in memory until the end."""
    for group in range(file.metadata.num_row_groups):
        yield from file.iter_batches(_ROWS_A_GROUP, row_groups=[group], columns=names, use_threads=False)


def _full(batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch.column(name)
    if column.null_count:
        raise pa.ArrowInvalid(f'column "{name}" has empty cells')
    return column


def _check_values(columns: Columns, header: LandmarkHeader, path: Path) -> None:
    problems = []
    time_ns, (width, height) = columns.plain["time_ns"], (header.source.width, header.source.height)
    if not len(time_ns):
        problems.append("it holds no frame")
    if len(time_ns) != header.frames:
        problems.append(f"it holds {len(time_ns)} frames, its header says {header.frames}")
    late = time_ns[1:] <= time_ns[:-1]
    if late.any():
        at = int(np.argmax(late)) + 1
        problems.append(f"times do not rise (first at frame {at})")
    problems += [
        f'column "{name}" holds infinite values'
        for name, values in columns.lists.items()
        if any(np.isinf(values[rows]).any() for rows in in_blocks(values))
    ]
    if width <= 0 or height <= 0:
        problems.append(f"the picture has no size ({width} x {height})")
    if problems:
        raise LandmarkFileError(
            f"{path} is damaged: measure the clip again to write a new one.", tuple(problems)
        )
