"""Angles of a body as it is filmed: those of the analysis, on the last two seconds.

The same functions read the recording afterwards, over its whole length: live, a frame is read from itself and those
just before it. docs/live.md says how far the two are apart.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from neckrom.body import Body, read_body
from neckrom.live.nerve.protocols import TestName
from neckrom.nerve.angles import measure_angles
from neckrom.nerve.arms.angles import measure_arm_angles
from neckrom.nerve.arms.corrections import neck_rest as arm_neck_rest
from neckrom.nerve.arms.raw_angles import raw_arm_angles
from neckrom.nerve.corrections import Rest, rest_of
from neckrom.nerve.raw_angles import raw_angles
from neckrom.types import BodyFrame, BodySeries, FloatArray

WINDOW_S = 2.0
EVERY_S = 0.1
"""So often the window is read; in between the last angles stand."""
_LEAST_FRAMES = 5
_LATE_S = 0.5
"""An angle that was not read for so long is not known."""


class CausalReading:
    """Angles of the newest frame, from the frames of the last two seconds.

    Parameters
    ----------
    width, height : int
        Of the picture.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._frames: deque[BodyFrame] = deque()
        self._read_ns = 0
        self._angles: dict[str, float] = {}
        self._rest: Rest | None = None
        self._arm_rest: FloatArray | None = None
        self.body: Body | None = None
        """The window, each leg with its own points; None while nobody is seen."""

    def step(self, frame: BodyFrame, test: TestName, *, resting: bool) -> dict[str, float]:
        """Angles by name, degrees; what is not read is not in it.

        Parameters
        ----------
        frame : BodyFrame
        test : {"slump", "slr", "arms"}
        resting : bool
            Nothing has been moved yet: neck and thighs as they are held now are what they are measured from.
        """
        if resting:
            self._rest = self._arm_rest = None
        self._frames.append(frame)
        while (frame.time_ns - self._frames[0].time_ns) * 1e-9 > WINDOW_S:
            self._frames.popleft()
        if (frame.time_ns - self._read_ns) * 1e-9 >= EVERY_S - 1e-6:
            self._read_ns = frame.time_ns
            self._angles = self._read(test)
        return self._angles

    def _read(self, test: TestName) -> dict[str, float]:
        series = self._series()
        if int(series.found.sum()) < _LEAST_FRAMES:
            self.body = None
            return {}
        body = self.body = read_body(series)
        if test == "arms":
            return self._arms(body)
        if body.view.near is None:
            return {}
        if self._rest is None:
            rest = rest_of(raw_angles(body, body.view.near))
            self._rest = rest if rest.known else None
        read = measure_angles(body, body.view.near, test, rest=self._rest)
        found = {"neck": self._newest(read.time_s, read.neck_flexion_deg)}
        for side, leg in read.legs.items():
            for name, values in (("raise", leg.raise_deg), ("knee", leg.knee_deg), ("ankle", leg.ankle_deg)):
                found[f"{name}.{side}"] = self._newest(read.time_s, values)
        return {name: round(value, 2) for name, value in found.items() if np.isfinite(value)}

    def _arms(self, body: Body) -> dict[str, float]:
        if body.view.name != "front":
            return {}
        if self._arm_rest is None:
            rest = arm_neck_rest(raw_arm_angles(body))
            self._arm_rest = rest if np.isfinite(rest).all() else None
        read = measure_arm_angles(body, rest=self._arm_rest)
        left = self._newest(read.time_s, read.neck_side_bend_deg)
        found = {
            "neck_towards.left": left,
            "neck_away.left": -left,
            "neck_towards.right": -left,
            "neck_away.right": left,
        }
        for side, arm in read.arms.items():
            found[f"shoulder.{side}"] = self._newest(read.time_s, arm.abduction_deg)
            found[f"elbow.{side}"] = self._newest(read.time_s, arm.elbow_deg)
            found[f"upper.{side}"] = self._newest(read.time_s, arm.upper_turn_deg)
            found[f"reach.{side}"] = self._newest(read.time_s, arm.reach_turn_deg)
        return {name: round(value, 2) for name, value in found.items() if np.isfinite(value)}

    @staticmethod
    def _newest(time_s: np.ndarray[tuple[int, ...], np.dtype[np.float64]], values: object) -> float:
        """The last value that was read, if that is not too long ago."""
        known = np.flatnonzero(np.isfinite(np.asarray(values, dtype=np.float64)))
        if not len(known) or time_s[-1] - time_s[known[-1]] > _LATE_S:
            return float("nan")
        return float(np.asarray(values, dtype=np.float64)[known[-1]])

    def _series(self) -> BodySeries:
        frames = self._frames
        width, height = self._size
        return BodySeries(
            time_ns=np.array([frame.time_ns for frame in frames], dtype=np.int64),
            pose=np.stack([frame.pose for frame in frames]),
            pose_world=np.stack([frame.pose_world for frame in frames]),
            pose_visibility=np.stack([frame.pose_visibility for frame in frames]),
            people=np.array([frame.people for frame in frames], dtype=np.int64),
            width=width,
            height=height,
        )
