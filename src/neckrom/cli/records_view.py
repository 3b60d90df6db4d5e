"""People, sessions and trends in the terminal, and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic_core import to_jsonable_python
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.errors import ConfigurationError
from neckrom.handouts.caveats import caveats_of
from neckrom.handouts.values_in_words import NONE, best, difference, error
from neckrom.messages import FALLBACK, Messages, load_messages
from neckrom.records.audit import LogEntry
from neckrom.records.people import PersonRow
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import Change, MovementTrend, Repeatability, Verdict
from neckrom.records.views import Comparison, Deleted, PersonView, SessionView
from neckrom.result import Result
from neckrom.saying import figures
from neckrom.saying.figures import clock, day
from neckrom.saying.grades import LOOKS
from neckrom.saying.names import display_name
from neckrom.saying.verdict import Finding, movements_said, verdict_of
from neckrom.types import MOVEMENTS, Movement


def _english() -> Messages:
    return load_messages(FALLBACK)


_VERDICTS = {
    Verdict.MORE: "more range",
    Verdict.LESS: "less range",
    Verdict.NONE: "no change beyond measurement error",
    Verdict.UNKNOWN: "cannot be told",
}


def people_table(people: Sequence[PersonRow]) -> Table:
    """One row a person."""
    table = _table("Id", "Name", "Born", ">Sessions", "Last")
    for row in people:
        born = "" if row.birth_date is None else row.birth_date.isoformat()
        last = "" if row.last_session is None else day(row.last_session)
        table.add_row(row.id, display_name(row.name or "", limit=40), born, str(row.sessions), last)
    return table


def sessions_table(
    sessions: Sequence[SessionRow],
    names: dict[str, str] | None = None,
    results: Mapping[str, Result] | None = None,
) -> Table:
    """One row a session, with the person where ``names`` are given, and what is most important of it."""
    person = ["Person"] if names is not None else []
    table = _table("Id", "Measured", *person, "Recording", "View", "Most important", "Note")
    for row in sessions:
        who = [names.get(row.person_id, row.person_id)] if names is not None else []
        table.add_row(
            row.id,
            day(row.measured),
            *(display_name(name, limit=30) for name in who),
            display_name(row.source_name, limit=30),
            row.view.replace("_", " "),
            _most_important((results or {}).get(row.id)),
            display_name(row.note, limit=40) if row.note else "",
        )
    return table


def _most_important(result: Result | None) -> Text:
    if result is None:
        return Text("")
    first = verdict_of(result, _english()).findings[0]
    return Text(f"{first.sign} {first.text}", style=LOOKS[first.grade].terminal)


def person_view(
    view: PersonView,
    trends: Sequence[MovementTrend],
    limits: Repeatability,
    results: Mapping[str, Result] | None = None,
) -> Group:
    """A person with sessions and course."""
    row = view.row
    facts = [
        Text(display_name(row.name or "(no name)", limit=200), style="bold"),
        Text(row.id + (f", born {row.birth_date}" if row.birth_date else "")),
        *([Text(row.note)] if row.note else []),
        Text(""),
    ]
    if not view.sessions:
        return Group(
            *facts, Text("No sessions yet. Add one: neckrom sessions import PATH --person " + row.id)
        )
    table = sessions_table(view.sessions, results=results)
    parts: list[RenderableType] = [*facts, Padding(table, (0, 0, 1, 0))]
    if any(len(trend.points) > 1 for trend in trends):
        dated = [
            (day(row.measured), results[row.id]) for row in view.sessions if results and row.id in results
        ]
        parts += [*_finding_lines(caveats_of(dated, _english())), trend_table(trends), *_limit_lines(limits)]
    return Group(*parts)


def trend_table(trends: Sequence[MovementTrend]) -> Table:
    """First, last and what changed, one row a movement."""
    several = any(len(trend.points) > 2 for trend in trends)
    since_last = ["Since the last but one"] if several else []
    table = _table("Movement", ">First", ">Last", ">Change", ">Error", "Since the first", *since_last)
    for trend in trends:
        change, since = trend.first_to_last, trend.since_last
        if change is None or since is None:
            only = best(trend.points[0].value) if trend.points else NONE
            said = "one session" if trend.points else "not measured"
            table.add_row(trend.movement.label, only, "", "", "", said)
            continue
        table.add_row(
            trend.movement.label,
            best(change.earlier),
            best(change.later),
            difference(change, _english()),
            error(trend.limit_deg, _english()),
            _verdict(change),
            *([_verdict(since)] if several else []),
        )
    return table


def comparison_view(comparison: Comparison, limits: Repeatability) -> Group:
    """Two sessions side by side."""
    earlier, later = comparison.earlier, comparison.later
    first, last = day(earlier.row.measured), day(later.row.measured)
    table = _table("Movement", f">{first}", f">{last}", ">Change", ">Error", "")
    for movement, change in comparison.changes.items():
        table.add_row(
            movement.label,
            best(change.earlier),
            best(change.later),
            difference(change, _english()),
            error(change.limit_deg, _english()),
            _verdict(change),
        )
    notes = _limit_lines(limits)
    if not comparison.same_method:
        notes.append(
            Text(
                "The two were measured differently (view, estimator or calibration), so they compare less well: "
                "measure the older recording again if it is still there."
            )
        )
    return Group(
        Text(earlier.person.label, style="bold"),
        Text(f"{earlier.row.id} of {first} and {later.row.id} of {last}\n"),
        *_finding_lines(caveats_of([(first, earlier.result), (last, later.result)], _english())),
        table,
        *notes,
    )


def session_view(view: SessionView) -> Group:
    """A session's figures and where its files are."""
    row, texts = view.row, _english()
    table = _table("Movement", ">Best", "95 %", ">Mean", ">n", ">Norm", ">% of it", "Pain", "What it means")
    for item in movements_said(view.result, texts):
        table.add_row(
            item.clinical_name,
            item.best,
            item.interval,
            item.mean,
            item.trials,
            item.norm,
            item.of_norm,
            item.pain,
            Text(f"{item.sign} {item.meaning}", style=LOOKS[item.grade].terminal),
        )
    stated = " (date stated by hand)" if row.dated_by_hand else ""
    where = str(view.folder) if view.files_here else f"{view.folder} (not all of them are on this machine)"
    lines = [
        f"{row.id} of {view.person.label}, measured {clock(row.measured)}{stated}",
        f"Recording {display_name(row.source_name, limit=100)}, {row.view.replace('_', ' ')} view, {row.estimator}",
        *([f"Note: {row.note}"] if row.note else []),
    ]
    verdict = verdict_of(view.result, texts)
    said = [*_finding_lines(verdict.findings), *([Text(verdict.meaning)] if verdict.meaning else [])]
    return Group(*map(Text, lines), Text(""), *said, Text(""), table, Text(f"Files: {where}"))


