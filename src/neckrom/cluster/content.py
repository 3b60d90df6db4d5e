"""What an input holds: its hash, and its bytes as they travel."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path

from neckrom.errors import InputError
from neckrom.frames import check_exists
from neckrom.service.folders import LANDMARK_FILE
from neckrom.service.sessions import is_session

MOST_BYTES = 2_000_000_000
"""An input that is larger does not travel: scheduler and worker would each hold it in memory."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an input holds.

    Attributes
    ----------
    sha256 : str
    size : int
        Bytes.
    """

    sha256: str
    size: int


def content_of(path: Path) -> Content:
    """Hash a file, or a folder by the names and hashes of what measuring reads of it.

    Raises
    ------
    InputError
        It is not there, or cannot be read.
    """
    check_exists(path)
    try:
        if not path.is_dir():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Content(digest, path.stat().st_size)
        whole, size = hashlib.sha256(), 0
        for file_path in _files_of(path):
            with file_path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            whole.update(
                f"{file_path.relative_to(path).as_posix()}\0{digest}\n".encode("utf-8", "surrogateescape")
            )
            size += file_path.stat().st_size
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}. Is it still there, and yours?"
        ) from error
    return Content(whole.hexdigest(), size)


def rough_size(path: Path) -> tuple[int, int]:
    """Bytes and time of change (ns) of an input, without reading it; zeros where that cannot be said."""
    try:
        if not path.is_dir():
            status = path.stat()
            return status.st_size, status.st_mtime_ns
        states = [file.stat() for file in _files_of(path)]
    except OSError:
        return 0, 0
    return sum(s.st_size for s in states), max((s.st_mtime_ns for s in states), default=0)


def packed(path: Path) -> bytes:
    """The content as bytes: a file as it is, a folder as a tar.

    Raises
    ------
    InputError
        It is too large to travel, or cannot be read.
    """
    size, _ = rough_size(path)
    if size > MOST_BYTES:
        raise InputError(
            f"{path} is too large to be sent to a worker ({size / 1e9:.1f} GB): put it into a folder that the workers "
            "see under the same path, or measure it here, without --cluster."
        )
    try:
        return path.read_bytes() if not path.is_dir() else pack_folder(path, _files_of(path))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}. Is it still there, and yours?"
        ) from error


def unpacked(content: bytes, path: Path, *, folder: bool) -> None:
    """Write what :func:`packed` gave.

    Raises
    ------
    OSError
    """
    if folder:
        unpack_folder(content, path)
    else:
        path.write_bytes(content)


def pack_folder(folder: Path, files: list[Path] | None = None) -> bytes:
    """A folder as a tar."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", dereference=True) as tar:
        for path in files if files is not None else sorted(p for p in folder.rglob("*") if p.is_file()):
            tar.add(path, path.relative_to(folder).as_posix(), recursive=False)
    return stream.getvalue()


def unpack_folder(content: bytes, folder: Path) -> None:
    """Write the files of a tar into a folder, which is made; nothing leaves it.

    Raises
    ------
    OSError
    """
    folder.mkdir(exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        tar.extractall(folder, filter="data")


def _files_of(folder: Path) -> list[Path]:
    """Of a result only the landmarks are read; of a session or a folder of pictures everything may be."""
    if not is_session(folder) and (folder / LANDMARK_FILE).is_file():
        return [folder / LANDMARK_FILE]
    return sorted(path for path in folder.rglob("*") if path.is_file())
