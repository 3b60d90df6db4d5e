"""Everything that command line and page ask of the store.

    with open_records() as records:
        person = records.find_person("Anna Berg")
        for trend in records.trend(person.id): ...

Values are frozen dataclasses; times have their zone; degrees. A :class:`Records` may be used from
several threads; each call is a transaction of its own.
"""

from __future__ import annotations

import glob
import hashlib
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from neckrom.assessment.judgement import with_pain
from neckrom.errors import (
    InputError,
    OutputError,
    StoreError,
    StoreUnreachableError,
    UnknownRecordError,
)
from neckrom.private_files import NotPlainFileError, TooLargeError, clear_unfinished, read_plain
from neckrom.records import people, sessions
from neckrom.records.audit import Action, LogEntry, read_entries, write_entry
from neckrom.records.engine import make_engine, make_private_file, reading, writing
from neckrom.records.files import (
    FileEntry,
    Files,
    Manifest,
    copy_private,
    everything_in,
    remove_whole,
    thrown_ids,
)
from neckrom.records.guard import (
    finish_restore,
    finish_server_restore,
    is_read_only,
    mark_in_use,
    mark_read,
    refuse_lost_database,
    refuse_other_content,
)
from neckrom.records.ids import new_screening_id, new_session_id
from neckrom.records.leftovers import clear_uploads, folders_of, is_busy
from neckrom.records.location import Location, locate
from neckrom.records.migrate import bring_up_to_date
from neckrom.records.people import PersonRow
from neckrom.records.result_folder import MAX_RESULT_BYTES, RESULT, parse_result, read_result_folder
from neckrom.records.schema import Person, Screening, Session, StoredFile
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import (
    Change,
    MeasuredValue,
    MovementTrend,
    TrendPoint,
    change_between,
    repeatability,
    trend_of,
)
from neckrom.result import Result
from neckrom.service.sessions import facts_beside
from neckrom.types import MOVEMENTS, Movement

log = logging.getLogger(__name__)


