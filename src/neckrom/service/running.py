"""Measure a run: from clips to a folder with the result."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from neckrom.assessment.run_rows import judged
from neckrom.body.result import BodyClip, BodyQuality, Tilt
from neckrom.errors import InputError, NotARunError, TooFewStepsError
from neckrom.frames import grab_frames, open_source
from neckrom.landmarks.body_notes import DARK
from neckrom.landmarks.mirror import mirror_bodies
from neckrom.messages import load_messages
from neckrom.running import RunMeasurement, measure_run
from neckrom.running.assemble import About, curves_of, moments_of, run_result
from neckrom.running.curves import Curves
from neckrom.running.result import Moment, RowName, RunConfiguration, RunResult
from neckrom.saying.runs import Earlier
from neckrom.saying.sentences import statement_of
from neckrom.service.body_recordings import BodyPart, BodyRecording, Tell, part_of, read_recording
from neckrom.service.earlier_run import read_earlier
from neckrom.service.folders import LANDMARK_FILE, distinct_folders, new_folder, refuse_existing
from neckrom.service.other_people import refuse_two_runners
from neckrom.types import BodySeries, Frame, Notice

log = logging.getLogger(__name__)

STATEMENT_KEY = "run.statement"
BACK_FILE, STANDING_FILE = "landmarks_back.parquet", "landmarks_standing.parquet"
_PANS = "camera_pans"
_STILL_ROWS = 5
"""How often a single picture is repeated, for what wants a series."""
_STILL_STEP_NS = 40_000_000
Role = Literal["run", "back", "standing"]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of one run.

    Attributes
    ----------
    back, standing : Path, optional
        The same run from behind; the same person standing, from the side.
    earlier : Path, optional
        Result of the person's own run before this one, to stand beside it in the report.
    speed_kmh : float, optional
        Kept with the result.
    fps_true : float, optional
        Pictures a second at which slow motion was filmed.
    mirrored : bool
        The clips were stored mirrored.
    rotate_deg : int, optional
        Degrees clockwise by which pictures are turned; None finds out.
    overlay, pictures, overwrite : bool
    language : str
    """

    back: Path | None = None
    standing: Path | None = None
    earlier: Path | None = None
    speed_kmh: float | None = None
    fps_true: float | None = None
    mirrored: bool = False
    rotate_deg: int | None = None
    overlay: bool = False
    pictures: bool = True
    overwrite: bool = False
    language: str = "en"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of it: the result, the run before it if one was named, and where it lies."""

    folder: Path
    result: RunResult
    written: tuple[Path, ...]
    earlier: Earlier | None = None


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """A run with everything that its report is made of.

    Attributes
    ----------
    result : RunResult
    parts : tuple of BodyPart
        One for each of the result's clips.
    curves : tuple of Curves
    """

    result: RunResult
    parts: tuple[BodyPart, ...]
    curves: tuple[Curves, ...]


def measure_run_of(path: Path, out: Path, options: RunOptions, tell: Tell) -> RunOutcome:
    """Measure a run into a folder of its own in ``out``.

    Raises
    ------
    NeckromError
        With what to do about it; nothing is left behind.
    """
    (folder,) = distinct_folders([path], out)
    refuse_existing(folder, overwrite=options.overwrite)
    earlier = None if options.earlier is None else read_earlier(options.earlier)
    with new_folder(folder, overwrite=options.overwrite) as part_folder:
        recordings = read_run(path, part_folder, options, tell)
        tell(path, "run", 0, 1)
        measured = measured_run(recordings, options)
        tell(path, "run", 1, 1)
        _write(part_folder, measured, options, path, tell, earlier=earlier)
    written = tuple(sorted(item for item in folder.rglob("*") if item.is_file()))
    return RunOutcome(folder, measured.result, written, earlier)


def read_run(path: Path, folder: Path, options: RunOptions, tell: Tell) -> dict[Role, BodyRecording]:
    """Landmarks of the run and of what was given with it, written into a folder.

    A folder that holds the landmarks of a run is replayed whole, with those from behind and of standing.
    """
    given: dict[Role, Path] = {"run": path}
    stored: dict[Role, tuple[Path | None, str]] = {
        "back": (options.back, BACK_FILE),
        "standing": (options.standing, STANDING_FILE),
    }
    for role, (named, file) in stored.items():
        if named is not None:
            given[role] = named
        elif path.is_dir() and (path / file).is_file():
            given[role] = path / file
    files: dict[Role, str] = {"run": LANDMARK_FILE, "back": BACK_FILE, "standing": STANDING_FILE}
    return {
        role: read_recording(one, folder / files[role], tell, options.rotate_deg, feet=role == "run")
        for role, one in given.items()
    }


def measured_run(recordings: Mapping[Role, BodyRecording], options: RunOptions) -> MeasuredRun:
    """Measure and judge a run from landmarks.

    Raises
    ------
    InputError
        It is no run that can be measured; with what to do.
    """
    parts = {
        role: part_of(
            recording,
            mirrored=options.mirrored,
            fps_true=None if role == "standing" else options.fps_true,
        )
        for role, recording in recordings.items()
    }
    for role in ("run", "back"):
        if role in parts:
            _refuse_panning(parts[role])
            refuse_two_runners(parts[role].series, parts[role].recording.name)
    standing = _for_standing(parts["standing"]) if "standing" in parts else None
    run = _measure(parts["run"], standing)
    back = _measure(parts["back"], None) if "back" in parts else None
    if back is not None:
        _refuse_same_views(run, back, parts)
    clips = _clips(parts, run, back)
    notices = [
        *(notice for part in parts.values() for notice in part.notices),
        *run.notices,
        *(back.notices if back is not None else ()),
    ]
    about = About(
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        tool=recordings["run"].tool(run.estimator, run.calibration_id),
        configuration=RunConfiguration(
            mirrored=options.mirrored,
            rotate_deg=options.rotate_deg or 0,
            true_fps=options.fps_true,
            speed_kmh=options.speed_kmh,
            standing=recordings["standing"].header.source.name if "standing" in recordings else None,
            back=recordings["back"].header.source.name if "back" in recordings else None,
        ),
        clips=clips,
        quality=_quality(tuple(parts.values()), run, notices),
        statement=load_messages("en").texts[STATEMENT_KEY],
        back_clip=1 if back is not None else None,
    )
    curves = [curves_of(run, 0)] + ([curves_of(back, 1)] if back is not None else [])
    ordered = tuple(parts[role] for role in ("run", "back", "standing") if role in parts)
    moments = {row: replace_moment(moment, ordered) for row, moment in moments_of(run, back).items()}
    return MeasuredRun(judged(run_result(run, back, about), moments), ordered, tuple(curves))


def replace_moment(moment: Moment, parts: Sequence[BodyPart]) -> Moment:
    """The same moment in the clip's own time."""
    return Moment(clip=moment.clip, time_s=round(parts[moment.clip].clip_time_s(moment.time_s), 3))


