"""The report of a measurement that lies in its folder, laid out again: in any language, for any reader."""

from __future__ import annotations

import math
from collections.abc import Mapping

from neckrom.errors import InputError
from neckrom.messages import Messages
from neckrom.report.content import Content, content_of
from neckrom.report.letterhead import NOBODY, Letterhead
from neckrom.report.pictures import EndRangePicture, in_language
from neckrom.result import Result, TrialResult
from neckrom.types import AngleSeries, Interval, Movement, Neutral, RangeOfMotion, Trial

_NAN2 = (math.nan, math.nan)


def report_html(
    result: Result,
    angles: AngleSeries | None,
    pictures: Mapping[Movement, bytes],
    texts: Messages,
    head: Letterhead = NOBODY,
) -> bytes:
    """``report.html`` in a language.

    Parameters
    ----------
    result : Result
    angles : AngleSeries or None
        None where they are not at hand: then the report has no curves.
    pictures : mapping of Movement to bytes
        As files (JPEG).
    texts : Messages
    head : Letterhead
    """
    from neckrom.report.html import html_of  # noqa: PLC0415  (slow to load)

    content = content_with(result, pictures, texts, head)
    return html_of(content, result, angles, rom_of(result)).encode("utf-8")


def report_pdf(
    result: Result,
    angles: AngleSeries | None,
    pictures: Mapping[Movement, bytes],
    texts: Messages,
    head: Letterhead = NOBODY,
) -> bytes:
    """``report.pdf`` in a language; parameters as for :func:`report_html`."""
    from neckrom.report.pdf import pdf_of  # noqa: PLC0415  (slow to load)

    content = content_with(result, pictures, texts, head)
    return pdf_of(content, result, angles, rom_of(result))


def content_with(
    result: Result, pictures: Mapping[Movement, bytes], texts: Messages, head: Letterhead = NOBODY
) -> Content:
    """The report's content with the words in the pictures in its language; a damaged picture is left out."""
    return content_of(result, _pictures(result, pictures, texts), texts, head)


def rom_of(result: Result) -> RangeOfMotion:
    """What the figures need of a result: neutral and trials."""
    neutral = result.neutral
    trials = tuple(_trial(item.movement, trial) for item in result.movements for trial in item.trials)
    return RangeOfMotion(
        neutral=Neutral(neutral.start_s, neutral.end_s, neutral.origin),
        trials=tuple(sorted(trials, key=lambda trial: trial.start_s)),
    )


def _trial(movement: Movement, trial: TrialResult) -> Trial:
    interval = trial.interval95_deg
    return Trial(
        movement=movement,
        start_s=trial.start_s,
        peak_s=trial.peak_s,
        end_s=trial.end_s,
        hold_start_s=trial.hold_start_s,
        hold_end_s=trial.hold_end_s,
        peak_deg=trial.peak_deg,
        sd_deg=math.nan if trial.sd_deg is None else trial.sd_deg,
        interval95=None if interval is None else Interval(*interval),
        lower_bound=trial.lower_bound,
        compensation_deg=math.nan if trial.compensation_deg is None else trial.compensation_deg,
        coupling_deg=trial.coupling_deg or _NAN2,
        source=trial.source,
    )


def _pictures(
    result: Result, pictures: Mapping[Movement, bytes], texts: Messages
) -> dict[Movement, EndRangePicture]:
    shown = {}
    for movement, data in pictures.items():
        item = result.of(movement)
        if item.best_deg is None:
            continue
        best = max(item.trials, key=lambda trial: trial.peak_deg, default=None)
        time_s = 0.0 if best is None else best.peak_s
        try:
            shown[movement] = in_language(
                data, movement, item.best_deg, texts, time_s=time_s, bound=item.lower_bound
            )
        except InputError:
            continue
    return shown
