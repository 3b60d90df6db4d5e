"""What happens while a leg is held at the first symptom: does it move, and does the neck or the ankle alone?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from neckrom.types import FloatArray, Notice

Joint = Literal["neck", "ankle", "neck_side"]

HELD_WITHIN_DEG = {"slr": 2.4, "slump": 2.4}
"""A leg that was read to turn by less was held within 3 degrees. Half-way between what legs that are held (2.0 at most)
and legs that slip by 3 degrees (2.8 at least) are read to turn, in people used for fitting."""
AROUND_S = 0.25
"""A level is the median over this much to either side."""
LEAST_CHANGE_DEG = {"neck": 8.0, "ankle": 8.0, "neck_side": 8.0}
"""Less is no change that was made on purpose: neck and ankle are read up and down by several degrees."""
AT_MARK_S = 0.07
"""Where the leg was at the mark is read over this much to either side."""
SETTLED_DEG_S = 5.0
"""A limb that turns by less is at rest."""
READING_SD_DEG = 1.0
"""Of a level over half a second, beside what a person's own bias is."""
LONGEST_GAP_S = 1.0
"""Where the limb was lost at the mark for no longer than this, what lies to either side bounds the angle; over a
longer time it may have gone anywhere."""
MOST_LOST_SHARE = 0.4
"""A trial whose limb was lost for more of the time in which it was held says nothing of angles and holding."""
LEAST_HELD_S = 0.5
"""Of a shorter time it is not told whether a limb was held."""
KEPT_S = 0.3
"""A change is one that is kept for this long."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A joint that was moved alone.

    Attributes
    ----------
    joint : {"neck", "ankle", "neck_side"}
    by_deg : float
        + chin to chest, + toes to the shin, + away from the arm.
    from_s, done_s : float
        It leaves its level, and reaches the new one (half-way).
    """

    joint: Joint
    by_deg: float
    from_s: float
    done_s: float


def level_deg(time_s: FloatArray, angle_deg: FloatArray, at_s: float, around_s: float = AROUND_S) -> float:
    """Median about a moment, degrees; NaN where nothing was measured there.

    Parameters
    ----------
    time_s, angle_deg : ndarray, shape (N,)
    at_s, around_s : float

    Returns
    -------
    float
        Degrees.
    """
    values = angle_deg[(np.abs(time_s - at_s) <= around_s) & np.isfinite(angle_deg)]
    return float(np.median(values)) if len(values) else float("nan")


def angle_at(
    time_s: FloatArray, angle_deg: FloatArray, at_s: float, half_deg: float
) -> tuple[float, tuple[float, float] | None]:
    """An angle at the symptom, with its 95 % interval; NaN and None where it was not measured.

    Parameters
    ----------
    time_s, angle_deg : ndarray, shape (N,)
    at_s : float
        When the symptom was marked.
    half_deg : float
        Half of the interval of an angle that was measured.

    Returns
    -------
    angle : float
        Degrees. Where the limb was lost at the mark for ``LONGEST_GAP_S`` at most, on the line between both sides.
    interval95 : tuple of float or None
        Degrees; reaches over both sides of such a gap.
    """
    angle = level_deg(time_s, angle_deg, at_s, 0.15)
    if np.isfinite(angle):
        return angle, (angle - half_deg, angle + half_deg)
    before = np.flatnonzero((time_s < at_s) & np.isfinite(angle_deg))
    after = np.flatnonzero((time_s > at_s) & np.isfinite(angle_deg))
    if not len(before) or not len(after) or time_s[after[0]] - time_s[before[-1]] > LONGEST_GAP_S:
        return float("nan"), None
    ends = angle_deg[before[-1]], angle_deg[after[0]]
    between = float(np.interp(at_s, [time_s[before[-1]], time_s[after[0]]], ends))
    return between, (float(min(ends)) - half_deg, float(max(ends)) + half_deg)


