"""What an arm test says, in the article's words.

Painful tightness or sharp pain with the arm out to the side, overhead or bent overhead is the article's sign of nerve
tension in the arms; what changes with the neck alone points to a nerve. Range alone is never a finding, and an arm
that was not held says nothing of a change.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neckrom.body import Side
from neckrom.nerve.arms.measure import POSITIONS, ArmsCompared, MeasuredArmTrial
from neckrom.nerve.limits import HEALTHY_SIDE_DIFFERENCE_DEG
from neckrom.nerve.marking import was_felt
from neckrom.nerve.reading import not_told
from neckrom.nerve.result import Tension
from neckrom.statement import Statement, state


def read_arm_trials(
    trials: Sequence[MeasuredArmTrial], marked: bool, *, unplaced: bool = False
) -> tuple[Statement, ...]:
    """What the trials say, without the sides.

    Parameters
    ----------
    trials : sequence of MeasuredArmTrial
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
    if any(trial.pain == "own" for trial in felt):
        said.append(state("nerve.reading.arm_sign"))
    return tuple(said)


def read_arms(sides: Sequence[ArmsCompared]) -> tuple[Statement, ...]:
    """What both arms say beside each other.

    Parameters
    ----------
    sides : sequence of ArmsCompared
        Empty where only one was done.

    Returns
    -------
    tuple of Statement
    """
    if not sides:
        return (state("nerve.reading.one_arm"),)
    limit = HEALTHY_SIDE_DIFFERENCE_DEG["arms"]
    said = []
    for one in sides:
        position = f"nerve.position.{one.position}"
        if one.verdict == "within_error":
            said.append(
                state("nerve.reading.arms_alike", position=position, difference_deg=one.difference_deg)
            )
        elif one.verdict == "unusual":
            said.append(
                state(
                    "nerve.reading.arms_unusual",
                    position=position,
                    difference_deg=one.difference_deg,
                    side=f"nerve.side.{one.smaller}",
                    limit_deg=limit,
                )
            )
        else:
            said.append(
                state(
                    "nerve.reading.arms_usual",
                    position=position,
                    difference_deg=one.difference_deg,
                    limit_deg=limit,
                )
            )
    return (*said, state("nerve.reading.range_alone"))


def tension_of(
    trials: Sequence[MeasuredArmTrial], side: Side, marked: bool, *, unplaced: bool = False
) -> Tension:
    """Sign 5 of one arm.

    Parameters
    ----------
    trials : sequence of MeasuredArmTrial
    side : {"left", "right"}
    marked : bool
        Whether there were marks at all.
    unplaced : bool
        Whether a mark belongs to no trial.

    Returns
    -------
    {"found", "not_found", "unknown"}
    """
    mine = [trial for trial in trials if trial.trial.arm == side]
    felt = [trial for trial in mine if was_felt(trial)]
    if any(trial.pain == "own" for trial in felt):
        return "found"
    asked = {trial.trial.position for trial in mine}
    if not marked or unplaced or asked != set(POSITIONS) or any(trial.pain is None for trial in felt):
        return "unknown"
    return "not_found"


def _of_trial(trial: MeasuredArmTrial) -> list[Statement]:
    about = {
        "limb": f"nerve.limb.{trial.trial.arm}_arm",
        "position": f"nerve.position.{trial.trial.position}",
    }
    at = trial.symptom_angle_deg
    bent = trial.trial.position == "bent_overhead"
    came = (
        state(f"nerve.reading.{'elbow' if bent else 'arm'}_came_at", angle_deg=at, **about)
        if trial.symptom_s is not None and np.isfinite(at)
        else state("nerve.reading.arm_came", **about)
    )
    if trial.pain == "stretch":
        return [came, state("nerve.reading.stretch")]
    painful = [state("nerve.reading.arm_painful")] if trial.pain == "own" else []
    why_not = not_told(trial)
    if why_not is not None:
        return [came, *painful, why_not]
    said = [came, *painful]
    if trial.held is None:
        said.append(state("nerve.reading.holding_unknown"))
    first = trial.answered[0]
    joint = f"nerve.joint.{first.moved.joint}"
    if first.answer is None:
        said.append(state("nerve.reading.no_answer", joint=joint, by_deg=abs(first.moved.by_deg)))
        return said
    changed = next((one for one in trial.answered if one.answer in ("more", "less")), None)
    if changed is None:
        return [*said, state("nerve.reading.stays", joint=joint)]
    answer = f"nerve.answer.{changed.answer}"
    if trial.pain == "own":
        said.append(state("nerve.reading.arm_nerve", answer=answer))
    else:
        said.append(state("nerve.reading.arm_changes_pain_unknown", answer=answer))
    return said
