"""What a user should know about what the models saw: others in view, long losses."""

from __future__ import annotations

import numpy as np

from neckrom.types import LandmarkFrame, Notice

_PEOPLE_AT_LEAST_S = 0.5
"""More than one face for less, all times together, is not spoken of."""
_LOST_AT_LEAST_S = 3.0
"""A shorter loss of the face is not spoken of."""


class LandmarkNotes:
    """Gathers notes frame by frame; memory does not grow."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._crowd_s = 0.0
        self._crowd_first_s = 0.0
        self._most_faces = 0
        self._lost_since_s: float | None = None
        self._losses: list[tuple[float, float]] = []
        self._lost = 0
        self._frames = 0

    def take(self, frame: LandmarkFrame) -> None:
        """Take note of the next frame.

        Parameters
        ----------
        frame : LandmarkFrame
            Later than the one before.
        """
        time_s = frame.time_ns * 1e-9
        step_s = 0.0 if self._last_ns is None else min(1.0, (frame.time_ns - self._last_ns) * 1e-9)
        self._last_ns = frame.time_ns
        self._frames += 1
        if frame.faces > 1:
            if not self._most_faces:
                self._crowd_first_s = time_s
            self._crowd_s += step_s
            self._most_faces = max(self._most_faces, frame.faces)
        if np.isfinite(frame.face[0, 0]):
            self._end_loss(time_s)
            return
        self._lost += 1
        if self._lost_since_s is None:
            self._lost_since_s = time_s

    def notices(self) -> tuple[Notice, ...]:
        """The notes, after the last frame.

        Returns
        -------
        tuple of Notice
            Of several people and of losses, in this order, as far as there is something to say.
        """
        if self._last_ns is not None:
            self._end_loss(self._last_ns * 1e-9)
        notices = []
        if self._crowd_s >= _PEOPLE_AT_LEAST_S:
            faces, first_s = self._most_faces, self._crowd_first_s
            text = (
                f"Several people in view (up to {faces} faces, first at {first_s:.1f} s): "
                "the one with the largest face at the start was followed."
            )
            notices.append(Notice(text, "several_people", faces=faces, time_s=first_s))
        if self._losses:
            notices.append(self._lost_notice())
        return tuple(notices)

    def _lost_notice(self) -> Notice:
        start, length = max(self._losses, key=lambda loss: loss[1])
        percent = 100 * self._lost / self._frames
        share = f"({percent:.0f} % of all frames without one): turned away, covered or out of the picture."
        text = f"No face for {length:.1f} s from {start:.1f} s"
        number = len(self._losses)
        if number == 1:
            return Notice(f"{text} {share}", "no_face", length_s=length, start_s=start, percent=percent)
        text = f"{text}, the longest of {number} such times {share}"
        return Notice(text, "no_face_again", number=number, length_s=length, start_s=start, percent=percent)

    def _end_loss(self, time_s: float) -> None:
        start, self._lost_since_s = self._lost_since_s, None
        if start is not None and time_s - start >= _LOST_AT_LEAST_S:
            self._losses.append((start, time_s - start))
