#!/usr/bin/env python3
"""What is lost by running the pose model on some frames only.

    python benchmarks/pose_schedule.py [CLIP ...] [--change schedule|fifteen|shifted]

Measures each clip twice and prints how far end-range values and trunk angles differ; where a truth table lies
beside the clip, also the errors of both. *schedule*: the pose on every frame, then on the schedule that ``measure``
uses. *fifteen*: on that schedule, then only fifteen times a second while the head is turned. *shifted*: on that
schedule both times, the second without the clip's first picture: what chance alone does.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.landmarks.pipeline import extract_to_file
from neckrom.landmarks.schedule import PoseSchedule
from neckrom.service import MeasureOptions, measure_quietly
from neckrom.service.analysis import Analysis
from neckrom.types import MOVEMENTS, FloatArray, Frame, FrameSource, SourceInfo
from neckrom.validation.compare import ClipComparison, compare_clip
from neckrom.validation.truth import read_truth

SAMPLES = Path(__file__).parent.parent / "sample_videos"
CLIPS = ("anna_full", "bruno_moderate", "bruno_random", "chidi_deficit", "mei_trunkcomp")


@dataclass(frozen=True, slots=True)
class Pair:
    """One clip measured both ways; the comparisons with truth are None without a truth table."""

    name: str
    every: Analysis
    scheduled: Analysis
    every_truth: ClipComparison | None
    scheduled_truth: ClipComparison | None

    def end_range_changes(self) -> FloatArray:
        """Scheduled minus every frame, one value a trial that both found in the same place."""
        changes = []
        for movement in MOVEMENTS:
            for trial in self.every.rom.of(movement):
                same = [
                    other.peak_deg - trial.peak_deg
                    for other in self.scheduled.rom.of(movement)
                    if trial.start_s <= other.peak_s <= trial.end_s and other.lower_bound == trial.lower_bound
                ]
                changes.append(same[0] if len(same) == 1 else np.nan)
        return np.array(changes)

    def frame_changes(self, name: str) -> FloatArray:
        """Sizes of scheduled minus every frame in ``neck_deg`` or ``trunk_deg``, frames that both measured."""
        change = getattr(self.scheduled.angles, name) - getattr(self.every.angles, name)
        return np.abs(change[np.isfinite(change).all(axis=1)])

    def measured_changes(self) -> int:
        """Frames that only one of the two measured."""
        return int((self.scheduled.angles.measured != self.every.angles.measured).sum())

    @property
    def pose_share(self) -> float:
        """Share of frames on which the schedule runs the pose."""
        return float(self.scheduled.landmarks.pose_ran.mean())


class Shifted:
    """A source without its first picture."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source

    @property
    def info(self) -> SourceInfo:
        """Of the whole."""
        return self._source.info

    @property
    def warnings(self) -> tuple[str, ...]:
        """Of the whole."""
        return self._source.warnings

    def frames(self) -> Iterator[Frame]:
        """All but the first."""
        frames = self._source.frames()
        next(frames)
        yield from frames

    def close(self) -> None:
        """Let go of it."""
        self._source.close()


def fifteen() -> MediaPipeDetector:
    """The detector with the pose on every second of 30 pictures while the head is turned."""
    detector = MediaPipeDetector()
    detector._face._schedule = PoseSchedule(turned_every_s=0.07)
    return detector


CHANGES = {
    "schedule": ("pose on every frame", "on schedule", partial(MediaPipeDetector, pose_every_frame=True)),
    "fifteen": ("pose on schedule", "fifteen a second when turned", MediaPipeDetector),
    "shifted": ("pose on schedule", "without the first picture", MediaPipeDetector),
}
"""What is measured first, what then, and the first detector."""


def measure_both(clip: Path, change: str) -> Pair:
    """Measure one clip both ways."""
    with tempfile.TemporaryDirectory() as folder:
        analyses = []
        for first in (True, False):
            file = Path(folder) / f"{first}.parquet"
            source = open_source(clip)
            given = Shifted(source) if change == "shifted" and not first else source
            second = fifteen if change == "fifteen" else MediaPipeDetector
            try:
                extract_to_file(given, CHANGES[change][2] if first else second, file)
            finally:
                source.close()
            analyses.append(measure_quietly(file, MeasureOptions()))
    every, scheduled = analyses
    table = clip.with_suffix(".csv")
    if not table.is_file():
        return Pair(clip.stem, every, scheduled, None, None)
    truth = read_truth(table)
    against = [compare_clip(clip.stem, item.result, item.angles, truth) for item in analyses]
    return Pair(clip.stem, every, scheduled, *against)


def summary(pairs: Sequence[Pair], change: str) -> Table:
    """One row a clip."""
    before, after, _ = CHANGES[change]
    table = Table(title=f"{after} minus {before}, degrees", title_justify="left")
    table.add_column("clip")
    for column in (
        "pose on %",
        "trials",
        "end range, mean",
        "end range, worst",
        "neck frames, p95",
        "trunk frames, p95",
        "trunk frames, worst",
        "measured by one only",
    ):
        table.add_column(column, justify="right")
    for pair in pairs:
        ends = pair.end_range_changes()
        table.add_row(
            pair.name,
            f"{100 * pair.pose_share:.0f}",
            f"{np.isfinite(ends).sum()} of {len(ends)}",
            _figure(ends, np.mean, "+.2f"),
            _figure(np.abs(ends), np.max),
            _figure(pair.frame_changes("neck_deg"), partial(np.percentile, q=95)),
            _figure(pair.frame_changes("trunk_deg"), partial(np.percentile, q=95)),
            _figure(pair.frame_changes("trunk_deg"), np.max),
            str(pair.measured_changes()),
        )
    return table


def errors(pairs: Sequence[Pair], change: str) -> Table:
    """Errors against truth, side by side."""
    before, after, _ = CHANGES[change]
    table = Table(title=f"Errors against truth, {before} → {after}, degrees", title_justify="left")
    table.add_column("clip")
    for column in ("end range, MAE", "end range, worst", "neck per frame, median", "trunk at end range, MAE"):
        table.add_column(column, justify="right")
    for pair in pairs:
        if pair.every_truth is None or pair.scheduled_truth is None:
            continue
        both = (pair.every_truth, pair.scheduled_truth)
        ends = [np.abs([trial.error_deg for trial in clip.trials]) for clip in both]
        trunk = [np.abs([trial.compensation_error_deg for trial in clip.trials]) for clip in both]
        table.add_row(
            pair.name,
            _arrow(ends, np.mean),
            _arrow(ends, np.max),
            _arrow([clip.frames.geodesic_deg for clip in both], np.median),
            _arrow(trunk, np.mean),
        )
    return table


def _arrow(values: Sequence[FloatArray], figure) -> str:
    return " → ".join(_figure(value, figure) for value in values)


def _figure(values: FloatArray, figure, form: str = ".2f") -> str:
    known = values[np.isfinite(values)]
    return format(float(figure(known)), form) if len(known) else "–"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="*", type=Path, default=[SAMPLES / f"{name}.mp4" for name in CLIPS])
    parser.add_argument("--change", choices=CHANGES, default="schedule")
    given = parser.parse_args()
    pairs = [measure_both(clip, given.change) for clip in given.clips]
    console = Console(width=150)
    console.print(summary(pairs, given.change))
    console.print(errors(pairs, given.change))


if __name__ == "__main__":
    main()
