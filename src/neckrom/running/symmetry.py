"""Left against right, with bootstrap errors over steps."""

from __future__ import annotations

import numpy as np

from neckrom.body import Side
from neckrom.running.measurement import NOTHING, Estimate
from neckrom.types import FloatArray

RESAMPLINGS = 400
"""Draws of the bootstrap."""
FEWEST = 4
"""Steps of either foot that an asymmetry needs."""


def asymmetry(values: list[float], feet: list[Side]) -> Estimate:
    """100 (L - R) / mean, with the standard deviation of a bootstrap over steps (always the same draws).

    Parameters
    ----------
    values : list of float
        One for each step; NaN is left out.
    feet : list of {"left", "right"}

    Returns
    -------
    Estimate
        Percent, + = left is larger; not measured (NaN) with fewer than ``FEWEST`` steps of either foot.
    """
    numbers = np.array(values)
    left = numbers[[foot == "left" for foot in feet] & np.isfinite(numbers)]
    right = numbers[[foot == "right" for foot in feet] & np.isfinite(numbers)]
    if min(len(left), len(right)) < FEWEST:
        return NOTHING
    random = np.random.default_rng(0)
    lefts = random.choice(left, (RESAMPLINGS, len(left))).mean(axis=1)
    rights = random.choice(right, (RESAMPLINGS, len(right))).mean(axis=1)
    drawn = _percent(lefts, rights)
    return Estimate(float(_percent(left.mean(), right.mean())), float(np.std(drawn)))


def bootstrap_sd(values: FloatArray) -> float:
    """Standard deviation of the median over resampled steps.

    Parameters
    ----------
    values : ndarray, shape (K,)
        In any unit, without NaN.

    Returns
    -------
    float
        In the same unit, always of the same ``RESAMPLINGS`` draws.
    """
    random = np.random.default_rng(0)
    return float(np.std(np.median(random.choice(values, (RESAMPLINGS, len(values))), axis=1)))


def error_of_median(values: FloatArray) -> float:
    """Standard error of the median of values that may hold some that are far off; NaN is left out.

    Parameters
    ----------
    values : ndarray, shape (K,)
        In any unit.

    Returns
    -------
    float
        In the same unit; NaN where no value is known.

    Notes
    -----
    1.48 times the median distance from the median is the standard deviation of a normal distribution (1 / 0.6745); the
    median of such values has a standard error 1.25 times that of the mean (the root of half of pi).
    """
    known = values[np.isfinite(values)]
    spread = 1.48 * float(np.median(np.abs(known - np.median(known))))
    return 1.25 * spread / float(np.sqrt(len(known)))


def _percent(left: FloatArray | float, right: FloatArray | float) -> FloatArray:
    return np.asarray(100.0 * (np.asarray(left) - right) / (0.5 * (np.asarray(left) + right)))
