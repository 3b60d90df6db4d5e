"""Commands about sessions."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neckrom.cli.record_options import (
    NEWEST,
    JsonOption,
    LanguageOption,
    SessionArgument,
    StoreOption,
    YesOption,
    ask,
    opened,
    print_value,
    say_what_waits,
    texts_in,
)
from neckrom.cli.terminal import console, print_json, say
from neckrom.errors import InputError, OptionValueError

if TYPE_CHECKING:
    from neckrom.records.importing import BodyClips


class Shows(StrEnum):
    """What a clip is measured for."""

    NECK = "neck"
    RUN = "run"
    POSTURE = "posture"


sessions = typer.Typer(
    no_args_is_help=True,
    help="Their sessions: take in results, clips and recordings, and compare.",
    epilog="Start with: neckrom sessions import PATH --person PERSON",
)


@sessions.command("list")
def list_sessions(
    person: Annotated[
        str | None, typer.Argument(metavar="[PERSON]", help="Name or pseudonym; everybody without it.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help=f"All of them, not only the newest {NEWEST}.")
    ] = False,
    language: LanguageOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List sessions, newest first."""
    from neckrom.cli.records_view import sessions_table  # noqa: PLC0415

    texts = texts_in(language)
    with opened(store) as records:
        found = None if person is None else records.find_person(person)
        limit = None if everything else NEWEST + 1
        rows = records.sessions(None if found is None else found.id, limit=limit)
        more = not everything and len(rows) > NEWEST
        rows = rows if everything else rows[:NEWEST]
        names = None if found is not None else records.names({row.person_id for row in rows})
        results = {} if as_json else records.any_results(row.id for row in rows)
        say_what_waits(records)
    if as_json:
        print_value(rows)
    elif not rows:
        say("No sessions yet. Add one: neckrom sessions import PATH --person PERSON")
    else:
        console().print(sessions_table(rows, texts, names, results))
    if more:
        say(f"These are the newest {NEWEST}: --all shows the older ones too.")


