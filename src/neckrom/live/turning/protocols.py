"""What a session of turning the trunk asks for: data that travels with the package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from neckrom.config_file import load_toml

Side = Literal["left", "right"]
POSITION = "trunk_turn"
"""As pages and cue files call it."""


class TurnProtocol(BaseModel):
    """A protocol file.

    Attributes
    ----------
    title : str
    sides : tuple of str
        One after the other in turn, in this order.
    repetitions : int
        Of each side, at most: the person may leave the rest out.
    hold_s : float
        Seconds at the end of the way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    title: str = Field(min_length=1)
    sides: tuple[Side, ...] = Field(min_length=1, max_length=2, default=("left", "right"))
    repetitions: Annotated[int, Field(ge=1, le=5)] = 3
    hold_s: Annotated[float, Field(ge=0.5, le=5.0)] = 1.5

    @property
    def minutes(self) -> int:
        """About how long it takes: 15 s for a turn with its words, half a minute to sit down."""
        return max(1, round(0.5 + 0.25 * len(self.sides) * self.repetitions))


@dataclass(frozen=True, slots=True)
class LoadedTurnProtocol:
    """A protocol and where it came from."""

    name: str
    sha256: str
    protocol: TurnProtocol


def shipped_turn_protocols() -> tuple[str, ...]:
    """Names of the protocols that travel with the package."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def load_turn_protocol(name: str) -> LoadedTurnProtocol:
    """Load a protocol that travels with the package.

    Parameters
    ----------
    name : str
        One of :func:`shipped_turn_protocols`.
    """
    path = _folder() / f"{name}.toml"
    protocol = load_toml(path, TurnProtocol, "protocol of turning the trunk")
    return LoadedTurnProtocol(name, hashlib.sha256(path.read_bytes()).hexdigest(), protocol)


def _folder() -> Path:
    return Path(str(files("neckrom"))) / "data" / "turning"
