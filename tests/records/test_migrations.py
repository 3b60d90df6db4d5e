"""Stores of every earlier revision become today's, with what is in them."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from neckrom.records import migrate
from neckrom.records.api import Records
from neckrom.records.engine import make_engine, make_private_file, reading, writing
from neckrom.records.files import Files
from neckrom.records.location import locate
from neckrom.records.schema import HEAD, Base
from neckrom.types import MOVEMENTS, Movement
from tests.records.folders import case_of

SCRIPTS = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
FIRST = Path(__file__).parent / "first_schema.sql"


def test_there_is_one_newest_migration_and_it_is_the_one_that_is_expected():
    assert SCRIPTS.get_heads() == [HEAD]
    assert SCRIPTS.get_bases() == ["0001"]


def test_migrations_lead_to_the_tables_that_the_code_knows(records):
    with records.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_first_schema_is_what_its_migration_makes(tmp_path):
    """The frozen schema of the first revision; if this fails, a released migration was changed."""
    location = locate(str(tmp_path / "store"))
    Files(location.root)
    make_private_file(location)
    engine = make_engine(location)
    with writing(engine) as connection:
        migrate.upgrade(connection, None, location, to="0001")
    engine.dispose()
    assert schema_of(location.database) == FIRST.read_text(encoding="utf-8")


def schema_of(database: Path) -> str:
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        return "".join(f"{sql};\n" for (sql,) in rows)


def test_a_store_of_the_first_schema_keeps_everything(address):
    """Made by the migration of that revision and filled by plain SQL, as that version left it."""
    location = locate(address)
    if location.is_sqlite:
        Files(location.root)
        make_private_file(location)
    engine = make_engine(location)
    raw = case_of("deficit_three_trials").result.model_dump_json().encode()
    with writing(engine) as connection:
        migrate.upgrade(connection, None, location, to="0001")
        store = connection.execute(text("SELECT store_id FROM store_info")).scalar()
        fill_first_schema(connection, raw)
    with reading(engine) as connection:
        assert migrate.revision_of(connection) == "0001"
    engine.dispose()
    with Records(location) as records:
        assert records.store_id == store
        with reading(records.engine) as connection:
            assert migrate.revision_of(connection) == HEAD
        person = records.find_person("Anna Berg")
        assert (str(person.birth_date), person.note, person.sessions) == ("1985-03-27", "runs", 1)
        (row,) = records.sessions(person.id)
        assert row.measured == datetime(2026, 3, 14, 9, 20, 30, tzinfo=UTC)
        assert records.session(row.id).values[Movement.FLEXION].best_deg == 43.5
        assert records.result_bytes(row.id) == raw
        assert records.add_screening(person.id, "1", {}).person_id == person.id


def fill_first_schema(connection, raw: bytes) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
    connection.execute(
        text(
            "INSERT INTO person VALUES ('P-AAAAAAAA', 'Anna Berg', 'anna berg', '1985-03-27', 'runs', "
            "'2026-03-01 08:00:00.000000')"
        )
    )
    connection.execute(
        text(
            "INSERT INTO session VALUES ('S-AAAAAAAAAA', 'P-AAAAAAAA', '2026-03-14 09:20:30.000000', :no, "
            "'2026-03-14 09:30:00.000000', :sha, 'clip', 'front', '1.0', '0.1.0', 'e', 'c', 'article', 1, '')"
        ),
        {"sha": "a" * 64, "no": False},
    )
    connection.execute(
        text("INSERT INTO session_result VALUES ('S-AAAAAAAAAA', :sha, :raw)"),
        {"sha": hashlib.sha256(raw).hexdigest(), "raw": zlib.compress(raw)},
    )
    for movement in MOVEMENTS:
        connection.execute(
            text(
                "INSERT INTO measurement VALUES ('S-AAAAAAAAAA', :movement, 43.5, 42, 40, 47, :no, 50, NULL, NULL, 87, "
                "'not_flagged', NULL, NULL, 3)"
            ),
            {"movement": movement.value, "no": False},
        )


def test_a_migration_that_fails_leaves_the_store_as_it_was(address, monkeypatch):
    location = locate(address)
    if location.is_sqlite:
        Files(location.root)
        make_private_file(location)
    engine = make_engine(location)
    with writing(engine) as connection:
        migrate.upgrade(connection, None, location, to="0001")
    monkeypatch.setattr(migrate, "store_id", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        migrate.bring_up_to_date(engine, location)
    with reading(engine) as connection:
        assert migrate.revision_of(connection) == "0001"
        assert not connection.dialect.has_table(connection, "screening")
    engine.dispose()
