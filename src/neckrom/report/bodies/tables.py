"""``angles.csv`` and ``steps.csv`` of a run."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import numpy as np

from neckrom.errors import InputError
from neckrom.private_files import open_plain
from neckrom.report.files import write_whole
from neckrom.running.curves import COLUMNS, Curves
from neckrom.running.result import RunResult
from neckrom.types import FloatArray

CURVES: dict[str, str] = {"run": "angles.csv", "back": "angles_back.csv"}
"""File of the curves by the role of their clip."""
STEPS = "steps.csv"
STEP_COLUMNS = (
    "foot",
    "near",
    "contact_s",
    "off_s",
    "step_s",
    "flight_s",
    "strike_deg",
    "strike_low_deg",
    "strike_high_deg",
    "strike_class",
    "shank_deg",
    "knee_deg",
)
MAX_ROWS = 1_000_000
_MAX_LINE = 2_000


def write_run_tables(folder: Path, result: RunResult, curves: Sequence[Curves]) -> list[Path]:
    """Write the curves of each clip and the steps.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    written = []
    for each in curves:
        name = CURVES.get(result.clips[each.clip].role)
        if name is None:
            continue
        names = [column for column in COLUMNS if column in each.columns]
        values = np.column_stack([each.columns[column] for column in names]) if names else None
        rows = (
            [f"{time:.6f}", *([] if values is None else (_number(value, 4) for value in values[row]))]
            for row, time in enumerate(each.time_s)
        )
        written.append(folder / name)
        write_whole(written[-1], _table(["time_s", *names], rows))
    written.append(folder / STEPS)
    write_whole(written[-1], _table(STEP_COLUMNS, _steps(result)))
    return written


def _steps(result: RunResult) -> Iterable[list[str]]:
    for step in result.steps:
        low, high = step.strike_interval95_deg or (None, None)
        numbers = (step.contact_s, step.off_s, step.step_s, step.flight_s)
        angles = (step.strike_deg, low, high)
        yield [
            step.foot,
            "1" if step.near else "0",
            *(_number(value, 4) for value in numbers),
            *(_number(value, 2) for value in angles),
            step.strike_class or "",
            _number(step.shank_deg, 2),
            _number(step.knee_deg, 2),
        ]


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.{decimals}f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8")


def read_curves(path: Path, clip: int = 0) -> Curves | None:
    """The curves of a file as it was written; None where there is none.

    Raises
    ------
    InputError
        If it is damaged.
    """
    columns = read_columns(path, COLUMNS)
    return None if columns is None else Curves(clip, columns.pop("time_s"), columns)


def read_columns(path: Path, known: Collection[str]) -> dict[str, FloatArray] | None:
    """The columns of a table of angles over time, ``time_s`` first; None where there is no file.

    Parameters
    ----------
    path : Path
    known : collection of str
        Names that a column may have.

    Returns
    -------
    dict of str to ndarray, shape (N,), or None
        NaN where a cell is empty.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        with open_plain(path) as opened:
            lines = [opened.readline(_MAX_LINE).decode("utf-8")]
            while line := opened.readline(_MAX_LINE):
                lines.append(line.decode("utf-8"))
                if len(lines) > MAX_ROWS:
                    raise InputError(f"{path} has more rows than any recording. Measure the clip again.")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}). Measure the clip again.") from error
    head, *rows = list(csv.reader(lines)) or [[]]
    if not head or head[0] != "time_s" or any(name not in known for name in head[1:]):
        raise InputError(
            f"{path} is damaged: it does not name the angles of its recording. Measure the clip again."
        )
    try:
        values = np.array(
            [[math.nan if cell == "" else float(cell) for cell in row] for row in rows], dtype=np.float64
        ).reshape(len(rows), len(head))
    except ValueError as error:
        raise InputError(f"{path} is damaged ({error}). Measure the clip again.") from error
    return {name: values[:, at] for at, name in enumerate(head)}
