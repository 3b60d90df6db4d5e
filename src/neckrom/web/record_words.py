"""What is wrong with something that was typed, as the pages say it."""

from __future__ import annotations

from neckrom.errors import NeckromError
from neckrom.messages import Messages
from neckrom.records.people import RefusedValueError
from neckrom.web.page_words import in_page_words


def in_own_words(error: NeckromError) -> bool:
    """Whether the pages have words for it, in each language."""
    return error.on_page is not None or isinstance(error, RefusedValueError)


def refusal(error: NeckromError, texts: Messages) -> str:
    """What is wrong, in the language of the page where it has the words; else in English, without commands."""
    if error.on_page is not None:
        key, values = error.on_page
        return texts.text(f"pages.wrong.{key}", **values)
    if not isinstance(error, RefusedValueError):
        return in_page_words(str(error))
    number: dict[str, str | float] = {} if error.number is None else {"number": error.number}
    return texts.text(f"pages.refused.{error.key}", **number)
