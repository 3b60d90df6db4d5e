"""Columns of recordings of any length: gone through in blocks of rows, and kept on disk where they are long.

A minute of landmarks at 30 pictures a second is 20 MB, an hour more than a gigabyte. From ``IN_MEMORY_BYTES`` on, a
column lies in a temporary file without a name, which nobody else can open and which is gone with the process. It is
mapped: an array like any other, read-only, of which the system reads what is touched. :func:`in_blocks` lets go of
what was read, block after block.
"""

from __future__ import annotations

import io
import logging
import mmap
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

BLOCK_ROWS = 2048
"""Rows that are worked on at once: 68 s at 30 pictures a second, 23 MB of landmarks."""
IN_MEMORY_BYTES = 64_000_000
"""A table up to this size stays in memory: three minutes of landmarks at 30 pictures a second."""

_Column = NDArray[Any]


class ColumnWriter:
    """A column of known size that is filled from its first row to its last.

    Parameters
    ----------
    rows, width : int
    on_disk : bool
        Whether it goes into a file. Where the file cannot be written, it stays in memory after all.
    dtype : numpy.dtype
    """

    def __init__(self, rows: int, width: int, *, on_disk: bool, dtype: type[np.generic] = np.float32) -> None:
        self._shape, self._dtype = (rows, width), np.dtype(dtype)
        self._bytes = rows * width * self._dtype.itemsize
        self._at = 0
        self._file: io.FileIO | None = None
        self._values: _Column | None = None
        if on_disk and self._bytes:
            try:
                self._file = tempfile.TemporaryFile(prefix="neckrom-", buffering=0)  # noqa: SIM115  (closed at the end of the with)
            except OSError as error:
                self._stay_in_memory(error)
        if self._file is None and self._values is None:
            self._values = np.empty(self._shape, self._dtype)

    def write(self, values: _Column) -> None:
        """Add rows.

        Parameters
        ----------
        values : ndarray, shape (n, width)
        """
        rows = slice(self._at, self._at + len(values))
        if self._file is not None:
            try:
                # written, not put into a mapping: a full disk is an error here and would end the process there
                left = memoryview(np.ascontiguousarray(values, self._dtype).tobytes())
                while left:
                    left = left[self._file.write(left) :]
            except OSError as error:
                self._stay_in_memory(error)
        if self._values is not None:
            self._values[rows] = values
        self._at = rows.stop

    def done(self) -> _Column:
        """The whole column.

        Returns
        -------
        ndarray, shape (rows, width)
            Read-only where it lies on disk.

        Raises
        ------
        ValueError
            If rows are missing.
        """
        if self._at != self._shape[0]:
            raise ValueError(f"{self._at} of {self._shape[0]} rows were written")
        if self._file is None:
            assert self._values is not None
            return self._values
        with self._file as file:
            mapping = mmap.mmap(file.fileno(), self._bytes, access=mmap.ACCESS_READ)
        return np.frombuffer(mapping, self._dtype).reshape(self._shape)

    def __enter__(self) -> ColumnWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def _stay_in_memory(self, error: OSError) -> None:
        log.warning("no room for a temporary file (%s): the recording is held in memory", error)
        self._values = np.empty(self._shape, self._dtype)
        file, self._file = self._file, None
        if file is None:
            return
        with file:
            file.seek(0)
            left = self._values[: self._at].reshape(-1).view(np.uint8).data
            while left:
                left = left[file.readinto(left) :]


def in_blocks(*columns: _Column | None) -> Iterator[slice]:
    """Rows of columns of the same length, block after block.

    What was read of columns on disk is let go of after each block.

    Parameters
    ----------
    *columns : ndarray, shape (N, ...), or None
        None is passed over; at least one is none.

    Yields
    ------
    slice
        Of at most ``BLOCK_ROWS`` rows, in order; one, of no rows, where there are none.
    """
    given = [column for column in columns if column is not None]
    rows = len(given[0])
    for start in range(0, max(rows, 1), BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, rows))
        let_go(*given)


def let_go(*columns: _Column | None) -> None:
    """Give back the memory in which rows of columns on disk were read; they are read anew when touched again.

    Parameters
    ----------
    *columns : ndarray or None
        Those in memory stay as they are.
    """
    if not hasattr(mmap, "MADV_DONTNEED"):  # not on Windows, which takes back what it needs by itself
        return
    for column in columns:
        mapping = _mapping(column)
        if mapping is not None:
            mapping.madvise(mmap.MADV_DONTNEED)


def by_blocks(column: _Column, change: Callable[[_Column], _Column]) -> _Column:
    """A column made from another one, each row from its own.

    Parameters
    ----------
    column : ndarray, shape (N, ...)
    change : callable
        From some rows to as many of the new column, of the same shape and kind; leaves what it is given as it is.

    Returns
    -------
    ndarray, shape (N, ...)
        On disk where ``column`` is.
    """
    if _mapping(column) is None:
        return change(column)
    width = int(np.prod(column.shape[1:], dtype=np.int64))
    writer = ColumnWriter(len(column), width, on_disk=True, dtype=column.dtype.type)
    for rows in in_blocks(column):
        writer.write(change(column[rows]).reshape(-1, width))
    return writer.done().reshape(column.shape)


def found_rows(points: _Column) -> NDArray[np.bool_]:
    """Rows in which the first value is a number.

    Parameters
    ----------
    points : ndarray, shape (N, K, D)

    Returns
    -------
    ndarray, shape (N,), bool
    """
    found = np.empty(len(points), dtype=np.bool_)
    for rows in in_blocks(points):
        found[rows] = np.isfinite(points[rows, 0, 0])
    return found


def _mapping(column: _Column | None) -> mmap.mmap | None:
    """The file in which the memory of an array, or of the one that it is a view of, lies."""
    base: Any = column
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    return base if isinstance(base, mmap.mmap) else None
