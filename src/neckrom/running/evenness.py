"""How evenly the steps of both feet follow each other, read in several ways.

A contact is read a few milliseconds wrong, by an amount that differs between the near and the far foot; in the
asymmetry of the step times that counts four times. So the asymmetry is read from more than the contacts: from the
toe-offs, and from how far the courses of both feet have to be moved to lie on each other about the contact.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neckrom.body import Side
from neckrom.running.gait import Gait
from neckrom.running.strides import Course
from neckrom.types import FloatArray

SIDE_CHANNELS, BACK_CHANNELS = (0, 2, 4), (1, 3, 5, 7)
"""Channels of the courses that are laid on each other (see ``Course``): from the side the way forward of heel, toe and
ankle, from behind the heights of heel, toe, ankle and knee."""
WINDOWS_S = {"aligned": (-0.10, 0.06), "aligned_wide": (-0.15, 0.15), "aligned_off": (0.12, 0.35)}
"""Parts of the stride that are laid on each other, seconds from the middle of both feet's contacts: about the contact,
wider, and where the foot leaves the ground."""
NAMES = ("contacts", "offs", *WINDOWS_S, "near_left")
"""Features of the fitted reading, in its order."""
SHIFTS_S = np.arange(-0.06, 0.0601, 0.001)
"""Shifts that are tried, seconds, by steps of a millisecond."""


def steps_of(gait: Gait, left_s: FloatArray, right_s: FloatArray) -> tuple[list[float], list[Side]]:
    """Times from each event of one foot to the next of the other, and the foot of the latter.

    Parameters
    ----------
    gait : Gait
    left_s, right_s : ndarray, shape (K,), seconds
        Contacts or toe-offs of either foot; NaN is left out.

    Returns
    -------
    steps : list of float
        Seconds, in the order of time. Only those between a quarter and three quarters of a stride: a longer one has
        lost an event.
    feet : list of {"left", "right"}
    """
    events: list[tuple[float, Side]] = [(float(at), "left") for at in left_s if np.isfinite(at)]
    events += [(float(at), "right") for at in right_s if np.isfinite(at)]
    period = gait.rhythm.period_s
    steps: list[float] = []
    feet: list[Side] = []
    for (before, one), (at, side) in pairwise(sorted(events)):
        if one != side and 0.25 * period < at - before < 0.75 * period:
            steps.append(at - before)
            feet.append(side)
    return steps, feet


def percent(gait: Gait, left_s: FloatArray, right_s: FloatArray) -> float:
    """100 (L - R) / mean of the steps between events.

    Parameters
    ----------
    gait : Gait
    left_s, right_s : ndarray, shape (K,), seconds
        Contacts or toe-offs of either foot; NaN is left out.

    Returns
    -------
    float
        Percent, + = the step up to the left event is longer; NaN where a foot has no step.
    """
    steps, feet = steps_of(gait, left_s, right_s)
    left = [step for step, foot in zip(steps, feet, strict=True) if foot == "left"]
    right = [step for step, foot in zip(steps, feet, strict=True) if foot == "right"]
    if not left or not right:
        return float("nan")
    one, two = float(np.mean(left)), float(np.mean(right))
    return 200.0 * (one - two) / (one + two)


def moved(first: Course, second: Course, at_s: FloatArray, channels: tuple[int, ...]) -> float:
    """By how much the second course is later than the first, about some moments of both, seconds.

    Parameters
    ----------
    first, second : Course
    at_s : ndarray, shape (M,), seconds
        Places in the stride of the first that are laid on the second.
    channels : tuple of int
        Which channels of the courses are compared.

    Returns
    -------
    float
        Seconds, within ``SHIFTS_S``: it is the end of them where none fits better.
    """
    columns = list(channels)
    values, _ = first.at(at_s)
    noise = np.hypot(first.noise, second.noise)[columns]
    costs = []
    for shift in SHIFTS_S:
        off = (second.at(at_s + shift)[0] - values)[:, columns] / noise
        # the feet may stand a little differently: what counts is the course, not the place
        costs.append(float(np.sum((off - off.mean(axis=0)) ** 2)))
    best = int(np.argmin(costs))
    if not 0 < best < len(costs) - 1:
        return float(SHIFTS_S[best])
    before, here, after = costs[best - 1], costs[best], costs[best + 1]
    bend = before - 2 * here + after
    return float(SHIFTS_S[best] + (0.5 * (before - after) / bend if bend > 0 else 0.0) * 0.001)


def evenness_features(gait: Gait) -> dict[str, float]:
    """The asymmetry of the step times as the different readings have it, in percent, by ``NAMES``.

    Parameters
    ----------
    gait : Gait

    Returns
    -------
    dict of float
        Percent, + = the step up to the left contact is longer; NaN where it could not be read. ``near_left`` is no
        percentage: 1 where the left foot is the near one, -1 where the right is, 0 from behind and in front.
    """
    left, right = gait.left, gait.right
    out = {
        "contacts": percent(gait, left.contact_s, right.contact_s),
        "offs": percent(gait, left.off_s, right.off_s),
        "near_left": 0.0 if not gait.from_side else (1.0 if gait.is_near("left") else -1.0),
    }
    middle = 0.5 * (left.contact_rel_s + right.contact_rel_s)
    for name, (start, end) in WINDOWS_S.items():
        at_s = middle + np.arange(start, end, 0.004)
        channels = SIDE_CHANNELS if gait.from_side else BACK_CHANNELS
        shift = moved(left.strides.course, right.strides.course, at_s, channels)
        out[name] = percent(
            gait, left.strides.origin_s + middle - shift / 2, right.strides.origin_s + middle + shift / 2
        )
    return out
