"""How sessions of one person compare: two of them, or all of them over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from neckrom.errors import InputError
from neckrom.records.kinds import POSTURE
from neckrom.records.limits import Limits, limits_for
from neckrom.records.trends import MovementTrend, TrendPoint, change_between, trend_of
from neckrom.records.views import BodySession, Comparison, RunComparison, SessionView
from neckrom.running.result import RunResult
from neckrom.saying.runs import changed_beyond_error
from neckrom.service.clinic import load_site
from neckrom.types import MOVEMENTS, Movement

_View = TypeVar("_View", SessionView, BodySession)


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
    earlier, later = _in_order(one, other)
    limits = limits_for([earlier.result, later.result], load_site())
    changes = {
        movement: change_between(
            _point(earlier, movement), _point(later, movement), limits.limit_deg(movement)
        )
        for movement in MOVEMENTS
    }
    return Comparison(earlier, later, changes, earlier.row.method == later.row.method, limits)


def runs_compared(one: BodySession, other: BodySession) -> RunComparison:
    """Which rows changed from the earlier to the later of two runs of the same person.

    Raises
    ------
    InputError
        If they are of different people, the same session, or no runs.
    """
    earlier, later = _in_order(one, other)
    if not isinstance(earlier.result, RunResult) or not isinstance(later.result, RunResult):
        what = "Postures" if earlier.row.kind == POSTURE else "Nerve tests"
        raise InputError(f"{what} are not compared in pairs: look at them side by side. Two runs are.")
    before = {row.name: row for row in earlier.result.rows}
    beyond = {row.name: changed_beyond_error(row, before[row.name]) for row in later.result.rows}
    return RunComparison(earlier, later, beyond, earlier.row.method == later.row.method)


def _in_order(one: _View, other: _View) -> tuple[_View, _View]:
    """The earlier one first; refuses what cannot be compared."""
    earlier, later = sorted((one, other), key=lambda view: (view.row.measured, view.row.id))
    if earlier.row.id == later.row.id:
        raise InputError(f"Both are session {earlier.row.id}: name two different ones.")
    if earlier.row.person_id != later.row.person_id:
        raise InputError(
            f"Session {earlier.row.id} is of {earlier.person.label}, {later.row.id} of {later.person.label}: only "
            "sessions of the same person compare."
        )
    return earlier, later


def _point(view: SessionView, movement: Movement) -> TrendPoint:
    return TrendPoint(view.row.id, view.row.measured, view.row.method, view.values[movement])
