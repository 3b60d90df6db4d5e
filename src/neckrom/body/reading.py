"""A body over a whole clip: its points by name, each leg and arm with its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body.gaps import bridged, outliers
from neckrom.body.identity import turned_round
from neckrom.body.points import LEFT_ARM, LEFT_LEG, RIGHT_ARM, RIGHT_LEG, Side, index_of
from neckrom.body.view import BodyView, view_of
from neckrom.types import BodySeries, BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Body:
    """A body over a whole clip.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    pose : ndarray, shape (N, 33, 3), float64, pixels
        Points of the pose model, numbered as there, each leg and arm with its own; NaN where not seen.
    world : ndarray, shape (N, 33, 3), float64, metres
        Likewise, about the middle of the hips.
    found : ndarray, shape (N,), bool
        Frames in which the model saw a body; short gaps are bridged, and not counted here.
    legs_turned, arms_turned : ndarray, shape (N,), bool
        Frames in which the model had named the legs (arms) the other way round.
    view : BodyView
    scale_px : float
        Length of the trunk in the picture (median).
    width, height : int
    """

    time_s: FloatArray
    pose: FloatArray
    world: FloatArray
    found: BoolArray
    legs_turned: BoolArray
    arms_turned: BoolArray
    view: BodyView
    scale_px: float
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.time_s)

    def point(self, name: str, side: Side) -> FloatArray:
        """Place of a point in the picture, shape (N, 2), pixels; x right, y down.

        Parameters
        ----------
        name : str
            One of ``PAIRED_POINTS``.
        side : {"left", "right"}
            The person's own.

        Returns
        -------
        ndarray, shape (N, 2), pixels
            NaN where not seen.
        """
        return self.pose[:, index_of(name, side), :2]

    def middle(self, name: str) -> FloatArray:
        """Middle between the left and the right point, shape (N, 2), pixels.

        Parameters
        ----------
        name : str
            One of ``PAIRED_POINTS``.

        Returns
        -------
        ndarray, shape (N, 2), pixels
            NaN where either point is not seen.
        """
        return 0.5 * (self.point(name, "left") + self.point(name, "right"))

    def depth(self, name: str, side: Side) -> FloatArray:
        """Depth of a point as the pose model gives it, shape (N,), on the scale of pixels, + away from the camera.

        Parameters
        ----------
        name : str
            One of ``PAIRED_POINTS``.
        side : {"left", "right"}
            The person's own.

        Returns
        -------
        ndarray, shape (N,), pixels
            NaN where not seen.
        """
        return self.pose[:, index_of(name, side), 2]

    @property
    def facing(self) -> int:
        """+1 where the person looks to the right in the picture, -1 to the left, 0 from behind and in front."""
        return self.view.facing

    @property
    def frames_per_second(self) -> float:
        """From the median interval."""
        return float(1.0 / np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else float("nan")


def read_body(series: BodySeries) -> Body:
    """Points by name, each leg and arm with its own over the whole clip.

    Parameters
    ----------
    series : BodySeries

    Returns
    -------
    Body

    Notes
    -----
    A clip in which nobody was found gives NaN throughout; who needs a person refuses it.
    """
    time_s = series.time_s
    pose = series.pose.astype(np.float64)
    world = series.pose_world.astype(np.float64)
    found = series.found
    nowhere = np.zeros(len(series), dtype=bool)
    if found.sum() < 2:
        nobody = BodyView("front", None, 0, float("nan"))
        return Body(
            time_s, pose, world, found, nowhere, nowhere, nobody, float("nan"), series.width, series.height
        )
    view = view_of(pose[found])
    trunk = pose[:, [11, 12], :2].mean(axis=1) - pose[:, [23, 24], :2].mean(axis=1)
    scale = float(np.nanmedian(np.linalg.norm(trunk, axis=1)))
    turned = []
    for left, right in ((LEFT_LEG, RIGHT_LEG), (LEFT_ARM, RIGHT_ARM)):
        # points that a clip does not have at all (hands, in small tables) say nothing
        had = [
            row for row, pair in enumerate(zip(left, right, strict=True)) if np.isfinite(pose[:, pair]).any()
        ]
        if not had:
            turned.append(nowhere)
            continue
        tracks = np.stack([pose[:, [left[k] for k in had]], pose[:, [right[k] for k in had]]], axis=1)
        turned.append(turned_round(tracks, time_s, view, scale))
        for points in (pose, world):
            _exchange(points, turned[-1], left, right)
    legs, arms = turned
    jumps = outliers(pose[..., :2], scale)
    pose[jumps] = np.nan
    world[jumps] = np.nan
    return Body(
        time_s,
        bridged(time_s, pose),
        bridged(time_s, world),
        found,
        legs,
        arms,
        view,
        scale,
        series.width,
        series.height,
    )


def _exchange(points: FloatArray, frames: BoolArray, left: list[int], right: list[int]) -> None:
    """Exchange rows of the points in some frames, in place."""
    at = np.flatnonzero(frames)[:, None]
    kept = points[at, left]
    points[at, left] = points[at, right]
    points[at, right] = kept
