"""Statements of the core as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from neckrom.messages import FALLBACK, Messages, load_messages, parameters
from neckrom.statement import Statement, Value
from neckrom.types import Notice

_NAMES = frozenset({"word", "words", "key", "keys"})
_NUMBERS = frozenset({"int", "number", "deg", "bound", "percent"})


def said(statement: Statement, texts: Messages) -> str:
    """A statement in words."""
    return texts.text(statement.key, **statement.values)


def all_said(statements: Sequence[Statement], texts: Messages) -> str:
    """Several statements, one after the other."""
    return " ".join(said(statement, texts) for statement in statements)


def in_english(*statements: Statement) -> str:
    """As ``result.json`` keeps it beside the keys: in English, with "deg" spelled out."""
    return all_said(statements, load_messages(FALLBACK)).replace("°", " deg")


def said_or(statements: Sequence[Statement], kept: str, texts: Messages) -> str:
    """Statements in words; where there are none, or ones that cannot be said here, what was kept in English."""
    if statements and all(_fits(statement, texts) for statement in statements):
        return all_said(statements, texts)
    return kept


def _fits(statement: Statement, texts: Messages) -> bool:
    """Whether the text is there and has what it needs: a file of somebody else's may hold anything."""
    text = texts.texts.get(statement.key)
    return text is not None and all(
        _can_be_said(statement.values.get(name), kind, texts) for name, kind in parameters(text).items()
    )


def _can_be_said(value: Value | None, kind: str, texts: Messages) -> bool:
    if value is None:
        return False
    if kind in _NAMES:
        names = value if isinstance(value, tuple) else (str(value),)
        before = "word." if kind.startswith("word") else ""
        return all(f"{before}{name}" in texts.texts for name in names)
    return isinstance(value, int | float) if kind in _NUMBERS else not isinstance(value, tuple)


def statement_of(sentence: str) -> Statement | None:
    """The statement in a sentence that knows which one it is; None where it does not."""
    if not isinstance(sentence, Notice):
        return None
    return Statement(key=f"notice.{sentence.key}", values=dict(sentence.values))


def norm_words(text: str, texts: Messages) -> str:
    """What a norm set says of its values: of the sets that ship in the reader's language, else as it stands there."""
    if texts.language == FALLBACK:
        return text
    english = load_messages(FALLBACK).texts
    key = next((key for key in _norm_keys() if english[key] == text), None)
    return text if key is None else texts.text(key)


@cache
def _norm_keys() -> tuple[str, ...]:
    return tuple(key for key in load_messages(FALLBACK).texts if key.startswith("norms."))
