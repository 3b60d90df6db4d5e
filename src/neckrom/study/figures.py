"""Figures of a study: Bland-Altman, measured against reference, intervals, and bias by stratum.

Colours are those of the reports; nothing is said by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from neckrom.report.figures import BLUE, GREY, INK, ORANGE, PAGE_WIDTH_IN, PALE, PHONE_WIDTH_IN, QUIET, SKY
from neckrom.rounding import HALF_PERCENT
from neckrom.study.analysis import AgreementFound, StudyFound
from neckrom.study.data import Pair, StudyData
from neckrom.types import MOVEMENTS, Movement

_TEXT = 8.5
"""Points."""
_DOT = 5.0
"""Area of a dot, points squared."""
_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Widths of intervals that are looked at, as shares."""
_Panel = Callable[[Axes, Movement], None]


def bland_altman_figure(
    data: StudyData, found: StudyFound, *, phone: bool = False, ruled: bool = True
) -> Figure:
    """Difference over the mean of both, a panel for each direction.

    Dots are trials; the line is the bias, the dashed lines the limits of agreement, each in the band of its 95 %
    interval; dotted lines are the rule that was set beforehand, where there was one.

    Parameters
    ----------
    data : StudyData
    found : StudyFound
        Of these data.
    phone : bool
        Drawn for a narrow window.
    ruled : bool
        With the rule.

    Returns
    -------
    Figure
        Degrees, camera minus reference.
    """
    rule = data.plan.rules.limits_deg
    pairs = [pair for pair in data.pairs if pair.comparable]
    reach = max([rule, *(abs(pair.difference_deg) for pair in pairs)]) * 1.08

    def panel(axes: Axes, movement: Movement) -> None:
        own = [pair for pair in pairs if pair.movement is movement]
        _dots(axes, [pair.size_deg for pair in own], [pair.difference_deg for pair in own])
        _limits(axes, found.of(movement).agreement)
        for side in (-rule, rule) if ruled else ():
            axes.axhline(side, color=INK, linewidth=0.8, linestyle=":")
        axes.set_ylim(-reach, reach)

    return _panels(panel, "Mean of camera and reference (deg)", "Camera − reference (deg)", phone=phone)


def calibration_figure(data: StudyData, *, phone: bool = False) -> Figure:
    """Measured over reference; the line is where both agree, arrows are lower bounds, grey is half of the norm.

    Parameters
    ----------
    data : StudyData
    phone : bool
        Drawn for a narrow window.

    Returns
    -------
    Figure
        Degrees.
    """

    def panel(axes: Axes, movement: Movement) -> None:
        own = [pair for pair in data.pairs if pair.movement is movement and pair.measured is not None]
        values = [value for pair in own for value in (pair.reading.deg, _peak(pair))]
        top = 10.0 * math.ceil((max([40.0, *values]) + 3.0) / 10.0)
        norm_deg = data.reference_deg(movement)
        if norm_deg is not None:
            axes.axvspan(0, norm_deg * HALF_PERCENT / 100, color=PALE, linewidth=0)
            axes.axhspan(0, norm_deg * HALF_PERCENT / 100, color=PALE, linewidth=0)
        axes.plot([0, top], [0, top], color=INK, linewidth=0.9)
        closed = [pair for pair in own if pair.comparable]
        bounds = [pair for pair in own if not pair.comparable]
        _dots(axes, [pair.reading.deg for pair in closed], [_peak(pair) for pair in closed])
        if bounds:
            axes.scatter(
                [pair.reading.deg for pair in bounds],
                [_peak(pair) for pair in bounds],
                marker="^",
                s=14,
                facecolors="none",
                edgecolors=ORANGE,
                linewidths=0.8,
            )
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)

    return _panels(panel, "Reference (deg)", "Camera (deg)", phone=phone)


def interval_figure(data: StudyData, *, phone: bool = False) -> Figure:
    """How many readings lie in intervals of each width: on the line they mean what they say.

    Parameters
    ----------
    data : StudyData
    phone : bool
        Drawn for a narrow window.

    Returns
    -------
    Figure
        Percent. Intervals of each width are made from the standard deviation of a trial, as if its error were normal.
    """
    figure = Figure(figsize=(PHONE_WIDTH_IN, 3.3) if phone else (4.4, 3.6))
    axes = figure.add_axes((0.16, 0.15, 0.8, 0.81))
    scores = [
        abs(pair.difference_deg) / pair.measured.sd_deg
        for pair in data.pairs
        if pair.comparable and pair.measured is not None and pair.measured.sd_deg
    ]
    axes.plot([0, 100], [0, 100], color=INK, linewidth=0.9)
    if scores:
        held = [100 * float(np.mean(np.asarray(scores) <= norm.ppf(0.5 + level / 2))) for level in _LEVELS]
        wanted = [100 * level for level in _LEVELS]
        axes.plot(wanted, held, color=BLUE, marker="o", markersize=4, linewidth=1.2)
    _plain(axes)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("Width of the interval (%)", fontsize=_TEXT + 1)
    axes.set_ylabel("Readings inside (%)", fontsize=_TEXT + 1)
    return figure


