"""Whether a clip can be read as a leg test, and what its reader should know: camera, feet, knees, the other leg."""

from __future__ import annotations

import numpy as np

from neckrom.body import Body, Side, other
from neckrom.errors import InputError
from neckrom.nerve.angles import LegTestAngles
from neckrom.nerve.corrections import LegTest
from neckrom.nerve.trials import LegTrial
from neckrom.types import BoolArray, FloatArray, Notice

KNEE_BENT_DEG = 20.0
"""A knee that is bent by more at the top makes the raise no straight one."""
OTHER_LEG_DEG = 12.0
"""The other leg was lifted if its thigh turns by more while the tested one is up."""
PELVIS_DEG = 12.0
"""Trunk and pelvis were turned along if the trunk's line turns by more."""
OUT_SHARE = 0.3
"""Of a trial, so much may have the foot outside the picture without a note."""
TOO_CLOSE_SHARE = 0.25
"""Of the frames, so many may have a shoulder, hip or knee outside the picture."""
LEAST_FPS = 8.0
"""Pictures a second without a note that times are rough."""
LEAST_TRUNK_PX = 40.0
"""Length of the trunk in the picture, pixels: in a smaller person the joints are too near to each other."""


def check_side_view(body: Body, test: LegTest) -> Side:
    """The side that the camera sees.

    Parameters
    ----------
    body : Body
    test : {"slr", "slump"}

    Returns
    -------
    {"left", "right"}
        The person's own.

    Raises
    ------
    InputError
        If nobody is seen, the camera is not at the side, or the person is too close or too far away.
    """
    if body.found.sum() < 10 or body.found.mean() < 0.2:
        raise InputError(
            f"Nobody is seen in {100 * (1 - body.found.mean()):.0f} % of the clip: film the whole body from the side, "
            "with light from the camera's side."
        )
    where = "lying" if test == "slr" else "sitting"
    if body.view.near is None:
        raise InputError(
            f"The camera looks from the {body.view.name}: for this test it has to stand at the side of the {where} "
            "person, at the height of the hips, with the whole body in the picture."
        )
    outside = _outside(body)
    if (
        outside["hip"] > TOO_CLOSE_SHARE
        or outside["shoulder"] > TOO_CLOSE_SHARE
        or outside["knee"] > TOO_CLOSE_SHARE
    ):
        raise InputError(
            "The person does not fit into the picture: trunk or knees lie outside of it. Move the camera back until "
            "head, trunk and both feet are in the picture, and stay in it with the leg up."
        )
    if body.scale_px < LEAST_TRUNK_PX:
        raise InputError(
            f"The person is too small in the picture (the trunk has {body.scale_px:.0f} pixels): bring the camera "
            "nearer, until the body fills most of the picture."
        )
    if test == "slr" and _upright(body):
        raise InputError(
            "The person does not lie: the straight leg raise is done lying on the back. For the test in sitting, use "
            "--protocol slump."
        )
    if test == "slump" and _lying(body):
        raise InputError(
            "The person does not sit: the slump test is done sitting. For the test in lying, use --protocol slr."
        )
    return body.view.near


def _trunk_from_vertical(body: Body) -> FloatArray:
    trunk = body.middle("shoulder") - body.middle("hip")
    return np.asarray(np.degrees(np.arctan2(np.abs(trunk[:, 0]), -trunk[:, 1])))


def _upright(body: Body) -> bool:
    # degrees; far from a trunk that lies
    return float(np.nanmedian(_trunk_from_vertical(body))) < 35.0


def _lying(body: Body) -> bool:
    # degrees; far beyond a trunk that sits
    return float(np.nanmedian(_trunk_from_vertical(body))) > 70.0


def outside_share(body: Body, name: str, side: Side, inside: BoolArray | None = None) -> float:
    """Share of frames in which a point lies outside the picture.

    Parameters
    ----------
    body : Body
    name : str
        Of a point, as "hand".
    side : {"left", "right"}
    inside : ndarray of bool, shape (N,), optional
        Frames that count.

    Returns
    -------
    float
        0 to 1, of the frames in which the point is known; 1 where it never is.
    """
    point = body.point(name, side)
    if inside is not None:
        point = point[inside]
    known = np.isfinite(point[:, 0])
    if not known.any():
        return 1.0
    out = (point < 0).any(axis=1) | (point[:, 0] > body.width) | (point[:, 1] > body.height)
    return float(np.mean(out[known]))


def few_frames(body: Body) -> list[Notice]:
    """What is said of a clip whose pictures are too few for times.

    Parameters
    ----------
    body : Body

    Returns
    -------
    list of Notice
        Empty from ``LEAST_FPS`` on.
    """
    if body.frames_per_second >= LEAST_FPS:
        return []
    return [
        Notice(
            f"The clip has only {body.frames_per_second:.0f} pictures a second: times are that rough.",
            "nerve_few_frames",
            number=body.frames_per_second,
        )
    ]


def _outside(body: Body) -> dict[str, float]:
    """Share of frames in which a point of the near side lies outside the picture."""
    near = body.view.near or "left"
    return {name: outside_share(body, name, near) for name in ("shoulder", "hip", "knee", "ankle", "toe")}


