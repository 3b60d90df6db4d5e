"""Landmarks of a session while it runs: an append-only Arrow stream, readable up to where it was cut off.

The same columns as ``landmarks.parquet`` (:mod:`neckrom.landmarks.store` of a neck session,
:mod:`neckrom.landmarks.body_store` of a whole body), in batches of about a second.
A parquet file can only be read once its end is written; this can be read at any moment, so a session
that is killed loses what came after its last batch and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import flatbuffers
import numpy as np
import pyarrow as pa
from flatbuffers import number_types
from flatbuffers.table import Table

from neckrom.errors import LandmarkFileError, OutputError
from neckrom.landmarks.body_store import BODY_TABLE, BodyWriter
from neckrom.landmarks.header import (
    HeaderError,
    LandmarkHeader,
    source_fields,
    stream_header_from_json,
)
from neckrom.landmarks.notes import LandmarkNotes
from neckrom.landmarks.store import NECK_TABLE, LandmarkWriter
from neckrom.landmarks.table import Row, TableFormat, TableWriter
from neckrom.types import (
    N_MOTION,
    BodyFrame,
    DetectorIdentity,
    LandmarkFrame,
    SourceInfo,
)

_VERSION = 1
"""Of the stream's format."""
_MOST_ROWS = 10_000
"""Of one batch: a session writes one a second."""
_MOST_FRAMES = 200_000
"""Of one stream: two hours; a guided session takes minutes. (Empty seats shrink so well that the size says nothing.)"""
_ARROW_ERRORS = (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What is known when a session begins: where the frames come from, which models see them."""

    source: SourceInfo
    detector: DetectorIdentity


RowT = TypeVar("RowT", bound=Row)
Values = Mapping[str, Any]
"""Of one row: arrays and plain values by the names of their columns."""


@dataclass(frozen=True)
class StreamKind(Generic[RowT]):
    """What lies in a stream.

    Attributes
    ----------
    key : bytes
        Of its header: no kind is taken for another.
    table : TableFormat
    row : callable
        From the values of a row.
    writer : callable
        Of the finished file.
    """

    key: bytes
    table: TableFormat
    row: Callable[[Values], RowT]
    writer: Callable[[Path, SourceInfo], TableWriter[RowT]]

    @property
    def most_batch_bytes(self) -> int:
        """Of one batch in memory, with what Arrow adds to the columns."""
        return 2 * _MOST_ROWS * self.table.row_bytes


def _neck_row(values: Values) -> LandmarkFrame:
    return LandmarkFrame(**{**values, "faces": int(values["faces"]), "pose_ran": bool(values["pose_ran"])})


def _body_row(values: Values) -> BodyFrame:
    return BodyFrame(**{**values, "people": int(values["people"])})


NECK_STREAM: StreamKind[LandmarkFrame] = StreamKind(b"neckrom.stream", NECK_TABLE, _neck_row, LandmarkWriter)
BODY_STREAM: StreamKind[BodyFrame] = StreamKind(b"neckrom.body_stream", BODY_TABLE, _body_row, BodyWriter)


class StreamWriter(Generic[RowT]):
    """Append landmarks to a stream, batch by batch.

    Parameters
    ----------
    path : Path
    header : StreamHeader
    kind : StreamKind
        ``NECK_STREAM`` or ``BODY_STREAM``.

    Raises
    ------
    OutputError
        Here and in :meth:`write`: the file cannot be written.
    """

    def __init__(self, path: Path, header: StreamHeader, kind: StreamKind[RowT]) -> None:
        self._path, self._kind = path, kind
        content = {**asdict(header), "version": _VERSION, "source": source_fields(header.source)}
        meta = json.dumps(content, sort_keys=True).encode()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb")
            self._writer = pa.ipc.new_stream(
                self._file,
                kind.table.schema.with_metadata({kind.key: meta}),
                options=pa.ipc.IpcWriteOptions(compression="zstd"),
            )
            self._file.flush()
        except (OSError, pa.ArrowException) as error:
            raise _cannot_write(path, error) from error

    def write(self, frames: Sequence[RowT]) -> None:
        """Append a batch; it is on the disk when this returns.

        Parameters
        ----------
        frames : sequence of LandmarkFrame or BodyFrame
            In time order, of the stream's kind; with none of them nothing is done.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        if not frames:
            return
        try:
            self._writer.write_table(self._kind.table.table(frames))
            self._file.flush()
            os.fsync(self._file.fileno())
        except (OSError, pa.ArrowException) as error:
            raise _cannot_write(self._path, error) from error

    def close(self) -> None:
        """End the stream; a second call does nothing.

        Raises
        ------
        OutputError
            The file cannot be written.
        """
        if self._file.closed:
            return
        try:
            self._writer.close()
            os.fsync(self._file.fileno())
        except (OSError, pa.ArrowException) as error:
            with contextlib.suppress(OSError):  # it says the same once more
                self._file.close()
            raise _cannot_write(self._path, error) from error
        self._file.close()


class LandmarkStreamWriter(StreamWriter[LandmarkFrame]):
    """Of a neck session.

    Raises
    ------
    OutputError
        The file cannot be written.
    """

    def __init__(self, path: Path, header: StreamHeader) -> None:
        super().__init__(path, header, NECK_STREAM)


class BodyStreamWriter(StreamWriter[BodyFrame]):
    """Of a session that sees the whole body.

    Raises
    ------
    OutputError
        The file cannot be written.
    """

    def __init__(self, path: Path, header: StreamHeader) -> None:
        super().__init__(path, header, BODY_STREAM)


def read_stream(path: Path) -> tuple[StreamHeader, Iterator[LandmarkFrame]]:
    """What the stream of a neck session holds, up to where it was cut off.

    Parameters
    ----------
    path : Path

    Returns
    -------
    header : StreamHeader
    frames : iterator of LandmarkFrame
        Read as they are asked for.

    Raises
    ------
    LandmarkFileError
        Not even its beginning can be read.
    """
    return _read_stream(path, NECK_STREAM)


def read_body_stream(path: Path) -> tuple[StreamHeader, Iterator[BodyFrame]]:
    """The same for whole bodies.

    Parameters
    ----------
    path : Path

    Returns
    -------
    header : StreamHeader
    frames : iterator of BodyFrame
        Read as they are asked for.

    Raises
    ------
    LandmarkFileError
        Not even its beginning can be read.
    """
    return _read_stream(path, BODY_STREAM)


def _read_stream(path: Path, kind: StreamKind[RowT]) -> tuple[StreamHeader, Iterator[RowT]]:
    """What a stream holds, up to where it was cut off.

    Raises
    ------
    LandmarkFileError
        Not even its beginning can be read.
    """
    try:
        with path.open("rb") as file:
            schema = pa.ipc.open_stream(file).schema
        stored = (schema.metadata or {}).get(kind.key)
        if stored is None:
            raise HeaderError("its beginning says nothing of landmarks")
        source, detector = stream_header_from_json(stored)
    except (*_ARROW_ERRORS, HeaderError) as error:
        raise LandmarkFileError(
            f"{path} cannot be read as the landmarks of a session: it was cut off before its first second, "
            f"or it is something else ({(str(error).splitlines() or [''])[0][:200]})."
        ) from error
    kind.table.check_columns(schema, path)
    return StreamHeader(source, detector), _frames(path, kind, [])


def convert_stream(stream: Path, target: Path) -> LandmarkHeader:
    """Write the stream of a neck session as ``landmarks.parquet``, whole or not at all.

    Times that do not rise are left out.

    Parameters
    ----------
    stream, target : Path

    Returns
    -------
    LandmarkHeader
        As it stands in the file; a stream that breaks off is among its warnings.

    Raises
    ------
    LandmarkFileError
        The stream holds no frame.
    OutputError
        The target cannot be written.
    """
    notes = LandmarkNotes()
    return _convert(stream, target, NECK_STREAM, take_note=notes.take, notices=notes.notices)


def convert_body_stream(
    stream: Path, target: Path, between_s: tuple[float, float] | None = None
) -> LandmarkHeader:
    """The same for the stream of whole bodies.

    Parameters
    ----------
    stream, target : Path
    between_s : tuple of two float, optional
        Only what was seen from one time to another.

    Returns
    -------
    LandmarkHeader
        As it stands in the file; a stream that breaks off is among its warnings.

    Raises
    ------
    LandmarkFileError
        The stream holds no frame, or none of that time.
    OutputError
        The target cannot be written.
    """
    return _convert(
        stream, target, BODY_STREAM, take_note=lambda _frame: None, notices=tuple, between_s=between_s
    )


def _convert(
    stream: Path,
    target: Path,
    kind: StreamKind[RowT],
    *,
    take_note: Callable[[RowT], None],
    notices: Callable[[], tuple[str, ...]],
    between_s: tuple[float, float] | None = None,
) -> LandmarkHeader:
    header, _ = _read_stream(stream, kind)
    _refuse_endless(stream, kind)
    broken: list[str] = []
    with stream.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    source = SourceInfo(**{**asdict(header.source), "sha256": digest})
    last_ns = -1
    first_s, end_s = between_s or (0.0, float("inf"))
    with kind.writer(target, source) as writer:
        for frame in _frames(stream, kind, broken):
            if frame.time_ns > last_ns and first_s <= frame.time_ns * 1e-9 <= end_s:
                writer.write(frame)
                take_note(frame)
                last_ns = frame.time_ns
        if last_ns < 0:
            if between_s is not None:
                raise LandmarkFileError(f"{stream} holds no frame from {first_s:g} to {end_s:g} s.")
            raise LandmarkFileError(f"{stream} holds no frame: the session ended before anything was seen.")
        cut = [
            f"The recorded landmarks break off at {last_ns * 1e-9:.1f} s: what may have come after cannot be read."
            for _ in broken
        ]
        return writer.finish(header.detector, (*cut, *notices()))


def _frames(path: Path, kind: StreamKind[RowT], broken: list[str]) -> Iterator[RowT]:
    """Frames up to the end, or to where they cannot be read: then ``broken`` says why."""
    with path.open("rb") as file:
        messages = _messages(file)
        schema = pa.ipc.read_schema(next(messages)[0])
        while True:
            try:
                message, claimed = next(messages)
                if claimed.rows > _MOST_ROWS or claimed.bytes > kind.most_batch_bytes:
                    raise pa.ArrowInvalid(f"a batch of {claimed.rows} rows in {claimed.bytes} bytes")
                rows = list(_rows(pa.ipc.read_record_batch(message, schema), kind))
            except StopIteration:
                return
            except _ARROW_ERRORS as error:
                broken.append(str(error))
                return
            yield from rows


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What a batch says of itself, before anything of it is unpacked."""

    rows: int
    bytes: int
    """Of all its columns in memory."""


def _messages(file: BinaryIO) -> Iterator[tuple[pa.ipc.Message, _Claimed]]:
    """The schema, then the batches of a stream, as they lie in the file.

    Arrow unpacks all columns of a batch before it says how many rows there are, and a few kilobytes unpack to
    gigabytes; so that is read first.
    """
    reader = pa.ipc.MessageReader.open_stream(file)
    yield reader.read_next_message(), _Claimed(0, 0)
    while True:
        try:
            message = reader.read_next_message()
        except StopIteration:
            return
        if message.type != "record batch":
            raise pa.ArrowInvalid(f"a {message.type} where a batch should be")
        yield message, _claimed(message)


_HEADER, _LENGTH, _BUFFERS, _COMPRESSION = 8, 4, 8, 10
"""Places of fields in the tables ``Message`` and ``RecordBatch``: 4 + 2 n for the n-th
(https://arrow.apache.org/docs/format/Columnar.html, Message.fbs)."""
_BUFFER_BYTES = 16
"""Of the struct ``Buffer``: offset and length, 64 bits each."""


def _claimed(message: pa.ipc.Message) -> _Claimed:
    """Rows and unpacked bytes of a batch; a packed buffer begins with its unpacked length, or with -1."""
    raw, body = message.metadata.to_pybytes(), message.body
    try:
        root = Table(raw, flatbuffers.encode.Get(number_types.UOffsetTFlags.packer_type, raw, 0))
        batch = Table(raw, 0)
        root.Union(batch, root.Offset(_HEADER))
        length, buffers = batch.Offset(_LENGTH), batch.Offset(_BUFFERS)
        rows = batch.Get(number_types.Int64Flags, batch.Pos + length) if length else 0
        number, start = (batch.VectorLen(buffers), batch.Vector(buffers)) if buffers else (0, 0)
        packed, total = bool(batch.Offset(_COMPRESSION)), 0
        for index in range(number):
            at, size = struct.unpack_from("<qq", raw, start + index * _BUFFER_BYTES)
            unpacked = struct.unpack_from("<q", body, at)[0] if packed and size else -1
            total += size if unpacked < 0 else unpacked
    except (struct.error, IndexError, TypeError, ValueError) as error:
        raise pa.ArrowInvalid(f"a batch that cannot be read ({error})") from error
    return _Claimed(rows, total)


def _refuse_endless(path: Path, kind: StreamKind[Any]) -> None:
    """A stream that would take long and fill the disk was made, not recorded."""
    rows = 0
    with path.open("rb") as file, contextlib.suppress(*_ARROW_ERRORS):  # it is read up to where it is damaged
        for _, claimed in _messages(file):
            if claimed.rows > _MOST_ROWS or claimed.bytes > kind.most_batch_bytes:
                break
            rows += max(claimed.rows, 0)
    if rows > _MOST_FRAMES:
        raise LandmarkFileError(
            f"{path} says that it holds {rows} frames, more than the {_MOST_FRAMES} of any session: it is damaged, or "
            "was not recorded by neckrom. Record the session again."
        )


_SHAPES: dict[str, tuple[int, ...]] = {
    "face": (-1, 3),
    "pose": (-1, 3),
    "pose_world": (-1, 3),
    "motion": (N_MOTION, N_MOTION, 2),
    "tracks": (-1, 3),
    "chest_tracks": (-1, 3),
}
"""Of one row; lists that are not named here lie flat."""


def _rows(batch: pa.RecordBatch, kind: StreamKind[RowT]) -> Iterator[RowT]:
    n = batch.num_rows
    batch.validate(full=True)  # lengths that a damaged batch claims are not those of its memory
    lists = {
        name: np.asarray(
            batch.column(name).flatten().to_numpy(zero_copy_only=False), dtype=np.float32
        ).reshape(n, *_SHAPES.get(name, (-1,)))
        for name in kind.table.lists
        if name in batch.schema.names
    }
    plain = {
        name: batch.column(name).to_numpy(zero_copy_only=False) for name in ("time_ns", *kind.table.plain)
    }
    for i in range(n):
        values = {name: column[i] for name, column in {**plain, **lists}.items()}
        yield kind.row({**values, "time_ns": int(values["time_ns"])})


def _cannot_write(path: Path, error: BaseException) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(f"{path} cannot be written ({reason}): free some space, or choose another --out.")
