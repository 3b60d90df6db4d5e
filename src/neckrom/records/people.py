"""People: adding, finding and naming them."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Executable, Select, Subquery, func, insert, select, update

from neckrom.errors import OptionValueError, UnknownRecordError
from neckrom.records.ids import is_id, new_person_id
from neckrom.records.schema import Person, Session

MAX_NAME = 200
MAX_NOTE = 5000
_NEAR = 5


class RefusedValueError(OptionValueError):
    """A value that cannot be kept.

    Attributes
    ----------
    key : str
        Of the same refusal in the texts of the pages.
    number : int or None
        That it speaks of.
    """

    def __init__(self, key: str, message: str, number: int | None = None) -> None:
        super().__init__(message)
        self.key = key
        self.number = number


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as lists show them.

    Attributes
    ----------
    id : str
        Pseudonym.
    name : str or None
        None where the person is known by the pseudonym alone.
    birth_date : date or None
    note : str
    created : datetime
    sessions : int
        How many there are.
    last_session : datetime or None
        When the latest was measured.
    """

    id: str
    name: str | None
    birth_date: date | None
    note: str
    created: datetime
    sessions: int
    last_session: datetime | None

    @property
    def label(self) -> str:
        """The name where there is one, and the pseudonym."""
        return f"{self.name} ({self.id})" if self.name else self.id


# ----------------------------------------------------------------- what is put in


def checked_name(name: str | None) -> str | None:
    """A name as it is stored; None for none.

    Raises
    ------
    ConfigurationError
        If it is too long, or holds characters that cannot be shown as they are.
    """
    if name is None:
        return None
    plain = " ".join(unicodedata.normalize("NFC", name).split(" ")).strip()
    if not plain:
        raise RefusedValueError(
            "name_empty",
            "The name is empty. Give one, or leave the name out: the person gets a pseudonym.",
        )
    if len(plain) > MAX_NAME:
        raise RefusedValueError(
            "name_long", f"The name has {len(plain)} characters: give one of at most {MAX_NAME}.", len(plain)
        )
    if any(unicodedata.category(letter)[0] == "C" and letter != "\u200d" for letter in plain):
        raise RefusedValueError(
            "name_unseen",
            "The name holds characters that cannot be seen (line breaks, control characters, marks that turn text "
            "around). Type it by hand.",
        )
    return plain


