"""A session of a plan in words: what was never tested, or stopped before it could be, is not missed."""

from __future__ import annotations

from neckrom.messages import load_messages
from neckrom.saying.grades import Grade
from neckrom.saying.plans import plan_verdict
from tests.records.plan_folders import plan_result, side

NEVER = {
    "before": None,
    "after": None,
    "change": "unknown",
    "change_deg": None,
    "repetitions": (),
    "counted": 0,
}


def lines(**changes) -> list[tuple[str, Grade]]:
    verdict = plan_verdict(plan_result(**changes), load_messages("en"))
    return [(one.name, one.grade) for one in verdict.findings]


def test_a_stop_is_all_that_there_is_to_say_of_the_test_afterwards():
    stopped = side("left", **{"after": None, "change": "unknown", "change_deg": None})
    stopped = stopped.model_copy(update={"after": None})
    said = lines(sides=(stopped,), stop_reason="pain", pain_after=None)
    assert said == [("stopped", Grade.STOP), ("counted", Grade.NOTE)]
    assert ("change", Grade.OPEN) in lines(sides=(stopped,), pain_after=None)


def test_of_a_leg_that_was_never_tested_no_test_afterwards_is_missed():
    never = side("right").model_copy(update=NEVER | {"mark_deg": None, "limit_deg": None})
    said = lines(sides=(side("left"), never))
    assert [name for name, _ in said].count("change") == 1
