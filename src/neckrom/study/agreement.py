"""Limits of agreement where every person was measured several times.

The model is nested: persons, sessions of a person, trials of a session. A difference is the camera's
value minus the reference's::

    difference = bias + person + session + trial

all three random. Limits of agreement hold 95 % of the differences of a new person at a single trial,
so their variance is the sum of the three (Bland and Altman 2007, method where the true value varies).
Unweighted means carry unequal numbers; intervals are put together from those of the parts (MOVER:
Zou 2013, Statistical Methods in Medical Research 22: 630-642). With one trial each they are the plain
limits of Bland and Altman 1986.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from neckrom.types import FloatArray

Z95 = 1.959963984540054
"""Standard deviations from the middle of a normal distribution to either end of its middle 95 %."""
_NAN = float("nan")
_FEWEST = 3
"""People below whom nothing is estimated."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; NaN where there is too little to tell."""

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether there is a figure with an interval."""
        return all(map(math.isfinite, (self.value, self.low, self.high)))


UNKNOWN = Estimate(_NAN, _NAN, _NAN)
"""Too little to tell."""


@dataclass(frozen=True, slots=True)
class RepeatedLimits:
    """Bias and limits of agreement, degrees.

    Attributes
    ----------
    people, sessions, trials : int
        That went in.
    bias : Estimate
        Mean difference, every person counting alike.
    sd : Estimate
        Of a single difference of a new person.
    lower, upper : Estimate
        Limits of agreement.
    sd_person, sd_session, sd_trial : float
        Where the spread comes from; 0 where the estimate of a variance is negative, NaN where nothing
        was repeated.
    """

    people: int
    sessions: int
    trials: int
    bias: Estimate
    sd: Estimate
    lower: Estimate
    upper: Estimate
    sd_person: float
    sd_session: float
    sd_trial: float


@dataclass(frozen=True, slots=True)
class Slope:
    """How the difference changes with the size of the angle, per degree."""

    slope: Estimate
    p: float


def repeated_limits(
    difference: ArrayLike, person: Sequence[str], session: Sequence[str], *, confidence: float = 0.95
) -> RepeatedLimits:
    """Bias and limits of agreement of repeated measurements.

    Parameters
    ----------
    difference : array_like, shape (n,)
        No NaN. Degrees.
    person, session : sequence of str, length n
        Whose, and in which of the person's sessions.
    confidence : float
        Of all intervals, 0 to 1.

    Returns
    -------
    RepeatedLimits
        All unknown with fewer than three people.

    Notes
    -----
    The limits themselves always hold 95 % of the differences.
    """
    values = np.asarray(difference, dtype=np.float64)
    grouped = _grouped(values, person, session)
    n = len(grouped)
    sessions = sum(len(own) for own in grouped)
    if n < _FEWEST:
        return RepeatedLimits(n, sessions, len(values), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, _NAN, _NAN, _NAN)
    parts = _parts(grouped)
    variance = _sum_of(parts.pooled, 1.0 - confidence)
    spread = Estimate(*(math.sqrt(max(each, 0.0)) for each in (variance.value, variance.low, variance.high)))
    standard_error = math.sqrt(parts.pooled[0].mean_square / n)
    reach = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * standard_error
    bias = Estimate(parts.bias, parts.bias - reach, parts.bias + reach)
    return RepeatedLimits(
        people=n,
        sessions=sessions,
        trials=len(values),
        bias=bias,
        sd=spread,
        lower=_limit(bias, spread, -Z95),
        upper=_limit(bias, spread, Z95),
        sd_person=parts.sd_person,
        sd_session=parts.sd_session,
        sd_trial=parts.sd_trial,
    )


def proportional_bias(difference: ArrayLike, size: ArrayLike, person: Sequence[str]) -> Slope:
    """Slope of the difference over the size of the angle, between people.

    Every person counts once, with the means of both: so the points are independent, and trials of one
    person do not pass for many.

    Parameters
    ----------
    difference, size : array_like, shape (n,)
        Size is the mean of camera and reference (Bland and Altman 1999), degrees.
    person : sequence of str, length n

    Returns
    -------
    Slope
        Degrees a degree, + = the camera reads more the larger the angle is; ``p`` of the hypothesis that it is 0.
        Unknown with fewer than three people, or where all have the same size.
    """
    differences, sizes = person_means(difference, person), person_means(size, person)
    if len(sizes) < _FEWEST or float(np.ptp(sizes)) <= 0:
        return Slope(UNKNOWN, _NAN)
    found = stats.linregress(sizes, differences)
    reach = float(stats.t.ppf(0.975, len(sizes) - 2)) * float(found.stderr)
    slope = float(found.slope)
    return Slope(Estimate(slope, slope - reach, slope + reach), float(found.pvalue))


def person_means(values: ArrayLike, person: Sequence[str]) -> FloatArray:
    """Mean of each person, in the order of their names.

    Parameters
    ----------
    values : array_like, shape (n,)
        No NaN. Any unit.
    person : sequence of str, length n

    Returns
    -------
    ndarray, shape (number of people,), in the unit of ``values``
    """
    _, index = np.unique(np.asarray(person, dtype=str), return_inverse=True)
    sums = np.bincount(index, weights=np.asarray(values, dtype=np.float64))
    return np.asarray(sums / np.bincount(index))


# ------------------------------------------------------------------------ parts


@dataclass(frozen=True, slots=True)
class _Part:
    """A mean square, how often it counts in the whole variance, and its degrees of freedom."""

    mean_square: float
    weight: float
    freedom: int


@dataclass(frozen=True, slots=True)
class _Parts:
    bias: float
    pooled: tuple[_Part, ...]
    sd_person: float
    sd_session: float
    sd_trial: float


_Grouped = list[list[FloatArray]]
"""By person, by session: the differences."""


def _grouped(values: FloatArray, person: Sequence[str], session: Sequence[str]) -> _Grouped:
    found: dict[str, dict[str, list[float]]] = {}
    for value, who, which in zip(values.tolist(), person, session, strict=True):
        found.setdefault(who, {}).setdefault(which, []).append(value)
    return [[np.asarray(own) for own in found[who].values()] for who in sorted(found)]


def _parts(grouped: _Grouped) -> _Parts:
    """Mean squares of unweighted means, and what each is worth in the sum of the three variances."""
    session_means = [np.array([trials.mean() for trials in own]) for own in grouped]
    means = np.array([own.mean() for own in session_means])
    n = len(grouped)
    of_people = float(means.var(ddof=1))
    free_sessions = sum(len(own) - 1 for own in grouped)
    free_trials = sum(len(trials) - 1 for own in grouped for trials in own)
    of_sessions = _pooled([own - own.mean() for own in session_means], free_sessions)
    of_trials = _pooled([trials - trials.mean() for own in grouped for trials in own], free_trials)

    # what is left of the variance of sessions and of trials in the mean of a person, and of trials in one of a session
    left_sessions = float(np.mean([1.0 / len(own) for own in grouped]))
    left_trials = float(
        np.mean([sum(1.0 / len(trials) for trials in own) / len(own) ** 2 for own in grouped])
    )
    shares = [
        ((len(own) - 1) / free_sessions, float(np.mean([1.0 / len(trials) for trials in own])))
        for own in grouped
        if len(own) > 1
    ]
    in_session = sum(share * left for share, left in shares) if free_sessions else 1.0
    pooled = [_Part(of_people, 1.0, n - 1)]
    if free_sessions:
        pooled.append(_Part(of_sessions, 1.0 - left_sessions, free_sessions))
    if free_trials:
        weight = 1.0 - left_trials - (1.0 - left_sessions) * in_session
        pooled.append(_Part(of_trials, weight, free_trials))
    trial = of_trials if free_trials else 0.0
    between = of_sessions - in_session * trial if free_sessions else 0.0
    person = of_people - left_sessions * max(between, 0.0) - left_trials * trial
    return _Parts(
        bias=float(means.mean()),
        pooled=tuple(pooled),
        sd_person=math.sqrt(max(person, 0.0)),
        sd_session=math.sqrt(max(between, 0.0)) if free_sessions else _NAN,
        sd_trial=math.sqrt(trial) if free_trials else _NAN,
    )


def _pooled(deviations: Sequence[FloatArray], freedom: int) -> float:
    if not freedom:
        return 0.0
    return float(sum((own**2).sum() for own in deviations) / freedom)


def _sum_of(parts: Sequence[_Part], alpha: float) -> Estimate:
    """Sum of weighted mean squares with its interval: each one's distance to its own limit, squared and added."""
    total, below, above = 0.0, 0.0, 0.0
    for part in parts:
        share = part.weight * part.mean_square
        low = part.freedom / float(stats.chi2.ppf(1.0 - alpha / 2, part.freedom))
        high = part.freedom / float(stats.chi2.ppf(alpha / 2, part.freedom))
        total += share
        below += (share * (1.0 - low)) ** 2
        above += (share * (high - 1.0)) ** 2
    return Estimate(total, total - math.sqrt(below), total + math.sqrt(above))


def _limit(bias: Estimate, spread: Estimate, factor: float) -> Estimate:
    """Bias plus so many standard deviations, its interval from those of both."""
    ends = sorted((factor * spread.low, factor * spread.high))
    middle, reach = bias.value + factor * spread.value, factor * spread.value
    return Estimate(
        middle,
        middle - math.hypot(bias.value - bias.low, reach - ends[0]),
        middle + math.hypot(bias.high - bias.value, ends[1] - reach),
    )
