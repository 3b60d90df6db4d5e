"""Angles of arms and head in the picture of a person seen from the front, before anything that was fitted.

Every angle is one segment against the line of the trunk, so that the picture's roll does not matter. Both arms are
looked at alike: outwards, away from the trunk, is + for either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Body, Side, other
from neckrom.nerve.raw_angles import around
from neckrom.types import FloatArray

SIDES: tuple[Side, Side] = ("left", "right")
MOUTH = (9, 10)
"""Numbers of the corners of the mouth in the pose model, left and right."""
LONGEST_SHARE, SHORTEST_SHARE = 1.5, 0.45
"""An upper arm that is this much longer or shorter than the clip's own was not read, but mistaken. An arm that is
brought forward by 40 degrees is shortened to 0.77, and the model moves the shoulder by a fifth of its length."""
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
    reach_deg : ndarray
        Shoulder to wrist, likewise, -90 to 270.
    upper_share, forearm_share : ndarray
        Length in the picture as a share of the trunk's (median of the clip).
    upper_depth, forearm_depth : ndarray
        How far elbow and wrist lie behind shoulder and elbow, as the model says, on the same scale.
    shoulder_deg : ndarray
        This shoulder against the other one, + higher.
    """

    abduction_deg: FloatArray
    forearm_deg: FloatArray
    bend_deg: FloatArray
    reach_deg: FloatArray
    upper_share: FloatArray
    forearm_share: FloatArray
    upper_depth: FloatArray
    forearm_depth: FloatArray
    shoulder_deg: FloatArray


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
        return _wrapped(np.degrees(np.arctan2(between[:, 1], between[:, 0])) - trunk_deg)

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
        return _wrapped(sign * (down_deg + trunk_deg))

    upper, forearm = elbow - shoulder, wrist - elbow
    upper_px = np.linalg.norm(upper, axis=1)
    # over the head and a little past it, not a jump from 180 to -180
    abduction_deg = _from_minus_90(outwards(upper))
    forearm_deg = outwards(forearm)
    across = shoulder - body.point("shoulder", other(side))
    arm = ArmAngles(
        abduction_deg=abduction_deg,
        forearm_deg=forearm_deg,
        bend_deg=_wrapped(abduction_deg - forearm_deg),
        reach_deg=_from_minus_90(outwards(wrist - shoulder)),
        upper_share=upper_px / length,
        forearm_share=np.linalg.norm(forearm, axis=1) / length,
        upper_depth=(body.depth("elbow", side) - body.depth("shoulder", side)) / length,
        forearm_depth=(body.depth("wrist", side) - body.depth("elbow", side)) / length,
        shoulder_deg=_wrapped(outwards(across) - 90.0),
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


def _from_minus_90(angle_deg: FloatArray) -> FloatArray:
    return np.where(angle_deg < -90.0, angle_deg + 360.0, angle_deg)


def _wrapped(angle_deg: FloatArray) -> FloatArray:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)
