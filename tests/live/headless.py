"""A person at the keys, without a page: answers what the session asks, at once.

Run as a program it leads a session from a clip until it is killed or over:
``python -m tests.live.headless CLIP LANDMARKS FOLDER [video]``; what is seen in the clip stands in LANDMARKS.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.live.contract import Chin, Consent, Pain, Phase, Simple, State
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.playback import ClipPlayer
from neckrom.live.protocols import load_session_protocol
from neckrom.types import LandmarkDetector
from tests.live.people import answers
from tests.live.seen import Seen

DetectorFactory = Callable[[], LandmarkDetector]

PATIENCE_S = 400.0


def engine_for(
    clip: Path, folder: Path, detector: DetectorFactory = MediaPipeDetector, *, fast: bool = True
) -> LiveEngine:
    options = EngineOptions(load_session_protocol("quick"), folder)
    return LiveEngine(ClipPlayer(clip, fast=fast), detector, options)


def lead(
    engine: LiveEngine, *, video: bool = False, watch: Callable[[State], None] | None = None
) -> list[State]:
    """Lead a started session to its end; one state of every phase."""
    seen: list[State] = []
    seq = -1
    give_up = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < give_up, f"the session does not get on: {seen[-1]}"
        state = engine.wait(seq, 5.0)
        seq = state.seq
        if watch is not None:
            watch(state)
        if not seen or seen[-1].phase is not state.phase or seen[-1].pain_asked is not state.pain_asked:
            seen.append(state)
            press(engine, state, video=video)
        if state.phase is Phase.RESULT:
            return seen


def press(engine: LiveEngine, state: State, *, video: bool) -> None:
    if state.phase is Phase.SAFETY:
        for command in answers():
            engine.command(command)
        engine.command(Simple(type="continue"))
    elif state.phase is Phase.CONSENT:
        engine.command(Consent(type="consent", video=video))
    elif state.phase is Phase.PAIN and state.pain_asked is not None:
        engine.command(Pain(type="pain", movement=state.pain_asked, score=2))
    elif state.phase is Phase.CHIN:
        engine.command(Chin(type="chin", fingers=1))


def main() -> None:
    clip, landmarks, folder = (Path(argument) for argument in sys.argv[1:4])
    # at a camera's pace: what a kill may cost is counted in seconds of the clock
    engine = engine_for(clip, folder, Seen(clip, landmarks), fast=False)
    engine.start()

    def tell(state: State) -> None:
        done = sum(trial.status == "done" for trial in state.progress)
        print(f"{state.time_s} {state.phase.value} {done}", flush=True)

    lead(engine, video="video" in sys.argv, watch=tell)
    engine.close()


if __name__ == "__main__":
    main()
