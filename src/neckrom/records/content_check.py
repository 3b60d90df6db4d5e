"""Whether the rows of a database hold what neckrom writes: SQLite itself takes anything in any column."""

from __future__ import annotations

from sqlalchemy import Column, Connection, Table, inspect
from sqlalchemy.types import JSON, BigInteger, Boolean, Date, Float, Integer, LargeBinary, String, TypeEngine

from neckrom.records.kinds import KINDS
from neckrom.records.schema import Base, UtcTime
from neckrom.types import MOVEMENTS

MAX_RESULT_BYTES = 20_000_000
MAX_JSON = 1_000_000
MAX_TEXT = 50_000
_ONE_OF = {
    "movement": tuple(movement.value for movement in MOVEMENTS),
    "flag": ("flagged", "not_flagged", "could_not_judge"),
    "kind": tuple(KINDS),
}
_OURS = ("alembic_version", "sqlite_sequence")
_TRIGGERS = ("audit_is_kept_update", "audit_is_kept_delete")


def first_foreign_object(connection: Connection) -> str | None:
    """A table, view or trigger that is none of ours, or one of ours that is missing (SQLite)."""
    known = {*Base.metadata.tables, *_OURS}
    query = "SELECT type, name, tbl_name FROM sqlite_master"
    for kind, name, table in connection.exec_driver_sql(query).all():
        ours = (
            (kind == "table" and name in known)
            or (kind == "index" and table in known)
            or (kind == "trigger" and name in _TRIGGERS)
        )
        if not ours:
            return f"it holds the {str(kind)[:20]} {str(name)[:60]!r}, which is none of neckrom's"
    return None


def first_missing_column(connection: Connection) -> str | None:
    """A table or column that neckrom needs and that is not there."""
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    for table in Base.metadata.sorted_tables:
        if table.name not in there:
            return f"its table {table.name} is missing"
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        missing = sorted({column.name for column in table.columns} - columns)
        if missing:
            return f"its table {table.name} has no {missing[0]}"
    return None


def first_foreign_value(connection: Connection) -> str | None:
    """A value that neckrom never writes, with its table and column; None where all of them are sound."""
    sqlite = connection.dialect.name == "sqlite"
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            sound = _sound(column, sqlite=sqlite)
            if sound is None:
                continue
            null = f"{column.name} IS NULL"
            allowed = f"(({sound}) IS TRUE{f' OR {null}' if column.nullable else ''})"
            query = f"SELECT count(*) FROM {table.name} WHERE NOT {allowed}"
            number = int(connection.exec_driver_sql(query).scalar_one())
            if number:
                where = _which(connection, table, allowed)
                return (
                    f"{number} of the values {table.name}.{column.name} are none that neckrom writes{where}"
                )
    return None


def _which(connection: Connection, table: Table, allowed: str) -> str:
    key = next(iter(table.primary_key.columns)).name
    query = f"SELECT {key} FROM {table.name} WHERE NOT {allowed} LIMIT 1"
    found = connection.exec_driver_sql(query).scalar()
    shown = "".join(letter for letter in str(found)[:40] if letter.isprintable())
    return f", the first in {shown}"


def _sound(column: Column[object], *, sqlite: bool) -> str | None:
    """The condition that a sound value meets, in SQL."""
    name, kind = column.name, column.type
    conditions = [_typed(name, kind)] if sqlite else []
    conditions += [_ranged(name, kind, sqlite=sqlite)]
    return " AND ".join(part for part in conditions if part) or None


def _typed(name: str, kind: TypeEngine[object]) -> str:
    """SQLite keeps the type with the value, not with the column."""
    types = {
        Boolean: "integer",
        BigInteger: "integer",
        Integer: "integer",
        Float: "real','integer",
        LargeBinary: "blob",
        JSON: "text",
        UtcTime: "text",
        Date: "text",
        String: "text",
    }
    wanted = next(words for each, words in types.items() if isinstance(kind, each))
    return f"typeof({name}) IN ('{wanted}')"


def _ranged(name: str, kind: TypeEngine[object], *, sqlite: bool) -> str:
    if name in _ONE_OF:
        return f"{name} IN ({', '.join(map(repr, _ONE_OF[name]))})"
    rules = _SQLITE_RULES if sqlite else _SERVER_RULES
    found = next((rule for each, rule in rules.items() if isinstance(kind, each)), None)
    if found is not None:
        return found.format(name=name)
    length = kind.length if isinstance(kind, String) and kind.length else MAX_TEXT
    return f"length({name}) <= {length}" + (f" AND instr({name}, char(0)) = 0" if sqlite else "")


_DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_FLOAT_RULE = ""
"""A value past all measure is shown as not measured: it keeps nobody from the rest."""
_SERVER_RULES: dict[type, str] = {
    Boolean: "",
    UtcTime: "{name} > '1899-12-30' AND {name} < '2201-01-02'",
    Date: "",
    JSON: "",
    LargeBinary: f"length({{name}}) <= {MAX_RESULT_BYTES}",
    Float: _FLOAT_RULE,
    Integer: f"{{name}} BETWEEN 0 AND {1 << 50}",
}
_SQLITE_RULES: dict[type, str] = {
    Boolean: "{name} IN (0, 1)",
    UtcTime: (
        f"length({{name}}) <= 32 AND {{name}} GLOB '{_DAY} [0-9][0-9]:[0-9][0-9]:[0-9][0-9]*' "
        "AND julianday({name}) IS NOT NULL AND substr({name}, 1, 4) BETWEEN '1899' AND '2201'"
    ),
    Date: f"{{name}} GLOB '{_DAY}' AND date({{name}}) = substr({{name}}, 1, 10)",
    JSON: f"json_valid({{name}}) AND length({{name}}) <= {MAX_JSON}",
    LargeBinary: f"length({{name}}) <= {MAX_RESULT_BYTES}",
    Float: _FLOAT_RULE,
    Integer: f"{{name}} BETWEEN 0 AND {1 << 50}",
}
