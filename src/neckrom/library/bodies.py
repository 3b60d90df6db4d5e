"""Measure runs and standing posture from a program."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from neckrom.errors import ConfigurationError
from neckrom.posture.result import PostureResult
from neckrom.running.result import RunResult
from neckrom.service import posture as stands
from neckrom.service.running import RunOptions, measured_run, read_run

Turn = Literal[0, 90, 180, 270]
TURNS = (None, 0, 90, 180, 270)


def measure_run(
    path: str | Path,
    *,
    back: str | Path | None = None,
    standing: str | Path | None = None,
    speed_kmh: float | None = None,
    fps_true: float | None = None,
    mirrored: bool = False,
    rotate_deg: Turn | None = None,
) -> RunResult:
    """Measure a run.

    Nothing is written; ``neckrom run`` writes report and tables.

    Parameters
    ----------
    path : str or Path
        A clip from the side (or from behind), the ``landmarks.parquet`` of one, or the folder of a run.
    back : str or Path, optional
        The same run from behind.
    standing : str or Path, optional
        The same person standing, from the same side: a clip or a picture.
    speed_kmh : float, optional
        Speed of the treadmill, kept with the result.
    fps_true : float, optional
        Pictures a second at which slow motion was filmed, where the file does not say it.
    mirrored : bool
        The clips were stored mirrored.
    rotate_deg : int, optional
        0, 90, 180 or 270 degrees clockwise by which the picture is turned; found where it is left out.

    Returns
    -------
    RunResult
        As in ``result.json`` (``docs/running.md``).

    Raises
    ------
    ConfigurationError
        An option has a mistake.
    InputError
        The input cannot be read, or is no run that can be measured.
    """
    problems = _turn_problems(rotate_deg)
    for name, value in (("speed_kmh", speed_kmh), ("fps_true", fps_true)):
        if value is not None and not 0 < value < float("inf"):
            problems.append(f"{name}={value!r}: give a number above 0")
    _refuse(problems)
    options = RunOptions(
        back=None if back is None else Path(back),
        standing=None if standing is None else Path(standing),
        speed_kmh=speed_kmh,
        fps_true=fps_true,
        mirrored=mirrored,
        rotate_deg=rotate_deg,
        pictures=False,
    )
    with tempfile.TemporaryDirectory(prefix="neckrom-") as folder:
        recordings = read_run(Path(path), Path(folder), options, _tell_nobody)
        return measured_run(recordings, options).result


def measure_posture(
    paths: str | Path | Sequence[str | Path], *, mirrored: bool = False, rotate_deg: Turn | None = None
) -> PostureResult:
    """Measure how somebody stands.

    Nothing is written; ``neckrom posture`` writes the report.

    Parameters
    ----------
    paths : str, Path or sequence of them
        Pictures, clips or landmark files of one person from the side; the first gives the result its values.
    mirrored : bool
        The pictures were stored mirrored.
    rotate_deg : int, optional
        0, 90, 180 or 270 degrees clockwise by which the picture is turned; found where it is left out.

    Returns
    -------
    PostureResult
        As in ``result.json`` (``docs/running.md``).

    Raises
    ------
    ConfigurationError
        An option has a mistake, or there is no input.
    InputError
        An input cannot be read, or shows nobody who stands.
    """
    given = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    problems = _turn_problems(rotate_deg)
    if not given:
        problems.append("paths=[]: give one picture or clip at least")
    _refuse(problems)
    options = stands.PostureOptions(mirrored=mirrored, rotate_deg=rotate_deg, pictures=False)
    with tempfile.TemporaryDirectory(prefix="neckrom-") as folder:
        return stands.measure_postures_quietly(given, Path(folder), options)


def _turn_problems(rotate_deg: int | None) -> list[str]:
    return [] if rotate_deg in TURNS else [f"rotate_deg={rotate_deg!r}: give 0, 90, 180 or 270"]


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ConfigurationError("This cannot be measured.", tuple(problems))


def _tell_nobody(_path: Path, _name: str, _done: int, _total: int | None) -> None:
    return
