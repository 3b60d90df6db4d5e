"""Whether a clip can be read as an arm test, and what its reader should know: camera, hands, elbows, trunk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neckrom.body import Body, Side, other
from neckrom.errors import InputError
from neckrom.nerve.arms.angles import ArmTestAngles
from neckrom.nerve.arms.trials import ArmTrial
from neckrom.nerve.suitable import few_frames, outside_share
from neckrom.types import FloatArray, Notice

OBLIQUE_DEG = 30.0
"""A camera that is read to stand further beside the front sees arms shortened by 13 % and more."""
BENT_DEG = 30.0
"""An elbow that is bent by more out to the side or overhead is no straight one."""
OTHER_ARM_DEG = 25.0
"""An arm that is further out does not hang."""
TOGETHER_SHARE = 0.6
"""An arm that is raised by so much of the other one's angle is raised together with it."""
TRUNK_DEG = 10.0
"""A trunk that leans aside by more while the arm is up stands in for it."""
LOST_SHARE = 0.1
"""Of a trial, so much may be lost without a note."""
OUT_SHARE = 0.3
"""Of the time at the end, so much may have the hand outside the picture without a note."""
TOO_CLOSE_SHARE = 0.25
"""Of the frames, so many may have an eye, a shoulder or a hip outside the picture: without the head there is no neck,
and the model mistakes arms."""
LEAST_TRUNK_PX = 40.0
"""Length of the trunk in the picture, pixels: in a smaller person the joints are too near to each other."""
LYING_DEG = 50.0
"""A trunk that is further from the picture's vertical lies."""


def check_front_view(body: Body) -> None:
    """Refuse what cannot be read as an arm test.

    Parameters
    ----------
    body : Body

    Raises
    ------
    InputError
        If nobody is seen, the camera is not in front, or the person lies, is too close or too far away.
    """
    if body.found.sum() < 10 or body.found.mean() < 0.2:
        raise InputError(
            f"Nobody is seen in {100 * (1 - body.found.mean()):.0f} % of the clip: film the person from the front, "
            "from the hips up, with light from the camera's side."
        )
    if body.view.name != "front":
        where = {"back": "back", "side_left": "left side", "side_right": "right side"}[body.view.name]
        raise InputError(
            f"The camera looks from the {where}: for the arm test it has to stand in front of the person, at the "
            "height of the chest. For the tests of the legs, filmed from the side, use --protocol slr or slump."
        )
    if abs(body.view.oblique_deg) > OBLIQUE_DEG:
        raise InputError(
            f"The camera stands about {abs(body.view.oblique_deg):.0f} deg beside the front: arms are shortened in "
            "the picture, and their angles cannot be told. Turn towards the camera."
        )
    outside = max(
        outside_share(body, name, side) for name in ("eye", "shoulder", "hip") for side in ("left", "right")
    )
    if outside > TOO_CLOSE_SHARE:
        raise InputError(
            "The person does not fit into the picture: head, shoulders or hips lie outside of it. Move the camera back "
            "until the body from the hips up, with an arm overhead, is in the picture."
        )
    if body.scale_px < LEAST_TRUNK_PX:
        raise InputError(
            f"The person is too small in the picture (the trunk has {body.scale_px:.0f} pixels): bring the camera "
            "nearer, until the body with an arm overhead fills most of the picture."
        )
    trunk = body.middle("shoulder") - body.middle("hip")
    if float(np.nanmedian(np.abs(np.degrees(np.arctan2(trunk[:, 0], -trunk[:, 1]))))) > LYING_DEG:
        raise InputError("The person lies: the arm test is done standing or sitting upright.")


def notes_on_arms(body: Body, angles: ArmTestAngles, trials: Sequence[ArmTrial]) -> tuple[Notice, ...]:
    """What a reader should know of the trials.

    Parameters
    ----------
    body : Body
    angles : ArmTestAngles
    trials : sequence of ArmTrial

    Returns
    -------
    tuple of Notice
        Trial after trial.
    """
    notices = few_frames(body)
    together: list[ArmTrial] = []
    for trial in trials:
        notices += _hand_outside(angles, trial)
        notices += _arm_lost(angles, trial)
        notices += _elbow_bent(angles, trial)
        if not raised_together(angles, trial):
            notices += _other_arm(angles, trial)
        elif not any(one.reached_s < trial.return_s and trial.reached_s < one.return_s for one in together):
            together.append(trial)
            notices.append(_both_arms(trial))
        notices += _trunk(angles, trial)
    return tuple(notices)


