"""Points are read from the bytes of the models' answers: the same as one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mediapipe.framework.formats import landmark_pb2

from neckrom.landmarks.mediapipe_engine import array_of, pixels_of

POINT = st.tuples(*[st.floats(-2, 2, width=32)] * 3)
LISTS = (landmark_pb2.NormalizedLandmarkList, landmark_pb2.LandmarkList)


def listed(kind, points, **more):
    found = kind()
    for x, y, z in points:
        found.landmark.add(x=x, y=y, z=z, **more)
    return found


def one_by_one(found) -> list[list[float]]:
    return [[point.x, point.y, point.z] for point in found.landmark]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("more", [{}, {"visibility": 0.25}, {"visibility": 0.5, "presence": 1.0}])
@given(points=st.lists(POINT, min_size=1, max_size=40))
def test_from_bytes_they_are_the_same(kind, more, points):
    found = listed(kind, points, **more)
    assert array_of(found).tolist() == one_by_one(found)


def test_points_of_different_make_are_read_one_by_one():
    found = listed(LISTS[0], [(0.1, 0.2, 0.3)] * 4)
    found.landmark.add(x=0.5, z=0.7)
    found.landmark.add(x=0.5, y=0.25, visibility=1.0)
    assert array_of(found).tolist() == one_by_one(found)
    other = landmark_pb2.NormalizedLandmarkList()
    for _ in range(3):
        other.landmark.add(x=0.5, y=0.25, visibility=1.0)
    assert array_of(other).tolist() == [[0.5, 0.25, 0.0]] * 3


def test_pixels_have_z_on_the_scale_of_x():
    picture = np.zeros((100, 200, 3), dtype=np.uint8)
    assert pixels_of(listed(LISTS[0], [(0.5, 0.5, 0.25)]), picture).tolist() == [[100.0, 50.0, 50.0]]
