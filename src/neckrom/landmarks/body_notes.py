"""What a user should know about a clip of a whole body: others in view, long losses, a camera that moves, darkness."""

from __future__ import annotations

from neckrom.landmarks.boxes import BodyBox, body_box
from neckrom.landmarks.scene import CameraTravel
from neckrom.types import BodyFrame, Notice

_LOST_AT_LEAST_S = 0.5
"""A shorter loss is not spoken of: a body is covered or out of the picture for less every now and then."""
_OTHER_LOOKS = 2
"""Looks with somebody else in them: one alone may be a shadow that was taken for a person."""
_OTHER_HEIGHT = 0.35
"""Height from which somebody else counts, as a share of the followed person's."""
_STILL_STEP, _STILL_RANGE, _STILL_ROLL_DEG = 0.002, 0.02, 1.0
"""Of a camera on a stand; on rendered clips with a still camera they stay below a tenth of these."""
PAN_RANGE = 0.25
"""Share of the picture from which the camera went along with the person."""
_DARK = 50.0
"""Mean brightness (0 to 255) below which feet and background melt into each other: rendered rooms have about 100, and
the same darkened to 10 to 30 and with noise gave feet that were wrong by up to 37 deg."""
DARK = "dark_picture"
"""Key of the note."""


class BodyNotes:
    """Gathers notes frame by frame; memory does not grow."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._first_ns = 0
        self._lost_since_s: float | None = None
        self._losses: list[tuple[float, float]] = []
        self._frames = self._found = 0
        self._looks = self._crowded = 0
        self._crowd_first_s = 0.0

    def take(self, frame: BodyFrame) -> None:
        """Take note of the next frame.

        Parameters
        ----------
        frame : BodyFrame
            Later than the one before.
        """
        time_s = frame.time_ns * 1e-9
        self._last_ns = frame.time_ns
        self._frames += 1
        if body_box(frame.pose) is not None:
            self._found += 1
            self._end_loss(time_s)
        elif self._lost_since_s is None:
            self._lost_since_s = time_s

    def look(self, time_ns: int, mine: BodyBox, other: BodyBox | None) -> bool:
        """Take note of a look for somebody else; whether somebody of a size that counts is there.

        Parameters
        ----------
        time_ns : int
        mine : BodyBox
            The followed person's.
        other : BodyBox or None
            Somebody else's, pixels of the same picture.

        Returns
        -------
        bool
        """
        self._looks += 1
        there = other is not None and other.height >= _OTHER_HEIGHT * mine.height
        if there:
            if not self._crowded:
                self._crowd_first_s = time_ns * 1e-9
            self._crowded += 1
        return there

    def notices(self, travel: CameraTravel, brightness: float) -> tuple[Notice, ...]:
        """The notes, after the last frame.

        Parameters
        ----------
        travel : CameraTravel
        brightness : float
            0 to 255.

        Returns
        -------
        tuple of Notice
            Of others, losses, the camera and darkness, in this order, as far as there is something to say.
        """
        if self._last_ns is not None:
            self._end_loss(self._last_ns * 1e-9)
        notes = [self._people(), self._losses_notice(), _camera_notice(travel), _dark_notice(brightness)]
        return tuple(note for note in notes if note is not None)

    def _people(self) -> Notice | None:
        if self._crowded < _OTHER_LOOKS:
            return None
        percent = 100 * self._crowded / self._looks
        text = (
            f"Somebody else is in the picture (in {percent:.0f} % of the looks, first at {self._crowd_first_s:.1f} s): "
            "one person was followed. See in the pictures that it is the right one, or cut the other one out: "
            "ffmpeg -i INPUT -vf crop=WIDTH:HEIGHT:LEFT:TOP one.mp4"
        )
        return Notice(text, "several_bodies", percent=percent, time_s=self._crowd_first_s)

    def _losses_notice(self) -> Notice | None:
        if not self._losses:
            return None
        start, length = max(self._losses, key=lambda loss: loss[1])
        percent = 100 * (1 - self._found / self._frames)
        text = (
            f"Nobody was found for {length:.1f} s from {start:.1f} s ({percent:.0f} % of all frames): out of the "
            "picture, covered or too dark."
        )
        return Notice(text, "no_body", length_s=length, start_s=start, percent=percent)

    def _end_loss(self, time_s: float) -> None:
        start, self._lost_since_s = self._lost_since_s, None
        if start is not None and time_s - start >= _LOST_AT_LEAST_S:
            self._losses.append((start, time_s - start))


def _camera_notice(travel: CameraTravel) -> Notice | None:
    percent = 100 * travel.range_share
    if travel.range_share >= PAN_RANGE:
        text = (
            f"The camera followed the person: the background moved by {percent:.0f} % of the picture. "
            "Put it on something firm, and let the person run in place on a treadmill, or past it."
        )
        return Notice(text, "camera_pans", percent=percent)
    if (
        travel.step_share < _STILL_STEP
        and travel.range_share < _STILL_RANGE
        and travel.roll_deg < _STILL_ROLL_DEG
    ):
        return None
    text = (
        f"The camera did not stand still: the background moved by {percent:.1f} % of the picture and turned by "
        f"{travel.roll_deg:.1f} deg. What was measured is less sure than its interval says: put the camera on "
        "something firm."
    )
    return Notice(text, "camera_moves", percent=percent, roll_deg=travel.roll_deg)


def _dark_notice(brightness: float) -> Notice | None:
    if brightness >= _DARK:
        return None
    text = "The picture is dark: points are found less exactly. Film again with more light."
    return Notice(text, DARK)
