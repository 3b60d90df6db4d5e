"""Statements of the core as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.statement import Statement


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
    """Statements in words; where there are none (a result of an older form) what was kept in English."""
    return all_said(statements, texts) if statements else kept
