"""People, sessions and trends in the terminal, and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from pydantic_core import to_jsonable_python
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from neckrom.errors import OptionValueError
from neckrom.handouts.bodies import (
    comparison_table,
    earlier_of,
    nerve_table,
    plan_table,
    runs_table,
    sides_said,
    upper_back_table,
)
from neckrom.handouts.caveats import findings_of
from neckrom.handouts.values_in_words import NONE, best, difference, error, error_lines, verdict_words
from neckrom.messages import Messages
from neckrom.nerve.result import NerveResult
from neckrom.nerve.wording import ROWS, trial_rows, warnings_in_words
from neckrom.plans.result import PlanResult
from neckrom.records.audit import LogEntry
from neckrom.records.kinds import NECK, AnyResult
from neckrom.records.limits import Limits
from neckrom.records.people import PersonRow
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import Change, MovementTrend, Verdict
from neckrom.records.views import (
    BodySession,
    Comparison,
    Deleted,
    NerveSeen,
    PersonView,
    PlanSeen,
    RunComparison,
    RunSeen,
    SessionView,
    StoredSession,
    UpperBackSeen,
)
from neckrom.report.content import Table as Cells
from neckrom.result import Result
from neckrom.running.result import RunResult
from neckrom.saying.any_kind import verdict_of_any
from neckrom.saying.figures import clock, day
from neckrom.saying.grades import LOOKS
from neckrom.saying.names import display_name
from neckrom.saying.nerve_tests import sides_row
from neckrom.saying.plans import key_test_said
from neckrom.saying.postures import posture_quantities_said
from neckrom.saying.runs import quantities_said, rows_said
from neckrom.saying.upper_backs import ROWS as TURN_ROWS
from neckrom.saying.upper_backs import turn_rows, upper_back_warnings
from neckrom.saying.verdict import Finding, movements_said, verdict_of
from neckrom.types import MOVEMENTS, Movement
from neckrom.upper_back.result import UpperBackResult

_PLAN_COLUMNS = ("side", "before", "counted", "after")


def people_table(people: Sequence[PersonRow], texts: Messages) -> Table:
    """One row a person."""
    names = ("table.id", "pages.name", "pages.born", ">pages.sessions", "pages.last")
    table = _table(texts, *names)
    for row in people:
        born = "" if row.birth_date is None else row.birth_date.isoformat()
        last = "" if row.last_session is None else day(row.last_session)
        table.add_row(row.id, display_name(row.name or "", limit=40), born, str(row.sessions), last)
    return table


def sessions_table(
    sessions: Sequence[SessionRow],
    texts: Messages,
    names: dict[str, str] | None = None,
    results: Mapping[str, AnyResult] | None = None,
) -> Table:
    """One row a session, with the person where ``names`` are given, and what is most important of it."""
    person = ["report.fact.person"] if names is not None else []
    columns = ("pages.recording", "pages.view", "pages.verdict_column", "pages.note")
    table = _table(texts, "table.id", "pages.measured", *person, *columns)
    for row in sessions:
        who = [names.get(row.person_id, row.person_id)] if names is not None else []
        table.add_row(
            row.id,
            day(row.measured),
            *(display_name(name, limit=30) for name in who),
            display_name(row.source_name, limit=30),
            _kind_and_view(row, texts),
            _most_important((results or {}).get(row.id), texts),
            display_name(row.note, limit=40) if row.note else "",
        )
    return table


def _view(row: SessionRow, texts: Messages) -> str:
    return texts.texts.get(f"pages.views.{row.view}", row.view)


def _kind_and_view(row: SessionRow, texts: Messages) -> str:
    """Where it was filmed from; of others than the neck, what it is of, too."""
    kind = "" if row.kind == NECK else f"{texts.text(f'pages.kind.{row.kind}')}, "
    return f"{kind}{_view(row, texts)}"


def _most_important(result: AnyResult | None, texts: Messages) -> Text:
    if result is None:
        return Text("")
    first = verdict_of_any(result, texts).findings[0]
    return Text(f"{first.sign} {first.text}", style=LOOKS[first.grade].terminal)


def person_view(
    view: PersonView,
    trends: Sequence[MovementTrend],
    limits: Limits,
    texts: Messages,
    *,
    results: Mapping[str, AnyResult] | None = None,
    runs: Sequence[RunSeen] = (),
    nerve_tests: Sequence[NerveSeen] = (),
    plans: Sequence[PlanSeen] = (),
    upper_backs: Sequence[UpperBackSeen] = (),
) -> Group:
    """A person with sessions and course; runs, nerve tests and plans stand apart from the neck."""
    row = view.row
    born = f", {texts.text('table.born', date=str(row.birth_date))}" if row.birth_date else ""
    facts = [
        Text(display_name(row.name or texts.text("pages.no_name"), limit=200), style="bold"),
        Text(row.id + born),
        *([Text(row.note)] if row.note else []),
        Text(""),
    ]
    if not view.sessions:
        command = f"neckrom sessions import PATH --person {row.id}"
        return Group(*facts, Text(texts.text("table.no_sessions", command=command)))
    table = sessions_table(view.sessions, texts, results=results)
    parts: list[RenderableType] = [*facts, Padding(table, (0, 0, 1, 0))]
    if any(len(trend.points) > 1 for trend in trends):
        dated = [
            (day(row.measured), result)
            for row in view.neck
            if results and isinstance(result := results.get(row.id), Result)
        ]
        before = _finding_lines(findings_of(dated, texts, latest=0))
        parts += [*before, trend_table(trends, texts), *_limit_lines(limits, texts)]
    if len(runs) > 1:
        title = Text(f"\n{texts.text('run.course.title')}", style="bold")
        parts += [title, _words(runs_table(runs, texts)), Text(texts.text("run.course.note"))]
    if nerve_tests:
        title = Text(f"\n{texts.text('nerve.course.title')}", style="bold")
        parts += [title, _words(nerve_table(nerve_tests, texts))]
        parts += [Text(line) for line in (*sides_said(nerve_tests, texts), texts.text("nerve.course.note"))]
    if plans:
        title = Text(f"\n{texts.text('plan.course.title')}", style="bold")
        parts += [title, _words(plan_table(plans, texts)), Text(texts.text("plan.course.note"))]
    if upper_backs:
        title = Text(f"\n{texts.text('upper_back.course.title')}", style="bold")
        table = _words(upper_back_table(upper_backs, texts))
        parts += [title, table, Text(texts.text("upper_back.course.note"))]
    return Group(*parts)


def _words(cells: Cells) -> Table:
    """A table of finished strings."""
    table = _plain_table(*cells.columns)
    for row in cells.rows:
        table.add_row(*map(Text, row))
    return table


def trend_table(trends: Sequence[MovementTrend], texts: Messages) -> Table:
    """First, last and what changed, one row a movement."""
    several = any(len(trend.points) > 2 for trend in trends)
    columns = ("movement", ">first", ">last", ">change", ">error")
    since_last = ["pages.since_last"] if several else []
    table = _table(texts, *map(_course_column, columns), "pages.since_first", *since_last)
    for trend in trends:
        name = texts.text(f"clinician.movement.{trend.movement.value}")
        change, since = trend.first_to_last, trend.since_last
        if change is None or since is None:
            only = best(trend.points[0].value) if trend.points else NONE
            said = texts.text("table.one_session" if trend.points else "course.not_measured")
            table.add_row(name, only, "", "", "", said)
            continue
        table.add_row(
            name,
            best(change.earlier),
            best(change.later),
            difference(change, texts),
            error(trend.limit_deg, texts),
            _verdict(change, texts),
            *([_verdict(since, texts)] if several else []),
        )
    return table


def _course_column(name: str) -> str:
    plain = name.removeprefix(">")
    return f"{'>' * (plain != name)}course.column.{plain}"


def comparison_view(comparison: Comparison, limits: Limits, texts: Messages) -> Group:
    """Two sessions side by side."""
    earlier, later = comparison.earlier, comparison.later
    first, last = day(earlier.row.measured), day(later.row.measured)
    table = _table(
        texts,
        "course.column.movement",
        f">={first}",
        f">={last}",
        ">course.column.change",
        ">course.column.error",
        "=",
    )
    for movement, change in comparison.changes.items():
        table.add_row(
            texts.text(f"clinician.movement.{movement.value}"),
            best(change.earlier),
            best(change.later),
            difference(change, texts),
            error(change.limit_deg, texts),
            _verdict(change, texts),
        )
    notes = _limit_lines(limits, texts)
    if not comparison.same_method:
        notes.append(Text(texts.text("course.methods_differ")))
    told = texts.text("pages.compared", first=f"{earlier.row.id} ({first})", last=f"{later.row.id} ({last})")
    return Group(
        Text(earlier.person.label, style="bold"),
        Text(f"{told}\n"),
        *_finding_lines(findings_of([(first, earlier.result), (last, later.result)], texts, latest=1)),
        table,
        *notes,
    )


def run_comparison_view(found: RunComparison, texts: Messages) -> Group:
    """Two runs side by side."""
    first, last = (f"{view.row.id} ({day(view.row.measured)})" for view in (found.earlier, found.later))
    notes = [] if found.same_method else [Text(texts.text("course.methods_differ"))]
    return Group(
        Text(found.earlier.person.label, style="bold"),
        Text(f"{texts.text('pages.compared', first=first, last=last)}\n"),
        _words(comparison_table(found, texts)),
        Text(f"\n{texts.text('run.course.note')}"),
        *notes,
    )


def any_session_view(view: SessionView | BodySession, texts: Messages) -> Group:
    """A session of whichever kind."""
    return body_session_view(view, texts) if isinstance(view, BodySession) else session_view(view, texts)


def body_session_view(view: BodySession, texts: Messages) -> Group:
    """What was measured of a run, a posture or a nerve test, and where its files are."""
    verdict = verdict_of_any(view.result, texts)
    said: list[RenderableType] = [
        *_finding_lines(verdict.findings),
        *([Text(verdict.meaning)] if verdict.meaning else []),
        Text(""),
    ]
    if isinstance(view.result, RunResult):
        table = _plain_table(
            *(texts.text(f"run.column.{name}") for name in ("quantity", "left", "right", "both"))
        )
        for item in quantities_said(view.result, texts):
            table.add_row(item.name, item.left, item.right, item.both)
        for row in rows_said(view.result, texts, earlier_of(view)):
            earlier = "" if row.earlier == NONE else f" ({texts.text('run.label.earlier')}: {row.earlier})"
            style = LOOKS[row.grade].terminal
            said.append(
                Text(f"{row.sign} {row.title}: {row.with_interval}, {row.meaning}{earlier}", style=style)
            )
            said += [Text(f"  {row.reason}"), Text(f"  {row.against}"), Text("")]
    elif isinstance(view.result, NerveResult):
        apart = sides_row(view.result, texts)
        table = _plain_table(*(texts.text(f"nerve.table.{name}") for name in ROWS))
        for cells in (*trial_rows(view.result, texts), *([] if apart is None else [apart])):
            table.add_row(*map(Text, cells))
        said += [
            Text(f"- {display_name(line, limit=1000)}") for line in warnings_in_words(view.result, texts)
        ]
    elif isinstance(view.result, UpperBackResult):
        table = _plain_table(*(texts.text(f"upper_back.table.{name}") for name in TURN_ROWS))
        for cells in turn_rows(view.result, texts):
            table.add_row(*map(Text, cells))
        said += [
            Text(f"- {display_name(line, limit=1000)}") for line in upper_back_warnings(view.result, texts)
        ]
    elif isinstance(view.result, PlanResult):
        table = _plain_table(*(texts.text(f"plan.report.{name}") for name in _PLAN_COLUMNS))
        for one in view.result.sides:
            counted = texts.text("plan.of", counted=one.counted, wanted=one.wanted)
            ends = [key_test_said(each, texts) for each in (one.before, one.after)]
            table.add_row(texts.text(f"plan.report.{one.side}"), ends[0], counted, ends[1])
    else:
        sides = (texts.text(f"posture.side_{each.side}") for each in view.result.views)
        table = _plain_table(texts.text("run.column.quantity"), *sides)
        for quantity in posture_quantities_said(view.result, texts):
            table.add_row(quantity.name, *quantity.values)
    return Group(*_heading(view, texts), Text(""), *said, table, _where(view, texts))


def _heading(view: StoredSession, texts: Messages) -> list[Text]:
    row = view.row
    by_hand = f" ({texts.text('table.by_hand')})" if row.dated_by_hand else ""
    when = texts.text("table.session", session=row.id, person=view.person.label, moment=clock(row.measured))
    recording = f"{texts.text('pages.recording')}: {display_name(row.source_name, limit=100)}"
    return [
        Text(when + by_hand),
        Text(f"{recording}; {texts.text('pages.view')}: {_kind_and_view(row, texts)}; {row.estimator}"),
        *([Text(texts.text("verdict.note", note=row.note))] if row.note else []),
    ]


def _where(view: StoredSession, texts: Messages) -> Text:
    where = texts.text("table.files", folder=str(view.folder))
    return Text(where if view.files_here else f"{where} {texts.text('pages.files_elsewhere')}")


def session_view(view: SessionView, texts: Messages) -> Group:
    """A session's figures and where its files are."""
    names = ("movement", ">best", "interval", ">mean", ">trials", ">norm", ">of_norm", "pain")
    columns = [f"{'>' * name.startswith('>')}terminal.{name.removeprefix('>')}" for name in names]
    table = _table(texts, *columns, "report.column.meaning")
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
    verdict = verdict_of(view.result, texts)
    said = [*_finding_lines(verdict.findings), *([Text(verdict.meaning)] if verdict.meaning else [])]
    return Group(*_heading(view, texts), Text(""), *said, Text(""), table, _where(view, texts))


