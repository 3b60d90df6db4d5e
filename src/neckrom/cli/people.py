"""Commands about people."""

from __future__ import annotations

from typing import Annotated

import typer

from neckrom.cli.record_options import (
    JsonOption,
    LanguageOption,
    PersonArgument,
    StoreOption,
    YesOption,
    ask,
    opened,
    print_value,
    say_what_waits,
    texts_in,
)
from neckrom.cli.terminal import console, say
from neckrom.errors import OptionValueError

people = typer.Typer(
    no_args_is_help=True,
    help="The people you measure.",
    epilog="Start with: neckrom people add NAME",
)


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
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a person."""
    with opened(store) as records:
        row = records.add_person(name, birth_date, note)
        same = (
            []
            if row.name is None
            else [other for other in records.people(row.name) if other.name == row.name]
        )
    if as_json:
        print_value(row)
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
    language: LanguageOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the people, by name."""
    with opened(store) as records:
        rows = records.people(search)
        say_what_waits(records)
    if as_json:
        print_value(rows)
        return
    if not rows:
        say(f"Nobody matches {search!r}." if search else "Nobody yet. Add a person: neckrom people add NAME")
        return
    from neckrom.cli.records_view import people_table  # noqa: PLC0415

    console().print(people_table(rows, texts_in(language)))


@people.command("show")
def show_person(
    person: PersonArgument,
    *,
    language: LanguageOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a person with all sessions and how the range of motion went."""
    from neckrom.cli.records_view import person_view  # noqa: PLC0415
    from neckrom.records.audit import Action  # noqa: PLC0415

    texts = texts_in(language)
    with opened(store) as records:
        found = records.find_person(person)
        view, trends = records.person(found.id), records.trend(found.id)
        results = records.any_results(row.id for row in view.sessions)
        runs = records.runs(view.of_kind("run"))
        tests = records.nerve_tests(view.nerve_tests)
        plans = records.plans(view.of_kind("plan"))
        turned = records.upper_backs(view.of_kind("upper_back"))
        limits = records.limits(found.id)
        records.log(Action.OPENED, found.id)
    if as_json:
        print_value({"person": view, "trends": trends})
        return
    shown = person_view(
        view,
        trends,
        limits,
        texts,
        results=results,
        runs=runs,
        nerve_tests=tests,
        plans=plans,
        upper_backs=turned,
    )
    console().print(shown)


@people.command("rename")
def rename_person(
    person: PersonArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    *,
    store: StoreOption = None,
) -> None:
    """Give a person another name."""
    with opened(store) as records:
        row = records.rename_person(records.find_person(person).id, name)
    console().print(f"Renamed to {row.label}", soft_wrap=True)


@people.command("change")
def change_person(
    person: PersonArgument,
    *,
    note: Annotated[
        str | None,
        typer.Option("--note", metavar="TEXT", help="In place of the note that is there; '' for none."),
    ] = None,
    birth_date: Annotated[
        str | None, typer.Option("--birth-date", metavar="YYYY-MM-DD", help="'' for none.")
    ] = None,
    store: StoreOption = None,
) -> None:
    """Change the note or the birth date of a person."""
    if note is None and birth_date is None:
        raise OptionValueError("Say what is to be changed: --note TEXT or --birth-date YYYY-MM-DD.")
    with opened(store) as records:
        row = records.find_person(person)
        kept = "" if row.birth_date is None else row.birth_date.isoformat()
        born = kept if birth_date is None else birth_date
        row = records.change_person(row.id, row.name, born or None, row.note if note is None else note)
    console().print(f"Changed {row.label}", soft_wrap=True)


@people.command("delete")
def delete_person(
    person: PersonArgument, *, yes: YesOption = False, store: StoreOption = None, as_json: JsonOption = False
) -> None:
    """Delete a person with all sessions, answers and files. There is no way back."""
    from neckrom.cli.records_view import deleted_line  # noqa: PLC0415

    with opened(store) as records:
        row = records.find_person(person)
        what = f"{row.sessions} session{'s' * (row.sessions != 1)}"
        ask(f"Delete {row.label} with {what} and all files?", yes=yes)
        removed = records.delete_person(row.id)
    if as_json:
        print_value(removed)
        return
    console().print(deleted_line(removed), soft_wrap=True)
