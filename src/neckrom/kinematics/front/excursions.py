"""Excursions of the head: from rest over an end range and back, and the key frames in which they are solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.bodies import BodyTracks
from neckrom.kinematics.front.parameters import LIMITS, TrackParameters
from neckrom.kinematics.neck_angles import rotation_from_cardan
from neckrom.types import BoolArray, FloatArray, IntArray


def excursions(
    turned_deg: FloatArray,
    time_s: FloatArray,
    parameters: TrackParameters,
    followed: BoolArray | None = None,
) -> list[IntArray]:
    """Key frames of each excursion: from rest over the end range and back to rest.

    One that the recording begins or ends with counts, too.

    Parameters
    ----------
    turned_deg : ndarray, shape (N, 3)
        Cardan angles of the head against its rest, the trunk's turning included; no NaN.
    time_s : ndarray, shape (N,)
    parameters : TrackParameters
    followed : ndarray, shape (N,), bool, optional
        Frames in which points were followed: only they can be key frames.

    Returns
    -------
    list of ndarray of int
        Frame numbers, rising, for each excursion in time order. Excursions with fewer than
        ``LIMITS.fewest_key_frames`` are left out.
    """
    size = np.degrees(rotation_from_cardan(turned_deg).magnitude())
    away = size > parameters.rest_deg
    edges = np.flatnonzero(np.diff(np.concatenate([[False], away, [False]]).astype(np.int8)))
    windows = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        if size[start:end].max() <= parameters.excursion_deg:
            continue
        first, last = max(start - 1, 0), min(end, len(size) - 1)
        frames = np.arange(first, last + 1)
        if followed is not None:
            frames = frames[followed[first : last + 1]]
        windows.append(spaced(time_s, frames, parameters.spacing_s))
    return [w for w in windows if len(w) >= LIMITS.fewest_key_frames]


def with_rest(window: IntArray, seen: BodyTracks, parameters: TrackParameters) -> IntArray:
    """Key frames of the body: of the excursion, and of the rest before and after it.

    Parameters
    ----------
    window : ndarray of int
        Key frames of an excursion, from :func:`excursions`.
    seen : BodyTracks
        Its body says how much of the rest counts, and how many key frames are passed over.
    parameters : TrackParameters

    Returns
    -------
    ndarray of int
        Frame numbers, rising. The rest has key frames only where points were followed.
    """
    body = seen.body
    own: IntArray = np.unique(np.append(window[:: body.every], window[-1]))
    time_s, start_s, end_s = seen.time_s, seen.time_s[window[0]], seen.time_s[window[-1]]
    # a little more than the rest, so that what counts does not hang on rounding: recordings hold many excursions
    first, last = np.searchsorted(time_s, [start_s - body.rest_s - 1e-3, end_s + body.rest_s + 1e-3])
    near = slice(int(first), int(last))
    away_s = np.maximum(start_s - time_s[near], time_s[near] - end_s)
    rest = near.start + np.flatnonzero(seen.followed[near] & (away_s > 0) & (away_s <= body.rest_s))
    before, after = rest[rest < window[0]], rest[rest > window[-1]]
    spacing_s = parameters.spacing_s * body.every
    earlier, later = (spaced(seen.time_s, frames, spacing_s) for frames in (before, after))
    return np.asarray(np.concatenate([earlier, own, later]))


def spaced(time_s: FloatArray, frames: IntArray, spacing_s: float) -> IntArray:
    """The first frame of each stretch of time.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    frames : ndarray of int
        Frame numbers, rising.
    spacing_s : float
        Length of a stretch, seconds; longer where there would be more than ``LIMITS.most_key_frames``.

    Returns
    -------
    ndarray of int
        Some of ``frames``, the first of them always.
    """
    if not len(frames):
        return frames
    since = time_s[frames] - time_s[frames[0]]
    # the small share keeps a frame that is just due from falling into the stretch before it by rounding
    slot = np.floor(since / max(spacing_s, since[-1] / LIMITS.most_key_frames) + 1e-6)
    return np.asarray(frames[np.diff(slot, prepend=-1) > 0])


@dataclass(frozen=True, slots=True)
class Solved:
    """The body against its rest where it was solved, N frames; NaN elsewhere.

    Attributes
    ----------
    turned : ndarray, shape (N, 3, 3)
        Rotation matrices, in the body axes at rest.
    sd_deg : ndarray, shape (N, 3)
        Of the Cardan angles, degrees, by the solution's own covariance.
    excursion : ndarray, shape (N,), int
        Number of the excursion of each key frame; -1 elsewhere.
    """

    turned: FloatArray
    sd_deg: FloatArray
    excursion: IntArray


def between_key_frames(
    time_s: FloatArray, turned_deg: FloatArray, solved: Solved
) -> tuple[Rotation, FloatArray]:
    """The body in every frame: the reading, corrected as at the key frames around it.

    Parameters
    ----------
    time_s : ndarray, shape (N,)
    turned_deg : ndarray, shape (N, 3)
        The reading: Cardan angles of the body against its rest; no NaN.
    solved : Solved, N frames

    Returns
    -------
    Rotation of length N
        Against rest.
    ndarray, shape (N, 3)
        Standard deviations of the Cardan angles, degrees; NaN outside the excursions, where the reading stands as it
        is.
    """
    reading = rotation_from_cardan(turned_deg)
    known = np.flatnonzero(np.isfinite(solved.turned[:, 0, 0]))
    correction, sd = np.zeros((len(time_s), 3)), np.full((len(time_s), 3), np.nan)
    if not len(known):
        return reading, sd
    at_keys = (Rotation.from_matrix(solved.turned[known]) * reading[known].inv()).as_rotvec()
    last = np.searchsorted(known, np.arange(len(time_s)), side="right") - 1
    following = np.searchsorted(known, np.arange(len(time_s)))
    before, after = known[np.maximum(last, 0)], known[np.minimum(following, len(known) - 1)]
    same = solved.excursion[before] == solved.excursion[after]
    inside = (last >= 0) & (following < len(known)) & same
    for axis in range(3):
        correction[inside, axis] = np.interp(time_s[inside], time_s[known], at_keys[:, axis])
        sd[inside, axis] = np.interp(time_s[inside], time_s[known], solved.sd_deg[known, axis])
    return Rotation.from_rotvec(correction) * reading, sd
