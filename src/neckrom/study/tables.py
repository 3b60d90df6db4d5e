"""The case-report tables: which columns they have, what may stand in them, and how they are read.

One description serves for the empty tables, for their documentation and for the check.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Literal

from neckrom.private_files import read_plain
from neckrom.study.problems import Problem
from neckrom.types import MOVEMENTS

MOST_BYTES = 20_000_000
"""A larger table is not read."""
Kind = Literal["id", "choice", "number", "whole", "date", "clock", "name", "text"]

LARGEST_DEG = {
    "flexion": 90.0,
    "extension": 110.0,
    "rotation_left": 115.0,
    "rotation_right": 115.0,
    "lateral_left": 75.0,
    "lateral_right": 75.0,
}
"""Beyond these no neck moves relative to its trunk: a generous limit for typing errors, no norm."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    name : str
    kind : str
    meaning : str
    example : str
    needed : bool
        May not be empty.
    choices : tuple of str
    low, high : float
        Of numbers.
    """

    name: str
    kind: Kind
    meaning: str
    example: str
    needed: bool = True
    choices: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes
    ----------
    name : str
        Of its file, without ``.csv``.
    meaning : str
    columns : tuple of Column
    key : tuple of str
        Columns that together name a row: no two rows share them.
    needed : bool
        Without it there is no study.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    needed: bool = True

    @property
    def file(self) -> str:
        """Its file below the study's folder."""
        return f"data/{self.name}.csv"


YES_NO = ("yes", "no")
_PERSON = Column("person", "id", "Pseudonym; never a name.", "p001")
_SESSION = Column("session", "id", "Visit, as in study.toml.", "1")
_TRIAL = Column(
    "trial", "whole", "Number of the trial, from 1; warm-ups are not counted.", "1", low=1, high=20
)
_SIDE = Column("side", "choice", "The person's side.", "left", choices=("left", "right"))

PEOPLE = Table(
    "people",
    "One row for every person who was enrolled, also for those who left.",
    (
        _PERSON,
        Column(
            "group",
            "choice",
            "Neck pain on most days of the last four weeks, or none.",
            "pain",
            choices=("pain", "no_pain"),
        ),
        Column("age", "whole", "Years.", "44", low=18, high=100),
        Column("sex", "choice", "", "f", choices=("f", "m", "x")),
        Column(
            "skin_tone",
            "choice",
            "Monk scale 1 to 4, 5 to 7, 8 to 10, by the card.",
            "medium",
            choices=("light", "medium", "dark"),
        ),
        Column(
            "hair", "choice", "As worn in the session.", "long", choices=("short", "long", "covered", "none")
        ),
        Column("beard", "choice", "", "no", choices=YES_NO),
        Column("glasses", "choice", "Worn during the recording.", "no", choices=YES_NO),
        Column(
            "size",
            "choice",
            "Build: BMI below 20, 20 to 30, above 30.",
            "medium",
            choices=("small", "medium", "large"),
        ),
        Column("pain_nprs", "number", "Neck pain now, 0 to 10.", "4", needed=False, low=0, high=10),
        Column(
            "ndi_percent", "number", "Neck Disability Index, percent.", "22", needed=False, low=0, high=100
        ),
    ),
    ("person",),
)

SESSIONS = Table(
    "sessions",
    "One row for every session that was planned, also for those that failed: nothing is dropped.",
    (
        _PERSON,
        _SESSION,
        Column("date", "date", "Year-month-day.", "2026-03-14"),
        Column("time", "clock", "Start, 24 hours.", "10:20", needed=False),
        Column("operator", "id", "Who led it, as in study.toml.", "A"),
        Column(
            "order",
            "choice",
            "Whether both measured at once, or which came first.",
            "together",
            choices=("together", "camera_first", "reference_first"),
        ),
        Column(
            "reference_worn",
            "choice",
            "Whether the reference device was on the head while it was filmed.",
            "yes",
            choices=YES_NO,
        ),
        Column(
            "recording",
            "name",
            "Name of the clip without suffix, or of the live session: a folder in results/.",
            "p001_1",
            needed=False,
        ),
        Column("outcome", "choice", "", "done", choices=("done", "failed", "stopped", "missed")),
        Column("reason", "text", "Why, where it was not done.", "", needed=False),
    ),
    ("person", "session"),
)

READINGS = Table(
    "readings",
    "One row for every reading of the reference device, in degrees, read without seeing the camera's figures.",
    (
        _PERSON,
        _SESSION,
        Column(
            "movement",
            "choice",
            "The person's left and right.",
            "rotation_left",
            choices=tuple(movement.value for movement in MOVEMENTS),
        ),
        _TRIAL,
        Column(
            "reading_deg",
            "number",
            "Positive in the named direction, extension too; zero at the person's own neutral.",
            "68",
            low=-5,
            high=120,
        ),
        Column(
            "time_s",
            "number",
            "Second of the recording at which it was read, where known.",
            "",
            needed=False,
            low=0,
            high=86_400,
        ),
        Column("reader", "id", "Initials of who read it.", "KM", needed=False),
    ),
    ("person", "session", "movement", "trial"),
)

