"""MediaPipe's face mesh and pose models: the only module that imports them.

Pixels are ``x * width``, ``y * height``, ``z * width`` of what the models give,
unsmoothed. Known weaknesses: points of the face's contour slide over the skin;
``pose_visibility`` is 1 for points that are hidden; the mesh is lost at the end of the
range and sometimes sees a face where there is none.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from neckrom.errors import EnvironmentProblemError
from neckrom.landmarks.environment import (
    MEDIAPIPE_VERSION,
    check_packages,
    explain_import_error,
    model_paths,
)
from neckrom.landmarks.following import (
    HeadBox,
    PersonFollower,
    box_of,
    reach_in_faces,
    without_others,
)
from neckrom.landmarks.order import RisingTimes
from neckrom.landmarks.quiet import QuietStderr
from neckrom.landmarks.schedule import TURNED_DEG, PoseSchedule
from neckrom.types import (
    N_FACE,
    N_POSE,
    DetectorIdentity,
    Float32Array,
    FloatArray,
    Frame,
    ImageArray,
    LandmarkFrame,
)

_FACE_DETECTION_CONFIDENCE = 0.3
"""From which the mesh takes what its detector finds for a face."""
_FACE_TRACKING_CONFIDENCE = 0.1
"""Below which the mesh is lost and a face is looked for again."""
_LOOK_CONFIDENCE = 0.6
"""From which a look for all faces counts one: a wrong one would be greyed out of the picture."""
_FULL_RANGE = 1
"""MediaPipe's number of the face detector that also sees faces far away; 0 is the one for faces within 2 m."""
_FINDER_CONFIDENCE = 0.5
"""From which a face in a single picture counts."""
_HEAD_POINTS = slice(0, 11)
"""Nose, eyes, ears and mouth among the pose points."""
_FOLLOW_EVERY_S = 0.038
"""Points are followed at up to 25 frames a second: a head does not turn faster than that can show."""
_STRANGER_S = 2.0
"""The head of a pose that was somebody else's is kept out of the picture this long."""


@dataclass(frozen=True, slots=True)
class FaceLook:
    """What the first stage hands to the second.

    Attributes
    ----------
    time_ns : int
    image : ndarray, shape (height, width, 3), uint8, RGB
        The whole picture.
    face : ndarray, shape (478, 3), float32
    head : HeadBox or None
        Where the followed face is, or was last; None before it was seen at all.
    others : tuple of HeadBox
        Other people's faces.
    run_pose : bool
    """

    time_ns: int
    image: ImageArray
    face: Float32Array
    head: HeadBox | None
    others: tuple[HeadBox, ...]
    run_pose: bool

    @property
    def found(self) -> bool:
        """Whether the followed face is seen in this frame."""
        return bool(np.isfinite(self.face[0, 0]))


@dataclass(frozen=True, slots=True)
class PoseLook:
    """What the second stage hands to the third.

    Attributes
    ----------
    look : FaceLook
    pose, world : ndarray, shape (33, 3), float32
        NaN where the pose was not found or not looked for.
    visibility : ndarray, shape (33,), float32
    """

    look: FaceLook
    pose: Float32Array
    visibility: Float32Array
    world: Float32Array


