"""End-range error on the people of ``heldout.npz``, who were never used for fitting.

    python calibration/evaluate.py        # a table a movement; a minute

The whole estimator runs on each protocol, the field of view assumed; the end-range value is the median
over the hold, as is the truth. Clips recorded without the motion of the picture over the head are left
out: the tool always records it.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from neckrom.kinematics.neck_angles import neck_angle_series
from neckrom.kinematics.regressor import RegressorEstimator
from neckrom.kinematics.regressor_table import TruthClip, read_table
from neckrom.types import MOVEMENTS, AngleSeries, Movement

HERE = Path(__file__).parent
Z95 = 1.959963984540054


def measured(clip: TruthClip) -> AngleSeries:
    """Neck angles of one clip as the tool measures them."""
    estimator = RegressorEstimator()
    landmarks, camera = clip.landmarks(), clip.camera(known=False)
    reference = estimator.fit_reference(landmarks, camera, clip.at_rest)
    smooth = estimator.smooth(estimator.observe(landmarks, reference), reference)
    return neck_angle_series(smooth, reference.neutral_thorax)


def movement_of(neck_deg: np.ndarray) -> Movement:
    """Direction of a hold from its true angles: the largest as a share of the usual range."""
    plane = int(np.argmax(np.abs(neck_deg) / [50.0, 45.0, 80.0]))
    return next(m for m in MOVEMENTS if m.plane == plane and m.sign == np.sign(neck_deg[plane]))


def end_ranges(clips: list[TruthClip]) -> dict[Movement, np.ndarray]:
    """Measured, truth and standard deviation of every hold, shape (M, 3) a movement."""
    rows = defaultdict(list)
    for clip in clips:
        angles = measured(clip)
        for trial in np.unique(clip.trial[clip.trial >= 0]):
            frames = (clip.trial == trial) & (clip.phase == "hold")
            movement = movement_of(np.median(clip.neck_deg[frames], axis=0))
            value, truth = (
                movement.sign * float(np.median(series[frames, movement.plane]))
                for series in (angles.neck_deg, clip.neck_deg)
            )
            rows[movement].append((value, truth, float(np.median(angles.sd_deg[frames, movement.plane]))))
    return {movement: np.array(rows[movement]) for movement in MOVEMENTS}


def main() -> None:
    """Print the table."""
    clips = [clip for clip in read_table(HERE / "heldout.npz") if clip.has_motion]
    people = {clip.person for clip in clips}
    found = end_ranges(clips)
    print(f"{len(clips)} clips of {len(people)} people, {sum(map(len, found.values()))} end ranges; degrees")
    print(
        "| movement | end ranges | truth | bias | MAE | 95th percentile | worst | in 95 % interval | half-width |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, rows in [
        *((m.label, found[m]) for m in MOVEMENTS),
        ("all", np.concatenate(list(found.values()))),
    ]:
        error, half = rows[:, 0] - rows[:, 1], Z95 * rows[:, 2]
        size = np.abs(error)
        print(
            f"| {name} | {len(rows)} | {rows[:, 1].min():.0f} to {rows[:, 1].max():.0f} | {error.mean():+.1f} "
            f"| {size.mean():.1f} | {np.percentile(size, 95):.1f} | {size.max():.1f} "
            f"| {100 * (size <= half).mean():.0f} % | {np.median(half):.1f} |"
        )


if __name__ == "__main__":
    main()
