"""Leg tests of clips: from a path and marks to a folder of results."""

from __future__ import annotations

import csv
import io
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType

import numpy as np

from neckrom.errors import ConfigurationError, DefectError, InputError, NeckromError
from neckrom.frames import check_exists, open_source
from neckrom.landmarks.body_store import is_body_file, read_bodies
from neckrom.landmarks.header import LandmarkHeader
from neckrom.landmarks.plausible import time_problems
from neckrom.landmarks.symmetry import POSE_OPPOSITE
from neckrom.nerve.angles import LegTestAngles
from neckrom.nerve.assemble import leg_test_result
from neckrom.nerve.marks import Mark, load_marks
from neckrom.nerve.measure import LegTestMeasurement, measure_leg_test
from neckrom.nerve.result import NerveResult
from neckrom.result import ClipInfo, ToolInfo
from neckrom.service.folders import LANDMARK_FILE, distinct_folders, new_folder, refuse_existing
from neckrom.service.measure import Progress
from neckrom.service.nerve_sessions import NerveTest, TestPart, nerve_parts, put_landmarks
from neckrom.service.sessions import is_session, open_session
from neckrom.types import BodySeries, FloatArray

log = logging.getLogger(__name__)

TESTS: tuple[NerveTest, ...] = ("slr", "slump", "arms")
ESTIMATOR = "nerve 1: pose points from the side, corrected"
MARKS_FILE = "marks.csv"
ANGLE_COLUMNS = (
    "time_s",
    "leg_raise_left_deg",
    "leg_raise_right_deg",
    "knee_left_deg",
    "knee_right_deg",
    "ankle_left_deg",
    "ankle_right_deg",
    "neck_flexion_deg",
    "trunk_lean_deg",
)


@dataclass(frozen=True, slots=True)
class NerveOptions:
    """Options of a leg or arm test.

    Attributes
    ----------
    test : {"slr", "slump", "arms"}
    marks : Path, optional
        When symptoms were felt, and what was answered.
    mirrored : bool
        The clip was stored mirrored.
    rotate_deg : int, optional
        Degrees clockwise by which the picture is turned beyond what the file asks for.
    pictures : bool
        Whether anything that is written may show the person.
    overwrite : bool
    language : str
        Of the report.
    """

    test: NerveTest
    marks: Path | None = None
    mirrored: bool = False
    rotate_deg: int | None = None
    pictures: bool = True
    overwrite: bool = False
    language: str = "en"


@dataclass(frozen=True, slots=True)
class NerveOutcome:
    """What became of one input: a result and what was written, or an error."""

    input: Path
    folder: Path | None
    result: NerveResult | None
    error: NeckromError | None
    written: tuple[Path, ...]


def measure_nerve_all(
    inputs: Sequence[Path], out: Path, options: NerveOptions, progress: Progress
) -> list[NerveOutcome]:
    """Measure every input into a folder of its own in ``out``, one after the other.

    One that fails does not stop the others.

    Parameters
    ----------
    inputs : sequence of Path
        Clips, landmark files of whole bodies, or folders that hold one.
    out : Path
    options : NerveOptions
    progress : Progress

    Raises
    ------
    ConfigurationError
        If the file of marks has a mistake, or belongs to several clips: found before anything is measured.
    """
    if options.marks is not None and len(inputs) > 1:
        raise ConfigurationError(
            "--marks belongs to one clip, and several are given.", ("Measure them one by one.",)
        )
    marks = load_marks(options.marks) if options.marks is not None else ()
    outcomes = []
    for path, folder in zip(inputs, distinct_folders(inputs, out), strict=True):
        border = _Border(path)
        with border:
            outcomes.append(_measure_into(path, folder, options, marks, progress))
        if border.error is not None:
            outcomes.append(NerveOutcome(path, None, None, border.error, ()))
    return outcomes


def measure_nerve_landmarks(
    landmarks: Path,
    test: NerveTest,
    marks: Sequence[Mark],
    folder: Path,
    *,
    marked: bool = True,
    mirrored: bool = False,
    language: str = "en",
    clip: Path | None = None,
) -> NerveResult:
    """Measure landmarks that are there, and write result, angles and report beside them.

    Parameters
    ----------
    landmarks : Path
        A landmark file of whole bodies.
    test : {"slr", "slump", "arms"}
    marks : sequence of Mark
        In the time of the landmarks.
    folder : Path
        Exists; nothing in it is replaced.
    marked : bool
        Whether anybody was asked for symptoms: without, no mark means nothing.
    mirrored : bool
        The landmarks come of a mirrored picture.
    language : str
        Of the report.
    clip : Path, optional
        Where a picture for the report can be had.

    Returns
    -------
    NerveResult

    Raises
    ------
    InputError
        If this cannot be measured; nothing is written.
    """
    series, header = read_bodies(landmarks)
    if mirrored:
        series = mirrored_bodies(series)
    problems = time_problems(series.time_ns)
    if problems:
        raise InputError(f"{header.source.name} cannot be measured: {'; '.join(problems)}.")
    if test == "arms":
        raise InputError("The arms' test is not measured from clips yet: use --protocol slr or slump.")
    measured = measure_leg_test(series, test, tuple(sorted(marks, key=lambda mark: mark.time_s)))
    result = leg_test_result(
        measured,
        _clip_info(series, header, mirrored=mirrored),
        _tool(header, measured.angles),
        marked=marked,
        warnings=header.warnings,
    )
    _write(folder, result, measured, marks)
    log.debug("report in %s, with pictures of %s", language, clip)
    return result


