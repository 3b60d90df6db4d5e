"""What a session asks for: protocols that travel with the package, or a file of the user's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.assessment.trunk import TRUNK_LIMIT_DEG
from neckrom.config_file import load_toml
from neckrom.errors import OptionValueError
from neckrom.live.nerve.protocols import shipped_nerve_protocols
from neckrom.live.repetition import RepetitionSettings
from neckrom.live.turning.protocols import shipped_turn_protocols
from neckrom.plans.plan_file import LoadedPlan
from neckrom.types import MOVEMENTS, Movement


class SessionProtocol(BaseModel):
    """A protocol file.

    Attributes
    ----------
    title : str
    directions : tuple of Movement
        Some or all of the six, in their fixed order.
    warm_ups, trials : int
        Repetitions of each direction.
    ask_pain, ask_chin : bool
        Pain 0 to 10 after each direction; chin to chest after flexion.
    trunk_limit_deg : float
        More trunk movement than this, and than a fifth of the neck's, along with the movement is called out;
        where nothing else is said, as much as the report flags.
    hold_s : float
        How long the end of range is held until it counts as reached.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    title: str = Field(min_length=1)
    directions: tuple[Movement, ...] = Field(min_length=1)
    warm_ups: Annotated[int, Field(ge=0, le=5)] = 2
    trials: Annotated[int, Field(ge=1, le=10)] = 3
    ask_pain: bool = True
    ask_chin: bool = True
    trunk_limit_deg: Annotated[float, Field(gt=0, le=90)] = TRUNK_LIMIT_DEG
    hold_s: Annotated[float, Field(ge=0.3, le=5)] = 0.6

    @model_validator(mode="after")
    def _in_fixed_order(self) -> SessionProtocol:
        fixed = [movement for movement in MOVEMENTS if movement in self.directions]
        if list(self.directions) != fixed:
            order = ", ".join(movement.value for movement in MOVEMENTS)
            raise ValueError(f"directions must be named once each and in the fixed order: {order}")
        return self

    @property
    def repetitions(self) -> int:
        """Of each direction, warm-ups included."""
        return self.warm_ups + self.trials

    @property
    def minutes(self) -> int:
        """About how long the movements take: 6.5 s for a repetition, 8 s for what is said and asked of a direction."""
        seconds = len(self.directions) * (6.5 * self.repetitions + 8.0)
        return max(1, round(seconds / 60))

    @property
    def repetition(self) -> RepetitionSettings:
        """Thresholds of a single repetition."""
        return RepetitionSettings(hold_s=self.hold_s)


@dataclass(frozen=True, slots=True)
class LoadedProtocol:
    """A protocol and where it came from."""

    name: str
    sha256: str
    protocol: SessionProtocol


def shipped_protocols() -> tuple[str, ...]:
    """Names of the protocols that travel with the package."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def load_session_protocol(name_or_path: str) -> LoadedProtocol:
    """Load a protocol by name, or one of the user's own by path.

    Raises
    ------
    ConfigurationError
        If there is no such protocol, or naming every mistake of the file with line and field.
    """
    names = shipped_protocols()
    path = _folder() / f"{name_or_path}.toml" if name_or_path in names else Path(name_or_path)
    if not path.exists():
        every = ", ".join((*names, *shipped_nerve_protocols(), *shipped_turn_protocols()))
        raise OptionValueError(
            f"No protocol or file {name_or_path!r}: choose one of {every}, or give the path of a "
            "protocol file (docs/live.md shows one)."
        )
    protocol = load_toml(path, SessionProtocol, "session protocol")
    return LoadedProtocol(path.stem, hashlib.sha256(path.read_bytes()).hexdigest(), protocol)


def protocol_of_plan(plan: LoadedPlan) -> LoadedProtocol:
    """A plan of the neck as what a session asks for: every repetition is measured, none is a warm-up.

    Parameters
    ----------
    plan : LoadedPlan
        Its test is "neck".
    """
    protocol = SessionProtocol(
        version=1,
        title=plan.plan.title,
        directions=plan.plan.directions,
        warm_ups=0,
        trials=plan.plan.repetitions.value,
        ask_chin=False,
    )
    return LoadedProtocol(plan.name, plan.sha256, protocol)


def _folder() -> Path:
    return Path(str(files("neckrom"))) / "data" / "protocols"