class MediaPipeDetector:
    """Face mesh with attention and pose, tracked over time, following one person.

    There are three stages that may run in as many threads, each frame through :meth:`look`,
    :meth:`find_pose` and :meth:`follow`, in time order; :meth:`detect` is all of them in one.

    Parameters
    ----------
    pose_every_frame : bool
        Run the pose model on every frame, not only where something would be lost
        without it (see :mod:`neckrom.landmarks.schedule`).

    Raises
    ------
    EnvironmentProblemError
        A package, a library or a model is missing, broken or of another version.
    """

    def __init__(self, *, pose_every_frame: bool = False) -> None:
        check_packages()
        self._identity = engine_identity(pose_every_frame=pose_every_frame)
        solutions = load_solutions()
        self._times = RisingTimes()
        self._face = _FaceStage(solutions, PoseSchedule(every_frame=pose_every_frame))
        self._pose = _PoseStage(solutions)
        self._points = _PointStage()

    @property
    def identity(self) -> DetectorIdentity:
        """Models and settings, the same for all clips."""
        return self._identity

    def detect(self, frame: Frame) -> LandmarkFrame:
        """Landmarks of one frame.

        Parameters
        ----------
        frame : Frame
            Later than the one before.

        Returns
        -------
        LandmarkFrame
            Pixels of the frame; NaN where something was not found or not looked for.

        Raises
        ------
        FrameMismatchError
            The frame is not later than the last one, or the detector is closed.
        """
        return self.follow(self.find_pose(self.look(frame)))

    def stages(self) -> tuple[Callable[[Any], Any], ...]:
        """The stages in their order, from a frame to its landmarks.

        Returns
        -------
        tuple of callable
            :meth:`look`, :meth:`find_pose`, :meth:`follow`.
        """
        return self.look, self.find_pose, self.follow

    def look(self, frame: Frame) -> FaceLook:
        """First stage: the followed person's face, and who else is there.

        Parameters
        ----------
        frame : Frame
            Later than the one before.

        Returns
        -------
        FaceLook

        Raises
        ------
        FrameMismatchError
            As in :meth:`detect`.
        """
        self._times.check(frame)
        return self._face.run(frame)

    def find_pose(self, look: FaceLook) -> PoseLook:
        """Second stage: the same person's pose, where it is due.

        Parameters
        ----------
        look : FaceLook
            In time order.

        Returns
        -------
        PoseLook
            NaN also where the pose was somebody else's.
        """
        return self._pose.run(look)

    def follow(self, seen: PoseLook) -> LandmarkFrame:
        """Third stage: movement of the picture and points over head and chest, placed by the pose.

        Parameters
        ----------
        seen : PoseLook
            In time order.

        Returns
        -------
        LandmarkFrame
        """
        return self._points.run(seen)

    def close(self) -> None:
        """Let go of the models; a second call does nothing."""
        self._times.close()
        self._face.close()
        self._pose.close()


class FaceFinder:
    """Finds upright faces in single pictures, without following anybody.

    Both face detectors are asked. They also see faces in pictures that lie on their side or stand on
    their head, but less surely, and one of them then most often not at all.
    """

    def __init__(self) -> None:
        check_packages()
        detection = load_solutions().face_detection.FaceDetection
        self._models = [
            RunningModel(
                lambda near=near: detection(model_selection=near, min_detection_confidence=_FINDER_CONFIDENCE)
            )
            for near in (0, _FULL_RANGE)
        ]
        for model in self._models:
            model.has_found()

    def score(self, picture: ImageArray) -> float:
        """How surely an upright face is seen, 0 to 1: the mean of both detectors.

        Parameters
        ----------
        picture : ndarray, shape (height, width, 3), uint8, RGB

        Returns
        -------
        float
            0 where no detector sees a face whose mouth is below the eyes.
        """
        return sum(self._score(model, picture) for model in self._models) / len(self._models)

    def close(self) -> None:
        """Let go of the models; a second call does nothing."""
        for model in self._models:
            model.close()

    def _score(self, model: RunningModel, picture: ImageArray) -> float:
        height, width = picture.shape[:2]
        best = 0.0
        for found in model.run(picture).detections or []:
            right_eye, left_eye, _, mouth = found.location_data.relative_keypoints[:4]
            across = (mouth.x - (right_eye.x + left_eye.x) / 2) * width
            down = (mouth.y - (right_eye.y + left_eye.y) / 2) * height
            if down > abs(across):  # the mouth below the eyes
                best = max(best, float(found.score[0]))
        return best


