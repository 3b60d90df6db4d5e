"""Values of the records in words and figures, as the pages show them."""

from __future__ import annotations

from neckrom.errors import NeckromError
from neckrom.messages import Messages
from neckrom.records.in_words import NONE, difference
from neckrom.records.people import RefusedValueError
from neckrom.records.trends import Change


def verdict_words(change: Change, texts: Messages) -> str:
    """Whether a change is one."""
    return texts.text(f"pages.verdict.{change.verdict.value}")


def change_words(change: Change, texts: Messages) -> str:
    """Difference and verdict in one line."""
    size = difference(change, texts)
    said = verdict_words(change, texts)
    return said if size == NONE else f"{size}: {said}"


def refusal(error: NeckromError, texts: Messages) -> str:
    """What is wrong with something that was typed; in the language of the page where it has the words."""
    if not isinstance(error, RefusedValueError):
        return str(error)
    number: dict[str, str | float] = {} if error.number is None else {"number": error.number}
    return texts.text(f"pages.refused.{error.key}", **number)
