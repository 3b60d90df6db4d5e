"""What it costs to store the picture of a session without x264: time, size, and where the landmarks lie.

    python benchmarks/codecs.py [CLIP] [--frames 90]

Encodes the pictures of a clip as a session does, one thread, with each of the encoders that PyAV's
wheels carry, decodes them again and looks for the face in both. Printed for each: milliseconds for a
frame, kilobytes for a second at 30 frames, and by how much the face's landmarks moved against those of
the pictures before encoding (root mean square and largest, in pixels).
"""

from __future__ import annotations

import argparse
import io
import time
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

from neckrom.frames import open_source
from neckrom.landmarks.mediapipe_engine import MediaPipeDetector
from neckrom.types import Frame

SAMPLE = Path(__file__).parents[1] / "sample_videos" / "chidi_deficit.mp4"
CODECS: dict[str, tuple[str, dict[str, str]]] = {
    "libx264, ultrafast, crf 24 (GPL)": (
        "libx264",
        {"preset": "ultrafast", "tune": "zerolatency", "crf": "24", "g": "30"},
    ),
    "mpeg4, quality 3 (FFmpeg's own)": ("mpeg4", {"qmin": "3", "qmax": "3", "g": "30"}),
    "mpeg4, quality 2 (FFmpeg's own)": ("mpeg4", {"qmin": "2", "qmax": "2", "g": "30"}),
    "mpeg4, quality 1 (FFmpeg's own)": ("mpeg4", {"qmin": "1", "qmax": "1", "g": "30"}),
    "libvpx VP8, realtime (BSD)": (
        "libvpx",
        {"deadline": "realtime", "cpu-used": "8", "crf": "12", "b": "3M", "g": "30", "lag-in-frames": "0"},
    ),
    "libvpx VP9, realtime (BSD)": (
        "libvpx-vp9",
        {"deadline": "realtime", "cpu-used": "8", "crf": "26", "b": "0", "g": "30", "lag-in-frames": "0"},
    ),
}


def encoded(frames: list[Frame], codec: str, options: dict[str, str]) -> tuple[bytes, float]:
    """The file, and seconds of processor time for a frame."""
    buffer = io.BytesIO()
    height, width = (side // 2 * 2 for side in frames[0].image.shape[:2])
    began = time.process_time()
    with av.open(buffer, "w", "matroska") as container:
        stream = container.add_stream(codec, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.thread_count = 1
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame.image[:height, :width], format="rgb24")
            picture.pts, picture.time_base = round(number * 1000 / 30), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return buffer.getvalue(), (time.process_time() - began) / len(frames)


def decoded(data: bytes) -> list[np.ndarray]:
    """Its pictures."""
    with av.open(io.BytesIO(data)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def faces(images: list[np.ndarray]) -> np.ndarray:
    """Landmarks of the face, frame by frame, in pixels."""
    detector = MediaPipeDetector()
    try:
        return np.stack(
            [
                detector.detect(Frame(number, round(number * 1e9 / 30), image)).face[:, :2]
                for number, image in enumerate(images)
            ]
        )
    finally:
        detector.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clip", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--frames", type=int, default=90)
    given = parser.parse_args()
    source = open_source(given.clip)
    frames = list(islice(source.frames(), given.frames))
    source.close()
    height, width = (side // 2 * 2 for side in frames[0].image.shape[:2])
    before = faces([frame.image[:height, :width] for frame in frames])
    print(f"{given.clip.name}, {len(frames)} frames of {width} x {height}")
    print(f"{'':34} {'ms/frame':>9} {'kB/s':>7} {'rms px':>7} {'max px':>7}")
    for name, (codec, options) in CODECS.items():
        data, seconds = encoded(frames, codec, options)
        after = faces(decoded(data))
        moved = np.linalg.norm(after - before[: len(after)], axis=-1)
        rms = float(np.sqrt(np.nanmean(moved**2)))
        size = len(data) / len(frames) * 30 / 1000
        print(f"{name:34} {1000 * seconds:9.1f} {size:7.0f} {rms:7.2f} {float(np.nanmax(moved)):7.2f}")


if __name__ == "__main__":
    main()
