"""``timestamps.csv``: which picture of a folder was taken when.

One row a picture, with the columns ``file`` and ``time_s`` (seconds; others are ignored). Tables as other
programs write them are read too: with a byte order mark, semicolons or tabs between the columns, decimal
commas, and the line ``sep=;`` of spreadsheets.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from neckrom.errors import InputError
from neckrom.frames.names import readable_name

TIMESTAMPS_FILE = "timestamps.csv"
HOW = (
    f'Put a {TIMESTAMPS_FILE} with the columns "file" and "time_s" by the images, or write each time and '
    "its unit at the end of the file name, such as frame_000123ms.png or img_12.345s.jpg."
)
_MOST_PROBLEMS = 5
_MOST_BYTES = 64 * 2**20
_LATEST_S = 10**11
"""Three thousand years: past any clock's seconds, and before its milliseconds."""


@dataclass(frozen=True, slots=True)
class PictureTime:
    """A picture and when it was taken."""

    path: Path
    time_ns: int


def read_timestamps(table: Path) -> list[PictureTime]:
    """The pictures that a table lists, in its order.

    Parameters
    ----------
    table : Path
        CSV with the columns file and time_s; pictures lie beside it.

    Returns
    -------
    list of PictureTime
        Nanoseconds.

    Raises
    ------
    InputError
        The table cannot be read, or naming its mistakes with their lines.
    """
    present = _names_in(table.parent)
    first_line: dict[str, int] = {}
    entries: list[PictureTime] = []
    problems: list[str] = []
    try:
        for line, name, time_s, surplus in _rows(table):
            problem = _problem(table, name, first_line, present) or _surplus_problem(surplus)
            time_ns = None if problem else _nanoseconds(time_s)
            if time_ns is None:
                problem = problem or _time_problem(time_s)
                problems.append(f"line {line}: {problem}")
                continue
            first_line[name] = line
            entries.append(PictureTime(table.parent / name, time_ns))
    except csv.Error as error:
        raise InputError(
            f"{table} cannot be read as a table ({error}): write it as a plain CSV file."
        ) from error
    if problems:
        more = [] if len(problems) <= _MOST_PROBLEMS else [f"and {len(problems) - _MOST_PROBLEMS} more"]
        raise InputError("\n  - ".join([f"{table} has mistakes:", *problems[:_MOST_PROBLEMS], *more]))
    if not entries:
        raise InputError(f"{table} lists no image. {HOW}")
    return entries


def _names_in(folder: Path) -> frozenset[str]:
    """Names of the files in the folder: looked up once, not once for each of many rows."""
    try:
        with os.scandir(folder) as items:
            return frozenset(item.name for item in items if item.is_file())
    except OSError as error:
        raise InputError(f"{folder} cannot be listed ({error.strerror}): check its permissions.") from error


def _text(table: Path) -> str:
    try:
        if table.stat().st_size > _MOST_BYTES:
            raise InputError(f"{table} is larger than {_MOST_BYTES >> 20} MB: this is no table of pictures.")
        return table.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{table} cannot be read ({error}): write it as a UTF-8 text file.") from error


def _rows(table: Path) -> Iterator[tuple[int, str, str, bool]]:
    """Line, file, time, and whether the row has more fields than the first one names."""
    text = _text(table)
    skipped = 0
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]
        skipped = 1
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = next((mark for mark in (";", "\t") if mark in header), ",")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = next(([name.strip().lower() for name in row] for row in rows if row), [])
    absent = [name for name in ("file", "time_s") if name not in columns]
    if absent:
        raise InputError(f"{table} has no column {' and no column '.join(absent)}. {HOW}")
    at_file, at_time = columns.index("file"), columns.index("time_s")
    for row in rows:
        if row:
            name = row[at_file].strip() if at_file < len(row) else ""
            time_s = row[at_time].strip() if at_time < len(row) else ""
            yield rows.line_num + skipped, name, time_s, len(row) > len(columns)


def _problem(table: Path, name: str, first_line: dict[str, int], present: frozenset[str]) -> str:
    """What is wrong with the name; empty where nothing is."""
    shown = repr(readable_name(name))
    if Path(name).name != name or name in ("", ".", ".."):
        outside = name and (table.parent / name).is_file() if "\0" not in name else False
        return f"{shown} lies outside the folder" if outside else f"no such file {shown} in the folder"
    if name not in present:
        return f"no such file {shown} in the folder"
    if name in first_line:
        return f"{shown} is listed in line {first_line[name]} already"
    if (table.parent / name).is_symlink() and (
        table.parent / name
    ).resolve().parent != table.parent.resolve():
        return f"{shown} lies outside the folder"
    return ""


def _surplus_problem(surplus: bool) -> str:
    if not surplus:
        return ""
    return "more fields than the first line names (decimal commas need semicolons between the columns)"


def _nanoseconds(time_s: str) -> int | None:
    """The time; None where it is no number of seconds."""
    try:
        time = Decimal(_decimal_point(time_s))
    except InvalidOperation:
        return None
    if not time.is_finite() or time.copy_abs() > _LATEST_S:
        return None
    return round(time * 10**9)


def _decimal_point(number: str) -> str:
    return number.replace(",", ".") if number.count(",") == 1 and "." not in number else number


def _time_problem(time_s: str) -> str:
    shown = repr(readable_name(time_s)[:40])
    try:
        number = Decimal(_decimal_point(time_s))
    except InvalidOperation:
        return f"time_s {shown} is not a number of seconds"
    if number.is_finite():
        return f"time_s {shown} is not a time in seconds (milliseconds of a clock? divide them by 1000)"
    return f"time_s {shown} is not a time in seconds"
