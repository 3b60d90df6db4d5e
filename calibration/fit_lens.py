"""Fit what perspective says of the distance of a face, for cameras whose lens nobody told.

    python calibration/fit_lens.py                     # changes calibration/estimator.npz

Reads the people of ``landmarks_fit.npz``, ``landmarks_tracks.npz`` (46 to 84 deg lenses) and ``landmarks_wide.npz``
(15 to 100 deg), and ``landmarks_lens.npz`` (the same, small movements only). Prints how well people left out are read.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from neckrom.errors import NoNeutralError
from neckrom.kinematics.face_mesh import facing_angles_deg
from neckrom.kinematics.front.calibration import load_calibration, save_calibration
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.front.features import RecordedPoints
from neckrom.kinematics.front.lens import MOVING_CUES, LensModel, growth, shares_at_rest, still_features
from neckrom.kinematics.front.readings import face_sizes
from neckrom.kinematics.front.truth_table import TruthClip, read_table
from neckrom.kinematics.view import trunk_turn_deg

HERE = Path(__file__).parent
TABLES = ("landmarks_fit.npz", "landmarks_tracks.npz", "landmarks_wide.npz", "landmarks_lens.npz")
RIDGE = 60.0
FOLDS = 10
FAR_WEIGHT = 4.0
"""Far cameras are few among the people of the fit, and matter as much."""
SMALLEST_SD = (0.012, 0.03, 0.03, 0.03)


def seen_in(clip: TruthClip, estimator: FrontEstimator) -> tuple[np.ndarray, np.ndarray, float, float] | None:
    """Features at rest, growth, true nearness, and the nearness that the assumed lens gives."""
    landmarks, camera = clip.landmarks(), clip.camera(known=False)
    try:
        reference = estimator.fit_reference(landmarks, camera, clip.at_rest)
    except NoNeutralError:
        return None
    recorded, rest = RecordedPoints(landmarks), reference.rest
    shares = shares_at_rest(*recorded.still(clip.at_rest), rest)
    still = still_features(rest, reference.mirrored_rest, shares)
    moving = growth(*face_sizes(estimator.calibration, recorded, reference), clip.at_rest)
    return still, moving, rest.eye_distance * camera.fx / clip.focal, rest.eye_distance


def fit(
    still: np.ndarray, moving: np.ndarray, nearness: np.ndarray, weight: np.ndarray, group: np.ndarray
) -> LensModel:
    """Linear reading at rest (ridge), and each cue as a line over nearness with its scatter.

    The reading at rest has more weights than there are people: what it is worth is told by people left out, group
    after group.
    """
    weights, mean, scale = ridge(still, nearness, weight)
    read = np.empty(len(nearness))
    for left_out in np.unique(group):
        out = group == left_out
        by_others, about, unit = ridge(still[~out], nearness[~out], weight[~out])
        read[out] = (still[out] - about) / unit @ by_others
    cues = [line(read, nearness, weight, SMALLEST_SD[0])]
    for k in range(len(MOVING_CUES)):
        known = np.isfinite(moving[:, k])
        cues.append(line(moving[known, k], nearness[known], weight[known], SMALLEST_SD[1 + k]))
    return LensModel(weights, mean, scale, np.array(cues))


def ridge(
    still: np.ndarray, nearness: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights about a mean, in a scale, that read nearness from the person at rest."""
    mean, scale = still.mean(axis=0), still.std(axis=0) + 1e-9
    design = (still - mean) / scale
    middle = np.average(nearness, weights=weight)
    square = design.T @ (design * weight[:, None]) + RIDGE * np.eye(design.shape[1])
    return np.linalg.solve(square, design.T @ ((nearness - middle) * weight)), mean, scale


def line(
    cue: np.ndarray, nearness: np.ndarray, weight: np.ndarray, smallest: float
) -> tuple[float, float, float]:
    """Offset, slope and robust scatter of a cue over nearness."""
    robust = weight.copy()
    design = np.column_stack([np.ones(len(nearness)), nearness])
    for _ in range(20):
        found = np.linalg.solve(design.T @ (design * robust[:, None]), design.T @ (cue * robust))
        residual = np.abs(cue - design @ found)
        sd = 1.48 * float(np.median(residual)) + 1e-6
        robust = weight / np.maximum(residual / (2 * sd), 1.0)
    spread = float(np.sqrt(np.average(np.minimum(residual, 3 * sd) ** 2, weights=weight)))
    return float(found[0]), float(found[1]), max(spread, smallest)


def main() -> None:
    """Read, fit, say how well people left out are read, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--estimator", type=Path, default=HERE / "estimator.npz")
    parser.add_argument("--tables", type=Path, nargs="*", default=[HERE / name for name in TABLES])
    options = parser.parse_args()
    calibration = load_calibration(options.estimator)
    estimator = FrontEstimator(calibration)
    clips = [clip for path in options.tables for clip in read_table(path)]
    found = [(clip, seen_in(clip, estimator)) for clip in clips]
    kept = [(clip, values) for clip, values in found if values is not None]
    still, moving = np.array([v[0] for _, v in kept]), np.array([v[1] for _, v in kept])
    nearness, assumed = np.array([v[2] for _, v in kept]), np.array([v[3] for _, v in kept])
    far = nearness < 0.6 * assumed
    weight = np.where(far, FAR_WEIGHT, 1.0)
    people = sorted({clip.person for clip, _ in kept})
    group = np.array([people.index(clip.person) % FOLDS for clip, _ in kept])
    share, sd = np.empty(len(kept)), np.empty(len(kept))
    true = nearness / assumed
    for fold in range(FOLDS):
        out = group == fold
        model = fit(still[~out], moving[~out], nearness[~out], weight[~out], group[~out])
        for k in np.flatnonzero(out):
            share[k], sd[k] = model.share_from(still[k], moving[k], float(assumed[k]))
    print(f"{len(people)} people, {len(kept)} clips, {far.sum()} of them far")
    for name, which in (("near", ~far), ("far", far)):
        if which.any():
            error = share[which] - true[which]
            print(
                f"{name}: true inverse focal length {true[which].mean():.2f} +- {true[which].std():.2f} "
                f"of the assumed, read {share[which].mean():.2f}, error {np.sqrt(np.mean(error**2)):.2f} (as assumed "
                f"{np.sqrt(np.mean((1 - true[which]) ** 2)):.2f}), {np.mean(np.abs(error) <= 1.96 * sd[which]):.0%} "
                f"inside 1.96 sd, sd {sd[which].mean():.2f}"
            )
    model = fit(still, moving, nearness, weight, group)
    for name, row in zip(("at rest", *MOVING_CUES), model.cues, strict=True):
        print(
            f"{name}: {row[0]:+.3f} {row[1]:+.3f} x nearness, sd {row[2]:.3f}, of nearness {row[2] / abs(row[1]):.3f}"
        )
    lean = np.array([_lean(clip) for clip, _ in kept])
    print(f"shoulders read as turned by {np.nanmean(lean):.1f} +- {np.nanstd(lean):.1f} deg")
    with np.load(options.estimator) as file:
        version = str(file["version"])
    save_calibration(options.estimator, replace(calibration, lens=model), version)


def _lean(clip: TruthClip) -> float:
    """How far the body model's shoulders are turned beyond the true trunk at rest."""
    turned = np.nanmedian(trunk_turn_deg(clip.landmarks())[clip.at_rest])
    return float(turned + facing_angles_deg(clip.rest_thorax[None])[0, 2])


if __name__ == "__main__":
    main()
