"""Commands about people and their sessions, backups and exports."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.opening import opened_records
from neckrom.cli.terminal import console, print_json, say
from neckrom.errors import ConfigurationError

if TYPE_CHECKING:
    from neckrom.records.api import Records
    from neckrom.records.sealed import Secret

NEWEST = 100
"""Sessions that are listed unless all are asked for."""
SHOWN = 20
"""Names of a long list that are said."""
EXPORT_OUT = Path("neckrom-export")


class ExportFormat(StrEnum):
    """The forms of an export."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    MOT = "mot"
    FHIR = "fhir"


class ReportFormat(StrEnum):
    """The forms of a hand-out."""

    HTML = "html"
    PDF = "pdf"


people = typer.Typer(
    no_args_is_help=True,
    help="The people you measure.",
    epilog="Start with: neckrom people add NAME",
)
sessions = typer.Typer(
    no_args_is_help=True,
    help="Their sessions: take in results, clips and recordings, and compare.",
    epilog="Start with: neckrom sessions import PATH --person PERSON",
)
keeping = typer.Typer(no_args_is_help=True)

_Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="FOLDER|URL",
        help="Where the records are: a folder, or postgresql://USER@HOST/DATABASE. Else your data folder.",
    ),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")]
_PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read the passphrase from the first line, for scripts; - is stdin.",
    ),
]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_Person = Annotated[str, typer.Argument(metavar="PERSON", help="Name or pseudonym (P-...).")]
_Session = Annotated[str, typer.Argument(metavar="SESSION", help="Id (S-...) or its beginning.")]


# ---------------------------------------------------------------------- people


@people.command("add")
def add_person(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="May be left out: then there is only a pseudonym.")
    ] = None,
    *,
    birth_date: Annotated[
        str | None, typer.Option("--birth-date", metavar="YYYY-MM-DD", help="May be left out.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Anything you want to remember.")] = "",
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """Add a person."""
    with opened_records(store) as records:
        row = records.add_person(name, birth_date, note)
        same = (
            []
            if row.name is None
            else [other for other in records.people(row.name) if other.name == row.name]
        )
    if as_json:
        _print_json(row)
        return
    console().print(f"Added {row.label}", soft_wrap=True)
    if len(same) > 1:
        say(f"There are now {len(same)} people called {row.name}: use the pseudonyms to tell them apart.")


