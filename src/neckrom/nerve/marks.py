"""Marks of a leg or arm test: when a symptom was felt, and what was answered.

A file of marks is CSV or JSON. CSV has a header and one mark a line::

    time_s,kind,answer
    3.9,symptom,
    7.2,answer,less
    7.4,pain,own

JSON is a list of the same marks, or an object whose ``marks`` is that list. Times are those that a player shows.
"""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from neckrom.errors import ConfigurationError

Answer = Literal["more", "less", "same"]
"""What the change did to the symptom."""
Pain = Literal["own", "stretch"]
"""Whether it is the person's own pain, or a stretch."""
ArmPosition = Literal["side", "overhead", "bent_overhead"]
"""Where an arm is led: out to the side, overhead, bent overhead."""
MarkKind = Literal["symptom", "answer", "pain", "position"]

MOST_BYTES = 2**20
"""A larger file is not read: marks need far less."""
MOST_MARKS = 500
"""In one recording."""
_MOST_SAID = 20
"""Problems that a message names."""
_COLUMNS = ("time_s", "kind", "answer")
_OTHER_NAMES = {"time": "time_s", "t": "time_s", "seconds": "time_s", "mark": "kind", "value": "answer"}
"""Names of columns that are understood, too."""
_WORDS: dict[MarkKind, tuple[str, ...]] = {
    "symptom": (),
    "answer": get_args(Answer),
    "pain": get_args(Pain),
    "position": get_args(ArmPosition),
}
_KIND_OF: dict[str, MarkKind] = {word: kind for kind, words in _WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark.

    Attributes
    ----------
    time_s : float
        In the clip's own time.
    kind : {"symptom", "answer", "pain", "position"}
        The first symptom ("now"); what the change did to it; whether it is the person's own pain; into which
        position an arm is led from then on.
    answer : str or None
        more, less or same of an answer, own or stretch of pain, a position; None of a symptom.
    """

    time_s: float
    kind: MarkKind
    answer: str | None = None


def load_marks(path: Path) -> tuple[Mark, ...]:
    """Marks of a file, in the order of their times.

    Parameters
    ----------
    path : Path
        ``.json``, or CSV under any other name.

    Returns
    -------
    tuple of Mark

    Raises
    ------
    ConfigurationError
        Naming every mark that cannot be read, and what it should be.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MOST_BYTES else b""
    except OSError as error:
        raise ConfigurationError(
            f"The file of marks {path} cannot be read: {error.strerror or error}.", ("Check the name.",)
        ) from error
    if size > MOST_BYTES:
        raise ConfigurationError(
            f"{path} is too large for a file of marks.",
            (f"It has {size} bytes; such a file has a few lines.",),
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} is no text in UTF-8.", ("Save it as CSV or JSON in UTF-8.",)
        ) from error
    return read_marks(text, str(path), as_json=path.suffix.lower() == ".json")


def read_marks(text: str, name: str, *, as_json: bool) -> tuple[Mark, ...]:
    """Marks of a text, in the order of their times.

    Parameters
    ----------
    text : str
    name : str
        What it is called in messages.
    as_json : bool

    Returns
    -------
    tuple of Mark

    Raises
    ------
    ConfigurationError
        Naming every mark that cannot be read, and what it should be.
    """
    rows = _json_rows(text, name) if as_json else _csv_rows(text, name)
    if len(rows) > MOST_MARKS:
        raise ConfigurationError(
            f"{name} has {len(rows)} marks.", (f"A recording has at most {MOST_MARKS}: split it.",)
        )
    marks, problems = [], []
    for place, row in rows:
        answer = _mark(row)
        if isinstance(answer, Mark):
            marks.append(answer)
        else:
            problems.append(f"{place}: {answer}")
    if problems:
        more = [f"and {len(problems) - _MOST_SAID} more"] if len(problems) > _MOST_SAID else []
        raise ConfigurationError(f"{name} is not a valid file of marks.", tuple(problems[:_MOST_SAID] + more))
    return tuple(sorted(marks, key=lambda mark: mark.time_s))


def _csv_rows(text: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    wrong = f"{name} is not a valid file of marks."
    # any line end will do: spreadsheets write all of them
    reader = csv.DictReader(io.StringIO(text, newline=None), skipinitialspace=True)
    try:
        named = [field.strip().lower() for field in reader.fieldnames or ()]
        header = [_OTHER_NAMES.get(field, field) for field in named]
        if "time_s" not in header or "kind" not in header:
            raise ConfigurationError(
                wrong, ("line 1: the header must name the columns: " + ",".join(_COLUMNS),)
            )
        reader.fieldnames = header
        return [
            (f"line {reader.line_num}", dict(row))
            for row in reader
            if any(isinstance(value, str) and value.strip() for value in row.values())
        ]
    except csv.Error as error:
        raise ConfigurationError(wrong, (f"line {reader.line_num}: {error}",)) from error


def _json_rows(text: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    wrong = f"{name} is not a valid file of marks."
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(wrong, (f"JSON: {str(error)[:200]}",)) from error
    if isinstance(content, dict):
        content = content.get("marks")
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise ConfigurationError(
            wrong, ('it must be a list of marks such as {"time_s": 3.9, "kind": "symptom"}',)
        )
    return [(f"mark {number}", row) for number, row in enumerate(content, start=1)]


def _mark(row: dict[str, Any]) -> Mark | str:
    """A mark, or what is wrong with it."""
    if None in row:
        return "has more columns than the header"
    row = {_OTHER_NAMES.get(str(name), str(name)): value for name, value in row.items()}
    unknown = sorted(set(map(str, row)) - set(_COLUMNS))
    if unknown:
        return f"knows no {', '.join(unknown)[:60]}; the columns are {', '.join(_COLUMNS)}"
    at = _seconds(row.get("time_s"))
    if at is None:
        return f"time_s must be seconds, such as 3.9, and is {str(row.get('time_s'))[:40]!r}"
    return _named(at, _word(row.get("kind")) or "", _word(row.get("answer")))


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        at = float(value)
    except (ValueError, OverflowError):
        return None
    return at if math.isfinite(at) else None


def _word(value: object) -> str | None:
    return None if value is None or not str(value).strip() else str(value).strip().lower()


def _named(at_s: float, kind: str, answer: str | None) -> Mark | str:
    """A mark of this kind, or what is wrong with it."""
    if answer is None and kind in _KIND_OF:  # "less" alone says it all
        return Mark(at_s, _KIND_OF[kind], kind)
    known = {"now": "symptom"}.get(kind, kind)
    if known not in _WORDS:
        return f"kind must be {', '.join(_WORDS)}, and is {kind[:40]!r}"
    words = _WORDS[known]
    if answer not in (words or (None,)):
        return f"answer of {known} must be {' or '.join(words) or 'empty'}, and is {str(answer)[:40]!r}"
    return Mark(at_s, known, answer)
