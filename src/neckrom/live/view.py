"""What a page sees of every guided session, whatever is measured in it: from the machine and the newest frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neckrom.live.contract import HeadPose, Limb, Phase, Question, Saving, Text
from neckrom.live.keys import Key
from neckrom.live.machine import GuidedMachine
from neckrom.saying.verdict import SAFETY_STOPS
from neckrom.types import Trial


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


def shared_state(machine: GuidedMachine, seq: int, around: Surroundings) -> dict[str, Any]:
    """The fields of a :class:`~neckrom.live.contract.State` that every session fills alike."""
    phase = machine.phase
    introducing = phase is Phase.INTRO
    return {
        "seq": seq,
        "time_s": round(machine.time_s, 3),
        "phase": phase,
        "role": "controls",
        "say": tuple(machine.said),
        "tones": tuple(machine.tones),
        "questions": _questions(machine),
        "refused_by": machine.refused_by,
        "override_allowed": machine.override_allowed,
        "checks": machine.checks if phase in (Phase.INTRO, Phase.SETUP) else (),
        "setup_good_s": round(machine.setup_good_s, 2),
        "lines": tuple(line.text for line in machine.introduction.lines) if introducing else (),
        "line_now": machine.introduction.at if introducing else None,
        "limbs": around.limbs,
        "picture_size": around.picture_size,
        "recording": around.recording,
        "notes": tuple(machine.notes),
        "stop_reason": machine.stop_reason,
        "saving": around.saving if phase in (Phase.SAVING, Phase.STOPPED) else None,
        "measured": machine.anything_measured,
        "result_url": around.result_url,
        "result_dir": around.result_dir,
    }


def shared_headline(machine: GuidedMachine) -> Text:
    """What to do now, where the session has no words of its own for it."""
    phase = machine.phase
    special = {
        Phase.REFUSED: Key.HEADLINE_REFUSED_DOCTOR if machine.override_allowed else Key.HEADLINE_REFUSED_STOP,
        Phase.SETUP: Key.HEADLINE_SETUP_GOOD if machine.setup_good_s > 0 else Key.HEADLINE_SETUP,
        Phase.PAUSED: Key.HEADLINE_LEFT if machine.paused_because == "left" else Key.HEADLINE_PAUSED,
        Phase.RESULT: _result_headline(machine),
    }
    return machine.worded(special[phase] if phase in special else Key(f"headline.{phase.value}"))


def shared_detail(machine: GuidedMachine, *, done: int) -> Text | None:
    """What else there is to know, where the session has no words of its own for it.

    Parameters
    ----------
    machine : GuidedMachine
    done : int
        Repetitions that count.
    """
    phase = machine.phase
    if phase is Phase.SETUP:
        return next((c.advice for c in machine.checks if c.status == "bad" and c.advice is not None), None)
    if phase is Phase.RESULT:
        return _result_detail(machine, done)
    if phase is Phase.SAFETY:
        return machine.worded(Key.DETAIL_SAFETY, left=len(machine.gate.questions) - len(machine.answers))
    if phase is Phase.REFUSED:
        key = Key.DETAIL_REFUSED_DOCTOR if machine.override_allowed else Key.DETAIL_REFUSED_STOP
        return machine.worded(key)
    reason = f".{machine.stop_reason}" if phase is Phase.STOPPED else ""
    return machine.worded(Key(f"detail.{phase.value}{reason}"))


def _result_headline(machine: GuidedMachine) -> Key:
    """After a stop for pain, dizziness or nausea that comes first, whatever was measured."""
    if machine.stop_reason in SAFETY_STOPS:
        return Key(f"headline.result_stopped.{machine.stop_reason}")
    special = {"not_saved": Key.HEADLINE_NOT_SAVED, "nothing_to_save": Key.HEADLINE_ENDED}
    return special.get(machine.outcome or "", Key.HEADLINE_RESULT)


def _result_detail(machine: GuidedMachine, done: int) -> Text:
    if machine.outcome == "not_saved":
        return machine.worded(Key.DETAIL_NOT_SAVED, folder=machine.folder)
    if machine.stop_reason in SAFETY_STOPS:
        return machine.worded(Key(f"detail.stopped.{machine.stop_reason}"))
    if machine.outcome == "saved":
        key = Key.DETAIL_RESULT if machine.stop_reason is None else Key.DETAIL_ENDED_EARLY
        return machine.worded(key, trials=done)
    return machine.worded(Key.DETAIL_ENDED)


def _questions(machine: GuidedMachine) -> tuple[Question, ...]:
    if machine.phase not in (Phase.SAFETY, Phase.REFUSED):
        return ()
    return tuple(
        Question(id=q.id, tier=q.tier, answer=machine.answers.get(q.id)) for q in machine.gate.questions
    )
