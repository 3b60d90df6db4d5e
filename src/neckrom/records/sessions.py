"""Sessions: reading and writing their rows."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, delete, insert, select, update

from neckrom.errors import InputError, OptionValueError, UnknownRecordError
from neckrom.records.files import FIRST_YEAR, FileEntry, Manifest, is_storable
from neckrom.records.kinds import NECK, AnyResult, facts_of, recording_of
from neckrom.records.people import RefusedValueError
from neckrom.records.plausible import RANGES
from neckrom.records.result_folder import neck_result, parse_result
from neckrom.records.schema import Measurement, Person, Session, SessionResult, StoredFile
from neckrom.records.trends import MeasuredValue, TrendPoint, value_of
from neckrom.result import Result
from neckrom.types import MOVEMENTS, Movement

_CLOCKS_DIFFER = timedelta(days=1)
_MADE_FROM = datetime(2000, 1, 1, tzinfo=UTC)
"""No result is older than that: a clock that says so has lost its time."""
_MAX_UNPACKED = 20_000_001
_NEAR = 5


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as lists show it.

    Attributes
    ----------
    id, person_id : str
    measured : datetime
        When the person was measured.
    dated_by_hand : bool
        That was stated, not taken from the result.
    added : datetime
    source_name : str
        Name of the clip.
    view, estimator, calibration_id, tool_version, schema_version, norms : str
        How it was measured.
    flagged : int
        Movements with a flag for loss of range; of a run, marked rows.
    note : str
    kind : str
        "neck", "run" or "posture".
    """

    id: str
    person_id: str
    measured: datetime
    dated_by_hand: bool
    added: datetime
    source_name: str
    view: str
    estimator: str
    calibration_id: str
    tool_version: str
    schema_version: str
    norms: str
    flagged: int
    note: str
    kind: str = NECK

    @property
    def method(self) -> str:
        """What must be the same for two sessions to compare well."""
        return f"{self.view}, {self.estimator}, {self.calibration_id}"


_COLUMNS = (
    Session.id,
    Session.person_id,
    Session.measured,
    Session.dated_by_hand,
    Session.added,
    Session.source_name,
    Session.view,
    Session.estimator,
    Session.calibration_id,
    Session.tool_version,
    Session.schema_version,
    Session.norms,
    Session.flagged,
    Session.note,
    Session.kind,
)


# -------------------------------------------------------------------- writing


def measured_time(result: AnyResult, stated: datetime | None, now: datetime) -> datetime:
    """When a session took place: as stated, else when the result was made.

    Raises
    ------
    ConfigurationError, InputError
        If it lies in the future or is no time.
    """
    if stated is not None:
        _refuse_future(stated, now)
        _refuse_past(stated)
        return stated
    try:
        made = datetime.fromisoformat(result.created)
        made = made if made.tzinfo is not None else made.astimezone()
        if made < _MADE_FROM:
            raise InputError(
                f"The result says it was made on {made:%Y-%m-%d}: the clock of that machine was wrong. State when the "
                "person was measured: --date YYYY-MM-DD"
            )
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(
            f"The result says it was made at {result.created[:40]!r}, which is no time. State it: --date YYYY-MM-DD"
        ) from error
    if made > now + _CLOCKS_DIFFER:
        raise InputError(
            f"The result says it was made on {made:%Y-%m-%d}, in the future: the clock of that machine was wrong. "
            "State when the person was measured: --date YYYY-MM-DD"
        )
    return made


def _refuse_future(stated: datetime, now: datetime) -> None:
    if stated > now + _CLOCKS_DIFFER:
        raise OptionValueError(f"The date {stated:%Y-%m-%d} lies in the future: check the year.")


def _refuse_past(stated: datetime) -> None:
    if not is_storable(stated):
        raise OptionValueError(
            f"The date {stated:%Y-%m-%d} lies before {FIRST_YEAR}: check the year, as in 2026-03-14."
        )


def find_recording(connection: Connection, sha256: str) -> SessionRow | None:
    """The session that was measured from a recording."""
    return _one(connection, select(*_COLUMNS).where(Session.recording_sha256 == sha256))


def insert_session(connection: Connection, manifest: Manifest, raw: bytes) -> None:
    """Write everything about a session.

    Parameters
    ----------
    connection : Connection
        In a transaction that writes.
    manifest : Manifest
    raw : bytes
        Its ``result.json``.
    """
    result, _ = parse_result(raw, "result.json")
    connection.execute(insert(Session).values(**_session_columns(manifest, result, raw)))
    connection.execute(
        insert(SessionResult).values(
            session_id=manifest.session_id,
            sha256=hashlib.sha256(raw).hexdigest(),
            zlib_json=zlib.compress(raw, 6),
        )
    )
    if isinstance(result, Result):
        values = [value_of(result.of(movement)) for movement in MOVEMENTS]
        connection.execute(
            insert(Measurement), [{"session_id": manifest.session_id, **asdict(value)} for value in values]
        )
    if manifest.files:
        connection.execute(
            insert(StoredFile),
            [{"session_id": manifest.session_id, **asdict(entry)} for entry in manifest.files],
        )


