"""Contacts of both feet, to a fraction of a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Body, Side
from neckrom.running.calibration import Linear, RunningCalibration
from neckrom.running.features import moment_features
from neckrom.running.strides import Course, Rhythm, Strides, moments, rhythm, strides_of
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
    """

    strides: Strides
    contact_rel_s: float
    off_rel_s: float
    contact_s: FloatArray
    off_s: FloatArray


@dataclass(frozen=True, slots=True)
class Gait:
    """Rhythm and contacts of a clip."""

    body: Body
    rhythm: Rhythm
    left: FootContacts
    right: FootContacts

    def foot(self, side: Side) -> FootContacts:
        """Contacts of one foot."""
        return self.left if side == "left" else self.right

    @property
    def from_side(self) -> bool:
        """Whether the camera looks from the side."""
        return self.body.view.near is not None

    def is_near(self, side: Side) -> bool:
        """Whether the camera sees this foot first; true for both from behind and in front."""
        return self.body.view.near in (None, side)


def wrapped(time_s: FloatArray | float, period_s: float) -> FloatArray:
    """A moment of the stride, put between minus and plus half a stride."""
    return np.asarray((np.asarray(time_s) + 0.5 * period_s) % period_s - 0.5 * period_s)


def read_moment(course: Course, period_s: float, start_s: float, linear: Linear, from_side: bool) -> float:
    """Where in the mean stride a moment lies, read from ``start_s`` on."""
    at = start_s
    for _ in range(8):
        places = at + SPREAD_S
        features = moment_features(course, period_s, wrapped(places, period_s), from_side)
        moved = float(np.mean(places + np.clip(linear.of(features), -0.12, 0.12)))
        if abs(moved - at) < 2e-4:
            return moved
        at = moved
    return at


def find_gait(body: Body, calibration: RunningCalibration) -> Gait | None:
    """Rhythm and contacts; None where there is no rhythm in the legs to speak of.

    Parameters
    ----------
    body : Body
    calibration : RunningCalibration
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
        contact = read_moment(
            strides.course, strides.period_s, 0.0, calibration.moments[f"contact_{view}"], from_side
        )
        off = read_moment(
            strides.course, strides.period_s, contact + 0.24, calibration.moments[f"off_{view}"], from_side
        )
        feet[side] = _contacts(body, strides, contact, off)
    return Gait(body, beat, feet["left"], feet["right"])


def _contacts(body: Body, strides: Strides, contact: float, off: float) -> FootContacts:
    """Times of every stride; a stride's toe-off is the one after its contact."""
    period = strides.period_s
    contact_rel = float(wrapped(contact, period))
    off_rel = contact_rel + float((off - contact) % period)
    contact_s = moments(body, strides, contact_rel)
    # the origin of the stride in which the foot leaves the ground may be the next one's
    turns = np.round(off_rel / period) if off_rel > 0.6 * period else 0.0
    off_s = moments(body, strides, off_rel - turns * period)
    if turns:
        off_s = np.r_[off_s[1:], np.nan]
    return FootContacts(strides, contact_rel, off_rel, contact_s, off_s)
