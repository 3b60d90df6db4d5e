"""``study.toml``: what a study is, decided before it begins, and what must not change in the middle of it.

The file is frozen by a hash over everything in it but the list of amendments and the hash itself. Who changes it says
why (``neckrom study freeze``), and the reason stays.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neckrom.config_file import load_toml
from neckrom.result import Result

PLAN = "study.toml"
"""Name of the plan's file."""

Reference = Literal["crom", "imu", "optoelectronic"]
REFERENCES: dict[Reference, str] = {
    "crom": "CROM device",
    "imu": "inertial sensors (IMU)",
    "optoelectronic": "optoelectronic motion capture",
}
"""What each kind is called in the documents."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Visit(_Strict):
    """A planned session: of every person, or an extra one of some."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")
    day: Literal["first", "later"]
    extra: bool = Field(
        default=False, description="Of some people only, and without readings if there are none."
    )
    note: str = ""


class Rules(_Strict):
    """What is decided beforehand: the study says of each whether it was met."""

    bias_deg: float = Field(gt=0, description="Bias at most, to either side.")
    limits_deg: float = Field(gt=0, description="Limits of agreement within plus and minus.")
    coverage_low: float = Field(ge=0, le=1)
    coverage_high: float = Field(ge=0, le=1)
    healthy_flagged: float = Field(ge=0, le=1, description="Share of healthy movements that may be flagged.")

    @model_validator(mode="after")
    def _ordered(self) -> Rules:
        if self.coverage_low >= self.coverage_high:
            raise ValueError("coverage_low must be below coverage_high")
        return self


class Tool(_Strict):
    """What measures, and how: the same for everybody in the study."""

    version: str
    engine: str
    model_sha256: str
    estimator: str
    calibration_id: str
    settings_sha256: str = Field(description="Of the thresholds of segmentation and judgement.")
    norms: str
    hfov_deg: float | None = Field(default=None, description="--hfov; left out: not stated.")
    distance_m: float | None = None
    camera: str | None = Field(default=None, description="Name of the camera profile.")
    camera_sha256: str | None = None

    def differences(self, result: Result) -> tuple[str, ...]:
        """What of a result is not as frozen, by name: empty where all of it is.

        Parameters
        ----------
        result : Result

        Returns
        -------
        tuple of str
            Names of fields of this class.
        """
        other = tool_of(result)
        return tuple(name for name in type(self).model_fields if getattr(self, name) != getattr(other, name))


class Amendment(_Strict):
    """A change of a frozen plan."""

    date: date
    reason: str = Field(min_length=3)


