"""TOML files of the user's, checked at once: every mistake with its line and field."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from neckrom.errors import ConfigurationError

_MOST_BYTES = 2**20
_MOST_SAID = 30
_LONG = 60
_DEEP = 6
_LONGEST_LINE = 1000

ModelT = TypeVar("ModelT", bound=BaseModel)


def load_toml(path: Path, model: type[ModelT], what: str) -> ModelT:
    """Read and check a TOML file.

    Parameters
    ----------
    path : Path
    model : type
        A pydantic model of the whole file.
    what : str
        What the file is, for messages ("protocol", "norm set").

    Raises
    ------
    ConfigurationError
        Naming every mistake with line and field.
    """
    text = _text(path, what)
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"{path} is not a valid {what} file.", (f"TOML: {_short(error)}",)
        ) from error
    except RecursionError as error:
        raise ConfigurationError(
            f"{path} is not a valid {what} file.", ("TOML: nested far deeper than such a file is",)
        ) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(*_mistakes(path, what, text, error)) from error
    except (
        OverflowError,
        RecursionError,
        ValueError,
    ) as error:  # numbers and nesting beyond what can be checked
        raise ConfigurationError(f"{path} is not a valid {what} file.", (_short(error),)) from error


def _text(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigurationError(f"No {what} file {path}: check the path.") from error
    except IsADirectoryError as error:
        raise ConfigurationError(f"{path} is a folder, not a {what} file.") from error
    except OSError as error:
        raise ConfigurationError(f"The {what} file {path} cannot be read: {error.strerror}.") from error
    if len(content) > _MOST_BYTES:
        raise ConfigurationError(f"{path} is larger than {_MOST_BYTES >> 20} MB, so no {what} file.")
    try:
        return content.decode("utf-8-sig")  # editors put a byte order mark before the text
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} is not a text file in UTF-8, so no {what} file: save it as UTF-8."
        ) from error


def _mistakes(path: Path, what: str, text: str, error: ValidationError) -> tuple[str, tuple[str, ...]]:
    """Message and problems; the first of very many stand for the rest."""
    found = error.errors(include_url=False, include_context=False)
    places = list(_places(text)) if len(found) else []
    problems = [_problem(places, item["loc"], item["msg"], item.get("input")) for item in found[:_MOST_SAID]]
    if len(found) > _MOST_SAID:
        problems.append(f"and {len(found) - _MOST_SAID} more")
    plural = "s" * (len(found) > 1)
    return f"The {what} file {path} has {len(found)} mistake{plural}.", tuple(problems)


_Places = list[tuple[int, tuple[int | str, ...]]]


def _problem(places: _Places, location: tuple[int | str, ...], message: str, given: Any) -> str:
    parts = [f"{part + 1}" if isinstance(part, int) else part[:_LONG] for part in location[:_DEEP]]
    field = ".".join(parts) or "the file"
    line = _line_of(places, location)
    place = f"line {line}, {field}" if line else field
    plain = message.removeprefix("Value error, ")
    return f"{place}: {plain}{_shown(given)}"


def _shown(given: Any) -> str:
    if not isinstance(given, str | int | float):
        return ""
    if isinstance(given, int) and abs(given) > 10**_LONG:
        return " (given: a number of very many digits)"
    text = repr(given)
    return f" (given: {text if len(text) <= _LONG else text[:_LONG] + '…'})"


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _line_of(places: _Places, location: tuple[int | str, ...]) -> int | None:
    """Line, from 1, of the field, or else of the innermost table that should hold it."""
    best, depth = None, 0
    for number, path in places:
        shared = 0
        while shared < min(len(path), len(location)) and path[shared] == location[shared]:
            shared += 1
        if shared == len(path) and shared > depth:
            best, depth = number, shared
    return best


_HEADING = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w.\-\"' ]+?)\s*=")


def _places(text: str) -> Iterator[tuple[int, tuple[int | str, ...]]]:
    """Line and path of every table and key, as in ``("trial", 0, "start_s")``."""
    table: tuple[int | str, ...] = ()
    counted: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(text.splitlines(), start=1):
        if len(line) > _LONGEST_LINE:
            continue
        if heading := _HEADING.match(line):
            names = _names(heading[2])
            table = names
            if heading[1] == "[[":
                table = (*names, counted[names])
                counted[names] += 1
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *_names(key[1]))


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip().strip("\"'") for name in dotted.split("."))
