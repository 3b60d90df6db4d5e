"""The verdict of a session, whichever kind it is of: what lists show."""

from __future__ import annotations

from neckrom.messages import Messages
from neckrom.nerve.result import NerveResult
from neckrom.plans.result import PlanResult
from neckrom.posture.result import PostureResult
from neckrom.result import Result
from neckrom.running.result import RunResult
from neckrom.saying.nerve_tests import nerve_verdict
from neckrom.saying.plans import plan_verdict
from neckrom.saying.postures import posture_verdict
from neckrom.saying.runs import run_verdict
from neckrom.saying.upper_backs import upper_back_verdict
from neckrom.saying.verdict import Verdict, verdict_of
from neckrom.upper_back.result import UpperBackResult


def verdict_of_any(
    result: Result | RunResult | PostureResult | NerveResult | PlanResult | UpperBackResult, texts: Messages
) -> Verdict:
    """Everything to be said of a session, the most important first."""
    if isinstance(result, RunResult):
        return run_verdict(result, texts)
    if isinstance(result, PostureResult):
        return posture_verdict(result, texts)
    if isinstance(result, NerveResult):
        return nerve_verdict(result, texts)
    if isinstance(result, PlanResult):
        return plan_verdict(result, texts)
    if isinstance(result, UpperBackResult):
        return upper_back_verdict(result, texts)
    return verdict_of(result, texts)