class _FaceStage:
    """Finds the followed face and looks out for others from time to time."""

    def __init__(self, solutions: ModuleType, schedule: PoseSchedule) -> None:
        self._mesh = RunningModel(
            lambda: solutions.face_mesh.FaceMesh(
                static_image_mode=False,
                max_num_faces=1,
                refine_landmarks=True,
                min_detection_confidence=_FACE_DETECTION_CONFIDENCE,
                min_tracking_confidence=_FACE_TRACKING_CONFIDENCE,
            )
        )
        self._finder = RunningModel(
            lambda: solutions.face_detection.FaceDetection(
                model_selection=_FULL_RANGE, min_detection_confidence=_LOOK_CONFIDENCE
            )
        )
        self._finder.has_found()
        self._follower = PersonFollower()
        self._schedule = schedule

    def run(self, frame: Frame) -> FaceLook:
        follower = self._follower
        if follower.look_due(frame.time_ns):
            follower.take_look(frame.time_ns, self._find_faces(frame.image))
        head = follower.followed
        picture = frame.image if head is None else without_others(frame.image, head, follower.others)
        face = self._find_mesh(picture)
        box = box_of(face)
        if box is not None and not follower.take_face(frame.time_ns, box):
            face = missing_points(N_FACE)
        return FaceLook(
            time_ns=frame.time_ns,
            image=frame.image,
            face=face,
            head=follower.followed,
            others=follower.others,
            run_pose=self._schedule.due(frame.time_ns, face),
        )

    def close(self) -> None:
        self._mesh.close()
        self._finder.close()

    def _find_mesh(self, picture: ImageArray) -> Float32Array:
        found = self._mesh.run(picture).multi_face_landmarks
        if not found:
            return missing_points(N_FACE)
        self._mesh.has_found()
        return pixels_of(found[0], picture)

    def _find_faces(self, image: ImageArray) -> list[HeadBox]:
        found = self._finder.run(image).detections or []
        height, width = image.shape[:2]
        boxes = [detection.location_data.relative_bounding_box for detection in found]
        return [
            HeadBox(
                x=(box.xmin + box.width / 2) * width,
                y=(box.ymin + box.height / 2) * height,
                size=max(box.width * width, box.height * height),
            )
            for box in boxes
        ]


class _PoseStage:
    """Finds the pose of the person whose face is followed."""

    def __init__(self, solutions: ModuleType) -> None:
        self._model = RunningModel(
            lambda: solutions.pose.Pose(
                static_image_mode=False,
                model_complexity=1,
                smooth_landmarks=False,  # it lags: smoothing comes later, without a delay
                enable_segmentation=False,
            )
        )
        self._last_head: tuple[HeadBox, int] | None = None
        self._strangers: list[tuple[HeadBox, int]] = []

    def run(self, look: FaceLook) -> PoseLook:
        pose, visibility, world = missing_points(N_POSE), missing_points(N_POSE)[:, 0], missing_points(N_POSE)
        if look.run_pose:
            picture = self._picture(look)
            found = self._model.run(picture)
            if found.pose_landmarks:
                self._model.has_found()
                points = found.pose_landmarks.landmark
                candidate = pixels_of(found.pose_landmarks, picture)
                if self._belongs(look, candidate):
                    pose = candidate
                    visibility = np.array([point.visibility for point in points], dtype=np.float32)
                    world = array_of(found.pose_world_landmarks).astype(np.float32)
        return PoseLook(look, pose, visibility, world)

    def close(self) -> None:
        self._model.close()

    def _picture(self, look: FaceLook) -> ImageArray:
        if look.head is None:
            return look.image
        self._strangers = [s for s in self._strangers if (look.time_ns - s[1]) * 1e-9 <= _STRANGER_S]
        return without_others(look.image, look.head, (*look.others, *(box for box, _ in self._strangers)))

    def _belongs(self, look: FaceLook, pose: Float32Array) -> bool:
        """Whether the pose's head is the followed head; a stranger is kept out of the next pictures."""
        if look.head is None:
            return True
        middle = pose[_HEAD_POINTS, :2].mean(axis=0)
        head = HeadBox(float(middle[0]), float(middle[1]), look.head.size)
        near = look.head.distance(head) <= look.head.size
        if not near and not look.found and self._last_head is not None:
            last, last_ns = self._last_head
            reach = reach_in_faces((look.time_ns - last_ns) * 1e-9)
            near = last.distance(head) <= reach * look.head.size
        if near:
            self._last_head = (head, look.time_ns)
        else:
            self._strangers.append((head, look.time_ns))
        return near


