"""Lines of sight that meet an ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.kinematics.ellipsoid import Ellipsoid

EGG = Ellipsoid(half_axes=np.array([1.0, 2.0, 0.5]), centre=np.array([0.1, -0.3, 0.2]))
part = st.floats(-1.0, 1.0)


@settings(max_examples=100, deadline=None)
@given(st.tuples(part, part, part), st.tuples(part, part, part))
def test_a_line_through_a_point_inside_meets_the_surface_on_its_near_side(inside, away):
    direction = np.array(away)
    if np.linalg.norm(direction) < 0.1:
        return
    aim = EGG.centre + 0.5 * np.array(inside) * EGG.half_axes
    start = aim - 10.0 * direction / np.linalg.norm(direction)
    lines = EGG.lines(start[None], direction[None])
    (hit,) = EGG.surface(lines)
    assert np.linalg.norm((hit - EGG.centre) / EGG.half_axes) == pytest.approx(1.0, abs=1e-6)
    assert np.linalg.norm(hit - start) < np.linalg.norm(aim - start) + 1e-9
    assert lines.nearest_square()[0] <= 1.0
    np.testing.assert_allclose(np.cross(hit - start, direction), 0.0, atol=1e-6)


def test_a_line_that_misses_comes_nearest_where_it_passes():
    lines = EGG.lines(np.array([[5.0, 4.0, 0.2]]), np.array([[-2.0, 0.0, 0.0]]))
    np.testing.assert_allclose(EGG.surface(lines), [[0.1, 4.0, 0.2]])
    assert lines.nearest_square()[0] == pytest.approx((4.3 / 2.0) ** 2)


def test_the_outline_is_at_one():
    lines = EGG.lines(np.array([[5.0, 1.7, 0.2]]), np.array([[-1.0, 0.0, 0.0]]))
    assert lines.nearest_square()[0] == pytest.approx(1.0)
