"""What is wrong with something that was typed, as the pages say it."""

from __future__ import annotations

from neckrom.errors import NeckromError
from neckrom.messages import Messages
from neckrom.records.people import RefusedValueError
from neckrom.web.page_words import in_page_words


def refusal(error: NeckromError, texts: Messages) -> str:
    """What is wrong with something that was typed; in the language of the page where it has the words."""
    if not isinstance(error, RefusedValueError):
        return in_page_words(str(error))
    number: dict[str, str | float] = {} if error.number is None else {"number": error.number}
    return texts.text(f"pages.refused.{error.key}", **number)