def moved_deg(
    time_s: FloatArray, turn_deg: FloatArray, from_s: float, to_s: float, *, place_s: float = AT_MARK_S
) -> float:
    """By how much a limb left its place in a stretch of time: the most, with its sign; NaN where not measured.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    turn_deg : ndarray, shape (N,)
        Turn of the limb in the picture.
    from_s, to_s : float
        The symptom, and the end of holding.
    place_s : float
        The place that it leaves is where it was until so long after the symptom.

    Returns
    -------
    float
        Degrees: the largest departure that was kept for ``KEPT_S``, in the sign of ``turn_deg``.
    """
    _, off = _departure(time_s, turn_deg, from_s, to_s, place_s)
    return float(off[int(np.argmax(np.abs(off)))]) if len(off) else float("nan")


def moved_together(
    time_s: FloatArray,
    turn_deg: FloatArray,
    witness_deg: FloatArray,
    from_s: float,
    to_s: float,
    *,
    place_s: float,
    least_deg: tuple[float, float],
) -> bool:
    """Whether two readings of one limb leave their places at the same time and in the same sense.

    Parameters
    ----------
    time_s, turn_deg, witness_deg : ndarray, shape (N,)
        Turns of the limb in the picture, from different points.
    from_s, to_s, place_s : float
        As in :func:`moved_deg`.
    least_deg : tuple of float
        By how much either has to leave its place.

    Returns
    -------
    bool
        False also where one of them was not measured.
    """
    one_s, one = _departure(time_s, turn_deg, from_s, to_s, place_s)
    other_s, other = _departure(time_s, witness_deg, from_s, to_s, place_s)
    if not len(one) or not len(other):
        return False
    there = np.interp(one_s, other_s, other) * np.sign(one)
    return bool(((np.abs(one) >= least_deg[0]) & (there >= least_deg[1])).any())


def _departure(
    time_s: FloatArray, turn_deg: FloatArray, from_s: float, to_s: float, place_s: float
) -> tuple[FloatArray, FloatArray]:
    """Times, and by how much a limb has left the place that it had at the beginning; empty where not measured."""
    measured = np.isfinite(turn_deg)
    inside = (time_s >= from_s - AT_MARK_S) & (time_s <= to_s) & measured
    # a leg that goes on slipping has left its place within half a second: where it was at the mark itself counts
    first = inside & (time_s <= from_s + place_s)
    if not first.any():
        first = inside & (time_s <= from_s + KEPT_S)
    if inside.sum() < 3 or not first.any():
        return time_s[:0], turn_deg[:0]
    return time_s[inside], _kept(time_s[inside], turn_deg[inside] - float(np.median(turn_deg[first])))


def seen_at(time_s: FloatArray, turn_deg: FloatArray, at_s: float) -> bool:
    """Whether the limb was measured at a moment itself, and not only from just after it on.

    Parameters
    ----------
    time_s, turn_deg : ndarray, shape (N,)
    at_s : float

    Returns
    -------
    bool
        True where the last frame up to the moment was measured, or one within ``AT_MARK_S`` before it. A limb that was
        lost until the moment may have been anywhere then: what is seen a tenth of a second later is where it went on
        to.
    """
    until = np.flatnonzero(time_s <= at_s + 1e-6)
    if not len(until):
        return bool(np.isfinite(turn_deg[0]))
    last = until[time_s[until] >= min(at_s - AT_MARK_S, float(time_s[until[-1]]))]
    return bool(np.isfinite(turn_deg[last]).any())


def was_held(
    time_s: FloatArray,
    turn_deg: FloatArray,
    from_s: float,
    to_s: float,
    *,
    moved: float,
    within_deg: float,
    left_from_deg: float | None = None,
) -> bool | None:
    """Whether a limb kept its place in a stretch of time; None where that is not known.

    Parameters
    ----------
    time_s, turn_deg : ndarray, shape (N,)
    from_s, to_s : float
        The symptom, and the end of holding.
    moved : float
        From :func:`moved_deg`; NaN where it says nothing.
    within_deg : float
        What a limb that is held may be read to turn, degrees.
    left_from_deg : float, optional
        From here on it left its place; between both it is not known. ``within_deg`` where nothing is given.

    Returns
    -------
    bool or None
        None also for a limb that was lost at the symptom and at rest when it was seen again: it may have moved in
        between.
    """
    if not np.isfinite(moved) or to_s - from_s < LEAST_HELD_S:
        return None
    if abs(moved) >= (within_deg if left_from_deg is None else left_from_deg):
        return False
    if abs(moved) >= within_deg:
        return None
    return True if seen_at(time_s, turn_deg, from_s) else None


