"""What is measured of a run, as values; :mod:`neckrom.running.assemble` makes the result of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from neckrom.body import Side
from neckrom.body.view import ViewName
from neckrom.types import FloatArray, Notice

StrikeClass = Literal["rear", "mid", "fore"]
WIDTH_95 = 1.96
"""Standard deviations from the middle of a normal distribution to either end of its middle 95 %."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with one standard deviation; NaN is not measured."""

    value: float
    sd: float

    @property
    def interval95(self) -> tuple[float, float]:
        """Both ends of the 95 % interval."""
        return self.value - WIDTH_95 * self.sd, self.value + WIDTH_95 * self.sd


NOTHING = Estimate(float("nan"), float("nan"))


@dataclass(frozen=True, slots=True)
class StepMeasured:
    """One contact of a foot.

    Attributes
    ----------
    foot : {"left", "right"}
    near : bool
        The foot that the camera sees first; true for both from behind and in front.
    contact_s, off_s : float
        Initial contact and toe-off; ``off_s`` is NaN where the clip ends first.
    contact_sd_s, off_sd_s : float
    step_s : float
        From the other foot's contact to this; NaN for the first, and after a gap.
    flight_s : float
        From the other foot's toe-off to this contact; NaN likewise.
    strike_deg : Estimate
        Sole against the ground at contact, + toes up; NaN from behind.
    strike_class : {"rear", "mid", "fore"} or None
        The most probable one; None below 60 frames a second.
    strike_certainty : float
        How probable it is, if the error is normal.
    shank_deg, knee_deg : float
        At contact; NaN from behind.
    """

    foot: Side
    near: bool
    contact_s: float
    off_s: float
    contact_sd_s: float
    off_sd_s: float
    step_s: float
    flight_s: float
    strike_deg: Estimate
    strike_class: StrikeClass | None
    strike_certainty: float
    shank_deg: float
    knee_deg: float


@dataclass(frozen=True, slots=True)
class FootStrike:
    """The contacts of one foot taken together.

    Attributes
    ----------
    near : bool
    steps : int
    angle_deg : Estimate
    strike_class : {"rear", "mid", "fore"} or None
        None below 60 frames a second, and where the interval reaches over two classes.
    certainty : float
        How probable the class of the angle is, if the error is normal.
    shank_deg, knee_deg : Estimate
        At contact.
    """

    near: bool
    steps: int
    angle_deg: Estimate
    strike_class: StrikeClass | None
    certainty: float
    shank_deg: Estimate
    knee_deg: Estimate


@dataclass(frozen=True, slots=True)
class Timing:
    """Times of one foot, seconds: medians over the steps."""

    contact_s: Estimate = NOTHING
    flight_s: Estimate = NOTHING
    step_s: Estimate = NOTHING


@dataclass(frozen=True, slots=True)
class Head:
    """The head against the trunk, from the side.

    Attributes
    ----------
    ear_shoulder_deg : Estimate
        From the middle of the shoulders to the ear, against the trunk's line, + = ear in front.
    change_from_standing_deg : Estimate
        Running less standing, both read the same way; NaN without a standing clip.
    first_third_deg, last_third_deg : float
    change_over_run_deg : Estimate
        Last third less first third.
    pitch_deg : Estimate
        Head against the vertical, + = face down.
    pitch_change_over_run_deg : float
    """

    ear_shoulder_deg: Estimate
    change_from_standing_deg: Estimate
    first_third_deg: float
    last_third_deg: float
    change_over_run_deg: Estimate
    pitch_deg: Estimate
    pitch_change_over_run_deg: float


@dataclass(frozen=True, slots=True)
class ArmCrossing:
    """One wrist against the middle of the trunk, from behind or in front; shares of shoulder widths.

    Attributes
    ----------
    share : float
        Of the strides in which it can be told, how many have the wrist pass the middle; NaN where that can be told in
        less than half of them.
    told : float
        Share of the strides in which it can be told: those whose 95 % interval lies on one side of the middle.
    furthest : float
        Furthest past the middle in any stride; negative = not reached.
    typical : Estimate
        Median over the strides of the furthest in each.
    """

    share: float
    told: float
    furthest: float
    typical: Estimate


@dataclass(frozen=True, slots=True)
class RunMeasurement:
    """A run from one clip; what the view cannot tell is NaN or None.

    Attributes
    ----------
    view : {"side_left", "side_right", "back", "front"}
    roll_deg, roll_origin
        Turn of the picture against the ground's line, + clockwise, and from what it was read.
    yaw_deg : float or None
        How far the camera is off that view.
    frames_per_second : float
    used_s : tuple of float
        Start and end of what was measured.
    leg_swaps : int
        Stretches in which the model had the legs exchanged.
    estimator, calibration_id : str
    notices : tuple of Notice
    cadence_spm : Estimate
    steps : tuple of StepMeasured
    step_asymmetry_percent, contact_asymmetry_percent, flight_asymmetry_percent : Estimate
        100 (L - R) / mean.
    timing : mapping of side to Timing
    strikes : mapping of side to FootStrike
    trunk_lean_deg, trunk_lean_change_deg : Estimate
        The latter last third less first third.
    head : Head or None
    arms : mapping of side to ArmCrossing
    shoulder_range_deg, against_pelvis_range_deg : Estimate
    drop_deg : mapping of side to Estimate
        Pelvic drop while that foot stands, + = the other hip is lower.
    vertical : Estimate
        Up and down of the hips in a step, as a share of the leg's length.
    time_s : ndarray, shape (N,)
    columns : mapping of str to ndarray, shape (N,)
        Angles over time, by the names of :mod:`neckrom.running.curves`.
    """

    view: ViewName
    roll_deg: float
    roll_origin: str
    yaw_deg: float | None
    frames_per_second: float
    used_s: tuple[float, float]
    leg_swaps: int
    estimator: str
    calibration_id: str
    notices: tuple[Notice, ...]
    cadence_spm: Estimate
    steps: tuple[StepMeasured, ...]
    step_asymmetry_percent: Estimate
    contact_asymmetry_percent: Estimate
    flight_asymmetry_percent: Estimate
    timing: Mapping[Side, Timing]
    strikes: Mapping[Side, FootStrike]
    trunk_lean_deg: Estimate
    trunk_lean_change_deg: Estimate
    head: Head | None
    arms: Mapping[Side, ArmCrossing]
    shoulder_range_deg: Estimate
    against_pelvis_range_deg: Estimate
    drop_deg: Mapping[Side, Estimate]
    vertical: Estimate
    time_s: FloatArray
    columns: Mapping[str, FloatArray] = field(default_factory=dict)
