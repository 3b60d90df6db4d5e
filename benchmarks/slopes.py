"""How steeply measured angles follow true ones, clip by clip: whether a camera or a head reads short.

python benchmarks/slopes.py DIR [--hfov DEG]      # clips or landmark files (NAME.mp4, NAME.parquet) beside NAME.csv

Slope: measured over true angle, least squares through zero, over the frames in which the plane leads; rotation within
50 deg. Inside: frames beyond 10 deg whose true angle lies within 1.96 standard deviations. Errors at the hold: measured
minus true, * where the 95 % interval of the frame does not hold the truth. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from neckrom.errors import NeckromError
from neckrom.service import MeasureOptions, measure_quietly
from neckrom.types import FloatArray
from neckrom.validation.truth import TruthTable, read_truth

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".parquet")
USUAL_DEG = np.array([50.0, 45.0, 80.0])
"""Flexion, lateral, rotation: a plane leads where its angle is the largest share of these."""
FEWEST = 6


def slopes(measured: FloatArray, sd: FloatArray, true: FloatArray) -> dict[str, float]:
    """Slopes by direction, and the share of frames beyond 10 deg that lie inside."""
    leads = np.argmax(np.abs(true) / USUAL_DEG, axis=1)
    flexion, lateral, rotation = true.T
    chosen = {
        "rotation": (2, (np.abs(rotation) > 5) & (np.abs(rotation) < 50)),
        "flexion": (0, flexion > 5),
        "extension": (0, flexion < -5),
        "side-bend": (1, np.abs(lateral) > 5),
    }
    known = np.isfinite(measured).all(axis=1)
    found = {}
    for name, (plane, which) in chosen.items():
        used = which & known & (leads == plane)
        if used.sum() >= FEWEST:
            x, y = true[used, plane], measured[used, plane]
            found[name] = float((x * y).sum() / (x * x).sum())
    rows = np.arange(len(true))
    far = known & (np.abs(true[rows, leads]) > 10)
    error = np.abs(measured[rows, leads] - true[rows, leads])[far]
    found["inside"] = float(np.mean(error <= 1.96 * sd[rows, leads][far]))
    return found


def at_holds(
    time_s: FloatArray, measured: FloatArray, sd: FloatArray, truth: TruthTable
) -> list[tuple[str, float, bool]]:
    """Name of the movement, error and whether the interval holds the truth, hold by hold."""
    found = []
    for trial in truth.trials:
        frames = (time_s >= trial.hold_start_s) & (time_s <= trial.hold_end_s)
        plane, sign = trial.movement.plane, trial.movement.sign
        value = float(np.nanmedian(sign * measured[frames, plane]))
        doubt = float(np.nanmedian(sd[frames, plane]))
        found.append(
            (trial.movement.value, value - trial.peak_deg, abs(value - trial.peak_deg) <= 1.96 * doubt)
        )
    return found


def main() -> None:
    """Measure every clip of a folder and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hfov", type=float)
    options = parser.parse_args()
    print(
        "| clip | lens, deg (95 %) | rotation | flexion | extension | side-bend | inside | errors at the hold |"
    )
    print("|---|---|---|---|---|---|---|---|")
    errors: dict[str, list[float]] = {}
    held: list[bool] = []
    for path in sorted(p for p in options.folder.iterdir() if p.suffix in SUFFIXES):
        table = path.with_suffix(".csv")
        if not table.exists():
            continue
        truth = read_truth(table)
        try:
            analysis = measure_quietly(path, MeasureOptions(hfov_deg=options.hfov))
        except NeckromError as error:
            print(f"| {path.stem} | refused: {str(error)[:120]} |")
            continue
        angles, camera = analysis.angles, analysis.result.camera
        true = np.column_stack([np.interp(angles.time_s, truth.time_s, v) for v in truth.neck_deg.T])
        found = slopes(angles.neck_deg, angles.sd_deg, true)
        holds = at_holds(angles.time_s, angles.neck_deg, angles.sd_deg, truth)
        low, high = camera.hfov_interval95_deg or (camera.hfov_deg, camera.hfov_deg)
        cells = [
            f"{found[name]:.2f}" if name in found else ""
            for name in ("rotation", "flexion", "extension", "side-bend")
        ]
        said = ", ".join(f"{name} {error:+.1f}{'' if inside else '*'}" for name, error, inside in holds)
        print(
            f"| {path.stem} | {camera.hfov_deg:.0f} ({low:.0f} to {high:.0f}) | {' | '.join(cells)} | "
            f"{found['inside']:.0%} | {said} |",
            flush=True,
        )
        for name, error, inside in holds:
            errors.setdefault(name.partition("_")[0], []).append(error)
            held.append(inside)
    for name, values in errors.items():
        print(
            f"\n{name}: {len(values)} holds, MAE {np.mean(np.abs(values)):.1f}, bias {np.mean(values):+.1f}",
            end="",
        )
    if held:
        print(f"\n\n{np.mean(held):.0%} of {len(held)} holds inside their interval")


if __name__ == "__main__":
    main()
