"""Results and landmarks that were written before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neckrom.errors import InputError
from neckrom.landmarks.store import read_landmarks as read_file
from neckrom.library.given import path_of
from neckrom.library.notebooks import show_in_notebooks
from neckrom.records.kinds import AnyResult
from neckrom.records.result_folder import LANDMARKS, parse_result, read_result_folder
from neckrom.types import DetectorIdentity, LandmarkSeries, SourceInfo


@dataclass(frozen=True, slots=True)
class Landmarks:
    """A landmark file.

    Attributes
    ----------
    series : LandmarkSeries
        Points of every frame, pixels of the upright picture.
    source : SourceInfo
        The clip: name, size, frame rate, hash.
    detector : DetectorIdentity
        Which models saw it.
    warnings : tuple of str
        What was noticed while the clip was read, in English.
    """

    series: LandmarkSeries
    source: SourceInfo
    detector: DetectorIdentity
    warnings: tuple[str, ...]


def read_result(path: str | Path) -> AnyResult:
    """Read a result.

    Parameters
    ----------
    path : str or Path
        A result folder, or its ``result.json``.

    Returns
    -------
    Result, RunResult, PostureResult, NerveResult, PlanResult or UpperBackResult
        Of the neck, a run, standing posture, a nerve test, a plan or turning the trunk; ``docs/result.md`` describes
        the fields of the first.

    Raises
    ------
    InputError
        It is not there, is damaged, or was written by a newer neckrom.
    """
    show_in_notebooks()
    path = path_of(path)
    if not path.is_file():
        return read_result_folder(path).result
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
    result, _ = parse_result(raw, str(path))
    return result


def read_landmarks(path: str | Path) -> Landmarks:
    """Read a landmark file.

    Parameters
    ----------
    path : str or Path
        A result folder, or its ``landmarks.parquet``.

    Returns
    -------
    Landmarks

    Raises
    ------
    InputError
        There is none.
    LandmarkFileError
        It is damaged, or no landmark file.
    """
    path = path_of(path)
    file = path / LANDMARKS if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"There is no {file}: give a result folder, or the {LANDMARKS} in it.")
    series, header = read_file(file)
    return Landmarks(series, header.source, header.detector, tuple(map(str, header.warnings)))
