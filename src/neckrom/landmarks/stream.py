"""Landmarks of a session while it runs: an append-only Arrow stream, readable up to where it was cut off.

The same columns as ``landmarks.parquet`` (:mod:`neckrom.landmarks.store`), in batches of about a second.
A parquet file can only be read once its end is written; this can be read at any moment, so a session
that is killed loses what came after its last batch and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import flatbuffers
import numpy as np
import pyarrow as pa
from flatbuffers import number_types
from flatbuffers.table import Table

from neckrom.errors import LandmarkFileError, OutputError
from neckrom.landmarks.header import (
    HeaderError,
    LandmarkHeader,
    source_fields,
    stream_header_from_json,
)
from neckrom.landmarks.notes import LandmarkNotes
from neckrom.landmarks.store import NECK_TABLE, LandmarkWriter
from neckrom.types import (
    N_MOTION,
    DetectorIdentity,
    LandmarkFrame,
    SourceInfo,
)

_KEY = b"neckrom.stream"
_VERSION = 1
_MOST_ROWS = 10_000
"""Of one batch: a session writes one a second."""
_MOST_FRAMES = 200_000
"""Of one stream: two hours; a guided session takes minutes. (Empty seats shrink so well that the size says nothing.)"""
_MOST_BATCH_BYTES = 2 * _MOST_ROWS * NECK_TABLE.row_bytes
"""Of one batch in memory, with what Arrow adds to the columns."""
_ARROW_ERRORS = (OSError, pa.ArrowException, ValueError, OverflowError, MemoryError)


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """What is known when a session begins: where the frames come from, which models see them."""

    source: SourceInfo
    detector: DetectorIdentity


class LandmarkStreamWriter:
    """Append landmarks to a stream, batch by batch.

    Raises
    ------
    OutputError
        Here and in :meth:`write`: the file cannot be written.
    """

    def __init__(self, path: Path, header: StreamHeader) -> None:
        self._path = path
        content = {**asdict(header), "version": _VERSION, "source": source_fields(header.source)}
        meta = json.dumps(content, sort_keys=True).encode()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(descriptor, "wb")
            self._writer = pa.ipc.new_stream(
                self._file,
                NECK_TABLE.schema.with_metadata({_KEY: meta}),
                options=pa.ipc.IpcWriteOptions(compression="zstd"),
            )
            self._file.flush()
        except (OSError, pa.ArrowException) as error:
            raise _cannot_write(path, error) from error

    def write(self, frames: Sequence[LandmarkFrame]) -> None:
        """Append a batch; it is on the disk when this returns."""
        if not frames:
            return
        try:
            self._writer.write_table(NECK_TABLE.table(frames))
            self._file.flush()
            os.fsync(self._file.fileno())
        except (OSError, pa.ArrowException) as error:
            raise _cannot_write(self._path, error) from error

    def close(self) -> None:
        """End the stream; a second call does nothing."""
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


def read_stream(path: Path) -> tuple[StreamHeader, Iterator[LandmarkFrame]]:
    """What a stream holds, up to where it was cut off.

    Raises
    ------
    LandmarkFileError
        Not even its beginning can be read.
    """
    try:
        with path.open("rb") as file:
            schema = pa.ipc.open_stream(file).schema
        stored = (schema.metadata or {}).get(_KEY)
        if stored is None:
            raise HeaderError("its beginning says nothing of landmarks")
        source, detector = stream_header_from_json(stored)
    except (*_ARROW_ERRORS, HeaderError) as error:
        raise LandmarkFileError(
            f"{path} cannot be read as the landmarks of a session: it was cut off before its first second, "
            f"or it is something else ({(str(error).splitlines() or [''])[0][:200]})."
        ) from error
    NECK_TABLE.check_columns(schema, path)
    return StreamHeader(source, detector), _frames(path, [])


def convert_stream(stream: Path, target: Path) -> LandmarkHeader:
    """Write a stream as ``landmarks.parquet``, whole or not at all; times that do not rise are left out.

    Raises
    ------
    LandmarkFileError
        The stream holds no frame.
    OutputError
        The target cannot be written.
    """
    header, _ = read_stream(stream)
    _refuse_endless(stream)
    broken: list[str] = []
    with stream.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    source = SourceInfo(**{**asdict(header.source), "sha256": digest})
    notes, last_ns = LandmarkNotes(), -1
    with LandmarkWriter(target, source) as writer:
        for frame in _frames(stream, broken):
            if frame.time_ns > last_ns:
                writer.write(frame)
                notes.take(frame)
                last_ns = frame.time_ns
        if last_ns < 0:
            raise LandmarkFileError(f"{stream} holds no frame: the session ended before anything was seen.")
        cut = [
            f"The recorded landmarks break off at {last_ns * 1e-9:.1f} s: what may have come after cannot be read."
            for _ in broken
        ]
        return writer.finish(header.detector, (*cut, *notes.notices()))


def _frames(path: Path, broken: list[str]) -> Iterator[LandmarkFrame]:
    """Frames up to the end, or to where they cannot be read: then ``broken`` says why."""
    with path.open("rb") as file:
        messages = _messages(file)
        schema = pa.ipc.read_schema(next(messages)[0])
        while True:
            try:
                message, claimed = next(messages)
                if claimed.rows > _MOST_ROWS or claimed.bytes > _MOST_BATCH_BYTES:
                    raise pa.ArrowInvalid(f"a batch of {claimed.rows} rows in {claimed.bytes} bytes")
                rows = list(_rows(pa.ipc.read_record_batch(message, schema)))
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


def _refuse_endless(path: Path) -> None:
    """A stream that would take long and fill the disk was made, not recorded."""
    rows = 0
    with path.open("rb") as file, contextlib.suppress(*_ARROW_ERRORS):  # it is read up to where it is damaged
        for _, claimed in _messages(file):
            if claimed.rows > _MOST_ROWS or claimed.bytes > _MOST_BATCH_BYTES:
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


def _rows(batch: pa.RecordBatch) -> Iterator[LandmarkFrame]:
    n = batch.num_rows
    batch.validate(full=True)  # lengths that a damaged batch claims are not those of its memory
    lists = {
        name: np.asarray(
            batch.column(name).flatten().to_numpy(zero_copy_only=False), dtype=np.float32
        ).reshape(n, *_SHAPES.get(name, (-1,)))
        for name in NECK_TABLE.lists
        if name in batch.schema.names
    }
    plain = {
        name: batch.column(name).to_numpy(zero_copy_only=False) for name in ("time_ns", "faces", "pose_ran")
    }
    for i in range(n):
        yield LandmarkFrame(
            time_ns=int(plain["time_ns"][i]),
            faces=int(plain["faces"][i]),
            pose_ran=bool(plain["pose_ran"][i]),
            **{name: values[i] for name, values in lists.items()},
        )


def _cannot_write(path: Path, error: BaseException) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(f"{path} cannot be written ({reason}): free some space, or choose another --out.")
