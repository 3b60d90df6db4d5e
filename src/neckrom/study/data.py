"""Everything of a study as values: people, sessions with what neckrom measured in them, readings, pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from pydantic import ValidationError

from neckrom.private_files import read_plain
from neckrom.result import MovementResult, Result, TrialResult
from neckrom.study.plan import Plan, StudyFolder
from neckrom.study.problems import Problem
from neckrom.study.tables import (
    PEOPLE,
    READINGS,
    SESSIONS,
    STRAIGHT_LEG_RAISE,
    STRIKE_ANGLE,
    Row,
    age_band,
    date_of,
    read_table,
)
from neckrom.types import MOVEMENTS, Movement

RESULT = "result.json"
"""Name of the file of a measurement."""
MOST_RESULT_BYTES = 50_000_000
"""A larger file is not read."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who took part.

    Attributes
    ----------
    strata : dict of str to str
        By the names of :data:`neckrom.study.tables.STRATA`.
    """

    id: str
    strata: Mapping[str, str]
    line: int

    @property
    def has_pain(self) -> bool:
        """Whether they belong to those with neck pain."""
        return self.strata.get("group") == "pain"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the reference."""

    person: str
    session: str
    movement: Movement
    trial: int
    deg: float
    time_s: float | None
    line: int


@dataclass(frozen=True, slots=True)
class Session:
    """One planned session, with what neckrom measured where there is a result."""

    person: str
    id: str
    day: date | None
    operator: str
    recording: str
    outcome: str
    line: int
    reference_worn: bool = True
    result: Result | None = None
    readings: tuple[Reading, ...] = ()

    def read(self, movement: Movement) -> tuple[Reading, ...]:
        """Readings of a movement, by trial.

        Parameters
        ----------
        movement : Movement

        Returns
        -------
        tuple of Reading
        """
        own = [reading for reading in self.readings if reading.movement is movement]
        return tuple(sorted(own, key=lambda reading: reading.trial))

    def measured(self, movement: Movement) -> MovementResult | None:
        """What neckrom says of a movement.

        Parameters
        ----------
        movement : Movement

        Returns
        -------
        MovementResult or None
            None where the session has no result.
        """
        return None if self.result is None else self.result.of(movement)


@dataclass(frozen=True, slots=True)
class Pair:
    """A reading with the trial that it belongs to.

    Attributes
    ----------
    measured : TrialResult or None
        None where neckrom has no trial that it could be paired with.
    """

    person: str
    session: str
    movement: Movement
    reading: Reading
    measured: TrialResult | None

    @property
    def comparable(self) -> bool:
        """Whether there is an angle to compare: a lower bound is none."""
        return self.measured is not None and not self.measured.lower_bound

    @property
    def difference_deg(self) -> float:
        """Camera minus reference."""
        assert self.measured is not None
        return self.measured.peak_deg - self.reading.deg

    @property
    def size_deg(self) -> float:
        """Mean of both."""
        assert self.measured is not None
        return (self.measured.peak_deg + self.reading.deg) / 2


@dataclass(frozen=True, slots=True)
class ArmReading:
    """One row of an extra arm."""

    person: str
    session: str
    side: str
    trial: int
    reading_deg: float
    measured_deg: float | None
    low_deg: float | None
    high_deg: float | None


