"""The result as it stands in the terminal."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from neckrom.report import wording
from neckrom.result import MovementResult, Result


def summary_table(result: Result) -> Table:
    """One row a direction; fits 100 columns and reads without colour."""
    table = Table(
        title=Text(f"Neck range of motion: {wording.display_name(result.clip.name, limit=50)}"),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        caption="Best and mean of the trials; how sure: 95 % interval of the best.",
        caption_justify="left",
    )
    table.add_column("Movement", no_wrap=True)
    for title in ("Best", "Mean", "Ref.", "% of ref."):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("Flag", min_width=19)
    table.add_column("How sure", no_wrap=True)
    for item in result.movements:
        table.add_row(
            item.movement.label,
            wording.angle_text(item.best_deg, lower_bound=item.lower_bound),
            _mean(item),
            wording.reference_text(item),
            _percent(item),
            Text(wording.flags_text(item), style=_style(item)),
            sureness(item),
        )
    return table


def sureness(item: MovementResult) -> str:
    """How sure the best value is: its interval, "at least", or that there is none."""
    if item.best_deg is None:
        return wording.NONE
    if item.interval95_deg is not None:
        return wording.interval_text(item.interval95_deg)
    return "at least" if item.lower_bound else wording.NO_INTERVAL


def verdict_lines(result: Result) -> list[str]:
    """What belongs under the table, one line each, in the order in which it should be read."""
    found = wording.headline(result)
    lines = [wording.sentence(found.title), *found.points]
    if found.meaning:
        lines.append(found.meaning)
    lines.extend(found.open_questions)
    lines.append(wording.sentence(result.quality.first_turn_note))
    lines.extend(wording.asymmetry_sentence(item) for item in result.asymmetry if item.flag != "flagged")
    if not any(item.interval95_deg for item in result.movements):
        lines.append(wording.sentence(result.quality.interval_note))
    lines.extend(f"Warning: {wording.sentence(text)}" for text in result.quality.warnings)
    lines.append(result.statement)
    return [line for line in lines if line]


def _mean(item: MovementResult) -> str:
    if not item.trials:
        return wording.NONE
    mean = "?" if item.mean_deg is None else wording.angle_text(item.mean_deg)
    return f"{mean} of {len(item.trials)}"


def _percent(item: MovementResult) -> str:
    if item.percent_of_reference is None:
        return wording.NONE
    text = wording.percent_text(item.percent_of_reference, lower_bound=item.lower_bound)
    return text.replace("at least", "≥")


def _style(item: MovementResult) -> str:
    if "flagged" in (item.flag, item.pain_flag):
        return "bold red"
    if item.flag == "could_not_judge" or item.compensation_flag == "flagged":
        return "yellow"
    return "green"
