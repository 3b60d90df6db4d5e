"""Whether landmarks can be those of a recording of a person, before anything is measured from them.

A landmark file is handed on and kept for years; its numbers are read bit for bit. What cannot be measured is
told here, in words, instead of by a failure deep in the geometry.
"""

from __future__ import annotations

import numpy as np

from neckrom.columns import in_blocks
from neckrom.types import BodySeries, FloatArray, LandmarkSeries

LONGEST_S = 24 * 3600.0
"""A day: what lasts longer is not one recording."""
SLOWEST_STEP_S = 1.0
"""Pictures that are typically further apart cannot show a movement of the neck."""
_FAR_PICTURES = 100.0
"""Points lie within this many pictures' sides: what is outside of the picture is guessed, but never so far."""
_FAR_M = 1000.0
"""Points in metres lie about the middle of the hips."""
_PIXELS = ("face", "pose", "motion", "motion_box")
_PLAIN = ("pose_visibility", "pose_world")
_POINTS = ("tracks", "chest_tracks")


def time_problems(time_ns: FloatArray | np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> tuple[str, ...]:
    """What is wrong with the times of a recording, shape (N,), rising; empty where nothing is.

    Parameters
    ----------
    time_ns : ndarray, shape (N,), nanoseconds
        Rising.

    Returns
    -------
    tuple of str
        In words, for a message.
    """
    if len(time_ns) < 2:
        return ()
    problems = []
    span_s = (int(time_ns[-1]) - int(time_ns[0])) * 1e-9
    if span_s > LONGEST_S:
        problems.append(
            f"its pictures lie {_in_words(span_s)} apart from the first to the last: this is not one recording"
        )
    step_s = float(np.median(np.diff(np.asarray(time_ns, dtype=np.float64)))) * 1e-9
    if len(time_ns) > 2 and step_s > SLOWEST_STEP_S:
        problems.append(
            f"its pictures are typically {_in_words(step_s)} apart: no movement can be seen. "
            "Take ten a second or more"
        )
    return tuple(problems)


def implausible(series: LandmarkSeries) -> tuple[str, ...]:
    """What no recording of a person has; empty where there is nothing.

    Parameters
    ----------
    series : LandmarkSeries
        Times rise and nothing is infinite, as :func:`neckrom.landmarks.store.read_landmarks` gives it.

    Returns
    -------
    tuple of str
        In words, for a message.
    """
    problems = list(time_problems(series.time_ns))
    far = _FAR_PICTURES * max(series.width, series.height)
    limits = {**dict.fromkeys(_PIXELS, far), **dict.fromkeys(_PLAIN, _FAR_M)}
    for name, limit in limits.items():
        values = getattr(series, name)
        if values is not None and values.size and _largest(values) > limit:
            problems.append(f'column "{name}" holds values far outside of any picture')
    for name in _POINTS:
        values = getattr(series, name)
        if values is not None and values.size and _largest(values[..., 1:]) > far:
            problems.append(f'column "{name}" holds points far outside of any picture')
    return tuple(problems)


def implausible_bodies(series: BodySeries) -> tuple[str, ...]:
    """What no recording of a person has; empty where there is nothing.

    Parameters
    ----------
    series : BodySeries
        Times rise and nothing is infinite, as :func:`neckrom.landmarks.body_store.read_bodies` gives it.

    Returns
    -------
    tuple of str
        In words, for a message.
    """
    problems = list(time_problems(series.time_ns))
    far = _FAR_PICTURES * max(series.width, series.height)
    limits = {"pose": far, "pose_visibility": _FAR_M, "pose_world": _FAR_M}
    for name, limit in limits.items():
        values = getattr(series, name)
        if values.size and _largest(values) > limit:
            problems.append(f'column "{name}" holds values far outside of any picture')
    return tuple(problems)


def _largest(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """Largest absolute value that is a number; 0 where there is none."""
    return max(float(np.nanmax(np.abs(values[rows]), initial=0.0)) for rows in in_blocks(values))


def _in_words(seconds: float) -> str:
    for unit, length in (
        ("years", 365.25 * 86_400),
        ("days", 86_400.0),
        ("hours", 3600.0),
        ("minutes", 60.0),
    ):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s"