STRAIGHT_LEG_RAISE = Table(
    "straight_leg_raise",
    "Extra arm: straight leg raise against an inclinometer.",
    (
        _PERSON,
        _SESSION,
        _SIDE,
        _TRIAL,
        Column("reading_deg", "number", "Inclinometer on the shin.", "62", low=0, high=130),
        Column(
            "measured_deg",
            "number",
            "neckrom; empty where it gave no value.",
            "60",
            needed=False,
            low=0,
            high=130,
        ),
        Column(
            "measured_low_deg", "number", "Low end of its 95 % interval.", "", needed=False, low=-30, high=150
        ),
        Column("measured_high_deg", "number", "High end.", "", needed=False, low=-30, high=150),
    ),
    ("person", "session", "side", "trial"),
    needed=False,
)

STRIKE_ANGLE = Table(
    "strike_angle",
    "Extra arm: foot strike angle against pictures of 240 a second, read by hand.",
    (
        _PERSON,
        _SESSION,
        _SIDE,
        Column("trial", "whole", "Number of the step, from 1.", "1", low=1, high=500),
        Column(
            "reading_deg",
            "number",
            "Sole against the ground at contact, heel first positive.",
            "12",
            low=-60,
            high=60,
        ),
        Column(
            "measured_deg",
            "number",
            "neckrom; empty where it gave no value.",
            "11",
            needed=False,
            low=-60,
            high=60,
        ),
        Column(
            "measured_low_deg", "number", "Low end of its 95 % interval.", "", needed=False, low=-90, high=90
        ),
        Column("measured_high_deg", "number", "High end.", "", needed=False, low=-90, high=90),
    ),
    ("person", "session", "side", "trial"),
    needed=False,
)

