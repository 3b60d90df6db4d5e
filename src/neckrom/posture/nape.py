"""The nape of the neck in a picture: where to look for C7, and a mark that is brought to the neck's edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.errors import OptionValueError
from neckrom.posture.result import PosturePoints
from neckrom.types import FloatArray

_EDGE_TRUNKS = 1.0
"""Of the close picture: from above the head to below the shoulder blades."""
_BACK_TRUNKS = 0.1
"""How far behind ear and shoulder its middle lies, for a neck that is bent forward."""
REACH_TRUNKS = 0.03
"""From how far away a mark is brought to the neck's edge: about 15 mm; a mark further off was meant otherwise."""
_BEHIND, _ABOVE = (-0.25, 0.6), (0.75, 1.5)
"""Where C7 can be, in trunk lengths: behind the middle of the shoulders, and above the middle of the hips."""


@dataclass(frozen=True, slots=True)
class NapePlace:
    """Where the nape is in a picture.

    Attributes
    ----------
    ear, shoulder, hip : ndarray, shape (2,), pixels
    facing : int
        +1 where the person looks to the right in the picture, else -1.
    """

    ear: FloatArray
    shoulder: FloatArray
    hip: FloatArray
    facing: int

    @property
    def trunk_px(self) -> float:
        """From the middle of the hips to that of the shoulders."""
        return float(np.linalg.norm(self.shoulder - self.hip))

    @property
    def guess(self) -> FloatArray:
        """Where C7 usually is, shape (2,), pixels: a place to begin from, no measurement."""
        return self.shoulder + self.trunk_px * np.array([-0.2 * self.facing, -0.1])

    @property
    def close_picture(self) -> tuple[float, float, float]:
        """Left, top and edge of the square with head, neck and shoulders, pixels; it may reach out of the picture."""
        edge = _EDGE_TRUNKS * self.trunk_px
        middle = 0.5 * (self.ear + self.shoulder) - np.array(
            [_BACK_TRUNKS * self.facing * self.trunk_px, 0.0]
        )
        return float(middle[0] - edge / 2), float(middle[1] - edge / 2), edge

    def holds(self, c7: FloatArray) -> bool:
        """Whether a mark lies where C7 can be: at the back of the neck, between the ear and the shoulders.

        Parameters
        ----------
        c7 : ndarray, shape (2,), pixels

        Returns
        -------
        bool
        """
        behind = float((self.shoulder[0] - c7[0]) * self.facing) / self.trunk_px
        above = float(self.hip[1] - c7[1]) / self.trunk_px
        return _BEHIND[0] <= behind <= _BEHIND[1] and _ABOVE[0] <= above <= _ABOVE[1]

    def refuse_far(self, c7: FloatArray, said: str = "--c7: the mark") -> None:
        """Refuse a mark that is not at the nape.

        Parameters
        ----------
        c7 : ndarray, shape (2,), pixels
        said : str
            What the mark is called in the message.

        Raises
        ------
        OptionValueError
        """
        if self.holds(c7):
            return
        x, y = self.guess
        raise OptionValueError(
            f"{said} is not at the nape of the neck, where C7 is: it has to lie at the back edge of the neck, at the "
            f"height of the shoulders, near x {x:.0f}, y {y:.0f} of the picture that was measured."
        ).page_says("c7_far")


def place_of(points: PosturePoints, side: str) -> NapePlace | None:
    """The nape from the points of a result; None where one of them is missing.

    Parameters
    ----------
    points : PosturePoints
    side : {"left", "right"}
        The side of the person that the camera saw: seen from the left, the person looks to the left of the picture.

    Returns
    -------
    NapePlace or None
    """
    if points.ear is None or points.shoulder is None or points.hip is None:
        return None
    ear, shoulder, hip = (np.asarray(point) for point in (points.ear, points.shoulder, points.hip))
    return NapePlace(ear, shoulder, hip, -1 if side == "left" else 1)


def brought_to_edge(c7: FloatArray, outline: FloatArray, place: NapePlace) -> FloatArray | None:
    """A mark moved to the nearest point of the neck's back edge.

    Parameters
    ----------
    c7 : ndarray, shape (2,)
    outline : ndarray, shape (N, 2)
        Of the person, in the same pixels.
    place : NapePlace

    Returns
    -------
    ndarray, shape (2,), or None
        None where the edge is further away than ``REACH_TRUNKS``, or not at the nape.
    """
    away = np.linalg.norm(outline - c7, axis=1)
    nearest = outline[int(away.argmin())]
    near = float(away.min()) <= REACH_TRUNKS * place.trunk_px
    return nearest if near and place.holds(nearest) else None
