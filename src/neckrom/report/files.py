"""Files that are either whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neckrom.errors import OutputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Hand out a temporary path beside ``path`` that takes its place once the block ends well.

    Raises
    ------
    OutputError
        If the folder cannot be written or the disk is full; nothing is left behind then.
    """
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise OutputError(
            f"Cannot write {path}: {error.strerror or error}. "
            "Free some space there, or choose another folder with --out."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """Write bytes so that the file is either complete or not there.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with replacing(path) as part:
        part.write_bytes(data)
