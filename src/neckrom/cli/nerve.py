"""Measure leg and arm tests, and show what came out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.cli.progress import progress_on
from neckrom.cli.show import files_view
from neckrom.cli.terminal import as_text, console, print_json, say, tell
from neckrom.errors import ExitCode
from neckrom.messages import Messages, load_messages
from neckrom.nerve.result import NerveResult
from neckrom.nerve.wording import ROWS, trial_rows, warnings_in_words
from neckrom.saying.sentences import all_said
from neckrom.service.nerve import NerveOptions, NerveOutcome, measure_nerve_all


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
    if as_json:
        _print_json(outcomes)
    else:
        texts = load_messages(options.language)
        stdout = console()
        for outcome in outcomes:
            if outcome.result is not None and outcome.folder is not None:
                stdout.print(nerve_view(outcome.result, texts))
                stdout.print(files_view(outcome.folder, outcome.written), soft_wrap=True)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in failed:
        if len(outcomes) == 1 and tell("refused", message=str(outcome.error)):
            continue
        say(f"Error: {outcome.error}" if len(outcomes) == 1 else f"{outcome.input} failed: {outcome.error}")
    errors = [outcome.error for outcome in failed if outcome.error is not None]
    if not errors:
        return ExitCode.OK
    if len(outcomes) == 1 or any(error.exit_code is ExitCode.DEFECT for error in errors):
        return max(error.exit_code for error in errors)
    return ExitCode.PARTLY_FAILED


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


def _print_json(outcomes: Sequence[NerveOutcome]) -> None:
    """One input: its result.  Several: a list with one entry for each, in their order."""
    if len(outcomes) > 1:
        print_json(json.dumps([_entry(outcome) for outcome in outcomes], indent=1))
    elif outcomes[0].result is not None:
        print_json(outcomes[0].result.model_dump_json(indent=1))


def _entry(outcome: NerveOutcome) -> dict[str, object]:
    return {
        "input": as_text(outcome.input),
        "folder": None if outcome.folder is None else as_text(outcome.folder),
        "result": None if outcome.result is None else outcome.result.model_dump(mode="json"),
        "error": None if outcome.error is None else as_text(outcome.error),
    }
