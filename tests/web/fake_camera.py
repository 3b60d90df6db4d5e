"""Chromium's fake camera, fed from a sample clip: at rest, one movement, again and again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import av

from neckrom.live.playback import cue_file, read_cues

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
REST_S = 4.0


def write_loop(
    clip: Path, target: Path, steps: Sequence[str], rest_s: float = REST_S, shown_fps: int = 30
) -> Path:
    """Write a film (Y4M) of a person who sits still and then makes these movements; shown to and fro at its seam.

    Parameters
    ----------
    clip : Path
        With a cue file beside it.
    target : Path
    steps : sequence of str
        Beginnings of the cues' names.
    rest_s : float
        Of sitting still before each.
    shown_fps : int
        Pictures a second that the camera shows; with fewer than the clip has the person is slower.
    """
    cues = read_cues(cue_file(clip))
    neutral = next(cue for cue in cues if cue.step == "neutral")
    rest = _pictures(clip, neutral.start_s, neutral.end_s)
    fro = [*rest, *rest[-2:0:-1]]
    width, height, fps = rest[0].width, rest[0].height, 30
    with target.open("wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F{shown_fps}:1 Ip A1:1 C420jpeg\n".encode())
        for step in steps:
            cue = next(cue for cue in cues if cue.step.startswith(step))
            still = [fro[number % len(fro)] for number in range(round(rest_s * fps))]
            for picture in (*still, *_pictures(clip, cue.start_s, cue.end_s)):
                out.write(b"FRAME\n" + picture.to_ndarray().tobytes())
    return target


def _pictures(clip: Path, start_s: float, end_s: float) -> list[av.VideoFrame]:
    with av.open(str(clip)) as container:
        frames = container.decode(video=0)
        return [frame.reformat(format="yuv420p") for frame in frames if start_s <= frame.time <= end_s]


@contextmanager
def browser_with_camera(chromium, film: Path | None, *more: str, allowed: bool = True) -> Iterator[object]:
    """A browser of its own: which camera it has is said when it starts.

    Parameters
    ----------
    chromium : playwright BrowserType
    film : Path or None
        What the camera shows; a moving pattern if not given.
    allowed : bool
        Whether every page gets it without being asked.
    """
    camera = [f"--use-file-for-fake-video-capture={film}"] if film else []
    if allowed:
        camera.append("--use-fake-ui-for-media-stream")
    started = chromium.launch(
        executable_path=shutil.which("chromium"),
        args=[*FLAGS, "--use-fake-device-for-media-stream", *camera, *more],
    )
    try:
        yield started
    finally:
        started.close()
