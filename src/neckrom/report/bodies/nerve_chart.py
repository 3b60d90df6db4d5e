"""Angles of a leg or arm test over the recording, with the first symptoms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.nerve.result import NerveResult
from neckrom.report.figures import BLUE, INK, ORANGE, PAGE_WIDTH_IN, PHONE_WIDTH_IN
from neckrom.types import FloatArray

_LOOKS = {"left": (BLUE, "-"), "right": (ORANGE, "--"), "both": (INK, "-")}


@dataclass(frozen=True, slots=True)
class NerveCurves:
    """Angles over time.

    Attributes
    ----------
    time_s : ndarray, shape (N,)
    panels : mapping of panel to side to ndarray, shape (N,)
        Panels are ``main``, ``elbow``, ``neck`` and ``ankle``; sides ``left``, ``right`` or ``both``. NaN where not
        measured.
    """

    time_s: FloatArray
    panels: Mapping[str, Mapping[str, FloatArray]]


def nerve_figure(
    result: NerveResult, curves: NerveCurves, *, phone: bool = False, texts: Messages | None = None
) -> Figure:
    """Draw one panel below the other, on one time; a dotted line at each first symptom."""
    words = texts or load_messages(FALLBACK)
    figure = Figure(
        figsize=(PHONE_WIDTH_IN if phone else PAGE_WIDTH_IN, 0.6 + 1.5 * len(curves.panels)),
        layout="constrained",
    )
    axes = figure.subplots(len(curves.panels), 1, sharex=True, squeeze=False)[:, 0]
    for place, (panel, sides) in zip(axes, curves.panels.items(), strict=True):
        for side, angle in sides.items():
            colour, style = _LOOKS[side]
            place.plot(curves.time_s, angle, color=colour, linestyle=style, linewidth=1.8)
        for trial in result.trials:
            if trial.symptom_s is not None:
                place.axvline(trial.symptom_s, color=INK, linestyle=":", linewidth=1.6)
        place.set_ylabel(words.text(f"nerve.report.axis_{panel}"), color=INK)
        place.grid(visible=True, color="#e4e4e4", linewidth=0.6)
        for edge in ("top", "right"):
            place.spines[edge].set_visible(False)
    axes[-1].set_xlabel(words.text("nerve.report.axis_time"))
    axes[-1].set_xlim(float(curves.time_s[0]), float(curves.time_s[-1]))
    return figure
