"""Commands of the symptom diary."""

from __future__ import annotations

from typing import Annotated

import typer

from neckrom.cli.record_options import (
    JsonOption,
    LanguageOption,
    PersonArgument,
    StoreOption,
    opened,
    print_value,
    texts_in,
)
from neckrom.cli.terminal import console, say

diary = typer.Typer(
    no_args_is_help=True,
    help="The symptom diary: one line a day.",
    epilog="Start with: neckrom diary add PERSON --pain 4 --place calf --activity easy",
)
DayOption = Annotated[
    str | None, typer.Option("--day", metavar="YYYY-MM-DD", help="Today, where it is not given.")
]


@diary.command("add")
def add_day(
    person: PersonArgument,
    *,
    pain: Annotated[int | None, typer.Option("--pain", metavar="0-10", help="The worst of the day.")] = None,
    place: Annotated[str, typer.Option("--place", metavar="TEXT", help="Where it hurt.")] = "",
    activity: Annotated[
        str | None, typer.Option("--activity", metavar="rest|easy|hard", help="What was done that day.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Anything else, in one line.")] = "",
    day: DayOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="In place of the line of that day.")] = False,
    store: StoreOption = None,
) -> None:
    """Write down one day."""
    from neckrom.records.diary import checked_day, today  # noqa: PLC0415

    line = checked_day(today(), day=day, pain=pain, place=place, activity=activity, note=note)
    with opened(store) as records:
        row = records.find_person(person)
        records.add_to_diary(row.id, line, replace=replace)
    console().print(f"Written down for {row.label}: {line.day}", soft_wrap=True)


@diary.command("list")
def list_days(
    person: PersonArgument,
    *,
    language: LanguageOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the days, newest first, and what they show beside each other."""
    from neckrom.handouts.diary_in_words import day_line, diary_lines  # noqa: PLC0415

    texts = texts_in(language)
    with opened(store) as records:
        row = records.find_person(person)
        lines = records.diary(row.id)
    if as_json:
        print_value(lines)
        return
    if not lines:
        say(texts.text("diary.empty"))
        return
    for line in lines:
        console().print(day_line(line, texts), soft_wrap=True, markup=False)
    for sentence in diary_lines(lines, texts):
        say(sentence)


@diary.command("remove")
def remove(
    person: PersonArgument,
    day: Annotated[str, typer.Argument(metavar="YYYY-MM-DD", help="Which day is taken out.")],
    *,
    store: StoreOption = None,
) -> None:
    """Take the line of a day out."""
    from neckrom.records.diary import checked_day, today  # noqa: PLC0415

    on = checked_day(today(), day=day, pain=0).day
    with opened(store) as records:
        row = records.find_person(person)
        records.remove_from_diary(row.id, on)
    console().print(f"Taken out: {on}", soft_wrap=True)
