"""``overlay.mp4`` of a run: the clip with skeleton, contacts and plumb line drawn in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from neckrom.body import Body, Side, read_body
from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report import marks
from neckrom.report.bodies.pictures import LEG_COLOURS, up_of
from neckrom.report.overlay import Progress, write_drawn
from neckrom.running.curves import Curves
from neckrom.running.result import RunResult
from neckrom.saying import figures
from neckrom.types import BodySeries, FloatArray, Frame, ImageArray

_SIDES: tuple[Side, Side] = ("left", "right")
_LEG = ("hip", "knee", "ankle", "heel", "toe", "ankle")
_ARM = ("shoulder", "elbow", "wrist")
_SMALLEST_WIDTH = 480


def write_run_overlay(
    path: Path,
    frames: Iterable[Frame],
    series: BodySeries,
    result: RunResult,
    curves: Curves | None = None,
    *,
    clip: int = 0,
    progress: Progress | None = None,
    texts: Messages | None = None,
) -> None:
    """Write the clip as H.264 with each leg in its colour, the feet on the ground ringed, and the plumb line.

    Parameters
    ----------
    path : Path
    frames : iterable of Frame
        The clip again, in time order.
    series : BodySeries
        A frame shows the row nearest in time.
    result : RunResult
    curves : Curves, optional
        For trunk lean and head in the strip below the picture.
    clip : int
        Which of the result's clips it is.
    progress : callable, optional
    texts : Messages, optional
        English if not given.

    Raises
    ------
    OutputError
        If the file cannot be written; nothing is left behind then.
    """
    recording = result.clips[clip]
    slower = 1.0 if recording.true_fps is None else recording.true_fps / max(recording.clip.fps, 1e-9)
    artist = _Artist(
        series,
        read_body(series),
        tuple(
            (
                step.foot,
                slower * step.contact_s,
                slower * (step.off_s if step.off_s is not None else step.contact_s),
            )
            for step in result.steps
            if step.clip == clip
        ),
        recording.camera.roll_deg or 0.0,
        curves,
        slower,
        texts or load_messages(FALLBACK),
    )
    mirrored = recording.clip.mirrored
    drawn = (
        (artist.draw(frame.image[:, ::-1] if mirrored else frame.image, frame.time_ns), frame.time_ns)
        for frame in frames
    )
    write_drawn(path, drawn, len(series), progress)


@dataclass(frozen=True, slots=True)
class _Artist:
    """Draws one frame after the other; ``stances`` are foot, contact and off in the clip's own time."""

    series: BodySeries
    body: Body
    stances: tuple[tuple[Side, float, float], ...]
    roll_deg: float
    curves: Curves | None
    slower: float
    words: Messages

    def draw(self, image: ImageArray, time_ns: int) -> ImageArray:
        row = marks.nearest_row(self.series.time_ns, time_ns)
        zoom = max(1.0, _SMALLEST_WIDTH / image.shape[1])
        width, height = round(image.shape[1] * zoom), round(image.shape[0] * zoom)
        picture = Image.fromarray(np.ascontiguousarray(image))
        if zoom > 1:
            picture = picture.resize((width, height), Image.Resampling.BICUBIC)
        size = max(14, round(min(width, 1.4 * height) / 28))
        strip = round(3.6 * size)
        sheet = Image.new("RGB", (width + width % 2, height + strip + (height + strip) % 2), marks.PANEL)
        sheet.paste(picture, (0, 0))
        draw = ImageDraw.Draw(sheet)
        self._draw_body(draw, row, width / self.series.width, time_ns * 1e-9)
        draw.rectangle((0, height, *sheet.size), fill=marks.PANEL)
        self._draw_words(draw, time_ns * 1e-9, top=height, size=size)
        return np.asarray(sheet, dtype=np.uint8)

    def _point(self, name: str, side: Side, row: int, scale: float) -> FloatArray:
        return np.asarray(self.body.point(name, side)[row] * scale)

    def _draw_body(self, draw: ImageDraw.ImageDraw, row: int, scale: float, time_s: float) -> None:
        line = max(2, round(3 * scale))
        trunk = [np.asarray(self.body.middle(name)[row] * scale) for name in ("hip", "shoulder")]
        near = self.body.view.near
        ear = self.body.middle("ear")[row] if near is None else self.body.point("ear", near)[row]
        _path(draw, [*trunk, np.asarray(ear * scale)], marks.WHITE, line)
        for side in _SIDES:
            colour = LEG_COLOURS[side]
            _path(draw, [self._point(name, side, row, scale) for name in _LEG], colour, line)
            _path(draw, [self._point(name, side, row, scale) for name in _ARM], colour, max(1, line - 1))
        hip = trunk[0]
        if np.isfinite(hip).all():
            top = hip + 1.7 * self.body.scale_px * scale * up_of(self.roll_deg)
            if np.isfinite(top).all():
                marks.dashed(draw, _place(hip), _place(top), max(1, line - 1), marks.YELLOW)
        for foot in self._on_ground(time_s):
            middle = 0.5 * (self._point("heel", foot, row, scale) + self._point("toe", foot, row, scale))
            if np.isfinite(middle).all():
                x, y = _place(middle)
                radius = 0.28 * self.body.scale_px * scale
                draw.ellipse(
                    (x - radius, y - radius, x + radius, y + radius), outline=LEG_COLOURS[foot], width=line
                )

    def _on_ground(self, time_s: float) -> list[Side]:
        return [foot for foot, contact, off in self.stances if contact <= time_s <= off]

    def _draw_words(self, draw: ImageDraw.ImageDraw, time_s: float, *, top: int, size: int) -> None:
        margin, width = size // 2, draw.im.size[0]
        first, second = top + round(0.4 * size), top + round(2.0 * size)
        said = [
            self.words.text("run.overlay.contact", side=f"side.{foot}") for foot in self._on_ground(time_s)
        ]
        title = ", ".join(said) or figures.NONE
        draw.text((margin, first), title, font=marks.font(size, bold=True), fill=marks.WHITE)
        clock = figures.seconds(time_s, self.words)
        draw.text((width - margin, first), clock, font=marks.font(size), fill=marks.WHITE, anchor="ra")
        names = (("trunk_lean_deg", "run.overlay.trunk"), ("ear_shoulder_deg", "run.overlay.head"))
        told = [
            self.words.text(key, angle=figures.signed(value))
            for column, key in names
            if (value := self._value(column, time_s)) is not None
        ]
        draw.text((margin, second), "   ".join(told), font=marks.font(size), fill=marks.YELLOW)

    def _value(self, column: str, time_s: float) -> float | None:
        values = None if self.curves is None else self.curves.columns.get(column)
        if values is None or self.curves is None or not len(values):
            return None
        at = int(np.abs(self.curves.time_s * self.slower - time_s).argmin())
        return float(values[at]) if np.isfinite(values[at]) else None


def _place(point: FloatArray) -> marks.Point:
    return float(point[0]), float(point[1])


def _path(
    draw: ImageDraw.ImageDraw, points: list[FloatArray], colour: tuple[int, int, int], width: int
) -> None:
    """Lines from point to point; where one was not seen, there is a gap."""
    for start, end in pairwise(points):
        if np.isfinite([start, end]).all():
            ends = [_place(start), _place(end)]
            draw.line(ends, fill=marks.BLACK, width=width + 2)
            draw.line(ends, fill=colour, width=width)
