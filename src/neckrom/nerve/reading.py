"""What a leg or arm test says, in the articles' words.

Some stretch is normal. The person's own pain that a movement elsewhere changes points to nerve. Negative, or no back
pain: more likely the buttock. Range alone is never a finding, and a limb that was not held says nothing of a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from neckrom.nerve.limits import HEALTHY_SIDE_DIFFERENCE_DEG
from neckrom.nerve.marking import Answered, was_felt
from neckrom.nerve.measure import MeasuredTrial
from neckrom.nerve.sides import SidesCompared
from neckrom.statement import Statement, state

_NEGATIVE = frozenset({"nerve.reading.nothing", "screen.reading.buttock"})
"""What is said where a test brought nothing on."""


def read_trials(
    trials: Sequence[MeasuredTrial], marked: bool, *, unplaced: bool = False
) -> tuple[Statement, ...]:
    """What the trials say, without the sides.

    Parameters
    ----------
    trials : sequence of MeasuredTrial
    marked : bool
        Whether there were marks at all.
    unplaced : bool
        Whether a mark belongs to no trial.

    Returns
    -------
    tuple of Statement
    """
    said: list[Statement] = []
    felt = [trial for trial in trials if was_felt(trial)]
    for trial in felt:
        said += _of_trial(trial)
    if not marked:
        said.append(state("nerve.reading.not_marked"))
    elif unplaced:
        said.append(state("nerve.reading.unplaced"))
    elif not felt:
        said.append(state("nerve.reading.nothing"))
    own = [trial for trial in felt if trial.pain == "own"]
    if marked and not unplaced and not own and not any(trial.pain is None for trial in felt):
        said.append(state("screen.reading.buttock"))
    return tuple(said)


def after_a_stop(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The same of a test that was stopped for safety: that nothing was brought on by then says nothing of the rest.

    Parameters
    ----------
    statements : sequence of Statement
        Of a leg or arm test.

    Returns
    -------
    tuple of Statement
    """
    kept = (one for one in statements if one.key not in _NEGATIVE)
    return (state("nerve.reading.stopped"), *kept)


def read_sides(test: str, sides: SidesCompared | None, *, both_tested: bool = False) -> tuple[Statement, ...]:
    """What both sides say beside each other.

    Parameters
    ----------
    test : {"slr", "slump", "arms"}
    sides : SidesCompared or None
        None where only one side was done, or measured.
    both_tested : bool
        Whether both sides were done.

    Returns
    -------
    tuple of Statement
    """
    if sides is None:
        return (state("nerve.reading.one_side_read" if both_tested else "nerve.reading.one_side"),)
    limit = HEALTHY_SIDE_DIFFERENCE_DEG.get(test)
    values = {"difference_deg": sides.difference_deg}
    if sides.verdict == "within_error":
        said = state("nerve.reading.sides_alike", **values)
    elif limit is None:
        said = state("nerve.reading.sides_no_limit", **values, side=f"nerve.side.{sides.smaller}")
    elif sides.verdict == "unusual":
        said = state(
            "nerve.reading.sides_unusual", **values, limit_deg=limit, side=f"nerve.side.{sides.smaller}"
        )
    else:
        said = state("nerve.reading.sides_usual", **values, limit_deg=limit)
    return (said, state("nerve.reading.range_alone"))


class Changed(Protocol):
    """What was seen and answered of movements elsewhere in a trial of a leg or an arm."""

    @property
    def held(self) -> bool | None:
        """Whether the limb was held meanwhile; None where that cannot be told."""
        ...

    @property
    def answered(self) -> tuple[Answered, ...]:
        """Movements that were seen, with their answers."""
        ...

    @property
    def left_over(self) -> tuple[str, ...]:
        """Answers to movements that were not seen."""
        ...


def not_told(trial: Changed) -> Statement | None:
    """Why nothing can be said of what a movement elsewhere changes; None where it can.

    Parameters
    ----------
    trial : Changed
        Of a leg or an arm.

    Returns
    -------
    Statement or None
        "more" or "less" after a movement that was not seen leaves the test open, unless another one that was seen
        changed the symptom.
    """
    if trial.held is False:
        return state("nerve.reading.not_held")
    unseen = [answer for answer in trial.left_over if answer in ("more", "less")]
    if unseen and not any(one.answer in ("more", "less") for one in trial.answered):
        return state("nerve.reading.answer_left", answer=f"nerve.answer.{unseen[0]}")
    return None if trial.answered else state("nerve.reading.no_change")


def _of_trial(trial: MeasuredTrial) -> list[Statement]:
    limb = f"nerve.limb.{trial.leg}_leg"
    at = trial.symptom_angle_deg
    came = (
        state("nerve.reading.came_at", limb=limb, angle_deg=at)
        if trial.symptom_s is not None and np.isfinite(at)
        else state("nerve.reading.came", limb=limb)
    )
    if trial.pain == "stretch":
        return [came, state("nerve.reading.stretch")]
    own = [state("nerve.reading.own")] if trial.pain == "own" else []
    why_not = not_told(trial)
    if why_not is not None:
        return [came, *own, why_not]
    said = [came] if trial.held else [came, state("nerve.reading.holding_unknown")]
    first = trial.answered[0]
    joint = f"nerve.joint.{first.moved.joint}"
    if first.answer is None:
        said += [*own, state("nerve.reading.no_answer", joint=joint, by_deg=abs(first.moved.by_deg))]
        return said
    changed = [one for one in trial.answered if one.answer in ("more", "less")]
    if not changed:
        key = "stays_own" if trial.pain == "own" else "stays"
        return [*said, state(f"nerve.reading.{key}", joint=joint)]
    joint = f"nerve.joint.{changed[0].moved.joint}"
    answer = f"nerve.answer.{changed[0].answer}"
    if trial.pain == "own":
        said.append(state("nerve.reading.nerve", joint=joint, answer=answer))
    else:
        said.append(state("nerve.reading.changes_pain_unknown", joint=joint, answer=answer))
    return said
