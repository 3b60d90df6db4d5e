"""The symptom diary: one line a day, and what its days show beside each other.

The neck screen asks whether pain changes its strength and place without regard to activity. The diary shows what was
written down; whether that is so, the person says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import Connection, delete, insert, select

from neckrom.errors import InputError, UnknownRecordError
from neckrom.records import people
from neckrom.records.people import RefusedValueError
from neckrom.records.schema import DiaryLine
from neckrom.records.sessions import checked_pain

Activity = Literal["rest", "easy", "hard"]
ACTIVITIES: tuple[Activity, ...] = get_args(Activity)
MOST_PLACE, MOST_NOTE = 200, 500
_OLDEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """One line.

    Attributes
    ----------
    day : date
    pain : int or None
        0 to 10; None not said.
    place : str
        Where it hurt.
    activity : {"rest", "easy", "hard"} or None
        What was done that day.
    note : str
    """

    day: date
    pain: int | None = None
    place: str = ""
    activity: Activity | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class DiaryShown:
    """What the days of a diary show; nothing is concluded from it.

    Attributes
    ----------
    days : int
    since, until : date
    least, most : int or None
        Pain.
    places : tuple of str
        As they were written, each once, the most frequent first.
    at_rest : tuple of int
        Pain on days of rest.
    with_activity : tuple of int
        Pain on days of running.
    """

    days: int
    since: date
    until: date
    least: int | None
    most: int | None
    places: tuple[str, ...]
    at_rest: tuple[int, ...]
    with_activity: tuple[int, ...]


def shown_of(lines: Sequence[DiaryDay]) -> DiaryShown | None:
    """What a diary shows; None where it is empty.

    Parameters
    ----------
    lines : sequence of DiaryDay
    """
    if not lines:
        return None
    pains = [line.pain for line in lines if line.pain is not None]
    spoken: dict[str, list[str]] = {}
    for line in lines:
        if line.place:
            spoken.setdefault(line.place.casefold(), []).append(line.place)
    places = sorted(spoken.values(), key=len, reverse=True)
    return DiaryShown(
        days=len(lines),
        since=min(line.day for line in lines),
        until=max(line.day for line in lines),
        least=min(pains, default=None),
        most=max(pains, default=None),
        places=tuple(same[0] for same in places),
        at_rest=_pains(lines, ("rest",)),
        with_activity=_pains(lines, ("easy", "hard")),
    )


def _pains(lines: Sequence[DiaryDay], activities: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(line.pain for line in lines if line.activity in activities and line.pain is not None)


def checked_day(
    today: date,
    *,
    day: str | None = None,
    pain: str | int | None = None,
    place: str = "",
    activity: str | None = None,
    note: str = "",
) -> DiaryDay:
    """A line from what was typed.

    Parameters
    ----------
    today : date
        Where the person is.
    day : str or None
        YYYY-MM-DD; today where it is not given.
    pain : str, int or None
    place, activity, note : str

    Raises
    ------
    ConfigurationError
        A value cannot be kept, or nothing is said at all; with what to do.
    """
    try:
        on = today if not day else date.fromisoformat(day)
    except ValueError as error:
        raise RefusedValueError("diary_day", f"{day!r} is no day: give it as in 2026-03-14.") from error
    if on > today + timedelta(days=1) or on < _OLDEST:
        raise RefusedValueError("diary_day", f"The day {on} cannot be: check the year.")
    try:
        level = None if pain in (None, "") else int(str(pain))
    except ValueError as error:
        raise RefusedValueError("pain", f"Pain {pain!r} is no whole number from 0 to 10.") from error
    done = _activity(activity)
    if activity and done is None:
        raise RefusedValueError(
            "diary_activity", f"Activity {activity!r} is none: choose {', '.join(ACTIVITIES)}."
        )
    where, remark = _plain(place, MOST_PLACE), _plain(note, MOST_NOTE)
    line = DiaryDay(on, checked_pain(level), where, done, remark)
    if line.pain is None and not (line.place or line.activity or line.note):
        raise RefusedValueError("diary_empty", "Nothing was said of the day: give --pain, --place or --note.")
    return line


def _activity(value: str | None) -> Activity | None:
    return next((each for each in ACTIVITIES if each == value), None)


def _plain(text: str, most: int) -> str:
    """In one line, without what steers a terminal."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    if len(plain) > most:
        raise RefusedValueError("diary_long", f"That is longer than {most} letters: shorten it.", most)
    return plain


def diary_of(connection: Connection, person_id: str) -> tuple[DiaryDay, ...]:
    """Newest day first."""
    query = (
        select(DiaryLine.day, DiaryLine.pain, DiaryLine.place, DiaryLine.activity, DiaryLine.note)
        .where(DiaryLine.person_id == person_id)
        .order_by(DiaryLine.day.desc())
    )
    return tuple(
        DiaryDay(day, pain, place, _activity(activity), note)
        for day, pain, place, activity, note in connection.execute(query)
    )


class KnownDayError(InputError):
    """A day that is written down already."""


def keep_day(connection: Connection, person_id: str, line: DiaryDay, *, replace: bool = False) -> None:
    """Write a line down.

    Raises
    ------
    UnknownRecordError
        If there is no such person.
    KnownDayError
        If the day has a line already and it is not to be replaced.
    """
    people.person_row(connection, person_id)
    of_day = (DiaryLine.person_id == person_id) & (DiaryLine.day == line.day)
    if connection.execute(select(DiaryLine.day).where(of_day)).first() is not None:
        if not replace:
            raise KnownDayError(
                f"{line.day} has a line already: neckrom diary list shows it; to put this one in its place, say "
                "--replace."
            ).page_says("diary_known", date=line.day.isoformat())
        connection.execute(delete(DiaryLine).where(of_day))
    connection.execute(
        insert(DiaryLine).values(
            person_id=person_id,
            day=line.day,
            pain=line.pain,
            place=line.place,
            activity=line.activity,
            note=line.note,
        )
    )


def remove_day(connection: Connection, person_id: str, day: date) -> None:
    """Take a day out.

    Raises
    ------
    UnknownRecordError
        If it has no line.
    """
    of_day = (DiaryLine.person_id == person_id) & (DiaryLine.day == day)
    if connection.execute(delete(DiaryLine).where(of_day)).rowcount == 0:
        raise UnknownRecordError(
            f"The diary has no line of {day}: neckrom diary list shows those that it has."
        )


def today() -> date:
    """Where the person is."""
    return datetime.now().astimezone().date()
