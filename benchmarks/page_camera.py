"""A page's camera, and a phone's: how many pictures a second get through, how late, and at what cost.

    OMP_NUM_THREADS=1 python benchmarks/page_camera.py                        the page's own camera
    OMP_NUM_THREADS=1 python benchmarks/page_camera.py --source phone         over TLS, from a second page
    OMP_NUM_THREADS=1 python benchmarks/page_camera.py --encoders             JPEG against WebCodecs

Chromium's fake camera shows a sample clip (at rest, then one movement, again and again) at 30 pictures a
second; real models look at them; a second page is the phone. Everything runs on this machine: the browser's
own use of the processors is told apart, and so is how busy the machine was with other things.

Latency counts from when the browser says that the picture was taken to when the page has painted the state
that was measured in it. The end range in the report is compared with measuring the session's folder again,
with measuring what the camera showed, and with measuring the clip that it is from. How much JPEG and left-out
pictures move an end range: ``benchmarks/left_out.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.live.contract import Phase, State
from neckrom.live.engine import EngineOptions, LiveEngine
from neckrom.live.protocols import load_session_protocol
from neckrom.live.pushed import Kind, PushedSource
from neckrom.service import MeasureOptions
from neckrom.service.measure import measure_one
from neckrom.web.page_camera import PageCamera
from neckrom.web.phone_server import phone_port
from neckrom.web.server import serve
from tests.web.fake_camera import browser_with_camera, write_loop

SAMPLES = Path(__file__).parent.parent / "sample_videos"
PROTOCOL = 'version = 1\ntitle = "One"\ndirections = ["{step}"]\nwarm_ups = 0\ntrials = {trials}\n'
_TICKS = os.sysconf("SC_CLK_TCK")

KEEP = 'import("/assets/link.js").then(({ shownAt }) => { window.shownAt = shownAt; });'
SENT = 'import("/assets/camera_sender.js").then(({ sentLog }) => sentLog)'


class Watched:
    """Passes a session on, and keeps of each state that came of a new picture when that was taken (s since 1970)."""

    def __init__(self, engine: LiveEngine, source: PushedSource) -> None:
        self._engine, self._source = engine, source
        self._offset_s = time.time() - time.monotonic()
        self.taken: dict[int, float] = {}
        self.phases: dict[Phase, float] = {}
        self._last_s = -1.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def wait(self, seq: int, timeout_s: float) -> State:
        """As the engine does."""
        state = self._engine.wait(seq, timeout_s)
        begin_ns = self._source._begin_ns
        if state.time_s > self._last_s and begin_ns is not None:
            self._last_s = state.time_s
            self.taken[state.seq] = begin_ns * 1e-9 + state.time_s + self._offset_s
        self.phases.setdefault(state.phase, time.monotonic())
        return state


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--source", choices=["browser", "phone"], default="browser")
    parser.add_argument("--clip", type=Path, default=SAMPLES / "anna_full.mp4")
    parser.add_argument("--step", default="rotation_left")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--encoders", action="store_true", help="compare ways to send pictures")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="neckrom-page-camera-"))
    try:
        film = write_loop(given.clip, folder / "film.y4m", [given.step], rest_s=4.0)
        print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        if given.encoders:
            encoders(film)
        else:
            run(given, film, folder)
        print(f"load of the machine after: {os.getloadavg()[0]:.1f}")
    finally:
        shutil.rmtree(folder)


def run(given: argparse.Namespace, film: Path, folder: Path) -> None:
    """One session and its figures."""
    kind: Kind = given.source
    protocol = folder / "one.toml"
    protocol.write_text(PROTOCOL.format(step=given.step, trials=given.trials))
    source = PushedSource(kind)
    options = EngineOptions(load_session_protocol(str(protocol)), folder / "session")
    engine = LiveEngine(source, MediaPipeDetector, options)
    session = Watched(engine, source)
    camera = PageCamera(source, engine.start, size=(640, 480), fps=30)
    addresses: list[str] = []
    with ExitStack() as stack:
        phone = stack.enter_context(phone_port("127.0.0.1")) if kind == "phone" else None
        server = threading.Thread(
            target=serve,
            args=(session,),
            kwargs={"open_browser": False, "on_ready": addresses.append, "camera": camera, "phone": phone},
        )
        server.start()
        while not addresses:
            time.sleep(0.05)
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(browser_with_camera(playwright.chromium, film))
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.goto(addresses[0])
        sender = page
        if phone is not None:
            small = {"width": 390, "height": 844}
            sender = browser.new_context(viewport=small, ignore_https_errors=True).new_page()
            sender.goto(phone.access.address or "")
            sender.get_by_role("button", name="Start").click()
        shown, sent, used = look(page, sender, session)
        page.keyboard.press("e")
        page.wait_for_timeout(500)
        server.join(30)
    figures(engine, session, shown, sent, used)
    engine.close()
    compare(given, folder, film)


def look(
    page: Page, sender: Page, session: Watched
) -> tuple[dict[int, float], list[list[float]], dict[str, float]]:
    """Lead the session; when states were painted, what the sender sent, and what was used of the processors."""
    spent = Spent()
    page.wait_for_selector("body[data-phase=safety]", timeout=120_000)
    page.evaluate(KEEP)
    shown: dict[int, float] = {}
    used: dict[str, float] = {}
    since, last = time.monotonic(), None
    while (phase := session.snapshot().phase) is not Phase.RESULT:
        if phase is not last:
            last, since = phase, time.monotonic()
        if phase is Phase.SETUP and not used:
            used = {"wall": -time.monotonic(), "ours": -ours_s(), "browser": -browser_s()}
            used["looked"] = len(session.stages.latencies())
            spent.since()
        if phase is not Phase.SAVING and used.get("wall", 0) < 0:
            used |= spent.now()  # threads that measure end before the report is made
        if phase is Phase.SAVING and used.get("wall", 0) < 0:
            used["wall"] += time.monotonic()
            used["ours"] += ours_s()
            used["browser"] += browser_s()
        if phase is Phase.SAFETY:
            page.keyboard.press("Enter" if page.locator(".asked").is_visible() else "2")
        elif phase is Phase.INTRO or (phase is Phase.SETUP and time.monotonic() - since > 15):
            page.keyboard.press(
                "Enter"
            )  # the words are not timed here; a machine may be too busy for the check
        elif phase in (Phase.CONSENT, Phase.PAIN, Phase.CHIN):
            page.keyboard.press("1")
        page.wait_for_timeout(250)
        painted: list[list[float]] = page.evaluate("window.shownAt?.splice(0) ?? []")
        shown.update((int(seq), at / 1e3) for seq, at in painted)
    return shown, sender.evaluate(SENT), used


def figures(
    engine: LiveEngine,
    session: Watched,
    shown: dict[int, float],
    sent: list[list[float]],
    used: dict[str, float],
) -> None:
    """Print what was measured while the session was at work."""
    log = np.array(sent)
    span_s = (log[-1, 1] - log[0, 1]) / 1e3
    print(f"sent {len(log)} pictures in {span_s:.0f} s: {(len(log) - 1) / span_s:.1f} a second of 30")
    print(
        f"  encoding in the page: median {np.median(log[:, 2]):.1f} ms, 95 % {np.percentile(log[:, 2], 95):.1f} ms"
    )
    print(f"  {log[:, 3].mean() / 1e3:.0f} kB a picture, {log[:, 3].sum() / span_s / 1e6:.2f} MB a second")
    taken = np.array(sorted(session.taken.values()))
    setup = session.phases[Phase.SETUP] + session._offset_s
    saving = session.phases[Phase.SAVING] + session._offset_s
    at_work = taken[(taken > setup) & (taken < saving)]
    print(
        f"measured {len(at_work)} pictures in {saving - setup:.0f} s: {len(at_work) / (saving - setup):.1f} a second"
    )
    count = max(len(at_work), 1)
    names = {"ours": "neckrom (server, models, this script)", "browser": "the browser, its camera included"}
    for name, what in names.items():
        busy, each_ms = used[name] / used["wall"], 1e3 * used[name] / count
        print(f"  {what}: {busy:.2f} processors, {each_ms:.1f} ms for a picture measured")
    parts = {name: seconds for name, seconds in used.items() if name.startswith(Spent.PART)}
    for name, seconds in sorted(parts.items(), key=lambda item: -item[1]):
        if 1e3 * seconds / count >= 0.3:
            print(
                f"    {name.removeprefix(Spent.PART):<36} {1e3 * seconds / count:5.1f} ms for a picture measured"
            )
    late = [
        1e3 * (at - session.taken[seq])
        for seq, at in shown.items()
        if setup < session.taken.get(seq, 0.0) < saving
    ]
    inside = 1e3 * np.array(engine.stages.latencies())[int(used["looked"]) :]
    print_figures("from the camera to neckrom", 1e3 * np.array(session._source.ages_s)[-len(inside) :])
    print_figures("from the looking at it to the angle", inside)
    print_figures("from the camera to the angle on the page, painted", np.array(late))
    taken = engine.stages.seconds()
    models = [taken[name] for name in ("look", "find_pose", "follow") if name in taken]
    look_ms = 1e3 * np.sum([np.array(seconds)[-len(inside) :] for seconds in models], axis=0)
    print_figures("of that, the models", look_ms)


def print_figures(what: str, figures_ms: np.ndarray) -> None:
    """Median, 95 % and number."""
    if len(figures_ms):
        half, most = np.percentile(figures_ms, [50, 95])
        print(f"{what}: median {half:.0f} ms, 95 % {most:.0f} ms ({len(figures_ms)})")


def compare(given: argparse.Namespace, folder: Path, film: Path) -> None:
    """End range of the session against measuring its folder again, what the camera showed, and the clip."""

    class Silent:
        def step(self, *_: object) -> None:
            return

    live = json.loads((folder / "session" / "result.json").read_text())
    options = MeasureOptions(pictures=False)
    again = measure_one(folder / "session", folder / "again", options, Silent()).result
    clip = measure_one(given.clip, folder / "clip", options, Silent()).result
    with_rest = folder / "shown.toml"
    with_rest.write_text("version = 1\nneutral = [1.0, 3.0]\n")
    shown = measure_one(
        film, folder / "shown", MeasureOptions(pictures=False, protocol=with_rest), Silent()
    ).result
    assert again is not None and clip is not None and shown is not None
    (found,) = (item for item in live["movements"] if item["movement"] == given.step)
    peaks = [trial["peak_deg"] for trial in found["trials"]]
    second = [
        trial.peak_deg for item in again.movements if item.movement == given.step for trial in item.trials
    ]
    of_clip, of_film = (
        [trial.peak_deg for item in each.movements if item.movement == given.step for trial in item.trials]
        for each in (clip, shown)
    )
    told = [" ".join(f"{value:.1f}" for value in values) for values in (peaks, second, of_clip, of_film)]
    largest = max((abs(one - other) for one, other in zip(peaks, second, strict=True)), default=float("nan"))
    print(
        f"end range, deg: session {told[0]}; its folder measured again {told[1]} (largest difference {largest:.2f})"
    )
    print(f"  what the camera showed, every picture of it, measured: {told[3]}; the whole clip: {told[2]}")


# ------------------------------------------------------------------- the encoders

TRY = """async ([way, seconds]) => {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: 30 } });
  const video = document.createElement("video");
  video.muted = true; video.srcObject = stream; await video.play();
  const took = []; let bytes = 0, count = 0, encoder = null;
  const canvas = document.createElement("canvas"); canvas.width = 640; canvas.height = 480;
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  if (way !== "jpeg") {
    const config = { codec: way, width: 640, height: 480, bitrate: 4e6, framerate: 30, latencyMode: "realtime" };
    if (!globalThis.VideoEncoder || !(await VideoEncoder.isConfigSupported(config)).supported) return null;
    const begun = new Map();
    encoder = new VideoEncoder({ error: () => undefined, output: (chunk) => {
      bytes += chunk.byteLength; took.push(performance.now() - begun.get(chunk.timestamp)); } });
    encoder.configure(config); encoder.begun = begun;
  }
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await new Promise((next) => video.requestVideoFrameCallback(next));
    const began = performance.now(); count += 1;
    if (encoder) {
      const frame = new VideoFrame(video, { timestamp: Math.round(began * 1000) });
      encoder.begun.set(frame.timestamp, began);
      encoder.encode(frame, { keyFrame: count % 30 === 1 }); frame.close();
    } else {
      context.drawImage(video, 0, 0);
      const address = canvas.toDataURL("image/jpeg", 0.88);
      bytes += atob(address.slice(address.indexOf(",") + 1)).length; took.push(performance.now() - began);
    }
  }
  if (encoder) await encoder.flush();
  stream.getTracks().forEach((track) => track.stop());
  took.sort((a, b) => a - b);
  return { count, bytes, median: took[took.length >> 1], most: took[Math.floor(took.length * 0.95)] };
}"""


def encoders(film: Path) -> None:
    """Time, size and the browser's use of the processors for each way to send pictures."""
    with sync_playwright() as playwright, browser_with_camera(playwright.chromium, film) as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.route(
            "http://localhost/",
            lambda route: route.fulfill(body="<title>x</title>", content_type="text/html"),
        )
        page.goto("http://localhost/")
        for way in ("jpeg", "vp8", "avc1.42E01F", "vp09.00.10.08"):
            before, began = browser_s(), time.monotonic()
            found = page.evaluate(TRY, [way, 8])
            if found is None:
                print(f"{way:<14} this browser has none")
                continue
            cost = 1e3 * (browser_s() - before) / max(found["count"], 1)
            rate = found["count"] / (time.monotonic() - began)
            kb = found["bytes"] / found["count"] / 1e3
            print(
                f"{way:<14} {rate:4.1f} a second, {found['median']:5.1f} ms to encode (95 % {found['most']:.1f}),"
            )
            print(f"{'':<14} {kb:5.1f} kB, {cost:5.1f} ms of processor in the browser, its camera included")


