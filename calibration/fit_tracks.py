"""Fit how far to believe angles that were solved from points followed over the head.

    python calibration/fit_tracks.py                    # changes calibration/estimator.npz

The second half of ``fit_estimator.py``, which calls it. Reads people whom the networks never saw, and solves
their excursions with the true lens: ``landmarks_tracks.npz`` (one usual head shape, near cameras) and
``landmarks_wide.npz`` (heads deformed at random, lenses of 15 to 100 deg, window light, glasses, beards). Four
groups of directions (flexion, extension, side-bend and rotation of both sides) get a factor on the angle, and
five numbers that make up its standard deviation. How wide intervals have to be is measured on people left out
of the fit, group after group.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from neckrom.errors import NoNeutralError
from neckrom.kinematics.front.calibration import Calibration, load_calibration, save_calibration
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.front.followed_points import solved_neck
from neckrom.kinematics.front.parameters import TrackParameters
from neckrom.kinematics.front.truth_table import TruthClip, read_table

HERE = Path(__file__).parent
TABLES = ("landmarks_tracks.npz", "landmarks_wide.npz")
PLANES = (((0,), (1,)), ((2, 3),), ((4, 5),))
"""Rows of the tables, group by group: flexion and extension; side-bend to both sides; rotation to both."""
FREEDOM = 5.0
FLOOR_DEG = 0.5
FACTOR_SD = 0.02
"""Geometry has no stretch of its own: few people are not enough to claim a large one."""
USUAL_LOG_PARTS = np.array([0.0, -1.0, -2.0, -2.0, -6.5])
"""What the parts of the variance are drawn towards, for the same reason."""


OTHER_HEADS = 0.04
"""Smallest share of an angle in its standard deviation: all people of the fit come from one base mesh, and heads of
real scans are read up to 6 % smaller and 3 % larger than they."""

GROUPS_LEFT_OUT = 20
"""At most so many groups of people are left out of the fit in turn."""

Row = tuple[str, int, float, float, float, float, float]
"""Person, row of the fitted tables; truth, solved, its deviation, reading, the trunk's deviation; + outwards."""


def end_ranges(clips: list[TruthClip], calibration: Calibration) -> list[Row]:
    """Solve the end range of every repetition of a table of landmarks."""
    estimator = FrontEstimator(calibration)
    rows: list[Row] = []
    for clip in clips:
        landmarks, camera = clip.landmarks(), replace(clip.camera(known=True), assumed=True)
        try:
            reference = estimator.fit_reference(landmarks, camera, clip.at_rest)
        except NoNeutralError:
            continue
        observed = estimator.observe(landmarks, reference)
        read = estimator.readings(observed, reference)
        assert observed.tracks is not None
        solved = solved_neck(observed.tracks, read, reference, calibration.tracks)
        for trial in np.unique(clip.trial[clip.trial >= 0]):
            frames = np.flatnonzero((clip.trial == trial) & (clip.phase == "hold") & (solved.share >= 1))
            if not len(frames):
                continue
            truth = np.median(clip.neck_deg[frames], axis=0)
            axis = int(np.argmax(np.abs(truth) / [50.0, 45.0, 80.0]))
            side = np.sign(truth[axis])
            middle = [
                float(np.median(series[frames, axis]))
                for series in (
                    clip.neck_deg,
                    solved.neck_deg,
                    solved.sd_deg,
                    read.angles_deg,
                    solved.trunk_sd_deg,
                )
            ]
            signs = np.array([side, side, 1.0, side, 1.0])
            rows.append((clip.person, 2 * axis + int(side < 0), *(float(v) for v in signs * middle)))
    return rows


def fit_group(rows: np.ndarray) -> tuple[float, np.ndarray]:
    """Factor on the angle and the five numbers of the standard deviation, heavy tails allowed for."""
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
    parts[4] = max(parts[4], OTHER_HEADS**2)
    return factor, np.sqrt(parts)


def squares_of(rows: np.ndarray) -> np.ndarray:
    """What the variance is made of, a row an end range, shape (n, 5)."""
    solved, own, reading, trunk = rows[:, 3:].T
    return np.stack([np.ones_like(own), own**2, (solved - reading) ** 2, trunk**2, solved**2], axis=1)


def left_out(rows: np.ndarray) -> np.ndarray:
    """Errors in standard deviations, each person's by numbers that were fitted on the others."""
    standing = np.empty(len(rows))
    for group in range(GROUPS_LEFT_OUT):
        own = rows[:, 0] % GROUPS_LEFT_OUT == group
        if not own.any():
            continue
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
    solved = end_ranges(clips, replace(calibration, tracks=TrackParameters()))
    people = sorted({row[0] for row in solved})
    rows = np.array([(people.index(row[0]), *row[1:]) for row in solved])
    print(f"{len(people)} people, {len(rows)} end ranges")
    stretch, sd = np.ones((6, len(calibration.sd_angles_deg))), np.ones((6, 5))
    for plane in PLANES:
        standing = [left_out(rows[np.isin(rows[:, 1], group)]) for group in plane]
        factor = widening(np.concatenate(standing))
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
    parser.add_argument("--tables", type=Path, nargs="*", default=[HERE / name for name in TABLES])
    parser.add_argument("--estimator", type=Path, default=HERE / "estimator.npz")
    options = parser.parse_args()
    with np.load(options.estimator) as file:
        version = str(file["version"])
    clips = [clip for path in options.tables for clip in read_table(path)]
    fitted = fit_tracks(load_calibration(options.estimator), clips)
    save_calibration(options.estimator, fitted, version)


if __name__ == "__main__":
    main()
