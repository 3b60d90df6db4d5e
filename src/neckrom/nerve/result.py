"""The result of a leg or arm test, as it stands in ``result.json``.

Names and meanings are public. NaN never appears: what was not measured is null.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neckrom.body.result import BodyQuality
from neckrom.result import ClipInfo, Model, ShownResult, ToolInfo
from neckrom.statement import Statement

SCHEMA_VERSION = "1.0"

Kind = Literal["slr", "slump", "arms"]
LeftOrRight = Literal["left", "right"]
ArmPosition = Literal["side", "overhead", "bent_overhead"]
Verdict = Literal["unusual", "within_error", "usual", "one_side"]
Tension = Literal["found", "not_found", "unknown"]
"""found: painful tightness or a sharp pain in some position; not_found: nothing or a stretch in each of the three."""

ANGLE_CONVENTION = (
    "Degrees. leg_raise: thigh against the line of the trunk, 0 lying straight. knee: 0 = straight. ankle: + toes to "
    "the shin, 0 at a right angle. neck_flexion: head against the upper trunk, + chin to chest. abduction: upper arm "
    "against the trunk, 0 hanging, 90 out to the side. elbow: 0 = straight. neck_side_bend: head against the trunk, "
    "of a trial + away from the arm, over time + to the left. Left and right are the person's."
)


class Change(Model):
    """What one movement elsewhere did while the limb was held."""

    joint: Literal["neck", "ankle", "neck_side"]
    by_deg: float = Field(
        description="Neck: + chin to chest. Ankle: + toes to the shin. Neck to the side: + away from the arm."
    )
    answer: Literal["more", "less", "same"] | None = Field(
        description="What it did to the symptom; null where it was not asked or not marked."
    )
    at_s: float | None = Field(default=None, description="Half-way of the movement.")


class NerveTrial(Model):
    """One trial of one limb."""

    start_s: float
    end_s: float
    leg: LeftOrRight | None = Field(description="Null in an arm test: see `arm`.")
    arm: LeftOrRight | None = None
    position: ArmPosition | None = Field(
        default=None, description="Of an arm: out to the side, overhead, bent overhead."
    )
    leg_raise_deg: float | None = Field(description="At the end of the way, before anything else was moved.")
    knee_deg: float | None
    ankle_deg: float | None
    neck_flexion_deg: float | None
    abduction_deg: float | None = None
    elbow_deg: float | None = None
    neck_side_bend_deg: float | None = Field(default=None, description="In an arm test: + away from the arm.")
    symptom_s: float | None = Field(description="When the first symptom was marked.")
    symptom_angle_deg: float | None = Field(
        description="There: leg_raise of a leg raise, knee of a slump, abduction of an arm out to the side or "
        "overhead, elbow of an arm that is bent overhead."
    )
    interval95_deg: tuple[float, float] | None = Field(description="Of symptom_angle_deg.")
    held: bool | None = Field(
        description="From the symptom on the limb moved less than 3 deg; null where that cannot be told."
    )
    moved_deg: float | None = Field(default=None, description="By how much it was read to move meanwhile.")
    change: Change | None = Field(
        description="The movement that the first answer follows; without an answer, the first one."
    )
    further_changes: tuple[Change, ...] = ()
    pain: Literal["own", "stretch"] | None = Field(
        default=None,
        description="The person's own running pain (with an arm: painful tightness or sharp pain), or a stretch; null "
        "where it was not marked.",
    )


class PositionSides(Model):
    """Both arms beside each other in one position."""

    position: ArmPosition
    difference_deg: float = Field(description="As side_difference_deg.")
    interval95_deg: tuple[float, float]
    smaller_side: LeftOrRight
    verdict: Verdict = Field(description="As side_difference.")


class ArmTension(Model):
    """Nerve tension of the arms, sign 5 of the article, as it was marked."""

    left: Tension
    right: Tension


class NerveResult(ShownResult):
    """Everything that one recording of a leg or arm test gave."""

    schema_version: str = SCHEMA_VERSION
    tool: ToolInfo
    clip: ClipInfo
    kind: Kind
    side: Literal["left", "right", "front"] = Field(description="Side of the person that the camera sees.")
    angle_convention: str = ANGLE_CONVENTION
    trials: tuple[NerveTrial, ...]
    side_difference_deg: float | None = Field(
        description="Between the angles of both sides at the first symptom (without one, at the end of the way); "
        "positive. Null where only one side was done or measured. Of arms: in the position in which they differ most."
    )
    side_difference_interval95_deg: tuple[float, float] | None = None
    smaller_side: LeftOrRight | None = Field(default=None, description="The side with the smaller way.")
    side_difference: Verdict = Field(
        default="one_side",
        description="unusual: past the healthy limit and its own error; usual: within the limit; within_error: not "
        "told apart from none; one_side: only one was done or measured. Never a finding by itself.",
    )
    side_differences: tuple[PositionSides, ...] = Field(
        default=(), description="Of arms: every position that both were in, the largest difference first."
    )
    arm_tension: ArmTension | None = Field(
        default=None,
        description="Of arms: whether painful tightness or a sharp pain came out to the side, overhead or bent "
        "overhead. found: in some position; not_found: asked in all three, nothing or a stretch; unknown: else.",
    )
    reading: str = Field(description="In the articles' words.")
    reading_statements: tuple[Statement, ...] = ()
    stop_reason: Literal["pain", "dizziness", "nausea", "tired", "other"] | None = Field(
        default=None, description="Why the guided session of this test was stopped; null where it was not."
    )
    quality: BodyQuality
    created: str = Field(description="ISO 8601, with its zone.")
    statement: str = Field(description="What this is, and what it is not.")
    statement_key: str = Field(
        default="nerve.statement", description="The same as a key of the message files."
    )

    def __repr__(self) -> str:
        """Short, for whoever looks at it in a notebook; ``str`` and ``model_dump`` have all of it."""
        trials = ", ".join(_in_short(trial) for trial in self.trials) or "no trial"
        return f"<NerveResult of {self.clip.name!r}: {self.kind}, at the first symptom (deg) {trials}>"


def _in_short(trial: NerveTrial) -> str:
    angle = "no angle" if trial.symptom_angle_deg is None else f"{trial.symptom_angle_deg:.0f}"
    return " ".join(filter(None, (trial.leg or trial.arm, trial.position, angle)))
