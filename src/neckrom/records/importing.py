"""From a path to a session: a result folder as it is, a clip or a recording measured first."""

from __future__ import annotations

import secrets
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from neckrom.errors import InputError
from neckrom.records.api import Imported, Records
from neckrom.records.files import sha256_of
from neckrom.records.result_folder import RESULT

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
    if path.suffix == ".json":
        with records.files.staging(f"alone-{secrets.token_hex(4)}") as folder:
            shutil.copyfile(path, folder / RESULT)
            return records.import_result(folder, person_id, measured, note, replace=replace)
    if path.is_file() and path.suffix != ".parquet":  # found to be known before the long work, not after it
        records.check_new(sha256_of(path), person_id, replace=replace)
    from neckrom.service.measure import measure_one  # noqa: PLC0415  (slow to load)

    with records.files.staging(f"measure-{secrets.token_hex(4)}") as folder:
        outcome = measure_one(path, folder, options, progress)
        if outcome.folder is None:
            raise InputError(f"{path} could not be measured.")
        return records.import_result(outcome.folder, person_id, measured, note, replace=replace)
