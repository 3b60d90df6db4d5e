"""Angles of the records as hand-outs and pages write them."""

from __future__ import annotations

from neckrom.records.trends import MeasuredValue

NONE = "–"


def degrees(angle: float | None, *, lower_bound: bool = False) -> str:
    """Whole degrees: "25°", "≥ 55°", or a dash where there is none."""
    return NONE if angle is None else f"{'≥ ' if lower_bound else ''}{angle:.0f}°"


def best(value: MeasuredValue) -> str:
    """Best trial of a movement."""
    return degrees(value.best_deg, lower_bound=value.lower_bound)


def in_brackets(low: float | None, high: float | None) -> str:
    """95 % interval behind an angle: " (40–48°)", or nothing where it is open or not known."""
    return "" if low is None or high is None else f" ({low:.0f}–{high:.0f}°)"
