"""Value types that all layers share.

Conventions (``docs/conventions.md`` is the source): left and right are the
person's; degrees; seconds; NaN means "not measured"; camera axes x right,
y down, z forward; body axes x anterior, y superior, z to the person's right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from neckrom.columns import found_rows

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
ImageArray = NDArray[np.uint8]

N_FACE = 478
"""Points of the face mesh with attention (468 of the mesh, 10 of the irises)."""
N_POSE = 33
"""Points of the pose model."""
POSE_NOSE = 0
POSE_EYES, POSE_EARS, POSE_MOUTH = [2, 5], [7, 8], [9, 10]
POSE_SHOULDERS, POSE_HIPS = [11, 12], [23, 24]
POSE_ANKLES, POSE_HEELS, POSE_TOES = [27, 28], [29, 30], [31, 32]
"""Points of the pose model in pairs, the person's left first."""
POSE_HEAD = slice(0, 11)
"""All points of the pose model on the head: nose, eyes, ears and mouth."""
N_MOTION = 14
"""Side of the square grid on which the motion of the head's picture is followed."""
N_TRACKS = 160
"""Points on the head that are followed at the same time."""
N_CHEST_TRACKS = 80
"""Points on the chest that are followed at the same time."""


class Movement(StrEnum):
    """The six directions, in the fixed order of every table and file."""

    FLEXION = "flexion"
    EXTENSION = "extension"
    ROTATION_LEFT = "rotation_left"
    ROTATION_RIGHT = "rotation_right"
    LATERAL_LEFT = "lateral_left"
    LATERAL_RIGHT = "lateral_right"

    @property
    def plane(self) -> int:
        """Column of the angle: 0 flexion, 1 lateral, 2 rotation."""
        return {"flexion": 0, "extension": 0, "lateral": 1, "rotation": 2}[self.value.split("_")[0]]

    @property
    def sign(self) -> int:
        """+1 where the movement is positive in its column (flexion, to the right), else -1."""
        return 1 if self in (Movement.FLEXION, Movement.LATERAL_RIGHT, Movement.ROTATION_RIGHT) else -1

    @property
    def name_key(self) -> str:
        """Key of its name in the message files."""
        return f"clinician.movement.{self.value}"

    @property
    def label(self) -> str:
        """Words for tables and figures."""
        return {
            "flexion": "Flexion",
            "extension": "Extension",
            "rotation_left": "Rotation left",
            "rotation_right": "Rotation right",
            "lateral_left": "Side-bend left",
            "lateral_right": "Side-bend right",
        }[self.value]


MOVEMENTS: tuple[Movement, ...] = tuple(Movement)

PAIRS: tuple[tuple[Movement, Movement], ...] = (
    (Movement.ROTATION_LEFT, Movement.ROTATION_RIGHT),
    (Movement.LATERAL_LEFT, Movement.LATERAL_RIGHT),
)
"""The pairs that are compared for asymmetry, left first."""


# --------------------------------------------------------------------- frames


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture at one instant.

    Attributes
    ----------
    index : int
        Position in the source, from 0, in time order.
    time_ns : int
        Presentation time from the container or the camera, strictly rising.
    image : ndarray, shape (height, width, 3), uint8, RGB
        Upright and never mirrored: as the camera saw the person.
    """

    index: int
    time_ns: int
    image: ImageArray


FOCAL_LENGTHS_MM = (8.0, 1200.0)
"""Lenses that there are, as on 35 mm film: what a file names beyond them is no focal length."""


CAPTURE_RATES = (1.0, 10_000.0)
"""Pictures a second at which anybody films; what a file names beyond them is no rate."""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source before its frames are read.

    Attributes
    ----------
    name : str
        Name for folders and headings (file stem).
    kind : str
        "clip", "images" or "landmarks".
    sha256 : str
        Of the file's bytes (for a folder: of its files in time order).
    width, height : int
        Of the frames as handed out: after rotation metadata and scaling.
    source_width, source_height : int
        Of the picture as stored, upright.
    expected_frames : int or None
        What the container claims; only for progress.
    nominal_fps : float or None
        What the container claims; never used for time.
    turned_deg : int
        Degrees clockwise (0, 90, 180, 270) by which the picture was turned beyond what the file asks for.
    track : int or None
        Which of several tracks with a moving picture, from 0; None where nobody chose.
    focal_35mm_mm : float or None
        Focal length on 35 mm film that the file itself names; None where it names none.
    capture_fps : float or None
        Pictures a second at which the file says that it was filmed (slow motion); None where it says nothing.
    """

    name: str
    kind: Literal["clip", "images", "landmarks"]
    sha256: str
    width: int
    height: int
    source_width: int
    source_height: int
    expected_frames: int | None
    nominal_fps: float | None
    turned_deg: int = 0
    track: int | None = None
    focal_35mm_mm: float | None = None
    capture_fps: float | None = None


