"""One short name for all numbers that stand in the code and change what is measured.

Fitted numbers live in a file, and results name it by its content. Bodies, limits and thresholds stand in the
modules that use them; whoever changes one of them measures something else, and the name says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from hashlib import sha256
from types import ModuleType

import numpy as np


def constants_of(modules: Sequence[ModuleType]) -> dict[str, str]:
    """Every number that a module defines in capitals, by module and name, as text that tells any two apart.

    Numbers that it imports count where they are defined; functions, types and texts do not count.

    Parameters
    ----------
    modules : sequence of module

    Returns
    -------
    dict of str to str
        By "module.NAME", the module as seen from ``neckrom.kinematics``.
    """
    found: dict[str, str] = {}
    for module in modules:
        short = module.__name__.removeprefix("neckrom.kinematics.")
        for name, value in vars(module).items():
            if name.strip("_").isupper() and (text := _text(value)) is not None:
                found[f"{short}.{name}"] = text
    return found


def digest_of(modules: Sequence[ModuleType]) -> str:
    """Eight hexadecimal digits that change with any of :func:`constants_of`.

    Parameters
    ----------
    modules : sequence of module

    Returns
    -------
    str
        It goes into the identity of an estimator: results by other numbers are then told apart.
    """
    lines = sorted(f"{name}={text}" for name, text in constants_of(modules).items())
    return sha256("\n".join(lines).encode()).hexdigest()[:8]


def _text(value: object) -> str | None:
    """A number, or what is made of numbers alone, as text; None for anything else."""
    if isinstance(value, bool | int | float | np.number | np.ndarray | slice):
        return repr(value.tolist() if isinstance(value, np.ndarray | np.number) else value)
    if is_dataclass(value) and not isinstance(value, type):
        return _joined([getattr(value, field.name) for field in fields(value)])
    if isinstance(value, list | tuple):
        return _joined(value)
    return None


def _joined(values: Sequence[object]) -> str | None:
    parts = [_text(value) for value in values]
    known = [part for part in parts if part is not None]
    return f"({', '.join(known)})" if len(known) == len(parts) else None
