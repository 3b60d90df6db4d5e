"""End range: the robust largest angle of one repetition, or the bound where it was not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.ndimage import median_filter

from neckrom.types import AngleSeries, BoolArray, FloatArray, IntArray, Interval, Movement, Trial

Z95 = 1.959963984540054
"""Two-sided 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class EndRangeSettings:
    """What counts as a plateau and as seen."""

    plateau_deg: float = 2.0
    """Frames this close to the largest angle belong to the end range."""
    plateau_share: float = 0.04
    """... or this share of it, whichever is more."""
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
        hidden = "the recording ends while the head is still moving out"
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
    sd_deg = _root_mean_square(angles.sd_deg[frames, movement.plane])
    note = (
        f"the end range (from {angles.time_s[frames[0]]:.1f} s) was seen too poorly to give more than a bound"
    )
    poor = _trial(angles, movement, span, plateau, note)
    low_deg = poor.peak_deg - Z95 * sd_deg
    well = _Excursion(whole.time_s, whole.angle_deg, whole.seen & ~angles.beyond[span])
    if well.seen.any():
        measured = _trial(angles, movement, span, _plateau(well, settings), note)
        if measured.interval95 is not None and measured.interval95.low >= low_deg:
            return replace(measured, peak_deg=measured.interval95.low)
    bound = max(low_deg, 0.0)
    return replace(poor, peak_deg=bound, interval95=Interval(low=bound, high=None))


def _trial(angles: AngleSeries, movement: Movement, span: slice, plateau: IntArray, hidden: str) -> Trial:
    """Trial from its plateau; ``hidden`` says why it is only a bound, empty where it is not."""
    frames = plateau + span.start
    values = movement.sign * angles.neck_deg[frames, movement.plane]
    peak_deg = float(np.median(values))
    sd_deg = _root_mean_square(angles.sd_deg[frames, movement.plane])
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
        interval95=_interval(peak_deg, sd_deg, lower_bound=bool(hidden)),
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
    """Indices of the measured frames around the largest robust angle, without leaving it in between."""
    index = np.flatnonzero(excursion.seen)
    values = excursion.angle_deg[index]
    robust = median_filter(values, size=min(5, len(values)), mode="nearest")
    top = int(np.argmax(robust))
    near = robust >= robust[top] - max(settings.plateau_deg, settings.plateau_share * abs(robust[top]))
    first = top
    while first > 0 and near[first - 1]:
        first -= 1
    last = top
    while last + 1 < len(near) and near[last + 1]:
        last += 1
    return np.asarray(index[first : last + 1])


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
            return f"not measured from {time_s[before]:.1f} to {time_s[after]:.1f} s, when the head was further out"
    if len(index) and time_s[-1] - time_s[index[-1]] > settings.gap_s:
        last = index[-1]
        if _touches(time_s, plateau, last, last) and _speed(excursion, last, -1) > settings.moving_deg_s:
            return f"not measured after {time_s[last]:.1f} s, when the head was still moving out"
    if len(index) and time_s[index[0]] - time_s[0] > settings.gap_s:
        first = index[0]
        if _touches(time_s, plateau, first, first) and _speed(excursion, first, +1) < -settings.moving_deg_s:
            return f"not measured before {time_s[first]:.1f} s, when the head was further out"
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


def _interval(peak_deg: float, sd_deg: float, *, lower_bound: bool) -> Interval | None:
    if not np.isfinite(sd_deg):
        return None
    half = Z95 * sd_deg
    return Interval(low=peak_deg - half, high=None if lower_bound else peak_deg + half)


def _root_mean_square(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _most_frequent(values: np.typing.NDArray[np.str_]) -> str:
    names, counts = np.unique(values, return_counts=True)
    return str(names[int(np.argmax(counts))])
