"""One rigid body seen in several frames: its pose in each, and where the points followed over it lie on it.

Least squares over lines of sight (bundle adjustment; Triggs et al., "Bundle Adjustment - A Modern
Synthesis", 2000), robust by Cauchy's weights, with the points eliminated (Schur complement) and
Levenberg-Marquardt steps. The cost is written out in ``docs/method.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.bodies import Body
from neckrom.types import BoolArray, FloatArray, IntArray

_NEAREST = 0.2
"""No point is taken nearer to the camera than this, in distances between the eyes."""
_START_DAMPING, _LEAST_DAMPING = 1e-3, 1e-6
"""What is added to the diagonal of the normal equations, as a share of it: in the first step, and at least."""
_MORE_DAMPING, _LESS_DAMPING = 8.0, 6.0
"""Factor on it where a step makes it worse; divisor where one makes it better."""
_TRIES = 8
"""Steps that do not make it better are damped more, so many times."""
_SETTLED = 1e-3
"""It ends where a step takes less than this share off the cost."""


@dataclass(slots=True)
class Problem:
    """Observations and what holds them; F key frames, M points, n observations, sorted by frame.

    Lengths are in distances between the outer corners of the eyes, on the plane at depth 1 in its own unit.

    Attributes
    ----------
    frame, point : ndarray, shape (n,), int
        Key frame and point of each observation, both from 0.
    seen : ndarray, shape (n, 2)
        Where the point was seen, right and down on the plane at depth 1.
    prior : ndarray, shape (F, 3, 3)
        The body as it was read, body axes to camera.
    prior_weight : ndarray, shape (F, 3, 3)
        From a small rotation in the camera frame (radians) to changes of the Cardan angles in standard deviations.
    joint : ndarray, shape (F, 3)
        Where the joint is, camera axes.
    lever : ndarray, shape (3,)
        From the joint to the body's origin, body axes.
    place_sd : ndarray, shape (3,)
        Of the origin from where the joint puts it; camera axes.
    scale : ndarray, shape (n,)
        One over the standard deviation of an observation, on the plane at depth 1.
    shape_sd : float
        Of the surface from the ellipsoid, as a share of its radius.
    body : Body
    """

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

    def subset(self, kept: BoolArray, fewest: int) -> Problem:
        """Fewer observations; points that are seen too rarely go altogether.

        Parameters
        ----------
        kept : ndarray, shape (n,), bool
        fewest : int
            Observations that a point must keep.

        Returns
        -------
        Problem
            The same key frames; points are numbered anew from 0.
        """
        point = self.point[kept]
        often = np.bincount(point, minlength=int(self.point.max()) + 1)[self.point] >= fewest
        kept = kept & often
        _, point = np.unique(self.point[kept], return_inverse=True)
        return replace(
            self, frame=self.frame[kept], point=point, seen=self.seen[kept], scale=self.scale[kept]
        )


@dataclass(slots=True)
class Solution:
    """Where the body is in each key frame, and the points on it.

    Attributes
    ----------
    rotation : ndarray, shape (F, 3, 3)
        Body axes to camera.
    place : ndarray, shape (F, 3)
        The body's origin in camera axes, eye distances.
    points : ndarray, shape (M, 3)
        In body axes about its origin, eye distances.
    """

    rotation: FloatArray
    place: FloatArray
    points: FloatArray


def residuals(problem: Problem, solution: Solution) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How far observations are from where the solution shows them.

    Parameters
    ----------
    problem : Problem
    solution : Solution

    Returns
    -------
    about : ndarray, shape (n, 3)
        Point of each observation about the body's origin, camera axes, eye distances.
    at : ndarray, shape (n, 3)
        The same from the camera on.
    residual : ndarray, shape (n, 2)
        Shown less seen, right and down, in standard deviations.
    """
    about = np.einsum("nij,nj->ni", solution.rotation[problem.frame], solution.points[problem.point])
    at = about + solution.place[problem.frame]
    depth = np.maximum(at[:, 2], _NEAREST)
    return about, at, (at[:, :2] / depth[:, None] - problem.seen) * problem.scale[:, None]


