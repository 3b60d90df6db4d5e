"""The figures: range of motion against the norm, and the angles over time.

Colours are from the Okabe-Ito set and never the only sign: what is flagged is
hatched and said in words, so that the figures read in grey and for every eye.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MultipleLocator

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.result import MovementResult, Result
from neckrom.saying import figures as said
from neckrom.saying.grades import LOOKS, Grade
from neckrom.saying.verdict import grade_of, movements_said
from neckrom.types import AngleSeries, BoolArray, FloatArray, IntArray, Movement, RangeOfMotion, Trial

PAGE_WIDTH_IN = 7.1
"""A4 less its margins; text is set at its final size."""
PHONE_WIDTH_IN = 3.55

BLUE = "#0072B2"
ORANGE = "#D55E00"
RUST = "#963800"
"""Orange dark enough for words."""
GREEN = "#009E73"
INK = "#1a1a1a"
QUIET = "#555555"
GREY = "#d4d4d4"
PALE = "#eeeeee"
SKY = "#8cc5e8"
_TRIAL = "#dcecf7"

_ROWS: tuple[tuple[Movement, Movement], ...] = (
    (Movement.EXTENSION, Movement.FLEXION),
    (Movement.ROTATION_LEFT, Movement.ROTATION_RIGHT),
    (Movement.LATERAL_LEFT, Movement.LATERAL_RIGHT),
)
_BAR = (0.0, 0.5)
_TEXT = 11.0


class ShownFigure(Figure):
    """A figure that a notebook shows where it is the last line of a cell.

    Notebooks know how to show matplotlib's own figures only once pyplot was imported, which nothing here does:
    pyplot keeps every figure until it is closed, so a loop over many clips would fill the memory.
    """

    def _repr_png_(self) -> bytes:
        data = io.BytesIO()
        self.savefig(data, format="png")
        return data.getvalue()


# ------------------------------------------------------------ range of motion


def rom_figure(result: Result, *, phone: bool = False, texts: Messages | None = None) -> Figure:
    """Draw the six directions against their references, left and right side by side.

    Parameters
    ----------
    result : Result
    phone : bool
        One column for a narrow window instead of two that grow from the middle.
    texts : Messages, optional
        English if not given.

    Returns
    -------
    Figure
        Bars on one common scale. Grey: less than half of the reference. Thick line:
        reference. Bracket: healthy means, where the norm set cites them. Whisker:
        95 % interval, where known. Arrow: the end range lies past what could be measured.
    """
    words = texts or load_messages(FALLBACK)
    limit = _scale_limit(result)
    if phone:
        figure = ShownFigure(figsize=(PHONE_WIDTH_IN, 9.0))
        cells = [figure.add_axes((0.04, 0.995 - (i + 1) * 0.138, 0.92, 0.13)) for i in range(6)]
        order = [movement for row in _ROWS for movement in row]
    else:
        figure = ShownFigure(figsize=(PAGE_WIDTH_IN, 4.35))
        cells = [
            figure.add_axes((0.01 + 0.5 * column, 0.995 - (row + 1) * 0.292, 0.48, 0.275))
            for row in range(3)
            for column in range(2)
        ]
        order = [movement for row in _ROWS for movement in row]
    for i, (axes, movement) in enumerate(zip(cells, order, strict=True)):
        _draw_direction(axes, result.of(movement), limit, words, outwards_left=not phone and i % 2 == 0)
    _draw_key(figure, result, words, phone=phone)
    return figure


def _scale_limit(result: Result) -> float:
    values = [60.0]
    for item in result.movements:
        values += [item.reference_deg or 0.0, item.healthy_high_deg or 0.0, item.best_deg or 0.0]
        if item.interval95_deg is not None:
            values.append(item.interval95_deg[1] or 0.0)
    return max(values) * 1.06


def _draw_direction(
    axes: Axes, item: MovementResult, limit: float, texts: Messages, *, outwards_left: bool
) -> None:
    axes.set_xlim((limit, 0) if outwards_left else (0, limit))
    axes.set_ylim(-0.8, 1.48)
    axes.axis("off")
    low, high = _BAR
    axes.plot([0, 0], [low - 0.14, high + 0.14], color=INK, linewidth=1.0)
    if item.reference_deg is not None:
        _draw_reference(axes, item.reference_deg, texts)
    _draw_healthy(axes, item)
    _draw_header(axes, item, texts, outwards_left=outwards_left)
    if item.best_deg is not None:
        _draw_bar(axes, item, item.best_deg, limit)


def _draw_reference(axes: Axes, reference: float, texts: Messages) -> None:
    half = reference / 2
    low, high = _BAR[0] - 0.14, _BAR[1] + 0.14
    axes.add_patch(Rectangle((0, low + 0.02), half, high - low - 0.04, color=GREY, linewidth=0))
    axes.plot([half, half], [low, high], color=QUIET, linewidth=1.2, linestyle=(0, (3, 2)))
    axes.plot([reference, reference], [low, high], color=INK, linewidth=3.0, solid_capstyle="butt")
    halved = texts.text("report.chart.half", angle=said.reference(half, texts))
    for place, text in ((half, halved), (reference, said.reference(reference, texts))):
        axes.text(place, low - 0.2, text, va="top", ha="center", fontsize=_TEXT, color=QUIET)


def _draw_header(axes: Axes, item: MovementResult, texts: Messages, *, outwards_left: bool) -> None:
    known = item.best_deg is not None
    value = said.angle(item.best_deg, texts, bound=item.lower_bound)
    name = texts.text(f"clinician.movement.{item.movement.value}")
    side = "right" if outwards_left else "left"
    name_style: dict[str, Any] = {"fontsize": 12.5, "fontweight": "bold", "color": INK, "va": "baseline"}
    value_style: dict[str, Any] = {
        "fontsize": 16 if known else 12,
        "fontweight": "bold" if known else "normal",
        "color": RUST if item.flag == "flagged" else INK if known else QUIET,
        "va": "baseline",
    }
    first, second = (value, name) if outwards_left else (name, value)
    styles = (value_style, name_style) if outwards_left else (name_style, value_style)
    anchor = axes.text(0, 1.1, first, ha=side, **styles[0])
    axes.annotate(
        second,
        xy=(0.0 if outwards_left else 1.0, 1.1),
        xycoords=(anchor, "data"),
        xytext=(-7 if outwards_left else 7, 0),
        textcoords="offset points",
        ha=side,
        **styles[1],
    )
    axes.text(
        0, 0.8, _verdict(item, texts), ha=side, va="center", fontsize=_TEXT, color=INK if known else QUIET
    )


def _verdict(item: MovementResult, texts: Messages) -> str:
    if item.best_deg is None:
        return ""
    if item.reference_deg is None:
        return texts.text("report.chart.no_reference")
    share = texts.text(
        "figure.of_reference",
        percent=said.percent(item.percent_of_reference, texts, bound=item.lower_bound),
        reference=said.reference(item.reference_deg, texts),
    )
    if item.flag == "flagged":
        return f"{share}: {texts.text('report.chart.lost')}"
    return f"{share}: {texts.text('report.chart.open')}" if item.flag == "could_not_judge" else share


def _draw_bar(axes: Axes, item: MovementResult, best: float, limit: float) -> None:
    low, high = _BAR
    middle = (low + high) / 2
    color = ORANGE if item.flag == "flagged" else BLUE
    open_judgement = item.flag == "could_not_judge"
    axes.add_patch(
        Rectangle(
            (0, low),
            max(best, 0.0),
            high - low,
            facecolor="white" if open_judgement else color,
            edgecolor=color if open_judgement else "white",
            hatch={"flagged": "///", "could_not_judge": ".."}.get(item.flag),
            linewidth=1.5 if open_judgement else 0.0,
        )
    )
    if item.lower_bound:
        axes.annotate(
            "",
            xy=(min(best + 0.16 * limit, limit), middle),
            xytext=(best, middle),
            arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 3.0, "mutation_scale": 20,
                        "shrinkA": 0, "shrinkB": 0},
        )  # fmt: skip
    elif item.interval95_deg is not None and item.interval95_deg[1] is not None:
        start, end = item.interval95_deg[0], item.interval95_deg[1]
        for width, ink in ((4.5, "white"), (1.8, INK)):
            axes.plot([start, end], [middle, middle], color=ink, linewidth=width, solid_capstyle="butt")
            for end_x in (start, end):
                axes.plot([end_x, end_x], [middle - 0.12, middle + 0.12], color=ink, linewidth=width)


def _draw_healthy(axes: Axes, item: MovementResult) -> None:
    ends = [end for end in (item.healthy_low_deg, item.healthy_high_deg) if end is not None]
    if not ends:
        return
    start, end = ends[0], ends[-1]
    y = _BAR[0] - 0.22
    axes.plot([start, end], [y, y], color=GREEN, linewidth=4.0, solid_capstyle="butt")


def _draw_key(figure: Figure, result: Result, texts: Messages, *, phone: bool) -> None:
    items = result.movements
    keys: list[tuple[Artist, str]] = [
        (Patch(facecolor=GREY), "up_to_half"),
        (Line2D([], [], color=INK, linewidth=3.0), "reference"),
    ]
    if any(item.healthy_low_deg is not None or item.healthy_high_deg is not None for item in items):
        keys.append((Line2D([], [], color=GREEN, linewidth=4.0), "healthy"))
    if any(item.flag == "flagged" for item in items):
        keys.append((Patch(facecolor=ORANGE, edgecolor="white", hatch="///"), "lost"))
    if any(item.interval95_deg is not None and not item.lower_bound for item in items):
        keys.append((Line2D([], [], color=INK, linewidth=1.8, marker="|", markersize=9), "interval"))
    if any(item.lower_bound for item in items):
        keys.append((Line2D([], [], color=BLUE, linewidth=3.0, marker=9, markersize=9), "at_least"))
    entries = [(artist, texts.text(f"report.chart.{key}")) for artist, key in keys]
    handles, labels = zip(*entries, strict=True)
    figure.legend(
        handles,
        labels,
        loc="lower left" if phone else "lower center",
        ncols=1 if phone else 3,
        frameon=False,
        fontsize=_TEXT,
        handlelength=1.6,
        columnspacing=1.3,
        borderaxespad=0.2,
        labelspacing=0.35,
    )


# --------------------------------------------------------------- for everybody

_HALF_BAR = 0.24
_BAR_TOP_DEG = 90.0


def client_figure(result: Result, texts: Messages, *, phone: bool = False) -> Figure:
    """Draw the six movements of a session from the top, one bar each, in plain words.

    The norm is a thick mark, its half a dashed one, the interval a thin line; a bar that ends at
    half or before is hatched, one that could not be judged is hollow: nothing is said by colour alone.
    """
    size = (PHONE_WIDTH_IN, 4.5) if phone else (PAGE_WIDTH_IN, 3.5)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    words = movements_said(result, texts)
    for place, (item, cells) in enumerate(zip(result.movements, words, strict=True)):
        _client_bar(axes, item, place, cells.best)
        title = f"{cells.sign} {cells.name}"
        axes.text(
            0, place - _HALF_BAR - 0.09, title, fontsize=10.5, fontweight="bold", color=INK, va="bottom"
        )
        if item.reference_deg is not None:
            word = f"{texts.text('course.norm')} {cells.norm}"
            _client_norm(axes, item.reference_deg, place, word, below=phone)
    axes.set_xlim(0, _client_top(result))
    axes.set_ylim(len(words) - 1 + (2.6 if phone else 1.7) * _HALF_BAR, -0.75)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MultipleLocator(30.0))
    axes.xaxis.set_major_formatter(lambda angle, _place: said.short_angle(angle))
    axes.tick_params(labelsize=9.5, colors=QUIET)
    axes.grid(axis="x", color=GREY, linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    return figure


def _client_bar(axes: Axes, item: MovementResult, place: int, best: str) -> None:
    end = max(item.best_deg or 0.0, 0.0)
    grade = grade_of(item)
    color = LOOKS[Grade.RAISED].ink if item.flag == "flagged" else BLUE
    hollow = grade is Grade.OPEN
    axes.barh(
        place,
        end,
        height=2 * _HALF_BAR,
        facecolor="white" if hollow else color,
        edgecolor=color if hollow else "white",
        hatch={"flagged": "///", "could_not_judge": ".."}.get(item.flag),
        linewidth=1.4 if hollow else 0.0,
        zorder=2,
    )
    low, high = item.interval95_deg or (None, None)
    if low is not None and item.best_deg is not None:
        far = end if high is None else high
        inner = INK if hollow else "white"
        axes.plot([max(low, 0.0), end], [place, place], color=inner, linewidth=1.6, zorder=3)
        axes.plot([end, far], [place, place], color=INK, linewidth=1.6, zorder=3)
        end = max(end, far)
    reference = item.reference_deg or 0.0
    marks = [mark for mark in (reference, reference / 2) if mark]
    while any(end - 0.5 < mark < end + 11 for mark in marks):  # the number stands clear of the marks
        end = min(mark for mark in marks if end - 0.5 < mark < end + 11) + 0.6
    axes.text(end + 1.5, place, best, fontsize=11, fontweight="bold", color=INK, va="center", zorder=5)


_CLEAR_OF_NAMES_DEG = 65.0
_END_OF_NAMES_DEG = 53.0
"""The longest name of a movement, in the narrow figure, reaches about as far."""


def _client_norm(axes: Axes, reference: float, place: int, word: str, *, below: bool) -> None:
    span = (place - 1.4 * _HALF_BAR, place + 1.2 * _HALF_BAR)
    axes.plot([reference] * 2, span, color=INK, linewidth=2.6, solid_capstyle="butt", zorder=4)
    for colour, width, order in (("white", 3.0, 3.8), (INK, 1.4, 4)):
        dashes: Any = "-" if colour == "white" else (0, (2.2, 1.6))
        axes.plot([reference / 2] * 2, span, color=colour, linewidth=width, linestyle=dashes, zorder=order)
    where, side = (span[1] + 0.02, "top") if below else (span[0] - 0.02, "bottom")
    # below a short norm the name of the next movement begins: the word goes to the right of it
    aside = below and reference < _CLEAR_OF_NAMES_DEG
    place_of_word = max(reference, _END_OF_NAMES_DEG) if aside else reference
    align = "left" if aside else "center"
    axes.text(place_of_word, where, word, fontsize=8 if below else 9, color=QUIET, ha=align, va=side)


def _client_top(result: Result) -> float:
    known = [_BAR_TOP_DEG]
    for item in result.movements:
        high = None if item.interval95_deg is None else item.interval95_deg[1]
        known += [item.best_deg or 0.0, high or 0.0, item.reference_deg or 0.0]
    return max(known) * 1.15


# ---------------------------------------------------------------- angle traces


_PANELS = ((0, "flexion"), (2, "rotation"), (1, "lateral"))
"""Column of the angles, and key of the title, of each panel from above."""


def trace_figure(
    angles: AngleSeries, rom: RangeOfMotion, *, phone: bool = False, texts: Messages | None = None
) -> Figure:
    """Draw the neck angles over time with trials, holds and what was not measured.

    Parameters
    ----------
    angles : AngleSeries
    rom : RangeOfMotion
        Its neutral, trials and holds are marked.
    phone : bool
        Narrower and higher.
    texts : Messages, optional
        English if not given.

    Returns
    -------
    Figure
        Three panels on one time axis. Grey stretches were not measured; the band
        is 1.96 standard deviations either side, where known. Of trials too close
        to label each, the largest are labelled.
    """
    words = texts or load_messages(FALLBACK)
    size = (PHONE_WIDTH_IN, 6.6) if phone else (PAGE_WIDTH_IN, 5.0)
    figure = ShownFigure(figsize=size, layout="constrained")
    panels = figure.subplots(3, 1, sharex=True)
    for axes, (column, title) in zip(panels, _PANELS, strict=True):
        _draw_panel(axes, column, angles, rom, label_share=0.2 if phone else 0.09)
        axes.set_title(words.text(f"report.chart.{title}"), loc="left", fontsize=12, fontweight="bold")
    panels[-1].set_xlabel(words.text("report.chart.time"))
    panels[-1].set_xlim(float(angles.time_s[0]), float(angles.time_s[-1]))
    entries = [(artist, words.text(f"report.chart.{key}")) for artist, key in _trace_key(angles, rom)]
    handles, labels = zip(*entries, strict=True)
    figure.legend(
        handles, labels, loc="outside lower center", ncols=2 if phone else 4, frameon=False, fontsize=_TEXT,
        handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip
    return figure


def _trace_key(angles: AngleSeries, rom: RangeOfMotion) -> list[tuple[Artist, str]]:
    entries: list[tuple[Artist, str]] = [(Line2D([], [], color=BLUE, linewidth=1.7), "neck")]
    if np.isfinite(angles.sd_deg).any():
        entries.append((Patch(facecolor=SKY), "band"))
    if np.isfinite(angles.trunk_deg).any():
        entries.append((Line2D([], [], color=QUIET, linewidth=1.0, linestyle=(0, (4, 2))), "trunk"))
    if rom.trials:
        entries.append((Patch(facecolor=_TRIAL), "movement"))
        entries.append((Line2D([], [], color=ORANGE, linewidth=4.5), "end"))
    entries.append((Patch(facecolor=INK), "neutral"))
    if angles.beyond.any() or not np.isfinite(angles.neck_deg).all():
        entries.append((Patch(facecolor=GREY, edgecolor="#bdbdbd", hatch="//"), "missing"))
    return entries


def _draw_panel(
    axes: Axes, column: int, angles: AngleSeries, rom: RangeOfMotion, *, label_share: float
) -> None:
    time_s, neck = angles.time_s, angles.neck_deg[:, column]
    trials = [trial for trial in rom.trials if trial.movement.plane == column]
    for trial in trials:
        axes.axvspan(trial.start_s, trial.end_s, color=_TRIAL, linewidth=0)
    for start, end in _stretches(time_s, ~np.isfinite(neck) | angles.beyond):
        axes.axvspan(start, end, facecolor=GREY, edgecolor="#bdbdbd", hatch="//", linewidth=0.0)
    axes.axhline(0, color=QUIET, linewidth=0.8)
    axes.axvspan(rom.neutral.start_s, rom.neutral.end_s, ymin=0, ymax=0.06, color=INK, linewidth=0)
    pick = _thinned(time_s, neck)
    sd = angles.sd_deg[:, column]
    if np.isfinite(sd).any():
        axes.fill_between(
            time_s[pick], (neck - 1.96 * sd)[pick], (neck + 1.96 * sd)[pick], color=SKY, linewidth=0
        )
    trunk = angles.trunk_deg[:, column]
    axes.plot(time_s[pick], trunk[pick], color=QUIET, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.plot(time_s[pick], neck[pick], color=BLUE, linewidth=1.7)
    labelled = _spaced(trials, label_share * float(time_s[-1] - time_s[0]))
    for trial in trials:
        _mark_hold(axes, trial, labelled=trial in labelled)
    _scale(axes, neck, trials)
    axes.yaxis.set_major_formatter(lambda value, _position: said.short_angle(abs(value)))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _spaced(trials: Sequence[Trial], room_s: float) -> list[Trial]:
    """Trials whose labels have room beside each other; the largest come first."""
    chosen: list[Trial] = []
    for trial in sorted(trials, key=lambda item: item.peak_deg, reverse=True):
        near = (
            other
            for other in chosen
            if other.movement is trial.movement and abs(other.peak_s - trial.peak_s) < room_s
        )
        if next(near, None) is None:
            chosen.append(trial)
    return chosen


def _mark_hold(axes: Axes, trial: Trial, *, labelled: bool) -> None:
    level = trial.peak_deg * trial.movement.sign
    axes.plot(
        [trial.hold_start_s, trial.hold_end_s],
        [level, level],
        color=ORANGE,
        linewidth=4.5,
        solid_capstyle="butt",
    )
    if labelled:
        axes.annotate(
            said.short_angle(trial.peak_deg, bound=trial.lower_bound),
            xy=((trial.hold_start_s + trial.hold_end_s) / 2, level),
            xytext=(0, 5 * trial.movement.sign),
            textcoords="offset points",
            ha="center",
            va="bottom" if trial.movement.sign > 0 else "top",
            fontsize=_TEXT,
            color=INK,
        )


def _scale(axes: Axes, neck: FloatArray, trials: Sequence[Trial]) -> None:
    levels = [trial.peak_deg * trial.movement.sign for trial in trials]
    finite = neck[np.isfinite(neck)]
    low = min([-15.0, *levels, *([float(finite.min())] if finite.size else [])])
    high = max([15.0, *levels, *([float(finite.max())] if finite.size else [])])
    room = 0.24 * (high - low)
    axes.set_ylim(low - room, high + room)


def _stretches(time_s: FloatArray, chosen: BoolArray) -> list[tuple[float, float]]:
    """Start and end of each run of chosen frames, half a frame wider on both sides."""
    if not chosen.any():
        return []
    half = float(np.median(np.diff(time_s))) / 2 if len(time_s) > 1 else 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    return [
        (float(time_s[start]) - half, float(time_s[end - 1]) + half)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    ]


def _thinned(time_s: FloatArray, values: FloatArray, most: int = 1600) -> IntArray:
    """Rows that draw the same line: of each stretch its ends, its highest, its lowest and its gaps."""
    number = len(time_s)
    if number <= most:
        return np.arange(number)
    keep = {0, number - 1}
    for block in np.array_split(np.arange(number), most // 4):
        part = values[block]
        known = np.isfinite(part)
        keep.update((int(block[0]), int(block[-1])))
        if known.any():
            keep.update((int(block[np.nanargmin(part)]), int(block[np.nanargmax(part)])))
        if not known.all():
            keep.add(int(block[np.flatnonzero(~known)[0]]))
    return np.array(sorted(keep), dtype=np.int64)
