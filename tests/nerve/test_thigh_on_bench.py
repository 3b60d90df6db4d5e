"""The thigh on the bench: what the knee of a slump is corrected by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neckrom.body import read_body
from neckrom.nerve.angles import measure_angles
from neckrom.nerve.corrections import knee_features, rest_of
from neckrom.nerve.raw_angles import raw_angles
from tests.nerve.figure import Leg, figure, ramp, slump, times


def lifted(by_deg: float):
    """A slump in which the thigh comes up by so much with the knee."""
    t = times(8)
    one = np.ones_like(t)
    moving = Leg(ramp(t, (3, 84), (4.5, 84 + by_deg)), ramp(t, (3, 90), (4.5, 15)), -14 * one)
    return figure(90 * one, moving, Leg(84 * one, 90 * one, -14 * one), 0 * one)


@pytest.mark.parametrize(("by_deg", "share"), [(0.0, 0.0), (4.0, 0.5), (-4.0, -0.5), (20.0, 1.0)])
def test_a_thigh_turns_against_where_it_lay_while_the_leg_hung(by_deg, share):
    raw = raw_angles(read_body(lifted(by_deg)), "right")
    rest = rest_of(raw)
    features = knee_features(raw.legs["right"], "slump", rest.thigh_deg["right"])
    assert features.shape[1] == 6
    assert features[30, -1] == pytest.approx(0.0, abs=1e-3)
    # a thigh that is really lifted is not corrected for without end
    assert features[-10, -1] == pytest.approx(share, abs=0.02)
    unknown = knee_features(raw.legs["right"], "slump", float("nan"))
    assert (unknown[:, -1] == 0).all()
    assert knee_features(raw.legs["right"], "slr", rest.thigh_deg["right"]).shape[1] == 5


def test_a_part_without_the_leg_hanging_is_read_as_the_whole_from_the_same_rest():
    series = slump()
    whole = measure_angles(read_body(series), "right", "slump")
    rest = rest_of(raw_angles(read_body(series), "right"))
    part = slice(160, 250)
    cut = replace(
        series,
        **{
            name: getattr(series, name)[part]
            for name in ("time_ns", "pose", "pose_world", "pose_visibility", "people")
        },
    )
    alone = measure_angles(read_body(cut), "right", "slump", rest=rest)
    inside = slice(20, 70)
    np.testing.assert_allclose(
        alone.legs["right"].knee_deg[inside], whole.legs["right"].knee_deg[part][inside], atol=0.5
    )
