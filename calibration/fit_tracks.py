"""Fit how far to believe angles that were solved from points followed over the head.

    python calibration/fit_tracks.py                    # changes calibration/estimator.npz
    python calibration/fit_tracks.py --measure T.npz    # solves a table of landmarks, adds to end_ranges.csv

The second half of ``fit_estimator.py``, which calls it. Reads people whom the networks never saw:
``calibration/landmarks_tracks.npz``, whose landmarks are solved anew, and ``calibration/end_ranges.csv``, the
solved end ranges of more people, whose landmarks are too large to keep. Four groups of directions (flexion,
extension, side-bend and rotation of both sides) get a factor on the angle, and four numbers that make up its
standard deviation. How wide intervals have to be is measured on people left out of the fit, group after group.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from neckrom.kinematics.front.bodies import HEAD, THORAX
from neckrom.kinematics.front.calibration import Calibration, load_calibration, save_calibration
from neckrom.kinematics.front.estimator import FrontEstimator
from neckrom.kinematics.front.followed_points import solved_neck
from neckrom.kinematics.front.parameters import TrackParameters
from neckrom.kinematics.front.truth_table import TruthClip, read_table

HERE = Path(__file__).parent
ROWS = HERE / "end_ranges.csv"
COLUMNS = ("person", "group", "truth_deg", "solved_deg", "solved_sd_deg", "reading_deg", "trunk_sd_deg")
PLANES = (((0,), (1,)), ((2, 3),), ((4, 5),))
"""Rows of the tables, group by group: flexion and extension; side-bend to both sides; rotation to both."""
FREEDOM = 5.0
FLOOR_DEG = 0.5
FACTOR_SD = 0.02
"""Geometry has no stretch of its own: few people are not enough to claim a large one."""
USUAL_LOG_PARTS = np.array([0.0, -1.0, -2.0, -2.0])
"""What the parts of the variance are drawn towards, for the same reason."""


GROUPS_LEFT_OUT = 20
"""At most so many groups of people are left out of the fit in turn."""

Row = tuple[str, int, float, float, float, float, float]
"""An end range, as in ``COLUMNS``; positive outwards. The group is the row of the fitted tables."""


def end_ranges(clips: list[TruthClip], calibration: Calibration) -> list[Row]:
    """Solve the end range of every repetition of a table of landmarks."""
    estimator = FrontEstimator(calibration)
    rows: list[Row] = []
    for clip in clips:
        landmarks, camera = clip.landmarks(), clip.camera(known=False)
        reference = estimator.fit_reference(landmarks, camera, clip.at_rest)
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


def how_solved() -> str:
    """What solved end ranges hold for: they are worth nothing after another way of solving."""
    numbers = " ".join(f"{name}={value:g}" for name, value in asdict(TrackParameters()).items())
    numbers_of = [value for body in (HEAD, THORAX) for value in _flat(asdict(body))]
    bodies = sha256(b"".join(np.asarray(value, float).tobytes() for value in numbers_of))
    return f"# {FrontEstimator.identity}; {numbers} bodies={bodies.hexdigest()[:12]}"


def _flat(values: dict) -> list:
    return [v for value in values.values() for v in (_flat(value) if isinstance(value, dict) else [value])]


def read_rows(path: Path) -> list[Row]:
    """Solved end ranges kept in a file; none where they were solved in another way than today's."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        if file.readline().strip() != how_solved():
            print(
                f"{path.name} was solved in another way: left out. Measure its tables again with --measure."
            )
            return []
        return [
            (row["person"], int(row["group"]), *(float(row[name]) for name in COLUMNS[2:]))
            for row in csv.DictReader(file)
        ]


def write_rows(path: Path, rows: list[Row]) -> None:
    """Keep solved end ranges, by person."""
    with path.open("w", newline="") as file:
        file.write(how_solved() + "\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((*row[:2], *(f"{value:.3f}" for value in row[2:])) for row in sorted(rows))


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


def fit_tracks(calibration: Calibration, clips: list[TruthClip], more: list[Row]) -> Calibration:
    """The same calibration with the tables of solved angles fitted."""
    solved = end_ranges(clips, replace(calibration, tracks=TrackParameters()))
    own = {row[0] for row in solved}
    solved += [row for row in more if row[0] not in own]
    people = sorted({row[0] for row in solved})
    rows = np.array([(people.index(row[0]), *row[1:]) for row in solved])
    print(f"{len(people)} people, {len(rows)} end ranges")
    stretch, sd = np.ones((6, len(calibration.sd_angles_deg))), np.ones((6, 4))
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
    parser.add_argument("--table", type=Path, default=HERE / "landmarks_tracks.npz")
    parser.add_argument("--estimator", type=Path, default=HERE / "estimator.npz")
    parser.add_argument(
        "--measure", type=Path, metavar="TABLE", help="only solve this table, into end_ranges.csv"
    )
    options = parser.parse_args()
    if options.measure:
        rows = end_ranges(
            read_table(options.measure),
            replace(load_calibration(options.estimator), tracks=TrackParameters()),
        )
        again = {row[0] for row in rows}
        write_rows(ROWS, rows + [row for row in read_rows(ROWS) if row[0] not in again])
        return
    with np.load(options.estimator) as file:
        version = str(file["version"])
    fitted = fit_tracks(load_calibration(options.estimator), read_table(options.table), read_rows(ROWS))
    save_calibration(options.estimator, fitted, version)


if __name__ == "__main__":
    main()
