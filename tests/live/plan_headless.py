"""A person at the keys of the session of a plan, without a page, before a rendered clip that plays the camera."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from neckrom.landmarks.body_engine import BodyPoseDetector
from neckrom.live.contract import Answer, Consent, Level, Phase, Simple, State, Stop, Whose
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.playback import ClipPlayer
from neckrom.plans.plan_file import load_plan

CLIP = Path(__file__).parent / "clips" / "leg_raise.mp4"
CUES = """start_s,end_s,step
0.0,0.5,neutral
0.5,3.3,slr:left:1
6.97,8.9,slr:left:1:back
0.5,3.3,slr:left:2
6.97,8.9,slr:left:2:back
0.5,2.02,slr:left:3
7.8,8.9,slr:left:3:back
"""
PLAN = """version = 1
title = "Two to the mark"
test = "slr"
chosen_by = "runner"
sides = ["left"]
source = "the article"
repetitions = { value = 2, source = "clinician" }
out_s = { value = 2, source = "clinician" }
below_symptom_deg = { value = 14, source = "clinician" }
retest_days = { value = 10, source = "clinician" }
"""
PATIENCE_S = 300.0


def plan_engine(place: Path, folder: Path, *, plan: str = PLAN, cues: str = CUES) -> LiveEngine:
    """An engine with a plan of its own and a clip that answers it; both are put into ``place``."""
    clip = place / "leg_raise.mp4"
    shutil.copyfile(CLIP, clip)
    clip.with_name("leg_raise.cues.csv").write_text(cues, encoding="utf-8")
    (place / "two.toml").write_text(plan, encoding="utf-8")
    options = EngineOptions(load_plan(str(place / "two.toml")), folder, record=False)
    return LiveEngine(ClipPlayer(clip, fast=True), BodyPoseDetector, options)


def lead_plan(
    engine: LiveEngine,
    *,
    whose: str = "own",
    levels: tuple[int, int] = (4, 2),
    stop_at: Callable[[State], bool] | None = None,
    watch: Callable[[State], None] | None = None,
) -> list[State]:
    """Lead a started session to its end; one state of every phase."""
    seen: list[State] = []
    seq, give_up, felt = -1, time.monotonic() + PATIENCE_S, None
    asked = iter(levels)
    while True:
        assert time.monotonic() < give_up, f"the session does not get on: {seen[-1]}"
        state = engine.wait(seq, 5.0)
        seq = state.seq
        if watch is not None:
            watch(state)
        new = not seen or seen[-1].phase is not state.phase
        if new:
            seen.append(state)
        if stop_at is not None and stop_at(state) and state.stop_reason is None:
            engine.command(Stop(type="stop", reason="pain"))
        elif state.phase is Phase.STOPPED and new:
            engine.command(Simple(type="finish"))
        elif state.phase is Phase.SAFETY and new:
            for question in state.questions:
                engine.command(Answer(type="answer", question=question.id, answer="no"))
            engine.command(Simple(type="continue"))
        elif state.phase is Phase.CONSENT and new:
            engine.command(Consent(type="consent", video=False))
        elif state.phase is Phase.LEVEL and new:
            engine.command(Level(type="level", score=next(asked)))
        elif state.phase is Phase.LEAD and felt != len(seen) and held(state):
            felt = len(seen)
            engine.command(Simple(type="now"))
        elif state.phase is Phase.WHOSE and new:
            engine.command(Whose(type="whose", pain=whose))
        elif state.phase is Phase.RESULT:
            return seen


def held(state: State) -> bool:
    """At the top of the raise, where the clip holds the leg."""
    said = state.nerve.angle_said.strip("°")
    return said.isdigit() and int(said) >= 50
