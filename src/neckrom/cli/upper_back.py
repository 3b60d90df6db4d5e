"""Measure turns of the trunk, and show what came out."""

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
from neckrom.saying.upper_backs import ROWS, turn_rows, upper_back_verdict, upper_back_warnings
from neckrom.service.upper_back import UpperBackOptions, measure_upper_back_all
from neckrom.upper_back.result import UpperBackResult


def measure_upper_back_and_show(
    inputs: Sequence[Path], out: Path, options: UpperBackOptions, *, as_json: bool
) -> ExitCode:
    """Measure, print the results and where they are, and say how it went.

    Returns
    -------
    ExitCode
        That of the error where a single input failed; ``PARTLY_FAILED`` where one of several did.
    """
    with progress_on(console(stderr=True)) as progress:
        outcomes = measure_upper_back_all(inputs, out, options, progress)
    texts = load_messages(options.language)
    show_outcomes(outcomes, lambda result: upper_back_view(result, texts), console(), as_json=as_json)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in failed:
        if len(outcomes) == 1 and tell("refused", message=str(outcome.error)):
            continue
        say(f"Error: {outcome.error}" if len(outcomes) == 1 else f"{outcome.input} failed: {outcome.error}")
    return exit_code_of(outcomes)


def upper_back_view(result: UpperBackResult, texts: Messages) -> Group:
    """Each turn, both sides, what they say, and what there is to know.

    Parameters
    ----------
    result : UpperBackResult
    texts : Messages
    """
    table = Table(title=texts.text("upper_back.title"), title_justify="left")
    for column in ROWS:
        table.add_column(texts.text(f"upper_back.table.{column}"))
    for row in turn_rows(result, texts):
        table.add_row(*row)
    lines: list[RenderableType] = [
        Padding(Text(statement), (0, 0, 0, 2)) for statement in upper_back_verdict(result, texts).lines
    ]
    lines += [Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in upper_back_warnings(result, texts)]
    return Group(table, *lines)
