"""The estimator frame by frame, as the frames come in: the filter, kept running.

Each frame goes through the same :func:`neckrom.kinematics.front.filter.predict` and ``update`` as one of
a recording. What a recording knows and a live frame cannot: the next pose point, so that one which was not
looked for is held for a moment instead of interpolated; the angles around a step of flow from an earlier
pass, so that the step is taken about the running estimate; and the way back from an end range, so that
followed points are not solved.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from neckrom.kinematics.front.calibration import Calibration
from neckrom.kinematics.front.features import POSE_GAP_S, head_on_plane, points_of
from neckrom.kinematics.front.filter import (
    ANGLE,
    Course,
    Readings,
    State,
    inflation_of,
    predict,
    update,
)
from neckrom.kinematics.front.flow import Motion, motion_of, steps_seen
from neckrom.kinematics.front.fusion import Track, contradicts
from neckrom.kinematics.front.orientation import orientations
from neckrom.kinematics.front.readings import branches, readings_of
from neckrom.kinematics.front.reference import Reference
from neckrom.kinematics.front.unknowns import (
    with_contradictions,
    with_lens_and_seat,
    without_unseen_trunk,
)
from neckrom.types import POSE_EARS, LandmarkSeries, OrientationSeries

_ANGLES = 6
"""Three of the neck, three of the trunk."""


@dataclass(frozen=True, slots=True)
class _Before:
    """What is kept of the frame before.

    Attributes
    ----------
    landmarks : LandmarkSeries, one row
    pose_s : float
        When the pose in it was really seen.
    readings : Readings, one row
        Of face and pose what was read last, be it in an earlier frame.
    state : State
    """

    landmarks: LandmarkSeries
    pose_s: float
    readings: Readings
    state: State


class RunningFront:
    """Orientation of head and thorax as the frames come in.

    Parameters
    ----------
    calibration : Calibration
    reference : Reference
        Of this person, from the neutral stretch; frames of that stretch may be given again to start
        the filter at rest.
    """

    def __init__(self, calibration: Calibration, reference: Reference) -> None:
        self._calibration = calibration
        self._reference = reference
        self._before: _Before | None = None

    def step(self, frame: LandmarkSeries) -> OrientationSeries:
        """Orientation in the next frame.

        Parameters
        ----------
        frame : LandmarkSeries, one row, later than the last one

        Returns
        -------
        OrientationSeries, one row
        """
        before = self._before
        held = frame if before is None else _with_pose_held(frame, before)
        points = points_of(held)
        face, pose = branches(self._calibration, points, self._reference)
        now = readings_of(self._calibration, held.time_ns, face, pose, self._reference)
        motion = motion_of(held)
        if before is None:
            state = update(State.unknown(_ANGLES, self._calibration.fusion), now, 0, self._calibration.fusion)
            read = now
        else:
            state = self._next(before, now, _since(motion, before.landmarks))
            read = _last_read(before.readings, now)
        held_on = before is not None and held is not frame
        pose_s = before.pose_s if before is not None and held_on else float(frame.time_s[0])
        self._before = _Before(held, pose_s, read, state)
        track = Track(state.mean[None], state.covariance[None])
        inflation = inflation_of(now, self._calibration.fusion, track.mean[..., ANGLE])
        fused = self._calibration.stretched(track.fused(now, inflation), flow=motion.recorded)
        angles = self._calibration.with_measured_sd(fused, flow=motion.recorded)
        head_moved = head_on_plane(points.pose, self._reference.rest.lens) - self._reference.head
        angles = with_contradictions(without_unseen_trunk(angles, self._reference), face, pose)
        angles = with_lens_and_seat(angles, head_moved, self._reference)
        return orientations(held.time_ns, angles, self._reference, (face, pose), fused.face_trust)

    def _next(self, before: _Before, now: Readings, motion: Motion) -> State:
        """The state in this frame, with the step seen by flow about the estimate without it."""
        plain = self._filtered(before, now)
        if not motion.recorded:
            return plain
        old, new = before.state.mean[None, :, ANGLE], plain.mean[None, :, ANGLE]
        step = steps_seen(motion, self._reference, old, new, self._calibration.motion)
        carried = self._filtered(before, replace(now, step=step))
        return plain if contradicts(now, carried.mean[None, :, ANGLE])[0] else carried

    def _filtered(self, before: _Before, now: Readings) -> State:
        p = self._calibration.fusion
        both = _joined(before.readings, now)
        return update(predict(before.state, Course.of(both, p).transitions(), 1), both, 1, p)


def _with_pose_held(frame: LandmarkSeries, before: _Before) -> LandmarkSeries:
    """The pose of the frame before, where it was not looked for in this one; what was lost stays lost."""
    previous = before.landmarks
    if frame.pose_found[0] or not previous.pose_found[0]:
        return frame
    if frame.pose_ran[0] or frame.time_s[0] - before.pose_s > POSE_GAP_S:
        return frame
    return replace(
        frame,
        pose=previous.pose,
        pose_world=previous.pose_world,
        pose_visibility=previous.pose_visibility,
    )


def _since(motion: Motion, previous: LandmarkSeries) -> Motion:
    """Flow into a frame, with the ears of the frame before, which place the head under it."""
    return replace(motion, ears=previous.pose[:, POSE_EARS, :2].astype(np.float64).mean(axis=1))


def _last_read(before: Readings, now: Readings) -> Readings:
    """Readings of this frame, where a branch answered; else those of the last frame in which it did."""
    face = now.face if np.isfinite(now.face).all() else before.face
    pose = now.pose if np.isfinite(now.pose).all() else before.pose
    return replace(now, face=face, pose=pose)


def _joined(before: Readings, now: Readings) -> Readings:
    return Readings(
        **{f.name: np.concatenate([getattr(before, f.name), getattr(now, f.name)]) for f in fields(Readings)}
    )
