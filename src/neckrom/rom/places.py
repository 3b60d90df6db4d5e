"""Places: where the head dwells in a recording, how often it leaves each and comes back.

A place is a peak of the time that the head spends at each pose, found by mean shift (Comaniciu and
Meer 2002). No speed is asked, so that slow movement is no rest and a head that sways can have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.signal import find_peaks

from neckrom.kinematics.smoothing import segments
from neckrom.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """What counts as one place, as staying there, and as going out and coming back."""

    bandwidth_deg: float = 2.0
    """Of the mean shift: places closer than twice this merge."""
    step_s: float = 0.07
    """Frames are thinned to one in this time for finding places, further in long recordings."""
    most_frames: int = 800
    same_deg: float = 3.0
    """Peaks of the dwelling time that are closer than this are one place."""
    excursion_deg: float = 5.0
    """Going out by less than this is not leaving."""
    came_back_share: float = 0.6
    """An excursion has come back when this share of it is undone before the next one."""


@dataclass(frozen=True, slots=True)
class Loops:
    """What the head does when it leaves a place.

    Attributes
    ----------
    out_deg : ndarray, shape (K, 3)
        Displacement at the far end of every excursion that came back.
    unreturned : int
        Excursions that did not come back before the next one.
    back_deg : ndarray, shape (K + 1,)
        How close the head came before, between and after the excursions that came back.
    """

    out_deg: FloatArray
    unreturned: int
    back_deg: FloatArray


def find_places(time_s: FloatArray, poses_deg: FloatArray, settings: PlaceSettings) -> FloatArray:
    """Poses at which the head dwells longest in their neighbourhood.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    poses_deg : ndarray, shape (N, 3); NaN rows are not measured.
    settings : PlaceSettings

    Returns
    -------
    ndarray, shape (K, 3), degrees, longest dwelt first
    """
    index = _thinned(time_s, np.isfinite(poses_deg).all(axis=1), settings)
    if not len(index):
        return np.empty((0, 3))
    cloud = poses_deg[index]
    shifted = cloud[:: 4 if len(cloud) > 80 else 1].copy()
    for _ in range(60):
        weight = _kernel(shifted, cloud, settings.bandwidth_deg)
        moved = weight @ cloud / weight.sum(axis=1, keepdims=True)
        step = np.abs(moved - shifted).max()
        shifted = moved
        if step < 0.01:
            break
    density = _kernel(shifted, cloud, settings.bandwidth_deg).sum(axis=1)
    places: list[FloatArray] = []
    for row in np.argsort(-density, kind="stable"):
        if all(np.linalg.norm(shifted[row] - place) >= settings.same_deg for place in places):
            places.append(shifted[row])
    return np.array(places)


def stays(
    time_s: FloatArray, poses_deg: FloatArray, place: FloatArray, radius_deg: float, shortest_s: float
) -> list[slice]:
    """Stretches in which the head stays within ``radius_deg`` of a place in every axis for ``shortest_s``.

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
    poses_deg : ndarray, shape (N, 3), degrees
        NaN where not measured: not there.
    place : ndarray, shape (3,), degrees
    radius_deg : float
    shortest_s : float

    Returns
    -------
    list of slice
        In time order; gaps of at most one and a half frames, or 0.07 s, do not end a stay.
    """
    frame_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    with np.errstate(invalid="ignore"):
        there = (np.abs(poses_deg - place) <= radius_deg).all(axis=1)
    return [
        stretch
        for stretch in segments(np.asarray(there), time_s, gap_s=max(1.5 * frame_s, 0.07))
        if time_s[stretch.stop - 1] - time_s[stretch.start] >= shortest_s - frame_s
    ]


def loops_from(poses_deg: FloatArray, place: FloatArray, settings: PlaceSettings) -> Loops:
    """Excursions out of a place.

    Parameters
    ----------
    poses_deg : ndarray, shape (N, 3)
        Without NaN: stretches not measured are bridged.
    place : ndarray, shape (3,)
    settings : PlaceSettings

    Returns
    -------
    Loops
        Where each way out turned round, how many peaks did not come back, and how near the head came in between.

    Notes
    -----
    What the recording begins or ends with counts on neither side: it may have been cut there.
    """
    away = poses_deg - place
    distance = np.linalg.norm(away, axis=1)
    peaks, found = find_peaks(
        distance, height=settings.excursion_deg, prominence=0.5 * settings.excursion_deg
    )
    back = found["prominences"] >= settings.came_back_share * found["peak_heights"]
    merged = _merged(distance, [int(peak) for peak in peaks[~back]], [int(peak) for peak in peaks[back]])
    edges = [0, *(int(peak) for peak in peaks[back]), len(distance)]
    closest = [distance[first : last + 1].min() for first, last in pairwise(edges)]
    return Loops(out_deg=away[peaks[back]], unreturned=merged, back_deg=np.array(closest))


def _merged(distance: FloatArray, unreturned: list[int], returned: list[int]) -> int:
    """How many peaks that did not come back stand for movement of their own, not for a tremor on another's top."""
    own = 0
    for peak in unreturned:
        nearest = min(returned, key=lambda other: abs(other - peak), default=None)
        if nearest is not None:
            low, high = sorted((peak, nearest))
            if distance[low : high + 1].min() > 0.7 * distance[peak]:
                continue
        own += 1
    return own


def bridged(time_s: FloatArray, poses_deg: FloatArray) -> FloatArray:
    """Poses with stretches not measured bridged by straight lines: to find movements, never to value them.

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
    poses_deg : ndarray, shape (N, 3), degrees
        NaN where not measured.

    Returns
    -------
    ndarray, shape (N, 3), degrees
        Without NaN: the nearest measured value before the first and after the last one, and 0 in an axis that was never
        measured.
    """
    filled = poses_deg.copy()
    for column in filled.T:
        known = np.isfinite(column)
        if known.any():
            column[~known] = np.interp(time_s[~known], time_s[known], column[known])
        else:
            column[:] = 0.0
    return filled


def _thinned(time_s: FloatArray, known: BoolArray, settings: PlaceSettings) -> IntArray:
    """Frames that stand for equal times, so that a faster frame rate does not make a longer stay."""
    index = np.flatnonzero(known)
    if not len(index):
        return index
    step_s = max(settings.step_s, (time_s[index[-1]] - time_s[index[0]]) / settings.most_frames)
    slot = np.floor((time_s[index] - time_s[index[0]]) / step_s)
    return np.asarray(index[np.unique(slot, return_index=True)[1]])


def _kernel(points: FloatArray, cloud: FloatArray, bandwidth_deg: float) -> FloatArray:
    squared = ((points[:, None] - cloud[None]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * squared / bandwidth_deg**2))