def not_held(symptom_s: float, moved: float) -> Notice:
    """What is said of a limb that moved after the symptom.

    Parameters
    ----------
    symptom_s : float
    moved : float
        Degrees.

    Returns
    -------
    Notice
    """
    return Notice(
        f"The limb was not held after the symptom at {symptom_s:.1f} s: it moved by {abs(moved):.0f} deg. "
        "What the change did cannot be told from that; do the trial again.",
        "nerve_not_held",
        time_s=symptom_s,
        moved_deg=abs(moved),
    )


def settled_s(time_s: FloatArray, turn_deg: FloatArray, from_s: float, to_s: float) -> float:
    """When a limb comes to rest: the first moment from ``from_s`` on at which it turns by less than 5 deg/s.

    Parameters
    ----------
    time_s, turn_deg : ndarray, shape (N,)
    from_s, to_s : float
        At the end of its way, and when it begins to go back.

    Returns
    -------
    float
        ``from_s`` where it never rests.
    """
    inside = np.flatnonzero((time_s >= from_s) & (time_s <= to_s) & np.isfinite(turn_deg))
    if len(inside) < 3:
        return from_s
    speed = np.abs(np.gradient(turn_deg[inside], time_s[inside]))
    slow = np.flatnonzero(speed < SETTLED_DEG_S)
    return float(time_s[inside[slow[0]]]) if len(slow) else from_s


def changes(
    time_s: FloatArray, joints: dict[Joint, FloatArray], from_s: float, to_s: float
) -> tuple[Moved, ...]:
    """Joints that were moved while the limb was held, in the order of their times.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    joints : dict
        Angle of each joint, shape (N,), degrees; NaN where not measured.
    from_s, to_s : float
        The symptom, and the end of holding.

    Returns
    -------
    tuple of Moved
        At most one of each joint: the largest that was kept.
    """
    found = []
    for joint, angle in joints.items():
        inside = (time_s >= from_s) & (time_s <= to_s) & np.isfinite(angle)
        base = level_deg(time_s, angle, from_s)
        if inside.sum() < 3 or not np.isfinite(base):
            continue
        at, off = time_s[inside], angle[inside] - base
        kept = _kept(at, off)
        by = float(kept[int(np.argmax(np.abs(kept)))])
        if abs(by) < LEAST_CHANGE_DEG[joint]:
            continue
        along = off * np.sign(by)
        half = int(np.argmax(along > 0.5 * abs(by)))
        before = np.flatnonzero(along[: half + 1] < 0.15 * abs(by))
        left = int(before[-1]) if len(before) else 0
        # the new level, not the overshoot on the way to it
        new = along[half:][along[half:] > 0.7 * abs(by)]
        size = float(np.median(new)) if len(new) else abs(by)
        found.append(Moved(joint, float(np.sign(by)) * size, float(at[left]), float(at[half])))
    return tuple(sorted(found, key=lambda moved: moved.done_s))


def _kept(time_s: FloatArray, off: FloatArray) -> FloatArray:
    """What each deviation is at least, for ``KEPT_S``: median over that much to the middle, three frames at least."""
    half, frames = KEPT_S / 2, np.arange(len(time_s))
    first = np.minimum(np.searchsorted(time_s, time_s - half), np.maximum(frames - 1, 0))
    last = np.maximum(np.searchsorted(time_s, time_s + half, side="right"), frames + 2)
    return np.array([np.median(off[a:b]) for a, b in zip(first, last, strict=True)])
