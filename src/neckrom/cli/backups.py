"""Commands that keep the records: backups, their keys, restoring, the log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.record_options import (
    NEWEST,
    JsonOption,
    StoreOption,
    opened,
    print_value,
)
from neckrom.cli.terminal import console, say

if TYPE_CHECKING:
    from neckrom.records.sealed import Secret

keeping = typer.Typer(no_args_is_help=True)

SHOWN = 20
"""Names of a long list that are said."""
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read the passphrase from the first line, for scripts; - is stdin.",
    ),
]


@keeping.command("backup")
def make_backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup: one file with everything.")],
    *,
    encrypt: Annotated[
        bool,
        typer.Option(
            "--encrypt", "-e", help="With a passphrase, which is asked for, or for --recipient keys."
        ),
    ] = False,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient",
            "-r",
            metavar="age1...",
            help="Encrypt for this public key (neckrom backup-key makes one). May be given several times.",
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of this name.")] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Save all people, sessions and files into one file; the records may be in use meanwhile."""
    from neckrom.cli.passphrases import secret_to_write  # noqa: PLC0415
    from neckrom.cli.progress import progress_on  # noqa: PLC0415
    from neckrom.records.backup import back_up  # noqa: PLC0415

    secret = secret_to_write(encrypt=encrypt, recipients=recipient or [], passphrase_file=passphrase_file)
    with opened(store) as records, progress_on(console(stderr=True)) as progress:
        done = back_up(
            records,
            file,
            lambda ready, total: progress.step(file, "backup", ready, total),
            overwrite=overwrite,
            secret=secret,
        )
    say_some("Missing or changed since it was stored, so not in the backup", done.missing)
    if as_json:
        print_value(done)
        return
    from neckrom.cli.records_view import count, people_count  # noqa: PLC0415

    console().print(
        f"Saved {people_count(done.people)}, {count(done.sessions, 'session')} and {count(done.files, 'file')} "
        f"to {file} ({done.bytes / 1e6:.1f} MB). {NOT_ENCRYPTED if secret is None else _opened_with(secret)}",
        soft_wrap=True,
    )


NOT_ENCRYPTED = (
    "It is NOT encrypted: it holds names and health data that everybody who gets the file can read. Keep it on an "
    "encrypted disk, or say --encrypt."
)


def _opened_with(secret: Secret) -> str:
    if secret.passphrase is not None:
        return "It is encrypted. Without its passphrase nobody can restore it, neckrom neither: keep that elsewhere."
    return "It is encrypted. Without the private key nobody can restore it, neckrom neither: keep that elsewhere."


@keeping.command("backup-key")
def make_backup_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes; a new file.")],
) -> None:
    """Make a key for encrypted backups: the private one into FILE, the public one is printed."""
    from neckrom.errors import OutputError  # noqa: PLC0415
    from neckrom.records.sealed import make_key  # noqa: PLC0415

    try:
        public = make_key(file)
    except OSError as error:
        raise OutputError(
            f"The key cannot be written to {file}: {error.strerror}. Name a new file."
        ) from error
    console().print(public, soft_wrap=True)
    say(
        f"Back up with: neckrom backup FILE --recipient {public}\n"
        f"The private key is in {file}. Keep it away from the backups and from this machine: who has both can read "
        "everything, and who has lost it can restore nothing."
    )


@keeping.command("restore")
def restore_backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup made by neckrom backup.")],
    *,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take the place of the records that are there; they are kept beside."),
    ] = False,
    identity: Annotated[
        Path | None,
        typer.Option(
            "--identity", "-i", metavar="FILE", help="The private key, if it was encrypted for one."
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a backup back, after checking all of it; an encrypted one asks for what opens it."""
    from neckrom.cli.passphrases import secret_to_read  # noqa: PLC0415
    from neckrom.cli.progress import progress_on  # noqa: PLC0415
    from neckrom.records.backup import restore  # noqa: PLC0415
    from neckrom.records.location import locate  # noqa: PLC0415

    location = locate(store)
    secret = secret_to_read(file, identity, passphrase_file)
    with progress_on(console(stderr=True)) as progress:
        done = restore(
            file,
            location,
            lambda ready, total: progress.step(file, "restore", ready, total or None),
            replace=replace,
            secret=secret,
        )
    say_some("Was missing already when the backup was made", done.missing)
    if as_json:
        print_value(done)
        return
    from neckrom.cli.records_view import count, people_count  # noqa: PLC0415

    console().print(
        f"Restored {people_count(done.people)}, {count(done.sessions, 'session')} and {count(done.files, 'file')}, "
        f"as of {done.created.astimezone():%Y-%m-%d %H:%M}, into {location}",
        soft_wrap=True,
    )
    if done.set_aside is not None:
        say(f"What was there before is kept in {done.set_aside}. Delete it when you are sure.")


@keeping.command("log")
def show_log(
    *,
    person: Annotated[
        str | None,
        typer.Option(
            "--person", "-p", metavar="PERSON", help="Only this one; also one who was deleted, by pseudonym."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"All of it, not only the newest {NEWEST} lines.")
    ] = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who opened, changed, exported and deleted what, newest first."""
    from neckrom.cli.records_view import log_table  # noqa: PLC0415
    from neckrom.records.ids import is_id  # noqa: PLC0415

    with opened(store) as records:
        by_id = person is not None and is_id(person.upper())
        person_id = None if person is None else person.upper() if by_id else records.find_person(person).id
        rows = records.log_entries(person_id, limit=None if everything else NEWEST + 1)
    more = not everything and len(rows) > NEWEST
    rows = rows if everything else rows[:NEWEST]
    if as_json:
        print_value(rows)
    elif not rows:
        say("Nothing is in the log.")
    else:
        console().print(log_table(rows))
    if more:
        say(f"These are the newest {NEWEST} lines: --all shows the older ones too.")


def say_some(what: str, names: Sequence[str]) -> None:
    """The first of many names, and how many more there are."""
    for name in names[:SHOWN]:
        say(f"{what}: {name}")
    if len(names) > SHOWN:
        say(f"... and {len(names) - SHOWN} more files.")
