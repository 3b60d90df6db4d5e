"""From a path to a session: a result folder as it is, a clip or a recording measured first."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from neckrom.errors import InputError, OutputError
from neckrom.private_files import TooLargeError, open_private, read_plain
from neckrom.records.api import Records
from neckrom.records.files import sha256_of
from neckrom.records.kinds import NERVE_TESTS
from neckrom.records.result_folder import MAX_RESULT_BYTES, RESULT
from neckrom.records.views import Imported
from neckrom.service.sessions import is_session

if TYPE_CHECKING:
    from neckrom.service.measure import Progress
    from neckrom.service.options import MeasureOptions


def import_path(
    records: Records,
    path: Path,
    person_id: str,
    options: MeasureOptions,
    progress: Progress,
    *,
    measured: datetime | None = None,
    note: str = "",
    replace: bool = False,
) -> Imported:
    """Store what a path holds as a session of a person.

    Parameters
    ----------
    records : Records
    path : Path
        A result folder, or a ``result.json`` alone; or a clip, a folder of pictures, a
        ``landmarks.parquet`` or the recording of a guided session, which is measured first.
    person_id : str
    options : MeasureOptions
        For what is measured.
    progress : Progress
    measured : datetime, optional
        When the person was measured.
    note : str
    replace : bool

    Raises
    ------
    NeckromError
        With what to do about it; nothing is left behind.
    """
    if not path.exists():
        raise InputError(f"No such file or folder: {path}. Check the path.")
    if path.is_dir() and (path / RESULT).exists():
        return records.import_result(path, person_id, measured, note, replace=replace)
    if not path.is_dir() and not path.is_file():
        raise InputError(f"{path} is a pipe or a device, no file and no folder. Give a file or a folder.")
    if path.suffix == ".json" and path.is_file():
        with records.files.staging(f"alone-{secrets.token_hex(4)}") as folder:
            _copy_result(path, folder / RESULT)
            return records.import_result(folder, person_id, measured, note, replace=replace)
    if path.is_file() and path.suffix != ".parquet":  # found to be known before the long work, not after it
        records.check_new(_hash_of(path), person_id, replace=replace)
    from neckrom.service.measure import measure_one  # noqa: PLC0415  (slow to load)

    with records.files.staging(f"measure-{secrets.token_hex(4)}") as folder:
        outcome = measure_one(path, folder, options, progress)
        if outcome.folder is None:
            raise InputError(f"{path} could not be measured.")
        return records.import_result(outcome.folder, person_id, measured, note, replace=replace)


def parts_of(path: Path) -> tuple[Path, ...]:
    """What a path holds, each to be stored for itself: a guided session of several nerve tests has a folder for each.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Path
        The path itself, or the folders of its tests that have a result.
    """
    if not path.is_dir() or (path / RESULT).exists() or not is_session(path):
        return (path,)
    return tuple(path / test for test in NERVE_TESTS if (path / test / RESULT).is_file()) or (path,)


def _hash_of(path: Path) -> str:
    try:
        return sha256_of(path.resolve())
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}. Check its permissions."
        ) from error


def _copy_result(path: Path, target: Path) -> None:
    try:
        raw = read_plain(path.resolve(), MAX_RESULT_BYTES)
    except TooLargeError as error:
        raise InputError(f"{path} is larger than any result. Give the result of one session.") from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}. Check its permissions."
        ) from error
    try:
        with open_private(target, new=True) as file:
            file.write(raw)
    except OSError as error:
        raise OutputError(
            f"The session cannot be stored in {target.parent}: {error.strerror or error}. Free some space; nothing "
            "of it was kept there."
        ) from error
