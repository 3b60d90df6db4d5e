"""Movements: which way the head went, when, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.signal import find_peaks

from neckrom.rom.end_range import EndRangeSettings, end_range_trial
from neckrom.types import MOVEMENTS, AngleSeries, FloatArray, Movement, Trial


@dataclass(frozen=True, slots=True)
class MovementSettings:
    """What counts as a repetition."""

    smallest_deg: float = 10.0
    """A smaller excursion is posture, not a repetition (a protocol file can name smaller ones)."""
    onset_deg: float = 3.0
    onset_share: float = 0.08
    """A repetition starts and ends at this share of its peak, but not below ``onset_deg``."""
    return_share: float = 0.5
    """Two peaks are two repetitions if the head comes back below this share of the smaller one between them."""
    aborted_share: float = 0.5
    """A repetition that reaches less than this share of the best one is set aside as broken off."""
    overshoot_share: float = 0.25
    """Swinging past neutral on the way back: a short excursion, smaller than this share of the one before."""
    overshoot_s: float = 1.2
    shortest_s: float = 0.4
    begun_s: float = 0.2
    """A repetition at its end range this soon after the start of the recording was not seen from neutral."""
    end_range: EndRangeSettings = field(default_factory=EndRangeSettings)


_USUAL_RANGE_DEG: dict[Movement, float] = {
    Movement.FLEXION: 55.0,
    Movement.EXTENSION: 65.0,
    Movement.ROTATION_LEFT: 80.0,
    Movement.ROTATION_RIGHT: 80.0,
    Movement.LATERAL_LEFT: 45.0,
    Movement.LATERAL_RIGHT: 45.0,
}
"""Only to compare excursions of different planes with each other: which of two simultaneous ones is meant."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One excursion out of neutral and back.

    Attributes
    ----------
    movement : Movement
    span : slice
        Frames from leaving neutral to being back.
    peak : int
        Frame of the largest angle.
    size : float
        Peak angle as a share of the usual range.
    """

    movement: Movement
    span: slice
    peak: int
    size: float


def find_trials(angles: AngleSeries, settings: MovementSettings) -> tuple[list[Trial], list[Trial]]:
    """Find all repetitions of guided movements and value their end range.

    Parameters
    ----------
    angles : AngleSeries
        Smoothed.
    settings : MovementSettings

    Returns
    -------
    trials, set_aside : list of Trial, each in time order
    """
    filled = _bridged(angles.time_s, angles.neck_deg)
    found = [
        repetition
        for movement in MOVEMENTS
        for repetition in _repetitions(angles, filled, movement, settings)
    ]
    meant = _without_overshoot(angles, filled, _one_plane_at_a_time(filled, found), settings)
    trials = []
    for repetition in meant:
        cut = repetition.span.stop == len(angles)
        trial = end_range_trial(
            angles, repetition.movement, repetition.span, settings.end_range, cut_short=cut
        )
        if trial is not None and trial.peak_deg >= 0.5 * settings.smallest_deg:
            trials.append(trial)
    trials.sort(key=lambda trial: trial.start_s)
    begun = [trial for trial in trials if trial.hold_start_s <= angles.time_s[0] + settings.begun_s]
    counted, aborted = _without_aborted([trial for trial in trials if trial not in begun], settings)
    why = "the recording starts with the head already out: not counted"
    return counted, [replace(trial, note=why) for trial in begun] + aborted


def _bridged(time_s: FloatArray, neck_deg: FloatArray) -> FloatArray:
    """Angles with stretches not measured bridged by straight lines: to find repetitions, never to value them."""
    filled = neck_deg.copy()
    for column in filled.T:
        known = np.isfinite(column)
        if known.any():
            column[~known] = np.interp(time_s[~known], time_s[known], column[known])
        else:
            column[:] = 0.0
    return filled


def _repetitions(
    angles: AngleSeries, filled: FloatArray, movement: Movement, settings: MovementSettings
) -> list[Repetition]:
    outwards = movement.sign * filled[:, movement.plane]
    padded = np.r_[-1e3, outwards, -1e3]  # so that a peak at the very start or end counts
    peaks = find_peaks(padded, height=settings.smallest_deg, prominence=0.5 * settings.smallest_deg)[0] - 1
    repetitions = []
    for group in _grouped(outwards, [int(peak) for peak in peaks], settings.return_share):
        top = max(group, key=lambda frame: outwards[frame])
        span = _span(outwards, top, settings)
        if angles.time_s[span.stop - 1] - angles.time_s[span.start] >= settings.shortest_s:
            size = float(outwards[top]) / _USUAL_RANGE_DEG[movement]
            repetitions.append(Repetition(movement, span, top, size))
    return _apart(outwards, repetitions)


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


def _span(outwards: FloatArray, peak: int, settings: MovementSettings) -> slice:
    onset = max(settings.onset_deg, settings.onset_share * outwards[peak])
    below = outwards < onset
    before = np.flatnonzero(below[:peak])
    after = np.flatnonzero(below[peak:])
    start = int(before[-1]) if len(before) else 0
    stop = peak + int(after[0]) + 1 if len(after) else len(outwards)
    return slice(start, stop)


def _apart(outwards: FloatArray, repetitions: list[Repetition]) -> list[Repetition]:
    """Repetitions between which the head did not come back all the way meet at their lowest point."""
    apart: list[Repetition] = []
    for repetition in repetitions:
        current = repetition
        if apart and current.span.start < apart[-1].span.stop:
            previous = apart[-1]
            valley = previous.peak + int(np.argmin(outwards[previous.peak : current.peak + 1]))
            apart[-1] = replace(previous, span=slice(previous.span.start, valley + 1))
            current = replace(current, span=slice(valley, current.span.stop))
        apart.append(current)
    return apart


def _one_plane_at_a_time(filled: FloatArray, repetitions: list[Repetition]) -> list[Repetition]:
    """Of excursions at the same time in several planes the largest is meant, the others are coupling."""
    meant: list[Repetition] = []
    for repetition in sorted(repetitions, key=lambda item: -item.size):
        core = _core(filled, repetition)
        if all(np.isin(core, np.arange(*_bounds(other.span))).mean() < 0.5 for other in meant):
            meant.append(repetition)
    return sorted(meant, key=lambda item: item.span.start)


def _bounds(span: slice) -> tuple[int, int]:
    return span.start, span.stop


def _core(filled: FloatArray, repetition: Repetition) -> FloatArray:
    """Frames in which the excursion is past half of its peak."""
    outwards = repetition.movement.sign * filled[repetition.span, repetition.movement.plane]
    return np.asarray(repetition.span.start + np.flatnonzero(outwards >= 0.5 * outwards.max()))


def _without_overshoot(
    angles: AngleSeries, filled: FloatArray, repetitions: list[Repetition], settings: MovementSettings
) -> list[Repetition]:
    kept: list[Repetition] = []
    for repetition in repetitions:
        before = kept[-1] if kept else None
        if before is not None and before.movement.plane == repetition.movement.plane:
            apart_s = angles.time_s[repetition.span.start] - angles.time_s[before.span.stop - 1]
            lasts_s = angles.time_s[repetition.span.stop - 1] - angles.time_s[repetition.span.start]
            opposite = before.movement is not repetition.movement
            height = abs(filled[repetition.peak, repetition.movement.plane])
            earlier = abs(filled[before.peak, before.movement.plane])
            if (
                opposite
                and apart_s < 0.5
                and lasts_s < settings.overshoot_s
                and height < settings.overshoot_share * earlier
            ):
                continue
        kept.append(repetition)
    return kept


def _without_aborted(trials: list[Trial], settings: MovementSettings) -> tuple[list[Trial], list[Trial]]:
    counted, set_aside = [], []
    for trial in trials:
        best = max(other.peak_deg for other in trials if other.movement is trial.movement)
        if trial.peak_deg < settings.aborted_share * best and not trial.lower_bound:
            why = f"broken off at {trial.peak_deg:.0f} deg, less than half of the best ({best:.0f} deg): not counted"
            set_aside.append(replace(trial, note=why))
        else:
            counted.append(trial)
    return counted, set_aside
