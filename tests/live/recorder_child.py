"""Records without end, at 30 frames a second, until it is killed: ``python -m tests.live.recorder_child FOLDER``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from neckrom.landmarks.stream import StreamHeader
from neckrom.live.contract import Simple
from neckrom.live.events import UserCommand
from neckrom.live.recording import SessionRecorder
from neckrom.service.sessions import SessionInfo
from neckrom.types import N_FACE, N_POSE, DetectorIdentity, Frame, LandmarkFrame, SourceInfo

HEADER = StreamHeader(
    SourceInfo("recorded", "landmarks", "", 320, 240, 320, 240, None, None),
    DetectorIdentity("made up", "1", "0" * 64, "none"),
)
INFO = SessionInfo(
    name="recorded",
    created="2026-01-01T00:00:00+00:00",
    tool_version="0",
    source="camera 0",
    protocol="quick",
    protocol_sha256="0" * 64,
    width=320,
    height=240,
)


def landmarks(number: int, time_ns: int) -> LandmarkFrame:
    """A frame that can be told from others: every number in it is its own."""
    return LandmarkFrame(
        time_ns=time_ns,
        face=np.full((N_FACE, 3), number, dtype=np.float32),
        pose=np.full((N_POSE, 3), number, dtype=np.float32),
        pose_visibility=np.full(N_POSE, number, dtype=np.float32),
        pose_world=np.full((N_POSE, 3), number, dtype=np.float32),
        faces=1,
        pose_ran=number % 3 == 0,
    )


def main() -> None:
    recorder = SessionRecorder(Path(sys.argv[1]), INFO, HEADER)
    recorder.store_pictures()
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)
    started = time.monotonic()
    for number in range(10_000):
        time_ns = round((number + 1) * 1000 / 30) * 1_000_000
        time.sleep(max(0.0, started + time_ns * 1e-9 - time.monotonic()))
        recorder.landmarks(landmarks(number, time_ns))
        recorder.picture(Frame(number, time_ns, np.roll(noise, number, axis=1)))
        if number % 10 == 0:
            recorder.input(UserCommand(time_ns * 1e-9, Simple(type="hurts_now")))
        print(number, flush=True)


if __name__ == "__main__":
    main()
