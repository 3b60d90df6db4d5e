"""Turns of the trunk to both sides, measured: each repetition, both sides, and one against the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neckrom.body import Side, read_body
from neckrom.errors import InputError
from neckrom.types import BodySeries, BoolArray, FloatArray, Notice
from neckrom.upper_back.suitable import check_view, notes_on
from neckrom.upper_back.turning import Turning, load_corrections, measure_turning

Interval = tuple[float, float]
Verdict = Literal["within_error", "apart", "one_side"]

SIDES: tuple[Side, Side] = ("left", "right")
SMALLEST_TURN_DEG = 10.0
"""Less is no repetition: a trunk at rest is read up and down by several degrees."""
SHORTEST_S = 0.6
"""From leaving the middle until it is reached again."""
AT_END_SHARE = 0.9
"""The end range is the median of what was read past this share of the most."""
HELD_BACK_DEG = 3.0
"""Where the widths say more than the elbows allow by more than this, the angle may be that much larger."""
MOST_LOST_SHARE = 0.4
"""Of a repetition in which shoulders or hips were not seen for more of its time, nothing is said."""
READING_SD_DEG = 1.0
"""By how much the end range of one repetition is read differently from the next."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One turn of the trunk out of the middle and back; degrees, + to the side that is turned to.

    Attributes
    ----------
    side : {"left", "right"}
    start_s, end_s, at_s : float
        Leaves the middle, is back in it, furthest.
    turn_deg : float
        At the end of its way; NaN where it was not seen well enough.
    thighs_deg : float
        By how much the thighs turned along.
    held_back_deg : float
        By how much further it may have been turned; 0 where that is ``HELD_BACK_DEG`` at most.
    """

    side: Side
    start_s: float
    end_s: float
    at_s: float
    turn_deg: float
    thighs_deg: float
    held_back_deg: float


@dataclass(frozen=True, slots=True)
class SideTurned:
    """All repetitions of a side together: their mean, and by how much further it may have been."""

    turn_deg: float
    interval95_deg: Interval
    repetitions: int
    held_back_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class SidesCompared:
    """Both sides against each other; degrees."""

    difference_deg: float
    interval95_deg: Interval
    smaller: Side
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class UpperBackMeasurement:
    """Everything that a clip of turning gave.

    Attributes
    ----------
    turning : Turning
    repetitions : tuple of Repetition
        In the order of their times.
    left, right : SideTurned or None
        None where that side was not done, or not seen well enough.
    sides : SidesCompared or None
        None where only one side was measured.
    notices : tuple of Notice
    found_share, measured_share : float
        Frames with a person, and with a turn, as a share.
    """

    turning: Turning
    repetitions: tuple[Repetition, ...]
    left: SideTurned | None
    right: SideTurned | None
    sides: SidesCompared | None
    notices: tuple[Notice, ...]
    found_share: float
    measured_share: float


def measure_upper_back(series: BodySeries) -> UpperBackMeasurement:
    """Measure turns of the trunk of a sitting person who is seen from in front.

    Parameters
    ----------
    series : BodySeries

    Returns
    -------
    UpperBackMeasurement

    Raises
    ------
    InputError
        If nobody is seen, the camera is not in front, or nothing is turned.
    """
    body = read_body(series)
    check_view(body)
    turning = measure_turning(body)
    found = find_repetitions(turning)
    if not found:
        raise InputError(
            f"The trunk is turned by {SMALLEST_TURN_DEG:.0f} deg or more nowhere in the clip: begin at rest, facing "
            "the camera, arms crossed on the chest; then turn slowly to one side as far as is comfortable, and back."
        )
    left, right = (_side(found, side) for side in SIDES)
    return UpperBackMeasurement(
        turning=turning,
        repetitions=found,
        left=left,
        right=right,
        sides=None if left is None or right is None else compare_sides(left, right),
        notices=notes_on(body, turning, found),
        found_share=float(np.mean(body.found)),
        measured_share=float(np.mean(np.isfinite(turning.turn_deg))),
    )


def find_repetitions(turning: Turning) -> tuple[Repetition, ...]:
    """Each turn out of the middle and back, in the order of their times.

    Parameters
    ----------
    turning : Turning
    """
    time_s, turn = turning.time_s, turning.turn_deg
    measured = np.isfinite(turn)
    if measured.sum() < 3:
        return ()
    filled = np.interp(time_s, time_s[measured], turn[measured])
    found = []
    for side in SIDES:
        sign = 1.0 if side == "left" else -1.0
        for first, last in _runs(sign * filled > SMALLEST_TURN_DEG / 2):
            if float(np.max(sign * filled[first : last + 1])) < SMALLEST_TURN_DEG:
                continue
            if time_s[last] - time_s[first] >= SHORTEST_S:
                found.append(_repetition(turning, measured, side, first, last))
    return tuple(sorted(found, key=lambda one: one.start_s))


def _repetition(turning: Turning, measured: BoolArray, side: Side, first: int, last: int) -> Repetition:
    sign = 1.0 if side == "left" else -1.0
    rows = np.arange(first, last + 1)[measured[first : last + 1]]
    along = sign * turning.turn_deg[rows]
    at_end = rows[along >= AT_END_SHARE * along.max()]
    lost = 1.0 - len(rows) / (last - first + 1)

    def level(values: FloatArray) -> float:
        return float("nan") if lost > MOST_LOST_SHARE else sign * float(np.median(values[at_end]))

    return Repetition(
        side=side,
        start_s=float(turning.time_s[first]),
        end_s=float(turning.time_s[last]),
        at_s=float(turning.time_s[at_end[len(at_end) // 2]]),
        turn_deg=level(turning.turn_deg),
        thighs_deg=level(turning.thighs_deg),
        held_back_deg=further if (further := level(turning.held_back_deg)) > HELD_BACK_DEG else 0.0,
    )


def _side(found: tuple[Repetition, ...], side: Side) -> SideTurned | None:
    mine = [one for one in found if one.side == side and np.isfinite(one.turn_deg)]
    if not mine:
        return None
    mean = float(np.mean([one.turn_deg for one in mine]))
    further = float(np.mean([one.held_back_deg for one in mine]))
    half = 1.96 * float(np.hypot(load_corrections().between_sd_deg, READING_SD_DEG))
    return SideTurned(mean, (max(0.0, mean - half), mean + half + further), len(mine), further)


def compare_sides(left: SideTurned, right: SideTurned) -> SidesCompared:
    """Both sides against each other: what a person's own build and clothes do to both alike falls out.

    Parameters
    ----------
    left, right : SideTurned
    """
    difference = abs(left.turn_deg - right.turn_deg)
    half = 1.96 * float(np.hypot(load_corrections().difference_sd_deg, READING_SD_DEG))
    half += max(left.held_back_deg, right.held_back_deg)
    return SidesCompared(
        difference_deg=difference,
        interval95_deg=(max(0.0, difference - half), difference + half),
        smaller="left" if left.turn_deg < right.turn_deg else "right",
        verdict="within_error" if difference < half else "apart",
    )


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """First and last index of every stretch that is true."""
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(np.int8), 0]))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
