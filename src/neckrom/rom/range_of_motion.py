"""Range of motion of a whole recording."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from neckrom.rom.end_range import end_range_trial
from neckrom.rom.movements import MovementSettings, find_trials
from neckrom.rom.neutral import NeutralSettings, neutral_drift_deg
from neckrom.rom.protocol import Protocol, ProtocolTrial
from neckrom.types import AngleSeries, BoolArray, Neutral, RangeOfMotion, Trial


@dataclass(frozen=True, slots=True)
class RomSettings:
    """Thresholds of this layer."""

    neutral: NeutralSettings = field(default_factory=NeutralSettings)
    movements: MovementSettings = field(default_factory=MovementSettings)


def range_of_motion(
    angles: AngleSeries, neutral: Neutral, protocol: Protocol | None, settings: RomSettings
) -> RangeOfMotion:
    """Trials of a recording: named by the protocol if it names any, else found.

    Parameters
    ----------
    angles : AngleSeries
        Smoothed, relative to ``neutral``.
    neutral : Neutral
    protocol : Protocol or None
    settings : RomSettings
    """
    warnings: list[str] = []
    if protocol is not None and protocol.trial:
        trials, set_aside = _named_trials(angles, protocol, settings, warnings)
    else:
        trials, set_aside = find_trials(angles, settings.movements)
    busy = _busy(angles, trials + set_aside)
    for named in protocol.trial if protocol is not None else ():  # warm-ups move, too
        busy |= (angles.time_s >= named.start_s) & (angles.time_s <= named.end_s)
    drift = neutral_drift_deg(angles.time_s, angles.neck_deg, neutral, busy, settings.neutral)
    if drift > settings.neutral.drift_warning_deg:
        warnings.append(
            f"The head comes to rest up to {drift:.0f} deg away from neutral "
            f"({neutral.start_s:.1f} to {neutral.end_s:.1f} s): the seat or the neutral may have shifted, and angles "
            "may be off by as much. Name a better neutral with --neutral START END."
        )
    return RangeOfMotion(
        neutral=Neutral(neutral.start_s, neutral.end_s, neutral.origin, drift),
        trials=tuple(trials),
        warnings=tuple(warnings),
        set_aside=tuple(set_aside),
    )


def angle_at(angles: AngleSeries, trial: ProtocolTrial) -> float:
    """Angle in the trial's direction when pain first came, degrees; NaN if not measured or not marked."""
    if trial.first_pain_s is None:
        return float("nan")
    frame = int(np.argmin(np.abs(angles.time_s - trial.first_pain_s)))
    if abs(angles.time_s[frame] - trial.first_pain_s) > 0.5:
        return float("nan")
    return float(trial.movement.sign * angles.neck_deg[frame, trial.movement.plane])


def _named_trials(
    angles: AngleSeries, protocol: Protocol, settings: RomSettings, warnings: list[str]
) -> tuple[list[Trial], list[Trial]]:
    trials: list[Trial] = []
    for named in protocol.trial:
        if named.warm_up:
            continue
        inside = np.flatnonzero((angles.time_s >= named.start_s) & (angles.time_s <= named.end_s))
        place = f"{named.movement.label} named from {named.start_s:g} to {named.end_s:g} s"
        if not len(inside):
            warnings.append(f"{place}: the recording has no frame there.")
            continue
        span = slice(int(inside[0]), int(inside[-1]) + 1)
        trial = end_range_trial(angles, named.movement, span, settings.movements.end_range)
        if trial is None:
            warnings.append(f"{place}: nothing could be measured there.")
        elif trial.peak_deg <= 0:
            warnings.append(f"{place}: the head did not move that way.")
        else:
            trials.append(trial)
    return sorted(trials, key=lambda trial: trial.start_s), []


def _busy(angles: AngleSeries, trials: list[Trial]) -> BoolArray:
    busy = np.zeros(len(angles), dtype=bool)
    for trial in trials:
        busy |= (angles.time_s >= trial.start_s - 0.1) & (angles.time_s <= trial.end_s + 0.1)
    return busy
