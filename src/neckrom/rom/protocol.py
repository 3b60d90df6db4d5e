"""Protocol files: a person names the trials, and what hurt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml
from neckrom.errors import ConfigurationError, OptionValueError
from neckrom.types import Movement

Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
"""From the start of the clip, which is never longer than a day."""
MOST_TRIALS = 500


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProtocolTrial(_Strict):
    """One named repetition."""

    movement: Movement
    start_s: Seconds
    end_s: Seconds
    first_pain_s: Seconds | None = None
    """Moment at which pain first came."""
    warm_up: bool = False
    """Not counted among the trials."""

    @model_validator(mode="after")
    def _in_order(self) -> ProtocolTrial:
        if self.end_s <= self.start_s:
            raise ValueError(f"end_s ({self.end_s:g}) must come after start_s ({self.start_s:g})")
        if self.first_pain_s is not None and not self.start_s <= self.first_pain_s <= self.end_s:
            raise ValueError(f"first_pain_s ({self.first_pain_s:g}) must lie between start_s and end_s")
        return self


class Protocol(_Strict):
    """A whole protocol file.

    ``neutral`` is an optional [start, end] in seconds; ``trial`` may be left out, then repetitions
    are found automatically and only pain is taken from here; ``warm_ups`` then says how many
    repetitions of each direction come first and do not count; ``pain`` holds 0 to 10 per direction.
    """

    version: Literal[1]
    neutral: tuple[Seconds, Seconds] | None = None
    warm_ups: Annotated[int, Field(ge=0, le=20)] | None = None
    trial: Annotated[tuple[ProtocolTrial, ...], Field(max_length=MOST_TRIALS)] = ()
    pain: dict[Movement, Annotated[int, Field(ge=0, le=10)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _neutral_in_order(self) -> Protocol:
        if self.neutral is not None and self.neutral[1] <= self.neutral[0]:
            raise ValueError("neutral must be [start, end] with end after start")
        return self

    @model_validator(mode="after")
    def _warm_ups_once(self) -> Protocol:
        if self.trial and self.warm_ups is not None:
            raise ValueError("warm_ups is for repetitions that are found: beside a trial say warm_up = true")
        return self


def load_protocol(path: Path) -> Protocol:
    """Read a protocol file.

    Parameters
    ----------
    path : Path
        TOML, as ``docs/cli.md`` shows it.

    Returns
    -------
    Protocol

    Raises
    ------
    OptionValueError
        There is no such file.
    ConfigurationError
        Naming every mistake with line and field.
    """
    try:
        return load_toml(path, Protocol, "protocol")
    except ConfigurationError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise OptionValueError(
                f"No protocol file {path}: check the path. (neckrom measure also knows the nerve tests slr, slump and "
                "arms.)"
            ) from error
        raise
