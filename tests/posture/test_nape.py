"""A mark at the nape: where it may be, and how it comes to the neck's edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.errors import OptionValueError
from neckrom.landmarks.outline import person_outline
from neckrom.posture.nape import REACH_TRUNKS, NapePlace, brought_to_edge
from tests.posture.standing import C7, PLACE, neck


def test_the_outline_follows_the_face_and_the_hair_before_the_nape_and_is_none_of_a_wall():
    outline = person_outline(neck())
    assert outline is not None
    nose = np.array([86.0, 165.0])
    assert np.linalg.norm(outline - nose, axis=1).min() < 8
    # a pony tail hangs before the nape: its edge is not the neck's, and too far away to be taken for it
    left, top, edge = PLACE.close_picture
    assert brought_to_edge(np.array(C7), np.array([left, top]) + outline * edge / 640, PLACE) is None
    assert person_outline(np.full((640, 640, 3), 128, dtype=np.uint8)) is None


@given(
    st.tuples(st.floats(-0.25, 0.6), st.floats(0.75, 1.5)),
    st.floats(40, 400),
    st.sampled_from([-1, 1]),
    st.tuples(st.floats(0, 0.1), st.floats(0, 2 * np.pi)),
)
def test_a_mark_moves_no_further_than_its_reach_and_never_off_the_nape(at, trunk, facing, edge):
    (behind, above), (far, way) = at, edge
    place = NapePlace(
        np.array([500.0, 300 - 0.5 * trunk]), np.array([500.0, 300]), np.array([500.0, 300 + trunk]), facing
    )
    c7 = np.array([500 - behind * facing * trunk, 300 + trunk - above * trunk])
    outline = c7 + far * trunk * np.array([[np.cos(way), np.sin(way)]])
    moved = brought_to_edge(c7, outline, place)
    if moved is None:
        assert far > REACH_TRUNKS - 1e-9 or not place.holds(outline[0])
    else:
        assert np.linalg.norm(moved - c7) <= REACH_TRUNKS * trunk + 1e-9
        assert place.holds(moved)


def test_a_mark_at_the_face_is_refused_with_where_to_look():
    with pytest.raises(OptionValueError, match=r"--c7.*near x 67"):
        PLACE.refuse_far(np.array([600.0, 130.0]))
    PLACE.refuse_far(PLACE.guess)
    PLACE.refuse_far(np.array(C7))
