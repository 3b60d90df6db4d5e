"""When a change is one, and when it is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckrom.config_file import load_toml
from neckrom.errors import ConfigurationError, InputError
from neckrom.records.api import Records
from neckrom.records.location import locate
from neckrom.records.trends import (
    MeasuredValue,
    Repeatability,
    TrendPoint,
    Verdict,
    change_between,
    repeatability,
    trend_of,
)
from neckrom.types import MOVEMENTS, Movement
from tests.records.folders import write_folder

START = datetime(2026, 1, 1, tzinfo=UTC)
DATA = Path(__file__).parents[2] / "src" / "neckrom" / "data" / "accuracy" / "repeatability.toml"

degrees = st.floats(0, 120)


def value(best: float | None, *, bound: bool = False) -> MeasuredValue:
    return MeasuredValue(
        movement=Movement.ROTATION_LEFT,
        best_deg=best,
        mean_deg=best,
        low_deg=None if best is None else best - 3,
        high_deg=None if best is None or bound else best + 3,
        lower_bound=bound,
        reference_deg=90.0,
        healthy_low_deg=None,
        healthy_high_deg=None,
        percent_of_reference=None,
        flag="not_flagged",
        pain=None,
        compensation_deg=None,
        trials=3,
    )


def point(best: float | None, day: int = 0, *, bound: bool = False, method: str = "front") -> TrendPoint:
    return TrendPoint(f"S-{day}", START + timedelta(days=day), method, value(best, bound=bound))


@pytest.mark.parametrize(
    ("earlier", "later", "verdict", "at_least"),
    [
        pytest.param(point(40.0), point(60.0), Verdict.MORE, False, id="more"),
        pytest.param(point(60.0), point(40.0), Verdict.LESS, False, id="less"),
        pytest.param(point(40.0), point(50.0), Verdict.NONE, False, id="exactly the limit is no change"),
        pytest.param(point(40.0), point(60.0, bound=True), Verdict.MORE, True, id="to at least 60"),
        pytest.param(point(60.0, bound=True), point(40.0), Verdict.LESS, True, id="from at least 60"),
        pytest.param(point(40.0, bound=True), point(60.0), Verdict.UNKNOWN, False, id="from at least 40"),
        pytest.param(point(60.0), point(40.0, bound=True), Verdict.UNKNOWN, False, id="to at least 40"),
        pytest.param(point(50.0), point(52.0, bound=True), Verdict.UNKNOWN, False, id="small, a bound"),
        pytest.param(
            point(40.0, bound=True), point(80.0, bound=True), Verdict.UNKNOWN, False, id="two bounds"
        ),
        pytest.param(point(None), point(60.0), Verdict.UNKNOWN, False, id="not measured"),
    ],
)
def test_a_change_is_one_only_beyond_what_measuring_may_make(earlier, later, verdict, at_least):
    change = change_between(earlier, later, 10.0)
    assert (change.verdict, change.at_least) == (verdict, at_least)


@settings(deadline=None)
@given(degrees, degrees, st.floats(0.1, 30), st.booleans(), st.booleans())
def test_turning_time_around_turns_the_verdict_around(first, last, limit, first_bound, last_bound):
    earlier, later = point(first, bound=first_bound), point(last, 1, bound=last_bound)
    forward, backward = change_between(earlier, later, limit), change_between(later, earlier, limit)
    turned = {Verdict.MORE: Verdict.LESS, Verdict.LESS: Verdict.MORE}
    assert backward.verdict is turned.get(forward.verdict, forward.verdict)
    assert backward.difference_deg == pytest.approx(-forward.difference_deg)


@settings(deadline=None)
@given(
    st.tuples(degrees, st.booleans(), st.floats(0, 40)), st.tuples(degrees, st.booleans(), st.floats(0, 40))
)
def test_a_verdict_holds_whatever_lies_beyond_the_bounds(earlier, later):
    """A bound of 40 may be a true 40 or 80: what is said must be right for both."""
    (first, first_bound, beyond_first), (last, last_bound, beyond_last) = earlier, later
    limit = 9.6
    change = change_between(point(first, bound=first_bound), point(last, 1, bound=last_bound), limit)
    true = (last + beyond_last * last_bound) - (first + beyond_first * first_bound)
    if change.verdict is Verdict.MORE:
        assert true > limit
    if change.verdict is Verdict.LESS:
        assert true < -limit


@settings(deadline=None)
@given(st.permutations([point(float(10 * day), day) for day in range(5)]))
def test_a_trend_is_in_the_order_of_time(points):
    trend = trend_of(Movement.ROTATION_LEFT, points, 15.0)
    assert [item.value.best_deg for item in trend.points] == [0.0, 10.0, 20.0, 30.0, 40.0]
    assert trend.first_to_last.difference_deg == 40.0
    assert trend.since_last.difference_deg == 10.0
    assert (trend.first_to_last.verdict, trend.since_last.verdict) == (Verdict.MORE, Verdict.NONE)


def test_sessions_without_the_movement_are_left_out():
    trend = trend_of(
        Movement.ROTATION_LEFT, [point(50.0), point(None, 1), point(80.0, 2), point(None, 3)], 15.0
    )
    assert len(trend.points) == 2
    assert trend.first_to_last == trend.since_last
    alone = trend_of(Movement.ROTATION_LEFT, [point(None), point(80.0, 2)], 15.0)
    assert (len(alone.points), alone.first_to_last) == (1, None)


def test_another_view_or_estimator_is_said():
    assert change_between(point(40.0), point(60.0, 1), 10.0).same_method
    assert not change_between(point(40.0), point(60.0, 1, method="side_left"), 10.0).same_method


# -------------------------------------------------------------------- figures


def test_the_limit_is_the_larger_of_ours_and_the_published_one():
    figures = repeatability()
    assert figures.published.mdc_deg == 9.6
    for movement in MOVEMENTS:
        own = figures.movements[movement].mdc95_deg
        assert figures.limit_deg(movement) == max(own, 9.6)
    changed = figures.model_copy(update={"published": figures.published.model_copy(update={"mdc_deg": 99.0})})
    assert changed.limit_deg(Movement.FLEXION) == 99.0


@pytest.mark.parametrize(
    ("pattern", "new", "problem"),
    [
        (r"(?m)^mdc95_deg = [\d.]+", "mdc95_deg = 99", "sqrt"),
        (r"\[movements\.lateral_left\]", "[movements.sideways]", "sideways"),
        (r"(?m)^placeholder = \w+\n", "", "placeholder"),
        (r"(?m)^citation = .*\n", "", "citation"),
    ],
)
def test_figures_that_cannot_be_are_refused(tmp_path, pattern, new, problem):
    text, found = re.subn(pattern, new, DATA.read_text(encoding="utf-8"), count=1)
    assert found == 1
    path = tmp_path / "repeatability.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        load_toml(path, Repeatability, "repeatability")


# ------------------------------------------------------------------- the store


def test_trend_and_comparison_of_stored_sessions(tmp_path):
    with Records(locate(str(tmp_path / "store"))) as records:
        anna, berta = records.add_person("Anna"), records.add_person("Berta")
        ids = [
            records.import_result(
                write_folder(
                    tmp_path / str(month), str(month), f"2026-0{month}-01T12:00:00+00:00", rotation_left=best
                ),
                anna.id,
            ).session_id
            for month, best in ((1, 40.0), (3, 75.0), (2, 60.0))
        ]
        other = records.import_result(write_folder(tmp_path / "b", "b"), berta.id).session_id
        rotation = records.trend(anna.id)[MOVEMENTS.index(Movement.ROTATION_LEFT)]
        assert [item.value.best_deg for item in rotation.points] == [40.0, 60.0, 75.0]
        assert [item.value.low_deg for item in rotation.points] == [36.0, 56.0, 71.0]
        assert rotation.points[0].value.reference_deg == 90.0
        limit = repeatability().limit_deg(Movement.ROTATION_LEFT)
        assert rotation.limit_deg == limit
        assert rotation.first_to_last.verdict is Verdict.MORE
        assert rotation.since_last.verdict is (Verdict.MORE if limit < 15 else Verdict.NONE)
        comparison = records.compare(ids[1], ids[0])
        assert (comparison.earlier.row.id, comparison.later.row.id) == (ids[0], ids[1])
        assert comparison.changes[Movement.ROTATION_LEFT].difference_deg == 35.0
        assert comparison.same_method
        with pytest.raises(InputError, match="same person"):
            records.compare(ids[0], other)
        with pytest.raises(InputError, match="two different"):
            records.compare(ids[0], ids[0])