def _finding_lines(findings: Sequence[Finding]) -> list[Text]:
    return [
        Text(f"{finding.sign} {finding.text}", style=LOOKS[finding.grade].terminal) for finding in findings
    ]


def log_table(rows: Sequence[LogEntry]) -> Table:
    """The log, one line an entry."""
    table = _table("When", "Who", "What", "Person", "Session", "")
    for row in rows:
        table.add_row(
            f"{row.at.astimezone():%Y-%m-%d %H:%M:%S}",
            Text(row.actor),
            row.action,
            row.person_id or "",
            row.session_id or "",
            Text(row.detail),
        )
    return table


def deleted_line(removed: Deleted) -> str:
    """What was removed, in one sentence."""
    parts = [count(removed.sessions, "session")]
    if removed.screenings:
        parts.append(count(removed.screenings, "neck screen"))
    parts.append(f"{count(removed.files, 'file')} ({removed.bytes / 1e6:.1f} MB)")
    text = f"Deleted {display_name(removed.label, limit=200)}: {', '.join(parts)}."
    if removed.elsewhere:
        text += (
            f" {count(removed.elsewhere, 'more file')} of theirs {'is' if removed.elsewhere == 1 else 'are'} not on "
            "this machine: delete them where they are."
        )
    text += " Backups made before still hold them."
    if removed.look_into:
        text += " Look into these too, which neckrom does not search or could not reach:"
        text += "".join(f"\n  {display_name(place, limit=300)}" for place in removed.look_into)
    return text


# ------------------------------------------------------------------------ cells


def _limit_lines(limits: Repeatability) -> list[Text]:
    preliminary = " (preliminary figures)" if limits.placeholder else ""
    published = figures.reference(limits.published.mdc_deg, _english())
    return [
        Text(
            "\nBest trial of each session. Error: what measuring alone may change, the larger of neckrom's own on "
            f"{limits.population}{preliminary} and the {limits.published.device}'s {published} "
            f"({limits.published.citation.partition(',')[0]})."
        ),
        Text(_english().text("course.day_to_day")),
    ]


def _verdict(change: Change) -> Text:
    style = {Verdict.MORE: "bold green", Verdict.LESS: "bold red"}.get(change.verdict, "")
    return Text(_VERDICTS[change.verdict], style=style)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(
            name.removeprefix(">"),
            justify="right" if name.startswith(">") else "left",
            no_wrap=name in ("Id", "Born"),
        )
    return table


def people_count(number: int) -> str:
    """A number of people, in words."""
    return "1 person" if number == 1 else f"{number} people"


def count(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number} {what}{'s' * (number != 1)}"


# ----------------------------------------------------------------------- parsing


def parse_pain(texts: Sequence[str]) -> dict[Movement, int | None]:
    """Pain by movement, from ``rotation_left=4``; None where the number is left out.

    Raises
    ------
    ConfigurationError
        Naming what is no movement or no number.
    """
    found: dict[Movement, int | None] = {}
    for text in texts:
        name, equals, level = (part.strip() for part in text.partition("="))
        plain = name.lower().replace("-", "_")
        if (
            not equals
            or plain not in set(Movement)
            or not (not level or (level.isascii() and level.isdigit()))
        ):
            raise ConfigurationError(
                f"--pain {text!r} cannot be read: give MOVEMENT=N, such as rotation_left=4. Movements: "
                f"{', '.join(MOVEMENTS)}."
            )
        found[Movement(plain)] = int(level) if level else None
    return found


# ------------------------------------------------------------------------- JSON


def as_json(value: object) -> str:
    """Our dataclasses as JSON: times in ISO 8601, enums by their value, what is not known null."""
    return json.dumps(to_jsonable_python(value), indent=1, ensure_ascii=False)
