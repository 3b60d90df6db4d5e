"""MediaPipe's pose model on whole bodies: every frame, unsmoothed, tracked; and a look for other people.

The wheel of mediapipe carries one of the three sizes of the pose model (complexity 1); the others would be fetched
over the network, which this package never does. Left and right legs are as the model gives them, frame by frame:
which leg is which over time is the matter of :mod:`neckrom.body`.
"""

from __future__ import annotations

import hashlib

import numpy as np

from neckrom.landmarks.boxes import BodyBox, body_box, without_body
from neckrom.landmarks.environment import MEDIAPIPE_VERSION, check_packages, model_paths
from neckrom.landmarks.mediapipe_engine import (
    RunningModel,
    array_of,
    load_solutions,
    missing_points,
    pixels_of,
)
from neckrom.landmarks.order import RisingTimes
from neckrom.types import N_POSE, BodyFrame, DetectorIdentity, Float32Array, Frame, ImageArray

_COMPLEXITY = 1
"""Size of the pose model: the one that comes with the package."""
_STILL_PASSES = 4
"""How often a single picture is shown to the tracker: its window settles on the person within three."""


class BodyPoseDetector:
    """The pose of the person whom the model finds first, tracked from frame to frame.

    Raises
    ------
    EnvironmentProblemError
        A package, a library or a model is missing, broken or of another version.
    """

    def __init__(self) -> None:
        check_packages()
        self._identity = body_identity()
        self._times = RisingTimes()
        self._model = _pose_model(still=False)

    @property
    def identity(self) -> DetectorIdentity:
        """Model and settings, the same for all clips."""
        return self._identity

    def detect(self, frame: Frame) -> BodyFrame:
        """Pose in one frame.

        Parameters
        ----------
        frame : Frame
            Later than the one before.

        Returns
        -------
        BodyFrame
            Pixels of the frame; NaN where nobody was found. One person, or none.

        Raises
        ------
        FrameMismatchError
            The frame is not later than the last one, or the detector is closed.
        """
        self._times.check(frame)
        return _read(self._model, frame)

    def close(self) -> None:
        """Let go of the model; a second call does nothing."""
        self._times.close()
        self._model.close()


class StillPoseDetector:
    """The pose in single pictures: each is shown to a tracker of its own, again until its window has settled."""

    def __init__(self) -> None:
        check_packages()
        self._identity = body_identity(passes=_STILL_PASSES)

    @property
    def identity(self) -> DetectorIdentity:
        """Model and settings."""
        return self._identity

    def detect(self, frame: Frame) -> BodyFrame:
        """Pose in one picture.

        Parameters
        ----------
        frame : Frame

        Returns
        -------
        BodyFrame
            Pixels of the frame; NaN where nobody was found.
        """
        model = _pose_model(still=False)
        try:
            for _ in range(_STILL_PASSES):
                found = _read(model, frame)
        finally:
            model.close()
        return found

    def close(self) -> None:
        """Nothing is held between pictures."""


class BodyFinder:
    """Finds a body in single pictures, without following anybody."""

    def __init__(self) -> None:
        check_packages()
        self._model = _pose_model(still=True)

    def find(self, picture: ImageArray) -> Float32Array:
        """Pose points in pixels, shape (33, 3); NaN where nobody is seen.

        Parameters
        ----------
        picture : ndarray, shape (height, width, 3), uint8, RGB

        Returns
        -------
        ndarray, shape (33, 3), float32
            z on the scale of x.
        """
        found = self._model.run(picture).pose_landmarks
        if not found:
            return missing_points(N_POSE)
        self._model.has_found()
        return pixels_of(found, picture)

    def find_other(self, picture: ImageArray, mine: BodyBox) -> BodyBox | None:
        """Somebody else in the picture, beside or behind the person in the box.

        Parameters
        ----------
        picture : ndarray, shape (height, width, 3), uint8, RGB
        mine : BodyBox
            The followed person, who is greyed out for it.

        Returns
        -------
        BodyBox or None
            In pixels of the picture; None where nobody else is seen.
        """
        return body_box(self.find(without_body(picture, mine)))

    def close(self) -> None:
        """Let go of the model; a second call does nothing."""
        self._model.close()


def body_identity(*, passes: int = 1) -> DetectorIdentity:
    """Model and settings, without starting the model.

    Parameters
    ----------
    passes : int
        How often each picture is shown to the model: 1 on the frames of a clip.

    Returns
    -------
    DetectorIdentity
        With the digest of the pose model's files.

    Raises
    ------
    EnvironmentProblemError
        The package or one of its models is missing.
    """
    digest = hashlib.sha256()
    for path in model_paths():
        if path.name.startswith("pose_"):
            digest.update(path.read_bytes())
    rhythm = "every frame" if passes == 1 else f"single pictures, {passes} passes"
    return DetectorIdentity(
        name="mediapipe",
        version=MEDIAPIPE_VERSION,
        model_sha256=digest.hexdigest(),
        settings=f"pose complexity {_COMPLEXITY}, tracked, unsmoothed, {rhythm}",
    )


def _pose_model(*, still: bool) -> RunningModel:
    pose = load_solutions().pose.Pose
    return RunningModel(
        lambda: pose(
            static_image_mode=still,
            model_complexity=_COMPLEXITY,
            smooth_landmarks=False,  # it lags: smoothing comes later, without a delay
            enable_segmentation=False,
        )
    )


def _read(model: RunningModel, frame: Frame) -> BodyFrame:
    found = model.run(frame.image)
    if not found.pose_landmarks:
        nobody = missing_points(N_POSE)
        return BodyFrame(frame.time_ns, nobody, nobody.copy(), nobody[:, 0].copy(), people=0)
    model.has_found()
    points = found.pose_landmarks.landmark
    return BodyFrame(
        time_ns=frame.time_ns,
        pose=pixels_of(found.pose_landmarks, frame.image),
        pose_world=array_of(found.pose_world_landmarks).astype(np.float32),
        pose_visibility=np.array([point.visibility for point in points], dtype=np.float32),
        people=1,
    )