def _measure(part: BodyPart, standing: BodySeries | None) -> RunMeasurement:
    """Measure, and say what a film that plays too slowly looks like."""
    try:
        return measure_run(part.series, standing=standing, bright=not _is_dark(part))
    except InputError as error:
        slow = isinstance(error, NotARunError | TooFewStepsError)
        hint = _slow_motion_hint(part) if slow else ""
        raise type(error)(f"{part.recording.name}: {error}{hint}") from error


def _is_dark(part: BodyPart) -> bool:
    return any(isinstance(notice, Notice) and notice.key == DARK for notice in part.notices)


def _slow_motion_hint(part: BodyPart) -> str:
    source = part.recording.header.source
    if part.slower != 1.0 or source.capture_fps is not None:
        return ""
    return " If the clip is slow motion, say at how many pictures a second it was filmed: --fps-true 120 (or 240)."


def _refuse_panning(part: BodyPart) -> None:
    for notice in part.notices:
        if isinstance(notice, Notice) and notice.key == _PANS:
            raise InputError(f"{part.recording.name} cannot be measured. {notice}")


def _refuse_same_views(run: RunMeasurement, back: RunMeasurement, parts: Mapping[Role, BodyPart]) -> None:
    if back.view.startswith("side"):
        raise InputError(
            f"{parts['back'].recording.name} was given with --back, but shows the person from the side: --back takes "
            "a clip of the run from behind."
        )
    if not run.view.startswith("side"):
        raise InputError(
            f"{parts['run'].recording.name} shows the person from {run.view}, and so does what was given with --back: "
            "give the clip from the side first, or only one of them."
        )


def _for_standing(part: BodyPart) -> BodySeries:
    """A standing person as a series: a single picture is repeated."""
    series = part.series
    if len(series) >= _STILL_ROWS:
        return series
    rows = np.zeros(_STILL_ROWS, dtype=np.int64)
    return replace(
        series,
        time_ns=np.arange(_STILL_ROWS, dtype=np.int64) * _STILL_STEP_NS,
        pose=series.pose[rows],
        pose_world=series.pose_world[rows],
        pose_visibility=series.pose_visibility[rows],
        people=series.people[rows],
        foot_motion=None,
    )


