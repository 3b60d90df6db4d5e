"""The course of a person's range of motion, drawn to be read at a glance.

One panel a movement, all on the same scale of degrees and time. Dots are the best trials of the
sessions, bars their 95 % intervals, a triangle "at least that much". The thick line is the norm, the
dashed one its half, the grey band what measuring alone may change around the first session: a dot
outside of it has changed. Nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num, num2date
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.records.in_words import NONE, best, difference
from neckrom.records.trends import MovementTrend, TrendPoint, Verdict
from neckrom.report.figures import BLUE, GREY, INK, PAGE_WIDTH_IN, PHONE_WIDTH_IN, QUIET, RUST
from neckrom.saying import figures

_LOWEST_TOP_DEG = 60.0
_COLUMNS, _ROWS = 2, 3


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the figure.

    Attributes
    ----------
    movements, verdicts : mapping
        By the value of the movement, or of the verdict.
    norm, not_measured : str
    texts : Messages
        For the figures.
    """

    movements: Mapping[str, str]
    verdicts: Mapping[str, str]
    norm: str
    not_measured: str
    texts: Messages = field(default_factory=lambda: load_messages(FALLBACK))


def course_figure(trends: Sequence[MovementTrend], words: Words, *, phone: bool = False) -> Figure:
    """Draw the six movements over time.

    Parameters
    ----------
    trends : sequence of MovementTrend
        All six, in their order.
    words : Words
    phone : bool
        One column for a narrow window.

    Returns
    -------
    Figure
    """
    columns, rows = (1, len(trends)) if phone else (_COLUMNS, _ROWS)
    width = PHONE_WIDTH_IN if phone else PAGE_WIDTH_IN
    figure = Figure(figsize=(width, (1.72 if phone else 1.52) * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, squeeze=False)
    span = _span(trends)
    top, ticks = _top(trends), _ticks(trends)
    for place, trend in enumerate(trends):
        axes = grid[place // columns][place % columns]
        _frame(axes, span, top, ticks, first_column=place % columns == 0)
        _norm(axes, trend, span, words)
        _error_band(axes, trend, span)
        _points(axes, trend.points, words.not_measured)
        _heading(axes, trend, words)
    return figure


def describe(trends: Sequence[MovementTrend], words: Words) -> str:
    """The figure in words, for those who cannot see it."""
    return " ".join(
        f"{words.movements[trend.movement.value]}: "
        + (
            ", ".join(f"{figures.day(point.measured)} {best(point.value)}" for point in trend.points)
            or words.not_measured
        )
        + (f" ({words.verdicts[trend.first_to_last.verdict.value]})." if trend.first_to_last else ".")
        for trend in trends
    )


# ----------------------------------------------------------------------- parts


def _span(trends: Sequence[MovementTrend]) -> tuple[float, float]:
    """First and last day, with room at both ends."""
    days = [_day(point.measured) for trend in trends for point in trend.points] or [0.0]
    room = max(0.08 * (max(days) - min(days)), 3.0)
    return min(days) - room, max(days) + room


def _top(trends: Sequence[MovementTrend]) -> float:
    values = [_LOWEST_TOP_DEG]
    for trend in trends:
        for point in trend.points:
            value = point.value
            values += [value.best_deg or 0.0, value.high_deg or 0.0, value.reference_deg or 0.0]
    return max(values) * 1.08


def _frame(
    axes: Axes, span: tuple[float, float], top: float, ticks: Sequence[float], *, first_column: bool
) -> None:
    axes.set_xlim(*span)
    axes.set_ylim(0, top)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=9.5, colors=QUIET)
    axes.yaxis.set_major_locator(_every(30.0, top))
    axes.yaxis.set_major_formatter(lambda value, _place: figures.short_angle(value))
    axes.tick_params(labelleft=first_column)
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(lambda value, _place: _date(value))


def _norm(axes: Axes, trend: MovementTrend, span: tuple[float, float], words: Words) -> None:
    """The norm of the latest session."""
    reference = next((p.value.reference_deg for p in reversed(trend.points) if p.value.reference_deg), None)
    if reference is None:
        return
    axes.plot(span, [reference] * 2, color=INK, linewidth=2.2, solid_capstyle="butt", zorder=1)
    axes.plot(span, [reference / 2] * 2, color=QUIET, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
    for height, text in (
        (reference, f"{words.norm}\n{figures.reference(reference, words.texts)}"),
        (reference / 2, "50 %"),
    ):
        axes.annotate(
            text,
            (span[1], height),
            xytext=(3, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            annotation_clip=False,
            fontsize=9,
            color=QUIET,
        )


def _error_band(axes: Axes, trend: MovementTrend, span: tuple[float, float]) -> None:
    """What measuring alone may change, around the first session."""
    if len(trend.points) < 2 or trend.points[0].value.best_deg is None:
        return
    first = trend.points[0].value.best_deg
    axes.axhspan(
        first - trend.limit_deg, first + trend.limit_deg, color=GREY, alpha=0.55, linewidth=0, zorder=0
    )
    axes.set_xlim(*span)


def _points(axes: Axes, points: Sequence[TrendPoint], not_measured: str) -> None:
    if not points:
        axes.text(0.5, 0.5, not_measured, transform=axes.transAxes, ha="center", fontsize=11, color=QUIET)
        return
    days = np.array([_day(point.measured) for point in points])
    best = np.array([point.value.best_deg for point in points], dtype=float)
    axes.plot(days, best, color=BLUE, linewidth=1.2, alpha=0.7, zorder=2)
    for day, angle, point in zip(days, best, points, strict=True):
        value = point.value
        if value.low_deg is not None:
            high = float(angle) if value.high_deg is None else value.high_deg
            axes.plot([day, day], [value.low_deg, high], color=BLUE, linewidth=1.6, zorder=3)
        marker, size = ("^", 8.0) if value.lower_bound else ("o", 6.5)
        axes.plot([day], [angle], marker=marker, markersize=size, color=BLUE, zorder=4)
    for day, point in {days[0]: points[0], days[-1]: points[-1]}.items():
        _label(axes, day, point)


def _label(axes: Axes, day: float, point: TrendPoint) -> None:
    """The value under its error bar, where no line of a norm is likely to run."""
    value = point.value
    lowest = value.low_deg if value.low_deg is not None else value.best_deg
    axes.annotate(
        best(point.value),
        (day, lowest or 0.0),
        xytext=(0, -3),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=10,
        fontweight="bold",
        color=INK,
        zorder=5,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )


def _heading(axes: Axes, trend: MovementTrend, words: Words) -> None:
    title = words.movements[trend.movement.value]
    axes.set_title(title, loc="left", fontsize=11.5, fontweight="bold", color=INK, pad=19)
    change = trend.first_to_last
    if change is None:
        return
    real = change.verdict in (Verdict.MORE, Verdict.LESS)
    size = difference(change, words.texts)
    shown = "" if size == NONE else f"{size}: "
    axes.text(
        0,
        1.03,
        f"{shown}{words.verdicts[change.verdict.value]}",
        transform=axes.transAxes,
        fontsize=10.5,
        color=RUST if change.verdict is Verdict.LESS else INK,
        fontweight="bold" if real else "normal",
        in_layout=False,
    )


def _every(step: float, top: float) -> FixedLocator:
    return FixedLocator(list(np.arange(0, top, step)))


def _ticks(trends: Sequence[MovementTrend]) -> list[float]:
    """The days of the first and the last session, and the one between them where there is room."""
    days = [_day(point.measured) for trend in trends for point in trend.points] or [0.0]
    first, last = min(days), max(days)
    if _date(first) == _date(last):
        return [first]
    return [first, (first + last) / 2, last] if last - first >= 2 else [first, last]


def _date(day: float) -> str:
    return f"{num2date(day):%Y-%m-%d}"  # type: ignore[no-untyped-call]


def _day(moment: datetime) -> float:
    """Where it stands on the axis: the day and hour where the reader is, as the lists say it."""
    return float(date2num(moment.astimezone().replace(tzinfo=None)))  # type: ignore[no-untyped-call]