@dataclass(frozen=True)
class StudyData:
    """All of a study.

    Attributes
    ----------
    plan : Plan
    people : tuple of Person
    sessions : tuple of Session
        Planned ones, as in their table.
    leg_raises, strikes : tuple of ArmReading
    """

    plan: Plan
    people: tuple[Person, ...]
    sessions: tuple[Session, ...]
    leg_raises: tuple[ArmReading, ...] = ()
    strikes: tuple[ArmReading, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why sessions were not done, as their table has it."""

    @cached_property
    def by_id(self) -> dict[str, Person]:
        """People by their pseudonym."""
        return {person.id: person for person in self.people}

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Every reading, with its trial where there is one."""
        return tuple(pair for session in self.sessions for pair in pairs_of(session))

    def of_session(self, person: str, session: str) -> Session | None:
        """One session, or None.

        Parameters
        ----------
        person : str
            Pseudonym.
        session : str
            Of the visit.

        Returns
        -------
        Session or None
        """
        return self._sessions.get((person, session))

    def sessions_of(self, person: str) -> tuple[Session, ...]:
        """Sessions of a person, as in their table.

        Parameters
        ----------
        person : str
            Pseudonym.

        Returns
        -------
        tuple of Session
        """
        return self._by_person.get(person, ())

    def reference_deg(self, movement: Movement) -> float | None:
        """The norm that the flag of a direction is about, as the results name it.

        Parameters
        ----------
        movement : Movement

        Returns
        -------
        float or None
            Degrees, of the first result that names one.
        """
        return self._references[movement]

    @cached_property
    def _references(self) -> dict[Movement, float | None]:
        results = [session.result for session in self.sessions if session.result is not None]
        return {
            movement: next(
                (known for result in results if (known := result.of(movement).reference_deg) is not None),
                None,
            )
            for movement in MOVEMENTS
        }

    @cached_property
    def _by_person(self) -> dict[str, tuple[Session, ...]]:
        found: dict[str, list[Session]] = {}
        for session in self.sessions:
            found.setdefault(session.person, []).append(session)
        return {person: tuple(own) for person, own in found.items()}

    @cached_property
    def _sessions(self) -> dict[tuple[str, str], Session]:
        return {(session.person, session.id): session for session in self.sessions}


def pairs_of(session: Session) -> Iterator[Pair]:
    """Readings of a session with their trials.

    By the moment of the reading, where it is known: the trial during which it was read. Otherwise in their order, where
    there are as many trials as readings and nothing of the same direction was set aside as the only one (``once``) or
    as too near to zero (``around_zero``). Where neither holds, nobody knows which is which, and the readings stay
    without a trial.

    Parameters
    ----------
    session : Session

    Yields
    ------
    Pair
        One for each reading, by direction and trial.
    """
    for movement in MOVEMENTS:
        readings = session.read(movement)
        trials = _trials(session.measured(movement))
        in_order = len(trials) == len(readings) and not _others_seen(session.measured(movement))
        for number, reading in enumerate(readings):
            if reading.time_s is not None:
                found = [trial for trial in trials if trial.start_s <= reading.time_s <= trial.end_s]
                trial = found[0] if len(found) == 1 else None
            else:
                trial = trials[number] if in_order else None
            yield Pair(session.person, session.id, movement, reading, trial)


def _trials(item: MovementResult | None) -> list[TrialResult]:
    return [] if item is None else sorted(item.trials, key=lambda trial: trial.start_s)


def _others_seen(item: MovementResult | None) -> bool:
    """Whether a repetition that was set aside might be one that was read."""
    if item is None:
        return False
    return any(aside.kind in ("once", "around_zero") for aside in item.set_aside)


# --------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Loaded:
    """A study as it was read.

    Attributes
    ----------
    rows : dict
        By table, as they stand in the files.
    problems : tuple of Problem
        Of cells and files.
    """

    folder: StudyFolder
    data: StudyData
    rows: Mapping[str, tuple[Row, ...]]
    problems: tuple[Problem, ...]
    results: Mapping[str, Result] = field(default_factory=dict)
    """By name of the recording."""


def load_study(folder: StudyFolder) -> Loaded:
    """Read plan, tables and results.

    Parameters
    ----------
    folder : StudyFolder

    Returns
    -------
    Loaded

    Raises
    ------
    ConfigurationError
        If the plan cannot be read; everything else becomes a problem.
    """
    plan = folder.load()
    tables = {
        table.name: read_table(folder.root, table)
        for table in (PEOPLE, SESSIONS, READINGS, STRAIGHT_LEG_RAISE, STRIKE_ANGLE)
    }
    results, problems = read_results(folder)
    for read in tables.values():
        problems += read.problems
    rows = {name: read.rows for name, read in tables.items()}
    data = StudyData(
        plan=plan,
        people=tuple(_people(rows["people"])),
        sessions=tuple(_sessions(rows["sessions"], rows["readings"], results)),
        leg_raises=tuple(_arm(rows["straight_leg_raise"])),
        strikes=tuple(_arm(rows["strike_angle"])),
        reasons=tuple(row["reason"] for row in rows["sessions"] if row["reason"]),
    )
    return Loaded(folder, data, rows, tuple(problems), results)


def read_results(folder: StudyFolder) -> tuple[dict[str, Result], list[Problem]]:
    """Results by the name of their folder; those that cannot be read are problems.

    Parameters
    ----------
    folder : StudyFolder

    Returns
    -------
    results : dict of Result
    problems : list of Problem
    """
    found: dict[str, Result] = {}
    problems: list[Problem] = []
    for path in sorted(folder.results.glob(f"*/{RESULT}")):
        place = path.relative_to(folder.root).as_posix()
        try:
            found[path.parent.name] = Result.model_validate_json(read_plain(path, MOST_RESULT_BYTES))
        except ValidationError:
            said = "It is no whole result of this version: measure the recording again with the frozen tool."
            problems.append(Problem("damaged_result", place, 0, said))
        except (OSError, ValueError) as error:
            said = f"It is no result that can be read ({_first_line(error)}): measure the recording again."
            problems.append(Problem("damaged_result", place, 0, said))
    return found, problems


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__


def _people(rows: Sequence[Row]) -> Iterator[Person]:
    seen = set()
    for row in rows:
        if row["person"] in seen:
            continue
        seen.add(row["person"])
        strata = {
            name: row[name] for name in ("group", "sex", "skin_tone", "hair", "beard", "glasses", "size")
        }
        if "age" in row.numbers:
            strata["age_band"] = age_band(row.numbers["age"])
        yield Person(row["person"], {name: value for name, value in strata.items() if value}, row.line)


def _sessions(
    rows: Sequence[Row], readings: Sequence[Row], results: Mapping[str, Result]
) -> Iterator[Session]:
    read: dict[tuple[str, str], list[Reading]] = {}
    for row in readings:
        reading = _reading(row)
        if reading is not None:
            read.setdefault((reading.person, reading.session), []).append(reading)
    for row in rows:
        key = (row["person"], row["session"])
        yield Session(
            person=row["person"],
            id=row["session"],
            day=date_of(row),
            operator=row["operator"],
            recording=row["recording"],
            outcome=row["outcome"],
            line=row.line,
            reference_worn=row["reference_worn"] != "no",
            result=results.get(row["recording"]),
            readings=tuple(read.get(key, ())),
        )


def _reading(row: Row) -> Reading | None:
    """None where the row has no usable reading: the check has said so."""
    numbers = row.numbers
    if row["movement"] not in set(Movement) or not {"trial", "reading_deg"} <= set(numbers):
        return None
    return Reading(
        person=row["person"],
        session=row["session"],
        movement=Movement(row["movement"]),
        trial=int(numbers["trial"]),
        deg=numbers["reading_deg"],
        time_s=numbers.get("time_s"),
        line=row.line,
    )


def _arm(rows: Sequence[Row]) -> Iterator[ArmReading]:
    for row in rows:
        numbers = row.numbers
        if {"trial", "reading_deg"} <= set(numbers):
            yield ArmReading(
                row["person"],
                row["session"],
                row["side"],
                int(numbers["trial"]),
                numbers["reading_deg"],
                numbers.get("measured_deg"),
                numbers.get("measured_low_deg"),
                numbers.get("measured_high_deg"),
            )
