"""What a session of nerve tests asks for, and what each test is made of: data that travels with the package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml

TestName = Literal["slump", "slr", "arms"]
Side = Literal["left", "right"]
Joint = Literal["neck", "ankle", "neck_away", "neck_towards"]
Towards = Literal["up", "down"]

SIDED = ("raise", "knee", "ankle", "shoulder", "elbow", "upper", "reach", "neck_away", "neck_towards")
"""Angles that are read for each side: ``knee.left``, ``knee.right``."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Strict):
    """One joint that is moved alone while the limb is held.

    Attributes
    ----------
    joint : str
        Name of its angle.
    towards : {"up", "down"}
        Whether the angle rises or falls.
    least_deg : float
        By so much at least, to count as made.
    """

    joint: Joint
    towards: Towards
    least_deg: Annotated[float, Field(gt=0, le=60)]

    @property
    def sign(self) -> int:
        """+1 where the angle rises."""
        return 1 if self.towards == "up" else -1


class Position(_Strict):
    """A limb that is led from a start until something is felt.

    Attributes
    ----------
    name : str
    led : str
        Name of the angle that is led.
    towards : {"up", "down"}
        Whether it rises or falls.
    start : tuple of two float
        Between these the limb is at its start.
    least_deg : float
        Led by less than this, nothing was done.
    straight : str or None
        Name of an angle that stays as it is.
    kept : str or None
        Name of the angle by which a limb that is held is watched, if another one than ``led``.
    begins : dict
        Other angles of the same side, and between which two they are at the start.
    arm : {"side", "overhead", "bent_overhead"} or None
        Of an arm: as the analysis of the recording calls the position.
    change : tuple of Change
        One after the other, each alone.
    """

    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    led: str
    towards: Towards
    start: tuple[float, float]
    least_deg: Annotated[float, Field(gt=0, le=60)]
    straight: str | None = None
    kept: str | None = None
    begins: dict[str, tuple[float, float]] = Field(default_factory=dict)
    arm: Literal["side", "overhead", "bent_overhead"] | None = None
    change: tuple[Change, ...] = ()

    @property
    def sign(self) -> int:
        """+1 where the led angle rises."""
        return 1 if self.towards == "up" else -1


class NerveTest(_Strict):
    """One test: from where it is filmed, and its positions in their order."""

    version: Literal[1]
    view: Literal["side", "front"]
    position: tuple[Position, ...] = Field(min_length=1)


class NerveProtocol(_Strict):
    """A protocol file.

    Attributes
    ----------
    title : str
    tests : tuple of str
        In their order.
    sides : tuple of str
        In their order.
    repetitions : int
        Of each position and side, at most: the person may leave the rest out.
    """

    version: Literal[1]
    title: str = Field(min_length=1)
    tests: tuple[TestName, ...] = Field(min_length=1)
    sides: tuple[Side, ...] = Field(min_length=1, default=("left", "right"))
    repetitions: Annotated[int, Field(ge=1, le=5)] = 3

    @model_validator(mode="after")
    def _named_once(self) -> NerveProtocol:
        for name, values in (("tests", self.tests), ("sides", self.sides)):
            if len(set(values)) != len(values):
                raise ValueError(f"{name} must be named once each")
        return self

    @property
    def minutes(self) -> int:
        """About how long it takes: 48 s for a repetition with its questions, half a minute to lie or sit down."""
        positions = sum(len(nerve_test(name).position) for name in self.tests)
        return round(len(self.tests) * 0.5 + 0.8 * positions * len(self.sides) * self.repetitions + 0.5)


@dataclass(frozen=True, slots=True)
class LoadedNerveProtocol:
    """A protocol and where it came from."""

    name: str
    sha256: str
    protocol: NerveProtocol


@cache
def nerve_test(name: TestName) -> NerveTest:
    """What a test is made of."""
    return load_toml(_data("nerve_tests") / f"{name}.toml", NerveTest, "nerve test")


def shipped_tests() -> tuple[TestName, ...]:
    """Names of the tests that there are."""
    there = {path.stem for path in _data("nerve_tests").glob("*.toml")}
    return tuple(name for name in get_args(TestName) if name in there)


@cache
def position_names() -> frozenset[str]:
    """Names of the positions of all tests."""
    return frozenset(position.name for test in shipped_tests() for position in nerve_test(test).position)


def shipped_nerve_protocols() -> tuple[str, ...]:
    """Names of the protocols that travel with the package."""
    return tuple(sorted(path.stem for path in _data("nerve").glob("*.toml")))


def load_nerve_protocol(name: str) -> LoadedNerveProtocol:
    """Load a protocol that travels with the package.

    Parameters
    ----------
    name : str
        One of :func:`shipped_nerve_protocols`.
    """
    path = _data("nerve") / f"{name}.toml"
    protocol = load_toml(path, NerveProtocol, "protocol of nerve tests")
    return LoadedNerveProtocol(name, hashlib.sha256(path.read_bytes()).hexdigest(), protocol)


def _data(name: str) -> Path:
    return Path(str(files("neckrom"))) / "data" / name
