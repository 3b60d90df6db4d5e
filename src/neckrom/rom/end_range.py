"""End range: the robust largest angle of one repetition, or the bound where it was not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.ndimage import median_filter

from neckrom.types import AngleSeries, BoolArray, FloatArray, IntArray, Interval, Movement, Notice, Trial

Z95 = 1.959963984540054
"""Two-sided 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class EndRangeSettings:
    """What counts as a plateau and as seen."""

    plateau_deg: float = 2.0
    """Frames this close to the largest angle belong to the end range."""
    plateau_share: float = 0.04
    """... or this share of it, whichever is more."""
    hold_share: float = 0.7
    """The end range is held at no less than this share of the largest angle, ..."""
    hold_part: float = 0.5
    """... at the largest angle that is kept for this part of the longest time at any."""
    gap_s: float = 0.15
    """A longer stretch without measurement can hide the end range."""
    moving_deg_s: float = 8.0
    """Faster than this the head was still on its way when it was lost."""


@dataclass(frozen=True, slots=True)
class _Excursion:
    """One repetition seen along its own movement: angles positive outwards."""

    time_s: FloatArray
    angle_deg: FloatArray
    seen: BoolArray


def end_range_trial(
    angles: AngleSeries,
    movement: Movement,
    span: slice,
    settings: EndRangeSettings,
    *,
    cut_short: bool = False,
) -> Trial | None:
    """Value the end range of one repetition.

    Parameters
    ----------
    angles : AngleSeries
        Smoothed.
    movement : Movement
    span : slice
        Frames of the repetition.
    settings : EndRangeSettings
    cut_short : bool
        The recording ends while the head is still out.

    Returns
    -------
    Trial or None
        None if nothing at all was measured in the span.
    """
    column = movement.sign * angles.neck_deg[span, movement.plane]
    sd_deg = angles.sd_deg[span, movement.plane]
    beyond = angles.beyond[span]
    known = np.isfinite(column) & ~(beyond & ~np.isfinite(sd_deg))
    if not known.any():
        return None
    whole = _Excursion(angles.time_s[span], column, known)
    plateau = _plateau(whole, settings)
    if beyond[plateau].mean() > 0.5:
        return _bounded_trial(angles, movement, span, whole, plateau, settings=settings)
    hidden = _hidden_note(whole, plateau, settings)
    if not hidden and cut_short and _speed(whole, plateau[-1], -1) > settings.moving_deg_s:
        hidden = Notice("the recording ends while the head is still moving out", "bound_cut_short")
    return _trial(angles, movement, span, plateau, hidden)


def _bounded_trial(
    angles: AngleSeries,
    movement: Movement,
    span: slice,
    whole: _Excursion,
    plateau: IntArray,
    *,
    settings: EndRangeSettings,
) -> Trial:
    """The end range was seen too poorly to value: the better of the two lower bounds that can be given.

    One is the low end of the interval at the end range itself, the other that of the largest angle that
    was measured well on the way.
    """
    frames = plateau + span.start
    note = Notice(
        f"the end range (from {angles.time_s[frames[0]]:.1f} s) was seen too poorly to give more than a bound",
        "bound_seen_poorly",
        time_s=float(angles.time_s[frames[0]]),
    )
    poor = _trial(angles, movement, span, plateau, note)
    well = _Excursion(whole.time_s, whole.angle_deg, whole.seen & ~angles.beyond[span])
    if well.seen.any():
        measured = _trial(angles, movement, span, _plateau(well, settings), note)
        if measured.interval95 is not None and measured.peak_deg >= poor.peak_deg:
            return measured
    return poor


