"""Angles of leg, foot, trunk and head in the picture, before anything that was fitted.

Everything is looked at as if the person's right side were seen: a person who is seen from the left is mirrored first.
Then forward (where a standing person looks) is to the right of a line that goes up the trunk, whether the person
stands, sits or lies, and the picture's roll does not matter: every angle is one segment against another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neckrom.body import Body, Side, other
from neckrom.types import BoolArray, FloatArray

NOSE = 0
"""Number of the point in the pose model."""
MOUTH = (9, 10)
"""Numbers of the corners of the mouth in the pose model, left and right."""
LEG = ("hip", "knee", "ankle", "heel", "toe")
"""Points of a leg that are read."""
THIGH_OFF_SHARE, SHANK_OFF_SHARE, FOOT_OFF_SHARE = 0.3, 0.25, 0.5
"""A segment that is this much longer or shorter than the clip's own was not read, but mistaken. A camera that looks
on by 12 degrees from the side shortens by 2 %, one that is near changes by 5 %; the model moves the hip by more."""
HEEL_OFF_SHARE = 0.5
"""The same of the line from the ankle to the heel: the model's ankle has slid along the foot, or up the shank."""
SHANK_OFF_WITHOUT_FOOT_SHARE = 0.1
"""The same of a shank whose foot was mistaken."""
BENT_BACKWARD_DEG = -12.0
"""No knee bends this far the wrong way; the model's does where it has lost the leg."""
LEAST_SOLE_DEG, MOST_SOLE_DEG = -70.0, 55.0
"""No foot stands so to its shank."""
JUMP_DEG, JUMP_S = 20.0, 0.1
"""Both shanks turning by more in opposite senses within this time: the model has exchanged them."""
RESTS_WITHIN_DEG = 6.0
"""The leg that rests is taken to stay this near to where it lies: what is read beyond is no movement of it."""
SETTLED_S = 0.3
"""After a jump the model comes to rest within this time."""
AROUND_S = 0.2
"""Where the model has lost a leg, it is not to be believed this long before and after either."""


@dataclass(frozen=True, slots=True)
class LegAngles:
    """Raw angles of one leg, each shape (N,), degrees; NaN where not read.

    Attributes
    ----------
    raise_deg : ndarray
        Thigh against the trunk's line, + to the front, 0 in line.
    knee_deg : ndarray
        Bend of the knee, 0 straight, + as a knee bends.
    thigh_deg : ndarray
        Direction of the thigh in the picture, forward to the right, up +.
    leg_turn_deg, shank_turn_deg : ndarray
        Turn of the whole leg about the hips' usual place, and of the shank, in the picture; + as a leg is raised or a
        knee straightened. Only differences mean anything: the trunk has no part in them.
    sole_deg, instep_deg, heel_deg : ndarray
        Heel to toe, ankle to toe, and ankle to heel against the shank; + toes to the shin, 0 at a right angle
        (``heel_deg``: 0 where the heel lies on along the shank).
    resting_deg : ndarray
        ``raise_deg`` of the other leg as far as that rests: in lying a line of the body that is read better than
        the trunk's.
    """

    raise_deg: FloatArray
    knee_deg: FloatArray
    thigh_deg: FloatArray
    leg_turn_deg: FloatArray
    shank_turn_deg: FloatArray
    sole_deg: FloatArray
    instep_deg: FloatArray
    heel_deg: FloatArray
    resting_deg: FloatArray

    @property
    def all(self) -> tuple[FloatArray, ...]:
        """Every angle."""
        return (
            self.raise_deg,
            self.knee_deg,
            self.thigh_deg,
            self.leg_turn_deg,
            self.shank_turn_deg,
            self.sole_deg,
            self.instep_deg,
            self.heel_deg,
        )


@dataclass(frozen=True, slots=True)
class RawAngles:
    """Raw angles of a person seen from the side.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    near : {"left", "right"}
        The side that is seen.
    legs : dict
        Raw angles of each leg, by side.
    trunk_deg : ndarray, shape (N,)
        Line from the hips up to the shoulders against the picture's horizontal, forward to the right, up +: 90 for
        an upright trunk, more for one that leans back.
    profile_deg, jaw_deg : ndarray, shape (N,)
        Eyes to mouth, and ear to mouth, against the trunk's line; + as a neck bends forward. Zero is where it falls.
    nose_reach, ear_reach : ndarray, shape (N,)
        How far nose and ear are from the shoulder, as a share of the trunk's length (median of the clip).
    """

    time_s: FloatArray
    near: Side
    legs: dict[Side, LegAngles]
    trunk_deg: FloatArray
    profile_deg: FloatArray
    jaw_deg: FloatArray
    nose_reach: FloatArray
    ear_reach: FloatArray

    @property
    def far(self) -> Side:
        """The side away from the camera."""
        return other(self.near)


