"""Validation of a folder of clips with truth tables: measure, compare, summarise, write."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from neckrom.errors import InputError, NeckromError, OutputError
from neckrom.private_files import whole_file
from neckrom.result import Result
from neckrom.types import AngleSeries
from neckrom.validation.bodies import is_body
from neckrom.validation.compare import ClipComparison, compare_clip
from neckrom.validation.conditions import conditions_of, read_scenario, retest_key
from neckrom.validation.summary import FailedClip, TrialReport, ValidationReport, summarise
from neckrom.validation.truth import TruthTable, read_truth

CLIP_SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".avi", ".webm", ".mpg", ".mpeg", ".ts", ".gif")
LANDMARK_SUFFIX = ".parquet"
MOST_TRACES = 40
"""More clips than this, and the pictures of single clips are left out."""

Measure = Callable[[Path], tuple[Result, AngleSeries]]
Progress = Callable[[int, int, str], None]
"""Called with clips done, clips in all and the name of the one that comes next."""


@dataclass(frozen=True, slots=True)
class Case:
    """One clip, or its landmarks, with its truth table.

    Attributes
    ----------
    name : str
        Path below the folder without suffix.
    recording, truth : Path
    scenario : Path
        How it was filmed; need not exist.
    """

    name: str
    recording: Path
    truth: Path
    scenario: Path


def find_cases(folder: Path) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Clips that have a truth table, under a folder.

    A truth table is a CSV with the clip's name beside it, ``clip.mp4`` and ``clip.csv``; the scenario
    is ``clip.json``. Instead of a clip there may be its landmarks: ``clip.parquet`` or
    ``clip.landmarks.parquet``, or ``landmarks.parquet`` with ``truth.csv`` and ``scenario.json``.

    Parameters
    ----------
    folder : Path
        With all folders below it.

    Returns
    -------
    cases : tuple of Case
        By name; where there is a clip as well as landmarks, the clip.
    notes : tuple of str
        What was left out.

    Raises
    ------
    InputError
        There is no such folder, or nothing in it that can be validated.
    """
    if not folder.is_dir():
        raise InputError(
            f"There is no such folder: {folder}. Name one with clips and a truth table (.csv) beside each, or a "
            "table of landmarks (.npz)."
            if not folder.exists()
            else f"{folder} is not a folder: name one with clips and a truth table (.csv) beside each."
        )
    cases: dict[str, Case] = {}
    lonely, bodies = [], []
    for recording in sorted(_recordings(folder), key=_clips_first):
        truth, scenario = _companions(recording)
        if is_body(scenario):
            bodies.append(recording.relative_to(folder).as_posix())
            continue
        name = truth.with_suffix("").relative_to(folder).as_posix()
        if truth.is_file():
            cases.setdefault(name, Case(name, recording, truth, scenario))
        else:
            lonely.append(recording.relative_to(folder).as_posix())
    if not cases:
        found = f"{len(lonely)} clips are there, but none has" if lonely else "it holds no clip with"
        raise InputError(
            f"Nothing to validate in {folder}: {found} a truth table beside it (clip.mp4 and clip.csv)."
        )
    notes = (f"left out for want of a truth table: {', '.join(lonely)}",) if lonely else ()
    if bodies:
        notes = (
            *notes,
            f"left out as whole bodies, to be validated in a folder of their own: {', '.join(bodies)}",
        )
    return tuple(cases[name] for name in sorted(cases)), notes


def validate_folder(
    folder: Path,
    out: Path,
    measure: Measure,
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
) -> ValidationReport:
    """Measure every clip of a folder that has a truth table, and write how far it was right.

    Parameters
    ----------
    folder : Path
        Searched with all its folders, see :func:`find_cases`.
    out : Path
        Gets ``validation.json``, ``validation.csv`` (a row a repetition), ``validation.md`` and
        pictures; made if it is not there.
    measure : callable
        Measures one recording.
    progress : callable, optional
    overwrite : bool
        Replace an earlier report in ``out``.

    Returns
    -------
    ValidationReport
        A clip that cannot be measured is listed there with the reason; the others go on.

    Raises
    ------
    InputError
        Nothing to validate.
    ConfigurationError
        A truth table or scenario has a mistake; all are read before the first clip is measured.
    OutputError
        The report cannot be written, or one is already there.
    """
    _check_out(out, overwrite=overwrite)
    cases, notes = find_cases(folder)
    truths = {case.name: (read_truth(case.truth), read_scenario(case.scenario)) for case in cases}
    clips: list[ClipComparison] = []
    failed: list[FailedClip] = []
    seconds: dict[str, float] = {}
    warnings: dict[str, tuple[str, ...]] = {}
    for done, case in enumerate(cases):
        if progress is not None:
            progress(done, len(cases), case.name)
        started = time.perf_counter()
        try:
            result, angles = measure(case.recording)
        except NeckromError as error:
            failed.append(FailedClip(name=case.name, message=str(error)))
            continue
        seconds[case.name] = time.perf_counter() - started
        warnings[case.name] = result.quality.warnings
        clips.append(_compare(case, result, angles, *truths[case.name]))
    if progress is not None:
        progress(len(cases), len(cases), "")
    report = summarise(
        folder.name or str(folder), clips, failed, seconds=seconds, warnings=warnings, notes=notes
    )
    write_report(out, report, clips)
    return report


