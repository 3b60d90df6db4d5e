"""Stretches of frames in which something is so."""

from __future__ import annotations

import numpy as np

from neckrom.types import BoolArray


def stretches(flags: BoolArray) -> list[tuple[int, int]]:
    """First and last index of every stretch that is true.

    Parameters
    ----------
    flags : ndarray of bool, shape (N,)

    Returns
    -------
    list of (int, int)
        Both ends belong to the stretch.
    """
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(np.int8), 0]))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
