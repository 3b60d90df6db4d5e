"""From a decoded picture to an upright RGB array of square pixels.

Containers store how a picture is to be shown beside it: turned (phones), flipped,
with pixels that are not square. All of that is applied here, once, so that the
landmarks are found in the picture that a player shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from neckrom.errors import NotAVideoError
from neckrom.frames.side_data import display_matrix
from neckrom.types import ImageArray

SMALLEST_SIDE = 16
"""Pixels: no face can be seen in less."""
MOST_CLIP_PIXELS = 40_000_000
"""Of a frame of a clip: 8K has 35 million."""
MOST_PICTURE_PIXELS = 210_000_000
"""Of a single picture: the largest photos of phones have 200 million."""
_LARGEST_PIXEL_ASPECT = 8
"""No camera has pixels that are longer: what says so is damaged."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stored picture becomes upright.

    Attributes
    ----------
    quarter_turns : int
        Counter-clockwise turns of 90 deg, 0 to 3, as in :func:`numpy.rot90`.
    flipped : bool
        Flip left for right *after* turning.
    """

    quarter_turns: int = 0
    flipped: bool = False

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self.quarter_turns % 2 == 1

    def turned_further(self, clockwise_deg: int) -> Turn:
        """The turn with another one after it, in degrees clockwise (a multiple of 90).

        Parameters
        ----------
        clockwise_deg : int
            May be negative: anticlockwise.

        Returns
        -------
        Turn
        """
        quarters = -clockwise_deg // 90 % 4
        if self.flipped:  # the flip comes last: turning after it is turning the other way before it
            quarters = -quarters % 4
        return Turn((self.quarter_turns + quarters) % 4, self.flipped)

    def apply(self, image: ImageArray) -> ImageArray:
        """The picture upright, contiguous in memory.

        Parameters
        ----------
        image : array of shape (height, width, ...)

        Returns
        -------
        array
            Sides exchanged where the turn is one of 90 or 270 degrees.
        """
        turned = np.rot90(image, self.quarter_turns) if self.quarter_turns else image
        return np.ascontiguousarray(turned[:, ::-1] if self.flipped else turned)


def turn_of(frame: VideoFrame) -> Turn:
    """The turn that the frame's display matrix asks for (none where it has no matrix).

    Angles that are no multiple of 90 deg are taken as the nearest one: no camera
    writes others.

    Parameters
    ----------
    frame : VideoFrame

    Returns
    -------
    Turn
    """
    matrix = display_matrix(frame)
    if matrix is None:
        return Turn()
    a, b, c, d = (value / 65536 for value in (matrix[0], matrix[1], matrix[3], matrix[4]))
    flipped = a * d - b * c < 0
    if flipped:  # x' = a x + c y: flipping afterwards changes the sign of x'
        a, c = -a, -c
    # (a, b) is where the x axis goes, in picture axes (y down): b > 0 turns clockwise
    clockwise = round(np.degrees(np.arctan2(b, a)) / 90) % 4
    return Turn(quarter_turns=-clockwise % 4, flipped=flipped)


def upright_size(frame: VideoFrame, turn: Turn, pixel_aspect: Fraction) -> tuple[int, int]:
    """Width and height of the picture with square pixels, upright, before scaling.

    Parameters
    ----------
    frame : VideoFrame
    turn : Turn
    pixel_aspect : Fraction
        Width of a pixel by its height.

    Returns
    -------
    width, height : int
        Pixels.
    """
    width, height = _square_size(frame, pixel_aspect)
    return (height, width) if turn.swaps_sides else (width, height)


def _square_size(frame: VideoFrame, pixel_aspect: Fraction) -> tuple[int, int]:
    if not Fraction(1, _LARGEST_PIXEL_ASPECT) <= pixel_aspect <= _LARGEST_PIXEL_ASPECT:
        return frame.width, frame.height
    if pixel_aspect >= 1:
        return round(frame.width * pixel_aspect), frame.height
    return frame.width, round(frame.height / pixel_aspect)


def check_size(width: int, height: int, where: str) -> None:
    """Refuse a picture in which nobody could be measured.

    Parameters
    ----------
    width, height : int
        Upright.
    where : str
        The input, for the message.

    Raises
    ------
    NotAVideoError
    """
    if min(width, height) < SMALLEST_SIDE:
        raise NotAVideoError(
            f"The picture of {where} is {width} x {height} pixels: too small to see a face in. "
            "Record 640 x 480 or more."
        )


def fitted_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """The size scaled down so that the long side has at most ``max_side`` pixels; never up.

    Parameters
    ----------
    width, height : int
        Pixels.
    max_side : int
        Pixels.

    Returns
    -------
    width, height : int
        Pixels, at least 1 each; proportions kept to half a pixel.
    """
    long_side = max(width, height)
    if long_side <= max_side:
        return width, height
    return max(1, round(width * max_side / long_side)), max(1, round(height * max_side / long_side))


class PictureMaker:
    """Decoded frames to upright RGB arrays of one fixed size.

    Parameters
    ----------
    width, height : int
        Upright size to make.
    turn : Turn
    """

    def __init__(self, width: int, height: int, turn: Turn) -> None:
        self._stored_size = (height, width) if turn.swaps_sides else (width, height)
        self._turn = turn
        self._reformatter = VideoReformatter()

    def make(self, frame: VideoFrame) -> ImageArray:
        """RGB picture, shape (height, width, 3), uint8.

        Parameters
        ----------
        frame : VideoFrame

        Returns
        -------
        array
            Upright.

        Raises
        ------
        UnreadablePictureError
            Its pixels are stored in a way that cannot be turned into RGB.
        """
        width, height = self._stored_size
        shrinks = width < frame.width or height < frame.height
        try:
            rgb = self._reformatter.reformat(
                frame,
                width=width,
                height=height,
                format="rgb24",
                interpolation=Interpolation.AREA if shrinks else None,
                threads=1,  # the same pixels on every machine; decoding is what runs in parallel
            )
        except (FFmpegError, ValueError, OverflowError) as error:
            raise UnreadablePictureError(str(error)) from error
        return self._turn.apply(np.asarray(rgb.to_ndarray(), dtype=np.uint8))


class UnreadablePictureError(Exception):
    """One picture that was decoded cannot be shown; whoever reads it leaves it out and says so."""
