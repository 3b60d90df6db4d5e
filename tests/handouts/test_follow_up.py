"""What a course says first of nerve tests and plans: a stop, or when the test is due again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from neckrom.handouts.body_course import Apart, follow_up
from neckrom.messages import load_messages
from neckrom.saying.grades import Grade
from tests.records.body_folders import nerve_result
from tests.records.plan_folders import plan_result
from tests.upper_back.folders import turned

ENGLISH = load_messages("en")


@dataclass(frozen=True)
class Row:
    measured: datetime


@dataclass(frozen=True)
class Seen:
    row: Row
    result: object


def seen(day, result):
    return Seen(Row(datetime(2026, 4, day, tzinfo=UTC)), result)


def test_a_newest_session_that_was_stopped_comes_before_anything_else():
    plan = plan_result("s", "2026-04-01T10:00:00+01:00")
    stopped = nerve_result(stop_reason="pain")
    (first,) = follow_up(Apart(nerve_tests=(seen(8, stopped),), plans=(seen(1, plan),)), ENGLISH)
    assert first.grade is Grade.STOP
    assert first.text.startswith("2026-04-08: The session was stopped because of pain")


def test_a_plan_that_goes_on_names_the_day_of_the_next_test():
    plan = plan_result("s", "2026-04-15T10:00:00+01:00")
    stopped = nerve_result(stop_reason="pain")
    (first,) = follow_up(Apart(nerve_tests=(seen(8, stopped),), plans=(seen(15, plan),)), ENGLISH)
    assert first.grade is Grade.NOTE
    assert plan.retest_on.isoformat() in first.text
    assert follow_up(Apart(), ENGLISH) == ()


def test_a_session_of_turning_the_trunk_that_was_stopped_counts_like_any_other():
    stopped, plan = turned(stop_reason="nausea"), plan_result("s", "2026-04-01T10:00:00+01:00")
    (first,) = follow_up(Apart(upper_backs=(seen(8, stopped),), plans=(seen(1, plan),)), ENGLISH)
    assert first.grade is Grade.STOP
    (first,) = follow_up(Apart(upper_backs=(seen(8, turned()),), plans=(seen(1, plan),)), ENGLISH)
    assert first.grade is Grade.NOTE
