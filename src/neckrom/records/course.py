"""The course of a person as a page and on paper: what changed, drawn and in plain words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import jinja2
import matplotlib as mpl
from markupsafe import Markup
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import inch, mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from neckrom.messages import Messages
from neckrom.records.api import PersonView
from neckrom.records.course_figure import Words, course_figure, describe
from neckrom.records.sessions import SessionRow
from neckrom.records.trends import Change, MovementTrend, Repeatability, TrendPoint, Verdict
from neckrom.report.plotting import png_of, svg_of
from neckrom.report.wording import display_name

_SIDE = 16 * mm
_WIDTH = A4[0] - 2 * _SIDE
_INK, _LINE, _CALM = colors.HexColor("#1a1a1a"), colors.HexColor("#b8b8b8"), colors.HexColor("#f3f6f9")


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that the hand-out says, in one language.

    Attributes
    ----------
    title, who : str
    summary : tuple of str
        What changed, most important first.
    columns, rows : tuple
        Of the table of movements.
    sessions : tuple of str
    notes : tuple of str
    """

    language: str
    title: str
    who: str
    summary: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sessions_title: str
    sessions: tuple[str, ...]
    notes: tuple[str, ...]
    trends: tuple[MovementTrend, ...]
    words: Words


def course_of(
    view: PersonView, trends: Sequence[MovementTrend], limits: Repeatability, texts: Messages
) -> Course:
    """Put a person's course into words.

    Parameters
    ----------
    view : PersonView
    trends : sequence of MovementTrend
        All six.
    limits : Repeatability
    texts : Messages
    """
    movements = {trend.movement.value: texts.text(f"word.{trend.movement.value}") for trend in trends}
    verdicts = {verdict.value: texts.text(f"course.verdict.{verdict.value}") for verdict in Verdict}
    words = Words(movements, verdicts, texts.text("course.norm"), texts.text("course.not_measured"))
    names = ("movement", "first", "last", "change", "error", "meaning")
    return Course(
        language=texts.language,
        title=texts.text("course.title"),
        who=display_name(view.row.label, limit=200),
        summary=tuple(_summary(trends, movements, texts)),
        columns=tuple(texts.text(f"course.column.{name}") for name in names),
        rows=tuple(_row(trend, words, texts) for trend in trends),
        sessions_title=texts.text("course.sessions"),
        sessions=tuple(_session_line(row, trends, movements, texts) for row in reversed(view.sessions)),
        notes=tuple(_notes(trends, limits, texts)),
        trends=tuple(trends),
        words=words,
    )


def course_html(course: Course) -> str:
    """One file that needs nothing else; everything from outside is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("neckrom.records", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    figures = {name: _svg(course, name, phone=name == "phone") for name in ("wide", "phone")}
    return environment.get_template("course.html.j2").render(course=course, figures=figures)


def course_pdf(course: Course) -> bytes:
    """The same on A4; the same bytes for the same course."""
    _register_fonts()
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=_SIDE,
        rightMargin=_SIDE,
        topMargin=12 * mm,
        bottomMargin=12 * mm,
        title=f"{course.title}: {course.who}",
        author="neckrom",
        lang=course.language,
        invariant=1,
    )
    body = ParagraphStyle("body", fontName="DejaVuSans", fontSize=10.5, leading=13.5, textColor=_INK)
    bold = ParagraphStyle("bold", parent=body, fontName="DejaVuSans-Bold")
    note = ParagraphStyle("note", parent=body, fontSize=9, leading=11.5, spaceAfter=2)
    title = ParagraphStyle("title", parent=bold, fontSize=18, leading=23)
    section = ParagraphStyle("section", parent=bold, fontSize=13, leading=17, spaceBefore=10, spaceAfter=3)
    story: list[Flowable] = [
        Paragraph(escape(course.title), title),
        Paragraph(escape(course.who), body),
        Spacer(0, 6),
        _box(
            [
                Paragraph(escape(line), bold if not index else body)
                for index, line in enumerate(course.summary)
            ]
        ),
        Spacer(0, 8),
        _figure(course),
        Spacer(0, 6),
        _pdf_table(course, body, bold),
        Paragraph(escape(course.sessions_title), section),
        *(Paragraph(escape(line), body) for line in course.sessions),
        Spacer(0, 6),
        *(Paragraph(escape(line), note) for line in course.notes[:-1]),
        Spacer(0, 4),
        _box([Paragraph(escape(course.notes[-1]), body)]),
    ]
    document.build(story)
    return buffer.getvalue()


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
        only = _angle(trend.points[0]) if trend.points else words.not_measured
        return (name, only, "", "", "", "")
    return (
        name,
        _angle(trend.points[0]),
        _angle(trend.points[-1]),
        _difference(change),
        texts.text("course.limit", limit=trend.limit_deg),
        words.verdicts[change.verdict.value],
    )


def _angle(point: TrendPoint) -> str:
    value = point.value
    bound = "≥ " if value.lower_bound else ""
    return "–" if value.best_deg is None else f"{bound}{value.best_deg:.0f}°"


def _difference(change: Change) -> str:
    if change.difference_deg is None or change.verdict is Verdict.UNKNOWN:
        return "–"
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


# ----------------------------------------------------------------------- parts


def _svg(course: Course, name: str, *, phone: bool) -> Markup:
    """Our own drawing, the one thing that goes into the page unescaped."""
    drawn = svg_of(
        lambda: course_figure(course.trends, course.words, phone=phone),
        name[0],
        describe(course.trends, course.words),
    )
    return Markup(drawn.replace("<svg ", f'<svg class="{name}" ', 1))


def _figure(course: Course) -> Image:
    data, width, height = png_of(lambda: course_figure(course.trends, course.words))
    shown = min(width * inch, _WIDTH)
    return Image(io.BytesIO(data), width=shown, height=shown * height / width)


def _box(lines: list[Flowable]) -> Table:
    table = Table([[lines]], colWidths=[_WIDTH])
    table.setStyle(
        TableStyle([("BACKGROUND", (0, 0), (-1, -1), _CALM), ("BOX", (0, 0), (-1, -1), 0.7, _LINE)])
    )
    return table


def _pdf_table(course: Course, body: ParagraphStyle, bold: ParagraphStyle) -> Table:
    rows = [[Paragraph(escape(name), bold) for name in course.columns]]
    rows += [
        [Paragraph(escape(cell), bold if not column else body) for column, cell in enumerate(row)]
        for row in course.rows
    ]
    shares = (0.23, 0.12, 0.12, 0.15, 0.12, 0.26)
    table = Table(rows, colWidths=[share * _WIDTH for share in shares], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                ("LINEBELOW", (0, 0), (-1, 0), 1.2, _INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.5, _LINE),
            ]
        )
    )
    return table


@cache
def _register_fonts() -> None:
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    for name in ("DejaVuSans", "DejaVuSans-Bold"):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