class FrameSource(Protocol):
    """Frames in time order; clip, image folder and camera pass the same contract tests."""

    @property
    def info(self) -> SourceInfo:
        """Known before the first frame is read."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know, complete once all frames are read."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Yield each frame once, in time order; memory does not grow with their number."""
        ...

    def close(self) -> None:
        """Let go of the file or device; a second call does nothing."""
        ...


# ------------------------------------------------------------------ landmarks


@dataclass(frozen=True, slots=True)
class LandmarkFrame:
    """What the models saw in one frame; NaN where nothing was found.

    Attributes
    ----------
    time_ns : int
        Time of the frame.
    face : ndarray, shape (478, 3), float32
        Face mesh, pixels; x right, y down, z away from the camera on the scale of x.
    pose : ndarray, shape (33, 3), float32
        Pose points, pixels; z as the model gives it, on the scale of x.
    pose_visibility : ndarray, shape (33,), float32
        The model's visibility, 0 to 1: not a measure of trust.
    pose_world : ndarray, shape (33, 3), float32
        Pose points in metres about the middle of the hips.
    faces : int
        How many faces were seen in the frame (0 where none).
    pose_ran : bool
        Whether the pose model was run on this frame.
    motion : ndarray, shape (14, 14, 2), float32, or None
        Sparse optical flow: pixels by which each point of a grid over the head moved since the
        previous frame; rows run down and columns to the right of the picture. NaN where it was not
        followed, None where it was not looked for at all.
    motion_box : ndarray, shape (3,), float32, or None
        Centre x, y and half side of the grid in the previous frame, pixels.
    tracks : ndarray, shape (160, 3), float32, or None
        Points that are followed over the head: the number of the point, x, y in pixels; the same
        number in two frames is the same spot. NaN in empty rows.
    chest_tracks : ndarray, shape (80, 3), float32, or None
        The same on the chest, with numbers of its own.
    """

    time_ns: int
    face: Float32Array
    pose: Float32Array
    pose_visibility: Float32Array
    pose_world: Float32Array
    faces: int
    pose_ran: bool
    motion: Float32Array | None = None
    motion_box: Float32Array | None = None
    tracks: Float32Array | None = None
    chest_tracks: Float32Array | None = None


@dataclass(frozen=True, slots=True)
class LandmarkSeries:
    """Landmarks of a whole clip, one row a frame (fields as in :class:`LandmarkFrame`).

    Arrays of long recordings may lie on disk and are read-only then (:mod:`neckrom.columns`).

    Attributes
    ----------
    time_ns : ndarray, shape (N,), int64
    face : ndarray, shape (N, 478, 3), float32
    pose, pose_world : ndarray, shape (N, 33, 3), float32
    pose_visibility : ndarray, shape (N, 33), float32
    faces : ndarray, shape (N,), int64
    pose_ran : ndarray, shape (N,), bool
    width, height : int
        Size of the picture in which the pixels count.
    motion : ndarray, shape (N, 14, 14, 2), float32, or None
    motion_box : ndarray, shape (N, 3), float32, or None
        None where the whole recording has none; NaN in frames without.
    tracks : ndarray, shape (N, 160, 3), float32, or None
    chest_tracks : ndarray, shape (N, 80, 3), float32, or None
        None where the whole recording has none.
    """

    time_ns: IntArray
    face: Float32Array
    pose: Float32Array
    pose_visibility: Float32Array
    pose_world: Float32Array
    faces: IntArray
    pose_ran: BoolArray
    width: int
    height: int
    motion: Float32Array | None = None
    motion_box: Float32Array | None = None
    tracks: Float32Array | None = None
    chest_tracks: Float32Array | None = None
    sides_swapped: bool = False
    """Left and right were swapped after the models saw the pictures (``landmarks.mirror``): what the models do to one
    side is then on the other."""

    def __len__(self) -> int:
        return len(self.time_ns)

    @property
    def time_s(self) -> FloatArray:
        """Seconds, shape (N,)."""
        return np.asarray(self.time_ns, dtype=np.float64) * 1e-9

    @property
    def face_found(self) -> BoolArray:
        """Frames with a face, shape (N,)."""
        return found_rows(self.face)

    @property
    def pose_found(self) -> BoolArray:
        """Frames with a pose, shape (N,)."""
        return found_rows(self.pose)


