"""The whole result of a posture, as it stands in ``result.json``.

Names and meanings are public: ``docs/posture.schema.json`` is made from these classes
(``neckrom schema posture``). NaN never appears here: what the picture cannot tell is null.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neckrom.body.result import BodyClip, BodyConfiguration, BodyQuality, Interval
from neckrom.result import Model, ShownResult, ToolInfo, Units

SCHEMA_VERSION = "1.1"
"""Raised in the first number when a name or meaning changes, in the second when something is added."""

CONVENTION = (
    "Degrees. Left and right are the person's. Ear-shoulder line: against the trunk, + = ear in front. Trunk lean: "
    "middle of the hips to middle of the shoulders against the vertical, + forward. Craniovertebral angle: the line "
    "from C7 to the tragus of the ear against the horizontal; smaller = head further forward. Plumb line: in front "
    "of the ankle, as a share of the height from ankle to ear. Points are pixels of the upright picture."
)

Side = Literal["left", "right"]
Point = tuple[float, float]


class PlumbLine(Model):
    """How far in front of the ankle each point stands, as a share of the height from ankle to ear."""

    ear: float | None
    shoulder: float | None
    hip: float | None


class PosturePoints(Model):
    """Where the points lie in the picture at ``moment_s``, in pixels: x right, y down."""

    ear: Point | None = None
    shoulder: Point | None = None
    hip: Point | None = None
    knee: Point | None = None
    ankle: Point | None = None
    c7: Point | None = None
    tragus: Point | None = None


class ClosePicture(Model):
    """The square of the measured picture that `pictures/neck_N.jpg` shows, in pixels of `points`."""

    left_px: float
    top_px: float
    edge_px: float = Field(gt=0)


class PostureValues(Model):
    """What was read from one picture or clip."""

    side: Side = Field(description="The side that the camera saw.")
    ear_shoulder_deg: float | None
    ear_shoulder_interval95_deg: Interval | None = None
    trunk_lean_deg: float | None
    trunk_lean_interval95_deg: Interval | None = None
    craniovertebral_deg: float | None = Field(description="Null without a marked C7.")
    craniovertebral_interval95_deg: Interval | None = None
    c7_origin: Literal["marked", "clicked", "neck_edge", "sticker"] | None = Field(
        default=None,
        description="Given in pixels; clicked on the picture; clicked and brought to the neck's edge.",
    )
    head_pitch_deg: float | None = Field(
        default=None, description="Head against the vertical, + = face down."
    )
    plumb: PlumbLine | None = None
    moment_s: float = Field(
        default=0.0, description="The picture in which the points lie, in the clip's own time."
    )
    points: PosturePoints = PosturePoints()
    neck_picture: ClosePicture | None = Field(
        default=None, description="Where head and neck are kept close up; null where no pictures were kept."
    )


class PostureChange(Model):
    """What changed against an earlier recording of the same side of the person, + = further forward."""

    against: int = Field(description="Which of `views`.")
    ear_shoulder_deg: float
    ear_shoulder_interval95_deg: Interval
    trunk_lean_deg: float
    trunk_lean_interval95_deg: Interval


class PostureView(PostureValues):
    """One recording with what was read from it."""

    change: PostureChange | None = Field(
        default=None, description="Against the first recording of the same side; null for that one."
    )
    recording: BodyClip


class PostureConfiguration(BodyConfiguration):
    """Everything that was set and changes the numbers."""

    c7: Point | None = Field(default=None, description="As marked, in pixels of the stored picture, upright.")
    tragus: Point | None = Field(
        default=None, description="As marked, likewise; null where it was read from the ear point."
    )
    settings: dict[str, float | int | str | bool] = Field(default_factory=dict)


class PostureUnits(Units):
    """Units and signs."""

    convention: str = CONVENTION


class PostureResult(PostureValues, ShownResult):
    """How somebody stands. With several recordings, the values are those of the first; ``views`` has them all."""

    schema_version: str = SCHEMA_VERSION
    kind: Literal["posture"] = "posture"
    created: str = Field(description="Local time of the measurement, ISO 8601 with offset.")
    tool: ToolInfo
    configuration: PostureConfiguration = PostureConfiguration()
    units: PostureUnits = PostureUnits()
    views: tuple[PostureView, ...] = Field(description="Every recording, in the order given.")
    quality: BodyQuality
    statement: str = Field(description="What this is, and what it is not.")
    statement_key: str = Field(
        default="posture.statement", description="The same as a key of the message files."
    )

    def __repr__(self) -> str:
        """Short, for whoever looks at it in a notebook; ``str`` and ``model_dump`` have all of it."""
        names = ", ".join(repr(view.recording.clip.name) for view in self.views)
        return f"<PostureResult of {names}, seen from the {self.side}>"