def write_report(out: Path, report: ValidationReport, clips: list[ClipComparison]) -> None:
    """Write all files of a report, each whole or not at all.

    Parameters
    ----------
    out : Path
    report : ValidationReport
    clips : list of ClipComparison
        Those that the report was made of, for the pictures.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    from neckrom.validation import figures, tables  # noqa: PLC0415  (matplotlib is slow to import)

    front = [clip for clip in clips if clip.view != "side"]
    trials = [trial for clip in front for trial in clip.trials]
    together = {}
    if trials:
        together = {
            "measured_against_truth.png": figures.measured_against_truth(trials),
            "bland_altman.png": figures.limits_of_agreement(trials),
            "error_over_angle.png": figures.error_over_angle(front),
        }
    single = {}
    if len(clips) <= MOST_TRACES:
        single = {f"traces/{clip.name.replace('/', '__')}.png": figures.traces(clip) for clip in clips}
    text = tables.markdown(
        report,
        [(name, _CAPTIONS[name]) for name in together],
        [(name, f"{clip.name}, measured on truth.") for name, clip in zip(single, clips, strict=False)],
    )
    contents = {
        **together,
        **single,
        "validation.csv": trials_csv(report.trials),
        "validation.md": text.encode(),
        "validation.json": (report.model_dump_json(indent=1) + "\n").encode(),
    }
    try:
        for name, data in contents.items():
            _write_whole(out / name, data)
    except OSError as error:
        raise OutputError(
            f"Cannot write the report into {out}: {error.strerror or error}. Free some space there, or choose "
            "another folder with --out."
        ) from error


_CAPTIONS = {
    "measured_against_truth.png": "End range, measured against truth.",
    "bland_altman.png": "Error at end range over the truth.",
    "error_over_angle.png": "Error of single frames over the true angle.",
}


def trials_csv(trials: tuple[TrialReport, ...]) -> bytes:
    """One row a true repetition; what is not known stays empty.

    Parameters
    ----------
    trials : tuple of TrialReport

    Returns
    -------
    bytes
        CSV in UTF-8 with a heading.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(TrialReport.model_fields), lineterminator="\n")
    writer.writeheader()
    for trial in trials:
        writer.writerow(
            {name: "" if value is None else value for name, value in trial.model_dump(mode="json").items()}
        )
    return stream.getvalue().encode()


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is either complete or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path, replace=True) as file:
        file.write(data)


def _compare(
    case: Case, result: Result, angles: AngleSeries, truth: TruthTable, scenario: dict[str, object]
) -> ClipComparison:
    return compare_clip(
        case.name,
        result,
        angles,
        truth,
        conditions=conditions_of(scenario, truth),
        retest_key=retest_key(scenario),
    )


def _check_out(out: Path, *, overwrite: bool) -> None:
    """Refuse what would only fail after hours of measuring."""
    if not overwrite and (out / "validation.json").exists():
        raise OutputError(
            f"{out} already holds a validation report. Choose another folder with --out, or allow it to be "
            "replaced with --overwrite."
        )
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file, not a folder. Choose another place with --out.")


def _recordings(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in (*CLIP_SUFFIXES, LANDMARK_SUFFIX)
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _clips_first(path: Path) -> tuple[bool, str]:
    return path.suffix.lower() == LANDMARK_SUFFIX, str(path)


def _companions(recording: Path) -> tuple[Path, Path]:
    """Where a recording's truth table and scenario lie."""
    if recording.name == f"landmarks{LANDMARK_SUFFIX}":
        return recording.with_name("truth.csv"), recording.with_name("scenario.json")
    stem = recording.stem.removesuffix(".landmarks")
    return recording.with_name(f"{stem}.csv"), recording.with_name(f"{stem}.json")