@dataclass(frozen=True, slots=True)
class BodyFrame:
    """What the pose model saw in one frame, of a whole body; NaN where nobody was found.

    Attributes
    ----------
    time_ns : int
        Time of the frame.
    pose : ndarray, shape (33, 3), float32
        Pose points, pixels; x right, y down, z as the model gives it, on the scale of x.
    pose_world : ndarray, shape (33, 3), float32
        Pose points in metres about the middle of the hips.
    pose_visibility : ndarray, shape (33,), float32
        The model's visibility, 0 to 1: not a measure of trust.
    people : int
        How many people were seen when somebody last looked for more than one.
    foot_motion : ndarray, shape (2, 4), float32, or None
        What the shoe of the foot that the model calls left (right) in this frame did since the previous one: degrees by
        which it turned (+ clockwise in the picture), pixels to the right and down, marks followed. NaN where it was not
        followed, None where nobody followed the shoes.
    """

    time_ns: int
    pose: Float32Array
    pose_world: Float32Array
    pose_visibility: Float32Array
    people: int
    foot_motion: Float32Array | None = None


@dataclass(frozen=True, slots=True)
class BodySeries:
    """Landmarks of a whole body over a whole clip, one row a frame: what running, posture and leg tests are read from.

    Attributes
    ----------
    time_ns : ndarray, shape (N,), int64
    pose : ndarray, shape (N, 33, 3), float32
        Pose points, pixels; x right, y down, z as the model gives it, on the scale of x. NaN where nobody was found.
    pose_world : ndarray, shape (N, 33, 3), float32
        Pose points in metres about the middle of the hips.
    pose_visibility : ndarray, shape (N, 33), float32
        The model's visibility, 0 to 1: not a measure of trust.
    people : ndarray, shape (N,), int64
        How many people were seen, as far as anybody looked for more than one.
    width, height : int
        Size of the picture in which the pixels count.
    foot_motion : ndarray, shape (N, 2, 4), float32, or None
        What the shoe of the foot that the model calls left (right) in a frame did since the previous frame: degrees by
        which it turned (+ clockwise in the picture), pixels to the right and down, marks followed; NaN where it was not
        followed. None where nobody followed the shoes.
    """

    time_ns: IntArray
    pose: Float32Array
    pose_world: Float32Array
    pose_visibility: Float32Array
    people: IntArray
    width: int
    height: int
    foot_motion: Float32Array | None = None

    def __len__(self) -> int:
        return len(self.time_ns)

    @property
    def time_s(self) -> FloatArray:
        """Seconds, shape (N,)."""
        return np.asarray(self.time_ns, dtype=np.float64) * 1e-9

    @property
    def found(self) -> BoolArray:
        """Frames with a body, shape (N,)."""
        return found_rows(self.pose)


@dataclass(frozen=True, slots=True)
class DetectorIdentity:
    """Which models saw the clip."""

    name: str
    version: str
    model_sha256: str
    """Of all model files used, in a fixed order."""
    settings: str
    """Compact description of the settings that change the numbers."""


class LandmarkDetector(Protocol):
    """Landmarks frame by frame, tracked over time; the replay detector passes the same contract tests."""

    @property
    def identity(self) -> DetectorIdentity:
        """Which models these are."""
        ...

    def detect(self, frame: Frame) -> LandmarkFrame:
        """Landmarks of one frame; frames must come in time order."""
        ...

    def close(self) -> None:
        """Let go of the models; a second call does nothing."""
        ...


class BodyDetector(Protocol):
    """The pose of a whole body, frame by frame, tracked over time."""

    @property
    def identity(self) -> DetectorIdentity:
        """Which model this is."""
        ...

    def detect(self, frame: Frame) -> BodyFrame:
        """Pose in one frame; frames must come in time order."""
        ...

    def close(self) -> None:
        """Let go of the model; a second call does nothing."""
        ...


# ----------------------------------------------------------------- kinematics


