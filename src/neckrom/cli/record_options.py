"""What the commands of the records share: their options, the open store, the language, what is said on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.terminal import print_json, say

if TYPE_CHECKING:
    from neckrom.messages import Messages
    from neckrom.records.api import Records

NEWEST = 100
"""Sessions, or lines of the log, that are listed unless all are asked for."""

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FOLDER|URL",
        help="Where the records are: a folder, or the address of a PostgreSQL database; else your data folder.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|de|es|fr",
        help="Language of what is shown or handed out; else the one of neckrom settings, else English.",
    ),
]
PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="Name or pseudonym (P-...).")]
SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="Id (S-...) or its beginning.")]


def opened(store: str | None) -> Records:
    """Open the store that is given, or the user's own, and say what its user has to know about it.

    Raises
    ------
    NeckromError
        If it cannot be opened; with what to do.
    """
    from neckrom.records.api import Records  # noqa: PLC0415  (slow to load)
    from neckrom.records.location import locate  # noqa: PLC0415

    records = Records(locate(store))
    if records.read_only:
        say(
            f"The records in {records.location} can only be read: their folder may not be written, or their disk is "
            "full. What you look at does not come into their log."
        )
    return records


def texts_in(language: str | None) -> Messages:
    """Texts in the language that was asked for, else in the one of the settings.

    Raises
    ------
    ConfigurationError
        If there is no such language.
    """
    from neckrom.messages import load_messages  # noqa: PLC0415
    from neckrom.service.clinic import usual_language  # noqa: PLC0415

    return load_messages(language or usual_language())


def print_value(value: object) -> None:
    """Print one of our values as JSON."""
    from neckrom.cli.records_view import as_json  # noqa: PLC0415

    print_json(as_json(value))


def ask(question: str, *, yes: bool) -> None:
    """Go on only with the user's consent."""
    if not yes:
        typer.confirm(question, abort=True, err=True)


def say_what_waits(records: Records) -> None:
    """Say what lies in the store and is not in the database."""
    for place in records.files.apart():
        say(
            f"Something in the store could not be read and was set apart, whole, in {place}. If it is a session, take "
            f"it in again: neckrom sessions import {place} --person PERSON. Else delete that folder."
        )
    for manifest in records.waiting():
        folder = records.files.incoming / manifest.session_id
        say(
            f"A session waits in {folder}: its person {manifest.person_id} is not in these records. Delete that "
            f"folder, or take it in for somebody else: neckrom sessions import {folder} --person PERSON"
        )
