"""The replaceable part: from landmarks to the orientation of head and thorax."""

from __future__ import annotations

from typing import Protocol, TypeVar

from neckrom.types import BoolArray, CameraModel, FloatArray, LandmarkSeries, OrientationSeries


class PersonReference(Protocol):
    """What an estimator learned of this person, camera and seat from the neutral stretch."""

    @property
    def neutral_thorax(self) -> FloatArray:
        """Thorax at neutral, quaternion (x, y, z, w), body to camera; the head's is the same."""
        ...

    @property
    def askew_deg(self) -> float:
        """How far the face at rest is turned from where the trunk points, + to the person's right."""
        ...


ReferenceT = TypeVar("ReferenceT", bound=PersonReference)


class RunningEstimator(Protocol):
    """An estimator that follows one person as the frames come in."""

    def step(self, frame: LandmarkSeries) -> OrientationSeries:
        """Orientation in the next frame, from it and those before.

        Parameters
        ----------
        frame : LandmarkSeries, one row, later than the last one

        Returns
        -------
        OrientationSeries, one row
        """
        ...


class OrientationEstimator(Protocol[ReferenceT]):
    """Landmarks to orientations, with their uncertainty.

    A recording goes through ``observe`` and ``smooth``, live frames through ``running``: the same readings
    and the same filter, only that a recording also knows what comes after each frame.
    """

    @property
    def identity(self) -> str:
        """Name and version of the method."""
        ...

    @property
    def calibration_id(self) -> str:
        """Identity of the fitted numbers in use."""
        ...

    def camera_of(
        self,
        landmarks: LandmarkSeries,
        camera: CameraModel,
        neutral: BoolArray,
        distance_m: float | None = None,
    ) -> CameraModel:
        """The camera with its focal length estimated where it is assumed, as far as this view can tell.

        Parameters
        ----------
        landmarks, neutral
            As for :meth:`fit_reference`.
        camera : CameraModel
        distance_m : float, optional
            Of the eyes from the camera, where it was stated.

        Returns
        -------
        CameraModel
            As it was where it is known, or where this view tells nothing of it.
        """
        ...

    def fit_reference(self, landmarks: LandmarkSeries, camera: CameraModel, neutral: BoolArray) -> ReferenceT:
        """Learn the person's own neutral.

        Parameters
        ----------
        landmarks : LandmarkSeries, N frames
        camera : CameraModel
        neutral : ndarray, shape (N,), bool
            The frames of the neutral stretch.

        Returns
        -------
        ReferenceT
            What :meth:`observe`, :meth:`smooth` and :meth:`running` need to know of this person; each estimator's own.

        Raises
        ------
        NoNeutralError
            If too little is seen in these frames to serve as a reference.
        """
        ...

    def observe(self, landmarks: LandmarkSeries, reference: ReferenceT) -> OrientationSeries:
        """Orientation frame by frame, not yet smoothed over time.

        Parameters
        ----------
        landmarks : LandmarkSeries, N frames
            Of the same person and camera as the reference.
        reference : ReferenceT

        Returns
        -------
        OrientationSeries, N frames
            Head and thorax as unit quaternions (x, y, z, w), body frame to camera frame; NaN where nothing was seen.
        """
        ...

    def smooth(self, observed: OrientationSeries, reference: ReferenceT) -> OrientationSeries:
        """Zero-phase smoothing over the whole recording, with continuity used against outliers.

        Parameters
        ----------
        observed : OrientationSeries, N frames
            From :meth:`observe`, whole: what comes after a frame counts as much as what came before.
        reference : ReferenceT

        Returns
        -------
        OrientationSeries, N frames
            With one standard deviation in each plane (degrees), from measured residuals; NaN where there are none.
        """
        ...

    def running(self, reference: ReferenceT) -> RunningEstimator:
        """Follow this person frame by frame, starting at rest.

        Parameters
        ----------
        reference : ReferenceT

        Returns
        -------
        RunningEstimator
            Knows only what came before a frame; nothing is looked at again.
        """
        ...