@people.command("list")
def list_people(
    search: Annotated[
        str, typer.Argument(metavar="[SEARCH]", help="Part of a name or pseudonym; all without it.")
    ] = "",
    *,
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """List the people, by name."""
    with opened_records(store) as records:
        rows = records.people(search)
        _say_what_waits(records)
    if as_json:
        _print_json(rows)
        return
    if not rows:
        say(f"Nobody matches {search!r}." if search else "Nobody yet. Add a person: neckrom people add NAME")
        return
    from neckrom.cli.records_view import people_table  # noqa: PLC0415

    console().print(people_table(rows))


@people.command("show")
def show_person(person: _Person, *, store: _Store = None, as_json: _Json = False) -> None:
    """Show a person with all sessions and how the range of motion went."""
    from neckrom.cli.records_view import person_view  # noqa: PLC0415
    from neckrom.records.audit import Action  # noqa: PLC0415
    from neckrom.records.trends import repeatability  # noqa: PLC0415

    with opened_records(store) as records:
        found = records.find_person(person)
        view, trends = records.person(found.id), records.trend(found.id)
        results = records.results(row.id for row in view.sessions)
        records.log(Action.OPENED, found.id)
    if as_json:
        _print_json({"person": view, "trends": trends})
        return
    console().print(person_view(view, trends, repeatability(), results))


@people.command("rename")
def rename_person(
    person: _Person,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    *,
    store: _Store = None,
) -> None:
    """Give a person another name."""
    with opened_records(store) as records:
        row = records.rename_person(records.find_person(person).id, name)
    console().print(f"Renamed to {row.label}", soft_wrap=True)


@people.command("change")
def change_person(
    person: _Person,
    *,
    note: Annotated[
        str | None,
        typer.Option("--note", metavar="TEXT", help="In place of the note that is there; '' for none."),
    ] = None,
    birth_date: Annotated[
        str | None, typer.Option("--birth-date", metavar="YYYY-MM-DD", help="'' for none.")
    ] = None,
    store: _Store = None,
) -> None:
    """Change the note or the birth date of a person."""
    if note is None and birth_date is None:
        raise ConfigurationError("Say what is to be changed: --note TEXT or --birth-date YYYY-MM-DD.")
    with opened_records(store) as records:
        row = records.find_person(person)
        kept = "" if row.birth_date is None else row.birth_date.isoformat()
        born = kept if birth_date is None else birth_date
        row = records.change_person(row.id, row.name, born or None, row.note if note is None else note)
    console().print(f"Changed {row.label}", soft_wrap=True)


@people.command("delete")
def delete_person(
    person: _Person, *, yes: _Yes = False, store: _Store = None, as_json: _Json = False
) -> None:
    """Delete a person with all sessions, answers and files. There is no way back."""
    from neckrom.cli.records_view import deleted_line  # noqa: PLC0415

    with opened_records(store) as records:
        row = records.find_person(person)
        what = f"{row.sessions} session{'s' * (row.sessions != 1)}"
        _ask(f"Delete {row.label} with {what} and all files?", yes=yes)
        removed = records.delete_person(row.id)
    if as_json:
        _print_json(removed)
        return
    console().print(deleted_line(removed), soft_wrap=True)


# -------------------------------------------------------------------- sessions


@sessions.command("list")
def list_sessions(
    person: Annotated[
        str | None, typer.Argument(metavar="[PERSON]", help="Name or pseudonym; everybody without it.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help=f"All of them, not only the newest {NEWEST}.")
    ] = False,
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """List sessions, newest first."""
    from neckrom.cli.records_view import sessions_table  # noqa: PLC0415

    with opened_records(store) as records:
        found = None if person is None else records.find_person(person)
        limit = None if everything else NEWEST + 1
        rows = records.sessions(None if found is None else found.id, limit=limit)
        more = not everything and len(rows) > NEWEST
        rows = rows if everything else rows[:NEWEST]
        names = None if found is not None else records.names({row.person_id for row in rows})
        results = {} if as_json else records.results(row.id for row in rows)
        _say_what_waits(records)
    if as_json:
        _print_json(rows)
    elif not rows:
        say("No sessions yet. Add one: neckrom sessions import PATH --person PERSON")
    else:
        console().print(sessions_table(rows, names, results))
    if more:
        say(f"These are the newest {NEWEST}: --all shows the older ones too.")


@sessions.command("show")
def show_session(session: _Session, *, store: _Store = None, as_json: _Json = False) -> None:
    """Show what a session measured; with --json its whole result, as in result.json."""
    from neckrom.records.audit import Action  # noqa: PLC0415

    with opened_records(store) as records:
        row = records.find_session(session)
        view = records.session(row.id)
        records.log(Action.OPENED, row.person_id, row.id)
        if as_json:
            print_json(records.result_bytes(row.id).decode("utf-8").rstrip("\n"))
            return
    from neckrom.cli.records_view import session_view  # noqa: PLC0415

    console().print(session_view(view), soft_wrap=False)


@sessions.command("import")
def import_session(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="A result folder, a clip (measured first), or the recording of a session."
        ),
    ],
    *,
    person: Annotated[str, typer.Option("--person", "-p", metavar="PERSON", help="Name or pseudonym.")],
    date: Annotated[
        str | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            help="When the person was measured; else when the result was made. Say it for old clips.",
        ),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Anything you want to remember.")] = "",
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take the place of an earlier measurement of the same recording."),
    ] = False,
    mirrored: Annotated[
        bool, typer.Option("--mirrored", help="A clip that was stored mirrored: swap the sides.")
    ] = False,
    camera: Annotated[
        str | None, typer.Option("--camera", metavar="NAME|FILE", help="Camera profile, for a clip.")
    ] = None,
    protocol: Annotated[
        Path | None, typer.Option("--protocol", metavar="FILE", help="What was done when, for a clip.")
    ] = None,
    norms: Annotated[
        str, typer.Option("--norms", metavar="NAME|FILE", help="Norm set, for a clip.")
    ] = "article",
    warm_ups: Annotated[
        int | None,
        typer.Option(
            "--warm-ups", metavar="N", min=0, max=20, help="Warm-ups of each direction, for a clip."
        ),
    ] = None,
    no_pictures: Annotated[
        bool, typer.Option("--no-pictures", help="No picture of the person in the report of a clip.")
    ] = False,
    store: _Store = None,
    as_json: _Json = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")
    ] = False,
) -> None:
    """Store a result, a clip or a recording as a session of a person."""
    from neckrom.cli.log import start_log  # noqa: PLC0415
    from neckrom.cli.progress import progress_on  # noqa: PLC0415
    from neckrom.records.importing import import_path  # noqa: PLC0415
    from neckrom.records.sessions import parse_date  # noqa: PLC0415
    from neckrom.service.options import MeasureOptions  # noqa: PLC0415

    start_log(console(stderr=True) if verbose else None)
    measured = parse_date(date)
    options = MeasureOptions(
        mirrored=mirrored,
        warm_ups=warm_ups,
        camera=camera,
        protocol=protocol,
        norms=norms,
        pictures=not no_pictures,
    )
    with opened_records(store) as records, progress_on(console(stderr=True)) as progress:
        row = records.find_person(person)
        done = import_path(
            records, path, row.id, options, progress, measured=measured, note=note, replace=replace
        )
    for line in done.notes:
        say(line)
    if not done.written:
        say(
            "The database did not answer. The session is safe on this machine and will be written with the next "
            "neckrom command that reaches the database."
        )
    if as_json:
        _print_json(done)
        return
    console().print(f"Stored as session {done.session_id} of {row.label}", soft_wrap=True)


