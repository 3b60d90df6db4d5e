"""TOML files of the user's, checked at once: every mistake with its line and field."""

from __future__ import annotations

import re
import tomllib
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
    """Line, from 1, on which the field or the nearest table above it stands."""
    names = [part for part in location if isinstance(part, str)]
    index = next((part for part in location if isinstance(part, int)), 0)
    if not names:
        return None
    lines = text.splitlines()
    heading = re.compile(rf"^\s*\[\[?\s*\"?{re.escape(names[0])}\"?\s*(\.[^\]]*)?\]\]?")
    starts = [number for number, line in enumerate(lines) if heading.match(line)]
    if not starts:
        return _key_line(lines, names[0], 0, len(lines))
    start = starts[min(index, len(starts) - 1)]
    rest = [number for number in range(start + 1, len(lines)) if lines[number].lstrip().startswith("[")]
    stop = rest[0] if rest else len(lines)
    if len(names) > 1:
        return _key_line(lines, names[-1], start, stop) or start + 1
    return start + 1


def _key_line(lines: list[str], key: str, start: int, stop: int) -> int | None:
    pattern = re.compile(rf"^\s*\"?{re.escape(key)}\"?\s*=")
    return next((number + 1 for number in range(start, stop) if pattern.match(lines[number])), None)
