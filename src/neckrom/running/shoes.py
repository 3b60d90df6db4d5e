"""The foot's angle at contact from how the shoe turns in the picture until it lies flat.

The pose model draws heel and toe nearer to level than they are. The shoe itself was followed from frame to frame
(points on it, a similarity for each pair of frames): what it turns by between initial contact and the middle of the
stance, when the sole lies on the ground, is the angle at which it met the ground.
"""

from __future__ import annotations

import numpy as np

from neckrom.body import Side
from neckrom.running.gait import Gait
from neckrom.types import BodySeries, BoolArray, FloatArray, IntArray

FLAT = (0.28, 0.34, 0.40)
"""Shares of the stance at which the sole is taken to lie on the ground."""
FEWEST_STEPS = 4
LONGEST_GAP = 2
"""Frames in a row without a followed shoe that are bridged by a straight line."""


def shoe_turns_deg(series: BodySeries, gait: Gait, side: Side) -> FloatArray | None:
    """Turn of a shoe since the frame before, shape (N,), degrees, + toes down; None where nothing was followed."""
    motion = series.foot_motion
    if motion is None:
        return None
    turned = gait.body.legs_turned
    own, others = (0, 1) if side == "left" else (1, 0)
    clockwise = np.where(turned, motion[:, others, 0], motion[:, own, 0]).astype(np.float64)
    turns = clockwise * (gait.body.facing or 1)
    known = np.isfinite(turns)
    if known.sum() < 20:
        return None
    at = np.arange(len(turns))
    filled = np.interp(at, at[known], turns[known])
    gap = _gap_lengths(known)
    return np.where(known | (gap <= LONGEST_GAP), filled, np.nan)


def _gap_lengths(known: BoolArray) -> IntArray:
    """Length of the run of unknown frames that each frame is part of; 0 where it is known."""
    out = np.zeros(len(known), dtype=int)
    start = None
    for k, seen in enumerate([*known.tolist(), True]):
        if not seen and start is None:
            start = k
        elif seen and start is not None:
            out[start:k] = k - start
            start = None
    return out


def turned_until_flat_deg(series: BodySeries, gait: Gait, side: Side) -> FloatArray:
    """By how much the shoe turned toes down from contact until flat, one for each stride, shape (K,); NaN not seen."""
    foot = gait.foot(side)
    out = np.full(len(foot.contact_s), np.nan)
    turns = shoe_turns_deg(series, gait, side)
    if turns is None:
        return out
    time_s = gait.body.time_s
    # pitch of the shoe on the frames, but for a constant
    pitch = np.r_[0.0, np.cumsum(np.nan_to_num(turns[1:]))]
    unknown = np.r_[0.0, np.cumsum(~np.isfinite(turns[1:]))]
    for k, contact in enumerate(foot.contact_s):
        if not np.isfinite(contact):
            continue
        length = foot.off_rel_s - foot.contact_rel_s
        ends = contact + length * np.array(FLAT)
        if contact < time_s[0] or ends[-1] > time_s[-1]:
            continue
        if np.interp(ends[-1], time_s, unknown) - np.interp(contact, time_s, unknown) > 0:
            continue
        out[k] = float(np.mean(np.interp(ends, time_s, pitch)) - np.interp(contact, time_s, pitch))
    return out
