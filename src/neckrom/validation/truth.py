"""Truth tables: the angles that a rendered clip really shows.

A truth table is a CSV with one row a frame. Its signs are its own and are
turned into ours here and nowhere else: there flexion is positive chin to
chest, but rotation, lateral flexion, trunk yaw and trunk roll count positive
to the person's *left*; trunk pitch is positive forward.

Neck angles there are the Cardan product flexion, lateral, rotation, the same
sequence as ours, so that only signs change. The trunk's product is yaw, pitch,
roll; it is taken apart again in our sequence.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neckrom.errors import ConfigurationError
from neckrom.kinematics.neck_angles import cardan_of
from neckrom.types import BoolArray, FloatArray, Movement

NUMBER_COLUMNS = ("time_s", "flexion", "rotation", "lateral", "trunk_yaw", "trunk_pitch", "trunk_roll")
"""Times in seconds, angles in degrees, in the table's own signs."""
REQUIRED_COLUMNS = (*NUMBER_COLUMNS, "phase")
_TRUNK_TO_CAMERA = ("q_trunk_cam_w", "q_trunk_cam_x", "q_trunk_cam_y", "q_trunk_cam_z")
"""Orientation of the thorax, in the table's own axes, as a unit quaternion."""

PHASE_MOVEMENTS = {
    "flexion": Movement.FLEXION,
    "extension": Movement.EXTENSION,
    "rot_left": Movement.ROTATION_LEFT,
    "rot_right": Movement.ROTATION_RIGHT,
    "side_left": Movement.LATERAL_LEFT,
    "side_right": Movement.LATERAL_RIGHT,
}
"""Movement that a phase name starts with; it goes on with ``_out``, ``_hold`` or ``_back``."""

STILL_PHASES = ("neutral", "rest", "end", "")
"""Phases in which the person does not move on purpose."""

_STEP = re.compile(r"(?P<movement>.+)_(?P<step>out|hold|back)")
_PROBLEMS_SHOWN = 20
"""Problems that a message names."""

View = Literal["front", "side", "back", "unknown"]


@dataclass(frozen=True, slots=True)
class TruthTrial:
    """One repetition as it really was; angles positive in the movement's direction.

    Attributes
    ----------
    movement : Movement
    start_s, end_s : float
        From leaving neutral to being back, or to where the table ends.
    hold_start_s, hold_end_s : float
        The hold at end range.
    peak_deg : float
        Median over the hold.
    compensation_deg : float
        Median trunk excursion over the hold in the movement's plane, positive along with the head.
    coupling_deg : tuple of two float
        The neck's two other angles over the hold, in the order flexion, lateral, rotation without
        the movement's own; signs as in :class:`neckrom.types.AngleSeries`.
    single_plane : bool
        The two other angles stay within 3 deg throughout.
    """

    movement: Movement
    start_s: float
    hold_start_s: float
    hold_end_s: float
    end_s: float
    peak_deg: float
    compensation_deg: float
    coupling_deg: tuple[float, float]
    single_plane: bool


@dataclass(frozen=True, slots=True)
class TruthTable:
    """Everything that is known of a clip, one row a frame, in our signs.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
        Strictly rising.
    neck_deg : ndarray, shape (N, 3)
        Flexion, lateral, rotation as in :class:`neckrom.types.AngleSeries`, zero at the
        table's own neutral where it names one.
    trunk_deg : ndarray, shape (N, 3)
        Thorax, same planes and signs, zero at the same neutral.
    phase : ndarray, shape (N,), str
        As it stands in the table.
    trials : tuple of TruthTrial
        In time order; repetitions without a hold are none.
    view : str
        Where the camera stands as seen from the person's chest at neutral; "unknown" where the
        table does not say.
    notes : tuple of str
        What a reader of the figures should know.
    """

    time_s: FloatArray
    neck_deg: FloatArray
    trunk_deg: FloatArray
    phase: NDArray[np.str_]
    trials: tuple[TruthTrial, ...]
    view: View
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def is_free(self) -> bool:
        """Movement without named repetitions: scored per frame only."""
        return not self.trials

    @property
    def moving(self) -> BoolArray:
        """Frames in which the person moves on purpose, shape (N,)."""
        return ~np.isin(self.phase, STILL_PHASES)


