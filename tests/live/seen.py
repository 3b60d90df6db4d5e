"""What the real models saw in a clip, looked up by the picture: for sessions whose subject is not the models."""

from __future__ import annotations

import zlib
from dataclasses import fields, replace
from pathlib import Path

from neckrom.frames import open_source
from neckrom.landmarks.body_store import read_bodies
from neckrom.landmarks.store import read_landmarks
from neckrom.types import BodyFrame, DetectorIdentity, Frame, LandmarkFrame, LandmarkSeries


def frames_of(series: LandmarkSeries) -> list[LandmarkFrame]:
    """The landmarks of a recording, frame by frame."""
    columns = {field.name: getattr(series, field.name) for field in fields(LandmarkFrame)}
    return [
        LandmarkFrame(**{name: None if column is None else column[i] for name, column in columns.items()})
        for i in range(len(series))
    ]


class Seen:
    """Pictures of a clip and their landmarks; calling it gives a detector.

    Parameters
    ----------
    clip : Path
    landmarks : Path
        Landmark file of the same clip, with every frame.
    """

    def __init__(self, clip: Path, landmarks: Path) -> None:
        series, header = read_landmarks(landmarks)
        self.identity = header.detector
        source = open_source(clip)
        self.known = {
            zlib.crc32(frame.image): seen
            for frame, seen in zip(source.frames(), frames_of(series), strict=True)
        }
        source.close()

    def __call__(self) -> SeenDetector:
        return SeenDetector(self)


class SeenDetector:
    """Passes for the models, on pictures of this clip alone."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    @property
    def identity(self) -> DetectorIdentity:
        return self._seen.identity

    def detect(self, frame: Frame) -> LandmarkFrame:
        return replace(self._seen.known[zlib.crc32(frame.image)], time_ns=frame.time_ns)

    def close(self) -> None:
        return


class SeenBodies:
    """Pictures of a clip of a whole body and what the pose model saw in them; calling it gives a detector.

    Parameters
    ----------
    clip : Path
    landmarks : Path
        Landmark file of the same clip, with every frame.
    """

    def __init__(self, clip: Path, landmarks: Path) -> None:
        series, header = read_bodies(landmarks)
        self.identity = header.detector
        source = open_source(clip)
        self.known = {
            zlib.crc32(frame.image): BodyFrame(
                time_ns=0,
                pose=series.pose[number],
                pose_world=series.pose_world[number],
                pose_visibility=series.pose_visibility[number],
                people=int(series.people[number]),
            )
            for number, frame in enumerate(source.frames())
        }
        source.close()

    def __call__(self) -> SeenBodyDetector:
        return SeenBodyDetector(self)


class SeenBodyDetector:
    """Passes for the pose model, on pictures of this clip alone."""

    def __init__(self, seen: SeenBodies) -> None:
        self._seen = seen

    @property
    def identity(self) -> DetectorIdentity:
        return self._seen.identity

    def detect(self, frame: Frame) -> BodyFrame:
        return replace(self._seen.known[zlib.crc32(frame.image)], time_ns=frame.time_ns)

    def close(self) -> None:
        return
