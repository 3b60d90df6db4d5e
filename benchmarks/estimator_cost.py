"""What the points over head and chest cost: time a frame with them over the time without, in one run.

python benchmarks/estimator_cost.py                          # prints a ratio for each clip
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from neckrom.assessment.norms import load_norms
from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.store import read_landmarks
from neckrom.landmarks.tracks import PointFollower
from neckrom.service.analysis import AnalysisOptions, Provenance, analyse

SAMPLES = Path(__file__).parents[1] / "sample_videos"


class _NoPoints(PointFollower):
    """Follows nothing."""

    def follow(self, image, box):  # noqa: ARG002
        return super().follow(image, None)


def seconds(clip: Path, folder: Path, *, points: bool) -> float:
    """Time from the first frame to the angles."""
    from neckrom.landmarks import tracks  # noqa: PLC0415

    original = tracks.PointFollower
    tracks.PointFollower = original if points else _NoPoints
    out = folder / f"{clip.stem}-{points}.parquet"
    try:
        started = time.perf_counter()
        source = open_source(clip)
        extract_to_file(source, MediaPipeDetector, out)
        source.close()
        landmarks, header = read_landmarks(out)
        if not points:
            landmarks = replace(landmarks, tracks=None, chest_tracks=None)
        provenance = Provenance(header.source, header.detector, (), "")
        analyse(landmarks, provenance, AnalysisOptions(norms=load_norms("article")))
        return time.perf_counter() - started
    finally:
        tracks.PointFollower = original
        out.unlink(missing_ok=True)


def main() -> None:
    """Print the ratios; without and with alternate, the shortest of each counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="*", type=Path, default=[SAMPLES / "anna_full.mp4"])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        for clip in options.clips:
            without, with_points = [], []
            for _ in range(options.repeats):
                without.append(seconds(clip, Path(folder), points=False))
                with_points.append(seconds(clip, Path(folder), points=True))
            print(
                f"{clip.stem}: {min(without):.1f} s without, {min(with_points):.1f} s with: "
                f"{min(with_points) / min(without):.2f} times"
            )


if __name__ == "__main__":
    main()
