"""Measure inputs with progress, and show what came out."""

from __future__ import annotations

import json
import logging
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from neckrom import __version__, service
from neckrom.cli.progress import progress_on
from neckrom.cli.show import files_view, result_view
from neckrom.cli.terminal import as_text, console, print_json, say, tell
from neckrom.errors import ExitCode
from neckrom.messages import Messages, load_messages
from neckrom.service import MeasureOptions, Outcome

log = logging.getLogger(__name__)


def measure_and_show(
    inputs: Sequence[Path], out: Path, options: MeasureOptions, *, jobs: int, as_json: bool
) -> ExitCode:
    """Measure, print the results and where they are, and say how it went.

    Returns
    -------
    ExitCode
        That of the error where a single input failed; ``PARTLY_FAILED`` where one of several did, and
        ``DEFECT`` where one of them did in a way that nobody foresaw.
    """
    log.debug("neckrom %s, Python %s, %s", __version__, platform.python_version(), platform.platform())
    log.debug("%d inputs, %d at once, into %s, %s", len(inputs), jobs, out, options)
    started = time.monotonic()
    with progress_on(console(stderr=True)) as progress:
        outcomes = service.measure_all(inputs, out, options, jobs, progress)
    log.debug("measured in %.1f s", time.monotonic() - started)
    if as_json:
        _print_json(outcomes)
    else:
        _print_results(outcomes, load_messages(options.language))
    _say_what_failed(outcomes)
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if not errors:
        return ExitCode.OK
    if len(outcomes) == 1 or any(error.exit_code is ExitCode.DEFECT for error in errors):
        return max(error.exit_code for error in errors)
    return ExitCode.PARTLY_FAILED


def _print_results(outcomes: Sequence[Outcome], texts: Messages) -> None:
    stdout = console()
    for outcome in outcomes:
        if outcome.result is not None and outcome.folder is not None:
            stdout.print(result_view(outcome.result, stdout, texts))
            stdout.print(files_view(outcome.folder, outcome.written), soft_wrap=True)


def _print_json(outcomes: Sequence[Outcome]) -> None:
    """One input: its result.  Several: a list with one entry for each, in their order."""
    if len(outcomes) > 1:
        print_json(json.dumps([_entry(outcome) for outcome in outcomes], indent=1))
    elif outcomes[0].result is not None:
        print_json(outcomes[0].result.model_dump_json(indent=1))


def _entry(outcome: Outcome) -> dict[str, object]:
    return {
        "input": as_text(outcome.input),
        "folder": None if outcome.folder is None else as_text(outcome.folder),
        "result": None if outcome.result is None else outcome.result.model_dump(mode="json"),
        "error": None if outcome.error is None else as_text(outcome.error),
    }


def _say_what_failed(outcomes: Sequence[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if len(outcomes) == 1:
        for outcome in failed:
            if not tell("refused", message=str(outcome.error)):
                say(f"Error: {outcome.error}")
        return
    say(f"{len(outcomes) - len(failed)} of {len(outcomes)} inputs measured" + (":" if failed else "."))
    for outcome in failed:
        say(f"  {outcome.input} failed: {outcome.error}")
