"""Flexion and extension from a camera at the person's side.

Known weaknesses first: lateral flexion and rotation cannot be told from there and are not measured.
The pose points compress what they see by a third, differently in every person; without the flow of
the picture over the head (``LandmarkSeries.motion``) the standard deviations are therefore wide. A
trunk that leans is told from one that slides forward by the fitted numbers only.

From the side flexion is a turn *in* the picture, which the flow over the head shows almost
undistorted; it drifts, and is tied down by the pose points, which are right about neutral. The
trunk's lean comes from the shoulders' way in the picture. Fitted numbers:
``calibration/side_view.npz``, by ``calibration/fit_side_view.py``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.linalg import solveh_banded
from scipy.spatial.transform import Rotation

from neckrom.errors import NoNeutralError
from neckrom.kinematics.side.features import (
    EARS,
    EYES,
    HIPS,
    SHOULDERS,
    SideView,
    direction_deg,
    head_flow,
    middle,
    side_inputs,
    side_points,
    wrapped,
)
from neckrom.kinematics.smoothing import smooth_series
from neckrom.kinematics.view import detect_view
from neckrom.resources import resource
from neckrom.types import BoolArray, CameraModel, FloatArray, IntArray, LandmarkSeries, OrientationSeries

TOO_CLOSE_SHARE = 0.75
"""The trunk must not be longer than this share of the picture's height: nearer, the pose model guesses."""
NOT_MEASURED_SD_DEG = 12.0
"""Less certain than this is not measured."""


@dataclass(frozen=True, slots=True)
class Fusion:
    """How far readings and flow are trusted.

    Attributes
    ----------
    step_floor_deg, step_share : float
        Standard deviation of one step of flow: floor, and share of the step.
    stuck : float
        What the share of stuck points adds to that share.
    blind_share : float
        The same share for a step that comes from the readings because there is no flow.
    lasting_s : float
        Errors of a reading last this long: so many frames count as one.
    rest_sd_deg : float
        How exactly a frame of the neutral stretch is zero.
    student : float
        Degrees of freedom of the readings' outliers.
    """

    step_floor_deg: float = 0.13
    step_share: float = 0.05
    stuck: float = 3.0
    blind_share: float = 0.4
    lasting_s: float = 4.0
    rest_sd_deg: float = 1.0
    student: float = 4.0


FUSION = Fusion()
_FEWEST_REST_FRAMES = 3
_FLOW_NEEDED_SHARE = 0.5
_TRUNK_KERNEL_S = 0.15
_UNSEEN_DEG_S = 30.0
"""How fast a head may turn that neither pose nor flow shows."""
_FACING_KERNEL_S = 0.2
_LEVEL_GAZE_DEG = -18.0
"""Direction from the ears to the eyes in a person who looks straight ahead: as the pose points have it,
degrees downwards from the horizontal (mean of the fitted people; sd 6)."""
_COMPRESSION = 0.75
"""What the directions between the head's pose points show of a turn of the head."""


# ------------------------------------------------------------ fitted numbers


@dataclass(frozen=True, slots=True)
class SideCalibration:
    """Fitted numbers.

    Attributes
    ----------
    neck, trunk : ndarray, shape (14,)
        Weights of the readings of neck and trunk flexion, degrees.
    nodes_deg : ndarray, shape (M,)
        Angles (flexion positive) at which the following two are given.
    reading_sd_deg : ndarray, shape (M,)
        Standard deviation of the neck reading, from people not used for its weights.
    sd_factor : ndarray, shape (M,)
        Measured residuals of the chained angle as a multiple of its own standard deviation.
    flow_gain : ndarray, shape (3,)
        From what the flow shows to the true turn: weights of
        :meth:`neckrom.kinematics.side.features.HeadFlow.design`.
    gain_sd : float
        How much that multiple differs between people, cameras and encoders.
    lean_share : float
        Standard deviation of the trunk's lean, as a share of it.
    identity : str
        Of the file.
    """

    neck: FloatArray
    trunk: FloatArray
    nodes_deg: FloatArray
    reading_sd_deg: FloatArray
    sd_factor: FloatArray
    flow_gain: FloatArray
    gain_sd: float
    lean_share: float
    identity: str


def load_side_calibration(path: Path) -> SideCalibration:
    """Read what ``calibration/fit_side_view.py`` wrote."""
    with np.load(path) as stored:
        wide = {name: stored[name].astype(np.float64) for name in stored.files}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return SideCalibration(
        neck=wide["neck"],
        trunk=wide["trunk"],
        nodes_deg=wide["nodes_deg"],
        reading_sd_deg=wide["reading_sd_deg"],
        sd_factor=wide["sd_factor"],
        flow_gain=wide["flow_gain"],
        gain_sd=float(wide["gain_sd"]),
        lean_share=float(wide["lean_share"]),
        identity=f"side-view-{digest}",
    )


