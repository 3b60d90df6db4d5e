"""Trials of an arm test: each position in which an arm was held, on its way out of rest and back.

An arm goes out and comes back, and on the way it may stand in one position after the other: out to the side, overhead,
bent overhead. Each of them is a trial. Where a guided session says which position was asked for, that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from neckrom.body import Side
from neckrom.body.smoothing import smoothed
from neckrom.body.stretches import stretches
from neckrom.nerve.arms.angles import STRAIGHT_WITHIN_DEG, ArmTestAngles
from neckrom.nerve.arms.raw_angles import SIDES
from neckrom.nerve.marks import ArmPosition, Mark
from neckrom.types import BoolArray, FloatArray

SMALLEST_WAY_DEG = 20.0
"""Less is no trial: arms hang at 5 to 15 degrees, and swing a little."""
OFF_REST_DEG = 6.0
"""A way starts and ends where the arm is this far from where it hangs."""
SHORTEST_S = 0.5
"""An arm that is away for less has not been led there."""
OVERHEAD_FROM_DEG = 122.0
"""Half-way between an arm out to the side (up to 100) and one that is overhead (140 and more)."""
BENT_FROM_DEG = 95.0
"""A bent arm is overhead from here on: its elbow is higher than the shoulder."""
STILL_DEG_S = 18.0
"""A held arm is slower; one that is moved at a usual pace comes past it between two positions."""
FAST_DEG_S = 60.0
"""An arm that is led for less than this at its fastest is led slowly, as a session asks for: then one that stands is
slower than ``STILL_SHARE`` of that, over ``SLOW_OVER_S`` to either side, and than ``LEAST_STILL_DEG_S`` in any case."""
STILL_SHARE, SLOW_OVER_S, LEAST_STILL_DEG_S = 0.35, 0.25, 4.0
FEW_FRAMES_S = 0.1
"""Where frames are further apart, a speed about a frame would leave nothing of a short stand: it is looked at from each
frame to the next."""
STILL_S = 0.35
"""An arm that stands does so for this long."""
MEASURED_SHARE = 0.4
"""Of its frames, at least, for a stretch in which an arm stands."""
ELBOW_COUNTS = 0.6
"""Turns of the elbow are read less well than those of the arm: from frame to frame they count less."""


@dataclass(frozen=True, slots=True)
class ArmTrial:
    """One trial.

    Attributes
    ----------
    arm : {"left", "right"}
    position : {"side", "overhead", "bent_overhead"}
    start_s, end_s : float
        The arm leaves where it hangs, or the position before; and is back, or goes on to the next.
    reached_s, return_s : float
        Between these it stands.
    """

    arm: Side
    position: ArmPosition
    start_s: float
    end_s: float
    reached_s: float
    return_s: float


def find_arm_trials(angles: ArmTestAngles, marks: Sequence[Mark] = ()) -> tuple[ArmTrial, ...]:
    """All trials of both arms, in the order of their times.

    Parameters
    ----------
    angles : ArmTestAngles
    marks : sequence of Mark
        Those of positions say where an arm was led from then on; others are not looked at.

    Returns
    -------
    tuple of ArmTrial
    """
    found: list[ArmTrial] = []
    for arm in SIDES:
        found += _of_arm(angles, arm)
    found.sort(key=lambda trial: trial.start_s)
    led = [mark for mark in marks if mark.kind == "position"]
    return tuple(_as_led(angles, found, led) if led else found)


def positions_lost(trials: Sequence[ArmTrial], marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """Positions that an arm was led to and that no trial is of.

    Parameters
    ----------
    trials : sequence of ArmTrial
        From :func:`find_arm_trials` with the same marks.
    marks : sequence of Mark

    Returns
    -------
    tuple of Mark
        In the order of their times.
    """
    led = [mark for mark in marks if mark.kind == "position"]
    ends = [*(mark.time_s for mark in led[1:]), float("inf")][: len(led)]
    return tuple(
        mark
        for mark, until_s in zip(led, ends, strict=True)
        if not any(mark.time_s <= t.start_s < until_s and t.position == mark.answer for t in trials)
    )


def bridged_deg(time_s: FloatArray, angle_deg: FloatArray) -> FloatArray:
    """Straight lines where nothing was measured; NaN throughout where there is next to nothing.

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
    angle_deg : ndarray, shape (N,), degrees
        NaN where not measured.

    Returns
    -------
    ndarray, shape (N,), degrees
        The first and the last measured angle before and after them; NaN throughout with fewer than three.
    """
    measured = np.isfinite(angle_deg)
    if measured.sum() < 3:
        return np.full(len(angle_deg), np.nan)
    return np.interp(time_s, time_s[measured], angle_deg[measured])


def _of_arm(angles: ArmTestAngles, arm: Side) -> list[ArmTrial]:
    time_s, series = angles.time_s, angles.arms[arm]
    abduction = bridged_deg(time_s, series.abduction_deg)
    elbow = bridged_deg(time_s, series.elbow_deg)
    if not np.isfinite(abduction).all() or not np.isfinite(elbow).all():
        return []
    way = abduction - float(np.percentile(abduction, 10))
    trials: list[ArmTrial] = []
    for first, last in stretches(way > SMALLEST_WAY_DEG):
        if time_s[last] - time_s[first] < SHORTEST_S:
            continue
        before = np.flatnonzero(way[:first] <= OFF_REST_DEG)
        after = np.flatnonzero(way[last + 1 :] <= OFF_REST_DEG)
        start = float(time_s[before[-1]]) if len(before) else float(time_s[0])
        end = float(time_s[last + 1 + after[0]]) if len(after) else float(time_s[-1])
        inside = slice(first, last + 1)
        measured = np.isfinite(series.abduction_deg[inside]) & np.isfinite(series.elbow_deg[inside])
        stood = _stood(time_s[inside], abduction[inside], elbow[inside], measured)
        borders = [start, *(until for _, _, until in stood[:-1]), end]
        trials += [
            ArmTrial(arm, position, begun, over, reached, until)
            for (position, reached, until), (begun, over) in zip(stood, pairwise(borders), strict=True)
        ]
    return _without_passing(trials)


def _stood(
    time_s: FloatArray, abduction: FloatArray, elbow: FloatArray, measured: BoolArray
) -> list[tuple[ArmPosition, float, float]]:
    """Positions in which the arm stood, with the beginning and the end of standing; at least one."""
    stood: list[tuple[ArmPosition, float, float]] = []
    if len(time_s) > 2:
        for first, last in _stands(time_s, abduction, elbow):
            at = np.arange(first, last + 1)[measured[first : last + 1]]
            # where the arm was lost for most of the time, where it stood is not known
            if time_s[last] - time_s[first] < STILL_S or len(at) < MEASURED_SHARE * (last + 1 - first):
                continue
            position = position_of(float(np.median(abduction[at])), float(np.median(elbow[at])))
            if stood and stood[-1][0] == position:
                stood[-1] = (position, stood[-1][1], float(time_s[last]))
            else:
                stood.append((position, float(time_s[first]), float(time_s[last])))
    if stood:
        return stood
    # up and down without a stop: what was reached
    top = int(np.argmax(abduction))
    near = np.flatnonzero(abduction >= 0.95 * abduction[top])
    position = position_of(float(abduction[top]), float(elbow[top]))
    return [(position, float(time_s[near[0]]), float(time_s[near[-1]]))]


def _stands(time_s: FloatArray, abduction: FloatArray, elbow: FloatArray) -> list[tuple[int, int]]:
    """First and last frame of each stand: the arm is slow, and slow against how it moves otherwise."""

    def speeds(half_s: float, elbow_counts: float) -> FloatArray:
        return np.maximum(
            _speed(time_s, smoothed(time_s, abduction), half_s),
            elbow_counts * _speed(time_s, smoothed(time_s, elbow), half_s),
        )

    speed = speeds(0.0, ELBOW_COUNTS)
    if _led_deg_s(speed) >= FAST_DEG_S:
        if float(np.median(np.diff(time_s))) <= FEW_FRAMES_S:
            return stretches(speed < STILL_DEG_S)
        steps = np.maximum(np.abs(np.diff(abduction)), ELBOW_COUNTS * np.abs(np.diff(elbow)))
        return [(first, last + 1) for first, last in stretches(steps / np.diff(time_s) < STILL_DEG_S)]
    # an arm that is led slowly is told from one that stands over a longer time
    speed = speeds(SLOW_OVER_S, 1.0)
    return stretches(speed < max(LEAST_STILL_DEG_S, min(STILL_DEG_S, STILL_SHARE * _led_deg_s(speed))))


def _led_deg_s(speed: FloatArray) -> float:
    """How fast the arm is led: of the time in which it moves, however long it stands between."""
    moving = speed[speed >= LEAST_STILL_DEG_S]
    return float(np.percentile(moving if len(moving) else speed, 90))


def _speed(time_s: FloatArray, angle_deg: FloatArray, half_s: float) -> FloatArray:
    """Degrees a second, without sign; over a stretch to either side, or from frame to frame."""
    if half_s == 0.0:
        return np.asarray(np.abs(np.gradient(angle_deg, time_s)))
    before = np.maximum(time_s - half_s, time_s[0])
    after = np.minimum(time_s + half_s, time_s[-1])
    moved = np.interp(after, time_s, angle_deg) - np.interp(before, time_s, angle_deg)
    return np.asarray(np.abs(moved) / np.maximum(after - before, 1e-9))


def position_of(abduction_deg: float, elbow_deg: float) -> ArmPosition:
    """Which of the positions an arm is in.

    Parameters
    ----------
    abduction_deg : float
        0 hanging, 90 out to the side.
    elbow_deg : float
        0 straight, + bent.

    Returns
    -------
    {"side", "overhead", "bent_overhead"}
    """
    if elbow_deg >= STRAIGHT_WITHIN_DEG and abduction_deg >= BENT_FROM_DEG:
        return "bent_overhead"
    return "overhead" if abduction_deg >= OVERHEAD_FROM_DEG else "side"


def _without_passing(trials: list[ArmTrial]) -> list[ArmTrial]:
    """Without an arm overhead that is only on its way to be bent there, where it was overhead by itself, too."""

    def passing(place: int) -> bool:
        following = trials[place + 1] if place + 1 < len(trials) else None
        return (
            trials[place].position == "overhead"
            and following is not None
            and following.position == "bent_overhead"
            and following.start_s == trials[place].return_s
        )

    by_itself = any(trial.position == "overhead" and not passing(k) for k, trial in enumerate(trials))
    kept: list[ArmTrial] = []
    begun: float | None = None
    for place, trial in enumerate(trials):
        if by_itself and passing(place):
            begun = trial.start_s
            continue
        kept.append(trial if begun is None else replace(trial, start_s=begun))
        begun = None
    return kept


def _as_led(angles: ArmTestAngles, found: Sequence[ArmTrial], led: Sequence[Mark]) -> list[ArmTrial]:
    """One trial for each position that was asked for: where an arm went furthest until the next one was."""
    last_s = float(angles.time_s[-1])
    ends = [*(mark.time_s for mark in led[1:]), last_s + 1.0]
    trials = []
    for mark, until_s in zip(led, ends, strict=True):
        inside = [
            t for t in found if t.return_s > mark.time_s and t.reached_s < until_s and t.end_s > mark.time_s
        ]
        if not inside:
            continue
        wanted: ArmPosition = mark.answer  # type: ignore[assignment]  # marks know no other
        best = max(inside, key=lambda trial: _how_far(angles, trial, wanted))
        trials.append(
            replace(
                best,
                position=wanted,
                start_s=max(best.start_s, mark.time_s),
                reached_s=max(best.reached_s, mark.time_s),
                end_s=min(best.end_s, until_s),
            )
        )
    return trials


def _how_far(angles: ArmTestAngles, trial: ArmTrial, position: ArmPosition) -> float:
    series = angles.arms[trial.arm]
    inside = (angles.time_s >= trial.reached_s) & (angles.time_s <= trial.return_s)
    values = (series.elbow_deg if position == "bent_overhead" else series.abduction_deg)[inside]
    values = values[np.isfinite(values)]
    # one that is not seen while it stands is the last to be taken
    return float(np.median(values)) if len(values) else -1.0
