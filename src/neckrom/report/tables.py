"""``angles.csv`` and ``summary.csv``."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neckrom.report.files import replacing
from neckrom.result import Result, TrialResult
from neckrom.saying.names import display_name
from neckrom.types import AngleSeries, Movement, RangeOfMotion

ANGLE_COLUMNS = (
    "time_s",
    "flexion_deg",
    "lateral_deg",
    "rotation_deg",
    "flexion_sd_deg",
    "lateral_sd_deg",
    "rotation_sd_deg",
    "trunk_flexion_deg",
    "trunk_lateral_deg",
    "trunk_rotation_deg",
    "movement",
    "source",
    "quality",
)
SUMMARY_COLUMNS = (
    "clip",
    "movement",
    "trial",
    "start_s",
    "peak_s",
    "end_s",
    "hold_start_s",
    "hold_end_s",
    "peak_deg",
    "sd_deg",
    "interval95_low_deg",
    "interval95_high_deg",
    "lower_bound",
    "reference_deg",
    "percent_of_reference",
    "compensation_deg",
    "coupling_flexion_deg",
    "coupling_lateral_deg",
    "coupling_rotation_deg",
    "source",
    "note",
)


def movement_column(angles: AngleSeries, rom: RangeOfMotion) -> list[str]:
    """What each frame belongs to: a movement's value, "neutral", or empty between them."""
    names = np.full(len(angles), "", dtype=object)
    time_s = angles.time_s
    names[(time_s >= rom.neutral.start_s) & (time_s <= rom.neutral.end_s)] = "neutral"
    for trial in rom.trials:
        names[(time_s >= trial.start_s) & (time_s <= trial.end_s)] = trial.movement.value
    return [str(name) for name in names]


def write_angles_csv(path: Path, angles: AngleSeries, rom: RangeOfMotion) -> None:
    """Write one row a frame; an empty cell is "not measured".

    Parameters
    ----------
    path : Path
    angles : AngleSeries
        Signs as there: flexion + chin to chest, lateral and rotation + to the person's right.
    rom : RangeOfMotion
        Gives the column ``movement``.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    numbers: NDArray[np.float64] = np.hstack([angles.neck_deg, angles.sd_deg, angles.trunk_deg])
    names = movement_column(angles, rom)
    rows = (
        [
            f"{time_s:.6f}",
            *(_cell(value, 3) for value in row),
            name,
            str(source),
            _cell(quality, 3),
        ]
        for time_s, row, name, source, quality in zip(
            angles.time_s, numbers, names, angles.source, angles.quality, strict=True
        )
    )
    _write_csv(path, ANGLE_COLUMNS, rows)


def write_summary_csv(path: Path, result: Result) -> None:
    """Write one row a trial, all angles positive in the movement's direction.

    The coupling angles alone are signed as in ``angles.csv``; the movement's own
    plane is empty there. A movement without trials has no row.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    clip = _plain(display_name(result.clip.name, limit=200))
    rows = [
        _summary_row(clip, item.movement, number, trial, item.reference_deg)
        for item in result.movements
        for number, trial in enumerate(item.trials, start=1)
    ]
    _write_csv(path, SUMMARY_COLUMNS, rows)


def _summary_row(
    clip: str, movement: Movement, number: int, trial: TrialResult, reference_deg: float | None
) -> list[str]:
    low, high = trial.interval95_deg or (None, None)
    times = (trial.start_s, trial.peak_s, trial.end_s, trial.hold_start_s, trial.hold_end_s)
    coupling = ["", "", ""]
    if trial.coupling_deg is not None:
        others = [column for column in range(3) if column != movement.plane]
        for column, value in zip(others, trial.coupling_deg, strict=True):
            coupling[column] = _cell(value, 2)
    return [
        clip,
        movement.value,
        str(number),
        *(f"{time_s:.3f}" for time_s in times),
        _cell(trial.peak_deg, 2),
        _cell(trial.sd_deg, 2),
        _cell(low, 2),
        _cell(high, 2),
        str(trial.lower_bound).lower(),
        _cell(reference_deg, 2),
        _cell(trial.peak_deg / reference_deg * 100 if reference_deg else None, 1),
        _cell(trial.compensation_deg, 2),
        *coupling,
        _plain(trial.source),
        _plain(trial.note),
    ]


def _cell(value: float | None, digits: int) -> str:
    if value is None or not math.isfinite(value):
        return ""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _plain(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text[:1] in "=+-@" and text else text


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Row by row: the table of a long recording is never in memory as text."""
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
