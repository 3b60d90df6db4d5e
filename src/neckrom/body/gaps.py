"""Points that jump for a frame or two, and short gaps."""

from __future__ import annotations

import numpy as np

from neckrom.types import BoolArray, FloatArray

LONGEST_GAP_S = 0.12
"""Longer gaps stay gaps: a foot goes from swing to stance in less than twice this."""


def outliers(points: FloatArray, scale_px: float, share: float = 0.12) -> BoolArray:
    """Frames in which a point leaves its path and comes back at once.

    A point is an outlier where it lies further than ``share`` of ``scale_px`` from the straight line between its
    neighbours of both sides, one and two frames away, while these agree with each other.

    Parameters
    ----------
    points : ndarray, shape (N, K, 2), pixels
        NaN where not seen.
    scale_px : float
        Length of the trunk in the picture.
    share : float

    Returns
    -------
    ndarray, shape (N, K), bool
    """
    found = np.zeros(points.shape[:2], dtype=bool)
    if len(points) < 5:
        return found
    before, after = points[1:-3], points[3:-1]
    middle = 0.5 * (before + after)
    wide = 0.5 * (points[:-4] + points[4:])
    off = np.linalg.norm(points[2:-2] - middle, axis=2)
    across = np.linalg.norm(after - before, axis=2)
    bend = np.linalg.norm(middle - wide, axis=2)
    # a real turn of the path bends the neighbours, too; a single wrong frame does not
    found[2:-2] = (off > share * scale_px) & (off > 1.5 * across) & (off > 2.5 * bend)
    return found


def bridged(time_s: FloatArray, points: FloatArray, longest_s: float = LONGEST_GAP_S) -> FloatArray:
    """Straight lines over gaps up to ``longest_s``; longer ones stay NaN.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    points : ndarray, shape (N, K, D)
    longest_s : float

    Returns
    -------
    ndarray, shape (N, K, D)
    """
    out = points.copy()
    for k in range(points.shape[1]):
        known = np.isfinite(points[:, k]).all(axis=1)
        at = np.flatnonzero(known)
        if known.all() or len(at) < 2:
            continue
        missing = np.flatnonzero(~known)
        missing = missing[(missing > at[0]) & (missing < at[-1])]
        after = at[np.searchsorted(at, missing)]
        before = at[np.searchsorted(at, missing) - 1]
        near = time_s[after] - time_s[before] <= longest_s
        for d in range(points.shape[2]):
            out[missing[near], k, d] = np.interp(time_s[missing[near]], time_s[at], points[at, k, d])
    return out
