"""Write what was measured into a folder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from neckrom.frames import grab_frames, open_source
from neckrom.service.analysis import Analysis
from neckrom.service.options import MeasureOptions
from neckrom.types import Movement, Trial

if TYPE_CHECKING:
    from neckrom.report import EndRangePicture

log = logging.getLogger(__name__)

Tell = Callable[[str, int, int | None], None]
"""Called with the name of a step, how much of it is done and how much there is."""

PictureTimes = Callable[[list[int]], list[int]]
"""From times of landmarks to the times of the clip's pictures that show them, ns."""


def _same_times(times_ns: list[int]) -> list[int]:
    return times_ns


def write_results(
    folder: Path,
    analysis: Analysis,
    clip: Path | None,
    options: MeasureOptions,
    tell: Tell,
    *,
    picture_times: PictureTimes = _same_times,
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
    picture_times : callable
        For clips whose times are not those of the landmarks.
    """
    from neckrom.report import write_report  # noqa: PLC0415  (matplotlib and reportlab are slow to load)
    from neckrom.report.tables import write_angles_csv, write_summary_csv  # noqa: PLC0415

    tell("report", 0, 3)
    (folder / "result.json").write_text(analysis.result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_angles_csv(folder / "angles.csv", analysis.angles, analysis.rom)
    write_summary_csv(folder / "summary.csv", analysis.result)
    tell("report", 1, 3)
    pictures = _pictures(analysis, clip, picture_times) if options.pictures and clip is not None else {}
    tell("report", 2, 3)
    write_report(folder, analysis.result, analysis.angles, analysis.rom, pictures)
    tell("report", 3, 3)
    if options.overlay and options.pictures:
        _overlay(folder / "overlay.mp4", analysis, clip, tell)


def _pictures(analysis: Analysis, clip: Path, picture_times: PictureTimes) -> dict[Movement, EndRangePicture]:
    """The frame at the end range of the best trial of each movement."""
    from neckrom.report import draw_end_range  # noqa: PLC0415

    best = _best_trials(analysis)
    times_s = analysis.angles.time_s
    frames = [int(abs(times_s - trial.peak_s).argmin()) for trial in best.values()]
    grabbed = grab_frames(clip, picture_times([int(analysis.landmarks.time_ns[frame]) for frame in frames]))
    return {
        movement: draw_end_range(
            picture,
            trial,
            analysis.landmarks,
            analysis.orientation,
            analysis.camera,
            mirrored=analysis.result.clip.mirrored,
        )
        for (movement, trial), picture in zip(best.items(), grabbed, strict=True)
    }


def _best_trials(analysis: Analysis) -> dict[Movement, Trial]:
    best: dict[Movement, Trial] = {}
    for trial in analysis.rom.trials:
        if trial.movement not in best or trial.peak_deg > best[trial.movement].peak_deg:
            best[trial.movement] = trial
    return best


def _overlay(path: Path, analysis: Analysis, clip: Path | None, tell: Tell) -> None:
    if clip is None:
        log.warning("No overlay: landmarks are replayed, so there are no pictures.")
        return
    from neckrom.report.overlay import write_overlay  # noqa: PLC0415

    source = open_source(clip)
    try:
        write_overlay(
            path,
            source.frames(),
            analysis.landmarks,
            analysis.orientation,
            analysis.angles,
            analysis.rom,
            progress=lambda done, total: tell("overlay", done, total),
            camera=analysis.camera,
            mirrored=analysis.result.clip.mirrored,
        )
    finally:
        source.close()