def _trial(angles: AngleSeries, movement: Movement, span: slice, plateau: IntArray, hidden: str) -> Trial:
    """Trial from its plateau; ``hidden`` says why it is only a bound, empty where it is not."""
    frames = plateau + span.start
    values = movement.sign * angles.neck_deg[frames, movement.plane]
    sd_deg = _root_mean_square(angles.sd_deg[frames, movement.plane])
    peak_deg, interval = _valued(float(np.median(values)), sd_deg, lower_bound=bool(hidden))
    others = [axis for axis in range(3) if axis != movement.plane]
    return Trial(
        movement=movement,
        start_s=float(angles.time_s[span.start]),
        peak_s=float(angles.time_s[frames[int(np.argmax(values))]]),
        end_s=float(angles.time_s[span.stop - 1]),
        hold_start_s=float(angles.time_s[frames[0]]),
        hold_end_s=float(angles.time_s[frames[-1]]),
        peak_deg=peak_deg,
        sd_deg=sd_deg,
        interval95=interval,
        lower_bound=bool(hidden),
        compensation_deg=movement.sign * _median(angles.trunk_deg[frames, movement.plane]),
        coupling_deg=(
            _median(angles.neck_deg[frames, others[0]]),
            _median(angles.neck_deg[frames, others[1]]),
        ),
        source=_most_frequent(angles.source[frames]),
        note=hidden,
    )


def _plateau(excursion: _Excursion, settings: EndRangeSettings) -> IntArray:
    """Indices of the measured frames at the end range: where the head is held, not what it touches.

    The end range is the largest angle that is kept nearly as long as any other above 70 % of the top. So a
    swing past the hold, or a jump in it, is left out by its duration; an end range that is only touched
    is its top.
    """
    index = np.flatnonzero(excursion.seen)
    time_s = excursion.time_s[index]
    robust = median_filter(excursion.angle_deg[index], size=min(5, len(index)), mode="nearest")
    top = float(robust.max())
    level = _held_level(time_s, robust, top, settings) if top > 0 else top
    near = robust >= level - _width(level, settings)
    if level < top:
        near &= robust <= level + _width(level, settings)
    runs = _runs(near)
    first, last = max(
        runs, key=lambda run: (time_s[run[1]] - time_s[run[0]], robust[run[0] : run[1] + 1].max())
    )
    if level >= top:
        summit = int(np.argmax(robust))
        first, last = next(run for run in runs if run[0] <= summit <= run[1])
    return np.asarray(index[first : last + 1])


def _width(level_deg: float, settings: EndRangeSettings) -> float:
    return max(settings.plateau_deg, settings.plateau_share * abs(level_deg))


def _held_level(time_s: FloatArray, robust: FloatArray, top: float, settings: EndRangeSettings) -> float:
    """The largest angle that is kept for half as long as the one that is kept longest, or longer."""
    levels = np.arange(top, settings.hold_share * top, -0.5)
    kept_s = np.array(
        [
            max(
                (
                    time_s[last] - time_s[first]
                    for first, last in _runs(np.abs(robust - level) <= _width(level, settings))
                ),
                default=0.0,
            )
            for level in levels
        ]
    )
    if not kept_s.max() > 0:
        return top
    return float(levels[int(np.argmax(kept_s >= settings.hold_part * kept_s.max()))])


def _runs(inside: BoolArray) -> list[tuple[int, int]]:
    """First and last index of every unbroken run."""
    edges = np.flatnonzero(np.diff(np.r_[0, inside.astype(np.int8), 0]))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _hidden_note(excursion: _Excursion, plateau: IntArray, settings: EndRangeSettings) -> str:
    """Why the end range may lie in a stretch that was not measured; empty if it was seen."""
    index = np.flatnonzero(excursion.seen)
    time_s = excursion.time_s
    for before, after in pairwise(index):
        if after == before + 1 or time_s[after] - time_s[before] <= settings.gap_s:
            continue
        if not _touches(time_s, plateau, before, after):
            continue
        outwards = _speed(excursion, before, -1) > settings.moving_deg_s
        inwards = _speed(excursion, after, +1) < -settings.moving_deg_s
        if outwards or inwards:
            return Notice(
                f"not measured from {time_s[before]:.1f} to {time_s[after]:.1f} s, when the head was further out",
                "bound_not_measured",
                start_s=float(time_s[before]),
                end_s=float(time_s[after]),
            )
    if len(index) and time_s[-1] - time_s[index[-1]] > settings.gap_s:
        last = index[-1]
        if _touches(time_s, plateau, last, last) and _speed(excursion, last, -1) > settings.moving_deg_s:
            return Notice(
                f"not measured after {time_s[last]:.1f} s, when the head was still moving out",
                "bound_not_measured_after",
                time_s=float(time_s[last]),
            )
    if len(index) and time_s[index[0]] - time_s[0] > settings.gap_s:
        first = index[0]
        if _touches(time_s, plateau, first, first) and _speed(excursion, first, +1) < -settings.moving_deg_s:
            return Notice(
                f"not measured before {time_s[first]:.1f} s, when the head was further out",
                "bound_not_measured_before",
                time_s=float(time_s[first]),
            )
    return ""


