"""Tests of legs and arms in clips: from a path and marks to a folder of results."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neckrom.body import read_body
from neckrom.errors import InputError, NeckromError, OptionValueError
from neckrom.frames import grab_frames
from neckrom.landmarks.body_store import read_bodies
from neckrom.nerve.angles import LegSeries, LegTestAngles
from neckrom.nerve.arms.angles import ArmTestAngles
from neckrom.nerve.arms.assemble import arm_test_result
from neckrom.nerve.arms.measure import measure_arm_test
from neckrom.nerve.assemble import About, StopReason, leg_test_result
from neckrom.nerve.legs import with_own_legs
from neckrom.nerve.marks import Mark, load_marks
from neckrom.nerve.measure import measure_leg_test
from neckrom.nerve.raw_angles import LEG
from neckrom.nerve.reading import after_a_stop
from neckrom.nerve.result import NerveResult
from neckrom.saying.sentences import in_english
from neckrom.saying.verdict import SAFETY_STOPS
from neckrom.service.body_recordings import BodyRecording, part_of, read_recording
from neckrom.service.folders import LANDMARK_FILE, distinct_folders, new_folder, refuse_existing
from neckrom.service.measure import Border, Progress
from neckrom.service.nerve_sessions import NerveTest, TestPart, nerve_parts, put_landmarks
from neckrom.service.sessions import is_session, open_session
from neckrom.types import BodySeries, FloatArray

if TYPE_CHECKING:
    from neckrom.report.bodies.nerve_chart import NerveCurves
    from neckrom.report.bodies.pictures import BodyPicture

ESTIMATOR = "nerve 1: pose points from the side, corrected"
ARM_ESTIMATOR = "nerve 1: pose points from the front, corrected"
ARM = ("shoulder", "elbow", "wrist")
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
ARM_ANGLE_COLUMNS = (
    "time_s",
    "abduction_left_deg",
    "abduction_right_deg",
    "elbow_left_deg",
    "elbow_right_deg",
    "neck_side_bend_deg",
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
    stop_reason : str, optional
        Why the guided session that it was recorded in was stopped.
    """

    test: NerveTest
    marks: Path | None = None
    mirrored: bool = False
    rotate_deg: int | None = None
    pictures: bool = True
    overwrite: bool = False
    language: str = "en"
    stop_reason: StopReason | None = None


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
        Clips, landmark files of whole bodies, folders that hold one, or folders of guided sessions.
    out : Path
    options : NerveOptions
    progress : Progress

    Raises
    ------
    ConfigurationError
        If the file of marks has a mistake, or belongs to several clips: found before anything is measured.
    """
    if options.marks is not None and len(inputs) > 1:
        raise OptionValueError(
            "--marks belongs to one clip, and several are given.", ("Measure them one by one.",)
        )
    marks = load_marks(options.marks) if options.marks is not None else ()
    outcomes = []
    for path, folder in zip(inputs, distinct_folders(inputs, out), strict=True):
        border = Border(path)
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
    stop_reason: StopReason | None = None,
) -> NerveResult:
    """Measure landmarks that are there, and write result, angles and report into a folder.

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
    stop_reason : str, optional
        Why the guided session was stopped.

    Returns
    -------
    NerveResult

    Raises
    ------
    InputError
        If this cannot be measured; nothing is written.
    """
    options = NerveOptions(test=test, mirrored=mirrored, language=language, stop_reason=stop_reason)
    return _measure_recording(_recorded(landmarks), marks, folder, options, marked=marked)


def _recorded(landmarks: Path) -> BodyRecording:
    """Landmarks without a clip."""
    series, header = read_bodies(landmarks)
    return BodyRecording(landmarks, None, len(series) == 1, landmarks, header, series)


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


def _measure_recording(
    recording: BodyRecording, marks: Sequence[Mark], folder: Path, options: NerveOptions, *, marked: bool
) -> NerveResult:
    if recording.picture:
        raise InputError(f"{recording.name} is a single picture: a test of legs or arms needs a clip.")
    part = part_of(recording, mirrored=options.mirrored)
    # marks and results count in the clip's own time, slow motion or not: no angle depends on it
    series = replace(part.series, time_ns=np.round(part.series.time_ns * part.slower).astype(np.int64))
    in_order = tuple(sorted(marks, key=lambda mark: mark.time_s))

    def about(estimator: str, calibration_id: str) -> About:
        return About(
            clip=part.clip_info(),
            tool=recording.tool(estimator, calibration_id),
            created=datetime.now().astimezone().isoformat(timespec="seconds"),
            marked=marked,
            warnings=part.notices,
            stop_reason=options.stop_reason,
        )

    if options.test == "arms":
        arms = measure_arm_test(series, in_order)
        result = arm_test_result(arms, about(ARM_ESTIMATOR, arms.angles.corrections.calibration_id))
        rows, curves = arm_angles_csv(arms.angles), _arm_curves(arms.angles)
    else:
        legs = measure_leg_test(series, options.test, in_order)
        result = leg_test_result(legs, about(ESTIMATOR, legs.angles.corrections.calibration_id))
        rows, curves = angles_csv(legs.angles), _curves(legs.angles)
    if options.stop_reason in SAFETY_STOPS:
        said = after_a_stop(result.reading_statements)
        result = result.model_copy(update={"reading": in_english(*said), "reading_statements": said})
    _write(folder, result, rows, marks)
    pictures = _pictures(result, series, recording) if options.pictures else {}
    from neckrom.report.bodies.write import (  # noqa: PLC0415  (matplotlib is slow to load)
        write_body_pictures,
        write_nerve_report,
    )

    write_body_pictures(folder, pictures.values())
    write_nerve_report(folder, result, curves, pictures, language=options.language)
    return result


def _pictures(result: NerveResult, series: BodySeries, recording: BodyRecording) -> dict[int, BodyPicture]:
    """The picture at the first symptom of each trial; without a mark, in the middle of the trial."""
    if recording.clip is None:
        return {}
    from neckrom.report.bodies.pictures import limb_picture  # noqa: PLC0415

    body = read_body(series)
    if body.view.near is not None:
        body = with_own_legs(body, body.view.near)
    own = replace(series, pose=body.pose.astype(np.float32))
    moments = [
        trial.symptom_s if trial.symptom_s is not None else 0.5 * (trial.start_s + trial.end_s)
        for trial in result.trials
    ]
    # times of the file itself: those of slow motion are rounded
    own_times = recording.series.time_ns
    times = [int(own_times[np.abs(own_times - moment * 1e9).argmin()]) for moment in moments]
    header = recording.header.source
    frames = grab_frames(recording.clip, times, turned_deg=header.turned_deg, track=header.track)
    drawn = {}
    for number, (trial, frame) in enumerate(zip(result.trials, frames, strict=True)):
        side = trial.leg or trial.arm
        if side is None:
            continue
        limb = LEG if trial.leg else ARM
        picture = limb_picture(f"trial_{number + 1}", frame, own, side, limb, mirrored=result.clip.mirrored)
        if picture is not None:
            drawn[number] = picture
    return drawn


def _curves(angles: LegTestAngles) -> NerveCurves:
    from neckrom.report.bodies.nerve_chart import NerveCurves  # noqa: PLC0415

    legs: dict[str, LegSeries] = {side: angles.legs[side] for side in ("left", "right")}
    main = {side: leg.raise_deg if angles.test == "slr" else leg.knee_deg for side, leg in legs.items()}
    return NerveCurves(
        angles.time_s,
        {
            "main": main,
            "ankle": {side: leg.ankle_deg for side, leg in legs.items()},
            "neck": {"both": angles.neck_flexion_deg},
        },
    )


def _arm_curves(angles: ArmTestAngles) -> NerveCurves:
    from neckrom.report.bodies.nerve_chart import NerveCurves  # noqa: PLC0415

    return NerveCurves(
        angles.time_s,
        {
            "main": {side: arm.abduction_deg for side, arm in angles.arms.items()},
            "elbow": {side: arm.elbow_told_deg for side, arm in angles.arms.items()},
            "neck": {"both": angles.neck_side_bend_deg},
        },
    )


def _measure_into(
    path: Path, folder: Path, options: NerveOptions, marks: tuple[Mark, ...], progress: Progress
) -> NerveOutcome:
    refuse_existing(folder, overwrite=options.overwrite)
    # somebody who lies would be turned upright
    rotate_deg = options.rotate_deg or 0 if options.test == "slr" else options.rotate_deg
    session = _part_of_session(path, options.test)
    if session is not None and options.marks is None:
        marks = session.marks
    marked = options.marks is not None or session is not None
    with new_folder(folder, overwrite=options.overwrite) as part:
        target = part / LANDMARK_FILE
        if session is None:
            recording = read_recording(path, target, progress.step, rotate_deg)
        else:
            put_landmarks(path, session, target)
            recording = _recorded(target)
        progress.step(path, "report", 0, 1)
        result = _measure_recording(recording, marks, part, options, marked=marked)
        progress.step(path, "report", 1, 1)
    written = tuple(sorted(item for item in folder.rglob("*") if item.is_file()))
    return NerveOutcome(path, folder, result, None, written)


def _write(folder: Path, result: NerveResult, rows: str, marks: Sequence[Mark]) -> None:
    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / "angles.csv").write_text(rows, encoding="utf-8")
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
    return _angles_csv(ANGLE_COLUMNS, angles.time_s, columns)


def arm_angles_csv(angles: ArmTestAngles) -> str:
    """One row a frame; an empty cell is "not measured".

    Parameters
    ----------
    angles : ArmTestAngles
    """
    left, right = angles.arms["left"], angles.arms["right"]
    columns = [
        left.abduction_deg,
        right.abduction_deg,
        left.elbow_told_deg,
        right.elbow_told_deg,
        angles.neck_side_bend_deg,
        angles.trunk_lean_deg,
    ]
    return _angles_csv(ARM_ANGLE_COLUMNS, angles.time_s, columns)


def _angles_csv(names: Sequence[str], times_s: FloatArray, columns: Sequence[FloatArray]) -> str:
    rows = zip(times_s, np.stack(columns, axis=1), strict=True)
    return _csv(names, [[f"{time_s:.6f}", *map(_cell, row)] for time_s, row in rows])


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
