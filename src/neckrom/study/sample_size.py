"""How many people a study needs, before it and again after the first twenty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from neckrom.study.agreement import Z95, repeated_limits
from neckrom.study.reliability import icc_2_1, mean_squares

MOST_PEOPLE = 5000
"""The search ends here; a plan has no more either."""
REESTIMATE_AFTER = 20
"""People after whom the spread is looked at again."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What a number of people gives.

    Attributes
    ----------
    people : int
    limits_deg : float
        Half-width of the 95 % interval of a limit of agreement, degrees.
    icc_low, icc_high : float
        Where 95 % of the intervals' ends lie in the middle: mean low and high end of simulated intervals.
    """

    people: int
    limits_deg: float
    icc_low: float
    icc_high: float


@dataclass(frozen=True, slots=True)
class Reestimate:
    """Number of people by the spread that the first ones showed.

    Attributes
    ----------
    people : int
        That were looked at.
    sd_deg, sd_high_deg : float
        Spread of the differences, and the one-sided upper 80 % limit of it (Browne 1995).
    needed, needed_high : int
        For the wanted half-width, by each of them.
    """

    people: int
    sd_deg: float
    sd_high_deg: float
    needed: int
    needed_high: int


def limits_half_width(sd_deg: float, people: int) -> float:
    """Half-width of the 95 % interval of a limit of agreement: t times sqrt(3 s^2 / n) (Bland and Altman 1986).

    Parameters
    ----------
    sd_deg : float
        Spread of the differences, degrees.
    people : int
        2 at least, one difference each.

    Returns
    -------
    float
        Degrees.
    """
    return float(stats.t.ppf(0.975, people - 1)) * math.sqrt(3.0 * sd_deg**2 / people)


def people_for_limits(sd_deg: float, half_width_deg: float) -> int:
    """Fewest people for a half-width; at most :data:`MOST_PEOPLE`.

    Parameters
    ----------
    sd_deg : float
        Spread of the differences, degrees.
    half_width_deg : float
        Of the 95 % interval of a limit of agreement, degrees; above 0.

    Returns
    -------
    int
        3 at least. At :data:`MOST_PEOPLE` the half-width may not be reached.
    """
    people = max(3, int(3.0 * (Z95 * sd_deg / half_width_deg) ** 2))
    while people < MOST_PEOPLE and limits_half_width(sd_deg, people) > half_width_deg:
        people += 1
    return min(people, MOST_PEOPLE)


def icc_interval(
    icc: float, people: int, sessions: int = 2, *, repeats: int = 400, seed: int = 1
) -> tuple[float, float]:
    """Mean ends of the 95 % interval of ICC(2,1), from simulated studies.

    Parameters
    ----------
    icc : float
        True one, below 1.
    people, sessions : int
        Of each study.
    repeats : int
        How many studies are drawn.
    seed : int
        The same seed gives the same figures.

    Returns
    -------
    low, high : float

    Notes
    -----
    Studies are drawn without a shift between sessions.
    """
    random = np.random.default_rng(seed)
    ends = np.empty((repeats, 2))
    for row in range(repeats):
        person = random.normal(0.0, math.sqrt(icc), (people, 1))
        found = icc_2_1(mean_squares(person + random.normal(0.0, math.sqrt(1.0 - icc), (people, sessions))))
        ends[row] = found.low, found.high
    low, high = np.nanmean(ends, axis=0)
    return float(low), float(high)


def precision(sd_deg: float, icc: float, people: int) -> Precision:
    """What a number of people gives, for a spread and an ICC that are expected.

    Parameters
    ----------
    sd_deg : float
        Spread of the differences, degrees.
    icc : float
        0 to below 1.
    people : int

    Returns
    -------
    Precision
        Of two sessions.
    """
    low, high = icc_interval(icc, people)
    return Precision(people, limits_half_width(sd_deg, people), low, high)


def reestimate(
    difference: list[float], person: list[str], session: list[str], half_width_deg: float
) -> Reestimate | None:
    """Number of people by the spread so far; nothing about the bias is told, so nobody is unblinded.

    Parameters
    ----------
    difference, person, session : list
        As for :func:`neckrom.study.agreement.repeated_limits`.
    half_width_deg : float
        Wanted, of the 95 % interval of a limit of agreement.

    Returns
    -------
    Reestimate or None
        None with fewer than three people.
    """
    found = repeated_limits(difference, person, session)
    if not found.sd.known:
        return None
    freedom = found.people - 1
    high = found.sd.value * math.sqrt(freedom / float(stats.chi2.ppf(0.2, freedom)))
    return Reestimate(
        found.people,
        found.sd.value,
        high,
        people_for_limits(found.sd.value, half_width_deg),
        people_for_limits(high, half_width_deg),
    )
