"""The course of a person whose neck was never measured: runs, postures, nerve tests and plans, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from neckrom.handouts.bodies import nerve_table, plan_table, runs_table, sides_said, upper_back_table
from neckrom.handouts.body_trends import body_trends
from neckrom.handouts.caveats import GRAVE
from neckrom.handouts.clinician_page import Detail
from neckrom.handouts.diary_in_words import day_line, diary_lines
from neckrom.handouts.handout_page import Handout
from neckrom.messages import Messages
from neckrom.records.diary import DiaryDay
from neckrom.records.kinds import AnyResult
from neckrom.records.views import NerveSeen, PersonView, PlanSeen, RunSeen, UpperBackSeen
from neckrom.report.content import Table
from neckrom.report.letterhead import Letterhead
from neckrom.report.wording import display_name
from neckrom.saying import figures
from neckrom.saying.any_kind import verdict_of_any
from neckrom.saying.grades import GRADES, Grade, gravest
from neckrom.saying.runs import NONE, RowSaid, changed_beyond_error, rows_said
from neckrom.saying.verdict import SAFETY_STOPS, Finding, Verdict

_DAYS = 31
"""Lines of the diary."""
_MOST_LINES = 12
"""Sessions on the first page."""


@dataclass(frozen=True, slots=True)
class Apart:
    """What stands apart from the neck, newest first."""

    runs: tuple[RunSeen, ...] = ()
    nerve_tests: tuple[NerveSeen, ...] = ()
    plans: tuple[PlanSeen, ...] = ()
    diary: tuple[DiaryDay, ...] = ()
    upper_backs: tuple[UpperBackSeen, ...] = ()


def body_course_of(
    view: PersonView,
    results: Mapping[str, AnyResult],
    texts: Messages,
    apart: Apart,
    head: Letterhead,
) -> Handout:
    """Put the course of a person into words who has no session of the neck.

    Parameters
    ----------
    view : PersonView
    results : mapping of str to result
        By session.
    texts : Messages
    apart : Apart
    head : Letterhead
        Who measured.
    """
    runs = apart.runs
    follows = follow_up(apart, texts)
    known = {finding.name for finding in follows}
    latest = (finding for finding in _latest(view, results, texts) if finding.name not in known)
    found = (*follows, *latest, *_findings(runs, texts))
    findings = tuple(sorted(found, key=lambda finding: GRADES.index(finding.grade)))
    lines = [
        texts.text(
            "course.of_day",
            date=figures.day(row.measured),
            what=f"{texts.text(f'pages.kind.{row.kind}')}; "
            f"{verdict_of_any(results[row.id], texts).title.removesuffix('.')}",
        )
        for row in view.sessions
        if row.id in results
    ]
    shown = lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        shown.append(texts.text("course.more_sessions", number=len(lines) - _MOST_LINES))
    details = details_of(apart, texts)
    if len(lines) > _MOST_LINES:
        details = (*details, Detail(texts.text("course.sessions"), lines=tuple(lines)))
    return Handout(
        language=texts.language,
        title=texts.text("course.bodies.runs" if runs else "course.bodies.others"),
        who=display_name(view.row.label, limit=200),
        facts=person_facts(view, head, texts),
        logo=head.logo,
        verdict=Verdict(findings, gravest(*(finding.grade for finding in findings)), ""),
        summary=tuple(finding.text for finding in findings),
        table=_table(apart, texts),
        sessions_title=texts.text("course.sessions"),
        sessions=tuple(shown),
        notes=(
            *((texts.text("run.course.note"),) if runs else sides_said(apart.nerve_tests, texts)),
            texts.text("course.statement"),
        ),
        details=details,
    )


def person_facts(view: PersonView, head: Letterhead, texts: Messages) -> tuple[tuple[str, str], ...]:
    """Who was measured, and by whom."""
    row = view.row
    facts = [("person", display_name(row.label, limit=200))]
    if row.birth_date is not None:
        facts.append(("born", figures.long_day(row.birth_date, texts)))
    if head.examiner:
        facts.append(("examiner", display_name(head.examiner, 200)))
    if head.place:
        facts.append(("clinic", head.place))
    return tuple((texts.text(f"report.fact.{name}"), value) for name, value in facts)


def follow_up(apart: Apart, texts: Messages) -> tuple[Finding, ...]:
    """That the newest test or session of a plan was stopped, or when the test of the plan is due again."""
    tests: list[NerveSeen | PlanSeen | UpperBackSeen] = [
        *apart.nerve_tests,
        *apart.plans,
        *apart.upper_backs,
    ]
    tests.sort(key=lambda seen: seen.row.measured, reverse=True)
    reason = tests[0].result.stop_reason if tests else None
    if reason in SAFETY_STOPS:
        date = figures.day(tests[0].row.measured)
        text = texts.text("course.bodies.stopped", date=date, what=f"plan.stopped.{reason}")
        return (Finding("stopped", Grade.STOP, text),)
    due = apart.plans[0].result.retest_on if apart.plans else None
    return (
        (Finding("retest", Grade.NOTE, texts.text("course.bodies.retest", date=due.isoformat())),)
        if due
        else ()
    )


def details_of(apart: Apart, texts: Messages) -> tuple[Detail, ...]:
    """What went on over time, then every session in a line, and the diary, for the clinician."""
    tables: list[tuple[str, Table, tuple[str, ...]]] = []
    if apart.runs:
        tables.append(("run", runs_table(apart.runs, texts), ()))
    if apart.nerve_tests:
        said = sides_said(apart.nerve_tests, texts)
        tables.append(("nerve", nerve_table(apart.nerve_tests, texts), said))
    if apart.plans:
        tables.append(("plan", plan_table(apart.plans, texts), ()))
    if apart.upper_backs:
        tables.append(("upper_back", upper_back_table(apart.upper_backs, texts), ()))
    return (*drawn(apart, texts), *(_detail(*table, texts) for table in tables), *_diary(apart.diary, texts))


def drawn(apart: Apart, texts: Messages) -> tuple[Detail, ...]:
    """Test angles, pain around plans and turns of the trunk over time; nothing where there is no second session.

    Parameters
    ----------
    apart : Apart
    texts : Messages

    Returns
    -------
    tuple of Detail
        One or none.
    """
    trends = body_trends(apart.nerve_tests, apart.plans, apart.upper_backs, texts)
    if not trends.drawings and not trends.lines:
        return ()
    note = (texts.text("course.drawn.note"),) if trends.drawings else ()
    return (Detail(texts.text("course.drawn.title"), lines=(*trends.lines, *note), drawings=trends.drawings),)


def _diary(days: Sequence[DiaryDay], texts: Messages) -> Iterator[Detail]:
    """What the days show, then the days themselves."""
    if days:
        lines = (*diary_lines(days, texts), *(day_line(line, texts) for line in days[:_DAYS]))
        yield Detail(texts.text("diary.title"), lines=lines)


def _detail(kind: str, table: Table, said: tuple[str, ...], texts: Messages) -> Detail:
    shares = tuple(width / sum(table.widths) for width in table.widths)
    note = texts.text(f"{kind}.course.note")
    return Detail(texts.text(f"{kind}.course.title"), table.columns, table.rows, shares, (*said, note))


# --------------------------------------------------------------------- what changed


def _ends(runs: Sequence[RunSeen], texts: Messages) -> list[tuple[RowSaid, RowSaid, bool | None]]:
    """Each row in the first and in the last run, and whether it changed by more than measuring can."""
    first, last = runs[-1], runs[0]
    before = {row.name: row for row in first.result.rows}
    said = {row.name: row for row in rows_said(first.result, texts)}
    judged = {row.name: changed_beyond_error(row, before[row.name]) for row in last.result.rows}
    return [(said[row.name], row, judged[row.name]) for row in rows_said(last.result, texts)]


def _latest(view: PersonView, results: Mapping[str, AnyResult], texts: Messages) -> Iterator[Finding]:
    """What the latest session found, where that is grave: before any change between sessions."""
    row = next((row for row in view.sessions if row.id in results), None)
    if row is None:
        return
    first = verdict_of_any(results[row.id], texts).findings[0]
    if first.grade in GRAVE:
        text = texts.text("course.of_day", date=figures.day(row.measured), what=first.text)
        yield Finding(first.name, first.grade, text)


def _findings(runs: Sequence[RunSeen], texts: Messages) -> tuple[Finding, ...]:
    if len(runs) < 2:
        return (
            Finding("one", Grade.NOTE, texts.text("course.bodies.one" if runs else "course.bodies.beside")),
        )
    ends = _ends(runs, texts)
    found = []
    for beyond, key, grade in (
        (True, "course.bodies.changed", Grade.NOTE),
        (False, "course.summary.none", Grade.CALM),
        (None, "course.summary.unknown", Grade.OPEN),
    ):
        names = [later.title for _, later, changed in ends if changed is beyond]
        if names:
            found.append(Finding(key.rpartition(".")[2], grade, texts.text(key, what=", ".join(names))))
    return tuple(found)


def _table(apart: Apart, texts: Messages) -> Table:
    runs = apart.runs
    if not runs:
        if apart.nerve_tests:
            return nerve_table(apart.nerve_tests, texts)
        return plan_table(apart.plans, texts) if apart.plans else upper_back_table(apart.upper_backs, texts)
    row_title, last = texts.text("run.column.row"), figures.day(runs[0].row.measured)
    if len(runs) == 1:
        said = rows_said(runs[0].result, texts)
        rows = tuple((row.title, _cell(row), row.meaning) for row in said)
        return Table((row_title, last, texts.text("course.column.meaning")), rows, _calm(rows), (34, 33, 33))
    first = figures.day(runs[-1].row.measured)
    told = {True: "beyond", False: "within", None: "unknown"}
    compared = tuple(
        (later.title, _cell(earlier), _cell(later), texts.text(f"run.course.{told[beyond]}"))
        for earlier, later, beyond in _ends(runs, texts)
    )
    columns = (row_title, first, last, texts.text("run.course.change"))
    return Table(columns, compared, _calm(compared), (25, 25, 25, 25))


def _calm(rows: Sequence[tuple[str, ...]]) -> tuple[Grade, ...]:
    return tuple(Grade.CALM for _ in rows)


def _cell(row: RowSaid) -> str:
    return NONE if row.value == NONE else f"{row.sign} {row.with_interval}"
