"""Columns of long recordings: on disk they are what they are in memory, and are gone through whole."""

from __future__ import annotations

import io
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom import columns
from neckrom.columns import ColumnWriter, by_blocks, found_rows, in_blocks, let_go


def written(values: np.ndarray, *, on_disk: bool, pieces: int = 3) -> np.ndarray:
    with ColumnWriter(*values.shape, on_disk=on_disk) as writer:
        for piece in np.array_split(values, pieces):
            writer.write(piece)
        return writer.done()


def numbers(rows: int, width: int) -> np.ndarray:
    values = np.random.default_rng(rows).normal(size=(rows, width)).astype(np.float32)
    values[::7] = np.nan
    return values


@pytest.mark.parametrize("rows", [0, 1, 500])
def test_what_is_written_comes_back(rows):
    values = numbers(rows, 6)
    for on_disk in (True, False):
        column = written(values, on_disk=on_disk)
        assert column.dtype == np.float32
        np.testing.assert_array_equal(column, values)


def test_on_disk_it_cannot_be_changed_and_is_read_anew_after_letting_go():
    values = numbers(5000, 6)
    column = written(values, on_disk=True)
    part = column.reshape(-1, 2, 3)[100:4000, :, :2]
    let_go(part, None, values)
    np.testing.assert_array_equal(part, values.reshape(-1, 2, 3)[100:4000, :, :2])
    with pytest.raises(ValueError, match="read-only"):
        column[0, 0] = 1


def test_missing_rows_are_told():
    writer = ColumnWriter(5, 2, on_disk=False)
    writer.write(numbers(4, 2))
    with pytest.raises(ValueError, match="4 of 5"):
        writer.done()


class Full(io.BytesIO):
    """A disk that takes so many writes."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self._left = writes

    def write(self, data: object) -> int:
        if not self._left:
            raise OSError(28, "No space left on device")
        self._left -= 1
        return super().write(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_full_disk(monkeypatch, caplog, writes):
    values = numbers(100, 3)
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full(writes))
    np.testing.assert_array_equal(written(values, on_disk=True), values)
    assert "No space left on device" in caplog.text


def test_no_temporary_file_at_all(monkeypatch):
    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    values = numbers(100, 3)
    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    np.testing.assert_array_equal(written(values, on_disk=True), values)


@given(rows=st.integers(0, 40), block=st.integers(1, 50), on_disk=st.booleans())
def test_blocks_are_the_whole(rows, block, on_disk):
    column = written(numbers(rows, 6), on_disk=on_disk).reshape(-1, 2, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "BLOCK_ROWS", block)
        passed = list(in_blocks(None, column))
        assert np.concatenate([np.arange(rows)[part] for part in passed]).tolist() == list(range(rows))
        assert all(part.stop - part.start <= block for part in passed)
        doubled = by_blocks(column, lambda part: part * 2)
        np.testing.assert_array_equal(doubled, column * 2)
        np.testing.assert_array_equal(found_rows(column), np.isfinite(column[:, 0, 0]))
    assert doubled.flags.writeable == (not on_disk or rows == 0)
