"""Norms of a program's own."""

from __future__ import annotations

import hashlib
from os import PathLike
from pathlib import Path

from neckrom.assessment.norms import LoadedNorms, NormSet
from neckrom.assessment.norms import load_norms as load_named
from neckrom.errors import ConfigurationError, OptionValueError
from neckrom.library.given import norm_mistakes, shown

OWN = "own"
"""Name in results of a norm set that a program made."""


def load_norms(name_or_path: str | Path = "article") -> NormSet:
    """Norms by name ("article", "ama", ...) or from a file; a start for norms of your own.

    Parameters
    ----------
    name_or_path : str or Path

    Returns
    -------
    NormSet
        Frozen; ``model_copy(update=...)`` makes another one.

    Raises
    ------
    ConfigurationError
        There is no such set, or its file has mistakes: all of them, with line and field.
    """
    return load_named(_named(name_or_path)).norms


def loaded(norms: str | Path | NormSet) -> LoadedNorms:
    """Norms with a name and a hash, as results keep them.

    Parameters
    ----------
    norms : str, Path or NormSet

    Returns
    -------
    LoadedNorms

    Raises
    ------
    ConfigurationError
        There is no such set, its file has mistakes, or what a program put together is none.
    """
    if isinstance(norms, NormSet):
        problems = norm_mistakes(norms)
        if problems:
            raise ConfigurationError("These norms cannot be used.", tuple(problems))
        digest = hashlib.sha256(norms.model_dump_json().encode()).hexdigest()
        return LoadedNorms(name=OWN, sha256=digest, norms=norms)
    return load_named(_named(norms))


def _named(norms: object) -> str:
    if isinstance(norms, str | PathLike):
        return str(norms)
    raise OptionValueError(
        f"norms={shown(norms)}: give a name, a file, or a NormSet (load_norms gives a start)"
    )
