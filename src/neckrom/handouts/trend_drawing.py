"""Where everything of a trend's drawing lies; page (``trend.html.j2``) and paper (``trend_on_paper.py``) only draw it.

Pure: trends and words in, numbers and texts out. The drawing says nothing by colour alone: dots are
best trials, triangles bounds, bars 95 % intervals, the solid line is the norm, the dashed one its half,
the band what measuring alone may change around the first session. Of the body (``body_trends.py``) rings are
tests in which nothing was felt, crosses those whose angle is not known, both below the axis; a square stands
around what was stopped, and a dashed vertical line is a day to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

from neckrom.handouts.values_in_words import best as best_angle
from neckrom.handouts.values_in_words import best_with_interval, change_words
from neckrom.messages import Messages
from neckrom.records.trends import MovementTrend, TrendPoint
from neckrom.saying import figures
from neckrom.saying.figures import day

WIDTH, HEIGHT = 340.0, 190.0
LEFT, RIGHT = 34.0, 282.0
"""Of the axes."""
_TOP, _BELOW = 12.0, 26.0
_INSET = 18.0
"""Between the axes and the first and last day."""
_LOWEST_TOP_DEG = 60.0
_TICK_DEG = 30
_LABEL_ROOM = 18.0
_LABEL_TOP = 10.0
"""Height of a number over its baseline."""
_DATE_ROOM = 72.0
"""A date and the room beside it."""

Shape = Literal["dot", "triangle", "ring", "cross"]


@dataclass(frozen=True, slots=True)
class Mark:
    """One session's value; y runs downwards.

    Attributes
    ----------
    x, y : float
    low_y, high_y : float or None
        Ends of the error bar; None where there is none.
    shape : {"dot", "triangle", "ring", "cross"}
        A value; at least that much; nothing was felt; not known.
    stopped : bool
        A square stands around it.
    label : str
        Empty where it would only clutter.
    label_y : float
    """

    x: float
    y: float
    low_y: float | None
    high_y: float | None
    label: str
    label_y: float
    shape: Shape = "dot"
    stopped: bool = False

    @property
    def bound(self) -> bool:
        """Whether it was at least that much."""
        return self.shape == "triangle"

    @property
    def known(self) -> bool:
        """Whether it stands at a value; else it lies below the axis."""
        return self.shape in ("dot", "triangle")


@dataclass(frozen=True, slots=True)
class DatedLine:
    """A day with a vertical line of its own.

    Attributes
    ----------
    x, top_y, bottom_y : float
    label : str
        Over the line.
    align : {"start", "end"}
        Which end of the label stands at the line.
    """

    x: float
    top_y: float
    bottom_y: float
    label: str
    align: Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One movement over time.

    Attributes
    ----------
    height : float
    title, verdict, words : str
        ``words`` is the whole drawing for those who cannot see it.
    real : bool
        The change is larger than measurement error.
    marks : tuple of Mark
    path : str
        Through the marks that are known, as an SVG path; it is broken where one is not.
    band : tuple of two float or None
        Upper end and height of what measuring alone may change.
    norm_y, half_y : float or None
    norm : str
        Label of the norm.
    ticks, dates : tuple of (float, str)
    dated_line : DatedLine or None
    """

    height: float
    title: str
    verdict: str
    words: str
    real: bool
    marks: tuple[Mark, ...]
    path: str
    band: tuple[float, float] | None
    norm_y: float | None
    half_y: float | None
    norm: str
    ticks: tuple[tuple[float, str], ...]
    dates: tuple[tuple[float, str], ...]
    dated_line: DatedLine | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Shared by drawings that are to be compared by eye.

    Attributes
    ----------
    first_s, last_s : float
        Of all days that are drawn.
    top : float
        Largest value; the smallest is 0.
    height : float
        Of each drawing.
    above, below : float
        Room over and under the axes.
    """

    first_s: float
    last_s: float
    top: float
    height: float
    above: float = _TOP
    below: float = _BELOW

    @property
    def bottom(self) -> float:
        """Where zero lies."""
        return self.height - self.below

    def x(self, moment: datetime) -> float:
        """Of a day; in the middle where there is one alone."""
        if self.last_s <= self.first_s:
            return (LEFT + RIGHT) / 2
        share = (moment.timestamp() - self.first_s) / (self.last_s - self.first_s)
        return round(LEFT + _INSET + share * (RIGHT - LEFT - 2 * _INSET), 1)

    def y(self, value: float) -> float:
        """Of a value; what lies outside is drawn at the edge."""
        inside = min(max(value, 0.0), self.top)
        return round(self.bottom - inside / self.top * (self.bottom - self.above), 1)


def draw_trends(
    trends: Sequence[MovementTrend], texts: Messages, *, height: float = HEIGHT
) -> tuple[Drawing, ...]:
    """Lay out the six movements on one scale of time and degrees.

    Parameters
    ----------
    trends : sequence of MovementTrend
    texts : Messages
    height : float
        Of each drawing; its width is ``WIDTH``.
    """
    times = [point.measured.timestamp() for trend in trends for point in trend.points]
    heights = [_LOWEST_TOP_DEG]
    for trend in trends:
        for point in trend.points:
            value = point.value
            heights += [value.best_deg or 0, value.high_deg or 0, value.reference_deg or 0]
    scale = Scale(min(times, default=0.0), max(times, default=0.0), 1.08 * max(heights), height)
    return tuple(_drawing(trend, scale, texts) for trend in trends)


def _drawing(trend: MovementTrend, scale: Scale, texts: Messages) -> Drawing:
    reference = next((p.value.reference_deg for p in reversed(trend.points) if p.value.reference_deg), None)
    lines = () if reference is None else (scale.y(reference), scale.y(reference / 2))
    marks = tuple(
        _mark(point, scale, lines, labelled=place in (0, len(trend.points) - 1))
        for place, point in enumerate(trend.points)
    )
    change = trend.first_to_last
    title = texts.text(f"word.{trend.movement.value}")
    verdict = change_words(change, texts) if change is not None else ""
    return Drawing(
        height=scale.height,
        title=title,
        verdict=verdict,
        words=_words(title, verdict, trend, texts),
        real=change is not None and change.verdict.value in ("more", "less"),
        marks=marks,
        path=path_through(marks),
        band=_band(trend, scale),
        norm_y=None if reference is None else scale.y(reference),
        half_y=None if reference is None else scale.y(reference / 2),
        norm=""
        if reference is None
        else f"{texts.text('course.norm')} {figures.reference(reference, texts)}",
        ticks=tuple(
            (scale.y(tick), figures.short_angle(tick)) for tick in range(0, int(scale.top), _TICK_DEG)
        ),
        dates=dates_under([(scale.x(point.measured), day(point.measured)) for point in trend.points]),
    )


def path_through(marks: Sequence[Mark]) -> str:
    """An SVG path from each mark to the next one, where both are known.

    Parameters
    ----------
    marks : sequence of Mark
        In the order of time.
    """
    moves = [f"M{marks[0].x} {marks[0].y}"] if marks and marks[0].known else []
    for one, other in pairwise(marks):
        if other.known:
            moves.append(f"{'L' if one.known else 'M'}{other.x} {other.y}")
    return " ".join(moves)


def dates_under(days: Sequence[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    """The first and the last day, apart from each other by as much as their letters take.

    Parameters
    ----------
    days : sequence of (float, str)
        Place and date of each session, in the order of time.
    """
    ends = tuple(dict.fromkeys(days))
    if len(ends) < 2:
        return ends
    first, last = ends[0], ends[-1]
    if first[1] == last[1]:
        return ((round((first[0] + last[0]) / 2, 1), first[1]),)
    if last[0] - first[0] >= _DATE_ROOM:
        return first, last
    middle = (first[0] + last[0]) / 2
    lowest = LEFT + _INSET + _DATE_ROOM / 2
    middle = min(max(middle, lowest), RIGHT - _INSET - _DATE_ROOM / 2)
    return (round(middle - _DATE_ROOM / 2, 1), first[1]), (round(middle + _DATE_ROOM / 2, 1), last[1])


def _mark(point: TrendPoint, scale: Scale, lines: Sequence[float], *, labelled: bool) -> Mark:
    value = point.value
    best = value.best_deg or 0.0
    low = None if value.low_deg is None else scale.y(value.low_deg)
    high = None if low is None else scale.y(best if value.high_deg is None else value.high_deg)
    lowest = scale.y(best) + 6 if low is None else max(low, scale.y(best) + 6)
    highest = scale.y(best) - 6 if high is None else min(high, scale.y(best) - 6)
    return Mark(
        x=scale.x(point.measured),
        y=scale.y(best),
        low_y=low,
        high_y=high,
        label=best_angle(value) if labelled else "",
        label_y=label_y(lowest, highest, scale, lines),
        shape="triangle" if value.lower_bound else "dot",
    )


def label_y(lowest: float, highest: float, scale: Scale, lines: Sequence[float] = ()) -> float:
    """Baseline of a number: under the error bar, or over it where a line of the norm would run through it there.

    A dashed line at both sides of a number reads as a minus before it.

    Parameters
    ----------
    lowest, highest : float
        Ends of what stands at the value, y downwards.
    scale : Scale
    lines : sequence of float
        Of the norm.
    """
    below, above = lowest + 14, highest - 5
    if lowest + _LABEL_ROOM >= scale.bottom:
        return above
    if _hit(below, lines) and not _hit(above, lines) and above > _LABEL_TOP:
        return above
    return below


def _hit(baseline: float, lines: Sequence[float]) -> bool:
    return any(baseline - _LABEL_TOP - 1 <= line <= baseline + 3 for line in lines)


def _band(trend: MovementTrend, scale: Scale) -> tuple[float, float] | None:
    first = trend.points[0].value.best_deg if len(trend.points) > 1 else None
    if first is None:
        return None
    upper, lower = scale.y(first + trend.limit_deg), scale.y(first - trend.limit_deg)
    return upper, round(lower - upper, 1)


def _words(title: str, verdict: str, trend: MovementTrend, texts: Messages) -> str:
    if not trend.points:
        return f"{title}: {texts.text('course.not_measured')}."
    values = ", ".join(f"{day(point.measured)} {best_with_interval(point.value)}" for point in trend.points)
    return f"{title}: {values}." + (f" {verdict}." if verdict else "")