@sessions.command("show")
def show_session(
    session: SessionArgument,
    *,
    language: LanguageOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a session measured; with --json its whole result, as in result.json."""
    from neckrom.records.audit import Action  # noqa: PLC0415

    texts = texts_in(language)
    with opened(store) as records:
        row = records.find_session(session)
        view = records.any_session(row.id)
        records.log(Action.OPENED, row.person_id, row.id)
        if as_json:
            print_json(records.result_bytes(row.id).decode("utf-8").rstrip("\n"))
            return
    from neckrom.cli.records_view import any_session_view  # noqa: PLC0415

    console().print(any_session_view(view, texts), soft_wrap=False)


@sessions.command("import")
def import_session(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A result folder (of the neck, a run, a posture or a nerve test), a clip (measured first, see "
            "--kind), or the recording of a session.",
        ),
    ],
    *,
    person: Annotated[str, typer.Option("--person", "-p", metavar="PERSON", help="Name or pseudonym.")],
    kind: Annotated[
        Shows,
        typer.Option(
            "--kind",
            help="What a clip shows: movements of the neck, a run, or somebody who stands (a picture, too).",
        ),
    ] = Shows.NECK,
    back: Annotated[
        Path | None,
        typer.Option("--back", metavar="BACK.mp4", help="With --kind run: the same run filmed from behind."),
    ] = None,
    standing: Annotated[
        Path | None,
        typer.Option(
            "--standing",
            metavar="CLIP|PICTURE",
            help="With --kind run: the same person standing, from the same side.",
        ),
    ] = None,
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
    store: StoreOption = None,
    as_json: JsonOption = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say on stderr what is being done.")
    ] = False,
) -> None:
    """Store a result, a clip or a recording as a session of a person."""
    from neckrom.cli.log import start_log  # noqa: PLC0415
    from neckrom.cli.progress import progress_on  # noqa: PLC0415
    from neckrom.records.importing import import_path, parts_of  # noqa: PLC0415
    from neckrom.records.sessions import parse_date  # noqa: PLC0415
    from neckrom.service.options import MeasureOptions  # noqa: PLC0415

    start_log(console(stderr=True) if verbose else None)
    measured = parse_date(date)
    body = _body_clips(
        kind,
        back,
        standing,
        of_neck={
            "--camera": camera is not None,
            "--protocol": protocol is not None,
            "--norms": norms != "article",
            "--warm-ups": warm_ups is not None,
        },
    )
    options = MeasureOptions(
        mirrored=mirrored,
        warm_ups=warm_ups,
        camera=camera,
        protocol=protocol,
        norms=norms,
        pictures=not no_pictures,
    )
    with opened(store) as records, progress_on(console(stderr=True)) as progress:
        row = records.find_person(person)
        every = [
            import_path(
                records,
                part,
                row.id,
                options,
                progress,
                body=body,
                measured=measured,
                note=note,
                replace=replace,
            )
            for part in parts_of(path)
        ]
    for line in (line for done in every for line in done.notes):
        say(line)
    if not all(done.written for done in every):
        say(
            "The database did not answer. The session is safe on this machine and will be written with the next "
            "neckrom command that reaches the database."
        )
    if as_json:
        print_value(every[0] if len(every) == 1 else every)
        return
    for done in every:
        console().print(f"Stored as session {done.session_id} of {row.label}", soft_wrap=True)


def _body_clips(
    kind: Shows, back: Path | None, standing: Path | None, of_neck: dict[str, bool]
) -> BodyClips | None:
    """What ``--kind`` asks for, with the clips that belong to it.

    Raises
    ------
    ConfigurationError
        An option belongs to another kind.
    """
    from neckrom.records.importing import BodyClips  # noqa: PLC0415

    problems = []
    if kind is not Shows.RUN and (back is not None or standing is not None):
        problems.append("--back and --standing go with a run: add --kind run")
    if kind is not Shows.NECK:
        problems += [
            f"{name} is for the neck: leave it out with --kind {kind}" for name in of_neck if of_neck[name]
        ]
    if problems:
        raise OptionValueError("These options do not go together.", tuple(problems))
    if kind is Shows.NECK:
        return None
    return BodyClips("run" if kind is Shows.RUN else "posture", back, standing)


@sessions.command("change")
def change_session(
    session: SessionArgument,
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
    language: LanguageOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add or change the note and the pain of a session; what was measured stays as it was."""
    from neckrom.cli.records_view import any_session_view, parse_pain  # noqa: PLC0415

    if note is None and not pain:
        raise OptionValueError("Say what is to be changed: --note TEXT or --pain MOVEMENT=N.")
    levels, texts = parse_pain(pain or []), texts_in(language)
    with opened(store) as records:
        view = records.change_session(records.find_session(session).id, note=note, pain=levels)
    if as_json:
        print_value(view)
        return
    console().print(any_session_view(view, texts), soft_wrap=False)


@sessions.command("move")
def move_session(
    session: SessionArgument,
    *,
    person: Annotated[
        str, typer.Option("--person", "-p", metavar="PERSON", help="Whose it is: name or pseudonym.")
    ],
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a session that was filed under the wrong person to the right one, with its files."""
    with opened(store) as records:
        wanted = records.find_person(person)
        view = records.move_session(records.find_session(session).id, wanted.id)
    if as_json:
        print_value(view)
        return
    console().print(f"Session {view.row.id} is filed under {view.person.label} now.", soft_wrap=True)


@sessions.command("compare")
def compare_sessions(
    one: Annotated[str, typer.Argument(metavar="A", help="Id (S-...) or its beginning.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another session of the same person.")],
    *,
    language: LanguageOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two sessions of a person, and say which changes are larger than measurement error."""
    from neckrom.cli.records_view import comparison_view, run_comparison_view  # noqa: PLC0415
    from neckrom.records.audit import Action  # noqa: PLC0415

    texts = texts_in(language)
    with opened(store) as records:
        first, second = records.find_session(one), records.find_session(other)
        if first.kind != second.kind:
            raise InputError(texts.text("run.course.two_kinds"))
        if first.kind != "neck":
            runs = records.compare_runs(first.id, second.id)
            records.log(Action.COMPARED, runs.later.row.person_id, runs.later.row.id, runs.earlier.row.id)
            if as_json:
                print_value(runs)
            else:
                console().print(run_comparison_view(runs, texts))
            return
        comparison = records.compare(first.id, second.id)
        later = comparison.later.row
        records.log(Action.COMPARED, later.person_id, later.id, comparison.earlier.row.id)
    if as_json:
        print_value(comparison)
        return
    console().print(comparison_view(comparison, comparison.limits, texts))


@sessions.command("delete")
def delete_session(
    session: SessionArgument,
    *,
    yes: YesOption = False,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a session with its files. There is no way back."""
    from neckrom.cli.records_view import deleted_line  # noqa: PLC0415

    with opened(store) as records:
        row = records.find_session(session)
        ask(f"Delete session {row.id} of {row.measured.astimezone():%Y-%m-%d} with all files?", yes=yes)
        removed = records.delete_session(row.id)
    if as_json:
        print_value(removed)
        return
    console().print(deleted_line(removed), soft_wrap=True)
