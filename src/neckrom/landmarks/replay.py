"""Landmarks from a file in place of the models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neckrom.errors import FrameMismatchError
from neckrom.landmarks.order import RisingTimes
from neckrom.landmarks.store import read_landmarks
from neckrom.types import DetectorIdentity, Frame, LandmarkFrame, LandmarkSeries


class ReplayDetector:
    """Hands out stored landmarks for the frames of the clip they came from.

    Parameters
    ----------
    series : LandmarkSeries
    identity : DetectorIdentity
        The detector that saw the clip.
    """

    def __init__(self, series: LandmarkSeries, identity: DetectorIdentity) -> None:
        self._series = series
        self._identity = identity
        self._times = RisingTimes()

    @classmethod
    def open(cls, path: Path) -> ReplayDetector:
        """Replay a landmark file.

        Parameters
        ----------
        path : Path

        Returns
        -------
        ReplayDetector

        Raises
        ------
        LandmarkFileError
            As in :func:`neckrom.landmarks.store.read_landmarks`.
        """
        series, header = read_landmarks(path)
        return cls(series, header.detector)

    @property
    def identity(self) -> DetectorIdentity:
        """The detector that saw the clip."""
        return self._identity

    def detect(self, frame: Frame) -> LandmarkFrame:
        """Landmarks stored for the time of the frame.

        Parameters
        ----------
        frame : Frame
            Only its time is looked at.

        Returns
        -------
        LandmarkFrame

        Raises
        ------
        FrameMismatchError
            The time does not rise, or the file has no frame at it.
        """
        self._times.check(frame)
        row = int(np.searchsorted(self._series.time_ns, frame.time_ns))
        if row == len(self._series) or self._series.time_ns[row] != frame.time_ns:
            raise FrameMismatchError(
                f"The landmarks have no frame at {frame.time_ns * 1e-9:.3f} s: they come from another clip. "
                "Measure the clip itself."
            )
        return landmark_frame(self._series, row)

    def close(self) -> None:
        """Let go; a second call does nothing."""
        self._times.close()


def landmark_frame(series: LandmarkSeries, row: int) -> LandmarkFrame:
    """One row of a series.

    Parameters
    ----------
    series : LandmarkSeries
    row : int

    Returns
    -------
    LandmarkFrame
        Its arrays are views of the series.
    """
    return LandmarkFrame(
        time_ns=int(series.time_ns[row]),
        face=series.face[row],
        pose=series.pose[row],
        pose_visibility=series.pose_visibility[row],
        pose_world=series.pose_world[row],
        faces=int(series.faces[row]),
        pose_ran=bool(series.pose_ran[row]),
        motion=None if series.motion is None else series.motion[row],
        motion_box=None if series.motion_box is None else series.motion_box[row],
        tracks=None if series.tracks is None else series.tracks[row],
        chest_tracks=None if series.chest_tracks is None else series.chest_tracks[row],
    )
