"""Excursions: every time the head goes out of neutral in one plane and comes back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import find_peaks

from neckrom.types import MOVEMENTS, FloatArray, IntArray, Movement

USUAL_RANGE_DEG: dict[Movement, float] = {
    Movement.FLEXION: 55.0,
    Movement.EXTENSION: 65.0,
    Movement.ROTATION_LEFT: 80.0,
    Movement.ROTATION_RIGHT: 80.0,
    Movement.LATERAL_LEFT: 45.0,
    Movement.LATERAL_RIGHT: 45.0,
}
"""Only to compare excursions of different planes with each other: which of two simultaneous ones is meant,
and whether one is small. Never judged against."""


@dataclass(frozen=True, slots=True)
class ExcursionSettings:
    """What counts as going out and coming back."""

    smallest_deg: float = 6.0
    """A smaller excursion is posture and noise."""
    onset_deg: float = 3.0
    onset_share: float = 0.08
    """An excursion starts and ends at this share of its peak, but not below ``onset_deg``."""
    return_share: float = 0.5
    """Two peaks are two excursions if the head comes back below this share of the smaller one between them."""
    shortest_s: float = 0.4
    beside_share: float = 0.34
    beside_s: float = 0.5
    beside_lasts_s: float = 1.2
    """A run-up: so much smaller than the excursion from which it is this far apart at most, and over so soon
    or held for less than ``beside_s``."""
    overshoot_share: float = 0.25
    """Swinging past neutral on the way back: the other way, over as soon, and smaller than this share. It is
    nothing of its own and nowhere told."""


@dataclass(frozen=True, slots=True)
class Excursion:
    """One way out of neutral and back.

    Attributes
    ----------
    movement : Movement
    span : slice
        Frames from leaving neutral to being back.
    peak : int
        Frame of the largest angle.
    share : float
        Peak angle as a share of the usual range.
    beside : Excursion or None
        The larger one of which it is a run-up, or the end.
    """

    movement: Movement
    span: slice
    peak: int
    share: float
    beside: Excursion | None = None


def find_excursions(
    time_s: FloatArray, filled_deg: FloatArray, settings: ExcursionSettings
) -> list[Excursion]:
    """Every excursion in one plane, in time order.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    filled_deg : ndarray, shape (N, 3)
        Neck angles without NaN (:func:`neckrom.rom.places.bridged`).
    settings : ExcursionSettings

    Returns
    -------
    list of Excursion
        Of all six directions, in time order; where two planes move at once, the one that reaches the larger share of
        its usual range.
    """
    found = [
        excursion
        for movement in MOVEMENTS
        for excursion in _of_direction(time_s, filled_deg, movement, settings)
    ]
    return _beside_larger(time_s, filled_deg, _one_plane_at_a_time(filled_deg, found), settings)


def _of_direction(
    time_s: FloatArray, filled_deg: FloatArray, movement: Movement, settings: ExcursionSettings
) -> list[Excursion]:
    outwards = movement.sign * filled_deg[:, movement.plane]
    padded = np.r_[-1e3, outwards, -1e3]  # so that a peak at the very start or end counts
    peaks = find_peaks(padded, height=settings.smallest_deg, prominence=0.5 * settings.smallest_deg)[0] - 1
    excursions = []
    for group in _grouped(outwards, [int(peak) for peak in peaks], settings.return_share):
        top = max(group, key=lambda frame: outwards[frame])
        span = _span(outwards, top, settings)
        if time_s[span.stop - 1] - time_s[span.start] >= settings.shortest_s:
            share = float(outwards[top]) / USUAL_RANGE_DEG[movement]
            excursions.append(Excursion(movement, span, top, share))
    return _apart(outwards, excursions)


def _grouped(outwards: FloatArray, peaks: list[int], return_share: float) -> list[list[int]]:
    """Peaks between which the head did not come back: hesitation and trembling, not repetitions."""
    groups: list[list[int]] = []
    for peak in peaks:
        if groups:
            valley = outwards[groups[-1][-1] : peak + 1].min()
            smaller = min(max(outwards[frame] for frame in groups[-1]), outwards[peak])
            if valley > return_share * smaller:
                groups[-1].append(peak)
                continue
        groups.append([peak])
    return groups


def _span(outwards: FloatArray, peak: int, settings: ExcursionSettings) -> slice:
    onset = max(settings.onset_deg, settings.onset_share * outwards[peak])
    below = outwards < onset
    before = np.flatnonzero(below[:peak])
    after = np.flatnonzero(below[peak:])
    start = int(before[-1]) if len(before) else 0
    stop = peak + int(after[0]) + 1 if len(after) else len(outwards)
    return slice(start, stop)


def _apart(outwards: FloatArray, excursions: list[Excursion]) -> list[Excursion]:
    """Excursions between which the head did not come back all the way meet at their lowest point."""
    apart: list[Excursion] = []
    for excursion in excursions:
        current = excursion
        if apart and current.span.start < apart[-1].span.stop:
            previous = apart[-1]
            valley = previous.peak + int(np.argmin(outwards[previous.peak : current.peak + 1]))
            apart[-1] = replace(previous, span=slice(previous.span.start, valley + 1))
            current = replace(current, span=slice(valley, current.span.stop))
        apart.append(current)
    return apart


def _one_plane_at_a_time(filled_deg: FloatArray, excursions: list[Excursion]) -> list[Excursion]:
    """Of excursions at the same time in several planes the largest is meant, the others are coupling."""
    meant: list[Excursion] = []
    taken = np.zeros(len(filled_deg), dtype=bool)
    for excursion in sorted(excursions, key=lambda item: -item.share):
        if taken[_past(filled_deg, excursion, 0.5)].mean() < 0.5:
            meant.append(excursion)
            taken[_past(filled_deg, excursion, 0.25)] = True
    return sorted(meant, key=lambda item: item.span.start)


def _past(filled_deg: FloatArray, excursion: Excursion, share: float) -> IntArray:
    """Frames in which the excursion is past a share of its peak: its foot may be long where the seat drifts."""
    outwards = excursion.movement.sign * filled_deg[excursion.span, excursion.movement.plane]
    return np.asarray(excursion.span.start + np.flatnonzero(outwards >= share * outwards.max()))


def _beside_larger(
    time_s: FloatArray, filled_deg: FloatArray, excursions: list[Excursion], settings: ExcursionSettings
) -> list[Excursion]:
    """Without overshoots; what else is small beside a larger excursion knows it."""
    marked = []
    for number, excursion in enumerate(excursions):
        if number and _is_overshoot(time_s, excursion, excursions[number - 1], settings):
            continue
        neighbours = excursions[max(number - 1, 0) : number] + excursions[number + 1 : number + 2]
        beside = next(
            (other for other in neighbours if _is_beside(time_s, filled_deg, excursion, other, settings)),
            None,
        )
        marked.append(replace(excursion, beside=beside))
    return marked


def _is_overshoot(
    time_s: FloatArray, excursion: Excursion, before: Excursion, settings: ExcursionSettings
) -> bool:
    own, earlier = (USUAL_RANGE_DEG[item.movement] * item.share for item in (excursion, before))
    return bool(
        before.movement.plane == excursion.movement.plane
        and before.movement is not excursion.movement
        and own < settings.overshoot_share * earlier
        and time_s[excursion.span.start] - time_s[before.span.stop - 1] < settings.beside_s
        and time_s[excursion.span.stop - 1] - time_s[excursion.span.start] < settings.beside_lasts_s
    )


def _is_beside(
    time_s: FloatArray,
    filled_deg: FloatArray,
    small: Excursion,
    large: Excursion,
    settings: ExcursionSettings,
) -> bool:
    if small.share >= settings.beside_share * large.share:
        return False
    first, second = (small, large) if small.span.start < large.span.start else (large, small)
    if time_s[second.span.start] - time_s[first.span.stop - 1] > settings.beside_s:
        return False
    lasts_s = time_s[small.span.stop - 1] - time_s[small.span.start]
    return bool(lasts_s < settings.beside_lasts_s or top_s(time_s, filled_deg, small) < settings.beside_s)


def top_s(time_s: FloatArray, filled_deg: FloatArray, excursion: Excursion) -> float:
    """How long the head was out by at least four fifths of the excursion.

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
    filled_deg : ndarray, shape (N, 3), degrees
        As for :func:`find_excursions`.
    excursion : Excursion

    Returns
    -------
    float
        Seconds from the first to the last such frame; dips in between count.
    """
    outwards = excursion.movement.sign * filled_deg[excursion.span, excursion.movement.plane]
    near = np.flatnonzero(outwards >= 0.8 * outwards.max())
    times = time_s[excursion.span]
    return float(times[near[-1]] - times[near[0]])
