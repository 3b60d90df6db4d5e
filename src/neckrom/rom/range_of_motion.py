"""Range of motion of a whole recording."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from neckrom.rom.end_range import end_range_trial, with_uncertain_zero
from neckrom.rom.movements import MovementSettings, find_trials
from neckrom.rom.neutral import NeutralSettings, neutral_notices, neutral_sd_deg, rests_elsewhere
from neckrom.rom.protocol import Protocol, ProtocolTrial
from neckrom.rom.speed import speed_of_way_out
from neckrom.types import AngleSeries, AsideKind, BoolArray, FloatArray, Neutral, Notice, RangeOfMotion, Trial


@dataclass(frozen=True, slots=True)
class RomSettings:
    """Thresholds of this layer."""

    neutral: NeutralSettings = field(default_factory=NeutralSettings)
    movements: MovementSettings = field(default_factory=MovementSettings)


def range_of_motion(
    angles: AngleSeries,
    neutral: Neutral,
    protocol: Protocol | None,
    settings: RomSettings,
    *,
    warm_ups: int | None = None,
) -> RangeOfMotion:
    """Trials of a recording: named by the protocol if it names any, else found.

    Parameters
    ----------
    angles : AngleSeries
        Smoothed, relative to ``neutral``.
    neutral : Neutral
    protocol : Protocol or None
    settings : RomSettings
    warm_ups : int or None
        So many repetitions of each direction come first and do not count; None: nobody said. A protocol
        that names trials says of each whether it is a warm-up.

    Returns
    -------
    RangeOfMotion
        Trials and what was set aside, each in time order; neutral with its drift and standard deviation (degrees); and
        what the user should know.
    """
    warnings: list[Notice] = [*neutral_notices(neutral)]
    named = protocol is not None and bool(protocol.trial)
    busy = _moving(angles, settings)
    if protocol is not None:
        busy |= _named_frames(angles, protocol)
    rests = rests_elsewhere(angles.time_s, angles.neck_deg, neutral, busy, settings.neutral)
    zero_sd_deg = neutral_sd_deg(angles.time_s, angles.neck_deg, neutral, rests)
    if protocol is not None and named:
        if warm_ups is not None:
            text = "--warm-ups was not used: the protocol file says of every trial whether it is a warm-up."
            warnings.append(Notice(text, "warm_ups_not_used"))
        trials, set_aside = _named_trials(angles, protocol, settings, zero_sd_deg, warnings)
    else:
        if warm_ups is None and protocol is not None:
            warm_ups = protocol.warm_ups
        trials, set_aside = find_trials(
            angles, settings.movements, zero_sd_deg=zero_sd_deg.tolist(), warm_ups=warm_ups, notices=warnings
        )
    drift = float(np.abs(rests).max()) if len(rests) else float("nan")
    if drift > settings.neutral.drift_warning_deg:
        text = (
            f"The head comes to rest up to {drift:.0f} deg away from neutral "
            f"({neutral.start_s:.1f} to {neutral.end_s:.1f} s): the seat or the neutral may have shifted, and angles "
            "may be off by as much. Name a better neutral with --neutral START END."
        )
        warnings.append(
            Notice(text, "neutral_drift", drift_deg=drift, start_s=neutral.start_s, end_s=neutral.end_s)
        )
    flexion, lateral, rotation = (float(sd) for sd in zero_sd_deg)
    return RangeOfMotion(
        neutral=replace(neutral, drift_deg=drift, sd_deg=(flexion, lateral, rotation)),
        trials=tuple(_with_speed(trial, angles) for trial in trials),
        warnings=tuple(warnings),
        set_aside=tuple(set_aside),
        named=named,
    )


def _with_speed(trial: Trial, angles: AngleSeries) -> Trial:
    """How it went out; not of one whose end range was not seen."""
    if trial.lower_bound:
        return trial
    way = (angles.time_s >= trial.start_s) & (angles.time_s <= trial.peak_s)
    along = trial.movement.sign * angles.neck_deg[way, trial.movement.plane]
    return replace(trial, speed=speed_of_way_out(angles.time_s[way], along))


def angle_at(angles: AngleSeries, trial: ProtocolTrial) -> float:
    """Angle in the trial's direction when pain first came, degrees; NaN if not measured or not marked.

    Parameters
    ----------
    angles : AngleSeries
    trial : ProtocolTrial
        With ``first_pain_s``, seconds, or None.

    Returns
    -------
    float
        + in the movement's own direction; of the frame nearest in time, which must lie within 0.5 s.
    """
    if trial.first_pain_s is None:
        return float("nan")
    frame = int(np.argmin(np.abs(angles.time_s - trial.first_pain_s)))
    if abs(angles.time_s[frame] - trial.first_pain_s) > 0.5:
        return float("nan")
    return float(trial.movement.sign * angles.neck_deg[frame, trial.movement.plane])


def _named_trials(
    angles: AngleSeries,
    protocol: Protocol,
    settings: RomSettings,
    zero_sd_deg: FloatArray,
    warnings: list[Notice],
) -> tuple[list[Trial], list[Trial]]:
    trials: list[Trial] = []
    set_aside: list[Trial] = []
    for named in protocol.trial:
        inside = np.flatnonzero((angles.time_s >= named.start_s) & (angles.time_s <= named.end_s))
        if not len(inside):
            if not named.warm_up:
                warnings.append(_of_named(named, "the recording has no frame there", "named_outside"))
            continue
        span = slice(int(inside[0]), int(inside[-1]) + 1)
        trial = end_range_trial(angles, named.movement, span, settings.movements.end_range)
        if named.warm_up:
            if trial is not None:
                note = Notice("warm-up", "aside_warm_up")
                set_aside.append(replace(trial, note=note, aside="warm_up"))
        elif trial is None:
            warnings.append(_of_named(named, "nothing could be measured there", "named_not_measured"))
        elif trial.peak_deg <= 0 and not trial.lower_bound:
            warnings.append(_of_named(named, "the head did not move that way", "named_not_moved"))
        else:
            trials.append(with_uncertain_zero(trial, float(zero_sd_deg[named.movement.plane])))
    return (
        sorted(trials, key=lambda trial: trial.start_s),
        sorted(set_aside, key=lambda trial: trial.start_s),
    )


def _of_named(named: ProtocolTrial, what: str, key: str) -> Notice:
    return Notice(
        f"{named.movement.label} named from {named.start_s:g} to {named.end_s:g} s: {what}.",
        key,
        movement=named.movement.name_key,
        start_s=named.start_s,
        end_s=named.end_s,
    )


def _named_frames(angles: AngleSeries, protocol: Protocol) -> BoolArray:
    """Frames of everything that the protocol names; warm-ups move, too."""
    busy = np.zeros(len(angles), dtype=bool)
    for named in protocol.trial:
        busy |= (angles.time_s >= named.start_s - _EDGE_S) & (angles.time_s <= named.end_s + _EDGE_S)
    return busy


def _moving(angles: AngleSeries, settings: RomSettings) -> BoolArray:
    """Frames of every excursion, but for small ones that were not made on purpose and in which the head rests."""
    busy = np.zeros(len(angles), dtype=bool)
    trials, set_aside = find_trials(angles, settings.movements)
    for trial in [*trials, *set_aside]:
        own = (angles.time_s >= trial.start_s - _EDGE_S) & (angles.time_s <= trial.end_s + _EDGE_S)
        stays_s = trial.hold_end_s - trial.hold_start_s
        if (
            trial.aside in _HAPPENED
            and stays_s >= settings.neutral.rest_s
            and trial.peak_deg < settings.neutral.rest_deg
        ):
            own &= (angles.time_s < trial.hold_start_s) | (angles.time_s > trial.hold_end_s)
        busy |= own
    return busy


_EDGE_S = 0.1
_HAPPENED: tuple[AsideKind, ...] = ("once", "too_small", "too_short", "around_zero")
