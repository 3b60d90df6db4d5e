"""Read the folder of a result, whoever wrote it, and refuse what is foreign or damaged."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from neckrom.errors import InputError
from neckrom.private_files import NotPlainFileError, TooLargeError, open_plain, read_plain
from neckrom.records.kinds import AnyResult, Kind, facts_of, fault_of, kind_of
from neckrom.records.plausible import first_implausible
from neckrom.result import Result

RESULT = "result.json"
ANGLES = "angles.csv"
LANDMARKS = "landmarks.parquet"

MAX_FILES = 200
MAX_RESULT_BYTES = 3_000_000
MAX_BYTES = 20_000_000_000
MAX_DEPTH = 8
MAX_FOLDERS = 200
_ROW_BYTES = 2_000
"""Of a frame in ``angles.csv``; about 150 are usual."""
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})", re.ASCII)
_NAMES_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ResultFolder:
    """A result with its files.

    Attributes
    ----------
    result : Result, RunResult, PostureResult or NerveResult
    raw : bytes
        ``result.json`` as it is.
    files : dict
        Every file by its name within the folder, with ``/`` between parts.
    notes : tuple of str
        What a user should know, such as that a newer neckrom wrote it.
    """

    result: AnyResult
    raw: bytes
    files: dict[str, Path]
    notes: tuple[str, ...]


def read_result_folder(folder: Path) -> ResultFolder:
    """Read and check a result folder.

    Raises
    ------
    InputError
        If it holds no result, is damaged, or was written by a newer neckrom.
    """
    path = folder / RESULT
    try:
        raw = read_plain(path, MAX_RESULT_BYTES)
    except TooLargeError as error:
        raise _foreign(folder, f"its {RESULT} is larger than any result") from error
    except NotPlainFileError as error:
        raise _foreign(folder, f"its {RESULT} is a link, a pipe or a device, no plain file") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{folder} is no result of neckrom: there is no {RESULT} in it. Give the folder that holds one, or the "
            "clip itself."
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
    result, notes = parse_result(raw, str(path))
    files = dict(_files(folder))
    _check_parts(folder, result, files)
    return ResultFolder(result, raw, files, notes)


def neck_result(raw: bytes, where: str) -> tuple[Result, tuple[str, ...]]:
    """As :func:`parse_result`, of a measurement of the neck.

    Raises
    ------
    InputError
        Also where it is of another kind.
    """
    result, notes = parse_result(raw, where)
    if not isinstance(result, Result):
        raise InputError(
            f"{where} is no measurement of the neck, but of another kind ({facts_of(result).kind})."
        )
    return result, notes


def parse_result(raw: bytes, where: str) -> tuple[AnyResult, tuple[str, ...]]:
    """The result in the bytes of a ``result.json``, of whichever kind it is, and what to say about its version.

    A newer one of the same major version is read without what this neckrom does not know.

    Raises
    ------
    InputError
    """
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where} is damaged: it is not JSON ({error}). Measure the clip again, or take the folder from a backup."
        ) from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    major, minor = _version(version, where)
    kind = kind_of(content, where)
    own_major, own_minor = _version(kind.version, where)
    if major > own_major:
        raise InputError(
            f"{where} was written by a newer neckrom (version {version}; this one reads {own_major}.x). Install the "
            "newer neckrom."
        )
    if major < own_major:
        raise InputError(
            f"{where} was written by an older neckrom (version {version}). Measure the clip, or its {LANDMARKS}, again."
        )
    left_out: list[str] = []
    result = _validated(content, where, left_out, kind, newer=minor > own_minor)
    fault = fault_of(result)
    if fault is not None:
        raise InputError(f"{where} is damaged: {fault}. Measure the clip again.")
    implausible = first_implausible(result)
    if implausible is not None:
        raise InputError(
            f"{where} is damaged or made up: {implausible}. Nothing of it was kept. Measure the clip again."
        )
    if not left_out:
        return result, ()
    shown = [_shown(name) for name in left_out[:_NAMES_SHOWN]]
    more = [] if len(left_out) <= _NAMES_SHOWN else [f"and {len(left_out) - _NAMES_SHOWN} more"]
    return result, (
        f"A newer neckrom wrote this result (version {version}); kept as it is, but not shown here: "
        f"{', '.join(shown + more)}.",
    )


def _shown(text: str) -> str:
    """A text from outside, short enough and safe for a terminal."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text[:100])
    return plain if len(text) <= 100 else f"{plain}…"


