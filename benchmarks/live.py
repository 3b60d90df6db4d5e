"""How a guided session keeps up: time of every stage, cores, latency, memory.

    OMP_NUM_THREADS=1 python benchmarks/live.py                      one session in real time
    OMP_NUM_THREADS=1 python benchmarks/live.py --minutes 10         the same, held for ten minutes
    OMP_NUM_THREADS=1 python benchmarks/live.py --video              with the picture stored
    OMP_NUM_THREADS=1 python benchmarks/live.py --accuracy           against measuring its recording

A clip plays the camera at its own speed, as ``neckrom live --source`` does; nobody looks at the page.
Run it on a quiet machine: the clip's decoding is in the figures, the browser is not.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import numpy as np

from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.live.contract import Answer, Chin, Consent, Pain, Phase, Redo, Simple, State
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.playback import ClipPlayer
from neckrom.live.protocols import load_session_protocol
from neckrom.screening.safety import safety_questions
from neckrom.service import MeasureOptions
from neckrom.service.measure import measure_one
from neckrom.types import MOVEMENTS

SAMPLES = Path(__file__).parent.parent / "sample_videos"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clip", type=Path, default=SAMPLES / "anna_protocol.mp4")
    parser.add_argument("--protocol", default="full")
    parser.add_argument("--minutes", type=float, default=0.0, help="go on until so long has passed")
    parser.add_argument("--video", action="store_true", help="store the picture")
    parser.add_argument("--fast", action="store_true", help="as fast as it can be measured")
    parser.add_argument("--accuracy", action="store_true", help="compare with measuring the recording")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="neckrom-live-"))
    try:
        run(given, folder)
    finally:
        shutil.rmtree(folder)


def run(given: argparse.Namespace, folder: Path) -> None:
    """One session and its figures."""
    engine = LiveEngine(
        ClipPlayer(given.clip, fast=given.fast),
        MediaPipeDetector,
        EngineOptions(load_session_protocol(given.protocol), folder / "session"),
    )
    engine.start()
    started, cpu = time.monotonic(), time.process_time()
    memory: list[tuple[float, float]] = []
    frames = 0.0

    def watch(state: State) -> None:
        nonlocal frames
        passed = time.monotonic() - started
        if not memory or passed - memory[-1][0] >= 1.0:
            memory.append((passed, resident_mb()))
        frames = state.time_s

    lead(engine, video=given.video, until=started + 60 * given.minutes, watch=watch)
    wall, cpu = time.monotonic() - started, time.process_time() - cpu
    print_stages(engine)
    latencies = np.array(engine.stages.latencies()) * 1e3
    count = len(latencies)
    print(f"frames {count} in {wall:.1f} s: {count / wall:.1f} a second; session time {frames:.1f} s")
    print(f"cores busy {cpu / wall:.2f} ({1e3 * cpu / count:.1f} ms of processor a frame)")
    print(f"frame to angle: median {np.median(latencies):.0f} ms, 95 % {np.percentile(latencies, 95):.0f} ms")
    print_memory(memory)
    finish(engine)
    if given.accuracy:
        print_accuracy(folder)
    engine.close()


def lead(engine: LiveEngine, *, video: bool, until: float, watch: Callable[[State], None]) -> None:
    """Answer at once; repetitions are done again until the time is over."""
    seq, last = -1, None
    again = cycle(MOVEMENTS)
    while True:
        state = engine.wait(seq, 5.0)
        seq = state.seq
        watch(state)
        if (state.phase, state.pain_asked) != last:
            last = (state.phase, state.pain_asked)
            done = all(trial.status not in ("to_come", "now") for trial in state.progress)
            if state.phase is Phase.PAIN and done and time.monotonic() < until:
                engine.command(Redo(type="redo", movement=next(again), trial=1))
            else:
                press(engine, state, video=video)
        if state.phase in (Phase.SAVING, Phase.RESULT):
            return


def press(engine: LiveEngine, state: State, *, video: bool) -> None:
    """What a person would press."""
    if state.phase is Phase.SAFETY:
        for question in safety_questions():
            engine.command(Answer(type="answer", question=question.id, answer="no"))
        engine.command(Simple(type="continue"))
    elif state.phase is Phase.CONSENT:
        engine.command(Consent(type="consent", video=video))
    elif state.phase is Phase.PAIN and state.pain_asked is not None:
        engine.command(Pain(type="pain", movement=state.pain_asked, score=1))
    elif state.phase is Phase.CHIN:
        engine.command(Chin(type="chin", fingers=1))


def finish(engine: LiveEngine) -> None:
    """Wait for the report."""
    state, started = engine.snapshot(), time.monotonic()
    while state.phase is not Phase.RESULT:
        state = engine.wait(state.seq, 5.0)
    print(f"saved and reported in {time.monotonic() - started:.1f} s")


def print_stages(engine: LiveEngine) -> None:
    """Mean and 95 % of every stage."""
    print("stage    frames   mean ms   95 % ms")
    for stage, seconds in engine.stages.seconds().items():
        taken = np.array(seconds) * 1e3
        print(f"{stage:<8} {len(taken):6d} {taken.mean():9.2f} {np.percentile(taken, 95):9.2f}")


def print_memory(memory: list[tuple[float, float]]) -> None:
    """Resident memory and its slope after the first minute, when everything has started."""
    later = np.array([point for point in memory if point[0] >= min(60.0, memory[-1][0] / 2)])
    slope = np.polyfit(later[:, 0] / 60, later[:, 1], 1)[0] if len(later) > 2 else float("nan")
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory {memory[-1][1]:.0f} MB, highest {highest:.0f} MB, slope {slope:+.2f} MB a minute")


def resident_mb() -> float:
    """Of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def print_accuracy(folder: Path) -> None:
    """End range: at capture, in the session's report, and measured again from its folder."""

    class Silent:
        def step(self, *_: object) -> None:
            return

    session = folder / "session"
    live = json.loads((session / "result.json").read_text())
    summary = json.loads((session / "session.json").read_text())["summary"]
    again = measure_one(session, folder / "again", MeasureOptions(pictures=False), Silent()).result
    assert again is not None
    print(
        "movement          shown at capture       in the report          measured again   largest difference"
    )
    for movement, repeated in zip(live["movements"], again.movements, strict=True):
        name = movement["movement"]
        shown = [
            r["peak_deg"]
            for r in summary["repetitions"]
            if r["step"].startswith(f"{name}:trial") and "peak_deg" in r
        ]
        final = [trial["peak_deg"] for trial in movement["trials"]]
        second = [trial.peak_deg for trial in repeated.trials]
        cells = [" ".join(f"{value:5.1f}" for value in values) for values in (shown, final, second)]
        difference = max((abs(a - b) for a, b in zip(final, second, strict=True)), default=0.0)
        causal = max((abs(a - b) for a, b in zip(shown, final, strict=False)), default=0.0)
        print(
            f"{name:<16} {cells[0]:<22} {cells[1]:<22} {cells[2]:<16} {difference:.2f} (at capture {causal:.1f})"
        )


if __name__ == "__main__":
    main()
