"""How sessions of one person compare: two of them, or all of them over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neckrom.errors import InputError
from neckrom.records.limits import Limits, limits_for
from neckrom.records.trends import MovementTrend, TrendPoint, change_between, trend_of
from neckrom.records.views import Comparison, SessionView
from neckrom.service.clinic import load_site
from neckrom.types import MOVEMENTS, Movement


def trends_of(points: Mapping[Movement, Sequence[TrendPoint]], limits: Limits) -> tuple[MovementTrend, ...]:
    """The six movements over time, in their order."""
    return tuple(trend_of(movement, points[movement], limits.limit_deg(movement)) for movement in MOVEMENTS)


def compared(one: SessionView, other: SessionView) -> Comparison:
    """What changed from the earlier to the later of two sessions of the same person.

    Raises
    ------
    InputError
        If they are of different people, or the same session.
    """
    earlier, later = sorted((one, other), key=lambda view: (view.row.measured, view.row.id))
    if earlier.row.id == later.row.id:
        raise InputError(f"Both are session {earlier.row.id}: name two different ones.")
    if earlier.row.person_id != later.row.person_id:
        raise InputError(
            f"Session {earlier.row.id} is of {earlier.person.label}, {later.row.id} of {later.person.label}: only "
            "sessions of the same person compare."
        )
    limits = limits_for([earlier.result, later.result], load_site())
    changes = {
        movement: change_between(
            _point(earlier, movement), _point(later, movement), limits.limit_deg(movement)
        )
        for movement in MOVEMENTS
    }
    return Comparison(earlier, later, changes, earlier.row.method == later.row.method, limits)


def _point(view: SessionView, movement: Movement) -> TrendPoint:
    return TrendPoint(view.row.id, view.row.measured, view.row.method, view.values[movement])