# ------------------------------------------------------------------ processor time


def ours_s() -> float:
    """Processor seconds of this process."""
    return time.process_time()


class Spent:
    """Processor time of each thread of this process and each process of the browser since a moment."""

    PART = "of "

    def __init__(self) -> None:
        self._before: dict[tuple[str, int], float] = {}

    def since(self) -> None:
        """From now on."""
        self._before = self._all()

    def now(self) -> dict[str, float]:
        """Seconds by name, each name with ``PART`` before it."""
        found: dict[str, float] = {}
        for (name, number), seconds in self._all().items():
            key = self.PART + name
            found[key] = found.get(key, 0.0) + seconds - self._before.get((name, number), 0.0)
        return found

    @staticmethod
    def _all() -> dict[tuple[str, int], float]:
        names = {thread.native_id: thread.name for thread in threading.enumerate()}
        found: dict[tuple[str, int], float] = {}
        for entry in Path("/proc/self/task").iterdir():
            try:
                seconds = int((entry / "schedstat").read_text().split()[0]) * 1e-9
                native = (entry / "comm").read_text().split("/")[0].strip()
            except OSError:
                continue
            number = int(entry.name)
            name = names.get(number, f"{native}'s own threads").split("_")[0].split("-")[0]
            found[f"neckrom: {name}", number] = seconds
        for number, (kind, seconds) in browser_processes().items():
            found[f"browser: {kind}", number] = seconds
        return found


