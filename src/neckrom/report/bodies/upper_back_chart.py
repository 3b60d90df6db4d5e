"""How far the trunk was turned over the recording, with the turns that were counted, and ``angles.csv`` read back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.report.bodies.tables import read_columns
from neckrom.report.figures import BLUE, INK, ORANGE, PAGE_WIDTH_IN, PHONE_WIDTH_IN, QUIET
from neckrom.types import FloatArray
from neckrom.upper_back.result import UpperBackResult

UPPER_BACK_ANGLES = "angles.csv"
UPPER_BACK_COLUMNS = ("turn_deg", "thighs_deg")


@dataclass(frozen=True, slots=True)
class TurnCurves:
    """Angles over time, each shape (N,); + to the left, NaN where not measured.

    Attributes
    ----------
    time_s : ndarray
    turn_deg : ndarray
        Line between the shoulders.
    thighs_deg : ndarray
    """

    time_s: FloatArray
    turn_deg: FloatArray
    thighs_deg: FloatArray


def read_upper_back_columns(folder: Path) -> dict[str, FloatArray] | None:
    """Columns of the angles in a result folder; None where there are none.

    Raises
    ------
    InputError
        If they are damaged.
    """
    return read_columns(folder / UPPER_BACK_ANGLES, UPPER_BACK_COLUMNS)


def read_turn_curves(folder: Path) -> TurnCurves | None:
    """The angles that the figure shows; None where they are not at hand.

    Raises
    ------
    InputError
        If they are damaged.
    """
    columns = read_upper_back_columns(folder)
    if columns is None or not set(UPPER_BACK_COLUMNS) <= set(columns):
        return None
    if len(columns["time_s"]) < 2 or not np.isfinite(columns["time_s"]).all():
        return None
    return TurnCurves(columns["time_s"], columns["turn_deg"], columns["thighs_deg"])


def turn_figure(
    result: UpperBackResult, curves: TurnCurves, *, phone: bool = False, texts: Messages | None = None
) -> Figure:
    """Draw trunk and thighs over time; a dot at the end of each turn that was measured."""
    words = texts or load_messages(FALLBACK)
    figure = Figure(figsize=(PHONE_WIDTH_IN if phone else PAGE_WIDTH_IN, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.axhline(0.0, color=QUIET, linewidth=0.8)
    axes.plot(
        curves.time_s, curves.turn_deg, color=BLUE, linewidth=1.8, label=words.text("upper_back.report.trunk")
    )
    axes.plot(
        curves.time_s,
        curves.thighs_deg,
        color=ORANGE,
        linestyle="--",
        linewidth=1.6,
        label=words.text("upper_back.report.thighs"),
    )
    for turn in result.turns:
        if turn.turn_deg is not None:
            sign = 1.0 if turn.side == "left" else -1.0
            axes.plot([turn.at_s], [sign * turn.turn_deg], marker="o", color=INK, markersize=5)
    axes.set_ylabel(words.text("upper_back.report.axis_turn"), color=INK)
    axes.set_xlabel(words.text("nerve.report.axis_time"))
    axes.set_xlim(float(curves.time_s[0]), float(curves.time_s[-1]))
    axes.grid(visible=True, color="#e4e4e4", linewidth=0.6)
    axes.legend(frameon=False, fontsize="small", loc="best")
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)
    return figure
