"""Values of the records in words and figures, as the pages show them."""

from __future__ import annotations

from datetime import datetime

from neckrom.errors import NeckromError
from neckrom.messages import Messages
from neckrom.records.in_words import NONE
from neckrom.records.people import RefusedValueError
from neckrom.records.trends import Change, MeasuredValue, Verdict


def day(moment: datetime) -> str:
    """As in 2026-03-14, where the user is."""
    return f"{moment.astimezone():%Y-%m-%d}"


def interval(value: MeasuredValue) -> str:
    """95 % interval of the best trial."""
    if value.low_deg is None:
        return NONE
    if value.high_deg is None:
        return f"≥ {value.low_deg:.0f}°"
    return f"{value.low_deg:.0f}–{value.high_deg:.0f}°"


def difference(change: Change) -> str:
    """With its sign; a dash where nothing can be told."""
    if change.difference_deg is None or change.verdict is Verdict.UNKNOWN:
        return NONE
    bound = "≥ " if change.at_least and change.verdict is Verdict.MORE else ""
    whole = round(change.difference_deg)
    return f"{bound}{whole:+d}°".replace("-", "−") if whole else "0°"


def verdict_words(change: Change, texts: Messages) -> str:
    """Whether a change is one."""
    return texts.text(f"pages.verdict.{change.verdict.value}")


def change_words(change: Change, texts: Messages) -> str:
    """Difference and verdict in one line."""
    figures = difference(change)
    said = verdict_words(change, texts)
    return said if figures == NONE else f"{figures}: {said}"


def refusal(error: NeckromError, texts: Messages) -> str:
    """What is wrong with something that was typed; in the language of the page where it has the words."""
    if not isinstance(error, RefusedValueError):
        return str(error)
    number: dict[str, str | float] = {} if error.number is None else {"number": error.number}
    return texts.text(f"pages.refused.{error.key}", **number)


def moment(when: datetime) -> str:
    """Day and time, where the user is."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}"