@sessions.command("change")
def change_session(
    session: _Session,
    *,
    note: Annotated[
        str | None,
        typer.Option("--note", metavar="TEXT", help="In place of the note that is there; '' for none."),
    ] = None,
    pain: Annotated[
        list[str] | None,
        typer.Option(
            "--pain",
            metavar="MOVEMENT=N",
            help="Pain with a movement, 0 to 10, such as rotation_left=4; without a number it is taken away. "
            "May be given several times.",
        ),
    ] = None,
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """Add or change the note and the pain of a session; what was measured stays as it was."""
    from neckrom.cli.records_view import parse_pain, session_view  # noqa: PLC0415

    if note is None and not pain:
        raise ConfigurationError("Say what is to be changed: --note TEXT or --pain MOVEMENT=N.")
    levels = parse_pain(pain or [])
    with opened_records(store) as records:
        view = records.change_session(records.find_session(session).id, note=note, pain=levels)
    if as_json:
        _print_json(view)
        return
    console().print(session_view(view), soft_wrap=False)


@sessions.command("compare")
def compare_sessions(
    one: Annotated[str, typer.Argument(metavar="A", help="Id (S-...) or its beginning.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another session of the same person.")],
    *,
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """Compare two sessions of a person, and say which changes are larger than measurement error."""
    from neckrom.cli.records_view import comparison_view  # noqa: PLC0415
    from neckrom.records.audit import Action  # noqa: PLC0415
    from neckrom.records.trends import repeatability  # noqa: PLC0415

    with opened_records(store) as records:
        comparison = records.compare(records.find_session(one).id, records.find_session(other).id)
        later = comparison.later.row
        records.log(Action.COMPARED, later.person_id, later.id, comparison.earlier.row.id)
    if as_json:
        _print_json(comparison)
        return
    console().print(comparison_view(comparison, repeatability()))


@sessions.command("delete")
def delete_session(
    session: _Session, *, yes: _Yes = False, store: _Store = None, as_json: _Json = False
) -> None:
    """Delete a session with its files. There is no way back."""
    from neckrom.cli.records_view import deleted_line  # noqa: PLC0415

    with opened_records(store) as records:
        row = records.find_session(session)
        _ask(f"Delete session {row.id} of {row.measured.astimezone():%Y-%m-%d} with all files?", yes=yes)
        removed = records.delete_session(row.id)
    if as_json:
        _print_json(removed)
        return
    console().print(deleted_line(removed), soft_wrap=True)


# -------------------------------------------------------------------- keeping


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
    passphrase_file: _PassphraseFile = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of this name.")] = False,
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """Save all people, sessions and files into one file; the records may be in use meanwhile."""
    from neckrom.cli.passphrases import secret_to_write  # noqa: PLC0415
    from neckrom.cli.progress import progress_on  # noqa: PLC0415
    from neckrom.records.backup import back_up  # noqa: PLC0415

    secret = secret_to_write(encrypt=encrypt, recipients=recipient or [], passphrase_file=passphrase_file)
    with opened_records(store) as records, progress_on(console(stderr=True)) as progress:
        done = back_up(
            records,
            file,
            lambda ready, total: progress.step(file, "backup", ready, total),
            overwrite=overwrite,
            secret=secret,
        )
    _say_some("Missing or changed since it was stored, so not in the backup", done.missing)
    if as_json:
        _print_json(done)
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
    store: _Store = None,
    as_json: _Json = False,
) -> None:
    """Show who opened, changed, exported and deleted what, newest first."""
    from neckrom.cli.records_view import log_table  # noqa: PLC0415
    from neckrom.records.ids import is_id  # noqa: PLC0415

    with opened_records(store) as records:
        by_id = person is not None and is_id(person.upper())
        person_id = None if person is None else person.upper() if by_id else records.find_person(person).id
        rows = records.log_entries(person_id, limit=None if everything else NEWEST + 1)
    more = not everything and len(rows) > NEWEST
    rows = rows if everything else rows[:NEWEST]
    if as_json:
        _print_json(rows)
    elif not rows:
        say("Nothing is in the log.")
    else:
        console().print(log_table(rows))
    if more:
        say(f"These are the newest {NEWEST} lines: --all shows the older ones too.")


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
    passphrase_file: _PassphraseFile = None,
    store: _Store = None,
    as_json: _Json = False,
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
    _say_some("Was missing already when the backup was made", done.missing)
    if as_json:
        _print_json(done)
        return
    from neckrom.cli.records_view import count, people_count  # noqa: PLC0415

    console().print(
        f"Restored {people_count(done.people)}, {count(done.sessions, 'session')} and {count(done.files, 'file')}, "
        f"as of {done.created.astimezone():%Y-%m-%d %H:%M}, into {location}",
        soft_wrap=True,
    )
    if done.set_aside is not None:
        say(f"What was there before is kept in {done.set_aside}. Delete it when you are sure.")


@keeping.command("report")
def hand_out(
    what: Annotated[
        str,
        typer.Argument(metavar="SESSION|PERSON", help="The report of a session, or the course of a person."),
    ],
    *,
    form: Annotated[ReportFormat, typer.Option("--format", "-f", help="What to write.")] = ReportFormat.PDF,
    language: Annotated[
        str,
        typer.Option(
            "--lang",
            metavar="en|de|es|fr",
            help="Language of what is handed out.",
        ),
    ] = "en",
    sheet: Annotated[
        bool,
        typer.Option(
            "--sheet",
            help="Of a session one page in plain words and one for clinicians, instead of the whole report.",
        ),
    ] = False,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the file.")
    ] = EXPORT_OUT,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file of this name.")] = False,
    store: _Store = None,
) -> None:
    """Write the report of a session, or the course of a person, to hand out."""
    from neckrom.exports.handout import write_handout  # noqa: PLC0415

    with opened_records(store) as records:
        path = write_handout(records, what, form.value, out, language, sheet=sheet, overwrite=overwrite)
    console().print(str(path), soft_wrap=True)


