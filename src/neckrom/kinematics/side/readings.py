"""A person's own neutral from the side, and what every frame says against it."""

from __future__ import annotations

from dataclasses import dataclass

from neckrom.kinematics.side.features import SideView
from neckrom.types import FloatArray, IntArray, OrientationSeries


@dataclass(frozen=True, slots=True)
class SideReference:
    """A person's own neutral, seen from the side.

    Attributes
    ----------
    view : {"side_left", "side_right"}
    points : ndarray, shape (15, 2)
        Places of the pose points at neutral, as from :func:`neckrom.kinematics.side.features.side_points`; pixels.
    rest_time_ns : ndarray, shape (K,), int64
        Times of the neutral stretch.
    neutral_thorax : ndarray, shape (4,)
        Thorax at neutral, quaternion (x, y, z, w), body to camera: upright in the picture, seen exactly from the side.
    """

    view: SideView
    points: FloatArray
    rest_time_ns: IntArray
    neutral_thorax: FloatArray

    @property
    def askew_deg(self) -> float:
        """Not told from the side: 0."""
        return 0.0


@dataclass(frozen=True, slots=True)
class ObservedSide(OrientationSeries):
    """Readings of every frame.

    Attributes
    ----------
    neck_deg, neck_sd_deg : ndarray, shape (N,)
        Flexion as read from the pose points, and its standard deviation; degrees, flexion positive.
    trunk_deg : ndarray, shape (N,)
        Lean of the trunk, degrees, forwards positive.
    step_deg : ndarray, shape (N,)
        Turn of the head since the frame before, from flow; degrees, flexion positive.
    stuck_share : ndarray, shape (N,)
        As in :class:`neckrom.kinematics.side.features.HeadFlow`.
    """

    neck_deg: FloatArray
    neck_sd_deg: FloatArray
    trunk_deg: FloatArray
    step_deg: FloatArray
    stuck_share: FloatArray
