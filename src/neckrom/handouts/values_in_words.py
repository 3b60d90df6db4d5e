"""Values and changes of the records as figures; how they are rounded and said stands in :mod:`neckrom.saying`."""

from __future__ import annotations

from neckrom.messages import Messages
from neckrom.records.limits import Limits
from neckrom.records.trends import Change, MeasuredValue, Repeatability, Verdict
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


def error_lines(limits: Repeatability | Limits, texts: Messages, *, drawn: bool = False) -> tuple[str, ...]:
    """Beyond what a change is called one, whose figure that is, and how it stands to changes from day to day.

    Parameters
    ----------
    limits : Repeatability or Limits
    texts : Messages
    drawn : bool
        The line also explains the drawing of a course.
    """
    own = limits.own if isinstance(limits, Limits) else None
    if own is not None:
        key = "study.course_error" if drawn else "study.error"
        told: dict[str, str | int] = {
            "people": own.people,
            "device": f"study.device.{own.reference}",
            "study": own.study,
        }
        days = "study.between_days" if own.between_days else "course.day_to_day"
        return (texts.text(key, **told), texts.text(days))
    published = limits.published
    source = published.citation.partition(",")[0]
    lines = [
        texts.text("course.error" if drawn else "pages.error", limit=published.mdc_deg, source=source),
        texts.text("course.day_to_day"),
    ]
    if limits.placeholder:
        lines.append(texts.text("course.preliminary"))
    if isinstance(limits, Limits) and limits.unused is not None:
        name = "" if limits.site is None else limits.site.study
        lines.append(
            texts.text("study.not_used", study=name, why=f"study.why.{limits.unused}").replace(" ()", "")
        )
    return tuple(lines)