def _clips(
    parts: Mapping[Role, BodyPart], run: RunMeasurement, back: RunMeasurement | None
) -> tuple[BodyClip, ...]:
    """As the result describes them: the run, the one from behind, the one of standing."""
    seen: dict[Role, RunMeasurement | None] = {"run": run, "back": back, "standing": None}
    clips = []
    for role, measurement in seen.items():
        part = parts.get(role)
        if part is None:
            continue
        tilt = Tilt()
        if measurement is not None:
            tilt = Tilt(
                roll_deg=_rounded(measurement.roll_deg),
                roll_origin=measurement.roll_origin,
                yaw_deg=_rounded(measurement.yaw_deg),
                yaw_origin="" if measurement.yaw_deg is None else "body",
            )
        used = measurement.used_s if measurement is not None else None
        clips.append(
            BodyClip(
                role=role,
                view=(measurement or run).view,
                clip=part.clip_info(),
                true_fps=None if part.true_fps is None else round(part.true_fps, 2),
                camera=tilt,
                used_s=None
                if used is None
                else (round(part.clip_time_s(used[0]), 3), round(part.clip_time_s(used[1]), 3)),
            )
        )
    return tuple(clips)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(value, 2)


def _quality(parts: Sequence[BodyPart], run: RunMeasurement, notices: Sequence[str]) -> BodyQuality:
    unique = tuple(dict.fromkeys(notices))
    first = parts[0]
    return BodyQuality(
        frames_measured_percent=round(100.0 * len(first.series) / len(first.recording.series), 1),
        person_found_percent=round(100.0 * float(first.recording.series.found.mean()), 1),
        most_people=max(int(part.series.people.max(initial=0)) for part in parts),
        leg_swaps_mended=run.leg_swaps,
        warnings=tuple(str(text) for text in unique),
        warning_statements=tuple(statement_of(text) for text in unique),
    )


# ------------------------------------------------------------------ writing


def _write(
    folder: Path,
    measured: MeasuredRun,
    options: RunOptions,
    path: Path,
    tell: Tell,
    *,
    earlier: Earlier | None,
) -> None:
    from neckrom.report.bodies.pictures import row_pictures  # noqa: PLC0415  (slow to load)
    from neckrom.report.bodies.tables import write_run_tables  # noqa: PLC0415
    from neckrom.report.bodies.write import write_body_pictures, write_run_report  # noqa: PLC0415

    result = measured.result
    tell(path, "report", 0, 2)
    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_run_tables(folder, result, measured.curves)
    frames = _frames(measured) if options.pictures else {}
    pictures = row_pictures(
        result, frames, {number: _as_shown(part) for number, part in enumerate(measured.parts)}
    )
    write_body_pictures(folder, pictures.values())
    tell(path, "report", 1, 2)
    write_run_report(folder, result, measured.curves, pictures, language=options.language, earlier=earlier)
    tell(path, "report", 2, 2)
    if options.overlay and options.pictures:
        _overlay(folder / "overlay.mp4", measured, options, path, tell)


def _as_shown(part: BodyPart) -> BodySeries:
    """Landmarks in the clip's own time, with left and right put right."""
    series = part.recording.series
    return mirror_bodies(series) if part.mirrored else series


def _frames(measured: MeasuredRun) -> dict[RowName, Frame]:
    """The picture of each row, from its clip."""
    frames: dict[RowName, Frame] = {}
    for row in measured.result.rows:
        if row.moment is None:
            continue
        recording = measured.parts[row.moment.clip].recording
        if recording.clip is None or recording.picture:
            continue
        times = recording.series.time_ns
        at = int(times[np.abs(times * 1e-9 - row.moment.time_s).argmin()])
        source = recording.header.source
        frames[row.name] = grab_frames(
            recording.clip, [at], turned_deg=source.turned_deg, track=source.track
        )[0]
    return frames


def _overlay(target: Path, measured: MeasuredRun, options: RunOptions, path: Path, tell: Tell) -> None:
    from neckrom.report.bodies.overlay import write_run_overlay  # noqa: PLC0415  (slow to load)

    part = measured.parts[0]
    if part.recording.clip is None:
        log.warning("No overlay: landmarks are replayed, so there are no pictures.")
        return
    source = part.recording.header.source
    frames = open_source(part.recording.clip, turned_deg=source.turned_deg, track=source.track)
    try:
        write_run_overlay(
            target,
            frames.frames(),
            _as_shown(part),
            measured.result,
            measured.curves[0],
            progress=lambda done, total: tell(path, "overlay", done, total),
            texts=load_messages(options.language),
        )
    finally:
        frames.close()
