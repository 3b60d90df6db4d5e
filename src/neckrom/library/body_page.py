"""How runs, postures and nerve tests show themselves in a notebook: verdict, table and notes; nothing is fetched."""

from __future__ import annotations

from neckrom.library.page import html_of_parts
from neckrom.messages import FALLBACK, load_messages
from neckrom.nerve.result import NerveResult
from neckrom.posture.result import PostureResult
from neckrom.report.bodies.content import BodyContent
from neckrom.report.bodies.nerve_content import nerve_content
from neckrom.report.bodies.posture_content import posture_content
from neckrom.report.bodies.run_content import run_content
from neckrom.running.result import RunResult

BodyResult = RunResult | PostureResult | NerveResult


def html_of_body(result: BodyResult) -> str:
    """A result as HTML, in English; every word from a file is escaped.

    Parameters
    ----------
    result : RunResult, PostureResult or NerveResult

    Returns
    -------
    str
        One ``div``, without a figure: a result has no curves and no pictures.
    """
    content = _content(result)
    return html_of_parts(
        content.clip_name, content.verdict, content.quantities, content.warnings, content.statement
    )


def _content(result: BodyResult) -> BodyContent:
    texts = load_messages(FALLBACK)
    if isinstance(result, RunResult):
        return run_content(result, (), {}, texts)
    if isinstance(result, PostureResult):
        return posture_content(result, (), texts)
    return nerve_content(result, None, {}, texts)
