"""People, sessions and trends in the terminal, and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pydantic_core import to_jsonable_python
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.errors import ConfigurationError
from neckrom.records.api import Comparison, Deleted, PersonView, SessionView
from neckrom.records.audit import LogEntry
from neckrom.records.people import PersonRow
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import Change, MeasuredValue, MovementTrend, Repeatability, Verdict
from neckrom.report.wording import display_name
from neckrom.types import MOVEMENTS, Movement

NONE = "–"

_VERDICTS = {
    Verdict.MORE: "more range",
    Verdict.LESS: "less range",
    Verdict.NONE: "no change beyond measurement error",
    Verdict.UNKNOWN: "cannot be told",
}
_FLAGS = {"flagged": "half or more lost", "not_flagged": "", "could_not_judge": "could not be judged"}


def people_table(people: Sequence[PersonRow]) -> Table:
    """One row a person."""
    table = _table("Id", "Name", "Born", ">Sessions", "Last")
    for row in people:
        born = "" if row.birth_date is None else row.birth_date.isoformat()
        last = "" if row.last_session is None else _day(row.last_session)
        table.add_row(row.id, display_name(row.name or "", limit=40), born, str(row.sessions), last)
    return table


def sessions_table(sessions: Sequence[SessionRow], names: dict[str, str] | None = None) -> Table:
    """One row a session, with the person where ``names`` are given."""
    person = ["Person"] if names is not None else []
    table = _table("Id", "Measured", *person, "Recording", "View", ">Flags", "Note")
    for row in sessions:
        who = [names.get(row.person_id, row.person_id)] if names is not None else []
        table.add_row(
            row.id,
            _day(row.measured),
            *(display_name(name, limit=30) for name in who),
            display_name(row.source_name, limit=30),
            row.view.replace("_", " "),
            str(row.flagged) if row.flagged else "",
            display_name(row.note, limit=40) if row.note else "",
        )
    return table


def person_view(view: PersonView, trends: Sequence[MovementTrend], limits: Repeatability) -> Group:
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
    parts: list[RenderableType] = [*facts, Padding(sessions_table(view.sessions), (0, 0, 1, 0))]
    if any(len(trend.points) > 1 for trend in trends):
        parts += [trend_table(trends), *_limit_lines(limits)]
    return Group(*parts)


def trend_table(trends: Sequence[MovementTrend]) -> Table:
    """First, last and what changed, one row a movement."""
    several = any(len(trend.points) > 2 for trend in trends)
    since_last = ["Since the last but one"] if several else []
    table = _table("Movement", ">First", ">Last", ">Change", ">Error", "Since the first", *since_last)
    for trend in trends:
        change, since = trend.first_to_last, trend.since_last
        if change is None or since is None:
            only = angle(trend.points[0].value) if trend.points else NONE
            said = "one session" if trend.points else "not measured"
            table.add_row(trend.movement.label, only, "", "", "", said)
            continue
        table.add_row(
            trend.movement.label,
            angle(change.earlier),
            angle(change.later),
            difference(change),
            f"±{trend.limit_deg:.1f}°",
            _verdict(change),
            *([_verdict(since)] if several else []),
        )
    return table


def comparison_view(comparison: Comparison, limits: Repeatability) -> Group:
    """Two sessions side by side."""
    earlier, later = comparison.earlier, comparison.later
    first, last = _day(earlier.row.measured), _day(later.row.measured)
    table = _table("Movement", f">{first}", f">{last}", ">Change", ">Error", "")
    for movement, change in comparison.changes.items():
        table.add_row(
            movement.label,
            angle(change.earlier),
            angle(change.later),
            difference(change),
            f"±{change.limit_deg:.1f}°",
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
        table,
        *notes,
    )


def session_view(view: SessionView) -> Group:
    """A session's figures and where its files are."""
    row = view.row
    table = _table("Movement", ">Best", ">Mean", "95 %", ">Ref.", ">% of ref.", "Pain", "")
    for movement, value in view.values.items():
        table.add_row(
            movement.label,
            angle(value),
            NONE if value.mean_deg is None else f"{value.mean_deg:.0f}°",
            _interval(value),
            "" if value.reference_deg is None else f"{value.reference_deg:.0f}°",
            "" if value.percent_of_reference is None else f"{value.percent_of_reference:.0f} %",
            "" if value.pain is None else f"{value.pain} of 10",
            _FLAGS.get(value.flag, value.flag),
        )
    stated = " (date stated by hand)" if row.dated_by_hand else ""
    where = str(view.folder) if view.files_here else f"{view.folder} (not all of them are on this machine)"
    lines = [
        f"{row.id} of {view.person.label}, measured {row.measured.astimezone():%Y-%m-%d %H:%M}{stated}",
        f"Recording {display_name(row.source_name, limit=100)}, {row.view.replace('_', ' ')} view, {row.estimator}",
        *([f"Note: {row.note}"] if row.note else []),
    ]
    return Group(*map(Text, lines), Text(""), table, Text(f"Files: {where}"))


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


def angle(value: MeasuredValue) -> str:
    """A best value with what is known of it."""
    if value.best_deg is None:
        return NONE
    return f"{'≥ ' if value.lower_bound else ''}{value.best_deg:.0f}°"


def difference(change: Change) -> str:
    """A change with its sign."""
    if change.difference_deg is None or change.verdict is Verdict.UNKNOWN:
        return NONE
    # the sign of what is shown, not of what was rounded away
    shown = round(change.difference_deg)
    return f"{'≥ ' if change.at_least and shown > 0 else ''}{shown:+d}°" if shown else "0°"


def _interval(value: MeasuredValue) -> str:
    if value.low_deg is None:
        return ""
    if value.high_deg is None:
        return f"from {value.low_deg:.0f}°"
    return f"{value.low_deg:.0f} to {value.high_deg:.0f}°"


def _limit_lines(limits: Repeatability) -> list[Text]:
    preliminary = " (preliminary figures)" if limits.placeholder else ""
    return [
        Text(
            "\nBest trial of each session. Error: what measuring alone may change, the larger of neckrom's own on "
            f"{limits.population}{preliminary} and the {limits.published.device}'s {limits.published.mdc_deg:g}° "
            f"({limits.published.citation.partition(',')[0]})."
        )
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


def _day(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d}"


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
