"""Measurements as tables (Apache Arrow), with units in the names of the columns.

``table.to_pandas()`` gives a data frame where pandas is installed; a null is "not measured".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from neckrom.report.tables import movement_column
from neckrom.result import MovementResult, Result, TrialResult
from neckrom.types import AngleSeries, RangeOfMotion

_NUMBER, _TEXT, _COUNT, _YES_NO = pa.float64(), pa.string(), pa.int64(), pa.bool_()

ANGLES = pa.schema(
    [
        ("time_s", _NUMBER),
        ("flexion_deg", _NUMBER),
        ("lateral_deg", _NUMBER),
        ("rotation_deg", _NUMBER),
        ("flexion_sd_deg", _NUMBER),
        ("lateral_sd_deg", _NUMBER),
        ("rotation_sd_deg", _NUMBER),
        ("trunk_flexion_deg", _NUMBER),
        ("trunk_lateral_deg", _NUMBER),
        ("trunk_rotation_deg", _NUMBER),
        ("beyond", _YES_NO),
        ("movement", _TEXT),
        ("source", _TEXT),
        ("quality", _NUMBER),
    ]
)
MOVEMENTS = pa.schema(
    [
        ("clip", _TEXT),
        ("clip_sha256", _TEXT),
        ("movement", _TEXT),
        ("status", _TEXT),
        ("best_deg", _NUMBER),
        ("low_deg", _NUMBER),
        ("high_deg", _NUMBER),
        ("lower_bound", _YES_NO),
        ("mean_deg", _NUMBER),
        ("trials", _COUNT),
        ("reference_deg", _NUMBER),
        ("percent_of_reference", _NUMBER),
        ("flag", _TEXT),
        ("pain", _COUNT),
        ("compensation_deg", _NUMBER),
        ("reason", _TEXT),
    ]
)
TRIALS = pa.schema(
    [
        ("clip", _TEXT),
        ("clip_sha256", _TEXT),
        ("movement", _TEXT),
        ("trial", _COUNT),
        ("start_s", _NUMBER),
        ("peak_s", _NUMBER),
        ("end_s", _NUMBER),
        ("peak_deg", _NUMBER),
        ("sd_deg", _NUMBER),
        ("low_deg", _NUMBER),
        ("high_deg", _NUMBER),
        ("lower_bound", _YES_NO),
        ("compensation_deg", _NUMBER),
    ]
)


def angle_table(angles: AngleSeries, rom: RangeOfMotion) -> pa.Table:
    """One row a frame; columns and signs as in ``angles.csv``.

    Parameters
    ----------
    angles : AngleSeries
        N frames, degrees.
    rom : RangeOfMotion
        To which repetition a frame belongs.

    Returns
    -------
    pyarrow.Table
        N rows; NaN became null.
    """
    numbers = np.hstack([angles.neck_deg, angles.sd_deg, angles.trunk_deg]).T
    names = [name or None for name in movement_column(angles, rom)]
    columns = [
        _measured(angles.time_s),
        *map(_measured, numbers),
        pa.array(angles.beyond),
        pa.array(names, _TEXT),
        pa.array([str(source) for source in angles.source], _TEXT),
        _measured(angles.quality),
    ]
    return pa.Table.from_arrays(columns, schema=ANGLES)


def movement_table(results: Iterable[Result]) -> pa.Table:
    """Six rows a result: the best end range of each direction, with its 95 % interval.

    Parameters
    ----------
    results : iterable of Result

    Returns
    -------
    pyarrow.Table
        Degrees, positive in the movement's direction.
    """
    return pa.Table.from_pylist(
        [_movement_row(result, item) for result in results for item in result.movements], schema=MOVEMENTS
    )


def trial_table(results: Iterable[Result]) -> pa.Table:
    """One row a counted repetition; angles are positive in the movement's direction.

    Parameters
    ----------
    results : iterable of Result

    Returns
    -------
    pyarrow.Table
    """
    rows = [
        _trial_row(result, item, number, trial)
        for result in results
        for item in result.movements
        for number, trial in enumerate(item.trials, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=TRIALS)


def _measured(values: Any) -> pa.Array:
    return pa.array(np.asarray(values, dtype=float), _NUMBER, from_pandas=True)  # NaN becomes null


def _movement_row(result: Result, item: MovementResult) -> dict[str, object]:
    low, high = item.interval95_deg or (None, None)
    return {
        "clip": result.clip.name,
        "clip_sha256": result.clip.sha256,
        "movement": item.movement.value,
        "status": item.status,
        "best_deg": item.best_deg,
        "low_deg": low,
        "high_deg": high,
        "lower_bound": item.lower_bound,
        "mean_deg": item.mean_deg,
        "trials": len(item.trials),
        "reference_deg": item.reference_deg,
        "percent_of_reference": item.percent_of_reference,
        "flag": item.flag,
        "pain": item.pain,
        "compensation_deg": item.compensation_deg,
        "reason": item.reason,
    }


def _trial_row(result: Result, item: MovementResult, number: int, trial: TrialResult) -> dict[str, object]:
    low, high = trial.interval95_deg or (None, None)
    return {
        "clip": result.clip.name,
        "clip_sha256": result.clip.sha256,
        "movement": item.movement.value,
        "trial": number,
        "start_s": trial.start_s,
        "peak_s": trial.peak_s,
        "end_s": trial.end_s,
        "peak_deg": trial.peak_deg,
        "sd_deg": trial.sd_deg,
        "low_deg": low,
        "high_deg": high,
        "lower_bound": trial.lower_bound,
        "compensation_deg": trial.compensation_deg,
    }
