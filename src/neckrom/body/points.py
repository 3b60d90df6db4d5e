"""The points of the pose model by name."""

from __future__ import annotations

from typing import Literal

Side = Literal["left", "right"]
"""Always the person's."""

PAIRED_POINTS: dict[str, tuple[int, int]] = {
    "eye": (2, 5),
    "ear": (7, 8),
    "shoulder": (11, 12),
    "elbow": (13, 14),
    "wrist": (15, 16),
    "index": (19, 20),
    "hip": (23, 24),
    "knee": (25, 26),
    "ankle": (27, 28),
    "heel": (29, 30),
    "toe": (31, 32),
}
"""Numbers of the person's left and right point in the pose model (33 points)."""
NOSE = 0
LEFT_LEG, RIGHT_LEG = [25, 27, 29, 31], [26, 28, 30, 32]
"""Knee, ankle, heel, toe: what changes owner where the model mistakes one leg for the other."""
LEFT_ARM, RIGHT_ARM = [13, 15, 17, 19, 21], [14, 16, 18, 20, 22]
"""Elbow, wrist and hand."""


def index_of(name: str, side: Side) -> int:
    """Number of a point in the pose model.

    Parameters
    ----------
    name : str
        One of ``PAIRED_POINTS``.
    side : {"left", "right"}

    Returns
    -------
    int
        0 to 32.

    Raises
    ------
    KeyError
        If there is no such pair.
    """
    return PAIRED_POINTS[name][0 if side == "left" else 1]


def other(side: Side) -> Side:
    """The opposite side of the body.

    Parameters
    ----------
    side : {"left", "right"}

    Returns
    -------
    {"right", "left"}
    """
    return "right" if side == "left" else "left"
