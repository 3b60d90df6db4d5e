"""Shares with their 95 % intervals: coverage, sensitivity, specificity, failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, norm

from neckrom.types import FloatArray

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole.

    Attributes
    ----------
    hits, of : int
    share, low, high : float
        0 to 1; NaN where there is nothing to count.
    """

    hits: int
    of: int
    share: float
    low: float
    high: float


def exact_share(hits: int, of: int) -> Share:
    """Share of independent trials, with the exact interval of Clopper and Pearson."""
    if of == 0:
        return Share(0, 0, _NAN, _NAN, _NAN)
    ends = binomtest(hits, of).proportion_ci(0.95, method="exact")
    return Share(hits, of, hits / of, float(ends.low), float(ends.high))


def clustered_share(hit: Sequence[bool], person: Sequence[str]) -> Share:
    """Share of trials of which each person gave several, with Wilson's interval for as many as they are worth.

    Trials of one person are alike, so they count for fewer: their number is divided by the design effect, the
    variance of the share between people over the binomial one (never below 1). Where nothing or
    everything hits, which says nothing of that, people count.
    """
    n = len(hit)
    if n == 0:
        return Share(0, 0, _NAN, _NAN, _NAN)
    _, index = np.unique(np.asarray(person, dtype=str), return_inverse=True)
    hits: FloatArray = np.asarray(np.bincount(index, weights=np.asarray(hit, dtype=np.float64)))
    sizes: FloatArray = np.asarray(np.bincount(index), dtype=np.float64)
    people, total = len(sizes), int(hits.sum())
    share = total / n
    if people < 2 or total in (0, n):
        worth = float(people)
    else:
        between = people / (people - 1) * float(((hits - share * sizes) ** 2).sum()) / n**2
        worth = n / max(between / (share * (1 - share) / n), 1.0)
    low, high = _wilson(share, worth)
    return Share(total, n, share, low, high)


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Score interval for a number of trials that need not be whole."""
    z = float(norm.ppf(0.975))
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
