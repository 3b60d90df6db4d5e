"""How far the angle shown live is from the one in the report, on the same frames.

    python benchmarks/live_against_recording.py                       # the guided sample clips
    python benchmarks/live_against_recording.py CLIP_OR_LANDMARKS ...

Live, a frame is read from itself and those before it. The report knows the whole recording: it smooths both
ways and solves the points that were followed over the head. Neutral is the one that the report
found; the lens is told to neither.
"""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from neckrom.assessment.norms import load_norms
from neckrom.frames import open_source
from neckrom.kinematics.camera import pinhole
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.store import read_landmarks
from neckrom.live.orientation import CausalOrientation
from neckrom.service.analysis import Analysis, AnalysisOptions, Provenance, analyse
from neckrom.types import LandmarkFrame, LandmarkSeries

SAMPLES = Path(__file__).parents[1] / "sample_videos"
CLIPS = ("bruno_moderate", "chidi_deficit", "mei_trunkcomp", "anna_full")
PLANES = ("flexion", "side-bend", "rotation")


def recorded(path: Path, folder: Path) -> Analysis:
    """The clip, or its landmarks, measured as a recording."""
    landmarks = path
    if path.suffix != ".parquet":
        landmarks = folder / f"{path.stem}.parquet"
        source = open_source(path)
        try:
            extract_to_file(source, MediaPipeDetector, landmarks)
        finally:
            source.close()
    series, header = read_landmarks(landmarks)
    provenance = Provenance(header.source, header.detector, (), "")
    return analyse(series, provenance, AnalysisOptions(norms=load_norms("article")))


def frames_of(series: LandmarkSeries) -> list[LandmarkFrame]:
    """Frame by frame, as the detector handed them over."""
    columns = {field.name: getattr(series, field.name) for field in fields(LandmarkFrame)}
    return [
        LandmarkFrame(**{name: None if values is None else values[i] for name, values in columns.items()})
        for i in range(len(series))
    ]


def shown_live(analysis: Analysis) -> np.ndarray:
    """Neck angles as the page shows them, (N, 3); NaN until neutral is learned."""
    series, neutral = analysis.landmarks, analysis.rom.neutral
    frames = frames_of(series)
    still = (series.time_s >= neutral.start_s) & (series.time_s <= neutral.end_s)
    live = CausalOrientation(pinhole(series.width, series.height))
    live.learn([frame for frame, at_rest in zip(frames, still, strict=True) if at_rest])
    shown = np.full((len(series), 3), np.nan)
    for i in np.flatnonzero(series.time_s > neutral.end_s):
        shown[i] = live.step(frames[i]).neck_deg
    return shown


def main() -> None:
    """Print a row a clip and plane."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="*", type=Path, default=[SAMPLES / f"{name}.mp4" for name in CLIPS])
    given = parser.parse_args()
    print(
        f"{'clip':16s} {'plane':10s} {'median':>7s} {'95 %':>7s} {'largest':>8s}   degrees, live against report"
    )
    apart = []
    with TemporaryDirectory() as folder:
        for clip in given.clips:
            analysis = recorded(clip, Path(folder))
            difference = np.abs(shown_live(analysis) - analysis.angles.neck_deg)
            difference = difference[np.isfinite(difference).all(axis=1)]
            apart.append(difference)
            for plane, column in zip(PLANES, difference.T, strict=True):
                print(row(clip.stem, plane, column))
    for plane, column in zip(PLANES, np.concatenate(apart).T, strict=True):
        print(row("all", plane, column))


def row(name: str, plane: str, values: np.ndarray) -> str:
    """One line of the table."""
    return f"{name:16s} {plane:10s} {np.median(values):7.1f} {np.quantile(values, 0.95):7.1f} {values.max():8.1f}"


if __name__ == "__main__":
    main()
