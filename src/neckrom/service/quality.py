"""How far a measurement can be trusted, in words and shares."""

from __future__ import annotations

from typing import Literal

from neckrom.kinematics.view import ASKEW_FROM_DEG, View, view_evidence, view_warning
from neckrom.result import Quality
from neckrom.saying.sentences import in_english, statement_of
from neckrom.statement import Statement, state
from neckrom.types import (
    AngleSeries,
    CameraModel,
    LandmarkSeries,
    Movement,
    Notice,
    OrientationSeries,
    RangeOfMotion,
)

FAR_LENS_DEG = 45.0
"""An estimated field of view below this is said: no laptop or phone films so without zoom or crop."""
LOW_MEASURED_PERCENT = 90.0
"""Below this share of measured frames the report warns."""


def describe_quality(
    landmarks: LandmarkSeries,
    angles: AngleSeries,
    rom: RangeOfMotion,
    view: View,
    warnings: tuple[str, ...],
    *,
    mirrored: bool,
) -> Quality:
    """Shares, warnings and notes of one measurement.

    Parameters
    ----------
    landmarks, angles : N frames
    rom : RangeOfMotion
    view : View
        From where the camera looked.
    warnings : tuple of str
        What the source of the pictures had to say.
    mirrored : bool
        Left and right were swapped because the clip was said to be mirrored.
    """
    measured = 100 * float((angles.measured & ~angles.beyond).mean())
    turn, note, first = _first_turn(rom, mirrored=mirrored)
    told: tuple[str | Statement, ...] = (*warnings, *rom.warnings, *_warnings(landmarks, rom, view, measured))
    intervals = _intervals(rom)
    return Quality(
        frames_measured_percent=round(measured, 1),
        face_found_percent=round(100 * float(landmarks.face_found.mean()), 1),
        warnings=tuple(in_english(item) if isinstance(item, Statement) else str(item) for item in told),
        warning_statements=tuple(
            item if isinstance(item, Statement) else statement_of(item) for item in told
        ),
        first_turn=turn,
        first_turn_note=note,
        first_turn_statement=first,
        interval_note=in_english(intervals),
        interval_statement=intervals,
    )


def setting_warnings(
    camera: CameraModel, view: View, askew_deg: float, orientation: OrientationSeries
) -> tuple[Notice, ...]:
    """What camera and seat leave unknown, with the way out.

    Parameters
    ----------
    camera : CameraModel
        As it was taken for measuring.
    view : View
    askew_deg : float
        How far the face at rest is turned from the trunk.
    orientation : OrientationSeries
    """
    if view != "front":
        return ()
    warnings = []
    if camera.assumed and camera.hfov_deg < FAR_LENS_DEG:
        text = (
            f"The camera seems to stand far away or to have a long lens (about {camera.hfov_deg:.0f} deg, which is "
            "unsure): angles are less certain. Say --distance or --hfov, or film from 0.7 to 1 m."
        )
        warnings.append(Notice(text, "lens_far", hfov_deg=camera.hfov_deg))
    if abs(askew_deg) > ASKEW_FROM_DEG:
        text = (
            f"The shoulders seem to be turned away from where the face looks at rest, by about {abs(askew_deg):.0f} "
            "deg: then one side of rotation reads too large and the other too small, and intervals of rotation are "
            "widened by as much. Turn the chair so that trunk and face point at the camera."
        )
        warnings.append(Notice(text, "seat_askew", askew_deg=abs(askew_deg)))
    if not orientation.trunk_seen:
        text = (
            "No shoulder is in the picture: what the trunk did is not measured. The neck's angles count as if it had "
            "kept still. Film head and both shoulders."
        )
        warnings.append(Notice(text, "trunk_not_seen"))
    return tuple(warnings)


def _warnings(
    landmarks: LandmarkSeries, rom: RangeOfMotion, view: View, measured_percent: float
) -> list[Statement]:
    warnings: list[Statement] = []
    if view_warning(landmarks) is not None:
        turned = abs(view_evidence(landmarks).trunk_deg)
        warnings.append(state("quality.askew", angle=round(turned, 2)))
    if view != "front":
        warnings.append(state("quality.side_view", side=f"side.{view.removeprefix('side_')}"))
    if measured_percent < LOW_MEASURED_PERCENT:
        warnings.append(state("quality.few_measured", percent=round(measured_percent, 2)))
    if not rom.trials:
        warnings.append(state("quality.no_movement"))
    bounded = {trial.movement for trial in rom.trials if trial.lower_bound and trial.movement.plane == 0}
    if view == "front" and bounded:
        names = tuple(f"clinician.movement.{movement.value}" for movement in Movement if movement in bounded)
        warnings.append(state("quality.bounds_from_front", movements=names))
    return warnings


def _first_turn(
    rom: RangeOfMotion, *, mirrored: bool
) -> tuple[Literal["left", "right"] | None, str, Statement]:
    """The side, what the terminal says of it (with the option that swaps sides), and what reports say."""
    sides: dict[Movement, Literal["left", "right"]] = {
        Movement.ROTATION_LEFT: "left",
        Movement.ROTATION_RIGHT: "right",
        Movement.LATERAL_LEFT: "left",
        Movement.LATERAL_RIGHT: "right",
    }
    turns = [trial for trial in rom.trials if trial.movement in sides]
    if not turns:
        none = state("quality.first_turn_none")
        return None, in_english(none), none
    first = min(turns, key=lambda trial: trial.start_s)
    side = sides[first.movement]
    kind = "turn" if first.movement.plane == 2 else "side-bend"
    way_out = (
        "the clip was not mirrored: leave --mirrored out" if mirrored else "the clip is mirrored: --mirrored"
    )
    return (
        side,
        f"First {kind} read as {side.upper()} (at {first.peak_s:.1f} s): if that is wrong, {way_out}.",
        state(
            "quality.first_turn",
            movement=f"clinician.movement.{first.movement.value}",
            time=round(first.peak_s, 3),
        ),
    )


def _intervals(rom: RangeOfMotion) -> Statement:
    known = any(trial.interval95 is not None for trial in rom.trials)
    return state("quality.intervals" if known else "quality.no_intervals")
