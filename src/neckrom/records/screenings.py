"""Answers of neck screens, as they are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from neckrom.records import people
from neckrom.records.ids import new_screening_id
from neckrom.records.schema import Screening
from neckrom.records.views import ScreeningRow

_SCREENING = (
    Screening.id,
    Screening.person_id,
    Screening.session_id,
    Screening.answered,
    Screening.questions_version,
    Screening.answers,
)


def screenings_of(connection: Connection, person_id: str) -> tuple[ScreeningRow, ...]:
    """Those of a person, newest first."""
    found = connection.execute(
        select(*_SCREENING)
        .where(Screening.person_id == person_id)
        .order_by(Screening.answered.desc(), Screening.id)
    )
    return tuple(ScreeningRow(*item) for item in found)


def insert_screening(
    connection: Connection,
    person_id: str,
    questions_version: str,
    answers: dict[str, Any],
    session_id: str | None,
) -> ScreeningRow:
    """Keep the answers of one.

    Raises
    ------
    UnknownRecordError
        If there is no such person.
    """
    people.person_row(connection, person_id)
    row = ScreeningRow(
        new_screening_id(), person_id, session_id, datetime.now(UTC), questions_version, answers
    )
    connection.execute(
        insert(Screening).values(
            id=row.id,
            person_id=person_id,
            session_id=session_id,
            answered=row.answered,
            questions_version=questions_version,
            answers=answers,
        )
    )
    return row


def delete_screenings(connection: Connection, person_id: str) -> int:
    """Remove those of a person; how many there were."""
    return connection.execute(delete(Screening).where(Screening.person_id == person_id)).rowcount
