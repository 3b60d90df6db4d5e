"""The result of a session of a plan, as it stands in ``result.json``.

Names and meanings are public. NaN never appears: what was not measured is null.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from neckrom.body.result import BodyQuality
from neckrom.plans.counting import Outcome
from neckrom.plans.plan_file import LegTest, Plan, Side
from neckrom.result import ClipInfo, Model, ToolInfo

SCHEMA_VERSION = "1.0"
ANGLE_CONVENTION = (
    "Degrees. Of a straight leg raise the thigh against the line of the trunk, 0 lying straight; of a slump the knee, "
    "0 = straight. Left and right are the person's."
)

Change = Literal["further", "less_far", "within_error", "unknown"]
WhyNot = Literal["", "no_room", "not_seen", "not_tested", "far_side"]


class KeyTest(Model):
    """The key test of one side, before or after the exercise."""

    felt: bool = Field(description="Whether something was felt; else the angle is how far it went.")
    angle_deg: float | None = Field(description="As measured from the recording; null where it could not be.")
    interval95_deg: tuple[float, float] | None = None
    seen_deg: float | None = Field(description="As read during the session: the exercise went by this one.")
    pain: Literal["own", "stretch"] | None = None
    at_s: float | None = None


class DoneRepetition(Model):
    """One way out and back, as counted during the session."""

    start_s: float
    end_s: float
    furthest_deg: float
    outcome: Outcome = Field(description="Only `reached` counts; `past`: beyond today's symptom angle.")


class ExerciseDone(Model):
    """Test, exercise and test of one side."""

    side: Side
    before: KeyTest | None
    after: KeyTest | None
    mark_deg: float | None = Field(description="To be passed for sure; null where there was no exercise.")
    limit_deg: float | None = Field(description="Today's symptom angle, as read during the session.")
    error_deg: float | None = Field(description="Of a reading against another one of the session, 95 %.")
    wanted: int
    counted: int = Field(description="Repetitions that reached the mark and stayed below the limit.")
    felt: int = Field(description="How often something was felt during the exercise.")
    why_not: WhyNot = Field(default="", description="Why there was no exercise.")
    repetitions: tuple[DoneRepetition, ...]
    change_deg: float | None = Field(description="After less before, + = further; null where not known.")
    change_interval95_deg: tuple[float, float] | None = None
    change: Change = Field(description="further or less_far only beyond the error of both.")

    def number_of(self, outcome: Outcome) -> int:
        """Repetitions of an outcome.

        Parameters
        ----------
        outcome : {"reached", "short", "past", "unseen"}

        Returns
        -------
        int
        """
        return sum(one.outcome == outcome for one in self.repetitions)


class PlanResult(Model):
    """Everything that one session of a plan gave."""

    schema_version: str = SCHEMA_VERSION
    kind: Literal["plan"] = "plan"
    tool: ToolInfo
    clip: ClipInfo
    test: LegTest
    view: Literal["left", "right"] | None = Field(description="Side of the person that the camera sees.")
    angle_convention: str = ANGLE_CONVENTION
    plan_name: str
    plan_shipped: bool
    plan_sha256: str
    clinician: str = Field(default="", description="Who chose it; empty where the runner did.")
    plan: Plan = Field(description="As it was done, with the source of every number.")
    sides: tuple[ExerciseDone, ...]
    pain_before: int | None = Field(ge=0, le=10)
    pain_after: int | None = Field(ge=0, le=10)
    stop_reason: Literal["pain", "dizziness", "nausea", "tired", "other"] | None = None
    retest_on: date | None = Field(default=None, description="When the test is due again.")
    quality: BodyQuality
    created: str = Field(description="ISO 8601, with its zone.")
    statement: str = Field(description="What this is, and what it is not.")
    statement_key: str = Field(
        default="plan.statement", description="The same as a key of the message files."
    )


def changed(
    before: KeyTest | None, after: KeyTest | None, test: LegTest
) -> tuple[float | None, tuple[float, float] | None, Change]:
    """How the key test changed: degrees, + = further, with its interval, and what that says.

    Both were read of the same leg in the same session, so that much of their error is the same: the interval is
    wider than it has to be, never narrower.

    Parameters
    ----------
    before, after : KeyTest or None
        Of the same leg in the same session; None where the test was not done.
    test : {"slump", "slr"}
        Of a slump the angle is the knee's bend: further is a smaller one.

    Returns
    -------
    change_deg : float or None
        After less before, + = further; None where one of them was not measured, or something was felt in one only.
    interval95_deg : tuple of float or None
        Its half-width is the root of the sum of the squares of both half-widths.
    change : {"further", "less_far", "within_error", "unknown"}
        "further" or "less_far" only where the interval leaves out 0.
    """
    known = (
        before is not None
        and after is not None
        and before.felt == after.felt
        and before.angle_deg is not None
        and after.angle_deg is not None
    )
    if not known:
        return None, None, "unknown"
    assert before is not None
    assert after is not None
    assert before.angle_deg is not None
    assert after.angle_deg is not None
    by = (after.angle_deg - before.angle_deg) * (1.0 if test == "slr" else -1.0)
    if before.interval95_deg is None or after.interval95_deg is None:
        return round(by, 2), None, "unknown"
    halves = [0.5 * (high - low) for low, high in (before.interval95_deg, after.interval95_deg)]
    half = sum(each**2 for each in halves) ** 0.5
    what: Change = "within_error" if abs(by) <= half else "further" if by > 0 else "less_far"
    return round(by, 2), (round(by - half, 2), round(by + half, 2)), what
