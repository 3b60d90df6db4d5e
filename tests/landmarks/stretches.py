"""Short stretches of the sample clips, for the real models to see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from neckrom.frames import open_source
from neckrom.types import (
    N_CHEST_TRACKS,
    N_FACE,
    N_MOTION,
    N_POSE,
    N_TRACKS,
    DetectorIdentity,
    Frame,
    ImageArray,
    LandmarkFrame,
    LandmarkSeries,
    SourceInfo,
)

SAMPLES = Path(__file__).parents[2] / "sample_videos"
SAMPLE = SAMPLES / "bruno_moderate.mp4"
IDENTITY = DetectorIdentity("test", "1", "0" * 64, "none")
INFO = SourceInfo("clip", "clip", "f" * 64, 640, 480, 1280, 960, 100, 30.0)


@dataclass
class Stretch:
    """Part of a clip as a source of its own; pictures may be changed on the way."""

    clip: Path = SAMPLE
    start_s: float = 0.0
    end_s: float = 1.5
    change: Callable[[ImageArray], ImageArray] | None = None

    def __post_init__(self) -> None:
        self._source = open_source(self.clip)
        self.warnings: tuple[str, ...] = ()

    @property
    def info(self) -> SourceInfo:
        return self._source.info

    def frames(self) -> Iterator[Frame]:
        frames = self._source.frames()
        try:
            for frame in frames:
                if frame.time_ns >= self.end_s * 1e9:
                    break
                if frame.time_ns >= self.start_s * 1e9:
                    yield self._changed(frame)
        finally:
            frames.close()

    def close(self) -> None:
        self._source.close()

    def _changed(self, frame: Frame) -> Frame:
        if self.change is None:
            return frame
        return replace(frame, image=np.ascontiguousarray(self.change(frame.image)))


def landmark_frame(number: int, seed: int = 0, **changes: object) -> LandmarkFrame:
    """A frame of random points; every seventh has no face, every third no pose."""
    random = np.random.default_rng((seed, number))
    face = random.normal(300, 50, (N_FACE, 3)).astype(np.float32)
    pose = random.normal(300, 90, (N_POSE, 3)).astype(np.float32)
    visibility = random.random(N_POSE).astype(np.float32)
    world = random.normal(0, 0.4, (N_POSE, 3)).astype(np.float32)
    if number % 7 == 6:
        face[:] = np.nan
    if number % 3 == 2:
        for values in (pose, visibility, world):
            values[:] = np.nan
    frame = LandmarkFrame(
        time_ns=33_333_333 * number,
        face=face,
        pose=pose,
        pose_visibility=visibility,
        pose_world=world,
        faces=int(number % 7 != 6),
        pose_ran=number % 3 != 2,
        motion=random.normal(0, 2, (N_MOTION, N_MOTION, 2)).astype(np.float32),
        motion_box=random.uniform(50, 300, 3).astype(np.float32),
        tracks=_tracks(random, N_TRACKS),
        chest_tracks=_tracks(random, N_CHEST_TRACKS),
    )
    return replace(frame, **changes)


def _tracks(random: np.random.Generator, rows: int) -> np.ndarray:
    """Two thirds of the rows hold a point."""
    tracks = random.uniform(0, 600, (rows, 3)).astype(np.float32)
    tracks[:, 0] = random.permutation(rows)
    tracks[random.random(rows) < 1 / 3] = np.nan
    return tracks


def series_of(frames: list[LandmarkFrame], width: int = 640, height: int = 480) -> LandmarkSeries:
    """Frames as one series."""

    def column(name: str) -> np.ndarray:
        values = [getattr(frame, name) for frame in frames]
        known = [value for value in values if value is not None]
        if len(known) == len(values):
            return np.array(values)
        empty = np.full_like(known[0], np.nan)  # points are not followed in every frame
        return np.array([empty if value is None else value for value in values])

    return LandmarkSeries(
        time_ns=column("time_ns"),
        face=column("face"),
        pose=column("pose"),
        pose_visibility=column("pose_visibility"),
        pose_world=column("pose_world"),
        faces=column("faces"),
        pose_ran=column("pose_ran"),
        width=width,
        height=height,
        motion=column("motion"),
        motion_box=column("motion_box"),
        tracks=column("tracks"),
        chest_tracks=column("chest_tracks"),
    )
