"""Which marks belong to which trial, and which answer to which movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from neckrom.errors import InputError
from neckrom.nerve.holding import Moved
from neckrom.nerve.marks import Mark
from neckrom.types import FloatArray, Notice

AROUND_TRIAL_S = 0.5
"""A mark this much before a trial or after it still belongs to it."""


class Timed(Protocol):
    """Something that begins and ends."""

    @property
    def start_s(self) -> float:
        """Seconds."""
        ...

    @property
    def end_s(self) -> float:
        """Seconds."""
        ...


TimedT = TypeVar("TimedT", bound=Timed)


class Marked(Protocol):
    """What was marked of a trial."""

    @property
    def symptom_s(self) -> float | None:
        """When the first symptom was marked."""
        ...

    @property
    def pain(self) -> str | None:
        """What it was."""
        ...


def was_felt(trial: Marked) -> bool:
    """Whether something was felt in a trial: marked, or said afterwards of a mark that could not be placed."""
    return trial.symptom_s is not None or trial.pain is not None


UNPLACED = ("nerve_stray_mark", "nerve_position_lost", "nerve_both_arms_mark")
"""Keys of notices on marks that say nothing of any trial."""


def any_unplaced(notices: Sequence[Notice]) -> bool:
    """Whether a mark belongs to no trial, one of a position too: what was felt there is not known then."""
    return any(notice.key in UNPLACED for notice in notices)


@dataclass(frozen=True, slots=True)
class Answered:
    """A movement elsewhere, and what it did."""

    moved: Moved
    answer: str | None


def belongs(mark: Mark, trial: TimedT, trials: Sequence[TimedT]) -> bool:
    """Whether a mark is this trial's.

    A symptom is felt in a trial, the nearest one. What was answered comes later, maybe with the leg down again: it
    belongs to the last trial that had begun.

    Parameters
    ----------
    mark : Mark
    trial : TimedT
        One of ``trials``.
    trials : sequence of TimedT
        In the order of their beginnings.

    Returns
    -------
    bool
    """
    if mark.kind != "symptom":
        during = [one for one in trials if one.start_s <= mark.time_s <= one.end_s]
        begun = during or [one for one in trials if one.start_s - AROUND_TRIAL_S <= mark.time_s]
        return bool(begun) and begun[-1] == trial

    def far(one: TimedT) -> float:
        return max(one.start_s - mark.time_s, mark.time_s - one.end_s, 0.0)

    return far(trial) <= AROUND_TRIAL_S and trial == min(trials, key=far)


def answers_to(elsewhere: Sequence[Moved], answers: Sequence[Mark]) -> tuple[Answered, ...]:
    """Each change with the answer that follows it; the first one that was answered comes first.

    Parameters
    ----------
    elsewhere : sequence of Moved
        In the order of their times.
    answers : sequence of Mark
        Of one trial, of the kind "answer", in the order of their times.

    Returns
    -------
    tuple of Answered
        One for each movement. Where no answer follows any of them, the first one is taken for that of the first
        movement.
    """
    given = [None if mark is None else mark.answer for mark in _following(elsewhere, answers)]
    pairs = [Answered(moved, answer) for moved, answer in zip(elsewhere, given, strict=True)]
    return tuple(sorted(pairs, key=lambda pair: pair.answer is None))


def left_over(elsewhere: Sequence[Moved], answers: Sequence[Mark]) -> tuple[Mark, ...]:
    """Answers of a trial that follow no movement of their own: what moved then was not seen.

    Parameters
    ----------
    elsewhere : sequence of Moved
    answers : sequence of Mark
        As :func:`answers_to` takes them.

    Returns
    -------
    tuple of Mark
    """
    used = [mark for mark in _following(elsewhere, answers) if mark is not None]
    return tuple(answer for answer in answers if answer not in used)


def _following(elsewhere: Sequence[Moved], answers: Sequence[Mark]) -> list[Mark | None]:
    """The answer to each movement."""
    found: list[Mark | None] = []
    for place, moved in enumerate(elsewhere):
        until = elsewhere[place + 1].done_s if place + 1 < len(elsewhere) else np.inf
        found.append(next((a for a in answers if moved.from_s <= a.time_s < until), None))
    if elsewhere and answers and not any(found):
        found[0] = answers[0]
    return found


def not_placed(answers: Sequence[Mark], *, of_arms: bool = False) -> list[Notice]:
    """Notes on answers that :func:`left_over` gives.

    Parameters
    ----------
    answers : sequence of Mark
    of_arms : bool
        Of an arm test, in which the neck alone is moved.

    Returns
    -------
    list of Notice
        One for each.
    """
    if of_arms:
        return [
            Notice(
                f"The answer at {answer.time_s:.1f} s follows no bending of the neck of its own that was seen: what "
                "moved then is not known, and it was not used. Bend the neck alone, and answer after each bend.",
                "nerve_arm_answer_left",
                time_s=answer.time_s,
            )
            for answer in answers
        ]
    return [
        Notice(
            f"The answer at {answer.time_s:.1f} s follows no movement of neck or ankle of its own that was seen: "
            "what moved then is not known, and it was not used. Move one thing alone, and answer after each.",
            "nerve_answer_left",
            time_s=answer.time_s,
        )
        for answer in answers
    ]


def no_symptom(marks: Sequence[Mark]) -> list[Notice]:
    """A note where there are marks, and none of a symptom.

    Parameters
    ----------
    marks : sequence of Mark
        Of the whole recording.

    Returns
    -------
    list of Notice
        One or none.
    """
    said = [mark for mark in marks if mark.kind != "position"]
    if not said or any(mark.kind == "symptom" for mark in said):
        return []
    return [
        Notice(
            "No mark says when a symptom was felt. Mark the first symptom of each trial, or leave the marks out.",
            "nerve_no_symptom",
        )
    ]


def pressed_again(symptoms: Sequence[float], start_s: float) -> list[Notice]:
    """A note where a symptom was marked more than once in a trial.

    Parameters
    ----------
    symptoms : sequence of float
        When it was marked, seconds.
    start_s : float
        When the trial begins, for the message.

    Returns
    -------
    list of Notice
        One or none.
    """
    if len(symptoms) < 2:
        return []
    return [
        Notice(
            f"The symptom was marked {len(symptoms)} times in the trial from {start_s:.1f} s on: the first "
            "mark counts. Keep one mark a trial if another one is meant.",
            "nerve_marked_again",
            number=len(symptoms),
            time_s=start_s,
        )
    ]


def check_marks(marks: Sequence[Mark], time_s: FloatArray) -> None:
    """Refuse marks that lie outside the recording.

    Parameters
    ----------
    marks : sequence of Mark
    time_s : ndarray, shape (N,), seconds
        Of the frames, as a player shows them. Half a second beyond either end is let pass.

    Raises
    ------
    InputError
        If one does.
    """
    first, last = float(time_s[0]), float(time_s[-1])
    outside = [mark for mark in marks if not first - AROUND_TRIAL_S <= mark.time_s <= last + AROUND_TRIAL_S]
    if outside:
        times = ", ".join(f"{mark.time_s:g}" for mark in outside[:5])
        raise InputError(
            f"Marks lie outside the clip, which runs from {first:.1f} to {last:.1f} s: {times} s. Times count as a "
            "player shows them; is this the file of marks of this clip?"
        )


def stray(marks: Sequence[Mark], trials: Sequence[TimedT]) -> list[Notice]:
    """Notes on marks that belong to no trial.

    Parameters
    ----------
    marks : sequence of Mark
    trials : sequence of TimedT
        In the order of their beginnings.

    Returns
    -------
    list of Notice
        One for each mark; marks of positions belong to no trial and have none.
    """
    return [
        Notice(
            f"The mark at {mark.time_s:.1f} s belongs to no trial: the limb was at rest. It was not used.",
            "nerve_stray_mark",
            time_s=mark.time_s,
        )
        for mark in marks
        if mark.kind != "position" and not any(belongs(mark, trial, trials) for trial in trials)
    ]
