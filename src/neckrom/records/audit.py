"""The log of a store: who opened, changed, exported and deleted what, and when.

Rows are only ever added; the database refuses to change them. They hold ids, never a name, a note or a
figure, so that what is deleted stays deleted.
"""

from __future__ import annotations

import platform
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache

from sqlalchemy import Connection, insert, select

from neckrom.operating_system import user_name
from neckrom.records.schema import AuditEntry


class Action(StrEnum):
    """What was done."""

    ADDED = "added"
    OPENED = "opened"
    CHANGED = "changed"
    IMPORTED = "imported"
    REPLACED = "replaced"
    SCREENED = "screened"
    NOTED = "noted"
    COMPARED = "compared"
    EXPORTED = "exported"
    HANDED_OUT = "handed out"
    BACKED_UP = "backed up"
    RESTORED = "restored"
    MOVED = "moved"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log.

    Attributes
    ----------
    at : datetime
        By the clock of the machine on which it was done.
    actor : str
        User of the operating system, and machine.
    action : str
    person_id, session_id : str or None
    detail : str
        Such as the form of an export; never a name or a figure.
    """

    at: datetime
    actor: str
    action: str
    person_id: str | None
    session_id: str | None
    detail: str


@cache
def actor() -> str:
    """Who runs this process, as the operating system knows them."""
    text = f"{user_name()}@{platform.node()}"[:200]
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def write_entry(
    connection: Connection,
    action: Action,
    person_id: str | None = None,
    session_id: str | None = None,
    detail: str = "",
    *,
    entry_id: str | None = None,
) -> None:
    """Add a line, in the transaction that does what it says."""
    connection.execute(
        insert(AuditEntry).values(
            id=entry_id or secrets.token_hex(16),
            at=datetime.now(UTC),
            actor=actor(),
            action=action.value,
            person_id=person_id,
            session_id=session_id,
            detail=detail[:200],
        )
    )


def read_entries(
    connection: Connection,
    person_id: str | None = None,
    session_id: str | None = None,
    limit: int | None = None,
) -> list[LogEntry]:
    """Lines of the log, newest first."""
    query = select(
        AuditEntry.at,
        AuditEntry.actor,
        AuditEntry.action,
        AuditEntry.person_id,
        AuditEntry.session_id,
        AuditEntry.detail,
    ).order_by(AuditEntry.at.desc(), AuditEntry.id)
    if person_id is not None:
        query = query.where(AuditEntry.person_id == person_id)
    if session_id is not None:
        query = query.where(AuditEntry.session_id == session_id)
    return [LogEntry(*row) for row in connection.execute(query.limit(limit))]


def has_entry(connection: Connection, entry_id: str) -> bool:
    """Whether a line was written: what was done in its transaction was done too."""
    return connection.execute(select(AuditEntry.id).where(AuditEntry.id == entry_id)).first() is not None
