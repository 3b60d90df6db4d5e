"""Bring the tables to the form that this neckrom knows, or say why not."""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, insert, inspect, select, text

from neckrom.errors import StoreError
from neckrom.records.engine import damaged, lock_tables, reading, writing
from neckrom.records.location import Location
from neckrom.records.schema import HEAD, StoreInfo

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

log = logging.getLogger(__name__)

_VERSION_TABLE = "alembic_version"


def bring_up_to_date(engine: Engine, location: Location, *, read_only: bool = False) -> str:
    """Make or migrate the tables; with ``read_only`` they must be up to date.

    Returns
    -------
    str
        Id of the store.

    Raises
    ------
    StoreError
        If the store is damaged, belongs to another program, or was written by a newer neckrom.
    """
    with reading(engine) as connection:
        found = revision_of(connection)
        if found == HEAD:
            return store_id(connection, location)
        if read_only:
            raise _not_to_be_changed(connection, location, found)
    with writing(engine) as connection:
        lock_tables(connection)
        found = revision_of(connection)
        if found != HEAD:
            if found is None:
                _refuse_foreign(connection, location)
            upgrade(connection, found, location)
            log.info("tables of %s brought from %s to %s", location, found or "nothing", HEAD)
        return store_id(connection, location)


def revision_of(connection: Connection) -> str | None:
    """Revision of the tables; None where there are none of ours."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()


def upgrade(connection: Connection, found: str | None, location: Location, to: str = HEAD) -> None:
    """Run the migrations within the transaction of a connection.

    Raises
    ------
    StoreError
        If the revision is not known: the store was written by a newer neckrom.
    """
    # alembic is slow to load and only needed here
    from alembic.operations import Operations  # noqa: PLC0415
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415

    script = _script()
    if found is not None and not is_known(found):
        raise newer(location, found)
    context = MigrationContext.configure(connection)
    with Operations.context(context):
        for step in reversed(list(script.iterate_revisions(to, found or "base"))):
            step.module.upgrade()
            context.stamp(script, step.revision)
    if connection.execute(select(StoreInfo.store_id)).first() is None:
        connection.execute(
            insert(StoreInfo).values(store_id=secrets.token_hex(16), created=datetime.now(UTC))
        )


def is_known(revision: str) -> bool:
    """Whether there is a way from this revision to today's."""
    return revision in {step.revision for step in _script().walk_revisions()}


def _script() -> ScriptDirectory:
    from alembic.script import ScriptDirectory  # noqa: PLC0415  (slow to load)

    return ScriptDirectory(str(Path(__file__).parent / "migrations"))


def newer(location: Location | Path, found: str) -> StoreError:
    """The refusal of what a later version wrote."""
    return StoreError(
        f"{location} was written by a newer neckrom (its tables are of revision {found}, this one knows {HEAD}). "
        "Install the newer neckrom; nothing was changed."
    )


def _not_to_be_changed(connection: Connection, location: Location, found: str | None) -> StoreError:
    """The refusal of old tables that cannot be brought up to date where they lie."""
    if found is None:
        _refuse_foreign(connection, location)
        return damaged(location, "it has no tables")
    if not is_known(found):
        return newer(location, found)
    return StoreError(
        f"The records in {location} were written by an older neckrom: they are brought up to date before they are "
        "read, and here nothing can be written. Copy the folder to a disk that can be written, and name the copy: "
        "--store FOLDER. Nothing was changed."
    )


def store_id(connection: Connection, location: Location) -> str:
    """Id of the store."""
    found = connection.execute(select(StoreInfo.store_id)).scalar()
    if found is None:
        raise damaged(location, "it does not say which store it is")
    return found


def _refuse_foreign(connection: Connection, location: Location) -> None:
    """A database with tables but without our mark is somebody else's."""
    tables = inspect(connection).get_table_names()
    if tables:
        shown = ", ".join(sorted(tables)[:3])
        raise StoreError(
            f"The database of {location} belongs to another program (it holds {shown}). Name a store of its own, as in "
            "--store FOLDER or --store postgresql://USER@HOST/NEW_DATABASE"
        )
