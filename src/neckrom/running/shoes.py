"""What the shoes tell that were followed in the picture from frame to frame.

The pose model draws heel and toe nearer to level than they are. Of the shoe itself points were followed (a similarity
for each pair of frames): what it turns by between initial contact and the middle of the stance, when the sole lies on
the ground, is the angle at which it met the ground. And its speed changes at contact to that of the ground, for the
near and the far shoe alike: laid on each other, the two courses say how much later one foot lands than the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neckrom.body import Body, Side
from neckrom.running.calibration import FAST_FPS, RunningCalibration
from neckrom.running.features import shoe_features
from neckrom.running.gait import FootContacts, Gait, contacts_of, read_moment
from neckrom.running.strides import Course, Strides, mean_course, within
from neckrom.types import BodySeries, BoolArray, FloatArray, IntArray

FLAT = (0.28, 0.34, 0.40)
"""Shares of the stance at which the sole is taken to lie on the ground."""
FEWEST_STEPS, FEWEST_SHARE = 4, 0.6
"""Of the steps of a foot, so many must have been followed from contact until flat: a shoe that is lost in many is
followed badly in the others."""
ABOUT_CONTACT_S = (-0.08, 0.06)
"""What is laid on each other of two shoes, from the middle of their contacts."""
FURTHEST_S = 0.018
"""How far the difference of the contacts of both feet is corrected at most: three times their error."""
FURTHEST_OFF_S = 0.04
"""A toe-off by the shoe that lies further from that by the pose model's points was found elsewhere in the stride: four
times the error of those."""
LONGEST_GAP = 2
"""Frames in a row without a followed shoe that are bridged by a straight line."""


def shoe_turns_deg(series: BodySeries, gait: Gait, side: Side) -> FloatArray | None:
    """Turn of a shoe since the frame before, shape (N,), degrees, + toes down; None where nothing was followed.

    Parameters
    ----------
    series : BodySeries
    gait : Gait
        Of the same frames.
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (N,), degrees, or None
        Gaps of ``LONGEST_GAP`` frames are bridged, longer ones are NaN; None also where fewer than 20 frames were
        followed.
    """
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


def shoe_course(series: BodySeries, body: Body, strides: Strides) -> Course | None:
    """Mean course of a shoe's movement: speed forward and up in trunk lengths a second, turn in degrees by frame at 60.

    None where it was not followed.

    Parameters
    ----------
    series : BodySeries
    body : Body
        Of the same frames.
    strides : Strides
        Of the shoe's foot.

    Returns
    -------
    Course or None
        Three channels: speed forward and up, and turn, + toes down. None also where fewer than 60 frames were followed.
    """
    motion = series.foot_motion
    if motion is None:
        return None
    own, others = (0, 1) if strides.side == "left" else (1, 0)
    mine = np.where(body.legs_turned[:, None], motion[:, others, :3], motion[:, own, :3]).astype(np.float64)
    step = np.diff(body.time_s, prepend=np.nan)
    facing = body.facing or 1
    speeds = np.stack(
        [
            mine[:, 1] * facing / body.scale_px / step,
            -mine[:, 2] / body.scale_px / step,
            mine[:, 0] * facing / step / 60.0,
        ],
        axis=1,
    )
    known = np.isfinite(speeds).all(axis=1)
    if known.sum() < 60:
        return None
    # what a shoe did since the frame before, it did in the middle between them
    middle = (body.time_s - 0.5 * step)[known]
    rel, rows, _ = within(middle, strides.origin_s, 0.5 * strides.period_s)
    if len(rows) < 60:
        return None
    return mean_course(rel, speeds[known][rows], strides.course.at_s)


def with_shoe_off(series: BodySeries, gait: Gait, calibration: RunningCalibration) -> Gait:
    """The gait with the near foot's toe-off read from its shoe, where that was followed.

    The shoe is seen to leave the ground more exactly than the pose model's points do. Not the far shoe, which the near
    leg covers at that moment, and not below 60 frames a second: the movement between two frames runs over from
    standing to swinging.

    Parameters
    ----------
    series : BodySeries
    gait : Gait
        Of the same frames.
    calibration : RunningCalibration

    Returns
    -------
    Gait
        The same one where the shoe says nothing, or more than ``FURTHEST_OFF_S`` away from what the points say.
    """
    linear = calibration.moments.get("off_shoe")
    near = gait.body.view.near
    if linear is None or near is None or gait.body.frames_per_second < FAST_FPS:
        return gait
    foot = gait.foot(near)
    course = shoe_course(series, gait.body, foot.strides)
    if course is None:
        return gait
    off = read_moment(shoe_features_of(course, foot.strides), foot.off_rel_s, linear)
    if abs(off - foot.off_rel_s) > FURTHEST_OFF_S:
        return gait
    read = contacts_of(gait.body, foot.strides, foot.contact_rel_s, off, "off_shoe")
    return replace(gait, left=read) if near == "left" else replace(gait, right=read)


def shoe_features_of(shoe: Course, strides: Strides) -> Callable[[FloatArray], FloatArray]:
    """Features of places in the mean stride of a followed shoe, as ``read_moment`` asks for them.

    Parameters
    ----------
    shoe : Course
        Of ``shoe_course``.
    strides : Strides
        Of the same foot.

    Returns
    -------
    callable
        Takes places of shape (M,), seconds from the stride's origin; gives features of shape (M, F).
    """
    course, period = strides.course, strides.period_s
    return lambda at_s: shoe_features(shoe, course, period, at_s)


def evened(series: BodySeries, gait: Gait) -> Gait | None:
    """The gait with contacts whose difference between the feet is that of the shoes' courses; None where not known.

    The shoes are laid on each other near the difference that the contacts have, and nowhere else.

    Parameters
    ----------
    series : BodySeries
    gait : Gait
        From the side, of the same frames.

    Returns
    -------
    Gait or None
        Each foot's contacts are moved by half of the correction, by ``FURTHEST_S`` / 2 at most; None where a shoe was
        not followed, or the best place is at the end of what was looked at.
    """
    left, right = (shoe_course(series, gait.body, foot.strides) for foot in (gait.left, gait.right))
    if left is None or right is None:
        return None
    middle = 0.5 * (gait.left.contact_rel_s + gait.right.contact_rel_s)
    seen = gait.right.contact_rel_s - gait.left.contact_rel_s
    at_s = middle + np.arange(*ABOUT_CONTACT_S, 0.004)
    noise = np.hypot(left.noise, right.noise)
    shifts = seen + np.arange(-FURTHEST_S, FURTHEST_S + 1e-9, 0.0005)
    # each course is moved by half, so that the feet are treated alike
    costs = np.array(
        [np.mean(((right.at(at_s + d / 2)[0] - left.at(at_s - d / 2)[0]) / noise) ** 2) for d in shifts]
    )
    best = int(np.argmin(costs))
    if not 0 < best < len(costs) - 1:
        return None
    move = 0.5 * (float(shifts[best]) - seen)
    return replace(gait, left=_moved(gait.left, -move), right=_moved(gait.right, move))


def _moved(foot: FootContacts, by_s: float) -> FootContacts:
    return replace(foot, contact_rel_s=foot.contact_rel_s + by_s, contact_s=foot.contact_s + by_s)


def turned_until_flat_deg(series: BodySeries, gait: Gait, side: Side) -> FloatArray:
    """By how much the shoe turned toes down from contact until flat, one for each stride, shape (K,); NaN not seen.

    Parameters
    ----------
    series : BodySeries
    gait : Gait
        Of the same frames.
    side : {"left", "right"}

    Returns
    -------
    ndarray, shape (K,), degrees
        + = toes down, so that it is about the angle of the sole at contact, + toes up. NaN where a frame of the stance
        was not followed, or the clip begins or ends before it lies flat.
    """
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


def followed(turned_deg: FloatArray, foot: FootContacts) -> bool:
    """Whether a shoe was followed in enough of the foot's steps.

    Parameters
    ----------
    turned_deg : ndarray, shape (K,), degrees
        Of ``turned_until_flat_deg``.
    foot : FootContacts

    Returns
    -------
    bool
        True from ``FEWEST_STEPS`` on, if they are ``FEWEST_SHARE`` of the foot's contacts.
    """
    seen = int(np.isfinite(turned_deg).sum())
    return seen >= max(FEWEST_STEPS, FEWEST_SHARE * int(np.isfinite(foot.contact_s).sum()))
