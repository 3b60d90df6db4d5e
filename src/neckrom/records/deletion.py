"""Deleting people and sessions: rows and files together, or neither; and what may still hold them elsewhere."""

from __future__ import annotations

import glob
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, select

from neckrom.errors import InputError, StoreUnreachableError
from neckrom.records.audit import Action, write_entry
from neckrom.records.engine import writing
from neckrom.records.files import Files, everything_in, remove_whole
from neckrom.records.intake import undo
from neckrom.records.leftovers import folders_of, is_busy
from neckrom.records.location import Location
from neckrom.records.schema import Person, Session, StoredFile
from neckrom.records.screenings import delete_screenings
from neckrom.records.views import Deleted, PersonView

log = logging.getLogger(__name__)


def unfiled_folders(person_id: str) -> list[Path]:
    """What of a person was never filed.

    Raises
    ------
    InputError
        If something of theirs is being measured: nobody is deleted meanwhile.
    """
    folders = folders_of(person_id)
    if any(is_busy(folder) for folder in folders):
        raise InputError(
            "A session or a clip of this person is being measured just now. Wait for its end, or end it, and "
            "delete then."
        ).page_says("being_measured")
    return folders


def remove_folders(folders: Sequence[Path]) -> int:
    """Remove them; how many files were in them."""
    number = 0
    for folder in folders:
        number += sum(1 for path in everything_in(folder) if path.is_file())
        remove_whole(folder)
    return number


@dataclass(frozen=True, slots=True)
class Deletion:
    """The way out of an open store.

    Attributes
    ----------
    engine : Engine
    files : Files
    location : Location
    """

    engine: Engine
    files: Files
    location: Location

    def whole_person(self, view: PersonView) -> tuple[Deleted, int]:
        """Remove a person with everything that is in the store; call it locked.

        Returns
        -------
        Deleted
        int
            Files that no session knew of, removed as well.
        """
        person_id = view.row.id
        removed = self.of(view.row.label, person_id, [row.id for row in view.sessions], whole=True)
        for manifest in self.files.waiting():
            if manifest.person_id == person_id:
                self.files.forget(manifest.session_id)
        more = self.files.remove_person(person_id)
        self.files.remove_apart((person_id, *(row.id for row in view.sessions), view.row.name or ""))
        return removed, more

    def of(self, label: str, person_id: str, session_ids: list[str], *, whole: bool) -> Deleted:
        """Rows and files of sessions, and of the person with ``whole``; call it locked."""
        thrown = self.files.throw_away(person_id, session_ids)
        here = [path for folder in thrown for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in here)
        try:
            with writing(self.engine) as connection:
                number = _count_files(connection, session_ids)
                screenings = 0
                if whole:
                    screenings = delete_screenings(connection, person_id)
                    connection.execute(delete(Person).where(Person.id == person_id))
                else:
                    connection.execute(delete(Session).where(Session.id.in_(session_ids)))
                write_entry(connection, Action.DELETED, person_id, None if whole else session_ids[0])
        except StoreUnreachableError:
            raise  # as in _settle: what lies in the trash comes back or goes, as the database says
        except BaseException:
            undo(thrown, self.files)
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

    def may_hold(self) -> tuple[str, ...]:
        """Places outside of the store that may still hold somebody whom this store knew."""
        root = self.location.root
        aside = [str(path) for path in sorted(root.parent.glob(f"{glob.escape(root.name)}.before-*"))]
        if not self.location.is_sqlite:
            aside += [str(path) for path in sorted(root.glob("before-restore-*.neckrom*"))]
        apart = [str(path) for path in self.files.apart()]
        return (*aside, *apart)


def _count_files(connection: Connection, session_ids: list[str]) -> int:
    query = select(func.count()).select_from(StoredFile).where(StoredFile.session_id.in_(session_ids))
    return int(connection.execute(query).scalar_one())
