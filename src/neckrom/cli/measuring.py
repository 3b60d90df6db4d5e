"""Measure inputs with progress, and show what came out."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from neckrom import __version__, service
from neckrom.cli.outcomes import OneOutcome, exit_code_of, show_outcomes
from neckrom.cli.progress import progress_on
from neckrom.cli.show import result_view
from neckrom.cli.terminal import console, say, tell
from neckrom.errors import ExitCode
from neckrom.messages import load_messages
from neckrom.result import Result
from neckrom.service import MeasureOptions

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
    return show_and_say(outcomes, options.language, as_json=as_json)


def show_and_say(
    outcomes: Sequence[OneOutcome[Result]], language: str, *, as_json: bool, most_shown: int | None = None
) -> ExitCode:
    """Print the results and where they are, name what failed, and say how it went.

    Of more than ``most_shown`` results none is printed, unless as JSON.
    """
    stdout, texts = console(), load_messages(language)
    if as_json or most_shown is None or len(outcomes) <= most_shown:
        show_outcomes(outcomes, lambda result: result_view(result, stdout, texts), stdout, as_json=as_json)
    _say_what_failed(outcomes)
    return exit_code_of(outcomes)


def _say_what_failed(outcomes: Sequence[OneOutcome[Result]]) -> None:
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if len(outcomes) == 1:
        for outcome in failed:
            if not tell("refused", message=str(outcome.error)):
                say(f"Error: {outcome.error}")
        return
    say(f"{len(outcomes) - len(failed)} of {len(outcomes)} inputs measured" + (":" if failed else "."))
    for outcome in failed:
        say(f"  {outcome.input} failed: {outcome.error}")
