"""The course of a person in plain words: what changed, from the first session to the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from neckrom.handouts.body_course import Apart, details_of, follow_up, person_facts
from neckrom.handouts.caveats import findings_of
from neckrom.handouts.clinician_page import Detail, course_details
from neckrom.handouts.handout_page import Handout
from neckrom.handouts.trend_drawing import draw_trends
from neckrom.handouts.values_in_words import NONE, best, difference, error, error_lines
from neckrom.messages import Messages
from neckrom.records.diary import DiaryDay
from neckrom.records.limits import Limits
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import MovementTrend, Repeatability, Verdict
from neckrom.records.views import (
    NerveSeen,
    PersonView,
    PlanSeen,
    RunSeen,
    ScreeningRow,
    UpperBackSeen,
)
from neckrom.report.content import Table
from neckrom.report.letterhead import Letterhead
from neckrom.report.wording import display_name
from neckrom.result import Result
from neckrom.saying import figures
from neckrom.saying import verdict as saying
from neckrom.saying.grades import GRADES, Grade, gravest
from neckrom.saying.verdict import Finding, verdict_of
from neckrom.screening.neck_screen import ScreenAnswers, evaluate
from neckrom.screening.statements import ended_by_safety

_WIDTHS = (23, 12, 12, 15, 12, 26)
_SHOWN = 6
"""Sessions on the first page."""
_GRADES = {
    Verdict.LESS: Grade.RAISED,
    Verdict.MORE: Grade.CALM,
    Verdict.NONE: Grade.CALM,
    Verdict.UNKNOWN: Grade.OPEN,
}


def course_of(
    view: PersonView,
    trends: Sequence[MovementTrend],
    limits: Repeatability | Limits,
    texts: Messages,
    results: Sequence[Result] = (),
    *,
    head: Letterhead | None = None,
    runs: Sequence[RunSeen] = (),
    nerve_tests: Sequence[NerveSeen] = (),
    plans: Sequence[PlanSeen] = (),
    diary: Sequence[DiaryDay] = (),
    upper_backs: Sequence[UpperBackSeen] = (),
) -> Handout:
    """Put a person's course into words.

    Parameters
    ----------
    view : PersonView
    trends : sequence of MovementTrend
        All six.
    limits : Repeatability or Limits
        The latter where the site has measured its own.
    texts : Messages
    results : sequence of Result
        Of the sessions of the neck of ``view``, in their order: what is said of each, and the pages behind it.
    head : Letterhead, optional
        Who measured.
    runs : sequence of RunSeen
        Newest first; they stand apart, behind what is said of the neck.
    nerve_tests : sequence of NerveSeen
        As the runs.
    plans : sequence of PlanSeen
        As the runs.
    diary : sequence of DiaryDay
        Newest first.
    upper_backs : sequence of UpperBackSeen
        As the runs.
    """
    rows = view.neck if results else ()
    kept = {row.id: result for row, result in zip(rows, results, strict=True)}
    apart = Apart(tuple(runs), tuple(nerve_tests), tuple(plans), tuple(diary), tuple(upper_backs))
    return _Writer(view, tuple(trends), limits, texts, kept, head or Letterhead(), apart).handout()


def ends_of(trend: MovementTrend, sessions: Sequence[SessionRow]) -> tuple[str, str]:
    """First and last value of a movement; a dash where that session did not measure it.

    Parameters
    ----------
    trend : MovementTrend
    sessions : sequence of SessionRow
        All of the person, newest first.
    """
    if not trend.points:
        return NONE, NONE
    first, last = best(trend.points[0].value), best(trend.points[-1].value)
    if len(trend.points) > 1:
        return first, last
    if len(sessions) > 1 and trend.points[0].session_id == sessions[0].id:
        return NONE, last
    return first, NONE if len(sessions) > 1 else ""


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one course in one language."""

    view: PersonView
    trends: tuple[MovementTrend, ...]
    limits: Repeatability | Limits
    texts: Messages
    by_session: dict[str, Result]
    head: Letterhead
    apart: Apart

    @property
    def names(self) -> dict[str, str]:
        """Of the movements, as people say."""
        return {
            trend.movement.value: self.texts.text(f"word.{trend.movement.value}") for trend in self.trends
        }

    @property
    def dated(self) -> list[tuple[str, Result]]:
        """Day and result of each session, newest first, as the sessions of a person are."""
        return [
            (figures.day(row.measured), self.by_session[row.id])
            for row in self.view.neck
            if row.id in self.by_session
        ]

    def handout(self) -> Handout:
        texts = self.texts
        findings = self._findings()
        lines = self._session_lines()
        shown = lines[:_SHOWN]
        if len(lines) > _SHOWN:
            shown.append(texts.text("course.more_sessions", number=len(lines) - _SHOWN))
        return Handout(
            language=texts.language,
            title=texts.text("course.title"),
            who=display_name(self.view.row.label, limit=200),
            facts=person_facts(self.view, self.head, texts),
            logo=self.head.logo,
            verdict=saying.Verdict(findings, gravest(*(finding.grade for finding in findings)), ""),
            summary=tuple(finding.text for finding in findings),
            table=self._table(),
            sessions_title=texts.text("course.sessions"),
            sessions=tuple(shown),
            notes=tuple(self._notes()),
            trends=lambda height: draw_trends(self.trends, texts, height=height),
            details=self._details(lines),
        )

    # -- what changed

    def _findings(self) -> tuple[Finding, ...]:
        before = findings_of(self.dated, self.texts, latest=0)
        if all(trend.first_to_last is None for trend in self.trends):
            changes = [Finding("one", Grade.CALM, self.texts.text("course.summary.one"))]
        else:
            changes = list(self._changes())
        found = [*follow_up(self.apart, self.texts), *before, *changes]
        return tuple(sorted(found, key=lambda finding: GRADES.index(finding.grade)))

    def _changes(self) -> Iterator[Finding]:
        for verdict in (Verdict.LESS, Verdict.MORE, Verdict.NONE, Verdict.UNKNOWN):
            of_verdict = [
                self.names[trend.movement.value]
                for trend in self.trends
                if trend.first_to_last is not None and trend.first_to_last.verdict is verdict
            ]
            if of_verdict:
                text = self.texts.text(f"course.summary.{verdict.value}", what=", ".join(of_verdict))
                yield Finding(verdict.value, _GRADES[verdict], text)

    def _table(self) -> Table:
        names = ("movement", "first", "last", "change", "error", "meaning")
        grades = tuple(
            Grade.CALM if trend.first_to_last is None else _GRADES[trend.first_to_last.verdict]
            for trend in self.trends
        )
        return Table(
            tuple(self.texts.text(f"course.column.{name}") for name in names),
            tuple(self._row(trend) for trend in self.trends),
            grades,
            _WIDTHS,
        )

    def _row(self, trend: MovementTrend) -> tuple[str, ...]:
        name = self.names[trend.movement.value]
        change = trend.first_to_last
        if change is None:
            told = "table.one_session" if trend.points else "course.not_measured"
            return (name, *ends_of(trend, self.view.neck), "", "", self.texts.text(told))
        return (
            name,
            best(trend.points[0].value),
            best(trend.points[-1].value),
            difference(change, self.texts),
            error(trend.limit_deg, self.texts),
            self.texts.text(f"course.verdict.{change.verdict.value}"),
        )

    # -- each session and screen

    def _session_lines(self) -> list[str]:
        """Newest first: what is most important of each session, its pain, and the neck screens between them."""
        told = [(row.measured, self._session_line(row)) for row in self.view.neck]
        told += [(row.answered, self._screen_line(row)) for row in self.view.screenings]
        return [line for _, line in sorted(told, key=lambda item: item[0], reverse=True)]

    def _session_line(self, row: SessionRow) -> str:
        """Notes that were added later and names of recordings are for those who keep the records."""
        parts = []
        result = self.by_session.get(row.id)
        if result is not None:
            parts.append(verdict_of(result, self.texts).title.removesuffix("."))
        hurt = ", ".join(
            f"{self.names[trend.movement.value]} {figures.short_pain(point.value.pain)}"
            for trend in self.trends
            for point in trend.points
            if point.session_id == row.id and point.value.pain
        )
        if hurt:
            parts.append(self.texts.text("course.pain", what=hurt))
        day = figures.day(row.measured)
        return self.texts.text("course.of_day", date=day, what="; ".join(parts)) if parts else day

    def _screen_line(self, row: ScreeningRow) -> str:
        parts = []
        try:
            answers = ScreenAnswers.model_validate(row.answers)
            found = evaluate(answers, self.by_session.get(row.session_id or ""))
        except (ValidationError, ValueError):
            answers = None
        if answers is not None:
            if ended_by_safety(found, overridden=answers.override is not None):
                parts.append(self.texts.text("course.screen_ended"))
            else:
                present = sum(sign.status in ("present", "partly") for sign in found.signs)
                parts.append(self.texts.text("course.screen", number=present))
            if found.ndi_percent is not None:
                parts.append(self.texts.text("course.ndi", percent=found.ndi_percent))
        what = "; ".join(parts) or self.texts.text("pages.screen")
        return self.texts.text("course.of_day", date=figures.day(row.answered), what=what)

    # -- behind it

    def _notes(self) -> Iterator[str]:
        yield from error_lines(self.limits, self.texts, drawn=True)
        changes = [trend.first_to_last for trend in self.trends if trend.first_to_last is not None]
        if not all(change.same_method for change in changes):
            yield self.texts.text("course.methods_differ")
        yield self.texts.text("course.statement")

    def _details(self, lines: Sequence[str]) -> tuple[Detail, ...]:
        if not self.dated:
            return details_of(self.apart, self.texts)
        details = course_details(list(reversed(self.dated)), self.texts, self.head.site)
        if len(lines) > _SHOWN:
            details = (Detail(self.texts.text("course.sessions"), lines=tuple(lines)), *details)
        return (*details_of(self.apart, self.texts), *details)
