"""How much it moves an end range when a camera's pictures come as JPEG, late by some ms, or not all of them.

    OMP_NUM_THREADS=1 python benchmarks/left_out.py

A film of a sample clip (at rest, then one movement, twice) is measured as it is, and with one thing changed; the
neutral stretch and the repetitions are the same in all of them.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from neckrom.live.playback import cue_file, read_cues
from neckrom.service import MeasureOptions
from neckrom.service.measure import measure_one
from neckrom.types import ImageArray

CLIP = Path(__file__).parent.parent / "sample_videos" / "anna_full.mp4"
STEP = "rotation_left"
FPS, REST_S = 30, 4.0
NEUTRAL_S = (1.0, 3.0)
LOSSLESS = {"qp": "0", "preset": "ultrafast"}


class Silent:
    """Tells nobody how far it is."""

    def step(self, *_: object) -> None:
        """Nothing."""
        return


def main() -> None:
    """Run and print."""
    pictures = film()
    once_s = len(pictures) / 2 / FPS
    ways: dict[str, tuple[Callable[[int], bool], Callable[[ImageArray], ImageArray], float]] = {
        "as it is": (lambda _: True, lambda picture: picture, 0.0),
        "JPEG of quality 88": (lambda _: True, as_jpeg, 0.0),
        "two of three pictures": (lambda number: number % 3 != 2, lambda picture: picture, 0.0),
        "every second picture": (lambda number: number % 2 == 0, lambda picture: picture, 0.0),
        "every other second picture": (lambda number: number % 2 == 1, lambda picture: picture, 0.0),
        "every third picture": (lambda number: number % 3 == 0, lambda picture: picture, 0.0),
        "times wrong by 5 ms (SD)": (lambda _: True, lambda picture: picture, 5.0),
    }
    folder = Path(tempfile.mkdtemp(prefix="neckrom-left-out-"))
    try:
        for name, (kept, changed, jitter_ms) in ways.items():
            random = np.random.default_rng(3)
            times_ms = [1e3 * n / FPS + random.normal(0, jitter_ms) for n in range(len(pictures))]
            chosen = [(times_ms[n], changed(pictures[n])) for n in range(len(pictures)) if kept(n)]
            print(
                f"{name:<28}" + " ".join(f"{peak:6.1f}" for peak in measured(chosen, folder, once_s)),
                flush=True,
            )
    finally:
        shutil.rmtree(folder)


def film() -> list[ImageArray]:
    """At rest to and fro, then the movement; twice."""
    cues = read_cues(cue_file(CLIP))
    neutral = next(cue for cue in cues if cue.step == "neutral")
    moved = next(cue for cue in cues if cue.step.startswith(STEP))
    rest = pictures_of(neutral.start_s, neutral.end_s)
    fro = [*rest, *rest[-2:0:-1]]
    still = [fro[number % len(fro)] for number in range(round(REST_S * FPS))]
    return 2 * [*still, *pictures_of(moved.start_s, moved.end_s)]


def pictures_of(start_s: float, end_s: float) -> list[ImageArray]:
    """RGB pictures of the clip."""
    with av.open(str(CLIP)) as container:
        frames = container.decode(video=0)
        return [
            np.asarray(frame.to_ndarray(format="rgb24")) for frame in frames if start_s <= frame.time <= end_s
        ]


def as_jpeg(picture: ImageArray) -> ImageArray:
    """Compressed and unpacked, as a page's camera sends it."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))


def measured(pictures: list[tuple[float, ImageArray]], folder: Path, once_s: float) -> list[float]:
    """End ranges of both repetitions, degrees."""
    clip, protocol, results = folder / "film.mkv", folder / "protocol.toml", folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    height, width = pictures[0][1].shape[:2]
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", options=LOSSLESS)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        last = -1
        for time_ms, picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            last = max(last + 1, round(time_ms))
            frame.pts, frame.time_base = last, stream.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    lines = ["version = 1", f"neutral = {list(NEUTRAL_S)}"]
    for number in (0, 1):
        start_s, end_s = number * once_s + REST_S - 0.2, (number + 1) * once_s - 0.1
        lines += ["[[trial]]", f'movement = "{STEP}"', f"start_s = {start_s:.3f}", f"end_s = {end_s:.3f}"]
    protocol.write_text("\n".join(lines) + "\n")
    options = MeasureOptions(pictures=False, protocol=protocol)
    result = measure_one(clip, results, options, Silent()).result
    assert result is not None
    return [trial.peak_deg for item in result.movements if item.movement == STEP for trial in item.trials]


if __name__ == "__main__":
    main()
