"""Movements: which way the head went on purpose, when, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from neckrom.rom.deliberate import DeliberateSettings, Seen, sort_out
from neckrom.rom.end_range import EndRangeSettings, end_range_trial, with_uncertain_zero
from neckrom.rom.excursions import Excursion, ExcursionSettings, find_excursions, top_s
from neckrom.rom.places import bridged
from neckrom.types import AngleSeries, Notice, Trial

NO_DOUBT_OF_ZERO = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class MovementSettings:
    """What counts as a repetition."""

    begun_s: float = 0.2
    """A repetition at its end range this soon after the start of the recording was not seen from neutral."""
    excursions: ExcursionSettings = field(default_factory=ExcursionSettings)
    deliberate: DeliberateSettings = field(default_factory=DeliberateSettings)
    end_range: EndRangeSettings = field(default_factory=EndRangeSettings)


def find_trials(
    angles: AngleSeries,
    settings: MovementSettings,
    *,
    zero_sd_deg: Sequence[float] = NO_DOUBT_OF_ZERO,
    warm_ups: int | None = None,
    notices: list[Notice] | None = None,
) -> tuple[list[Trial], list[Trial]]:
    """Find all repetitions of guided movements and value their end range.

    Parameters
    ----------
    angles : AngleSeries
        Smoothed.
    settings : MovementSettings
    zero_sd_deg : sequence of three float
        One standard deviation of zero in each plane.
    warm_ups : int or None
        So many repetitions of each direction come first and do not count; None: nobody said.
    notices : list of Notice, optional
        What the user should know is put there.

    Returns
    -------
    trials, set_aside : list of Trial, each in time order
        What was seen and does not count says why (``aside``, ``note``).
    """
    seen = [
        replace(item, trial=with_uncertain_zero(item.trial, zero_sd_deg[item.trial.movement.plane]))
        for item in valued_excursions(angles, settings)
    ]
    begun = [item for item in seen if item.trial.hold_start_s <= angles.time_s[0] + settings.begun_s]
    why = Notice("the recording starts with the head already out", "aside_already_out")
    aside = [replace(item.trial, note=why, aside="already_out") for item in begun]
    sorted_out = sort_out([item for item in seen if item not in begun], settings.deliberate, warm_ups)
    if notices is not None:
        notices.extend(sorted_out.notices)
    return (
        sorted(sorted_out.counted, key=lambda trial: trial.start_s),
        sorted([*aside, *sorted_out.aside], key=lambda trial: trial.start_s),
    )


def valued_excursions(angles: AngleSeries, settings: MovementSettings) -> list[Seen]:
    """Every excursion with its end range, whether made on purpose or not, in time order.

    Parameters
    ----------
    angles : AngleSeries
        Smoothed.
    settings : MovementSettings

    Returns
    -------
    list of Seen
        Left out are excursions without a single measured frame, and those whose measured peak is below half of the
        smallest angle that counts as one.
    """
    filled = bridged(angles.time_s, angles.neck_deg)
    seen = []
    for excursion in find_excursions(angles.time_s, filled, settings.excursions):
        trial = _trial(angles, excursion, settings)
        if trial is not None and (
            trial.lower_bound or trial.peak_deg >= 0.5 * settings.excursions.smallest_deg
        ):
            held_s = top_s(angles.time_s, filled, excursion)
            unfinished = excursion.span.stop == len(angles)
            seen.append(Seen(trial, held_s, excursion.share, excursion.beside, unfinished))
    return seen


def _trial(angles: AngleSeries, excursion: Excursion, settings: MovementSettings) -> Trial | None:
    cut = excursion.span.stop == len(angles)
    return end_range_trial(angles, excursion.movement, excursion.span, settings.end_range, cut_short=cut)
