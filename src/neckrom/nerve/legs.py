"""Which leg is which in a leg test.

Somebody who sits or lies moves one leg and rests the other, and often both lie behind each other in the picture. There
the smoothest path alone, which tells running legs apart, may take one for the other; but the pose model says which
one is nearer to the camera, and its own names are mostly right. Of all ways to name the legs from frame to frame, the
one is taken in which they jump least and lie as deep as they should (a Viterbi path over two states). Where one leg
is away after that, the other one rests, and has to rest where it did before: if it lies where the leg that is away
lay, and looks as long as a leg there does (the nearer one is the longer one in the picture), the two were exchanged.
A far leg that hung hidden behind the near one may come to light at that one's place, too; its length tells it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neckrom.body import Body, Side
from neckrom.body.points import LEFT_LEG, RIGHT_LEG
from neckrom.body.stretches import stretches
from neckrom.types import BoolArray, FloatArray

SIDES: tuple[Side, Side] = ("left", "right")
"""In the order in which legs are stacked here."""
DEPTH_COST_S = 0.12
"""Of a second in which the nearer leg is named the farther one, in trunk lengths of jumping."""
NAME_COST_S = 0.06
"""Of a second in which the legs are not named as the model names them."""
BEGUN_S, SHORTEST_S, MEETING_S = 0.7, 0.4, 0.8
"""Seconds: where the feet rest is read from the first; a leg is away for the second at least; both feet meet within the
third before and after that."""
AWAY_SHARE, AT_REST_SHARE, CLEARLY_SHARE = 0.3, 0.06, 0.04
"""In trunk lengths: a foot is away; it lies at a place; one place is clearly nearer than another."""
CAP = 1.0
"""What one point can jump at most, in trunk lengths."""


def with_own_legs(body: Body, near: Side) -> Body:
    """The same body with its legs told apart as a leg test needs it.

    Parameters
    ----------
    body : Body
    near : {"left", "right"}
        The side that is seen.

    Returns
    -------
    Body
        ``legs_turned`` says in which frames the model had named the legs the other way round.
    """
    named = np.where(body.legs_turned[:, None, None], _turned(body.pose), body.pose)
    world = np.where(body.legs_turned[:, None, None], _turned(body.world), body.world)
    turned = turned_legs(named, body.time_s, near, body.scale_px)
    put = np.where(turned[:, None, None], _turned(named), named)
    turned ^= resting_elsewhere(put, body.time_s, near, body.scale_px)
    return replace(
        body,
        pose=np.where(turned[:, None, None], _turned(named), named),
        world=np.where(turned[:, None, None], _turned(world), world),
        legs_turned=turned,
    )


def turned_legs(pose: FloatArray, time_s: FloatArray, near: Side, scale_px: float) -> BoolArray:
    """Frames in which the model has named the legs the wrong way round.

    Parameters
    ----------
    pose : ndarray, shape (N, 33, 3), pixels
        As the model named them; NaN where not seen.
    time_s : ndarray, shape (N,)
    near : {"left", "right"}
    scale_px : float
        Length of the trunk in the picture.

    Returns
    -------
    ndarray, shape (N,), bool
        False where the legs were not seen.
    """
    answer = np.zeros(len(pose), dtype=bool)
    legs = np.stack([pose[:, LEFT_LEG], pose[:, RIGHT_LEG]], axis=1) / scale_px
    seen = np.flatnonzero(np.isfinite(legs).all(axis=(1, 2, 3)))
    if len(seen) < 2:
        return answer
    places, at = legs[seen, :, :, :2], time_s[seen]
    kept = _jump(places[1:] - places[:-1])
    crossed = _jump(places[1:, ::-1] - places[:-1])
    deeper = legs[seen, :, :, 2].mean(axis=2) @ np.array(
        [1.0, -1.0]
    )  # left less right, + away from the camera
    wrong = np.clip((deeper if near == "left" else -deeper) / 0.3, -1.0, 1.0)
    step_s = np.minimum(np.gradient(at), 0.2)
    state_cost = np.stack(
        [DEPTH_COST_S * np.maximum(wrong, 0), DEPTH_COST_S * np.maximum(-wrong, 0) + NAME_COST_S], axis=1
    )
    answer[seen] = _cheapest(kept, crossed, state_cost * step_s[:, None])
    return answer


def resting_elsewhere(pose: FloatArray, time_s: FloatArray, near: Side, scale_px: float) -> BoolArray:
    """Frames in which the leg that rests lies where the one that is away had lain, and has that one's length.

    Parameters
    ----------
    pose : ndarray, shape (N, 33, 3), pixels
    time_s : ndarray, shape (N,)
    near : {"left", "right"}
    scale_px : float
        Length of the trunk in the picture.

    Returns
    -------
    ndarray, shape (N,), bool
    """
    answer = np.zeros(len(pose), dtype=bool)
    feet = np.stack([pose[:, LEFT_LEG[1:], :2], pose[:, RIGHT_LEG[1:], :2]], axis=1) / scale_px
    begun = time_s <= time_s[0] + BEGUN_S
    if not np.isfinite(feet[begun]).all(axis=(1, 2, 3)).any():
        return answer
    rest = np.nanmedian(feet[begun], axis=0)
    with np.errstate(invalid="ignore"):
        far = np.linalg.norm(feet - rest, axis=3).mean(axis=2)
        crossed = np.linalg.norm(feet - rest[::-1], axis=3).mean(axis=2)
        away = far > AWAY_SHARE
    apart = np.linalg.norm(feet[:, 0] - feet[:, 1], axis=2).mean(axis=1)
    shanks = np.stack(
        [
            np.linalg.norm(pose[:, ankle, :2] - pose[:, knee, :2], axis=1)
            for knee, ankle in (LEFT_LEG[:2], RIGHT_LEG[:2])
        ],
        axis=1,
    )
    for leg in (0, 1):
        resting = 1 - leg
        for first, last in stretches(away[:, leg] & (far[:, resting] < AWAY_SHARE)):
            if time_s[last] - time_s[first] < SHORTEST_S:
                continue
            own = float(np.nanmedian(far[first : last + 1, resting]))
            others = float(np.nanmedian(crossed[first : last + 1, resting]))
            away_px, resting_px = np.nanmedian(shanks[first : last + 1][:, [leg, resting]], axis=0)
            named_near = leg == SIDES.index(near)
            as_the_other = away_px < resting_px if named_near else away_px > resting_px
            if others < AT_REST_SHARE and own - others > CLEARLY_SHARE and as_the_other:
                start, end = _met(apart, time_s, first, -1), _met(apart, time_s, last, 1)
                answer[start : end + 1] = True
    return answer


def _met(apart: FloatArray, time_s: FloatArray, at: int, way: int) -> int:
    """Frame before (or after) one in which both feet are nearest to each other."""
    inside = np.flatnonzero(
        (np.sign(np.arange(len(time_s)) - at) == way)
        & (np.abs(time_s - time_s[at]) <= MEETING_S)
        & np.isfinite(apart)
    )
    return int(inside[np.argmin(apart[inside])]) if len(inside) else at


def _jump(step: FloatArray) -> FloatArray:
    """Mean distance over the points of both legs, each bounded."""
    return np.asarray(np.minimum(np.linalg.norm(step, axis=3), CAP).mean(axis=(1, 2)))


def _cheapest(kept: FloatArray, crossed: FloatArray, state_cost: FloatArray) -> BoolArray:
    """The cheapest of all paths over two states; True where it is in the second one."""
    n = len(state_cost)
    cost = state_cost[0].copy()
    came_from = np.zeros((n, 2), dtype=int)
    for t in range(1, n):
        total = cost[:, None] + np.array([[kept[t - 1], crossed[t - 1]], [crossed[t - 1], kept[t - 1]]])
        came_from[t] = np.argmin(total, axis=0)
        cost = total[came_from[t], [0, 1]] + state_cost[t]
    path = np.zeros(n, dtype=int)
    path[-1] = int(np.argmin(cost))
    for t in range(n - 1, 0, -1):
        path[t - 1] = came_from[t, path[t]]
    return np.asarray(path == 1)


def _turned(points: FloatArray) -> FloatArray:
    """Left and right legs exchanged."""
    answer = points.copy()
    answer[:, LEFT_LEG], answer[:, RIGHT_LEG] = points[:, RIGHT_LEG], points[:, LEFT_LEG]
    return answer
