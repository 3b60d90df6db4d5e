"""A clip that is short enough to be measured often."""

from __future__ import annotations

from pathlib import Path

import av

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "sample_videos" / "chidi_deficit.mp4"


def short_clip(folder: Path) -> Path:
    """The first seconds of a sample clip, made once."""
    path = folder / "short.mp4"
    if path.exists():
        return path
    with av.open(str(CLIP)) as source, av.open(str(path), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is None or packet.dts * stream.time_base > 8:
                break
            packet.stream = copy
            target.mux(packet)
    return path
