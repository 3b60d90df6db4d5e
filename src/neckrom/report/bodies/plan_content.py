"""What the report of a session of a plan says: plan, repetitions, pain and test before and after."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.plans.plan_file import CLINICIAN, Plan
from neckrom.plans.result import ExerciseDone, PlanResult
from neckrom.report import wording
from neckrom.report.bodies.content import (
    Block,
    BodyContent,
    method_said,
    quality_said,
    statement_of,
    warnings_said,
)
from neckrom.report.content import Table
from neckrom.report.letterhead import NOBODY, Letterhead, facts_of
from neckrom.saying import figures
from neckrom.saying.grades import Grade
from neckrom.saying.plans import NONE, key_test_said, pain_said, plan_title, plan_verdict
from neckrom.saying.verdict import SAFETY_STOPS


def plan_content(result: PlanResult, texts: Messages | None = None, head: Letterhead = NOBODY) -> BodyContent:
    """Put a session of a plan into words.

    Parameters
    ----------
    result : PlanResult
    texts : Messages, optional
        English if not given.
    head : Letterhead
    """
    words = texts or load_messages(FALLBACK)
    text = partial(_text, words)
    rows = tuple(_rows(result, words))
    error = next((one.error_deg for one in result.sides if one.error_deg is not None), None)
    worth = [] if error is None else [text("counts", error=error)]
    return BodyContent(
        texts=words,
        title=text("title"),
        clip_name=wording.display_name(result.clip.name),
        tool=result.tool,
        facts=facts_of(head, result.created, words),
        logo=head.logo,
        verdict=plan_verdict(result, words),
        blocks_title=plan_title(result, words),
        blocks=tuple(_block(one, words) for one in result.sides),
        no_pictures="",
        advice=tuple(_advice(result, words)),
        source=tuple(_plan(result, words)),
        quantities_title=text("repetitions"),
        quantities=Table(
            tuple(text(name) for name in ("side", "time", "furthest", "outcome")),
            rows,
            tuple(Grade.CALM for _ in rows),
            (20, 25, 20, 35),
        ),
        charts=(),
        limits_title=text("worth"),
        limits=(*worth, text("alone")),
        quality=tuple(quality_said(result.quality, (), words)),
        warnings=tuple(warnings_said(result.quality, words)),
        method=tuple(method_said(result.tool, (), {}, words)),
        statement=statement_of(result.statement_key, result.statement, words),
        closing=words.text("verdict.no_diagnosis"),
    )


def _text(texts: Messages, key: str, **values: str | float) -> str:
    return texts.text(f"plan.report.{key}", **values)


def _block(one: ExerciseDone, texts: Messages) -> Block:
    text = partial(_text, texts)

    def whole(angle_deg: float | None) -> str:
        return NONE if angle_deg is None else figures.short_angle(abs(angle_deg))

    facts = [("before", _with_pain(one, texts, "before")), ("limit", whole(one.limit_deg))]
    facts += [("mark", whole(one.mark_deg))]
    if one.limit_deg is not None:
        facts.append(("counted", texts.text("plan.of", counted=one.counted, wanted=one.wanted)))
        facts += [
            (name, str(number)) for name in ("short", "past", "unseen") if (number := _number(one, name))
        ]
    facts.append(("after", _with_pain(one, texts, "after")))
    title = wording.sentence(texts.text(f"nerve.limb.{one.side}_leg")).removesuffix(".")
    return Block(title, "", Grade.NOTE, tuple((text(name), value) for name, value in facts if value != NONE))


def _number(one: ExerciseDone, outcome: str) -> int:
    return sum(each.outcome == outcome for each in one.repetitions)


def _with_pain(one: ExerciseDone, texts: Messages, when: str) -> str:
    test = one.before if when == "before" else one.after
    said = key_test_said(test, texts)
    if test is None:
        return said
    if test.interval95_deg is not None and test.angle_deg is not None and test.felt:
        low, high = test.interval95_deg
        said = texts.text("nerve.table.angle_interval", angle_deg=test.angle_deg, low_deg=low, high_deg=high)
    return said if test.pain is None else f"{said}, {texts.text(f'nerve.pain.{test.pain}')}"


def _rows(result: PlanResult, texts: Messages) -> Iterator[tuple[str, ...]]:
    for one in result.sides:
        for each in one.repetitions:
            yield (
                _text(texts, one.side),
                texts.text("nerve.table.from_to", start_s=each.start_s, end_s=each.end_s),
                figures.short_angle(abs(each.furthest_deg)),
                texts.text(f"plan.outcome.{each.outcome}"),
            )


def _advice(result: PlanResult, texts: Messages) -> Iterator[str]:
    if result.stop_reason in SAFETY_STOPS:
        yield _text(texts, "next_stopped")
        return
    before, after = result.pain_before, result.pain_after
    if before is not None and after is not None and after > before:
        yield _text(texts, "next_worse")
    if result.retest_on is not None:
        yield _text(texts, "next", date=figures.long_day(result.retest_on, texts))


def _plan(result: PlanResult, texts: Messages) -> Iterator[tuple[str, str]]:
    text = partial(_text, texts)
    plan = result.plan
    yield text("plan"), f"{plan_title(result, texts)} ({wording.display_name(result.plan_name, 80)})"
    yield text("chosen"), wording.display_name(result.clinician, 200) if result.clinician else text("runner")
    yield text("test"), texts.text(f"nerve.kind.{result.test}")
    yield text("pain"), pain_said(result)
    if result.retest_on is not None:
        yield text("retest"), figures.day(result.retest_on)
    yield text("source"), wording.display_name(plan.source, 500)
    for name, value, source in _numbers(plan):
        why = text("from_clinician") if source == CLINICIAN else wording.display_name(source, 500)
        yield text(name), f"{value} ({why})"


def _numbers(plan: Plan) -> Iterator[tuple[str, str, str]]:
    yield "how_many", f"{plan.repetitions.value}", plan.repetitions.source
    if plan.out_s is not None:
        yield "how_slow", f"{plan.out_s.value:g}", plan.out_s.source
    if plan.below_symptom_deg is not None:
        yield "how_far", f"{plan.below_symptom_deg.value:g}", plan.below_symptom_deg.source
    yield "days", f"{plan.retest_days.value}", plan.retest_days.source