@cache
def shipped_side_calibration() -> SideCalibration:
    """The fitted numbers that travel with the package."""
    return load_side_calibration(resource("calibration", "side_view.npz"))


# ------------------------------------------------------------------ neutral


def side_facing_angles(landmarks: LandmarkSeries, view: SideView | None = None) -> FloatArray:
    """Rough pitch of the head in a side view, for finding the neutral stretch.

    Parameters
    ----------
    landmarks : LandmarkSeries, N frames
    view : {"side_left", "side_right"}, optional
        Detected where not given (anything but a right side view counts as a left one).

    Returns
    -------
    ndarray, shape (N, 3), degrees
        Flexion, and zeros for lateral flexion and rotation; near zero for a person who looks straight
        ahead past a level camera; NaN where no pose was found. Already smooth.
    """
    side = view or ("side_right" if detect_view(landmarks) == "side_right" else "side_left")
    points = side_points(landmarks, side)
    pitch = wrapped(direction_deg(points, EARS, EYES) - _LEVEL_GAZE_DEG) / _COMPRESSION
    angles = np.zeros((len(landmarks), 3))
    angles[:, 0] = pitch
    angles[~np.isfinite(pitch)] = np.nan
    return smooth_series(landmarks.time_s, angles, _FACING_KERNEL_S)


# ---------------------------------------------------------------- estimator


@dataclass(frozen=True, slots=True)
class SideReference:
    """A person's own neutral, seen from the side.

    Attributes
    ----------
    view : {"side_left", "side_right"}
    points : ndarray, shape (15, 2)
        Places of the pose points at neutral, as from :func:`side_points`.
    rest_time_ns : ndarray, shape (K,), int64
        Times of the neutral stretch.
    neutral_thorax : ndarray, shape (4,)
        Thorax at neutral: upright in the picture, seen exactly from the side.
    """

    view: SideView
    points: FloatArray
    rest_time_ns: IntArray
    neutral_thorax: FloatArray


@dataclass(frozen=True, slots=True)
class ObservedSide(OrientationSeries):
    """Readings of every frame.

    Attributes
    ----------
    neck_deg, neck_sd_deg : ndarray, shape (N,)
        Flexion as read from the pose points, and its standard deviation.
    trunk_deg : ndarray, shape (N,)
        Lean of the trunk, forwards positive.
    step_deg : ndarray, shape (N,)
        Turn of the head since the frame before, from flow.
    stuck_share : ndarray, shape (N,)
        As in :class:`neckrom.kinematics.side.features.HeadFlow`.
    """

    neck_deg: FloatArray
    neck_sd_deg: FloatArray
    trunk_deg: FloatArray
    step_deg: FloatArray
    stuck_share: FloatArray


