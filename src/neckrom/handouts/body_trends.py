"""How tests of legs and arms, pain around plans and turns of the trunk went over time, as drawings like the neck's.

Pure: sessions in, drawings and words out. A test without an angle has its place below the axis, a stopped one a
square around it. No change is judged: what repeating a test alone changes is not known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from neckrom.handouts.trend_drawing import (
    HEIGHT,
    LEFT,
    RIGHT,
    DatedLine,
    Drawing,
    Mark,
    Scale,
    dates_under,
    label_y,
    path_through,
)
from neckrom.messages import Messages
from neckrom.nerve.marking import was_felt
from neckrom.nerve.result import ArmPosition, Kind, LeftOrRight, NerveResult, NerveTrial
from neckrom.plans.result import KeyTest
from neckrom.records.sessions import SessionRow
from neckrom.records.views import NerveSeen, PlanSeen, UpperBackSeen
from neckrom.saying import figures
from neckrom.saying.nerve_tests import limb_side
from neckrom.upper_back.result import TurnedSide

SIDES: tuple[LeftOrRight, ...] = ("left", "right")
TESTS: tuple[tuple[Kind, ArmPosition | None], ...] = (
    ("slr", None),
    ("slump", None),
    ("arms", "side"),
    ("arms", "overhead"),
    ("arms", "bent_overhead"),
)
_ABOVE, _BELOW = 28.0, 42.0
"""Room for the label of the next test over the axes, and for what has no angle under them."""
_NO_VALUE = 11.0
"""So far under the axis lies what has no angle."""
_SQUARE = 8.0
"""Half of one around what was stopped."""
_LOWEST_TOP = {"deg": 60.0, "pain": 10.0}
_TICKS = {"deg": 30, "pain": 5}
_NOT_KNOWN = frozenset(f"nerve.reading.{name}" for name in ("not_marked", "unplaced", "stopped"))
"""Said of a test in which a trial without a symptom does not mean that nothing was felt."""

Why = Literal["", "nothing_felt", "no_angle", "not_said"]


@dataclass(frozen=True, slots=True)
class BodyTrends:
    """Drawings that belong together side by side, and a line for each series of which no session has a value."""

    drawings: tuple[tuple[Drawing, ...], ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Point:
    """What one session says of one series; ``why`` there is no value."""

    row: SessionRow
    value: float | None
    ends: tuple[float, float] | None = None
    why: Why = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class _Series:
    """Points in the order of time; ``due`` is the day of the next test."""

    title: str
    unit: Literal["deg", "pain"]
    points: tuple[_Point, ...]
    due: date | None = None


def body_trends(
    nerve_tests: Sequence[NerveSeen],
    plans: Sequence[PlanSeen],
    upper_backs: Sequence[UpperBackSeen],
    texts: Messages,
) -> BodyTrends:
    """Draw every series of which there are two sessions or more, all on one scale of time.

    Parameters
    ----------
    nerve_tests, plans, upper_backs : sequence
        Of one person, newest first.
    texts : Messages

    Returns
    -------
    BodyTrends
        Tests by kind and side: the angle at the first symptom, the mean where a side has several trials, with the
        widest of their 95 % intervals, as the sides are compared; tests before the exercise of a plan are among
        them. Then pain before and after the sessions of plans, and turns of the trunk. Series of one test have one
        scale of degrees.
    """
    groups = [
        *(_tests(nerve_tests, plans, kind, position, texts) for kind, position in TESTS),
        _pains(plans, texts),
        _turns(upper_backs, texts),
    ]
    told = [[series for series in group if _sessions(series) > 1] for group in groups]
    drawn = [
        [series for series in group if any(p.value is not None for p in series.points)] for group in told
    ]
    times = [moment.timestamp() for group in drawn for series in group for moment in _moments(series)]
    ends = min(times, default=0.0), max(times, default=0.0)
    drawings = [
        tuple(_drawing(series, _scale(group, ends), texts) for series in group) for group in drawn if group
    ]
    lines = [
        texts.text("course.drawn.none", title=series.title, what=_counts(series, texts))
        for group in told
        for series in group
        if all(point.value is None for point in series.points)
    ]
    return BodyTrends(tuple(drawings), tuple(lines))


# ------------------------------------------------------------------------- series


def _tests(
    tests: Sequence[NerveSeen],
    plans: Sequence[PlanSeen],
    kind: Kind,
    position: ArmPosition | None,
    texts: Messages,
) -> Iterator[_Series]:
    of_kind = [seen for seen in tests if seen.result.kind == kind]
    planned = [seen for seen in plans if seen.result.test == kind]
    due = planned[0].result.retest_on if planned else None
    for side in SIDES:
        points = [
            _tested(seen, trials)
            for seen in of_kind
            if (trials := [t for t in seen.result.trials if limb_side(t) == side and t.position == position])
        ]
        for seen in planned:
            before = next((one.before for one in seen.result.sides if one.side == side), None)
            if before is not None:
                points.append(_before_exercise(seen, before))
        name = position or kind
        title = texts.text(f"course.drawn.{name}", side=f"nerve.side.{side}")
        yield _Series(title, "deg", _in_time(points), due)


def _tested(seen: NerveSeen, trials: Sequence[NerveTrial]) -> _Point:
    stopped = seen.result.stop_reason is not None
    known = [trial for trial in trials if was_felt(trial) and trial.symptom_angle_deg is not None]
    if not known:
        why: Why = "no_angle" if any(map(was_felt, trials)) or not _all_asked(seen.result) else "nothing_felt"
        return _Point(seen.row, None, why=why, stopped=stopped)
    mean = sum(trial.symptom_angle_deg or 0.0 for trial in known) / len(known)
    halves = [0.5 * (high - low) for low, high in (t.interval95_deg for t in known if t.interval95_deg)]
    ends = (mean - max(halves), mean + max(halves)) if len(halves) == len(known) else None
    if len(known) == 1:
        ends = known[0].interval95_deg  # a gap at the mark makes it uneven
    return _Point(seen.row, mean, ends, stopped=stopped)


def _all_asked(result: NerveResult) -> bool:
    """Whether a trial without a symptom means that nothing was felt."""
    keys = {statement.key for statement in result.reading_statements}
    return bool(keys) and not keys & _NOT_KNOWN and result.stop_reason is None


def _before_exercise(seen: PlanSeen, test: KeyTest) -> _Point:
    stopped = seen.result.stop_reason is not None
    if not test.felt:
        return _Point(seen.row, None, why="nothing_felt", stopped=stopped)
    if test.angle_deg is None:
        return _Point(seen.row, None, why="no_angle", stopped=stopped)
    return _Point(seen.row, test.angle_deg, test.interval95_deg, stopped=stopped)


def _pains(plans: Sequence[PlanSeen], texts: Messages) -> Iterator[_Series]:
    due = plans[0].result.retest_on if plans else None
    for when in ("before", "after"):
        points = [
            _Point(
                seen.row,
                level,
                why="not_said" if level is None else "",
                stopped=seen.result.stop_reason is not None,
            )
            for seen in plans
            for level in [seen.result.pain_before if when == "before" else seen.result.pain_after]
        ]
        yield _Series(texts.text(f"course.drawn.pain_{when}"), "pain", _in_time(points), due)


def _turns(seen: Sequence[UpperBackSeen], texts: Messages) -> Iterator[_Series]:
    for side in SIDES:
        points = [
            _turned(one.row, one.result.rotation_left if side == "left" else one.result.rotation_right)
            for one in seen
        ]
        title = texts.text("course.drawn.trunk", side=f"upper_back.to.{side}")
        yield _Series(title, "deg", _in_time(points))


def _turned(row: SessionRow, side: TurnedSide | None) -> _Point:
    if side is None:
        return _Point(row, None, why="no_angle")
    return _Point(row, side.turn_deg, side.interval95_deg)


def _in_time(points: Sequence[_Point]) -> tuple[_Point, ...]:
    return tuple(sorted(points, key=lambda point: (point.row.measured, point.row.id)))


def _sessions(series: _Series) -> int:
    return len({point.row.id for point in series.points})


def _moments(series: _Series) -> Iterator[datetime]:
    yield from (point.row.measured for point in series.points)
    if series.due is not None:
        yield _due_at(series, series.due)


def _due_at(series: _Series, due: date) -> datetime:
    """Noon of the day, where the last session was."""
    return datetime.combine(due, time(12), tzinfo=series.points[-1].row.measured.tzinfo)


# ------------------------------------------------------------------------ drawing


def _scale(group: Sequence[_Series], ends_s: tuple[float, float]) -> Scale:
    unit = group[0].unit
    values = [point.value or 0.0 for series in group for point in series.points]
    values += [point.ends[1] for series in group for point in series.points if point.ends is not None]
    return Scale(*ends_s, 1.08 * max(_LOWEST_TOP[unit], *values), HEIGHT, _ABOVE, _BELOW)


def _drawing(series: _Series, scale: Scale, texts: Messages) -> Drawing:
    known = [point for point in series.points if point.value is not None]
    labelled = (known[0], known[-1])
    marks = tuple(_mark(series, point, scale, labelled=point in labelled) for point in series.points)
    ticks = range(0, int(scale.top) + 1, _TICKS[series.unit])
    counts = _counts(series, texts)
    return Drawing(
        height=scale.height,
        title=series.title,
        verdict=counts,
        words=_words(series, texts),
        real=False,
        marks=marks,
        path=path_through(marks),
        band=None,
        norm_y=None,
        half_y=None,
        norm="",
        ticks=tuple((scale.y(tick), _shown(tick, series)) for tick in ticks),
        dates=dates_under([(scale.x(point.row.measured), _day(point)) for point in series.points]),
        dated_line=None if series.due is None else _dated_line(series, series.due, scale, texts),
    )


def _mark(series: _Series, point: _Point, scale: Scale, *, labelled: bool) -> Mark:
    x = scale.x(point.row.measured)
    if point.value is None:
        shape: Literal["ring", "cross"] = "ring" if point.why == "nothing_felt" else "cross"
        y = scale.bottom + _NO_VALUE
        return Mark(x, y, None, None, "", y, shape=shape, stopped=point.stopped)
    y = scale.y(point.value)
    low, high = (None, None) if point.ends is None else (scale.y(point.ends[0]), scale.y(point.ends[1]))
    room = _SQUARE if point.stopped else 6.0
    lowest = y + room if low is None else max(low, y + room)
    highest = y - room if high is None else min(high, y - room)
    label = _shown(point.value, series) if labelled else ""
    return Mark(x, y, low, high, label, label_y(lowest, highest, scale), stopped=point.stopped)


def _dated_line(series: _Series, due: date, scale: Scale, texts: Messages) -> DatedLine:
    x = scale.x(_due_at(series, due))
    label = texts.text("course.drawn.retest", date=figures.day(due))
    top = scale.above - 8.0
    return DatedLine(x, top, scale.bottom, label, "end" if x > (LEFT + RIGHT) / 2 else "start")


# -------------------------------------------------------------------------- words


def _shown(value: float, series: _Series) -> str:
    return figures.short_angle(value) if series.unit == "deg" else f"{value:.0f}"


def _day(point: _Point) -> str:
    return figures.day(point.row.measured)


def _counts(series: _Series, texts: Messages) -> str:
    """How many sessions are no plain value, by the shape of their mark."""
    number: Counter[str] = Counter(point.why for point in series.points if point.why)
    number["stopped"] = sum(point.stopped for point in series.points)
    names = ("nothing_felt", "no_angle", "not_said", "stopped")
    return "; ".join(
        texts.text(f"course.drawn.shape.{name}", number=number[name]) for name in names if number[name]
    )


def _words(series: _Series, texts: Messages) -> str:
    """The whole drawing for those who cannot see it."""
    said = []
    for point in series.points:
        what = (
            texts.text(f"course.drawn.said.{point.why}")
            if point.value is None
            else _shown(point.value, series) + figures.in_brackets(*(point.ends or (None, None)))
        )
        if point.stopped:
            what += f" ({texts.text('course.drawn.said.stopped')})"
        said.append(f"{_day(point)} {what}")
    if series.due is not None:
        said.append(texts.text("course.drawn.retest", date=figures.day(series.due)))
    return f"{series.title}: {', '.join(said)}."
