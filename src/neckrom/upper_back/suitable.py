"""Whether a clip can be read as turning of the trunk, and what its reader should know: camera, hips, lean, speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neckrom.body import Body
from neckrom.errors import InputError
from neckrom.types import FloatArray, Notice
from neckrom.upper_back.turning import Turning, arms_crossed, at_rest, facing_deg, load_corrections

if TYPE_CHECKING:
    from neckrom.upper_back.measure import Repetition

OBLIQUE_DEG = 8.0
"""Who sits further past the camera is read further to one side than to the other; that was corrected, roughly."""
MOST_OBLIQUE_DEG = 20.0
THIGHS_DEG = 10.0
"""Thighs that point elsewhere by more than this at the end of a turn: the seat turned along."""
LEAN_DEG = 12.0
"""A trunk that leans aside by more while it turns does something else as well."""
UNEVEN_DEG = 12.0
"""Repetitions of one side that differ by more are no good measure of an end range."""
LEAST_TRUNK_PX = 40.0
LEAST_FPS = 4.0
OUT_SHARE = 0.25
"""Of the frames, so many may have a shoulder or hip outside of the picture."""
LYING_DEG = 50.0
"""A trunk that is further from the picture's vertical lies."""


def check_view(body: Body) -> None:
    """Refuse what cannot be read as turning of the trunk.

    Parameters
    ----------
    body : Body

    Raises
    ------
    InputError
        If nobody is seen, the camera is not in front, the arms are not crossed, or the person lies, is too close or
        too far away.
    """
    if body.found.sum() < 10 or body.found.mean() < 0.2:
        raise InputError(
            f"Nobody is seen in {100 * (1 - body.found.mean()):.0f} % of the clip: film head, trunk, hips and knees "
            "from in front, with light on the person."
        )
    if body.view.name != "front":
        where = {"back": "back", "side_left": "left side", "side_right": "right side"}[body.view.name]
        raise InputError(
            f"The camera looks from the {where}: for turning the trunk it has to stand in front of the sitting person, "
            "at the height of the chest. Bending the upper back backwards is not measured, from no side."
        )
    if max(_outside(body, name) for name in ("shoulder", "elbow", "hip", "knee")) > OUT_SHARE:
        raise InputError(
            "Shoulders, elbows, hips or knees lie outside of the picture: move the camera back until trunk and both "
            "knees are in it. The knees tell whether the person sits square to the camera."
        )
    if not arms_crossed(body):
        raise InputError(
            "The arms are not crossed at the beginning, and the elbows before the chest tell where the trunk turns to. "
            "Cross both arms on the chest, and leave them so."
        )
    past = abs(facing_deg(body, load_corrections().facing))
    if past > MOST_OBLIQUE_DEG:
        raise InputError(
            f"The person sits turned by about {past:.0f} deg past the camera: both sides cannot be read alike. Put the "
            "camera straight in front, knees pointing to it."
        )
    if body.scale_px < LEAST_TRUNK_PX:
        raise InputError(
            f"The person is too small in the picture (the trunk has {body.scale_px:.0f} pixels): bring the camera "
            "nearer."
        )
    trunk = body.middle("shoulder") - body.middle("hip")
    if float(np.nanmedian(np.abs(_aside(trunk)))) > LYING_DEG:
        raise InputError("The person lies: turning the trunk is measured sitting upright.")


def notes_on(body: Body, turning: Turning, found: Sequence[Repetition]) -> tuple[Notice, ...]:
    """What a reader should know of the turns.

    Parameters
    ----------
    body : Body
    turning : Turning
    found : sequence of Repetition

    Returns
    -------
    tuple of Notice
        Of the clip, then repetition after repetition.
    """
    notices = []
    if body.frames_per_second < LEAST_FPS:
        notices.append(
            Notice(
                f"The clip has only {body.frames_per_second:.0f} pictures a second: short turns may be missed.",
                "upper_back_few_frames",
                number=body.frames_per_second,
            )
        )
    past = abs(facing_deg(body, load_corrections().facing))
    if past > OBLIQUE_DEG:
        notices.append(
            Notice(
                f"The person sat turned by about {past:.0f} deg past the camera: both sides are less certain. Put the "
                "camera straight in front, knees pointing to it.",
                "upper_back_oblique",
                moved_deg=past,
            )
        )
    for one in found:
        notices += _of_repetition(body, turning, one)
    return (*notices, *_uneven(found))


