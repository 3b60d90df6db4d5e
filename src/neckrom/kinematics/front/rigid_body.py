"""Head and thorax as rigid bodies: how far they turned, from points followed over them.

Past about 50 deg the face mesh compresses and is lost, and the pose points depend on the person. What
does not depend on the person is geometry: points that stay fixed on a rigid body, seen while it turns,
fix their own places on it and the turn (bundle adjustment). Each excursion of the head is solved as a
whole, out and back, with these unknowns: rotation and place of the body in each key frame, and the place
of each point on it. It is held by the reading of :mod:`neckrom.kinematics.front.fusion` with its
standard deviation (tight near neutral, loose at end range), by a body that is roughly an ellipsoid, and by
a joint about which it roughly turns. Points that do not move as the body does, on the background, the
neck or the rim, are found by their residuals and left out; the others are weighed by their own noise.

Lengths are in units of the distance between the outer corners of the eyes. Standard deviations come from
the solution's own covariance; the table of measured residuals corrects them afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.transform import Rotation
from threadpoolctl import threadpool_limits

from neckrom.kinematics.neck_angles import rotation_from_cardan
from neckrom.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Body:
    """A rigid body, body axes (x anterior, y superior, z to the person's right), about its origin.

    Attributes
    ----------
    half_axes, centre : ndarray, shape (3,)
        Of the ellipsoid.
    lever, lever_back : ndarray, shape (3,)
        From the joint that it turns about to its origin; the second where it tilts back.
    behind_eyes : float
        How much further from the camera than the eyes the origin is.
    lowest, highest : float
        Points below and above these levels are left out.
    prior_robust : float
        From how many standard deviations on the reading that holds the solution is doubted rather than
        the points.
    place_sd : ndarray, shape (3,)
        Of the origin from where the joint puts it: across, down, and along the line of sight.
    rest_s : float
        How much of the rest before and after an excursion is solved with it, to tell where the body came from.
    every : int
        Key frames are each so many of those of the excursion.
    """

    half_axes: FloatArray
    centre: FloatArray
    lever: FloatArray
    lever_back: FloatArray
    behind_eyes: float
    lowest: float
    highest: float
    prior_robust: float
    place_sd: FloatArray
    rest_s: float
    every: int


HEAD = Body(
    half_axes=np.array([1.12, 1.40, 0.92]),
    centre=np.array([0.0, 0.25, 0.0]),
    lever=np.array([0.20, 1.00, 0.0]),
    lever_back=np.array([0.45, 0.73, 0.0]),
    behind_eyes=0.85,
    lowest=-0.85,
    highest=2.0,
    prior_robust=1.0,
    place_sd=np.array([0.6, 0.6, 1.0]),
    rest_s=0.4,
    every=1,
)
"""Origin between the ears; jaw and throat, which move by themselves, are left out."""

THORAX = Body(
    half_axes=np.array([2.0, 3.5, 2.1]),
    centre=np.array([0.4, -1.5, 0.0]),
    lever=np.array([0.0, 4.5, 0.0]),
    lever_back=np.array([0.0, 4.5, 0.0]),
    behind_eyes=1.8,
    lowest=-5.0,
    highest=-0.3,
    prior_robust=1e3,
    place_sd=np.array([0.15, 0.15, 0.15]),
    rest_s=0.8,
    every=2,
)
"""Origin between the shoulders; turns about the pelvis. Clothes move by themselves: the reading stays in force."""


@dataclass(frozen=True, slots=True)
class TrackParameters:
    """Numbers of the model, set on people who are not reported on.

    Attributes
    ----------
    pixel_sd : float
        Of a followed point, in distances between the eyes.
    shape_sd, shape_turn_sd : float
        Of the surface from the ellipsoid, as a share of its radius; the second in excursions of rotation, which
        show the surface from its side and depend on it. Held as tight, it makes false rotation of a side-bend.
    prior_factor, turn_prior_factor, prior_floor_deg : float
        On the standard deviation of the reading that holds the solution, tilts and turning: its errors last
        over many frames.
    excursion_deg, rest_deg : float
        An excursion is solved where the head turns further than this, from and to where it is nearer than that.
    spacing_s : float
        Between key frames.
    thorax_sd_deg, thorax_turn_sd_deg : float
        Standard deviations of the reading of the thorax, which has no table of its own: at rest, and what
        its turning adds where the head has turned far, since the reading then is mostly the head's.
    """

    pixel_sd: float = 0.015
    shape_sd: float = 0.25
    shape_turn_sd: float = 0.12
    prior_factor: float = 2.5
    turn_prior_factor: float = 4.0
    prior_floor_deg: float = 1.0
    excursion_deg: float = 20.0
    rest_deg: float = 8.0
    spacing_s: float = 1 / 20
    thorax_sd_deg: float = 0.7
    thorax_turn_sd_deg: float = 10.0


@dataclass(frozen=True, slots=True)
class BodyTracks:
    """What is seen of a body, N frames.

    Attributes
    ----------
    body : Body
    time_s : ndarray, shape (N,)
    tracks : ndarray, shape (N, K, 3)
        Number of the point; x, y on the plane at depth 1. NaN in empty rows.
    origin : ndarray, shape (2,)
        The body's origin at rest, on the plane at depth 1.
    eye_distance : float
        Outer corners of the eyes at rest, on the plane at depth 1.
    joint_moved : ndarray, shape (N, 2)
        How far the joint has moved since rest, on the plane at depth 1; NaN counts as not at all.
    """

    body: Body
    time_s: FloatArray
    tracks: FloatArray
    origin: FloatArray
    eye_distance: float
    joint_moved: FloatArray


@dataclass(frozen=True, slots=True)
class Prior:
    """The reading that holds the solution, N frames.

    Attributes
    ----------
    neutral : ndarray, shape (3, 3)
        Body at rest, body axes to camera.
    turned_deg : ndarray, shape (N, 3)
        Cardan angles of the body against its rest; no NaN.
    sd_deg : ndarray, shape (N, 3)
    """

    neutral: FloatArray
    turned_deg: FloatArray
    sd_deg: FloatArray


@dataclass(frozen=True, slots=True)
class Solved:
    """The body against its rest where it was solved, N frames; NaN elsewhere.

    Attributes
    ----------
    turned : ndarray, shape (N, 3, 3)
        In the body axes at rest.
    sd_deg : ndarray, shape (N, 3)
        Of the Cardan angles, by the solution's own covariance.
    excursion : ndarray, shape (N,), int
        Number of the excursion of each key frame; -1 elsewhere.
    """

    turned: FloatArray
    sd_deg: FloatArray
    excursion: IntArray


def solve(seen: BodyTracks, prior: Prior, windows: Sequence[IntArray], parameters: TrackParameters) -> Solved:
    """Solve every excursion of a recording.

    Parameters
    ----------
    seen : BodyTracks
    prior : Prior
    windows : sequence of ndarray
        Key frames of each excursion, from :func:`excursions`.
    parameters : TrackParameters
    """
    n = len(seen.time_s)
    solved = Solved(np.full((n, 3, 3), np.nan), np.full((n, 3), np.nan), np.full(n, -1))
    with threadpool_limits(1):  # the matrices are small: threads would wait for each other on a busy machine
        for number, window in enumerate(windows):
            frames = _with_rest(window, seen, parameters)
            found = _solve_window(frames, seen, prior, parameters)
            if found is not None:
                inside = (frames >= window[0]) & (frames <= window[-1])
                solved.turned[frames[inside]], solved.sd_deg[frames[inside]] = (v[inside] for v in found)
                solved.excursion[frames[inside]] = number
    return solved


def excursions(
    turned_deg: FloatArray,
    time_s: FloatArray,
    parameters: TrackParameters,
    followed: BoolArray | None = None,
) -> list[IntArray]:
    """Key frames of each excursion: from rest over the end range and back to rest.

    Parameters
    ----------
    turned_deg : ndarray, shape (N, 3)
    time_s : ndarray, shape (N,)
    parameters : TrackParameters
    followed : ndarray, shape (N,), bool, optional
        Frames in which points were followed: only they can be key frames.
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
        windows.append(_spaced(time_s, frames, parameters.spacing_s))
    return [w for w in windows if len(w) >= 5]


def between_key_frames(
    time_s: FloatArray, turned_deg: FloatArray, solved: Solved
) -> tuple[Rotation, FloatArray]:
    """The body in every frame: the reading, corrected as at the key frames around it.

    Returns
    -------
    Rotation of length N
        Against rest.
    ndarray, shape (N, 3)
        Standard deviations; NaN outside the excursions, where the reading stands as it is.
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


def _with_rest(window: IntArray, seen: BodyTracks, parameters: TrackParameters) -> IntArray:
    """Key frames of the body: of the excursion, and of the rest before and after it."""
    body = seen.body
    own: IntArray = np.unique(np.append(window[:: body.every], window[-1]))
    followed = np.isfinite(seen.tracks[:, :, 0]).any(axis=1)
    away_s = np.maximum(seen.time_s[window[0]] - seen.time_s, seen.time_s - seen.time_s[window[-1]])
    rest = np.flatnonzero(followed & (away_s > 0) & (away_s <= body.rest_s))
    before, after = rest[rest < window[0]], rest[rest > window[-1]]
    spacing_s = parameters.spacing_s * body.every
    spaced = [_spaced(seen.time_s, frames, spacing_s) for frames in (before, after)]
    return np.asarray(np.concatenate([spaced[0], own, spaced[1]]))


_MOST_KEY_FRAMES = 110


def _spaced(time_s: FloatArray, frames: IntArray, spacing_s: float) -> IntArray:
    """The first frame of each stretch of time."""
    if not len(frames):
        return frames
    since = time_s[frames] - time_s[frames[0]]
    slot = np.floor(since / max(spacing_s, since[-1] / _MOST_KEY_FRAMES) + 1e-6)
    return np.asarray(frames[np.diff(slot, prepend=-1) > 0])


# ---------------------------------------------------------------- one excursion


@dataclass(slots=True)
class _Problem:
    """Observations and what holds them; F key frames, M points, n observations, sorted by frame."""

    frame: IntArray
    point: IntArray
    seen: FloatArray
    prior: FloatArray
    prior_weight: FloatArray
    joint: FloatArray
    lever: FloatArray
    place_sd: FloatArray
    scale: FloatArray
    shape_sd: float
    body: Body

    def subset(self, kept: BoolArray, fewest: int) -> _Problem:
        """Fewer observations; points that are seen too rarely go altogether."""
        point = self.point[kept]
        often = np.bincount(point, minlength=int(self.point.max()) + 1)[self.point] >= fewest
        kept = kept & often
        _, point = np.unique(self.point[kept], return_inverse=True)
        return replace(
            self, frame=self.frame[kept], point=point, seen=self.seen[kept], scale=self.scale[kept]
        )


@dataclass(slots=True)
class _Solution:
    rotation: FloatArray
    place: FloatArray
    points: FloatArray


_ROUNDS = ((0.92, 6.0, 12), (0.92, 2.0, 6), (0.92, 2.0, 12))
"""Rim, robust limit (standard deviations) and steps at most; points that do not fit are left out in between."""
_FLEXION, _ROTATION = 0, 2
_BACK_DEG = -10.0
_COMMON_NOISE = 0.1
_WORST_NOISE = 3.0
"""Noise of a point's own, against the median: share that all have in common, and limit."""
_FEWEST_SIGHTINGS = 5
_FEWEST_OBSERVATIONS = 150


def _solve_window(
    window: IntArray, seen: BodyTracks, prior: Prior, parameters: TrackParameters
) -> tuple[FloatArray, FloatArray] | None:
    """Turn against rest and its standard deviation in each key frame; None where too few points were seen."""
    try:
        return _solved_window(window, seen, prior, parameters)
    except np.linalg.LinAlgError:  # the points determine nothing: the reading stands as it is
        return None


def _solved_window(
    window: IntArray, seen: BodyTracks, prior: Prior, parameters: TrackParameters
) -> tuple[FloatArray, FloatArray] | None:
    problem, rotation, place = _set_up(window, seen, prior, parameters)
    if problem is None:
        return None
    scale = 1.0 / (parameters.pixel_sd * seen.eye_distance)
    for rim, robust, rounds in _ROUNDS:
        on_body = _on_body(seen.body, rotation[problem.frame], place[problem.frame], problem.seen, rim)
        problem = problem.subset(on_body, _FEWEST_SIGHTINGS)
        if len(problem.frame) < _FEWEST_OBSERVATIONS:
            return None
        points = _first_points(problem, rotation, place)
        solution, information = _levenberg(problem, _Solution(rotation, place, points), robust, rounds)
        rotation, place = solution.rotation, solution.place
        problem = _weighed(problem, solution, scale)
        if len(problem.frame) < _FEWEST_OBSERVATIONS:
            return None
    covariance = np.linalg.inv(information)
    n = len(window)
    blocks = covariance.reshape(n, 6, n, 6)[np.arange(n), :3, np.arange(n), :3]
    to_angles = _rotvec_to_angles(prior.turned_deg[window], prior.neutral)
    variance = np.einsum("nij,njk,nik->ni", to_angles, blocks, to_angles)
    turned = np.einsum("ji,njk->nik", prior.neutral, rotation)
    return turned, np.degrees(np.sqrt(np.maximum(variance, 0.0)))


def _set_up(
    window: IntArray, seen: BodyTracks, prior: Prior, parameters: TrackParameters
) -> tuple[_Problem | None, FloatArray, FloatArray]:
    turned = rotation_from_cardan(prior.turned_deg[window]).as_matrix()
    rotation = prior.neutral @ turned
    depth = 1.0 / seen.eye_distance + seen.body.behind_eyes
    plane, furthest = _direction(prior.turned_deg[window])
    back = plane == _FLEXION and furthest < _BACK_DEG
    lever = seen.body.lever_back if back else seen.body.lever
    joint = np.array([*seen.origin * depth, depth]) - prior.neutral @ lever
    moved = np.nan_to_num(seen.joint_moved[window]) * depth
    joint = joint + np.column_stack([moved, np.zeros(len(moved))])
    place = joint + rotation @ lever
    tracks = seen.tracks[window]
    frame, row = np.nonzero(np.isfinite(tracks).all(axis=2))
    if not len(frame):
        return None, rotation, place
    _, point = np.unique(tracks[frame, row, 0], return_inverse=True)
    factor = np.array([parameters.prior_factor, parameters.prior_factor, parameters.turn_prior_factor])
    sd = np.radians(np.maximum(prior.sd_deg[window], parameters.prior_floor_deg) * factor)
    weight = _rotvec_to_angles(prior.turned_deg[window], prior.neutral) / sd[:, :, None]
    problem = _Problem(
        frame=frame,
        point=point,
        seen=tracks[frame, row, 1:],
        prior=rotation.copy(),
        prior_weight=weight,
        joint=joint,
        lever=lever,
        place_sd=seen.body.place_sd,
        scale=np.full(len(frame), 1.0 / (parameters.pixel_sd * seen.eye_distance)),
        shape_sd=parameters.shape_turn_sd if plane == _ROTATION else parameters.shape_sd,
        body=seen.body,
    )
    return problem, rotation, place


def _direction(turned_deg: FloatArray) -> tuple[int, float]:
    """Plane of an excursion, and its furthest angle in it."""
    furthest = turned_deg[np.argmax(np.abs(turned_deg).max(axis=1))]
    plane = int(np.argmax(np.abs(furthest)))
    return plane, float(furthest[plane])


def _rotvec_to_angles(turned_deg: FloatArray, neutral: FloatArray) -> FloatArray:
    """From a small rotation in the camera frame to small changes of the Cardan angles; (N, 3, 3), radians."""
    first = Rotation.from_euler("Z", -turned_deg[:, :1], degrees=True)
    second = first * Rotation.from_euler("X", turned_deg[:, 1:2], degrees=True)
    n = len(turned_deg)
    axes = np.stack(
        [
            np.tile([0.0, 0.0, -1.0], (n, 1)),
            first.apply([1.0, 0.0, 0.0]),
            second.apply([0.0, -1.0, 0.0]),
        ],
        axis=2,
    )
    return np.asarray(np.linalg.inv(neutral @ axes))


def _on_body(body: Body, rotation: FloatArray, place: FloatArray, seen: FloatArray, rim: float) -> BoolArray:
    """Whether each line of sight passes the ellipsoid's middle within this share of its radius, at a level in use."""
    start, along = _lines(body, rotation, place, seen)
    nearest = start - along * ((start * along).sum(axis=1) / (along * along).sum(axis=1))[:, None]
    level = _surface(body, start, along)[:, 1]
    in_range = (level > body.lowest) & (level < body.highest)
    return np.asarray(((nearest * nearest).sum(axis=1) < rim * rim) & in_range)


def _lines(
    body: Body, rotation: FloatArray, place: FloatArray, seen: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Lines of sight in the axes of the body, in which the ellipsoid is a unit sphere: start and direction."""
    sight = np.concatenate([seen, np.ones((len(seen), 1))], axis=1)
    along = np.einsum("nji,nj->ni", rotation, sight) / body.half_axes
    start = (np.einsum("nji,nj->ni", rotation, -place) - body.centre) / body.half_axes
    return start, along


def _surface(body: Body, start: FloatArray, along: FloatArray) -> FloatArray:
    """Where each line meets the ellipsoid first, or passes nearest to it; (n, 3)."""
    a, b, c = (along * along).sum(1), (along * start).sum(1), (start * start).sum(1) - 1
    reach = (-b - np.sqrt(np.maximum(b * b - a * c, 0.0))) / a
    return np.asarray((start + reach[:, None] * along) * body.half_axes + body.centre)


def _first_points(problem: _Problem, rotation: FloatArray, place: FloatArray) -> FloatArray:
    """Where each point's first line of sight meets the ellipsoid; (M, 3)."""
    _, first = np.unique(problem.point, return_index=True)
    f = problem.frame[first]
    return _surface(problem.body, *_lines(problem.body, rotation[f], place[f], problem.seen[first]))


def _weighed(problem: _Problem, solution: _Solution, scale: float) -> _Problem:
    """Without points whose residuals over the excursion are far above the others'; the rest weighed by theirs.

    A corner of the eye is followed better than a shade on the cheek, which stays with the light.
    """
    residual = _residuals(problem, solution)[2] / problem.scale[:, None]
    count = np.bincount(problem.point)
    square = np.bincount(problem.point, (residual * residual).sum(axis=1))
    relative = np.sqrt(square / np.maximum(count, 1))
    relative /= np.median(relative[count > 0])
    weight = 1.0 / np.sqrt(_COMMON_NOISE + (1.0 - _COMMON_NOISE) * relative**2)
    weighed = replace(problem, scale=scale * weight[problem.point])
    return weighed.subset(relative[problem.point] < _WORST_NOISE, _FEWEST_SIGHTINGS)


def _residuals(problem: _Problem, solution: _Solution) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points about the origin in camera axes, their places, and residuals in standard deviations."""
    about = np.einsum("nij,nj->ni", solution.rotation[problem.frame], solution.points[problem.point])
    at = about + solution.place[problem.frame]
    depth = np.maximum(at[:, 2], 0.2)
    return about, at, (at[:, :2] / depth[:, None] - problem.seen) * problem.scale[:, None]


def _held(problem: _Problem, solution: _Solution) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Residuals of what holds the solution: reading (F, 3), joint (F, 3), surface (M,); its slope (M, 3)."""
    away = Rotation.from_matrix(np.einsum("nij,nkj->nik", solution.rotation, problem.prior)).as_rotvec()
    reading = np.einsum("nij,nj->ni", problem.prior_weight, away)
    joint = (solution.place - problem.joint - solution.rotation @ problem.lever) / problem.place_sd
    scaled = (solution.points - problem.body.centre) / problem.body.half_axes
    radius = np.sqrt((scaled * scaled).sum(axis=1)) + 1e-9
    slope = scaled / problem.body.half_axes / radius[:, None] / problem.shape_sd
    return reading, joint, (radius - 1) / problem.shape_sd, slope


def _cost(problem: _Problem, solution: _Solution, robust: float) -> float:
    residual = _residuals(problem, solution)[2]
    square = (residual * residual).sum(axis=1)
    reading, joint, surface, _ = _held(problem, solution)
    seen = robust * robust * np.log1p(square / (robust * robust)).sum()
    limit = problem.body.prior_robust * problem.body.prior_robust
    read = limit * np.log1p((reading**2).sum(axis=1) / limit).sum()
    return float(seen + read + (joint**2).sum() + (surface**2).sum())


def _levenberg(
    problem: _Problem, solution: _Solution, robust: float, rounds: int
) -> tuple[_Solution, FloatArray]:
    """Levenberg-Marquardt with the points eliminated; also the information matrix of the key frames."""
    cost, damping = _cost(problem, solution, robust), 1e-3
    for _ in range(rounds):
        system = _System.of(problem, solution, robust)
        for _ in range(8):
            trial = system.step(solution, damping)
            new = _cost(problem, trial, robust)
            if new < cost:
                break
            damping *= 8
        else:
            break
        gain, solution, cost = (cost - new) / cost, trial, new
        damping = max(damping / 6, 1e-6)
        if gain < 1e-3:
            break
    return solution, _System.of(problem, solution, robust).reduced(0.0)[0]


@dataclass(slots=True)
class _System:
    """Normal equations: blocks of the frames (F, 6, 6), of the points (M, 3, 3), and between (M, 6F, 3)."""

    frames: FloatArray
    frames_side: FloatArray
    points: FloatArray
    points_side: FloatArray
    between: FloatArray

    @classmethod
    def of(cls, problem: _Problem, solution: _Solution, robust: float) -> _System:
        about, at, residual = _residuals(problem, solution)
        weight = np.sqrt(1.0 / (1.0 + (residual * residual).sum(axis=1) / (robust * robust)))
        depth = np.maximum(at[:, 2], 0.2)
        project = np.zeros((len(at), 2, 3))
        project[:, 0, 0] = project[:, 1, 1] = 1.0 / depth
        project[:, :, 2] = -at[:, :2] / (depth * depth)[:, None]
        project *= (problem.scale * weight)[:, None, None]
        side = np.asarray(-residual * weight[:, None], dtype=np.float64)
        by_frame: FloatArray = np.concatenate([-project @ _cross(about), project], axis=2)
        by_point: FloatArray = project @ solution.rotation[problem.frame]
        f, m = len(solution.rotation), len(solution.points)
        between = np.zeros((m, f, 6, 3))
        between[problem.point, problem.frame] = by_frame.transpose(0, 2, 1) @ by_point
        frames = _summed(problem.frame, by_frame.transpose(0, 2, 1) @ by_frame, f)
        frames_side = _summed(problem.frame, (by_frame * side[:, :, None]).sum(axis=1), f)
        points = _summed(problem.point, by_point.transpose(0, 2, 1) @ by_point, m)
        points_side = _summed(problem.point, (by_point * side[:, :, None]).sum(axis=1), m)
        reading, joint, surface, slope = _held(problem, solution)
        doubt = 1.0 / (1.0 + (reading * reading).sum(axis=1) / problem.body.prior_robust**2)
        read = problem.prior_weight * np.sqrt(doubt)[:, None, None]
        frames[:, :3, :3] += read.transpose(0, 2, 1) @ read
        frames_side[:, :3] -= np.einsum("nij,ni->nj", read, reading * np.sqrt(doubt)[:, None])
        turn = np.concatenate(
            [_cross(solution.rotation @ problem.lever), np.tile(np.eye(3), (f, 1, 1))], axis=2
        )
        turn /= problem.place_sd[:, None]
        frames += turn.transpose(0, 2, 1) @ turn
        frames_side -= np.einsum("nij,ni->nj", turn, joint)
        points += slope[:, :, None] * slope[:, None, :]
        points_side -= slope * surface[:, None]
        return cls(frames, frames_side, points, points_side, between.reshape(m, 6 * f, 3))

    def reduced(self, damping: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Matrix and right side of the frames with the points eliminated; the points' inverses."""
        trace = np.trace(self.points, axis1=1, axis2=2)[:, None, None] / 3
        inverse = np.linalg.inv(self.points + (damping * trace + 1e-6) * np.eye(3))
        m, size, _ = self.between.shape
        wide = self.between.transpose(1, 0, 2).reshape(size, 3 * m)
        tall = (self.between @ inverse).transpose(1, 0, 2).reshape(size, 3 * m)
        matrix = -(tall @ wide.T)
        f = len(self.frames)
        blocks = matrix.reshape(f, 6, f, 6)
        every = np.arange(f)
        blocks[every, :, every, :] += self.frames
        diagonal = np.arange(size)
        matrix[diagonal, diagonal] *= 1.0 + damping
        return matrix, self.frames_side.ravel() - tall @ self.points_side.ravel(), inverse

    def step(self, solution: _Solution, damping: float) -> _Solution:
        matrix, side, inverse = self.reduced(damping)
        change = cho_solve(cho_factor(matrix, check_finite=False), side, check_finite=False)
        left = self.points_side - np.einsum("mij,i->mj", self.between, change)
        by_frame = change.reshape(-1, 6)
        turn = Rotation.from_rotvec(by_frame[:, :3]).as_matrix()
        return _Solution(
            turn @ solution.rotation,
            solution.place + by_frame[:, 3:],
            solution.points + np.einsum("mij,mj->mi", inverse, left),
        )


def _summed(group: IntArray, values: FloatArray, groups: int) -> FloatArray:
    """Sum of the values of each group, first axis."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(groups))
    flat = values.reshape(len(values), -1)[order]
    padded = np.concatenate([flat, np.zeros((1, flat.shape[1]))])
    sums = np.add.reduceat(padded, starts, axis=0)
    sums[np.bincount(group, minlength=groups) == 0] = 0.0
    return np.asarray(sums.reshape(groups, *values.shape[1:]))


def _cross(vectors: FloatArray) -> FloatArray:
    """Matrices of the cross product, shape (N, 3, 3)."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    rows = [zero, -z, y, z, zero, -x, -y, x, zero]
    return np.asarray(np.stack(rows, axis=1).reshape(-1, 3, 3))


def pack_tracks(parameters: TrackParameters) -> dict[str, NDArray[np.generic]]:
    """Arrays for an ``.npz``."""
    return {
        f"tracks.{f.name}": np.float64(getattr(parameters, f.name)).reshape(()) for f in fields(parameters)
    }


def unpack_tracks(arrays: dict[str, NDArray[np.generic]]) -> TrackParameters:
    """Inverse of :func:`pack_tracks`."""
    return TrackParameters(**{f.name: float(arrays[f"tracks.{f.name}"]) for f in fields(TrackParameters)})
