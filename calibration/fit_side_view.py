"""Fit the side view's numbers from its landmark table, in one command; print how it does on people held out.

    python calibration/fit_side_view.py            # writes calibration/side_view.npz

Reads ``calibration/side_landmarks.npz``. Standard deviations come from people who were not used for the
weights in question (folds by person); the people marked "held_out" are used for nothing here.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.kinematics.side.calibration import SideCalibration, load_side_calibration
from neckrom.kinematics.side.chain import chained_flexion, expected_sd_deg
from neckrom.kinematics.side.estimator import SideViewEstimator
from neckrom.kinematics.side.features import head_flow, side_inputs, side_points
from neckrom.kinematics.side.truth_table import SideClip, read_side_table
from neckrom.kinematics.smoothing import smooth_series
from neckrom.kinematics.view import detect_view
from neckrom.types import FloatArray

HERE = Path(__file__).parent
FOLDS = 6
RIDGE = 0.3
NODES_DEG = np.array([-80.0, -60.0, -45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0, 70.0])
NODE_WIDTH_DEG = 10.0
LEANING_DEG = 6.0
SLOW_DEG = 0.3


class Sample:
    """Inputs and truth of one person."""

    def __init__(self, clip: SideClip) -> None:
        self.clip = clip
        view = detect_view(clip.landmarks)
        if view == "front":
            raise SystemExit(f"{clip.name} is not seen as a side view: detect_view and table disagree.")
        neutral = np.median(side_points(clip.landmarks, view)[clip.at_rest], axis=0)
        inputs = side_inputs(side_points(clip.landmarks, view), neutral)
        self.seen = np.isfinite(inputs).all(axis=1)
        self.inputs, self.neck, self.trunk = inputs, clip.neck_deg[:, 0], clip.trunk_deg[:, 0]
        self.flow = head_flow(clip.landmarks, view)
        step, seen = np.diff(self.neck + self.trunk, prepend=np.nan), self.flow.turn_deg
        self.steps = np.isfinite(seen) & np.isfinite(step) & (np.abs(step - seen) < 0.5 * np.abs(step) + 1.0)
        self.step = step

    @property
    def followed(self) -> bool:
        """Whether there is flow."""
        return bool(self.steps.any())


def weights(samples: list[Sample], truth: str) -> FloatArray:
    """Ridge regression in which every person counts the same."""
    inputs = np.vstack([s.inputs[s.seen] / np.sqrt(s.seen.sum()) for s in samples])
    target = np.concatenate([getattr(s, truth)[s.seen] / np.sqrt(s.seen.sum()) for s in samples])
    scale = np.sqrt((inputs**2).sum(axis=0) / len(samples)) + 1e-9
    normal = (inputs / scale).T @ (inputs / scale)
    solution = np.linalg.solve(normal + RIDGE * np.eye(len(scale)), (inputs / scale).T @ target)
    return np.asarray(solution / scale)


def flow_gain(samples: list[Sample]) -> tuple[FloatArray, float]:
    """From what the flow shows to the true turn; and how much its size differs between people."""
    rows, true = [], []
    for sample in samples:
        weight = 1 / np.sqrt(np.abs(sample.flow.turn_deg[sample.steps]) + SLOW_DEG)
        size = np.sqrt(((weight * sample.step[sample.steps]) ** 2).sum())
        rows.append(sample.flow.design()[sample.steps] * weight[:, None] / size)
        true.append(sample.step[sample.steps] * weight / size)
    solution = np.linalg.lstsq(np.vstack(rows), np.concatenate(true), rcond=None)[0]
    left = [t @ (r @ solution) / ((r @ solution) @ (r @ solution)) for r, t in zip(rows, true, strict=True)]
    return solution, float(np.sqrt(((np.array(left) - 1) ** 2).sum() / (len(left) - 3)))


def lean_share(samples: list[Sample], leans: dict[str, FloatArray]) -> float:
    """Error of the trunk's lean as a share of it, where it leans."""
    error, lean = [], []
    for sample in samples:
        leaning = sample.seen & (np.abs(sample.trunk) > LEANING_DEG)
        error.append((leans[sample.clip.name] - sample.trunk)[leaning])
        lean.append(sample.trunk[leaning])
    return float(np.sqrt((np.concatenate(error) ** 2).sum() / (np.concatenate(lean) ** 2).sum()))


