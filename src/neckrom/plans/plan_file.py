"""Plans of exercises: files that travel with the package, or a clinician's own.

Every number says where it comes from: a citation, or "clinician" where no source names one. Nothing in a plan rises
by itself from session to session.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml
from neckrom.errors import OptionValueError
from neckrom.types import MOVEMENTS, Movement

LegTest = Literal["slump", "slr"]
Side = Literal["left", "right"]
CLINICIAN = "clinician"
"""The source of a number that no source names: a clinician sets it."""

Source = Annotated[str, Field(min_length=3, max_length=500)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Repetitions(_Strict):
    """How many of each side or direction."""

    value: Annotated[int, Field(ge=1, le=30)]
    source: Source


class Seconds(_Strict):
    """From rest to the mark."""

    value: Annotated[float, Field(ge=1.5, le=20)]
    source: Source


class Degrees(_Strict):
    """By how much the mark lies below today's symptom angle."""

    value: Annotated[float, Field(ge=5, le=60)]
    source: Source


class Days(_Strict):
    """After so many days the test is due again."""

    value: Annotated[int, Field(ge=1, le=365)]
    source: Source


class Plan(_Strict):
    """A plan file.

    Attributes
    ----------
    title : str
        As it is shown where the file is the user's own; those that ship are named in the reader's language.
    test : {"slump", "slr", "neck"}
        The key test, done before and after; of the neck the exercise measures itself.
    chosen_by : {"runner", "clinician"}
        Who may choose it. One for clinicians asks for a name, which is kept.
    sides : tuple of str
        In their order; both sides where nothing is said.
    directions : tuple of Movement
        Of the neck alone: some or all of the six, in their fixed order.
    source : str
        Where the exercise itself comes from.
    repetitions, out_s, below_symptom_deg, retest_days
        Each with its value and its source.
    """

    version: Literal[1]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    test: Literal["slump", "slr", "neck"]
    chosen_by: Literal["runner", "clinician"]
    sides: Annotated[tuple[Side, ...], Field(min_length=1)] = ("left", "right")
    directions: tuple[Movement, ...] = ()
    source: Source
    repetitions: Repetitions
    out_s: Seconds | None = None
    below_symptom_deg: Degrees | None = None
    retest_days: Days

    @model_validator(mode="after")
    def _fits_its_test(self) -> Plan:
        problems = list(self._problems())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> list[str]:
        found = []
        if len(set(self.sides)) != len(self.sides):
            found.append("sides must be named once each")
        if self.test == "neck":
            fixed = [movement for movement in MOVEMENTS if movement in self.directions]
            if not self.directions or list(self.directions) != fixed:
                order = ", ".join(movement.value for movement in MOVEMENTS)
                found.append(f"directions must be named once each and in the fixed order: {order}")
            if self.out_s is not None or self.below_symptom_deg is not None:
                found.append("out_s and below_symptom_deg belong to slump and slr, not to the neck")
            if self.repetitions.value > MOST_OF_THE_NECK:
                found.append(f"of the neck at most {MOST_OF_THE_NECK} repetitions")
        else:
            if self.directions:
                found.append('directions belong to test = "neck"')
            if self.out_s is None or self.below_symptom_deg is None:
                found.append(
                    "out_s and below_symptom_deg are needed: how slow, and how far below the symptom"
                )
        return found


MOST_OF_THE_NECK = 10
"""Repetitions of a direction that a session of the neck takes."""


@dataclass(frozen=True, slots=True)
class LoadedPlan:
    """A plan and where it came from.

    Attributes
    ----------
    name : str
        Of the shipped plan or of the file.
    sha256 : str
    plan : Plan
    shipped : bool
        It travels with the package: its name is in the message files.
    clinician : str
        Who chose it; empty where the runner did.
    """

    name: str
    sha256: str
    plan: Plan
    shipped: bool = False
    clinician: str = ""


def shipped_plans() -> tuple[str, ...]:
    """Names of the plans that travel with the package.

    Returns
    -------
    tuple of str
        In alphabetical order.
    """
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def load_plan(name_or_path: str, clinician: str = "") -> LoadedPlan:
    """Load a plan by name, or one of the user's own by path.

    Parameters
    ----------
    name_or_path : str
    clinician : str
        Who chose it.

    Returns
    -------
    LoadedPlan

    Raises
    ------
    OptionValueError
        If there is no such plan, or nobody stands for one that only a clinician may choose.
    ConfigurationError
        Naming every mistake of the file with line and field.
    """
    names = shipped_plans()
    shipped = name_or_path in names
    path = _folder() / f"{name_or_path}.toml" if shipped else Path(name_or_path)
    if not path.exists():
        raise OptionValueError(
            f"No plan or file {name_or_path!r}: choose one of {', '.join(names)}, or give the path of a plan file "
            "(docs/plans.md shows one)."
        )
    plan = load_toml(path, Plan, "plan")
    who = " ".join(clinician.split())
    if plan.chosen_by == "clinician" and len(who) < 2:
        raise OptionValueError(
            f"The plan {path.stem} is for a clinician to choose: say who does, with --clinician NAME."
        )
    return LoadedPlan(path.stem, hashlib.sha256(path.read_bytes()).hexdigest(), plan, shipped, who[:200])


def _folder() -> Path:
    return Path(str(files("neckrom"))) / "data" / "plans"