class SideViewEstimator:
    """Flexion and extension, and the trunk's lean, from the side.

    See :class:`neckrom.kinematics.estimator.OrientationEstimator` for the methods. Lateral flexion and
    rotation are zero in the orientations and NaN in their standard deviations: not measured. Pass the
    angles through :func:`neckrom.kinematics.view.only_measured` before showing them.

    Parameters
    ----------
    view : {"side_left", "side_right"}, optional
        The side of the person at which the camera stands; detected where not given.
    calibration : SideCalibration, optional
        The shipped one where not given.
    """

    identity = "side-view 1"
    measured_planes: tuple[bool, bool, bool] = (True, False, False)

    def __init__(self, view: SideView | None = None, calibration: SideCalibration | None = None) -> None:
        self._view = view
        self._calibration = shipped_side_calibration() if calibration is None else calibration

    @property
    def calibration_id(self) -> str:
        """Identity of the fitted numbers."""
        return self._calibration.identity

    def fit_reference(
        self, landmarks: LandmarkSeries, camera: CameraModel, neutral: BoolArray
    ) -> SideReference:
        """Learn the person's own neutral.

        Raises
        ------
        NoNeutralError
            If the pose is found in fewer than three frames of the neutral stretch, or the camera is so
            close that the trunk does not fit into the picture.
        """
        view = self._view or ("side_right" if detect_view(landmarks) == "side_right" else "side_left")
        used = neutral & landmarks.pose_found
        if used.sum() < _FEWEST_REST_FRAMES:
            raise NoNeutralError(
                "Head and shoulders are found in fewer than three frames of the neutral stretch: "
                "choose another with --neutral."
            )
        points = np.median(side_points(landmarks, view)[used], axis=0)
        trunk = float(np.linalg.norm(middle(points, SHOULDERS) - middle(points, HIPS)))
        if trunk > TOO_CLOSE_SHARE * camera.height:
            raise NoNeutralError(
                "The camera is too close for a side view: head, shoulders and the upper half of the trunk must be in "
                "the picture. Place it about 1 m from the person, at the height of the shoulders, and record again."
            )
        toward = -1.0 if view == "side_left" else 1.0
        axes = np.array([[toward, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -toward]]).T
        return SideReference(view, points, landmarks.time_ns[neutral], Rotation.from_matrix(axes).as_quat())

    def observe(self, landmarks: LandmarkSeries, reference: SideReference) -> ObservedSide:
        """Readings of every frame from the pose points alone, not yet smoothed; the flow beside them."""
        fitted = self._calibration
        inputs = side_inputs(side_points(landmarks, reference.view), reference.points)
        neck, trunk = inputs @ fitted.neck, inputs @ fitted.trunk
        flow = head_flow(landmarks, reference.view)
        step = flow.design() @ fitted.flow_gain
        sd = np.interp(neck, fitted.nodes_deg, fitted.reading_sd_deg)
        sd[~np.isfinite(neck)] = np.nan
        observed = _Flexion(neck, sd, trunk).orientation(landmarks.time_ns, reference, fitted.nodes_deg)
        return ObservedSide(
            **{name: getattr(observed, name) for name in OrientationSeries.__dataclass_fields__},
            neck_deg=neck,
            neck_sd_deg=sd,
            trunk_deg=trunk,
            step_deg=step,
            stuck_share=flow.stuck_share,
        )

    def smooth(self, observed: OrientationSeries, reference: SideReference) -> OrientationSeries:
        """Readings and flow fused over the whole recording."""
        if not isinstance(observed, ObservedSide):
            raise TypeError("smooth() needs what observe() of the same estimator returned.")
        time_s = np.asarray(observed.time_ns, dtype=np.float64) * 1e-9
        fitted = self._calibration
        trunk = smooth_series(time_s, observed.trunk_deg[:, None], _TRUNK_KERNEL_S)[:, 0]
        if np.isfinite(observed.step_deg).mean() >= _FLOW_NEEDED_SHARE:
            at_rest = np.isin(observed.time_ns, reference.rest_time_ns)
            neck, chain_sd = chained_flexion(time_s, observed, trunk, at_rest)
            sd = expected_sd_deg(chain_sd, neck, trunk, observed.stuck_share, fitted) * np.interp(
                neck, fitted.nodes_deg, fitted.sd_factor
            )
        else:
            neck = smooth_series(time_s, observed.neck_deg[:, None])[:, 0]
            sd = np.interp(neck, fitted.nodes_deg, fitted.reading_sd_deg)
        known = np.isfinite(trunk) & (sd <= NOT_MEASURED_SD_DEG)
        neck, sd = np.where(known, neck, np.nan), np.where(known, sd, np.nan)
        return _Flexion(neck, sd, trunk).orientation(observed.time_ns, reference, fitted.nodes_deg)


def expected_sd_deg(
    chain_sd: FloatArray,
    neck: FloatArray,
    trunk: FloatArray,
    stuck_share: FloatArray,
    fitted: SideCalibration,
) -> FloatArray:
    """Standard deviation of the chained angle with lasting errors: the flow's gain and the trunk's lean."""
    gain_sd = np.hypot(fitted.gain_sd, stuck_share.mean())
    return np.asarray(np.sqrt(chain_sd**2 + (gain_sd * neck) ** 2 + (fitted.lean_share * trunk) ** 2))


def chained_flexion(
    time_s: FloatArray, observed: ObservedSide, trunk: FloatArray, at_rest: BoolArray, fusion: Fusion = FUSION
) -> tuple[FloatArray, FloatArray]:
    """Neck flexion and its standard deviation, the doubt about the flow's gain and other lasting errors left out.

    The flow's steps are chained and tied to the readings by least squares, a reading the less
    the further out it says the head is; readings that do not fit are weighed as Student's t would.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    observed : ObservedSide
    trunk : ndarray, shape (N,)
        Lean of the trunk, smoothed.
    at_rest : ndarray, shape (N,), bool
        The neutral stretch.
    fusion : Fusion

    Returns
    -------
    tuple of ndarray, shape (N,), degrees, known in every frame
    """
    step, step_sd = _steps(time_s, observed, trunk, fusion)
    seen = np.isfinite(observed.neck_deg)
    reading = np.where(seen, observed.neck_deg, 0.0)
    frames = max(1.0, fusion.lasting_s / _frame_s(time_s))
    trust = np.where(seen, 1.0 / (frames * np.where(seen, observed.neck_sd_deg, 1.0) ** 2), 0.0)
    rest = np.where(at_rest, 1.0 / (frames * fusion.rest_sd_deg**2), 0.0)
    weight = np.ones(len(time_s))
    for _ in range(4):
        anchored = weight * trust + rest + 1e-9
        angle, variance = _chained(step, step_sd, weight * trust * reading, anchored)
        excess = np.where(seen, (reading - angle) ** 2, 0.0) * trust * frames
        weight = (fusion.student + 1.0) / (fusion.student + excess)
    return angle, np.sqrt(variance)