@dataclass(frozen=True, slots=True)
class CameraModel:
    """Pinhole camera, and what its lens bends.

    Attributes
    ----------
    fx, fy, cx, cy : float
        Pixels.
    width, height : int
        Pixels.
    origin : str
        Where the focal length comes from, in words for the report.
    assumed : bool
        True where it is a default, not something that the user stated or calibrated.
    distortion : tuple of float
        Brown's coefficients k1, k2, p1, p2 and maybe k3, as OpenCV has them; empty for a straight lens.
    inverse_focal_sd : float
        One standard deviation of the inverse of the focal length, as a share of it; 0 where it is known.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int
    origin: str
    assumed: bool
    distortion: tuple[float, ...] = ()
    inverse_focal_sd: float = 0.0

    @property
    def hfov_deg(self) -> float:
        """Horizontal field of view of the pinhole."""
        return float(2 * np.degrees(np.arctan(self.width / 2 / self.fx)))


NoticeValue = float | int | str | tuple[str, ...]


class Notice(str):
    """An English sentence that knows which sentence it is, so that it can be said in other languages.

    Attributes
    ----------
    key : str
        Which sentence: lower case, words joined by underscores.
    values : dict
        What stands in it: angles in degrees (``*_deg``), times in seconds (``*_s``), movements by the key
        of their name in the message files (:attr:`Movement.name_key`).
    """

    key: str
    values: dict[str, NoticeValue]

    def __new__(cls, text: str, key: str, **values: NoticeValue) -> Notice:
        """Put text, key and values together."""
        notice = super().__new__(cls, text)
        notice.key = key
        notice.values = values
        return notice

    def __getnewargs_ex__(self) -> tuple[tuple[str, str], dict[str, NoticeValue]]:
        """So that it can be copied and pickled."""
        return (str(self), self.key), self.values


Doubt = Literal["two_places", "unsteady", "brief", "turned", "moving", "elsewhere"]
"""Why a neutral is doubtful: two places explain the recording about equally; the head is never quite still;
it only turns round there and never rests; it is turned or tilted away from the camera; it moves in a stretch
that was named; a stretch that was named lies elsewhere than where the head comes back to."""


@dataclass(frozen=True, slots=True)
class Neutral:
    """The stretch that defines zero.

    Attributes
    ----------
    start_s, end_s : float
    origin : str
        "found" or "given".
    drift_deg : float
        Largest change of a neck angle between this and the other rests of the clip; NaN where there is none.
    sd_deg : tuple of three float
        How far the rests of the clip lie apart, flexion, lateral, rotation: one standard deviation of zero.
    sure : bool
        Whether the recording leaves no other place for zero. Where it does, nothing is judged.
    doubts : tuple of str
        What else speaks against it.
    other_s : tuple of two float or None
        The stretch that might as well be neutral, where one was found.
    """

    start_s: float
    end_s: float
    origin: Literal["found", "given"]
    drift_deg: float = float("nan")
    sd_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sure: bool = True
    doubts: tuple[Doubt, ...] = ()
    other_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class OrientationSeries:
    """Head and thorax in the camera frame, one row a frame.

    Attributes
    ----------
    time_ns : ndarray, shape (N,), int64
    head, thorax : ndarray, shape (N, 4)
        Unit quaternions (x, y, z, w), body frame to camera frame; NaN where not measured.
        Both are the same at the person's neutral.
    sd_deg : ndarray, shape (N, 3)
        One standard deviation of the neck's flexion, lateral and rotation angle,
        from measured residuals; NaN where unknown.
    beyond : ndarray, shape (N,), bool
        The head has turned past what can be measured: the true excursion is at least
        the one given.
    source : ndarray, shape (N,), str
        "face", "pose", "fused" or "none".
    quality : ndarray, shape (N,)
        0 useless to 1 certain.
    trunk_seen : bool
        False where no shoulder was in the picture: ``thorax`` is then taken to keep still, and how far it
        moved is not known.
    """

    time_ns: IntArray
    head: FloatArray
    thorax: FloatArray
    sd_deg: FloatArray
    beyond: BoolArray
    source: NDArray[np.str_]
    quality: FloatArray
    trunk_seen: bool = field(default=True, kw_only=True)

    def __len__(self) -> int:
        return len(self.time_ns)


@dataclass(frozen=True, slots=True)
class AngleSeries:
    """Neck angles over time, one row a frame; NaN means "not measured".

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    neck_deg : ndarray, shape (N, 3)
        Flexion (+ chin to chest), lateral, rotation (+ to the person's right).
    sd_deg : ndarray, shape (N, 3)
        One standard deviation of each; NaN where unknown.
    trunk_deg : ndarray, shape (N, 3)
        Thorax relative to its neutral, same planes and signs (flexion + leans forward).
    beyond, source, quality
        As in :class:`OrientationSeries`.
    """

    time_s: FloatArray
    neck_deg: FloatArray
    sd_deg: FloatArray
    trunk_deg: FloatArray
    beyond: BoolArray
    source: NDArray[np.str_]
    quality: FloatArray

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def measured(self) -> BoolArray:
        """Frames in which at least one angle is known, shape (N,)."""
        return np.asarray(np.isfinite(self.neck_deg).any(axis=1))

    def replace(self, **changes: object) -> AngleSeries:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


# ------------------------------------------------------------ range of motion

AsideKind = Literal[
    "warm_up",
    "broken_off",
    "already_out",
    "too_small",
    "too_short",
    "once",
    "alongside",
    "around_zero",
]
"""Why an excursion that was seen is no trial: a warm-up; broken off before half of the best; the recording
starts or ends with the head out; smaller or shorter than a movement made on purpose; made once, small and
without the other side; a run-up beside a larger movement; its interval holds zero."""

Untested = Literal[
    "not_seen",
    "not_named",
    "out_of_view",
    "warm_up",
    "broken_off",
    "already_out",
    "too_small",
    "too_short",
    "once",
    "alongside",
    "around_zero",
]
"""Why a direction was not tested: never seen; not among the trials that a protocol names; not to be measured
from where the camera stood; or what kept the largest excursion that way from counting."""


@dataclass(frozen=True, slots=True)
class Interval:
    """95 % interval; ``high`` is None where the end range lies past what could be measured."""

    low: float
    high: float | None


@dataclass(frozen=True, slots=True)
class Speed:
    """How a repetition went out, from a tenth to nine tenths of its end range; degrees a second.

    Attributes
    ----------
    peak_deg_s, mean_deg_s : float
    peaks : int
        How often the speed rose to a peak: 1 is one smooth movement.
    """

    peak_deg_s: float
    mean_deg_s: float
    peaks: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One repetition of one movement; angles positive in the movement's direction.

    Attributes
    ----------
    movement : Movement
    start_s, peak_s, end_s : float
        Leaving neutral, the end range, back at neutral (or where the clip or the next movement cuts it).
    hold_start_s, hold_end_s : float
        The plateau from which ``peak_deg`` comes.
    peak_deg : float
        End-range angle; with ``lower_bound`` the largest angle that could be told.
    sd_deg : float
        One standard deviation of ``peak_deg``; NaN where unknown.
    interval95 : Interval or None
        None until there are measured residuals.
    lower_bound : bool
        The end range lies past what could be measured.
    compensation_deg : float
        Thorax excursion in the plane of the movement at end range, positive along with the head; NaN unknown.
    coupling_deg : tuple of two float
        The neck's two other angles at end range, in the order flexion, lateral, rotation without
        the movement's own plane; signs as in :class:`AngleSeries`.
    source : str
        Where the end-range value came from.
    note : str
        What was unusual about it, in words; empty where nothing was.
    aside : str or None
        Why it does not count; None where it does.
    speed : Speed or None
        Of the way out; None where it was not seen well enough.
    """

    movement: Movement
    start_s: float
    peak_s: float
    end_s: float
    hold_start_s: float
    hold_end_s: float
    peak_deg: float
    sd_deg: float
    interval95: Interval | None
    lower_bound: bool
    compensation_deg: float
    coupling_deg: tuple[float, float]
    source: str
    note: str = ""
    aside: AsideKind | None = None
    speed: Speed | None = None


@dataclass(frozen=True, slots=True)
class RangeOfMotion:
    """All trials of a clip."""

    neutral: Neutral
    trials: tuple[Trial, ...]
    warnings: tuple[str, ...] = field(default=())
    set_aside: tuple[Trial, ...] = field(default=())
    """Repetitions that were seen but not counted; ``note`` says why."""
    planes: tuple[bool, bool, bool] = (True, True, True)
    """Whether flexion, lateral flexion and rotation can be measured from where the camera stood."""
    named: bool = False
    """The trials were named by a protocol, not found."""

    def of(self, movement: Movement) -> tuple[Trial, ...]:
        """Trials of one movement, in time order."""
        return tuple(trial for trial in self.trials if trial.movement is movement)

    def untested(self, movement: Movement) -> Untested | None:
        """Why a direction was not tested; None where it has a trial that counts."""
        if self.of(movement):
            return None
        if not self.planes[movement.plane]:
            return "out_of_view"
        aside = [trial for trial in self.set_aside if trial.movement is movement and trial.aside is not None]
        if aside:
            return max(aside, key=lambda trial: trial.peak_deg).aside
        return "not_named" if self.named else "not_seen"
