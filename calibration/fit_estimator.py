"""Fit the numbers of the estimator from the landmark table, in one command.

    python calibration/fit_estimator.py                 # writes calibration/estimator.npz
    python calibration/fit_estimator.py --quick         # a rough fit, to try the script

Needs jax (``pip install jax``), which the tool itself does not. Reads
``calibration/landmarks_fit.npz`` (networks, fusion, their standard deviations) and
``calibration/landmarks_tracks.npz`` (angles solved from followed points; other people). People are
split by person, so that every standard deviation comes from people that the networks in question
never saw.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from fit_tracks import TABLES, fit_tracks
from scipy.spatial.transform import Rotation

from neckrom.kinematics.front.calibration import Calibration, factors_at, load_calibration, save_calibration
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.front.features import Lens, Points, at_rest, blocks_of
from neckrom.kinematics.front.flow import Motion, MotionModel, rigid_movement, turn_design
from neckrom.kinematics.front.networks import MIRROR_SIGNS, Networks, Projection, View
from neckrom.kinematics.front.parameters import FusionParameters, TrackParameters
from neckrom.kinematics.front.truth_table import TruthClip, read_table
from neckrom.kinematics.neck_angles import cardan_of, rotation_from_cardan
from neckrom.kinematics.rotations import BODY_FACING_CAMERA

HERE = Path(__file__).parent
VERSION = "4"
FOLDS = 4
SIZES = {"face": 24, "face0": 10, "pose": 22, "pose0": 8, "world": 16, "world0": 6}
SCALE_DEG = 20.0
FUSION = FusionParameters()
SD_NODES_DEG = np.array([0.0, 20.0, 40.0, 55.0, 70.0, 90.0])


class Sample:
    """One clip as seen with one focal length: the person's view and the mirrored person's."""

    def __init__(self, clip: TruthClip, *, known: bool, rng: np.random.Generator) -> None:
        camera = clip.camera(known=known)
        focal = camera.fx * float(np.exp(rng.normal(0, 0.015))) if known else camera.fx
        lens = Lens(focal, camera.cx, camera.cy)
        points = Points(clip.face, clip.pose, clip.world)
        views = []
        for side in (points, points.mirrored(camera.cx)):
            used = clip.at_rest & side.face_found & side.pose_found
            rest = at_rest(Points(side.face[used], side.pose[used], side.world[used]), lens)
            views.append(View(blocks_of(side, rest), rest, known))
        self.views = (views[0], views[1])
        self.clip, self.known, self.lens = clip, known, lens
        self.truth = np.hstack([clip.neck_deg, clip.trunk_deg])

    @property
    def posture(self) -> np.ndarray:
        """Rotation vector (degrees) of the resting thorax against one that faces the virtual camera."""
        facing = Rotation.from_matrix(self.views[0].rest.aim.T @ BODY_FACING_CAMERA)
        return (facing.inv() * Rotation.from_quat(self.clip.rest_thorax)).as_rotvec(degrees=True)


# ------------------------------------------------------------------ projections


def principal(block: np.ndarray, size: int | None) -> Projection:
    """Principal directions of a block, weak ones kept weak; without a size only centred and scaled."""
    block = block[np.isfinite(block).all(axis=1)]
    mean = block.mean(axis=0)
    centred = block - mean
    if size is None:
        return Projection(mean, np.diag(1 / (centred.std(axis=0) + 1e-6)))
    values, vectors = np.linalg.eigh(centred.T @ centred / len(block))
    size = min(size, len(block) - 1)
    scale = np.sqrt(np.maximum(values[::-1][:size], 0))
    return Projection(mean, vectors[:, ::-1][:, :size] / np.maximum(scale, 0.12 * scale[0]))


def projections(samples: list[Sample]) -> tuple[dict[str, Projection], np.ndarray]:
    """Projection of every block, and mean and scale of the log of the eye distance."""
    views = [view for sample in samples for view in sample.views]
    out = {}
    for name in ("face", "pose", "world"):
        moving = np.concatenate([getattr(v.blocks, name) - getattr(v.rest, name) for v in views])
        out[name] = principal(moving, SIZES[name])
        out[f"{name}0"] = principal(np.stack([getattr(v.rest, name) for v in views]), SIZES[f"{name}0"])
    for name in ("place", "rigid"):
        out[name] = principal(np.concatenate([getattr(v.blocks, name) for v in views]), None)
    distance = np.log([v.rest.eye_distance for v in views])
    return out, np.array([distance.mean(), distance.std()])


# ------------------------------------------------------------------ networks


def training_rows(networks: Networks, branch: str, samples: list[Sample]) -> tuple[np.ndarray, ...]:
    """Features and targets (what is left after the starting point, in units of 20 deg)."""
    features, targets = [], []
    for sample in samples:
        for view, signs in zip(sample.views, (np.ones(6), MIRROR_SIGNS), strict=True):
            rows = view.seen(branch) & learnt(sample.clip)
            features.append(view.features(networks, branch, rows))
            targets.append(sample.truth[rows] * signs - view.starting_point(branch, rows))
    return np.concatenate(features).astype(np.float32), (np.concatenate(targets) / SCALE_DEG).astype(
        np.float32
    )


def learnt(clip: TruthClip) -> np.ndarray:
    """Frames to learn from: all of a short quick path, every third of a protocol, which moves slowly."""
    if (clip.phase == "hold").any():
        return np.arange(len(clip)) % 3 == 0
    return np.ones(len(clip), dtype=bool)


def forward(layers, x):
    """One network, as at run time."""
    for weights, offset in layers[:-1]:
        x = jax.nn.silu(x @ weights + offset)
    weights, offset = layers[-1]
    return x @ weights + offset


FREEDOM = np.array([4.0, 4.0, 4.0, 60.0, 60.0, 60.0])
"""Degrees of freedom of Student's t: heavy tails for the neck, where trackers fail; not for the trunk,
which rests in most frames and whose movement must not count as an outlier."""


def loss(layers, x, y, weight):
    """Negative log likelihood of Student's t with predicted scale; ``weight`` is that of the trunk."""
    out = forward(layers, x)
    log_sd = jnp.clip(out[:, 6:], -4.5, 1.5)
    z2 = ((y - out[:, :6]) / jnp.exp(log_sd)) ** 2
    each = log_sd + 0.5 * (FREEDOM + 1) * jnp.log1p(z2 / FREEDOM)
    return (each[:, :3].sum(axis=1) + weight * each[:, 3:].sum(axis=1)).mean() / 6


