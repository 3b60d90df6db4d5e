"""Head and thorax orientation over the full range of the neck, each with one standard deviation per axis.

Known weakness first: the numbers were fitted on rendered people, and so were the standard deviations.

Three sources are fused (:mod:`neckrom.kinematics.front.fusion`): the face mesh, corrected for its
compression and right below about 50 deg; the pose points, which answer further but depend on the
person and fail on some; and the movement of the picture over the head, where it was recorded, which
carries the angle on when both have failed. Where points were followed over the head, a rigid head is
then fitted to their paths over every excursion, with what was fused as its start and its hold
(:mod:`neckrom.kinematics.front.rigid_body`): that does not depend on the person. Networks and corrections are fitted by
``calibration/fit_estimator.py`` and read from ``calibration/estimator.npz``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from neckrom.errors import NoNeutralError
from neckrom.kinematics.neck_angles import rotation_from_cardan
from neckrom.kinematics.front.fusion import (
    Fused,
    FusionParameters,
    Readings,
    fuse,
    pack_parameters,
    unpack_parameters,
)
from neckrom.kinematics.front.features import (
    FACE_POINTS,
    POSE_POINTS,
    Lens,
    Points,
    Rest,
    at_rest,
    blocks_of,
)
from neckrom.kinematics.front.flow import (
    GRID,
    Motion,
    MotionModel,
    pack_motion,
    rigid_movement,
    turn_design,
    unpack_motion,
)
from neckrom.kinematics.front.networks import (
    Networks,
    Prediction,
    View,
    pack_networks,
    predict,
    read_arrays,
    resting_posture,
    unpack_networks,
)
from neckrom.kinematics.front.rigid_body import (
    HEAD,
    THORAX,
    Body,
    BodyTracks,
    Prior,
    TrackParameters,
    between_key_frames,
    excursions,
    pack_tracks,
    solve,
    unpack_tracks,
)
from neckrom.kinematics.rotations import BODY_FACING_CAMERA
from neckrom.resources import resource
from neckrom.types import (
    BoolArray,
    CameraModel,
    Float32Array,
    FloatArray,
    IntArray,
    LandmarkSeries,
    OrientationSeries,
)

POSE_GAP_S = 0.2
"""Pose points are interpolated over gaps up to this long: the pose model need not run on every frame."""
BEYOND_SD_DEG = 12.0
"""From this standard deviation on, an angle past ``BEYOND_FROM_DEG`` is only a bound."""
BEYOND_FROM_DEG: FloatArray = np.array([25.0, 30.0, 35.0])
_UNKNOWN_SD_DEG = 30.0
_HEAD_HIDES_TRUNK_DEG = 40.0
"""From so far on, what is read of the trunk's turning is mostly the head's."""
_FEWEST_REST_FRAMES = 3
_EARS = [7, 8]
_SHOULDERS = [11, 12]
_SHOULDER_GAP_S = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """All fitted numbers, and the table that turns predicted into measured standard deviations.

    Attributes
    ----------
    networks : Networks
    fusion : FusionParameters
    motion : MotionModel
    sd_angles_deg : ndarray, shape (B,)
        Nodes of the table, size of the angle, rising.
    sd_factor : ndarray, shape (2, 6, B)
        Factor on the standard deviation at each node: flexion, extension, side-bend right and left,
        rotation right and left; first for clips without flow over the head, then for clips with it.
    stretch : ndarray, shape (2, 6, B)
        Factor on the neck angle at each node, same order: a fusion of uncertain readings leans towards
        small angles, this takes the lean off that was measured on people left out.
    tracks : TrackParameters
    tracks_stretch : ndarray, shape (6, B)
        The same for angles solved from points followed over the head.
    tracks_sd : ndarray, shape (6, 4)
        What the variance of a solved angle is made of, a row a direction: a standard deviation in degrees
        that is always there, and factors on the solution's own, on its difference from the reading that
        held it, and on the trunk's standard deviation in the same plane.
    identity : str
        Of the file's content.
    """

    networks: Networks
    fusion: FusionParameters
    motion: MotionModel
    sd_angles_deg: FloatArray
    sd_factor: FloatArray
    stretch: FloatArray
    tracks: TrackParameters
    tracks_stretch: FloatArray
    tracks_sd: FloatArray
    identity: str


def load_calibration(path: Path) -> Calibration:
    """Read the fitted numbers."""
    arrays = read_arrays(path)
    digest = sha256(path.read_bytes()).hexdigest()[:12]
    return Calibration(
        networks=unpack_networks(arrays),
        fusion=unpack_parameters(arrays),
        motion=unpack_motion(arrays),
        sd_angles_deg=np.asarray(arrays["sd.angles_deg"], dtype=np.float64),
        sd_factor=np.asarray(arrays["sd.factor"], dtype=np.float64),
        stretch=np.asarray(arrays["stretch"], dtype=np.float64),
        tracks=unpack_tracks(arrays),
        tracks_stretch=np.asarray(arrays["tracks_stretch"], dtype=np.float64),
        tracks_sd=np.asarray(arrays["tracks_sd"], dtype=np.float64),
        identity=f"{arrays['version']}-{digest}",
    )


def save_calibration(path: Path, calibration: Calibration, version: str) -> None:
    """Write the fitted numbers; the identity is made from the content when they are read."""
    arrays: dict[str, NDArray[np.generic]] = {
        **pack_networks(calibration.networks),
        **pack_parameters(calibration.fusion),
        **pack_motion(calibration.motion),
        "sd.angles_deg": calibration.sd_angles_deg.astype(np.float32),
        "sd.factor": calibration.sd_factor.astype(np.float32),
        "stretch": calibration.stretch.astype(np.float32),
        **pack_tracks(calibration.tracks),
        "tracks_stretch": calibration.tracks_stretch.astype(np.float32),
        "tracks_sd": calibration.tracks_sd.astype(np.float32),
        "version": np.array(version),
    }
    np.savez_compressed(path, **cast("dict[str, NDArray[np.float64]]", arrays))


@cache
def shipped_calibration() -> Calibration:
    """The fitted numbers that travel with the package."""
    return load_calibration(resource("calibration", "estimator.npz"))


@dataclass(frozen=True, slots=True)
class Reference:
    """What was learned of this person, camera and seat from the neutral stretch.

    Attributes
    ----------
    rest, mirrored_rest : Rest
        The person at rest, and the mirrored person.
    focal_known : bool
    rest_time_ns : ndarray, shape (M,), int64
        Times of the frames of the neutral stretch.
    neutral_thorax : ndarray, shape (4,)
        Quaternion (x, y, z, w), body to camera; the head's is the same.
    ears, shoulders : ndarray, shape (2,)
        Middle of the ears and of the shoulders at rest, on the plane at depth 1.
    """

    rest: Rest
    mirrored_rest: Rest
    focal_known: bool
    rest_time_ns: NDArray[np.int64]
    neutral_thorax: FloatArray
    ears: FloatArray
    shoulders: FloatArray


@dataclass(frozen=True, slots=True)
class Tracks:
    """Points followed over head and thorax; no thorax in recordings without them."""

    head: BodyTracks
    thorax: BodyTracks | None


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
    """

    face: Prediction
    pose: Prediction
    motion: Motion
    tracks: Tracks | None


