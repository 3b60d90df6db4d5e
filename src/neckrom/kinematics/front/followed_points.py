"""Neck and trunk angles from points followed over head and chest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.bodies import HEAD, THORAX, Body, BodyTracks
from neckrom.kinematics.front.excursions import between_key_frames, excursions
from neckrom.kinematics.front.features import RecordedPoints, middle_on_plane
from neckrom.kinematics.front.networks import Prediction
from neckrom.kinematics.front.parameters import TrackParameters
from neckrom.kinematics.front.reference import Reference
from neckrom.kinematics.front.rigid_body import Prior, solve
from neckrom.kinematics.neck_angles import cardan_of, rotation_from_cardan
from neckrom.kinematics.smoothing import bridged
from neckrom.types import POSE_SHOULDERS, BoolArray, Float32Array, FloatArray, IntArray

FOLLOWED_GAP_S = 0.2
"""Points need not be followed in every frame: so near to one with them a frame counts as followed."""
_HEAD_HIDES_TRUNK_DEG = 40.0
"""From so far on, what is read of the trunk's turning is mostly the head's."""
_SHOULDER_GAP_S = 1.0
"""The shoulders are interpolated over gaps up to this long: they say how far the joint of the head has moved."""


@dataclass(frozen=True, slots=True)
class Tracks:
    """Points followed over head and thorax; no thorax in recordings without them."""

    head: BodyTracks
    thorax: BodyTracks | None


@dataclass(frozen=True, slots=True)
class SolvedNeck:
    """Neck and trunk angles of N frames, the head and the trunk solved where points allow it.

    Attributes
    ----------
    neck_deg : ndarray, shape (N, 3)
        Head against trunk, signs as in :class:`neckrom.types.AngleSeries`; as read where it is not solved.
    sd_deg : ndarray, shape (N, 3)
        Of the solved head, by the solution's own covariance; NaN where it is not solved.
    share : ndarray, shape (N,)
        From 0, the reading stands, to 1, the solved angle stands.
    trunk_deg, trunk_sd_deg : ndarray, shape (N, 3)
        The trunk against its rest, and its standard deviation.
    """

    neck_deg: FloatArray
    sd_deg: FloatArray
    share: FloatArray
    trunk_deg: FloatArray
    trunk_sd_deg: FloatArray


def tracks_of(points: RecordedPoints, reference: Reference) -> Tracks | None:
    """Points followed over head and thorax, on the plane at depth 1.

    Parameters
    ----------
    points : RecordedPoints, N frames
        Of the landmarks; the shoulders say how far the head's joint moved.
    reference : Reference

    Returns
    -------
    Tracks or None
        None where no points were followed. No thorax where none were followed on the chest, or where no shoulder is in
        the picture at rest.
    """
    landmarks, lens = points.landmarks, reference.rest.lens
    if landmarks.tracks is None:
        return None
    shoulders = points.of_pose(lambda pose: middle_on_plane(pose, POSE_SHOULDERS, lens))
    shoulders = bridged(landmarks.time_s, shoulders, _SHOULDER_GAP_S)

    def seen(body: Body, tracks: Float32Array, origin: FloatArray, joint_moved: FloatArray) -> BodyTracks:
        return BodyTracks(
            body,
            landmarks.time_s,
            tracks,
            origin,
            reference.rest.eye_distance,
            joint_moved,
            centre=(lens.cx, lens.cy),
            focal=lens.focal,
        )

    still = np.zeros((len(landmarks), 2))
    moved = shoulders - reference.shoulders if reference.shoulders_seen else still
    head = seen(HEAD, landmarks.tracks, reference.ears, moved)
    if landmarks.chest_tracks is None or not reference.shoulders_seen:
        return Tracks(head, None)
    return Tracks(head, seen(THORAX, landmarks.chest_tracks, reference.shoulders, still))


def solved_neck(
    tracks: Tracks, fused: Prediction, reference: Reference, parameters: TrackParameters
) -> SolvedNeck:
    """Angles from the solved head and trunk, neither stretched nor with measured deviations.

    Parameters
    ----------
    tracks : Tracks
    fused : Prediction
        What holds the solution: neck and trunk angles in every frame, with their standard deviations.
    reference : Reference
    parameters : TrackParameters

    Returns
    -------
    SolvedNeck, N frames
    """
    time_s = tracks.head.time_s
    neutral = Rotation.from_quat(reference.neutral_thorax).as_matrix()
    read = rotation_from_cardan(fused.angles_deg[:, 3:]) * rotation_from_cardan(fused.angles_deg[:, :3])
    turned = cardan_of(read)
    windows = excursions(turned, time_s, parameters, tracks.head.followed)
    size = np.degrees(rotation_from_cardan(turned).magnitude())
    trunk_prior = Prior(neutral, fused.angles_deg[:, 3:], _trunk_sd_deg(size, parameters))
    trunk, trunk_sd = _solved_trunk(tracks, trunk_prior, windows, turned, parameters)
    prior = Prior(neutral, turned, fused.sd_deg[:, :3])
    head, sd = between_key_frames(time_s, turned, solve(tracks.head, prior, windows, parameters))
    near = (size - parameters.rest_deg) / (parameters.excursion_deg - parameters.rest_deg)
    share = np.where(np.isfinite(sd).all(axis=1), np.clip(near, 0.0, 1.0), 0.0)
    return SolvedNeck(cardan_of(trunk.inv() * head), sd, share, cardan_of(trunk), trunk_sd)


def _trunk_sd_deg(head_turned_deg: FloatArray, parameters: TrackParameters) -> FloatArray:
    """Of the reading of the trunk, which has no table of its own; (N, 3)."""
    sd = np.full((len(head_turned_deg), 3), parameters.thorax_sd_deg)
    sd[:, 2] += parameters.thorax_turn_sd_deg * np.clip(head_turned_deg / _HEAD_HIDES_TRUNK_DEG, 0.0, 1.0)
    return sd


def _solved_trunk(
    tracks: Tracks,
    prior: Prior,
    windows: list[IntArray],
    head_turned_deg: FloatArray,
    parameters: TrackParameters,
) -> tuple[Rotation, FloatArray]:
    """The trunk where it is solved, else as it was read, and its standard deviations (N, 3)."""
    if tracks.thorax is None:
        return rotation_from_cardan(prior.turned_deg), prior.sd_deg
    solved = solve(tracks.thorax, prior, windows, parameters)
    found, found_sd = between_key_frames(tracks.thorax.time_s, prior.turned_deg, solved)
    along = _along(windows, head_turned_deg, np.isfinite(found_sd))
    trunk = rotation_from_cardan(np.where(along, cardan_of(found), prior.turned_deg))
    return trunk, np.where(along, found_sd, prior.sd_deg)


def solved_sd_deg(table: FloatArray, solved: SolvedNeck, reading_deg: FloatArray) -> FloatArray:
    """Standard deviation of solved neck angles, as measured.

    Parameters
    ----------
    table : ndarray, shape (6, 5)
        ``Calibration.tracks_sd``.
    solved : SolvedNeck, N frames
    reading_deg : ndarray, shape (N, 3)
        Neck angles that held the solution.

    Returns
    -------
    ndarray, shape (N, 3), degrees
        NaN where the head is not solved.
    """
    forth, back = table[0::2], table[1::2]
    parts = np.where((solved.neck_deg >= 0)[..., None], forth, back) ** 2
    squares = np.stack(
        [
            np.ones_like(solved.neck_deg),
            solved.sd_deg**2,
            (solved.neck_deg - reading_deg) ** 2,
            solved.trunk_sd_deg**2,
            solved.neck_deg**2,
        ],
        axis=-1,
    )
    return np.asarray(np.sqrt((parts * squares).sum(axis=-1)))


def _along(windows: list[IntArray], turned_deg: FloatArray, solved: BoolArray) -> BoolArray:
    """Where the trunk is taken from its solution: in the plane in which the head made its excursion; (N, 3).

    Clothes that are drawn along by the head look like a small movement in the other planes.
    """
    along = np.zeros_like(solved)
    for window in windows:
        plane = int(np.argmax(np.abs(turned_deg[window]).max(axis=0)))
        frames = slice(window[0], window[-1] + 1)
        along[frames, plane] = solved[frames, plane]
    return along


def followed(seen: BodyTracks) -> BoolArray:
    """Frames with points on the head, or near one with them: points need not be followed in every frame.

    Parameters
    ----------
    seen : BodyTracks, N frames

    Returns
    -------
    ndarray, shape (N,), bool
        Within ``FOLLOWED_GAP_S`` of a frame in which points were followed.
    """
    at = seen.time_s[seen.followed]
    if not len(at):
        return np.zeros(len(seen.time_s), dtype=np.bool_)
    after = np.searchsorted(at, seen.time_s)
    away = [np.abs(seen.time_s - at[np.clip(i, 0, len(at) - 1)]) for i in (after - 1, after)]
    return np.asarray(np.minimum(*away) <= FOLLOWED_GAP_S)
