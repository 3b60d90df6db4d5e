"""Figures of agreement between measured values and truth.

Pure functions on arrays. An error is measured minus truth, in degrees. Too few
values for a figure give NaN, never a number that looks like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from neckrom.types import FloatArray

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Limits of agreement (Bland and Altman 1986).

    Attributes
    ----------
    bias : float
        Mean error.
    sd : float
        Standard deviation of the errors (n - 1).
    low, high : float
        Bias -+ 1.96 standard deviations: where 95 % of the errors lie if they are normal.
    """

    bias: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often intervals held the truth.

    Attributes
    ----------
    n, hits : int
    share : float
    low, high : float
        Exact binomial (Clopper-Pearson) 95 % interval of the share. It takes the trials for
        independent; trials of one clip share camera and person, so the real one is wider.
    """

    n: int
    hits: int
    share: float
    low: float
    high: float


def bias(errors: ArrayLike) -> float:
    """Mean error; NaN without values.

    Parameters
    ----------
    errors : array_like
        Of any shape, measured minus truth, degrees; NaN is left out.

    Returns
    -------
    float
        Degrees, + = measured too large.
    """
    values = _finite(errors)
    return float(values.mean()) if len(values) else _NAN


def mean_absolute_error(errors: ArrayLike) -> float:
    """Mean of the errors' sizes; NaN without values.

    Parameters
    ----------
    errors : array_like
        Of any shape, measured minus truth, degrees; NaN is left out.

    Returns
    -------
    float
        Degrees.
    """
    values = _finite(errors)
    return float(np.abs(values).mean()) if len(values) else _NAN


def percentile_absolute_error(errors: ArrayLike, percent: float = 95.0) -> float:
    """Percentile of the errors' sizes, interpolated linearly; NaN without values.

    Parameters
    ----------
    errors : array_like
        Of any shape, measured minus truth, degrees; NaN is left out.
    percent : float
        0 to 100.

    Returns
    -------
    float
        Degrees.
    """
    values = _finite(errors)
    return float(np.percentile(np.abs(values), percent)) if len(values) else _NAN


def worst_error(errors: ArrayLike) -> float:
    """The error that is largest in size, with its sign; NaN without values.

    Parameters
    ----------
    errors : array_like
        Of any shape, measured minus truth, degrees; NaN is left out.

    Returns
    -------
    float
        Degrees, + = measured too large.
    """
    values = _finite(errors)
    return float(values[np.argmax(np.abs(values))]) if len(values) else _NAN


def standard_deviation(errors: ArrayLike) -> float:
    """Standard deviation (n - 1); NaN with fewer than two values.

    Parameters
    ----------
    errors : array_like
        Of any shape, degrees; NaN is left out.

    Returns
    -------
    float
        Degrees.
    """
    values = _finite(errors)
    return float(values.std(ddof=1)) if len(values) > 1 else _NAN


def bland_altman(errors: ArrayLike) -> Agreement:
    """Bias and 95 % limits of agreement; NaN with fewer than two values.

    Parameters
    ----------
    errors : array_like
        Of any shape, measured minus truth, degrees; NaN is left out.

    Returns
    -------
    Agreement
        Degrees. With one value the bias is known and the rest NaN.

    Notes
    -----
    Bland and Altman (Lancet 1986; 327: 307-310). The limits hold for errors that are normal and independent;
    repetitions of one clip are not independent.
    """
    middle, spread = bias(errors), standard_deviation(errors)
    return Agreement(middle, spread, middle - 1.96 * spread, middle + 1.96 * spread)


def icc_2_1(ratings: ArrayLike) -> float:
    """Intraclass correlation ICC(2,1): two-way random effects, absolute agreement, single measurement.

    Parameters
    ----------
    ratings : array_like, shape (n subjects, k raters)
        No NaN. For agreement with truth: two columns, truth and measured.

    Returns
    -------
    float
        NaN with fewer than two subjects or raters, or where nothing varies.

    References
    ----------
    Shrout and Fleiss, Psychological Bulletin 86 (1979) 420-428.
    """
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2:
        return _NAN
    n, k = table.shape
    grand = table.mean()
    rows = k * ((table.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    columns = n * ((table.mean(axis=0) - grand) ** 2).sum() / (k - 1)
    rest = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0, keepdims=True) + grand
    residual = (rest**2).sum() / ((n - 1) * (k - 1))
    total = rows + (k - 1) * residual + k * (columns - residual) / n
    return float((rows - residual) / total) if total > 0 else _NAN


def standard_error_of_measurement(errors: ArrayLike) -> float:
    """Standard error of measurement against truth: the standard deviation of the errors.

    The truth carries no error, so the whole spread is the measurement's. Formulas for two
    fallible instruments would divide it by the square root of two; this is the larger figure.

    Parameters
    ----------
    errors : array_like
        Of any shape, measured minus truth, degrees; NaN is left out.

    Returns
    -------
    float
        Degrees; NaN with fewer than two values.
    """
    return standard_deviation(errors)


def within_group_sd(groups: Sequence[ArrayLike]) -> float:
    """Standard error of measurement from test and retest.

    Parameters
    ----------
    groups : sequence of array_like
        Repeated measurements of the same thing, one array a thing; those of one value do not count.

    Returns
    -------
    float
        Square root of the pooled variance within groups; NaN where nothing was repeated.
    """
    values = [_finite(group) for group in groups]
    values = [group for group in values if len(group) > 1]
    freedom = sum(len(group) - 1 for group in values)
    if freedom == 0:
        return _NAN
    return float(np.sqrt(sum(((group - group.mean()) ** 2).sum() for group in values) / freedom))


def minimal_detectable_change(sem: float) -> float:
    """Smallest change between two measurements that is not measurement error, at 95 %: 1.96 sqrt(2) SEM.

    Parameters
    ----------
    sem : float
        Standard error of measurement, degrees.

    Returns
    -------
    float
        Degrees.

    Notes
    -----
    Both measurements carry the error, hence the root of two (Weir, J Strength Cond Res 2005; 19: 231-240).
    """
    return float(1.96 * np.sqrt(2.0) * sem)


def binomial_coverage(hits: int, n: int) -> Coverage:
    """Share of hits with its exact 95 % interval; NaN without values.

    Parameters
    ----------
    hits, n : int
        How many held the truth, and of how many.

    Returns
    -------
    Coverage
        Shares, 0 to 1.

    Notes
    -----
    Clopper and Pearson (Biometrika 1934; 26: 404-413).
    """
    if n == 0:
        return Coverage(0, 0, _NAN, _NAN, _NAN)
    limits = binomtest(hits, n).proportion_ci(0.95, method="exact")
    return Coverage(n, hits, hits / n, float(limits.low), float(limits.high))


def interval_coverage(truth: ArrayLike, low: ArrayLike, high: ArrayLike) -> Coverage:
    """How often [low, high] held the truth.

    Parameters
    ----------
    truth, low, high : array_like, shape (n,)
        NaN in ``low``: no interval was given, the trial does not count. NaN in ``high``: open
        upwards (a lower bound).

    Returns
    -------
    Coverage
        Shares, 0 to 1. Ends belong to the interval.
    """
    values, lows, highs = (np.asarray(item, dtype=np.float64) for item in (truth, low, high))
    given = np.isfinite(values) & np.isfinite(lows)
    inside = (values >= lows) & ((values <= highs) | np.isnan(highs)) & given
    return binomial_coverage(int(inside.sum()), int(given.sum()))


def median_half_width(low: ArrayLike, high: ArrayLike) -> float:
    """Median half-width of the intervals that are closed on both sides; NaN without any.

    Parameters
    ----------
    low, high : array_like, shape (n,), degrees
        NaN where there is no interval, or it is open.

    Returns
    -------
    float
        Degrees.
    """
    width = _finite(np.asarray(high, dtype=np.float64) - np.asarray(low, dtype=np.float64))
    return float(np.median(width) / 2.0) if len(width) else _NAN


def _finite(values: ArrayLike) -> FloatArray:
    flat = np.asarray(values, dtype=np.float64).ravel()
    return np.asarray(flat[np.isfinite(flat)])
