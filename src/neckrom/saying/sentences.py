"""Statements of the core as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.statement import Statement
from neckrom.types import Notice


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
    """Statements in words; where there are none, or of a newer kind, what was kept in English."""
    if statements and all(statement.key in texts.texts for statement in statements):
        return all_said(statements, texts)
    return kept


def statement_of(sentence: str) -> Statement | None:
    """The statement in a sentence that knows which one it is; None where it does not."""
    if not isinstance(sentence, Notice):
        return None
    return Statement(key=f"notice.{sentence.key}", values=dict(sentence.values))
