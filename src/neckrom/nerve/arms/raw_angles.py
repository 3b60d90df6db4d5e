"""Angles of arms and head in the picture of a person seen from the front, before anything that was fitted.

Every angle is one segment against the line of the trunk, so that the picture's roll does not matter. Both arms are
looked at alike: outwards, away from the trunk, is + for either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Body, Side, other
from neckrom.nerve.raw_angles import around
from neckrom.types import BoolArray, FloatArray

SIDES: tuple[Side, Side] = ("left", "right")
MOUTH = (9, 10)
"""Numbers of the corners of the mouth in the pose model, left and right."""
LONGEST_SHARE, SHORTEST_SHARE = 1.5, 0.45
"""An upper arm that is this much longer or shorter than the clip's own was not read, but mistaken. An arm that is
brought forward by 40 degrees is shortened to 0.77, and the model moves the shoulder by a fifth of its length."""
HAND_ASIDE_SHARE = 0.09
"""Of the trunk's length: so far a hand may lie beside the line of its forearm and still say where that points. It is
what a hand bent by 35 degrees makes; one that is bent further turns the forearm's direction by no more than that."""
HAND_SHARE = 0.7
"""Length of a hand, as a share of its forearm. Where it does not fit into the picture any more, the model moves wrist
and elbow down along the arm, and its fingers inside: only from the forearm can it be told that the hand is cut off."""
STRAIGHT_SHORT_SHARE, STRAIGHT_SHORT_DEG = 0.7, 60.0
"""Where an elbow is bent overhead, the model now and then puts it half-way between shoulder and wrist: the upper arm
is then read shorter than this share, and the elbow bent by less. Of arms that were read rightly none was."""
AROUND_S = 0.15
"""An arm that was lost is not to be believed this long before and after either."""


@dataclass(frozen=True, slots=True)
class ArmAngles:
    """Raw angles of one arm, each shape (N,); NaN where not read.

    Attributes
    ----------
    abduction_deg : ndarray
        Upper arm against the line down the trunk, + outwards, -90 to 270.
    forearm_deg : ndarray
        Elbow to wrist, likewise, -180 to 180.
    bend_deg : ndarray
        ``abduction_deg`` less ``forearm_deg``, -180 to 180: + where the forearm is on the trunk's side.
    hand_deg : ndarray
        Elbow to hand (index), likewise, -180 to 180: over a longer way than to the wrist, and the hand is seen better.
    reach_deg : ndarray
        Shoulder to wrist, likewise, -90 to 270.
    upper_share, forearm_share : ndarray
        Length in the picture as a share of the trunk's (median of the clip).
    upper_depth, forearm_depth : ndarray
        How far elbow and wrist lie behind shoulder and elbow, as the model says, on the same scale.
    shoulder_deg : ndarray
        This shoulder against the other one, + higher.
    hand_outside : ndarray of bool
        The hand does not fit into the picture: elbow, forearm and reach are not to be relied on.
    """

    abduction_deg: FloatArray
    forearm_deg: FloatArray
    bend_deg: FloatArray
    hand_deg: FloatArray
    reach_deg: FloatArray
    upper_share: FloatArray
    forearm_share: FloatArray
    upper_depth: FloatArray
    forearm_depth: FloatArray
    shoulder_deg: FloatArray
    hand_outside: BoolArray


@dataclass(frozen=True, slots=True)
class RawArmAngles:
    """Raw angles of a person seen from the front.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    arms : dict
        Raw angles of each arm, by side.
    trunk_deg : ndarray, shape (N,)
        Line from the hips up to the shoulders against the picture's vertical, + to the person's left.
    eyes_deg, ears_deg, mouth_deg : ndarray, shape (N,)
        Lines between the pairs of the face against the trunk's, + as a head is bent to the left.
    head_aside : ndarray, shape (N,)
        How far the middle of the ears lies to the left of the trunk's line, as a share of the trunk's length.
    """

    time_s: FloatArray
    arms: dict[Side, ArmAngles]
    trunk_deg: FloatArray
    eyes_deg: FloatArray
    ears_deg: FloatArray
    mouth_deg: FloatArray
    head_aside: FloatArray


def raw_arm_angles(body: Body) -> RawArmAngles:
    """Angles of every segment in the picture.

    Parameters
    ----------
    body : Body
        Seen from the front: the person's left lies to the right in the picture.

    Returns
    -------
    RawArmAngles
    """
    hips, shoulders = body.middle("hip"), body.middle("shoulder")
    trunk = shoulders - hips
    length = float(np.nanmedian(np.linalg.norm(trunk, axis=1)))
    trunk_deg = np.degrees(np.arctan2(trunk[:, 0], -trunk[:, 1]))

    def tilt(left: FloatArray, right: FloatArray) -> FloatArray:
        between = left - right
        return wrapped(np.degrees(np.arctan2(between[:, 1], between[:, 0])) - trunk_deg)

    ears = body.middle("ear") - shoulders
    along = np.stack([-trunk[:, 1], trunk[:, 0]], axis=1) / np.linalg.norm(trunk, axis=1, keepdims=True)
    mouth = [body.pose[:, index, :2] for index in MOUTH]
    return RawArmAngles(
        time_s=body.time_s,
        arms={side: _arm(body, side, trunk_deg, length) for side in SIDES},
        trunk_deg=trunk_deg,
        eyes_deg=tilt(body.point("eye", "left"), body.point("eye", "right")),
        ears_deg=tilt(body.point("ear", "left"), body.point("ear", "right")),
        mouth_deg=tilt(mouth[0], mouth[1]),
        head_aside=np.sum(ears * along, axis=1) / length,
    )