def _session_columns(manifest: Manifest, result: AnyResult, raw: bytes) -> dict[str, Any]:
    facts = facts_of(result)
    return {
        "id": manifest.session_id,
        "kind": facts.kind,
        "person_id": manifest.person_id,
        "measured": datetime.fromisoformat(manifest.measured),
        "dated_by_hand": manifest.dated_by_hand,
        "added": datetime.fromisoformat(manifest.added),
        "recording_sha256": recording_of(result, raw),
        "source_name": _plain(facts.name, 1000),
        "view": facts.view,
        "schema_version": result.schema_version,
        "tool_version": _plain(result.tool.version, 64),
        "estimator": _plain(result.tool.estimator, 500),
        "calibration_id": _plain(result.tool.calibration_id, 500),
        "norms": _plain(facts.norms, 500),
        "flagged": facts.flagged,
        "note": manifest.note,
    }


def _plain(text: str, limit: int) -> str:
    """A text from outside as every list can show it: in one line, without what steers a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:limit])


def checked_pain(level: int | None) -> int | None:
    """Pain as it is stored; None is "not said".

    Raises
    ------
    ConfigurationError
        If it is not from 0 to 10.
    """
    if level is not None and not 0 <= level <= 10:
        raise RefusedValueError(
            "pain", f"Pain {level} is not on the scale: give a whole number from 0 to 10."
        )
    return level


def write_note(connection: Connection, session_id: str, note: str) -> None:
    """Put a note in place of the one that was there."""
    connection.execute(update(Session).where(Session.id == session_id).values(note=note))


def write_pain(connection: Connection, session_id: str, pain: Mapping[Movement, int | None]) -> None:
    """Put pain with some movements in place of what was there; the others stay."""
    for movement, level in pain.items():
        of_movement = (Measurement.session_id == session_id) & (Measurement.movement == movement.value)
        connection.execute(update(Measurement).where(of_movement).values(pain=level))


@dataclass(frozen=True, slots=True)
class ByHand:
    """What somebody wrote about a session, beside what was measured."""

    note: str = ""
    pain: Mapping[Movement, int | None] = field(default_factory=dict)


def written_by_hand(connection: Connection, session_id: str) -> ByHand:
    """Note of a session, and pain that is not as its result says."""
    row = find_session(connection, session_id)
    if row.kind != NECK:
        return ByHand(row.note)
    result, _ = neck_result(result_bytes(connection, session_id), f"session {session_id}")
    stored = values_of(connection, session_id)
    pain = {
        movement: value.pain for movement, value in stored.items() if value.pain != result.of(movement).pain
    }
    return ByHand(row.note, pain)


def keep_by_hand(connection: Connection, session_id: str, by_hand: ByHand) -> None:
    """Carry over what was written about the session that this one takes the place of."""
    row = find_session(connection, session_id)
    if not row.note and by_hand.note:
        write_note(connection, session_id, by_hand.note)
    write_pain(connection, session_id, by_hand.pain)


def delete_session_row(connection: Connection, session_id: str) -> None:
    """Forget a session; what hangs on it goes along."""
    connection.execute(delete(Session).where(Session.id == session_id))


# -------------------------------------------------------------------- reading


def list_sessions(
    connection: Connection,
    person_id: str | None = None,
    limit: int | None = None,
    offset: int = 0,
    *,
    kind: str | None = None,
) -> list[SessionRow]:
    """Sessions, newest first; of one person or of all, of one kind or of every."""
    query = select(*_COLUMNS).order_by(Session.measured.desc(), Session.id)
    if person_id is not None:
        query = query.where(Session.person_id == person_id)
    if kind is not None:
        query = query.where(Session.kind == kind)
    return _many(connection, query.limit(limit).offset(offset))


def find_session(connection: Connection, text: str) -> SessionRow:
    """The session with this id, or the beginning of it.

    Raises
    ------
    UnknownRecordError
        If there is none, or several begin so.
    """
    wanted = text.strip().upper()
    if not wanted.startswith("S-"):
        wanted = f"S-{wanted}"
    exact = _one(connection, select(*_COLUMNS).where(Session.id == wanted))
    if exact is not None:
        return exact
    found = _beginning(connection, wanted) if len(wanted) >= 4 else []
    if len(found) == 1:
        return found[0]
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    if found:
        lines = "\n".join(f"  {row.id}  {row.measured:%Y-%m-%d}  {row.source_name[:40]}" for row in found)
        raise UnknownRecordError(f"Several sessions begin with {shown!r}. Write more of the id:\n{lines}")
    raise UnknownRecordError(f"There is no session {shown!r}. List them: neckrom sessions list [PERSON]")


def values_of(connection: Connection, session_id: str) -> dict[Movement, MeasuredValue]:
    """Figures of a session, the six movements in their order."""
    query = select(*_MEASURED).where(Measurement.session_id == session_id)
    found = {value.movement: value for value in map(_value, connection.execute(query))}
    return {movement: found.get(movement) or _not_measured(movement) for movement in MOVEMENTS}


def result_bytes(connection: Connection, session_id: str) -> bytes:
    """``result.json`` of a session, byte for byte.

    Raises
    ------
    UnknownRecordError
        If the session is gone.
    InputError
        If it is not what was stored.
    """
    query = select(SessionResult.sha256, SessionResult.zlib_json).where(
        SessionResult.session_id == session_id
    )
    row = connection.execute(query).first()
    if row is None:
        raise UnknownRecordError(f"There is no session {session_id} any more: neckrom sessions list")
    try:
        raw = zlib.decompressobj().decompress(row.zlib_json, _MAX_UNPACKED)  # never more, whatever it says
    except zlib.error:
        raw = b""
    if hashlib.sha256(raw).hexdigest() != row.sha256:
        raise InputError(f"The result of session {session_id} is damaged in the store: bring back a backup.")
    return raw


def files_of(connection: Connection, session_id: str) -> tuple[FileEntry, ...]:
    """Files of a session, by name."""
    query = select(StoredFile.name, StoredFile.sha256, StoredFile.size).where(
        StoredFile.session_id == session_id
    )
    return tuple(FileEntry(*row) for row in connection.execute(query.order_by(StoredFile.name)))


def trend_points(connection: Connection, person_id: str) -> dict[Movement, list[TrendPoint]]:
    """Every value of a person."""
    query = (
        select(Session.measured, Session.view, Session.estimator, Session.calibration_id, *_MEASURED)
        .add_columns(Session.id)
        .join(Measurement, Measurement.session_id == Session.id)
        .where(Session.person_id == person_id)
    )
    points: dict[Movement, list[TrendPoint]] = {movement: [] for movement in MOVEMENTS}
    for measured, view, estimator, calibration, *figures, session_id in connection.execute(query):
        value = _value(figures)
        points[value.movement].append(
            TrendPoint(session_id, measured, f"{view}, {estimator}, {calibration}", value)
        )
    return points


_MEASURED = (
    Measurement.movement,
    Measurement.best_deg,
    Measurement.mean_deg,
    Measurement.low_deg,
    Measurement.high_deg,
    Measurement.lower_bound,
    Measurement.reference_deg,
    Measurement.healthy_low_deg,
    Measurement.healthy_high_deg,
    Measurement.percent_of_reference,
    Measurement.flag,
    Measurement.pain,
    Measurement.compensation_deg,
    Measurement.trials,
)


def _value(row: Sequence[Any]) -> MeasuredValue:
    """A value as it was stored; what no measurement gives was let in by an older neckrom and shows as not measured."""
    names = [column.key for column in _MEASURED[1:]]
    movement, *rest = row
    figures = {name: _possible(name, value) for name, value in zip(names, rest, strict=True)}
    low, high = figures["low_deg"], figures["high_deg"]
    if figures["best_deg"] is None or (low is not None and high is not None and high < low):
        figures |= {"low_deg": None, "high_deg": None}
    return MeasuredValue(Movement(movement), **figures)


def _possible(name: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    low, high = RANGES.get(name, RANGES["interval95_deg"])
    return value if low <= value <= high else None


def _not_measured(movement: Movement) -> MeasuredValue:
    """For a movement of which the store holds nothing."""
    return MeasuredValue(
        movement=movement,
        best_deg=None,
        mean_deg=None,
        low_deg=None,
        high_deg=None,
        lower_bound=False,
        reference_deg=None,
        healthy_low_deg=None,
        healthy_high_deg=None,
        percent_of_reference=None,
        flag="could_not_judge",
        pain=None,
        compensation_deg=None,
        trials=0,
    )


def _many(connection: Connection, query: Executable) -> list[SessionRow]:
    return [SessionRow(*row) for row in connection.execute(query)]


def _one(connection: Connection, query: Executable) -> SessionRow | None:
    return next(iter(_many(connection, query)), None)


def _beginning(connection: Connection, wanted: str) -> list[SessionRow]:
    query = select(*_COLUMNS).where(Session.id.startswith(wanted, autoescape=True)).limit(_NEAR)
    return _many(connection, query)


def person_exists(connection: Connection, person_id: str) -> bool:
    """Whether the person is still there."""
    return connection.execute(select(Person.id).where(Person.id == person_id)).first() is not None


def owner_of(connection: Connection, session_id: str) -> str | None:
    """Whose a session is; None where there is no such session."""
    owner: str | None = connection.scalar(select(Session.person_id).where(Session.id == session_id))
    return owner


def session_exists(connection: Connection, session_id: str) -> bool:
    """Whether the session is in the database."""
    return connection.execute(select(Session.id).where(Session.id == session_id)).first() is not None


def parse_date(text: str | None) -> datetime | None:
    """A date, or date and time, as stated by a person: local time unless it names a zone.

    Raises
    ------
    ConfigurationError
        If it is neither, or lies in the future: that is said before any work is done.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        zoned = moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise OptionValueError(
            f"{text!r} is no date: give it as in 2026-03-14, or with the time as in 2026-03-14T10:30"
        ) from error
    _refuse_future(zoned, datetime.now(UTC))
    _refuse_past(zoned)
    return zoned
