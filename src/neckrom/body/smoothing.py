"""Angles over time without spikes."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from neckrom.types import FloatArray

MEDIAN_S = 0.3
"""A spike shorter than half of this leaves no trace; a movement at a steady speed is not changed."""
MEAN_S = 0.2


def smoothed(time_s: FloatArray, angle_deg: FloatArray) -> FloatArray:
    """Running median, then running mean; a frame that was not measured stays so.

    Parameters
    ----------
    time_s, angle_deg : ndarray, shape (N,)

    Returns
    -------
    ndarray, shape (N,)
    """
    if len(time_s) < 3:
        return angle_deg
    step = float(np.median(np.diff(time_s)))
    kept = _running(angle_deg, MEDIAN_S, step, np.median)
    kept = _running(kept, MEAN_S, step, np.mean)
    return np.where(np.isfinite(angle_deg), kept, np.nan)


def _running(values: FloatArray, width_s: float, step_s: float, take: object) -> FloatArray:
    """A running median or mean over an odd number of frames, of those that were measured.

    Beside a gap only as many frames are taken from one side as there are on the other: of frames of one side alone the
    middle lags behind a movement, by 10 degrees at the speed of a knee that is straightened. At both ends of the
    series they are taken as they are: what is read live, at the end, has to be free of spikes first of all.
    """
    half = round(0.5 * width_s / step_s)
    if half == 0:
        return values
    padded = np.pad(values, half, constant_values=np.nan)
    windows = sliding_window_view(padded, 2 * half + 1)
    beyond = sliding_window_view(
        np.pad(np.zeros(len(values), dtype=bool), half, constant_values=True), 2 * half + 1
    )
    both = np.isfinite(windows) & (np.isfinite(windows) | beyond)[:, ::-1]
    windows = np.where(both, windows, np.nan)
    few = ~both.any(axis=1)
    windows = np.where(few[:, None], 0.0, windows)
    answer = np.nanmedian(windows, axis=1) if take is np.median else np.nanmean(windows, axis=1)
    return np.where(few, np.nan, answer)