class KnownRecordingError(InputError):
    """A recording that is stored already.

    Attributes
    ----------
    session : SessionRow
        As which.
    of_another : bool
        Of another person.
    """

    def __init__(self, session: SessionRow, *, of_another: bool = False) -> None:
        said = f"This recording is stored already, as session {session.id} of "
        said += (
            f"another person ({session.person_id}). Delete it there first if it was stored under the wrong person: "
            f"neckrom sessions delete {session.id}"
            if of_another
            else f"{session.measured:%Y-%m-%d}. To put this measurement in its place, say --replace."
        )
        super().__init__(said)
        self.session = session
        self.of_another = of_another


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import.

    Attributes
    ----------
    session_id, person_id : str
    written : bool
        False where the database did not answer: the session is safe on this machine and is written
        when it answers again.
    files : tuple of FileEntry
    notes : tuple of str
    """

    session_id: str
    person_id: str
    written: bool
    files: tuple[FileEntry, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was removed.

    Attributes
    ----------
    sessions, screenings, files, bytes : int
    elsewhere : int
        Files that are not on this machine and remain where they are (PostgreSQL only).
    """

    label: str
    sessions: int
    screenings: int
    files: int
    bytes: int
    elsewhere: int
    look_into: tuple[str, ...] = ()
    """Places outside of the store that may still hold the person: earlier stores that a restore kept, ..."""


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with its figures and files.

    Attributes
    ----------
    folder : Path
        Where the files are; it may not be on this machine.
    files_here : bool
    result : Result
        With the pain that is on record now, and with what a guided session was told.
    """

    row: SessionRow
    person: PersonRow
    values: dict[Movement, MeasuredValue]
    files: tuple[FileEntry, ...]
    folder: Path
    files_here: bool
    result: Result


@dataclass(frozen=True, slots=True)
class ScreeningRow:
    """Answers of a neck screen, by question."""

    id: str
    person_id: str
    session_id: str | None
    answered: datetime
    questions_version: str
    answers: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person with everything that is kept about them; sessions newest first."""

    row: PersonRow
    sessions: tuple[SessionRow, ...]
    screenings: tuple[ScreeningRow, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sessions of a person, the earlier one first.

    Attributes
    ----------
    changes : dict
        By movement, in their order.
    same_method : bool
        View, estimator and calibration agree.
    """

    earlier: SessionView
    later: SessionView
    changes: dict[Movement, Change]
    same_method: bool


@contextmanager
def open_records(store: str | None = None) -> Iterator[Records]:
    """Open the store that is given, or the user's own; it is made if there is none.

    Raises
    ------
    ConfigurationError
        If the address is none.
    StoreError
        If it is damaged, newer, somebody else's, or cannot be reached.
    OutputError
        If it cannot be written.
    """
    records = Records(locate(store))
    try:
        yield records
    finally:
        records.close()


class Records:
    """An open store.

    Parameters
    ----------
    location : Location

    Attributes
    ----------
    read_only : bool
        Its folder or disk takes nothing: it is read as it is, what a kill left in it stays, nothing comes into
        its log, and whatever would change it raises :class:`~neckrom.errors.ReadOnlyStoreError`.
    unreachable : tuple of Path
        What killed processes left where it cannot be removed now.
    """

    def __init__(self, location: Location) -> None:
        self.location = location
        self.read_only = is_read_only(location)
        self._in_use = mark_read(location.root) if self.read_only else mark_in_use(location.root)
        self._engine: Engine | None = None
        self.unreachable: tuple[Path, ...] = ()
        try:
            if self.read_only:
                self._open_for_reading()
                return
            finish_restore(location.root)
            refuse_other_content(location)
            if location.is_sqlite:
                Files(location.root)
                make_private_file(location)
            self._engine = make_engine(location)
            self.store_id = bring_up_to_date(self._engine, location)
            root = location.root if location.is_sqlite else location.root / self.store_id
            if not location.is_sqlite:
                with reading(self._engine) as connection:
                    finish_server_restore(root, connection)
            self.files = Files(root)
            self._refuse_lost_database()
            self.unreachable = tuple(clear_unfinished())
            clear_uploads()
            self.settle()
        except OSError as error:
            self.close()
            raise OutputError(
                f"The store {location} cannot be used: {error.filename or location.root}: {error.strerror or error}. "
                "Mend its permissions, or choose another one with --store."
            ) from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store; a second call does nothing."""
        if self._engine is not None:
            self._engine.dispose()
        if self._in_use is not None:
            self._in_use.close()

    def _open_for_reading(self) -> None:
        """Open what is there and leave it as it is."""
        self._engine = make_engine(self.location, read_only=True)
        self.store_id = bring_up_to_date(self._engine, self.location, read_only=True)
        self.files = Files(self.location.root, read_only=True)
        self._refuse_lost_database()

    def _refuse_lost_database(self) -> None:
        with reading(self.engine) as connection:
            known = connection.execute(select(Session.id).limit(1)).first() is not None
        if not known and not self.files.waiting():
            refuse_lost_database(self.files.root, "knows no session", ("files",))

    @property
    def engine(self) -> Engine:
        """For backups and benchmarks."""
        if self._engine is None:
            raise StoreError("The store is closed: open it again.")
        return self._engine

    # ------------------------------------------------------------- people

    def add_person(self, name: str | None = None, birth_date: str | None = None, note: str = "") -> PersonRow:
        """Add somebody; both name and birth date may be left out.

        Raises
        ------
        ConfigurationError
            If a value cannot be kept.
        """
        plain = people.checked_name(name)
        born = people.checked_birth_date(birth_date, datetime.now().astimezone().date())
        remark = people.checked_note(note)
        with writing(self.engine) as connection:
            person_id = people.add_person(connection, plain, born, remark)
            write_entry(connection, Action.ADDED, person_id)
            return people.person_row(connection, person_id)

    def people(self, search: str = "", limit: int | None = None, offset: int = 0) -> list[PersonRow]:
        """People by name; ``search`` is a part of a name or pseudonym."""
        with reading(self.engine) as connection:
            return people.list_people(connection, search, limit, offset)

    def count_people(self, search: str = "") -> int:
        """How many there are."""
        with reading(self.engine) as connection:
            return people.count_people(connection, search)

    def names(self, person_ids: Collection[str]) -> dict[str, str]:
        """What to call some people: their names, or else their pseudonyms."""
        with reading(self.engine) as connection:
            query = select(Person.id, Person.name)
            if len(person_ids) < 1000:  # more are not worth naming one by one
                query = query.where(Person.id.in_(person_ids))
            return {row.id: row.name or row.id for row in connection.execute(query)}

    def find_person(self, text: str) -> PersonRow:
        """The one person with this name or pseudonym.

        Raises
        ------
        UnknownRecordError
            If there is none, or several; naming those that come near.
        """
        with reading(self.engine) as connection:
            return people.find_person(connection, text)

    def person(self, person_id: str) -> PersonView:
        """Everything about a person.

        Raises
        ------
        UnknownRecordError
        """
        with reading(self.engine) as connection:
            row = people.person_row(connection, person_id)
            found = connection.execute(
                select(*_SCREENING)
                .where(Screening.person_id == person_id)
                .order_by(Screening.answered.desc(), Screening.id)
            )
            return PersonView(
                row,
                tuple(sessions.list_sessions(connection, person_id)),
                tuple(ScreeningRow(*item) for item in found),
            )

    def rename_person(self, person_id: str, name: str | None) -> PersonRow:
        """Give a person another name, or take the name away.

        Raises
        ------
        ConfigurationError, UnknownRecordError
        """
        plain = people.checked_name(name)
        with writing(self.engine) as connection:
            people.change_person(
                connection, person_id, name=plain, search_name=people.search_form(plain or "")
            )
            write_entry(connection, Action.CHANGED, person_id)
            return people.person_row(connection, person_id)

    def change_person(self, person_id: str, name: str | None, birth_date: str | None, note: str) -> PersonRow:
        """Write name, birth date and note in place of what was there: all of them or none.

        Raises
        ------
        ConfigurationError, UnknownRecordError
        """
        plain = people.checked_name(name)
        born = people.checked_birth_date(birth_date, datetime.now().astimezone().date())
        remark = people.checked_note(note)
        with writing(self.engine) as connection:
            people.change_person(
                connection,
                person_id,
                name=plain,
                search_name=people.search_form(plain or ""),
                birth_date=born,
                note=remark,
            )
            write_entry(connection, Action.CHANGED, person_id)
            return people.person_row(connection, person_id)

    def delete_person(self, person_id: str) -> Deleted:
        """Remove a person with all sessions, answers and files.

        Raises
        ------
        UnknownRecordError
        """
        unfiled = folders_of(person_id)
        if any(is_busy(folder) for folder in unfiled):
            raise InputError(
                "A session or a clip of this person is being measured just now. Wait for its end, or end it, and "
                "delete then."
            )
        with self.files.locked():
            view = self.person(person_id)
            removed = self._delete(view.row.label, person_id, [row.id for row in view.sessions], whole=True)
            for manifest in self.files.waiting():
                if manifest.person_id == person_id:
                    self.files.forget(manifest.session_id)
            more = self.files.remove_person(person_id)
            names = (person_id, *(row.id for row in view.sessions), view.row.name or "")
            self.files.remove_apart(names)
        for folder in unfiled:
            more += sum(1 for path in everything_in(folder) if path.is_file())
            remove_whole(folder)
        self.unreachable = tuple(clear_unfinished())
        return replace(removed, files=removed.files + more, look_into=self._may_hold())

    def _may_hold(self) -> tuple[str, ...]:
        """Places outside of the store that may still hold somebody whom this store knew."""
        root = self.location.root
        aside = [str(path) for path in sorted(root.parent.glob(f"{glob.escape(root.name)}.before-*"))]
        if not self.location.is_sqlite:
            aside += [str(path) for path in sorted(root.glob("before-restore-*.neckrom*"))]
        apart = [str(path) for path in self.files.apart()]
        return (*aside, *apart, *map(str, self.unreachable))

    # ----------------------------------------------------------- sessions

    def sessions(
        self, person_id: str | None = None, limit: int | None = None, offset: int = 0
    ) -> list[SessionRow]:
        """Sessions of a person or of all, newest first."""
        with reading(self.engine) as connection:
            return sessions.list_sessions(connection, person_id, limit, offset)

    def find_session(self, text: str) -> SessionRow:
        """The session with this id or beginning of it.

        Raises
        ------
        UnknownRecordError
        """
        with reading(self.engine) as connection:
            return sessions.find_session(connection, text)

    def session(self, session_id: str) -> SessionView:
        """A session with figures and files.

        Raises
        ------
        UnknownRecordError
        """
        with reading(self.engine) as connection:
            row = sessions.find_session(connection, session_id)
            person = people.person_row(connection, row.person_id)
            entries = sessions.files_of(connection, row.id)
            values = sessions.values_of(connection, row.id)
        folder = self.files.folder(row.person_id, row.id)
        here = all((folder / entry.name).is_file() for entry in entries)
        return SessionView(row, person, values, entries, folder, here, self.result(row.id))

    def change_session(
        self, session_id: str, *, note: str | None = None, pain: Mapping[Movement, int | None] | None = None
    ) -> SessionView:
        """Write down what was learnt about a session afterwards.

        The result itself stays as it was measured: pain that is added here shows in lists, comparisons and
        exports, not in ``result.json`` and the stored report.

        Parameters
        ----------
        session_id : str
        note : str, optional
            In place of what was there.
        pain : mapping, optional
            With these movements, 0 to 10; None takes it away.

        Raises
        ------
        ConfigurationError
            If a value cannot be kept; nothing is changed then.
        UnknownRecordError
        """
        remark = None if note is None else people.checked_note(note)
        levels = {movement: sessions.checked_pain(level) for movement, level in (pain or {}).items()}
        with writing(self.engine) as connection:
            row = sessions.find_session(connection, session_id)
            if remark is not None:
                sessions.write_note(connection, row.id, remark)
            sessions.write_pain(connection, row.id, levels)
            write_entry(connection, Action.CHANGED, row.person_id, row.id)
        return self.session(row.id)

    def result(self, session_id: str) -> Result:
        """The whole result of a session, as ``measure`` gave it, with the pain that is on record now.

        Raises
        ------
        UnknownRecordError, InputError
        """
        with reading(self.engine) as connection:
            raw = sessions.result_bytes(connection, session_id)
            values = sessions.values_of(connection, session_id)
            row = sessions.find_session(connection, session_id)
        result, _ = parse_result(raw, f"session {session_id}")
        movements = tuple(with_pain(item, values[item.movement].pain) for item in result.movements)
        facts = result.session or facts_beside(self.files.folder(row.person_id, row.id))
        return result.model_copy(update={"movements": movements, "session": facts})

    def results(self, session_ids: Iterable[str]) -> dict[str, Result]:
        """Results of several sessions; one that is damaged or gone meanwhile is left out."""
        found = {}
        for session_id in session_ids:
            try:
                found[session_id] = self.result(session_id)
            except (InputError, UnknownRecordError) as error:
                log.warning("the result of session %s cannot be read: %s", session_id, error)
        return found

    def result_bytes(self, session_id: str) -> bytes:
        """``result.json`` of a session, byte for byte."""
        with reading(self.engine) as connection:
            return sessions.result_bytes(connection, session_id)

    def import_result(
        self,
        folder: Path,
        person_id: str,
        measured: datetime | None = None,
        note: str = "",
        *,
        replace: bool = False,
    ) -> Imported:
        """Copy a result folder into the store; where the database does not answer, keep it on this machine.

        Parameters
        ----------
        folder : Path
            A result folder of ``measure`` or of a guided session.
        person_id : str
        measured : datetime, optional
            When the person was measured; else when the result was made.
        note : str
        replace : bool
            Whether an earlier measurement of the same recording gives way.

        Raises
        ------
        InputError
            If the folder is foreign or damaged, its date lies in the future, or its recording is stored
            already.
        UnknownRecordError
            If the person was deleted.
        OutputError
            If the disk is full.
        """
        read = read_result_folder(folder)
        now = datetime.now(UTC)
        when = sessions.measured_time(read.result, measured, now)
        recording = sessions.recording_of(read.result, read.raw)
        try:
            replaces = self.check_new(recording, person_id, replace=replace)
        except StoreUnreachableError:
            if replace:
                raise  # what it would take the place of is not known
            replaces = None  # kept here; checked when it is written
        clock = self._clock_notes(now)
        session_id = new_session_id()
        remark = people.checked_note(note)
        try:
            with self.files.staging(session_id) as part:
                entries = copy_private(read.files, part)
                _refuse_changed(folder, read.raw, entries)
                manifest = Manifest(
                    session_id=session_id,
                    person_id=person_id,
                    measured=when.isoformat(),
                    dated_by_hand=measured is not None,
                    added=now.isoformat(),
                    note=remark,
                    replaces=replaces,
                    files=entries,
                )
                self.files.keep(part, manifest)
        except NotPlainFileError as error:
            raise InputError(f"{error.filename} cannot be taken in: {error.strerror}.") from error
        except OSError as error:
            raise OutputError(
                f"The session cannot be stored in {self.files.root}: {error.strerror or error}. Free some space; "
                "nothing of it was kept there, and its folder is as it was."
            ) from error
        written = self._settle_or_keep(manifest)
        return Imported(session_id, person_id, written, entries, read.notes + clock)

    def check_new(self, recording_sha256: str, person_id: str, *, replace: bool) -> str | None:
        """Refuse a recording that is stored already, before any work is done on it.

        Returns
        -------
        str or None
            Id of the session that gives way to it, with ``replace``.

        Raises
        ------
        InputError, UnknownRecordError
        """
        with reading(self.engine) as connection:
            if not sessions.person_exists(connection, person_id):
                raise people.gone(person_id)
            there = sessions.find_recording(connection, recording_sha256)
        if there is None:
            return None
        if there.person_id != person_id:
            raise KnownRecordingError(there, of_another=True)
        if not replace:
            raise KnownRecordingError(there)
        return there.id

    def _clock_notes(self, now: datetime) -> tuple[str, ...]:
        """A clock that stands before what was stored last has gone back, and the dates that it gives are wrong."""
        try:
            with reading(self.engine) as connection:
                latest = connection.execute(select(func.max(Session.added))).scalar()
        except StoreUnreachableError:
            return ()
        if latest is None or now > latest - timedelta(hours=1):
            return ()
        return (
            f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC, but the last session was stored on "
            f"{latest:%Y-%m-%d %H:%M} UTC, after that. Check the clock: where it has gone back, the date of this "
            "session may be wrong. Delete it then, and import it again with --date.",
        )

    def delete_session(self, session_id: str) -> Deleted:
        """Remove a session with its files.

        Raises
        ------
        UnknownRecordError
        """
        with self.files.locked():
            row = self.find_session(session_id)
            return self._delete(row.id, row.person_id, [row.id], whole=False)

    def waiting(self) -> list[Manifest]:
        """Sessions that are safe on this machine and not yet in the database."""
        return self.files.waiting()

    def write_what_waits(self) -> None:
        """Write sessions that were kept while the server was gone; quick where there are none."""
        if not self.read_only and self.files.waiting():
            self.settle()

    def settle(self) -> None:
        """Finish what a killed process or a lost server left undone."""
        with self.files.locked():
            self.files.clear_abandoned()
            for thrown in sorted(self.files.trash.iterdir()):
                self._settle_thrown(thrown)
            self.files.set_apart_unreadable()
            for manifest in self.files.waiting():
                self._settle_or_set_apart(manifest)

    def _settle_thrown(self, thrown: Path) -> None:
        """Put back or remove one session of the trash; call it locked."""
        person_id, session_id = thrown_ids(thrown)
        if not session_id or thrown.is_symlink() or not thrown.is_dir():
            self.files.set_apart(thrown, "it is no session")
            return
        with reading(self.engine) as connection:
            wanted = sessions.session_exists(connection, session_id)
        if not wanted:
            self.files.empty_trash(thrown)
        elif (self.files.stored / person_id / session_id).exists():
            self.files.set_apart(thrown, "its session has another folder already")
        else:
            self.files.put_back(thrown)

    def _settle_or_set_apart(self, manifest: Manifest) -> None:
        """Write one session that waits; what can never be written is set apart. Call it locked."""
        staged = self.files.incoming / manifest.session_id
        try:
            self._settle(manifest)
        except (StoreError, UnknownRecordError, KnownRecordingError, OutputError) as error:
            log.warning("session %s waits in %s: %s", manifest.session_id, self.files.incoming, error)
        except InputError as error:
            if staged.exists():
                self.files.set_apart(staged, str(error))
        except OSError as error:
            missing = isinstance(error, FileNotFoundError | NotPlainFileError | TooLargeError)
            if missing and staged.exists():
                self.files.set_apart(staged, f"{error.filename}: {error.strerror}")
            else:
                log.warning("session %s waits in %s: %s", manifest.session_id, self.files.incoming, error)

    # ------------------------------------------------------------- course

    def trend(self, person_id: str) -> tuple[MovementTrend, ...]:
        """How the six movements of a person went, in their order.

        Raises
        ------
        UnknownRecordError
        """
        with reading(self.engine) as connection:
            people.person_row(connection, person_id)
            points = sessions.trend_points(connection, person_id)
        limits = repeatability()
        return tuple(
            trend_of(movement, points[movement], limits.limit_deg(movement)) for movement in MOVEMENTS
        )

    def compare(self, one: str, other: str) -> Comparison:
        """What changed from the earlier to the later of two sessions of the same person.

        Raises
        ------
        UnknownRecordError
        InputError
            If they are of different people, or the same session.
        """
        earlier, later = sorted(
            (self.session(one), self.session(other)), key=lambda view: (view.row.measured, view.row.id)
        )
        if earlier.row.id == later.row.id:
            raise InputError(f"Both are session {earlier.row.id}: name two different ones.")
        if earlier.row.person_id != later.row.person_id:
            raise InputError(
                f"Session {earlier.row.id} is of {earlier.person.label}, {later.row.id} of {later.person.label}: only "
                "sessions of the same person compare."
            )
        limits = repeatability()
        changes = {
            movement: change_between(
                _point(earlier, movement), _point(later, movement), limits.limit_deg(movement)
            )
            for movement in MOVEMENTS
        }
        return Comparison(earlier, later, changes, earlier.row.method == later.row.method)

    # ---------------------------------------------------------- screenings

    def add_screening(
        self, person_id: str, questions_version: str, answers: dict[str, Any], session_id: str | None = None
    ) -> ScreeningRow:
        """Keep the answers of a neck screen.

        Raises
        ------
        UnknownRecordError
        """
        row = ScreeningRow(
            new_screening_id(), person_id, session_id, datetime.now(UTC), questions_version, answers
        )
        with writing(self.engine) as connection:
            people.person_row(connection, person_id)
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
            write_entry(connection, Action.SCREENED, person_id, session_id)
        return row

    # ----------------------------------------------------------------- log

    def log(
        self, action: Action, person_id: str | None = None, session_id: str | None = None, detail: str = ""
    ) -> None:
        """Write down that something was opened, exported or handed out.

        A disk that is full or takes nothing keeps nobody from reading: then it is only said in the program's own
        log.
        """
        if self.read_only:
            log.info("not in the log of %s, which can only be read: %s", self.location, action.value)
            return
        try:
            with writing(self.engine) as connection:
                write_entry(connection, action, person_id, session_id, detail)
        except (OutputError, StoreError) as error:
            log.warning("not in the log: %s", error)

    def log_entries(
        self, person_id: str | None = None, session_id: str | None = None, limit: int | None = None
    ) -> list[LogEntry]:
        """Who did what, newest first; people who were deleted are still in it, by pseudonym."""
        with reading(self.engine) as connection:
            return read_entries(connection, person_id, session_id, limit)

    # ---------------------------------------------------------------- parts

    def _settle_or_keep(self, manifest: Manifest) -> bool:
        with self.files.locked():
            try:
                self._settle(manifest)
            except StoreUnreachableError as error:
                log.warning("session %s is kept and written later: %s", manifest.session_id, error)
                return False
            except UnknownRecordError:  # the person was deleted meanwhile
                self.files.forget(manifest.session_id)
                raise
        return True

    def _settle(self, manifest: Manifest) -> None:
        """Write a staged session into the database and move its files; call it locked."""
        staged = self.files.incoming / manifest.session_id
        if not staged.exists():
            return  # another process has done it
        raw = read_plain(staged / RESULT, MAX_RESULT_BYTES)
        thrown: list[Path] = []
        if manifest.replaces is not None:
            thrown = self.files.throw_away(manifest.person_id, [manifest.replaces])
        try:
            with writing(self.engine) as connection:
                if not sessions.session_exists(connection, manifest.session_id):
                    if not sessions.person_exists(connection, manifest.person_id):
                        raise people.gone(manifest.person_id)
                    by_hand = sessions.ByHand()
                    if manifest.replaces is not None:
                        by_hand = sessions.written_by_hand(connection, manifest.replaces)
                        sessions.delete_session_row(connection, manifest.replaces)
                    sessions.insert_session(connection, manifest, raw)
                    sessions.keep_by_hand(connection, manifest.session_id, by_hand)
                    action = Action.IMPORTED if manifest.replaces is None else Action.REPLACED
                    write_entry(
                        connection, action, manifest.person_id, manifest.session_id, manifest.replaces or ""
                    )
        except StoreUnreachableError:
            raise  # whether it was kept is not known: the database says it when it answers again, and files follow
        except IntegrityError as error:
            self._undo(thrown)
            self.files.forget(manifest.session_id)
            raise InputError(
                "This recording was stored by another neckrom meanwhile: see neckrom sessions list."
            ) from error
        except BaseException:
            self._undo(thrown)
            raise
        self.files.put_in_place(manifest.person_id, manifest.session_id)
        for path in thrown:
            self.files.empty_trash(path)

    def _undo(self, thrown: list[Path]) -> None:
        for path in thrown:
            self.files.put_back(path)

    def _delete(self, label: str, person_id: str, session_ids: list[str], *, whole: bool) -> Deleted:
        """Rows and files of sessions, and of the person with ``whole``; call it locked."""
        thrown = self.files.throw_away(person_id, session_ids)
        here = [path for folder in thrown for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in here)
        try:
            with writing(self.engine) as connection:
                number = _count_files(connection, session_ids)
                screenings = 0
                if whole:
                    screenings = connection.execute(
                        delete(Screening).where(Screening.person_id == person_id)
                    ).rowcount
                    connection.execute(delete(Person).where(Person.id == person_id))
                else:
                    connection.execute(delete(Session).where(Session.id.in_(session_ids)))
                write_entry(connection, Action.DELETED, person_id, None if whole else session_ids[0])
        except StoreUnreachableError:
            raise  # as in _settle: what lies in the trash comes back or goes, as the database says
        except BaseException:
            self._undo(thrown)
            raise
        for folder in thrown:
            self.files.empty_trash(folder)
        self._forget_pages()
        return Deleted(label, len(session_ids), screenings, len(here), size, max(0, number - len(here)))

    def _forget_pages(self) -> None:
        """Write the log back into the database, so that nothing that was deleted lingers in it.

        The next one to open or close the store does it where a long reader kept us from it.
        """
        if not self.location.is_sqlite:
            return
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            if driver is not None:  # outside of a transaction, where SQLAlchemy would begin one
                busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if busy:
                    log.warning("what was deleted is written over when the store is closed: it is being read")


_SCREENING = (
    Screening.id,
    Screening.person_id,
    Screening.session_id,
    Screening.answered,
    Screening.questions_version,
    Screening.answers,
)


def _point(view: SessionView, movement: Movement) -> TrendPoint:
    return TrendPoint(view.row.id, view.row.measured, view.row.method, view.values[movement])


def _refuse_changed(folder: Path, raw: bytes, entries: tuple[FileEntry, ...]) -> None:
    """What is stored is what was checked."""
    stored = next((entry.sha256 for entry in entries if entry.name == RESULT), None)
    if stored != hashlib.sha256(raw).hexdigest():
        raise InputError(
            f"{folder / RESULT} was changed while it was read. Try again when nobody writes there."
        )


def _count_files(connection: Connection, session_ids: list[str]) -> int:
    query = select(func.count()).select_from(StoredFile).where(StoredFile.session_id.in_(session_ids))
    return int(connection.execute(query).scalar_one())