def at_nodes(angle: list[FloatArray], squared: list[FloatArray]) -> FloatArray:
    """Root of the mean of ``squared`` near each node, every person the same."""
    values = []
    for node in NODES_DEG:
        weight = [np.exp(-0.5 * ((a - node) / NODE_WIDTH_DEG) ** 2) for a in angle]
        means = [(w @ s) / w.sum() for w, s in zip(weight, squared, strict=True) if w.sum() > 0.5]
        values.append(np.sqrt(np.mean(means)) if means else np.nan)
    known = np.isfinite(values)
    return np.interp(NODES_DEG, NODES_DEG[known], np.array(values)[known])


def fit(samples: list[Sample]) -> SideCalibration:
    """All numbers."""
    folds = [samples[i::FOLDS] for i in range(FOLDS)]
    readings, leans = {}, {}
    for i, fold in enumerate(folds):
        others = [s for j, other in enumerate(folds) if j != i for s in other]
        neck, trunk = weights(others, "neck"), weights(others, "trunk")
        for sample in fold:
            readings[sample.clip.name] = sample.inputs @ neck
            leans[sample.clip.name] = sample.inputs @ trunk
    angle = [readings[s.clip.name][s.seen] for s in samples]
    error = [((readings[s.clip.name] - s.neck)[s.seen]) ** 2 for s in samples]
    gain, gain_sd = flow_gain([sample for sample in samples if sample.followed])
    first = SideCalibration(
        neck=weights(samples, "neck"),
        trunk=weights(samples, "trunk"),
        nodes_deg=NODES_DEG,
        reading_sd_deg=at_nodes(angle, error),
        sd_factor=np.ones(len(NODES_DEG)),
        flow_gain=gain,
        gain_sd=gain_sd,
        lean_share=lean_share(samples, leans),
        identity="being fitted",
    )
    return replace(first, sd_factor=factor(samples, first, readings, leans))


def factor(
    samples: list[Sample],
    fitted: SideCalibration,
    readings: dict[str, FloatArray],
    leans: dict[str, FloatArray],
) -> FloatArray:
    """Residuals of the chained angle over its own standard deviation, flexion and extension together."""
    angle, squared = [], []
    for sample in samples:
        if not sample.followed:
            continue
        name, landmarks = sample.clip.name, sample.clip.landmarks
        estimator = SideViewEstimator(calibration=fitted)
        reference = estimator.fit_reference(landmarks, sample.clip.camera, sample.clip.at_rest)
        observed = replace(
            estimator.observe(landmarks, reference),
            neck_deg=readings[name],
            neck_sd_deg=np.interp(readings[name], NODES_DEG, fitted.reading_sd_deg),
            trunk_deg=leans[name],
        )
        trunk = smooth_series(landmarks.time_s, leans[name][:, None], 0.15)[:, 0]
        neck, sd = chained_flexion(landmarks.time_s, observed, trunk, sample.clip.at_rest)
        sd = expected_sd_deg(sd, neck, trunk, sample.flow.stuck_share, fitted)
        angle.append(np.abs(neck[sample.seen]))
        squared.append(((neck - sample.neck)[sample.seen] / sd[sample.seen]) ** 2)
    both = at_nodes(angle, squared) * np.sqrt(1 + 4 / len(angle))  # few people: the next one may be worse
    return np.interp(np.abs(NODES_DEG), NODES_DEG[NODES_DEG >= 0], both[NODES_DEG >= 0])