def raw_angles(body: Body, near: Side) -> RawAngles:
    """Angles of every segment in the picture.

    Parameters
    ----------
    body : Body
        Each leg with its own points.
    near : {"left", "right"}
        The side that is seen.

    Returns
    -------
    RawAngles
    """

    def at(points: FloatArray) -> FloatArray:
        # y up; a person seen from the left is mirrored, so that forward is one way for all
        return np.asarray(points * np.array([1.0 if near == "right" else -1.0, -1.0]))

    hips, shoulders = at(body.middle("hip")), at(body.middle("shoulder"))
    trunk_deg = _direction(shoulders - hips)
    ear = at(body.point("ear", near))
    mouth = at(body.pose[:, list(MOUTH), :2].mean(axis=1))
    legs: dict[Side, LegAngles] = {}
    shanks: dict[Side, FloatArray] = {}
    for side in (near, other(near)):
        points = {name: at(body.point(name, side)) for name in LEG}
        legs[side] = _leg(body.time_s, trunk_deg, points)
        shanks[side] = _direction(points["ankle"] - points["knee"])
    exchanged = _exchanged(body.time_s, shanks[near], shanks[other(near)])
    for leg in legs.values():
        for angle in leg.all:
            angle[exchanged] = np.nan
    for side, leg in legs.items():
        leg.resting_deg[:] = _resting(legs[other(side)].raise_deg)
    shoulder = at(body.point("shoulder", near))
    length = float(np.nanmedian(np.linalg.norm(shoulder - at(body.point("hip", near)), axis=1)))
    nose, eyes = at(body.pose[:, NOSE, :2]), at(body.middle("eye"))
    return RawAngles(
        time_s=body.time_s,
        near=near,
        legs=legs,
        trunk_deg=trunk_deg,
        profile_deg=_wrapped(trunk_deg - _direction(eyes - mouth)),
        jaw_deg=_wrapped(trunk_deg - _direction(mouth - ear)),
        nose_reach=np.linalg.norm(nose - shoulder, axis=1) / length,
        ear_reach=np.linalg.norm(ear - shoulder, axis=1) / length,
    )


def _leg(time_s: FloatArray, trunk_deg: FloatArray, points: dict[str, FloatArray]) -> LegAngles:
    """Raw angles of one leg, frame by frame."""
    hip, knee, ankle, heel, toe = (points[name] for name in LEG)
    thigh, shank = knee - hip, ankle - knee
    thigh_px, shank_px = np.linalg.norm(thigh, axis=1), np.linalg.norm(shank, axis=1)
    thigh_deg, shank_deg = _direction(thigh), _direction(shank)
    leg = LegAngles(
        raise_deg=_wrapped(thigh_deg - trunk_deg - 180.0),
        knee_deg=_wrapped(thigh_deg - shank_deg),
        thigh_deg=thigh_deg,
        leg_turn_deg=_turn(knee + ankle - 2.0 * np.nanmedian(hip, axis=0)),
        shank_turn_deg=_turn(shank),
        sole_deg=_wrapped(_direction(toe - heel) - shank_deg - 90.0),
        instep_deg=_wrapped(_direction(toe - ankle) - shank_deg - 90.0),
        heel_deg=_wrapped(_direction(heel - ankle) - shank_deg),
        resting_deg=np.full(len(time_s), np.nan),
    )
    # segments keep their length, and knees bend one way: where not, the model has lost the leg
    lost = (
        _off(thigh_px, THIGH_OFF_SHARE)
        | _off(shank_px, SHANK_OFF_SHARE)
        | (leg.knee_deg < BENT_BACKWARD_DEG)
        | ~np.isfinite(leg.knee_deg)
    )
    foot_lost = _off(np.linalg.norm(toe - heel, axis=1), FOOT_OFF_SHARE) | _off(
        np.linalg.norm(ankle - heel, axis=1), HEEL_OFF_SHARE
    )
    foot_lost = around(foot_lost | (leg.sole_deg < LEAST_SOLE_DEG) | (leg.sole_deg > MOST_SOLE_DEG), time_s)
    lost = around(lost | (foot_lost & _off(shank_px, SHANK_OFF_WITHOUT_FOOT_SHARE)), time_s)
    for angle in (leg.raise_deg, leg.knee_deg, leg.thigh_deg, leg.leg_turn_deg, leg.shank_turn_deg):
        angle[lost] = np.nan
    for angle in (leg.sole_deg, leg.instep_deg, leg.heel_deg):
        angle[lost | foot_lost] = np.nan
    return leg


