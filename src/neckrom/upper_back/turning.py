"""How far the trunk is turned, from the shoulders and hips of a sitting person who is seen from in front.

Two readings of the pose model say something of it. The turn of the line between the shoulders in the model's own metres
has the right sign and order, but is too small. The width between the shoulders in the picture shrinks with the cosine
of the turn: good where the trunk is turned far, and blind near the middle. Both are put together by numbers fitted on
rendered people (``calibration/upper_back.json``). The hips, which turn along, are read likewise and taken off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from neckrom.body import Body
from neckrom.body.fitted import Fitted, read_fitted
from neckrom.body.points import PAIRED_POINTS
from neckrom.body.smoothing import smoothed
from neckrom.resources import resource
from neckrom.types import BoolArray, FloatArray

REST_S = 0.7
"""A recording begins with the trunk at rest for this long."""
MOST_OF_WIDTH = 2.0
"""The width in the picture is believed up to this many times the turn in metres: leaning back makes it smaller, too."""
SHOULDER_FEATURES, HIP_FEATURES = slice(0, 2), slice(2, 3)


class Corrections(Fitted):
    """Fitted numbers.

    Attributes
    ----------
    thorax : tuple of float
        Weights of the shoulders' turn in metres and by their width.
    pelvis : tuple of float
        Weight of the hips' turn in metres.
    between_sd_deg : float
        Error of an end range from person to person, of people left out of the fit, widened for how few they are.
    difference_sd_deg : float
        The same of the difference between both sides of one person.
    furthest_deg : float
        The furthest turn of the thorax in what was fitted.
    people : int
    calibration_id : str
    """

    thorax: tuple[float, ...]
    pelvis: tuple[float, ...]
    between_sd_deg: float
    difference_sd_deg: float
    furthest_deg: float
    people: int
    calibration_id: str


@dataclass(frozen=True, slots=True)
class Turning:
    """The trunk over time, each shape (N,), degrees, + to the person's left; 0 is how it was at the beginning.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    thorax_deg : ndarray
        Shoulders against where they were; NaN where not measured.
    pelvis_deg : ndarray
        Hips likewise.
    """

    time_s: FloatArray
    thorax_deg: FloatArray
    pelvis_deg: FloatArray

    @property
    def turn_deg(self) -> FloatArray:
        """Shoulders against the hips."""
        return np.asarray(self.thorax_deg - self.pelvis_deg)


def turn_features(body: Body) -> FloatArray:
    """What the turns are made of: of the shoulders in metres and by their width, and of the hips in metres.

    Parameters
    ----------
    body : Body
        Seen from in front.

    Returns
    -------
    ndarray, shape (N, 3), degrees
        Against the beginning of the recording, + to the person's left.
    """
    rest = at_rest(body)
    shoulders, hips = _turn(body, "shoulder", rest), _turn(body, "hip", rest)
    width = np.linalg.norm(body.point("shoulder", "left") - body.point("shoulder", "right"), axis=1)
    share = width / np.nanmedian(width[rest])
    by_width = np.degrees(np.arccos(np.clip(share, 0.0, 1.0)))
    by_width = np.sign(shoulders) * np.minimum(by_width, MOST_OF_WIDTH * np.abs(shoulders))
    return np.stack([shoulders, by_width, hips], axis=1)


def at_rest(body: Body) -> BoolArray:
    """The frames at the beginning, shape (N,), against which all is counted.

    Parameters
    ----------
    body : Body
    """
    seen = np.isfinite(body.point("shoulder", "left")[:, 0])
    start = body.time_s[np.argmax(seen)] if seen.any() else body.time_s[0]
    return np.asarray(body.time_s <= start + REST_S)


def measure_turning(body: Body) -> Turning:
    """The trunk's turn over time.

    Parameters
    ----------
    body : Body
        Seen from in front.
    """
    fitted = load_corrections()
    features = turn_features(body)
    thorax = features[:, SHOULDER_FEATURES] @ np.array(fitted.thorax)
    pelvis = features[:, HIP_FEATURES] @ np.array(fitted.pelvis)
    return Turning(body.time_s, smoothed(body.time_s, thorax), smoothed(body.time_s, pelvis))


def _turn(body: Body, name: str, rest: BoolArray) -> FloatArray:
    """Turn of the line from the right to the left point about the vertical, in the model's metres, against rest."""
    left, right = PAIRED_POINTS[name]
    across = body.world[:, left] - body.world[:, right]
    turn = np.degrees(np.arctan2(across[:, 2], across[:, 0]))
    return np.asarray((turn - np.nanmedian(turn[rest]) + 180.0) % 360.0 - 180.0)


@cache
def load_corrections() -> Corrections:
    """The fitted numbers that travel with the package.

    Raises
    ------
    EnvironmentProblemError
        If they are missing or damaged.
    """
    return read_fitted(resource("calibration", "upper_back.json"), Corrections)[0]
