"""A person at the keys of a session of nerve tests, without a page: answers what is asked, at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from neckrom.landmarks.body_engine import BodyPoseDetector
from neckrom.live.contract import Answer, Changed, Consent, Phase, Simple, State, Whose
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.nerve.protocols import LoadedNerveProtocol, NerveProtocol
from neckrom.live.playback import ClipPlayer
from neckrom.screening.safety import nerve_safety_questions

PATIENCE_S = 300.0
CHANGED_S = 3.0
"""So long after it was asked for the change is made, seen or not."""


def nerve_engine(clip: Path, folder: Path, protocol: NerveProtocol, **changes) -> LiveEngine:
    options = EngineOptions(LoadedNerveProtocol("test", "0" * 64, protocol), folder, **changes)
    return LiveEngine(ClipPlayer(clip, fast=True), BodyPoseDetector, options)


def lead_nerve(
    engine: LiveEngine,
    *,
    now_at: Callable[[State], bool],
    answer: str = "more",
    pain: str = "own",
    watch: Callable[[State], None] | None = None,
    only: str | None = None,
) -> list[State]:
    """Lead a started session to its end; one state of every phase. ``now_at`` says when something is felt.

    Positions other than ``only`` are left out.
    """
    seen: list[State] = []
    left_out = {only}
    seq, give_up, felt = -1, time.monotonic() + PATIENCE_S, None
    while True:
        assert time.monotonic() < give_up, f"the session does not get on: {seen[-1]}"
        state = engine.wait(seq, 5.0)
        seq = state.seq
        if watch is not None:
            watch(state)
        new = not seen or seen[-1].phase is not state.phase
        if new:
            seen.append(state)
        if state.phase is Phase.SAFETY and new:
            for question in nerve_safety_questions():
                engine.command(Answer(type="answer", question=question.id, answer="no"))
            engine.command(Simple(type="continue"))
        elif state.phase is Phase.CONSENT and new:
            engine.command(Consent(type="consent", video=False))
        elif state.phase is Phase.POSITION and only is not None and state.nerve.position not in left_out:
            left_out.add(state.nerve.position)
            engine.command(Simple(type="skip"))
        elif state.phase is Phase.LEAD and felt != len(seen) and now_at(state):
            felt = len(seen)
            engine.command(Simple(type="now"))
        elif state.phase is Phase.CHANGE and state.time_s - seen[-1].time_s > CHANGED_S:
            engine.command(Simple(type="continue"))
        elif state.phase is Phase.ANSWER and new:
            engine.command(Changed(type="changed", answer=answer))
        elif state.phase is Phase.WHOSE and new:
            engine.command(Whose(type="whose", pain=pain))
        elif state.phase is Phase.RESULT:
            return seen