def read_truth(path: Path) -> TruthTable:
    """Read a truth table.

    Parameters
    ----------
    path : Path
        CSV with the columns of :data:`REQUIRED_COLUMNS`; others are ignored, except the
        quaternion ``q_trunk_cam_*``, which tells the side from which the camera looks.

    Returns
    -------
    TruthTable

    Raises
    ------
    ConfigurationError
        Missing columns, cells that are no numbers, times that do not rise: all named at once.
    """
    columns, phase, problems = _read_columns(path)
    time_s = columns.get("time_s", np.empty(0))
    if not problems:
        problems = [
            f"line {row + 3}: time_s does not rise ({time_s[row]:g} is followed by {time_s[row + 1]:g})"
            for row in np.flatnonzero(np.diff(time_s) <= 0)
        ]
    if problems:
        shown = problems[:_PROBLEMS_SHOWN]
        if len(problems) > len(shown):
            shown.append(f"and {len(problems) - len(shown)} more")
        raise ConfigurationError(
            f"{path} is not a truth table that can be used. Mend the lines below, or take the file away "
            "if it belongs to something else:",
            tuple(shown),
        )
    neutral = phase == "neutral"
    neck, trunk = _relative(*convert_signs(columns), neutral)
    return TruthTable(
        time_s=time_s,
        neck_deg=neck,
        trunk_deg=trunk,
        phase=phase,
        trials=find_trials(time_s, neck, trunk, phase),
        view=_view(columns, neutral),
        notes=_notes(phase),
    )


def convert_signs(columns: dict[str, FloatArray]) -> tuple[Rotation, Rotation]:
    """Rotations from a truth table's angles: the one place where its signs become ours.

    Parameters
    ----------
    columns : dict of ndarray, shape (N,), degrees
        ``flexion``, ``rotation`` (+ left), ``lateral`` (+ left ear to left shoulder), ``trunk_yaw``
        (+ left), ``trunk_pitch`` (+ forward), ``trunk_roll`` (+ leans left).

    Returns
    -------
    neck, trunk : Rotation, length N
        In body axes x anterior, y superior, z to the person's right: head relative to thorax,
        thorax relative to the room.
    """
    neck = Rotation.from_euler(
        "ZXY",
        np.column_stack([-columns["flexion"], -columns["lateral"], columns["rotation"]]),
        degrees=True,
    )
    trunk = Rotation.from_euler(
        "YZX",
        np.column_stack([columns["trunk_yaw"], -columns["trunk_pitch"], -columns["trunk_roll"]]),
        degrees=True,
    )
    return neck, trunk


def find_trials(
    time_s: FloatArray, neck_deg: FloatArray, trunk_deg: FloatArray, phase: NDArray[np.str_]
) -> tuple[TruthTrial, ...]:
    """Repetitions from the phases: a movement's ``_out``, ``_hold`` and ``_back`` in a row.

    A repetition without a hold is none (aborted, or the clip ends on the way out).

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
    neck_deg, trunk_deg : ndarray, shape (N, 3), degrees
        In our signs, zero at neutral.
    phase : ndarray, shape (N,), str
        As it stands in the table.

    Returns
    -------
    tuple of TruthTrial
        In time order.
    """
    runs: list[tuple[str, str, int, int]] = []
    first = 0
    for name, rows in groupby(phase.tolist()):
        last = first + sum(1 for _ in rows) - 1
        step = _STEP.fullmatch(name)
        if step is not None and step["movement"] in PHASE_MOVEMENTS:
            runs.append((step["movement"], step["step"], first, last))
        first = last + 1
    trials = []
    for index, (name, step_name, first, last) in enumerate(runs):
        if step_name != "hold":
            continue
        before = runs[index - 1] if index > 0 else None
        after = runs[index + 1] if index + 1 < len(runs) else None
        out = first if before is None or before[:2] != (name, "out") or before[3] + 1 != first else before[2]
        back = last if after is None or after[:2] != (name, "back") or after[2] != last + 1 else after[3]
        trials.append(_trial(PHASE_MOVEMENTS[name], time_s, neck_deg, trunk_deg, (out, first, last, back)))
    return tuple(trials)


