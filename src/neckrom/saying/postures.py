"""A posture in the reader's language: verdict and values. No norm, so nothing is marked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from neckrom import rounding
from neckrom.body.result import Interval
from neckrom.messages import Messages
from neckrom.posture.result import PostureChange, PostureResult, PostureView
from neckrom.saying import figures
from neckrom.saying.grades import Grade, gravest
from neckrom.saying.verdict import Finding, Verdict

NONE = figures.NONE

QUANTITIES = (
    "ear_shoulder",
    "ear_shoulder_change",
    "trunk_lean",
    "trunk_lean_change",
    "craniovertebral",
    "head_pitch",
    "plumb_ear",
    "plumb_shoulder",
    "plumb_hip",
)


@dataclass(frozen=True, slots=True)
class PostureQuantitySaid:
    """One quantity in every view, as finished strings.

    Attributes
    ----------
    key : str
        One of ``QUANTITIES``.
    name : str
    values : tuple of str
        In the order of the views; a dash where a view has none.
    """

    key: str
    name: str
    values: tuple[str, ...]


def posture_verdict(result: PostureResult, texts: Messages) -> Verdict:
    """What was seen from each side, and what is missing."""
    findings = tuple(_findings(result, texts))
    return Verdict(findings=findings, grade=gravest(*(finding.grade for finding in findings)), meaning="")


def _findings(result: PostureResult, texts: Messages) -> Iterator[Finding]:
    for view in result.views:
        if view.ear_shoulder_deg is None and view.trunk_lean_deg is None:
            yield Finding("unseen", Grade.OPEN, texts.text("posture.found_nothing"))
            continue
        said = texts.text(
            "posture.found",
            view=f"run.view.side_{view.side}",
            ear=_angle(view.ear_shoulder_deg),
            lean=_angle(view.trunk_lean_deg),
        )
        yield Finding("seen", Grade.NOTE, said)
    told = [view.craniovertebral_deg for view in result.views if view.craniovertebral_deg is not None]
    if told:
        angles = texts.joined([f"{rounding.angle_digits(angle)}°" for angle in told])
        yield Finding("craniovertebral", Grade.NOTE, texts.text("posture.cva", angle=angles))
    else:
        yield Finding("no_c7", Grade.NOTE, texts.text("posture.no_c7"))


def posture_quantities_said(result: PostureResult, texts: Messages) -> tuple[PostureQuantitySaid, ...]:
    """Everything that was measured, view by view; what no view tells is left out."""
    said = (
        PostureQuantitySaid(
            key,
            texts.text(f"posture.quantity.{key}"),
            tuple(_value(view, key, texts) for view in result.views),
        )
        for key in QUANTITIES
    )
    return tuple(item for item in said if any(value != NONE for value in item.values))


def _value(view: PostureView, key: str, texts: Messages) -> str:
    if key.endswith("_change"):
        return _change(view.change, key, texts)
    if key == "ear_shoulder":
        return _with_interval(view.ear_shoulder_deg, view.ear_shoulder_interval95_deg, texts)
    if key == "trunk_lean":
        return _with_interval(view.trunk_lean_deg, view.trunk_lean_interval95_deg, texts)
    if key == "craniovertebral":
        value, ends = view.craniovertebral_deg, view.craniovertebral_interval95_deg
        return _with_interval(value, ends, texts, signed=False)
    if key == "head_pitch":
        return _angle(view.head_pitch_deg)
    share = None if view.plumb is None else getattr(view.plumb, key.removeprefix("plumb_"))
    return _plumb(share, texts)


def _change(change: PostureChange | None, key: str, texts: Messages) -> str:
    if change is None:
        return NONE
    if key.startswith("ear"):
        return _with_interval(change.ear_shoulder_deg, change.ear_shoulder_interval95_deg, texts)
    return _with_interval(change.trunk_lean_deg, change.trunk_lean_interval95_deg, texts)


def _plumb(share: float | None, texts: Messages) -> str:
    if share is None:
        return NONE
    percent = rounding.whole_digits(abs(100 * share))
    if percent == "0":
        return texts.text("posture.on_line")
    return texts.text("posture.in_front" if share > 0 else "posture.behind", percent=percent)


def _angle(angle_deg: float | None, *, signed: bool = True) -> str:
    if angle_deg is None or not math.isfinite(angle_deg):
        return NONE
    return figures.signed(angle_deg) if signed else figures.short_angle(angle_deg)


def _with_interval(
    angle_deg: float | None, interval: Interval | None, texts: Messages, *, signed: bool = True
) -> str:
    told = _angle(angle_deg, signed=signed)
    if told == NONE or interval is None:
        return told
    low, high = (_angle(end, signed=signed).removesuffix("°") for end in interval)
    return f"{told} ({texts.text('figure.interval', low=low, high=high)})"
