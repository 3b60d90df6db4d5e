"""What the results of everything measured on whole bodies share: clips, cameras, values with intervals.

Like :mod:`neckrom.result`: names and meanings are public, NaN never appears, what was not measured is null.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neckrom.result import ClipInfo, Model
from neckrom.statement import Statement

BodyView = Literal["side_left", "side_right", "back", "front"]
"""From where the camera looked: ``side_left`` sees the person's left side."""

Interval = tuple[float, float]
"""Both ends of a 95 % interval."""


class Value(Model):
    """One number with its interval."""

    value: float
    interval95: Interval | None = Field(default=None, description="Null where the error is not known.")


class LeftRight(Model):
    """The same quantity of both sides, and how far they are apart."""

    left: Value | None = None
    right: Value | None = None
    asymmetry_percent: float | None = Field(
        default=None, description="100 (L - R) / mean of both; + = the left one is larger."
    )
    asymmetry_interval95: Interval | None = None


class Tilt(Model):
    """How the camera stood, as far as the picture tells."""

    roll_deg: float | None = Field(
        default=None,
        description="Turn of the picture against the plumb line, + = clockwise; taken out of every angle.",
    )
    roll_origin: str = Field(default="", description="Where the roll was read: belt, stance, given, assumed.")
    yaw_deg: float | None = Field(
        default=None, description="How far the camera looked away from the square view; null where not known."
    )
    yaw_origin: str = ""


class BodyClip(Model):
    """One of the recordings that a result was read from."""

    role: Literal["run", "back", "standing", "posture"] = Field(description="What it was given as.")
    view: BodyView
    clip: ClipInfo
    true_fps: float | None = Field(
        default=None,
        description="Pictures in a second of real time, where it is not the clip's own (slow motion).",
    )
    camera: Tilt = Tilt()
    used_s: Interval | None = Field(
        default=None, description="Start and end of the part that was measured, in the clip's own time."
    )


class BodyQuality(Model):
    """How far the measurement can be trusted."""

    frames_measured_percent: float
    person_found_percent: float
    most_people: int = Field(default=1, description="Seen at one time.")
    leg_swaps_mended: int | None = Field(
        default=None, description="Stretches in which the model had left and right leg exchanged."
    )
    warnings: tuple[str, ...] = ()
    warning_statements: tuple[Statement | None, ...] = Field(
        default=(), description="The warnings as keys with values, in their order; null where one has none."
    )
    interval_note: str = ""
    interval_statement: Statement | None = None


class BodyConfiguration(Model):
    """How a recording was turned before it was measured; each kind adds what else was set."""

    mirrored: bool = False
    rotate_deg: int = 0