def _steps(
    time_s: FloatArray, observed: ObservedSide, trunk: FloatArray, fusion: Fusion
) -> tuple[FloatArray, FloatArray]:
    """Change of the neck angle since the frame before, and its standard deviation, shape (N,)."""
    lean = np.diff(trunk, prepend=trunk[:1])
    by_flow = observed.step_deg - np.where(np.isfinite(lean), lean, 0.0)
    read = smooth_series(time_s, observed.neck_deg[:, None], _TRUNK_KERNEL_S)[:, 0]
    by_reading = np.diff(read, prepend=read[:1])
    flow, blind = np.isfinite(by_flow), ~np.isfinite(by_flow) & np.isfinite(by_reading)
    step = np.where(flow, by_flow, np.where(blind, by_reading, 0.0))
    share = np.where(flow, fusion.step_share + fusion.stuck * observed.stuck_share, fusion.blind_share)
    sd = np.hypot(fusion.step_floor_deg, share * step)
    lost_deg = _UNSEEN_DEG_S * np.diff(time_s, prepend=time_s[:1])
    return step, np.where(flow | blind, sd, np.maximum(lost_deg, fusion.step_floor_deg))


def _chained(
    step: FloatArray, step_sd: FloatArray, pulled: FloatArray, anchored: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Least squares of a chain: steps between neighbours, and ties of weight ``anchored``; angle and variance."""
    link = 1.0 / step_sd[1:] ** 2
    bands = np.zeros((2, len(step)))
    bands[1] = anchored
    bands[1, 1:] += link
    bands[1, :-1] += link
    bands[0, 1:] = -link
    right = pulled.copy()
    right[1:] += link * step[1:]
    right[:-1] -= link * step[1:]
    angle = solveh_banded(bands, right)
    forth, back = _passed_on(anchored, link), _passed_on(anchored[::-1], link[::-1])[::-1]
    return np.asarray(angle), 1.0 / (forth + back - anchored)


def _passed_on(anchored: FloatArray, link: FloatArray) -> FloatArray:
    """What is known of each frame from itself and all before it, as a precision; shape (N,)."""
    known = anchored.copy()
    for i in range(1, len(known)):
        known[i] += known[i - 1] * link[i - 1] / (known[i - 1] + link[i - 1])
    return known


def _frame_s(time_s: FloatArray) -> float:
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0


@dataclass(frozen=True, slots=True)
class _Flexion:
    """Neck flexion, its standard deviation and the trunk's lean, degrees, shape (N,); NaN where not known."""

    neck: FloatArray
    sd: FloatArray
    trunk: FloatArray

    def orientation(
        self, time_ns: IntArray, reference: SideReference, nodes_deg: FloatArray
    ) -> OrientationSeries:
        known = np.isfinite(self.neck) & np.isfinite(self.trunk)
        upright = Rotation.from_quat(reference.neutral_thorax)
        head, thorax = np.full((len(known), 4), np.nan), np.full((len(known), 4), np.nan)
        if known.any():
            thorax[known] = (upright * _flexed(self.trunk[known])).as_quat()
            head[known] = (upright * _flexed((self.trunk + self.neck)[known])).as_quat()
        with np.errstate(invalid="ignore"):
            beyond = known & ((self.neck < nodes_deg[0]) | (self.neck > nodes_deg[-1]))
        unknown = np.full(len(known), np.nan)
        return OrientationSeries(
            time_ns=time_ns,
            head=head,
            thorax=thorax,
            sd_deg=np.column_stack([np.where(known, self.sd, np.nan), unknown, unknown]),
            beyond=beyond,
            source=np.where(known, "pose", "none"),
            quality=np.where(known, 1.0 / (1.0 + (self.sd / 5.0) ** 2), 0.0),
        )


def _flexed(angle_deg: FloatArray) -> Rotation:
    """Flexion as a turn about the body's axis to the right: chin to chest is negative about it."""
    return Rotation.from_rotvec(np.column_stack([np.zeros((len(angle_deg), 2)), -np.radians(angle_deg)]))
