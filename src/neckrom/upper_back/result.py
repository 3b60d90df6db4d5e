"""The result of turning the trunk, as it stands in ``result.json``.

Names and meanings are public. NaN never appears: what was not measured is null.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neckrom.body.result import BodyQuality
from neckrom.result import ClipInfo, Model, ToolInfo
from neckrom.statement import Statement

SCHEMA_VERSION = "1.0"

LeftOrRight = Literal["left", "right"]

ANGLE_CONVENTION = (
    "Degrees. turn: line between the shoulders about the vertical, 0 as at the beginning of the recording; + to the "
    "side that is turned to, in angles.csv + to the left. Left and right are the person's."
)


class TrunkTurn(Model):
    """One turn out of the middle and back."""

    side: LeftOrRight
    start_s: float
    end_s: float
    at_s: float = Field(description="When it was furthest.")
    turn_deg: float | None = Field(
        description="At the end of its way; null where it was not seen well enough."
    )
    thighs_deg: float | None = Field(
        description="By how much the thighs turned along; rough. What hips turn on a seat that stays cannot be told."
    )


class TurnedSide(Model):
    """All turns of one side: their mean."""

    turn_deg: float
    interval95_deg: tuple[float, float]
    repetitions: int = Field(description="That were measured.")


class UpperBackResult(Model):
    """Everything that one recording of turning the trunk gave."""

    schema_version: str = SCHEMA_VERSION
    tool: ToolInfo
    clip: ClipInfo
    kind: Literal["upper_back"] = "upper_back"
    side: Literal["front"] = Field(default="front", description="From where the camera looked.")
    angle_convention: str = ANGLE_CONVENTION
    rotation_left: TurnedSide | None = Field(description="Null where it was not done, or not seen.")
    rotation_right: TurnedSide | None
    side_difference_deg: float | None = Field(
        description="Between both sides, positive. Null where only one was measured."
    )
    side_difference_interval95_deg: tuple[float, float] | None
    smaller_side: LeftOrRight | None = Field(description="The side that was turned to less far.")
    side_difference: Literal["within_error", "apart", "one_side"] = Field(
        description="within_error: not told apart from none. Never a finding by itself: no limit has a source."
    )
    extension_deg: None = Field(
        default=None,
        description="Bending the upper back backwards is not measured: from in front it cannot be told, from the side "
        "not from the hips' leaning back.",
    )
    turns: tuple[TrunkTurn, ...]
    reading: str
    reading_statements: tuple[Statement, ...] = ()
    quality: BodyQuality
    created: str = Field(description="ISO 8601, with its zone.")
    statement: str = Field(description="What this is, and what it is not.")
    statement_key: str = Field(
        default="upper_back.statement", description="The same as a key of the message files."
    )
