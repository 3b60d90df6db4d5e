"""The two streams: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys

from rich.console import Console

from neckrom.guided.events import EVENTS, event_line


def console(*, stderr: bool = False) -> Console:
    """A console that guesses at nothing: no markup, no emoji, no highlighted numbers."""
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def say(message: str) -> None:
    """Write a message for the person to stderr, wrapped as their terminal does it."""
    console(stderr=True).print(as_text(message), soft_wrap=True)


def as_text(value: object) -> str:
    """As text that can be written: names of files may hold bytes that are none."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def wants_events() -> bool:
    """Whether a program follows this command."""
    return os.environ.get(EVENTS) == "json"


def tell(event: str, **values: object) -> bool:
    """Tell the program that follows this command what happened; False where none does.

    Parameters
    ----------
    event : str
        "ready", "ended", "refused" or "progress"; what goes with each stands in :mod:`neckrom.guided.events`.
    """
    if not wants_events():
        return False
    sys.stdout.write(event_line(event, **values) + "\n")
    sys.stdout.flush()
    return True


def print_json(text: str, end: str = "\n") -> None:
    """Write JSON to stdout as it is."""
    sys.stdout.write(text + end)
