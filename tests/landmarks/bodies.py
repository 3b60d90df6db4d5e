"""Bodies of the tests: real landmarks of the samples, and ones that are made up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from neckrom.landmarks.body_store import read_bodies
from neckrom.types import BodyFrame, BodySeries, DetectorIdentity, Frame, ImageArray, SourceInfo

SAMPLES = Path(__file__).parents[2] / "sample_videos" / "bodies"
IDENTITY = DetectorIdentity("test", "1", "0" * 64, "none")
INFO = SourceInfo("clip", "clip", "f" * 64, 640, 480, 640, 480, None, 30.0)
STEP_NS = 33_333_333


@cache
def run_series() -> BodySeries:
    """Landmarks of the sample run from the side."""
    return read_bodies(SAMPLES / "run_side.landmarks.parquet")[0]


def body_frame(number: int, *, found: bool = True, x: float = 0.0) -> BodyFrame:
    """Random points, the same for the same number."""
    random = np.random.default_rng(number)
    pose = (random.normal(0, 20, (33, 3)) + np.array([300 + x, 240, 0])).astype(np.float32)
    world = random.normal(0, 0.3, (33, 3)).astype(np.float32)
    visibility = random.random(33).astype(np.float32)
    if not found:
        for values in (pose, world, visibility):
            values[:] = np.nan
    return BodyFrame(number * STEP_NS, pose, world, visibility, people=int(found))


class Pictures:
    """A source of pictures."""

    def __init__(self, pictures: list[ImageArray], info: SourceInfo = INFO) -> None:
        self.pictures = pictures
        self.info = info
        self.warnings: tuple[str, ...] = ()

    def frames(self) -> Iterator[Frame]:
        for number, image in enumerate(self.pictures):
            yield Frame(number, number * STEP_NS, image)

    def close(self) -> None:
        return


class Scripted:
    """A detector that tells which of several it is; ``fails_at`` is the number of a frame."""

    made: int = 0

    def __init__(self, fails_at: int | None = None, *, found: bool = True) -> None:
        self.number = Scripted.made
        Scripted.made += 1
        self.fails_at, self.found = fails_at, found
        self.seen: list[int] = []
        self.closed = False

    @property
    def identity(self) -> DetectorIdentity:
        return IDENTITY

    def detect(self, frame: Frame) -> BodyFrame:
        if frame.index == self.fails_at:
            raise RuntimeError("broken")
        self.seen.append(frame.index)
        return body_frame(frame.index, found=self.found)

    def close(self) -> None:
        self.closed = True
