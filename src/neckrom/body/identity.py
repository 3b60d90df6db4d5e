"""Which of two limbs is which, over the whole clip.

The pose model names the legs frame by frame and can mistake one for the other where they pass each other. Here the
two tracks are put together again over time, without a look at their names: of all ways to continue two limbs from
frame to frame, the one is taken (a Viterbi path) in which both move most smoothly in the picture and which keeps to
the order of depth (seen from the side) or of left and right (from behind and in front). Turning any frames of the
input round therefore changes nothing. Only where depth and place say nothing at all, the model's own names decide,
once for the whole clip.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neckrom.body.view import BodyView
from neckrom.types import BoolArray, FloatArray

STEP_SHARE = 0.25
"""Scale of movement from frame to frame at 60 frames a second, in trunk lengths."""
BEND_SHARE = 0.08
"""Scale of how far a point leaves the straight continuation of its path, in trunk lengths, at 60 frames a second."""
CAP = 9.0
"""What one point can cost at most: a point that is wrong by itself must not turn the whole limb round."""
ORDER_WEIGHT = 3.0
"""What a frame costs in which the limbs are in the wrong order: far less than a limb that jumps (4 points, 9 each),
so that order decides over time, and smoothness from frame to frame."""
DEPTH_SCALE, PLACE_SCALE = 0.5, 0.1
"""Distances, in trunk lengths, from which on the order is clear. Seen from the side the near leg lies about 1.5 of the
model's trunk lengths before the far one; from behind the knees are 0.25 apart (rendered runners)."""
GAP_S = 0.15
"""Over a longer gap there is no continuing; see ``_joined``."""


def order_of(tracks: FloatArray, view: BodyView, scale_px: float) -> FloatArray:
    """How clearly the limb that comes first is the person's left one, -1 (it is the right one) to 1; shape (N,).

    Parameters
    ----------
    tracks : ndarray, shape (N, 2, K, 3), pixels
        K points of two limbs with depth, the uppermost first.
    view : BodyView
    scale_px : float
        Length of the trunk in the picture.

    Returns
    -------
    ndarray, shape (N,)
        By depth from the side, by place from behind and in front; NaN where the points that decide are.
    """
    apart = (tracks[:, 0] - tracks[:, 1]) / scale_px
    if view.near is not None:
        nearer = np.nanmean(apart[..., 2], axis=1) / DEPTH_SCALE
        return np.asarray(np.clip(-nearer if view.near == "left" else nearer, -1, 1))
    # feet cross over, knees and elbows hardly
    place = apart[:, 0, 0] / PLACE_SCALE
    return np.asarray(np.clip(-place if view.name == "back" else place, -1, 1))


def _bounded(square: FloatArray) -> FloatArray:
    """Sum over the points of squares that a single point cannot make large."""
    known = np.isfinite(square)
    return np.asarray(np.where(known, np.minimum(np.where(known, square, 0.0), CAP), 0.0).sum(axis=-1))


def _moved(tracks: FloatArray, dt: FloatArray, flip: int) -> FloatArray:
    """Cost of going from frame t to t + 1, both limbs together; shape (N - 1,)."""
    ahead = tracks[1:, ::-1] if flip else tracks[1:]
    scale = STEP_SHARE * np.maximum(dt, 1 / 120) * 60
    step = np.linalg.norm(ahead - tracks[:-1], axis=3) / scale[:, None, None]
    return _bounded((step**2).reshape(len(step), -1))


def _bent(tracks: FloatArray, dt: FloatArray, flip: int, flip_next: int) -> FloatArray:
    """Cost of the path t, t + 1, t + 2 leaving a straight line; shape (N - 2,)."""
    first = tracks[:-2]
    middle = tracks[1:-1, ::-1] if flip else tracks[1:-1]
    last = tracks[2:, ::-1] if flip ^ flip_next else tracks[2:]
    ratio = (dt[1:] / dt[:-1])[:, None, None, None]
    off = np.linalg.norm(last - middle - (middle - first) * ratio, axis=3)
    # at lower frame rates the path bends more between frames
    scale = BEND_SHARE * np.maximum(np.maximum(dt[1:], dt[:-1]) * 60, 1.0) ** 1.5
    return _bounded(((off / scale[:, None, None]) ** 2).reshape(len(off), -1))


