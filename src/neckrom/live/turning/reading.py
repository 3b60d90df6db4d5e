"""The trunk's turn as it is filmed: by the analysis' own reading, from the rest and the last two seconds."""

from __future__ import annotations

from collections import deque

import numpy as np

from neckrom.body import Body, read_body
from neckrom.live.turning.turn import ANGLE
from neckrom.types import BodyFrame, BodySeries
from neckrom.upper_back.turning import REST_S, measure_turning

WINDOW_S = 2.0
EVERY_S = 0.1
"""So often the window is read; in between the last turn stands."""
_LEAST_FRAMES = 5
_LATE_S = 0.5
"""A turn that was not read for so long is not known."""


class TurnReading:
    """The turn of the newest frame, against the rest with which the recording begins.

    Parameters
    ----------
    width, height : int
        Of the picture.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._window: deque[BodyFrame] = deque()
        self._rest: list[BodyFrame] = []
        self._read_ns = 0
        self._angles: dict[str, float] = {}
        self.body: Body | None = None
        """The window while nothing is recorded; None while nobody is seen."""

    def step(self, frame: BodyFrame, *, recorded: bool) -> dict[str, float]:
        """The turn by its name, degrees, + to the person's left; empty where it is not read.

        Parameters
        ----------
        frame : BodyFrame
        recorded : bool
            Whether the frame belongs to the recording, which begins at rest.
        """
        self._window.append(frame)
        while (frame.time_ns - self._window[0].time_ns) * 1e-9 > WINDOW_S:
            self._window.popleft()
        if not recorded:
            self._rest, self._angles = [], {}
        elif not self._rest or (frame.time_ns - self._rest[0].time_ns) * 1e-9 <= REST_S:
            self._rest.append(frame)
        if (frame.time_ns - self._read_ns) * 1e-9 >= EVERY_S - 1e-6:
            self._read_ns = frame.time_ns
            if recorded:
                self._angles = self._turn()
            else:
                self.body = self._seen()
        return self._angles

    def _seen(self) -> Body | None:
        series = self._series(list(self._window))
        return read_body(series) if int(series.found.sum()) >= _LEAST_FRAMES else None

    def _turn(self) -> dict[str, float]:
        after_ns = self._rest[-1].time_ns
        frames = self._rest + [frame for frame in self._window if frame.time_ns > after_ns]
        series = self._series(frames)
        if int(series.found.sum()) < _LEAST_FRAMES:
            return {}
        turning = measure_turning(read_body(series))
        known = np.flatnonzero(np.isfinite(turning.turn_deg))
        if not len(known) or turning.time_s[-1] - turning.time_s[known[-1]] > _LATE_S:
            return {}
        return {ANGLE: round(float(turning.turn_deg[known[-1]]), 2)}

    def _series(self, frames: list[BodyFrame]) -> BodySeries:
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