def browser_s() -> float:
    """Processor seconds of the browser that this script started, and of its processes."""
    return sum(seconds for _, seconds in browser_processes().values())


def browser_processes() -> dict[int, tuple[str, float]]:
    """Kind and processor seconds of each process of the browser that this script started."""
    parents: dict[int, int] = {}
    spent: dict[int, tuple[str, float]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = entry.read_text()
        except OSError:
            continue
        name = text[text.index("(") + 1 : text.rindex(")")]
        fields = text[text.rindex(")") + 2 :].split()
        number = int(entry.parent.name)
        parents[number] = int(fields[1])
        spent[number] = (name, sum(int(each) for each in fields[11:15]) / _TICKS)
    found: dict[int, tuple[str, float]] = {}
    for number, (name, seconds) in spent.items():
        above = number
        while above not in (0, 1, os.getpid()):
            above = parents.get(above, 0)
        if above == os.getpid() and number != above and name.startswith("chrom"):
            found[number] = (_kind(number), seconds)
    return found


def _kind(number: int) -> str:
    """What one of Chromium's processes is for, by its command line."""
    try:
        words = Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return "gone"
    found = re.search(r"--(?:utility-sub-)?type=([\w.-]+)", words.replace("--type=utility", ""))
    return found.group(1).split(".")[0] if found else "main"


if __name__ == "__main__":
    main()
