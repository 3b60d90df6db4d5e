"""The whole result of one measurement, as it stands in ``result.json``.

Names and meanings are public: ``docs/result.schema.json`` is made from these
classes (``neckrom schema``). NaN never appears here: what was not measured is null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from neckrom.statement import Statement
from neckrom.types import AsideKind, Doubt, Movement, Untested

SCHEMA_VERSION = "1.1"
"""Raised in the first number when a name or meaning changes, in the second when something is added."""

Flag = Literal["flagged", "not_flagged", "could_not_judge"]

ANGLE_CONVENTION = (
    "Degrees. In movements, trials and asymmetry every angle is positive in the named direction. In angles.csv "
    "flexion + is chin to chest (extension negative), lateral + is right ear to right shoulder, rotation + is face "
    "to the person's right; trunk_* likewise (flexion + leans forward). Left and right are the person's. "
    "Neck angles are head relative to thorax, zero at the person's own neutral: Cardan sequence Z-X'-Y'' with "
    "body axes x anterior, y superior, z to the person's right."
)


class Model(BaseModel):
    """Immutable, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ShownResult(Model):
    """A whole result that a notebook shows as a page, once there is somebody who lays it out (:func:`shown_by`)."""

    def _repr_html_(self) -> str | None:
        """What a notebook shows; None, for which it takes the line of ``repr``, where nobody lays it out."""
        lay_out = _PAGES.get(type(self))
        return None if lay_out is None else lay_out(self)


_Shown = TypeVar("_Shown", bound=ShownResult)
_PAGES: dict[type[ShownResult], Callable[[Any], str]] = {}


def shown_by(kind: type[_Shown], lay_out: Callable[[_Shown], str]) -> None:
    """Say how notebooks show a kind of result: a result itself knows no words and no pages.

    Parameters
    ----------
    kind : type
        Of the result.
    lay_out : callable
        Result to HTML.
    """
    _PAGES[kind] = lay_out


class ToolInfo(Model):
    """What measured."""

    name: str = "neckrom"
    version: str
    engine: str = Field(description="Landmark engine and its version.")
    model_sha256: str = Field(description="Of the engine's model files.")
    estimator: str = Field(description="Estimator of the orientations.")
    calibration_id: str = Field(description="Identity of the fitted numbers that the estimator used.")


class ClipInfo(Model):
    """What was measured."""

    name: str
    kind: Literal["clip", "images", "landmarks"]
    sha256: str = Field(description="Of the clip's bytes; of the original clip where landmarks are replayed.")
    duration_s: float = Field(description="As decoded: from the first to the last frame plus one frame.")
    frames: int
    fps: float = Field(description="Frames divided by the duration, as decoded.")
    width: int = Field(description="Of the picture as stored, upright.")
    height: int
    measured_width: int = Field(description="Of the picture that the models saw.")
    measured_height: int
    mirrored: bool = Field(description="The clip was said to be mirrored, and left and right were put right.")


class CameraInfo(Model):
    """The camera as assumed."""

    hfov_deg: float
    hfov_interval95_deg: tuple[float, float] | None = Field(
        default=None, description="Null where the lens is known, and in results of before it was estimated."
    )
    origin: str
    assumed: bool = Field(
        description="Nobody stated a lens, and the file names none: estimated from perspective, or the default."
    )
    view: Literal["front", "side_left", "side_right"] = Field(
        default="front",
        description="From where the camera looked: the front, or the person's left or right side.",
    )


class NeutralInfo(Model):
    """The stretch that defines zero."""

    start_s: float
    end_s: float
    origin: Literal["found", "given"]
    drift_deg: float | None
    sd_deg: tuple[float, float, float] = Field(
        default=(0.0, 0.0, 0.0),
        description="One standard deviation of zero from how the rests lie apart: flexion, lateral, rotation. "
        "It is part of every interval.",
    )
    sure: bool = Field(
        default=True,
        description="False where another place explains the recording about as well: nothing is judged then.",
    )
    doubts: tuple[Doubt, ...] = Field(default=(), description="What else speaks against it.")
    other_s: tuple[float, float] | None = Field(
        default=None, description="Start and end of the stretch that might as well be neutral."
    )


