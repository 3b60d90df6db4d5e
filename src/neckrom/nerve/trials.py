"""Trials of a leg test: each time a leg is raised, or a knee straightened, and brought back.

Everything works on one signal, the *way* of a leg: how far it is from where it rests. In the straight leg raise that
is the raise itself less where the leg lies, in the slump test by how much the knee is straighter than it hangs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Side, other
from neckrom.body.smoothing import smoothed
from neckrom.body.stretches import stretches
from neckrom.nerve.angles import LegTestAngles
from neckrom.types import FloatArray

SMALLEST_WAY_DEG = 15.0
"""Less is no trial: the leg that rests is read up and down by several degrees."""
SHARE_OF_BEST = 0.4
"""A trial reaches this share of the way of the largest one of its leg."""
SHARE_OF_OTHER = 0.6
"""Where both legs move at once, the one that moves less than this share is only read along with the other."""
OTHER_AWAY_SHARE = 0.35
"""Where the other leg is read to have gone more than this share of the way of the one that is straightened, the model
has drawn both on one leg. About half-way between the clips used for fitting: 0.08 at most where the legs were told
apart, and 0.67 at least where they were not."""
SHORTEST_S = 0.5
"""A leg that is away for less has not been led there."""
OFF_REST_DEG = 4.0
"""A trial starts and ends where the leg is this far from where it rests."""
AT_END_SHARE = 0.9
"""Of the way: from here on a leg is at its end."""
RETURN_DEG_S = 5.0
"""A leg that is brought back moves faster than this."""
BACK_SHARE = 0.75
"""Of the way: below it a leg is on its way back."""


@dataclass(frozen=True, slots=True)
class LegTrial:
    """One trial.

    Attributes
    ----------
    leg : {"left", "right"}
    start_s, end_s : float
        The leg leaves where it rests, and is back (or the clip ends).
    reached_s : float
        The leg is at the end of its way (nine tenths of it).
    return_s : float
        It begins to go back.
    """

    leg: Side
    start_s: float
    end_s: float
    reached_s: float
    return_s: float


def way_deg(angles: LegTestAngles, side: Side) -> FloatArray:
    """How far a leg is from where it rests, shape (N,), degrees; short losses are bridged.

    Parameters
    ----------
    angles : LegTestAngles
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (N,), degrees
        + as the leg is raised or the knee straightened. Rest is the 10th percentile; NaN throughout with fewer than
        three frames measured.
    """
    leg = angles.legs[side]
    moved = leg.raise_deg if angles.test == "slr" else -leg.knee_deg
    measured = np.isfinite(moved)
    if measured.sum() < 3:
        return np.full(len(moved), np.nan)
    rest = float(np.percentile(moved[measured], 10))
    return np.interp(angles.time_s, angles.time_s[measured], moved[measured]) - rest


def find_trials(angles: LegTestAngles) -> tuple[LegTrial, ...]:
    """All trials of both legs, in the order of their times.

    Parameters
    ----------
    angles : LegTestAngles

    Returns
    -------
    tuple of LegTrial
    """
    near: Side = angles.near
    ways = {side: way_deg(angles, side) for side in (near, other(near))}
    found = [
        trial
        for side, way in ways.items()
        for trial in _trials(angles.time_s, way, side)
        if not _read_along(angles.time_s, trial, way, ways[other(side)])
    ]
    return tuple(sorted(found, key=lambda trial: trial.start_s))


def legs_together(angles: LegTestAngles, trial: LegTrial) -> bool:
    """Whether the model has drawn both legs on the one that is straightened: then it is not known which one that is.

    A hanging leg hides behind a straightened one, or before it. One that lies does not.

    Parameters
    ----------
    angles : LegTestAngles
    trial : LegTrial

    Returns
    -------
    bool
        Never true of a straight leg raise.
    """
    if angles.test != "slump":
        return False
    own, others = way_deg(angles, trial.leg), way_deg(angles, other(trial.leg))
    inside = (angles.time_s >= trial.reached_s) & (angles.time_s <= trial.return_s)
    if not inside.any() or not np.isfinite(others).any():
        return False
    return float(np.median(others[inside])) > OTHER_AWAY_SHARE * float(np.median(own[inside]))


def without_doubles(trials: tuple[LegTrial, ...], together: tuple[LegTrial, ...]) -> tuple[LegTrial, ...]:
    """Trials less those that are one movement drawn on both legs: of those that overlap or touch, the longest is kept.

    Parameters
    ----------
    trials : tuple of LegTrial
    together : tuple of LegTrial
        Those of them in which both legs were drawn on one.

    Returns
    -------
    tuple of LegTrial
        In the order of ``trials``.
    """
    kept: list[LegTrial] = []
    for trial in sorted(together, key=lambda one: one.start_s - one.end_s):
        if not any(trial.start_s <= one.end_s and one.start_s <= trial.end_s for one in kept):
            kept.append(trial)
    return tuple(trial for trial in trials if trial in kept or trial not in together)


def _trials(time_s: FloatArray, way: FloatArray, side: Side) -> list[LegTrial]:
    best = float(np.nanmax(way)) if np.isfinite(way).any() else 0.0
    if best < SMALLEST_WAY_DEG:
        return []
    out = way > max(SMALLEST_WAY_DEG * 0.8, SHARE_OF_BEST * best)
    trials: list[LegTrial] = []
    for first, last in stretches(out):
        if time_s[last] - time_s[first] < SHORTEST_S:
            continue
        before = np.flatnonzero(way[:first] <= OFF_REST_DEG)
        after = np.flatnonzero(way[last + 1 :] <= OFF_REST_DEG)
        # between two trials without a rest, the lowest point between them parts them
        start = int(before[-1]) if len(before) else 0
        end = last + 1 + int(after[0]) if len(after) else len(way) - 1
        if trials:
            previous = int(np.searchsorted(time_s, trials[-1].end_s))
            if previous > first:
                parted = _lowest(way, int(np.searchsorted(time_s, trials[-1].return_s)), first)
                trials[-1] = _ended(trials[-1], float(time_s[parted]))
                start = parted
            elif start < previous:
                start = previous
        trials.append(_trial(time_s, way, side, (start, first, last, end)))
    return trials


def _trial(time_s: FloatArray, way: FloatArray, side: Side, frames: tuple[int, int, int, int]) -> LegTrial:
    start, first, last, end = frames
    inside = way[first : last + 1]
    top = float(np.percentile(inside, 90))
    reached = first + int(np.argmax(inside >= AT_END_SHARE * top))
    return LegTrial(
        leg=side,
        start_s=float(time_s[start]),
        end_s=float(time_s[end]),
        reached_s=float(time_s[reached]),
        return_s=float(time_s[_return(time_s, way, reached, end, top)]),
    )


def _return(time_s: FloatArray, way: FloatArray, reached: int, end: int, top: float) -> int:
    """Frame in which the leg begins to go back for good."""
    if way[end] > BACK_SHARE * top:
        return end
    still_out = np.flatnonzero(way[reached : end + 1] > BACK_SHARE * top)
    at = reached + int(still_out[-1]) if len(still_out) else reached
    speed = np.gradient(smoothed(time_s, way), time_s) if len(time_s) > 2 else np.zeros(len(way))
    while at > reached and speed[at] < -RETURN_DEG_S:
        at -= 1
    return at


def _read_along(time_s: FloatArray, trial: LegTrial, way: FloatArray, others: FloatArray) -> bool:
    """Whether the other leg moves so much more at the same time that this one is only read along with it."""
    inside = (time_s >= trial.start_s) & (time_s <= trial.end_s)
    if not np.isfinite(others).any():
        return False
    mine = float(np.percentile(way[inside], 90) - np.percentile(way[inside], 2))
    theirs = float(np.percentile(others[inside], 90) - np.percentile(others[inside], 2))
    return mine < SHARE_OF_OTHER * theirs


def _ended(trial: LegTrial, end_s: float) -> LegTrial:
    return LegTrial(trial.leg, trial.start_s, end_s, trial.reached_s, min(trial.return_s, end_s))


def _lowest(way: FloatArray, first: int, last: int) -> int:
    return first + int(np.argmin(way[first : last + 1])) if last > first else last
