"""Measure how somebody stands: from pictures or clips to a folder with the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from neckrom.body.result import BodyClip, BodyQuality, BodyView
from neckrom.errors import OptionValueError
from neckrom.frames import grab_frames, open_picture
from neckrom.messages import load_messages
from neckrom.posture.calibration import PostureCalibration, load_calibration
from neckrom.posture.nape import NapePlace
from neckrom.posture.reading import Estimate, PostureReading, read_posture
from neckrom.posture.result import (
    ClosePicture,
    PlumbLine,
    PostureChange,
    PostureConfiguration,
    PosturePoints,
    PostureResult,
    PostureValues,
    PostureView,
)
from neckrom.saying.sentences import statement_of
from neckrom.service.body_recordings import BodyPart, BodyRecording, Tell, part_of, read_recording
from neckrom.service.folders import distinct_folders, new_folder, refuse_existing
from neckrom.types import FloatArray, Frame

STATEMENT_KEY = "posture.statement"
_Z95 = 1.96


@dataclass(frozen=True, slots=True)
class PostureOptions:
    """Options of one posture.

    Attributes
    ----------
    mirrored : bool
        The pictures were stored mirrored.
    rotate_deg : int, optional
        Degrees clockwise by which pictures are turned; None finds out.
    c7, tragus : tuple of float, optional
        Where they are marked in the first picture, in pixels of the picture as stored, upright.
    overwrite, pictures : bool
    language : str
    """

    mirrored: bool = False
    rotate_deg: int | None = None
    c7: tuple[float, float] | None = None
    tragus: tuple[float, float] | None = None
    overwrite: bool = False
    pictures: bool = True
    language: str = "en"


@dataclass(frozen=True, slots=True)
class PostureOutcome:
    """What came of it: the result and where it lies."""

    folder: Path
    result: PostureResult
    written: tuple[Path, ...]


def measure_posture(inputs: Sequence[Path], out: Path, options: PostureOptions, tell: Tell) -> PostureOutcome:
    """Measure a posture from one or several recordings of a person into one folder.

    Parameters
    ----------
    inputs : sequence of Path
        Pictures, clips or landmark files of one person; the first gives the result its values.
    out : Path
        The folder of the result is made in it, with the name of the first input.
    options : PostureOptions
    tell : callable

    Raises
    ------
    NeckromError
        With what to do about it; nothing is left behind.
    """
    if len(inputs) > 1 and (options.c7 is not None or options.tragus is not None):
        raise OptionValueError(
            "--c7 and --tragus mark a point in one picture: give one picture at a time with them."
        )
    (folder,) = distinct_folders(inputs[:1], out)
    refuse_existing(folder, overwrite=options.overwrite)
    with new_folder(folder, overwrite=options.overwrite) as part_folder:
        recordings = [
            read_recording(path, part_folder / _landmark_name(number), tell, options.rotate_deg)
            for number, path in enumerate(inputs)
        ]
        tell(inputs[0], "posture", 0, 1)
        result, pictures = _measured(recordings, options)
        _write(part_folder, result, pictures, options)
        tell(inputs[0], "posture", 1, 1)
    written = tuple(sorted(item for item in folder.rglob("*") if item.is_file()))
    return PostureOutcome(folder, result, written)


def measure_posture_quietly(path: Path, folder: Path, options: PostureOptions) -> PostureResult:
    """Measure one recording and write nothing but its landmarks, into ``folder``: for validation."""
    return measure_postures_quietly([path], folder, options)


def measure_postures_quietly(paths: Sequence[Path], folder: Path, options: PostureOptions) -> PostureResult:
    """The same for several recordings of one person; the first gives the result its values."""
    recordings = [
        read_recording(path, folder / _landmark_name(number), _tell_nobody, options.rotate_deg)
        for number, path in enumerate(paths)
    ]
    return _measured(recordings, options)[0]


def _tell_nobody(_path: Path, _name: str, _done: int, _total: int | None) -> None:
    return


def _landmark_name(number: int) -> str:
    return "landmarks.parquet" if number == 0 else f"landmarks_{number + 1}.parquet"


def _measured(
    recordings: Sequence[BodyRecording], options: PostureOptions
) -> tuple[PostureResult, list[Frame | None]]:
    calibration, calibration_id = load_calibration()
    parts = [part_of(recording, mirrored=options.mirrored) for recording in recordings]
    readings = [read_posture(part.series, part.recording.name, calibration) for part in parts]
    pictures = [
        _picture(part, reading) if options.pictures else None
        for part, reading in zip(parts, readings, strict=True)
    ]
    if options.c7 is not None or options.tragus is not None:
        readings[0] = _marked(parts[0], readings[0], calibration, options)
    views = tuple(
        _view(part, reading, _change(readings[:number], reading, calibration), seen=picture is not None)
        for number, (part, reading, picture) in enumerate(zip(parts, readings, pictures, strict=True))
    )
    warnings = [
        *(notice for part in parts for notice in part.notices),
        *(n for r in readings for n in r.notices),
    ]
    first = views[0]
    result = PostureResult(
        **{name: getattr(first, name) for name in PostureValues.model_fields},
        created=datetime.now().astimezone().isoformat(timespec="seconds"),
        tool=recordings[0].tool("posture 1", calibration_id),
        configuration=PostureConfiguration(
            mirrored=options.mirrored,
            rotate_deg=options.rotate_deg or 0,
            c7=options.c7,
            tragus=options.tragus,
        ),
        views=views,
        quality=_quality(parts, warnings),
        statement=load_messages("en").texts[STATEMENT_KEY],
        statement_key=STATEMENT_KEY,
    )
    return result, pictures


def _quality(parts: Sequence[BodyPart], warnings: Sequence[str]) -> BodyQuality:
    found = [100.0 * float(part.recording.series.found.mean()) for part in parts]
    used = [100.0 * len(part.series) / len(part.recording.series) for part in parts]
    unique = tuple(dict.fromkeys(warnings))
    return BodyQuality(
        frames_measured_percent=round(min(used), 1),
        person_found_percent=round(min(found), 1),
        most_people=max(int(part.series.people.max(initial=0)) for part in parts),
        warnings=tuple(str(text) for text in unique),
        warning_statements=tuple(statement_of(text) for text in unique),
    )


def _view(
    part: BodyPart, reading: PostureReading, change: PostureChange | None, *, seen: bool
) -> PostureView:
    side = reading.side
    view: BodyView = "side_left" if side == "left" else "side_right"
    points = reading.points

    def interval(estimate: Estimate) -> tuple[float, float]:
        return round(estimate.low, 2), round(estimate.high, 2)

    angle = reading.craniovertebral_deg
    return PostureView(
        side=side,
        ear_shoulder_deg=round(reading.ear_shoulder_deg.value, 2),
        ear_shoulder_interval95_deg=interval(reading.ear_shoulder_deg),
        trunk_lean_deg=round(reading.trunk_lean_deg.value, 2),
        trunk_lean_interval95_deg=interval(reading.trunk_lean_deg),
        craniovertebral_deg=None if angle is None else round(angle.value, 2),
        craniovertebral_interval95_deg=None if angle is None else interval(angle),
        c7_origin=None if reading.c7 is None else "marked",
        head_pitch_deg=round(reading.head_pitch_deg.value, 2),
        plumb=None
        if reading.plumb is None
        else PlumbLine(**{name: round(value, 4) for name, value in reading.plumb.items()}),
        moment_s=round(part.clip_time_s(reading.moment_s), 3),
        points=PosturePoints(
            ear=_place(points.ear),
            shoulder=_place(points.shoulder),
            hip=_place(points.hip),
            knee=_place(points.knee),
            ankle=_place(points.ankle),
            c7=None if reading.c7 is None else _place(reading.c7),
            tragus=_place(reading.tragus),
        ),
        change=change,
        neck_picture=_close_picture(reading) if seen else None,
        recording=BodyClip(
            role="posture",
            view=view,
            clip=part.clip_info(),
            used_s=(round(reading.used_s[0], 3), round(reading.used_s[1], 3)),
        ),
    )


def _close_picture(reading: PostureReading) -> ClosePicture:
    points = reading.points
    left, top, edge = NapePlace(points.ear, points.shoulder, points.hip, reading.facing).close_picture
    return ClosePicture(left_px=round(left, 1), top_px=round(top, 1), edge_px=round(edge, 1))


def _place(point: FloatArray) -> tuple[float, float]:
    return round(float(point[0]), 1), round(float(point[1]), 1)


def _change(
    earlier: Sequence[PostureReading], reading: PostureReading, calibration: PostureCalibration
) -> PostureChange | None:
    """Against the first recording of the same side."""
    number = next((n for n, one in enumerate(earlier) if one.side == reading.side), None)
    if number is None:
        return None
    before = earlier[number]

    def change(quantity: str, now: Estimate, then: Estimate) -> tuple[float, tuple[float, float]]:
        value, reach = now.value - then.value, _Z95 * calibration.quantities[quantity].change_sd
        return round(value, 2), (round(value - reach, 2), round(value + reach, 2))

    head, head_interval = change("ear_shoulder", reading.ear_shoulder_deg, before.ear_shoulder_deg)
    lean, lean_interval = change("lean", reading.trunk_lean_deg, before.trunk_lean_deg)
    return PostureChange(
        against=number,
        ear_shoulder_deg=head,
        ear_shoulder_interval95_deg=head_interval,
        trunk_lean_deg=lean,
        trunk_lean_interval95_deg=lean_interval,
    )


def _marked(
    part: BodyPart,
    reading: PostureReading,
    calibration: PostureCalibration,
    options: PostureOptions,
) -> PostureReading:
    """The reading with the points that were marked."""
    c7 = None if options.c7 is None else _in_series(part, options.c7, "--c7")
    tragus = None if options.tragus is None else _in_series(part, options.tragus, "--tragus")
    if c7 is not None:
        points = reading.points
        NapePlace(points.ear, points.shoulder, points.hip, reading.facing).refuse_far(c7)
    return read_posture(part.series, part.recording.name, calibration, c7=c7, tragus=tragus)


def _in_series(part: BodyPart, mark: tuple[float, float], option: str) -> FloatArray:
    """A mark in pixels of the stored picture, in those of the series."""
    source, series = part.recording.header.source, part.series
    x, y = mark
    if not (0 <= x < source.source_width and 0 <= y < source.source_height):
        raise OptionValueError(
            f"{option} {x:g} {y:g} lies outside of the picture, which has {source.source_width} x "
            f"{source.source_height} pixels when it is upright: count from its upper left corner."
        )
    point = np.array([x * series.width / source.source_width, y * series.height / source.source_height])
    if part.mirrored:
        point[0] = series.width - point[0]
    return point


def _picture(part: BodyPart, reading: PostureReading) -> Frame | None:
    """The picture in which the points lie, as it was measured; None where landmarks are replayed."""
    clip = part.recording.clip
    if clip is None:
        return None
    source = part.recording.header.source
    if part.recording.picture:
        return next(iter(open_picture(clip, turned_deg=source.turned_deg).frames()))
    times = part.recording.series.time_ns
    at = int(times[np.abs(times * 1e-9 - part.clip_time_s(reading.moment_s)).argmin()])
    return grab_frames(clip, [at], turned_deg=source.turned_deg, track=source.track)[0]


def _write(
    folder: Path, result: PostureResult, frames: Sequence[Frame | None], options: PostureOptions
) -> None:
    from neckrom.report.bodies.pictures import neck_pictures, posture_pictures  # noqa: PLC0415  (slow to load)
    from neckrom.report.bodies.write import write_body_pictures, write_posture_report  # noqa: PLC0415

    (folder / "result.json").write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    shown = frames if options.pictures else [None] * len(frames)
    pictures = posture_pictures(result, shown)
    write_body_pictures(folder, (*pictures, *neck_pictures(result, shown)))
    write_posture_report(folder, result, pictures, language=options.language)