@jax.jit
def train_step(state, x, y, weight, t, rate, key, noise, decay):  # noqa: PLR0917
    """One step of Adam with decoupled weight decay."""
    layers, m, v = state
    x = x + noise * jax.random.normal(key, x.shape)
    gradient = jax.grad(loss)(layers, x, y, weight)
    m = jax.tree.map(lambda a, g: 0.9 * a + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda a, g: 0.999 * a + 0.001 * g * g, v, gradient)

    def move(p, a, b):
        return p * (1 - rate * decay) - rate * (a / (1 - 0.9**t)) / (jnp.sqrt(b / (1 - 0.999**t)) + 1e-8)

    return jax.tree.map(move, layers, m, v), m, v


def train(x, y, seed, epochs, *, hidden=(160, 96), noise=0.1, decay=1e-3, rate=2e-3, batch=512):
    """Train one network; weights as they will be stored."""
    rng, key = np.random.default_rng(seed), jax.random.PRNGKey(seed)
    sizes = (x.shape[1], *hidden, 12)
    layers = []
    for a, b in pairwise(sizes):
        key, sub = jax.random.split(key)
        layers.append((jax.random.normal(sub, (a, b)) * np.sqrt(1.6 / a), jnp.zeros(b)))
    layers[-1] = (layers[-1][0] * 0.2, layers[-1][1])
    zeros = jax.tree.map(jnp.zeros_like, layers)
    state, t = (layers, zeros, zeros), 0
    total = epochs * (len(x) // batch)
    weight = np.where(np.abs(y[:, 3:]).max(axis=1) * SCALE_DEG > 6.0, 6.0, 1.0).astype(np.float32)
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for i in range(0, len(x) - batch + 1, batch):
            t += 1
            key, sub = jax.random.split(key)
            now = rate * 0.5 * (1 + np.cos(np.pi * t / (total + 1)))
            rows = order[i : i + batch]
            state = train_step(state, x[rows], y[rows], weight[rows], float(t), now, sub, noise, decay)
    half = [(np.asarray(w, dtype=np.float16), np.asarray(b)) for w, b in state[0]]
    return [(w.astype(np.float64), b.astype(np.float64)) for w, b in half]


def fit_networks(samples: list[Sample], epochs: int, seeds: range) -> Networks:
    """Projections, both branches and the resting posture."""
    found, distance = projections(samples)
    networks = Networks(found, distance, {}, (np.zeros((1, 3)), np.zeros(3)))
    for branch in ("face", "pose"):
        x, y = training_rows(networks, branch, samples)
        networks.branches[branch] = [train(x, y, seed, epochs) for seed in seeds]
    return replace(networks, posture=fit_posture(networks, samples))


def fit_posture(networks: Networks, samples: list[Sample]) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression of the resting thorax; the mirrored person gives a second row."""
    rows, targets = [], []
    use = networks.projections
    for sample in samples:
        for view, signs in zip(sample.views, ([1, 1, 1], [-1, -1, 1]), strict=True):
            blocks = (("face0", view.rest.face), ("pose0", view.rest.pose), ("world0", view.rest.world))
            rows.append(np.hstack([use[name](block[None])[0] for name, block in blocks]))
            targets.append(sample.posture * signs)
    x, y = np.array(rows), np.array(targets)
    offset = y.mean(axis=0)
    weights = np.linalg.solve(x.T @ x + 0.1 * len(x) * np.eye(x.shape[1]), x.T @ (y - offset))
    return weights, offset


# ------------------------------------------------------------------ flow


def motion_rows(sample: Sample, rng: np.random.Generator, mirror: bool) -> tuple[np.ndarray, np.ndarray]:
    """Design and true turn (body axes, radians) of every frame with flow; the pose known to within 4 deg."""
    clip, rest = sample.clip, sample.views[int(mirror)].rest
    motion = clip.flow()
    signs = np.array([1.0, -1.0, -1.0]) if mirror else np.ones(3)
    thorax = Rotation.from_quat(clip.rest_thorax).as_matrix()
    if mirror:
        motion = motion.mirrored(sample.lens.cx)
        thorax = np.diag([-1.0, 1, 1]) @ thorax @ np.diag([1.0, 1, -1])
    turned = rotation_from_cardan(clip.trunk_deg * signs) * rotation_from_cardan(clip.neck_deg * signs)
    known = np.flatnonzero(np.isfinite(clip.motion_box[1:, 0])) + 1
    if len(known) == 0:
        return np.zeros((0, 60)), np.zeros((0, 3))
    guess = turned[known - 1] * Rotation.from_rotvec(rng.normal(0, 4.0, (len(known), 3)), degrees=True)
    part = Motion(motion.displacement[known], motion.box[known], motion.ears[known])
    head = (Rotation.from_matrix(thorax) * guess).as_matrix()
    movement = rigid_movement(part, head, rest.eye_distance * rest.lens.focal)
    design = turn_design(movement, cardan_of(guess), rest.eye_distance)
    turn = (turned[known - 1].inv() * turned[known]).as_rotvec()
    ok = np.isfinite(design).all(axis=1) & (np.linalg.norm(turn, axis=1) < np.radians(18))
    return design[ok], turn[ok]


def mirror_mask() -> np.ndarray:
    """1 where a weight treats the mirrored person alike, 0 where only noise can have put it; (60, 3)."""
    movement = np.array([-1, -1, 1, -1, 1, 1])
    polynomial = np.array([1, 1, 1, 1, -1, 1, -1, 1, 1, -1])
    sign = (movement[:, None] * polynomial).ravel()
    return (sign[:, None] == np.array([-1, -1, 1])).astype(np.float64)


def fit_motion(samples: list[Sample], rng: np.random.Generator) -> MotionModel:
    """Correction of the rigid movement; small turns count as much as large ones."""
    rows = [motion_rows(sample, rng, mirror) for sample in samples for mirror in (False, True)]
    x, y = np.concatenate([r[0] for r in rows]), np.concatenate([r[1] for r in rows])
    if len(x) == 0:
        return MotionModel(np.zeros((60, 3)))
    weight = 1 / np.maximum(np.linalg.norm(y, axis=1), 0.02)
    squared = (x * weight[:, None]).T @ x
    ridge = 3e-4 * np.trace(squared) / len(squared) * np.eye(len(squared))
    return MotionModel(np.linalg.solve(squared + ridge, (x * weight[:, None]).T @ y) * mirror_mask())


# ------------------------------------------------------------------ standard deviations


@dataclass(frozen=True)
class Residual:
    """One clip of a person left out: fused angles and standard deviations, truth, and the trials of a protocol.

    ``holds`` lists (axis, frames of the end-range hold); empty for clips without a protocol.
    """

    angles: np.ndarray
    sd: np.ndarray
    truth: np.ndarray
    holds: list[tuple[int, np.ndarray]]


def holds_of(clip: TruthClip) -> list[tuple[int, np.ndarray]]:
    """Axis of the largest excursion and frames of each end-range hold."""
    holds = []
    for trial in np.unique(clip.trial[clip.trial >= 0]):
        frames = np.flatnonzero((clip.trial == trial) & (clip.phase == "hold"))
        if len(frames):
            usual = np.abs(clip.neck_deg[frames]).mean(axis=0) / [50.0, 45.0, 80.0]
            holds.append((int(np.argmax(usual)), frames))
    return holds


def at_holds(residuals: list[Residual], axis: int, sign: int) -> np.ndarray:
    """Fused angle, its standard deviation and truth at each hold of a direction, positive outwards; (M, 3).

    For lateral flexion and rotation left and right are one and the same: both are used.
    """
    rows = []
    for residual in residuals:
        for hold_axis, frames in residual.holds:
            truth = float(np.median(residual.truth[frames, axis]))
            if hold_axis == axis and (axis > 0 or np.sign(truth) == sign):
                side = np.sign(truth)
                fused = float(np.median(residual.angles[frames, axis]))
                rows.append((side * fused, float(np.median(residual.sd[frames, axis])), side * truth))
    return np.array(rows).reshape(-1, 3)


STRETCH_BINS_DEG = np.array([12.0, 28.0, 42.0, 58.0, 75.0, 100.0])


def stretch_table(residuals: list[Residual]) -> np.ndarray:
    """Factor on the fused angle that takes off its lean towards small angles, measured on people left out.

    At each size of the truth the median of fused / truth is taken (a few people who are lost do not
    move it) and the relation inverted. The factor stays within 0.9 and 1.3.
    """
    table = np.ones((6, len(SD_NODES_DEG)))
    for axis in range(3):
        for side, sign in enumerate((1, -1)):
            holds = at_holds(residuals, axis, sign)
            known, read = [0.0], [0.0]
            for low, high in pairwise(STRETCH_BINS_DEG):
                rows = holds[(holds[:, 2] >= low) & (holds[:, 2] < high)]
                if len(rows) >= 8:
                    middle = float(np.median(rows[:, 2]))
                    known.append(middle)
                    read.append(max(middle * float(np.median(rows[:, 0] / rows[:, 2])), read[-1] + 1.0))
            if len(known) > 1:
                share = np.array(known[1:]) / np.array(read[1:])
                table[2 * axis + side] = np.clip(np.interp(SD_NODES_DEG, read[1:], share), 0.9, 1.3)
    return table


def stretched(residual: Residual, table: np.ndarray) -> Residual:
    """The same clip with its angles stretched, as the estimator will do it."""
    factor = factors_at(SD_NODES_DEG, table, residual.angles)
    return replace(residual, angles=residual.angles * factor, sd=residual.sd * factor)


def hold_factors(residuals: list[Residual]) -> np.ndarray:
    """Factor on the predicted standard deviation so that 95 % of the end ranges of people left out are covered."""
    factor = np.ones((6, len(SD_NODES_DEG)))
    for axis in range(3):
        for side, sign in enumerate((1, -1)):
            holds = at_holds(residuals, axis, sign)
            z = np.abs(holds[:, 0] - holds[:, 2]) / holds[:, 1]
            size = np.maximum(holds[:, 0], 0.0)
            for node, centre in enumerate(SD_NODES_DEG):
                near = np.argsort(np.abs(size - centre))[: max(25, len(z) // 3)]
                factor[2 * axis + side, node] = np.clip(np.quantile(z[near], 0.95) / 1.96, 0.5, 4.0)
    return factor


def residual_table(residuals: list[Residual]) -> np.ndarray:
    """The same from clips without a protocol: quick paths without holds, so the quantile of 90 % is taken.

    Every (clip, angle bin) counts once, so that long clips do not outvote the others.
    """
    factor = np.ones((6, len(SD_NODES_DEG)))
    edges = np.concatenate([[-1.0], (SD_NODES_DEG[1:] + SD_NODES_DEG[:-1]) / 2, [200.0]])
    for axis in range(3):
        for side, sign in enumerate((1, -1)):
            for node in range(len(SD_NODES_DEG)):
                worst = []
                for residual in residuals:
                    size = sign * residual.angles[:, axis]
                    if axis > 0:  # left and right are one and the same: use both
                        size = np.abs(size)
                    rows = (size >= edges[node]) & (size < edges[node + 1])
                    z = (
                        np.abs(residual.angles[rows, axis] - residual.truth[rows, axis])
                        / residual.sd[rows, axis]
                    )
                    if len(z):
                        worst += [np.quantile(z, q) for q in (0.2, 0.5, 0.8)]
                if len(worst) >= 15:
                    factor[2 * axis + side, node] = np.clip(np.quantile(worst, 0.90) / 1.96, 0.5, 4.0)
                elif node:
                    factor[2 * axis + side, node] = factor[2 * axis + side, node - 1]
    return factor


def main() -> None:
    """Cross-validate, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=HERE / "landmarks_fit.npz")
    parser.add_argument("--tracks", type=Path, nargs="*", default=[HERE / name for name in TABLES])
    parser.add_argument("--out", type=Path, default=HERE / "estimator.npz")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    epochs, ensemble = (3, 1) if options.quick else (20, 2)
    rng = np.random.default_rng(0)
    lens = load_calibration(HERE / "estimator.npz").lens  # a step of its own: fit_lens.py
    clips = read_table(options.table)
    people = sorted({clip.person for clip in clips})
    print(f"{len(clips)} clips of {len(people)} people, {sum(map(len, clips))} frames")
    samples = {known: [Sample(clip, known=known, rng=rng) for clip in clips] for known in (True, False)}
    fold_of = {person: i % FOLDS for i, person in enumerate(people)}

    residuals: dict[bool, list] = {True: [], False: []}
    for fold in range(FOLDS):
        learn = [s for both in samples.values() for s in both if fold_of[s.clip.person] != fold]
        networks = fit_networks(learn, epochs, range(1))
        motion = fit_motion([s for s in learn if not s.known], rng)
        ones = np.ones((2, 6, len(SD_NODES_DEG)))
        blank = Calibration(
            networks=networks,
            fusion=FUSION,
            motion=motion,
            sd_angles_deg=SD_NODES_DEG,
            sd_factor=ones,
            stretch=ones,
            tracks=TrackParameters(),
            tracks_stretch=ones[0],
            tracks_sd=np.ones((6, 5)),
            lens=lens,
            identity="fold",
        )
        for sample in samples[False]:
            if fold_of[sample.clip.person] == fold:
                residuals[sample.clip.has_motion].append(fused_residuals(sample, blank))
        both = residuals[True] + residuals[False]
        error = np.abs(np.concatenate([residual.angles - residual.truth for residual in both]))
        print(f"fold {fold}: mean error on others {error.mean(axis=0).round(2)} deg", flush=True)

    protocols = [residual for residual in residuals[True] if residual.holds]
    print(
        f"{sum(len(residual.holds) for residual in protocols)} end ranges of {len(protocols)} protocols left out"
    )
    ones = np.ones((6, len(SD_NODES_DEG)))
    stretch = stretch_table(protocols)
    factors = hold_factors([stretched(residual, stretch) for residual in protocols])
    everything = [s for both in samples.values() for s in both]
    fitted = Calibration(
        networks=fit_networks(everything, epochs, range(ensemble)),
        fusion=FUSION,
        motion=fit_motion(samples[False], rng),
        sd_angles_deg=SD_NODES_DEG,
        sd_factor=np.stack([residual_table(residuals[False]), factors]),
        stretch=np.stack([ones, stretch]),
        tracks=TrackParameters(),
        tracks_stretch=ones,
        tracks_sd=np.ones((6, 5)),
        lens=lens,
        identity="",
    )
    fitted = fit_tracks(fitted, [clip for path in options.tracks for clip in read_table(path)])
    print("stretch of the angles:")
    print(stretch.round(3))
    print("factors on the standard deviation:")
    print(fitted.sd_factor.round(2))
    save_calibration(options.out, fitted, VERSION)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


def fused_residuals(sample: Sample, calibration: Calibration) -> Residual:
    """Angles, predicted standard deviations and truth of one clip, through the whole estimator."""
    estimator = FrontEstimator(calibration)
    clip = sample.clip
    landmarks, camera = clip.landmarks(), clip.camera(known=sample.known)
    reference = estimator.fit_reference(landmarks, camera, clip.at_rest)
    fused = estimator.fused(estimator.observe(landmarks, reference), reference)
    return Residual(fused.angles_deg[:, :3], fused.sd_deg[:, :3], clip.neck_deg, holds_of(clip))


if __name__ == "__main__":
    main()
