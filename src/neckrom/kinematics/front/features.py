"""Geometry that the fitted networks see: the person as a camera aimed at the resting head would.

Everything is counted in the picture of a virtual camera that is turned, not moved, so that the
head at rest is in its middle, and in units of the person's own eye distance there: seat, aim of
the camera and size of the picture drop out. The focal length enters only through the lines of sight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.columns import in_blocks
from neckrom.kinematics.neck_angles import cardan_of
from neckrom.kinematics.pose_points import HIP_ROWS, OPPOSITE_ROWS, POSE_POINTS
from neckrom.kinematics.rotations import BODY_FACING_CAMERA, rotations_between
from neckrom.kinematics.smoothing import bridged
from neckrom.types import (
    POSE_HEAD,
    POSE_SHOULDERS,
    BoolArray,
    Float32Array,
    FloatArray,
    IntArray,
    LandmarkSeries,
)

# numbers in the face mesh (468 points of the skin from 0, then the irises); of a pair the person's right first
_MIDLINE = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 1, 2, 0, 13, 14, 17, 199, 175, 152)
_PAIRS = (
    *((33, 263), (133, 362), (159, 386), (145, 374), (98, 327), (129, 358), (50, 280), (101, 330)),
    *((205, 425), (117, 346), (118, 347), (67, 297), (109, 338), (54, 284), (105, 334), (66, 296)),
    *((61, 291), (148, 377), (127, 356), (234, 454), (93, 323), (132, 361), (58, 288), (172, 397)),
    *((468, 473), (36, 266), (198, 420), (193, 417)),
)
_RIGID = (
    *(33, 263, 133, 362, 168, 6, 197, 195, 5, 4, 1, 9, 8, 98, 327, 129, 358, 50, 280, 101, 330),
    *(117, 346, 118, 347, 36, 266, 198, 420, 193, 417),
)

FACE_POINTS: IntArray = np.array([*_MIDLINE, *(a for a, _ in _PAIRS), *(b for _, b in _PAIRS)])
"""Points of the face mesh in use: midline, the person's right half, the left half in the same order."""
RIGID_ROWS: IntArray = np.array([int(np.flatnonzero(i == FACE_POINTS)[0]) for i in _RIGID])
"""Rows of ``FACE_POINTS`` that move with the skull: eyes, nose, cheeks; not the outline, which slides."""
POSE_GAP_S = 0.2
"""Pose points are interpolated over gaps up to this long: the pose model need not run on every frame."""

# outer corners of the eyes: what is between them at rest is the unit of length
_EYE_ROWS = tuple(int(np.flatnonzero(i == FACE_POINTS)[0]) for i in (33, 263))
_FACE_MIRROR: IntArray = np.concatenate(
    [
        np.arange(len(_MIDLINE)),
        len(_MIDLINE) + len(_PAIRS) + np.arange(len(_PAIRS)),
        len(_MIDLINE) + np.arange(len(_PAIRS)),
    ]
)
_HEAD_AND_SHOULDERS = slice(0, 13)
"""Rows of ``POSE_POINTS``."""


@dataclass(frozen=True, slots=True)
class Points:
    """The points in use, N frames; NaN where not found.

    Attributes
    ----------
    face : ndarray, shape (N, 75, 3)
        Rows of ``FACE_POINTS``, pixels, z on the scale of x.
    pose : ndarray, shape (N, 15, 3)
        Rows of ``POSE_POINTS``, pixels, z on the scale of x.
    world : ndarray, shape (N, 15, 3)
        The same points in metres.
    """

    face: FloatArray
    pose: FloatArray
    world: FloatArray

    @property
    def face_found(self) -> BoolArray:
        """Frames with a face, shape (N,)."""
        return np.asarray(np.isfinite(self.face).all(axis=(1, 2)))

    @property
    def pose_found(self) -> BoolArray:
        """Frames with a pose, shape (N,)."""
        return np.asarray(np.isfinite(self.pose).all(axis=(1, 2)) & np.isfinite(self.world).all(axis=(1, 2)))

    def mirrored(self, centre_x: float) -> Points:
        """The mirrored person in front of the same camera.

        Parameters
        ----------
        centre_x : float
            Column of the picture about which it is mirrored, pixels.

        Returns
        -------
        Points
            Left and right points have changed places.
        """
        flip = np.array([-1.0, 1.0, 1.0])
        shift = np.array([2.0 * centre_x, 0.0, 0.0])
        return Points(
            face=self.face[:, _FACE_MIRROR] * flip + shift,
            pose=self.pose[:, OPPOSITE_ROWS] * flip + shift,
            world=self.world[:, OPPOSITE_ROWS] * flip,
        )


