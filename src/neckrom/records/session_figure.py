"""Draw one session: six bars against their norms.

Nothing is said by colour alone: the norm is a thick mark, its half a dashed one, the interval a thin line.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from neckrom.records.trends import MeasuredValue
from neckrom.report.figures import BLUE, GREY, INK, PAGE_WIDTH_IN, PHONE_WIDTH_IN, QUIET

_LOWEST_TOP_DEG = 90.0
_HALF_BAR = 0.24


def session_figure(
    values: Sequence[MeasuredValue],
    labels: Sequence[tuple[str, str]],
    norm: str,
    *,
    phone: bool = False,
) -> Figure:
    """Draw the movements of a session, one bar each, from the top.

    Parameters
    ----------
    values : sequence of MeasuredValue
    labels : sequence of (str, str)
        Name of each movement and its best value as text.
    norm : str
        The word for it.
    phone : bool
        For a narrow window.

    Returns
    -------
    Figure
    """
    width = PHONE_WIDTH_IN if phone else PAGE_WIDTH_IN
    figure = Figure(figsize=(width, 3.9 if phone else 3.5), layout="constrained")
    axes = figure.subplots()
    for place, (value, (name, best)) in enumerate(zip(values, labels, strict=True)):
        _bar(axes, value, place, best)
        axes.text(0, place - _HALF_BAR - 0.09, name, fontsize=10.5, fontweight="bold", color=INK, va="bottom")
        _norm(axes, value, place, norm)
    _frame(axes, _top(values), len(values))
    return figure


def _bar(axes: Axes, value: MeasuredValue, place: int, best: str) -> None:
    axes.barh(place, value.best_deg or 0.0, height=2 * _HALF_BAR, color=BLUE, zorder=2)
    end = value.best_deg or 0.0
    if value.low_deg is not None:
        high = end if value.high_deg is None else value.high_deg
        axes.plot([value.low_deg, end], [place, place], color="white", linewidth=1.6, zorder=3)
        axes.plot([end, high], [place, place], color=INK, linewidth=1.6, zorder=3)
        end = max(end, high)
    marks = [mark for mark in (value.reference_deg, (value.reference_deg or 0) / 2) if mark]
    while any(end - 0.5 < mark < end + 11 for mark in marks):  # the number stands clear of the marks
        end = min(mark for mark in marks if end - 0.5 < mark < end + 11) + 0.6
    axes.text(end + 1.5, place, best, fontsize=11, fontweight="bold", color=INK, va="center", zorder=5)


def _norm(axes: Axes, value: MeasuredValue, place: int, word: str) -> None:
    reference = value.reference_deg
    if reference is None:
        return
    span = (place - 1.4 * _HALF_BAR, place + 1.2 * _HALF_BAR)
    axes.plot([reference] * 2, span, color=INK, linewidth=2.6, solid_capstyle="butt", zorder=4)
    for colour, width, order in (("white", 3.0, 3.8), (INK, 1.4, 4)):
        dashes = "-" if colour == "white" else (0, (2.2, 1.6))
        axes.plot([reference / 2] * 2, span, color=colour, linewidth=width, linestyle=dashes, zorder=order)
    axes.text(
        reference, span[0] - 0.02, f"{word} {reference:g}°", fontsize=9, color=QUIET, ha="center", va="bottom"
    )


def _frame(axes: Axes, top: float, number: int) -> None:
    axes.set_xlim(0, top)
    axes.set_ylim(number - 1 + 1.7 * _HALF_BAR, -0.75)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MultipleLocator(30.0))
    axes.xaxis.set_major_formatter(lambda angle, _place: f"{angle:.0f}°")
    axes.tick_params(labelsize=9.5, colors=QUIET)
    axes.grid(axis="x", color=GREY, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)


def _top(values: Sequence[MeasuredValue]) -> float:
    known = [_LOWEST_TOP_DEG]
    for value in values:
        known += [value.best_deg or 0.0, value.high_deg or 0.0, value.reference_deg or 0.0]
    return max(known) * 1.15
