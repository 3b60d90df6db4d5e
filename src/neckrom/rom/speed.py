"""How fast and how smoothly a repetition went out to its end range.

Own definition, after what is usual for aimed movements (peak speed, mean speed, number of peaks of the speed);
there are no norms for it here, and none is implied. It is described in ``docs/conventions.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import savgol_filter

from neckrom.types import BoolArray, FloatArray, Speed


@dataclass(frozen=True, slots=True)
class SpeedSettings:
    """What counts as a way out that can be timed, and as a peak of its speed."""

    from_share: float = 0.1
    to_share: float = 0.9
    """The way out is what lies between these shares of the end range."""
    rate_hz: float = 50.0
    """The angle is laid on even steps of time before it is differentiated."""
    window: int = 11
    order: int = 2
    """Of the Savitzky-Golay filter that differentiates: a parabola over 0.2 s."""
    gap_s: float = 0.15
    """A longer gap on the way hides how it went."""
    slowest_frames_s: float = 0.08
    """With fewer frames a second a peak of the speed cannot be told."""
    prominence_share: float = 0.2
    """A peak of the speed stands out from the valleys beside it by this share of the largest speed."""


def speed_of_way_out(
    time_s: FloatArray, angle_deg: FloatArray, settings: SpeedSettings | None = None
) -> Speed | None:
    """Speed and smoothness of one way out.

    Parameters
    ----------
    time_s : ndarray, shape (N,), seconds
        From the rest before to the end range.
    angle_deg : ndarray, shape (N,), degrees
        Smoothed, positive in the direction of the movement; NaN is not measured.
    settings : SpeedSettings, optional

    Returns
    -------
    Speed or None
        None where the way out was not seen well enough: gaps, too few frames, no way to speak of.
    """
    chosen = settings or SpeedSettings()
    known = np.isfinite(angle_deg)
    if known.sum() < 5:
        return None
    time_s, angle_deg = time_s[known], angle_deg[known]
    rest, end = float(angle_deg[0]), float(angle_deg.max())
    low = rest + chosen.from_share * (end - rest)
    high = rest + chosen.to_share * (end - rest)
    last = int(np.argmax(angle_deg >= high))
    below = np.flatnonzero(angle_deg[: last + 1] <= low)
    if end - rest <= 0 or not len(below) or last - int(below[-1]) < 2:
        return None
    first = int(below[-1])
    steps = np.diff(time_s[first : last + 1])
    if steps.max() > chosen.gap_s or float(np.median(steps)) > chosen.slowest_frames_s:
        return None
    speed, inside = _speed(time_s, angle_deg, (float(time_s[first]), float(time_s[last])), chosen)
    peak = float(speed[inside].max())
    count = _peaks(speed[inside], chosen.prominence_share * peak)
    mean = float((angle_deg[last] - angle_deg[first]) / (time_s[last] - time_s[first]))
    return Speed(peak_deg_s=peak, mean_deg_s=mean, peaks=count)


def _peaks(speed: FloatArray, prominence: float) -> int:
    """How often the speed rose by ``prominence`` and came to a peak; where it begins and ends counts as low."""
    count, rising = 0, True
    turn = 0.0
    for value in (*speed, 0.0):
        if rising:
            turn = max(turn, value)
            if value <= turn - prominence:
                count, rising, turn = count + 1, False, value
        else:
            turn = min(turn, value)
            if value >= turn + prominence:
                rising, turn = True, value
    return count


def _speed(
    time_s: FloatArray, angle_deg: FloatArray, way_s: tuple[float, float], settings: SpeedSettings
) -> tuple[FloatArray, BoolArray]:
    """Speed on even steps of time, and which of them lie on the way out."""
    step_s = 1.0 / settings.rate_hz
    even_s = np.arange(time_s[0], time_s[-1] + 0.5 * step_s, step_s)
    even = np.interp(even_s, time_s, angle_deg)
    pad = settings.window  # held at both ends: the head rests there
    padded = np.pad(even, pad, mode="edge")
    speed = savgol_filter(padded, settings.window, settings.order, deriv=1, delta=step_s)[pad:-pad]
    inside: BoolArray = (even_s >= way_s[0] - 1e-9) & (even_s <= way_s[1] + 1e-9)
    return speed, inside
