"""The course of a person in plain words: what changed, from the first session to the last."""

from __future__ import annotations

from collections.abc import Sequence

from neckrom.messages import Messages
from neckrom.records.api import PersonView
from neckrom.records.clinician_page import course_details
from neckrom.records.course_figure import Words, course_figure, describe
from neckrom.records.handout_page import Handout
from neckrom.records.in_words import NONE, best
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import Change, MovementTrend, Repeatability, Verdict
from neckrom.report.wording import display_name
from neckrom.result import Result

_SHARES = (0.23, 0.12, 0.12, 0.15, 0.12, 0.26)


def course_of(
    view: PersonView,
    trends: Sequence[MovementTrend],
    limits: Repeatability,
    texts: Messages,
    results: Sequence[Result] = (),
) -> Handout:
    """Put a person's course into words.

    Parameters
    ----------
    view : PersonView
    trends : sequence of MovementTrend
        All six.
    limits : Repeatability
    texts : Messages
    results : sequence of Result
        Of the sessions of ``view``, in their order, for the clinician's pages behind it.
    """
    movements = {trend.movement.value: texts.text(f"word.{trend.movement.value}") for trend in trends}
    verdicts = {verdict.value: texts.text(f"course.verdict.{verdict.value}") for verdict in Verdict}
    words = Words(movements, verdicts, texts.text("course.norm"), texts.text("course.not_measured"))
    dated = [
        (f"{row.measured.astimezone():%Y-%m-%d}", result)
        for row, result in zip(view.sessions if results else (), results, strict=True)
    ]
    names = ("movement", "first", "last", "change", "error", "meaning")
    return Handout(
        language=texts.language,
        title=texts.text("course.title"),
        who=display_name(view.row.label, limit=200),
        summary=tuple(_summary(trends, movements, texts)),
        columns=tuple(texts.text(f"course.column.{name}") for name in names),
        rows=tuple(_row(trend, words, texts) for trend in trends),
        sessions_title=texts.text("course.sessions"),
        sessions=tuple(_session_line(row, trends, movements, texts) for row in reversed(view.sessions)),
        notes=tuple(_notes(trends, limits, texts)),
        shares=_SHARES,
        draw=lambda phone: course_figure(trends, words, phone=phone),
        described=describe(trends, words),
        details=course_details(list(reversed(dated)), texts) if dated else (),
    )


# ----------------------------------------------------------------------- words


def _summary(trends: Sequence[MovementTrend], names: dict[str, str], texts: Messages) -> list[str]:
    if all(trend.first_to_last is None for trend in trends):
        return [texts.text("course.summary.one")]
    lines = []
    for verdict in (Verdict.LESS, Verdict.MORE, Verdict.NONE, Verdict.UNKNOWN):
        of_verdict = [
            names[trend.movement.value]
            for trend in trends
            if trend.first_to_last is not None and trend.first_to_last.verdict is verdict
        ]
        if of_verdict:
            lines.append(texts.text(f"course.summary.{verdict.value}", what=", ".join(of_verdict)))
    return lines


def _session_line(
    row: SessionRow, trends: Sequence[MovementTrend], names: dict[str, str], texts: Messages
) -> str:
    """Day and pain of a session; notes and names of recordings are for those who keep the records."""
    hurt = [
        f"{names[trend.movement.value]} {point.value.pain}/10"
        for trend in trends
        for point in trend.points
        if point.session_id == row.id and point.value.pain
    ]
    told = f": {texts.text('pages.column.pain')} {', '.join(hurt)}" if hurt else ""
    return f"{row.measured.astimezone():%Y-%m-%d}{told}"


def _row(trend: MovementTrend, words: Words, texts: Messages) -> tuple[str, ...]:
    name = words.movements[trend.movement.value]
    change = trend.first_to_last
    if change is None:
        only = best(trend.points[0].value) if trend.points else words.not_measured
        return (name, only, "", "", "", "")
    return (
        name,
        best(trend.points[0].value),
        best(trend.points[-1].value),
        _difference(change),
        texts.text("course.limit", limit=trend.limit_deg),
        words.verdicts[change.verdict.value],
    )


def _difference(change: Change) -> str:
    if change.difference_deg is None or change.verdict is Verdict.UNKNOWN:
        return NONE
    return f"{round(change.difference_deg):+d}°".replace("-", "−")


def _notes(trends: Sequence[MovementTrend], limits: Repeatability, texts: Messages) -> list[str]:
    published = limits.published
    source = published.citation.partition(",")[0]
    notes = [texts.text("course.error", limit=published.mdc_deg, source=source)]
    if limits.placeholder:
        notes.append(texts.text("course.preliminary"))
    if any(trend.first_to_last is not None and not trend.first_to_last.same_method for trend in trends):
        notes.append(texts.text("course.methods_differ"))
    return [*notes, texts.text("course.statement")]
