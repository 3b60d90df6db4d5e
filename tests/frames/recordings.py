"""Recordings that the tests make themselves."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from neckrom.types import ImageArray

SAMPLES = Path(__file__).parents[2] / "sample_videos"
SAMPLE = SAMPLES / "bruno_moderate.mp4"

# display matrices (first two columns of the first two rows) and what they do to a picture
TURNS = {
    "quarter-left": ((0, -1, 1, 0), lambda image: np.rot90(image, 1)),
    "half": ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    "quarter-right": ((0, 1, -1, 0), lambda image: np.rot90(image, 3)),
    "flip-sideways": ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
    "flip-upright": ((1, 0, 0, -1), lambda image: image[::-1]),
    "transpose": ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
}


def picture(number: int, width: int = 96, height: int = 64) -> ImageArray:
    """A picture that differs in every corner, and with its number."""
    rows, columns = np.mgrid[0:height, 0:width]
    image = np.zeros((height, width, 3), dtype=np.uint8)
    image[..., 0] = 255 * columns / max(1, width - 1)
    image[..., 1] = 255 * rows / max(1, height - 1)
    image[..., 2] = 40 + 8 * (number % 24)
    image[: height // 4, : width // 4] = (250, 240, 20)
    return image


def write_clip(
    path: Path,
    pictures: Sequence[ImageArray],
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    ticks: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 1000),
    aspect: Fraction | None = None,
    matrix: tuple[int, int, int, int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    sound: bool = False,
) -> Path:
    """Encode RGB pictures; ``ticks`` are presentation times in units of ``time_base`` (else 30 a second)."""
    ticks = [round(1000 * number / 30) for number in range(len(pictures))] if ticks is None else ticks
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=30, options=options or {})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.time_base = time_base
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if matrix is not None:
            a, b, c, d = (value * 65536 for value in matrix)
            stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        track = container.add_stream("aac", rate=44100) if sound else None
        for tick, image in zip(ticks, pictures, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if track is not None:
            _write_sound(container, track)
    return path


def write_sound_only(path: Path) -> Path:
    """A recording without a picture."""
    with av.open(str(path), "w") as container:
        _write_sound(container, container.add_stream("aac", rate=44100))
    return path


def write_image(path: Path, image: ImageArray) -> Path:
    """One PNG or JPEG picture."""
    codec = "png" if path.suffix == ".png" else "mjpeg"
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    context = av.CodecContext.create(codec, "w")
    context.width, context.height = frame.width, frame.height
    context.pix_fmt = "rgb24" if codec == "png" else "yuvj444p"
    context.time_base = Fraction(1, 30)
    path.write_bytes(b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode())))
    return path


def write_folder(folder: Path, count: int, *, named: bool = False, **size: int) -> Path:
    """A folder of pictures 40 ms apart, with ``timestamps.csv`` or with times in the names."""
    folder.mkdir()
    rows = ["file,time_s,remark"]
    for number in range(count):
        name = f"frame_{40 * number:06d}ms.png" if named else f"{count - number:03d}.png"
        write_image(folder / name, picture(number, **size))
        rows.append(f"{name},{0.04 * number:.3f},x")
    if not named:
        (folder / "timestamps.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def _write_sound(container: av.container.OutputContainer, track: av.AudioStream) -> None:
    silence = np.zeros((1, 1024), dtype=np.float32)
    for block in range(40):
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44100, 1024 * block
        container.mux(track.encode(frame))
    container.mux(track.encode())
