"""What each step of the front view earns: people of a table measured with one thing after the other left out.

    python benchmarks/ablation.py                          # 11 clips of calibration/heldout.npz
    python benchmarks/ablation.py --table T.npz --clips 6  # others
    python benchmarks/ablation.py --live                   # also frame by frame, as a session shows it

Prints the mean absolute error at end range by movement, over all, the 95th percentile, and the share of end ranges
inside 1.96 stated standard deviations. The lens is not told.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

import numpy as np

from neckrom.errors import NoNeutralError
from neckrom.kinematics.front.estimator import FrontEstimator, ObservedSeries
from neckrom.kinematics.front.networks import Prediction
from neckrom.kinematics.front.truth_table import TruthClip, read_table
from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.types import AngleSeries, LandmarkFrame, LandmarkSeries

HELD_OUT = Path(__file__).parents[1] / "calibration" / "heldout.npz"
USUAL_DEG = np.array([50.0, 45.0, 80.0])
MOVEMENTS = ("flexion", "extension", "side-bend", "rotation")

Landmarks = Callable[[LandmarkSeries], LandmarkSeries]
Observed = Callable[[ObservedSeries], ObservedSeries]


def unseen(prediction: Prediction) -> Prediction:
    """A branch that never answers."""
    return Prediction(np.full_like(prediction.angles_deg, np.nan), np.full_like(prediction.sd_deg, np.nan))


def as_it_is(landmarks: LandmarkSeries) -> LandmarkSeries:
    """Nothing left out."""
    return landmarks


VARIANTS: dict[str, tuple[Landmarks, Observed]] = {
    "all": (as_it_is, lambda seen: seen),
    "without followed points": (
        lambda landmarks: replace(landmarks, tracks=None, chest_tracks=None),
        lambda seen: seen,
    ),
    "without points on the chest": (
        lambda landmarks: replace(landmarks, chest_tracks=None),
        lambda seen: seen,
    ),
    "without flow": (
        lambda landmarks: replace(landmarks, motion=None, motion_box=None),
        lambda seen: seen,
    ),
    "without the face network": (as_it_is, lambda seen: replace(seen, face=unseen(seen.face))),
    "without the pose network": (as_it_is, lambda seen: replace(seen, pose=unseen(seen.pose))),
    "readings alone, face": (
        lambda landmarks: replace(landmarks, tracks=None, chest_tracks=None, motion=None, motion_box=None),
        lambda seen: replace(seen, pose=unseen(seen.pose)),
    ),
    "readings alone, pose": (
        lambda landmarks: replace(landmarks, tracks=None, chest_tracks=None, motion=None, motion_box=None),
        lambda seen: replace(seen, face=unseen(seen.face)),
    ),
}


def measured(clip: TruthClip, landmarks: Landmarks, observed: Observed) -> AngleSeries:
    """Neck angles of a clip with something left out."""
    estimator = FrontEstimator()
    series = landmarks(clip.landmarks())
    reference = estimator.fit_reference(series, clip.camera(known=False), clip.at_rest)
    smooth = estimator.smooth(observed(estimator.observe(series, reference)), reference)
    return neck_angle_series(smooth, reference.neutral_thorax)


def frame_by_frame(clip: TruthClip) -> AngleSeries:
    """Neck angles as a session shows them."""
    estimator = FrontEstimator()
    series = clip.landmarks()
    reference = estimator.fit_reference(series, clip.camera(known=False), clip.at_rest)
    running = estimator.running(reference)
    rows = [neck_angle_series(running.step(frame), reference.neutral_thorax) for frame in frames_of(series)]
    joined = {f.name: np.concatenate([getattr(row, f.name) for row in rows]) for f in fields(AngleSeries)}
    return AngleSeries(**joined)


def frames_of(series: LandmarkSeries) -> Iterator[LandmarkSeries]:
    """Rows of a series, one after the other."""
    columns = {f.name: getattr(series, f.name) for f in fields(LandmarkFrame)}
    for i in range(len(series)):
        yield replace(series, **{n: None if v is None else v[i : i + 1] for n, v in columns.items()})


def end_ranges(clip: TruthClip, angles: AngleSeries) -> list[tuple[int, float, float]]:
    """Movement, error and standard deviation of every hold; an end range that is not measured is left out."""
    found = []
    for trial in np.unique(clip.trial[clip.trial >= 0]):
        frames = np.flatnonzero((clip.trial == trial) & (clip.phase == "hold"))
        if not len(frames):
            continue
        truth = np.median(clip.neck_deg[frames], axis=0)
        axis = int(np.argmax(np.abs(truth) / USUAL_DEG))
        movement = int(truth[axis] < 0) if axis == 0 else axis + 1
        known = frames[np.isfinite(angles.neck_deg[frames, axis])]
        if len(known):
            error = float(np.median(angles.neck_deg[known, axis]) - truth[axis])
            found.append((movement, error, float(np.median(angles.sd_deg[known, axis]))))
    return found


def line(name: str, found: list[tuple[int, float, float]]) -> str:
    """One row of the table."""
    movement, error, sd = (np.array(column) for column in zip(*found, strict=True))
    size = np.abs(error)
    means = [size[movement == i].mean() if (movement == i).any() else np.nan for i in range(len(MOVEMENTS))]
    return (
        f"{name:28s} "
        + " ".join(f"{value:9.2f}" for value in means)
        + f" {size.mean():9.2f} {np.quantile(size, 0.95):9.2f} {100 * (size <= 1.96 * sd).mean():8.0f} %"
        + f" {len(found):6d}"
    )


def main() -> None:
    """Print a row for each thing that is left out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--table", type=Path, default=HELD_OUT)
    parser.add_argument("--clips", type=int, default=11, help="so many, spread over the table; 0 takes all")
    parser.add_argument("--live", action="store_true", help="also frame by frame (slow)")
    given = parser.parse_args()
    clips = [clip for clip in read_table(given.table) if (clip.phase == "hold").any()]
    if 0 < given.clips < len(clips):
        clips = [clips[i] for i in np.linspace(0, len(clips) - 1, given.clips).round().astype(int)]
    print(f"{len(clips)} clips of {given.table.name}, mean absolute error at end range, deg")
    heads = " ".join(f"{name:>9s}" for name in (*MOVEMENTS, "all", "95th"))
    print(f"{'':28s} {heads} {'inside':>10s} {'number':>6s}")
    rows: dict[str, Callable[[TruthClip], AngleSeries]] = {
        name: partial(measured, landmarks=landmarks, observed=observed)
        for name, (landmarks, observed) in VARIANTS.items()
    }
    if given.live:
        rows["frame by frame (live)"] = frame_by_frame
    for name, measure in rows.items():
        found: list[tuple[int, float, float]] = []
        for clip in clips:
            try:
                found += end_ranges(clip, measure(clip))
            except NoNeutralError:
                continue
        print(line(name, found), flush=True)


if __name__ == "__main__":
    main()
