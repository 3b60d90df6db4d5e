"""What a worse recording costs: sample clips made worse in one way at a time, and measured again.

    python benchmarks/recording_conditions.py                   # a table in Markdown; minutes
    python benchmarks/recording_conditions.py --clips anna_full

The same person and the same movement, so that the difference is the recording's alone.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

from neckrom import service
from neckrom.frames import open_source
from neckrom.result import Result
from neckrom.types import AngleSeries
from neckrom.validation.report import validate_folder
from neckrom.validation.summary import ValidationReport

SAMPLES = Path(__file__).parents[1] / "sample_videos"
CLIPS = ("anna_full", "bruno_moderate", "chidi_deficit")
_CLOCK = Fraction(1, 1_000_000)
Picture = np.ndarray


@dataclass(frozen=True)
class Variant:
    """One way to make a recording worse."""

    name: str
    every: int = 1
    crf: int = 18
    change: Callable[[Picture], Picture] | None = None


def smaller(share: float) -> Callable[[Picture], Picture]:
    """Fewer pixels."""
    return lambda picture: cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def darker(share: float, noise: float) -> Callable[[Picture], Picture]:
    """Less light, and the noise that comes with it."""
    rng = np.random.default_rng(0)

    def change(picture: Picture) -> Picture:
        dark = picture * share + rng.normal(0, noise, picture.shape)
        return np.clip(dark, 0, 255).astype(np.uint8)

    return change


VARIANTS = (
    Variant("as it is"),
    Variant("15 frames a second", every=2),
    Variant("10 frames a second", every=3),
    Variant("5 frames a second", every=6),
    Variant("320x240", change=smaller(0.5)),
    Variant("compressed (crf 32)", crf=32),
    Variant("compressed hard (crf 38)", crf=38),
    Variant("dark (a quarter of the light) and noisy", change=darker(0.25, 4.0)),
)


def write_variant(clip: Path, variant: Variant, out: Path) -> None:
    """Code the clip again; the frames that stay keep their times."""
    source = open_source(clip)
    with av.open(str(out), "w") as container:
        stream = None
        for frame in source.frames():
            if frame.index % variant.every:
                continue
            picture = frame.image if variant.change is None else variant.change(frame.image)
            if stream is None:
                stream = container.add_stream("libx264", rate=30, options={"crf": str(variant.crf)})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = _CLOCK
            video = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            video.pts, video.time_base = frame.time_ns // 1000, _CLOCK
            container.mux(stream.encode(video))
        assert stream is not None
        container.mux(stream.encode(None))
    source.close()


def measured(clips: list[str], variant: Variant) -> ValidationReport:
    """Validate the clips after they were made worse."""

    def measure(path: Path) -> tuple[Result, AngleSeries]:
        analysis = service.measure_quietly(path, service.MeasureOptions())
        return analysis.result, analysis.angles

    with TemporaryDirectory() as temporary:
        folder = Path(temporary, "clips")
        folder.mkdir()
        for name in clips:
            write_variant(SAMPLES / f"{name}.mp4", variant, folder / f"{name}.mp4")
            shutil.copy(SAMPLES / f"{name}.csv", folder)
        return validate_folder(folder, Path(temporary, "out"), measure, lambda *_: None)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", nargs="+", default=list(CLIPS))
    clips = parser.parse_args().clips
    print("| recording | end ranges measured | bias | MAE | worst | in 95 % interval |")
    print("|---|---|---|---|---|---|")
    for variant in VARIANTS:
        report = measured(clips, variant)
        row = next(row for row in report.by_movement if row.movement is None)
        found = row.accuracy
        print(
            f"| {variant.name} | {row.measured} of {row.trials} | {found.bias_deg:+.1f} | {found.mae_deg:.1f} "
            f"| {found.worst_deg:+.1f} | {row.coverage.percent:.0f} % |",
            flush=True,
        )


if __name__ == "__main__":
    main()
