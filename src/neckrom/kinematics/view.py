"""From where the camera looks at the person: the front, the left side or the right side.

Known weakness first: a camera 40 to 65 deg off the front is neither; the nearer one is named and
:func:`view_warning` says so. The back of a person counts as the front.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from neckrom.columns import let_go
from neckrom.kinematics.face_mesh import face_orientation, facing_angles_deg
from neckrom.types import (
    POSE_HIPS,
    POSE_SHOULDERS,
    AngleSeries,
    BoolArray,
    CameraModel,
    FloatArray,
    LandmarkSeries,
    RangeOfMotion,
    Trial,
)

View = Literal["front", "side_left", "side_right"]
"""``side_left``: the camera stands at the person's left side."""

SIDE_FROM_DEG = 60.0
"""The trunk is turned this far from the camera, or further, in a side view."""
FRONT_TO_DEG = 38.0
"""Up to here a front view is a good one."""
_BACK_FROM_DEG = 125.0
"""Turned further than this from the camera, the trunk shows its back."""
_STEADY_SHARE = 0.75
"""Share of the frames that must agree: a person in front of the camera turns away and comes back."""
_NARROW = 0.45
"""Shoulders seen from the side are narrower than this share of the trunk's length; from the front 0.6 to 0.9."""
_START_S = 1.0
"""Seconds from the first pose on that count as much as all the rest: people keep still at the start."""


@dataclass(frozen=True, slots=True)
class ViewEvidence:
    """What speaks for a view.

    Attributes
    ----------
    trunk_deg : float
        How far the trunk is turned from the camera, typically: 0 faces it, +90 turns the right
        side to it, -90 the left side; NaN without a pose.
    steady : float
        Share of the frames in which the trunk is turned to the same quarter (front, left, right, back).
    shoulder_share : float
        Width of the shoulders in the picture as a share of the trunk's length, typically; NaN without a pose.
    """

    trunk_deg: float
    steady: float
    shoulder_share: float


def trunk_turn_deg(landmarks: LandmarkSeries) -> FloatArray:
    """How far the trunk is turned from the camera, frame by frame, from the shoulders in metres.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames

    Returns
    -------
    ndarray, shape (N,), degrees
        0 faces the camera, +90 turns the right side to it, -90 the left; NaN without a pose.
    """
    left, right = (landmarks.pose_world[:, i] for i in POSE_SHOULDERS)
    across = left - right
    let_go(landmarks.pose_world)
    return np.asarray(np.degrees(np.arctan2(across[:, 2], across[:, 0])), dtype=np.float64)


def view_evidence(landmarks: LandmarkSeries) -> ViewEvidence:
    """What the shoulders say over the whole recording, the still start counted as much as all the rest.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames

    Returns
    -------
    ViewEvidence
        NaN, and steady in no frame, where there is no pose at all.
    """
    turn = trunk_turn_deg(landmarks)
    known = np.isfinite(turn)
    if not known.any():
        return ViewEvidence(float("nan"), 0.0, float("nan"))
    weight = _weights(landmarks, known)
    radians = np.radians(turn[known])
    typical = float(np.degrees(np.arctan2(weight @ np.sin(radians), weight @ np.cos(radians))))
    quarters = np.array([_quarter(value) for value in turn[known]])
    steady = float(weight[quarters == _quarter(typical)].sum())
    return ViewEvidence(typical, steady, float(np.median(_shoulder_share(landmarks)[known])))


def detect_view(landmarks: LandmarkSeries) -> View:
    """From where the camera looks at the person.

    A side view is named only where the trunk stays turned by 60 to 125 deg in three quarters of the
    frames and the shoulders are narrow in the picture; everything else is the front, also a recording
    without any pose.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames

    Returns
    -------
    {"front", "side_left", "side_right"}
        "side_left": the camera stands at the person's left side.
    """
    evidence = view_evidence(landmarks)
    if not SIDE_FROM_DEG <= abs(evidence.trunk_deg) <= _BACK_FROM_DEG:
        return "front"
    if evidence.steady < _STEADY_SHARE or evidence.shoulder_share > _NARROW:
        return "front"
    return "side_left" if evidence.trunk_deg < 0 else "side_right"


def view_warning(landmarks: LandmarkSeries) -> str | None:
    """What the user should know of a camera that stands neither in front nor at the side.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames

    Returns
    -------
    str or None
        A sentence, where the trunk is typically turned by 38 to 60 deg from the camera; else None, also without a pose.
    """
    turned = abs(view_evidence(landmarks).trunk_deg)
    if not FRONT_TO_DEG < turned < SIDE_FROM_DEG:
        return None
    return (
        f"The trunk is turned about {turned:.0f} deg from the camera: this is neither a front nor a side view, and "
        "the angles are less certain. Place the camera straight in front, or at the side (90 deg)."
    )