class TrialResult(Model):
    """One repetition."""

    start_s: float
    peak_s: float
    end_s: float
    hold_start_s: float
    hold_end_s: float
    peak_deg: float
    sd_deg: float | None
    interval95_deg: tuple[float, float | None] | None
    lower_bound: bool
    compensation_deg: float | None = Field(description="Thorax excursion in the same plane at end range.")
    coupling_deg: tuple[float, float] | None = Field(
        description="The neck's two other angles at end range, in the order flexion, lateral, rotation "
        "without the movement's own; signs as in angles.csv."
    )
    peak_speed_deg_s: float | None = Field(
        default=None, description="Largest speed on the way out; null where it was not seen well enough."
    )
    mean_speed_deg_s: float | None = Field(
        default=None, description="On the way out, from a tenth to nine tenths of the end range."
    )
    speed_peaks: int | None = Field(
        default=None,
        description="How often the speed rose to a peak on the way out; 1 is one smooth movement.",
    )
    source: str
    note: str
    note_statement: Statement | None = Field(default=None, description="The note as a key with values.")


class SetAside(Model):
    """A repetition that was seen but not counted among the trials."""

    start_s: float
    peak_s: float
    end_s: float
    peak_deg: float
    reason: str
    reason_statement: Statement | None = Field(default=None, description="The reason with its values.")
    kind: AsideKind | None = Field(default=None, description="The reason as a key.")


class MovementResult(Model):
    """One of the six directions."""

    movement: Movement
    status: Literal["tested", "not_tested"] | None = Field(
        default=None,
        description="Whether the direction was tested on purpose; null in results of versions before 1.1.",
    )
    not_tested_because: Untested | None = Field(
        default=None, description="Why it was not; null where it was tested."
    )
    best_deg: float | None
    mean_deg: float | None
    cv_percent: float | None
    interval95_deg: tuple[float, float | None] | None = Field(description="Of the best trial.")
    lower_bound: bool
    reference_deg: float | None = Field(description="Null where the norm set gives none.")
    reference_source: str = Field(description="Population and citation.")
    percent_of_reference: float | None
    healthy_low_deg: float | None = Field(description="Low end of the healthy means that the norm set cites.")
    healthy_high_deg: float | None
    flag: Flag = Field(description="Loss of range only, judged on the best trial.")
    reason: str = Field(description="In English; reason_statements say the same in any language.")
    reason_statements: tuple[Statement, ...] = ()
    pain: Annotated[int, Field(ge=0, le=10)] | None
    pain_onset_deg: float | None
    pain_flag: Flag
    pain_reason: str
    pain_statements: tuple[Statement, ...] = ()
    compensation_deg: float | None = Field(description="Largest of the trials.")
    compensation_flag: Flag
    compensation_reason: str
    compensation_statements: tuple[Statement, ...] = ()
    trials: tuple[TrialResult, ...]
    set_aside: tuple[SetAside, ...] = Field(
        default=(), description="Repetitions that were seen but not counted, with the reason."
    )


class AsymmetryResult(Model):
    """Left against right, on the means of the trials."""

    pair: Literal["rotation", "lateral"]
    left_deg: float | None
    right_deg: float | None
    difference_deg: float | None = Field(description="Size of the difference, never negative.")
    percent: float | None = Field(description="Difference in percent of the larger side.")
    smaller_side: Literal["left", "right"] | None
    error_limit_deg: float | None = Field(
        description="Difference that measurement error alone may make (95 %)."
    )
    percent_limit: float
    flag: Flag
    reason: str
    reason_statements: tuple[Statement, ...] = ()


