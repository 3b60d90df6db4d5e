"""Pictures of the accuracy report, as PNG bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from neckrom.types import MOVEMENTS, Movement
from neckrom.validation.compare import ClipComparison, TrialComparison
from neckrom.validation.statistics import bland_altman

INK = "#22303c"
MEASURED = "#0b6e99"
BOUND = "#c26a00"
WRONG = "#b3261e"
BAND = "#dfe7ec"
"""Grey of what is within the tolerance."""
TRUTH = "#8a949c"

_TRACKS = ("Flexion (+) / extension", "Side-bend, + right", "Rotation, + right")
"""In the order of the angles in an ``AngleSeries``."""
_Panel = Callable[[Axes, Movement, Sequence[TrialComparison]], None]


def measured_against_truth(trials: Sequence[TrialComparison]) -> bytes:
    """End range, measured against true, one panel a movement; bounds as open arrows, missed at the bottom.

    Parameters
    ----------
    trials : sequence of TrialComparison
        Of all clips together.

    Returns
    -------
    bytes
        PNG.
    """

    def panel(axes: Axes, movement: Movement, own: Sequence[TrialComparison]) -> None:
        top = 10.0 * np.ceil((max([40.0, *(_top(trial) for trial in own)]) + 3.0) / 10.0)
        line = np.array([0.0, top])
        axes.fill_between(line, line - 6, line + 6, color=BAND, lw=0, label="within 6 deg")
        axes.fill_between(line, line - 3, line + 3, color="#c5d3dc", lw=0, label="within 3 deg")
        axes.plot(line, line, color=TRUTH, lw=1)
        _dots(axes, own, "measured", (MEASURED, "o"), "measured")
        _dots(axes, own, "bounded", (BOUND, "^"), "at least (bound)")
        _dots(axes, own, "set aside", (TRUTH, "s"), "set aside")
        missed = [trial.truth.peak_deg for trial in own if trial.status == "missed"]
        if missed:
            axes.plot(
                missed, np.zeros(len(missed)), "x", color=WRONG, ms=8, mew=2, clip_on=False, label="missed"
            )
        axes.set(xlim=(0, top), ylim=(0, top), xlabel="true end range (deg)", ylabel="measured (deg)")
        axes.set_aspect("equal")
        axes.set_title(movement.label, loc="left", fontsize=10, color=INK)

    return _six_panels(trials, panel, "End range: measured against truth", (10.5, 7.6))


def limits_of_agreement(trials: Sequence[TrialComparison]) -> bytes:
    """Bland-Altman: error over truth (which is exact, so it stands in for the mean of the two).

    Parameters
    ----------
    trials : sequence of TrialComparison
        Only those with an end-range value count.

    Returns
    -------
    bytes
        PNG.

    Notes
    -----
    Bland and Altman (Lancet 1986; 327: 307-310).
    """
    errors = [abs(trial.error_deg) for trial in trials if np.isfinite(trial.error_deg)]
    height = 5.0 * np.ceil((max([8.0, *errors]) + 1.0) / 5.0)

    def panel(axes: Axes, movement: Movement, own: Sequence[TrialComparison]) -> None:
        known = [trial for trial in own if trial.status == "measured"]
        axes.axhspan(-3, 3, color=BAND, lw=0)
        axes.axhline(0, color=TRUTH, lw=1)
        axes.plot(
            [trial.truth.peak_deg for trial in known],
            [trial.error_deg for trial in known],
            "o",
            color=MEASURED,
            ms=5,
            alpha=0.75,
        )
        limits = bland_altman([trial.error_deg for trial in known])
        if np.isfinite(limits.bias):
            axes.axhline(limits.bias, color=INK, lw=1.2)
            for limit in (limits.low, limits.high):
                axes.axhline(limit, color=INK, lw=1, ls="--")
            spread = f", limits {limits.low:+.1f} to {limits.high:+.1f}"
            axes.set_xlabel(f"bias {limits.bias:+.1f}{spread} deg (n = {len(known)})\ntrue end range (deg)")
        else:
            axes.set_xlabel("true end range (deg)")
        axes.set(ylim=(-height, height), ylabel="measured − true (deg)")
        axes.set_title(movement.label, loc="left", fontsize=10, color=INK)

    return _six_panels(trials, panel, "Agreement at end range (Bland-Altman)", (10.5, 7.0), legend=False)


def error_over_angle(clips: Sequence[ClipComparison]) -> bytes:
    """Error of single frames over the true angle, within repetitions: median and spread.

    Parameters
    ----------
    clips : sequence of ClipComparison

    Returns
    -------
    bytes
        PNG; groups of 5 deg with fewer than five frames are left out.
    """
    figure = _figure((10.5, 7.0), "Error frame by frame over the true angle")
    grid = figure.subplots(2, 3, sharey=True)
    edges = np.arange(0.0, 100.0, 5.0)
    for axes, movement in zip(grid.T.ravel(), _column_order(), strict=True):
        angle, error = _frames_of(clips, movement)
        axes.axhspan(-3, 3, color=BAND, lw=0)
        axes.axhline(0, color=TRUTH, lw=1)
        rows = []
        for low in edges:
            inside = (angle >= low) & (angle < low + 5.0)
            known = error[inside & np.isfinite(error)]
            if inside.sum() >= 5:
                share = len(known) / inside.sum()
                rows.append(
                    [
                        low + 2.5,
                        share,
                        *(np.percentile(known, [5, 25, 50, 75, 95]) if len(known) else [np.nan] * 5),
                    ]
                )
        if rows:
            table = np.array(rows)
            axes.fill_between(
                table[:, 0],
                table[:, 2],
                table[:, 6],
                color=MEASURED,
                alpha=0.18,
                lw=0,
                label="90 % of frames",
            )
            axes.fill_between(
                table[:, 0],
                table[:, 3],
                table[:, 5],
                color=MEASURED,
                alpha=0.35,
                lw=0,
                label="half of frames",
            )
            axes.plot(table[:, 0], table[:, 4], color=MEASURED, lw=1.8, label="median")
            lost = table[:, 1] < 0.5
            axes.plot(
                table[lost, 0],
                np.full(lost.sum(), -18.5),
                "s",
                color=WRONG,
                ms=5,
                label="less than half measured",
            )
        axes.set(ylim=(-20, 20), xlim=(0, 95), xlabel="true angle (deg)", ylabel="measured − true (deg)")
        axes.set_title(movement.label, loc="left", fontsize=10, color=INK)
    _legend(figure, list(grid.ravel()))
    return _png(figure)


def traces(clip: ClipComparison) -> bytes:
    """Angles of one clip over time, measured on truth, with true holds and measured trials marked.

    Parameters
    ----------
    clip : ClipComparison

    Returns
    -------
    bytes
        PNG; angles in degrees, signs as in a time series.
    """
    figure = _figure((11.0, 7.2), f"{clip.name}: measured on truth")
    frames = clip.frames
    rows = figure.subplots(4, 1, sharex=True)
    for plane, axes in enumerate(rows[:3]):
        for trial in clip.trials:
            if trial.truth.movement.plane == plane:
                axes.axvspan(trial.truth.hold_start_s, trial.truth.hold_end_s, color=BAND, lw=0)
        axes.plot(frames.time_s, frames.truth_deg[:, plane], color=TRUTH, lw=2.5, label="truth")
        axes.plot(frames.time_s, frames.measured_deg[:, plane], color=MEASURED, lw=1.2, label="measured")
        for trial in clip.trials:
            movement = trial.truth.movement
            if movement.plane != plane:
                continue
            colour = {"measured": MEASURED, "bounded": BOUND}.get(trial.status, WRONG)
            at = trial.peak_s if np.isfinite(trial.peak_s) else trial.truth.hold_start_s
            value = trial.measured_deg if np.isfinite(trial.measured_deg) else 0.0
            axes.plot(
                [at], [movement.sign * value], "^" if trial.status == "bounded" else "o", color=colour, ms=6
            )
            note = f"{trial.error_deg:+.1f}" if np.isfinite(trial.error_deg) else trial.status
            axes.annotate(
                note,
                (at, movement.sign * trial.truth.peak_deg),
                fontsize=7,
                ha="center",
                color=colour,
                xytext=(0, 6 * movement.sign),
                textcoords="offset points",
                va="bottom" if movement.sign > 0 else "top",
            )
        for extra in clip.extras:
            if extra.movement.plane == plane and extra.kind != "unnamed":
                axes.axvspan(extra.start_s, extra.end_s, color=WRONG, alpha=0.15, lw=0)
                axes.text(extra.start_s, 0, extra.kind, fontsize=7, color=WRONG)
        axes.set_ylabel(_TRACKS[plane] + " (deg)", fontsize=8)
        axes.margins(x=0.01, y=0.2)
    for plane, colour in enumerate((MEASURED, BOUND, WRONG)):
        rows[3].plot(frames.time_s, frames.truth_trunk_deg[:, plane], color=colour, lw=2.2, alpha=0.35)
        rows[3].plot(
            frames.time_s, frames.trunk_deg[:, plane], color=colour, lw=1, label=_TRACKS[plane].split(",")[0]
        )
    largest = float(np.nanmax(np.abs([frames.truth_trunk_deg, frames.trunk_deg]), initial=5.0))
    rows[3].set_ylim(-1.2 * largest, 1.4 * largest)
    rows[3].legend(fontsize=7, ncols=3, frameon=False, loc="upper left")
    rows[3].set_ylabel("Trunk (deg)", fontsize=8)
    rows[3].set_xlabel("time (s); bold pale lines: truth")
    return _png(figure)


def _six_panels(
    trials: Sequence[TrialComparison],
    panel: _Panel,
    title: str,
    size: tuple[float, float],
    *,
    legend: bool = True,
) -> bytes:
    figure = _figure(size, title)
    grid = figure.subplots(2, 3)
    for axes, movement in zip(grid.T.ravel(), _column_order(), strict=True):
        panel(axes, movement, [trial for trial in trials if trial.truth.movement is movement])
    if legend:
        _legend(figure, list(grid.ravel()))
    return _png(figure)


def _column_order() -> tuple[Movement, ...]:
    """Pairs one above the other: flexion over extension, left over right."""
    return MOVEMENTS


def _dots(
    axes: Axes, trials: Sequence[TrialComparison], status: str, look: tuple[str, str], label: str
) -> None:
    colour, marker = look
    own = [trial for trial in trials if trial.status == status]
    if own:
        axes.plot(
            [trial.truth.peak_deg for trial in own],
            [trial.measured_deg for trial in own],
            marker,
            color=colour,
            ms=6,
            alpha=0.8,
            mfc=colour if status == "measured" else "none",
            label=label,
        )


def _frames_of(
    clips: Sequence[ClipComparison], movement: Movement
) -> tuple[np.typing.NDArray[np.float64], np.typing.NDArray[np.float64]]:
    angles, errors = [np.empty(0)], [np.empty(0)]
    for clip in clips:
        own = [index for index, trial in enumerate(clip.trials) if trial.truth.movement is movement]
        rows = np.isin(clip.frames.trial, own)
        angles.append(movement.sign * clip.frames.truth_deg[rows, movement.plane])
        errors.append(movement.sign * clip.frames.error_deg[rows, movement.plane])
    return np.concatenate(angles), np.concatenate(errors)


def _top(trial: TrialComparison) -> float:
    return max(trial.truth.peak_deg, trial.measured_deg if np.isfinite(trial.measured_deg) else 0.0)


def _legend(figure: Figure, panels: Sequence[Axes]) -> None:
    found: dict[str, Artist] = {}
    for axes in panels:
        handles, labels = axes.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(found.values()),
        list(found),
        loc="outside lower center",
        ncols=len(found) or 1,
        frameon=False,
        fontsize=9,
    )


def _figure(size: tuple[float, float], title: str) -> Figure:
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=INK)
    return figure


def _png(figure: Figure) -> bytes:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()
