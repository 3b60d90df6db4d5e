"""Knee, foot and trunk over one stride: the median of all strides, left and right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report.figures import BLUE, INK, ORANGE, PAGE_WIDTH_IN, PHONE_WIDTH_IN, QUIET
from neckrom.running.curves import Curves
from neckrom.running.result import Foot, RunResult
from neckrom.types import FloatArray

Panel = Literal["knee", "foot", "trunk"]
PANELS: tuple[Panel, ...] = ("knee", "foot", "trunk")
_COLUMN: dict[Panel, str] = {"knee": "knee_{}_deg", "foot": "foot_{}_deg", "trunk": "trunk_lean_deg"}
_SHARES = np.linspace(0.0, 1.0, 101)
_FEWEST = 3
"""Strides of which a median is drawn."""
_LONGEST = 1.5
"""A stride longer than so many usual ones spans a contact that was missed."""
_LOOKS: dict[Foot, tuple[str, str]] = {"left": (BLUE, "-"), "right": (ORANGE, "--")}


@dataclass(frozen=True, slots=True)
class Strides:
    """Of one foot, from contact to contact.

    Attributes
    ----------
    foot : str
    near : bool or None
        None where both are seen alike.
    number : int
    curves : mapping of panel to ndarray, shape (3, 101)
        Lower quarter, median and upper quarter over the stride, degrees.
    off : float or None
        Share of the stride at which the foot leaves the ground.
    """

    foot: Foot
    near: bool | None
    number: int
    curves: Mapping[Panel, FloatArray | None]
    off: float | None


def strides_of(result: RunResult, curves: Curves) -> tuple[Strides, ...]:
    """Cut the curves of a clip into strides and take their median, foot by foot."""
    return tuple(strides for foot in _LOOKS if (strides := _of_foot(result, curves, foot)) is not None)


def _of_foot(result: RunResult, curves: Curves, foot: Foot) -> Strides | None:
    steps = [step for step in result.steps if step.clip == curves.clip and step.foot == foot]
    starts = np.array([step.contact_s for step in steps])
    if len(starts) <= _FEWEST:
        return None
    lengths = np.diff(starts)
    whole = np.flatnonzero(lengths < _LONGEST * np.median(lengths))
    spans = [(starts[i], starts[i + 1]) for i in whole]
    offs = [
        (off - starts[i]) / lengths[i]
        for i in whole
        if (off := steps[i].off_s) is not None and starts[i] < off < starts[i + 1]
    ]
    from_side = result.clips[curves.clip].view.startswith("side")
    return Strides(
        foot=foot,
        near=steps[0].near if from_side else None,
        number=len(spans),
        curves={panel: _median(curves, _COLUMN[panel].format(foot), spans) for panel in PANELS},
        off=float(np.median(offs)) if offs else None,
    )


def _median(curves: Curves, column: str, spans: Sequence[tuple[float, float]]) -> FloatArray | None:
    values = curves.columns.get(column)
    if values is None:
        return None
    known = np.isfinite(values)
    if known.sum() < len(_SHARES) // 10:
        return None
    cut = []
    for start, end in spans:
        inside = (curves.time_s >= start) & (curves.time_s <= end)
        if inside.sum() > 3 and known[inside].mean() > 0.8:
            times = start + _SHARES * (end - start)
            cut.append(np.interp(times, curves.time_s[known], values[known]))
    if len(cut) < _FEWEST:
        return None
    return np.asarray(np.percentile(np.array(cut), [25.0, 50.0, 75.0], axis=0))


def stride_figure(
    strides: Sequence[Strides], *, phone: bool = False, texts: Messages | None = None
) -> Figure:
    """Draw the three panels, one below the other, on one stride.

    Left is a solid blue line, right a dashed orange one, so that they are told apart without colour.
    """
    words = texts or load_messages(FALLBACK)
    panels = [panel for panel in PANELS if any(each.curves.get(panel) is not None for each in strides)]
    width = PHONE_WIDTH_IN if phone else PAGE_WIDTH_IN
    figure = Figure(figsize=(width, 0.75 + 1.55 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for place, panel in zip(axes, panels, strict=True):
        _panel(place, panel, strides, words)
    label = words.text("run.chart.stride")
    axes[-1].set_xlabel(
        label if not phone else f"{label[:38].rsplit(' ', 1)[0]}…" if len(label) > 40 else label
    )
    axes[0].legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=2,
        frameon=False,
        borderaxespad=0.1,
        handlelength=2.6,
    )
    return figure


def _panel(axes: Axes, panel: Panel, strides: Sequence[Strides], texts: Messages) -> None:
    for each in strides:
        drawn = each.curves.get(panel)
        if drawn is None:
            continue
        colour, style = _LOOKS[each.foot]
        low, middle, high = drawn
        percent = 100 * _SHARES
        axes.fill_between(percent, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(percent, middle, color=colour, linestyle=style, linewidth=2.2, label=_name(each, texts))
        if each.off is not None and panel != "trunk":
            at = 100 * each.off
            axes.plot([at], [np.interp(at, percent, middle)], "o", color=colour, markersize=6)
    axes.set_xlim(0, 100)
    axes.axhline(0, color=QUIET, linewidth=0.6)
    axes.set_ylabel(texts.text(f"run.chart.{panel}"), color=INK)
    axes.grid(visible=True, color="#e4e4e4", linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _name(strides: Strides, texts: Messages) -> str:
    side = f"run.chart.{strides.foot}"
    if strides.near is None:
        return texts.text(side)
    return texts.text("run.chart.near" if strides.near else "run.chart.far", side=side)