@dataclass(frozen=True, slots=True)
class Lens:
    """Focal length and centre of the picture, pixels."""

    focal: float
    cx: float
    cy: float


@dataclass(frozen=True, slots=True)
class Blocks:
    """Feature blocks of N frames, before projection; NaN rows where the model found nothing.

    Attributes
    ----------
    face : ndarray, shape (N, 225)
        Face points about the middle of the rigid ones, seen along the ray to the head, in eye distances.
    place : ndarray, shape (N, 4)
        Where the face is in the virtual camera (eye distances), log of its size against
        neutral, log of the misfit of the rigid fit.
    rigid : ndarray, shape (N, 6)
        Rigid fit to the person's neutral: Cardan angles in degrees, rotation vector in radians.
    pose : ndarray, shape (N, 40)
        Head points about the middle of the shoulders, mean depth of the head, shoulders.
    world : ndarray, shape (N, 42)
        Head points and shoulders about the middle of the shoulders, shoulders about the hips, metres.
    """

    face: FloatArray
    place: FloatArray
    rigid: FloatArray
    pose: FloatArray
    world: FloatArray


@dataclass(frozen=True, slots=True)
class Rest:
    """The person at rest before this camera.

    Attributes
    ----------
    lens : Lens
    aim : ndarray, shape (3, 3)
        Camera frame to the virtual camera that has the resting head in its middle.
    shape : ndarray, shape (75, 3)
        Face points at rest, in units of ``eye_distance``.
    eye_distance : float
        Between the outer corners of the eyes, in units of the focal length.
    face, pose, world : ndarray
        Mean of the blocks of :class:`Blocks` at rest.
    """

    lens: Lens
    aim: FloatArray
    shape: FloatArray
    eye_distance: float
    face: FloatArray
    pose: FloatArray
    world: FloatArray


