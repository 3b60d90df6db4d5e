"""Norm sets: reference values with population and citation."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml
from neckrom.errors import OptionValueError
from neckrom.types import MOVEMENTS, Movement

Degrees = Annotated[float, Field(gt=0, le=180)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Norm(_Strict):
    """Reference of one direction.

    ``reference_deg`` may be left out where a source gives none: then nothing is judged.
    ``healthy_low_deg`` to ``healthy_high_deg`` are shown beside it and never judged against.
    """

    reference_deg: Degrees | None = None
    population: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    healthy_low_deg: Degrees | None = None
    healthy_high_deg: Degrees | None = None
    healthy_citation: str = ""

    @model_validator(mode="after")
    def _healthy_in_order(self) -> Norm:
        low, high = self.healthy_low_deg, self.healthy_high_deg
        if (low is None) != (high is None):
            raise ValueError("healthy_low_deg and healthy_high_deg belong together: give both or neither")
        if low is not None and high is not None and high < low:
            raise ValueError("healthy_high_deg must not be below healthy_low_deg")
        if low is not None and not self.healthy_citation:
            raise ValueError("healthy values need healthy_citation")
        return self


class NormSet(_Strict):
    """A whole norm file: one table a direction, with a title and what to cite."""

    version: Literal[1]
    title: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    note: str = ""
    movements: dict[Movement, Norm]

    @model_validator(mode="after")
    def _all_six(self) -> NormSet:
        missing = [movement.value for movement in MOVEMENTS if movement not in self.movements]
        if missing:
            tables = ", ".join(f"[movements.{name}]" for name in missing)
            raise ValueError(f"missing: {tables} (leave reference_deg out where the source gives none)")
        return self


class LoadedNorms(BaseModel):
    """A norm set and where it came from."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str
    norms: NormSet

    def of(self, movement: Movement) -> Norm:
        """Norm of one direction.

        Parameters
        ----------
        movement : Movement

        Returns
        -------
        Norm
        """
        return self.norms.movements[movement]


def _shipped_folder() -> Path:
    return Path(str(files("neckrom"))) / "data" / "norms"


def shipped_norm_names() -> tuple[str, ...]:
    """Names of the norm sets that travel with the package.

    Returns
    -------
    tuple of str
        In alphabetical order; :func:`load_norms` takes each.
    """
    return tuple(sorted(path.stem for path in _shipped_folder().glob("*.toml")))


def load_norms(name_or_path: str) -> LoadedNorms:
    """Load a shipped norm set by name, or one of the user's own by path.

    Parameters
    ----------
    name_or_path : str

    Returns
    -------
    LoadedNorms
        With the SHA-256 of the file.

    Raises
    ------
    ConfigurationError
        If there is no such set, or naming every mistake of the file with line and field.
    """
    names = shipped_norm_names()
    if name_or_path in names:
        path, name = _shipped_folder() / f"{name_or_path}.toml", name_or_path
    else:
        path, name = Path(name_or_path), Path(name_or_path).name
        if not path.exists():
            raise OptionValueError(
                f"No norm set or file {name_or_path!r}: choose one of {', '.join(names)}, or give the path of a "
                "norm file (docs/cli.md shows one)."
            )
    norms = load_toml(path, NormSet, "norm set")
    return LoadedNorms(name=name, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), norms=norms)