@dataclass(frozen=True, slots=True)
class SolvedNeck:
    """Neck angles from the solved head, standard deviations, their share (N,), 0 to 1, and the same of the trunk."""

    neck_deg: FloatArray
    sd_deg: FloatArray
    share: FloatArray
    trunk_deg: FloatArray
    trunk_sd_deg: FloatArray


class FrontEstimator:
    """Fitted networks on face and pose points and the flow over the head, fused over time.

    See :class:`neckrom.kinematics.estimator.OrientationEstimator` for the methods.
    """

    identity = "regressor-fusion 4"

    def __init__(self, calibration: Calibration | None = None) -> None:
        self._calibration = shipped_calibration() if calibration is None else calibration

    @property
    def calibration_id(self) -> str:
        """Identity of the fitted numbers."""
        return self._calibration.identity

    def fit_reference(self, landmarks: LandmarkSeries, camera: CameraModel, neutral: BoolArray) -> Reference:
        """Learn the person's own neutral.

        Raises
        ------
        NoNeutralError
            If face and pose are found together in fewer than three frames of the neutral stretch.
        """
        points = points_of(landmarks)
        used = neutral & points.face_found & points.pose_found
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
            ears=np.median(_middle(points.pose[used], _EARS, lens), axis=0),
            shoulders=np.median(_middle(points.pose[used], _SHOULDERS, lens), axis=0),
        )

    def observe(self, landmarks: LandmarkSeries, reference: Reference) -> ObservedSeries:
        """Readings frame by frame; head and thorax from the better of the two branches, not smoothed."""
        points = points_of(landmarks)
        views = (
            View(blocks_of(points, reference.rest), reference.rest, reference.focal_known),
            View(
                blocks_of(points.mirrored(reference.rest.lens.cx), reference.mirrored_rest),
                reference.mirrored_rest,
                reference.focal_known,
            ),
        )
        networks = self._calibration.networks
        face, pose = predict(networks, "face", views), predict(networks, "pose", views)
        best = _better_of(face, pose)
        observed = _orientations(landmarks.time_ns, best, reference, (face, pose))
        return ObservedSeries(
            **{name: getattr(observed, name) for name in OrientationSeries.__dataclass_fields__},
            face=face,
            pose=pose,
            motion=motion_of(landmarks),
            tracks=_tracks_of(landmarks, points, reference),
        )

    def smooth(
        self, observed: OrientationSeries, reference: Reference, *, causal: bool = False
    ) -> OrientationSeries:
        """Fuse the readings over the whole recording; ``causal`` uses only what lies before each frame."""
        if not isinstance(observed, ObservedSeries):
            raise TypeError("smooth() needs what observe() of the same estimator returned.")
        fused = self.fused(observed, reference, causal=causal)
        angles = self._with_measured_sd(fused, observed)
        solved = np.zeros(len(observed), dtype=np.bool_)
        if observed.tracks is not None and not causal:
            angles, solved = self._solved(observed.tracks, angles, reference)
        return _orientations(
            observed.time_ns,
            angles,
            reference,
            (observed.face, observed.pose),
            fused.face_trust,
            solved=solved,
        )

    def fused(self, observed: ObservedSeries, reference: Reference, *, causal: bool = False) -> Fused:
        """Neck and trunk angles over time, stretched; their standard deviations are not yet the measured ones."""
        parameters = self._calibration.fusion
        readings = _readings(observed, reference)
        fused = fuse(readings, parameters, causal=causal, repeats=3)
        if _has_flow(observed):
            for _ in range(2):
                step = self._steps(observed, reference, fused.angles_deg)
                fused = fuse(replace(readings, step=step), parameters, causal=causal, repeats=2)
        return self._stretched(fused, _has_flow(observed))

    def _solved(
        self, tracks: Tracks, fused: Prediction, reference: Reference
    ) -> tuple[Prediction, BoolArray]:
        """Angles with head and thorax solved from the points followed over them, and where they were."""
        plain = self.before_tables(tracks, fused, reference)
        table = self._calibration
        known = (plain.share > 0)[:, None]
        neck = plain.neck_deg * self._factors(table.tracks_stretch, plain.neck_deg)
        sd = solved_sd_deg(table.tracks_sd, plain, fused.angles_deg[:, :3])
        share = plain.share[:, None]
        angles, sds = fused.angles_deg.copy(), fused.sd_deg.copy()
        angles[:, :3] = np.where(known, share * neck + (1 - share) * angles[:, :3], angles[:, :3])
        angles[:, 3:] += share * (plain.trunk_deg - angles[:, 3:])
        sds[:, :3] = np.where(known, share * sd + (1 - share) * sds[:, :3], sds[:, :3])
        return Prediction(angles, sds), np.asarray(plain.share > 0) & _followed(tracks.head)

    def before_tables(self, tracks: Tracks, fused: Prediction, reference: Reference) -> SolvedNeck:
        """Angles from the solved head and trunk, neither stretched nor with measured deviations."""
        neutral = Rotation.from_quat(reference.neutral_thorax)
        trunk = rotation_from_cardan(fused.angles_deg[:, 3:])
        turned = _cardan(trunk * rotation_from_cardan(fused.angles_deg[:, :3]))
        parameters = self._calibration.tracks
        time_s = tracks.head.time_s
        followed = np.isfinite(tracks.head.tracks[:, :, 0]).any(axis=1)
        windows = excursions(turned, time_s, parameters, followed)
        size = np.degrees(rotation_from_cardan(turned).magnitude())
        trunk_sd = np.full((len(time_s), 3), parameters.thorax_sd_deg)
        trunk_sd[:, 2] += parameters.thorax_turn_sd_deg * np.clip(size / _HEAD_HIDES_TRUNK_DEG, 0.0, 1.0)
        if tracks.thorax is not None:
            trunk_prior = Prior(neutral.as_matrix(), fused.angles_deg[:, 3:], trunk_sd)
            solved = solve(tracks.thorax, trunk_prior, windows, parameters)
            found, found_sd = between_key_frames(time_s, fused.angles_deg[:, 3:], solved)
            along = _along(windows, turned, np.isfinite(found_sd))
            trunk = rotation_from_cardan(np.where(along, _cardan(found), fused.angles_deg[:, 3:]))
            trunk_sd = np.where(along, found_sd, trunk_sd)
        prior = Prior(neutral.as_matrix(), turned, fused.sd_deg[:, :3])
        head, sd = between_key_frames(time_s, turned, solve(tracks.head, prior, windows, parameters))
        near = (size - parameters.rest_deg) / (parameters.excursion_deg - parameters.rest_deg)
        share = np.where(np.isfinite(sd).all(axis=1), np.clip(near, 0.0, 1.0), 0.0)
        return SolvedNeck(_cardan(trunk.inv() * head), sd, share, _cardan(trunk), trunk_sd)

    def _steps(self, observed: ObservedSeries, reference: Reference, angles_deg: FloatArray) -> FloatArray:
        """Change of each angle since the frame before, from flow about the current estimate; (N, 6)."""
        steps = np.full((len(observed), 6), np.nan)
        neck, trunk = rotation_from_cardan(angles_deg[:, :3]), rotation_from_cardan(angles_deg[:, 3:])
        turned = trunk * neck
        head = (Rotation.from_quat(reference.neutral_thorax) * turned).as_matrix()
        movement = rigid_movement(
            Motion(observed.motion.displacement[1:], observed.motion.box[1:], observed.motion.ears[1:]),
            head[:-1],
            reference.rest.eye_distance * reference.rest.lens.focal,
        )
        known = np.isfinite(movement).all(axis=1)
        if known.any():
            before, after = np.flatnonzero(known), np.flatnonzero(known) + 1
            against_neutral = _cardan(turned[before])
            design = turn_design(movement[known], against_neutral, reference.rest.eye_distance)
            turn = Rotation.from_rotvec(design @ self._calibration.motion.weights)
            moved = trunk[after].inv() * trunk[before] * neck[before] * turn
            steps[after, :3] = _cardan(moved) - angles_deg[before, :3]
        return steps

    def readings(self, observed: ObservedSeries, reference: Reference) -> tuple[FloatArray, FloatArray]:
        """What holds the solution from points: fused angles and their standard deviations, (N, 6) each."""
        fused = self._with_measured_sd(self.fused(observed, reference), observed)
        return fused.angles_deg, fused.sd_deg

    def _with_measured_sd(self, fused: Fused, observed: ObservedSeries) -> Prediction:
        """Standard deviations scaled to residuals measured on people not used for the networks."""
        table = self._calibration.sd_factor[int(_has_flow(observed))]
        return Prediction(fused.angles_deg, fused.sd_deg * self._factors(table, fused.angles_deg))

    def _stretched(self, fused: Fused, has_flow: bool) -> Fused:
        factors = self._factors(self._calibration.stretch[int(has_flow)], fused.angles_deg)
        return replace(fused, angles_deg=fused.angles_deg * factors, sd_deg=fused.sd_deg * factors)

    def _factors(self, table: FloatArray, angles_deg: FloatArray) -> FloatArray:
        """Factors for the three neck angles from a table over direction and size; 1 for the trunk; (N, 6)."""
        factors = np.ones_like(angles_deg)
        for axis in range(3):
            size = np.abs(angles_deg[:, axis])
            forth, back = (
                np.interp(size, self._calibration.sd_angles_deg, table[2 * axis + i]) for i in (0, 1)
            )
            factors[:, axis] = np.where(angles_deg[:, axis] >= 0, forth, back)
        return factors


