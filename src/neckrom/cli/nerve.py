"""Measure leg and arm tests, and show what came out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.cli.outcomes import exit_code_of, show_outcomes
from neckrom.cli.progress import progress_on
from neckrom.cli.terminal import console, say, tell
from neckrom.errors import ExitCode
from neckrom.messages import Messages, load_messages
from neckrom.nerve.reading import read_sides
from neckrom.nerve.result import NerveResult
from neckrom.nerve.sides import compare_recordings
from neckrom.nerve.wording import ROWS, trial_rows, warnings_in_words
from neckrom.saying.sentences import all_said
from neckrom.service.nerve import NerveOptions, measure_nerve_all


def measure_nerve_and_show(
    inputs: Sequence[Path], out: Path, options: NerveOptions, *, as_json: bool
) -> ExitCode:
    """Measure, print the results and where they are, and say how it went.

    Returns
    -------
    ExitCode
        That of the error where a single input failed; ``PARTLY_FAILED`` where one of several did.
    """
    with progress_on(console(stderr=True)) as progress:
        outcomes = measure_nerve_all(inputs, out, options, progress)
    texts = load_messages(options.language)
    show_outcomes(outcomes, lambda result: nerve_view(result, texts), console(), as_json=as_json)
    results = [outcome.result for outcome in outcomes if outcome.result is not None]
    if len(results) == 2 and not as_json:
        show_sides(results[0], results[1], texts)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in failed:
        if len(outcomes) == 1 and tell("refused", message=str(outcome.error)):
            continue
        say(f"Error: {outcome.error}" if len(outcomes) == 1 else f"{outcome.input} failed: {outcome.error}")
    return exit_code_of(outcomes)


def show_sides(one: NerveResult, another: NerveResult, texts: Messages) -> None:
    """Print what two clips say of both legs, where each shows the leg on the camera's side."""
    sides = compare_recordings(one, another)
    if sides is not None:
        said = all_said(read_sides(one.kind, sides), texts)
        console().print(Padding(Text(texts.text("nerve.sides.two_clips", what=said)), (1, 0, 0, 0)))


def nerve_view(result: NerveResult, texts: Messages) -> Group:
    """Trials, what they say, and what there is to know.

    Parameters
    ----------
    result : NerveResult
    texts : Messages
    """
    table = Table(title=texts.text(f"nerve.kind.{result.kind}"), title_justify="left")
    for column in ROWS:
        table.add_column(texts.text(f"nerve.table.{column}"))
    for row in trial_rows(result, texts):
        table.add_row(*row)
    lines: list[RenderableType] = [Padding(Text(all_said(result.reading_statements, texts)), (0, 0, 0, 2))]
    lines += [Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in warnings_in_words(result, texts)]
    return Group(table, *lines)