def _turned_within(tracks: FloatArray, time_s: FloatArray, order: FloatArray) -> BoolArray:
    """Frames in which the first limb is not the left one, in a stretch without gaps; shape (N,)."""
    n = len(tracks)
    # what it costs to take the first limb for the left one (0), or the second (1)
    out_of_order = ORDER_WEIGHT * np.stack([np.maximum(-order, 0), np.maximum(order, 0)], axis=1)
    if n < 3:
        return np.full(n, bool(out_of_order[:, 1].sum() < out_of_order[:, 0].sum()))
    dt = np.diff(time_s)
    moved = [_moved(tracks, dt, flip) for flip in (0, 1)]
    bent = [[_bent(tracks, dt, a, b) for b in (0, 1)] for a in (0, 1)]
    pairs = [(a, b) for a in (0, 1) for b in (0, 1)]
    # cost[a, b]: the best way that ends with decisions a (frame t - 1) and b (frame t)
    cost = np.array(
        [[out_of_order[0, a] + out_of_order[1, b] + moved[a ^ b][0] for b in (0, 1)] for a in (0, 1)]
    )
    back = np.zeros((n, 2, 2), dtype=int)
    for t in range(2, n):
        new = np.empty((2, 2))
        for b, c in pairs:
            ways = [cost[a, b] + bent[a ^ b][b ^ c][t - 2] for a in (0, 1)]
            back[t, b, c] = int(ways[1] < ways[0])
            new[b, c] = min(ways) + moved[b ^ c][t - 1] + out_of_order[t, c]
        cost = new - new.min()
    path = np.zeros(n, dtype=bool)
    b, c = divmod(int(np.argmin(cost)), 2)
    path[-2:] = b, c
    for t in range(n - 1, 1, -1):
        b, c = int(back[t, b, c]), b
        path[t - 2] = b
    return path


def _joined(apart: FloatArray, time_s: FloatArray, pieces: list[slice]) -> list[bool]:
    """Whether each piece is to be turned round, so that limbs that swing against each other go on doing so.

    Limbs that swing regularly are continued through a gap by their rhythm: what lies after the gap is compared with
    what lies whole periods before. Limbs that do not swing are continued by where they are.

    Parameters
    ----------
    apart : ndarray, shape (N, K)
        First limb minus second, turned within pieces only.
    """
    turned = [False]
    for before, after in pairwise(pieces):
        sign = -1.0 if turned[-1] else 1.0
        known, new = apart[before] * sign, apart[after]
        score = float(np.nansum(known[-3:].mean(axis=0) * new[:3].mean(axis=0)))
        period = _period(known, time_s[before])
        if period is not None:
            beats = np.ceil((time_s[after] - time_s[before][-1]) / period)
            earlier = time_s[after] - beats * period
            inside = (earlier >= time_s[before][0]) & (beats <= 6)
            if inside.any():
                was = np.stack(
                    [np.interp(earlier[inside], time_s[before], column) for column in known.T], axis=1
                )
                score = float(np.nansum(was * new[inside]))
        turned.append(score < 0)
    return turned


def _period(apart: FloatArray, time_s: FloatArray) -> float | None:
    """Period of a regular swing, seconds; None where there is none."""
    if len(time_s) < 16 or time_s[-1] - time_s[0] < 1.5:
        return None
    step = float(np.median(np.diff(time_s)))
    even = np.arange(time_s[0], time_s[-1], step)
    swing = np.stack([np.interp(even, time_s, column) for column in apart.T], axis=1)
    swing = swing - swing.mean(axis=0)
    n = len(swing)
    together = np.array([np.sum(swing[: n - lag] * swing[lag:]) / (n - lag) for lag in range(n // 2)])
    first, last = int(0.45 / step), min(int(1.6 / step), len(together) - 1)
    if last - first < 3 or together[0] <= 0:
        return None
    best = first + int(np.argmax(together[first:last]))
    return best * step if together[best] > 0.5 * together[0] else None


def turned_round(tracks: FloatArray, time_s: FloatArray, view: BodyView, scale_px: float) -> BoolArray:
    """Frames in which the limb that is named left is the person's right one.

    Turning any frames of the input round turns round just these of the answer.

    Parameters
    ----------
    tracks : ndarray, shape (N, 2, K, 3), pixels
        K points of the left and of the right limb with depth, the uppermost first; NaN where not seen.
    time_s : ndarray, shape (N,)
    view : BodyView
    scale_px : float
        Length of the trunk in the picture.

    Returns
    -------
    ndarray, shape (N,), bool
        False where the limbs were not seen.
    """
    answer = np.zeros(len(tracks), dtype=bool)
    seen = np.flatnonzero(np.isfinite(tracks).all(axis=(1, 2, 3)))
    if len(seen) < 2:
        return answer
    flat, at = tracks[seen, :, :, :2] / scale_px, time_s[seen]
    order = order_of(tracks[seen], view, scale_px)
    edges = [0, *(np.flatnonzero(np.diff(at) > GAP_S) + 1).tolist(), len(seen)]
    pieces = [slice(a, b) for a, b in pairwise(edges)]
    turned = np.concatenate([_turned_within(flat[piece], at[piece], order[piece]) for piece in pieces])
    put = flat.copy()
    put[turned] = put[turned][:, ::-1]
    apart = (put[:, 0] - put[:, 1]).reshape(len(seen), -1)
    for piece, round_again in zip(pieces, _joined(apart, at, pieces), strict=True):
        turned[piece] ^= round_again
    kept = np.where(turned, -order, order)
    sure = float(np.mean(kept))
    # where neither depth nor place says which is which, most of the model's names count
    if 2.0 * sure + (1.0 - 2.0 * float(np.mean(turned))) * (abs(sure) < 0.25) < 0:
        turned = ~turned
    answer[seen] = turned
    return answer