def strata_figure(found: StudyFound, *, phone: bool = False) -> Figure:
    """Bias of each stratum with its 95 % interval, and limits of agreement as a thin line; all directions together.

    Parameters
    ----------
    found : StudyFound
    phone : bool
        Drawn for a narrow window.

    Returns
    -------
    Figure
        Degrees, camera minus reference; strata with too few people are left out.
    """
    shown = [stratum for stratum in found.strata if stratum.agreement is not None]
    height = 0.9 + 0.23 * max(len(shown), 3)
    figure = Figure(figsize=(PHONE_WIDTH_IN if phone else PAGE_WIDTH_IN, height))
    left = 0.46 if phone else 0.3
    axes = figure.add_axes((left, 0.62 / height, 0.97 - left, 1 - 0.72 / height))
    for row, stratum in enumerate(shown):
        agreement = stratum.agreement
        assert agreement is not None
        bias, lower, upper = agreement.bias, agreement.lower, agreement.upper
        if bias.value is None or bias.low is None or bias.high is None:
            continue
        if lower.value is not None and upper.value is not None:
            axes.plot([lower.value, upper.value], [row, row], color=GREY, linewidth=3, solid_capstyle="butt")
        axes.plot([bias.low, bias.high], [row, row], color=BLUE, linewidth=1.6)
        axes.plot([bias.value], [row], color=BLUE, marker="o", markersize=4.5)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(shown)))
    axes.set_yticklabels(
        [f"{_words(each.stratum)}: {_words(each.level)} ({each.people})" for each in shown], fontsize=_TEXT
    )
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlabel("Camera − reference (deg)", fontsize=_TEXT + 1)
    _plain(axes)
    return figure


def _words(name: str) -> str:
    return name.replace("_", " ")


def _peak(pair: Pair) -> float:
    assert pair.measured is not None
    return pair.measured.peak_deg


def _panels(draw: _Panel, along: str, up: str, *, phone: bool) -> Figure:
    columns = 2 if phone else 3
    rows = len(MOVEMENTS) // columns
    width, cell = (PHONE_WIDTH_IN, 1.75) if phone else (PAGE_WIDTH_IN, 2.15)
    height = rows * cell + 0.4
    figure = Figure(figsize=(width, height))
    left, right = (0.13, 0.985) if phone else (0.075, 0.99)
    share = (right - left) / columns
    for number, movement in enumerate(_by_column(columns)):
        row, column = divmod(number, columns)
        axes = figure.add_axes(
            (
                left + column * share + 0.012,
                1 - ((row + 1) * cell - 0.02) / height + 0.16 / height,
                share - (0.075 if phone else 0.042),
                (cell - 0.45) / height,
            )
        )
        draw(axes, movement)
        _plain(axes)
        axes.set_title(movement.label, loc="left", fontsize=_TEXT + 1, color=INK, pad=3)
    figure.text(
        (left + right) / 2, 0.06 / height, along, ha="center", va="bottom", fontsize=_TEXT + 1, color=INK
    )
    figure.text(0.004, 0.5, up, rotation=90, ha="left", va="center", fontsize=_TEXT + 1, color=INK)
    return figure


def _by_column(columns: int) -> Sequence[Movement]:
    """Left and right one above the other in three columns, side by side in two."""
    if columns == 2:
        return MOVEMENTS
    return tuple(MOVEMENTS[at] for at in (0, 2, 4, 1, 3, 5))


def _dots(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    axes.scatter(x, y, s=_DOT, color=BLUE, alpha=0.35, linewidths=0, rasterized=True)


def _limits(axes: Axes, agreement: AgreementFound) -> None:
    for figure, style in ((agreement.bias, "-"), (agreement.lower, "--"), (agreement.upper, "--")):
        if figure.value is None or figure.low is None or figure.high is None:
            continue
        axes.axhspan(figure.low, figure.high, color=SKY, alpha=0.55, linewidth=0, zorder=0)
        axes.axhline(figure.value, color=INK, linewidth=1.1, linestyle=style)


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=_TEXT, colors=QUIET, length=3)