def _arm(body: Body, side: Side, trunk_deg: FloatArray, length: float) -> ArmAngles:
    sign = 1.0 if side == "left" else -1.0
    shoulder, elbow, wrist = (body.point(name, side) for name in ("shoulder", "elbow", "wrist"))

    def outwards(step: FloatArray) -> FloatArray:
        """Against the line down the trunk."""
        down_deg = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
        return wrapped(sign * (down_deg + trunk_deg))

    upper, forearm = elbow - shoulder, wrist - elbow
    upper_px = np.linalg.norm(upper, axis=1)
    # over the head and a little past it, not a jump from 180 to -180
    abduction_deg = from_minus_90(outwards(upper))
    forearm_deg = outwards(forearm)
    across = shoulder - body.point("shoulder", other(side))
    arm = ArmAngles(
        abduction_deg=abduction_deg,
        forearm_deg=forearm_deg,
        bend_deg=wrapped(abduction_deg - forearm_deg),
        hand_deg=outwards(_to_hand(forearm, body.point("index", side) - wrist, HAND_ASIDE_SHARE * length)),
        reach_deg=from_minus_90(outwards(wrist - shoulder)),
        upper_share=upper_px / length,
        forearm_share=np.linalg.norm(forearm, axis=1) / length,
        upper_depth=(body.depth("elbow", side) - body.depth("shoulder", side)) / length,
        forearm_depth=(body.depth("wrist", side) - body.depth("elbow", side)) / length,
        shoulder_deg=wrapped(outwards(across) - 90.0),
        hand_outside=_hand_outside(wrist, forearm, body.width, body.height),
    )
    own = np.nanmedian(upper_px) if np.isfinite(upper_px).any() else np.nan
    longest = np.nanpercentile(upper_px, 80) if np.isfinite(upper_px).any() else np.nan
    with np.errstate(invalid="ignore"):
        lost = (upper_px > LONGEST_SHARE * own) | (upper_px < SHORTEST_SHARE * own)
        lost |= (upper_px < STRAIGHT_SHORT_SHARE * longest) & (np.abs(arm.bend_deg) < STRAIGHT_SHORT_DEG)
    lost = around(lost, body.time_s, AROUND_S)
    for angle in (arm.abduction_deg, arm.bend_deg, arm.reach_deg):
        angle[lost] = np.nan
    return arm


def _to_hand(forearm: FloatArray, hand: FloatArray, most_aside_px: float) -> FloatArray:
    """From elbow to hand, shape (N, 2); the forearm alone where no hand is seen or it points back to the elbow."""
    long = np.linalg.norm(forearm, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        along = forearm / long[:, None]
        aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
        onwards = np.sum(hand * along, axis=1)
        beside = np.clip(np.sum(hand * aside, axis=1), -most_aside_px, most_aside_px)
        reached = forearm + onwards[:, None] * along + beside[:, None] * aside
        usable = np.isfinite(reached).all(axis=1) & (onwards > -0.5 * long)
    return np.where(usable[:, None], reached, forearm)


def _hand_outside(wrist: FloatArray, forearm: FloatArray, width: int, height: int) -> BoolArray:
    """Frames in which the tip of the hand, in line with the forearm, lies outside of the picture."""
    length = np.linalg.norm(forearm, axis=1)
    if not np.isfinite(length).any():
        return np.zeros(len(length), dtype=bool)
    with np.errstate(invalid="ignore", divide="ignore"):
        tip = wrist + HAND_SHARE * float(np.nanpercentile(length, 80)) * forearm / length[:, None]
        inside = (tip >= 0.0).all(axis=1) & (tip[:, 0] <= width) & (tip[:, 1] <= height)
    return np.asarray(np.isfinite(tip).all(axis=1) & ~inside)


def from_minus_90(angle_deg: FloatArray) -> FloatArray:
    """Angles without a jump from 180 to -180 over the head.

    Parameters
    ----------
    angle_deg : ndarray
        -180 to 180, degrees.

    Returns
    -------
    ndarray
        -90 to 270, degrees.
    """
    return np.where(angle_deg < -90.0, angle_deg + 360.0, angle_deg)


def wrapped(angle_deg: FloatArray) -> FloatArray:
    """Angles within half a turn of zero.

    Parameters
    ----------
    angle_deg : ndarray

    Returns
    -------
    ndarray
        -180 to 180, degrees.
    """
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)
