"""The safety questions: what stops, what a clinician may overrule, what is only noted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckrom.screening.safety import judge_answers, safety_questions

QUESTIONS = safety_questions()
ALL_NO = {question.id: "no" for question in QUESTIONS}
TIERS = {tier: [q.id for q in QUESTIONS if q.tier == tier] for tier in ("stop", "clinician", "sign")}


def test_every_danger_that_is_known_is_asked_for():
    wanted = {
        *("walking_balance", "clumsy_hands", "bladder_bowel", "electric_spine"),
        *("trauma_dangerous", "trauma_tingling", "trauma_65"),
        *("arterial", "instability", "surgery", "cancer", "fever"),
    }
    assert set(TIERS["stop"]) == wanted
    assert TIERS["clinician"] == ["sharp_neck_pain"]
    assert TIERS["sign"] == ["long_tingling", "nerve_like_pain"]


def test_the_gravest_are_asked_first():
    order = [("stop", "clinician", "sign").index(question.tier) for question in QUESTIONS]
    assert order == sorted(order)


def test_nothing_is_decided_before_all_are_answered():
    answers = dict(ALL_NO)
    del answers["fever"]
    verdict = judge_answers(answers | {"cancer": "yes"})
    assert (verdict.outcome, verdict.unanswered, verdict.because) == ("open", ("fever",), ())


def test_all_no_goes_on():
    assert judge_answers(ALL_NO).outcome == "go_on"


@pytest.mark.parametrize("question", TIERS["stop"])
def test_a_stop_sign_ends_it_and_nobody_overrules_it(question):
    verdict = judge_answers(ALL_NO | {question: "yes"})
    assert (verdict.outcome, verdict.because) == ("stop", (question,))


@pytest.mark.parametrize("question", TIERS["stop"])
def test_an_uncertain_stop_sign_can_be_cleared_by_a_clinician(question):
    verdict = judge_answers(ALL_NO | {question: "unsure"})
    assert (verdict.outcome, verdict.because) == ("clinician_only", (question,))


@pytest.mark.parametrize("answer", ["yes", "unsure"])
def test_sharp_pain_needs_a_clinician(answer):
    assert judge_answers(ALL_NO | {"sharp_neck_pain": answer}).outcome == "clinician_only"


def test_long_standing_signs_are_noted_and_stop_nothing():
    verdict = judge_answers(ALL_NO | {"long_tingling": "yes", "nerve_like_pain": "unsure"})
    assert (verdict.outcome, verdict.signs, verdict.because) == ("go_on", ("long_tingling",), ())


def test_an_answer_to_no_question_is_a_defect():
    with pytest.raises(ValueError, match="no such safety question"):
        judge_answers({"nonsense": "no"})


@given(st.fixed_dictionaries({q.id: st.sampled_from(["yes", "no", "unsure"]) for q in QUESTIONS}))
def test_going_on_means_that_nothing_grave_was_answered_otherwise_than_no(answers):
    verdict = judge_answers(answers)
    grave = [q.id for q in QUESTIONS if q.tier != "sign" and answers[q.id] != "no"]
    assert (verdict.outcome == "go_on") == (not grave)
    assert list(verdict.because) == grave
