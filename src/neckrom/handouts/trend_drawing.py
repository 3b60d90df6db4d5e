"""Where everything of a trend's drawing lies; page (``trend.html.j2``) and paper (``trend_on_paper.py``) only draw it.

Pure: trends and words in, numbers and texts out. The drawing says nothing by colour alone: dots are
best trials, triangles bounds, bars 95 % intervals, the solid line is the norm, the dashed one its half,
the band what measuring alone may change around the first session.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
_LOWEST_TOP_DEG = 60.0
_TICK_DEG = 30
_LABEL_ROOM = 18.0
_LABEL_TOP = 10.0
"""Height of a number over its baseline."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One session's value; y runs downwards.

    Attributes
    ----------
    x, y : float
    low_y, high_y : float or None
        Ends of the error bar; None where there is none.
    bound : bool
        At least that much: a triangle.
    label : str
        Empty where it would only clutter.
    label_y : float
    """

    x: float
    y: float
    low_y: float | None
    high_y: float | None
    bound: bool
    label: str
    label_y: float


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
        Through the marks, as an SVG path.
    band : tuple of two float or None
        Upper end and height of what measuring alone may change.
    norm_y, half_y : float or None
    norm : str
        Label of the norm.
    ticks, dates : tuple of (float, str)
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


@dataclass(frozen=True, slots=True)
class _Scale:
    """Shared by all movements, so that they can be compared by eye."""

    first_s: float
    last_s: float
    top_deg: float
    height: float

    @property
    def bottom(self) -> float:
        """Where zero degrees lie."""
        return self.height - _BELOW

    def x(self, point: TrendPoint) -> float:
        if self.last_s <= self.first_s:
            return (LEFT + RIGHT) / 2
        share = (point.measured.timestamp() - self.first_s) / (self.last_s - self.first_s)
        return round(LEFT + 18 + share * (RIGHT - LEFT - 36), 1)

    def y(self, angle_deg: float) -> float:
        inside = min(max(angle_deg, 0.0), self.top_deg)
        return round(self.bottom - inside / self.top_deg * (self.bottom - _TOP), 1)


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
    scale = _Scale(min(times, default=0.0), max(times, default=0.0), 1.08 * max(heights), height)
    return tuple(_drawing(trend, scale, texts) for trend in trends)


def _drawing(trend: MovementTrend, scale: _Scale, texts: Messages) -> Drawing:
    reference = next((p.value.reference_deg for p in reversed(trend.points) if p.value.reference_deg), None)
    lines = () if reference is None else (scale.y(reference), scale.y(reference / 2))
    marks = tuple(
        _mark(point, scale, lines, labelled=place in (0, len(trend.points) - 1))
        for place, point in enumerate(trend.points)
    )
    change = trend.first_to_last
    ends = dict.fromkeys((scale.x(point), day(point.measured)) for point in trend.points)
    title = texts.text(f"word.{trend.movement.value}")
    verdict = change_words(change, texts) if change is not None else ""
    return Drawing(
        height=scale.height,
        title=title,
        verdict=verdict,
        words=_words(title, verdict, trend, texts),
        real=change is not None and change.verdict.value in ("more", "less"),
        marks=marks,
        path=" ".join(f"{'L' if place else 'M'}{mark.x} {mark.y}" for place, mark in enumerate(marks)),
        band=_band(trend, scale),
        norm_y=None if reference is None else scale.y(reference),
        half_y=None if reference is None else scale.y(reference / 2),
        norm=""
        if reference is None
        else f"{texts.text('course.norm')} {figures.reference(reference, texts)}",
        ticks=tuple(
            (scale.y(tick), figures.short_angle(tick)) for tick in range(0, int(scale.top_deg), _TICK_DEG)
        ),
        dates=tuple(ends)[:1] + tuple(ends)[1:][-1:],
    )


def _mark(point: TrendPoint, scale: _Scale, lines: Sequence[float], *, labelled: bool) -> Mark:
    value = point.value
    best = value.best_deg or 0.0
    low = None if value.low_deg is None else scale.y(value.low_deg)
    high = None if low is None else scale.y(best if value.high_deg is None else value.high_deg)
    lowest = scale.y(best) + 6 if low is None else max(low, scale.y(best) + 6)
    highest = scale.y(best) - 6 if high is None else min(high, scale.y(best) - 6)
    return Mark(
        x=scale.x(point),
        y=scale.y(best),
        low_y=low,
        high_y=high,
        bound=value.lower_bound,
        label=best_angle(value) if labelled else "",
        label_y=_label_y(lowest, highest, scale, lines),
    )


def _label_y(lowest: float, highest: float, scale: _Scale, lines: Sequence[float]) -> float:
    """Under the error bar, or over it where a line of the norm would run through the number there.

    A dashed line at both sides of a number reads as a minus before it.
    """
    below, above = lowest + 14, highest - 5
    if lowest + _LABEL_ROOM >= scale.bottom:
        return above
    if _hit(below, lines) and not _hit(above, lines) and above > _LABEL_TOP:
        return above
    return below


def _hit(baseline: float, lines: Sequence[float]) -> bool:
    return any(baseline - _LABEL_TOP - 1 <= line <= baseline + 3 for line in lines)


def _band(trend: MovementTrend, scale: _Scale) -> tuple[float, float] | None:
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
