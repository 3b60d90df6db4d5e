"""Head and thorax as rigid bodies, and what is seen of them: points followed over each.

Lengths are in units of the distance between the outer corners of the eyes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from neckrom.columns import in_blocks, let_go
from neckrom.kinematics.ellipsoid import Ellipsoid
from neckrom.types import BoolArray, Float32Array, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Body:
    """A rigid body, body axes (x anterior, y superior, z to the person's right), about its origin.

    Attributes
    ----------
    shape : Ellipsoid
    lever, lever_back : ndarray, shape (3,)
        From the joint that it turns about to its origin, body axes; the second where it tilts back.
    behind_eyes : float
        How much further from the camera than the eyes the origin is.
    lowest, highest : float
        Points below and above these levels (y of the body axes) are left out.
    prior_robust : float
        From how many standard deviations on the reading that holds the solution is doubted rather than
        the points.
    place_sd : ndarray, shape (3,)
        Of the origin from where the joint puts it: across, down, and along the line of sight.
    rest_s : float
        Seconds; how much of the rest before and after an excursion is solved with it, to tell where the body came from.
    every : int
        Key frames are each so many of those of the excursion.
    """

    shape: Ellipsoid
    lever: FloatArray
    lever_back: FloatArray
    behind_eyes: float
    lowest: float
    highest: float
    prior_robust: float
    place_sd: FloatArray
    rest_s: float
    every: int


HEAD = Body(
    shape=Ellipsoid(half_axes=np.array([1.12, 1.40, 0.92]), centre=np.array([0.0, 0.25, 0.0])),
    lever=np.array([0.20, 1.00, 0.0]),
    lever_back=np.array([0.45, 0.73, 0.0]),
    behind_eyes=0.85,
    lowest=-0.85,
    highest=2.0,
    prior_robust=1.0,
    place_sd=np.array([0.6, 0.6, 1.0]),
    rest_s=0.4,
    every=1,
)
"""Origin between the ears; jaw and throat, which move by themselves, are left out. Both bodies are tuned on the people
of ``calibration/fit_tracks.py`` (``docs/method.md``)."""

THORAX = Body(
    shape=Ellipsoid(half_axes=np.array([2.0, 3.5, 2.1]), centre=np.array([0.4, -1.5, 0.0])),
    lever=np.array([0.0, 4.5, 0.0]),
    lever_back=np.array([0.0, 4.5, 0.0]),
    behind_eyes=1.8,
    lowest=-5.0,
    highest=-0.3,
    prior_robust=1e3,
    place_sd=np.array([0.15, 0.15, 0.15]),
    rest_s=0.8,
    every=2,
)
"""Origin between the shoulders; turns about the pelvis. Clothes move by themselves: the reading stays in force."""


@dataclass(frozen=True, slots=True)
class BodyTracks:
    """What is seen of a body, N frames.

    Attributes
    ----------
    body : Body
    time_s : ndarray, shape (N,)
    tracks : ndarray, shape (N, K, 3)
        Number of the point; x, y, which :meth:`on_plane` puts on the plane at depth 1. NaN in empty rows.
    origin : ndarray, shape (2,)
        The body's origin at rest, on the plane at depth 1.
    eye_distance : float
        Outer corners of the eyes at rest, on the plane at depth 1.
    joint_moved : ndarray, shape (N, 2)
        How far the joint has moved since rest, on the plane at depth 1; NaN counts as not at all.
    centre : tuple of two float
    focal : float
        What takes x and y of ``tracks`` to the plane at depth 1: less the centre, over the focal length.
    followed : ndarray, shape (N,), bool
        Frames in which points were followed.
    """

    body: Body
    time_s: FloatArray
    tracks: FloatArray | Float32Array
    origin: FloatArray
    eye_distance: float
    joint_moved: FloatArray
    centre: tuple[float, float] = (0.0, 0.0)
    focal: float = 1.0
    followed: BoolArray = field(init=False)

    def __post_init__(self) -> None:
        """Looks once through all frames for those with points."""
        followed = np.empty(len(self.tracks), dtype=np.bool_)
        for rows in in_blocks(self.tracks):
            followed[rows] = np.isfinite(self.tracks[rows, :, 0]).any(axis=1)
        object.__setattr__(self, "followed", followed)

    def on_plane(self, frames: IntArray) -> FloatArray:
        """The points of some frames.

        Parameters
        ----------
        frames : ndarray of int, shape (n,)

        Returns
        -------
        ndarray, shape (n, K, 3)
            Number of the point; x, y on the plane at depth 1. NaN in empty rows.
        """
        points = self.tracks[frames].astype(np.float64)
        let_go(self.tracks)
        points[..., 1] = (points[..., 1] - self.centre[0]) / self.focal
        points[..., 2] = (points[..., 2] - self.centre[1]) / self.focal
        return points