TABLES = (PEOPLE, SESSIONS, READINGS, STRAIGHT_LEG_RAISE, STRIKE_ANGLE)
STRATA = ("group", "age_band", "sex", "skin_tone", "hair", "beard", "glasses", "size")
"""By what the results are told apart; ``age_band`` is made from the age."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that could be read.

    Attributes
    ----------
    line : int
        Of the file, from 1.
    texts : dict of str to str
        By column; empty where the cell is.
    numbers : dict of str to float
        Of the columns that hold numbers; absent where the cell is empty or wrong.
    """

    line: int
    texts: dict[str, str]
    numbers: dict[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")


@dataclass(frozen=True, slots=True)
class Read:
    """A table as it was read, with everything that is wrong with its cells."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]


def empty_table(table: Table) -> str:
    """The heading alone.

    Parameters
    ----------
    table : Table

    Returns
    -------
    str
        CSV.
    """
    return ",".join(column.name for column in table.columns) + "\n"


def read_table(root: Path, table: Table) -> Read:
    """Read a table of a study; whatever is wrong becomes a problem, nothing is mended.

    Parameters
    ----------
    root : Path
        Of the study.
    table : Table

    Returns
    -------
    Read
        Empty, without a problem, where a table is missing that need not be there.
    """
    path = root / table.file
    if not path.exists() and not table.needed:
        return Read((), ())
    return read_file(path, table)


def read_file(path: Path, table: Table, *, optional: Sequence[str] = ()) -> Read:
    """Read a file as a table.

    Parameters
    ----------
    path : Path
    table : Table
    optional : sequence of str
        Columns that may be left out.

    Returns
    -------
    Read
        Nothing is raised: what is wrong with the file is among the problems, too.
    """
    try:
        text = read_plain(path, MOST_BYTES).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except FileNotFoundError:
        said = "The table is missing: put it back; its columns are in data/tables.md."
        return Read((), (Problem("missing_file", table.file, 0, said),))
    except UnicodeDecodeError:
        said = 'It is no text in UTF-8: save it as "CSV UTF-8".'
        return Read((), (Problem("not_utf8", table.file, 0, said),))
    except (OSError, csv.Error) as error:
        return Read((), (Problem("unreadable", table.file, 0, f"It cannot be read as CSV: {error}."),))
    return _read_lines(table, lines, optional)


def _read_lines(table: Table, lines: list[list[str]], optional: Sequence[str]) -> Read:
    heading = [name.strip() for name in lines[0]] if lines else []
    wrong = [
        problem
        for problem in _heading_problems(table, heading)
        if problem.kind != "missing_column"
        or not any(problem.said.endswith(f" {name}.") for name in optional)
    ]
    if wrong:
        return Read((), tuple(wrong))
    rows, problems = [], []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            said = f"It has {len(cells)} cells, the heading {len(heading)}"
            hint = (
                ": a decimal comma splits a number in two; write 12.5." if len(cells) > len(heading) else "."
            )
            problems.append(Problem("cells", table.file, number, said + hint))
            continue
        row = Row(number, {name: cell.strip() for name, cell in zip(heading, cells, strict=True)})
        for column in table.columns:
            problems += _cell_problems(table, column, row)
        rows.append(row)
    return Read(tuple(rows), tuple(problems))


def _heading_problems(table: Table, heading: Sequence[str]) -> list[Problem]:
    names = [column.name for column in table.columns]
    if len(heading) == 1 and (";" in heading[0] or "\t" in heading[0]):
        said = "The columns are parted by semicolons or tabs: save the table with commas, and numbers with points."
        return [Problem("separator", table.file, 1, said)]
    found = [
        Problem("missing_column", table.file, 1, f"There is no column {name}.")
        for name in names
        if name not in heading
    ]
    found += [
        Problem("twice", table.file, 1, f"The column {name} is there {heading.count(name)} times.")
        for name in names
        if heading.count(name) > 1
    ]
    found += [
        Problem("unknown_column", table.file, 1, f"{name!r} is no column of this table: {', '.join(names)}.")
        for name in heading
        if name not in names
    ]
    return found


_UNIT = re.compile(r"^[+-]?\d+(?:[.,]\d+)?\s*(°|deg|degrees?|grad|rad|cm|m|s|ms|years?|%)$", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"^[+-]?\d+,\d+$")
_NUMBER = re.compile(r"^[+-]?(?:\d+\.?\d*|\.\d+)$")
_ID = re.compile(r"^[A-Za-z0-9_.-]{1,40}$")


def _cell_problems(table: Table, column: Column, row: Row) -> list[Problem]:
    """What is wrong with one cell; a number that can be read is kept in the row."""
    cell = row[column.name]
    if not cell:
        wrong = ("empty", "may not be empty.") if column.needed else None
    elif column.kind in ("number", "whole"):
        wrong = _number_problem(column, cell, row)
    else:
        wrong = _word_problem(column, cell)
    return [] if wrong is None else [Problem(wrong[0], table.file, row.line, f"{column.name}: {wrong[1]}")]


def _word_problem(column: Column, cell: str) -> tuple[str, str] | None:
    """Kind and words of what is wrong with a cell that holds no number."""
    if column.kind == "choice" and cell not in column.choices:
        kind = "unknown_movement" if column.name == "movement" else "unknown_choice"
        return kind, f"{cell!r} is none of {', '.join(column.choices)}."
    if column.kind == "date" and _date(cell) is None:
        return "date", f"{cell!r} is no date: write it as 2026-03-14 (year-month-day)."
    if column.kind == "clock" and not _is_clock(cell):
        return "clock", f"{cell!r} is no time of the day: write it as 14:05."
    if column.kind == "id" and not _ID.fullmatch(cell):
        return "name", f"{cell!r}: write letters, digits, _ . - only."
    if column.kind == "name" and (set(cell) & set("/\\\0") or cell.startswith(".")):
        return "name", f"{cell!r} is no name of a recording: give it without folder and suffix."
    return None


def _number_problem(column: Column, cell: str, row: Row) -> tuple[str, str] | None:
    if _DECIMAL_COMMA.fullmatch(cell):
        return "decimal_comma", f"{cell!r} has a decimal comma: write {cell.replace(',', '.')}."
    if _UNIT.fullmatch(cell):
        return "unit", f"{cell!r} carries a unit: write the number alone, in {_unit_of(column)}."
    if not _NUMBER.fullmatch(cell) or (column.kind == "whole" and float(cell) != int(float(cell))):
        return "not_a_number", f"{cell!r} is no {'whole ' if column.kind == 'whole' else ''}number."
    row.numbers[column.name] = float(cell)
    return _range_problem(column, cell, row["movement"])


def _range_problem(column: Column, cell: str, movement: str) -> tuple[str, str] | None:
    value = float(cell)
    reading = column.name == "reading_deg"
    high = LARGEST_DEG.get(movement, column.high) if reading else column.high
    if reading and -column.high < value < column.low:
        return "negative", f"{cell} is negative: every direction counts positive, extension too."
    if not column.low <= value <= high:
        return "impossible", f"{cell} lies beyond what can be ({column.low:g} to {high:g})."
    return None


def _unit_of(column: Column) -> str:
    if column.name.endswith("_deg"):
        return "degrees"
    if column.name.endswith("_s"):
        return "seconds"
    return "the unit of the column"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _is_clock(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{2}:\d{2}", text)) and time.fromisoformat(text) is not None
    except ValueError:
        return False


def date_of(row: Row, name: str = "date") -> date | None:
    """A date of a row; None where it is missing or wrong.

    Parameters
    ----------
    row : Row
    name : str
        Of the column.

    Returns
    -------
    date or None
    """
    return _date(row[name])


def age_band(age: float) -> str:
    """Strata of age.

    Parameters
    ----------
    age : float
        Years.

    Returns
    -------
    {"18-34", "35-49", "50-64", "65+"}
    """
    for limit, name in ((35, "18-34"), (50, "35-49"), (65, "50-64")):
        if age < limit:
            return name
    return "65+"
