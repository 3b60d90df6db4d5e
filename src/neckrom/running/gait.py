"""Contacts of both feet, to a fraction of a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neckrom.body import Body, Side
from neckrom.running.calibration import Linear, RunningCalibration
from neckrom.running.features import moment_features
from neckrom.running.strides import Rhythm, Strides, moments, rhythm, strides_of, wrapped
from neckrom.types import FloatArray

SPREAD_S = np.arange(-0.03, 0.0301, 0.01)
"""The reading of a moment is the mean of readings from these places about it."""


@dataclass(frozen=True, slots=True)
class FootContacts:
    """Contacts of one foot.

    Attributes
    ----------
    strides : Strides
    contact_rel_s, off_rel_s : float
        Where initial contact and toe-off lie in the mean stride.
    contact_s, off_s : ndarray, shape (K,)
        Per stride; NaN where it was not seen.
    off_by : {"off_side", "off_back", "off_shoe"}
        The fitted reading that the toe-off comes from.
    """

    strides: Strides
    contact_rel_s: float
    off_rel_s: float
    contact_s: FloatArray
    off_s: FloatArray
    off_by: str


@dataclass(frozen=True, slots=True)
class Gait:
    """Rhythm and contacts of a clip."""

    body: Body
    rhythm: Rhythm
    left: FootContacts
    right: FootContacts

    def foot(self, side: Side) -> FootContacts:
        """Contacts of one foot.

        Parameters
        ----------
        side : {"left", "right"}
            The runner's.

        Returns
        -------
        FootContacts
        """
        return self.left if side == "left" else self.right

    @property
    def from_side(self) -> bool:
        """Whether the camera looks from the side."""
        return self.body.view.near is not None

    def is_near(self, side: Side) -> bool:
        """Whether the camera sees this foot first; true for both from behind and in front.

        Parameters
        ----------
        side : {"left", "right"}
            The person's own.

        Returns
        -------
        bool
        """
        return self.body.view.near in (None, side)


def read_moment(features_at: Callable[[FloatArray], FloatArray], start_s: float, linear: Linear) -> float:
    """Where in the mean stride a moment lies, read from ``start_s`` on.

    Parameters
    ----------
    features_at : callable
        Features of places in the stride, shape (M,) to (M, F).
    start_s : float
    linear : Linear
        How far the moment lies from a place, by its features.

    Returns
    -------
    float
        Seconds from the stride's origin.

    Notes
    -----
    Eight rounds at most, until it moves by less than 0.2 ms. One round moves a place by 0.12 s at most.
    """
    at = start_s
    for _ in range(8):
        places = at + SPREAD_S
        moved = float(np.mean(places + np.clip(linear.of(features_at(places)), -0.12, 0.12)))
        if abs(moved - at) < 2e-4:
            return moved
        at = moved
    return at


def features_of(strides: Strides, from_side: bool) -> Callable[[FloatArray], FloatArray]:
    """Features of places in the mean stride of a foot, as ``read_moment`` asks for them.

    Parameters
    ----------
    strides : Strides
    from_side : bool

    Returns
    -------
    callable
        Takes places of shape (M,), seconds from the stride's origin, in any stride; gives features of shape (M, F).
    """
    course, period = strides.course, strides.period_s
    return lambda at_s: moment_features(course, period, wrapped(at_s, period), from_side)


def find_gait(body: Body, calibration: RunningCalibration) -> Gait | None:
    """Rhythm and contacts; None where there is no rhythm in the legs to speak of.

    Parameters
    ----------
    body : Body
    calibration : RunningCalibration

    Returns
    -------
    Gait or None

    Notes
    -----
    The search for the contact begins at the strides' origin, that for the toe-off 0.24 s after the contact.
    """
    beat = rhythm(body)
    if beat is None or not np.isfinite(beat.period_s):
        return None
    from_side = body.view.near is not None
    view = "side" if from_side else "back"
    feet: dict[Side, FootContacts] = {}
    for side in ("left", "right"):
        strides = strides_of(body, side, beat)
        if strides is None or len(strides.origin_s) < 2:
            return None
        features = features_of(strides, from_side)
        contact = read_moment(features, 0.0, calibration.moments[f"contact_{view}"])
        off = read_moment(features, contact + 0.24, calibration.moments[f"off_{view}"])
        feet[side] = contacts_of(body, strides, contact, off, f"off_{view}")
    return Gait(body, beat, feet["left"], feet["right"])


def contacts_of(body: Body, strides: Strides, contact: float, off: float, off_by: str) -> FootContacts:
    """Times of every stride; a stride's toe-off is the one after its contact.

    Parameters
    ----------
    body : Body
    strides : Strides
        Of one foot.
    contact, off : float
        Seconds within the mean stride, in any stride.
    off_by : {"off_side", "off_back", "off_shoe"}
        The fitted reading that ``off`` comes from.

    Returns
    -------
    FootContacts
        ``off_rel_s`` lies after ``contact_rel_s``, by less than a stride.
    """
    period = strides.period_s
    contact_rel = float(wrapped(contact, period))
    off_rel = contact_rel + float((off - contact) % period)
    contact_s = moments(body, strides, contact_rel)
    # the origin of the stride in which the foot leaves the ground may be the next one's
    turns = np.round(off_rel / period) if off_rel > 0.6 * period else 0.0
    off_s = moments(body, strides, off_rel - turns * period)
    if turns:
        off_s = np.r_[off_s[1:], np.nan]
    return FootContacts(strides, contact_rel, off_rel, contact_s, off_s, off_by)
