"""Measure runs, standing posture and nerve tension tests from a program."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from neckrom.library.given import is_number, is_turn, is_yes_or_no, path_of, paths_of, refuse, shown
from neckrom.library.notebooks import show_in_notebooks
from neckrom.nerve.result import NerveResult
from neckrom.posture.result import PostureResult
from neckrom.running.result import RunResult
from neckrom.service import posture as stands
from neckrom.service.nerve import NerveOptions, measure_nerve_all
from neckrom.service.running import RunOptions, measured_run, read_run

Turn = Literal[0, 90, 180, 270]
Test = Literal["slr", "slump", "arms"]
TESTS: tuple[Test, ...] = ("slr", "slump", "arms")


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
    problems = _problems(mirrored, rotate_deg)
    for name, value in (("speed_kmh", speed_kmh), ("fps_true", fps_true)):
        if value is not None and not (is_number(value) and value > 0):
            problems.append(f"{name}={shown(value)}: give a number above 0")
    refuse(problems)
    show_in_notebooks()
    side = path_of(path)
    options = RunOptions(
        back=None if back is None else path_of(back, "back"),
        standing=None if standing is None else path_of(standing, "standing"),
        speed_kmh=speed_kmh,
        fps_true=fps_true,
        mirrored=mirrored,
        rotate_deg=rotate_deg,
        pictures=False,
    )
    with tempfile.TemporaryDirectory(prefix="neckrom-") as folder:
        recordings = read_run(side, Path(folder), options, _tell_nobody)
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
    wanted = [paths] if isinstance(paths, str | Path) else list(paths_of(paths))
    problems = _problems(mirrored, rotate_deg)
    if not wanted:
        problems.append("paths=[]: give one picture or clip at least")
    refuse(problems)
    show_in_notebooks()
    given = [path_of(path, "paths") for path in wanted]
    options = stands.PostureOptions(mirrored=mirrored, rotate_deg=rotate_deg, pictures=False)
    with tempfile.TemporaryDirectory(prefix="neckrom-") as folder:
        return stands.measure_postures_quietly(given, Path(folder), options)


def measure_nerve(
    path: str | Path,
    test: Test,
    *,
    marks: str | Path | None = None,
    mirrored: bool = False,
    rotate_deg: Turn | None = None,
) -> NerveResult:
    """Measure a nerve tension test of the legs or the arms.

    Nothing is written; ``neckrom measure --protocol slump`` writes report and tables.

    Parameters
    ----------
    path : str or Path
        A clip of the whole body, the ``landmarks.parquet`` of one, or the folder of a guided session.
    test : str
        "slr" (straight leg raise) or "slump", filmed from the side; "arms", filmed from the front.
    marks : str or Path, optional
        File of when a symptom was felt and what was answered (CSV or JSON: ``docs/nerve_tests.md``). Left out,
        those of the guided session; without any, angles are measured and nothing is said of symptoms.
    mirrored : bool
        The clip was stored mirrored.
    rotate_deg : int, optional
        0, 90, 180 or 270 degrees clockwise by which the picture is turned; found where it is left out, but for
        "slr", where somebody lies.

    Returns
    -------
    NerveResult
        As in ``result.json`` (``docs/nerve_tests.md``): trials with their angles in degrees at the first symptom,
        what moving neck or ankle did to it, and the reading in words.

    Raises
    ------
    ConfigurationError
        An option, or the file of marks, has a mistake.
    InputError
        The input cannot be read, or shows no such test.
    """
    problems = _problems(mirrored, rotate_deg)
    if test not in TESTS:
        problems.append(f"test={shown(test)}: give one of {', '.join(TESTS)}")
    refuse(problems)
    show_in_notebooks()
    clip = path_of(path)
    options = NerveOptions(
        test=test,
        marks=None if marks is None else path_of(marks, "marks"),
        mirrored=bool(mirrored),
        rotate_deg=rotate_deg,
        pictures=False,
    )
    with tempfile.TemporaryDirectory(prefix="neckrom-") as folder:
        [outcome] = measure_nerve_all([clip], Path(folder), options, _Silent())
    if outcome.error is not None:
        raise outcome.error
    assert outcome.result is not None
    return outcome.result


def _problems(mirrored: bool, rotate_deg: int | None) -> list[str]:
    problems = []
    if not is_yes_or_no(mirrored):
        problems.append(f"mirrored={shown(mirrored)}: give True or False")
    if not is_turn(rotate_deg):
        problems.append(f"rotate_deg={shown(rotate_deg)}: give 0, 90, 180 or 270")
    return problems


def _tell_nobody(_path: Path, _name: str, _done: int, _total: int | None) -> None:
    return


class _Silent:
    def step(self, input: Path, name: str, done: int, total: int | None) -> None:  # noqa: A002, ARG002
        return
