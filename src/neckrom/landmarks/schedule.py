"""When the pose model is worth its time.

The face mesh costs 5 ms a frame, the pose model 22. While the face is seen from the
front the pose only gives the shoulders, which move slowly: ten times a second is
enough. Turned away or lost, the head's pose points are what is left of it: then every
frame counts. (Fifteen times a second then would take a third off the pose's time, but its
tracker answers differently when it sees every second picture: end ranges of the sample clips
moved by up to 3 deg, see docs/performance.md.) The choice stands on the
frames alone, so that the same clip always gives the same landmarks.
"""

from __future__ import annotations

import numpy as np

from neckrom.types import Float32Array

TURNED_DEG = 30.0
"""Between the face's normal and the line of sight, beyond which the pose runs on every frame."""
_AT_LEAST_EVERY_S = 0.105
"""Longest time between two runs while the face is seen from the front: every third picture of 30 a second."""
_LEFT_EYE, _RIGHT_EYE, _FOREHEAD, _CHIN = 263, 33, 10, 152
"""Points of the face mesh: outer corners of the eyes, top of the forehead, tip of the chin."""


def turn_deg(face: Float32Array) -> float:
    """Rough angle between the face's normal and the camera's axis; NaN where the face is missing.

    Parameters
    ----------
    face : ndarray, shape (478, 3), pixels
        z on the scale of x.

    Returns
    -------
    float
        Degrees, 0 to 180, without sign; 0 = the face looks along the camera's axis.
    """
    across = face[_LEFT_EYE] - face[_RIGHT_EYE]
    down = face[_CHIN] - face[_FOREHEAD]
    normal = np.cross(across.astype(np.float64), down.astype(np.float64))
    length = float(np.linalg.norm(normal))
    if not length > 0:
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(normal[2] / length, -1, 1))))


class PoseSchedule:
    """Says for each frame whether the pose model runs on it.

    Parameters
    ----------
    every_frame : bool
        Run it on all frames, for comparison.
    turned_every_s : float
        Least time between two runs on a turned head, for comparison; 0 for every frame.
    """

    def __init__(self, *, every_frame: bool = False, turned_every_s: float = 0.0) -> None:
        self._every_frame, self._turned_every_s = every_frame, turned_every_s
        self._last_run_ns: int | None = None
        self._last_ns: int | None = None

    def due(self, time_ns: int, face: Float32Array) -> bool:
        """Whether the pose runs on the frame with this face (NaN: lost).

        Parameters
        ----------
        time_ns : int
            Later than the one before.
        face : ndarray, shape (478, 3), pixels

        Returns
        -------
        bool
        """
        wait_s = _AT_LEAST_EVERY_S if turn_deg(face) <= TURNED_DEG else self._turned_every_s
        run = self._every_frame or self._waited_long_enough(time_ns, wait_s)
        self._last_ns = time_ns
        if run:
            self._last_run_ns = time_ns
        return run

    def _waited_long_enough(self, time_ns: int, wait_s: float) -> bool:
        """Whether waiting for one more frame would be too long."""
        if self._last_run_ns is None or self._last_ns is None:
            return True
        step_ns = time_ns - self._last_ns
        return (time_ns + step_ns - self._last_run_ns) * 1e-9 > wait_s
