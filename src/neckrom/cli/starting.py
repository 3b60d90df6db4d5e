"""What every command does first and last: language, log, exit code."""

from __future__ import annotations

import typer

from neckrom.cli.terminal import console
from neckrom.errors import ExitCode


def spoken(lang: str | None) -> str:
    """The language that was asked for, else the one of the settings."""
    if lang:
        return lang
    from neckrom.service.clinic import usual_language  # noqa: PLC0415

    return usual_language()


def start_log(*, verbose: bool) -> None:
    """Say on stderr what is being done, if that was asked for."""
    from neckrom.cli.log import start_log as start  # noqa: PLC0415

    start(console(stderr=True) if verbose else None)


def leave(code: ExitCode) -> None:
    """End with an exit code; 0 just returns."""
    if code:
        raise typer.Exit(code)