def save(path: Path, fitted: SideCalibration) -> None:
    """Write the numbers."""
    np.savez_compressed(
        path,
        neck=fitted.neck.astype(np.float32),
        trunk=fitted.trunk.astype(np.float32),
        nodes_deg=fitted.nodes_deg,
        reading_sd_deg=fitted.reading_sd_deg.astype(np.float32),
        sd_factor=fitted.sd_factor.astype(np.float32),
        flow_gain=fitted.flow_gain,
        gain_sd=np.float64(fitted.gain_sd),
        lean_share=np.float64(fitted.lean_share),
    )


def report(clips: list[SideClip], fitted: SideCalibration, *, flow: bool) -> None:
    """Errors of end range and of frames, and coverage."""
    estimator, rows, frames, shares, leans = SideViewEstimator(calibration=fitted), [], [], [], []
    for clip in clips:
        landmarks = clip.landmarks if flow else replace(clip.landmarks, motion=None, motion_box=None)
        reference = estimator.fit_reference(landmarks, clip.camera, clip.at_rest)
        series = estimator.smooth(estimator.observe(landmarks, reference), reference)
        angles = neck_angle_series(series, reference.neutral_thorax)
        error = angles.neck_deg[:, 0] - clip.neck_deg[:, 0]
        known = np.isfinite(error)
        shares.append(known.mean())
        frames.append(np.abs(error[known]))
        leans.append((angles.trunk_deg[:, 0] - clip.trunk_deg[:, 0])[known])
        for movement in range(clip.hold.max() + 1):
            held = (clip.hold == movement) & known
            if held.any():
                sd = np.sqrt((angles.sd_deg[held, 0] ** 2).mean())
                rows.append((np.median(clip.neck_deg[held, 0]), np.median(error[held]), sd))
    truth, error, sd = np.array(rows).T
    print(f"{len(clips)} people, {'with' if flow else 'without'} flow, {len(rows)} end ranges")
    for name, side in (("flexion", truth > 0), ("extension", truth < 0)):
        if not side.any():
            continue
        outwards = error[side] * np.sign(truth[side])
        print(
            f"  {name:9}: MAE {np.abs(outwards).mean():.1f}  p95 {np.percentile(np.abs(outwards), 95):.1f}  "
            f"bias {outwards.mean():+.1f}  coverage {100 * (np.abs(error[side]) < 1.96 * sd[side]).mean():.0f} %  "
            f"half width {1.96 * np.median(sd[side]):.1f}"
        )
    print(
        f"  frames: median {np.median(np.concatenate(frames)):.1f}, measured {100 * np.mean(shares):.0f} %; "
        f"trunk lean rms {np.sqrt((np.concatenate(leans) ** 2).mean()):.1f} deg"
    )


def main() -> None:
    """Fit, write, report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=HERE / "side_landmarks.npz")
    parser.add_argument("--out", type=Path, default=HERE / "side_view.npz")
    options = parser.parse_args()
    clips = read_side_table(options.table)
    fitted = fit([Sample(clip) for clip in clips if clip.use == "fit"])
    save(options.out, fitted)
    shipped = load_side_calibration(options.out)
    print(f"flow gain {np.round(shipped.flow_gain, 3)}, sd {shipped.gain_sd:.3f}")
    print(f"error of the lean {100 * shipped.lean_share:.0f} % of it")
    for name in ("nodes_deg", "reading_sd_deg", "sd_factor"):
        print(f"{name:15}", np.round(getattr(shipped, name), 1))
    for use in ("fit", "held_out"):
        people = [clip for clip in clips if clip.use == use]
        followed = [clip for clip in people if np.isfinite(np.asarray(clip.landmarks.motion_box)).any()]
        for flow in (True, False):
            print(use, end=": ")
            report(followed if flow else people, shipped, flow=flow)


if __name__ == "__main__":
    main()