def checked_birth_date(text: str | None, today: date) -> date | None:
    """A birth date from ``YYYY-MM-DD``.

    Raises
    ------
    ConfigurationError
        If it is no date, lies in the future, or is more than 130 years ago.
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise RefusedValueError(
            "date_none", f"{text!r} is no date: give the birth date as in 1985-03-27."
        ) from error
    if day > today:
        raise RefusedValueError("date_future", f"The birth date {day} lies in the future: check the year.")
    if today.year - day.year > 130:
        raise RefusedValueError(
            "date_old", f"The birth date {day} is more than 130 years ago: check the year."
        )
    return day


def checked_note(note: str) -> str:
    """A note as it is stored: what cannot be shown becomes a blank.

    Raises
    ------
    ConfigurationError
        If it is too long.
    """
    if len(note) > MAX_NOTE:
        raise RefusedValueError(
            "note_long", f"The note has {len(note)} characters: at most {MAX_NOTE} are kept.", len(note)
        )
    plain = note.replace("\r\n", "\n")  # as browsers send it
    return "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in plain)


def search_form(name: str) -> str:
    """A name as it is compared: upper and lower case and width of letters do not matter."""
    return unicodedata.normalize("NFKC", name).casefold()[:800]


def add_person(connection: Connection, name: str | None, birth_date: date | None, note: str) -> str:
    """Store a new person and give their pseudonym."""
    pseudonym = new_person_id()
    connection.execute(
        insert(Person).values(
            id=pseudonym,
            name=name,
            search_name=search_form(name or ""),
            birth_date=birth_date,
            note=note,
            created=datetime.now(UTC),
        )
    )
    return pseudonym


def change_person(connection: Connection, person_id: str, **changes: Any) -> None:
    """Write columns of a person.

    Raises
    ------
    UnknownRecordError
        If the person is gone.
    """
    done = connection.execute(update(Person).where(Person.id == person_id).values(**changes))
    if done.rowcount != 1:
        raise gone(person_id)


def gone(person_id: str) -> UnknownRecordError:
    """The refusal of a person who was deleted meanwhile."""
    return UnknownRecordError(f"There is no person {person_id} any more: list them with neckrom people list.")


# ------------------------------------------------------------------ looking


def list_people(
    connection: Connection, search: str = "", limit: int | None = None, offset: int = 0
) -> list[PersonRow]:
    """People by name, those without one last; ``search`` is a part of the name or of the pseudonym.

    Whom to show is found first, and only their sessions are counted.
    """
    if limit is None and not offset:
        return _people(connection, _matching(_rows(counted=_counted_all()), search).order_by(*_ORDER))
    page = _matching(select(Person.id), search).order_by(*_ORDER).limit(limit).offset(offset)
    return _people(connection, _rows().where(Person.id.in_(page)).order_by(*_ORDER))


def count_people(connection: Connection, search: str = "") -> int:
    """How many :func:`list_people` would give without a limit."""
    query = _matching(select(func.count()).select_from(Person), search)
    return int(connection.execute(query).scalar_one())


def person_row(connection: Connection, person_id: str) -> PersonRow:
    """One person.

    Raises
    ------
    UnknownRecordError
    """
    found = _people(connection, _rows().where(Person.id == person_id))
    if not found:
        raise gone(person_id)
    return found[0]


def find_person(connection: Connection, text: str) -> PersonRow:
    """The one person with this pseudonym or name.

    Raises
    ------
    UnknownRecordError
        If there is none, naming those that come near, or several.
    """
    if is_id(text.upper()):
        found = _people(connection, _rows().where(Person.id == text.upper()))
    else:
        found = _people(connection, _rows().where(Person.search_name == search_form(text.strip())))
    if len(found) == 1 and text.strip():
        return found[0]
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    if len(found) > 1:
        raise UnknownRecordError(
            f"{len(found)} people are called {shown!r}. Name one by the pseudonym:\n{_described(found)}"
        )
    near = _near(connection, text)
    if near:
        raise UnknownRecordError(f"There is no person {shown!r}. Near to it are:\n{_described(near)}")
    raise UnknownRecordError(
        f"There is no person {shown!r}. See all with: neckrom people list, or add one: neckrom people add NAME"
    )


_ORDER = (Person.search_name == "", Person.search_name, Person.id)


def _rows(counted: Subquery | None = None) -> Select[Any]:
    """People with their sessions counted: one by one, or from a count over all of them."""
    columns = (Person.id, Person.name, Person.birth_date, Person.note, Person.created)
    if counted is not None:
        number = func.coalesce(counted.c.number, 0)
        joined = Person.__table__.outerjoin(counted, counted.c.person_id == Person.id)
        return select(*columns, number, counted.c.last).select_from(joined)
    of_person = Session.person_id == Person.id
    own = select(func.count()).where(of_person).correlate(Person).scalar_subquery()
    last = select(func.max(Session.measured)).where(of_person).correlate(Person).scalar_subquery()
    return select(*columns, own, last.label("last"))


def _counted_all() -> Subquery:
    return (
        select(Session.person_id, func.count().label("number"), func.max(Session.measured).label("last"))
        .group_by(Session.person_id)
        .subquery()
    )


def _matching(query: Select[Any], search: str) -> Select[Any]:
    words = search_form(search.strip())
    if not words:
        return query
    return query.where(
        Person.search_name.contains(words, autoescape=True)
        | Person.id.contains(words.upper(), autoescape=True)
    )


def _people(connection: Connection, query: Executable) -> list[PersonRow]:
    return [PersonRow(*row) for row in connection.execute(query)]


def _near(connection: Connection, text: str) -> list[PersonRow]:
    """People whose names hold the text, or are spelt much like it."""
    wanted = search_form(text.strip())
    if not wanted or len(wanted) > MAX_NAME:
        return []
    holding = list_people(connection, text, limit=_NEAR)
    if holding:
        return holding
    names = connection.execute(select(Person.search_name).where(Person.search_name != "").distinct())
    alike = difflib.get_close_matches(wanted, [row[0] for row in names], n=_NEAR, cutoff=0.7)
    return _people(connection, _rows().where(Person.search_name.in_(alike)).limit(_NEAR)) if alike else []


def _described(people: Sequence[PersonRow]) -> str:
    return "\n".join(f"  {_description(person)}" for person in people)


def _description(person: PersonRow) -> str:
    number = f"{person.sessions} session{'s' * (person.sessions != 1)}"
    born = f", born {person.birth_date}" if person.birth_date else ""
    return f"{person.id}  {person.name or '(no name)'}{born}, {number}"