def _finding_lines(findings: Sequence[Finding]) -> list[Text]:
    return [
        Text(f"{finding.sign} {finding.text}", style=LOOKS[finding.grade].terminal) for finding in findings
    ]


def log_table(rows: Sequence[LogEntry]) -> Table:
    """The log, one line an entry."""
    table = _plain_table("When", "Who", "What", "Person", "Session", "")
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


def _limit_lines(limits: Limits, texts: Messages) -> list[Text]:
    lines = error_lines(limits, texts)
    return [Text(f"\n{lines[0]}"), *map(Text, lines[1:])]


def _verdict(change: Change, texts: Messages) -> Text:
    style = {Verdict.MORE: "bold green", Verdict.LESS: "bold red"}.get(change.verdict, "")
    return Text(verdict_words(change, texts), style=style)


def _table(texts: Messages, *columns: str) -> Table:
    """Columns by the key of their name; ">" before it stands right, "=" before it stands as it is."""
    names = []
    for column in columns:
        key = column.removeprefix(">")
        name = key[1:] if key.startswith("=") else texts.text(key)
        names.append(">" * column.startswith(">") + name)
    return _plain_table(*names, narrow=(texts.text("table.id"), texts.text("pages.born")))


def _plain_table(*columns: str, narrow: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(
            name.removeprefix(">"),
            justify="right" if name.startswith(">") else "left",
            no_wrap=name in narrow,
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
            raise OptionValueError(
                f"--pain {text!r} cannot be read: give MOVEMENT=N, such as rotation_left=4. Movements: "
                f"{', '.join(MOVEMENTS)}."
            )
        found[Movement(plain)] = int(level) if level else None
    return found


# ------------------------------------------------------------------------- JSON


def as_json(value: object) -> str:
    """Our dataclasses as JSON: times in ISO 8601, enums by their value, what is not known null."""
    return json.dumps(to_jsonable_python(value), indent=1, ensure_ascii=False)
