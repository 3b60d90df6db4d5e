"""Fit how far to believe angles that were solved from points followed over the head.

    python calibration/fit_tracks.py                    # changes calibration/estimator.npz

The second half of ``fit_estimator.py``, which calls it. Reads ``calibration/landmarks_tracks.npz``:
people whom the networks never saw. Four groups of directions (flexion, extension, side-bend and rotation
of both sides) get a factor on the angle, and four numbers that make up its standard deviation. How wide
intervals have to be is measured on people left out of the fit, one after the other.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from neckrom.kinematics.regressor import (
    Calibration,
    Prediction,
    RegressorEstimator,
    load_calibration,
    save_calibration,
)
from neckrom.kinematics.regressor_table import TruthClip, read_table
from neckrom.kinematics.rigid_tracks import TrackParameters

HERE = Path(__file__).parent
PLANES = (((0,), (1,)), ((2, 3),), ((4, 5),))
"""Rows of the tables, group by group: flexion and extension; side-bend to both sides; rotation to both."""
FREEDOM = 5.0
FLOOR_DEG = 0.5
FACTOR_SD = 0.006
"""Geometry has no stretch of its own: a few people are not enough to claim a large one."""
USUAL_LOG_PARTS = np.array([0.0, -1.0, -2.0, -2.0])
"""What the parts of the variance are drawn towards, for the same reason."""


def end_ranges(clips: list[TruthClip], calibration: Calibration) -> np.ndarray:
    """A row a hold: person, row of the tables, truth, solved, its deviation, reading, trunk; positive outwards."""
    estimator = RegressorEstimator(calibration)
    rows = []
    people = sorted({clip.person for clip in clips})
    for clip in clips:
        landmarks, camera = clip.landmarks(), clip.camera(known=False)
        reference = estimator.fit_reference(landmarks, camera, clip.at_rest)
        observed = estimator.observe(landmarks, reference)
        angles, sd = estimator.readings(observed, reference)
        assert observed.tracks is not None
        solved = estimator.before_tables(observed.tracks, Prediction(angles, sd), reference)
        for trial in np.unique(clip.trial[clip.trial >= 0]):
            frames = np.flatnonzero((clip.trial == trial) & (clip.phase == "hold") & (solved.share >= 1))
            if not len(frames):
                continue
            truth = np.median(clip.neck_deg[frames], axis=0)
            axis = int(np.argmax(np.abs(truth) / [50.0, 45.0, 80.0]))
            side = np.sign(truth[axis])
            middle = [
                float(np.median(series[frames, axis]))
                for series in (clip.neck_deg, solved.neck_deg, solved.sd_deg, angles, solved.trunk_sd_deg)
            ]
            signs = np.array([side, side, 1.0, side, 1.0])
            rows.append((people.index(clip.person), 2 * axis + int(side < 0), *(signs * middle)))
    return np.array(rows)


def fit_group(rows: np.ndarray) -> tuple[float, np.ndarray]:
    """Factor on the angle and the four numbers of the standard deviation, heavy tails allowed for."""
    truth, solved = rows[:, 2], rows[:, 3]

    def robust(factor: np.ndarray) -> float:
        misfit = np.log1p((truth - factor[0] * solved) ** 2 / 9.0).sum()
        return float(misfit + ((factor[0] - 1.0) / FACTOR_SD) ** 2 / 2)

    factor = float(minimize(robust, [1.0], method="Nelder-Mead").x[0])
    error = truth - factor * solved
    squares = squares_of(rows)

    def unlikely(log_parts: np.ndarray) -> float:
        variance = squares @ np.exp(log_parts) + FLOOR_DEG**2
        return float(
            (np.log(variance) / 2 + (FREEDOM + 1) / 2 * np.log1p(error**2 / variance / FREEDOM)).sum()
            + 0.1 * ((log_parts - USUAL_LOG_PARTS) ** 2).sum()
        )

    found = minimize(unlikely, USUAL_LOG_PARTS, method="Nelder-Mead", options={"maxiter": 4000})
    parts = np.exp(found.x)
    parts[0] += FLOOR_DEG**2
    return factor, np.sqrt(parts)


def squares_of(rows: np.ndarray) -> np.ndarray:
    """What the variance is made of, a row an end range, shape (n, 4)."""
    solved, own, reading, trunk = rows[:, 3:].T
    return np.stack([np.ones_like(own), own**2, (solved - reading) ** 2, trunk**2], axis=1)


def left_out(rows: np.ndarray) -> np.ndarray:
    """Errors in standard deviations, each person's by numbers that were fitted on the others."""
    standing = np.empty(len(rows))
    for person in np.unique(rows[:, 0]):
        own = rows[:, 0] == person
        factor, parts = fit_group(rows[~own])
        error = rows[own, 2] - factor * rows[own, 3]
        standing[own] = np.abs(error) / np.sqrt(squares_of(rows[own]) @ parts**2)
    return standing


def widening(standing: np.ndarray) -> float:
    """Factor after which 95 % intervals would have held the next person's truth (conformal quantile)."""
    n = len(standing)
    return float(np.quantile(standing, min(0.95 * (n + 1) / n, 1.0)) / 1.96)


def fit_tracks(calibration: Calibration, clips: list[TruthClip]) -> Calibration:
    """The same calibration with the tables of solved angles fitted."""
    rows = end_ranges(clips, replace(calibration, tracks=TrackParameters()))
    stretch, sd = np.ones((6, len(calibration.sd_angles_deg))), np.ones((6, 4))
    for plane in PLANES:
        factor = widening(np.concatenate([left_out(rows[np.isin(rows[:, 1], group)]) for group in plane]))
        for group in plane:
            chosen = rows[np.isin(rows[:, 1], group)]
            stretched, parts = fit_group(chosen)
            stretch[list(group)], sd[list(group)] = stretched, parts * factor
            print(
                f"rows {group}: {len(chosen)} end ranges, factor {stretched:.3f}, "
                f"sd {parts.round(2)} times {factor:.2f}"
            )
    return replace(calibration, tracks=TrackParameters(), tracks_stretch=stretch, tracks_sd=sd)


def main() -> None:
    """Read, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=HERE / "landmarks_tracks.npz")
    parser.add_argument("--estimator", type=Path, default=HERE / "estimator.npz")
    options = parser.parse_args()
    with np.load(options.estimator) as file:
        version = str(file["version"])
    fitted = fit_tracks(load_calibration(options.estimator), read_table(options.table))
    save_calibration(options.estimator, fitted, version)


if __name__ == "__main__":
    main()
