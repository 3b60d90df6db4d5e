"""Head and thorax orientation over the full range of the neck, each with one standard deviation per axis.

Known weakness first: the numbers were fitted on rendered people, and so were the standard deviations.

Three sources are fused (:mod:`neckrom.kinematics.front.filter`): the face mesh, corrected for its
compression and right below about 50 deg; the pose points, which answer further but depend on the
person and fail on some; and the movement of the picture over the head, where it was recorded, which
carries the angle on when both have failed. Where points were followed over the head, a rigid head is
then fitted to their paths over every excursion, with what was fused as its start and its hold
(:mod:`neckrom.kinematics.front.rigid_body`): that does not depend on the person. Networks and corrections
are fitted by ``calibration/fit_estimator.py`` and read from ``calibration/estimator.npz``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.errors import NoNeutralError
from neckrom.kinematics.front.calibration import Calibration, shipped_calibration
from neckrom.kinematics.front.features import (
    Lens,
    Points,
    RecordedPoints,
    at_rest,
    head_on_plane,
    middle_on_plane,
)
from neckrom.kinematics.front.flow import Motion, motion_of, steps_seen
from neckrom.kinematics.front.followed_points import (
    Tracks,
    followed,
    solved_neck,
    solved_sd_deg,
    tracks_of,
)
from neckrom.kinematics.front.fusion import (
    FLOW_PASSES,
    FLOW_ROUNDS,
    Fused,
    contradicted,
    fuse,
    without_flow,
)
from neckrom.kinematics.front.identity import constants_id
from neckrom.kinematics.front.lens import (
    at_distance,
    growth,
    shares_at_rest,
    still_features,
    with_inverse_focal,
)
from neckrom.kinematics.front.networks import Prediction, resting_posture
from neckrom.kinematics.front.orientation import orientations
from neckrom.kinematics.front.readings import face_sizes, readings_of, recorded_branches
from neckrom.kinematics.front.reference import Reference
from neckrom.kinematics.front.running import RunningFront
from neckrom.kinematics.front.unknowns import (
    shoulders_seen,
    with_contradictions,
    with_lens_and_seat,
    without_unseen_trunk,
)
from neckrom.kinematics.rotations import BODY_FACING_CAMERA
from neckrom.kinematics.view import askew_seat_deg
from neckrom.types import (
    POSE_EARS,
    POSE_SHOULDERS,
    BoolArray,
    CameraModel,
    FloatArray,
    LandmarkSeries,
    OrientationSeries,
)

_FEWEST_REST_FRAMES = 3
"""Frames of the neutral stretch that must have both face and pose."""


@dataclass(frozen=True, slots=True)
class ObservedSeries(OrientationSeries):
    """Orientation frame by frame, with the readings that the smoother fuses.

    Attributes
    ----------
    face, pose : Prediction
        Answers of the two branches, N frames.
    motion : Motion
    tracks : Tracks or None
        None where no points were followed.
    head_moved : ndarray, shape (N, 2)
        How far the head has moved in the picture since rest, right and down, on the plane at depth 1.
    """

    face: Prediction
    pose: Prediction
    motion: Motion
    tracks: Tracks | None
    head_moved: FloatArray


class FrontEstimator:
    """Fitted networks on face and pose points and the flow over the head, fused over time.

    See :class:`neckrom.kinematics.estimator.OrientationEstimator` for the methods.
    """

    identity = "front-fusion 6"

    def __init__(self, calibration: Calibration | None = None) -> None:
        self._calibration = shipped_calibration() if calibration is None else calibration

    @property
    def calibration(self) -> Calibration:
        """The fitted numbers in use."""
        return self._calibration

    @property
    def calibration_id(self) -> str:
        """Identity of the fitted numbers, and of those that stand in the code."""
        return f"{self._calibration.identity}-{constants_id()}"

    def fit_reference(self, landmarks: LandmarkSeries, camera: CameraModel, neutral: BoolArray) -> Reference:
        """Learn the person's own neutral.

        Parameters
        ----------
        landmarks : LandmarkSeries, N frames
            As a pinhole shows them (:func:`neckrom.kinematics.camera.straightened`).
        camera : CameraModel
            Of pictures of this size; one focal length is used for both directions, that in x.
        neutral : ndarray, shape (N,), bool
            The frames of the neutral stretch.

        Returns
        -------
        Reference

        Raises
        ------
        NoNeutralError
            If face and pose are found together in fewer than three frames of the neutral stretch.
        """
        points, used = RecordedPoints(landmarks).still(neutral)
        if used.sum() < _FEWEST_REST_FRAMES:
            raise NoNeutralError(
                "Face and shoulders are found together in fewer than three frames of the neutral stretch: "
                "choose another with --neutral."
            )
        lens = Lens(camera.fx, camera.cx, camera.cy)
        still = Points(points.face[used], points.pose[used], points.world[used])
        rest = at_rest(still, lens)
        posture = Rotation.from_rotvec(np.radians(resting_posture(self._calibration.networks, rest)))
        thorax = Rotation.from_matrix(rest.aim.T @ BODY_FACING_CAMERA) * posture
        return Reference(
            rest=rest,
            mirrored_rest=at_rest(still.mirrored(camera.cx), lens),
            focal_known=not camera.assumed,
            rest_time_ns=landmarks.time_ns[neutral],
            neutral_thorax=thorax.as_quat(),
            ears=np.median(middle_on_plane(still.pose, POSE_EARS, lens), axis=0),
            shoulders=np.median(middle_on_plane(still.pose, POSE_SHOULDERS, lens), axis=0),
            head=np.median(head_on_plane(still.pose, lens), axis=0),
            inverse_focal_sd=camera.inverse_focal_sd,
            shoulders_seen=shoulders_seen(still.pose, camera),
            askew_deg=askew_seat_deg(landmarks, camera, neutral),
        )

    def camera_of(
        self,
        landmarks: LandmarkSeries,
        camera: CameraModel,
        neutral: BoolArray,
        distance_m: float | None = None,
    ) -> CameraModel:
        """The camera with its focal length from a stated distance, or from perspective.

        Parameters
        ----------
        landmarks, neutral
            As for :meth:`fit_reference`; the more of the recording, the more is seen of perspective.
        camera : CameraModel
            Returned as it is where its focal length is not assumed.
        distance_m : float, optional
            Of the eyes from the camera, metres; it goes before perspective.

        Returns
        -------
        CameraModel
            With ``inverse_focal_sd``, how sure the focal length is. One from perspective still counts as assumed.

        Raises
        ------
        NoNeutralError
            As :meth:`fit_reference`, where the focal length is assumed.
        """
        if not camera.assumed:
            return camera
        reference = self.fit_reference(landmarks, camera, neutral)
        rest = reference.rest
        if distance_m is not None:
            return at_distance(camera, rest.eye_distance, distance_m)
        recorded = RecordedPoints(landmarks)
        still = still_features(rest, reference.mirrored_rest, shares_at_rest(*recorded.still(neutral), rest))
        moving = growth(*face_sizes(self._calibration, recorded, reference), neutral)
        return with_inverse_focal(
            camera, *self._calibration.lens.share_from(still, moving, rest.eye_distance)
        )

    def observe(self, landmarks: LandmarkSeries, reference: Reference) -> ObservedSeries:
        """Readings frame by frame; head and thorax from the better of the two branches, not smoothed.

        Parameters
        ----------
        landmarks : LandmarkSeries, N frames
            Of the same person and camera as the reference.
        reference : Reference

        Returns
        -------
        ObservedSeries, N frames
            Standard deviations (degrees) are here those that the networks give themselves, not yet the measured ones.
        """
        points, lens = RecordedPoints(landmarks), reference.rest.lens
        face, pose = recorded_branches(self._calibration, points, reference)
        observed = orientations(landmarks.time_ns, _better_of(face, pose), reference, (face, pose))
        return ObservedSeries(
            **{name: getattr(observed, name) for name in OrientationSeries.__dataclass_fields__},
            face=face,
            pose=pose,
            motion=motion_of(landmarks),
            tracks=tracks_of(points, reference),
            head_moved=points.of_pose(lambda pose: head_on_plane(pose, lens)) - reference.head,
        )

    def smooth(self, observed: OrientationSeries, reference: Reference) -> OrientationSeries:
        """Fuse the readings over the whole recording, and solve its excursions where points were followed.

        Parameters
        ----------
        observed : ObservedSeries, N frames
            From :meth:`observe`, whole.
        reference : Reference

        Returns
        -------
        OrientationSeries, N frames
            Standard deviations in degrees, from measured residuals, and what lens, seat, an unseen trunk and
            contradictions leave open with them.

        Raises
        ------
        TypeError
            If ``observed`` does not come from :meth:`observe`.
        """
        if not isinstance(observed, ObservedSeries):
            raise TypeError("smooth() needs what observe() of the same estimator returned.")
        fused = self.fused(observed, reference)
        angles = self._calibration.with_measured_sd(fused, flow=observed.motion.recorded)
        angles = without_unseen_trunk(angles, reference)
        solved = np.zeros(len(observed), dtype=np.bool_)
        if observed.tracks is not None:
            angles, solved = self._solved(observed.tracks, angles, reference)
        angles = with_contradictions(angles, observed.face, observed.pose)
        angles = with_lens_and_seat(angles, observed.head_moved, reference)
        return orientations(
            observed.time_ns,
            angles,
            reference,
            (observed.face, observed.pose),
            fused.face_trust,
            solved=solved,
        )

    def running(self, reference: Reference) -> RunningFront:
        """The same frame by frame, as the frames come in; nothing is solved from followed points.

        Parameters
        ----------
        reference : Reference

        Returns
        -------
        RunningFront
            Before its first frame.
        """
        return RunningFront(self._calibration, reference)

    def fused(self, observed: ObservedSeries, reference: Reference) -> Fused:
        """Neck and trunk angles over time, stretched; their standard deviations are not yet the measured ones.

        Parameters
        ----------
        observed : ObservedSeries, N frames
        reference : Reference

        Returns
        -------
        Fused
            Six columns, degrees: neck, then trunk, each flexion, lateral, rotation, in the signs of
            :class:`neckrom.types.AngleSeries`.
        """
        parameters, motion = self._calibration.fusion, observed.motion
        readings = readings_of(self._calibration, observed.time_ns, observed.face, observed.pose, reference)
        fused = fuse(readings, parameters)
        if motion.recorded:
            wrong = np.zeros(len(observed), dtype=np.bool_)
            for _ in range(FLOW_ROUNDS):
                before, after = fused.angles_deg[:-1], fused.angles_deg[1:]
                steps = steps_seen(motion.after(1), reference, before, after, self._calibration.motion)
                step = np.vstack([np.full((1, 6), np.nan), steps])
                seen = replace(readings, step=step)
                fused = fuse(seen, parameters, repeats=FLOW_PASSES)
                wrong |= contradicted(seen, fused.angles_deg)
                if wrong.any():
                    fused = fuse(without_flow(seen, wrong), parameters, repeats=FLOW_PASSES)
        return self._calibration.stretched(fused, flow=motion.recorded)

    def readings(self, observed: ObservedSeries, reference: Reference) -> Prediction:
        """What holds the solution from points: fused angles and their measured standard deviations.

        Parameters
        ----------
        observed : ObservedSeries, N frames
        reference : Reference

        Returns
        -------
        Prediction, N frames
            Columns as from :meth:`fused`.
        """
        fused = self.fused(observed, reference)
        return self._calibration.with_measured_sd(fused, flow=observed.motion.recorded)

    def _solved(
        self, tracks: Tracks, fused: Prediction, reference: Reference
    ) -> tuple[Prediction, BoolArray]:
        """Angles with head and thorax solved from the points followed over them, and where they were."""
        table = self._calibration
        plain = solved_neck(tracks, fused, reference, table.tracks)
        known = (plain.share > 0)[:, None]
        neck = plain.neck_deg * table.factors(table.tracks_stretch, plain.neck_deg)
        sd = solved_sd_deg(table.tracks_sd, plain, fused.angles_deg[:, :3])
        share = plain.share[:, None]
        angles, sds = fused.angles_deg.copy(), fused.sd_deg.copy()
        angles[:, :3] = np.where(known, share * neck + (1 - share) * angles[:, :3], angles[:, :3])
        angles[:, 3:] += share * (plain.trunk_deg - angles[:, 3:])
        sds[:, :3] = np.where(known, share * sd + (1 - share) * sds[:, :3], sds[:, :3])
        return Prediction(angles, sds), np.asarray(plain.share > 0) & followed(tracks.head)


def _better_of(face: Prediction, pose: Prediction) -> Prediction:
    with np.errstate(invalid="ignore"):
        use_face = np.isfinite(face.sd_deg) & ~(face.sd_deg > pose.sd_deg)
    return Prediction(
        np.where(use_face, face.angles_deg, pose.angles_deg), np.where(use_face, face.sd_deg, pose.sd_deg)
    )
