"""Everything that command line and page ask of the store.

    with open_records() as records:
        person = records.find_person("Anna Berg")
        for trend in records.trend(person.id): ...

Values are frozen dataclasses; times have their zone; degrees. A :class:`Records` may be used from
several threads; each call is a transaction of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, select

from neckrom.assessment.judgement import with_pain
from neckrom.errors import InputError, OutputError, StoreError, UnknownRecordError
from neckrom.nerve.result import NerveResult
from neckrom.plans.result import PlanResult
from neckrom.private_files import clear_unfinished
from neckrom.records import people, sessions
from neckrom.records.audit import Action, LogEntry, read_entries, write_entry
from neckrom.records.comparing import compared, runs_compared, trends_of
from neckrom.records.deletion import Deletion, remove_folders, unfiled_folders
from neckrom.records.diary import DiaryDay, diary_of, keep_day, remove_day
from neckrom.records.engine import make_engine, make_private_file, reading, writing
from neckrom.records.files import FileEntry, Files, Manifest
from neckrom.records.guard import (
    finish_restore,
    finish_server_restore,
    is_read_only,
    mark_in_use,
    mark_read,
    refuse_lost_database,
    refuse_other_content,
)
from neckrom.records.intake import Intake
from neckrom.records.kinds import NECK, RUN, AnyResult
from neckrom.records.leftovers import clear_uploads
from neckrom.records.limits import Limits, limits_for
from neckrom.records.location import Location, locate
from neckrom.records.migrate import bring_up_to_date
from neckrom.records.moving import move_session
from neckrom.records.people import PersonRow
from neckrom.records.result_folder import neck_result, parse_result
from neckrom.records.schema import Person, Session
from neckrom.records.screenings import insert_screening, screenings_of
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import MovementTrend
from neckrom.records.views import (
    BodySession,
    Comparison,
    Deleted,
    Imported,
    NerveSeen,
    PersonView,
    PlanSeen,
    RunComparison,
    RunSeen,
    ScreeningRow,
    SessionView,
    UpperBackSeen,
)
from neckrom.result import Result
from neckrom.running.result import RunResult
from neckrom.service.clinic import load_site
from neckrom.service.sessions import facts_beside
from neckrom.types import Movement
from neckrom.upper_back.result import UpperBackResult

log = logging.getLogger(__name__)


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
            self.intake = Intake(self._engine, self.files)
            self._deletion = Deletion(self._engine, self.files, location)
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
        self.intake = Intake(self._engine, self.files)
        self._deletion = Deletion(self._engine, self.files, self.location)
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
            return PersonView(
                row,
                tuple(sessions.list_sessions(connection, person_id)),
                screenings_of(connection, person_id),
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
        InputError
            If a session or a clip of theirs is being measured.
        """
        unfiled = unfiled_folders(person_id)
        with self.files.locked():
            removed, more = self._deletion.whole_person(self.person(person_id))
        more += remove_folders(unfiled)
        self.unreachable = tuple(clear_unfinished())
        look_into = (*self._deletion.may_hold(), *map(str, self.unreachable))
        return replace(removed, files=removed.files + more, look_into=look_into)

    # ----------------------------------------------------------- sessions

    def sessions(
        self,
        person_id: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        *,
        kind: str | None = None,
    ) -> list[SessionRow]:
        """Sessions of a person or of all, newest first; of one kind, or of every."""
        with reading(self.engine) as connection:
            return sessions.list_sessions(connection, person_id, limit, offset, kind=kind)

    def find_session(self, text: str) -> SessionRow:
        """The session with this id or beginning of it.

        Raises
        ------
        UnknownRecordError
        """
        with reading(self.engine) as connection:
            return sessions.find_session(connection, text)

    def session(self, session_id: str) -> SessionView:
        """A session of the neck with figures and files.

        Raises
        ------
        UnknownRecordError
        InputError
            If it is of another kind.
        """
        row, person, entries, folder, here = self._stored(session_id)
        result = self.result(row.id)
        with reading(self.engine) as connection:
            values = sessions.values_of(connection, row.id)
        return SessionView(row, person, entries, folder, here, values, result)

    def body_session(self, session_id: str) -> BodySession:
        """A run, a posture or a nerve test with its files.

        Raises
        ------
        UnknownRecordError
        InputError
            If it is of the neck.
        """
        row, person, entries, folder, here = self._stored(session_id)
        result = self.any_result(row.id)
        if isinstance(result, Result):
            raise InputError(f"Session {row.id} is of the neck, no run, posture or nerve test.")
        earlier = self._run_before(row) if row.kind == RUN else None
        return BodySession(row, person, entries, folder, here, result, earlier)

    def any_session(self, session_id: str) -> SessionView | BodySession:
        """A session of whichever kind.

        Raises
        ------
        UnknownRecordError
        """
        row = self.find_session(session_id)
        return self.session(row.id) if row.kind == NECK else self.body_session(row.id)

    def _stored(self, session_id: str) -> tuple[SessionRow, PersonRow, tuple[FileEntry, ...], Path, bool]:
        """What every kind of session has: row, person, files, their folder, and whether they are here."""
        with reading(self.engine) as connection:
            row = sessions.find_session(connection, session_id)
            person = people.person_row(connection, row.person_id)
            entries = sessions.files_of(connection, row.id)
        folder = self.files.folder(row.person_id, row.id)
        return row, person, entries, folder, all((folder / entry.name).is_file() for entry in entries)

    def _run_before(self, row: SessionRow) -> RunSeen | None:
        """The person's newest run that was before this one and can be read."""
        for each in self.sessions(row.person_id, kind=RUN):
            if (each.measured, each.id) < (row.measured, row.id):
                seen = self.runs([each])
                if seen:
                    return seen[0]
        return None

    def runs(self, rows: Iterable[SessionRow]) -> list[RunSeen]:
        """Runs with their results, in the order given; one that is damaged or gone meanwhile is left out."""
        found = []
        for row in rows:
            result = self.any_results([row.id]).get(row.id)
            if isinstance(result, RunResult):
                found.append(RunSeen(row, result))
        return found

    def nerve_tests(self, rows: Iterable[SessionRow]) -> list[NerveSeen]:
        """Nerve tests with their results, as :meth:`runs`."""
        found = []
        for row in rows:
            result = self.any_results([row.id]).get(row.id)
            if isinstance(result, NerveResult):
                found.append(NerveSeen(row, result))
        return found

    def plans(self, rows: Iterable[SessionRow]) -> list[PlanSeen]:
        """Sessions of plans with their results, as :meth:`runs`."""
        found = []
        for row in rows:
            result = self.any_results([row.id]).get(row.id)
            if isinstance(result, PlanResult):
                found.append(PlanSeen(row, result))
        return found

    def upper_backs(self, rows: Iterable[SessionRow]) -> list[UpperBackSeen]:
        """Turns of the trunk with their results, as :meth:`runs`."""
        found = []
        for row in rows:
            result = self.any_results([row.id]).get(row.id)
            if isinstance(result, UpperBackResult):
                found.append(UpperBackSeen(row, result))
        return found

    def change_session(
        self, session_id: str, *, note: str | None = None, pain: Mapping[Movement, int | None] | None = None
    ) -> SessionView | BodySession:
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
        InputError
            If pain is given and the session is not of the neck.
        UnknownRecordError
        """
        remark = None if note is None else people.checked_note(note)
        levels = {movement: sessions.checked_pain(level) for movement, level in (pain or {}).items()}
        with writing(self.engine) as connection:
            row = sessions.find_session(connection, session_id)
            if levels and row.kind != NECK:
                raise InputError(
                    f"Session {row.id} has no movements of the neck: give it a note instead of pain."
                )
            if remark is not None:
                sessions.write_note(connection, row.id, remark)
            sessions.write_pain(connection, row.id, levels)
            write_entry(connection, Action.CHANGED, row.person_id, row.id)
        return self.any_session(row.id)

    def move_session(self, session_id: str, person_id: str) -> SessionView | BodySession:
        """Give a session to another person, with its files: see :func:`neckrom.records.moving.move_session`."""
        return self.any_session(move_session(self.engine, self.files, session_id, person_id))

    def result(self, session_id: str) -> Result:
        """The whole result of a session of the neck, as ``measure`` gave it, with the pain that is on record now.

        Raises
        ------
        UnknownRecordError, InputError
            Also where it is of another kind.
        """
        with reading(self.engine) as connection:
            raw = sessions.result_bytes(connection, session_id)
            values = sessions.values_of(connection, session_id)
            row = sessions.find_session(connection, session_id)
        result, _ = neck_result(raw, f"session {session_id}")
        movements = tuple(with_pain(item, values[item.movement].pain) for item in result.movements)
        facts = result.session or facts_beside(self.files.folder(row.person_id, row.id))
        return result.model_copy(update={"movements": movements, "session": facts})

    def any_result(self, session_id: str) -> AnyResult:
        """The whole result of a session, of whichever kind it is.

        Raises
        ------
        UnknownRecordError, InputError
        """
        if self.find_session(session_id).kind == NECK:
            return self.result(session_id)
        return parse_result(self.result_bytes(session_id), f"session {session_id}")[0]

    def results(self, session_ids: Iterable[str]) -> dict[str, Result]:
        """Results of those of several sessions that are of the neck; see :meth:`any_results`."""
        found = self.any_results(session_ids)
        return {session_id: result for session_id, result in found.items() if isinstance(result, Result)}

    def any_results(self, session_ids: Iterable[str]) -> dict[str, AnyResult]:
        """Results of several sessions; one that is damaged or gone meanwhile is left out."""
        found: dict[str, AnyResult] = {}
        for session_id in session_ids:
            try:
                found[session_id] = self.any_result(session_id)
            except (InputError, UnknownRecordError) as error:
                log.warning("the result of session %s cannot be read: %s", session_id, error)
        return found

    def result_bytes(self, session_id: str) -> bytes:
        """``result.json`` of a session, byte for byte."""
        with reading(self.engine) as connection:
            return sessions.result_bytes(connection, session_id)

    def delete_session(self, session_id: str) -> Deleted:
        """Remove a session with its files.

        Raises
        ------
        UnknownRecordError
        """
        with self.files.locked():
            row = self.find_session(session_id)
            return self._deletion.of(row.id, row.person_id, [row.id], whole=False)

    # ------------------------------------------------------------- intake

    def import_result(
        self,
        folder: Path,
        person_id: str,
        measured: datetime | None = None,
        note: str = "",
        *,
        replace: bool = False,
    ) -> Imported:
        """Copy a result folder into the store: see :meth:`neckrom.records.intake.Intake.take_in`."""
        return self.intake.take_in(folder, person_id, measured, note, replace=replace)

    def check_new(self, recording_sha256: str, person_id: str, *, replace: bool) -> str | None:
        """Refuse a recording that is stored already: see :meth:`neckrom.records.intake.Intake.check_new`."""
        return self.intake.check_new(recording_sha256, person_id, replace=replace)

    def waiting(self) -> list[Manifest]:
        """Sessions that are safe on this machine and not yet in the database."""
        return self.intake.waiting()

    def write_what_waits(self) -> None:
        """Write sessions that were kept while the server was gone; quick where there are none."""
        if not self.read_only:
            self.intake.write_what_waits()

    def settle(self) -> None:
        """Finish what a killed process or a lost server left undone."""
        self.intake.settle()

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
        return trends_of(points, self.limits(person_id))

    def limits(self, person_id: str) -> Limits:
        """Beyond what a change of a person is called one: by the site's own study where it holds for all sessions.

        Raises
        ------
        UnknownRecordError
        """
        state = load_site()
        if state.site is None:
            return limits_for((), state)
        with reading(self.engine) as connection:
            people.person_row(connection, person_id)
            ids = [row.id for row in sessions.list_sessions(connection, person_id, kind=NECK)]
        found = self.results(ids)
        return limits_for([found.get(each) for each in ids], state)

    def compare(self, one: str, other: str) -> Comparison:
        """What changed from the earlier to the later of two sessions of the neck of the same person.

        Raises
        ------
        UnknownRecordError
        InputError
            If they are of different people, of another kind, or the same session.
        """
        return compared(self.session(one), self.session(other))

    def compare_runs(self, one: str, other: str) -> RunComparison:
        """Which of the article's rows changed from the earlier to the later of two runs of the same person.

        Raises
        ------
        UnknownRecordError
        InputError
            If they are of different people, no runs, or the same session.
        """
        return runs_compared(self.body_session(one), self.body_session(other))

    # ---------------------------------------------------------- screenings

    def add_screening(
        self, person_id: str, questions_version: str, answers: dict[str, Any], session_id: str | None = None
    ) -> ScreeningRow:
        """Keep the answers of a neck screen.

        Raises
        ------
        UnknownRecordError
        """
        with writing(self.engine) as connection:
            row = insert_screening(connection, person_id, questions_version, answers, session_id)
            write_entry(connection, Action.SCREENED, person_id, session_id)
        return row

    # --------------------------------------------------------------- diary

    def diary(self, person_id: str) -> tuple[DiaryDay, ...]:
        """The diary of a person, newest day first."""
        with reading(self.engine) as connection:
            return diary_of(connection, person_id)

    def add_to_diary(self, person_id: str, line: DiaryDay, *, replace: bool = False) -> None:
        """Write down one day: see :func:`neckrom.records.diary.keep_day`."""
        with writing(self.engine) as connection:
            keep_day(connection, person_id, line, replace=replace)
            write_entry(connection, Action.NOTED, person_id)

    def remove_from_diary(self, person_id: str, day: date) -> None:
        """Take a day out again.

        Raises
        ------
        UnknownRecordError
            If there is none.
        """
        with writing(self.engine) as connection:
            remove_day(connection, person_id, day)
            write_entry(connection, Action.CHANGED, person_id)

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
