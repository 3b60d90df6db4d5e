"""How a person's range of motion went over time, and whether a change is one.

A change is called real only where it is larger than what measuring alone may make: the larger of our
own minimal detectable change (95 %), which comes from rendered people, and the published one of the
clinical CROM device on real necks. Everything here is pure: values in, judgements out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml
from neckrom.result import MovementResult
from neckrom.types import MOVEMENTS, Movement


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class OwnRepeatability(_Strict):
    """How well we measure the same movement twice."""

    sem_deg: float = Field(gt=0)
    mdc95_deg: float = Field(gt=0)

    @model_validator(mode="after")
    def _agrees(self) -> OwnRepeatability:
        if not 0.9 < self.mdc95_deg / (1.96 * 2**0.5 * self.sem_deg) < 1.1:
            raise ValueError("mdc95_deg must be 1.96 * sqrt(2) * sem_deg, within rounding")
        return self


class PublishedRepeatability(_Strict):
    """What is published for the clinical device."""

    device: str
    mdc_deg: float = Field(gt=0)
    mdc_low_deg: float = Field(gt=0)
    citation: str
    note: str


class Repeatability(_Strict):
    """``data/accuracy/repeatability.toml``."""

    version: int
    command: str
    """What printed our own figures."""
    placeholder: bool
    """Our own figures are not final yet."""
    population: str
    published: PublishedRepeatability
    movements: dict[Movement, OwnRepeatability]

    @model_validator(mode="after")
    def _whole(self) -> Repeatability:
        if set(self.movements) != set(MOVEMENTS):
            raise ValueError("movements must name all six")
        return self

    def limit_deg(self, movement: Movement) -> float:
        """Change that must be exceeded to be called one."""
        return max(self.movements[movement].mdc95_deg, self.published.mdc_deg)


@cache
def repeatability() -> Repeatability:
    """The figures that ship.

    Raises
    ------
    ConfigurationError
        If the file was damaged.
    """
    with as_file(files("neckrom") / "data" / "accuracy" / "repeatability.toml") as path:
        return load_toml(path, Repeatability, "repeatability")


# --------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """What one session says of one movement; None is "not measured". Degrees.

    Attributes
    ----------
    best_deg : float or None
        Best trial; with ``lower_bound`` it was at least that.
    mean_deg : float or None
    low_deg, high_deg : float or None
        95 % interval of the best trial: its error bar.
    lower_bound : bool
    reference_deg, healthy_low_deg, healthy_high_deg : float or None
        The norm.
    percent_of_reference : float or None
    flag : str
        Loss of range: "flagged", "not_flagged" or "could_not_judge".
    pain : int or None
        0 to 10.
    compensation_deg : float or None
    trials : int
    """

    movement: Movement
    best_deg: float | None
    mean_deg: float | None
    low_deg: float | None
    high_deg: float | None
    lower_bound: bool
    reference_deg: float | None
    healthy_low_deg: float | None
    healthy_high_deg: float | None
    percent_of_reference: float | None
    flag: str
    pain: int | None
    compensation_deg: float | None
    trials: int


def value_of(item: MovementResult) -> MeasuredValue:
    """The figures of a movement that lists and trends need."""
    low, high = item.interval95_deg or (None, None)
    return MeasuredValue(
        movement=item.movement,
        best_deg=item.best_deg,
        mean_deg=item.mean_deg,
        low_deg=low,
        high_deg=high,
        lower_bound=item.lower_bound,
        reference_deg=item.reference_deg,
        healthy_low_deg=item.healthy_low_deg,
        healthy_high_deg=item.healthy_high_deg,
        percent_of_reference=item.percent_of_reference,
        flag=item.flag,
        pain=item.pain,
        compensation_deg=item.compensation_deg,
        trials=len(item.trials),
    )


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A value and where it comes from."""

    session_id: str
    measured: datetime
    method: str
    """View, estimator and calibration: values of different ones compare less well."""
    value: MeasuredValue


class Verdict(StrEnum):
    """What can be said of a change."""

    MORE = "more"
    """The range grew by more than measurement error."""
    LESS = "less"
    NONE = "none"
    """No change beyond measurement error."""
    UNKNOWN = "unknown"
    """Not measured, or only bounds that leave it open."""


@dataclass(frozen=True, slots=True)
class Change:
    """From one value to a later one.

    Attributes
    ----------
    earlier, later : MeasuredValue
    difference_deg : float or None
        Later minus earlier; None where either was not measured.
    at_least : bool
        With bounds: the true change is at least that large, in the verdict's direction.
    limit_deg : float
        Change that measurement error alone may make.
    verdict : Verdict
    same_method : bool
        Both were measured from the same view with the same estimator and calibration.
    """

    movement: Movement
    earlier: MeasuredValue
    later: MeasuredValue
    difference_deg: float | None
    at_least: bool
    limit_deg: float
    verdict: Verdict
    same_method: bool


@dataclass(frozen=True, slots=True)
class MovementTrend:
    """One movement over time.

    Attributes
    ----------
    points : tuple of TrendPoint
        In time order; sessions in which the movement was not measured are left out.
    first_to_last, since_last : Change or None
        None with fewer than two points. With exactly two both are the same.
    """

    movement: Movement
    points: tuple[TrendPoint, ...]
    limit_deg: float
    first_to_last: Change | None
    since_last: Change | None


def change_between(earlier: TrendPoint, later: TrendPoint, limit_deg: float) -> Change:
    """Judge what lies between two values of the same movement.

    A bound counts for what it says: from 40 to "at least 60" the range grew by at least 20, but from
    "at least 40" to 60 nothing is known about growth.
    """
    first, last = earlier.value, later.value
    if first.best_deg is None or last.best_deg is None:
        difference, verdict = None, Verdict.UNKNOWN
    else:
        difference = last.best_deg - first.best_deg
        verdict = _verdict(difference, limit_deg, first_bound=first.lower_bound, last_bound=last.lower_bound)
    return Change(
        movement=first.movement,
        earlier=first,
        later=last,
        difference_deg=difference,
        at_least=verdict in (Verdict.MORE, Verdict.LESS) and (first.lower_bound or last.lower_bound),
        limit_deg=limit_deg,
        verdict=verdict,
        same_method=earlier.method == later.method,
    )


def _verdict(difference: float, limit: float, *, first_bound: bool, last_bound: bool) -> Verdict:
    if difference > limit and not first_bound:
        return Verdict.MORE
    if difference < -limit and not last_bound:
        return Verdict.LESS
    if first_bound or last_bound:
        return Verdict.UNKNOWN
    return Verdict.NONE


def trend_of(movement: Movement, points: Sequence[TrendPoint], limit_deg: float) -> MovementTrend:
    """Order the values of one movement in time and judge how it went."""
    known = tuple(
        sorted(
            (point for point in points if point.value.best_deg is not None),
            key=lambda point: (point.measured, point.session_id),
        )
    )
    if len(known) < 2:
        return MovementTrend(movement, known, limit_deg, None, None)
    return MovementTrend(
        movement=movement,
        points=known,
        limit_deg=limit_deg,
        first_to_last=change_between(known[0], known[-1], limit_deg),
        since_last=change_between(known[-2], known[-1], limit_deg),
    )
