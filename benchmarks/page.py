"""From the arrival of a frame to its angle on the page, in a real browser.

    OMP_NUM_THREADS=1 python benchmarks/page.py                one quick session in real time
    OMP_NUM_THREADS=1 python benchmarks/page.py --view clinician

A clip plays the camera at its own speed; Chromium, without a screen, shows the page. The browser runs on
the same cores: on a quiet machine of two, the figures are those of somebody who sits in front of it.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.live.contract import Phase, State
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.playback import ClipPlayer
from neckrom.live.protocols import load_session_protocol
from neckrom.web.access import Access
from neckrom.web.live_page import PREFIX
from neckrom.web.server import listening, live_app, run_app

SAMPLES = Path(__file__).parent.parent / "sample_videos"

KEEP = """
import("/assets/link.js").then(({ shownAt }) => { window.shownAt = shownAt; });
"""


class Arrivals:
    """Passes a session on, and keeps when the frame of each state had arrived (seconds since 1970)."""

    def __init__(self, engine: LiveEngine) -> None:
        self._engine = engine
        self._offset_s = time.time() - time.monotonic()
        self.arrived: dict[int, float] = {}
        self._last = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def wait(self, seq: int, timeout_s: float) -> State:
        """As the engine does."""
        state = self._engine.wait(seq, timeout_s)
        measured = self._engine._measured
        if measured is not None and measured.arrived_s != self._last:
            self._last = measured.arrived_s
            self.arrived[state.seq] = measured.arrived_s + self._offset_s
        return state


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clip", type=Path, default=SAMPLES / "anna_protocol.mp4")
    parser.add_argument("--protocol", default="quick")
    parser.add_argument("--view", choices=["person", "clinician"], default="person")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="neckrom-page-"))
    engine = LiveEngine(
        ClipPlayer(given.clip, fast=False),
        MediaPipeDetector,
        EngineOptions(load_session_protocol(given.protocol), folder / "session"),
    )
    engine.start()
    session = Arrivals(engine)
    try:
        with listening(None) as listener:
            access = Access(listener.getsockname()[1])
            app, _ = live_app(session, access, "en")
            end = threading.Event()
            server = threading.Thread(target=run_app, args=(app, listener, lambda: None, end.is_set))
            server.start()
            shown = look(access.address(PREFIX) + f"&view={given.view}", session)
            end.set()
            server.join()
    finally:
        engine.close()
        shutil.rmtree(folder)
    figures = [1e3 * (at - session.arrived[seq]) for seq, at in shown.items() if seq in session.arrived]
    inside = 1e3 * np.array(engine.stages.latencies())
    print_figures("from arrival to the session's state", inside)
    print_figures("from arrival to the page, painted", np.array(figures))


def look(address: str, session: Arrivals) -> dict[int, float]:
    """Lead a session by keyboard; when each state was painted, seconds since 1970."""
    shown: dict[int, float] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(address)
        page.wait_for_selector(".question")
        page.evaluate(KEEP)
        while (phase := session.snapshot().phase) is not Phase.RESULT:
            press(page, phase)
            page.wait_for_timeout(250)
            painted: list[list[float]] = page.evaluate("window.shownAt?.splice(0) ?? []")
            shown.update((int(seq), at / 1e3) for seq, at in painted)
        browser.close()
    return shown


def press(page: Page, phase: Phase) -> None:
    """Answer what is asked."""
    if phase is Phase.SAFETY:
        page.keyboard.press("Enter" if page.locator(".asked").is_visible() else "2")
    elif phase in (Phase.CONSENT, Phase.PAIN, Phase.CHIN):
        page.keyboard.press("1")


def print_figures(what: str, values: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    """Median, 95th percentile, largest."""
    print(
        f"{what}: median {np.median(values):.0f} ms, 95 % under {np.percentile(values, 95):.0f} ms, "
        f"largest {values.max():.0f} ms ({len(values)} states)"
    )


if __name__ == "__main__":
    main()
