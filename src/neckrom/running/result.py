"""The whole result of one run, as it stands in ``result.json``.

Names and meanings are public: ``docs/run.schema.json`` is made from these classes
(``neckrom schema run``). NaN never appears here: what the view cannot tell is null.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neckrom.body.result import (
    BodyClip,
    BodyConfiguration,
    BodyQuality,
    BodyView,
    Interval,
    LeftRight,
    Value,
)
from neckrom.result import Flag, Model, ShownResult, ToolInfo, Units
from neckrom.statement import Statement

SCHEMA_VERSION = "1.0"
"""Raised in the first number when a name or meaning changes, in the second when something is added."""

CONVENTION = (
    "Degrees, seconds, shares from 0 to 1. Left and right are the runner's. Trunk lean: + forward, against the "
    "vertical. Ear-shoulder line: against the trunk, + = ear in front. Foot: sole against the ground, + = toes up. "
    "Shank: + = ankle in front of the knee. Knee: 0 = straight, + = bent. Asymmetry: 100 (left - right) / mean. "
    "Wrists: in shoulder widths past the middle of the trunk, negative = on their own side. Pelvic drop of the left: "
    "how far the right hip is lower while the left foot stands. Times of steps count from the start of their clip, "
    "in real time."
)

Foot = Literal["left", "right"]
StrikeClass = Literal["rear", "mid", "fore"]
RowName = Literal["head_forward", "uneven_gait", "arms_across", "rearfoot_strike"]
ROWS: tuple[RowName, ...] = ("head_forward", "uneven_gait", "arms_across", "rearfoot_strike")
"""As the article orders them."""

Unit = Literal["deg", "percent", "shoulder_widths"]
Measure = Literal["change_from_standing", "change_over_run", "step_time", "wrist", "foot_angle"]
"""What the value of a row is: the head against standing or against its own first third, the asymmetry of the
step times, how far the wrist that goes further comes past the middle, the foot's angle at contact."""
Share = Annotated[float, Field(ge=0, le=1)]


class Step(Model):
    """One contact of a foot with the ground."""

    foot: Foot
    near: bool = Field(
        description="The foot that the camera sees first; true for both from behind and in front."
    )
    contact_s: float = Field(description="First touch, to a fraction of a frame.")
    off_s: float | None = Field(description="Leaves the ground; null where the clip ends first.")
    strike_deg: float | None = Field(description="Sole against the ground at contact, + = toes up.")
    strike_interval95_deg: Interval | None
    strike_class: StrikeClass | None = Field(
        description="The most probable one, as strike_certainty says; null below 60 pictures a second."
    )
    strike_certainty: Share | None = Field(default=None, description="How probable the step's class is.")
    step_s: float | None = Field(
        description="From the other foot's contact to this one's; null for the first and after a gap."
    )
    contact_sd_s: float | None = Field(
        default=None, description="One standard deviation of the contact time."
    )
    flight_s: float | None = Field(
        default=None, description="Without contact, from the other foot's off to this."
    )
    shank_deg: float | None = Field(default=None, description="At contact.")
    knee_deg: float | None = Field(default=None, description="At contact.")
    clip: int = Field(default=0, description="Which of `clips` it was seen in.")


class Times(Model):
    """Medians over the steps, in seconds."""

    contact: LeftRight | None = None
    flight: LeftRight | None = Field(default=None, description="Before the contact of the named foot.")
    step: LeftRight | None = Field(default=None, description="Up to the contact of the named foot.")


class Strike(Model):
    """The contacts of one foot taken together."""

    near: bool
    steps: int
    median_deg: float | None
    interval95_deg: Interval | None
    strike_class: StrikeClass | None = Field(
        description="Of the median; null below 60 pictures a second, and where its interval reaches over two."
    )
    rear_share: Share | None = Field(default=None, description="Of the steps whose class is known.")
    class_certainty: Share | None = Field(
        default=None, description="How probable the class of the median is."
    )
    shank_deg: Value | None = Field(default=None, description="At contact.")
    knee_deg: Value | None = Field(default=None, description="At contact.")


class Strikes(Model):
    """Both feet."""

    left: Strike | None = None
    right: Strike | None = None


class HeadForward(Model):
    """The head against the trunk."""

    ear_shoulder_deg: float | None = Field(
        description="Mean over the clip. Differs between people by its reading."
    )
    ear_shoulder_interval95_deg: Interval | None = None
    change_from_standing_deg: float | None = Field(
        description="Against the person's own standing clip; + = further forward. Null without one."
    )
    change_from_standing_interval95_deg: Interval | None = None
    first_third_deg: float | None = None
    last_third_deg: float | None = None
    change_over_run_deg: float | None = Field(default=None, description="Last third less first third.")
    change_over_run_interval95_deg: Interval | None = None
    pitch_deg: float | None = Field(default=None, description="Head against the vertical, + = face down.")
    pitch_change_over_run_deg: float | None = None


