"""Tables of the store, alike on SQLite and PostgreSQL.

Ids are pseudonyms drawn at random. Times are UTC. The whole result of a session is kept compressed
beside the columns that lists and trends need, so that a session is complete even where its files
lie on another machine.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

HEAD = "0005"
"""Revision of the tables below; a test holds it to the newest migration."""


class UtcTime(TypeDecorator[datetime]):
    """A moment, always with its zone in Python; SQLite keeps it as text in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables, with names for every constraint so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class StoreInfo(Base):
    """One row: which store this is."""

    __tablename__ = "store_info"

    store_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created: Mapped[datetime] = mapped_column(UtcTime())


class Person(Base):
    """Somebody who is measured."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    search_name: Mapped[str] = mapped_column(String(800), index=True)
    """The name as it is searched for: case folded, marks normalised."""
    birth_date: Mapped[date | None] = mapped_column(Date())
    note: Mapped[str] = mapped_column(Text())
    created: Mapped[datetime] = mapped_column(UtcTime())


class Session(Base):
    """One measurement of a person."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_person_id_measured", "person_id", "measured"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), server_default="neck")
    """A name of :data:`neckrom.records.kinds.KINDS`."""
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    measured: Mapped[datetime] = mapped_column(UtcTime())
    """When the person was measured, as far as it is known."""
    dated_by_hand: Mapped[bool] = mapped_column(Boolean())
    added: Mapped[datetime] = mapped_column(UtcTime())
    recording_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    source_name: Mapped[str] = mapped_column(Text())
    view: Mapped[str] = mapped_column(String(16))
    schema_version: Mapped[str] = mapped_column(String(16))
    tool_version: Mapped[str] = mapped_column(String(64))
    estimator: Mapped[str] = mapped_column(Text())
    calibration_id: Mapped[str] = mapped_column(Text())
    norms: Mapped[str] = mapped_column(Text())
    flagged: Mapped[int] = mapped_column(Integer())
    """Movements with a flag for loss of range; marked rows of a run."""
    note: Mapped[str] = mapped_column(Text())


class SessionResult(Base):
    """``result.json`` of a session, compressed, byte for byte."""

    __tablename__ = "session_result"

    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    zlib_json: Mapped[bytes] = mapped_column(LargeBinary())


class Measurement(Base):
    """What a session says about one movement; null is "not measured"."""

    __tablename__ = "measurement"

    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    movement: Mapped[str] = mapped_column(String(16), primary_key=True)
    best_deg: Mapped[float | None] = mapped_column(Float())
    mean_deg: Mapped[float | None] = mapped_column(Float())
    low_deg: Mapped[float | None] = mapped_column(Float())
    high_deg: Mapped[float | None] = mapped_column(Float())
    lower_bound: Mapped[bool] = mapped_column(Boolean())
    reference_deg: Mapped[float | None] = mapped_column(Float())
    healthy_low_deg: Mapped[float | None] = mapped_column(Float())
    healthy_high_deg: Mapped[float | None] = mapped_column(Float())
    percent_of_reference: Mapped[float | None] = mapped_column(Float())
    flag: Mapped[str] = mapped_column(String(16))
    pain: Mapped[int | None] = mapped_column(Integer())
    compensation_deg: Mapped[float | None] = mapped_column(Float())
    trials: Mapped[int] = mapped_column(Integer())


class StoredFile(Base):
    """A file of a session, in its folder beside the database."""

    __tablename__ = "stored_file"

    session_id: Mapped[str] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger())


class Screening(Base):
    """Answers of one neck screen."""

    __tablename__ = "screening"
    __table_args__ = (Index("ix_screening_person_id_answered", "person_id", "answered"),)

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("session.id", ondelete="SET NULL"), index=True)
    """The measurement that filled in the neck's part of sign 2."""
    answered: Mapped[datetime] = mapped_column(UtcTime())
    questions_version: Mapped[str] = mapped_column(String(16))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON())


class DiaryLine(Base):
    """What a person wrote down of one day."""

    __tablename__ = "diary_line"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date(), primary_key=True)
    pain: Mapped[int | None] = mapped_column(Integer())
    place: Mapped[str] = mapped_column(String(200))
    activity: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(500))


class AuditEntry(Base):
    """Who did what: added to, never changed (the database refuses), and no health data in it."""

    __tablename__ = "audit_entry"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime(), index=True)
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[str | None] = mapped_column(String(16), index=True)
    """No foreign key: the line outlives the person."""
    session_id: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(String(200))
