"""What a program gave: checked before anything is measured, each mistake in words that say what to give."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Iterator, Sequence
from numbers import Integral, Real
from os import PathLike
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from neckrom.assessment.norms import NormSet
from neckrom.errors import ConfigurationError, InputError

PAIR = 2
TURNS = (0, 90, 180, 270)


def path_of(given: object, name: str = "path") -> Path:
    """A path as it was given.

    Parameters
    ----------
    given : object
        Text or a path.
    name : str
        Of the parameter, for the message.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        It is neither, or empty: an empty path would be the folder in which the program runs.
    """
    if isinstance(given, str | PathLike) and (text := str(given)) and "\0" not in text:
        return Path(text)
    several = " one" if isinstance(given, Iterable) and not isinstance(given, str | bytes) else " a"
    raise InputError(f"{name}={shown(given)}: give{several} path, as text or as a pathlib.Path.")


def paths_of(given: object) -> Iterator[object]:
    """Several paths, not yet looked at.

    Parameters
    ----------
    given : object
        An iterable of paths.

    Returns
    -------
    iterator

    Raises
    ------
    ConfigurationError
        It is a single path, whose letters would be taken for paths, or no iterable.
    """
    if isinstance(given, str | bytes | PathLike):
        refuse([f"paths={shown(given)} is one path: give a list, as in paths=[path]"])
    if not isinstance(given, Iterable):
        refuse([f"paths={shown(given)}: give a list of paths, or another iterable of them"])
    return iter(given)  # type: ignore[call-overload,no-any-return]


def refuse(problems: list[str]) -> None:
    """End here if something is wrong.

    Parameters
    ----------
    problems : list of str
        Each says what to give.

    Raises
    ------
    ConfigurationError
        With all of the problems.
    """
    if problems:
        raise ConfigurationError("This cannot be measured.", tuple(problems))


def shown(given: object) -> str:
    """A value for a message, cut where it is long."""
    return reprlib.repr(given)


def is_number(given: object) -> bool:
    """A finite number; True and False are none."""
    return isinstance(given, Real) and not isinstance(given, bool) and math.isfinite(given)


def is_whole(given: object) -> bool:
    """A whole number; True and False are none."""
    return isinstance(given, Integral) and not isinstance(given, bool)


def is_yes_or_no(given: object) -> bool:
    """True or False, of Python or of numpy; not a text, which would always count as True."""
    return isinstance(given, bool | np.bool_)


def is_stretch(given: object) -> bool:
    """Two times, seconds, in their order."""
    if not isinstance(given, Sequence | np.ndarray) or len(given) != PAIR:
        return False
    start, end = given
    return is_number(start) and is_number(end) and 0 <= start < end


def is_turn(given: object) -> bool:
    """A quarter turn of the picture, degrees, or None."""
    return given is None or (is_whole(given) and given in TURNS)


def norm_mistakes(norms: NormSet) -> list[str]:
    """What is wrong in a norm set that a program put together: ``model_copy`` checks nothing itself.

    Parameters
    ----------
    norms : NormSet

    Returns
    -------
    list of str
    """
    try:
        NormSet.model_validate(norms.model_dump(warnings=False))
    except ValidationError as error:
        return [
            f"norms, {'.'.join(map(str, item['loc'])) or 'the set'}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    return []
