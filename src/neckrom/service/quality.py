"""How far a measurement can be trusted, in words and shares."""

from __future__ import annotations

from typing import Literal

from neckrom.kinematics.view import ASKEW_FROM_DEG, View, view_warning
from neckrom.result import Quality
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
    turn, note = _first_turn(rom, mirrored=mirrored)
    return Quality(
        frames_measured_percent=round(measured, 1),
        face_found_percent=round(100 * float(landmarks.face_found.mean()), 1),
        warnings=(*warnings, *rom.warnings, *_warnings(landmarks, rom, view, measured)),
        first_turn=turn,
        first_turn_note=note,
        interval_note=_interval_note(rom),
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
) -> list[str]:
    warnings = []
    askew = view_warning(landmarks)
    if askew is not None:
        warnings.append(askew)
    if view != "front":
        side = "left" if view == "side_left" else "right"
        warnings.append(
            f"Filmed from the person's {side} side: only flexion and extension are measured. Rotation and side-bend "
            "need a clip from the front."
        )
    if measured_percent < LOW_MEASURED_PERCENT:
        warnings.append(
            f"The head's orientation could be measured in {measured_percent:.0f} % of the frames only; "
            "what is greyed in the traces is not known."
        )
    if not rom.trials:
        warnings.append(
            "No movement was found that was made on purpose: nothing was tested. If the person did move, repeat each "
            "movement and hold its end for 1 to 2 seconds, or name neutral and trials in a protocol file (--protocol)."
        )
    bounded = [trial for trial in rom.trials if trial.lower_bound and trial.movement.plane == 0]
    if view == "front" and bounded:
        names = sorted({trial.movement.label.lower() for trial in bounded})
        warnings.append(
            f"Only a lower bound could be told of {' and '.join(names)}: a clip filmed from the person's side "
            "(camera at 90 deg, 1 m away, at the height of the shoulders) would settle it."
        )
    return warnings


def _first_turn(rom: RangeOfMotion, *, mirrored: bool) -> tuple[Literal["left", "right"] | None, str]:
    sides: dict[Movement, Literal["left", "right"]] = {
        Movement.ROTATION_LEFT: "left",
        Movement.ROTATION_RIGHT: "right",
        Movement.LATERAL_LEFT: "left",
        Movement.LATERAL_RIGHT: "right",
    }
    turns = [trial for trial in rom.trials if trial.movement in sides]
    if not turns:
        return None, "No turn to either side was seen, so left and right could not be checked."
    first = min(turns, key=lambda trial: trial.start_s)
    side = sides[first.movement]
    kind = "turn" if first.movement.plane == 2 else "side-bend"
    way_out = (
        "the clip was not mirrored: leave --mirrored out" if mirrored else "the clip is mirrored: --mirrored"
    )
    return (
        side,
        f"First {kind} read as {side.upper()} (at {first.peak_s:.1f} s): if that is wrong, {way_out}.",
    )


def _interval_note(rom: RangeOfMotion) -> str:
    if any(trial.interval95 is not None for trial in rom.trials):
        return (
            "Intervals are made to hold the true value in 95 of 100 trials, and held it in 94 of rendered people who "
            "were not used for fitting; on real people they have not been checked."
        )
    return "No intervals: this estimator has no measured residuals."
