"""Measure inputs with progress, and show what came out."""

from __future__ import annotations

import logging
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from neckrom import __version__, service
from neckrom.cli.outcomes import exit_code_of, show_outcomes
from neckrom.cli.progress import progress_on
from neckrom.cli.show import result_view
from neckrom.cli.terminal import console, say, tell
from neckrom.errors import ExitCode
from neckrom.messages import load_messages
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
    stdout, texts = console(), load_messages(options.language)
    show_outcomes(outcomes, lambda result: result_view(result, stdout, texts), stdout, as_json=as_json)
    _say_what_failed(outcomes)
    return exit_code_of(outcomes)


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