class Plan(_Strict):
    """The whole file."""

    name: str = Field(min_length=1, max_length=200)
    reference: Reference
    device: str = Field(default="", description="Maker, model and serial number of the reference device.")
    created: date
    simulated: bool = False
    people: int = Field(ge=3, le=5000)
    people_with_pain: int = Field(ge=0, le=5000)
    trials: int = Field(ge=1, le=10)
    days_between: tuple[int, int] = (3, 7)
    operators: tuple[str, ...] = Field(min_length=1)
    seed: int = Field(description="Of the randomisation list.")
    sha256: str = Field(default="", description="Of everything here but the amendments.")
    visits: tuple[Visit, ...] = Field(min_length=1)
    rules: Rules
    tool: Tool
    amendments: tuple[Amendment, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Plan:
        names = [visit.id for visit in self.visits]
        if len(set(names)) < len(names):
            raise ValueError("two visits have the same id")
        if self.people_with_pain > self.people:
            raise ValueError("people_with_pain is more than people")
        if all(visit.extra for visit in self.visits):
            raise ValueError("no visit is of everybody")
        if not 0 < self.days_between[0] <= self.days_between[1]:
            raise ValueError("days_between must be two rising numbers of days")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of what is frozen."""
        content = self.model_dump(mode="json", exclude={"sha256", "amendments"})
        return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def is_frozen(self) -> bool:
        """Whether nothing was changed since it was frozen."""
        return self.sha256 == self.digest

    def frozen(self) -> Plan:
        """With the hash of its own content.

        Returns
        -------
        Plan
        """
        return self.model_copy(update={"sha256": self.digest})

    @property
    def same_day(self) -> tuple[str, ...]:
        """Sessions of everybody's first day."""
        return tuple(visit.id for visit in self.of_everybody if visit.day == "first")

    @property
    def later(self) -> tuple[str, ...]:
        """Sessions of everybody's later day."""
        return tuple(visit.id for visit in self.of_everybody if visit.day == "later")

    @property
    def of_everybody(self) -> tuple[Visit, ...]:
        """Visits that every person is to have."""
        return tuple(visit for visit in self.visits if not visit.extra)


def usual_plan(
    name: str,
    reference: Reference,
    tool: Tool,
    *,
    created: date,
    people: int = 100,
    seed: int = 1,
    operators: tuple[str, ...] = ("A", "B"),
) -> Plan:
    """Three sessions (two on the first day, one after 3 to 7 days), three trials, half of the people with neck pain.

    Ten people are filmed with and without the reference device before, and whoever likes alone at home.

    Parameters
    ----------
    name : str
    reference : {"crom", "imu", "optoelectronic"}
    tool : Tool
    created : date
    people : int
        3 to 5000.
    seed : int
        Of the randomisation list.
    operators : tuple of str

    Returns
    -------
    Plan
        Frozen. Rules: bias within 3 deg, limits within 10 deg, 90 to 98 % of the intervals hold the reading, at most 5
        % of the healthy directions flagged.
    """
    visits = (
        Visit(id="1", day="first", note="with the reference device"),
        Visit(id="2", day="first", note="seated anew, camera moved, the other operator"),
        Visit(id="3", day="later", note="as session 1"),
        Visit(id="with", day="first", extra=True, note="ten people: reference device on the head"),
        Visit(id="without", day="first", extra=True, note="the same ten: without it"),
        Visit(id="home", day="later", extra=True, note="at will: alone, at a laptop at home"),
    )
    rules = Rules(bias_deg=3.0, limits_deg=10.0, coverage_low=0.90, coverage_high=0.98, healthy_flagged=0.05)
    plan = Plan(
        name=name,
        reference=reference,
        created=created,
        people=people,
        people_with_pain=people // 2,
        trials=3,
        operators=operators,
        seed=seed,
        visits=visits,
        rules=rules,
        tool=tool,
    )
    return plan.frozen()


def tool_of(result: Result) -> Tool:
    """What measured a result, and how.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Tool
    """
    settings = result.configuration
    return Tool(
        version=result.tool.version,
        engine=engine_name(result.tool.engine),
        model_sha256=result.tool.model_sha256,
        estimator=result.tool.estimator,
        calibration_id=result.tool.calibration_id,
        settings_sha256=settings_hash(settings.settings),
        norms=settings.norms,
        hfov_deg=settings.hfov_deg,
        distance_m=settings.distance_m,
        camera=settings.camera,
        camera_sha256=settings.camera_sha256,
    )


def engine_name(engine: str) -> str:
    """Name and version of the landmark engine; its settings differ between a camera and a clip.

    Parameters
    ----------
    engine : str
        As a result has it.

    Returns
    -------
    str
    """
    return engine.partition(" (")[0]


def settings_hash(settings: dict[str, float | int | str | bool]) -> str:
    """SHA-256 of the thresholds that a result was made with.

    Parameters
    ----------
    settings : dict
        By name, as a result has them.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """Where everything of a study lies."""

    root: Path

    @property
    def plan(self) -> Path:
        """The frozen plan."""
        return self.root / PLAN

    @property
    def data(self) -> Path:
        """The case-report tables."""
        return self.root / "data"

    @property
    def results(self) -> Path:
        """What neckrom measured, a folder for each recording."""
        return self.root / "results"

    @property
    def clips(self) -> Path:
        """The recordings; they may lie elsewhere."""
        return self.root / "clips"

    def load(self) -> Plan:
        """Read the plan.

        Returns
        -------
        Plan

        Raises
        ------
        ConfigurationError
            If it is missing or has a mistake.
        """
        return load_toml(self.plan, Plan, "study")


def plan_toml(plan: Plan) -> str:
    """The plan as it stands in its file, with the meaning of what is not plain.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    str
        TOML.
    """
    lines = [
        "# The plan of the study, decided before the first person. Whoever changes it afterwards says why:",
        '#   neckrom study freeze . --reason "..."',
        "",
        *(
            _line(name, getattr(plan, name))
            for name in [
                "name",
                "reference",
                "device",
                "created",
                "simulated",
                "people",
                "people_with_pain",
                "trials",
                "days_between",
                "operators",
                "seed",
            ]
        ),
        "# Of everything here but the amendments.",
        _line("sha256", plan.sha256),
    ]
    for visit in plan.visits:
        lines += ["", "[[visits]]", *(_line(name, value) for name, value in visit)]
    lines += ["", "# What must hold for the study to say yes.", "[rules]"]
    lines += [_line(name, value) for name, value in plan.rules]
    lines += ["", "# What measures. A result of anything else is named by neckrom study check.", "[tool]"]
    lines += [_line(name, value) for name, value in plan.tool if value is not None]
    for amendment in plan.amendments:
        lines += ["", "[[amendments]]", _line("date", amendment.date), _line("reason", amendment.reason)]
    return "\n".join(lines) + "\n"


def _line(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return f"{name} = [{', '.join(_value(each) for each in value)}]"
    return f"{name} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
