"""Results in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.result import AsymmetryResult, MovementResult, Result
from neckrom.types import Movement

_SEVERITY = {"flagged": "bold yellow", "could_not_judge": "dim", "not_flagged": ""}


def result_view(result: Result) -> Group:
    """Table of the six directions, what was flagged and why, and what to know about the clip."""
    parts: list[RenderableType] = [_heading(result), _table(result), _first_turn(result)]
    for title, lines in (
        ("Flags", list(_flags(result))),
        ("Could not be judged", list(_not_judged(result))),
        ("Warnings", list(result.quality.warnings)),
    ):
        if lines:
            parts.append(_list(title, lines))
    parts.append(Text(result.statement, style="dim"))
    return Group(*parts)


def files_view(written: Sequence[Path]) -> Group:
    """Where the results are, one file a line."""
    if not written:
        return Group()
    folder = written[0].parent
    return Group(
        Text(f"Written to {folder}:"), *(Text(f"  {path.name}  {_meaning(path)}") for path in written)
    )


def show(console: Console, view: RenderableType) -> None:
    """Print without guessing at markup, links or numbers."""
    console.print(view, markup=False, highlight=False, soft_wrap=False)


def _heading(result: Result) -> Text:
    clip = result.clip
    neutral = result.neutral
    return Text(
        f"{clip.name}: {clip.duration_s:.1f} s, {clip.frames} frames, "
        f"{result.quality.frames_measured_percent:.0f} % of them measured; "
        f"neutral {neutral.start_s:.1f} to {neutral.end_s:.1f} s ({neutral.origin})",
        style="bold",
    )


def _table(result: Result) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("Movement", no_wrap=True)
    table.add_column("Best", justify="right", no_wrap=True)
    table.add_column("Mean", justify="right", no_wrap=True)
    table.add_column("Ref.", justify="right", no_wrap=True)
    table.add_column("% of ref.", justify="right")
    table.add_column("Flag")
    table.add_column("How sure (95 %)")
    for movement in result.movements:
        table.add_row(*_row(movement))
    return table


def _row(movement: MovementResult) -> tuple[str | Text, ...]:
    name = movement.movement.label
    reference = f"{movement.reference_deg:.0f}"
    if movement.best_deg is None:
        return (name, "-", "-", reference, "-", Text("not seen", style="dim"), "")
    at_least = ">= " if movement.lower_bound else ""
    mean = "-" if movement.mean_deg is None else f"{movement.mean_deg:.0f} ({len(movement.trials)})"
    percent = (
        "-" if movement.percent_of_reference is None else f"{at_least}{movement.percent_of_reference:.0f}"
    )
    return (
        name,
        f"{at_least}{movement.best_deg:.0f}",
        mean,
        reference,
        percent,
        _flag(movement),
        _sure(movement),
    )


def _flag(movement: MovementResult) -> Text:
    words = []
    if movement.flag == "flagged":
        words.append("loss of range")
    if movement.pain_flag == "flagged":
        words.append("painful")
    if movement.compensation_flag == "flagged":
        words.append("trunk moved")
    if words:
        return Text(", ".join(words), style=_SEVERITY["flagged"])
    if movement.flag == "could_not_judge":
        return Text("could not judge", style=_SEVERITY["could_not_judge"])
    return Text("none")


def _sure(movement: MovementResult) -> str:
    if movement.interval95_deg is None:
        return "not known"
    low, high = movement.interval95_deg
    return f"{low:.0f} or more" if high is None else f"{low:.0f} to {high:.0f}"


def _first_turn(result: Result) -> Text:
    return Text(result.quality.first_turn_note or "No turn was seen.")


def _flags(result: Result) -> Iterator[str]:
    for movement in result.movements:
        label = movement.movement.label
        if movement.flag == "flagged":
            yield f"{label}: {movement.reason}"
        if movement.pain_flag == "flagged":
            yield f"{label}: {movement.pain_reason}"
        if movement.compensation_flag == "flagged":
            yield f"{label}: {movement.compensation_reason}"
    for pair in result.asymmetry:
        if pair.flag == "flagged":
            yield f"{_pair(pair)}: {pair.reason}"


def _not_judged(result: Result) -> Iterator[str]:
    for movement in result.movements:
        if movement.flag == "could_not_judge":
            yield f"{movement.movement.label}: {movement.reason}"
    for pair in result.asymmetry:
        if pair.flag == "could_not_judge":
            yield f"{_pair(pair)}: {pair.reason}"


def _pair(pair: AsymmetryResult) -> str:
    movement = Movement.ROTATION_LEFT if pair.pair == "rotation" else Movement.LATERAL_LEFT
    return f"{movement.label.removesuffix(' left')}, left against right"


def _list(title: str, lines: Sequence[str]) -> Group:
    return Group(
        Text(f"{title}:", style="bold"), *(Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in lines)
    )


_MEANINGS = {
    "report.html": "the report, to read and print in a browser",
    "report.pdf": "the same as a PDF",
    "result.json": "the whole result, for programs",
    "angles.csv": "angles, one row a frame",
    "summary.csv": "trials, one row each",
    "landmarks.parquet": "what the models saw: measure it again without the clip",
    "overlay.mp4": "the clip with landmarks and angles drawn in",
}


def _meaning(path: Path) -> str:
    return _MEANINGS.get(path.name, "")
