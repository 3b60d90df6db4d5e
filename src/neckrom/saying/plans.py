"""The session of a plan in words: what was done, what became of the test, pain, and when to test again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from neckrom.messages import Messages
from neckrom.plans.result import ExerciseDone, KeyTest, PlanResult
from neckrom.saying import figures
from neckrom.saying.grades import GRADES, Grade
from neckrom.saying.names import display_name
from neckrom.saying.verdict import SAFETY_STOPS, Finding, Verdict

NONE = "–"


def plan_title(result: PlanResult, texts: Messages) -> str:
    """The plan's name: in the reader's language where it ships, else as its file has it."""
    key = f"plan.name.{result.plan_name}"
    if result.plan_shipped and key in texts.texts:
        return texts.text(key)
    return display_name(result.plan.title, 120)


def plan_verdict(result: PlanResult, texts: Messages) -> Verdict:
    """What there is to say of a session of a plan, the most important first.

    Parameters
    ----------
    result : PlanResult
    texts : Messages
    """
    findings = sorted(_findings(result, texts), key=lambda one: GRADES.index(one.grade))
    return Verdict(findings=tuple(findings), grade=findings[0].grade, meaning="")


def _findings(result: PlanResult, texts: Messages) -> Iterator[Finding]:
    if result.stop_reason in SAFETY_STOPS:
        yield Finding("stopped", Grade.STOP, texts.text(f"plan.stopped.{result.stop_reason}"))
    elif result.stop_reason is not None:
        yield Finding("ended", Grade.NOTE, texts.text("plan.ended_early"))
    for one in result.sides:
        leg = f"nerve.limb.{one.side}_leg"
        if one.why_not:
            yield Finding("not_done", Grade.OPEN, texts.text(f"plan.none.{one.why_not}", limb=leg))
        elif one.limit_deg is not None:
            told = texts.text("plan.counted", limb=leg, counted=one.counted, wanted=one.wanted)
            yield Finding("counted", Grade.NOTE, told)
        past = one.number_of("past")
        if past:
            yield Finding("past", Grade.CAUTION, texts.text("plan.past", limb=leg, number=past))
        if one.felt:
            yield Finding("felt", Grade.CAUTION, texts.text("plan.felt", limb=leg, number=one.felt))
        if _tested_again_or_should_be(one, result):
            yield _change(one, leg, texts)
    pain = _pain(result, texts)
    if pain is not None:
        yield pain


def _tested_again_or_should_be(one: ExerciseDone, result: PlanResult) -> bool:
    """Whether there is something to say of the test afterwards: not of a leg never tested, nor after a stop."""
    if one.after is not None:
        return True
    return one.before is not None and result.stop_reason is None


def _change(one: ExerciseDone, leg: str, texts: Messages) -> Finding:
    if one.change == "unknown" or one.change_deg is None:
        gone = one.before is not None and one.after is not None and one.before.felt and not one.after.felt
        came = one.before is not None and one.after is not None and not one.before.felt and one.after.felt
        key = "gone" if gone else "came" if came else "unknown"
        return Finding(
            "change", Grade.NOTE if gone else Grade.OPEN, texts.text(f"plan.change.{key}", limb=leg)
        )
    grade = Grade.CAUTION if one.change == "less_far" else Grade.NOTE
    told = texts.text(f"plan.change.{one.change}", limb=leg, by_deg=abs(one.change_deg))
    return Finding("change", grade, told)


def _pain(result: PlanResult, texts: Messages) -> Finding | None:
    before, after = result.pain_before, result.pain_after
    if before is None or after is None:
        return None
    grade = Grade.CAUTION if after > before else Grade.NOTE
    return Finding("pain", grade, texts.text("plan.pain", before=before, after=after))


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One session in a line, as its course shows it.

    Attributes
    ----------
    plan, left, right, repetitions, pain, retest : str
        Of each side the test before and after; a dash where there is none.
    """

    plan: str
    left: str
    right: str
    repetitions: str
    pain: str
    retest: str


def plan_line(result: PlanResult, texts: Messages) -> PlanLine:
    """Put a session into a line.

    Parameters
    ----------
    result : PlanResult
    texts : Messages
    """
    by_side = {one.side: one for one in result.sides}
    done = "; ".join(
        texts.text("plan.of", counted=one.counted, wanted=one.wanted)
        for one in (by_side.get("left"), by_side.get("right"))
        if one is not None and one.limit_deg is not None
    )
    stopped = result.stop_reason in SAFETY_STOPS
    return PlanLine(
        plan=plan_title(result, texts),
        left=_ends(by_side.get("left"), texts),
        right=_ends(by_side.get("right"), texts),
        repetitions=(done or NONE) + (f", {texts.text('plan.stopped_short')}" if stopped else ""),
        pain=pain_said(result),
        retest=NONE if result.retest_on is None else figures.day(result.retest_on),
    )


def pain_said(result: PlanResult) -> str:
    """Pain before and after, of ten."""
    if result.pain_before is None and result.pain_after is None:
        return NONE
    return " → ".join(
        figures.short_pain(level) if level is not None else NONE
        for level in (result.pain_before, result.pain_after)
    )


def _ends(one: ExerciseDone | None, texts: Messages) -> str:
    if one is None or (one.before is None and one.after is None):
        return NONE
    return " → ".join(key_test_said(each, texts) for each in (one.before, one.after))


def key_test_said(test: KeyTest | None, texts: Messages) -> str:
    """The angle of a key test; of one in which nothing was felt, how far it went."""
    if test is None:
        return NONE
    if test.angle_deg is None:
        return texts.text("nerve.table.not_measured")
    angle = texts.text("nerve.table.angle", angle_deg=test.angle_deg)
    return angle if test.felt else texts.text("plan.nothing_to", angle=angle)
