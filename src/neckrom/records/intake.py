"""Taking sessions in: staged on this machine, written into the database, their files moved into place.

In this order a session is never half there: it waits among the incoming ones until the database has it, and
what a killed process or a lost server left undone is finished by :meth:`Intake.settle`.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from neckrom.errors import InputError, OutputError, StoreError, StoreUnreachableError, UnknownRecordError
from neckrom.private_files import NotPlainFileError, TooLargeError, read_plain
from neckrom.records import people, sessions
from neckrom.records.audit import Action, write_entry
from neckrom.records.engine import reading, writing
from neckrom.records.files import FileEntry, Files, Manifest, copy_private, thrown_ids
from neckrom.records.ids import new_session_id
from neckrom.records.kinds import recording_of
from neckrom.records.result_folder import MAX_RESULT_BYTES, RESULT, read_result_folder
from neckrom.records.schema import Session
from neckrom.records.sessions import SessionRow
from neckrom.records.views import Imported

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


class Intake:
    """The way into an open store.

    Parameters
    ----------
    engine : Engine
    files : Files
    """

    def __init__(self, engine: Engine, files: Files) -> None:
        self._engine = engine
        self._files = files

    def take_in(
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
        recording = recording_of(read.result, read.raw)
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
            with self._files.staging(session_id) as part:
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
                self._files.keep(part, manifest)
        except NotPlainFileError as error:
            raise InputError(f"{error.filename} cannot be taken in: {error.strerror}.") from error
        except OSError as error:
            raise OutputError(
                f"The session cannot be stored in {self._files.root}: {error.strerror or error}. Free some space; "
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
        with reading(self._engine) as connection:
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
            with reading(self._engine) as connection:
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

    def waiting(self) -> list[Manifest]:
        """Sessions that are safe on this machine and not yet in the database."""
        return self._files.waiting()

    def write_what_waits(self) -> None:
        """Write sessions that were kept while the server was gone; quick where there are none."""
        if self._files.waiting():
            self.settle()

    def settle(self) -> None:
        """Finish what a killed process or a lost server left undone."""
        with self._files.locked():
            self._files.clear_abandoned()
            for thrown in sorted(self._files.trash.iterdir()):
                self._settle_thrown(thrown)
            self._files.set_apart_unreadable()
            for manifest in self._files.waiting():
                self._settle_or_set_apart(manifest)

    def _settle_thrown(self, thrown: Path) -> None:
        """Put back or remove one session of the trash; call it locked."""
        person_id, session_id = thrown_ids(thrown)
        if not session_id or thrown.is_symlink() or not thrown.is_dir():
            self._files.set_apart(thrown, "it is no session")
            return
        with reading(self._engine) as connection:
            owner = sessions.owner_of(connection, session_id)
        if owner is None:
            self._files.empty_trash(thrown)
            return
        person_id = owner  # it may have been on its way to another person
        if (self._files.stored / person_id / session_id).exists():
            self._files.set_apart(thrown, "its session has another folder already")
        else:
            self._files.put_back(thrown, owner)

    def _settle_or_set_apart(self, manifest: Manifest) -> None:
        """Write one session that waits; what can never be written is set apart. Call it locked."""
        staged = self._files.incoming / manifest.session_id
        try:
            self._settle(manifest)
        except (StoreError, UnknownRecordError, KnownRecordingError, OutputError) as error:
            log.warning("session %s waits in %s: %s", manifest.session_id, self._files.incoming, error)
        except InputError as error:
            if staged.exists():
                self._files.set_apart(staged, str(error))
        except OSError as error:
            missing = isinstance(error, FileNotFoundError | NotPlainFileError | TooLargeError)
            if missing and staged.exists():
                self._files.set_apart(staged, f"{error.filename}: {error.strerror}")
            else:
                log.warning("session %s waits in %s: %s", manifest.session_id, self._files.incoming, error)

    def _settle_or_keep(self, manifest: Manifest) -> bool:
        with self._files.locked():
            try:
                self._settle(manifest)
            except StoreUnreachableError as error:
                log.warning("session %s is kept and written later: %s", manifest.session_id, error)
                return False
            except UnknownRecordError:  # the person was deleted meanwhile
                self._files.forget(manifest.session_id)
                raise
        return True

    def _settle(self, manifest: Manifest) -> None:
        """Write a staged session into the database and move its files; call it locked."""
        staged = self._files.incoming / manifest.session_id
        if not staged.exists():
            return  # another process has done it
        raw = read_plain(staged / RESULT, MAX_RESULT_BYTES)
        thrown: list[Path] = []
        if manifest.replaces is not None:
            thrown = self._files.throw_away(manifest.person_id, [manifest.replaces])
        try:
            with writing(self._engine) as connection:
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
            undo(thrown, self._files)
            self._files.forget(manifest.session_id)
            raise InputError(
                "This recording was stored by another neckrom meanwhile: see neckrom sessions list."
            ) from error
        except BaseException:
            undo(thrown, self._files)
            raise
        self._files.put_in_place(manifest.person_id, manifest.session_id)
        for path in thrown:
            self._files.empty_trash(path)


def undo(thrown: list[Path], files: Files) -> None:
    """Put sessions back that were about to go."""
    for path in thrown:
        files.put_back(path)


def _refuse_changed(folder: Path, raw: bytes, entries: tuple[FileEntry, ...]) -> None:
    """What is stored is what was checked."""
    stored = next((entry.sha256 for entry in entries if entry.name == RESULT), None)
    if stored != hashlib.sha256(raw).hexdigest():
        raise InputError(
            f"{folder / RESULT} was changed while it was read. Try again when nobody writes there."
        )
