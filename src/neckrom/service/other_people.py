"""Who else is in a clip of a run: somebody who passes is warned of, a second runner is refused."""

from __future__ import annotations

import numpy as np

from neckrom.errors import InputError
from neckrom.types import BodySeries

MOST_LOOKS = 0.5
"""Share of the looks with somebody else in them from which one cannot be sure whose steps are read. Who passes is
there for a second or two."""
_SOON_S = 0.12
_FURTHEST_TRUNKS = 0.75
"""How far the hips of one person come in that time, in lengths of the trunk: a sprinter past the camera, 8 m/s and
30 pictures a second, comes 0.55."""
_CUT_OUT = "ffmpeg -i INPUT -vf crop=WIDTH:HEIGHT:LEFT:TOP one.mp4"
_HIPS, _SHOULDERS = slice(23, 25), slice(11, 13)


def refuse_two_runners(series: BodySeries, name: str) -> None:
    """Refuse a clip in which it is not sure that one person alone was read.

    Parameters
    ----------
    series : BodySeries
        Real time.
    name : str
        Of the clip.

    Raises
    ------
    InputError
        Somebody else is there most of the time, or the points went over from one person to another.
    """
    seen = series.people[series.found]
    share = float((seen > 1).mean()) if len(seen) else 0.0
    if share >= MOST_LOOKS:
        raise InputError(
            f"{name} shows another person beside the runner, in {share:.0%} of the looks: whose steps are read is not "
            f"sure. Film one person alone, or cut the other one out of the picture: {_CUT_OUT}"
        )
    changes = goes_over_s(series) if share > 0 else ()
    if changes:
        raise InputError(
            f"In {name} the points go over from one person to another, first at {changes[0]:.1f} s. Film one person "
            f"alone, take a part of the clip in which nobody else is there, or cut the other one out: {_CUT_OUT}"
        )


def goes_over_s(series: BodySeries) -> tuple[float, ...]:
    """Moments at which the body is suddenly elsewhere in the picture, seconds."""
    found = np.flatnonzero(series.found)
    if len(found) < 2:
        return ()
    hips = series.pose[found][:, _HIPS, :2].mean(axis=1).astype(np.float64)
    shoulders = series.pose[found][:, _SHOULDERS, :2].mean(axis=1).astype(np.float64)
    trunk = float(np.median(np.linalg.norm(shoulders - hips, axis=1)))
    time_s = series.time_s[found]
    soon = np.diff(time_s) <= _SOON_S
    far = np.linalg.norm(np.diff(hips, axis=0), axis=1) > _FURTHEST_TRUNKS * trunk
    return tuple(float(moment) for moment in time_s[1:][soon & far])
