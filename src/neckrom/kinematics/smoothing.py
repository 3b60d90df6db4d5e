"""Smoothing over time, and straight lines over short gaps."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from neckrom.types import BoolArray, FloatArray

KERNEL_SD_S = 0.06
"""Standard deviation of the smoothing kernel: a cut-off near 2.7 Hz, above guided head movement."""
GAP_S = 0.25
"""A longer gap in the measurement is never smoothed across."""


def segments(known: BoolArray, time_s: FloatArray, gap_s: float = GAP_S) -> list[slice]:
    """Stretches of frames between which nothing is missing for longer than ``gap_s``.

    Parameters
    ----------
    known : ndarray, shape (N,), bool
    time_s : ndarray, shape (N,)
    gap_s : float
        Seconds.

    Returns
    -------
    list of slice over the N frames; each starts and ends with a known frame.
    """
    index = np.flatnonzero(known)
    if len(index) == 0:
        return []
    breaks = np.flatnonzero(np.diff(time_s[index]) > gap_s)
    starts = index[np.r_[0, breaks + 1]]
    ends = index[np.r_[breaks, len(index) - 1]]
    return [slice(int(a), int(b) + 1) for a, b in zip(starts, ends, strict=True)]


def bridged(time_s: FloatArray, values: FloatArray, longest_s: float) -> FloatArray:
    """Straight lines over gaps up to ``longest_s``; longer ones, and what lies outside the known frames, stay NaN.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    values : ndarray, shape (N, ...)
        A frame is a gap where any of its values is NaN.
    longest_s : float
        Seconds between the known frames on both sides of a gap.

    Returns
    -------
    ndarray, shape (N, ...)
        The same object where no frame is missing, or fewer than two are known.
    """
    flat = values.reshape(len(values), -1)
    known = np.isfinite(flat).all(axis=1)
    if known.all() or known.sum() < 2:
        return values
    at = np.flatnonzero(known)
    after = np.clip(np.searchsorted(at, np.arange(len(flat))), 1, len(at) - 1)
    left, right = at[after - 1], at[after]
    width = time_s[right] - time_s[left]
    share = (time_s - time_s[left]) / width
    inside = ~known & (share > 0) & (share < 1) & (width <= longest_s)
    out = flat.copy()
    out[inside] = flat[left[inside]] + share[inside, None] * (flat[right[inside]] - flat[left[inside]])
    return out.reshape(values.shape)


def smooth_series(time_s: FloatArray, values: FloatArray, kernel_sd_s: float = KERNEL_SD_S) -> FloatArray:
    """Zero-phase local linear fit with a Gaussian kernel in time, after a median of five.

    Works on real timestamps (variable frame rate) and never across long gaps; frames without a
    value stay without one.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    values : ndarray, shape (N, K); NaN rows are not measured.
    kernel_sd_s : float
        Standard deviation of the kernel, seconds.

    Returns
    -------
    ndarray, shape (N, K)
    """
    smooth = np.full_like(values, np.nan)
    known = np.isfinite(values).all(axis=1)
    for stretch in segments(known, time_s):
        index = np.arange(stretch.start, stretch.stop)[known[stretch]]
        smooth[index] = _local_linear(time_s[index], _despiked(values[index]), kernel_sd_s)
    return smooth


def _despiked(values: FloatArray) -> FloatArray:
    if len(values) < 5:
        return values
    return np.asarray(median_filter(values, size=(5, 1), mode="nearest"))


def _local_linear(time_s: FloatArray, values: FloatArray, kernel_sd_s: float) -> FloatArray:
    out = np.empty_like(values)
    # beyond three standard deviations the kernel weighs next to nothing
    first = np.searchsorted(time_s, time_s - 3 * kernel_sd_s)
    last = np.searchsorted(time_s, time_s + 3 * kernel_sd_s, side="right")
    for i in range(len(time_s)):
        dt = time_s[first[i] : last[i]] - time_s[i]
        weight = np.exp(-0.5 * (dt / kernel_sd_s) ** 2)
        s0, s1, s2 = weight.sum(), (weight * dt).sum(), (weight * dt * dt).sum()
        determinant = s0 * s2 - s1 * s1
        # one frame alone has no slope: it is then the mean
        if determinant > 1e-9 * s0 * s0 * kernel_sd_s**2:
            weight = weight * (s2 - s1 * dt) / determinant
        else:
            weight = weight / s0
        out[i] = weight @ values[first[i] : last[i]]
    return out
