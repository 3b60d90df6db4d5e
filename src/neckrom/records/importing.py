"""From a path to a session: a result folder as it is, a clip or a recording measured first."""

from __future__ import annotations

import dataclasses
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from neckrom.errors import InputError, OutputError, WholeBodyError
from neckrom.private_files import TooLargeError, open_private, read_plain
from neckrom.records.api import Records
from neckrom.records.files import sha256_of
from neckrom.records.kinds import NECK, NERVE_TESTS, RUN, known_by
from neckrom.records.result_folder import MAX_RESULT_BYTES, RESULT
from neckrom.records.views import Imported
from neckrom.service.sessions import is_session

if TYPE_CHECKING:
    from neckrom.result import Result
    from neckrom.service.measure import Progress
    from neckrom.service.options import MeasureOptions

BodyKind = Literal["run", "posture"]
AS_ANOTHER = (
    "To import it as a run: neckrom sessions import CLIP --person PERSON --kind run (or, of somebody who stands, "
    "--kind posture)."
)
_WHOLE_BODY_NOTICE = "notice.whole_body"


@dataclass(frozen=True, slots=True)
class BodyClips:
    """That a path shows a whole body, and what was filmed with it.

    Attributes
    ----------
    kind : str
        "run" or "posture".
    back, standing : Path, optional
        Of a run: the same from behind; the same person standing, from the side.
    """

    kind: BodyKind
    back: Path | None = None
    standing: Path | None = None

    def paths(self, first: Path) -> tuple[Path, ...]:
        """All of them, in the order of the result's clips."""
        return tuple(path for path in (first, self.back, self.standing) if path is not None)


def import_path(
    records: Records,
    path: Path,
    person_id: str,
    options: MeasureOptions,
    progress: Progress,
    *,
    body: BodyClips | None = None,
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
    body : BodyClips, optional
        What is measured shows a run, or somebody who stands; without it the neck is measured. A result says itself
        what it is of.
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
    given = (path,) if body is None else body.paths(path)
    if all(each.is_file() and each.suffix != ".parquet" for each in given):
        # found to be known before the long work, not after it
        kind = NECK if body is None else body.kind
        records.check_new(known_by(kind, [_hash_of(each) for each in given]), person_id, replace=replace)
    with records.files.staging(f"measure-{secrets.token_hex(4)}") as folder:
        if body is not None:
            result_folder = _measured_body(path, folder, body, options, progress)
            return records.import_result(result_folder, person_id, measured, note, replace=replace)
        result_folder, notes = _measured_neck(path, folder, options, progress)
        done = records.import_result(result_folder, person_id, measured, note, replace=replace)
        return dataclasses.replace(done, notes=(*done.notes, *notes))


def _measured_neck(
    path: Path, folder: Path, options: MeasureOptions, progress: Progress
) -> tuple[Path, tuple[str, ...]]:
    """Folder of the result, and what to say where the clip is one of a whole body."""
    from neckrom.service.measure import measure_one  # noqa: PLC0415  (slow to load)

    try:
        outcome = measure_one(path, folder, options, progress)
    except WholeBodyError as error:
        raise WholeBodyError(f"{error} {AS_ANOTHER}") from error
    if outcome.folder is None or outcome.result is None:
        raise InputError(f"{path} could not be measured.")
    return outcome.folder, (_whole_body_note(path),) if _shows_whole_body(outcome.result) else ()


def _shows_whole_body(result: Result) -> bool:
    stated = result.quality.warning_statements
    return any(said is not None and said.key == _WHOLE_BODY_NOTICE for said in stated)


def _whole_body_note(path: Path) -> str:
    return (
        f"{path.name} was measured for the neck, and shows a whole person who stands or runs. {AS_ANOTHER} The session "
        "of the neck that was stored just now is taken away with: neckrom sessions delete SESSION"
    )


def _measured_body(
    path: Path, folder: Path, body: BodyClips, options: MeasureOptions, progress: Progress
) -> Path:
    """Folder of the result of a run or a posture."""
    if body.kind == RUN:
        from neckrom.service.running import RunOptions, measure_run_of  # noqa: PLC0415  (slow to load)

        run = RunOptions(
            back=body.back,
            standing=body.standing,
            mirrored=options.mirrored,
            pictures=options.pictures,
            language=options.language,
        )
        return measure_run_of(path, folder, run, progress.step).folder
    from neckrom.service.posture import PostureOptions, measure_posture  # noqa: PLC0415

    stands = PostureOptions(mirrored=options.mirrored, pictures=options.pictures, language=options.language)
    return measure_posture([path], folder, stands, progress.step).folder


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