def _held(problem: Problem, solution: Solution) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Residuals of what holds the solution: reading (F, 3), joint (F, 3), surface (M,); its slope (M, 3)."""
    away = Rotation.from_matrix(np.einsum("nij,nkj->nik", solution.rotation, problem.prior)).as_rotvec()
    reading = np.einsum("nij,nj->ni", problem.prior_weight, away)
    joint = (solution.place - problem.joint - solution.rotation @ problem.lever) / problem.place_sd
    ellipsoid = problem.body.shape
    scaled = (solution.points - ellipsoid.centre) / ellipsoid.half_axes
    radius = np.sqrt((scaled * scaled).sum(axis=1)) + 1e-9  # a point in the middle has no direction
    slope = scaled / ellipsoid.half_axes / radius[:, None] / problem.shape_sd
    return reading, joint, (radius - 1) / problem.shape_sd, slope


def _cost(problem: Problem, solution: Solution, robust: float) -> float:
    residual = residuals(problem, solution)[2]
    square = (residual * residual).sum(axis=1)
    reading, joint, surface, _ = _held(problem, solution)
    seen = robust * robust * np.log1p(square / (robust * robust)).sum()
    limit = problem.body.prior_robust * problem.body.prior_robust
    read = limit * np.log1p((reading**2).sum(axis=1) / limit).sum()
    return float(seen + read + (joint**2).sum() + (surface**2).sum())


def levenberg(
    problem: Problem, solution: Solution, robust: float, rounds: int
) -> tuple[Solution, FloatArray]:
    """Levenberg-Marquardt with the points eliminated; also the information matrix of the key frames.

    Parameters
    ----------
    problem : Problem
    solution : Solution
        Where to start.
    robust : float
        Limit of Cauchy's weights, in standard deviations.
    rounds : int
        Steps at most; it ends earlier where a step takes off less than a thousandth of the cost.

    Returns
    -------
    Solution
    ndarray, shape (6F, 6F)
        Inverse covariance of the key frames there, the points eliminated: for each frame a small rotation in camera
        axes (radians), then a shift (eye distances).

    Raises
    ------
    numpy.linalg.LinAlgError
        If the observations determine nothing.
    """
    cost, damping = _cost(problem, solution, robust), _START_DAMPING
    for _ in range(rounds):
        system = _System.of(problem, solution, robust)
        for _ in range(_TRIES):
            trial = system.step(solution, damping)
            new = _cost(problem, trial, robust)
            if new < cost:
                break
            damping *= _MORE_DAMPING
        else:
            break
        gain, solution, cost = (cost - new) / cost, trial, new
        damping = max(damping / _LESS_DAMPING, _LEAST_DAMPING)
        if gain < _SETTLED:
            break
    return solution, _System.of(problem, solution, robust).reduced(0.0)[0]


@dataclass(slots=True)
class _System:
    """Normal equations: blocks of the frames (F, 6, 6), of the points (M, 3, 3), and between (6F, 3, M)."""

    frames: FloatArray
    frames_side: FloatArray
    points: FloatArray
    points_side: FloatArray
    between: FloatArray

    @classmethod
    def of(cls, problem: Problem, solution: Solution, robust: float) -> _System:
        about, at, residual = residuals(problem, solution)
        # Cauchy's weight, its root on residuals and slopes alike
        weight = np.sqrt(1.0 / (1.0 + (residual * residual).sum(axis=1) / (robust * robust)))
        depth = np.maximum(at[:, 2], _NEAREST)
        project = np.zeros((len(at), 2, 3))
        project[:, 0, 0] = project[:, 1, 1] = 1.0 / depth
        project[:, :, 2] = -at[:, :2] / (depth * depth)[:, None]
        project *= (problem.scale * weight)[:, None, None]
        side = np.asarray(-residual * weight[:, None], dtype=np.float64)
        by_frame: FloatArray = np.concatenate([-project @ _cross(about), project], axis=2)
        by_point: FloatArray = project @ solution.rotation[problem.frame]
        f, m = len(solution.rotation), len(solution.points)
        between = np.zeros((f, 6, 3, m))
        between[problem.frame, :, :, problem.point] = by_frame.transpose(0, 2, 1) @ by_point
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
        return cls(frames, frames_side, points, points_side, between.reshape(6 * f, 3, m))

    def reduced(self, damping: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Matrix and right side of the frames with the points eliminated; the points' inverses."""
        trace = np.trace(self.points, axis1=1, axis2=2)[:, None, None] / 3
        # 1e-6 lets a block be inverted whatever its point was seen from
        inverse = np.linalg.inv(self.points + (damping * trace + 1e-6) * np.eye(3))
        size = len(self.between)
        root = np.linalg.cholesky(inverse)
        # a matrix times its own transpose takes half the work of any other product
        half = np.empty_like(self.between)
        for j in range(3):
            np.multiply(self.between[:, j], root[:, j, j], out=half[:, j])
            for i in range(j + 1, 3):  # the root is a lower triangle
                half[:, j] += self.between[:, i] * root[:, i, j]
        half = half.reshape(size, -1)
        matrix = -(half @ half.T)
        f = len(self.frames)
        blocks = matrix.reshape(f, 6, f, 6)
        every = np.arange(f)
        blocks[every, :, every, :] += self.frames
        diagonal = np.arange(size)
        matrix[diagonal, diagonal] *= 1.0 + damping
        through = (inverse @ self.points_side[:, :, None])[..., 0].T.ravel()
        return matrix, self.frames_side.ravel() - self.between.reshape(size, -1) @ through, inverse

    def step(self, solution: Solution, damping: float) -> Solution:
        matrix, side, inverse = self.reduced(damping)
        change = cho_solve(cho_factor(matrix, check_finite=False), side, check_finite=False)
        left = self.points_side - (change @ self.between.reshape(len(change), -1)).reshape(3, -1).T
        by_frame = change.reshape(-1, 6)
        turn = Rotation.from_rotvec(by_frame[:, :3]).as_matrix()
        return Solution(
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