def mirrored_bodies(series: BodySeries) -> BodySeries:
    """The same clip flipped left for right, for recordings that were stored mirrored; points are renumbered."""
    pose = series.pose[:, POSE_OPPOSITE].copy()
    pose[..., 0] = series.width - pose[..., 0]
    world = series.pose_world[:, POSE_OPPOSITE].copy()
    world[..., 0] *= -1
    visibility = np.ascontiguousarray(series.pose_visibility[:, POSE_OPPOSITE])
    return replace(series, pose=pose, pose_world=world, pose_visibility=visibility)


class _Border:
    """The border between inputs: an error of one ends there, so that the others are measured all the same."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.error: NeckromError | None = None

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, NeckromError):
            log.info("%s: %s", self._path, error)
            self.error = error
        elif isinstance(error, Exception):
            log.error("%s: failed in a way that nobody foresaw", self._path, exc_info=error)
            self.error = DefectError(error)
        return self.error is not None


def _measure_into(
    path: Path, folder: Path, options: NerveOptions, marks: tuple[Mark, ...], progress: Progress
) -> NerveOutcome:
    refuse_existing(folder, overwrite=options.overwrite)
    check_exists(path)
    session = _part_of_session(path, options.test)
    if session is not None and options.marks is None:
        marks = session.marks
    with new_folder(folder, overwrite=options.overwrite) as part:
        _landmarks(path, part / LANDMARK_FILE, options, progress, session)
        progress.step(path, "report", 0, 1)
        result = measure_nerve_landmarks(
            part / LANDMARK_FILE,
            options.test,
            marks,
            part,
            marked=options.marks is not None or session is not None,
            mirrored=options.mirrored,
            language=options.language,
            clip=path if options.pictures and path.is_file() and not is_body_file(path) else None,
        )
        progress.step(path, "report", 1, 1)
    written = tuple(sorted(item for item in folder.rglob("*") if item.is_file()))
    return NerveOutcome(path, folder, result, None, written)


def _part_of_session(path: Path, test: NerveTest) -> TestPart | None:
    """A test of a guided session, finished or cut off; None where the input is something else.

    Raises
    ------
    InputError
        The session has not done this test.
    """
    if not is_session(path) or open_session(path).info.kind != "nerve":
        return None
    parts = nerve_parts(path)
    found = next((part for part in parts if part.test == test), None)
    if found is None:
        done = ", ".join(part.test for part in parts)
        raise InputError(f"{path} holds no {test}: the tests of this session are {done}.")
    return found


def _landmarks(
    path: Path, target: Path, options: NerveOptions, progress: Progress, session: TestPart | None
) -> None:
    """Landmarks of a clip, or those that are there."""
    if session is not None:
        put_landmarks(path, session, target)
        return
    there = path / LANDMARK_FILE if path.is_dir() else path
    if there.is_file() and is_body_file(there):
        read_bodies(there)
        shutil.copyfile(there, target)
        return
    from neckrom.landmarks.body_engine import BodyFinder, BodyPoseDetector  # noqa: PLC0415
    from neckrom.landmarks.body_pipeline import extract_bodies_to_file  # noqa: PLC0415

    source = open_source(path, turned_deg=options.rotate_deg or 0)
    finder = BodyFinder()
    try:
        extract_bodies_to_file(
            source,
            BodyPoseDetector,
            target,
            finder=finder,
            progress=partial(progress.step, path, "landmarks"),
        )
    finally:
        finder.close()
        source.close()


def _clip_info(series: BodySeries, header: LandmarkHeader, *, mirrored: bool) -> ClipInfo:
    time_s, source = series.time_s, header.source
    frame_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    duration_s = float(time_s[-1] - time_s[0]) + frame_s
    return ClipInfo(
        name=source.name,
        kind=source.kind,
        sha256=source.sha256,
        duration_s=round(duration_s, 3),
        frames=len(series),
        fps=round(len(series) / duration_s, 3) if duration_s > 0 else 0.0,
        width=source.source_width,
        height=source.source_height,
        measured_width=series.width,
        measured_height=series.height,
        mirrored=mirrored,
    )


def _tool(header: LandmarkHeader, angles: LegTestAngles) -> ToolInfo:
    from neckrom import __version__  # noqa: PLC0415

    detector = header.detector
    return ToolInfo(
        version=__version__,
        engine=f"{detector.name} {detector.version} ({detector.settings})",
        model_sha256=detector.model_sha256,
        estimator=ESTIMATOR,
        calibration_id=angles.corrections.calibration_id,
    )


def _write(folder: Path, result: NerveResult, measured: LegTestMeasurement, marks: Sequence[Mark]) -> None:
    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / "angles.csv").write_text(angles_csv(measured.angles), encoding="utf-8")
    if marks and not (folder / MARKS_FILE).exists():
        (folder / MARKS_FILE).write_text(marks_csv(marks), encoding="utf-8")


def angles_csv(angles: LegTestAngles) -> str:
    """One row a frame; an empty cell is "not measured".

    Parameters
    ----------
    angles : LegTestAngles
    """
    left, right = angles.legs["left"], angles.legs["right"]
    columns = [
        left.raise_deg,
        right.raise_deg,
        left.knee_deg,
        right.knee_deg,
        left.ankle_deg,
        right.ankle_deg,
        angles.neck_flexion_deg,
        angles.trunk_lean_deg,
    ]
    rows = zip(angles.time_s, np.stack(columns, axis=1), strict=True)
    return _csv(ANGLE_COLUMNS, [[f"{time_s:.6f}", *map(_cell, row)] for time_s, row in rows])


def marks_csv(marks: Sequence[Mark]) -> str:
    """Marks as a file of marks."""
    return _csv(("time_s", "kind", "answer"), [[f"{m.time_s:.3f}", m.kind, m.answer or ""] for m in marks])


def _cell(value: float | FloatArray) -> str:
    return f"{float(value):.2f}".replace("-0.00", "0.00") if np.isfinite(value) else ""


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue()