def _of_repetition(body: Body, turning: Turning, one: Repetition) -> list[Notice]:
    if not np.isfinite(one.turn_deg):
        return [
            Notice(
                f"Shoulders or hips were lost in much of the turn at {one.at_s:.1f} s: nothing of it was measured. "
                "Tight clothes and an even background help.",
                "upper_back_lost",
                time_s=one.at_s,
            )
        ]
    notices = []
    if abs(one.thighs_deg) > THIGHS_DEG:
        notices.append(
            Notice(
                f"The knees turned along by about {abs(one.thighs_deg):.0f} deg at {one.at_s:.1f} s: the turn is not "
                "that of the trunk alone. Sit on a chair that does not turn, knees and feet still, and do it again.",
                "upper_back_knees",
                moved_deg=abs(one.thighs_deg),
                time_s=one.at_s,
            )
        )
    if one.turn_deg > load_corrections().furthest_deg:
        notices.append(
            Notice(
                f"The trunk turned further at {one.at_s:.1f} s than any with which this was tried: the angle is "
                "less certain.",
                "upper_back_beyond",
                time_s=one.at_s,
            )
        )
    if one.held_back_deg > 0:
        notices.append(
            Notice(
                f"At {one.at_s:.1f} s the trunk looks further turned than the elbows went aside: the turn may be "
                f"{one.held_back_deg:.0f} deg larger, and its interval reaches as far. Keep crossed arms on the chest.",
                "upper_back_held_back",
                moved_deg=one.held_back_deg,
                time_s=one.at_s,
            )
        )
    leant = _leant(body, turning, one)
    if leant > LEAN_DEG:
        notices.append(
            Notice(
                f"The trunk leant aside by {leant:.0f} deg at {one.at_s:.1f} s: stay upright while turning, and do it "
                "again.",
                "upper_back_leant",
                moved_deg=leant,
                time_s=one.at_s,
            )
        )
    return notices


def _uneven(found: Sequence[Repetition]) -> list[Notice]:
    notices = []
    for side in ("left", "right"):
        turns = [one.turn_deg for one in found if one.side == side and np.isfinite(one.turn_deg)]
        if len(turns) > 1 and max(turns) - min(turns) > UNEVEN_DEG:
            notices.append(
                Notice(
                    f"The turns to the {side} differ by {max(turns) - min(turns):.0f} deg among each other: turn "
                    "as far as is comfortable each time, and pause there.",
                    "upper_back_uneven",
                    side=f"upper_back.to.{side}",
                    moved_deg=max(turns) - min(turns),
                )
            )
    return notices


def _leant(body: Body, turning: Turning, one: Repetition) -> float:
    aside = _aside(body.middle("shoulder") - body.middle("hip"))
    rest = float(np.nanmedian(aside[at_rest(body)]))
    near = np.abs(turning.time_s - one.at_s) <= 0.3
    return abs(float(np.nanmedian(aside[near])) - rest)


def _aside(trunk: FloatArray) -> FloatArray:
    return np.asarray(np.degrees(np.arctan2(trunk[:, 0], -trunk[:, 1])))


def _outside(body: Body, name: str) -> float:
    """Share of the frames in which either point lies outside of the picture."""
    points = np.stack([body.point(name, "left"), body.point(name, "right")])
    out = (points < 0).any(axis=2) | (points[..., 0] > body.width) | (points[..., 1] > body.height)
    known = np.isfinite(points).all(axis=2).all(axis=0)
    return float(out.any(axis=0)[known].mean()) if known.any() else 1.0
