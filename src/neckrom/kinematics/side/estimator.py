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

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.errors import ConfigurationError, NoNeutralError
from neckrom.kinematics.estimator import RunningEstimator
from neckrom.kinematics.pose_points import HIP_ROWS
from neckrom.kinematics.side.calibration import SideCalibration, shipped_side_calibration
from neckrom.kinematics.side.chain import TRUNK_KERNEL_S, chained_flexion, expected_sd_deg
from neckrom.kinematics.side.features import SideView, head_flow, middle, side_inputs, side_points
from neckrom.kinematics.side.identity import constants_id
from neckrom.kinematics.side.readings import ObservedSide, SideReference
from neckrom.kinematics.smoothing import smooth_series
from neckrom.kinematics.view import detect_view
from neckrom.types import (
    POSE_SHOULDERS,
    BoolArray,
    CameraModel,
    FloatArray,
    IntArray,
    LandmarkSeries,
    OrientationSeries,
)

TOO_CLOSE_SHARE = 0.75
"""The trunk (shoulders to hips) must not be longer than this share of the picture's height: nearer, the pose model
guesses."""
NOT_MEASURED_SD_DEG = 12.0
"""Less certain than this is not measured."""
_FEWEST_REST_FRAMES = 3
"""Frames of the neutral stretch that must have a pose, for a median that one bad frame does not move."""
_FLOW_NEEDED_SHARE = 0.5
"""Of the frames: with less flow than this nothing is chained, the readings are smoothed instead."""


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
        """Identity of the fitted numbers, and of those that stand in the code."""
        return f"{self._calibration.identity}-{constants_id()}"

    def camera_of(
        self,
        landmarks: LandmarkSeries,
        camera: CameraModel,
        neutral: BoolArray,
        distance_m: float | None = None,
    ) -> CameraModel:
        """The camera as it is: at the side the lens is not asked for.

        Parameters
        ----------
        landmarks, neutral, distance_m
            Not used.
        camera : CameraModel

        Returns
        -------
        CameraModel
            The same object.
        """
        del landmarks, neutral, distance_m
        return camera

    def fit_reference(
        self, landmarks: LandmarkSeries, camera: CameraModel, neutral: BoolArray
    ) -> SideReference:
        """Learn the person's own neutral.

        Parameters
        ----------
        landmarks : LandmarkSeries, N frames
        camera : CameraModel
            Only the height of its picture is used.
        neutral : ndarray, shape (N,), bool
            The frames of the neutral stretch.

        Returns
        -------
        SideReference
            Median places of the pose points over the frames of the stretch that have a pose.

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
        trunk = float(np.linalg.norm(middle(points, POSE_SHOULDERS) - middle(points, HIP_ROWS)))
        if trunk > TOO_CLOSE_SHARE * camera.height:
            raise NoNeutralError(
                "The camera is too close for a side view: head, shoulders and the upper half of the trunk must be in "
                "the picture. Place it about 1 m from the person, at the height of the shoulders, and record again."
            )
        toward = -1.0 if view == "side_left" else 1.0
        # columns: to the front, up, and to the person's right (away from a camera at the left side), in camera axes
        axes = np.array([[toward, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -toward]]).T
        return SideReference(view, points, landmarks.time_ns[neutral], Rotation.from_matrix(axes).as_quat())

    def observe(self, landmarks: LandmarkSeries, reference: SideReference) -> ObservedSide:
        """Readings of every frame from the pose points alone, not yet smoothed; the flow beside them.

        Parameters
        ----------
        landmarks : LandmarkSeries, N frames
            Of the same person and camera as the reference.
        reference : SideReference

        Returns
        -------
        ObservedSide, N frames
            Degrees, flexion and forward lean positive; NaN where no pose was found, gaps up to 0.25 s aside.
        """
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
        """Readings and flow fused over the whole recording.

        Where less than half of the frames have flow, the readings alone are smoothed and keep their own standard
        deviation.

        Parameters
        ----------
        observed : ObservedSide, N frames
            From :meth:`observe`, whole.
        reference : SideReference

        Returns
        -------
        OrientationSeries, N frames
            Standard deviations in degrees, of flexion alone. NaN where the trunk was not seen, or where the standard
            deviation is larger than 12 deg.

        Raises
        ------
        TypeError
            If ``observed`` does not come from :meth:`observe`.
        """
        if not isinstance(observed, ObservedSide):
            raise TypeError("smooth() needs what observe() of the same estimator returned.")
        time_s = np.asarray(observed.time_ns, dtype=np.float64) * 1e-9
        fitted = self._calibration
        trunk = smooth_series(time_s, observed.trunk_deg[:, None], TRUNK_KERNEL_S)[:, 0]
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

    def running(self, reference: SideReference) -> RunningEstimator:
        """A side view is measured from a recording only.

        Parameters
        ----------
        reference : SideReference

        Raises
        ------
        ConfigurationError
            Always.
        """
        raise ConfigurationError(
            f"A camera at the side ({reference.view}) cannot be followed live: place it in front of the person, or "
            "record a clip from the side and measure that."
        )


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
            # one half at a standard deviation of 5 deg; only for sorting and greying
            quality=np.where(known, 1.0 / (1.0 + (self.sd / 5.0) ** 2), 0.0),
        )


def _flexed(angle_deg: FloatArray) -> Rotation:
    """Flexion as a turn about the body's axis to the right: chin to chest is negative about it."""
    return Rotation.from_rotvec(np.column_stack([np.zeros((len(angle_deg), 2)), -np.radians(angle_deg)]))
