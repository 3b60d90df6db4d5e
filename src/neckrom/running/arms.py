"""Wrists against the middle of the trunk, from behind or in front."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neckrom.body import Body, Side
from neckrom.running.gait import Gait
from neckrom.types import FloatArray


def past_middle(body: Body, name: str, side: Side) -> FloatArray:
    """How far an elbow or wrist is seen past the trunk's middle line, shape (N,), in distances between the shoulders.

    Negative on its own side. In the picture: a wrist that swings in front of a turning trunk is seen further from its
    middle than it is, which the fitted reading takes into account.

    Parameters
    ----------
    body : Body
        From behind or in front.
    name : {"elbow", "wrist"}
    side : {"left", "right"}
        The person's own.

    Returns
    -------
    ndarray, shape (N,), shares of the distance between the shoulders
        That distance is the median over the clip. + past the middle, - on its own side; NaN where a point is not seen.
    """
    shoulder, hip = body.middle("shoulder"), body.middle("hip")
    up = shoulder - hip
    up = up / np.linalg.norm(up, axis=1, keepdims=True)
    across = np.stack([-up[:, 1], up[:, 0]], axis=1)
    width = float(
        np.nanmedian(np.linalg.norm(body.point("shoulder", "left") - body.point("shoulder", "right"), axis=1))
    )
    # from behind the person's right is the picture's, in front it is the other way round
    sign = (1.0 if side == "left" else -1.0) * (1.0 if body.view.name == "back" else -1.0)
    return np.asarray(sign * np.sum((body.point(name, side) - shoulder) * across, axis=1) / width)


def furthest_in_strides(gait: Gait, values: FloatArray) -> FloatArray:
    """Largest value in each whole stride of the left foot, shape (K,); NaN where a third of it was not seen.

    Parameters
    ----------
    gait : Gait
    values : ndarray, shape (N,)
        One for each frame, in any unit; NaN where not seen.

    Returns
    -------
    ndarray, shape (K,), in the unit of ``values``
        K is one less than the origins of the left foot's strides. NaN also where the clip begins or ends within the
        stride.

    Notes
    -----
    It is the 97th percentile, not the largest frame: a single frame is often wrong.
    """
    time_s, starts = gait.body.time_s, gait.left.strides.origin_s
    out = []
    for start, end in pairwise(starts):
        inside = (time_s >= start) & (time_s < end)
        seen = values[inside]
        # 0.02 s: a little more than half a frame at 30 frames a second
        whole = start >= time_s[0] - 0.02 and end <= time_s[-1] + 0.02
        enough = whole and np.isfinite(seen).sum() > 0.67 * max(len(seen), 1)
        # a single frame is often wrong: the second largest of neighbours
        out.append(float(np.nanpercentile(seen, 97)) if enough else np.nan)
    return np.array(out)


def arm_features(gait: Gait, side: Side) -> dict[str, float]:
    """Features of how far a wrist comes past the middle.

    Parameters
    ----------
    gait : Gait
        From behind or in front.
    side : {"left", "right"}
        The person's own.

    Returns
    -------
    dict of float
        ``wrist_past``: median over the strides of the furthest in each, in shoulder widths, + past the middle; NaN
        where no stride was seen.
    """
    wrist = furthest_in_strides(gait, past_middle(gait.body, "wrist", side))
    return {"wrist_past": float(np.nanmedian(wrist)) if np.isfinite(wrist).any() else float("nan")}