@dataclass(frozen=True, slots=True)
class RecordedPoints:
    """The points in use of a recording of any length: they are read where they are asked for.

    Attributes
    ----------
    landmarks : LandmarkSeries, N frames
    """

    landmarks: LandmarkSeries

    def at(self, rows: slice) -> Points:
        """The points in some of the frames.

        Parameters
        ----------
        rows : slice

        Returns
        -------
        Points, n frames
            Pose points interpolated over gaps up to ``POSE_GAP_S``, also over those that reach out of the rows.
        """
        landmarks = self.landmarks
        face = landmarks.face[rows][:, FACE_POINTS].astype(np.float64)
        return Points(face, self._bridged(landmarks.pose, rows), self._bridged(landmarks.pose_world, rows))

    def of_pose(self, what: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Something of the pose in every frame.

        Parameters
        ----------
        what : callable
            From the pose in some frames, shape (n, 15, 3), to an array of as many rows.

        Returns
        -------
        ndarray, shape (N, ...)
        """
        pose = self.landmarks.pose
        return np.concatenate([what(self._bridged(pose, rows)) for rows in in_blocks(pose)])

    def _bridged(self, points: Float32Array, rows: slice) -> FloatArray:
        """Rows of ``POSE_POINTS``, interpolated."""
        time_s = self.landmarks.time_s
        inside = time_s[rows]
        around, own = rows, slice(None)
        if len(inside):
            reach_s = POSE_GAP_S + 1e-3
            first, start, last = np.searchsorted(
                time_s, [inside[0] - reach_s, inside[0], inside[-1] + reach_s]
            )
            around, own = (
                slice(int(first), int(last)),
                slice(int(start - first), int(start - first) + len(inside)),
            )
        return bridged(time_s[around], points[around][:, POSE_POINTS].astype(np.float64), POSE_GAP_S)[own]

    def still(self, neutral: BoolArray) -> tuple[Points, BoolArray]:
        """The points from the first to the last frame of a neutral stretch.

        Parameters
        ----------
        neutral : ndarray, shape (N,), bool

        Returns
        -------
        points : Points, n frames
        used : ndarray, shape (n,), bool
            Frames of the stretch in which both face and pose were found.
        """
        frames = np.flatnonzero(neutral)
        rows = slice(int(frames[0]), int(frames[-1]) + 1) if len(frames) else slice(0, 0)
        points = self.at(rows)
        return points, np.asarray(neutral[rows] & points.face_found & points.pose_found)

    def in_blocks(self) -> Iterator[Points]:
        """All frames, so many at a time that memory does not grow with the recording.

        Yields
        ------
        Points
            In the order of the frames.
        """
        landmarks = self.landmarks
        for rows in in_blocks(landmarks.face, landmarks.pose, landmarks.pose_world):
            yield self.at(rows)


def points_of(landmarks: LandmarkSeries) -> Points:
    """The points in use, all at once; pose points interpolated over short gaps.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames

    Returns
    -------
    Points, N frames
        Face points are not interpolated, pose points over gaps up to ``POSE_GAP_S``.
    """
    return RecordedPoints(landmarks).at(slice(0, len(landmarks)))


def at_rest(points: Points, lens: Lens) -> Rest:
    """Reference from the frames of the neutral stretch, all with face and pose.

    Parameters
    ----------
    points : Points, at least one frame, nothing NaN
    lens : Lens

    Returns
    -------
    Rest
        Means over the frames.
    """
    sight = _lines_of_sight(points.face, lens)
    aim = _turn_to_axis(sight[:, RIGID_ROWS].mean(axis=(0, 1)))
    centred = _along_own_ray(points.face, lens)[0]
    shape = centred.mean(axis=0)
    shape = shape - shape[RIGID_ROWS].mean(axis=0)
    eye_distance = float(np.linalg.norm(shape[_EYE_ROWS[0]] - shape[_EYE_ROWS[1]]))
    shape = shape / eye_distance
    pose, world = _body_blocks(points, lens, aim, eye_distance)
    face = (centred - centred[:, RIGID_ROWS].mean(axis=1, keepdims=True)) / eye_distance
    return Rest(
        lens=lens,
        aim=aim,
        shape=shape,
        eye_distance=eye_distance,
        face=face.reshape(len(face), -1).mean(axis=0),
        pose=pose.mean(axis=0),
        world=world.mean(axis=0),
    )


def blocks_of(points: Points, rest: Rest) -> Blocks:
    """Feature blocks of each frame, against the person at rest; frames do not influence each other.

    Parameters
    ----------
    points : Points, N frames
    rest : Rest

    Returns
    -------
    Blocks, N frames
        Those of the face are NaN where no face was found, those of the body where no pose was.
    """
    found = points.face_found
    n = len(found)
    face, place, rigid = (np.full((n, k), np.nan) for k in (rest.face.size, 4, 6))
    if found.any():
        face[found], place[found], rigid[found] = _face_blocks(points.face[found], rest)
    pose, world = _body_blocks(points, rest.lens, rest.aim, rest.eye_distance)
    return Blocks(face, place, rigid, pose, world)


def _face_blocks(face: FloatArray, rest: Rest) -> tuple[FloatArray, FloatArray, FloatArray]:
    centred, own_ray, centre = _along_own_ray(face, rest.lens)
    shape = (centred - centred[:, RIGID_ROWS].mean(axis=1, keepdims=True)) / rest.eye_distance
    model = rest.shape[RIGID_ROWS] - rest.shape[RIGID_ROWS].mean(axis=0)
    seen = shape[:, RIGID_ROWS]
    turned = rotations_between(model, seen)
    fitted = np.einsum("nij,kj->nki", turned, model)
    size = (seen * fitted).sum(axis=(1, 2)) / (model**2).sum()
    misfit = np.sqrt(((seen - size[:, None, None] * fitted)[..., :2] ** 2).mean(axis=(1, 2)))
    middle = np.einsum("ij,nj->ni", rest.aim, centre)
    place = np.column_stack(
        [
            middle[:, :2] / middle[:, 2:] / rest.eye_distance,
            np.log(np.maximum(size, 1e-3)),
            np.log(np.maximum(misfit, 1e-6)),
        ]
    )
    in_view = rest.aim @ own_ray.transpose(0, 2, 1) @ turned
    relative = Rotation.from_matrix(BODY_FACING_CAMERA.T @ in_view @ BODY_FACING_CAMERA)
    return shape.reshape(len(shape), -1), place, np.hstack([cardan_of(relative), relative.as_rotvec()])


def _body_blocks(
    points: Points, lens: Lens, aim: FloatArray, eye_distance: float
) -> tuple[FloatArray, FloatArray]:
    n = len(points.pose)
    picture = _project(aim, _lines_of_sight(points.pose, lens))
    pose = np.concatenate([picture, points.pose[..., 2:] / lens.focal], axis=-1) / eye_distance
    middle = pose[:, POSE_SHOULDERS].mean(axis=1, keepdims=True)
    head = pose[:, POSE_HEAD] - middle
    depth = head[..., 2].mean(axis=1)
    head[..., 2] -= depth[:, None]
    shoulders = pose[:, POSE_SHOULDERS].copy()
    shoulders[..., 2] -= middle[..., 2]
    world_middle = points.world[:, POSE_SHOULDERS].mean(axis=1)
    world = points.world[:, _HEAD_AND_SHOULDERS] - world_middle[:, None]
    spine = world_middle - points.world[:, HIP_ROWS].mean(axis=1)
    return (
        np.hstack([head.reshape(n, -1), depth[:, None], shoulders.reshape(n, -1)]),
        np.hstack([world.reshape(n, -1), spine]),
    )


def middle_on_plane(pose: FloatArray, which: list[int], lens: Lens) -> FloatArray:
    """Middle of two pose points on the plane at depth 1.

    Parameters
    ----------
    pose : ndarray, shape (N, 15, 3)
        Pixels, rows of ``POSE_POINTS``.
    which : list of int
        Rows of the points.
    lens : Lens

    Returns
    -------
    ndarray, shape (N, 2)
        Right and down from the optical axis, in focal lengths; NaN where the pose was not found.
    """
    return np.asarray((pose[:, which, :2].mean(axis=1) - [lens.cx, lens.cy]) / lens.focal)


def head_on_plane(pose: FloatArray, lens: Lens) -> FloatArray:
    """Middle of all head points of the pose model on the plane at depth 1.

    Parameters
    ----------
    pose : ndarray, shape (N, 15, 3)
        Pixels, rows of ``POSE_POINTS``.
    lens : Lens

    Returns
    -------
    ndarray, shape (N, 2)
        Right and down from the optical axis, in focal lengths; NaN where the pose was not found.
    """
    return np.asarray((pose[:, POSE_HEAD, :2].mean(axis=1) - [lens.cx, lens.cy]) / lens.focal)


def _along_own_ray(face: FloatArray, lens: Lens) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Face points in a camera turned to the face: (N, K, 3); that turn (N, 3, 3); the ray (N, 3)."""
    sight = _lines_of_sight(face, lens)
    centre = sight[:, RIGID_ROWS].mean(axis=1)
    turn = _turn_to_axis(centre)
    return np.concatenate([_project(turn, sight), face[..., 2:] / lens.focal], axis=-1), turn, centre


def _lines_of_sight(points: FloatArray, lens: Lens) -> FloatArray:
    x = (points[..., 0] - lens.cx) / lens.focal
    y = (points[..., 1] - lens.cy) / lens.focal
    return np.stack([x, y, np.ones_like(x)], axis=-1)


def _project(turn: FloatArray, sight: FloatArray) -> FloatArray:
    turned = np.einsum("...ij,...kj->...ki", turn, sight)
    # a line that is turned to the side of the virtual camera, or behind it, would end far out or on the other side
    return np.asarray(turned[..., :2] / np.maximum(turned[..., 2:], 0.2))


def _turn_to_axis(direction: FloatArray) -> FloatArray:
    """Shortest rotation of each direction, shape (..., 3), onto the optical axis; shape (..., 3, 3)."""
    unit = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    x, y, z = unit[..., 0], unit[..., 1], unit[..., 2]
    k = 1.0 / (1.0 + z)
    rows = [1 - k * x * x, -k * x * y, -x, -k * x * y, 1 - k * y * y, -y, x, y, z]
    return np.asarray(np.stack(rows, axis=-1).reshape(*direction.shape[:-1], 3, 3))
