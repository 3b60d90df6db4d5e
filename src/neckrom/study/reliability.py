"""How alike two measurements of the same person are: intraclass correlation, standard error, detectable change.

ICC(2,1) is absolute agreement and ICC(3,1) consistency of single measurements (Shrout and Fleiss 1979);
their intervals are those of McGraw and Wong 1996 (Psychological Methods 1: 30-46, with the correction on
p. 390), there ICC(A,1) and ICC(C,1). The standard error of measurement is the standard deviation within
people (Bland and Altman 1996), so a shift between sessions counts as error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from neckrom.study.agreement import UNKNOWN, Z95, Estimate
from neckrom.types import FloatArray

_FEWEST = 3
"""People below whom nothing is estimated."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Of two or more sessions of the same people.

    Attributes
    ----------
    people, sessions : int
    icc_2_1, icc_3_1 : Estimate
    sem, mdc95 : Estimate
        Degrees.
    shift : float
        Mean of the last session minus mean of the first, degrees.
    """

    people: int
    sessions: int
    icc_2_1: Estimate
    icc_3_1: Estimate
    sem: Estimate
    mdc95: Estimate
    shift: float


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Of a two-way analysis of variance without replication.

    Attributes
    ----------
    n, k : int
        People and sessions (or raters).
    people, sessions, residual, within : float
    """

    n: int
    k: int
    people: float
    sessions: float
    residual: float
    within: float


def reliability_of(ratings: ArrayLike) -> Reliability:
    """ICC, standard error of measurement and minimal detectable change.

    Parameters
    ----------
    ratings : array_like, shape (n people, k sessions)
        No NaN. Degrees.

    Returns
    -------
    Reliability
        Unknown with fewer than three people or two sessions.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] < _FEWEST or table.shape[1] < 2:
        n, k = table.shape if table.ndim == 2 else (0, 0)
        return Reliability(n, k, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, float("nan"))
    squares = mean_squares(table)
    sem = _sem(squares)
    return Reliability(
        people=squares.n,
        sessions=squares.k,
        icc_2_1=icc_2_1(squares),
        icc_3_1=icc_3_1(squares),
        sem=sem,
        mdc95=Estimate(*(Z95 * math.sqrt(2.0) * value for value in (sem.value, sem.low, sem.high))),
        shift=float(table[:, -1].mean() - table[:, 0].mean()),
    )


def mean_squares(table: FloatArray) -> MeanSquares:
    """Two-way analysis of variance of a table, shape (n people, k sessions).

    Parameters
    ----------
    table : ndarray, shape (n people, k sessions)
        No NaN, degrees; n and k are 2 at least.

    Returns
    -------
    MeanSquares
        Square degrees.
    """
    n, k = table.shape
    grand, rows, columns = table.mean(), table.mean(axis=1), table.mean(axis=0)
    people = k * float(((rows - grand) ** 2).sum()) / (n - 1)
    sessions = n * float(((columns - grand) ** 2).sum()) / (k - 1)
    rest = table - rows[:, None] - columns[None, :] + grand
    residual = float((rest**2).sum()) / ((n - 1) * (k - 1))
    within = float(((table - rows[:, None]) ** 2).sum()) / (n * (k - 1))
    return MeanSquares(n, k, people, sessions, residual, within)


def icc_2_1(squares: MeanSquares, *, confidence: float = 0.95) -> Estimate:
    """Absolute agreement of single measurements, with McGraw and Wong's interval.

    Parameters
    ----------
    squares : MeanSquares
    confidence : float
        Of the interval, 0 to 1.

    Returns
    -------
    Estimate
        1 = the same; unknown where there is no residual, or nothing varies.
    """
    n, k = squares.n, squares.k
    rows, columns, rest = squares.people, squares.sessions, squares.residual
    total = rows + (k - 1) * rest + k * (columns - rest) / n
    if total <= 0 or rest <= 0:
        return UNKNOWN
    value = (rows - rest) / total
    if value >= 1.0:
        return UNKNOWN
    a = k * value / (n * (1.0 - value))
    b = 1.0 + k * value * (n - 1) / (n * (1.0 - value))
    parts = (a * columns) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1))
    freedom = (a * columns + b * rest) ** 2 / parts
    tail = 0.5 + confidence / 2
    down = float(stats.f.ppf(tail, n - 1, freedom))
    up = float(stats.f.ppf(tail, freedom, n - 1))
    both = k * columns + (k * n - k - n) * rest
    low = n * (rows - down * rest) / (down * both + n * rows)
    high = n * (up * rows - rest) / (both + n * up * rows)
    return Estimate(value, low, high)


def icc_3_1(squares: MeanSquares, *, confidence: float = 0.95) -> Estimate:
    """Consistency of single measurements, with its exact interval.

    Parameters
    ----------
    squares : MeanSquares
    confidence : float
        Of the interval, 0 to 1.

    Returns
    -------
    Estimate
        1 = the same but for a shift of all people between sessions; unknown where there is no residual.
    """
    n, k = squares.n, squares.k
    if squares.residual <= 0:
        return UNKNOWN
    ratio = squares.people / squares.residual
    tail, free = 0.5 + confidence / 2, (n - 1) * (k - 1)
    low = ratio / float(stats.f.ppf(tail, n - 1, free))
    high = ratio * float(stats.f.ppf(tail, free, n - 1))
    value, below, above = ((each - 1.0) / (each + k - 1.0) for each in (ratio, low, high))
    return Estimate(value, below, above)


def _sem(squares: MeanSquares) -> Estimate:
    """Standard deviation within people; its square is distributed as chi square."""
    freedom = squares.n * (squares.k - 1)
    low = freedom * squares.within / float(stats.chi2.ppf(0.975, freedom))
    high = freedom * squares.within / float(stats.chi2.ppf(0.025, freedom))
    return Estimate(*(math.sqrt(each) for each in (squares.within, low, high)))