def _resting(raise_deg: FloatArray) -> FloatArray:
    """A leg's raise as far as it rests; where it is raised or lost, what it usually is at rest."""
    if not np.isfinite(raise_deg).any():
        return np.zeros_like(raise_deg)
    rest = float(np.nanpercentile(raise_deg, 25))
    return np.where(
        np.isfinite(raise_deg), np.clip(raise_deg, rest - RESTS_WITHIN_DEG, rest + RESTS_WITHIN_DEG), rest
    )


def _exchanged(time_s: FloatArray, near_deg: FloatArray, far_deg: FloatArray) -> BoolArray:
    """Frames in which the model may have one shank for the other, which no look at their paths can undo.

    Both shanks jump at once, in opposite senses, as none does in these tests: from there on until they jump back (or
    the clip ends) it is not known which is which.
    """
    answer = np.zeros(len(time_s), dtype=bool)
    if len(time_s) < 3:
        return answer
    step = max(1, round(JUMP_S / float(np.median(np.diff(time_s)))))
    jumps = [_wrapped(shank[step:] - shank[:-step]) for shank in (near_deg, far_deg)]
    with np.errstate(invalid="ignore"):
        both = (jumps[0] * jumps[1] < 0) & (np.minimum(*np.abs(jumps)) > JUMP_DEG)
    at = np.flatnonzero(both)
    if not len(at):
        return answer
    since: int | None = None
    # frames of one jump lie close together
    for part in np.split(at, np.flatnonzero(np.diff(time_s[at]) > 2 * AROUND_S) + 1):
        first, last = int(part[0]), min(int(part[-1]) + step, len(time_s) - 1)
        answer[first : last + 1] = True
        if not _swapped(time_s, (near_deg, far_deg), float(time_s[first]), float(time_s[last])):
            continue
        if since is None:
            since = first
        else:
            answer[since : last + 1] = True
            since = None
    if since is not None:
        answer[since:] = True
    return answer


def _swapped(
    time_s: FloatArray, shanks: tuple[FloatArray, FloatArray], first_s: float, last_s: float
) -> bool:
    """Whether each shank goes on where the other one was, rather than where it was itself."""
    before = (time_s >= first_s - 2 * SETTLED_S) & (time_s < first_s)
    after = (time_s > last_s + SETTLED_S) & (time_s <= last_s + 3 * SETTLED_S)
    if not before.any() or not after.any():
        return False
    was = [float(np.nanmedian(shank[before])) for shank in shanks]
    now = [float(np.nanmedian(shank[after])) for shank in shanks]
    if not np.isfinite([*was, *now]).all() or abs(was[0] - was[1]) < JUMP_DEG:
        return False
    own = abs(now[0] - was[0]) + abs(now[1] - was[1])
    others = abs(now[0] - was[1]) + abs(now[1] - was[0])
    return others < own


def _turn(vector: FloatArray) -> FloatArray:
    """Direction against its own median, so that it does not jump from 180 to -180."""
    middle = np.nanmedian(vector, axis=0)
    return _wrapped(_direction(vector) - _direction(middle))


def _off(length_px: FloatArray, share: float) -> BoolArray:
    return np.asarray(np.abs(length_px / np.nanmedian(length_px) - 1.0) > share)


def around(lost: BoolArray, time_s: FloatArray, around_s: float = AROUND_S) -> BoolArray:
    """Frames within a stretch of time of one that is lost.

    Parameters
    ----------
    lost : ndarray, shape (N,), bool
    time_s : ndarray, shape (N,)
    around_s : float

    Returns
    -------
    ndarray, shape (N,), bool
        With the lost frames themselves.
    """
    at = time_s[lost]
    if not len(at):
        return lost
    place = np.searchsorted(at, time_s)
    after = at[np.minimum(place, len(at) - 1)] - time_s
    before = time_s - at[np.maximum(place - 1, 0)]
    return np.asarray((np.abs(after) <= around_s) | (np.abs(before) <= around_s))


def _direction(vector: FloatArray) -> FloatArray:
    return np.asarray(np.degrees(np.arctan2(vector[..., 1], vector[..., 0])))


def _wrapped(angle_deg: FloatArray) -> FloatArray:
    return np.asarray((angle_deg + 180.0) % 360.0 - 180.0)
