"""What came out of several inputs, measured one by one: shown on stdout, and said by the exit code."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from rich.console import Console, RenderableType

from neckrom.cli.show import files_view
from neckrom.cli.terminal import as_text, print_json
from neckrom.errors import ExitCode, NeckromError
from neckrom.result import Model

ResultT_co = TypeVar("ResultT_co", bound=Model, covariant=True)


class OneOutcome(Protocol[ResultT_co]):
    """What became of one input: a result and what was written, or an error."""

    @property
    def input(self) -> Path:
        """As it was given."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where the result lies."""
        ...

    @property
    def result(self) -> ResultT_co | None:
        """None where there is an error."""
        ...

    @property
    def error(self) -> NeckromError | None:
        """None where there is a result."""
        ...

    @property
    def written(self) -> tuple[Path, ...]:
        """Files in the folder."""
        ...


def show_outcomes(
    outcomes: Sequence[OneOutcome[ResultT_co]],
    view: Callable[[ResultT_co], RenderableType],
    stdout: Console,
    *,
    as_json: bool,
) -> None:
    """Print the results and where they are, or JSON and nothing else."""
    if as_json:
        _print_json(outcomes)
        return
    for outcome in outcomes:
        result = outcome.result
        if result is not None and outcome.folder is not None:
            stdout.print(view(result))
            stdout.print(files_view(outcome.folder, outcome.written), soft_wrap=True)


def exit_code_of(outcomes: Sequence[OneOutcome[Model]]) -> ExitCode:
    """The exit code that says how it went.

    Returns
    -------
    ExitCode
        That of the error where a single input failed; ``PARTLY_FAILED`` where one of several did, and
        ``DEFECT`` where one of them did in a way that nobody foresaw.
    """
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if not errors:
        return ExitCode.OK
    if len(outcomes) == 1 or any(error.exit_code is ExitCode.DEFECT for error in errors):
        return max(error.exit_code for error in errors)
    return ExitCode.PARTLY_FAILED


def _print_json(outcomes: Sequence[OneOutcome[Model]]) -> None:
    """One input: its result.  Several: a list with one entry for each, in their order."""
    if len(outcomes) > 1:
        for number, outcome in enumerate(
            outcomes
        ):  # one by one: results of a cluster are read when asked for
            text = textwrap.indent(json.dumps(_entry(outcome), indent=1), " ")
            print_json(
                f"{'[' if number == 0 else ''}\n{text}{',' if number + 1 < len(outcomes) else ''}", end=""
            )
        print_json("\n]")
    elif outcomes[0].result is not None:
        print_json(outcomes[0].result.model_dump_json(indent=1))


def _entry(outcome: OneOutcome[Model]) -> dict[str, object]:
    result = outcome.result
    return {
        "input": as_text(outcome.input),
        "folder": None if outcome.folder is None else as_text(outcome.folder),
        "result": None if result is None else result.model_dump(mode="json"),
        "error": None if outcome.error is None else as_text(outcome.error),
    }
