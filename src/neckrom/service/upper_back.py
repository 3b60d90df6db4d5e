"""Turns of the trunk in clips: from a path to a folder of results."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neckrom.errors import InputError, NeckromError
from neckrom.frames import grab_frames
from neckrom.saying.upper_backs import SIDES, furthest_turn
from neckrom.service.body_recordings import BodyRecording, part_of, read_recording
from neckrom.service.folders import LANDMARK_FILE, distinct_folders, new_folder, refuse_existing
from neckrom.service.measure import Border, Progress
from neckrom.types import BodySeries
from neckrom.upper_back.assemble import About, upper_back_result
from neckrom.upper_back.measure import measure_upper_back
from neckrom.upper_back.result import LeftOrRight, UpperBackResult
from neckrom.upper_back.turning import Turning, load_corrections

if TYPE_CHECKING:
    from neckrom.report.bodies.pictures import BodyPicture

ESTIMATOR = "upper back 1: shoulders and elbows from in front, corrected"
ANGLE_COLUMNS = ("time_s", "turn_deg", "thighs_deg")


@dataclass(frozen=True, slots=True)
class UpperBackOptions:
    """Options of turns of the trunk.

    Attributes
    ----------
    mirrored : bool
        The clip was stored mirrored.
    rotate_deg : int, optional
        Degrees clockwise by which the picture is turned beyond what the file asks for.
    pictures : bool
        Whether anything that is written may show the person.
    overwrite : bool
    language : str
        Of report and what is printed.
    """

    mirrored: bool = False
    rotate_deg: int | None = None
    pictures: bool = True
    overwrite: bool = False
    language: str = "en"


@dataclass(frozen=True, slots=True)
class UpperBackOutcome:
    """What became of one input: a result and what was written, or an error."""

    input: Path
    folder: Path | None
    result: UpperBackResult | None
    error: NeckromError | None
    written: tuple[Path, ...]


def measure_upper_back_all(
    inputs: Sequence[Path], out: Path, options: UpperBackOptions, progress: Progress
) -> list[UpperBackOutcome]:
    """Measure every input into a folder of its own in ``out``, one after the other.

    One that fails does not stop the others.

    Parameters
    ----------
    inputs : sequence of Path
        Clips, landmark files of whole bodies, or folders that hold one.
    out : Path
    options : UpperBackOptions
    progress : Progress
    """
    outcomes = []
    for path, folder in zip(inputs, distinct_folders(inputs, out), strict=True):
        border = Border(path)
        with border:
            outcomes.append(_measure_into(path, folder, options, progress))
        if border.error is not None:
            outcomes.append(UpperBackOutcome(path, None, None, border.error, ()))
    return outcomes


def _measure_into(
    path: Path, folder: Path, options: UpperBackOptions, progress: Progress
) -> UpperBackOutcome:
    refuse_existing(folder, overwrite=options.overwrite)
    with new_folder(folder, overwrite=options.overwrite) as part:
        recording = read_recording(path, part / LANDMARK_FILE, progress.step, options.rotate_deg)
        progress.step(path, "report", 0, 1)
        result = _measure_recording(recording, part, options)
        progress.step(path, "report", 1, 1)
    written = tuple(sorted(item for item in folder.rglob("*") if item.is_file()))
    return UpperBackOutcome(path, folder, result, None, written)


def _measure_recording(recording: BodyRecording, folder: Path, options: UpperBackOptions) -> UpperBackResult:
    if recording.picture:
        raise InputError(f"{recording.name} is a single picture: turns of the trunk need a clip.")
    part = part_of(recording, mirrored=options.mirrored)
    # results count in the clip's own time, slow motion or not: no angle depends on it
    series = replace(part.series, time_ns=np.round(part.series.time_ns * part.slower).astype(np.int64))
    measured = measure_upper_back(series)
    result = upper_back_result(
        measured,
        About(
            clip=part.clip_info(),
            tool=recording.tool(ESTIMATOR, load_corrections().calibration_id),
            created=datetime.now().astimezone().isoformat(timespec="seconds"),
            warnings=part.notices,
        ),
    )
    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / "angles.csv").write_text(angles_csv(measured.turning), encoding="utf-8")
    pictures = _pictures(result, series, recording) if options.pictures else {}
    from neckrom.report.bodies.upper_back_chart import TurnCurves  # noqa: PLC0415  (matplotlib is slow to load)
    from neckrom.report.bodies.write import (  # noqa: PLC0415
        write_body_pictures,
        write_upper_back_report,
    )

    turning = measured.turning
    curves = TurnCurves(turning.time_s, turning.turn_deg, turning.thighs_deg)
    write_body_pictures(folder, pictures.values())
    write_upper_back_report(folder, result, curves, pictures, language=options.language)
    return result


def _pictures(
    result: UpperBackResult, series: BodySeries, recording: BodyRecording
) -> dict[LeftOrRight, BodyPicture]:
    """The picture at the end of the furthest turn of each side."""
    if recording.clip is None:
        return {}
    from neckrom.report.bodies.pictures import turn_picture  # noqa: PLC0415

    furthest = {side: turn for side in SIDES if (turn := furthest_turn(result, side)) is not None}
    # times of the file itself: those of slow motion are rounded
    own_times = recording.series.time_ns
    times = [int(own_times[np.abs(own_times - turn.at_s * 1e9).argmin()]) for turn in furthest.values()]
    header = recording.header.source
    frames = grab_frames(recording.clip, times, turned_deg=header.turned_deg, track=header.track)
    drawn = {}
    for side, frame in zip(furthest, frames, strict=True):
        picture = turn_picture(f"turn_{side}", frame, series, mirrored=result.clip.mirrored)
        if picture is not None:
            drawn[side] = picture
    return drawn


def angles_csv(turning: Turning) -> str:
    """One row a frame; an empty cell is "not measured".

    Parameters
    ----------
    turning : Turning
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(ANGLE_COLUMNS)
    columns = (turning.time_s, turning.turn_deg, turning.thighs_deg)
    for time_s, *angles in zip(*columns, strict=True):
        cells = [f"{angle:.2f}".replace("-0.00", "0.00") if np.isfinite(angle) else "" for angle in angles]
        writer.writerow([f"{time_s:.6f}", *cells])
    return buffer.getvalue()