def raised_together(angles: ArmTestAngles, trial: ArmTrial) -> bool:
    """Whether the other arm was raised with that of a trial: a symptom is then no more one's than the other's.

    Parameters
    ----------
    angles : ArmTestAngles
    trial : ArmTrial

    Returns
    -------
    bool
        False where one of them was not measured.
    """
    mine = _while(angles, trial, angles.arms[trial.arm].abduction_deg)
    others = _while(angles, trial, angles.arms[other(trial.arm)].abduction_deg)
    if not len(mine) or not len(others):
        return False
    return float(np.median(others)) >= max(OTHER_ARM_DEG, TOGETHER_SHARE * float(np.median(mine)))


def _while(angles: ArmTestAngles, trial: ArmTrial, values: FloatArray) -> FloatArray:
    inside = (angles.time_s >= trial.reached_s) & (angles.time_s <= trial.return_s) & np.isfinite(values)
    return np.asarray(values[inside])


def _limb(side: Side) -> str:
    return f"nerve.limb.{side}_arm"


def _hand_outside(angles: ArmTestAngles, trial: ArmTrial) -> list[Notice]:
    inside = (angles.time_s >= trial.reached_s) & (angles.time_s <= trial.return_s)
    outside = angles.arms[trial.arm].hand_outside[inside]
    if not len(outside) or float(outside.mean()) <= OUT_SHARE:
        return []
    return [
        Notice(
            f"The hand of the {trial.arm} arm leaves the picture in the trial from {trial.start_s:.1f} s on: the elbow "
            "was not measured there, and whether the arm was held is not known. Move the camera back.",
            "nerve_hand_outside",
            limb=_limb(trial.arm),
            time_s=trial.start_s,
        )
    ]


def _arm_lost(angles: ArmTestAngles, trial: ArmTrial) -> list[Notice]:
    main = angles.arms[trial.arm].abduction_deg
    inside = (angles.time_s >= trial.start_s) & (angles.time_s <= trial.end_s)
    share = float((inside & ~np.isfinite(main)).sum() / max(inside.sum(), 1))
    if share < LOST_SHARE:
        return []
    return [
        Notice(
            f"The model lost the {trial.arm} arm in {100 * share:.0f} % of the trial from {trial.start_s:.1f} s on: "
            "nothing was measured there. Tight clothes and an even background help.",
            "nerve_arm_lost",
            limb=_limb(trial.arm),
            percent=100 * share,
            time_s=trial.start_s,
        )
    ]


def _elbow_bent(angles: ArmTestAngles, trial: ArmTrial) -> list[Notice]:
    elbow = _while(angles, trial, angles.arms[trial.arm].elbow_told_deg)
    if trial.position == "bent_overhead" or not len(elbow) or float(np.median(elbow)) < BENT_DEG:
        return []
    return [
        Notice(
            f"The elbow of the {trial.arm} arm was bent by {np.median(elbow):.0f} deg at {trial.reached_s:.1f} s, with "
            "the arm out to the side or overhead: do it again with the elbow straight.",
            "nerve_elbow_bent",
            limb=_limb(trial.arm),
            elbow_deg=float(np.median(elbow)),
            time_s=trial.reached_s,
        )
    ]


def _other_arm(angles: ArmTestAngles, trial: ArmTrial) -> list[Notice]:
    resting = _while(angles, trial, angles.arms[other(trial.arm)].abduction_deg)
    if not len(resting) or float(np.median(resting)) < OTHER_ARM_DEG:
        return []
    return [
        Notice(
            f"The other arm was raised to {np.median(resting):.0f} deg at {trial.reached_s:.1f} s: let it hang, and do "
            "the trial again.",
            "nerve_other_arm",
            moved_deg=float(np.median(resting)),
            time_s=trial.reached_s,
        )
    ]


def _both_arms(trial: ArmTrial) -> Notice:
    return Notice(
        f"Both arms were raised at {trial.reached_s:.1f} s: raise one at a time, let the other one hang, and do the "
        "trial again.",
        "nerve_both_arms",
        time_s=trial.reached_s,
    )


def _trunk(angles: ArmTestAngles, trial: ArmTrial) -> list[Notice]:
    lean = angles.trunk_lean_deg
    before = lean[np.isfinite(lean) & (angles.time_s <= trial.start_s + 0.1)]
    up = _while(angles, trial, lean)
    if not len(up) or not len(before):
        return []
    rest = float(np.median(before[-15:]))
    leant = float(abs(np.median(up) - rest))
    if leant < TRUNK_DEG:
        return []
    return [
        Notice(
            f"The trunk leant aside by {leant:.0f} deg while the arm was up at {trial.reached_s:.1f} s: stay upright, "
            "and do the trial again.",
            "nerve_trunk_leant",
            moved_deg=leant,
            time_s=trial.reached_s,
        )
    ]
