"""How far the trunk is turned, from the shoulders of a sitting person who is seen from in front.

Two readings of the pose model's points say something of it. The widths between the shoulders and between the crossed
elbows shrink in the picture with the cosine of the turn: good where the trunk is turned far, blind near the middle.
The middle of the elbows, before the chest, goes aside with its sine, and to the side that is turned to; a trunk that
leans back leaves it where it is. Both are put together by numbers fitted on rendered people
(``calibration/upper_back.json``).

Who does not sit square to the camera is read further to one side than to the other by the width, by twice that angle.
It is read from the thighs: where they point to beside the camera, the knees are seen aside of the hips. The hips
themselves are no use: with crossed arms the model turns them along with the shoulders. Nor is the turn of the
shoulders in the model's own metres: with crossed arms it is a third to two thirds of the true one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from neckrom.body import Body
from neckrom.body.fitted import Fitted, read_fitted
from neckrom.body.smoothing import smoothed
from neckrom.resources import resource
from neckrom.types import BoolArray, FloatArray

REST_S = 0.7
"""A recording begins with the trunk at rest for this long."""
ELBOWS_BEFORE = 0.42
"""Middle of the crossed elbows before the middle of the shoulders, in widths of the shoulders; the fit weighs it."""
MOST_OF_WIDTH = 1.5
"""The width is believed up to this many times what the elbows say: leaning back makes it smaller, too."""
CROSSED_WIDTHS = 0.5
"""Wrists of crossed arms are read to be so near to each other, in widths of the shoulders (0.0 to 0.25)."""
UNLIMITED = 1e9
MOST_FACING_DEG = 30.0


class Corrections(Fitted):
    """Fitted numbers.

    Attributes
    ----------
    weights : tuple of float
        Of the turn by the widths of shoulders and elbows, and by where the elbows are.
    facing : float
        Degrees past the camera for each shoulder width by which the knees are seen aside of the hips.
    between_sd_deg : float
        Error of an end range from person to person, of people outside of the fit, widened for how few they are.
    difference_sd_deg : float
        The same of the difference between both sides of one person.
    furthest_deg : float
        The furthest turn in what was fitted.
    people : int
    calibration_id : str
    """

    weights: tuple[float, ...]
    facing: float
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
    turn_deg : ndarray
        Line between the shoulders; NaN where not measured.
    thighs_deg : ndarray
        Where the thighs point to: more than a little is a seat that turns along. Rough.
    held_back_deg : ndarray
        By how much further it was turned by the widths alone, where the elbows went aside too little for that; 0 where
        both agree. Of the same sign as the turn.
    """

    time_s: FloatArray
    turn_deg: FloatArray
    thighs_deg: FloatArray
    held_back_deg: FloatArray


def at_rest(body: Body) -> BoolArray:
    """The frames at the beginning, shape (N,), against which all is counted.

    Parameters
    ----------
    body : Body
    """
    seen = np.isfinite(body.point("shoulder", "left")[:, 0])
    start = body.time_s[np.argmax(seen)] if seen.any() else body.time_s[0]
    return np.asarray(body.time_s <= start + REST_S)


def knees_aside(body: Body) -> FloatArray:
    """How far the knees are seen aside of the hips, + to the right of the picture, in widths of the shoulders at rest.

    Parameters
    ----------
    body : Body

    Returns
    -------
    ndarray, shape (N,)
    """
    aside = (body.middle("knee") - body.middle("hip"))[:, 0]
    return np.asarray(aside / np.nanmedian(_width(body)[at_rest(body)]))


def facing_deg(body: Body, facing: float) -> float:
    """How far the person faces past the camera at rest, degrees, + to the person's left; 0 where the knees are unseen.

    Parameters
    ----------
    body : Body
    facing : float
        As in :class:`Corrections`.
    """
    aside = knees_aside(body)[at_rest(body)]
    aside = aside[np.isfinite(aside)]
    if not len(aside):
        return 0.0
    return float(np.clip(facing * np.median(aside), -MOST_FACING_DEG, MOST_FACING_DEG))


def turn_features(body: Body, past_deg: float, most_of_width: float = MOST_OF_WIDTH) -> FloatArray:
    """What the turn is made of: by the widths between shoulders and elbows, and by where the elbows are.

    Parameters
    ----------
    body : Body
        Seen from in front.
    past_deg : float
        How far the person faces past the camera at rest.
    most_of_width : float
        See ``MOST_OF_WIDTH``.

    Returns
    -------
    ndarray, shape (N, 2), degrees
        Against the beginning of the recording, + to the person's left.
    """
    rest = at_rest(body)
    aside = (body.middle("elbow") - body.middle("shoulder"))[:, 0] / np.nanmedian(_width(body)[rest])
    aside -= np.nanmedian(aside[rest])
    by_elbows = np.degrees(np.arcsin(np.clip(aside / ELBOWS_BEFORE, -1.0, 1.0)))
    limit = most_of_width * np.abs(by_elbows)
    by_width = 0.5 * sum(
        np.sign(by_elbows) * np.minimum(_by_width(_width(body, name), rest, by_elbows, past_deg), limit)
        for name in ("shoulder", "elbow")
    )
    return np.stack([by_width, by_elbows], axis=1)


def _by_width(width: FloatArray, rest: BoolArray, by_elbows: FloatArray, past_deg: float) -> FloatArray:
    """The turn by which a line between left and right would have become as short as it is seen; its size."""
    sign = np.sign(by_elbows)
    share = width / np.nanmedian(width[rest]) * np.cos(np.radians(past_deg))
    # turned to the side that is faced already, the camera sees less of it than was turned; to the other one, more
    turned = np.degrees(np.arccos(np.clip(share, 0.0, 1.0))) - sign * past_deg
    return np.asarray(np.maximum(turned, 0.0))


def arms_crossed(body: Body) -> bool:
    """Whether the arms are crossed at rest, as they have to be for this.

    Parameters
    ----------
    body : Body
    """
    rest = at_rest(body)
    apart = (body.point("wrist", "left") - body.point("wrist", "right"))[rest, 0]
    if not np.isfinite(apart).any():
        return False
    return bool(np.nanmedian(apart) < CROSSED_WIDTHS * np.nanmedian(_width(body)[rest]))


def measure_turning(body: Body) -> Turning:
    """The trunk's turn over time.

    Parameters
    ----------
    body : Body
        Seen from in front.
    """
    fitted = load_corrections()
    past_deg, weights = facing_deg(body, fitted.facing), np.array(fitted.weights)
    turn = turn_features(body, past_deg) @ weights
    further = turn_features(body, past_deg, UNLIMITED) @ weights - turn
    aside = knees_aside(body)
    thighs = fitted.facing * (aside - np.nanmedian(aside[at_rest(body)]))
    return Turning(body.time_s, *(smoothed(body.time_s, each) for each in (turn, thighs, further)))


def _width(body: Body, name: str = "shoulder") -> FloatArray:
    between = body.point(name, "left") - body.point(name, "right")
    return np.asarray(np.linalg.norm(between, axis=1))


@cache
def load_corrections() -> Corrections:
    """The fitted numbers that travel with the package.

    Raises
    ------
    EnvironmentProblemError
        If they are missing or damaged.
    """
    return read_fitted(resource("calibration", "upper_back.json"), Corrections)[0]
