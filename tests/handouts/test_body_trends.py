"""Drawings of tests, pain and turns over time: what is drawn, what is marked, what is not drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.handouts.body_course import Apart, drawn
from neckrom.handouts.body_trends import body_trends
from neckrom.handouts.trend_drawing import LEFT, RIGHT, Mark, dates_under, path_through
from neckrom.handouts.trend_on_paper import trend_grid
from neckrom.messages import LANGUAGES, load_messages
from neckrom.records.sessions import SessionRow
from neckrom.records.views import NerveSeen, PlanSeen, UpperBackSeen
from tests.records.body_folders import nerve_result
from tests.records.plan_folders import key_test, plan_result, side
from tests.upper_back.folders import turned

ENGLISH = load_messages("en")


def row(day: str) -> SessionRow:
    values = dict.fromkeys(SessionRow.__dataclass_fields__)
    values |= {"id": f"S-{day}", "measured": datetime.fromisoformat(f"{day}T10:00:00+01:00")}
    return SessionRow(**values)


def raised(day: str, *angles_deg: float | None, pain: str | None = "own", **changes) -> NerveSeen:
    """A straight leg raise of the right leg; without an angle nothing was felt, or where with pain it was not read."""
    result = nerve_result()
    trial = result.trials[0]
    trials = tuple(
        trial.model_copy(
            update={
                "leg": "right",
                "symptom_angle_deg": angle,
                "interval95_deg": None if angle is None else (angle - 5 - place, angle + 5 + place),
                "symptom_s": None if angle is None else 3.0,
                "pain": pain,
            }
        )
        for place, angle in enumerate(angles_deg)
    )
    return NerveSeen(row(day), result.model_copy(update={"trials": trials, **changes}))


def planned(day: str, before: float = 50.0, **changes) -> PlanSeen:
    sides = (side("left", key_test(before)),)
    return PlanSeen(row(day), plan_result(sides=sides, **changes))


def test_each_side_has_its_angles_with_intervals_in_the_order_of_time():
    found = body_trends((raised("2026-03-08", 60.0), raised("2026-03-01", 40.0, 50.0)), (), (), ENGLISH)
    ((drawing,),) = found.drawings
    first, last = drawing.marks
    assert (drawing.title, first.label, last.label) == ("Straight leg raise, right", "45°", "60°")
    assert first.y > last.y
    # several trials: their mean with the widest interval, 6 deg to each side
    assert first.low_y - first.high_y == pytest.approx((last.low_y - last.high_y) * 6 / 5, abs=0.2)
    assert "2026-03-01 45° (39–51°)" in drawing.words
    assert [label for _, label in drawing.dates] == ["2026-03-01", "2026-03-08"]
    assert drawing.dated_line is None
    assert drawing.verdict == ""


def test_one_session_alone_is_not_drawn():
    found = body_trends(
        (raised("2026-03-01", 40.0),),
        (planned("2026-03-02"),),
        (UpperBackSeen(row("2026-03-01"), turned()),),
        ENGLISH,
    )
    assert (found.drawings, found.lines) == ((), ())
    assert drawn(Apart(), ENGLISH) == ()


def test_a_test_without_an_angle_and_a_stopped_one_are_marked_and_said():
    tests = (
        raised("2026-03-29", 55.0),
        raised("2026-03-22", 45.0, stop_reason="pain"),
        raised("2026-03-15", None),
        raised("2026-03-08", None, pain=None),
        raised("2026-03-01", 40.0),
    )
    ((drawing,),) = body_trends(tests, (), (), ENGLISH).drawings
    assert [mark.shape for mark in drawing.marks] == ["dot", "ring", "cross", "dot", "dot"]
    assert [mark.stopped for mark in drawing.marks] == [False, False, False, True, False]
    assert drawing.verdict == "ring: nothing felt (1); cross: angle not known (1); square: stopped early (1)"
    assert "2026-03-08 nothing felt" in drawing.words
    assert "2026-03-22 45° (40–50°) (stopped early)" in drawing.words
    axis = next(y for y, label in drawing.ticks if label == "0°")
    assert all(mark.y > axis for mark in drawing.marks if not mark.known)
    assert drawing.path.count("M") == 2  # broken where the angle is not known


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"stop_reason": "pain"}, id="stopped"),
        pytest.param({"reading_statements": ()}, id="not-known-what-was-asked"),
    ],
)
def test_nothing_felt_is_only_said_of_a_test_that_went_to_its_end(changes):
    tests = (raised("2026-03-08", None, pain=None, **changes), raised("2026-03-01", 40.0))
    ((drawing,),) = body_trends(tests, (), (), ENGLISH).drawings
    assert drawing.marks[-1].shape == "cross"


def test_a_side_without_any_angle_has_a_line_in_place_of_an_empty_drawing():
    tests = (raised("2026-03-08", None), raised("2026-03-01", None))
    found = body_trends(tests, (), (), ENGLISH)
    assert found.drawings == ()
    assert found.lines == (
        "Straight leg raise, right: not drawn, no session has a value (cross: angle not known (2)).",
    )


def test_a_plan_has_its_tests_its_pain_and_the_day_of_the_next_test():
    plans = (
        planned("2026-03-15", 60.0, pain_before=2, pain_after=None, retest_on="2026-04-01"),
        planned("2026-03-08", 55.0, pain_before=4, pain_after=2, retest_on="2026-03-20"),
    )
    angles, pains = body_trends((), plans, (), ENGLISH).drawings
    assert [drawing.title for drawing in pains] == [
        "Pain before the plan (0 to 10)",
        "Pain after the plan (0 to 10)",
    ]
    assert [mark.label for mark in pains[0].marks] == ["4", "2"]
    assert [mark.shape for mark in pains[1].marks] == ["dot", "cross"]
    assert pains[1].verdict == "cross: not said (1)"
    assert angles[0].marks[0].low_y is not None
    for drawing in (*angles, *pains):
        assert drawing.dated_line.label == "re-test 2026-04-01"
        assert drawing.marks[-1].x < drawing.dated_line.x <= RIGHT
        assert drawing.words.endswith("re-test 2026-04-01.")


def test_turns_of_the_trunk_have_both_sides():
    first, last = turned(), turned(rotation_left=None)
    seen = (UpperBackSeen(row("2026-03-08"), last), UpperBackSeen(row("2026-03-01"), first))
    ((left, right),) = body_trends((), (), seen, ENGLISH).drawings
    assert (left.title, right.title) == ("Trunk turned to the left", "Trunk turned to the right")
    assert [mark.shape for mark in left.marks] == ["dot", "cross"]
    assert right.marks[0].label.endswith("°")


def test_positions_of_an_arm_have_drawings_of_their_own():
    def arms(day: str) -> NerveSeen:
        seen = raised(day, 80.0, 90.0)
        positions = ("side", "bent_overhead")
        trials = tuple(
            trial.model_copy(update={"leg": None, "arm": "left", "position": position})
            for trial, position in zip(seen.result.trials, positions, strict=True)
        )
        return NerveSeen(seen.row, seen.result.model_copy(update={"kind": "arms", "trials": trials}))

    found = body_trends((arms("2026-03-08"), arms("2026-03-01")), (), (), ENGLISH)
    assert [drawing.title for group in found.drawings for drawing in group] == [
        "Arm out to the side, left",
        "Arm bent overhead, elbow, left",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_every_language(language):
    texts = load_messages(language)
    plans = (planned("2026-03-15"), planned("2026-03-08", stop_reason="tired", retest_on=None))
    (detail,) = drawn(Apart(plans=plans), texts)
    assert detail.title == texts.text("course.drawn.title")
    assert texts.text("course.drawn.shape.stopped", number=1) in detail.drawings[0][0].verdict


def test_drawings_stand_side_by_side_on_paper_however_long_the_words_over_them_are():
    tests = (raised("2026-03-08", None, pain=None), raised("2026-03-01", 40.0))
    ((drawing,),) = body_trends(tests, (), (), ENGLISH).drawings
    long = replace(drawing, verdict="; ".join([drawing.verdict] * 4))
    grid = trend_grid((drawing, long), "none", 400.0)
    short, wrapped = (sum(part.wrap(196.0, 1000)[1] for part in cell) for cell in grid._cellvalues[0])
    assert short == pytest.approx(wrapped)
    assert long.verdict != drawing.verdict


days = st.lists(st.floats(LEFT + 18, RIGHT - 18).map(lambda x: round(x, 1)), min_size=1, max_size=6)


@given(days)
def test_dates_never_run_into_each_other(places):
    found = dates_under([(x, f"day {n}") for n, x in enumerate(sorted(places))])
    assert found[0][1] == "day 0"
    assert all(LEFT <= x <= RIGHT for x, _ in found)
    if len(places) > 1:
        assert found[1][1] == f"day {len(places) - 1}"
        assert found[1][0] - found[0][0] >= 71.9


@given(st.lists(st.sampled_from(["dot", "triangle", "ring", "cross"]), max_size=8))
def test_a_line_joins_known_values_alone(shapes):
    marks = [Mark(float(n), 1.0, None, None, "", 0.0, shape=shape) for n, shape in enumerate(shapes)]
    path = path_through(marks)
    known = [mark.known for mark in marks]
    assert path.count("M") + path.count("L") == sum(known)
    assert path.count("L") == sum(a and b for a, b in pairwise(known))
