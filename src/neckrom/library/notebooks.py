"""Which results show themselves in notebooks; how they do is loaded when the first one is shown."""

from __future__ import annotations

from neckrom.nerve.result import NerveResult
from neckrom.posture.result import PostureResult
from neckrom.result import shown_by
from neckrom.running.result import RunResult


def show_in_notebooks() -> None:
    """Have runs, postures and nerve tests shown as pages; once more changes nothing."""
    shown_by(RunResult, _page)
    shown_by(PostureResult, _page)
    shown_by(NerveResult, _page)


def _page(result: RunResult | PostureResult | NerveResult) -> str:
    from neckrom.library.body_page import html_of_body  # noqa: PLC0415  (slow to load)

    return html_of_body(result)
