"""Left against right."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neckrom.running.symmetry import asymmetry

steps = st.lists(st.floats(0.25, 0.45), min_size=8, max_size=30)


@given(steps)
def test_exchanging_the_feet_turns_the_sign(values):
    feet = ["left" if k % 2 else "right" for k in range(len(values))]
    other = ["right" if foot == "left" else "left" for foot in feet]
    np.testing.assert_allclose(asymmetry(values, feet).value, -asymmetry(values, other).value, atol=1e-9)


@given(steps, st.floats(0.5, 2.0))
def test_a_slower_runner_is_as_even(values, slower):
    feet = ["left" if k % 2 else "right" for k in range(len(values))]
    slow = [value * slower for value in values]
    np.testing.assert_allclose(asymmetry(slow, feet).value, asymmetry(values, feet).value, atol=1e-9)


def test_a_known_difference_is_found():
    values = [0.34, 0.36] * 10
    found = asymmetry(values, ["left", "right"] * 10)
    np.testing.assert_allclose(found.value, -100 * 0.02 / 0.35)
    np.testing.assert_allclose(found.sd, 0.0, atol=1e-9)


def test_too_few_steps_say_nothing():
    assert np.isnan(asymmetry([0.34, 0.35, 0.34], ["left", "right", "left"]).value)
