"""Angles of segments against known directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.body import bend_deg, between_deg, elevation_deg, lean_deg

FACING = pytest.mark.parametrize("facing", [1, -1])
angles = st.floats(-80, 80)


def along(facing: int, forward: float, up: float) -> np.ndarray:
    """A step in the picture: x right, y down."""
    return np.array([[facing * forward, -up]])


@FACING
@given(angle=angles, roll=st.floats(-10, 10))
def test_a_foot_that_points_up_has_a_positive_angle_from_both_sides(facing, angle, roll):
    turned = np.radians(angle)
    step = along(facing, np.cos(turned), np.sin(turned))
    np.testing.assert_allclose(elevation_deg(np.zeros((1, 2)), step, facing), [angle], atol=1e-9)
    # a picture turned clockwise lowers what points to the right
    r = np.radians(roll)
    rolled = step @ np.array([[np.cos(r), np.sin(r)], [-np.sin(r), np.cos(r)]])
    np.testing.assert_allclose(elevation_deg(np.zeros((1, 2)), rolled, facing, roll), [angle], atol=1e-9)


@FACING
@given(angle=angles, roll=st.floats(-10, 10))
def test_a_trunk_that_leans_forward_has_a_positive_angle(facing, angle, roll):
    turned = np.radians(angle)
    step = along(facing, np.sin(turned), np.cos(turned))
    r = np.radians(roll)
    rolled = step @ np.array([[np.cos(r), np.sin(r)], [-np.sin(r), np.cos(r)]])
    np.testing.assert_allclose(lean_deg(np.zeros((1, 2)), step, facing), [angle], atol=1e-9)
    np.testing.assert_allclose(lean_deg(np.zeros((1, 2)), rolled, facing, roll), [angle], atol=1e-9)


@given(angle=st.floats(0, 175))
def test_a_knee_is_bent_by_what_its_segments_turn(angle):
    turned = np.radians(angle)
    below = np.array([[-np.sin(turned), 1 + np.cos(turned)]])
    found = bend_deg(np.array([[0.0, -1.0]]), np.zeros((1, 2)), below - np.array([[0, 1.0]]))
    np.testing.assert_allclose(found, [angle], atol=1e-5)


@FACING
def test_from_upright_to_forward_is_positive(facing):
    upright, forward = along(facing, 0.0, 1.0), along(facing, 1.0, 1.0)
    np.testing.assert_allclose(between_deg(upright, forward, facing), [45.0])
