"""Connections to the database, set up alike everywhere, and what its errors mean to a user."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import NullPool

from neckrom.errors import (
    EnvironmentProblemError,
    OutputError,
    ReadOnlyStoreError,
    StoreError,
    StoreUnreachableError,
)
from neckrom.private_files import open_private
from neckrom.records.location import Location

BUSY_MS = 30_000
_WRITES = "neckrom_writes"
_READ_ONLY = "neckrom_read_only"
_OF_THE_DISK = {
    ("database or disk is full",): (
        "No space left to write into {}. Free some; nothing of this step was kept."
    ),
    ("disk i/o error",): (
        "The disk of {} did not take or give what was asked of it. Free some space and check the disk; nothing of this "
        "step was kept."
    ),
    ("readonly database", "unable to open database file"): (
        "{} may not be written. Mend its permissions, or choose another --store."
    ),
}
_NO_SERVER = frozenset({"08", "28", "3D", "57"})
"""Classes of states: connection lost, not let in, no such database, shut down."""
_DAMAGED = ("malformed", "not a database", "disk image")


def make_engine(location: Location, *, read_only: bool = False) -> Engine:
    """An engine for a store; nothing is connected yet.

    Parameters
    ----------
    location : Location
    read_only : bool
        Its folder takes nothing (SQLite only): then nothing is written beside the database either.

    Raises
    ------
    EnvironmentProblemError
        If the driver for PostgreSQL is not installed.
    """
    try:
        engine = _reading_engine(location) if read_only else _engine(location)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise EnvironmentProblemError(
            "The driver for PostgreSQL is not installed. Install it: pip install 'neckrom[postgresql]'"
        ) from error

    @event.listens_for(engine, "handle_error")
    def _translate(context: ExceptionContext) -> None:
        found = meaning(context.original_exception, location)
        if found is not None:
            raise found from context.original_exception

    return engine


def _engine(location: Location) -> Engine:
    if location.is_sqlite:
        engine = create_engine(location.url, connect_args={"timeout": BUSY_MS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(location.url, pool_pre_ping=True, connect_args={"connect_timeout": 10})


def _reading_engine(location: Location) -> Engine:
    """Each transaction opens the file anew, as it is then: somebody else may be writing it from elsewhere."""
    engine = create_engine(
        location.url,
        poolclass=NullPool,
        creator=lambda: connect_for_reading(location),
        execution_options={_READ_ONLY: location},
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def connect_for_reading(location: Location) -> sqlite3.Connection:
    """Open the database of a folder that takes nothing.

    SQLite wants to write beside a database with a write-ahead log, unless it is told that nobody changes the file
    (https://www.sqlite.org/wal.html#read_only_databases). That is only said where the log is empty: what is in the
    log and not in the file yet would be left out without a word.

    Raises
    ------
    StoreError
        If the log holds something and cannot be read without writing.
    """
    log = location.database.with_name(f"{location.database.name}-wal")
    try:
        holds_changes = log.stat().st_size > 0
    except OSError:
        holds_changes = False
    address = f"{location.database.absolute().as_uri()}?mode=ro{'' if holds_changes else '&immutable=1'}"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_MS / 1000, check_same_thread=False)
    connection.isolation_level = None
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        if holds_changes:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if not holds_changes:
            raise
        raise StoreError(
            f"The records in {location} were not closed as they should be, and here nothing can be written: the last "
            f"changes are in {log.name}, which can only be read where something can be written. Copy the whole folder "
            "to a disk that can be written, and name the copy: --store FOLDER. Nothing was changed."
        ) from error
    return connection


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Foreign keys, a log that survives a kill, patience; transactions begin where we say."""
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA trusted_schema=OFF")  # a database from outside calls no functions of ours
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Whoever is going to write says so at once: two that read first could never both go on to write."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the store.

    Raises
    ------
    StoreError
        If a row holds what neckrom never writes: then that is said, with the row, and not shown as a fault
        of the one who reads.
    """
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect() as connection, connection.execution_options(**options).begin():
        try:
            yield connection
        except (ValueError, TypeError, LookupError, OverflowError, AttributeError) as error:
            from neckrom.records.content_check import first_foreign_value  # noqa: PLC0415  (seldom needed)

            found = first_foreign_value(connection)
            if found is None:
                raise
            raise StoreError(
                f"The store is damaged: {found}. Bring back your last backup: neckrom restore FILE --replace (what is "
                "there now is kept beside it)."
            ) from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes: all of it is kept, or nothing.

    Raises
    ------
    ReadOnlyStoreError
        If the store can only be read.
    """
    location = engine.get_execution_options().get(_READ_ONLY)
    if location is not None:
        raise ReadOnlyStoreError(location)
    with engine.connect() as connection, connection.execution_options(**{_WRITES: True}).begin():
        yield connection


def lock_tables(connection: Connection) -> None:
    """Keep other machines from changing the tables' shape until the transaction ends (PostgreSQL)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('neckrom migrations'))"))


def make_private_file(location: Location) -> None:
    """Make the database file readable by its owner alone before SQLite fills it."""
    with open_private(location.database) as file:
        if hasattr(os, "fchmod"):  # one that was there may have been readable by others
            os.fchmod(file.fileno(), 0o600)


# --------------------------------------------------------------------- errors


def meaning(error: BaseException | None, location: Location) -> StoreError | OutputError | None:
    """What an error of the driver says to a user; None where it is none that they can act on."""
    words = str(error).lower()
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(error, words, location)
    if type(error).__module__.partition(".")[0] == "psycopg":
        return _of_server(error, location)
    return None


def _of_sqlite(error: sqlite3.Error, words: str, location: Location) -> StoreError | OutputError | None:
    if any(part in words for part in _DAMAGED):
        return damaged(location, words)
    said = next((text for parts, text in _OF_THE_DISK.items() if any(part in words for part in parts)), None)
    if said is not None:
        return OutputError(said.format(location))
    if "locked" in words or "busy" in words:
        return StoreError(f"Another neckrom holds {location} for more than {BUSY_MS // 1000} s. Try again.")
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return None  # a rule of our tables, or a mistake of ours
    return damaged(location, words[:200])


def damaged(location: Location, why: str) -> StoreError:
    """The refusal of a store that cannot be read."""
    return StoreError(
        f"The store {location} is damaged or no store of neckrom ({why}). Nothing in it was changed. Bring back your "
        f"last backup: neckrom restore FILE --replace (what is there now is kept beside it), or begin a new store with "
        "--store FOLDER."
    )


def _of_server(error: BaseException | None, location: Location) -> StoreError | OutputError | None:
    """By the state that the server sends along; without one there was no server to send it."""
    names = {kind.__name__ for kind in type(error).__mro__}
    state = getattr(error, "sqlstate", None)
    if state == "53100":
        return OutputError(f"No space left on the server of {location}; nothing of this step was kept.")
    if "OperationalError" not in names or not (state is None or state[:2] in _NO_SERVER):
        return None
    return StoreUnreachableError(
        f"The database {location} does not answer ({_first_line(error)}). Check the network, the address and that "
        "the server runs, then try again."
    )


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
