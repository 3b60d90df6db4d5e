"""Values and changes of the records as figures; how they are rounded and said stands in :mod:`neckrom.saying`."""

from __future__ import annotations

from neckrom.messages import Messages
from neckrom.records.trends import Change, MeasuredValue, Verdict, repeatability
from neckrom.saying import figures

NONE = figures.NONE


def best(value: MeasuredValue) -> str:
    """Best trial of a movement: "25°", "≥ 55°", or a dash where there is none."""
    return figures.short_angle(value.best_deg, bound=value.lower_bound)


def best_with_interval(value: MeasuredValue) -> str:
    """The same with its 95 % interval: "44° (40–48°)"."""
    return best(value) + figures.in_brackets(value.low_deg, value.high_deg)


def interval(value: MeasuredValue) -> str:
    """95 % interval of the best trial."""
    return figures.short_interval(value.low_deg, value.high_deg)


def difference(change: Change, texts: Messages) -> str:
    """A change with its sign; a dash where nothing can be told."""
    if change.difference_deg is None or change.verdict is Verdict.UNKNOWN:
        return NONE
    return figures.change(change.difference_deg, texts, bound=change.at_least)


def error(change_limit_deg: float, texts: Messages) -> str:
    """What measuring alone may change."""
    return figures.plus_minus(change_limit_deg, texts)


def verdict_words(change: Change, texts: Messages) -> str:
    """Whether a change is one."""
    return texts.text(f"pages.verdict.{change.verdict.value}")


def change_words(change: Change, texts: Messages) -> str:
    """Difference and verdict in one line."""
    size = difference(change, texts)
    said = verdict_words(change, texts)
    return said if size == NONE else f"{size}: {said}"


def error_words(texts: Messages) -> str:
    """Beyond what a change is called one, and whose figure that is."""
    published = repeatability().published
    source = published.citation.partition(",")[0]
    return texts.text("pages.error", limit=published.mdc_deg, source=source)
