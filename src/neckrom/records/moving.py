"""A session that was filed under the wrong person goes to the right one, with its files."""

from __future__ import annotations

from sqlalchemy import Engine, update

from neckrom.errors import InputError
from neckrom.records import people, sessions
from neckrom.records.audit import Action, write_entry
from neckrom.records.engine import writing
from neckrom.records.files import Files
from neckrom.records.schema import Screening, Session


def move_session(engine: Engine, files: Files, session_id: str, person_id: str) -> str:
    """Give a session to another person.

    A neck screen of the person before that was filled in from it keeps its answers and loses the measurement.
    Meanwhile the files lie in the trash, from which the next start puts them back under whoever the database
    says: a kill at any moment leaves them with the one or the other, whole.

    Parameters
    ----------
    engine : Engine
    files : Files
    session_id : str
        Or its beginning.
    person_id : str

    Returns
    -------
    str
        The session's id.

    Raises
    ------
    UnknownRecordError
        There is no such session, or no such person.
    InputError
        It is theirs already.
    """
    with files.locked():
        thrown = []
        try:
            with writing(engine) as connection:
                row = sessions.find_session(connection, session_id)
                wanted = people.person_row(connection, person_id)
                if row.person_id == wanted.id:
                    raise InputError(f"Session {row.id} is filed under this person already.").page_says(
                        "theirs_already"
                    )
                thrown = files.throw_away(row.person_id, [row.id])
                connection.execute(
                    update(Screening)
                    .where(Screening.session_id == row.id, Screening.person_id == row.person_id)
                    .values(session_id=None)
                )
                connection.execute(update(Session).where(Session.id == row.id).values(person_id=wanted.id))
                write_entry(connection, Action.MOVED, row.person_id, row.id, f"to {wanted.id}")
                write_entry(connection, Action.MOVED, wanted.id, row.id, f"from {row.person_id}")
        except BaseException:
            for folder in thrown:
                files.put_back(folder)
            raise
        for folder in thrown:
            files.put_back(folder, wanted.id)
    return row.id
