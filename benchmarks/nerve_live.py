"""How far the angles on the page of a nerve test are from those of the report.

    python benchmarks/nerve_live.py tests/live/clips/leg_raise.mp4 --test slr

Each frame of the clips is read as it is live, from the two seconds before it, and again as the report reads it,
from the whole clip. Prints differences in degrees: median, 95 % and largest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from neckrom.body import read_body
from neckrom.frames import open_source
from neckrom.landmarks.body_engine import BodyPoseDetector
from neckrom.live.nerve.reading import CausalReading
from neckrom.nerve.angles import measure_angles
from neckrom.types import BodyFrame, BodySeries

REST_S = 0.8
"""The clips begin with a person at rest."""


def main() -> None:
    """Read the clips and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--test", choices=("slr", "slump"), required=True)
    given = parser.parse_args()
    print(
        "angle: median, 95 %, largest difference in deg (frames with an angle on the page, of those in the report)"
    )
    for clip in given.clips:
        print(clip.name)
        for name, differences, seen in compare(clip, given.test):
            if len(differences):
                low, high, most = np.percentile(differences, [50, 95, 100])
                print(f"  {name}: {low:.1f}, {high:.1f}, {most:.1f} ({100 * seen:.0f} %)")


def compare(clip: Path, test: str):
    """Differences of each angle over a clip."""
    source, detector = open_source(clip), BodyPoseDetector()
    frames: list[BodyFrame] = []
    live: list[dict[str, float]] = []
    reading = None
    for frame in source.frames():
        height, width = frame.image.shape[:2]
        reading = reading or CausalReading(width, height)
        frames.append(detector.detect(frame))
        resting = frame.time_ns * 1e-9 < REST_S
        live.append(dict(reading.step(frames[-1], test, resting=resting)))
    detector.close()
    source.close()
    series = BodySeries(
        time_ns=np.array([frame.time_ns for frame in frames]),
        pose=np.stack([frame.pose for frame in frames]),
        pose_world=np.stack([frame.pose_world for frame in frames]),
        pose_visibility=np.stack([frame.pose_visibility for frame in frames]),
        people=np.array([frame.people for frame in frames]),
        width=width,
        height=height,
    )
    body = read_body(series)
    whole = measure_angles(body, body.view.near, test)
    report = {"neck": whole.neck_flexion_deg}
    for side, leg in whole.legs.items():
        report |= {
            f"raise.{side}": leg.raise_deg,
            f"knee.{side}": leg.knee_deg,
            f"ankle.{side}": leg.ankle_deg,
        }
    for name, values in report.items():
        shown = np.array([angles.get(name, np.nan) for angles in live])
        both = np.isfinite(shown) & np.isfinite(values)
        known = int(np.isfinite(values).sum())
        yield name, np.abs(shown - values)[both], both.sum() / max(known, 1)


if __name__ == "__main__":
    main()
