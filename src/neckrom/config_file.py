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
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"No {what} file {path}: check the path.") from error
    except IsADirectoryError as error:
        raise ConfigurationError(f"{path} is a folder, not a {what} file.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not a text file in UTF-8, so no {what} file.") from error
    except OSError as error:
        raise ConfigurationError(f"The {what} file {path} cannot be read: {error.strerror}.") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not a valid {what} file.", (f"TOML: {error}",)) from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = tuple(
            _problem(text, item["loc"], item["msg"], item.get("input")) for item in error.errors()
        )
        raise ConfigurationError(
            f"The {what} file {path} has {len(problems)} mistake{'s' * (len(problems) > 1)}.", problems
        ) from error


def _problem(text: str, location: tuple[int | str, ...], message: str, given: Any) -> str:
    field = ".".join(f"{part + 1}" if isinstance(part, int) else part for part in location) or "the file"
    line = _line_of(text, location)
    place = f"line {line}, {field}" if line else field
    plain = message.removeprefix("Value error, ")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float) else ""
    return f"{place}: {plain}{shown}"


def _line_of(text: str, location: tuple[int | str, ...]) -> int | None:
    """Line, from 1, of the field, or else of the innermost table that should hold it."""
    best, depth = None, 0
    for number, path in _places(text):
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