def _touches(time_s: FloatArray, plateau: IntArray, before: int, after: int) -> bool:
    return bool(
        time_s[before] >= time_s[int(plateau[0])] - 0.2 and time_s[after] <= time_s[int(plateau[-1])] + 0.2
    ) or bool(int(plateau[-1]) == before or int(plateau[0]) == after)


def _speed(excursion: _Excursion, frame: int, direction: int, window_s: float = 0.2) -> float:
    """Outward speed in deg/s over the window before (-1) or after (+1) a frame; infinite if unknown."""
    time_s = excursion.time_s
    inside = excursion.seen & (direction * (time_s - time_s[frame]) >= 0)
    inside &= np.abs(time_s - time_s[frame]) <= window_s
    if inside.sum() < 3:
        return -direction * np.inf
    slope = np.polyfit(time_s[inside] - time_s[frame], excursion.angle_deg[inside], 1)[0]
    return float(slope)


def _valued(centre_deg: float, sd_deg: float, *, lower_bound: bool) -> tuple[float, Interval | None]:
    """Value and interval of an end range read as ``centre_deg``; a bound is the low end, and never below zero."""
    if not np.isfinite(sd_deg):
        return centre_deg, None
    low, high = centre_deg - Z95 * sd_deg, centre_deg + Z95 * sd_deg
    if not lower_bound:
        return centre_deg, Interval(low=low, high=high)
    bound = max(low, 0.0)
    return bound, Interval(low=bound, high=None)


def with_uncertain_zero(trial: Trial, zero_sd_deg: float) -> Trial:
    """The same trial, less sure by as much as zero is.

    Parameters
    ----------
    trial : Trial
    zero_sd_deg : float
        One standard deviation of zero in the trial's plane.

    Returns
    -------
    Trial
        With the root of the summed squares as standard deviation, and value and interval that follow from it; the same
        trial where zero is sure, or where the trial's own error has not been established (NaN).
    """
    if zero_sd_deg <= 0 or not np.isfinite(trial.sd_deg):
        return trial
    sd_deg = float(np.hypot(trial.sd_deg, zero_sd_deg))
    centre = trial.peak_deg + (Z95 * trial.sd_deg if trial.lower_bound else 0.0)
    peak_deg, interval = _valued(centre, sd_deg, lower_bound=trial.lower_bound)
    return replace(trial, peak_deg=peak_deg, sd_deg=sd_deg, interval95=interval)


def as_bound(trial: Trial, why: Notice) -> Trial:
    """The same trial as a lower bound: the head may have gone further.

    Parameters
    ----------
    trial : Trial
        With a value.
    why : Notice

    Returns
    -------
    Trial
        With the low end of its 95 % interval as value, never below 0 deg, and an interval that is open above.
    """
    peak_deg, interval = _valued(trial.peak_deg, trial.sd_deg, lower_bound=True)
    return replace(trial, peak_deg=peak_deg, interval95=interval, lower_bound=True, note=why)


def _root_mean_square(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _most_frequent(values: np.typing.NDArray[np.str_]) -> str:
    names, counts = np.unique(values, return_counts=True)
    return str(names[int(np.argmax(counts))])
