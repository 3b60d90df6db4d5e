"""Shares with their 95 % intervals: coverage, sensitivity, specificity, failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, binomtest, t

from neckrom.types import FloatArray

_NAN = float("nan")
_ALIKE = 0.5
"""Correlation of trials within people that is assumed where the data do not tell: large for something rare."""


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
    """Share of independent trials, with the exact interval of Clopper and Pearson.

    Parameters
    ----------
    hits, of : int

    Returns
    -------
    Share
        0 to 1; NaN where ``of`` is 0.
    """
    if of == 0:
        return Share(0, 0, _NAN, _NAN, _NAN)
    ends = binomtest(hits, of).proportion_ci(0.95, method="exact")
    return Share(hits, of, hits / of, float(ends.low), float(ends.high))


def clustered_share(hit: Sequence[bool], person: Sequence[str]) -> Share:
    """Share of trials of which each person gave several, with an exact interval for as many as they are worth.

    Trials of one person are alike, so they count for fewer: their number is divided by the design effect, the
    variance of the share between people over the binomial one (never below 1), and corrected for the number of
    people (Korn and Graubard 1998, Survey Methodology 24: 193-201). Where nothing or everything hits, which says
    nothing of that, a correlation of a half within people is assumed.

    Parameters
    ----------
    hit : sequence of bool, length n
    person : sequence of str, length n
        Who gave each of them.

    Returns
    -------
    Share
        0 to 1; NaN without trials. All trials of a single person count as one.
    """
    n = len(hit)
    if n == 0:
        return Share(0, 0, _NAN, _NAN, _NAN)
    _, index = np.unique(np.asarray(person, dtype=str), return_inverse=True)
    hits: FloatArray = np.asarray(np.bincount(index, weights=np.asarray(hit, dtype=np.float64)))
    sizes: FloatArray = np.asarray(np.bincount(index), dtype=np.float64)
    people, total = len(sizes), int(hits.sum())
    share = total / n
    if people < 2:
        worth = float(people)
    elif total in (0, n):
        worth = n / (1.0 + (n / people - 1.0) * _ALIKE)
    else:
        between = people / (people - 1) * float(((hits - share * sizes) ** 2).sum()) / n**2
        worth = n / max(between / (share * (1 - share) / n), 1.0)
        worth *= float(t.ppf(0.975, n - 1) / t.ppf(0.975, people - 1)) ** 2
    low, high = _exact(share, worth)
    return Share(total, n, share, low, high)


def _exact(share: float, n: float) -> tuple[float, float]:
    """Clopper and Pearson's interval for a number of trials that need not be whole."""
    hits = share * n
    low = 0.0 if hits <= 0 else float(beta.ppf(0.025, hits, n - hits + 1))
    high = 1.0 if hits >= n else float(beta.ppf(0.975, hits + 1, n - hits))
    return low, high