@keeping.command("export")
def export_sessions(
    what: Annotated[
        str, typer.Argument(metavar="SESSION|PERSON", help="A session, or all sessions of a person.")
    ],
    *,
    form: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="What it is for: see docs/exports.md.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the files.")
    ] = EXPORT_OUT,
    with_name: Annotated[
        bool, typer.Option("--with-name", help="With name and birth date; else the pseudonym alone leaves.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files of these names.")] = False,
    store: _Store = None,
) -> None:
    """Write sessions for other programs: JSON, CSV, Parquet, OpenSim motion, FHIR."""
    from neckrom.exports.write import Format, export_to  # noqa: PLC0415

    with opened_records(store) as records:
        done = export_to(records, what, Format(form.value), out, with_name=with_name, overwrite=overwrite)
    for path in done.files:
        console().print(str(path), soft_wrap=True)
    for remark in done.remarks:
        say(remark)


# ---------------------------------------------------------------------- parts


def _print_json(value: object) -> None:
    from neckrom.cli.records_view import as_json  # noqa: PLC0415

    print_json(as_json(value))


def _say_some(what: str, names: Sequence[str]) -> None:
    """The first of many names, and how many more there are."""
    for name in names[:SHOWN]:
        say(f"{what}: {name}")
    if len(names) > SHOWN:
        say(f"... and {len(names) - SHOWN} more files.")


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _say_what_waits(records: Records) -> None:
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