class NormInfo(Model):
    """Which norm set judged."""

    name: str
    title: str
    citation: str
    sha256: str


class Quality(Model):
    """How far the measurement can be trusted."""

    frames_measured_percent: float
    face_found_percent: float
    warnings: tuple[str, ...]
    first_turn: Literal["left", "right"] | None
    first_turn_note: str
    interval_note: str
    warning_statements: tuple[Statement | None, ...] = Field(
        default=(), description="The warnings as keys with values, in their order; null where one has none."
    )
    first_turn_statement: Statement | None = None
    interval_statement: Statement | None = None


class Configuration(Model):
    """Everything that was set and changes the numbers."""

    mirrored: bool
    neutral: tuple[float, float] | None
    warm_ups: int | None = Field(
        default=None, description="Repetitions of each direction that were said to be warm-ups."
    )
    view: Literal["auto", "front", "side"] = "auto"
    hfov_deg: float | None
    distance_m: float | None = None
    camera: str | None = Field(default=None, description="Name of the camera profile.")
    camera_sha256: str | None = None
    norms: str
    protocol: str | None
    protocol_sha256: str | None
    settings: dict[str, float | int | str | bool] = Field(
        description="Thresholds of segmentation and judgement."
    )


StopReason = Literal["pain", "dizziness", "nausea", "tired", "other"]
Done = Literal["done", "partly", "broken_off", "skipped", "not_reached"]


class ClinicianOverride(Model):
    """A clinician went on in spite of a safety answer."""

    clinician: str
    reason: str = ""


class SessionFacts(Model):
    """What a guided session knows beside the angles: told, answered, left out."""

    protocol: str = ""
    finished: bool = Field(default=True, description="False where it was cut off: a kill, an empty battery.")
    stop_reason: StopReason | None = Field(default=None, description="Why the person ended it early.")
    answers: dict[str, Literal["yes", "no", "unsure"]] = Field(
        default_factory=dict, description="Safety answers by question."
    )
    refused_by: tuple[str, ...] = Field(default=(), description="Questions whose answers ended it at first.")
    override: ClinicianOverride | None = None
    chin_fingers: int | None = Field(default=None, description="Fingers between chin and chest; 0 touches.")
    notes: tuple[str, ...] = ()
    directions: dict[Movement, Done] = Field(
        default_factory=dict, description="What became of each direction that the session asks for."
    )


class Units(Model):
    """Units and signs."""

    angle: str = "deg"
    time: str = "s"
    convention: str = ANGLE_CONVENTION


class Result(Model):
    """One measurement."""

    schema_version: str = SCHEMA_VERSION
    created: str = Field(description="Local time of the measurement, ISO 8601 with offset.")
    tool: ToolInfo
    configuration: Configuration
    units: Units = Units()
    clip: ClipInfo
    camera: CameraInfo
    norms: NormInfo
    neutral: NeutralInfo
    movements: tuple[MovementResult, ...]
    asymmetry: tuple[AsymmetryResult, ...]
    quality: Quality
    statement: str = Field(description="What this is, and what it is not.")
    statement_key: str = Field(default="", description="The same as a key of the message files.")
    session: SessionFacts | None = Field(
        default=None, description="Of a guided session; null for clips and for results before 1.1."
    )

    def __repr__(self) -> str:
        """Short, for whoever looks at it in a notebook; ``str`` and ``model_dump`` have all of it."""
        return f"<neckrom.Result of {self.clip.name!r}: {in_short(self)}>"

    def of(self, movement: Movement) -> MovementResult:
        """Result of one direction."""
        return next(item for item in self.movements if item.movement is movement)


def in_short(result: Result) -> str:
    """Best end ranges in a line, for whoever looks at an object."""
    best = ", ".join(
        f"{item.movement.value} {item.best_deg:.0f}" for item in result.movements if item.best_deg is not None
    )
    return f"{best or 'nothing was tested'} (deg)"
