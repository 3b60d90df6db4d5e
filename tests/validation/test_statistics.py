from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.validation import statistics

ERRORS = np.array([-3.0, -1.0, 0.0, 1.0, 8.0])


def test_bias_and_absolute_errors():
    assert statistics.bias(ERRORS) == pytest.approx(1.0)
    assert statistics.mean_absolute_error(ERRORS) == pytest.approx(2.6)
    assert statistics.worst_error(-ERRORS) == pytest.approx(-8.0)
    assert statistics.percentile_absolute_error(ERRORS, 50.0) == pytest.approx(1.0)
    assert statistics.percentile_absolute_error(np.arange(101.0)) == pytest.approx(95.0)


def test_values_that_were_not_measured_do_not_count():
    assert statistics.bias([np.nan, 2.0, 4.0]) == pytest.approx(3.0)
    assert statistics.mean_absolute_error([np.nan, -2.0]) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "figure",
    [
        statistics.bias,
        statistics.mean_absolute_error,
        statistics.percentile_absolute_error,
        statistics.worst_error,
        statistics.standard_deviation,
        statistics.standard_error_of_measurement,
    ],
)
def test_no_values_give_no_figure(figure):
    assert np.isnan(figure([]))
    assert np.isnan(figure([np.nan]))


def test_limits_of_agreement():
    """Worked by hand: squares about the mean 16, 4, 1, 0, 49 sum to 70, 70 / 4 = 17.5."""
    limits = statistics.bland_altman(ERRORS)
    sd = np.sqrt(17.5)
    assert (limits.bias, limits.sd) == pytest.approx((1.0, sd))
    assert (limits.low, limits.high) == pytest.approx((1.0 - 1.96 * sd, 1.0 + 1.96 * sd))


SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
"""Table 2 of Shrout and Fleiss, Psychological Bulletin 86 (1979): ICC(2,1) = .29."""


def test_icc_of_the_published_example():
    assert statistics.icc_2_1(SHROUT_FLEISS) == pytest.approx(0.29, abs=0.005)


def test_icc_of_perfect_agreement_is_one_and_a_shift_lowers_it():
    truth = np.array([10.0, 20.0, 30.0, 40.0])
    assert statistics.icc_2_1(np.column_stack([truth, truth])) == pytest.approx(1.0)
    assert statistics.icc_2_1(np.column_stack([truth, truth + 10.0])) < 0.8


@pytest.mark.parametrize(
    "ratings",
    [
        pytest.param(np.empty((0, 2)), id="none"),
        pytest.param([[1.0, 2.0]], id="one-subject"),
        pytest.param([[1.0], [2.0]], id="one-rater"),
        pytest.param([[5.0, 5.0], [5.0, 5.0]], id="nothing-varies"),
    ],
)
def test_icc_needs_something_to_compare(ratings):
    assert np.isnan(statistics.icc_2_1(ratings))


def test_error_of_measurement_and_detectable_change():
    assert statistics.standard_error_of_measurement([-1.0, 1.0]) == pytest.approx(np.sqrt(2.0))
    assert statistics.minimal_detectable_change(1.5) == pytest.approx(4.158, abs=1e-3)


def test_spread_within_groups_is_pooled():
    """Squares within groups 2 and 8 and one degree of freedom each: sqrt(10 / 2)."""
    assert statistics.within_group_sd([[10.0, 12.0], [50.0, 54.0], [7.0]]) == pytest.approx(np.sqrt(5.0))
    assert np.isnan(statistics.within_group_sd([[1.0], [2.0]]))


def test_spread_within_groups_finds_the_true_one():
    rng = np.random.default_rng(1)
    groups = [rng.uniform(20, 80) + rng.normal(0, 1.5, 3) for _ in range(2000)]
    assert statistics.within_group_sd(groups) == pytest.approx(1.5, rel=0.03)


def test_binomial_interval_of_a_share():
    """95 of 100: Clopper-Pearson .887 to .984, as in published tables."""
    held = statistics.binomial_coverage(95, 100)
    assert (held.share, held.low, held.high) == pytest.approx((0.95, 0.8872, 0.9836), abs=1e-4)


def test_coverage_counts_only_trials_with_an_interval():
    held = statistics.interval_coverage(
        truth=[10.0, 20.0, 30.0, 40.0, 90.0],
        low=[8.0, 21.0, np.nan, 35.0, 95.0],
        high=[12.0, 25.0, np.nan, np.nan, np.nan],  # the last two are open upwards
    )
    assert (held.n, held.hits) == (4, 2)


def test_coverage_of_nothing_is_unknown():
    held = statistics.interval_coverage([1.0], [np.nan], [np.nan])
    assert held.n == 0
    assert np.isnan(held.share)


@given(st.lists(st.floats(-50, 50), min_size=50, max_size=80))
def test_intervals_that_always_hold_cover_everything(truth):
    held = statistics.interval_coverage(truth, np.array(truth) - 1.0, np.array(truth) + 1.0)
    assert held.share == pytest.approx(1.0)
    assert held.low > 0.92


def test_half_width_is_the_median_of_closed_intervals():
    assert statistics.median_half_width([0.0, 0.0, 0.0], [4.0, 10.0, np.nan]) == pytest.approx(3.5)
    assert np.isnan(statistics.median_half_width([0.0], [np.nan]))