class ArmCross(Model):
    """Wrists against the middle of the trunk."""

    left_share: Share | None = Field(
        description="In how many steps the left wrist passes the middle, of those in which that can be told. Null "
        "where it can be told in less than half of the steps."
    )
    right_share: Share | None
    left_told_share: Share | None = Field(
        default=None,
        description="Of the steps in which it can be told on which side of the middle the left wrist stays.",
    )
    right_told_share: Share | None = None
    left_max_shoulder_widths: float | None = Field(
        description="Furthest past the middle; negative = not reached."
    )
    right_max_shoulder_widths: float | None
    left_median_shoulder_widths: Value | None = Field(
        default=None, description="Median over the strides of how far it comes."
    )
    right_median_shoulder_widths: Value | None = None


class PelvicDrop(Model):
    """Hips out of level while one foot stands."""

    left_deg: float | None = Field(description="While the left foot stands, + = the right hip is lower.")
    right_deg: float | None
    left_interval95_deg: Interval | None = None
    right_interval95_deg: Interval | None = None


class Moment(Model):
    """A picture of a clip."""

    clip: int = Field(description="Which of `clips`.")
    time_s: float = Field(description="In the clip's own time, as a player shows it.")


class Row(Model):
    """One of the article's four, judged."""

    name: RowName
    value: float | None
    unit: Unit
    interval95: Interval | None
    measure: Measure = Field(description="What the value is.")
    flag: Flag
    reason: str = Field(description="In English; reason_statements say the same in any language.")
    reason_statements: tuple[Statement, ...] = ()
    moment: Moment | None = Field(default=None, description="The picture that the row speaks of.")


class RunConfiguration(BodyConfiguration):
    """Everything that was set and changes the numbers."""

    view: str = "auto"
    true_fps: float | None = None
    speed_kmh: float | None = Field(default=None, description="As stated; never measured.")
    standing: str | None = Field(
        default=None, description="Name of the clip or picture of the person standing."
    )
    back: str | None = Field(default=None, description="Name of the clip from behind.")
    settings: dict[str, float | int | str | bool] = Field(default_factory=dict)


class RunUnits(Units):
    """Units and signs."""

    convention: str = CONVENTION


class RunResult(ShownResult):
    """One run, from one clip or from one from the side and one from behind."""

    schema_version: str = SCHEMA_VERSION
    kind: Literal["run"] = "run"
    created: str = Field(description="Local time of the measurement, ISO 8601 with offset.")
    tool: ToolInfo
    configuration: RunConfiguration = RunConfiguration()
    units: RunUnits = RunUnits()
    clips: tuple[BodyClip, ...] = Field(description="The run first, then the one from behind, then standing.")
    measured_on: dict[str, int] = Field(
        default_factory=dict,
        description="For each name below that was measured, which of `clips` it was read from.",
    )
    view: BodyView = Field(description="Of the first clip.")
    cadence_spm: float | None = Field(description="Steps of both feet in a minute.")
    cadence_interval95_spm: Interval | None = None
    steps: tuple[Step, ...] = Field(description="Of the first clip.")
    step_asymmetry_percent: float | None = Field(
        description="100 (L - R) / mean of the step times; + = the step up to the left contact is longer."
    )
    step_asymmetry_interval95: Interval | None = Field(default=None, description="Of step_asymmetry_percent.")
    times: Times = Times()
    strikes: Strikes = Strikes()
    trunk_lean_deg: float | None
    trunk_lean_interval95_deg: Interval | None = None
    trunk_lean_change_over_run_deg: Value | None = Field(
        default=None, description="Last third less first third."
    )
    head_forward: HeadForward | None
    arm_cross: ArmCross | None
    shoulder_line_range_deg: float | None = Field(
        description="How far the shoulder line turns to and fro about the body's length, per stride."
    )
    shoulder_line_range_interval95_deg: Interval | None = None
    shoulder_against_pelvis_range_deg: Value | None = None
    pelvic_drop: PelvicDrop | None
    vertical_movement_leg_lengths: Value | None = Field(
        default=None,
        description="Up and down of the middle of the hips in a step, as a share of the leg's length.",
    )
    rows: tuple[Row, ...] = Field(description="The article's four, in its order.")
    quality: BodyQuality
    statement: str = Field(description="What this is, and what it is not.")
    statement_key: str = Field(default="run.statement", description="The same as a key of the message files.")

    def __repr__(self) -> str:
        """Short, for whoever looks at it in a notebook; ``str`` and ``model_dump`` have all of it."""
        rows = ", ".join(f"{row.name} {row.flag}" for row in self.rows)
        return f"<RunResult of {self.clips[0].clip.name!r}: {rows}>"

    def row(self, name: RowName) -> Row:
        """One of the four.

        Parameters
        ----------
        name : {"head_forward", "uneven_gait", "arms_across", "rearfoot_strike"}

        Returns
        -------
        Row

        Raises
        ------
        StopIteration
            The rows were not judged yet.
        """
        return next(row for row in self.rows if row.name == name)