class _PointStage:
    """Follows the picture over the head, and points on head and chest, from frame to frame."""

    def __init__(self) -> None:
        from neckrom.landmarks.motion import MotionFollower  # noqa: PLC0415  (cv2: once it is known to load)
        from neckrom.landmarks.tracks import CHEST, HEAD, PointFollower  # noqa: PLC0415

        self._motion = MotionFollower()
        self._tracks = PointFollower(HEAD)
        self._chest = PointFollower(CHEST)
        self._followed_ns = -(10**12)

    def run(self, seen: PoseLook) -> LandmarkFrame:
        look = seen.look
        motion, motion_box = self._motion.follow(look.time_ns, look.image, seen.pose)
        tracks = chest = None
        if (look.time_ns - self._followed_ns) * 1e-9 >= _FOLLOW_EVERY_S:
            tracks = self._tracks.follow(look.image, self._motion.head_box(look.time_ns))
            chest = self._chest.follow(look.image, self._motion.chest_box(look.time_ns))
            self._followed_ns = look.time_ns
        return LandmarkFrame(
            time_ns=look.time_ns,
            face=look.face,
            pose=seen.pose,
            pose_visibility=seen.visibility,
            pose_world=seen.world,
            faces=len(look.others) + int(look.found),
            pose_ran=look.run_pose,
            motion=motion,
            motion_box=motion_box,
            tracks=tracks,
            chest_tracks=chest,
        )


class _Solution(Protocol):
    def process(self, image: ImageArray) -> Any: ...

    def close(self) -> None: ...


class _Starter(Protocol):
    def __call__(self) -> _Solution: ...


class RunningModel:
    """One running model, kept from talking.

    The libraries below write to descriptor 2 when a model starts, when it runs for the
    first time and when it first finds something, and then no more: until then it is shut.
    """

    def __init__(self, start: _Starter) -> None:
        self._quiet = QuietStderr()
        self._quiet.hold()
        try:
            self._solution: _Solution | None = start()
            self._solution.process(np.zeros((256, 256, 3), dtype=np.uint8))
        except (RuntimeError, ValueError, OSError) as error:
            self._quiet.release()
            raise EnvironmentProblemError(
                f"MediaPipe's models cannot be started ({str(error).splitlines()[0]}): "
                f"pip install --force-reinstall mediapipe=={MEDIAPIPE_VERSION}"
            ) from error

    def run(self, picture: ImageArray) -> Any:
        """What the model gives for the picture.

        Parameters
        ----------
        picture : ndarray, shape (height, width, 3), uint8, RGB

        Returns
        -------
        NamedTuple
            MediaPipe's, with the outputs of that solution.
        """
        assert self._solution is not None
        return self._solution.process(picture)

    def has_found(self) -> None:
        """The model has found something: it will not talk any more."""
        self._quiet.release()

    def close(self) -> None:
        """Let go; a second call does nothing."""
        solution, self._solution = self._solution, None
        if solution is not None:
            with QuietStderr():
                solution.close()
        self._quiet.release()