ASKEW_FROM_DEG = 10.0
"""From so far on a face that is turned from its trunk at rest is taken for an askew seat: what shoulders say of the
trunk is off by 5 deg (one standard deviation) on rendered people who sit straight."""
_SHOULDERS_LEAN_DEG = 7.1
"""The body model reads shoulders that face the camera as turned by this much, to one side always (mean of the people
of the fit: ``calibration/fit_lens.py`` prints it)."""


def askew_seat_deg(landmarks: LandmarkSeries, camera: CameraModel, neutral: BoolArray) -> float:
    """How far the face at rest is turned from where the trunk points, positive to the person's right.

    Neutral is by definition where head and trunk agree. A person who sits turned and looks into the camera
    gives it away by the shoulders alone.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    camera : CameraModel
    neutral : ndarray, shape (N,), bool
        The frames of the neutral stretch.

    Returns
    -------
    float
        Degrees, difference of the medians over the neutral stretch; 0 where face or pose is not seen in it.
    """
    facing = facing_angles_deg(face_orientation(landmarks, camera, where=neutral)[neutral])[:, 2]
    lean = -_SHOULDERS_LEAN_DEG if landmarks.sides_swapped else _SHOULDERS_LEAN_DEG
    trunk = lean - trunk_turn_deg(landmarks)[neutral]
    if not (np.isfinite(facing).any() and np.isfinite(trunk).any()):
        return 0.0
    return float(np.nanmedian(facing) - np.nanmedian(trunk))


Planes = tuple[bool, bool, bool]
"""Whether flexion, lateral flexion and rotation are measured."""


def only_measured(angles: AngleSeries, planes: Planes) -> AngleSeries:
    """The angles with NaN in the planes that the view does not show; neck, trunk and standard deviations alike.

    Parameters
    ----------
    angles : AngleSeries, N frames
    planes : tuple of bool
        Whether flexion, lateral flexion and rotation are measured.

    Returns
    -------
    AngleSeries, N frames
    """
    return replace(
        angles,
        neck_deg=np.where(planes, angles.neck_deg, np.nan),
        sd_deg=np.where(planes, angles.sd_deg, np.nan),
        trunk_deg=np.where(planes, angles.trunk_deg, np.nan),
    )


def only_measured_coupling(rom: RangeOfMotion, planes: Planes) -> RangeOfMotion:
    """Range of motion with NaN for the coupling into planes that the view does not show.

    Parameters
    ----------
    rom : RangeOfMotion
    planes : tuple of bool
        Whether flexion, lateral flexion and rotation are measured.

    Returns
    -------
    RangeOfMotion
        Trials that count and those that are set aside alike.
    """
    return replace(
        rom,
        trials=tuple(_without_coupling(trial, planes) for trial in rom.trials),
        set_aside=tuple(_without_coupling(trial, planes) for trial in rom.set_aside),
    )


def _without_coupling(trial: Trial, planes: Planes) -> Trial:
    first, second = (plane for plane in range(3) if plane != trial.movement.plane)
    nan = float("nan")
    return replace(
        trial,
        coupling_deg=(
            trial.coupling_deg[0] if planes[first] else nan,
            trial.coupling_deg[1] if planes[second] else nan,
        ),
    )


def _weights(landmarks: LandmarkSeries, known: BoolArray) -> FloatArray:
    """Of the frames with a pose, together 1: half of it on those of the start, half on all others."""
    time_s = landmarks.time_s[known]
    start = time_s <= time_s[0] + _START_S
    weight = np.where(start, 1.0 / start.sum(), 0.0)
    if not start.all():
        weight += np.where(start, 0.0, 1.0 / (~start).sum())
    return np.asarray(weight / weight.sum())


def _quarter(turn_deg: float) -> int:
    """0 front, 1 right side to the camera, 2 back, 3 left side; borders between front and side at 50 deg."""
    turned = abs(turn_deg)
    if turned < 50.0:
        return 0
    if turned > _BACK_FROM_DEG:
        return 2
    return 1 if turn_deg > 0 else 3


def _shoulder_share(landmarks: LandmarkSeries) -> FloatArray:
    """Shoulders apart in x over shoulders from hips, in the picture; shape (N,)."""
    shoulders, hips = (landmarks.pose[:, part, :2].astype(np.float64) for part in (POSE_SHOULDERS, POSE_HIPS))
    let_go(landmarks.pose)
    width = np.abs(shoulders[:, 0, 0] - shoulders[:, 1, 0])
    trunk = shoulders.mean(axis=1) - hips.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(width / np.linalg.norm(trunk, axis=1))
