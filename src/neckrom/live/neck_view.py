"""What a page sees of a session of the neck: the whole snapshot from the machine and the newest frame."""

from __future__ import annotations

import math

from neckrom.assessment.norms import LoadedNorms
from neckrom.live.contract import Gauge, Phase, State, Text, TrialState
from neckrom.live.events import Angles
from neckrom.live.keys import Key, headline_of, say_of, text
from neckrom.live.plan import Seen, Step
from neckrom.live.session import SessionMachine
from neckrom.live.view import Surroundings, shared_detail, shared_headline, shared_state
from neckrom.rounding import angle_digits, whole
from neckrom.saying.figures import NONE, short_angle
from neckrom.types import Movement, Trial

_MOVING = (Phase.ANNOUNCE, Phase.OUT, Phase.HOLD, Phase.BACK)
_SEEN_BEFORE_MEASURING = (Phase.INTRO, Phase.SETUP, Phase.NEUTRAL, Phase.CAMERA_LOST, *_MOVING)


def state_of(machine: SessionMachine, seq: int, around: Surroundings, norms: LoadedNorms) -> State:
    """The snapshot of one moment."""
    sample = machine.last
    return State(
        **shared_state(machine, seq, around),
        headline=_headline(machine),
        detail=_detail(machine),
        wording=_wording(machine),
        gauge=_gauge(machine, norms),
        progress=tuple(_trial(step, around.measured) for step in machine.plan),
        pain=dict(machine.pain),
        pain_asked=machine.pain_asked if machine.phase is Phase.PAIN else None,
        angles_deg=_known(sample.neck_deg) if sample else (None, None, None),
        trunk_deg=_known(sample.trunk_deg) if sample else (None, None, None),
        angles_said=_said(sample.neck_deg) if sample else (NONE, NONE, NONE),
        trunk_said=_said(sample.trunk_deg) if sample else (NONE, NONE, NONE),
        pose=around.pose,
        warnings=_warnings(machine, around),
    )


def _headline(machine: SessionMachine) -> Text:
    phase, step = machine.phase, machine.current
    if phase is Phase.OUT and step is not None:
        return headline_of(step.movement)
    if phase is Phase.ANNOUNCE and step is not None:
        return text(Key.HEADLINE_MIDDLE) if machine.under_way.away_from_middle else headline_of(step.movement)
    return shared_headline(machine)


def _detail(machine: SessionMachine) -> Text | None:
    phase, step = machine.phase, machine.current
    if phase in _MOVING and step is not None:
        key = Key.DETAIL_WARM_UP if step.warm_up else Key.DETAIL_TRIAL
        return text(key, number=step.number, total=machine.plan.total(step))
    return shared_detail(machine, done=len(machine.plan.counted()))


def _wording(machine: SessionMachine) -> Text | None:
    explained = machine.phase is Phase.ANNOUNCE and machine.under_way.in_full
    return say_of(machine.current.movement) if explained and machine.current is not None else None


def _gauge(machine: SessionMachine, norms: LoadedNorms) -> Gauge | None:
    step, tracker = machine.current, machine.tracker
    if machine.phase not in _MOVING or step is None or tracker is None:
        return None
    movement, norm = step.movement, norms.of(step.movement)
    sample = machine.last
    angle = _along(movement, sample.neck_deg) if sample else None
    bound = bool(sample and sample.beyond) or tracker.lower_bound
    best = _finite(tracker.best_deg)
    half = None if norm.reference_deg is None else norm.reference_deg / 2
    return Gauge(
        movement=movement,
        warm_up=step.warm_up,
        trial=step.number,
        trials=machine.plan.total(step),
        angle_deg=angle,
        sd_deg=_finite(sample.sd_deg[movement.plane]) if sample else None,
        lower_bound=bound,
        best_deg=best,
        reference_deg=norm.reference_deg,
        healthy_low_deg=norm.healthy_low_deg,
        healthy_high_deg=norm.healthy_high_deg,
        hold_share=tracker.hold_share,
        angle_said=NONE if angle is None else _degrees(max(angle, 0.0), bound=bound),
        best_said=_degrees(best),
        reference_said=_degrees(norm.reference_deg),
        half_said=_degrees(half),
        healthy_low_said=_degrees(norm.healthy_low_deg),
        healthy_high_said=_degrees(norm.healthy_high_deg),
    )


def _degrees(angle: float | None, *, bound: bool = False) -> str:
    """Degrees beside words that say what they are: without "at least"."""
    return "" if angle is None else f"{angle_digits(angle, bound=bound)}°"


def _said(angles: Angles) -> tuple[str, str, str]:
    return (short_angle(angles[0]), short_angle(angles[1]), short_angle(angles[2]))


def _trial(step: Step, measured: tuple[Trial, ...]) -> TrialState:
    """As seen live; after the analysis as it stands in the report."""
    seen = step.seen
    final = None if seen is None else _in_report(step.movement, seen, measured)
    peak, bounded = (seen.peak_deg, seen.lower_bound) if seen else (math.nan, False)
    if final is not None:
        peak, bounded = final.peak_deg, final.lower_bound
    return TrialState(
        movement=step.movement,
        warm_up=step.warm_up,
        trial=step.number,
        status=step.status,
        peak_deg=_finite(peak),
        lower_bound=bounded,
        pain_onset_deg=_finite(seen.pain_onset_deg) if seen and seen.pain_onset_deg is not None else None,
        trunk_deg=_finite(seen.trunk_deg) if seen else None,
        peak_said=short_angle(_finite(peak), bound=bounded),
        pain_onset_said=short_angle(seen.pain_onset_deg if seen else None),
        trunk_said=short_angle(seen.trunk_deg if seen else None),
        trunk_moved=seen.trunk_moved if seen else False,
    )


def _in_report(movement: Movement, seen: Seen, measured: tuple[Trial, ...]) -> Trial | None:
    """The measured repetition whose end range lies within the one that was seen."""
    return next(
        (t for t in measured if t.movement is movement and seen.start_s <= t.peak_s <= seen.end_s), None
    )


def _warnings(machine: SessionMachine, around: Surroundings) -> tuple[Text, ...]:
    found = list(around.warnings)
    if machine.phase in _SEEN_BEFORE_MEASURING:
        if machine.last is not None and not machine.last.person:
            found.append(text(Key.WARNING_NO_PERSON))
        elif around.people > 1:
            found.append(text(Key.WARNING_SEVERAL_PEOPLE))
    if machine.under_way.trunk_warned_deg is not None:
        found.append(text(Key.WARNING_TRUNK_MOVED, angle_deg=whole(machine.under_way.trunk_warned_deg)))
    if machine.zero.failed and machine.phase is Phase.NEUTRAL:
        found.append(text(Key.WARNING_NEUTRAL_FAILED))
    if machine.source_ended:
        found.append(text(Key.WARNING_SOURCE_ENDED))
    return tuple(found)


def _along(movement: Movement, angles: Angles) -> float | None:
    return _finite(movement.sign * angles[movement.plane])


def _known(angles: Angles) -> tuple[float | None, float | None, float | None]:
    return (_finite(angles[0]), _finite(angles[1]), _finite(angles[2]))


def _finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
