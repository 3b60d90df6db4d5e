"""Neutral: the stretch of a recording that defines zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.errors import NoNeutralError
from neckrom.kinematics.smoothing import segments, smooth_series
from neckrom.types import BoolArray, FloatArray, Neutral


@dataclass(frozen=True, slots=True)
class NeutralSettings:
    """What counts as still and as near-frontal."""

    still_deg_s: float = 6.0
    """Slower than this is still: guided movements run at 15 to 60 deg/s, sway at 1 to 3."""
    shortest_s: float = 0.5
    longest_s: float = 3.0
    """More than this adds nothing; the quietest part is taken."""
    frontal_rotation_deg: float = 30.0
    frontal_lateral_deg: float = 15.0
    frontal_flexion_deg: float = 35.0
    """Generous: a camera below or above the eyes shows a neutral head as tilted."""
    same_place_deg: float = 7.0
    """Rests that differ by less are the same place."""
    drift_warning_deg: float = 5.0


def find_neutral(time_s: FloatArray, facing_deg: FloatArray, settings: NeutralSettings) -> Neutral:
    """Longest still, near-frontal stretch, wherever in the clip.

    A person comes back to neutral after every movement but holds every end range only a few times:
    among the still places the one that is visited most often wins (the first, the longest and the
    most frontal where that is equal), and in it the longest stretch.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    facing_deg : ndarray, shape (N, 3)
        Flexion, lateral and rotation of the head against the camera; NaN where no face was found.
    settings : NeutralSettings

    Raises
    ------
    NoNeutralError
        If the head is nowhere still and near-frontal for ``shortest_s``.
    """
    smooth = smooth_series(time_s, facing_deg)
    frontal = _frontal(smooth, settings)
    still = frontal & (_speed_deg_s(time_s, smooth) < settings.still_deg_s)
    frame_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    stretches = [
        stretch
        for stretch in segments(still, time_s, gap_s=max(1.5 * frame_s, 0.07))
        if time_s[stretch.stop - 1] - time_s[stretch.start] >= settings.shortest_s - frame_s
    ]
    if not stretches:
        raise NoNeutralError(_no_neutral_message(smooth, frontal, settings))
    places = np.array([np.nanmedian(smooth[stretch], axis=0) for stretch in stretches])
    lengths = np.array([time_s[stretch.stop - 1] - time_s[stretch.start] for stretch in stretches])
    near = np.linalg.norm(places[:, None] - places[None], axis=2) < settings.same_place_deg
    visits = near.sum(axis=1) + 0.1 * (near @ lengths)
    score = visits + 0.5 * near[:, 0] - 0.02 * np.linalg.norm(places * [0.3, 1.0, 1.0], axis=1)
    home = near[int(np.argmax(score))]
    longest = stretches[int(np.flatnonzero(home)[np.argmax(lengths[home])])]
    start, end = _quietest_part(time_s, smooth, longest, settings.longest_s)
    return Neutral(start_s=start, end_s=end, origin="found")


def given_neutral(time_s: FloatArray, start_s: float, end_s: float, found: BoolArray) -> Neutral:
    """The stretch that the user named, checked.

    Raises
    ------
    NoNeutralError
        If it lies outside the clip, is empty, or shows no face.
    """
    inside = (time_s >= start_s) & (time_s <= end_s)
    if end_s <= start_s or not inside.any():
        raise NoNeutralError(
            f"The neutral stretch {start_s:g} to {end_s:g} s holds no frame: the recording runs from "
            f"{time_s[0]:.2f} to {time_s[-1]:.2f} s. Give --neutral START END in seconds inside it."
        )
    if found[inside].sum() < max(3, 0.5 * inside.sum()):
        raise NoNeutralError(
            f"In the neutral stretch {start_s:g} to {end_s:g} s the face is found in {int(found[inside].sum())} of "
            f"{int(inside.sum())} frames: choose a stretch in which the person sits still and faces the camera."
        )
    return Neutral(start_s=float(start_s), end_s=float(end_s), origin="given")


def neutral_drift_deg(
    time_s: FloatArray, neck_deg: FloatArray, neutral: Neutral, busy: BoolArray, settings: NeutralSettings
) -> float:
    """Largest angle at which the head rests elsewhere than in neutral; NaN where it rests nowhere else.

    Parameters
    ----------
    neck_deg : ndarray, shape (N, 3)
    busy : ndarray, shape (N,), bool
        Frames that belong to a movement.
    """
    speed = _speed_deg_s(time_s, neck_deg)
    rest = ~busy & np.isfinite(neck_deg).all(axis=1) & (speed < 2 * settings.still_deg_s)
    rest &= (time_s < neutral.start_s) | (time_s > neutral.end_s)
    worst = np.nan
    for stretch in segments(rest, time_s, gap_s=0.1):
        if time_s[stretch.stop - 1] - time_s[stretch.start] >= 0.3:
            worst = np.fmax(worst, np.abs(np.nanmedian(neck_deg[stretch], axis=0)).max())
    return float(worst)


def _frontal(facing_deg: FloatArray, settings: NeutralSettings) -> BoolArray:
    limits = np.array(
        [settings.frontal_flexion_deg, settings.frontal_lateral_deg, settings.frontal_rotation_deg]
    )
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(facing_deg) < limits).all(axis=1))


def _speed_deg_s(time_s: FloatArray, angles_deg: FloatArray) -> FloatArray:
    """Speed of the fastest axis, shape (N,); NaN (never "still") where it cannot be told."""
    if len(time_s) < 3:
        return np.full(len(time_s), np.nan)
    return np.asarray(np.abs(np.gradient(angles_deg, time_s, axis=0)).max(axis=1))


def _quietest_part(
    time_s: FloatArray, angles_deg: FloatArray, stretch: slice, longest_s: float
) -> tuple[float, float]:
    first, last = time_s[stretch.start], time_s[stretch.stop - 1]
    if last - first <= longest_s:
        return float(first), float(last)
    starts = np.arange(first, last - longest_s + 1e-9, 0.1)
    spread = []
    for start in starts:
        inside = (time_s >= start) & (time_s <= start + longest_s)
        spread.append(np.nanstd(angles_deg[inside], axis=0).max())
    best = float(starts[int(np.argmin(spread))])
    return best, best + longest_s


def _no_neutral_message(facing_deg: FloatArray, frontal: BoolArray, settings: NeutralSettings) -> str:
    way_out = (
        "Record again with one to two seconds of sitting still and facing the camera, "
        "or name such a stretch: --neutral START END (seconds)."
    )
    if not frontal.any():
        typical = np.nanmedian(facing_deg, axis=0)
        return (
            "No usable neutral: the face is never turned to the camera "
            f"(typically {abs(typical[2]):.0f} deg to the side, {abs(typical[0]):.0f} deg up or down). {way_out}"
        )
    return (
        f"No usable neutral: the head is nowhere still (slower than {settings.still_deg_s:g} deg/s) and near-frontal "
        f"for {settings.shortest_s:g} s. {way_out}"
    )
