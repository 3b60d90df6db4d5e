"""Statistics of a study against published examples, against known answers, and by their rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.study.agreement import proportional_bias, repeated_limits
from neckrom.study.proportions import clustered_share, exact_share
from neckrom.study.reliability import icc_2_1, icc_3_1, mean_squares, reliability_of
from neckrom.study.sample_size import (
    icc_interval,
    limits_half_width,
    people_for_limits,
    reestimate,
)
from neckrom.validation import statistics as of_validation

JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7.0]])
"""Six targets, four judges: table 2 of Shrout and Fleiss 1979."""

# Peak expiratory flow of 17 people, l/min, two meters twice: table 1 of Bland and Altman 1986.
WRIGHT = np.array(
    [[494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427],
     [490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421]], dtype=float
)  # fmt: skip
MINI = np.array(
    [[512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451],
     [525, 415, 508, 444, 500, 625, 460, 390, 642, 432, 420, 605, 227, 467, 268, 370, 443]], dtype=float
)  # fmt: skip
PEOPLE = [f"p{number:02d}" for number in range(17)]


def test_icc_of_shrout_and_fleiss():
    squares = mean_squares(JUDGES)
    agreement, consistency = icc_2_1(squares), icc_3_1(squares)
    assert agreement.value == pytest.approx(0.29, abs=0.005)
    assert consistency.value == pytest.approx(0.71, abs=0.005)
    assert (agreement.low, agreement.high) == pytest.approx((0.019, 0.761), abs=0.0006)
    assert (consistency.low, consistency.high) == pytest.approx((0.342, 0.946), abs=0.0006)
    assert agreement.value == pytest.approx(of_validation.icc_2_1(JUDGES))


def test_limits_of_bland_and_altman():
    found = repeated_limits(WRIGHT[0] - MINI[0], PEOPLE, ["1"] * 17)
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert (found.bias.low, found.bias.high) == pytest.approx((-22.0, 17.8), abs=0.1)
    assert found.sd.value == pytest.approx(38.8, abs=0.05)
    assert math.isnan(found.sd_session) and math.isnan(found.sd_trial)
    # the paper takes 2 standard deviations for 1.96, and a symmetrical interval of 34.6 about each limit
    assert found.lower.value == pytest.approx(-2.1 - 1.96 * 38.8, abs=0.1)
    assert found.upper.low == pytest.approx(73.9 - 34.6, abs=12)
    assert limits_half_width(38.8, 17) == pytest.approx(34.6, abs=0.2)


@pytest.mark.parametrize(("meter", "coefficient"), [(WRIGHT, 43.2), (MINI, 56.4)])
def test_repeatability_of_bland_and_altman(meter, coefficient):
    """Their coefficient of repeatability is twice the standard deviation of the differences of two."""
    sem = reliability_of(meter.T).sem.value
    assert 2 * math.sqrt(2) * sem == pytest.approx(coefficient, abs=0.15)


def test_repeated_limits_are_the_sum_of_the_variances():
    """Balanced: the three components of a nested analysis of variance."""
    random = np.random.default_rng(3)
    n, sessions, trials = 6, 2, 3
    cube = (
        random.normal(size=(n, 1, 1))
        + random.normal(size=(n, sessions, 1))
        + random.normal(size=(n, sessions, trials))
    )
    person = [f"p{i}" for i in range(n) for _ in range(sessions * trials)]
    session = [f"s{j}" for _ in range(n) for j in range(sessions) for _ in range(trials)]
    found = repeated_limits(cube.ravel(), person, session)
    of_trials = cube.var(axis=2, ddof=1).mean()
    of_sessions = cube.mean(axis=2).var(axis=1, ddof=1).mean() - of_trials / trials
    of_people = cube.mean(axis=(1, 2)).var(ddof=1) - of_sessions / sessions - of_trials / (sessions * trials)
    assert found.sd.value**2 == pytest.approx(of_people + of_sessions + of_trials)
    assert found.sd_trial**2 == pytest.approx(of_trials)
    assert found.sd_session == pytest.approx(math.sqrt(max(of_sessions, 0)))


def test_unequal_numbers_do_not_move_the_expected_spread():
    random = np.random.default_rng(5)
    total = []
    for _ in range(60):
        person, session, values = [], [], []
        for i in range(40):
            own = random.normal(0, 2)
            for j in range(random.integers(1, 4)):
                at = random.normal(0, 1.5)
                for _ in range(random.integers(1, 5)):
                    person.append(f"p{i}")
                    session.append(f"{j}")
                    values.append(own + at + random.normal(0, 1))
        total.append(repeated_limits(values, person, session).sd.value ** 2)
    assert np.mean(total) == pytest.approx(4 + 2.25 + 1, rel=0.05)


@settings(max_examples=40, deadline=None)
@given(st.floats(-50, 50), st.floats(0.1, 20), st.integers(0, 10_000))
def test_shift_and_scale_of_limits(shift, scale, seed):
    """Adding to every difference moves the bias and nothing else; another unit scales everything."""
    values = np.random.default_rng(seed).normal(size=24)
    person = [f"p{i // 4}" for i in range(24)]
    session = [f"{i // 2}" for i in range(24)]
    plain = repeated_limits(values, person, session)
    moved = repeated_limits(values * scale + shift, person, session)
    assert moved.bias.value == pytest.approx(plain.bias.value * scale + shift, abs=1e-6)
    assert moved.sd.value == pytest.approx(plain.sd.value * scale)
    assert moved.upper.high == pytest.approx(plain.upper.high * scale + shift, abs=1e-6)
    assert moved.lower.low <= moved.lower.value <= moved.lower.high <= moved.upper.high


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-30, 30))
def test_consistency_overlooks_a_shift_and_agreement_does_not(seed, shift):
    random = np.random.default_rng(seed)
    table = random.normal(0, 10, (12, 1)) + random.normal(0, 2, (12, 2))
    moved = table + np.array([0.0, shift])
    assert icc_3_1(mean_squares(moved)).value == pytest.approx(icc_3_1(mean_squares(table)).value)
    assert reliability_of(moved).shift == pytest.approx(reliability_of(table).shift + shift)
    if abs(shift) > 10:
        assert reliability_of(moved).sem.value > reliability_of(table).sem.value


def test_too_few_people_give_no_figure():
    assert not repeated_limits([1.0, 2.0], ["a", "b"], ["1", "1"]).bias.known
    assert not reliability_of([[1.0, 2.0], [2.0, 3.0]]).sem.known
    assert not proportional_bias([1.0, 2.0], [1.0, 2.0], ["a", "b"]).slope.known
    assert reestimate([1.0], ["a"], ["1"], 1.0) is None
    assert math.isnan(exact_share(0, 0).share) and math.isnan(clustered_share([], []).share)


def test_proportional_bias_counts_every_person_once():
    sizes = np.array([30.0, 50.0, 70.0, 90.0])
    found = proportional_bias(
        np.repeat(0.1 * sizes + 1, 5), np.repeat(sizes, 5), list(np.repeat(list("abcd"), 5))
    )
    assert found.slope.value == pytest.approx(0.1)


def test_shares():
    """Eight of ten: exact 0.444 to 0.975 (tables of the binomial distribution)."""
    found = exact_share(8, 10)
    assert (found.low, found.high) == pytest.approx((0.444, 0.975), abs=0.001)
    alike = clustered_share([True] * 50 + [False] * 50, ["a"] * 25 + ["b"] * 25 + ["c"] * 25 + ["d"] * 25)
    apart = clustered_share([True, False] * 50, [f"p{i}" for i in range(100)])
    assert alike.high - alike.low > 2 * (apart.high - apart.low)
    everything = clustered_share([True] * 40, [f"p{i // 4}" for i in range(40)])
    assert (everything.low, everything.high) == pytest.approx((0.7941, 1.0), abs=1e-4)  # sixteen of sixteen


def test_sample_size():
    assert people_for_limits(5.0, 1.7) == pytest.approx(100, abs=6)
    assert limits_half_width(5.0, people_for_limits(5.0, 1.7)) <= 1.7
    low, high = icc_interval(0.9, 100, repeats=100)
    assert 0.84 < low < 0.88 and 0.92 < high < 0.94
    spread = np.linspace(-1, 1, 20)
    seen = list(6.0 * spread / spread.std(ddof=1))
    found = reestimate(seen, [f"p{i}" for i in range(20)], ["1"] * 20, half_width_deg=1.7)
    assert found is not None
    assert found.sd_deg == pytest.approx(6.0) and found.sd_high_deg > 6.5
    assert found.needed == people_for_limits(6.0, 1.7) and found.needed_high > found.needed > 130