def _validated(
    content: dict[str, Any], where: str, left_out: list[str], kind: Kind, *, newer: bool
) -> AnyResult:
    try:
        return cast(AnyResult, kind.model.model_validate(content))
    except ValidationError as error:
        told = error.errors(
            include_input=False, include_url=False, include_context=False
        )  # input may be huge
        unknown = [item["loc"] for item in told if item["type"] == "extra_forbidden"]
        if newer and unknown and len(unknown) == error.error_count():
            for location in unknown:
                left_out.append(".".join(map(str, location)))
                try:
                    _remove(content, location)
                except (LookupError, TypeError) as gone:
                    raise InputError(f"{where} is damaged. Measure the clip again.") from gone
            return _validated(content, where, left_out, kind, newer=False)
        first = told[0]
        field = _shown(".".join(map(str, first["loc"])))
        raise InputError(
            f"{where} is damaged or not a result of neckrom ({field}: {_shown(first['msg'])}). Measure the clip again."
        ) from error


def _remove(content: Any, location: tuple[int | str, ...]) -> None:
    for part in location[:-1]:
        content = content[part]
    del content[location[-1]]


def _version(text: object, where: str) -> tuple[int, int]:
    named = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if named is None:
        raise InputError(f"{where} is no result of neckrom: it names no version of the format.")
    return int(named[1]), int(named[2])


# ---------------------------------------------------------------------- files


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Plain files of the folder and its sub-folders; hidden ones and links are none of the result's."""
    number = size = walked = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        walked += len(folders)
        depth = len(Path(place).relative_to(folder).parts)
        if walked > MAX_FOLDERS or (depth >= MAX_DEPTH and folders):
            raise _foreign(
                folder, f"it holds more than {MAX_FOLDERS} folders, or {MAX_DEPTH} within each other"
            )
        for name in sorted(names):
            path = Path(place) / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            number, size = number + 1, size + path.stat().st_size
            if number > MAX_FILES or size > MAX_BYTES:
                raise _foreign(folder, f"it holds more than {MAX_FILES} files or {MAX_BYTES // 10**9} GB")
            relative = path.relative_to(folder).as_posix()
            if len(relative) > 250 or not relative.isprintable():
                raise _foreign(folder, "it holds a file with a name that no result has")
            yield relative, path


def _check_parts(folder: Path, result: AnyResult, files: dict[str, Path]) -> None:
    """What lies beside the result belongs to it."""
    if isinstance(result, Result):
        _check_neck_parts(folder, result, files)
    else:
        _check_body_parts(folder, max(clip.frames for clip in facts_of(result).clips), files)


def _check_body_parts(folder: Path, frames: int, files: dict[str, Path]) -> None:
    """Tables and landmarks can be read, and are no longer than the longest clip."""
    for name in (path for path in files if path in ("angles.csv", "angles_back.csv", "steps.csv")):
        header, rows = _table_shape(folder, files[name], frames)
        if not header.startswith((b"time_s", b"foot,")) or rows > frames:
            raise InputError(
                f"{folder} is damaged: {name} has {rows} rows where the clip has {frames} frames. Measure the clip "
                "again."
            )
    for name in (path for path in files if path.startswith("landmarks") and path.endswith(".parquet")):
        if _landmark_rows(folder, files[name]) > frames:
            raise InputError(
                f"{folder} is damaged: {name} has more frames than the result. Measure the clip again."
            )


def _check_neck_parts(folder: Path, result: Result, files: dict[str, Path]) -> None:
    """As many rows as the clip has frames."""
    frames = result.clip.frames
    if ANGLES in files:
        header, rows = _table_shape(folder, files[ANGLES], frames)
        if not header.startswith(b"time_s,flexion_deg,") or rows != frames:
            raise InputError(
                f"{folder} is damaged: {ANGLES} has {rows} rows where the clip has {frames} frames. Measure the clip "
                "again."
            )
    if LANDMARKS in files:
        _check_landmarks(folder, files[LANDMARKS], frames)


def _table_shape(folder: Path, path: Path, frames: int) -> tuple[bytes, int]:
    """First line and number of the others, read a piece at a time whatever the file holds."""
    with open_plain(path) as file:
        header = file.readline(_ROW_BYTES)
        if os.fstat(file.fileno()).st_size > _ROW_BYTES * (frames + 1):
            raise _foreign(folder, f"its {ANGLES} is larger than {frames} frames can be")
        rows, last = 0, b"\n"
        while piece := file.read(1 << 20):
            rows += piece.count(b"\n")
            last = piece[-1:]
    return header, rows + (last != b"\n")


def _check_landmarks(folder: Path, path: Path, frames: int) -> None:
    rows = _landmark_rows(folder, path)
    if rows != frames:
        raise InputError(
            f"{folder} is damaged: {LANDMARKS} has {rows} frames where the result has {frames}. Measure it again."
        )


def _landmark_rows(folder: Path, path: Path) -> int:
    import pyarrow as pa  # noqa: PLC0415  (slow to load)
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with open_plain(path) as file:
            return int(pq.read_metadata(file).num_rows)
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise InputError(
            f"{folder} is damaged: {path.name} cannot be read. Measure the clip again."
        ) from error


def _foreign(folder: Path, why: str) -> InputError:
    return InputError(f"{folder} is not the result of one session: {why}. Give the folder of one result.")