def solved_sd_deg(table: FloatArray, solved: SolvedNeck, reading_deg: FloatArray) -> FloatArray:
    """Standard deviation of solved neck angles by ``Calibration.tracks_sd``; (N, 3)."""
    forth, back = table[0::2], table[1::2]
    parts = np.where((solved.neck_deg >= 0)[..., None], forth, back) ** 2
    squares = np.stack(
        [
            np.ones_like(solved.neck_deg),
            solved.sd_deg**2,
            (solved.neck_deg - reading_deg) ** 2,
            solved.trunk_sd_deg**2,
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


def points_of(landmarks: LandmarkSeries) -> Points:
    """The points in use; pose points interpolated over short gaps."""
    return Points(
        face=landmarks.face[:, FACE_POINTS].astype(np.float64),
        pose=_bridged(landmarks.time_s, landmarks.pose[:, POSE_POINTS].astype(np.float64)),
        world=_bridged(landmarks.time_s, landmarks.pose_world[:, POSE_POINTS].astype(np.float64)),
    )


def motion_of(landmarks: LandmarkSeries) -> Motion:
    """Displacements over the head, NaN where the landmarks carry none."""
    n = len(landmarks)
    if landmarks.motion is None or landmarks.motion_box is None:
        return Motion(np.full((n, GRID, GRID, 2), np.nan), np.full((n, 3), np.nan), np.full((n, 2), np.nan))
    ears = _bridged(landmarks.time_s, landmarks.pose[:, _EARS, :2].astype(np.float64)).mean(axis=1)
    before = np.vstack([np.full((1, 2), np.nan), ears[:-1]])
    return Motion(landmarks.motion.astype(np.float64), landmarks.motion_box.astype(np.float64), before)


def _tracks_of(landmarks: LandmarkSeries, points: Points, reference: Reference) -> Tracks | None:
    if landmarks.tracks is None:
        return None
    lens = reference.rest.lens
    shoulders = _bridged(landmarks.time_s, _middle(points.pose, _SHOULDERS, lens), _SHOULDER_GAP_S)

    def seen(body: Body, tracks: Float32Array, origin: FloatArray, joint_moved: FloatArray) -> BodyTracks:
        on_plane = tracks.astype(np.float64)
        on_plane[..., 1] = (on_plane[..., 1] - lens.cx) / lens.focal
        on_plane[..., 2] = (on_plane[..., 2] - lens.cy) / lens.focal
        return BodyTracks(body, landmarks.time_s, on_plane, origin, reference.rest.eye_distance, joint_moved)

    head = seen(HEAD, landmarks.tracks, reference.ears, shoulders - reference.shoulders)
    if landmarks.chest_tracks is None:
        return Tracks(head, None)
    still = np.zeros((len(landmarks), 2))
    return Tracks(head, seen(THORAX, landmarks.chest_tracks, reference.shoulders, still))


def _middle(pose: FloatArray, which: list[int], lens: Lens) -> FloatArray:
    """Middle of two pose points on the plane at depth 1, shape (N, 2)."""
    return np.asarray((pose[:, which, :2].mean(axis=1) - [lens.cx, lens.cy]) / lens.focal)


def _followed(seen: BodyTracks) -> BoolArray:
    """Frames with points on the head, or near one with them: points need not be followed in every frame."""
    at = seen.time_s[np.isfinite(seen.tracks[..., 0]).any(axis=1)]
    if not len(at):
        return np.zeros(len(seen.time_s), dtype=np.bool_)
    after = np.searchsorted(at, seen.time_s)
    away = [np.abs(seen.time_s - at[np.clip(i, 0, len(at) - 1)]) for i in (after - 1, after)]
    return np.asarray(np.minimum(*away) <= POSE_GAP_S)


def _bridged(time_s: FloatArray, values: FloatArray, longest_s: float = POSE_GAP_S) -> FloatArray:
    """Linear interpolation over gaps up to ``longest_s``; longer ones stay NaN."""
    flat = values.reshape(len(values), -1)
    known = np.isfinite(flat).all(axis=1)
    if known.all() or known.sum() < 2:
        return values
    at = np.flatnonzero(known)
    after = np.clip(np.searchsorted(at, np.arange(len(flat))), 1, len(at) - 1)
    left, right = at[after - 1], at[after]
    width = time_s[right] - time_s[left]
    share = (time_s - time_s[left]) / width
    inside = ~known & (share > 0) & (share < 1) & (width <= longest_s)
    out = flat.copy()
    out[inside] = flat[left[inside]] + share[inside, None] * (flat[right[inside]] - flat[left[inside]])
    return out.reshape(values.shape)


def _has_flow(observed: ObservedSeries) -> bool:
    return bool(np.isfinite(observed.motion.box).all(axis=1).any())


def _better_of(face: Prediction, pose: Prediction) -> Prediction:
    with np.errstate(invalid="ignore"):
        use_face = np.isfinite(face.sd_deg) & ~(face.sd_deg > pose.sd_deg)
    return Prediction(
        np.where(use_face, face.angles_deg, pose.angles_deg), np.where(use_face, face.sd_deg, pose.sd_deg)
    )


def _readings(observed: ObservedSeries, reference: Reference) -> Readings:
    return Readings(
        time_s=np.asarray(observed.time_ns, dtype=np.float64) * 1e-9,
        face=observed.face.angles_deg,
        face_sd=np.nan_to_num(observed.face.sd_deg, nan=_UNKNOWN_SD_DEG),
        pose=observed.pose.angles_deg,
        pose_sd=np.nan_to_num(observed.pose.sd_deg, nan=_UNKNOWN_SD_DEG),
        step=np.full(observed.face.angles_deg.shape, np.nan),
        at_rest=np.isin(observed.time_ns, reference.rest_time_ns),
    )


def _orientations(
    time_ns: NDArray[np.int64],
    angles: Prediction,
    reference: Reference,
    branches: tuple[Prediction, Prediction],
    face_trust: FloatArray | None = None,
    *,
    solved: BoolArray | None = None,
) -> OrientationSeries:
    """Head and thorax from neck and trunk angles, with source, quality and the mark of a bound."""
    n = len(time_ns)
    seen_face, seen_pose = (np.isfinite(p.angles_deg).all(axis=1) for p in branches)
    seen = seen_face | seen_pose if solved is None else seen_face | seen_pose | solved
    known = np.isfinite(angles.angles_deg).all(axis=1) & seen
    head, thorax = np.full((n, 4), np.nan), np.full((n, 4), np.nan)
    if known.any():
        trunk = rotation_from_cardan(angles.angles_deg[known, 3:])
        base = Rotation.from_quat(reference.neutral_thorax) * trunk
        thorax[known] = base.as_quat()
        head[known] = (base * rotation_from_cardan(angles.angles_deg[known, :3])).as_quat()
    sd = np.where(known[:, None], angles.sd_deg[:, :3], np.nan)
    trust = seen_face.astype(np.float64) if face_trust is None else face_trust
    source = np.select([~known, seen_face & (trust > 0.5), seen_face], ["none", "fused", "pose"], "pose")
    with np.errstate(invalid="ignore"):
        far = np.abs(angles.angles_deg[:, :3]) > BEYOND_FROM_DEG
        beyond = np.asarray((far & (sd > BEYOND_SD_DEG)).any(axis=1))
        quality = np.where(known, np.clip(1.2 - np.nanmax(np.nan_to_num(sd), axis=1) / 15.0, 0.05, 1.0), 0.0)
    return OrientationSeries(time_ns, head, thorax, sd, beyond, source, quality)


def _cardan(rotations: Rotation) -> FloatArray:
    return np.asarray(rotations.as_euler("ZXY", degrees=True) * [-1.0, 1.0, -1.0])
