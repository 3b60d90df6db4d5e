"""What counts as an answer that a measurement suggested."""

from __future__ import annotations

import pytest

from neckrom.handouts.screen_suggestions import ARMS, Suggestion, confirmed


@pytest.mark.parametrize(
    ("sides", "session"),
    [({}, "S-1"), ({ARMS: "right"}, "S-1"), ({ARMS: "left"}, None), ({ARMS: "both"}, None)],
)
def test_an_arm_that_was_not_measured_confirms_nothing(sides, session):
    suggested = {ARMS: Suggestion(ARMS, "yes", "S-1", "", side="right")}
    assert confirmed({ARMS: "yes"}, suggested, sides).get(ARMS) == session