def _trial(
    movement: Movement,
    time_s: FloatArray,
    neck_deg: FloatArray,
    trunk_deg: FloatArray,
    rows: tuple[int, int, int, int],
) -> TruthTrial:
    start, hold_start, hold_end, end = rows
    hold = slice(hold_start, hold_end + 1)
    others = [plane for plane in range(3) if plane != movement.plane]
    middle = np.median(neck_deg[hold], axis=0)
    return TruthTrial(
        movement=movement,
        start_s=float(time_s[start]),
        hold_start_s=float(time_s[hold_start]),
        hold_end_s=float(time_s[hold_end]),
        end_s=float(time_s[end]),
        peak_deg=float(movement.sign * middle[movement.plane]),
        compensation_deg=float(movement.sign * np.median(trunk_deg[hold, movement.plane])),
        coupling_deg=(float(middle[others[0]]), float(middle[others[1]])),
        single_plane=bool((np.abs(neck_deg[start : end + 1, others]) <= 3.0).all()),
    )


def _relative(neck: Rotation, trunk: Rotation, neutral: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Angles with zero at the mean of the neutral rows, where there are any."""
    if neutral.any():
        neck = neck * neck[neutral].mean().inv()
        trunk = trunk[neutral].mean().inv() * trunk
    return cardan_of(neck), cardan_of(trunk)


def _view(columns: dict[str, FloatArray], neutral: BoolArray) -> View:
    """Side from which the camera looks, from the trunk's orientation at neutral (or in the first row)."""
    if not all(name in columns for name in _TRUNK_TO_CAMERA):
        return "unknown"
    w, x, y, z = (columns[name] for name in _TRUNK_TO_CAMERA)
    row = int(np.argmax(neutral)) if neutral.any() else 0
    to_camera = Rotation.from_quat([x[row], y[row], z[row], w[row]])
    # the table's thorax axes are x left, y up, z forward; the camera looks along its own z
    left, _, forward = to_camera.inv().apply([0.0, 0.0, -1.0])
    azimuth = abs(np.degrees(np.arctan2(left, forward)))
    if azimuth < 45.0:
        return "front"
    return "side" if azimuth < 135.0 else "back"


def _notes(phase: NDArray[np.str_]) -> tuple[str, ...]:
    unnamed = sorted(
        {
            name
            for name in set(phase.tolist())
            if (step := _STEP.fullmatch(name)) is not None and step["movement"] not in PHASE_MOVEMENTS
        }
    )
    if not unnamed:
        return ()
    return (
        f"phases {', '.join(unnamed)} name none of the six movements ({', '.join(PHASE_MOVEMENTS)}): "
        "their frames are scored, their repetitions are not",
    )


def _read_columns(path: Path) -> tuple[dict[str, FloatArray], NDArray[np.str_], list[str]]:
    """Columns as numbers, the phases, and everything that is wrong with the file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path} cannot be read as a truth table: {error}.") from error
    header = [name.strip() for name in rows[0]] if rows else []
    missing = [name for name in REQUIRED_COLUMNS if name not in header]
    if missing:
        return {}, np.empty(0, dtype=str), [f"line 1: no column {name!r}" for name in missing]
    problems = [
        f"line 1: column {name!r} occurs {header.count(name)} times"
        for name in dict.fromkeys(header)
        if name in (*REQUIRED_COLUMNS, *_TRUNK_TO_CAMERA) and header.count(name) > 1
    ]
    body = [(line, row) for line, row in enumerate(rows[1:], start=2) if row]
    if not body:
        problems.append("line 2: no rows below the heading")
    wanted = [*NUMBER_COLUMNS, *(name for name in _TRUNK_TO_CAMERA if name in header)]
    values: dict[str, list[float]] = {name: [] for name in wanted}
    phase: list[str] = []
    for line, row in body:
        if len(row) != len(header):
            problems.append(f"line {line}: {len(row)} cells, the heading has {len(header)}")
            continue
        phase.append(row[header.index("phase")].strip())
        for name in wanted:
            number = _number(row[header.index(name)])
            if not np.isfinite(number):
                problems.append(f"line {line}, column {name}: {row[header.index(name)]!r} is not a number")
            values[name].append(number)
    columns = {name: np.array(column, dtype=np.float64) for name, column in values.items()}
    return columns, np.array(phase, dtype=str), problems


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
