"""How far head and thorax turned, from points followed over them.

Past about 50 deg the face mesh compresses and is lost, and the pose points depend on the person. What
does not depend on the person is geometry: points that stay fixed on a rigid body, seen while it turns,
fix their own places on it and the turn. Each excursion of the head is solved as a whole, out and back
(:mod:`neckrom.kinematics.front.bundle_adjustment`), with these unknowns: rotation and place of the body
in each key frame, and the place of each point on it. It is held by the reading of
:mod:`neckrom.kinematics.front.fusion` with its standard deviation (tight near neutral, loose at end
range), by a body that is roughly an ellipsoid, and by a joint about which it roughly turns. Points that do
not move as the body does, on the background, the neck or the rim, are found by their residuals and left
out; the others are weighed by their own noise.

Lengths are in units of the distance between the outer corners of the eyes. Standard deviations come from
the solution's own covariance; the table of measured residuals corrects them afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial.transform import Rotation
from threadpoolctl import threadpool_limits

from neckrom.kinematics.ellipsoid import Lines
from neckrom.kinematics.front.bodies import Body, BodyTracks
from neckrom.kinematics.front.bundle_adjustment import Problem, Solution, levenberg, residuals
from neckrom.kinematics.front.excursions import Solved, with_rest
from neckrom.kinematics.front.parameters import LIMITS, TrackParameters
from neckrom.kinematics.neck_angles import rotation_from_cardan
from neckrom.types import BoolArray, FloatArray, IntArray

_FLEXION, _ROTATION = 0, 2
"""Columns of the Cardan angles."""


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
        One standard deviation of each, before it is widened by ``prior_factor`` and its like.
    """

    neutral: FloatArray
    turned_deg: FloatArray
    sd_deg: FloatArray


def solve(
    seen: BodyTracks,
    prior: Prior,
    windows: Sequence[IntArray],
    parameters: TrackParameters,
    *,
    at_once: int = 2,
) -> Solved:
    """Solve every excursion of a recording.

    Parameters
    ----------
    seen : BodyTracks
    prior : Prior
    windows : sequence of ndarray
        Key frames of each excursion, from :func:`neckrom.kinematics.front.excursions.excursions`.
    parameters : TrackParameters
    at_once : int
        Excursions that are solved side by side; each stands alone, so the numbers do not depend on it.

    Returns
    -------
    Solved, N frames
        NaN outside the key frames, and in excursions in which too few points were seen.
    """
    n = len(seen.time_s)
    solved = Solved(np.full((n, 3, 3), np.nan), np.full((n, 3), np.nan), np.full(n, -1))
    framed = [with_rest(window, seen, parameters) for window in windows]
    # BLAS with one thread: the matrices are small, and its threads would wait for each other on a busy machine;
    # excursions stand alone and spend their time in NumPy, which lets go of Python's lock
    with threadpool_limits(1), ThreadPoolExecutor(at_once, thread_name_prefix="excursion") as pool:
        found_in = pool.map(lambda frames: _solve_window(frames, seen, prior, parameters), framed)
        for number, (window, frames, found) in enumerate(zip(windows, framed, found_in, strict=True)):
            if found is not None:
                inside = (frames >= window[0]) & (frames <= window[-1])
                solved.turned[frames[inside]], solved.sd_deg[frames[inside]] = (v[inside] for v in found)
                solved.excursion[frames[inside]] = number
    return solved


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
    for robust, steps in LIMITS.rounds:
        on_body = _on_body(problem, rotation, place)
        problem = problem.subset(on_body, LIMITS.fewest_sightings)
        if len(problem.frame) < LIMITS.fewest_observations:
            return None
        points = _first_points(problem, rotation, place)
        solution, information = levenberg(problem, Solution(rotation, place, points), robust, steps)
        rotation, place = solution.rotation, solution.place
        problem = _weighed(problem, solution, scale)
        if len(problem.frame) < LIMITS.fewest_observations:
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
) -> tuple[Problem | None, FloatArray, FloatArray]:
    turned = rotation_from_cardan(prior.turned_deg[window]).as_matrix()
    rotation = prior.neutral @ turned
    # the eyes, one unit apart, are seen eye_distance apart on the plane at depth 1: they are so many units away
    depth = 1.0 / seen.eye_distance + seen.body.behind_eyes
    plane, furthest = _direction(prior.turned_deg[window])
    back = plane == _FLEXION and furthest < LIMITS.back_deg
    lever = seen.body.lever_back if back else seen.body.lever
    joint = np.array([*seen.origin * depth, depth]) - prior.neutral @ lever
    moved = np.nan_to_num(seen.joint_moved[window]) * depth
    joint = joint + np.column_stack([moved, np.zeros(len(moved))])
    place = joint + rotation @ lever
    tracks = seen.on_plane(window)
    frame, row = np.nonzero(np.isfinite(tracks).all(axis=2))
    if not len(frame):
        return None, rotation, place
    _, point = np.unique(tracks[frame, row, 0], return_inverse=True)
    factor = np.array([parameters.prior_factor, parameters.prior_factor, parameters.turn_prior_factor])
    sd = np.radians(np.maximum(prior.sd_deg[window], parameters.prior_floor_deg) * factor)
    weight = _rotvec_to_angles(prior.turned_deg[window], prior.neutral) / sd[:, :, None]
    problem = Problem(
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


def _on_body(problem: Problem, rotation: FloatArray, place: FloatArray) -> BoolArray:
    """Whether each line of sight passes the ellipsoid's middle within the rim, at a level in use; (n,)."""
    body = problem.body
    lines = _lines_of_sight(body, rotation[problem.frame], place[problem.frame], problem.seen)
    level = body.shape.surface(lines)[:, 1]
    in_range = (level > body.lowest) & (level < body.highest)
    return np.asarray((lines.nearest_square() < LIMITS.rim**2) & in_range)


def _lines_of_sight(body: Body, rotation: FloatArray, place: FloatArray, seen: FloatArray) -> Lines:
    sight = np.concatenate([seen, np.ones((len(seen), 1))], axis=1)
    return body.shape.lines(
        np.einsum("nji,nj->ni", rotation, -place), np.einsum("nji,nj->ni", rotation, sight)
    )


def _first_points(problem: Problem, rotation: FloatArray, place: FloatArray) -> FloatArray:
    """Where each point's first line of sight meets the ellipsoid; (M, 3)."""
    _, first = np.unique(problem.point, return_index=True)
    f = problem.frame[first]
    lines = _lines_of_sight(problem.body, rotation[f], place[f], problem.seen[first])
    return problem.body.shape.surface(lines)


def _weighed(problem: Problem, solution: Solution, scale: float) -> Problem:
    """Without points whose residuals over the excursion are far above the others'; the rest weighed by theirs.

    A corner of the eye is followed better than a shade on the cheek, which stays with the light.
    """
    residual = residuals(problem, solution)[2] / problem.scale[:, None]
    count = np.bincount(problem.point)
    square = np.bincount(problem.point, (residual * residual).sum(axis=1))
    relative = np.sqrt(square / np.maximum(count, 1))
    relative /= np.median(relative[count > 0])
    weight = 1.0 / np.sqrt(LIMITS.common_noise + (1.0 - LIMITS.common_noise) * relative**2)
    weighed = replace(problem, scale=scale * weight[problem.point])
    return weighed.subset(relative[problem.point] < LIMITS.worst_noise, LIMITS.fewest_sightings)