def load_solutions() -> ModuleType:
    """MediaPipe's solutions, without their chatter.

    Returns
    -------
    module

    Raises
    ------
    EnvironmentProblemError
        They cannot be loaded; the message says what to install.
    """
    with QuietStderr(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # protobuf's, on Python 3.12
        try:
            from mediapipe.python import solutions  # noqa: PLC0415  (takes a second: only when it is needed)
        except (ImportError, OSError) as error:
            raise explain_import_error(error) from error
    return solutions  # type: ignore[no-any-return]


def engine_identity(*, pose_every_frame: bool = False) -> DetectorIdentity:
    """Models and settings, without starting the models.

    Parameters
    ----------
    pose_every_frame : bool
        As of :class:`MediaPipeDetector`.

    Returns
    -------
    DetectorIdentity
        With the digest of all model files in their order.

    Raises
    ------
    EnvironmentProblemError
        The package or one of its models is missing.
    """
    digest = hashlib.sha256()
    for path in model_paths():
        digest.update(path.read_bytes())
    rhythm = "every frame" if pose_every_frame else f"10/s, every frame beyond {TURNED_DEG:g} deg"
    return DetectorIdentity(
        name="mediapipe",
        version=MEDIAPIPE_VERSION,
        model_sha256=digest.hexdigest(),
        settings=(
            f"face mesh with attention, tracked, confidence {_FACE_DETECTION_CONFIDENCE}/"
            f"{_FACE_TRACKING_CONFIDENCE}; pose complexity 1, unsmoothed, {rhythm}; "
            f"points every {_FOLLOW_EVERY_S} s"
        ),
    )


def array_of(found: Any) -> FloatArray:
    """Points as the model gives them, shape (N, 3): shares of the picture, or metres.

    Parameters
    ----------
    found : NormalizedLandmarkList or LandmarkList
        A protocol buffer. It is read from its bytes, where every point takes as many, five of them for each
        coordinate: one by one through Python, the points of a face take as long as a twentieth of its model.

    Returns
    -------
    ndarray, shape (N, 3), float64
    """
    count = len(found.landmark)
    wire = np.frombuffer(found.SerializeToString(), dtype=np.uint8)
    if count and len(wire) % count == 0 and len(wire) // count >= _WIRE_LENGTH:
        points = wire.reshape(count, -1)
        if (points[:, _WIRE_TAGS] == (_POINT_TAG, points.shape[1] - 2, *_COORDINATE_TAGS)).all():
            coordinates = points[:, 2:_WIRE_LENGTH].reshape(count, 3, 5)[:, :, 1:]
            return np.ascontiguousarray(coordinates).view("<f4")[..., 0].astype(np.float64)
    return np.array([[point.x, point.y, point.z] for point in found.landmark], dtype=np.float64)


_WIRE_LENGTH = 17
"""Bytes of a point at least: its tag, its length, and x, y, z as tag and float each; what follows is not read."""
_WIRE_TAGS = (0, 1, 2, 7, 12)
"""Places of the tags and of the length among a point's bytes."""
_POINT_TAG = 0x0A
"""Field 1 with a length."""
_COORDINATE_TAGS = (0x0D, 0x15, 0x1D)
"""Fields 1 to 3 of 32 bits (protobuf.dev, "Encoding")."""


def pixels_of(found: Any, picture: ImageArray) -> Float32Array:
    """Points in pixels of the picture, shape (N, 3); z on the scale of x.

    Parameters
    ----------
    found : NormalizedLandmarkList
    picture : ndarray, shape (height, width, 3)

    Returns
    -------
    ndarray, shape (N, 3), float32
        x right, y down; points may lie outside of the picture.
    """
    height, width = picture.shape[:2]
    return (array_of(found) * (width, height, width)).astype(np.float32)


def missing_points(count: int) -> Float32Array:
    """NaN, shape (count, 3).

    Parameters
    ----------
    count : int

    Returns
    -------
    ndarray, shape (count, 3), float32
    """
    return np.full((count, 3), np.nan, dtype=np.float32)
