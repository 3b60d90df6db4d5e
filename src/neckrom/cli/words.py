"""Help and complaints of the command line, as the person who reads them needs them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any, cast

import typer
from typer.core import TyperArgument, TyperOption

UsageError = cast("type[Exception]", typer.BadParameter.__base__)
"""What typer raises for every command line that it cannot read."""
_NO_COMMAND = re.compile(r"No such command '(?P<typed>[^']*)'")
_CLOSE = 0.6
"""Likeness from which a word is offered: ``difflib`` gives 1 for the same."""


def tidy(command: Any) -> None:
    """Leave out of a command's help, and of its subcommands', what says nothing: types of flags and of arguments.

    Typer writes ``--verbose <bool>``, which reads as if a value belonged there, and ``INPUT <list[Path]>``.
    """
    command.get_help_option(typer.Context(command, help_option_names=["-h", "--help"]))
    help_option = getattr(command, "_help_option", None)
    for parameter in (*command.params, help_option):
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
        elif isinstance(parameter, TyperArgument) and parameter.metavar:
            # What it is called says what it is; typer has no setting for that.
            vars(parameter)["display_type_rich"] = _no_type
    for subcommand in getattr(command, "commands", {}).values():
        tidy(subcommand)


def _no_type(ctx: object) -> None:  # noqa: ARG001  (typer calls it so)
    return None


def in_plain_words(error: Exception, group: Any) -> None:
    """Say of a command line that cannot be read what would have been meant, and nothing of how it was read.

    Parameters
    ----------
    error : Exception
        A ``UsageError``; its message is changed.
    group : click group
        All commands, for those that are somewhere else.
    """
    said: Any = error
    said.message = said.message.replace("Value error, ", "")
    if "valid number" in said.message:
        said.message = "give a number, such as 30."
    likely = getattr(said, "possibilities", None)
    if likely:
        said.possibilities = None
        said.message += f". Did you mean {' or '.join(_fitting(said.option_name, likely))}?"
    missing = _NO_COMMAND.match(said.message)
    if missing is not None and getattr(said.ctx, "command", group) is group:
        places = _elsewhere(missing["typed"], group)
        if places:
            said.message = f"No such command {missing['typed']!r}. Did you mean {' or '.join(places)}?"


def _fitting(typed: str, likely: list[str]) -> list[str]:
    """The nearest first, and none that is much further away than that."""
    near = sorted(((difflib.SequenceMatcher(None, typed, one).ratio(), one) for one in likely), reverse=True)
    return [one for ratio, one in near if ratio > near[0][0] - 0.1][:2]


def _elsewhere(typed: str, group: Any) -> list[str]:
    """Commands that are called so, or nearly, as they are typed: ``neckrom people add``."""
    names = list(_all_commands(group, "neckrom"))
    same = [name for name, last in names if last == typed]
    nearest = [
        (difflib.SequenceMatcher(None, typed, last).ratio(), name) for name, last in names if last != typed
    ]
    near = sorted((one for one in nearest if one[0] >= _CLOSE), reverse=True)
    return same[:3] or [name for ratio, name in near if ratio > near[0][0] - 0.1][:2]


def _all_commands(group: Any, before: str) -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        yield f"{before} {name}", name
        if hasattr(command, "commands"):
            yield from _all_commands(command, f"{before} {name}")