def notes_on(body: Body, angles: LegTestAngles, trials: tuple[LegTrial, ...]) -> tuple[Notice, ...]:
    """What a reader should know of the trials.

    Parameters
    ----------
    body : Body
    angles : LegTestAngles
    trials : tuple of LegTrial

    Returns
    -------
    tuple of Notice
        Trial after trial.
    """
    notices = few_frames(body)
    for trial in trials:
        notices += _foot_outside(body, trial)
        notices += _leg_lost(angles, trial)
        if angles.test == "slr":
            notices += _knee_bent(angles, trial)
            notices += _other_leg(angles, trial)
            notices += _pelvis(angles, trial)
    return tuple(notices)


def _while(angles: LegTestAngles, trial: LegTrial, angle: FloatArray) -> FloatArray:
    inside = (angles.time_s >= trial.reached_s) & (angles.time_s <= trial.return_s) & np.isfinite(angle)
    return np.asarray(angle[inside])


def _before(angles: LegTestAngles, trial: LegTrial, angle: FloatArray) -> FloatArray:
    inside = (
        (angles.time_s <= trial.start_s + 0.1) & (angles.time_s >= trial.start_s - 1.5) & np.isfinite(angle)
    )
    return np.asarray(angle[inside])


def _foot_outside(body: Body, trial: LegTrial) -> list[Notice]:
    inside = (body.time_s >= trial.start_s) & (body.time_s <= trial.end_s)
    for name in ("toe", "ankle"):
        point = body.point(name, trial.leg)[inside]
        out = (point < 0).any(axis=1) | (point[:, 0] > body.width) | (point[:, 1] > body.height)
        if len(out) and float(np.mean(out)) > OUT_SHARE:
            return [
                Notice(
                    f"The foot of the {trial.leg} leg leaves the picture in the trial from {trial.start_s:.1f} s on: "
                    "ankle and knee are not to be relied on there. Move the camera back.",
                    "nerve_foot_outside",
                    limb=f"nerve.limb.{trial.leg}_leg",
                    time_s=trial.start_s,
                )
            ]
    return []


def _leg_lost(angles: LegTestAngles, trial: LegTrial) -> list[Notice]:
    leg = angles.legs[trial.leg]
    main = leg.raise_deg if angles.test == "slr" else leg.knee_deg
    inside = (angles.time_s >= trial.start_s) & (angles.time_s <= trial.end_s)
    lost = inside & ~np.isfinite(main)
    share = float(lost.sum() / max(inside.sum(), 1))
    # a tenth of a trial: less is no loss that a reader needs to know of
    if share < 0.1:
        return []
    return [
        Notice(
            f"The model lost the {trial.leg} leg in {100 * share:.0f} % of the trial from {trial.start_s:.1f} s on: "
            "nothing was measured there. Tight clothes and an even background help.",
            "nerve_leg_lost",
            limb=f"nerve.limb.{trial.leg}_leg",
            percent=100 * share,
            time_s=trial.start_s,
        )
    ]


def _knee_bent(angles: LegTestAngles, trial: LegTrial) -> list[Notice]:
    knee = _while(angles, trial, angles.legs[trial.leg].knee_deg)
    if not len(knee) or float(np.median(knee)) < KNEE_BENT_DEG:
        return []
    return [
        Notice(
            f"The knee of the {trial.leg} leg was bent by {np.median(knee):.0f} deg while it was raised at "
            f"{trial.reached_s:.1f} s: a leg with a bent knee goes further. Do it again with the knee straight.",
            "nerve_knee_bent",
            limb=f"nerve.limb.{trial.leg}_leg",
            knee_deg=float(np.median(knee)),
            time_s=trial.reached_s,
        )
    ]


def _other_leg(angles: LegTestAngles, trial: LegTrial) -> list[Notice]:
    resting = angles.legs[other(trial.leg)].raise_deg
    up, down = _while(angles, trial, resting), _before(angles, trial, resting)
    if not len(up) or not len(down):
        return []
    moved = float(np.median(up) - np.median(down))
    if moved < OTHER_LEG_DEG:
        return []
    return [
        Notice(
            f"The other leg was lifted by {moved:.0f} deg at {trial.reached_s:.1f} s: let it lie flat, and do the "
            "trial again.",
            "nerve_other_leg",
            moved_deg=moved,
            time_s=trial.reached_s,
        )
    ]


def _pelvis(angles: LegTestAngles, trial: LegTrial) -> list[Notice]:
    """A pelvis that rolls back with the leg lifts the hips: the trunk's line and the resting thigh turn alike."""
    up, down = _while(angles, trial, angles.trunk_lean_deg), _before(angles, trial, angles.trunk_lean_deg)
    if not len(up) or not len(down):
        return []
    rolled = float(abs(np.median(up) - np.median(down)))
    if rolled < PELVIS_DEG:
        return []
    return [
        Notice(
            f"Trunk and pelvis turned by {rolled:.0f} deg while the leg was raised at {trial.reached_s:.1f} s: keep "
            "them on the mat, and do the trial again.",
            "nerve_pelvis",
            moved_deg=rolled,
            time_s=trial.reached_s,
        )
    ]
