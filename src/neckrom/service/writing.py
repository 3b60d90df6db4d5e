"""Write what was measured into a folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neckrom.frames import grab_frames, open_source
from neckrom.messages import Messages, load_messages
from neckrom.service.analysis import Analysis
from neckrom.service.options import MeasureOptions
from neckrom.types import Frame, Movement, SourceInfo, Trial

if TYPE_CHECKING:
    from neckrom.report import EndRangePicture

log = logging.getLogger(__name__)

ALONGSIDE_NS = 500_000_000
"""A video may go on for a moment after the last frame that was looked at."""

Tell = Callable[[str, int, int | None], None]
"""Called with the name of a step, how much of it is done and how much there is."""


@dataclass(frozen=True, slots=True)
class ClipClock:
    """How a clip's own times stand to those of the landmarks.

    Attributes
    ----------
    start_ns : int
        Time of the landmarks at which the clip begins.
    times_ns : tuple of int
        Of the clip's pictures, in its own time: the nearest one stands for a frame whose picture was
        not stored. Empty where the clip has a picture for every frame.
    """

    start_ns: int = 0
    times_ns: tuple[int, ...] = ()

    def in_clip(self, times_ns: list[int]) -> list[int]:
        """Times of the pictures that show these frames."""
        if not self.times_ns:
            return [time_ns - self.start_ns for time_ns in times_ns]
        stored = np.asarray(self.times_ns, dtype=np.int64)
        return [int(stored[np.abs(stored + self.start_ns - time_ns).argmin()]) for time_ns in times_ns]


SAME_CLOCK = ClipClock()


def write_results(
    folder: Path,
    analysis: Analysis,
    clip: Path | None,
    options: MeasureOptions,
    tell: Tell,
    *,
    clock: ClipClock = SAME_CLOCK,
    opened: SourceInfo | None = None,
) -> None:
    """Write result, tables, report and overlay.

    Parameters
    ----------
    folder : Path
        Exists; nothing in it is replaced.
    analysis : Analysis
    clip : Path or None
        Where pictures can be had; None where landmarks were replayed.
    options : MeasureOptions
    tell : callable
    clock : ClipClock
        For clips whose times are not those of the landmarks.
    opened : SourceInfo, optional
        How the clip was turned and which of its tracks was measured: its pictures are taken in the same way.
    """
    from neckrom.report import write_pictures, write_report  # noqa: PLC0415  (matplotlib is slow to load)
    from neckrom.report.tables import write_angles_csv, write_summary_csv  # noqa: PLC0415

    tell("report", 0, 3)
    (folder / "result.json").write_text(analysis.result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_angles_csv(folder / "angles.csv", analysis.angles, analysis.rom)
    write_summary_csv(folder / "summary.csv", analysis.result)
    tell("report", 1, 3)
    texts = load_messages(options.language)
    wanted = options.pictures and clip is not None
    pictures = _pictures(analysis, clip, clock, texts, opened) if wanted and clip is not None else {}
    write_pictures(folder, pictures)
    tell("report", 2, 3)
    write_report(folder, analysis.result, analysis.angles, analysis.rom, pictures, language=options.language)
    tell("report", 3, 3)
    if options.overlay and options.pictures:
        _overlay(folder / "overlay.mp4", analysis, clip, clock, tell, texts=texts, opened=opened)


def _pictures(
    analysis: Analysis, clip: Path, clock: ClipClock, texts: Messages, opened: SourceInfo | None
) -> dict[Movement, EndRangePicture]:
    """The frame at the end range of the best trial of each movement."""
    from neckrom.report import draw_end_range  # noqa: PLC0415

    best = _best_trials(analysis)
    times_s = analysis.angles.time_s
    frames = [int(abs(times_s - trial.peak_s).argmin()) for trial in best.values()]
    grabbed = grab_frames(
        clip,
        clock.in_clip([int(analysis.landmarks.time_ns[frame]) for frame in frames]),
        **_as_opened(opened),
    )
    return {
        movement: draw_end_range(
            replace(picture, time_ns=picture.time_ns + clock.start_ns),
            trial,
            analysis.landmarks,
            analysis.orientation,
            analysis.camera,
            mirrored=analysis.result.clip.mirrored,
            texts=texts,
        )
        for (movement, trial), picture in zip(best.items(), grabbed, strict=True)
    }


def _best_trials(analysis: Analysis) -> dict[Movement, Trial]:
    best: dict[Movement, Trial] = {}
    for trial in analysis.rom.trials:
        if trial.movement not in best or trial.peak_deg > best[trial.movement].peak_deg:
            best[trial.movement] = trial
    return best


def _measured_part(frames: Iterator[Frame], analysis: Analysis, clock: ClipClock) -> Iterator[Frame]:
    """Frames in the time of the landmarks, without those of other parts of the recording."""
    times_ns = analysis.landmarks.time_ns
    first_ns, last_ns = int(times_ns[0]) - ALONGSIDE_NS, int(times_ns[-1]) + ALONGSIDE_NS
    for frame in frames:
        time_ns = frame.time_ns + clock.start_ns
        if first_ns <= time_ns <= last_ns:
            yield replace(frame, time_ns=time_ns)


def _as_opened(opened: SourceInfo | None) -> dict[str, Any]:
    return {} if opened is None else {"turned_deg": opened.turned_deg, "track": opened.track}


def _overlay(
    path: Path,
    analysis: Analysis,
    clip: Path | None,
    clock: ClipClock,
    tell: Tell,
    *,
    texts: Messages,
    opened: SourceInfo | None,
) -> None:
    if clip is None:
        log.warning("No overlay: landmarks are replayed, so there are no pictures.")
        return
    from neckrom.report.overlay import write_overlay  # noqa: PLC0415

    source = open_source(clip, **_as_opened(opened))
    try:
        write_overlay(
            path,
            _measured_part(source.frames(), analysis, clock),
            analysis.landmarks,
            analysis.orientation,
            analysis.angles,
            analysis.rom,
            progress=lambda done, total: tell("overlay", done, total),
            camera=analysis.camera,
            mirrored=analysis.result.clip.mirrored,
            texts=texts,
        )
    finally:
        source.close()
