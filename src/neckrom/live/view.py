"""What a page sees of a session: the whole snapshot from the machine and the newest frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

from neckrom.assessment.norms import LoadedNorms
from neckrom.live.contract import Gauge, HeadPose, Limb, Phase, Question, Saving, State, Text, TrialState
from neckrom.live.events import Angles
from neckrom.live.keys import Key, headline_of, say_of, text
from neckrom.live.plan import Seen, Step
from neckrom.live.session import SessionMachine
from neckrom.rounding import angle_digits, whole
from neckrom.saying.figures import NONE, short_angle
from neckrom.saying.verdict import SAFETY_STOPS
from neckrom.types import Movement, Trial

_MOVING = (Phase.ANNOUNCE, Phase.OUT, Phase.HOLD, Phase.BACK)
_SEEN_BEFORE_MEASURING = (Phase.INTRO, Phase.SETUP, Phase.NEUTRAL, Phase.CAMERA_LOST, *_MOVING)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the machine does not know.

    Attributes
    ----------
    pose : HeadPose or None
    limbs : tuple of Limb
    picture_size : tuple of two int, or None
    recording : bool
        The picture is being stored.
    people : int
        Faces in the picture.
    warnings : tuple of Text
    result_url, result_dir : str or None
    measured : tuple of Trial
        What the analysis of the whole recording made of the repetitions, once there is one.
    saving : Saving or None
        How far the report is.
    """

    pose: HeadPose | None = None
    limbs: tuple[Limb, ...] = ()
    picture_size: tuple[int, int] | None = None
    recording: bool = False
    people: int = 1
    warnings: tuple[Text, ...] = ()
    result_url: str | None = None
    result_dir: str | None = None
    measured: tuple[Trial, ...] = ()
    saving: Saving | None = None


def state_of(machine: SessionMachine, seq: int, around: Surroundings, norms: LoadedNorms) -> State:
    """The snapshot of one moment."""
    sample, introducing = machine.last, machine.phase is Phase.INTRO
    return State(
        seq=seq,
        time_s=round(machine.time_s, 3),
        phase=machine.phase,
        role="controls",
        headline=_headline(machine),
        detail=_detail(machine),
        say=tuple(machine.said),
        tones=tuple(machine.tones),
        questions=_questions(machine),
        refused_by=machine.refused_by,
        override_allowed=machine.override_allowed,
        checks=machine.checks if machine.phase in (Phase.INTRO, Phase.SETUP) else (),
        setup_good_s=round(machine.setup_good_s, 2),
        lines=tuple(line.text for line in machine.introduction.lines) if introducing else (),
        line_now=machine.introduction.at if introducing else None,
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
        picture_size=around.picture_size,
        recording=around.recording,
        notes=tuple(machine.notes),
        warnings=_warnings(machine, around),
        stop_reason=machine.stop_reason,
        saving=around.saving if machine.phase in (Phase.SAVING, Phase.STOPPED) else None,
        measured=machine.result() is not None,
        result_url=around.result_url,
        result_dir=around.result_dir,
    )


def _headline(machine: SessionMachine) -> Text:
    phase, step = machine.phase, machine.current
    if phase is Phase.OUT and step is not None:
        return headline_of(step.movement)
    if phase is Phase.ANNOUNCE and step is not None:
        return text(Key.HEADLINE_MIDDLE) if machine.under_way.away_from_middle else headline_of(step.movement)
    special = {
        Phase.REFUSED: Key.HEADLINE_REFUSED_DOCTOR if machine.override_allowed else Key.HEADLINE_REFUSED_STOP,
        Phase.SETUP: Key.HEADLINE_SETUP_GOOD if machine.setup_good_s > 0 else Key.HEADLINE_SETUP,
        Phase.PAUSED: Key.HEADLINE_LEFT if machine.paused_because == "left" else Key.HEADLINE_PAUSED,
        Phase.RESULT: _result_headline(machine),
    }
    return text(special[phase] if phase in special else Key(f"headline.{phase.value}"))


def _result_headline(machine: SessionMachine) -> Key:
    """After a stop for pain, dizziness or nausea that comes first, whatever was measured."""
    if machine.stop_reason in SAFETY_STOPS:
        return Key(f"headline.result_stopped.{machine.stop_reason}")
    special = {"not_saved": Key.HEADLINE_NOT_SAVED, "nothing_to_save": Key.HEADLINE_ENDED}
    return special.get(machine.outcome or "", Key.HEADLINE_RESULT)


def _detail(machine: SessionMachine) -> Text | None:
    phase, step = machine.phase, machine.current
    if phase in _MOVING and step is not None:
        key = Key.DETAIL_WARM_UP if step.warm_up else Key.DETAIL_TRIAL
        return text(key, number=step.number, total=machine.plan.total(step))
    if phase is Phase.SETUP:
        return next((c.advice for c in machine.checks if c.status == "bad" and c.advice is not None), None)
    if phase is Phase.RESULT:
        return _result_detail(machine)
    if phase is Phase.SAFETY:
        return text(Key.DETAIL_SAFETY, left=len(machine.gate.questions) - len(machine.answers))
    if phase is Phase.REFUSED:
        return text(Key.DETAIL_REFUSED_DOCTOR if machine.override_allowed else Key.DETAIL_REFUSED_STOP)
    reason = f".{machine.stop_reason}" if phase is Phase.STOPPED else ""
    return text(Key(f"detail.{phase.value}{reason}"))


def _result_detail(machine: SessionMachine) -> Text:
    if machine.outcome == "not_saved":
        return text(Key.DETAIL_NOT_SAVED, folder=machine.folder)
    if machine.stop_reason in SAFETY_STOPS:
        return text(Key(f"detail.stopped.{machine.stop_reason}"))
    if machine.outcome == "saved":
        key = Key.DETAIL_RESULT if machine.stop_reason is None else Key.DETAIL_ENDED_EARLY
        return text(key, trials=len(machine.plan.counted()))
    return text(Key.DETAIL_ENDED)


def _wording(machine: SessionMachine) -> Text | None:
    explained = machine.phase is Phase.ANNOUNCE and machine.under_way.in_full
    return say_of(machine.current.movement) if explained and machine.current is not None else None


def _questions(machine: SessionMachine) -> tuple[Question, ...]:
    if machine.phase not in (Phase.SAFETY, Phase.REFUSED):
        return ()
    return tuple(
        Question(id=q.id, tier=q.tier, answer=machine.answers.get(q.id)) for q in machine.gate.questions
    )


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
